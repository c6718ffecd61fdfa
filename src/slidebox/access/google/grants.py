"""What policies and lists give to their members, before it is worked out who those are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.google.conditions import Held, Target, held, moment_of
from slidebox.access.google.roles import EVERY, permissions_of, plain
from slidebox.access.snapshot import why_unread

NOBODY_KNOWN = ""
"""The member of a grant to somebody who is not known."""
_LONGEST = 60

Targets = Callable[[str], Iterable[Target]]
"""What requests that need a permission can be about."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a member may do, by one path.

    Attributes
    ----------
    member
        As policies call it; `NOBODY_KNOWN` where that is not known.
    permissions
        What it may do, of what counts (`roles.EVERY`).
    path
        How it comes by that, outermost first.
    until
        From when on it may not any more; empty where it has no end.
    listed
        Whether it comes by a list of a bucket or of objects (ACL), and not by a policy.
    """

    member: str
    permissions: frozenset[str]
    path: tuple[str, ...]
    until: str = ""
    listed: bool = False


def unknown(why: str, *path: str, permissions: frozenset[str] = EVERY) -> Grant:
    """Somebody who is not known may do something: why, and by which path."""
    return Grant(NOBODY_KNOWN, permissions, (*path, why))


def sooner(one: str, other: str) -> str:
    """The first of two ends, either of which may be none."""
    if not one or not other:
        return one or other
    return min(one, other, key=_moment)


def _moment(text: str) -> dt.datetime:
    try:
        return moment_of(text)
    except ValueError:
        return dt.datetime.max.replace(tzinfo=dt.UTC)


def grants_of(
    policy: Any, path: tuple[str, ...], custom: Mapping[str, Any], targets: Targets, now: dt.datetime | None
) -> Iterator[Grant]:
    """What a policy gives.

    Parameters
    ----------
    policy
        A policy as IAM answers it; unread, absent or malformed gives somebody unknown everything.
    path
        Whose policy it is, in words.
    custom
        Custom roles by name.
    targets
        What requests are about that a binding is held against.
    now
        The moment.
    """
    if (why := why_unread(policy)) is not None:
        yield unknown(why, *path)
        return
    bindings = policy.get("bindings", []) if isinstance(policy, Mapping) else None
    if not isinstance(bindings, list):
        yield unknown("it is not known who is in it", *path)
        return
    for binding in bindings:
        if isinstance(binding, Mapping) and why_unread(binding) is None:
            yield from _of_binding(binding, path, custom, targets, now)
        else:
            yield unknown("a part of it cannot be read", *path)


def _of_binding(
    binding: Mapping[str, Any],
    path: tuple[str, ...],
    custom: Mapping[str, Any],
    targets: Targets,
    now: dt.datetime | None,
) -> Iterator[Grant]:
    role, unseen = plain(str(binding.get("role") or "a role that is not known"))
    here = (*path, role, *(["its condition was not shown, and holds nobody back"] if unseen else []))
    members = binding.get("members") or []
    if (why := why_unread(members)) is not None:
        yield unknown(why, *here, permissions=permissions_of(role, custom) or EVERY)
        return
    for member in members if isinstance(members, list) else [None]:
        if not isinstance(member, str) or member in ("", "unknown"):
            yield unknown("who has it is not known", *here)
            continue
        permissions = permissions_of(role, custom, member)
        if permissions is None:
            yield unknown(f"what {role} lets {member} do is not known{_why(role, custom)}", *path)
        elif permissions:
            yield from _conditional(member, permissions, here, binding.get("condition"), targets, now)


def _why(role: str, custom: Mapping[str, Any]) -> str:
    why = why_unread(custom.get(role))
    return f": {why}" if why else ""


def _conditional(
    member: str,
    permissions: frozenset[str],
    path: tuple[str, ...],
    condition: Any,
    targets: Targets,
    now: dt.datetime | None,
) -> Iterator[Grant]:
    """A grant under a condition: one for each thing that the condition says of the permissions."""
    if condition is None:
        yield Grant(member, permissions, path)
        return
    said = condition if isinstance(condition, Mapping) else {}
    expression, title = said.get("expression"), str(said.get("title") or said.get("expression") or "")[:_LONGEST]
    if not isinstance(expression, str):
        words = "a condition that is not known holds nobody back"
        yield Grant(member, permissions, (*path, words))
        return
    outcomes: dict[Held, set[str]] = {}
    for permission in sorted(permissions):
        for one in (held(expression, target, now) for target in targets(permission)):
            if one.holds is not False:
                outcomes.setdefault(one, set()).add(permission)
    for one, held_by in outcomes.items():
        words = f"condition {title!r}" if one.holds else f"condition {title!r} is not decided, and holds nobody back"
        yield Grant(member, frozenset(held_by), (*path, words), one.until)
