"""What a plan will cost, month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox import labfile
from slidebox.cost import Held, horizon, placement_cost, term_months
from slidebox.forecast import Forecast, forecast, holdings_of
from slidebox.forecast.months import Drive, Holding, Span, Tariff
from slidebox.model import Candidate, Lab, Level, Placement, Plan, Term, TermPlan
from slidebox.prices import Range, built_in, load, paid_once
from slidebox.systems import load_systems
from slidebox.table_one import table

NOW = dt.date(2026, 11, 24)
GIB, TB = 2**30, 10**12
LAB = """\
lab: small
title: Small lab
people: {ann: {name: Ann}}
playbook: {terms: {short: 12 months, mid: 24 months}}
stores:
  bench: {system: internal_drive, kind: drive, path: bench}
  old: {system: external_drive, kind: drive, path: old, bought: 2023-11-24, life: 4 years}
  known: {system: external_drive, kind: drive, path: known, bought: 2023-11-24}
  isilon: {system: local_cluster, price: 16}
  figshare-plus: {system: figshare_plus}
  s3: {system: cloud, kind: aws, account: "123456789012", region: us-east-1}
  london: {system: cloud, kind: gcs, account: small, region: europe-west2}
  ireland: {system: cloud, kind: aws, account: "123456789012", region: eu-west-1}
  collab: {system: cloud, region: us-central1}
  nowhere: {system: cloud, region: moon-1}
"""
PROJECT = """\
project: atlas
title: Atlas
owner: ann
grant: R01-7
audience: {reader: [ann]}
datasets:
  raw_images: {size: 2 TB, files: 1000, sensitivity: open}
  segmentation_masks: {size: 100 GB, files: 2000000, sensitivity: open}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A small lab with a store of each kind."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB, encoding="utf-8")
    (tmp_path / "projects" / "atlas.yaml").write_text(PROJECT, encoding="utf-8")
    return labfile.load(tmp_path)


def plan_of(lab: Lab, places: Mapping[str, Mapping[Term, tuple[str, ...]]]) -> Plan:
    """A plan that has datasets where a test wants them, at the plan's own costs."""
    systems = load_systems(lab.file.playbook)
    entries, totals = [], {}
    for level, terms in places.items():
        dataset = f"atlas/{level}"
        declared, held = lab.projects["atlas"].datasets[Level(level)], {}
        for term in Term:
            placements = []
            for number, name in enumerate(terms.get(term, ()), 1):
                store = lab.file.stores[name]
                storage_class = systems.storage_class(store.system, term)
                cost = placement_cost(systems, store, declared.size.bytes, storage_class=storage_class)
                placements.append(Placement(Candidate(dataset, term, name, storage_class), number, (), cost, ""))
            entries.append(TermPlan(dataset, term, tuple(placements)))
            held[term] = [Held(p.candidate.store, p.cost) for p in placements]
        year, five = (horizon(held, term_months(systems), Term.SHORT, months) for months in (12, 60))
        totals[dataset] = (year, five)
    return Plan(tuple(entries), totals)


def told(lab: Lab, places: Mapping[str, Mapping[Term, tuple[str, ...]]], months: int = 120) -> Forecast:
    """The forecast of such a plan."""
    held, notes = holdings_of(plan_of(lab, places), lab, load_systems(lab.file.playbook), built_in(), NOW)
    return forecast(held, NOW, months, notes)


def everywhere(*stores: str) -> dict[Term, tuple[str, ...]]:
    """The same stores in every term."""
    return dict.fromkeys(Term, stores)


def what(found: Forecast, store: str = "") -> dict[str, list[str]]:
    """The months in which each thing is paid for, by what it is."""
    months: dict[str, list[str]] = {}
    for row in found.rows:
        if store in ("", row.store):
            months.setdefault(row.what, []).append(row.month)
    return months


# Laws

CLASSES = ("standard", "infrequent", "archive", "glacier", "deep_archive", "intelligent_tiering")
S3 = Tariff(built_in()["aws"], "us-east-1")
COLDLINE = Tariff(built_in()["google"], "us-central1")


