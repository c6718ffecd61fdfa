"""A piece of advice, and what several come to together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from slidebox.prices import Range

Kind = Literal[
    "public copy",
    "storage class",
    "archive minimum",
    "dearer class",
    "small files",
    "earlier versions",
    "unfinished uploads",
    "duplicates",
    "spare copy",
    "unread",
]
"""What advice is about."""

CURRENT, EARLIER, UNFINISHED = "current", "earlier", "unfinished"
"""Which bytes of a dataset in a store: those that are there now, earlier versions, parts of uploads."""

Part = tuple[str, ...]
"""Bytes that advice is about: dataset, store, which of them, and then ever less of those: a bucket, a class. What is
said of all of them is about each of them."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change, and what that would save.

    Attributes
    ----------
    dataset, store
        Of which data (``project/level``) and where; several stores are joined by commas.
    kind
        What it is about.
    what
        The advice in a sentence or two, with what is lost, and with how many copies remain.
    saves
        US dollars in the first year, with what it lies between; less than nothing where a change costs at first.
    arithmetic
        How that was reckoned, line by line.
    command
        What to type, or what to write in which file.
    later
        US dollars over five years.
    parts
        The bytes it is about.
    instead
        The advice about the same bytes that counts in its place; empty where this one counts.
    """

    dataset: str
    store: str
    kind: Kind
    what: str
    saves: Range
    arithmetic: str
    command: str = ""
    later: Range = field(default_factory=Range)
    parts: frozenset[Part] = frozenset()
    instead: str = ""

    @property
    def title(self) -> str:
        """Its kind and place in few words."""
        return f"{self.kind} of {self.dataset}" + (f" in {self.store}" if self.store else "")


def ordered(advice: Iterable[Advice]) -> tuple[Advice, ...]:
    """Advice by what it saves, the largest first: of several about the same bytes only the first counts."""
    found: list[Advice] = []
    counting: dict[Part, list[Advice]] = {}
    for one in sorted(advice, key=_order):
        places = {part[:2] for part in one.parts}
        others = [other for place in sorted(places) for other in counting.get(place, ()) if _overlap(one, other)]
        if not others:
            for place in places:
                counting.setdefault(place, []).append(one)
        found.append(replace(one, instead=others[0].title if others else ""))
    return tuple(found)


def _overlap(one: Advice, other: Advice) -> bool:
    return any(a[: len(b)] == b[: len(a)] for a in one.parts for b in other.parts)


def total(advice: Sequence[Advice]) -> tuple[Range, Range]:
    """What everything that counts saves, in the first year and over five years."""
    counted = [one for one in advice if not one.instead]
    return sum((one.saves for one in counted), Range()), sum((one.later for one in counted), Range())


def _order(one: Advice) -> tuple[object, ...]:
    return (-one.saves.usual, -one.later.usual, one.dataset, one.store, one.kind)
