"""Parts of a section as they were answered: what is known of them, and why the rest is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.snapshot import why_unread

NOT_ASKED = "nobody asked for it"
_NO_REASON = "nothing says why"


@dataclass(frozen=True, slots=True)
class Part:
    """One answer.

    Attributes
    ----------
    value
        What was answered; None where there is none, or nothing is known.
    why
        Why it, or some of it, is not known; empty where all is.
    """

    value: Any = None
    why: str = ""

    @property
    def known(self) -> bool:
        """Whether all of it is known."""
        return not self.why


def part(of: object, name: str) -> Part:
    """A part by its name; one that is absent was not asked for."""
    if (why := why_unread(of)) is not None:
        return Part(why=why or _NO_REASON)
    if not isinstance(of, Mapping) or name not in of:
        return Part(why=NOT_ASKED)
    value = of[name]
    return Part(value) if (why := why_unread(value)) is None else Part(why=why or _NO_REASON)


def objects(of: object, name: str) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """The objects of a list, and why some of it is not known; empty where all is."""
    found = part(of, name)
    if not found.known or found.value is None:
        return (), found.why
    if not isinstance(found.value, list):
        return (), "it cannot be understood"
    return split(found.value)


def split(values: Iterable[object]) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """The objects among values, and why the rest of them is not known."""
    listed: list[Mapping[str, Any]] = []
    why = ""
    for value in values:
        said = why_unread(value)
        if said is None and isinstance(value, Mapping):
            listed.append(value)
        else:
            why = why or said or (_NO_REASON if said is not None else "it cannot be understood")
    return tuple(listed), why


def text(of: object, name: str) -> str | None:
    """A text; empty where there is none, None where it is not known."""
    found = part(of, name)
    if found.why == NOT_ASKED or (found.known and found.value is None):
        return ""
    return found.value if isinstance(found.value, str) else None


def flag(of: object, name: str) -> bool | None:
    """A yes or no; no where it is absent, None where it is not known."""
    found = part(of, name)
    if found.why == NOT_ASKED or (found.known and found.value in (None, False, "false", "False")):
        return False
    return True if found.known and found.value in (True, "true", "True") else None


def items(of: object) -> Iterator[object]:
    """The items of a list that CloudFront counts (``{"Quantity", "Items"}``), or of a plain one."""
    value = of.get("Items") if isinstance(of, Mapping) else of
    if isinstance(value, list):
        yield from value