@st.composite
def holdings(draw: st.DrawFn) -> Holding:
    """A copy in some store."""
    begins = draw(st.integers(0, 30))
    tariff = draw(st.sampled_from([None, S3, COLDLINE]))
    classes = CLASSES if tariff is S3 else CLASSES[:3]
    price = draw(st.decimals(0, 100, places=4))
    first = Span(begins, "standard", Range(price, price * 2, price * 3))
    later = Span(begins + draw(st.integers(1, 20)), draw(st.sampled_from(classes)), first.monthly)
    once = draw(st.decimals(0, 1000, places=2))
    drives = st.one_of(
        st.none(),
        st.builds(Drive, at=st.integers(0, 60), every=st.integers(1, 60)),
        st.just(Drive(None, 1, (36, 48, 60))),
    )
    return Holding(
        dataset=draw(st.sampled_from(["a/raw_images", "b/metadata"])),
        project=draw(st.sampled_from("ab")),
        level=draw(st.sampled_from(["raw_images", "metadata"])),
        grant=draw(st.sampled_from(["", "R01"])),
        store=draw(st.sampled_from(["s3", "bench"])),
        paid="s3",
        size=draw(st.integers(0, 10**14)),
        files=draw(st.integers(1, 10**7)),
        spans=(first, later) if draw(st.booleans()) else (first,),
        ends=draw(st.one_of(st.none(), st.integers(begins, begins + 40))),
        tariff=tariff,
        once=Range(once, once, once * 2),
        once_for="purchase",
        drive=draw(drives) if tariff is None else None,
        versions_for=draw(st.sampled_from([0, 3, None])),
    )


@given(st.lists(holdings(), max_size=4), st.integers(1, 60))
def test_the_months_add_up_to_the_total_however_they_are_put_together(held: list[Holding], months: int) -> None:
    """By month, project, store, level, grant, and by what is paid for."""
    found = forecast(held, NOW, months)
    keys = ("month", "dataset", "project", "store", "level", "grant", "what")
    for key in keys:
        parts = found.by(lambda row, key=key: str(getattr(row, key)))  # type: ignore[misc]
        assert sum(parts.values(), Range()) == found.total()
    assert {row.month for row in found.rows} <= set(found.months)


@given(st.lists(holdings(), max_size=3), st.integers(0, 40))
def test_a_longer_horizon_never_costs_less_and_begins_with_the_shorter_one(held: list[Holding], months: int) -> None:
    """What is told of the first year does not depend on how far one looks."""
    shorter, longer = forecast(held, NOW, months), forecast(held, NOW, months + 12)
    assert longer.total(months) == shorter.total()
    for low, high in zip(_ends(shorter.total()), _ends(longer.total()), strict=True):
        assert low <= high


@given(holdings(), st.integers(0, 10**13), st.integers(0, 10**6))
def test_more_bytes_and_more_files_never_cost_less(held: Holding, size: int, files: int) -> None:
    """In the same classes."""
    less = forecast([held], NOW, 48).total()
    more = forecast([replace(held, size=held.size + size, files=held.files + files)], NOW, 48).total()
    assert all(before <= after for before, after in zip(_ends(less), _ends(more), strict=True))


@given(st.lists(holdings(), max_size=3))
def test_every_amount_lies_between_its_ends(held: list[Holding]) -> None:
    """Of each row, and so of whatever is added up."""
    assert all(0 <= row.usd_low <= row.usd <= row.usd_high for row in forecast(held, NOW, 70).rows)


@given(st.lists(holdings(), max_size=3))
def test_the_order_matters_to_nobody_where_no_volume_is_shared(held: list[Holding]) -> None:
    """Each in a store of its own."""
    alone = [replace(one, paid=f"store-{number}") for number, one in enumerate(held)]
    found, again = forecast(alone, NOW, 40), forecast(alone[::-1], NOW, 40)
    for key in ("dataset", "store", "level", "grant"):
        assert found.by(lambda row, key=key: str(getattr(row, key))) == again.by(  # type: ignore[misc]
            lambda row, key=key: str(getattr(row, key))  # type: ignore[misc]
        )


def _ends(usd: Range) -> tuple[Decimal, Decimal, Decimal]:
    return usd.low, usd.usual, usd.high


# The arithmetic of clouds, against sums made by hand


def one(size: int, files: int, *spans: Span, ends: int | None = None, versions_for: int | None = 0) -> Holding:
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
        spans=spans,
        ends=ends,
        tariff=S3,
        versions_for=versions_for,
    )


def usd(found: Forecast) -> dict[tuple[str, str], Decimal]:
    """What is reckoned with, by month and what it is for."""
    return {(row.month, row.what): row.usd for row in found.rows}


