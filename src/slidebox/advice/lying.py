"""What lies in another class than the plan has it, or in one that bills its small files as larger ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from slidebox.advice.charges import a_month, days_since, monthly
from slidebox.advice.given import YEAR, YEARS, Given, copies
from slidebox.advice.leftovers import lifecycle_command
from slidebox.advice.piece import CURRENT, Advice
from slidebox.advice.trying import signed
from slidebox.clouds.tiers import SETTLED_DAYS
from slidebox.cost import cents
from slidebox.forecast.months import MONTH_DAYS, Tariff
from slidebox.forecast.tiers import moving
from slidebox.inventory.found import Holding
from slidebox.prices import Figure, Range
from slidebox.quantities import human_bytes


@dataclass(frozen=True, slots=True)
class _Bytes:
    """Some of what an inventory has seen."""

    objects: int
    size: int


def dearer_classes(given: Given) -> Iterator[Advice]:
    """Data that should have moved to a cheaper class by now, and have not."""
    for held in given.holdings():
        planned = next((one for one in given.planned[held.dataset] if one.store == held.store and one.tariff), None)
        age = days_since(held.newest, held, given.now)
        # Objects move when they have settled, by a lifecycle that runs once a day.
        if planned is None or planned.tariff is None or age is None or age <= SETTLED_DAYS + 2:
            continue
        wanted = [span for span in planned.spans if span.begins <= 1][-1].storage_class
        if wanted == held.storage_class:
            continue
        asks = planned.tariff.asks(wanted)
        movable = _Bytes(held.objects, held.bytes)
        if asks and asks.min_object:
            movable = _Bytes(held.objects - held.small, held.bytes - held.small_bytes)
        advice = _moved(given, held, planned.tariff, wanted, movable, age)
        if advice:
            yield advice


def _moved(given: Given, held: Holding, tariff: Tariff, wanted: str, movable: _Bytes, age: int) -> Advice | None:
    here, there = (monthly(given, held.store, name, movable.size) for name in (held.storage_class, wanted))
    if here is None or there is None or there.usual >= here.usual or not movable.objects:
        return None
    if moving(tariff, held.storage_class):
        # What it costs there depends on when each was read: it may be at the price of the other class already.
        return None
    prices, asks = tariff.prices(wanted), tariff.asks(held.storage_class)
    fee = _fee(prices.transition_1000 or prices.put_1000, movable.objects)
    early = max(Decimal(0), ((asks.min_days if asks else 0) - age) / MONTH_DAYS)
    year, years = (_saves(here, there, fee, Decimal(months) - early) for months in (YEAR, YEARS))
    billed = f", less {early:.2f} that {held.storage_class} bills at least" if early else ""
    lines = [
        a_month(held, movable.size, here),
        f"in {wanted}, where the plan has them: ${cents(there.usual)} a month",
        f"moving {movable.objects:,} objects: ${cents(fee.usual)}",
        f"(${cents(here.usual)} − ${cents(there.usual)}) × {YEAR} months{billed} − ${cents(fee.usual)} = "
        f"{signed(year.usual)}",
    ]
    if movable.size != held.bytes:
        lines.append(f"{held.small:,} objects below 128 KiB stay: {wanted} would bill them as larger ones")
    return Advice(
        dataset=held.dataset,
        store=held.store,
        kind="dearer class",
        what=f"Move {human_bytes(movable.size)} in {held.bucket} to {wanted}, where the plan has them: they lie in "
        f"{held.storage_class}, and the newest has been there for {age} days. "
        f"{copies(len(given.kept(held.dataset)))}",
        saves=year,
        later=years,
        arithmetic="\n".join(lines),
        command=lifecycle_command(given, held, f"a transition to {wanted} after {SETTLED_DAYS} days"),
        parts=frozenset({(held.dataset, held.store, CURRENT, held.bucket, held.storage_class, "large")}),
    )


def below_minimum(given: Given) -> Iterator[Advice]:
    """Small objects in classes that bill them as larger ones, and cost less in the standard class."""
    for held in given.holdings():
        planned = next((one for one in given.planned[held.dataset] if one.store == held.store and one.tariff), None)
        asks = planned.tariff.asks(held.storage_class) if planned and planned.tariff else None
        if planned is None or planned.tariff is None or asks is None or asks.min_object is None or not held.small:
            continue
        billed = held.small * asks.min_object.bytes
        here = monthly(given, held.store, held.storage_class, billed)
        there = monthly(given, held.store, "standard", held.small_bytes)
        if here is None or there is None or there.usual >= here.usual:
            continue
        yield _raised(given, held, planned.tariff, billed, here, there)


def _raised(given: Given, held: Holding, tariff: Tariff, billed: int, here: Range, there: Range) -> Advice:
    now = tariff.prices(held.storage_class)
    asks = tariff.asks(held.storage_class)
    fee = _fee(now.get_1000, held.small) + _fee(tariff.prices("standard").put_1000, held.small)
    fee += now.retrieval.of(held.small_bytes, tariff.book.unit.bytes) if now.retrieval else Range()
    age = days_since(held.newest, held, given.now)
    least = asks.min_days if asks else 0
    early = max(Decimal(0), (least - (age or 0)) / MONTH_DAYS)
    year, years = (_saves(here, there, fee, Decimal(months) - early) for months in (YEAR, YEARS))
    minimum = f", less {early:.2f} that {held.storage_class} bills at least" if early else ""
    return Advice(
        dataset=held.dataset,
        store=held.store,
        kind="archive minimum",
        what=f"Keep {held.small:,} small objects of {held.bucket} in standard, or bundle them: {held.storage_class} "
        f"bills their {human_bytes(held.small_bytes)} as {human_bytes(billed)}. "
        f"{copies(len(given.kept(held.dataset)))}",
        saves=year,
        later=years,
        arithmetic="\n".join(
            [
                f"{held.small:,} objects at their least size are {human_bytes(billed)}: ${cents(here.usual)} a month",
                f"in standard {human_bytes(held.small_bytes)}: ${cents(there.usual)} a month",
                f"reading and writing them once: ${cents(fee.usual)}",
                f"(${cents(here.usual)} − ${cents(there.usual)}) × {YEAR} months{minimum} − ${cents(fee.usual)} = "
                f"{signed(year.usual)}",
            ]
        ),
        command=f"copy the objects below 128 KiB of {held.bucket} over themselves, in the standard class",
        parts=frozenset({(held.dataset, held.store, CURRENT, held.bucket, held.storage_class, "small")}),
    )


def _saves(here: Range, there: Range, fee: Range, months: Decimal) -> Range:
    """Each at its own uncertain price: the least is the cheapest here and the dearest there."""
    return Range(
        (here.low - there.high) * months - fee.high,
        (here.usual - there.usual) * months - fee.usual,
        (here.high - there.low) * months - fee.low,
    )


def _fee(figure: Figure | None, objects: int) -> Range:
    return figure.of(objects, 1000) if figure else Range()
