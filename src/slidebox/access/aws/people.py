"""The identities of an account: what each of them may do with a bucket, a key or an access point.

A thousand identities are not asked anew about each of a thousand buckets. What an identity may do with a bucket depends
on the bucket's name only through the patterns in its policies, so buckets whose names leave the same of all of them
have one answer; and identities whose policies have nothing to do with data are not asked at all.

Source: AWS IAM User Guide, "Policy evaluation logic", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias

from slidebox.access.aws.actions import BUCKET, CONTROL, KEY, OBJECT, ROLE
from slidebox.access.aws.documents import Statement
from slidebox.access.aws.grants import Grant
from slidebox.access.aws.identities import identity_grants, levels, prepared
from slidebox.access.aws.matching import ONE, STAR, Glob, plain_partition, tokens
from slidebox.access.aws.parts import objects, part, text
from slidebox.access.reader import UNKNOWN

_DATA: Final = frozenset(OBJECT) | frozenset(BUCKET) | frozenset(KEY) | frozenset(ROLE) | CONTROL
_LISTS: Final = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_EVERY_BUCKET: Final = "arn:aws:s3:::*"

Left: TypeAlias = tuple[int, ...]
"""The places in a pattern at which matching may go on."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user or a role.

    Attributes
    ----------
    arn
        Its ARN.
    name
        Its name.
    is_role
        Whether it is a role.
    detail
        What IAM says of it.
    patterns
        What the resources of all its policies say, beside those that are the same for every bucket.
    """

    arn: str
    name: str
    is_role: bool
    detail: Mapping[str, Any]
    patterns: frozenset[str]


class People:
    """The identities of one account.

    Parameters
    ----------
    account
        The account's id.
    said
        The account's part of the section.
    now
        The moment asked about.
    """

    def __init__(self, account: str, said: object, now: dt.datetime | None) -> None:
        self.account = account
        self._now = now
        found = part(said, "authorization")
        self.authorization: Mapping[str, Any] = found.value if isinstance(found.value, Mapping) else {}
        self.why = found.why or _why(found.value)
        """Why some identities are not known; empty where all are."""
        self._limits = [part(said, f"{name}_control_policies").value for name in ("service", "resource")]
        common = [one for limit in self._limits for level in levels(limit) for said in level for one in said or ()]
        self._common = frozenset(_patterns(common))
        self.by_arn: dict[str, Identity] = {}
        """Every identity by its ARN."""
        self.about_data: list[Identity] = []
        """Those whose policies may have to do with data, keys, roles or identities."""
        for name, is_role in (("UserDetailList", False), ("RoleDetailList", True)):
            for detail in objects(self.authorization, name)[0]:
                self._add(detail, is_role)
        self._answers: dict[tuple[str, str, frozenset[tuple[str, Left]]], tuple[Grant, ...]] = {}
        self._elsewhere: dict[str, _Elsewhere] = {}

    def _add(self, detail: Mapping[str, Any], is_role: bool) -> None:
        arn, name = text(detail, "Arn"), text(detail, "RoleName" if is_role else "UserName")
        ready = prepared(detail, self.authorization)
        said = [one for policy in ready.written for one in policy.said or ()]
        patterns = frozenset(_patterns((*said, *(ready.boundary or ())))) | self._common
        if not arn:
            self.why = self.why or "the ARN of one is not known"
        called = arn or f"identity {len(self.by_arn)}, of which the ARN is not known"
        one = Identity(called, name or "", is_role, detail, patterns)
        self.by_arn[one.arn] = one
        if any(policy.said is None for policy in ready.written) or any(map(_is_about_data, said)):
            self.about_data.append(one)

    def on(self, resource: str) -> Iterator[tuple[Identity, Grant]]:
        """What each identity may do with a resource.

        Parameters
        ----------
        resource
            The ARN of a bucket, an access point, a key or a role.
        """
        touched = self._touched(resource)
        for one, left in touched.values():
            yield from ((one, grant) for grant in self._asked(one, resource, left))
        kind = _kind(resource)
        others = self._elsewhere.setdefault(kind, _Elsewhere(list(self.about_data)))
        others.ask(touched, lambda one: self._asked(one, resource, frozenset()))
        for one, grants in others.found:
            if one.arn not in touched:
                yield from ((one, grant) for grant in grants)

    def may(self, identity: Identity, resource: str) -> tuple[Grant, ...]:
        """What one identity may do with a resource."""
        _, left = self._touched(resource).get(identity.arn, (identity, frozenset[tuple[str, Left]]()))
        return self._asked(identity, resource, left)

    def _asked(self, identity: Identity, resource: str, left: frozenset[tuple[str, Left]]) -> tuple[Grant, ...]:
        asked = (identity.arn, _kind(resource), left)
        if asked not in self._answers:
            given = identity_grants(
                identity.detail,
                self.authorization,
                resource,
                account=self.account,
                service_control_policies=self._limits[0],
                resource_control_policies=self._limits[1],
                now=self._now,
            )
            nameless = not identity.arn.startswith("arn:")
            self._answers[asked] = tuple(replace(one, who=UNKNOWN) for one in given) if nameless else given
        return self._answers[asked]

    def _touched(self, resource: str) -> dict[str, tuple[Identity, frozenset[tuple[str, Left]]]]:
        """The identities with patterns that a resource leaves something of, and what that is."""
        plain = plain_partition(resource)
        fixed, wild = self._patterns
        left: dict[str, list[tuple[str, Left]]] = {}
        for pattern in (*fixed.get(_key(plain), ()), *wild):
            if places := _left(pattern, plain):
                for arn in self._having[pattern]:
                    left.setdefault(arn, []).append((pattern, places))
        return {arn: (self.by_arn[arn], frozenset(found)) for arn, found in left.items()}

    @cached_property
    def _having(self) -> Mapping[str, list[str]]:
        """The identities that have a pattern in their policies."""
        found: dict[str, list[str]] = {}
        for one in self.about_data:
            for pattern in one.patterns:
                found.setdefault(pattern, []).append(one.arn)
        return found

    @cached_property
    def _patterns(self) -> tuple[Mapping[str, list[str]], list[str]]:
        """The patterns that name what they are about in full, by that, and the others."""
        fixed: dict[str, list[str]] = {}
        wild: list[str] = []
        for pattern in self._having:
            head, tokens = _head(pattern)
            whole = len(head) == len(tokens) or len(_key(head)) < len(head)
            if whole:
                fixed.setdefault(_key(head), []).append(pattern)
            else:
                wild.append(pattern)
        return fixed, wild


class _Elsewhere:
    """What identities may do with whatever their policies do not name.

    Parameters
    ----------
    waiting
        Those that were not asked yet.
    """

    def __init__(self, waiting: list[Identity]) -> None:
        self._waiting = waiting
        self.found: list[tuple[Identity, tuple[Grant, ...]]] = []
        """Those that may do something."""

    def ask(self, touched: Container[str], may: Callable[[Identity], tuple[Grant, ...]]) -> None:
        """Ask those that were not asked yet of something that their policies do not name."""
        later = []
        for one in self._waiting:
            if one.arn in touched:
                later.append(one)
            elif grants := may(one):
                self.found.append((one, grants))
        self._waiting = later


def _kind(resource: str) -> str:
    """What a resource is: the same patterns are about all of a kind."""
    service = resource.split(":", 3)[2] if resource.count(":") > 2 else ""
    return f"{service} access point" if ":accesspoint/" in resource else service


def _key(arn: str) -> str:
    """The part of an ARN that names what it is about: a bucket, or a kind and a name."""
    if arn.startswith("arn:aws:s3:::"):
        return arn.split("/", 1)[0]
    return "/".join(arn.split("/", 2)[:2])


def _why(authorization: object) -> str:
    """Why some identities of an account are not known."""
    if authorization is None:
        return ""
    if not isinstance(authorization, Mapping):
        return "it cannot be understood"
    return next((why for name in _LISTS if (why := objects(authorization, name)[1])), "")


def _is_about_data(said: Statement) -> bool:
    """Whether a statement may allow anything with data; in doubt it does."""
    return said.allows is not False and (said.actions is None or bool(said.actions & _DATA))


def _patterns(said: Iterable[Statement]) -> Iterator[str]:
    """The resources in statements that do not say the same of every bucket."""
    for one in said:
        for resource in one.resources or ():
            plain = plain_partition(resource)
            if plain.startswith("arn:") and plain != _EVERY_BUCKET and not plain.startswith(f"{_EVERY_BUCKET}/"):
                yield plain


@lru_cache(maxsize=65536)
def _head(pattern: str) -> tuple[str, tuple[int, ...]]:
    """What of a pattern stands before its first wildcard or variable, and all of it."""
    found = tokens(Glob(pattern))
    length = next((at for at, token in enumerate(found) if token < 0), len(found))
    return "".join(map(chr, found[:length])), found


def _left(pattern: str, start: str) -> Left | None:
    """What is left of a pattern for texts with a certain beginning; nothing where it matches none of them."""
    head, of = _head(pattern)
    if len(head) >= len(start):
        return (len(start),) if head.startswith(start) else None
    if not start.startswith(head):
        return None
    at = _closed(of, {len(head)})
    for char in start[len(head) :]:
        ahead = set()
        for place in at:
            if place < len(of):
                token = of[place]
                if token == STAR:
                    ahead.add(place)
                elif token in (ONE, ord(char)):
                    ahead.add(place + 1)
        at = _closed(of, ahead)
        if not at:
            return None
    return tuple(sorted(at))


def _closed(of: tuple[int, ...], places: set[int]) -> set[int]:
    for place in tuple(places):
        following = place
        while following < len(of) and of[following] == STAR:
            following += 1
            places.add(following)
    return places
