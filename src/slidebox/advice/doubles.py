"""The same bytes more often than the rules want them.

The last good copy is never advised to go: all of what goes has been seen with the same checksums in a place where the
plan keeps it, and every place where the plan keeps it has been seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slidebox.advice.charges import monthly
from slidebox.advice.given import YEAR, YEARS, Given, copies, file_of, level_of
from slidebox.advice.piece import CURRENT, Advice
from slidebox.advice.trying import Change, Outcome, plain, tried
from slidebox.cost import cents
from slidebox.forecast.months import MONTH_DAYS
from slidebox.inventory.found import Duplicates, Holding
from slidebox.model import Candidate, Keep, Level
from slidebox.prices import Range
from slidebox.quantities import human_bytes


def duplicates(given: Given) -> Iterator[Advice]:
    """What inventories have seen twice: in a place that the plan does not have, or in one place."""
    rows: dict[tuple[str, str], list[Holding]] = {}
    for held in given.holdings():
        rows.setdefault((held.dataset, held.bucket), []).append(held)
    for double in given.inventory.duplicates if given.inventory else ():
        if len(double.datasets) != 1 or double.datasets[0] not in given.names:
            continue
        held_in = [row for place in double.places for row in rows.get((double.datasets[0], place), [])]
        if given.declared(double.datasets[0]).hold is None and held_in:
            yield from (_twice if len(double.places) == 1 else _elsewhere)(given, double, held_in)


def shared(given: Given) -> Iterator[str]:
    """What lies in two datasets: which of them keeps it is for the lab to say."""
    for double in given.inventory.duplicates if given.inventory else ():
        if len(double.datasets) > 1:
            yield (
                f"The same {human_bytes(double.bytes)} lie in {' and '.join(double.datasets)} (by {double.checksum}): "
                "which of them has to keep them is not for a checksum to say."
            )


def _twice(given: Given, double: Duplicates, rows: list[Holding]) -> Iterator[Advice]:
    """In one bucket: one object of each content is enough, where no earlier version of the others stays for good."""
    name, store, bucket = double.datasets[0], rows[0].store, double.places[0]
    lifecycle = given.facts.lifecycle(Candidate(name, given.term(name), store))
    limit = lifecycle["noncurrent_days"]
    if lifecycle["offered"] is False and level_of(name) is not Level.RAW_IMAGES:
        limit = 0  # no earlier versions are kept there
    usd = _mixed(given, rows, double.bytes)
    if not isinstance(limit, int) or usd is None:
        return
    months = YEAR - limit / MONTH_DAYS
    lines = [f"{human_bytes(double.bytes)} in {bucket}: {plain(usd)} a month"]
    lines += [f"what is deleted stays for {limit} days, as earlier versions"] if limit else []
    lines += [f"{plain(usd)} × {cents(months)} months = ${cents((usd * months).usual)}"]
    yield Advice(
        dataset=name,
        store=store,
        kind="duplicates",
        what=f"Keep one of each: {double.objects:,} objects in {bucket} have the bytes of others beside them, "
        f"{human_bytes(double.bytes)} by {double.checksum}. One of each stays, under one name: what reads the other "
        f"name does not find it. {copies(len(given.kept(name)))}",
        saves=usd * months,
        later=usd * (months + YEARS - YEAR),
        arithmetic="\n".join(lines),
        parts=frozenset({(name, store, CURRENT, bucket)}),
    )


def _elsewhere(given: Given, double: Duplicates, rows: list[Holding]) -> Iterator[Advice]:
    """In a store in which the plan does not have them, beside all those in which it does."""
    name = double.datasets[0]
    planned = {p.candidate.store for p in given.kept(name)}
    seen = {row.store for row in rows}
    if not planned or planned - given.there(name) or not planned & seen:
        return
    for store in sorted(seen - planned):
        here = [row for row in rows if row.store == store]
        size, usd = sum(row.bytes for row in here), _mixed(given, here, sum(row.bytes for row in here))
        # What no other place has must not go along.
        if usd is None or double.bytes < size * (len(double.places) - 1):
            continue
        yield Advice(
            dataset=name,
            store=store,
            kind="spare copy",
            what=f"Retire the copy in {store}: its {human_bytes(size)} have the checksums ({double.checksum}) of what "
            f"lies in {', '.join(sorted(planned & seen))}, and the plan has none there. {copies(len(planned))}",
            saves=usd * YEAR,
            later=usd * YEARS,
            arithmetic=f"{human_bytes(size)} in {store}: {plain(usd)} a month\n{plain(usd)} × {YEAR} months = "
            f"${cents((usd * YEAR).usual)}",
            command=f"slidebox retire {name} --from {store}",
            parts=frozenset({(name, store, CURRENT)}),
        )


def _mixed(given: Given, rows: list[Holding], size: int) -> Range | None:
    """A month of some of what lies in several classes: by their bytes, at the least all in the cheapest."""
    whole = sum(row.bytes for row in rows)
    if not whole:
        return None
    prices = [(monthly(given, row.store, row.storage_class, size), row.bytes) for row in rows if row.bytes]
    known = [(usd, weight) for usd, weight in prices if usd is not None]
    if len(known) != len(prices):
        return None
    return Range(
        min(usd.low for usd, _ in known),
        sum((usd.usual * weight for usd, weight in known), Decimal(0)) / whole,
        max(usd.high for usd, _ in known),
    )


def spare_copies(given: Given) -> Iterator[Advice]:
    """Adopted copies that the rules do not want: the dearest that can go, of each dataset."""
    waiting = {name: _spare(given, name) for name in given.names}
    while changes := [options.pop(0) for options in waiting.values() if options]:
        for outcome in tried(given, changes):
            name = outcome.change.dataset
            if outcome.later.usual > 0 and _fewer(given, outcome):
                waiting[name] = []
                yield _let_go(given, outcome)


def _spare(given: Given, name: str) -> list[Change]:
    """Each adopted copy, the dearest first; none where there is one, or data are held."""
    dataset = given.declared(name)
    kept = {p.candidate.store: p.cost.monthly for p in given.kept(name)}
    adopted = [store for store in sorted(kept, key=lambda s: (-kept[s], s)) if store in dataset.adopted]
    if len(kept) < 2 or dataset.keep is not Keep.COPY or dataset.hold is not None:
        return []
    left = {store: {o: a for o, a in dataset.adopted.items() if o != store} for store in adopted}
    return [Change(name, {"adopted": others}) for others in left.values()]


def _fewer(given: Given, outcome: Outcome) -> bool:
    """Whether one copy less is all that changes today."""
    name = outcome.change.dataset
    before = {p.candidate.store for p in given.kept(name)}
    after = {p.candidate.store for p in outcome.entries[given.term(name)].placements}
    return bool(after) and after < before


def _let_go(given: Given, outcome: Outcome) -> Advice:
    name, others = outcome.change.dataset, outcome.change.words["adopted"]
    (store,) = set(given.declared(name).adopted) - set(others)
    left = outcome.entries[given.term(name)].placements
    return Advice(
        dataset=name,
        store=store,
        kind="spare copy",
        what=f"Give up the copy in {store}: the rules want fewer. {copies(len(left))} Compare them before it goes.",
        saves=outcome.first,
        later=outcome.later,
        arithmetic="\n".join(outcome.lines),
        command=f"{file_of(name)}: take {store} out of `adopted`; then slidebox retire {name} --from {store}",
        parts=frozenset({(name, store, CURRENT)}),
    )
