"""From a finished search to the plan: placements, costs, readers, rejections and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slidebox.access.declared import readers
from slidebox.cost import HORIZONS, Held, horizon, placement_cost, term_months
from slidebox.model import (
    Candidate,
    Cost,
    Finding,
    Lab,
    Placement,
    Rejection,
    Severity,
    System,
    Term,
    TermPlan,
)
from slidebox.plan.search import Search, errors, finding_order, words
from slidebox.systems import Systems


def readers_of(lab: Lab, systems: Systems, candidate: Candidate) -> tuple[str, ...]:
    """Principals that will read a location: ``person:…``, ``team:…``, ``service:…`` or ``anyone``, sorted."""
    return tuple(sorted({reader.principal for reader in readers(lab, systems, candidate)}))


def costs_of(searches: Sequence[Search], lab: Lab, systems: Systems) -> dict[str, Cost]:
    """Costs by candidate id; what the datasets of one store share is shared in the plan's order."""
    costs: dict[str, Cost] = {}
    filled: dict[tuple[Term, str], int] = {}
    for search in searches:
        size = search.project.datasets[search.level].size.bytes
        for candidate in search.chosen:
            # What lies below DVC is paid for where it lies.
            paid = lab.carrier(candidate.store)
            place = (candidate.term, paid)
            costs[candidate.id] = placement_cost(
                systems,
                lab.file.stores[candidate.store].priced_as(lab.file.stores[paid]),
                size,
                storage_class=candidate.storage_class,
                already=filled.get(place, 0),
            )
            filled[place] = filled.get(place, 0) + size
    return costs


def horizons_of(
    searches: Sequence[Search], costs: Mapping[str, Cost], systems: Systems
) -> dict[str, tuple[float, float]]:
    """USD over one and five years, by dataset."""
    lengths = term_months(systems)
    by_dataset: dict[str, list[Search]] = {}
    for search in searches:
        by_dataset.setdefault(search.dataset, []).append(search)
    totals: dict[str, tuple[float, float]] = {}
    for dataset, group in by_dataset.items():
        held = {s.term: [Held(c.store, costs[c.id]) for c in s.chosen] for s in group}
        current = group[0].project.activity_of(group[0].level).term
        year, five = (horizon(held, lengths, current, months) for months in HORIZONS)
        totals[dataset] = (year, five)
    return totals


def term_plan(search: Search, costs: Mapping[str, Cost], lab: Lab, systems: Systems, explain: bool) -> TermPlan:
    """What a finished search amounts to."""
    placements = tuple(
        Placement(
            candidate=candidate,
            copy=number,
            readers=readers_of(lab, systems, candidate),
            cost=costs[candidate.id],
            why=why,
        )
        for number, (candidate, why) in enumerate(zip(search.chosen, search.reasons, strict=True), 1)
    )
    return TermPlan(
        dataset=search.dataset,
        term=search.term,
        placements=placements,
        rejections=tuple(_rejections(search, explain)),
        findings=_findings(search),
    )


def _findings(search: Search) -> tuple[Finding, ...]:
    """What the rules say of the chosen; of everything, where nothing could be chosen."""
    if search.chosen:
        of_places = [f for candidate in search.chosen for f in search.answers[candidate.store]]
        return tuple(sorted({*of_places, *search.findings}, key=finding_order))
    if search.answers:
        return tuple(f for store in search.order.stores for f in sorted(search.answers[store], key=finding_order))
    message = f"the lab has no store for {words(search.level)} in the {search.term} term."
    cure = "Declare one under `stores` in lab.yaml."
    return (Finding("plan.no_store", Severity.ERROR, search.dataset, message, cure=cure),)


def _rejections(search: Search, explain: bool) -> Iterator[Rejection]:
    """The refused, in order of preference; with `explain` every store the lab has that was not chosen."""
    chosen = {candidate.store for candidate in search.chosen}
    for store in search.order.stores:
        if store in chosen or store not in search.answers:
            continue
        refusals = errors(search.answers[store])
        if refusals:
            yield Rejection(search.candidate(store), "; ".join(f.message for f in refusals), refusals[0].rule)
        else:
            yield Rejection(search.candidate(store), _second_to(search, store))
    if explain:
        for store, declared in search.lab.file.stores.items():
            if declared.system is System.DELETION and store not in search.order.stores:
                keep = search.project.datasets[search.level].keep
                reason = f"the lab keeps these data (keep: {keep}); deletion keeps nothing"
                yield Rejection(search.candidate(store), reason)


def _second_to(search: Search, store: str) -> str:
    """Why an allowed store was not chosen."""
    first = search.chosen[0].store
    place = search.order.stores.index
    if place(store) < max(place(c.store) for c in search.chosen) and (twin := search.twin(store)):
        return f"allowed, but it fails together with {twin} and would be no copy of its own"
    if place(store) < max(place(c.store) for c in search.chosen) and (near := search.neighbour(store)):
        return f"allowed, but it stands at the same site as {near}, and a copy at another site was wanted"
    if search.lab.file.stores[first].system is System.DELETION:
        return "allowed, but these data are streamed (keep: stream): nothing of them is kept"
    if place(first) < search.order.preferred:
        who = search.systems.preferred_by(search.level, search.term)
        return f"allowed, but {first} is preferred by {who} for {words(search.level)} in the {search.term} term"
    return f"allowed, but {first} comes first in the order of Table 1"
