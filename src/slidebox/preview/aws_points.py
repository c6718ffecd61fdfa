"""Access points of pulumi-aws: further doors to a bucket, each with a policy of its own.

One that is in the stack opens the bucket behind it, whatever the bucket's own policy says: that both have to
let somebody in is not counted on, and neither are the access point's blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slidebox.access import ACTIONS, ANYONE, UNKNOWN, Reader, account, merged
from slidebox.access.s3 import bucket_readers
from slidebox.access.s3_statements import wildcards
from slidebox.preview.seen import Seen, at

ACCESS_POINT = "aws:s3/accessPoint:AccessPoint"
ACCESS_POINT_POLICY = "aws:s3control/accessPointPolicy:AccessPointPolicy"
MULTI_REGION = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
MULTI_REGION_POLICY = "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy"

POINTS = frozenset({ACCESS_POINT, MULTI_REGION})
POLICIES = frozenset({ACCESS_POINT, ACCESS_POINT_POLICY, MULTI_REGION_POLICY})
"""Types that carry an access point's policy."""

_NAME = re.compile(r"\baccesspoint[/:](?P<name>[^/:]+)$")
_LATER = "it is known only once the access point is made: write it with names instead of ARNs"
_NO_NAME = "\0"
"""A name that no bucket has: a Deny for everything is honoured, and none for one place."""
_NONE: tuple[Any, ...] = (None, "", "{}", {})
"""What stands for no policy."""


class Points:
    """The access points of a stack.

    Parameters
    ----------
    found
        Their resources.
    buckets_of
        The URNs of the buckets that a name and a property's sources stand for.
    """

    def __init__(
        self, found: Iterable[Seen], buckets_of: Callable[[Any, Mapping[str, tuple[str, ...]], str], list[str]]
    ) -> None:
        self._buckets_of = buckets_of
        self._points = {seen.urn: seen for seen in found}
        self._by_name: dict[str, list[str]] = {}
        for urn, seen in self._points.items():
            self._by_name.setdefault(str(_name(seen)), []).append(urn)

    def about(self, policy: Seen) -> list[str]:
        """The buckets, by URN, that the policy of an access point opens."""
        points = [policy.urn] if policy.urn in self._points else self._points_of(policy)
        return list(dict.fromkeys(urn for point in points for urn in self._behind(self._points[point])))

    def behind(self, name_of: Callable[[str], str]) -> dict[str, str]:
        """The name of the bucket behind each access point, by the access point's name; only where both are known.

        Parameters
        ----------
        name_of
            The name of the bucket with a URN.
        """
        found: dict[str, str] = {}
        for name, urns in self._by_name.items():
            points = [self._points[urn] for urn in urns]
            names = {name_of(urn) for point in points for urn in self._behind(point)} or set(_elsewhere(points))
            if len(names) == 1 and UNKNOWN not in names and {point.type for point in points} == {ACCESS_POINT}:
                (found[name],) = names
        return found

    def _points_of(self, policy: Seen) -> list[str]:
        wanted = MULTI_REGION if policy.type == MULTI_REGION_POLICY else ACCESS_POINT
        prop = "details" if policy.type == MULTI_REGION_POLICY else "accessPointArn"
        said = at(policy.properties, "details", "name") if prop == "details" else policy.properties.get(prop)
        match = _NAME.search(said) if isinstance(said, str) else None
        named = self._by_name.get(match["name"] if match else str(said), []) if said != UNKNOWN else []
        sources = policy.depends.get(prop, ()) or policy.depends.get("", ())
        urns = [*named] or [urn for urn in dict.fromkeys(sources) if urn in self._points]
        return [urn for urn in urns if self._points[urn].type == wanted]

    def _behind(self, point: Seen) -> list[str]:
        if point.type == ACCESS_POINT:
            return self._buckets_of(point.properties.get("bucket"), point.depends, "bucket")
        regions = at(point.properties, "details", "regions")
        names = [at(one, "bucket") for one in regions] if isinstance(regions, list) else [UNKNOWN]
        return [urn for name in names for urn in self._buckets_of(name, point.depends, "details")]


def point_readers(policy: Seen, names: Mapping[str, str]) -> tuple[Reader, ...]:
    """Who has access to the bucket by the policy of an access point."""
    said = _policy(policy)
    path = (_where(policy),)
    if said == UNKNOWN:
        return (Reader(UNKNOWN, ACTIONS, (*path, _LATER)),)
    found = () if said in _NONE else bucket_readers(said, _NO_NAME, names, path)
    network = _network(policy)
    return merged(
        Reader(network if network and r.principal == ANYONE else r.principal, r.actions, r.path) for r in found
    )


def point_wildcards(policy: Seen) -> list[dict[str, str]]:
    """The wildcards of the policy of an access point."""
    said = _policy(policy)
    return [] if said in _NONE else wildcards(said, _where(policy))


def _policy(seen: Seen) -> Any:
    said = at(seen.properties, *(("details", "policy") if seen.type == MULTI_REGION_POLICY else ("policy",)))
    # A policy that is a resource of its own says something.
    return UNKNOWN if said is None and seen.type != ACCESS_POINT else said


def _network(seen: Seen) -> str | None:
    """The only network from which an access point can be reached, as a principal; None if from anywhere."""
    network = at(seen.properties, "vpcConfiguration", "vpcId")
    # What comes from a network that is made beside it comes from some network; of the whole setting nothing is known.
    if not isinstance(network, str) or not network or seen.properties.get("vpcConfiguration") == UNKNOWN:
        return None
    return account(f"network {network if network != UNKNOWN else 'of a VPC that is not made yet'}")


def _where(policy: Seen) -> str:
    kind = "multi-region access point" if policy.type == MULTI_REGION_POLICY else "access point"
    return f"policy of {kind} {policy.urn.rpartition('::')[2]}"


def _name(point: Seen) -> Any:
    return at(point.properties, "details", "name") if point.type == MULTI_REGION else point.properties.get("name")


def _elsewhere(points: Iterable[Seen]) -> Iterable[str]:
    """The names of buckets that are not in the stack."""
    for point in points:
        name = point.properties.get("bucket")
        yield name if isinstance(name, str) and name else UNKNOWN
