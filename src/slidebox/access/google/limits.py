"""What keeps people away from a bucket whatever they are given: prevention of public access, networks, perimeters.

Sources: Google Cloud, "Public access prevention", "Bucket IP filtering", "Overview of VPC Service Controls" and
"Organization policy constraints for Cloud Storage", as of 2026-11.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.conditions import WIDEST_NETWORKS
from slidebox.access.google.estate import Estate
from slidebox.access.reader import ANY_ACCOUNT, ANYONE
from slidebox.access.snapshot import why_unread

_PREVENTION = "storage.publicAccessPrevention"
EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
"""The members that stand for everybody."""
_WIDE = (ANYONE, ANY_ACCOUNT)
_STORAGE = "storage.googleapis.com"


@dataclass(frozen=True, slots=True)
class Limits:
    """What certainly keeps people away from a bucket.

    Attributes
    ----------
    prevented
        What prevents that it is public, in words; empty where nothing certainly does.
    networks
        The only networks that it is reached from, as principals; None where that is everywhere, or not certain.
    perimeter
        The perimeter of VPC Service Controls around it; empty where there is none, or a way in that is not decided.
    """

    prevented: str = ""
    networks: tuple[str, ...] | None = None
    perimeter: str = ""

    def admits(self, member: str) -> bool:
        """Whether they let a member in at all: prevention is about nobody but the two that stand for everybody."""
        return not (self.prevented and member in EVERYBODY)

    def leave(self, principal: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Whom they leave of a principal, and how they narrow it, in words."""
        if principal not in _WIDE:
            yield principal, ()
        elif self.perimeter:
            yield f"account:perimeter:{self.perimeter}", ("only from inside the perimeter",)
        elif self.networks is not None:
            for network in self.networks:
                yield f"account:network:{network}", ("only from networks that the bucket's IP filter names",)
        else:
            yield principal, ()


def limits_of(metadata: Any, project: str, estate: Estate) -> Limits:
    """What certainly keeps people away from a bucket.

    Parameters
    ----------
    metadata
        The bucket as the API answers it.
    project
        Its project.
    estate
        What is around it.
    """
    said: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) and why_unread(metadata) is None else {}
    return Limits(_prevented(said, project, estate), _networks(said.get("ipFilter")), _perimeter(project, estate))


def uniform(metadata: Any) -> bool | None:
    """Whether lists (ACL) count for nothing; None where that is not known."""
    if not isinstance(metadata, Mapping) or why_unread(metadata) is not None:
        return None
    access = metadata.get("iamConfiguration")
    if why_unread(access) is not None:
        return None
    # What was called "bucket policy only" is the same setting under its older name.
    for name in ("uniformBucketLevelAccess", "bucketPolicyOnly"):
        said = access.get(name) if isinstance(access, Mapping) else None
        if isinstance(said, Mapping):
            if why_unread(said) is not None or why_unread(said.get("enabled")) is not None:
                return None
            return said.get("enabled") is True
    return False


def _prevented(metadata: Mapping[str, Any], project: str, estate: Estate) -> str:
    access = metadata.get("iamConfiguration")
    if isinstance(access, Mapping) and access.get("publicAccessPrevention") == "enforced":
        return "public access prevention of the bucket"
    for node in estate.chain(project):
        policies = node.said.get("org_policies")
        if why_unread(node.said) is not None or why_unread(policies) is not None:
            return ""
        said = policies.get(_PREVENTION) if isinstance(policies, Mapping) else None
        if said is not None:
            return f"public access prevention of {node.words}" if _enforced(said) else ""
    return ""


def _enforced(policy: Any) -> bool:
    """Whether a policy certainly enforces its constraint: each of its rules does, also those under a condition."""
    spec = policy.get("spec") if isinstance(policy, Mapping) else None
    rules = spec.get("rules") if isinstance(spec, Mapping) else None
    return (
        isinstance(rules, list)
        and any(isinstance(rule, Mapping) and not rule.get("condition") for rule in rules)
        and all(isinstance(rule, Mapping) and rule.get("enforce") is True for rule in rules)
    )


def _networks(filter_: Any) -> tuple[str, ...] | None:
    """The networks that an IP filter leaves; None where it leaves all, or so many that they are the internet."""
    if not isinstance(filter_, Mapping) or why_unread(filter_) is not None or filter_.get("mode") != "Enabled":
        return None
    public = filter_.get("publicNetworkSource")
    ranges = public.get("allowedIpCidrRanges") if isinstance(public, Mapping) else []
    try:
        found = [ipaddress.ip_network(str(text), strict=False) for text in ranges or ()]
    except (TypeError, ValueError):
        return None
    for version, widest in WIDEST_NETWORKS.items():
        if sum(network.num_addresses for network in found if network.version == version) > widest:
            return None
    inside = filter_.get("vpcNetworkSources") or []
    if not isinstance(inside, list) or not all(isinstance(one, Mapping) for one in inside):
        return None
    return (*map(str, found), *(str(one.get("network")) for one in inside))


def _perimeter(project: str, estate: Estate) -> str:
    """The perimeter around a project, where nothing lets anybody into it from outside."""
    perimeters = estate.project(project).get("perimeters")
    number = estate.number(project)
    for one in perimeters if isinstance(perimeters, list) else ():
        status = one.get("status") if isinstance(one, Mapping) else None
        if not isinstance(status, Mapping) or why_unread(status) is not None or not number:
            continue
        around = f"projects/{number}" in (status.get("resources") or ())
        restricted = _STORAGE in (status.get("restrictedServices") or ())
        if around and restricted and not status.get("accessLevels") and not status.get("ingressPolicies"):
            return str(one.get("name") or one.get("title") or "").rpartition("/")[2]
    return ""
