"""What a plan will cost as data grow, are written again and are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox import labfile
from slidebox.cost import placement_cost
from slidebox.forecast import Forecast, forecast, holdings_of
from slidebox.forecast.growth import arrivals, sizes_of
from slidebox.forecast.holding import During, Holding, Later, Span, Tariff
from slidebox.forecast.parts import Part, Parts
from slidebox.forecast.room import outgrown
from slidebox.forecast.undeclared import Undeclared, undeclared_of
from slidebox.model import Candidate, Lab, Level, Placement, Plan, Rate, ReadFrom, Reading, Term, TermPlan
from slidebox.prices import Range, built_in
from slidebox.quantities import Size
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)
GIB, TB = 2**30, 10**12
S3 = Tariff(built_in()["aws"], "us-east-1")
COLDLINE = Tariff(built_in()["google"], "us-central1")
EVER = (During(0, None, Rate.parse("10 %/year")),)


def one(size: int, files: int, *spans: Span, tariff: Tariff = S3) -> Holding:
    """A copy at Amazon."""
    return Holding(
        dataset="a/raw_images",
        project="a",
        level="raw_images",
        grant="",
        store="s3",
        paid="s3",
        size=size,
        files=files,
        spans=spans or (Span(0),),
        tariff=tariff,
    )


def grown(held: Holding, growth: tuple[During[Rate], ...], months: int = 60) -> Holding:
    """The same copy of a dataset that grows."""
    sizes = sizes_of(held.size, growth, months)
    begins = held.spans[0].begins
    return replace(held, later=arrivals(sizes, held.files, begins, held.ends, lambda _: Range()))


def usd(found: Forecast) -> dict[tuple[str, str], Decimal]:
    """What is reckoned with, by month and what it is for."""
    return {(row.month, row.what): row.usd for row in found.rows}


def by_what(found: Forecast) -> dict[str, Range]:
    """What each thing costs in all."""
    return found.by(lambda row: row.what)


def near(left: Range, right: Range) -> bool:
    """Whether two amounts are the same, but for the last digit of each row."""
    pairs = zip((left.low, left.usual, left.high), (right.low, right.usual, right.high), strict=True)
    return all(abs(a - b) < Decimal("1e-5") for a, b in pairs)


# Laws

rates = st.builds(Rate, st.decimals(0, 60, places=1), st.sampled_from(["%", "GB", "TB"]), st.sampled_from(["year"]))
readings = st.builds(
    Reading,
    st.decimals(0, 10, places=1),
    st.sampled_from(["month", "year"]),
    st.decimals(0, 100, places=1),
    st.sampled_from(["%", "GB", "TB"]),
    st.sampled_from(ReadFrom),
)


T = TypeVar("T")


def some(what: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[During[T], ...]]:
    """Nothing, something for good, or something for two years."""
    return st.one_of(
        st.just(()),
        what.map(lambda one: (During(0, None, one),)),
        what.map(lambda one: (During(3, 27, one),)),
    )


@st.composite
def copies(draw: st.DrawFn) -> Holding:
    """A copy in a cloud that moves once, and is used."""
    begins, age = draw(st.integers(0, 12)), draw(st.integers(1, 6))
    spans = (Span(begins), Span(begins + age, draw(st.sampled_from(["infrequent", "archive"])), age=age))
    held = replace(
        one(draw(st.integers(10**9, 10**13)), draw(st.integers(1, 10**6)), *spans),
        tariff=draw(st.sampled_from([S3, COLDLINE])),
        ends=draw(st.one_of(st.none(), st.integers(begins + 1, begins + 40))),
        lives=draw(st.sampled_from([None, 2, 9])),
        versions_for=draw(st.sampled_from([0, 3, None])),
        reads=draw(some(readings)),
        rewritten=draw(some(rates)),
    )
    return grown(held, draw(some(rates)))


@given(copies())
def test_the_rows_add_up_and_every_amount_lies_between_its_ends(held: Holding) -> None:
    """However data grow, are written again and are read; each thing has one row a month."""
    found = forecast([held], NOW, 48)
    assert sum(by_what(found).values(), Range()) == found.total()
    assert all(0 <= row.usd_low <= row.usd <= row.usd_high for row in found.rows)
    assert len({(row.month, row.what) for row in found.rows}) == len(found.rows)


@given(copies(), st.integers(0, 9))
def test_more_data_never_cost_less(held: Holding, more: int) -> None:
    """Of the same mean size, used in the same way."""
    factor = 1 + more
    larger = replace(
        held,
        size=held.size * factor,
        files=held.files * factor,
        later=tuple(replace(x, size=x.size * factor, files=x.files * factor) for x in held.later),
        reads=tuple(x for x in held.reads if x.what.unit == "%"),
        rewritten=tuple(x for x in held.rewritten if x.what.unit == "%"),
    )
    held = replace(held, reads=larger.reads, rewritten=larger.rewritten)
    less, dearer = forecast([held], NOW, 36).total(), forecast([larger], NOW, 36).total()
    assert less.usual <= dearer.usual + Decimal("1e-5")
    assert less.high <= dearer.high + Decimal("1e-5")


@given(copies())
def test_what_grows_costs_what_its_parts_cost_by_themselves(held: Holding) -> None:
    """At Google, whose storage has one price: each month's arrival is as a dataset of its own, with its own age."""
    held = replace(held, tariff=COLDLINE, rewritten=(), reads=())
    held = replace(held, later=tuple(replace(later, files=Decimal(1)) for later in held.later))
    alone = [replace(held, later=())]
    for later in held.later:
        (first, second) = held.spans
        spans = (Span(later.month), Span(max(second.begins, later.month + second.age), second.storage_class))
        alone.append(replace(held, later=(), size=round(later.size), files=1, spans=spans))
        if first.begins > later.month or (held.ends is not None and held.ends <= later.month):
            alone.pop()
    whole, parts = forecast([held], NOW, 60), forecast(alone, NOW, 60)
    for what, amount in by_what(whole).items():
        assert near(amount, by_what(parts)[what]), what
    assert set(by_what(whole)) == set(by_what(parts))


