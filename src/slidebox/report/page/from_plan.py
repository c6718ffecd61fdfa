"""Datasets, placements and waivers, from what is declared, planned and forecast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from slidebox.forecast import Forecast, term_spans
from slidebox.model import Lab, Level, Plan, System, Term, TermPlan
from slidebox.model import Placement as Placed
from slidebox.prices import Range
from slidebox.report.page.data import Dataset, Placement, Waiver

PAID_ONCE: Final = frozenset({"arrival", "transition", "early deletion", "purchase", "replacement", "deposit"})
"""What a row of the forecast is for that is no part of what a month costs as long as nothing changes."""

NOTHING: Final = "nothing is kept"
"""What is there of data that are deleted once they are processed: that they are not there is meant."""

Monthly = Mapping[tuple[str, str], Range]
"""US dollars of a month, by dataset and store."""


def monthly(told: Forecast, month: int = 0) -> dict[tuple[str, str], Range]:
    """What a month costs as long as nothing changes, by dataset and store.

    Parameters
    ----------
    told
        The forecast.
    month
        Which of its months, from 0.
    """
    found: dict[tuple[str, str], Range] = {}
    name = told.months[month] if month < len(told.months) else ""
    for row in told.rows:
        if row.month == name and row.what not in PAID_ONCE:
            found[row.dataset, row.store] = found.get((row.dataset, row.store), Range()) + row.range
    return found


def datasets(lab: Lab, explained: Mapping[str, Mapping[str, Any]], month: Monthly) -> tuple[Dataset, ...]:
    """Every dataset as it is declared, and as the rules work it out.

    Parameters
    ----------
    lab
        What is declared.
    explained
        What the rules say of each dataset: how sensitive it is after what it was made from, who may read it, and in
        which terms anyone may.
    month
        What this month costs.
    """
    costs: dict[str, Range] = {}
    for (dataset, _), usd in month.items():
        costs[dataset] = costs.get(dataset, Range()) + usd
    found = []
    for name, project in lab.projects.items():
        for level, declared in project.datasets.items():
            dataset = project.dataset_id(level)
            said = explained.get(dataset)
            activity = project.activity_of(level)
            found.append(
                Dataset(
                    name=dataset,
                    project=name,
                    level=level.value,
                    origin=declared.origin.value,
                    sensitivity=str(said["sensitivity"]["effective"]) if said else declared.sensitivity.value,
                    activity=activity.value,
                    audience=_audience(said, activity.term.value) if said else "",
                    owner=project.owner,
                    grant=project.grant or "",
                    bytes=declared.size.bytes,
                    files=declared.files,
                    monthly=costs.get(dataset, Range()),
                )
            )
    return tuple(sorted(found, key=lambda one: one.name))


def _audience(said: Mapping[str, Any], term: str) -> str:
    """Who may read a dataset now, in a few words."""
    people = sorted(who.partition(":")[2] or who for who in said["audience"])
    return ", ".join(["anyone", *people] if term in said["public"]["terms"] else people)


def placements(plan: Plan, lab: Lab, costs: Costs, there: Mapping[tuple[str, str], str]) -> tuple[Placement, ...]:
    """Where the plan has each dataset, term by term.

    Parameters
    ----------
    plan, lab
        The plan, and what it was made from.
    costs
        What a month of each term costs.
    there
        Whether a dataset really lies in a store now, by both; what is missing is not known, but of a store that is
        for what is deleted.
    """
    return tuple(one for entry in plan.terms for one in _placed(entry, lab, costs, there))


def _placed(entry: TermPlan, lab: Lab, costs: Costs, there: Mapping[tuple[str, str], str]) -> Iterator[Placement]:
    project, _, level = entry.dataset.partition("/")
    current = lab.projects[project].activity_of(Level(level)).term
    for place in entry.placements:
        store = place.candidate.store
        system = lab.file.stores[store].system
        yield Placement(
            dataset=entry.dataset,
            term=entry.term.value,
            store=store,
            system=system.value,
            storage_class=place.candidate.storage_class,
            now=current is entry.term,
            there=there.get((entry.dataset, store), NOTHING if system is System.DELETION else "unknown"),
            monthly=costs.of(place, current),
            why=place.why,
        )


class Costs:
    """What a month of a placement costs.

    Parameters
    ----------
    told
        The forecast; None where there is none.
    lengths
        Months of each term; None for one without an end.
    """

    def __init__(self, told: Forecast | None, lengths: Mapping[Term, Decimal | None]) -> None:
        self._told = told
        self._lengths = lengths
        self._months: dict[int, Monthly] = {}

    @property
    def now(self) -> Monthly:
        """What this month costs, by dataset and store."""
        return self._month(0)

    def of(self, place: Placed, current: Term) -> Range:
        """What a month costs when its term begins; of a term that is over, what the plan reckons.

        Parameters
        ----------
        place
            The placement.
        current
            The term that its dataset is in now.
        """
        spans = term_spans(current, self._lengths)
        candidate = place.candidate
        if self._told is None or candidate.term not in spans:
            return Range.of(Decimal(str(place.cost.monthly)))
        return self._month(spans[candidate.term][0]).get((candidate.dataset, candidate.store), Range())

    def _month(self, month: int) -> Monthly:
        if month not in self._months:
            self._months[month] = monthly(self._told, month) if self._told else {}
        return self._months[month]


def last_begin(lengths: Mapping[Term, Decimal | None]) -> int:
    """The month in which the last term of a dataset begins that is in the first one now."""
    return max(begin for begin, _ in term_spans(next(iter(Term)), lengths).values())


def waivers(lab: Lab) -> tuple[Waiver, ...]:
    """Every waiver of the lab, the one that ends first before the others."""
    found = [
        Waiver(one.rule, f"{name}/{one.location}", one.by, one.reason, one.until)
        for name, project in lab.projects.items()
        for one in project.waivers
    ]
    return tuple(sorted(found, key=lambda one: (one.until, one.dataset, one.rule)))
