"""Changes that are tried before they are advised: planned anew with the rules asked, and forecast.

A change that makes the rules refuse anything that they did not refuse before, that opens data to anyone or that leaves
a dataset without a place is not advised. Several changes are planned together, and taken apart only if something is
refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from slidebox.advice.given import Given, Judges, level_of
from slidebox.cost import cents
from slidebox.forecast import Forecast, forecast, holdings_of
from slidebox.model import Lab, Plan, System, Term, TermPlan
from slidebox.plan import make_plan
from slidebox.prices import Range

YEAR, YEARS = 12, 60
"""Months of the first year, and of the five years that advice looks ahead."""

_AT_ARRIVAL = {"arrival", "purchase", "deposit"}
"""What is paid when data arrive, and so perhaps has been."""


@dataclass(frozen=True, slots=True)
class Change:
    """Other words in the declaration of a dataset.

    Attributes
    ----------
    dataset
        ``project/level``.
    words
        What its keys say instead.
    terms
        The terms from which on it says so: what is planned for the others stays.
    """

    dataset: str
    words: Mapping[str, Any]
    terms: frozenset[Term] = field(default=frozenset(Term))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change comes to.

    Attributes
    ----------
    change
        The change.
    entries
        The plan of the dataset as it would be, by term.
    first, later
        What it saves in the first year and over five years, in US dollars.
    lines
        The arithmetic: what each thing costs before and after.
    """

    change: Change
    entries: Mapping[Term, TermPlan]
    first: Range
    later: Range
    lines: tuple[str, ...]


def changed(lab: Lab, changes: Iterable[Change]) -> Lab:
    """A lab whose declarations are others."""
    projects = dict(lab.projects)
    for change in changes:
        name, level = change.dataset.partition("/")[0], level_of(change.dataset)
        project = projects[name]
        dataset = project.datasets[level].model_copy(update=dict(change.words))
        projects[name] = project.model_copy(update={"datasets": {**project.datasets, level: dataset}})
    return lab.model_copy(update={"projects": projects})


def tried(given: Given, changes: Sequence[Change]) -> tuple[Outcome, ...]:
    """What the changes come to that the rules allow; each by itself, in their order.

    Parameters
    ----------
    given
        What is so.
    changes
        At most one of each dataset.
    """
    if given.judges is None or not changes:
        return ()
    return tuple(_of(given, change, made) for change, made in _allowed(given, given.judges, changes))


def priced(given: Given, lab: Lab, plan: Plan, only: Iterable[str], months: int = YEARS) -> Forecast:
    """What some datasets cost, with all that shares a price by volume with them."""
    wanted = set(only)
    stores = {lab.carrier(p.candidate.store) for e in plan.terms if e.dataset in wanted for p in e.placements}
    shared = {store for store in stores if given.system(store) is System.CLOUD}
    beside = {
        entry.dataset
        for entry in plan.terms
        if entry.dataset in wanted or any(lab.carrier(p.candidate.store) in shared for p in entry.placements)
    }
    part = Plan(tuple(entry for entry in plan.terms if entry.dataset in beside))
    held, notes = holdings_of(part, lab, given.systems, given.books, given.now)
    return forecast(held, given.now, months, notes)


def saved(before: Forecast, after: Forecast, months: int, sunk: Iterable[str] = ()) -> tuple[Range, tuple[str, ...]]:
    """What costs less, and by how much, with the arithmetic.

    A price that is uncertain is the same before and after: of each thing the lower ends are compared with each other,
    and the upper ones. What is paid in the first month when data arrive may have been paid already, so that the least
    it saves is nothing.

    Parameters
    ----------
    before, after
        Two forecasts over the same months.
    months
        The first months that count.
    sunk
        Stores in which the data lie already: what their arrival cost there is not saved any more.
    """
    old, new = _sums(before, months, frozenset(sunk)), _sums(after, months, frozenset(sunk))
    found, lines = Range(), []
    for key in sorted({*old, *new}):
        was, will = old.get(key, Range()), new.get(key, Range())
        if was == will:
            continue
        ends = (was.low - will.low, was.usual - will.usual, was.high - will.high)
        found += Range(min(*ends, _NOTHING) if key.perhaps_paid else min(ends), ends[1], max(ends))
        line = f"{key.dataset}, {key.what} in {key.store}: {_plain(was)} − {_plain(will)} = ${cents(ends[1])}"
        lines.append(line + (" (if not paid yet)" if key.perhaps_paid else ""))
    return found, tuple(lines)


class _Key(NamedTuple):
    """One thing that is paid for."""

    dataset: str
    store: str
    what: str
    perhaps_paid: bool


_NOTHING = Decimal(0)


def _sums(told: Forecast, months: int, sunk: frozenset[str]) -> dict[_Key, Range]:
    found: dict[_Key, Range] = {}
    first, wanted = told.months[0], set(told.months[:months])
    for row in told.rows:
        perhaps_paid = row.month == first and row.what in _AT_ARRIVAL
        if row.month in wanted and not (perhaps_paid and row.store in sunk):
            key = _Key(row.dataset, row.store, row.what, perhaps_paid)
            found[key] = found.get(key, Range()) + row.range
    return found


def _plain(usd: Range) -> str:
    return f"${cents(usd.usual)}" if usd.certain else f"${cents(usd.usual)} ({cents(usd.low)} to {cents(usd.high)})"


def _of(given: Given, change: Change, made: Plan) -> Outcome:
    """What a change saves by itself."""
    by_key = {(entry.dataset, entry.term): entry for entry in made.terms}
    touched = {(change.dataset, term) for term in change.terms}
    keys = [(entry.dataset, entry.term) for entry in given.plan.terms]
    plan = Plan(tuple(by_key[key] if key in touched else given.plan.of(*key) for key in keys))
    lab = changed(given.lab, [change])
    before = priced(given, given.lab, given.plan, [change.dataset])
    after = priced(given, lab, plan, [change.dataset])
    sunk = given.there(change.dataset)
    first, year = saved(before, after, YEAR, sunk)
    later, years = saved(before, after, YEARS, sunk)
    lines = (*(f"1 year: {line}" for line in year), *(f"5 years: {line}" for line in years))
    return Outcome(change, {e.term: e for e in plan.terms if e.dataset == change.dataset}, first, later, lines)


def _allowed(given: Given, judges: Judges, changes: Sequence[Change]) -> Iterator[tuple[Change, Plan]]:
    """The changes that the rules allow, each with a plan in which it is made."""
    lab = changed(given.lab, changes)
    projects = list(dict.fromkeys(name.partition("/")[0] for name in given.names))
    made = make_plan(lab, given.systems, judges(lab), now=given.now, projects=projects)
    if not _worse(given.plan, made):
        yield from ((change, made) for change in changes)
    elif len(changes) > 1:
        half = len(changes) // 2
        yield from _allowed(given, judges, changes[:half])
        yield from _allowed(given, judges, changes[half:])


def _worse(before: Plan, after: Plan) -> bool:
    """Whether something is refused, homeless or open to anyone that was not before."""
    known = {(finding.rule, finding.subject.partition("@")[0]) for finding in before.findings if finding.refuses}
    refused = {(finding.rule, finding.subject.partition("@")[0]) for finding in after.findings if finding.refuses}
    if refused - known:
        return True
    was = {(entry.dataset, entry.term): entry for entry in before.terms}
    for entry in after.terms:
        old = was[entry.dataset, entry.term]
        if (old.placements and not entry.placements) or (_open(entry) and not _open(old)):
            return True
    return False


def _open(entry: TermPlan) -> bool:
    return any("anyone" in placement.readers for placement in entry.placements)
