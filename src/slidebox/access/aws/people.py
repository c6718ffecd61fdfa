"""The identities of an account: what each of them may do with a bucket, a key or an access point.

A thousand identities are not asked anew about each of a thousand buckets. What an identity may do with a bucket depends
on the bucket's name only through the patterns in its policies, so buckets whose names leave the same of all of them
have one answer; and identities whose policies have nothing to do with data are not asked at all.

Source: AWS IAM User Guide, "Policy evaluation logic", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias

from slidebox.access.aws.actions import BUCKET, CONTROL, KEY, OBJECT, ROLE
from slidebox.access.aws.documents import Statement
from slidebox.access.aws.grants import Grant
from slidebox.access.aws.identities import identity_grants, levels, prepared
from slidebox.access.aws.matching import ONE, STAR, Glob, plain_partition, tokens
from slidebox.access.aws.parts import objects, part, text

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
        self._touched: dict[str, dict[str, Left]] = {}

    def _add(self, detail: Mapping[str, Any], is_role: bool) -> None:
        arn, name = text(detail, "Arn"), text(detail, "RoleName" if is_role else "UserName")
        ready = prepared(detail, self.authorization)
        said = [one for policy in ready.written for one in policy.said or ()]
        patterns = frozenset(_patterns((*said, *(ready.boundary or ())))) | self._common
        one = Identity(arn or f"{'role' if is_role else 'user'} without a name", name or "", is_role, detail, patterns)
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
        for one in self.about_data:
            for grant in self.may(one, resource):
                yield one, grant

    def may(self, identity: Identity, resource: str) -> tuple[Grant, ...]:
        """What one identity may do with a resource."""
        touched = self._touched.get(resource)
        if touched is None:
            touched = self._touched[resource] = self._touching(resource)
        left = frozenset((name, touched[name]) for name in identity.patterns & touched.keys())
        asked = (identity.arn, resource.split(":", 3)[2] if ":" in resource else "", left)
        if asked not in self._answers:
            self._answers[asked] = identity_grants(
                identity.detail,
                self.authorization,
                resource,
                account=self.account,
                service_control_policies=self._limits[0],
                resource_control_policies=self._limits[1],
                now=self._now,
            )
        return self._answers[asked]

    def _touching(self, resource: str) -> dict[str, Left]:
        """What a resource leaves of each pattern that can match it or something in it."""
        plain = plain_partition(resource)
        return {pattern: left for pattern in self._patterns if (left := _left(pattern, plain))}

    @cached_property
    def _patterns(self) -> frozenset[str]:
        return frozenset[str]().union(*(one.patterns for one in self.about_data))


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
