"""CloudFront in front of buckets: who sees through a distribution what it can read itself.

A distribution reads a bucket as the service ``cloudfront.amazonaws.com`` (origin access control) or as an origin
access identity, and shows what it reads to everybody who asks, unless each of its behaviours wants signed URLs or
cookies. Other things that it may ask for (a country, a firewall's consent, a function's) hold nobody back for certain.

Sources: Amazon CloudFront Developer Guide, "Restricting access to an Amazon S3 origin", "Serving private content with
signed URLs and signed cookies" and "Cache behavior settings", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access.aws.parts import NOT_ASKED, Part, flag, items, part, split, text
from slidebox.access.reader import ANYONE, UNKNOWN
from slidebox.access.snapshot import unread

_NOT_KNOWN: Final = {"TargetOriginId": unread("not read"), "TrustedKeyGroups": unread("not read")}
"""In place of a behaviour that is not known."""

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Door:
    """Somebody who has what a service can do, through something that fronts for it.

    Attributes
    ----------
    who
        As in `slidebox.access.aws.grants.Grant`.
    path
        How, outermost first.
    reads_only
        Whether only what reads comes through.
    """

    who: str
    path: tuple[str, ...]
    reads_only: bool = False


def doors(distribution: Mapping[str, Any], hosts: Iterable[str], identity: str = "") -> Iterator[Door]:
    """Who comes through a distribution to what it has from some hosts.

    Parameters
    ----------
    distribution
        CloudFront's configuration of it, with its ``Id``.
    hosts
        What the domain of an origin begins with, where it is the bucket asked about.
    identity
        Only origins that use this origin access identity; all where empty.

    Yields
    ------
    Door
        None where the distribution is disabled, or has no such origin.
    """
    called = f"CloudFront distribution {text(distribution, 'Id') or 'without a name'}"
    if part(distribution, "Enabled").value is False:
        return
    origins, why = _origins(distribution, tuple(hosts), identity)
    if why:
        yield Door(UNKNOWN, (called, f"what it shows is not known: {why}"))
    if not origins:
        return
    targets = origins | _groups(distribution, origins)
    for name, behaviour in _behaviours(distribution):
        target = text(behaviour, "TargetOriginId")
        if target is not None and target not in targets:
            continue
        yield _door(called, name, behaviour)


def _door(called: str, name: str, behaviour: object) -> Door:
    path = (called, name)
    methods = part(behaviour, "AllowedMethods")
    listed = set(items(methods.value))
    reads_only = bool(listed) and listed <= _READING
    if _signed(behaviour) is True:
        return Door("service:cloudfront.amazonaws.com", (*path, "signed URLs or cookies are wanted"), reads_only)
    if _signed(behaviour) is None:
        return Door(UNKNOWN, (*path, "whether signed URLs or cookies are wanted is not known"), reads_only)
    return Door(ANYONE, (*path, "it shows everybody what it reads"), reads_only)


def _signed(behaviour: object) -> bool | None:
    """Whether a behaviour wants signed URLs or cookies; None where that is not known."""
    said = [part(behaviour, name) for name in ("TrustedKeyGroups", "TrustedSigners")]
    wanted = [_is_wanted(one) for one in said]
    return True if True in wanted else (None if None in wanted else False)


def _is_wanted(said: Part) -> bool | None:
    if said.value is None:
        return None if said.why and said.why != NOT_ASKED else False
    enabled, listed = flag(said.value, "Enabled"), list(items(said.value))
    if isinstance(said.value, Mapping) and "Enabled" in said.value:
        return enabled and bool(listed or part(said.value, "Items").why)
    return bool(listed)


def _origins(distribution: Mapping[str, Any], hosts: tuple[str, ...], identity: str) -> tuple[frozenset[str], str]:
    """The ids of the origins that are of some hosts, and why some may be missing."""
    said = part(distribution, "Origins")
    listed, why = split(items(said.value))
    found = set()
    for origin in listed:
        domain, name = text(origin, "DomainName"), text(origin, "Id")
        if domain is None or name is None:
            why = why or "one of its origins is not known"
        elif domain.startswith(hosts) and (not identity or _has_identity(origin, identity)):
            found.add(name)
    return frozenset(found), why or (said.why if not said.known else "")


def _has_identity(origin: Mapping[str, Any], identity: str) -> bool:
    said = text(part(origin, "S3OriginConfig").value, "OriginAccessIdentity")
    return said is None or said.rpartition("/")[2] == identity


def _groups(distribution: Mapping[str, Any], origins: frozenset[str]) -> frozenset[str]:
    """The ids of the groups of origins that one of some origins is in."""
    found = set()
    for group in items(part(distribution, "OriginGroups").value):
        members = items(part(group, "Members").value)
        if any(text(one, "OriginId") in (*origins, None) for one in members):
            found.add(text(group, "Id") or "")
    return frozenset(found)


def _behaviours(distribution: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "default behaviour", part(distribution, "DefaultCacheBehavior").value or _NOT_KNOWN
    said = part(distribution, "CacheBehaviors")
    if said.why and said.why != NOT_ASKED:
        yield "other behaviours", _NOT_KNOWN
    for one in items(said.value):
        yield f"behaviour for {text(one, 'PathPattern') or 'some paths'}", one