@given(copies())
@settings(max_examples=40)
def test_it_makes_no_difference_that_parts_with_one_future_are_one(held: Holding) -> None:
    """Every month of growth, and everything that is written again, followed by itself costs the same."""

    def apart(_: Parts, parts: list[Part], __: int) -> list[Part]:
        return parts

    together = forecast([held], NOW, 20)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Parts, "_together", apart)
        alone = forecast([held], NOW, 20)
    assert set(by_what(together)) == set(by_what(alone))
    for what, amount in by_what(together).items():
        assert near(amount, by_what(alone)[what]), what


@given(copies(), st.sampled_from(["0 %/year", "0 TB/year"]), st.sampled_from(["0/month", "4/month of 0 %"]))
def test_nothing_declared_and_declared_as_nothing_are_the_same(held: Holding, rate: str, reads: str) -> None:
    """No row more."""
    plain = replace(held, later=(), reads=(), rewritten=())
    nothing = replace(
        grown(plain, (During(0, None, Rate.parse(rate)),)),
        reads=(During(0, None, Reading.parse(reads)),),
        rewritten=(During(0, None, Rate.parse(rate)),),
    )
    assert forecast([plain], NOW, 48) == forecast([nothing], NOW, 48)


@given(copies(), readings)
def test_twice_as_many_reads_cost_twice_as_much_where_one_price_holds(held: Holding, reading: Reading) -> None:
    """From inside: what leaves has prices by volume."""
    reading = replace(reading, where=ReadFrom.INSIDE)
    held = replace(held, reads=(During(0, None, reading),))
    twice = replace(held, reads=(During(0, None, replace(reading, times=reading.times * 2)),))
    one_time, two_times = by_what(forecast([held], NOW, 24)), by_what(forecast([twice], NOW, 24))
    for what in ("retrieval", "restoring"):
        assert near(one_time.get(what, Range()) * 2, two_times.get(what, Range()))
    assert "download" not in two_times


@given(copies(), some(rates))
def test_writing_again_costs_no_less_than_leaving_data_as_they_are(
    held: Holding, rewritten: tuple[During[Rate], ...]
) -> None:
    """Where what arrives lies in the standard class, which is the dearest to keep."""
    held = replace(held, spans=held.spans[:1], rewritten=(), reads=())
    again = forecast([replace(held, rewritten=rewritten)], NOW, 36).total()
    assert forecast([held], NOW, 36).total().usual <= again.usual + Decimal("1e-5")


