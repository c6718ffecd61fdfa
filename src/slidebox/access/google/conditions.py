"""What a condition of a binding comes to: whether it holds for a request, and until when.

A condition is an expression of the Common Expression Language about the resource, the time and attributes of the call.
What is not understood is not decided: the binding then counts, and is not cleared of anything else.

Sources: Google Cloud, "Attribute reference for IAM Conditions" and "Resource attributes in conditions"; Common
Expression Language, "Language definition", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access.google.expressions import Node, parsed

_BUCKET, _OBJECT, _FOLDER, _INNER = (
    f"storage.googleapis.com/{kind}" for kind in ("Bucket", "Object", "ManagedFolder", "Folder")
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about.

    Attributes
    ----------
    type, name
        Its type and its name, as conditions see them; an empty type is one that is not known.
    open
        Whether the name goes on in some way.
    """

    type: str
    name: str
    open: bool = False


def targets_of(permission: str, bucket: str, folder: str = "") -> tuple[Target, ...]:
    """What requests that need a permission can be about, in a bucket or in a managed folder of it."""
    service, _, rest = permission.partition(".")
    kind = rest.partition(".")[0]
    here = f"projects/_/buckets/{bucket}"
    if service == "storage" and kind == "objects" and not permission.endswith(".list"):
        return (Target(_OBJECT, f"{here}/objects/{folder}", open=True),)
    if service == "storage" and kind == "folders":
        return (Target(_INNER, f"{here}/folders/{folder}", open=True),)
    if service == "storage" and kind in ("objects", "managedFolders"):
        inside = Target(_FOLDER, f"{here}/managedFolders/{folder}", open=True)
        return (inside,) if folder else (Target(_BUCKET, here), inside)
    if service == "storage" and kind == "buckets":
        return (Target(_BUCKET, here),)
    # What conditions see of service accounts, keys and projects is not compared: it could be anything.
    return (Target("", "", open=True),)


@dataclass(frozen=True, slots=True)
class Held:
    """Whether a condition holds.

    Attributes
    ----------
    holds
        True or False for good; None where it is not decided.
    until
        From when on it does not hold any more; empty where it has no end.
    """

    holds: bool | None
    until: str = ""


_YES, _NO, _MAYBE = Held(True), Held(False), Held(None)


def held(expression: str, target: Target, now: dt.datetime | None) -> Held:
    """Whether a condition holds for requests about a target.

    Parameters
    ----------
    expression
        The expression.
    target
        What they are about.
    now
        The moment; nothing has ended where it is None.
    """
    node = parsed(expression)
    return _MAYBE if node is None else _truth(node, _Around(target, now))


@dataclass(frozen=True, slots=True)
class _Around:
    target: Target
    now: dt.datetime | None


class _Later:
    """A value that is not known."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that goes on in some way."""

    start: str


_LATER: Final = _Later()
_CLOCK: Final = object()
_FLIPPED: Mapping[str, str] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def _truth(node: Node, around: _Around) -> Held:
    kind = node[0]
    if kind == "value":
        return _YES if node[1] is True else _NO if node[1] is False else _MAYBE
    if kind == "not":
        return _negated(_truth(node[1], around))
    if kind in ("and", "or"):
        return (_both if kind == "and" else _either)(_truth(node[1], around), _truth(node[2], around))
    if kind == "compare":
        return _compared(node[1], _value(node[2], around), _value(node[3], around), around)
    if kind == "call" and node[1] is not None:
        arguments = [_value(one, around) for one in node[3]]
        return _asked(_value(node[1], around), node[2], arguments)
    return _MAYBE


def _negated(one: Held) -> Held:
    # What ends holds afterwards for good once it is turned round.
    if one.holds is None or one.until:
        return _MAYBE
    return _NO if one.holds else _YES


def _both(one: Held, other: Held) -> Held:
    if one.holds is False or other.holds is False:
        return _NO
    ends = [end for end in (one.until, other.until) if end]
    until = min(ends, key=moment_of) if ends else ""
    return Held(True if one.holds and other.holds else None, until)


def _either(one: Held, other: Held) -> Held:
    if one.holds is False:
        return other
    if other.holds is False:
        return one
    if _for_good(one) or _for_good(other):
        return _YES
    until = max(one.until, other.until, key=moment_of) if one.until and other.until else ""
    # Where the one that holds ends, the other decides, and that is not decided.
    return Held(True if one.holds and other.holds else None, until)


def _for_good(one: Held) -> bool:
    return one.holds is True and not one.until


def moment_of(text: str) -> dt.datetime:
    """A moment as conditions write it; without a zone it is in UTC."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _value(node: Node, around: _Around) -> Any:
    kind = node[0]
    if kind == "value":
        return node[1]
    if kind == "list":
        return [_value(one, around) for one in node[1]]
    if kind == "member" and node[1][0] == "name":
        return _attribute(f"{node[1][1]}.{node[2]}", around)
    if kind == "call" and node[1] is None and node[2] == "timestamp" and len(node[3]) == 1:
        return _moment(_value(node[3][0], around))
    return _LATER


def _attribute(name: str, around: _Around) -> Any:
    target = around.target
    if name == "resource.type":
        return target.type or _LATER
    if name == "resource.service":
        return target.type.partition("/")[0] or _LATER
    if name == "resource.name":
        return _Name(target.name) if target.open else target.name
    return _CLOCK if name == "request.time" else _LATER


def _moment(text: Any) -> Any:
    try:
        return moment_of(text)
    except (TypeError, ValueError):
        return _LATER


def _compared(operator: str, one: Any, other: Any, around: _Around) -> Held:
    if one is _CLOCK and isinstance(other, dt.datetime):
        return _timed(operator, other, around.now)
    if other is _CLOCK and isinstance(one, dt.datetime):
        return _timed(_FLIPPED.get(operator, ""), one, around.now)
    if operator == "in" and isinstance(other, list):
        found = _NO
        for item in other:
            found = _either(found, _equal(one, item))
        return found
    if operator in ("==", "!="):
        same = _equal(one, other)
        return same if operator == "==" else _negated(same)
    return _MAYBE


def _timed(operator: str, end: dt.datetime, now: dt.datetime | None) -> Held:
    if operator in ("<", "<="):
        if now is not None and (end <= now if operator == "<" else end < now):
            return _NO
        return Held(True, end.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"))
    if operator in (">", ">="):
        return _YES if now is not None and end <= now else _MAYBE
    return _MAYBE


def _equal(one: Any, other: Any) -> Held:
    if isinstance(other, _Name):
        one, other = other, one
    if isinstance(one, _Name) and isinstance(other, str):
        return _MAYBE if other.startswith(one.start) else _NO
    plain = (str, int, bool)
    if isinstance(one, plain) and isinstance(other, plain) and type(one) is type(other):
        return _YES if one == other else _NO
    return _MAYBE


def _asked(value: Any, method: str, arguments: list[Any]) -> Held:
    """What a method of a text answers."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        return _MAYBE
    (wanted,) = arguments
    if isinstance(value, str):
        answers = {"startsWith": value.startswith, "endsWith": value.endswith, "contains": value.__contains__}
        return _MAYBE if method not in answers else _YES if answers[method](wanted) else _NO
    if isinstance(value, _Name) and method == "startsWith":
        if value.start.startswith(wanted):
            return _YES
        return _MAYBE if wanted.startswith(value.start) else _NO
    if isinstance(value, _Name) and method == "contains" and wanted in value.start:
        return _YES
    return _MAYBE
