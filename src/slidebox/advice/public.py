"""Public data of which the lab holds a copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.advice.given import Given, copies, file_of, level_of
from slidebox.advice.piece import CURRENT, Advice
from slidebox.advice.thresholds import thresholds
from slidebox.advice.trying import Change, Outcome, tried
from slidebox.model import Activity, Keep, Origin, Term
from slidebox.quantities import human_bytes

_WORDS: Mapping[str, Any] = {"keep": Keep.STREAM, "adopted": {}, "expire_after": None}
"""What streamed data say; nothing of them is taken over, and nothing expires."""


def public_copies(given: Given) -> Iterator[Advice]:
    """Public data that could be read where they are: now where nobody works on them, else once they rest."""
    changes = [Change(name, _WORDS, _terms(given, name)) for name in given.names if _held(given, name)]
    for outcome in tried(given, [change for change in changes if change.terms]):
        yield _advice(given, outcome)


def _held(given: Given, name: str) -> bool:
    dataset = given.declared(name)
    public = dataset.origin is Origin.PUBLIC and bool(dataset.source) and dataset.hold is None
    wanted = dataset.keep is Keep.COPY and level_of(name) not in thresholds().public.never
    return public and wanted and any(given.kept(name, term) for term in Term)


def _terms(given: Given, name: str) -> frozenset[Term]:
    """The terms in which nobody works on it, from today's on."""
    order = list(Term)
    first = order.index(given.term(name)) + (given.project(name).activity_of(level_of(name)) is Activity.ACTIVE)
    return frozenset(order[first:])


def _advice(given: Given, outcome: Outcome) -> Advice:
    name = outcome.change.dataset
    dataset, now = given.declared(name), given.term(name)
    later = now not in outcome.change.terms
    held = {p.candidate.store for term in outcome.change.terms for p in given.kept(name, term)}
    when = "Once nobody works on them, read" if later else "Read"
    free = thresholds().public.charges_nothing(dataset.source or "")
    charge = f"free of charge ({free})" if free else "at whatever the source charges, which is not known here"
    left = len(given.kept(name)) if later else 0
    stay = (
        f"Until then {copies(left)}" if later else f"None of the lab's own remains; the one at {dataset.source} does."
    )
    return Advice(
        dataset=name,
        store=", ".join(sorted(held)),
        kind="public copy",
        what=f"{when} the {human_bytes(dataset.size.bytes)} from {dataset.source} and keep no copy. {stay} They are "
        "as far away as their source, and as lasting.",
        saves=outcome.first,
        later=outcome.later,
        arithmetic="\n".join([*outcome.lines, f"reading {dataset.source}: {charge}"]),
        command=f"{file_of(name)}: keep: stream" + (" (once `activity` is not active)" if later else ""),
        parts=frozenset((name, store, CURRENT) for store in held),
    )