@given(copies())
def test_what_is_written_again_is_as_much_as_it_was(held: Holding) -> None:
    """Bytes are neither lost nor made: a month of storage and watching costs the same in one class."""
    held = replace(held, spans=held.spans[:1], tariff=COLDLINE, reads=(), lives=None)
    plain = forecast([replace(held, rewritten=())], NOW, 36).by(lambda row: f"{row.month} {row.what}")
    again = forecast([held], NOW, 36).by(lambda row: f"{row.month} {row.what}")
    for name, amount in plain.items():
        if name.endswith(" storage"):
            assert near(amount, again[name]), name


# Sums made by hand


def test_growth_arrives_each_month_and_is_kept_from_then_on() -> None:
    """1,200 GiB a year beside 1,000 GiB: 100 GiB in 10 files each month, at 0.023, and ten writes."""
    found = usd(forecast([grown(one(1000 * GIB, 100), (During(0, None, Rate.parse("1200 GiB/year")),))], NOW, 13))
    assert [found[month, "storage"] for month in ("2026-11", "2026-12", "2027-11")] == [
        Decimal(23),
        Decimal("25.3"),
        Decimal("50.6"),
    ]
    assert (found["2026-11", "arrival"], found["2026-12", "arrival"]) == (Decimal("0.0005"), Decimal("0.00005"))


def test_each_month_of_growth_moves_at_its_own_age() -> None:
    """After two months: what arrived in the second month moves in the fourth."""
    held = one(1000 * GIB, 1000, Span(0), Span(2, "infrequent", age=2))
    found = usd(forecast([grown(held, (During(0, 1, Rate.parse("100 GiB/month")),))], NOW, 6))
    assert [found.get((month, "transition")) for month in ("2026-12", "2027-01", "2027-02", "2027-03")] == [
        None,
        Decimal("0.01"),
        Decimal("0.001"),
        None,
    ]
    assert found["2027-01", "storage"] == Decimal("12.5") + Decimal("2.3")
    assert found["2027-02", "storage"] == Decimal("13.75")


def test_each_month_of_growth_is_paid_for_its_own_least_time() -> None:
    """In Glacier Instant Retrieval: what arrived with the last month has 90 days left, but for one month."""
    held = replace(one(1000 * GIB, 10, Span(0, "archive")), ends=3)
    found = usd(forecast([grown(held, (During(1, 2, Rate.parse("100 GiB/month")),))], NOW, 6))
    month = Decimal(365) / 12
    left = Decimal("0.4") * (90 - month) / month
    assert found["2027-02", "early deletion"] == left.quantize(Decimal("1e-9"))


def test_reading_costs_requests_retrieval_and_what_leaves_by_volume() -> None:
    """Twice a month half of 400 GiB in 1,000 files: 1,000 requests, 400 GiB, of which 100 leave for nothing."""
    held = replace(
        one(400 * GIB, 1000, Span(0, "infrequent")), reads=(During(0, None, Reading.parse("2/month of 50 %")),)
    )
    found = usd(forecast([held], NOW, 1))
    assert found["2026-11", "retrieval"] == Decimal("0.001") + 4
    assert found["2026-11", "download"] == 27
    assert ("2026-11", "restoring") not in found


@pytest.mark.parametrize(("where", "download"), [("inside", None), ("elsewhere", Decimal(8)), ("outside", Decimal(27))])
def test_what_leaves_costs_by_how_far_it_goes(where: str, download: Decimal | None) -> None:
    """Nothing in the same region, 0.02 to another, and the internet's price by volume."""
    held = replace(one(400 * GIB, 10), reads=(During(0, None, Reading.parse(f"1/month from {where}")),))
    assert usd(forecast([held], NOW, 1)).get(("2026-11", "download")) == download