def test_a_year_in_the_archive_is_a_month_in_standard_a_move_and_eleven_months() -> None:
    """1 TiB in 1,024 files: 23.552, then 4.096 a month; 5 and 20 dollars for a million requests."""
    found = usd(forecast([one(1024 * GIB, 1024, Span(0), Span(1, "archive"))], NOW, 12))
    assert found["2026-11", "storage"] == Decimal("23.552")
    assert found["2026-11", "arrival"] == Decimal("0.00512")
    assert found["2026-12", "transition"] == Decimal("0.02048")
    assert [found[month, "storage"] for month in ("2026-12", "2027-10")] == [Decimal("4.096")] * 2
    assert ("2026-12", "early deletion") not in found


def test_small_objects_are_billed_at_the_least_size() -> None:
    """A million files of 1 KiB in Standard-IA are billed as 128 KiB each: 122.07 GiB at 0.0125."""
    found = usd(forecast([one(10**6 * 1024, 10**6, Span(0, "infrequent"))], NOW, 1))
    assert found["2026-11", "storage"] == (Decimal(10**6 * 128) / 2**20 * Decimal("0.0125")).quantize(Decimal("1e-9"))


def test_what_lies_beside_an_archived_object_is_partly_billed_as_standard() -> None:
    """A million files of 1 MiB in Deep Archive: 32 KiB beside each there, and 8 KiB in Standard."""
    found = usd(forecast([one(10**6 * 2**20, 10**6, Span(0, "deep_archive"))], NOW, 1))
    there = Decimal(10**6 * (2**20 + 32 * 1024)) / GIB * Decimal("0.00099")
    standard = Decimal(10**6 * 8 * 1024) / GIB * Decimal("0.023")
    assert found["2026-11", "storage"] == (there + standard).quantize(Decimal("1e-9"))


def test_what_leaves_a_class_too_soon_is_paid_for_its_least_time() -> None:
    """One month of three in Glacier Instant Retrieval: the remaining days pro rata."""
    found = usd(forecast([one(1000 * GIB, 10, Span(0, "archive"), ends=1)], NOW, 12))
    left = (90 - Decimal(365) / 12) / (Decimal(365) / 12)
    assert found["2026-12", "early deletion"] == (4 * left).quantize(Decimal("1e-9"))
    assert {what for month, what in found if month > "2026-12"} == set()


def test_deleted_data_cost_as_long_as_their_versions_are_kept() -> None:
    """Three months in the class they were in, and the least may be nothing: the bucket may go with them."""
    found = forecast([one(1000 * GIB, 10, Span(0), ends=2, versions_for=3)], NOW, 12)
    kept = [row for row in found.rows if row.what == "earlier versions"]
    assert [row.month for row in kept] == ["2027-01", "2027-02", "2027-03"]
    assert {(row.usd_low, row.usd) for row in kept} == {(Decimal(0), Decimal(23))}


def test_a_price_that_falls_with_the_volume_is_shared_in_order() -> None:
    """The second 50 TiB are cheaper, whoever holds them; both together cost what one of their size does."""
    half = one(50 * 2**40, 10, Span(0))
    both = forecast([half, replace(half, dataset="b/raw_images", project="b")], NOW, 1)
    assert {p: r.usual for p, r in both.by(lambda row: row.project if row.what == "storage" else "").items() if p} == {
        "a": Decimal("1177.6"),
        "b": Decimal("1126.4"),
    }
    whole = forecast([replace(half, size=2 * half.size, files=20)], NOW, 1)
    assert both.total() == whole.total()


def test_each_month_fills_the_volume_anew() -> None:
    """The second month of 60 TiB costs what the first did."""
    found = usd(forecast([one(60 * 2**40, 10, Span(0))], NOW, 2))
    assert found["2026-11", "storage"] == found["2026-12", "storage"] == Decimal("1402.88")


def test_a_move_costs_its_own_price_and_that_of_a_write_where_there_is_none() -> None:
    """As the book has it."""
    own = (
        "provider: aws\ntitle: Amazon S3\nunit: 1 GiB\n"
        'sources: {q: {title: Quote, url: "https://example.org", as_of: 2026-11-01}}\n'
        "regions: {us-east-1: {classes: {infrequent: {transition_1000: {usd: 7, source: q}}}}}\n"
    )
    moved = replace(
        one(0, 1000, Span(0), Span(1, "infrequent")), tariff=Tariff(load({"aws.yaml": own})["aws"], "us-east-1")
    )
    assert usd(forecast([moved], NOW, 2))["2026-12", "transition"] == Decimal(7)
    nearline = built_in()["google"].regions["europe-west2"].classes["infrequent"]
    region = built_in()["google"].regions["europe-west2"]
    classes = {**region.classes, "infrequent": nearline.model_copy(update={"transition_1000": None})}
    book = built_in()["google"].model_copy(update={"regions": {"x": region.model_copy(update={"classes": classes})}})
    moved = replace(moved, tariff=Tariff(book, "x"))
    assert usd(forecast([moved], NOW, 2))["2026-12", "transition"] == Decimal("0.01")


