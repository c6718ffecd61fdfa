"""What rose: laws of the baseline, and what it lets pass."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.spend.anomalies import Rise, rises

START = dt.date(2026, 1, 1)
"""A Thursday."""


def series(values: list[float], start: dt.date = START) -> dict[dt.date, float]:
    """A value for each day from one on."""
    return {start + dt.timedelta(days=number): value for number, value in enumerate(values)}


def since(found: tuple[Rise, ...]) -> list[int]:
    """On which days rises begin, counted from the start."""
    return [(one.since - START).days for one in found]


@given(value=st.floats(0, 1e6), length=st.integers(0, 200))
def test_what_stays_the_same_never_rises(value: float, length: int) -> None:
    """Whatever it costs, and however long."""
    assert rises(series([value] * length)) == ()


@given(
    low=st.floats(0.01, 1e4),
    factor=st.floats(1.5, 100),
    before=st.integers(14, 90),
    after=st.integers(1, 90),
)
def test_one_step_is_one_rise_on_its_day(low: float, factor: float, before: int, after: int) -> None:
    """It goes on, and is said once, however long it lasts."""
    found = rises(series([low] * before + [low * factor] * after))
    assert since(found) == [before]
    (one,) = found
    assert one.ongoing
    assert one.usual == pytest.approx(low)
    assert one.now == pytest.approx(low * factor)
    assert one.more == pytest.approx(low * (factor - 1) * after)
    assert one.until == START + dt.timedelta(days=before + after - 1)


@given(high=st.floats(0.01, 1e6), before=st.integers(14, 60), after=st.integers(1, 60))
def test_something_new_is_a_step_from_nothing(high: float, before: int, after: int) -> None:
    """Where nothing was paid before, anything is a rise; whether it is worth saying is decided elsewhere."""
    assert since(rises(series([0.0] * before + [high] * after))) == [before]


@given(
    seed=st.integers(0, 10_000),
    noise=st.floats(0, 0.05),
    before=st.integers(28, 80),
    after=st.integers(3, 40),
)
def test_a_step_is_found_in_noise_and_among_quiet_weekends(seed: int, noise: float, before: int, after: int) -> None:
    """Days that vary by five percent, and weekends at a third: one rise, on its first day."""
    drawn = random.Random(seed)
    values = []
    for day in range(before + after):
        usual = 3.0 if (START + dt.timedelta(days=day)).weekday() < 5 else 1.0
        values.append(usual * drawn.uniform(1 - noise, 1 + noise) * (3 if day >= before else 1))
    assert since(rises(series(values))) == [before]


@given(seed=st.integers(0, 10_000), noise=st.floats(0, 0.1), length=st.integers(0, 200))
def test_noise_alone_is_no_rise(seed: int, noise: float, length: int) -> None:
    """Days that vary by up to ten percent."""
    drawn = random.Random(seed)
    assert rises(series([drawn.uniform(1 - noise, 1 + noise) for _ in range(length)])) == ()


@given(values=st.lists(st.floats(0, 1e6), max_size=120), power=st.integers(-20, 20))
def test_the_unit_does_not_matter(values: list[float], power: int) -> None:
    """Cents or dollars: the same days rise, and by as much."""
    scale = 2.0**power
    plain = rises(series([round(value, 3) for value in values]))
    scaled = rises(series([round(value, 3) * scale for value in values]))
    assert [(one.since, one.until, one.ongoing) for one in plain] == [
        (one.since, one.until, one.ongoing) for one in scaled
    ]
    assert [one.more * scale for one in plain] == [pytest.approx(one.more) for one in scaled]


@given(
    values=st.lists(st.floats(0, 1e4), min_size=20, max_size=120),
    days=st.integers(0, 3000),
)
def test_weeks_later_is_the_same(values: list[float], days: int) -> None:
    """Only weekdays and the days of a month matter: whole weeks within which no month ends change nothing."""
    flat = [value if value > 100 else 10.0 for value in values]
    moved = START + dt.timedelta(weeks=days)
    once, later = rises(series(flat)), rises(series(flat, moved))
    within = [one for one in once if (one.since - START).days < 28]
    assert [one.since - START for one in within] == [
        one.since - moved for one in later if (one.since - moved).days < 28
    ]


def test_what_comes_every_month_on_the_same_day_is_no_rise() -> None:
    """A fee on the first: only its first time is new."""
    year = [START + dt.timedelta(days=day) for day in range(4, 180)]
    fees = {day: 50.0 if day.day == 1 else 1.0 for day in year}
    assert [one.since for one in rises(fees)] == [dt.date(2026, 2, 1)]


def test_what_comes_on_the_last_of_every_month_is_no_rise() -> None:
    """Months are not equally long."""
    year = [START + dt.timedelta(days=day) for day in range(300)]
    fees = {day: 50.0 if (day + dt.timedelta(days=1)).day == 1 else 1.0 for day in year}
    assert [one.since for one in rises(fees)] == [dt.date(2026, 1, 31)]


def test_what_comes_every_week_is_no_rise() -> None:
    """A backup on Sundays, from the beginning."""
    assert rises(series([9.0 if day % 7 == 3 else 1.0 for day in range(100)])) == ()


def test_a_day_of_much_more_is_a_rise_that_ends() -> None:
    """One download of everything."""
    values = [1.0] * 60
    values[40] = 30.0
    (one,) = rises(series(values))
    assert (one.since, one.until, one.ongoing) == (START + dt.timedelta(days=40), START + dt.timedelta(days=40), False)
    assert one.more == pytest.approx(29)


def test_two_steps_are_two_rises() -> None:
    """The second is above the first, which is the usual by then."""
    assert since(rises(series([1.0] * 30 + [3.0] * 30 + [9.0] * 30))) == [30, 60]


def test_a_rise_that_stays_and_then_ends_says_when() -> None:
    """Although it had become the usual."""
    (one,) = rises(series([1.0] * 30 + [3.0] * 30 + [1.0] * 30))
    assert (one.since, one.until) == (START + dt.timedelta(days=30), START + dt.timedelta(days=59))
    assert not one.ongoing
    assert one.more == pytest.approx(60)


def test_what_gets_cheaper_is_no_rise_and_neither_is_its_beginning() -> None:
    """Nothing can be said of the first two weeks."""
    assert rises(series([9.0] * 30 + [1.0] * 60)) == ()
    assert rises(series([1.0] * 10 + [9.0] * 60)) == ()


def test_days_that_nothing_is_known_of_are_no_days_without_cost() -> None:
    """A bill that is not there is no drop, and what follows no rise."""
    values = series([5.0] * 90)
    for day in range(30, 45):
        del values[START + dt.timedelta(days=day)]
    assert rises(values) == ()