def test_archives_are_asked_for_first() -> None:
    """Ten objects of Deep Archive each month: 0.1 per thousand, and 0.02 a GiB."""
    held = replace(
        one(100 * GIB, 10, Span(0, "deep_archive")), reads=(During(0, None, Reading.parse("1/month from inside")),)
    )
    found = usd(forecast([held], NOW, 1))
    assert found["2026-11", "restoring"] == Decimal("0.001")
    assert found["2026-11", "retrieval"] == Decimal("0.000004") + 2


def test_what_leaves_a_region_shares_its_volume() -> None:
    """A second dataset of 100 GiB has no free part left; another region's has."""
    held = replace(one(100 * GIB, 1), reads=(During(0, None, Reading.parse("1/month")),))
    london = replace(held, tariff=Tariff(built_in()["aws"], "eu-west-1"), store="ireland", paid="ireland")
    found = forecast([held, replace(held, store="other", paid="other"), london], NOW, 1)
    downloads = found.by(lambda row: row.store if row.what == "download" else "")
    assert {store: amount.usual for store, amount in downloads.items() if store} == {"other": Decimal(9)}


def test_what_is_written_again_leaves_versions_and_begins_anew() -> None:
    """10 % a month of 1,000 GiB: 100 GiB of versions for two months, and ten files written."""
    held = replace(one(1000 * GIB, 100), versions_for=2, rewritten=(During(0, None, Rate.parse("10 %/month")),))
    found = forecast([held], NOW, 5)
    rows = usd(found)
    assert [rows.get((month, "earlier versions")) for month in ("2026-11", "2026-12", "2027-01", "2027-02")] == [
        None,
        Decimal("2.3"),
        Decimal("4.6"),
        Decimal("4.6"),
    ]
    assert rows["2026-12", "arrival"] == Decimal("0.00005")
    assert rows["2027-02", "storage"] == 23
    # These versions are there for certain: the location stays.
    assert {row.usd_low for row in found.rows if row.what == "earlier versions"} == {Decimal("2.3"), Decimal("4.6")}


def test_what_is_written_again_in_a_cold_class_is_paid_for_its_least_time() -> None:
    """Half of it after a month in Glacier Instant Retrieval, kept as a version for no time: two months are left."""
    held = replace(
        one(1000 * GIB, 10, Span(0, "archive")), rewritten=(During(1, 2, Rate.parse("50 %/month")),), versions_for=0
    )
    month = Decimal(365) / 12
    found = usd(forecast([held], NOW, 3))
    assert found["2026-12", "early deletion"] == (2 * (90 - month) / month).quantize(Decimal("1e-9"))
    assert ("2027-01", "early deletion") not in found


def test_many_months_of_growth_are_few_parts() -> None:
    """What has nothing before it any more is one part, so that ten years are as fast as one."""
    held = grown(one(TB, 1000, Span(0), Span(1, "archive", age=1)), (During(0, None, Rate.parse("1 TB/year")),), 120)
    parts = Parts(replace(held, rewritten=(During(0, None, Rate.parse("20 %/year")),), versions_for=3))
    assert max(len(parts.at(month)) for month in range(120)) < 30


# From the plan

LAB = """\
lab: small
title: Small lab
people: {ann: {name: Ann}}
playbook: {terms: {short: 12 months, mid: 24 months}}
stores:
  bench: {system: internal_drive, kind: drive, path: bench}
  gateway: {system: internal_drive, kind: s3, over: bench}
  shelf: {system: external_drive, kind: drive, path: shelf, bought: 2026-11-24, life: 4 years}
  isilon: {system: local_cluster, price: 16}
  figshare-plus: {system: figshare_plus}
  lfs: {system: github_lfs}
  s3: {system: cloud, kind: aws, account: "123456789012", region: us-east-1}
  gone: {system: deletion}
  nowhere: {system: cloud, region: moon-1}
"""
PROJECT = """\
project: atlas
title: Atlas
owner: ann
audience: {{reader: [ann]}}
datasets:
  raw_images: {{size: 2 TB, files: 1000, sensitivity: open, {use}}}
"""


def lab_of(folder: Path, use: str) -> Lab:
    """A small lab whose raw images are used in some way."""
    (folder / "projects").mkdir(exist_ok=True)
    (folder / "lab.yaml").write_text(LAB, encoding="utf-8")
    (folder / "projects" / "atlas.yaml").write_text(PROJECT.format(use=use), encoding="utf-8")
    return labfile.load(folder)


