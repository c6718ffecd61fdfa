"""Datasets to compare policies on: what a plan holds in clouds, with traces made from how the data are used."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping

from slidebox.errors import InputError
from slidebox.forecast.months import Holding, Tariff
from slidebox.model import (
    Candidate,
    Cost,
    Keep,
    Lab,
    Placement,
    Plan,
    Store,
    StoreKind,
    System,
    Term,
    TermPlan,
)
from slidebox.prices import Book
from slidebox.simulation.compare import Case
from slidebox.simulation.policies import planned
from slidebox.simulation.shapes import MONTH, at_random, trace
from slidebox.simulation.use import uses_of
from slidebox.systems import Systems

AS_IF = "as-if"
"""The store in which datasets are put that lie in no cloud."""

_KINDS: Mapping[str, StoreKind] = {"aws": StoreKind.AWS, "google": StoreKind.GCS, "azure": StoreKind.AZURE}


def cases_of(holdings: Iterable[Holding], *, months: int, seed: int, traces: int) -> tuple[Case, ...]:
    """What holdings in clouds may come to, dataset by dataset.

    Parameters
    ----------
    holdings
        What the plan holds; what no cloud charges for is left out. What comes later, by growth, is left out too.
    months
        How far to look from today.
    seed
        What every random generator begins with: the same seed gives the same traces.
    traces
        How many traces of each.
    """
    return tuple(_cases(holdings, months, seed, traces))


def _cases(holdings: Iterable[Holding], months: int, seed: int, traces: int) -> Iterator[Case]:
    for held in holdings:
        begins = held.spans[0].begins
        gone = held.gone(begins)
        ends = months if gone is None else min(gone, months)
        if held.tariff is None or not held.files or ends <= begins:
            continue
        days = round((ends - begins) * MONTH)
        uses, found = uses_of(held, days), []
        for number in range(traces):
            # Not for secrets: the same seed has to give the same trace.
            generator = random.Random(f"{seed}/{held.dataset}/{held.store}/{number}")  # noqa: S311
            read = at_random(generator, days, uses)
            found.append(trace(held.files, held.size, days, read, deleted=gone is not None and gone <= months))
        yield Case(held.dataset, held.store, held.tariff, planned(held.spans), tuple(found))


def as_if_in(lab: Lab, systems: Systems, projects: Iterable[str], book: Book, region: str) -> tuple[Lab, Plan]:
    """A lab and a plan in which every dataset that is kept lies in one bucket of a cloud, in all its terms.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    projects
        The names of projects; all where empty.
    book, region
        The cloud, and where in it.
    """
    kind, ids = _KINDS[book.provider], dict.fromkeys(("subscription", "resource_group"), AS_IF)
    own = {"account": AS_IF, **(ids if kind is StoreKind.AZURE else {})}
    store = Store.model_validate({"system": System.CLOUD, "kind": kind, "region": region, **own})
    file = lab.file.model_copy(update={"stores": {**lab.file.stores, AS_IF: store}})
    there = lab.model_copy(update={"file": file})
    terms = []
    for name in projects or lab.projects:
        if name not in lab.projects:
            raise InputError(f"there is no project {name!r}.", f"The projects are {', '.join(sorted(lab.projects))}.")
        project = lab.projects[name]
        for level, dataset in project.datasets.items():
            if dataset.keep is Keep.STREAM:
                continue
            for term in Term:
                storage_class = systems.class_of(System.CLOUD, dataset, term, kind)
                candidate = Candidate(project.dataset_id(level), term, AS_IF, storage_class)
                cost = Cost(monthly=0.0, once=0.0, why="")
                terms.append(TermPlan(candidate.dataset, term, (Placement(candidate, 1, (), cost, ""),)))
    return there, Plan(tuple(terms))


def region_of(books: Mapping[str, Book], region: str) -> Tariff:
    """The tariff of a region, by its provider's name of it.

    Raises
    ------
    InputError
        If the book has no such region.
    """
    for book in books.values():
        if region in book.regions and Tariff(book, region).knows("standard"):
            return Tariff(book, region)
    known = ", ".join(name for book in books.values() for name in book.regions)
    raise InputError(f"The price book has no region {region!r}.", f"It has {known}.")
