"""What bytes cost that an inventory has seen, by the store and class in which they lie."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from slidebox.advice.given import Given
from slidebox.advice.trying import plain
from slidebox.cost import placement_cost
from slidebox.forecast import tariff_of
from slidebox.inventory.found import Holding
from slidebox.prices import Range
from slidebox.quantities import human_bytes
from slidebox.table_one import STANDARD


def monthly(given: Given, store: str, storage_class: str, size: int) -> Range | None:
    """A month of some bytes, in US dollars; None where no price is known.

    What falls with the volume is uncertain of bytes of which nobody knows which come last: the first price is reckoned
    with, and the last one is the least.
    """
    declared = given.lab.file.stores[given.lab.carrier(store)]
    if tariff := tariff_of(given.books, declared):
        figure = tariff.prices(storage_class).storage
        if figure is None:
            return None
        usd = figure.of(size, tariff.book.unit.bytes)
        last = figure.tiers[-1].low * size / tariff.book.unit.bytes
        return Range(min(usd.low, last), usd.usual, usd.high)
    known = storage_class == STANDARD or storage_class in given.systems.classes(declared.system)
    cost = placement_cost(given.systems, declared, size, storage_class=storage_class if known else STANDARD)
    return Range.of(Decimal(str(cost.monthly)))


def a_month(held: Holding, size: int, usd: Range) -> str:
    """A month of some bytes, as a line of arithmetic."""
    return f"{human_bytes(size)} in {held.storage_class} of {held.store}: {plain(usd)} a month"


def days_since(moment: dt.datetime | None, held: Holding, now: dt.date) -> int | None:
    """Whole days from a moment to the day of the report, or to today; None where there is none."""
    if moment is None:
        return None
    return max(0, ((held.as_of or now) - moment.date()).days)
