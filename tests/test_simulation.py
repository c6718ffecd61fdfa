"""Policies for storage classes against each other, at the price book's prices."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox.forecast import forecast
from slidebox.forecast.months import Holding, Span, Tariff
from slidebox.prices import built_in
from slidebox.simulation.bill import Bill, Stay, bill
from slidebox.simulation.compare import charges_for, outcome
from slidebox.simulation.optimum import optimum
from slidebox.simulation.policies import ALL_HOT, managed, planned
from slidebox.simulation.shapes import COHORTS, SHAPES, Use, at_random, shaped, trace
from slidebox.simulation.traces import Group, Read, Trace, cohorts, whole_reads
from slidebox.tiering import providers

NOW = dt.date(2026, 11, 24)
KIB, MIB, TB = 2**10, 2**20, 10**12
S3 = Tariff(built_in()["aws"], "us-east-1")
GCS = Tariff(built_in()["google"], "us-central1")
AZURE = Tariff(built_in()["azure"], "eastus")
YEAR = 365


def group(reads: Sequence[int] = (), days: int = YEAR, object_size: int = 100 * MIB, deleted: bool = False) -> Group:
    """A terabyte of objects that are all read on some days."""
    files = TB // object_size
    return Group(files, TB, days, whole_reads(files, TB, reads), deleted)


def cost(one: Group, *stays: Stay, tariff: Tariff = S3) -> Bill:
    """The bill of a schedule."""
    return bill(one, stays, charges_for(tariff, Trace((one,)), stays))


# The bill


@pytest.mark.parametrize("tariff", [S3, GCS, AZURE])
@pytest.mark.parametrize("storage_class", ["standard", "infrequent", "archive", "deep_archive"])
@pytest.mark.parametrize(("size", "files"), [(TB, 1000), (200 * TB, 10**6), (10**9, 10**6)])
def test_the_bill_of_what_nobody_reads_is_the_forecast(
    tariff: Tariff, storage_class: str, size: int, files: int
) -> None:
    """Two years in one class cost what the rows of the forecast add up to, for large and for small files."""
    held = Holding(
        dataset="a/raw_images", project="a", level="raw_images", grant="", store="s", paid="s", size=size, files=files,
        spans=(Span(0, storage_class),), tariff=tariff,
    )  # fmt: skip
    told = forecast([held], NOW, 24)
    found = cost(Group(files, size, 2 * YEAR), Stay(0, storage_class), tariff=tariff)
    assert found.total == pytest.approx(float(told.total().usual), rel=1e-6)
    rows = told.by(lambda row: row.what)
    assert found.storage == pytest.approx(float(rows["storage"].usual), rel=1e-6)
    assert found.arrival == pytest.approx(float(rows["arrival"].usual), rel=1e-6)


def test_a_move_is_paid_for_and_what_is_left_too_early_as_well() -> None:
    """A terabyte in 9,536 objects: moved into Standard-IA after 30 days, and out of it ten days later."""
    one = group()
    found = cost(one, Stay(0, "standard"), Stay(30, "infrequent"), Stay(40, "archive"))
    month = TB / 2**30
    assert found.moves == pytest.approx(one.files / 1000 * (0.01 + 0.02))
    assert found.early_deletion == pytest.approx(month * 0.0125 * 20 / (YEAR / 12))
    assert found.storage == pytest.approx(month * 12 / YEAR * (0.023 * 30 + 0.0125 * 10 + 0.004 * (YEAR - 40)))


def test_moving_up_is_reading_and_writing_again() -> None:
    """A lifecycle rule moves down only."""
    one = group()
    found = cost(one, Stay(0, "archive"), Stay(200, "standard"))
    assert found.moves == pytest.approx(one.files / 1000 * 0.005 + TB / 2**30 * 0.03)


def test_reading_costs_by_the_class_in_which_it_finds_the_objects() -> None:
    """A class is changed in the morning, before what is read on that day."""
    one = group([10, 100])
    found = cost(one, Stay(0, "standard"), Stay(100, "archive"))
    assert found.reads == pytest.approx(one.files / 1000 * (0.0004 + 0.01) + TB / 2**30 * 0.03)


def test_what_goes_pays_the_least_days_of_its_class() -> None:
    """And what stays does not: nobody looks any further."""
    assert cost(group(days=60, deleted=True), Stay(0, "archive")).early_deletion == pytest.approx(
        TB / 2**30 * 0.004 * 30 / (YEAR / 12)
    )
    assert cost(group(days=60), Stay(0, "archive")).early_deletion == 0


# What providers do by themselves


def test_intelligent_tiering_goes_down_after_30_and_90_days_and_back_up_when_read() -> None:
    """Thirty days at the price of Standard, sixty at that of Standard-IA, then that of Glacier Instant Retrieval."""
    one = group([200])
    found = cost(one, *managed("intelligent_tiering"))
    frequent, infrequent, archive = 30 + 30, 60 + 60, (200 - 90) + (YEAR - 200 - 90)
    day = TB / 2**30 * 12 / YEAR
    assert found.storage == pytest.approx(day * (0.023 * frequent + 0.0125 * infrequent + 0.004 * archive))
    assert found.reads == pytest.approx(one.files / 1000 * 0.0004)
    assert found.watching == pytest.approx(one.files / 1000 * 0.0025 * 12)
    assert found.early_deletion == found.moves == 0


@pytest.mark.parametrize("tariff", [S3, GCS])
def test_small_objects_are_not_watched_and_stay_where_they_are(tariff: Tariff) -> None:
    """Below 128 KiB the provider's own tiering is the standard class."""
    one = group([50], object_size=100 * KIB)
    name = providers()[tariff.book.provider].tiering[0].name
    assert cost(one, *managed(name), tariff=tariff).total == pytest.approx(cost(one, *ALL_HOT, tariff=tariff).total)
    assert cost(one, *managed(name), tariff=tariff).watching == 0


