"""Which objects of a bucket, or which other resource, a statement is about, and what others leave of it.

Source: AWS IAM User Guide, "IAM JSON policy elements: Resource" and "NotResource", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from slidebox.access.aws.actions import BUCKET, CONTROL, FUNCTION, KEY, OBJECT, ROLE
from slidebox.access.aws.documents import Statement
from slidebox.access.aws.matching import Glob, Undecided, plain_partition, text_of

NONE: Final = 0
SOME: Final = 1
ALL: Final = 2

_WILD: Final = re.compile(r"[*?]|\$\{")
_PARTS: Final = 6
_WHOLE_API: Final = frozenset({"execute-api:/*", "execute-api:/*/*", "execute-api:/*/*/*"})
"""How the policy of an interface names all of it: API Gateway puts the rest of the ARN before it."""


class Region(NamedTuple):
    """What is left of a resource.

    Attributes
    ----------
    domain
        The text of a pattern that all of it matches.
    required
        Groups of patterns, of each of which one has to match.
    refused
        Patterns of which none may match.
    """

    domain: str
    required: tuple[tuple[Glob, ...], ...] = ()
    refused: tuple[Glob, ...] = ()

    def text(self) -> str | None:
        """An ARN that is in it; None where there is none.

        Raises
        ------
        Undecided
            If that takes too long to find out.
        """
        return text_of(((Glob(self.domain),), *self.required), self.refused)

    @property
    def is_sure(self) -> bool:
        """Whether it has no variable in it, so that it is what is said here."""
        return all(one.sure for group in (*self.required, self.refused) for one in group)

    @property
    def is_empty(self) -> bool:
        """Whether certainly nothing is in it."""
        if not self.refused and not self.required:
            return False
        try:
            return self.text() is None
        except Undecided:
            return False


@lru_cache(maxsize=8192)
def domains(resource: str) -> tuple[tuple[frozenset[str], str], ...]:
    """The actions on a resource by what they are about: its own ARN, or what lies in it.

    Parameters
    ----------
    resource
        The ARN of a bucket, an access point, a key, a role or a function; ``*`` where it may be any.
    """
    arn = plain_partition(resource)
    if resource == "*":
        return tuple((frozenset(kind), "*") for kind in (OBJECT, BUCKET, KEY, ROLE, FUNCTION))
    service = arn.split(":", 3)[2] if arn.count(":") > 2 else "s3"
    if service == "kms":
        return ((frozenset(KEY), arn),)
    if service == "iam":
        return ((frozenset(ROLE), arn),)
    if service == "lambda":
        return ((frozenset(FUNCTION), arn), (frozenset(FUNCTION), f"{arn}:*"))
    if service == "execute-api":
        return ((frozenset(FUNCTION), arn if _WILD.search(arn) else f"{arn}*"),)
    inside = f"{arn}/object/?*" if ":accesspoint/" in arn else f"{arn}/?*"
    return ((frozenset(OBJECT), inside), (frozenset(BUCKET), arn))


@lru_cache(maxsize=8192)
def everything(resource: str) -> frozenset[str]:
    """Every action on a resource."""
    return frozenset().union(*(actions for actions, _ in domains(resource)))


def coverage(patterns: tuple[str, ...], domain: str, certainly: bool) -> tuple[int, tuple[Glob, ...]]:
    """How much of a resource patterns take in, and those of them that take in some.

    Parameters
    ----------
    patterns
        As the policy has them.
    domain
        The pattern of the whole resource.
    certainly
        Whether only what is certain counts, as in a Deny; otherwise whatever may be.
    """
    found: list[Glob] = []
    for pattern in patterns:
        if pattern == "*" or (pattern in _WHOLE_API and ":execute-api:" in domain):
            return ALL, ()
        how, one = _covers(plain_partition(pattern), domain, certainly)
        if how == ALL:
            return ALL, ()
        if how == SOME and one is not None:
            found.append(one)
    if len(found) > 1 and not _leaves(domain, tuple(found)):
        return ALL, ()
    return (SOME, tuple(found)) if found else (NONE, ())


def _covers(pattern: str, domain: str, certainly: bool) -> tuple[int, Glob | None]:
    if not pattern.startswith("arn:"):
        # AWS refuses what is no ARN; another server may take it for anything.
        return (NONE if certainly else ALL), None
    fixed = domain.removesuffix("?*").removesuffix("*")
    inside = len(fixed) < len(domain)
    wild = _WILD.search(pattern)
    head = pattern if wild is None else pattern[: wild.start()]
    deeper = inside and len(head) > len(fixed) and head.startswith(fixed)
    if wild is None and not deeper:
        return (ALL if pattern == domain else NONE), None
    if not deeper and not fixed.startswith(head):
        return NONE, None
    if wild is None or (deeper and pattern.endswith("*") and len(head) == len(pattern) - 1):
        return SOME, Glob(pattern)
    if pattern.endswith("*") and len(head) == len(pattern) - 1 and head.count(":") > 4:
        return ALL, None
    return _compared(pattern, domain, certainly)


@lru_cache(maxsize=16384)
def _compared(pattern: str, domain: str, certainly: bool) -> tuple[int, Glob | None]:
    if certainly and pattern.count(":") < _PARTS - 1:
        return NONE, None
    one = Glob(pattern, "arn" if certainly else "like")
    if certainly and not one.sure:
        return NONE, None
    try:
        if text_of(((Glob(domain),), (one,))) is None:
            return NONE, None
        if one.sure and text_of(((Glob(domain),),), (one,)) is None:
            return ALL, None
    except Undecided:
        pass
    return SOME, one


@lru_cache(maxsize=8192)
def _leaves(domain: str, patterns: tuple[Glob, ...]) -> bool:
    try:
        return text_of(((Glob(domain),),), patterns) is not None
    except Undecided:
        return True


def allowed(statement: Statement, resource: str, control: bool = False) -> Iterator[tuple[frozenset[str], Region]]:
    """What an Allow may be about of a resource: actions, and what they may be done with.

    Parameters
    ----------
    statement
        The Allow.
    resource
        The resource's ARN.
    control
        Whether control over identities counts too, whatever identity it is about: only their own policies give it.
    """
    actions = statement.actions or frozenset()
    for kind, domain in domains(resource):
        if not (done := actions & kind):
            continue
        if statement.resources is None:
            yield done, Region(domain)
            continue
        how, patterns = coverage(statement.resources, domain, certainly=statement.elsewhere)
        if statement.elsewhere:
            if how != ALL:
                yield done, Region(domain, (), patterns)
        elif how != NONE:
            yield done, Region(domain, (patterns,) if how == SOME else ())
    if control and actions & CONTROL:
        yield actions & CONTROL, Region("*")


def denied(statement: Statement, domain: str) -> tuple[int, Region]:
    """How much of a resource a Deny is certainly about, and what it leaves."""
    if statement.resources is None:
        return NONE, Region(domain)
    how, patterns = coverage(statement.resources, domain, certainly=not statement.elsewhere)
    if statement.elsewhere:
        # What is not about what it names is denied, so the rest is what may match a name.
        left = Region(domain, (patterns,)) if how == SOME else Region(domain)
        return {ALL: NONE, SOME: SOME, NONE: ALL}[how], left
    return how, Region(domain, (), patterns if how == SOME else ())
