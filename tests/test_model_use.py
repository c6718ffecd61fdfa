"""How data grow, are written again and are read, as a lab declares it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.model import Activity, Dataset, Rate, ReadFrom, Reading
from slidebox.quantities import Size

TB = 10**12
DATASET = {"size": "10 TB", "files": 100, "sensitivity": "open"}

numbers = st.decimals(0, 100, places=2)
periods = st.sampled_from(["day", "week", "month", "year"])
units = st.sampled_from(["%", *Size.units])
rates = st.builds(Rate, numbers, units, periods)
readings = st.builds(Reading, numbers, periods, numbers, units, st.sampled_from(ReadFrom))


@given(rates)
def test_a_rate_written_back_reads_the_same(rate: Rate) -> None:
    """Number, unit and period are kept."""
    assert Rate.parse(str(rate)) == rate


@given(readings)
def test_how_often_data_are_read_is_written_back_as_it_was(reading: Reading) -> None:
    """The part and the place too."""
    assert Reading.parse(str(reading)) == reading


@given(rates, st.integers(0, 10**15), st.integers(0, 120))
def test_what_grows_never_becomes_less(rate: Rate, size: int, months: int) -> None:
    """And begins with what there is."""
    assert rate.after(size, 0) == size
    assert rate.after(size, months) <= rate.after(size, months + 1)


@given(readings, st.integers(1, 10**15))
def test_a_part_that_is_read_is_never_more_than_all(reading: Reading, size: int) -> None:
    """From nothing to everything."""
    assert 0 <= reading.share(size) <= 1


def test_an_amount_grows_evenly_and_a_share_with_what_there_is() -> None:
    """2 TB a year are 4 TB in two; 10 % a year are 21 % in two."""
    assert Rate.parse("2 TB/year").after(10 * TB, 24) == 14 * TB
    assert round(Rate.parse("10 %/year").after(10 * TB, 24)) == 12.1 * TB
    assert Rate.parse("50 GB/month").monthly(10 * TB) == 50 * 10**9
    assert Rate.parse("12 %/year").monthly(10 * TB) == TB // 10


def test_reads_count_by_the_month_and_a_part_by_itself_or_by_percent() -> None:
    """Six a year are half a one a month."""
    reading = Reading.parse("6/year of 2 TB from inside")
    assert (reading.monthly, reading.share(10 * TB), reading.where) == (Decimal("0.5"), Decimal("0.2"), "inside")
    assert reading.share(TB) == 1
    assert Reading.parse("4/month of 5 %") == Reading(Decimal(4), "month", Decimal(5))
    assert Reading.parse("4/month").where is ReadFrom.OUTSIDE


def test_one_value_stands_for_all_activities_in_which_it_can_hold() -> None:
    """What is finished is read and does not change any more."""
    dataset = Dataset.model_validate({**DATASET, "growth": "2 TB/year", "rewritten": "5%/year", "reads": "4/month"})
    assert set(dataset.growth) == set(dataset.rewritten) == {Activity.ACTIVE, Activity.RESTING}
    assert set(dataset.reads) == set(Activity)
    assert Dataset.model_validate(DATASET).reads == {}


def test_each_activity_can_have_its_own() -> None:
    """Those that are not named have none."""
    dataset = Dataset.model_validate({**DATASET, "reads": {"active": "4/month", "finished": "1/year of 5 GB"}})
    assert {activity.value: str(reading) for activity, reading in dataset.reads.items()} == {
        "active": "4/month",
        "finished": "1/year of 5 GB",
    }


def test_kilobytes_are_spelled_as_in_a_size() -> None:
    """KB is everyday spelling of kB, of what grows and of what is read too."""
    assert Rate.parse("200 KB/day") == Rate.parse("200 kB/day")
    assert Reading.parse("1/year of 5 KB") == Reading.parse("1/year of 5 kB")
    assert Size.parse("5 KB") == Size.parse("5 kB")


@pytest.mark.parametrize("text", ["2 TB", "2 TB/decade", "TB/year", 2, None, "-1 TB/year", "2 Tb/year", "often"])
def test_what_is_no_rate_is_refused_with_an_example(text: object) -> None:
    """Or with the units that there are."""
    with pytest.raises(ValueError, match=r"such as '2 TB/year'|the units are %"):
        Rate.parse(text)


@pytest.mark.parametrize("text", ["4", "4/month of", "4/month of 5", "4 a month", None, 4, "4/month from home"])
def test_what_says_no_frequency_is_refused_with_examples(text: object) -> None:
    """Such as four times a month."""
    with pytest.raises(ValueError, match="such as '4/month'"):
        Reading.parse(text)