def test_autoclass_goes_down_to_its_terminal_class() -> None:
    """To Nearline where nobody says otherwise, and else by Coldline to Archive after a year."""
    one, day = group(days=2 * YEAR), TB / 2**30 * 12 / YEAR
    nearline = cost(one, *managed("autoclass"), tariff=GCS)
    assert nearline.storage == pytest.approx(day * (0.02 * 30 + 0.01 * (2 * YEAR - 30)))
    archive = cost(one, *managed("autoclass_to_archive"), tariff=GCS)
    assert archive.storage == pytest.approx(day * (0.02 * 30 + 0.01 * 60 + 0.004 * 275 + 0.0012 * YEAR))


def test_autoclass_charges_for_the_way_back_from_coldline_only() -> None:
    """A write of Standard for each object that comes from Coldline or Archive; none from Nearline."""
    late, soon = group([200]), group([80])
    assert cost(late, *managed("autoclass_to_archive"), tariff=GCS).reads == pytest.approx(
        late.files / 1000 * (0.0004 + 0.005)
    )
    assert cost(soon, *managed("autoclass_to_archive"), tariff=GCS).reads == pytest.approx(soon.files / 1000 * 0.0004)


def test_objects_cannot_come_into_autoclass_later() -> None:
    """It holds for a bucket, from the day on which its objects are written."""
    with pytest.raises(ValueError, match="cannot move from standard to autoclass"):
        cost(group(), Stay(0, "standard"), Stay(50, "autoclass"), tariff=GCS)


def test_the_rules_have_a_source_with_a_date() -> None:
    """Of every provider, and of every class that moves objects by itself; Azure has none with a price."""
    assert list(providers()) == ["aws", "google", "azure"]
    assert not providers()["azure"].tiering
    for provider in providers().values():
        assert all(
            source.url.startswith("https://") for source in (provider.source, *(t.source for t in provider.tiering))
        )


# The optimum


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Some objects of some size over up to two years."""
    days, object_size = draw(st.integers(1, 700)), draw(st.sampled_from([64 * KIB, 200 * KIB, 4 * MIB, 5 * 2**30]))
    found = []
    for _ in range(draw(st.integers(1, 2))):
        files = draw(st.integers(1, 100_000))
        on = sorted(draw(st.sets(st.integers(0, days - 1), max_size=12)))
        reads = tuple(Read(day, draw(st.integers(1, files)), draw(st.integers(0, files * object_size))) for day in on)
        found.append(Group(files, files * object_size, days, reads, draw(st.booleans())))
    return Trace(tuple(found))


@given(traces(), st.sampled_from([S3, GCS, AZURE]), st.lists(st.integers(1, 500), max_size=2), st.data())
@settings(max_examples=150, deadline=None)
def test_no_policy_is_cheaper_than_the_optimum(
    what: Trace, tariff: Tariff, changes: list[int], data: st.DataObject
) -> None:
    """Not the standard class, not the provider's own tiering, and no plan whatever its classes are."""
    names = ("standard", "infrequent", "archive", "deep_archive")
    drawn = [Stay(0, "standard")]
    for day in sorted(set(changes)):
        name = data.draw(st.sampled_from(names))
        if name != drawn[-1].storage_class:
            drawn.append(Stay(day, name))
    found = outcome(tariff, what, tuple(drawn))
    policies = [found.hot, found.plan, *([found.managed] if found.managed is not None else [])]
    assert all(found.optimum <= usd * (1 + 1e-9) + 1e-9 for usd in policies)
    assert found.best_simple == min(policies[0], *policies[2:], found.hot)


