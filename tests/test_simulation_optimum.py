"""The cheapest schedule for a trace, held against every schedule there is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slidebox.quantities import Size
from slidebox.simulation.bill import Schedule, Stay, bill
from slidebox.simulation.charges import Charges, Rates
from slidebox.simulation.optimum import decision_days, optimum
from slidebox.simulation.traces import Group, Read
from slidebox.tiering import Tier, Tiering

SOURCE = {"title": "A test", "url": "https://example.org", "as_of": "2026-11-24"}
DAYS = 7


def tiering(name: str, first_only: bool) -> Tiering:
    """A class that moves objects after two and four days, so that a week is enough to see it."""
    tiers = (Tier(after_days=0, like="standard"), Tier(after_days=2, like="cool"))
    cold = Tier(after_days=4, like="cold", back_put=first_only)
    return Tiering(
        name=name, storage_class=name, smallest=Size.parse("10 B"), first_only=first_only, tiers=(*tiers, cold),
        source=SOURCE,
    )  # fmt: skip


MONEY = st.integers(0, 20).map(lambda cents: cents / 4)


@st.composite
def charges(draw: st.DrawFn) -> Charges:
    """What a provider with two colder classes and perhaps one that moves objects by itself charges.

    As in every price book, what is written into a class costs no more than what is moved into it.
    """
    rates = {"standard": rates_of(draw, 1.0)}
    for name, price, least in (("cool", 0.5, 2), ("cold", 0.25, 3)):
        rates[name] = rates_of(draw, price, byte_out=draw(MONEY), min_days=least, min_object=draw(SMALL))
    rules = {}
    if draw(st.booleans()):
        name = "watched"
        rules[name] = tiering(name, draw(st.booleans()))
        rates[name] = rates_of(draw, 1.0, watch_day=draw(MONEY) / 4)
    return Charges(rates, rules)


SMALL = st.sampled_from([0, 12])


def rates_of(draw: st.DrawFn, price: float, **more: Any) -> Rates:
    """Some rates of a class."""
    put = draw(MONEY)
    return Rates(byte_day=price, put=put, get=draw(MONEY), move=put + draw(MONEY), **more)


@st.composite
def groups(draw: st.DrawFn, days: int = DAYS) -> Group:
    """Some objects over a week."""
    files = draw(st.integers(1, 3))
    on = draw(st.sets(st.integers(0, days - 1), max_size=4))
    reads = tuple(Read(day, draw(st.integers(1, 4)), draw(st.integers(0, 30))) for day in sorted(on))
    return Group(files, files * draw(st.integers(5, 20)), days, reads, draw(st.booleans()))


def schedules(charges: Charges, days: int) -> Iterator[Schedule]:
    """Every schedule there is: as many as classes to the power of days."""
    for classes in itertools.product(charges.rates, repeat=days):
        changes = zip(("", *classes), classes, strict=False)
        stays = tuple(Stay(day, name) for day, (before, name) in enumerate(changes) if name != before)
        fixed = {name for name, rule in charges.tiering.items() if rule.first_only}
        if len(stays) == 1 or not fixed & set(classes):
            yield stays


@given(charges(), groups(days=5))
@settings(max_examples=120, deadline=None)
def test_nothing_is_cheaper_than_the_optimum(charged: Charges, group: Group) -> None:
    """Of all schedules of five days in up to four classes none costs less, and the optimum is one of them."""
    cheapest = min(bill(group, schedule, charged).total for schedule in schedules(charged, group.days))
    assert bill(group, optimum(group, charged), charged).total == pytest.approx(cheapest, abs=1e-9)


PASSED_THROUGH = Charges(
    {
        "standard": Rates(byte_day=1.0),
        "cool": Rates(byte_day=0.5, byte_out=2.0, min_days=2),
        "cold": Rates(byte_day=0.25, byte_out=0.75, min_days=3, min_object=12),
    },
    {},
)
"""Cold objects are too small to be cheap there, and still it pays to go through that class on the way to a read."""


@given(charges(), groups(days=60))
@example(PASSED_THROUGH, Group(1, 5, 60, (Read(5, 1, 4),), deleted=False))
@settings(max_examples=150, deadline=None)
def test_days_without_a_read_need_not_be_looked_at(charged: Charges, group: Group) -> None:
    """Looking at every day finds nothing cheaper than looking at the days of decision."""
    every = tuple(Read(day, 0, 0) for day in range(group.days))
    read = {one.day: one for one in group.reads}
    # A read of nothing costs nothing in a class that does not move objects, and makes its day one of decision.
    busy = Group(group.files, group.size, group.days, tuple(read.get(r.day, r) for r in every), group.deleted)
    plain = Charges({name: rates for name, rates in charged.rates.items() if name not in charged.tiering}, {})
    assert len(decision_days(busy, plain)) == group.days
    few, many = (bill(one, optimum(one, plain), plain).total for one in (group, busy))
    assert few == pytest.approx(many, abs=1e-9)
