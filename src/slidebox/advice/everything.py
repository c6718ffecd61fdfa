"""All advice there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from slidebox.advice.bundles import small_files
from slidebox.advice.given import Given, Judges
from slidebox.advice.piece import Advice, ordered
from slidebox.advice.public import public_copies
from slidebox.advice.thresholds import thresholds
from slidebox.inventory.found import Inventory
from slidebox.model import Lab, Plan
from slidebox.prices import Book
from slidebox.systems import Systems

_KINDS: tuple[Callable[[Given], Iterator[Advice]], ...] = (public_copies, small_files)


@dataclass(frozen=True, slots=True)
class Told:
    """Advice, and what stands beside it.

    Attributes
    ----------
    advice
        What is worth a line, the largest saving first.
    less
        How many pieces of advice save too little for a line.
    untold
        What could not be told, and why.
    """

    advice: tuple[Advice, ...]
    less: int
    untold: tuple[str, ...]


def advise(
    plan: Plan,
    lab: Lab,
    systems: Systems,
    books: Mapping[str, Book],
    now: dt.date,
    inventory: Inventory | None = None,
    read: Mapping[str, dt.datetime] | None = None,
    *,
    judges: Judges | None = None,
) -> tuple[Advice, ...]:
    """What to change, the largest saving of the first year first.

    Nothing is advised that the rules refuse: a change of what is declared is planned anew, with the rules asked.

    Parameters
    ----------
    plan
        The plan.
    lab, systems, books, now
        What it was made from, the price book by provider, and today.
    inventory
        What lies where; None where nobody looked.
    read
        When data were last read, by ``project/level``.
    judges
        Who says what is allowed in a lab whose declarations are others, such as ``lambda lab: PolicyJudge(rules, lab,
        systems, now)``. None: no change is advised that the rules would have to be asked about.
    """
    given = Given(
        plan=plan,
        lab=lab,
        systems=systems,
        books=books,
        now=now,
        judges=judges,
        inventory=inventory,
        read=read or {},
    )
    return examine(given).advice


def examine(given: Given) -> Told:
    """All advice, what is not worth a line, and what could not be told."""
    found = [one for kind in _KINDS for one in kind(given)]
    least = thresholds().least_usd.value
    worth = [one for one in found if max(one.saves.usual, one.later.usual) >= least]
    return Told(ordered(worth), len(found) - len(worth), tuple(untold(given)))


def untold(given: Given) -> Iterator[str]:
    """What could not be told, and why."""
    if given.judges is None:
        yield "The rules were not asked, so that no other declaration is advised."
    if given.inventory is None:
        yield "No inventory was given: earlier versions, unfinished uploads and duplicates are unknown."
    if not given.read and not any(held.last_read for held in given.holdings()):
        yield "Nothing says when data were read."