def held_in(lab: Lab, terms: Mapping[Term, tuple[str, ...]]) -> tuple[tuple[Holding, ...], tuple[str, ...]]:
    """What a plan holds that has the raw images in some stores."""
    systems = load_systems(lab.file.playbook)
    size = lab.projects["atlas"].datasets[Level.RAW_IMAGES].size.bytes
    entries = []
    for term in Term:
        placements = []
        for number, name in enumerate(terms.get(term, ()), 1):
            store = lab.file.stores[name]
            storage_class = systems.storage_class(store.system, term)
            cost = placement_cost(systems, store, size, storage_class=storage_class)
            placements.append(Placement(Candidate("atlas/raw_images", term, name, storage_class), number, (), cost, ""))
        entries.append(TermPlan("atlas/raw_images", term, tuple(placements)))
    return holdings_of(Plan(tuple(entries)), lab, systems, built_in(), NOW)


def told(folder: Path, use: str, *stores: str) -> Forecast:
    """The forecast of a lab that has the same stores in every term."""
    held, notes = held_in(lab_of(folder, use), dict.fromkeys(Term, stores))
    return forecast(held, NOW, 120, notes)


def test_growth_ends_when_the_data_are_finished(tmp_path: Path) -> None:
    """12 and 24 months at 600 GB a year are 1.8 TB more; campus storage costs 16 a terabyte."""
    found = usd(told(tmp_path, "growth: 600 GB/year", "isilon"))
    assert found["2026-11", "storage"] == 32
    assert found["2026-12", "storage"] == Decimal("32.8")
    assert found["2029-11", "storage"] == found["2036-10", "storage"] == Decimal("60.8")


def test_growth_by_activity_holds_in_its_own_term(tmp_path: Path) -> None:
    """Only while they rest: from the thirteenth month to the thirty-sixth, and 10 % of what there is then."""
    found = usd(told(tmp_path, "growth: {resting: 10 %/year}", "isilon"))
    assert found["2026-11", "storage"] == found["2027-11", "storage"] == 32
    assert found["2028-11", "storage"] == pytest.approx(Decimal("35.2"), abs=Decimal("1e-5"))
    assert found["2036-10", "storage"] == pytest.approx(Decimal("38.72"), abs=Decimal("1e-5"))


def test_a_copy_that_begins_later_has_what_has_grown_by_then(tmp_path: Path) -> None:
    """Two copies from the second term on: the second arrives with 2.6 TB."""
    lab = lab_of(tmp_path, "growth: 600 GB/year")
    second, first = held_in(lab, {Term.SHORT: ("s3",), Term.MID: ("s3", "isilon"), Term.LONG: ("s3",)})[0]
    assert (first.size, second.size, second.files) == (2 * TB, 2_600 * 10**9, 1300)
    assert len(second.later) == 23
    assert sum(later.size for later in first.later) == Decimal("1.8") * TB


def test_growth_buys_its_share_of_a_drive_when_it_arrives(tmp_path: Path) -> None:
    """50 GB a month at 15 a terabyte, 0.75; a drive that was bought has room, and is bought anew larger."""
    found = usd(told(tmp_path, "growth: 600 GB/year", "bench"))
    assert (found["2026-11", "purchase"], found["2026-12", "purchase"]) == (Decimal(30), Decimal("0.75"))
    found = usd(told(tmp_path, "growth: 600 GB/year", "shelf"))
    assert ("2026-12", "purchase") not in found
    assert found["2030-12", "replacement"] == 57


def test_growth_fills_the_free_allowance_and_the_next_unit(tmp_path: Path) -> None:
    """Of a repository that is paid by started units: one more when 2 TB become more than that."""
    found = usd(told(tmp_path, "growth: 600 GB/year", "figshare-plus"))
    assert [(m, found[m, "deposit"]) for m in ("2026-11", "2026-12", "2027-05")] == [
        ("2026-11", Decimal(9800)),
        ("2026-12", Decimal(1225)),
        ("2027-05", Decimal(1225)),
    ]
    assert ("2027-01", "deposit") not in found


