"""Stores that become too small as data grow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from slidebox.forecast.holding import Holding
from slidebox.forecast.months import month_name
from slidebox.model import Lab
from slidebox.quantities import human_bytes


def outgrown(lab: Lab, holdings: Sequence[Holding], start: dt.date, months: int) -> Iterator[str]:
    """A sentence for each store that growth fills, with the first month in which it has no room.

    What has no room without growth is judged by the rules.

    Parameters
    ----------
    lab
        What is declared: only of what is planned together, and where a `capacity` is declared.
    holdings
        What a plan holds.
    start
        Today: the first month is its own.
    months
        How many months to look.
    """
    by_store: dict[str, list[Holding]] = {}
    for held in holdings:
        by_store.setdefault(lab.file.stores[held.paid].over or held.paid, []).append(held)
    for name, there in by_store.items():
        capacity = lab.file.stores[name].capacity
        if capacity is None or not any(held.later for held in there):
            continue
        filled = _filled(there, months)
        full = next((month for month in range(months) if filled[month] > capacity.bytes), None)
        if full is not None and filled[full] > _filled(there, months, growing=False)[full]:
            much = f"{human_bytes(float(filled[full]))} in place of {capacity}"
            yield f"{name} has no room for what grows from {month_name(start, full)} on: {much}."


def _filled(holdings: Sequence[Holding], months: int, *, growing: bool = True) -> list[Decimal]:
    """The bytes in each month."""
    changes = [Decimal(0)] * (months + 1)
    for held in holdings:
        arrived = [(held.spans[0].begins, Decimal(held.size))]
        arrived += [(later.month, later.size) for later in held.later] if growing else []
        for month, size in arrived:
            gone = held.gone(month)
            ends = months if gone is None else min(gone, months)
            if month < ends:
                changes[month] += size
                changes[ends] -= size
    filled, now = [], Decimal(0)
    for change in changes[:months]:
        now += change
        filled.append(now)
    return filled