def test_the_optimum_waits_for_a_burst_and_goes_down_afterwards() -> None:
    """Two years of silence, a month in which everything is read every other day, and silence again."""
    one = group([730 + day for day in range(0, 30, 2)], days=1500)
    best = optimum(one, charges_for(S3, Trace((one,)), ALL_HOT))
    assert [stay.storage_class for stay in best] == ["archive", "standard", "archive"]
    assert [stay.day for stay in best] == [0, 730, 759]


# Traces


@pytest.mark.parametrize("shape", SHAPES)
def test_a_seed_makes_the_same_trace_again_and_another_seed_another(shape: str) -> None:
    """Whatever the interpreter's own randomness."""
    made = [shaped(shape, seed, 1000, TB, 5 * YEAR) for seed in ("1", "1", "2")]
    assert made[0] == made[1]
    assert (made[0] == made[2]) is (shape == "nobody reads")


@given(st.integers(1, 10**6), st.integers(0, 10**15), st.integers(1, 40))
def test_parts_of_a_dataset_add_up_to_it(files: int, size: int, wanted: int) -> None:
    """And differ by one file at most."""
    parts = cohorts(files, size, wanted)
    assert (sum(count for count, _ in parts), sum(amount for _, amount in parts)) == (files, size)
    assert max(count for count, _ in parts) - min(count for count, _ in parts) <= 1
    assert len(parts) == min(files, wanted)


def test_as_much_is_read_as_is_said() -> None:
    """Four times a month of a quarter, and later once a month of all: within what chance allows."""
    uses = [Use(0, 3650, 4, 0.25), Use(3650, 7300, 1)]
    found = trace(1200, 1200, 7300, at_random(random.Random(7), 7300, uses))
    early = sum(read.size for one in found.groups for read in one.reads if read.day < 3650) / 1200
    late = sum(read.size for one in found.groups for read in one.reads if read.day >= 3650) / 1200
    assert early == pytest.approx(120, rel=0.2)
    assert late == pytest.approx(120, rel=0.3)
    assert len(found.groups) == COHORTS


def test_reads_have_to_be_in_order_and_within_the_days() -> None:
    """A trace that is not is refused when it is made."""
    for days in ([3, 3], [5, 2], [-1], [10]):
        with pytest.raises(ValueError, match="in order"):
            Group(1, 1, 10, tuple(Read(day, 1, 1) for day in days))


def test_the_plans_classes_are_those_of_the_forecast() -> None:
    """Months become days from the arrival on; a class of no day is left out, and so is a change to the same class."""
    spans = (Span(12, "standard"), Span(13, "infrequent"), Span(36, "infrequent"), Span(48, "archive"))
    assert planned(spans) == (Stay(0, "standard"), Stay(30, "infrequent"), Stay(1095, "archive"))
    twice = (Span(3, "standard"), Span(4, "infrequent"), Span(4, "archive"))
    assert planned(twice) == (Stay(0, "standard"), Stay(30, "archive"))


def test_what_moves_on_the_day_on_which_it_comes_is_written_first_and_moved_for_a_fee() -> None:
    """As a lifecycle rule of no days does it."""
    spans = (Span(0, "standard"), Span(0, "intelligent_tiering"), Span(12, "archive"))
    schedule = planned(spans)
    assert schedule == (Stay(0, "standard"), Stay(0, "intelligent_tiering"), Stay(365, "archive"))
    one = group()
    found = cost(one, *schedule)
    assert found.moves == pytest.approx(one.files / 1000 * 0.01)
    assert found.arrival == pytest.approx(one.files / 1000 * 0.005)


def test_the_least_that_the_forecast_has_for_a_class_that_moves_objects_is_the_bill_of_what_nobody_reads() -> None:
    """Two years in Intelligent-Tiering, moved into it on the first day."""
    spans = (Span(0), Span(0, "intelligent_tiering"))
    held = Holding(
        dataset="a/raw_images", project="a", level="raw_images", grant="", store="s", paid="s", size=TB, files=1000,
        spans=spans, tariff=S3,
    )  # fmt: skip
    told = forecast([held], NOW, 24).total()
    assert cost(Group(1000, TB, 2 * YEAR), *planned(spans)).total == pytest.approx(float(told.low), rel=1e-6)
    assert float(told.usual) == pytest.approx(cost(Group(1000, TB, 2 * YEAR), *ALL_HOT).total, abs=0.08)
