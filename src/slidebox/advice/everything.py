"""All advice there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from slidebox.advice.bundles import small_files
from slidebox.advice.classes import storage_classes
from slidebox.advice.doubles import duplicates, shared, spare_copies
from slidebox.advice.given import Given, Judges
from slidebox.advice.leftovers import earlier_versions, unfinished_uploads
from slidebox.advice.lying import below_minimum, dearer_classes
from slidebox.advice.piece import Advice, ordered
from slidebox.advice.public import public_copies
from slidebox.advice.thresholds import thresholds
from slidebox.advice.unread import unread
from slidebox.inventory.found import Inventory
from slidebox.model import Lab, Plan
from slidebox.prices import Book
from slidebox.quantities import human_bytes
from slidebox.systems import Systems

_KINDS: tuple[Callable[[Given], Iterator[Advice]], ...] = (
    public_copies,
    storage_classes,
    small_files,
    unread,
    spare_copies,
    duplicates,
    dearer_classes,
    below_minimum,
    earlier_versions,
    unfinished_uploads,
)


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


def _nobodys(inventory: Inventory) -> Iterator[str]:
    """What lies in no place of a dataset: the rules cannot be asked about it."""
    rows = [held for held in inventory.holdings if not held.dataset]
    if size := sum(held.bytes + held.noncurrent_bytes + held.incomplete_bytes for held in rows):
        places = sorted({held.bucket for held in rows})
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield f"{human_bytes(size)} in {places[0]}{more} are of no dataset: nothing is advised about them."


def unsettled(given: Given) -> Iterator[str]:
    """Buckets of which the rules say that earlier versions or unfinished uploads may stay for good."""
    messages: dict[str, list[str]] = {}
    current = [entry for entry in given.plan.terms if entry.term is given.term(entry.dataset)]
    for finding in [*(f for entry in current for f in entry.findings), *given.findings]:
        if finding.rule in ("cost/old_versions_expire", "cost/uploads_aborted") and not finding.waived:
            messages.setdefault(finding.message, []).append(finding.subject)
    for message, subjects in messages.items():
        places = sorted(set(subjects))
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield f"{places[0]}{more}: {message}."


def untold(given: Given) -> Iterator[str]:
    """What could not be told, and why."""
    if given.judges is None:
        yield "The rules were not asked, so that no other declaration is advised."
    if given.inventory is None:
        yield "No inventory was given: earlier versions, unfinished uploads and duplicates are unknown."
    else:
        yield from given.inventory.excluded
        yield from _nobodys(given.inventory)
    yield from unsettled(given)
    yield from shared(given)
    if not given.read and not any(held.last_read for held in given.holdings()):
        yield "Nothing says when data were read."
