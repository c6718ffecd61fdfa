"""Parts of what Azure answers: a value, nothing, or not known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from slidebox.access.snapshot import why_unread

NOT_READ = "nobody has read it"
STRANGE = "it is in no form that is known"


def flag(part: object, name: str, *, absent: bool) -> bool | None:
    """A setting that is on or off; None where that is not known.

    Parameters
    ----------
    part
        What it is among.
    name
        Its name.
    absent
        What it is where it is not said.
    """
    value = value_of(part, name)
    if value is None:
        return absent
    return value if isinstance(value, bool) else None


def value_of(part: object, name: str) -> Any:
    """A value; None where there is none, and as unread where what it is among is not known."""
    if not isinstance(part, Mapping) or why_unread(part) is not None:
        return {"$unread": why_unread(part) or NOT_READ}
    return part.get(name)


def word(part: object, name: str) -> str | None:
    """A value as a word: empty where there is none, None where it is not known."""
    value = value_of(part, name)
    if value is None:
        return ""
    return value if isinstance(value, str) else None


def listed(part: object, *, absent: bool = True) -> tuple[list[Mapping[str, Any]], str | None]:
    """The entries of a list, and why it is not known whether those are all; None where they are.

    Parameters
    ----------
    part
        The list, or what is in its place.
    absent
        Whether there is none where nobody says anything.
    """
    if part is None:
        return [], None if absent else NOT_READ
    if (why := why_unread(part)) is not None:
        return [], why
    if not isinstance(part, list):
        return [], STRANGE
    known = [one for one in part if isinstance(one, Mapping) and why_unread(one) is None]
    strange = [one for one in part if not isinstance(one, Mapping) or why_unread(one) is not None]
    return known, (why_unread(strange[0]) or STRANGE) if strange else None


def properties(part: object) -> Mapping[str, Any]:
    """The properties of a thing of Resource Manager, as unread where they are not known."""
    if not isinstance(part, Mapping) or (why_unread(part) is not None):
        return {"$unread": why_unread(part) or NOT_READ}
    inner = part.get("properties", part)
    return inner if isinstance(inner, Mapping) else {"$unread": STRANGE}


def time_of(text: str) -> dt.datetime | None:
    """A moment as Azure writes it, in UTC; None where it is none."""
    try:
        said = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return said.replace(tzinfo=said.tzinfo or dt.UTC).astimezone(dt.UTC)


def moment(text: object) -> str:
    """A moment in ISO 8601 and UTC; empty where it is none, which is no end."""
    found = time_of(text) if isinstance(text, str) else None
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if found else ""
