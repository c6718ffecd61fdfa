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

from slidebox.advice.asking import Remembering
from slidebox.advice.given import YEAR, YEARS, Entries, Given, Judges, level_of
from slidebox.cost import cents
from slidebox.forecast import Forecast
from slidebox.model import Dataset, Lab, Plan, Term, TermPlan
from slidebox.plan import make_plan
from slidebox.prices import Range

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
        The terms in which it says so: what is planned for the others stays.
    """

    dataset: str
    words: Mapping[str, Any]
    terms: frozenset[Term] = field(default=frozenset(Term))

    def of(self, declared: Dataset) -> Dataset:
        """The dataset as it would be declared."""
        return declared.model_copy(update=dict(self.words))


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
    entries: Entries
    first: Range
    later: Range
    lines: tuple[str, ...]

    def stays(self, given: Given) -> bool:
        """Whether the data are where the plan has them in every term, in whatever class."""
        was = given.entries[self.change.dataset]
        return all(_stores(entry) == _stores(was[term]) for term, entry in self.entries.items())


def changed(lab: Lab, changes: Iterable[Change]) -> Lab:
    """A lab whose declarations are others."""
    projects = dict(lab.projects)
    for change in changes:
        name, level = change.dataset.partition("/")[0], level_of(change.dataset)
        project = projects[name]
        datasets = {**project.datasets, level: change.of(project.datasets[level])}
        projects[name] = project.model_copy(update={"datasets": datasets})
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
    allowed = dict(_allowed(given, given.judges, changes))
    return tuple(_of(given, change, allowed[change.dataset]) for change in changes if change.dataset in allowed)


def saved(
    before: Forecast, after: Forecast, months: int, own: str, sunk: Iterable[str] = ()
) -> tuple[Range, tuple[str, ...]]:
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
    own
        The dataset that needs no name in the arithmetic.
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
        whose = "" if key.dataset == own else f"{key.dataset}, "
        line = f"{whose}{key.what} in {key.store}: {plain(was)} − {plain(will)} = {signed(ends[1])}"
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


def signed(usd: Decimal) -> str:
    """An amount that may be less than nothing, with its sign before the dollar."""
    return f"−${cents(-usd)}" if usd < 0 else f"${cents(usd)}"


def plain(usd: Range) -> str:
    """An amount, with what it lies between where it is uncertain."""
    return f"${cents(usd.usual)}" if usd.certain else f"${cents(usd.usual)} ({cents(usd.low)} to {cents(usd.high)})"


def _of(given: Given, change: Change, made: Entries) -> Outcome:
    """What a change saves by itself."""
    name, was = change.dataset, given.entries[change.dataset]
    entries = {term: made[term] if term in change.terms else entry for term, entry in was.items()}
    before = given.told(name, given.planned[name])
    after = given.told(name, given.would_hold(name, change.of(given.declared(name)), entries))
    sunk = given.there(name)
    first, year = saved(before, after, YEAR, name, sunk)
    later, years = saved(before, after, YEARS, name, sunk)
    lines = (*(f"1 year: {line}" for line in year), *(f"5 years: {line}" for line in years))
    return Outcome(change, entries, first, later, lines)


def _allowed(
    given: Given, judges: Judges, changes: Sequence[Change], again: bool = True
) -> Iterator[tuple[str, Entries]]:
    """The datasets whose changes the rules allow, each with its plan as it would be."""
    lab = changed(given.lab, changes)
    judge = Remembering.of(judges(lab), lab, [change.dataset for change in changes], given.memory)
    projects = list(dict.fromkeys(name.partition("/")[0] for name in given.names))
    made = make_plan(lab, given.systems, judge, now=given.now, projects=projects)
    worse = _worse(given, made)
    if not worse:
        found: dict[str, dict[Term, TermPlan]] = {}
        for entry in made.terms:
            found.setdefault(entry.dataset, {})[entry.term] = entry
        yield from ((change.dataset, found[change.dataset]) for change in changes)
    elif len(changes) > 1:
        for part, once_more in _parts(changes, worse, again):
            yield from _allowed(given, judges, part, once_more)


def _parts(changes: Sequence[Change], worse: set[str], again: bool) -> list[tuple[Sequence[Change], bool]]:
    """Changes taken apart, each part with whether what gets worse by its own change is tried once more.

    What does may do so because of another change, and is tried without those.
    """
    out = [change for change in changes if change.dataset in worse]
    left = [change for change in changes if change.dataset not in worse]
    if out and left:
        return [(left, again), (out, False)] if again else [(left, False)]
    # Whose change it is that makes others worse is found by halves.
    half = len(changes) // 2
    halves = [changes[:half], changes[half:]]
    return [(part, again and not out) for part in halves] if again or not out else []


def _worse(given: Given, after: Plan) -> set[str]:
    """The datasets of which something is refused, homeless or open to anyone that was not before."""
    known, refused = _refused(given.plan), _refused(after)
    found = {subject for _, subject in refused - known}
    for entry in after.terms:
        old = given.entries[entry.dataset][entry.term]
        if (old.placements and not entry.placements) or (is_open(entry) and not is_open(old)):
            found.add(entry.dataset)
    return found


def _refused(plan: Plan) -> set[tuple[str, str]]:
    return {(finding.rule, finding.subject.partition("@")[0]) for finding in plan.findings if finding.refuses}


def _stores(entry: TermPlan) -> list[str]:
    return [placement.candidate.store for placement in entry.placements]


def is_open(entry: TermPlan) -> bool:
    """Whether anyone will read some place of a dataset in a term."""
    return any("anyone" in placement.readers for placement in entry.placements)
