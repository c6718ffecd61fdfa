"""What a change of the declarations does to each dataset: where it lies, who reads it, what it costs a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slidebox.model import Lab, Level, Plan, Term

_SAME_USD = 0.005
"""Amounts that differ by less are the same to the cent."""


@dataclass(frozen=True, slots=True)
class State:
    """What a plan makes of one dataset.

    Attributes
    ----------
    places
        The stores by term, in the order of copies; with the class where it is not the standard one.
    readers
        Who can read it in any term.
    monthly
        USD a month in its current term.
    """

    places: tuple[tuple[Term, tuple[str, ...]], ...]
    readers: frozenset[str]
    monthly: float


@dataclass(frozen=True, slots=True)
class Change:
    """One dataset that a change moves, opens, closes, or makes cheaper or dearer.

    Attributes
    ----------
    dataset
        ``project/level``.
    before, after
        What the plan makes of it; None where it is not declared.
    """

    dataset: str
    before: State | None
    after: State | None

    @property
    def placements(self) -> tuple[tuple[Term, tuple[str, ...], tuple[str, ...]], ...]:
        """The terms in which its places differ, with the places before and after."""
        before = dict(self.before.places) if self.before else {}
        after = dict(self.after.places) if self.after else {}
        return tuple(
            (term, before.get(term, ()), after.get(term, ()))
            for term in Term
            if before.get(term, ()) != after.get(term, ())
        )

    @property
    def gained(self) -> tuple[str, ...]:
        """Who can read it now and could not before."""
        return tuple(sorted(_readers(self.after) - _readers(self.before)))

    @property
    def lost(self) -> tuple[str, ...]:
        """Who could read it and cannot now."""
        return tuple(sorted(_readers(self.before) - _readers(self.after)))

    @property
    def monthly(self) -> tuple[float, float]:
        """USD a month before and after."""
        return (self.before.monthly if self.before else 0.0, self.after.monthly if self.after else 0.0)

    @property
    def dearer(self) -> float:
        """How many USD a month it costs more; less than nothing where it becomes cheaper."""
        before, after = self.monthly
        return after - before

    @property
    def kind(self) -> str:
        """``new``, ``removed`` or ``changed``."""
        if self.before is None:
            return "new"
        return "removed" if self.after is None else "changed"


def changes_between(before: tuple[Plan, Lab] | None, after: tuple[Plan, Lab]) -> tuple[Change, ...]:
    """The datasets for which two plans differ, by id.

    Parameters
    ----------
    before
        The plan of the base and its lab; None where the base has no lab at all.
    after
        The plan of the change and its lab.
    """
    old = dict(_states(*before)) if before else {}
    new = dict(_states(*after))
    changes = (Change(dataset, old.get(dataset), new.get(dataset)) for dataset in sorted({*old, *new}))
    return tuple(change for change in changes if _differs(change))


def _differs(change: Change) -> bool:
    return bool(
        change.kind != "changed" or change.placements or change.gained or change.lost or abs(change.dearer) >= _SAME_USD
    )


def _states(plan: Plan, lab: Lab) -> Iterator[tuple[str, State]]:
    for dataset in dict.fromkeys(entry.dataset for entry in plan.terms):
        entries = [entry for entry in plan.terms if entry.dataset == dataset]
        name, _, level = dataset.partition("/")
        current = lab.projects[name].activity_of(Level(level)).term
        places = tuple(
            (entry.term, tuple(_place(p.candidate.store, p.candidate.storage_class) for p in entry.placements))
            for entry in entries
        )
        readers = frozenset(reader for entry in entries for p in entry.placements for reader in p.readers)
        monthly = sum(p.cost.monthly for entry in entries if entry.term is current for p in entry.placements)
        yield dataset, State(places, readers, monthly)


def _place(store: str, storage_class: str) -> str:
    return store if storage_class == "standard" else f"{store} {storage_class}"


def _readers(state: State | None) -> frozenset[str]:
    return state.readers if state else frozenset()
