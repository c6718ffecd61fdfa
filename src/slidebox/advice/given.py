"""What advice is worked out from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from slidebox.facts import FactBook
from slidebox.forecast import holdings_of
from slidebox.forecast.months import Holding as Planned
from slidebox.inventory.found import Holding, Inventory
from slidebox.model import Dataset, Lab, Level, Placement, Plan, Project, System, Term
from slidebox.plan import Judge
from slidebox.prices import Book
from slidebox.systems import Systems

Judges = Callable[[Lab], Judge]
"""Who says what is allowed in a lab whose declarations are others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The plan with all it was made from, and what is known of what really is.

    Attributes
    ----------
    plan, lab, systems, books, now
        As the forecast has them.
    judges
        Who is asked before a change is advised; None: no change is advised that the rules would have to be asked about.
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
    inventory: Inventory | None = None
    read: Mapping[str, dt.datetime] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The datasets of the plan, in its order."""
        return tuple(dict.fromkeys(entry.dataset for entry in self.plan.terms))

    @property
    def facts(self) -> FactBook:
        """What the rules are told."""
        return FactBook(self.lab, self.systems)

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
        placements = self.plan.of(dataset, term or self.term(dataset)).placements
        return tuple(p for p in placements if self.system(p.candidate.store) is not System.DELETION)

    def system(self, store: str) -> System:
        """The row of Table 1 that a store is."""
        return self.lab.file.stores[store].system

    def held(self, dataset: str) -> tuple[Planned, ...]:
        """What the plan holds of a dataset where, in which months and classes."""
        part = Plan(tuple(entry for entry in self.plan.terms if entry.dataset == dataset))
        return holdings_of(part, self.lab, self.systems, self.books, self.now)[0]

    def holdings(self) -> tuple[Holding, ...]:
        """What lies where of the datasets of the plan, by the inventory."""
        known = set(self.names)
        return tuple(held for held in self.inventory.holdings if held.dataset in known) if self.inventory else ()

    def there(self, dataset: str) -> frozenset[str]:
        """The stores in which an inventory has seen a dataset."""
        return frozenset(held.store for held in self.holdings() if held.dataset == dataset and held.bytes)


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
