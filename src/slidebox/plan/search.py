"""The search: candidates in order of preference, asked about in waves."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol, TypeVar

from slidebox.errors import InputError, UnreadableError
from slidebox.model import Adopted, Candidate, Finding, Keep, Lab, Level, Project, System, Term
from slidebox.systems import Systems
from slidebox.tiering import tierings

BATCH = 600
"""How many candidates go into one question: more make the question's document large, fewer make
many questions (benchmarks/README.md has the measurements)."""

ANOTHER_COPY, ANOTHER_SITE = "another_copy", "another_site"
"""What a finding can want of the planner: a further copy, and a further copy at another site."""

Chosen = tuple[str, Term, tuple[Candidate, ...]]
"""A dataset, a term, and the candidates chosen for it."""

_ORDINALS = {0: "first", 1: "second", 2: "third", 3: "fourth", 4: "fifth"}

T = TypeVar("T")
K = TypeVar("K")


class Judge(Protocol):
    """Who says what is allowed: the rules, or a stand-in for them."""

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        """What the rules say about each candidate by itself, by its id; every id is answered."""

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """What the rules say about all that was chosen for a dataset and term; every pair is answered."""


@dataclass(frozen=True, slots=True)
class Order:
    """The stores to try for a level and term, in order."""

    stores: tuple[str, ...]
    preferred: int
    systems: tuple[System, ...]
    """The preferred systems."""
    whose: str
    """Whose choice it is and for what, in words."""

    def has(self, lab: Lab, system: System) -> bool:
        """Whether the lab has a store of a preferred system."""
        return any(lab.file.stores[store].system is system for store in self.stores[: self.preferred])


@dataclass(slots=True)
class Search:
    """The search for the places of one dataset in one term."""

    lab: Lab
    systems: Systems
    project: Project
    level: Level
    term: Term
    order: Order
    wanted: int = 1
    chosen: list[Candidate] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    answers: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        self.wanted = max(self.wanted, len(self.as_is))

    @property
    def dataset(self) -> str:
        """The id of the dataset."""
        return self.project.dataset_id(self.level)

    @property
    def key(self) -> tuple[str, Term]:
        """What the judge calls it."""
        return self.dataset, self.term

    def candidate(self, store: str) -> Candidate:
        """The candidate that a store is for it."""
        dataset, declared = self.project.datasets[self.level], self.lab.file.stores[store]
        found = self.systems.class_of(declared.system, dataset, self.term, declared.kind)
        return Candidate(self.dataset, self.term, store, found)

    @property
    def adopted(self) -> Mapping[str, Adopted]:
        """Where the data lay before slidebox, in their current term: in another they may go elsewhere."""
        current = self.project.activity_of(self.level).term is self.term
        return self.project.datasets[self.level].adopted if current else {}

    @property
    def as_is(self) -> tuple[str, ...]:
        """The stores of them in which the data stay as they were found; often none."""
        return tuple(store for store, adopted in self.adopted.items() if adopted.as_is)

    def next(self) -> Candidate | None:
        """The next store that would be a copy of its own, and at another site where that is wanted; or None.

        A copy at another site is a further copy too. Where the lab has no other site, one that is near is
        only taken if any further copy is wanted.
        """
        if as_is := self.as_is:
            # Nothing is made beside what stays as it is, though the rules may want more.
            return next((self.candidate(store) for store in as_is if store not in self.answers), None)
        free = [s for s in self.order.stores if s not in self.answers and not (self.chosen and self.twin(s))]
        free = [store for store in free if store in self.adopted] or free
        wanted = {finding.wants for finding in self.findings}
        if ANOTHER_SITE in wanted:
            far = [store for store in free if not self.neighbour(store)]
            free = far or (free if ANOTHER_COPY in wanted else [])
        return self.candidate(free[0]) if free else None

    def twin(self, store: str) -> str:
        """The chosen store that fails together with a store, or that makes a copy pointless; or nothing."""
        if self.lab.file.stores[store].system is System.DELETION:
            return self.chosen[0].store
        domain = self.lab.failure_domain(store)
        return next((c.store for c in self.chosen if self.lab.failure_domain(c.store) == domain), "")

    def neighbour(self, store: str) -> str:
        """The chosen store that stands at the same site as a store, or nothing."""
        site = self.lab.site(store)
        return next((c.store for c in self.chosen if self.lab.site(c.store) == site), "")

    def answer(self, candidate: Candidate, findings: tuple[Finding, ...]) -> None:
        """Take what the judge says of the next candidate: choose it, or go on."""
        self.answers[candidate.store] = findings
        # What is there is there, whatever the rules say of it: they are asked again about what it is.
        if candidate.store in self.as_is or not errors(findings):
            self.reasons.append(self.why(candidate.store) + why_tiered(candidate))
            self.chosen.append(candidate)

    def why(self, store: str) -> str:
        """Why a store is chosen, at the moment it is."""
        dataset = self.project.datasets[self.level]
        if adopted := self.adopted.get(store):
            return f"it lies there since before slidebox, as {adopted.name}" + (", as it is" if adopted.as_is else "")
        if self.lab.file.stores[store].system is System.DELETION and dataset.keep is Keep.STREAM:
            return f"streamed from {dataset.source or 'its source'}: read piece by piece, and no piece is kept"
        copy = f"copy {len(self.chosen) + 1}, since {wants(self.findings)}; " if self.chosen else ""
        if store in self.order.stores[: self.order.preferred]:
            system = self.lab.file.stores[store].system
            place = _ORDINALS.get(self.order.systems.index(system), "a later")
            return f"{copy}{place} choice of {self.order.whose}{self.passed_over(system)}"
        left = " left" if self.chosen else ""
        return f"{copy}next in Table 1: no choice{left} of {self.order.whose}{self.passed_over()}"

    def passed_over(self, until: System | None = None) -> str:
        """Preferred stores that were refused and systems the lab lacks, before the chosen one."""
        systems = self.order.systems[: self.order.systems.index(until)] if until else self.order.systems
        absent = [self.systems.rows[system].title for system in systems if not self.order.has(self.lab, system)]
        by_rule: dict[str, list[str]] = {}
        for store in self.order.stores[: self.order.preferred]:
            if refusals := errors(self.answers.get(store, ())):
                by_rule.setdefault(refusals[0].rule, []).append(store)
        notes = [f"{rule} refuses {', '.join(stores)}" for rule, stores in by_rule.items()]
        notes += [f"the lab has no {' and no '.join(absent)}"] if absent else []
        return f" ({'; '.join(notes)})" if notes else ""


def why_tiered(candidate: Candidate) -> str:
    """Why a candidate is in a class that moves objects by itself; nothing where it is in another."""
    if candidate.storage_class not in tierings():
        return ""
    return f"; in {candidate.storage_class}, where what nobody reads for a month costs less until somebody does"


def searches_of(lab: Lab, systems: Systems, projects: Collection[str] | None) -> Iterator[Search]:
    """One search per dataset and term, sorted by project, level and term.

    Raises
    ------
    InputError
        If a project is not declared.
    """
    for name in projects or ():
        if name not in lab.projects:
            near = difflib.get_close_matches(name, lab.projects, 1)
            cure = f"Did you mean {near[0]}?" if near else f"The projects are {', '.join(sorted(lab.projects))}."
            raise InputError(f"there is no project {name!r}.", cure)
    orders: dict[tuple[Level, Term, Keep], Order] = {}
    for name in sorted(projects or lab.projects):
        project = lab.projects[name]
        for level in Level:
            if level not in project.datasets:
                continue
            for term in Term:
                key = (level, term, project.datasets[level].keep)
                if key not in orders:
                    orders[key] = _order(lab, systems, *key)
                yield Search(lab, systems, project, level, term, orders[key])


def _order(lab: Lab, systems: Systems, level: Level, term: Term, keep: Keep) -> Order:
    """Preferred systems first, then the others in the order of Table 1.

    Deletion is no storage: it comes first for data that are streamed, and never by itself for data
    that are kept.
    """
    preference = systems.preference(level, term)
    if keep is Keep.STREAM:
        preference = (System.DELETION, *(s for s in preference if s is not System.DELETION))
    rest = [system for system in System if system not in preference and system is not System.DELETION]
    stores = {system: [n for n, s in lab.file.stores.items() if s.system is system] for system in System}
    first = [name for system in preference for name in stores[system]]
    return Order(
        stores=(*first, *(name for system in rest for name in stores[system])),
        preferred=len(first),
        systems=preference,
        whose=f"{systems.preferred_by(level, term)} for {words(level)} in the {term} term",
    )


def choose(searches: Sequence[Search], judge: Judge) -> None:
    """Find a place for everything, and as many copies as the rules want."""
    _find(searches, judge)
    asked = [search for search in searches if search.chosen]
    while asked:
        for batch in _batches(asked, BATCH):
            said = judge.chosen([(*search.key, tuple(search.chosen)) for search in batch])
            for search in batch:
                search.findings = _answer(said, search.key)
        wanting = [search for search in asked if wants(search.findings) and search.next()]
        for search in wanting:
            search.wanted = len(search.chosen) + 1
        _find(wanting, judge)
        asked = [search for search in wanting if len(search.chosen) == search.wanted]


def _find(searches: Sequence[Search], judge: Judge) -> None:
    """Try the next candidate of each until it has what it wants or no candidate is left."""
    open_ = [(search, candidate) for search in searches if (candidate := search.next())]
    while open_:
        for batch in _batches(open_, BATCH):
            said = judge.candidates([candidate for _, candidate in batch])
            for search, candidate in batch:
                search.answer(candidate, _answer(said, candidate.id))
        refused = [search for search, _ in open_ if len(search.chosen) < search.wanted]
        open_ = [(search, candidate) for search in refused if (candidate := search.next())]


def judge_the_rest(searches: Sequence[Search], judge: Judge) -> None:
    """Ask about every candidate that the search did not come to."""
    rest = [
        (search, search.candidate(store))
        for search in searches
        for store in search.order.stores
        if store not in search.answers
    ]
    for batch in _batches(rest, BATCH):
        said = judge.candidates([candidate for _, candidate in batch])
        for search, candidate in batch:
            search.answers[candidate.store] = _answer(said, candidate.id)


def errors(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that refuse, in a fixed order."""
    return sorted((f for f in findings if f.refuses), key=finding_order)


def wants(findings: Sequence[Finding]) -> str:
    """The message that asks for another copy, or nothing."""
    asking = (f for f in sorted(findings, key=finding_order) if f.wants in (ANOTHER_COPY, ANOTHER_SITE))
    return next((f.message.rstrip(".") for f in asking), "")


def finding_order(finding: Finding) -> tuple[str, ...]:
    """A fixed order of findings: gravest first, then by rule and subject."""
    return (finding.severity, finding.rule, finding.subject, finding.message, *finding.path)


def words(level: Level) -> str:
    """A level as it is said in a sentence."""
    return level.replace("_", " ")


def _answer(said: Mapping[K, tuple[Finding, ...]], key: K) -> tuple[Finding, ...]:
    if key not in said:
        raise UnreadableError(f"the rules gave no answer about {key}.", "This is a fault of the rules' caller.")
    return said[key]


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """Cut a sequence into lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