def test_reads_follow_the_activity_and_the_first_copy(tmp_path: Path) -> None:
    """Nothing is paid where the copy that is read is the lab's own; what is read inside a cloud is read there."""
    use = "reads: {active: 1/month of 50 %, finished: 1/year of 1 TB from inside}"
    at_home = usd(told(tmp_path, use, "isilon", "s3"))
    assert not [what for _, what in at_home if what == "download"]
    assert min(month for month, what in at_home if what == "retrieval") == "2029-11"
    in_cloud = usd(told(tmp_path, use, "s3", "isilon"))
    assert in_cloud["2026-11", "download"] > 70
    assert ("2027-11", "retrieval") not in in_cloud
    assert in_cloud["2029-11", "retrieval"] > 0


def test_what_is_read_from_git_lfs_is_paid_above_what_is_included(tmp_path: Path) -> None:
    """10 GiB a month are free, and each one above is 0.0875; the account's own volume is shared."""
    found = usd(told(tmp_path, "reads: 1/month of 110 GiB", "lfs"))
    assert found["2026-11", "download"] == Decimal("8.75")
    (held,), _ = held_in(lab_of(tmp_path, "reads: 1/month of 10 GiB"), {Term.SHORT: ("lfs",)})
    both = forecast([held, replace(held, dataset="b/raw_images", project="b")], NOW, 1)
    assert by_what(both)["download"].usual == Decimal("0.875")


def test_what_the_book_does_not_know_of_reading_is_said(tmp_path: Path) -> None:
    """Nothing is free because nobody knows its price."""
    found = told(tmp_path, "reads: 1/month", "nowhere")
    assert any(note.startswith("nowhere: the price book has no price of reading it") for note in found.notes)
    assert not any("reading" in note for note in told(tmp_path, "growth: 1 TB/year", "nowhere").notes)


def test_what_is_streamed_neither_grows_nor_is_read_in_a_store(tmp_path: Path) -> None:
    """There is no copy."""
    lab = lab_of(tmp_path, "growth: 1 TB/year, reads: 4/month, keep: stream, origin: public, source: idr0001")
    (held,), _ = held_in(lab, dict.fromkeys(Term, ("gone",)))
    assert (held.size, held.files, held.later, held.reads) == (0, 0, (), ())


def test_a_store_that_growth_fills_is_said_with_the_month(tmp_path: Path) -> None:
    """2 TB and 600 GB a year are more than 2.5 TB from the eleventh month on; through a gateway too."""
    lab = lab_of(tmp_path, "growth: 600 GB/year")
    small = {"capacity": Size.parse("2.5 TB")}
    stores = {name: s.model_copy(update=small) if name == "bench" else s for name, s in lab.file.stores.items()}
    lab = lab.model_copy(update={"file": lab.file.model_copy(update={"stores": stores})})
    for store in ("bench", "gateway"):
        held, _ = held_in(lab, dict.fromkeys(Term, (store,)))
        assert list(outgrown(lab, held, NOW, 120)) == [
            "bench has no room for what grows from 2027-10 on: 2.55 TB in place of 2.5 TB."
        ]
        assert list(outgrown(lab, held, NOW, 10)) == []
    # What has no room as it is, and what leaves in time, is no matter of growth.
    full = replace(held[0], size=3 * TB, later=())
    assert list(outgrown(lab, [full, replace(held[0], ends=6)], NOW, 120)) == []


# What nobody declares


def test_datasets_that_declare_nothing_are_named(tmp_path: Path) -> None:
    """Reads and versions only where a store charges for them; growth of whatever is not finished."""
    raw = ("atlas/raw_images",)
    everywhere = dict.fromkeys(Term, ("s3",))
    lab = lab_of(tmp_path, "formats: []")
    assert undeclared_of(lab, held_in(lab, everywhere)[0]) == Undeclared(raw, raw, raw, of=raw)
    assert undeclared_of(lab, held_in(lab, dict.fromkeys(Term, ("isilon",)))[0]) == Undeclared(raw, of=raw)
    lab = lab_of(tmp_path, "growth: 0 %/year, reads: 4/month, rewritten: 1 GB/year")
    assert not undeclared_of(lab, held_in(lab, everywhere)[0])
    lab = lab_of(tmp_path, "activity: finished")
    assert undeclared_of(lab, held_in(lab, everywhere)[0]) == Undeclared(reads=raw, of=raw)