# From the plan


def test_a_plan_without_clouds_costs_what_the_plan_says(lab: Lab) -> None:
    """Over one and five years, but for drives that are bought anew, which the plan does not count."""
    places: dict[str, dict[Term, tuple[str, ...]]] = {
        "raw_images": {Term.SHORT: ("bench",), Term.MID: ("bench", "isilon"), Term.LONG: ("isilon", "figshare-plus")},
        "segmentation_masks": {Term.SHORT: ("bench",), Term.MID: ("isilon",), Term.LONG: ("figshare-plus",)},
    }
    plan, found = plan_of(lab, places), told(lab, places)
    for years, number in ((1, 0), (5, 1)):
        known = found.by(lambda row: f"{row.dataset} {row.what == 'replacement'}", years * 12)
        for dataset, totals in plan.horizon_cost.items():
            assert float(known[f"{dataset} False"].usual) == pytest.approx(totals[number], abs=1e-4)
    assert set(found.by(lambda row: row.grant)) == {"R01-7"}
    assert found.notes == ()


def test_objects_arrive_in_standard_and_move_where_the_lifecycle_says_so(lab: Lab) -> None:
    """At once where they are old enough; never where that would not pay, as for small files."""
    found = told(lab, {"raw_images": everywhere("s3"), "segmentation_masks": everywhere("s3")})
    held, _ = holdings_of(
        plan_of(lab, {"raw_images": everywhere("s3"), "segmentation_masks": everywhere("s3")}),
        lab,
        load_systems(lab.file.playbook),
        built_in(),
        NOW,
    )
    classes = {h.level: [(span.begins, span.storage_class) for span in h.spans] for h in held}
    assert classes == {
        "raw_images": [(0, "standard"), (0, "intelligent_tiering"), (12, "archive")],
        "segmentation_masks": [(0, "standard")],
    }
    assert what(found)["transition"] == ["2026-11", "2027-11"]
    watched = [row.month for row in found.rows if row.what == "watching"]
    assert watched == list(found.months[:12])
    assert set(what(found)) == {"storage", "arrival", "transition", "watching"}


def test_data_that_move_on_leave_versions_behind_for_ninety_days(lab: Lab) -> None:
    """As the lifecycle of slidebox's own buckets has it."""
    terms = {Term.SHORT: ("s3",), Term.MID: ("isilon",), Term.LONG: ("isilon",)}
    found = told(lab, {"segmentation_masks": terms})
    assert what(found, "s3")["earlier versions"] == ["2027-11", "2027-12", "2028-01"]
    assert what(found, "isilon")["storage"][0] == "2027-11"
    # Of raw images nothing deletes them: they stay, unless the bucket goes.
    kept = [row for row in told(lab, {"raw_images": terms}).rows if row.what == "earlier versions"]
    assert (kept[0].month, kept[-1].month) == ("2027-11", "2036-10")
    assert {row.usd_low for row in kept} == {Decimal(0)}


def test_what_has_ended_already_costs_nothing() -> None:
    """Nothing arrives for no time at all."""
    assert forecast([one(10**12, 10, Span(3), ends=3, versions_for=3)], NOW, 12).rows == ()


def test_a_drive_is_bought_anew_when_its_declared_life_ends(lab: Lab) -> None:
    """Four years from November 2023, and every four years from then; what was bought is paid for."""
    found = told(lab, {"raw_images": everywhere("old")})
    assert what(found) == {"replacement": ["2027-11", "2031-11", "2035-11"]}
    assert {(row.usd_low, row.usd, row.usd_high) for row in found.rows} == {(Decimal(30), Decimal(30), Decimal(50))}


def test_money_is_put_by_for_a_drive_of_which_no_life_is_known(lab: Lab) -> None:
    """From when it may have served: at the most after three years, usually after four, at the least after five."""
    found = told(lab, {"raw_images": everywhere("bench")})
    replaced = [row for row in found.rows if row.what == "replacement"]
    assert what(found)["purchase"] == ["2026-11"]
    assert (replaced[0].month, replaced[0].usd_low, replaced[0].usd) == ("2029-11", Decimal(0), Decimal(0))
    assert (replaced[12].month, replaced[12].usd_low, replaced[12].usd) == ("2030-11", Decimal(0), Decimal("0.625"))
    assert (replaced[24].month, replaced[24].usd_low) == ("2031-11", Decimal("0.5"))
    # One that was bought three years ago is older by so much.
    assert what(told(lab, {"raw_images": everywhere("known")}))["replacement"][0] == "2026-11"


