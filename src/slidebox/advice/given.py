"""What advice is worked out from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from slidebox.advice.asking import Memory
from slidebox.facts import FactBook
from slidebox.forecast import forecast, holdings_of, volumes_of
from slidebox.forecast.charges import Volumes
from slidebox.forecast.months import Forecast
from slidebox.forecast.months import Holding as Planned
from slidebox.inventory.found import Holding, Inventory
from slidebox.model import Dataset, Finding, Lab, Level, Placement, Plan, Project, System, Term, TermPlan
from slidebox.plan import Judge
from slidebox.prices import Book
from slidebox.systems import Systems

YEAR, YEARS = 12, 60
"""Months of the first year, and of the five years that advice looks ahead."""

Judges = Callable[[Lab], Judge]
"""Who says what is allowed in a lab whose declarations are others."""

Entries = Mapping[Term, TermPlan]
"""The plan of one dataset, by term."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """The plan with all it was made from, and what is known of what really is.

    Attributes
    ----------
    plan, lab, systems, books, now
        As the forecast has them.
    judges
        Who is asked before a change is advised; None: no change is advised that the rules would have to be asked about.
    findings
        What the rules say of places that were there before slidebox.
    inventory
        What lies where; None where nobody looked.
    read
        When data were last read, by ``project/level``.
    """

    plan: Plan
    lab: Lab
    systems: Systems
    books: Mapping[str, Book]
    now: dt.date
    judges: Judges | None = None
    findings: tuple[Finding, ...] = ()
    inventory: Inventory | None = None
    read: Mapping[str, dt.datetime] = field(default_factory=dict)

    @cached_property
    def entries(self) -> Mapping[str, Entries]:
        """The plan by dataset, in its order."""
        found: dict[str, dict[Term, TermPlan]] = {}
        for entry in self.plan.terms:
            found.setdefault(entry.dataset, {})[entry.term] = entry
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The datasets of the plan, in its order."""
        return tuple(self.entries)

    @cached_property
    def memory(self) -> Memory:
        """What the rules have said already."""
        return Memory()

    @cached_property
    def facts(self) -> FactBook:
        """What the rules are told."""
        return FactBook(self.lab, self.systems)

    @cached_property
    def planned(self) -> Mapping[str, tuple[Planned, ...]]:
        """What the plan holds of each dataset where, in which months and classes."""
        found: dict[str, list[Planned]] = {name: [] for name in self.names}
        for held in holdings_of(self.plan, self.lab, self.systems, self.books, self.now)[0]:
            found[held.dataset].append(held)
        return {name: tuple(holdings) for name, holdings in found.items()}

    @cached_property
    def _volumes(self) -> tuple[Volumes, ...]:
        """What everything uses up of prices by volume, by month."""
        return volumes_of([held for holdings in self.planned.values() for held in holdings], YEARS)

    @cached_property
    def _beside(self) -> dict[str, tuple[Volumes, ...]]:
        """What everything but a dataset uses up of them."""
        return {}

    def project(self, dataset: str) -> Project:
        """The project of a dataset."""
        return self.lab.projects[dataset.partition("/")[0]]

    def declared(self, dataset: str) -> Dataset:
        """A dataset as it is declared."""
        return self.project(dataset).datasets[level_of(dataset)]

    def term(self, dataset: str) -> Term:
        """The term of today."""
        return self.project(dataset).activity_of(level_of(dataset)).term

    def kept(self, dataset: str, term: Term | None = None) -> tuple[Placement, ...]:
        """Where the plan keeps a dataset in a term, or today: deletion keeps nothing."""
        placements = self.entries[dataset][term or self.term(dataset)].placements
        return tuple(p for p in placements if self.system(p.candidate.store) is not System.DELETION)

    def system(self, store: str) -> System:
        """The row of Table 1 that a store is."""
        return self.lab.file.stores[store].system

    def reclassed(self, dataset: str, classes: Mapping[Term, str]) -> Entries:
        """A dataset in other classes where it lies in a cloud, by term; nobody was asked."""

        def placed(place: Placement, term: Term) -> Placement:
            if term not in classes or self.system(place.candidate.store) is not System.CLOUD:
                return place
            return replace(place, candidate=replace(place.candidate, storage_class=classes[term]))

        return {
            term: replace(entry, placements=tuple(placed(place, term) for place in entry.placements))
            for term, entry in self.entries[dataset].items()
        }

    def would_hold(self, dataset: str, declared: Dataset, entries: Entries) -> tuple[Planned, ...]:
        """What would be held of a dataset that is declared, and planned, otherwise."""
        project = self.project(dataset)
        changed = project.model_copy(update={"datasets": {**project.datasets, level_of(dataset): declared}})
        # Nothing else of the lab decides what is held of it.
        lab = self.lab.model_copy(update={"projects": {project.project: changed}})
        plan = Plan(tuple(entries.values()))
        return holdings_of(plan, lab, self.systems, self.books, self.now)[0]

    def told(self, dataset: str, holdings: Iterable[Planned]) -> Forecast:
        """What a dataset costs in five years if that is held of it, beside everything else that the plan holds.

        Of a price that falls with the volume the dataset pays the last part: so the difference between two forecasts of
        it is that between two of everything.
        """
        if dataset not in self._beside:
            own = volumes_of(self.planned[dataset], YEARS)
            self._beside[dataset] = tuple(_less(every, its) for every, its in zip(self._volumes, own, strict=True))
        return forecast(tuple(holdings), self.now, YEARS, beside=self._beside[dataset])

    def holdings(self) -> tuple[Holding, ...]:
        """What lies where of the datasets of the plan, by the inventory."""
        return tuple(held for rows in self._seen.values() for held in rows)

    def seen(self, dataset: str) -> tuple[Holding, ...]:
        """What lies where of a dataset, by the inventory."""
        return self._seen.get(dataset, ())

    @cached_property
    def _seen(self) -> Mapping[str, tuple[Holding, ...]]:
        found: dict[str, list[Holding]] = {name: [] for name in self.names}
        for held in self.inventory.holdings if self.inventory else ():
            if held.dataset in found and held.store in self.lab.file.stores:
                found[held.dataset].append(held)
        return {name: tuple(rows) for name, rows in found.items() if rows}

    def there(self, dataset: str) -> frozenset[str]:
        """The stores in which an inventory has seen a dataset."""
        return frozenset(held.store for held in self.seen(dataset) if held.bytes)


def level_of(dataset: str) -> Level:
    """The level of ``project/level``."""
    return Level(dataset.partition("/")[2])


def file_of(dataset: str) -> str:
    """Where a dataset is declared, in words: ``datasets.raw_images in projects/nf1.yaml``."""
    project, _, level = dataset.partition("/")
    return f"datasets.{level} in projects/{project}.yaml"


def copies(count: int) -> str:
    """How many copies remain, as a sentence."""
    return "1 copy remains." if count == 1 else f"{count or 'no'} copies remain."


def _less(every: Volumes, its: Volumes) -> Volumes:
    """What the others use up."""
    filled = {place: amount - its.filled.get(place, 0) for place, amount in every.filled.items()}
    left = {way: amount - its.left.get(way, 0) for way, amount in every.left.items()}
    return Volumes(filled, left)