def test_the_sentence_names_a_few_and_counts_the_others() -> None:
    """A project of which everything is meant is named by itself."""
    of = ("a/x", "a/y", "b/x", "b/y", "c/x")
    assert Undeclared(growth=("a/x", "a/y", "b/x"), reads=("c/x",), of=of).sentence() == (
        "Not counted, because nothing declares it: growth of all of a and b/x; reads of c/x."
    )
    assert "growth of every dataset" in Undeclared(growth=of, of=of).sentence()
    many = Undeclared(rewritten=tuple(f"p{n}/x" for n in range(9)), of=of).sentence()
    assert "p0/x, p1/x, p2/x and 6 more (--json names them)" in many
    assert Undeclared(of=of).sentence() == ""


# Classes that move objects by themselves


TIERED = (Span(0), Span(0, "intelligent_tiering"))


def test_what_is_said_to_be_read_decides_what_a_month_costs_where_objects_move_by_themselves() -> None:
    """In the fifth month 1 TiB costs 23.552 at most and 4.096 at least; e to the power of -1 is unread for a month."""
    often = Reading.parse("1/month")
    plain = one(1024 * GIB, 1024, *TIERED)
    read = replace(plain, reads=(During(0, None, often),))
    (untold,), (told,) = (
        [row for row in forecast([held], NOW, 5).rows if row.what == "storage" and row.month == "2027-03"]
        for held in (plain, read)
    )
    assert (untold.usd, untold.usd_high, told.usd_high) == (Decimal("23.552"),) * 3
    assert untold.usd_low == told.usd_low == Decimal("4.096")
    month = Decimal(30) / (Decimal(365) / 12)
    expected = 1024 * (Decimal("0.023") - Decimal("0.0105") * (-month).exp() - Decimal("0.0085") * (-month * 3).exp())
    assert abs(told.usd - expected) < Decimal("1e-6")
    assert Decimal(14) < told.usd < Decimal(20)


def test_an_amount_that_is_read_is_a_share_of_what_is_there_in_that_month() -> None:
    """100 GiB of 200 GiB, of which half came later, are half of them, where objects move by themselves too."""
    held = replace(one(100 * GIB, 100, *TIERED), later=(Later(1, Decimal(100 * GIB), Decimal(100)),))
    declared, share = (
        forecast([replace(held, reads=(During(0, None, Reading.parse(text)),))], NOW, 6).rows
        for text in ("1/month of 100 GiB", "1/month of 50 %")
    )
    amount, half = ([row for row in rows if row.month == "2027-04"] for rows in (declared, share))
    assert {row.what for row in amount} >= {"storage", "retrieval"}
    assert amount == half


def test_small_objects_are_not_watched_and_cost_what_the_first_tier_does() -> None:
    """Those of 64 KiB, though they are said to be read by nobody."""
    held = replace(one(64 * 1024 * 1000, 1000, *TIERED), reads=(During(0, None, Reading.parse("0/month")),))
    found, hot = (by_what(forecast([each], NOW, 24)) for each in (held, replace(held, spans=(Span(0),))))
    assert "watching" not in found
    assert found["storage"].usual == hot["storage"].usual


def test_what_arrives_later_is_written_before_it_moves_at_once_while_that_rule_is_in_force() -> None:
    """In the first year into the class that moves objects by itself; later after a month into the archive."""
    spans = (*TIERED, Span(12, "archive", age=1))
    more = (Later(6, Decimal(GIB), Decimal(1)), Later(20, Decimal(GIB), Decimal(1)))
    parts = Parts(replace(one(GIB, 1, *spans), later=more))
    ways = {}
    for month in range(24):
        for part in parts.at(month):
            if part.spans[0].begins == month:
                ways[month] = [(span.begins, span.storage_class) for span in part.spans]
    assert ways == {
        0: [(0, "standard"), (0, "intelligent_tiering"), (12, "archive")],
        6: [(6, "standard"), (6, "intelligent_tiering"), (12, "archive")],
        20: [(20, "standard"), (21, "archive")],
    }