def test_a_deposit_is_paid_once_and_its_uncertain_price_is_a_range(lab: Lab) -> None:
    """Started units count as whole ones: eight of 250 GB."""
    (row,) = told(lab, {"raw_images": {Term.LONG: ("figshare-plus",)}}).rows
    assert (row.what, row.month) == ("deposit", "2029-11")
    assert (row.usd_low, row.usd, row.usd_high) == (Decimal(7000), Decimal(9800), Decimal(9800))


@pytest.mark.parametrize(
    ("store", "note", "requests"),
    [
        ("london", "", True),
        ("collab", "whether it keeps what was deleted is not known", True),
        ("ireland", "no price of requests", False),
        ("nowhere", "no provider for it", False),
    ],
)
def test_what_the_book_does_not_know_is_said(lab: Lab, store: str, note: str, requests: bool) -> None:
    """Table 1's price, or none of requests, and a sentence about it."""
    found = told(lab, {"raw_images": {Term.SHORT: (store,)}})
    assert "storage" in what(found)
    assert ("arrival" in what(found)) is requests
    if note:
        assert any(note in said and said.startswith(store) for said in found.notes)


def test_a_class_that_the_book_has_no_price_of_is_reckoned_with_by_table_1(lab: Lab) -> None:
    """In Ireland only two classes are known."""
    project = lab.projects["atlas"]
    raw = project.datasets[Level.RAW_IMAGES].model_copy(update={"storage_classes": {Term.MID: "infrequent"}})
    own = project.model_copy(update={"datasets": {**project.datasets, Level.RAW_IMAGES: raw}})
    found = told(lab.model_copy(update={"projects": {"atlas": own}}), {"raw_images": everywhere("ireland")})
    assert any("no price of Amazon S3 in eu-west-1 for infrequent" in said for said in found.notes)


def test_a_term_without_a_place_is_said(lab: Lab) -> None:
    """Nothing is cheap because it is nowhere."""
    found = told(lab, {"raw_images": {Term.SHORT: ("isilon",)}})
    assert any("no place in the mid and long term" in said for said in found.notes)


@pytest.mark.usefixtures("lab")
def test_the_right_to_keep_data_ends_their_cost(tmp_path: Path) -> None:
    """From the month after the day on which it ends."""
    file = tmp_path / "projects" / "atlas.yaml"
    file.write_text(PROJECT.replace("files: 1000,", "files: 1000, expires: 2027-01-15,"), encoding="utf-8")
    found = told(labfile.load(tmp_path), {"raw_images": everywhere("isilon")})
    assert what(found)["storage"] == ["2026-11", "2026-12"]


@pytest.mark.usefixtures("lab")
def test_scratch_is_gone_when_its_lifecycle_deletes_it_and_leaves_no_versions(tmp_path: Path) -> None:
    """Sixty days are two months."""
    scratch = PROJECT.replace("files: 2000000,", "files: 2000000, keep: scratch, expire_after: 60 days,")
    (tmp_path / "projects" / "atlas.yaml").write_text(scratch, encoding="utf-8")
    found = told(labfile.load(tmp_path), {"segmentation_masks": everywhere("s3")})
    assert what(found)["storage"] == ["2026-11", "2026-12"]
    assert "earlier versions" not in what(found)


def test_a_region_that_two_providers_have_says_nothing_of_the_provider(lab: Lab) -> None:
    """Where nothing but its region is known of a store."""
    google = built_in()["google"]
    both = google.model_copy(update={"regions": {"us-central1": google.regions["us-central1"]}})
    plan = plan_of(lab, {"raw_images": {Term.SHORT: ("collab",)}})
    (held,), notes = holdings_of(plan, lab, load_systems(), {"google": google, "other": both}, NOW)
    assert held.tariff is None
    assert any("no provider for it" in note for note in notes)


def test_what_is_paid_once_is_in_the_book_as_in_table_1() -> None:
    """The usual price, its source and its day."""
    for system, figure in paid_once().once.items():
        cell = table()[system].cost.today
        assert figure.first.usual == Decimal(str(cell.value.once))
        assert (figure.source, figure.as_of) == (cell.source, cell.as_of)
