"""What was spent against forecast and budget, and in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import bills
from tests.spend_lab import project, write

from slidebox import labfile
from slidebox.forecast import Forecast, Row
from slidebox.model import Lab
from slidebox.spend import Actual, Anomaly, Excluded, Report, Spent, Untagged, spent
from slidebox.spend.compare import billed_stores, budgeted, compared
from slidebox.spend.focus import focus, kind_of, layout_of
from slidebox.spend.words import left_out, notices, rose

NOW = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab with a project that has a budget, and one that has none."""
    folder = tmp_path_factory.mktemp("lab") / "lab"
    return labfile.load(write(folder, project("atlas", budget={"monthly": 20.0}), project("cells")))


def actual(
    usd: str, usage: str = "storage", *, month: str = "2026-10", line: str = "charge", of: str = "atlas"
) -> Actual:
    """A sum of a project's."""
    return Actual(
        project=of,
        dataset=f"{of}/raw_images" if of else "",
        level="raw_images" if of else "",
        grant="",
        month=month,
        usd=Decimal(usd),
        service="S3",
        usage=usage,
        store="amazon",
        line=line,
    )


def of(*actuals: Actual, last: dt.date = dt.date(2026, 10, 31), **more: object) -> Spent:
    """Everything that was spent in October."""
    return Spent(actuals=actuals, first=dt.date(2026, 10, 1), last=last, **more)  # type: ignore[arg-type]


def told(*rows: tuple[str, str, str, str], store: str = "amazon", of: str = "atlas") -> Forecast:
    """A forecast for October: what for, and what it lies between."""
    return Forecast(
        ("2026-10",),
        tuple(
            Row(
                f"{of}/raw_images",
                of,
                store,
                "raw_images",
                "",
                "2026-10",
                Decimal(low),
                Decimal(usual),
                Decimal(high),
                what,
            )
            for what, low, usual, high in rows
        ),
    )


@pytest.mark.parametrize(
    ("usd", "verdict", "by"),
    [
        ("9.99", "below", "0.01"),
        ("10", "within", "0"),
        ("20", "within", "0"),
        ("20.99", "within", "0"),
        ("22", "above", "2"),
    ],
)
def test_a_month_is_within_above_or_below_its_forecast(usd: str, verdict: str, by: str) -> None:
    """A twentieth above its upper end is let pass."""
    (one,) = compared(of(actual(usd)), told(("storage", "10", "15", "20")), {"amazon"})
    assert (one.verdict, one.by) == (verdict, Decimal(by))


def test_a_month_that_is_not_over_is_not_below() -> None:
    """Nor one of which something could not be read."""
    forecast = told(("storage", "10", "15", "20"))
    (one,) = compared(of(actual("5"), last=dt.date(2026, 10, 12)), forecast, {"amazon"})
    assert (one.verdict, float(one.by)) == ("so far", 0)
    lost = Excluded(what="cut off", said="", unread=True)
    assert compared(of(actual("5"), excluded=(lost,)), forecast, {"amazon"})[0].verdict == "so far"


def test_the_difference_is_said_by_its_usage() -> None:
    """The usage that differs most, not the dearest."""
    spent = of(actual("21"), actual("9", "egress"), actual("1", "requests"))
    forecast = told(("storage", "10", "15", "20"), ("arrival", "1", "1", "1"))
    (one,) = compared(spent, forecast, {"amazon"})
    assert (float(one.by), one.why) == (10, "egress: 9.00, and none was forecast")
    assert [n.said for n in notices(spent, [one])] == [
        "atlas was charged 10.00 USD above its forecast in 2026-10: egress: 9.00, and none was forecast."
    ]


def test_what_happens_only_perhaps_is_not_in_the_least() -> None:
    """Writing what may have arrived long ago."""
    (one,) = compared(of(actual("10")), told(("storage", "10", "10", "10"), ("arrival", "5", "5", "5")), {"amazon"})
    assert (float(one.forecast.low), float(one.forecast.high), one.verdict) == (10, 15, "within")


def test_what_other_stores_cost_is_on_no_bill() -> None:
    """A drive's forecast is not held against the bill of a cloud, nor are credits and taxes against any."""
    spent = of(actual("10"), actual("-4", line="credit"), actual("2", line="tax"))
    (one,) = compared(spent, told(("storage", "99", "99", "99"), store="bench"), {"amazon"})
    assert (float(one.actual), float(one.forecast.high), one.verdict) == (10, 0, "above")


def test_a_project_that_was_forecast_and_not_billed_is_below() -> None:
    """Its data are somewhere else, or belong to nobody on the bill."""
    found = compared(of(actual("10")), told(("storage", "10", "10", "10"), of="cells"), {"amazon"})
    assert [(one.project, one.verdict) for one in found] == [("atlas", "above"), ("cells", "below")]


def test_what_is_nobody_s_in_the_same_store_may_be_why_a_project_is_below() -> None:
    """Azure does not tell containers of one account apart."""
    found = compared(of(actual("10", of="")), told(("storage", "10", "10", "10")), {"amazon"})
    assert [one.why for one in found] == [
        "storage: 0.00, and 10.00 was forecast; 10.00 in amazon, where its data are, belong to nobody"
    ]


def test_only_stores_of_the_clouds_that_were_billed_are_compared(lab: Lab) -> None:
    """A bill of AWS says nothing of Azure."""
    report = Report(name="", files=1, flavour="aws", version="1.2", rows=1, first=None, last=None, made=NOW)
    assert billed_stores(lab, Spent(reports=(report,))) == {"amazon"}
    assert billed_stores(lab, Spent()) == frozenset()


def test_a_budget_is_held_against_charges_alone(lab: Lab) -> None:
    """A credit does not hide that more is used than was meant."""
    found = budgeted(of(actual("25"), actual("-20", line="credit"), actual("99", of="cells")), lab)
    assert [(one.project, one.month, float(one.over)) for one in found] == [("atlas", "2026-10", 5)]
    assert [n.said for n in notices(of(actual("25")), (), found) if n.kind == "budget"] == [
        "atlas was charged 25.00 USD in 2026-10, 5.00 more than its budget of 20.00."
    ]


def test_what_belongs_to_nobody_is_said_from_a_share_on() -> None:
    """With its amount; below that share it is only shown."""
    spent = of(
        actual("7"), actual("3", of=""), untagged=(Untagged(resource="x", service="S3", store="", usd=Decimal(3)),)
    )
    assert spent.untagged_share == pytest.approx(0.3)
    assert [n.usd for n in notices(spent, share=0.2) if n.kind == "untagged"] == [3]
    assert [n for n in notices(spent, share=0.4) if n.kind == "untagged"] == []


def test_a_rise_that_ended_says_when() -> None:
    """And one without resource says none."""
    one = Anomaly(
        project="",
        service="S3",
        usage="egress",
        since=dt.date(2026, 10, 5),
        until=dt.date(2026, 10, 5),
        usual=Decimal(0),
        now=Decimal(30),
        usd=Decimal(30),
    )
    assert rose(one) == (
        "Nobody's: egress of S3 cost 30.00 USD a day on 2026-10-05, and 0.00 before: 30.00 more than usual in all."
    )


def test_what_is_left_out_says_how_much_it_is() -> None:
    """As far as that is known."""
    lost = Excluded(what="unreadable", said="a.parquet cannot be read.", unread=True)
    assert left_out(lost) == "a.parquet cannot be read. How much that is, is not known."
    part = Excluded(what="cut off", said="a.csv is not whole.", amount=Decimal("1234.5"), rows=1, unread=True)
    assert left_out(part) == "a.csv is not whole. At least 1,234.50 USD in 1 row."


@pytest.mark.parametrize(
    ("meter", "kind"),
    [
        ("USE1-TimedStorage-ByteHrs", "storage"),
        ("TimedStorage-SIA-ByteHrs", "storage"),
        ("EUC1-Requests-Tier1", "requests"),
        ("USE1-DataTransfer-Out-Bytes", "egress"),
        ("USE1-USW2-AWS-Out-Bytes", "egress"),
        ("Retrieval-SIA", "retrieval"),
        ("EarlyDelete-GlacierByteHrs", "early deletion"),
        ("Monitoring-Automation-INT", "watching"),
        ("us-east-1-KMS-Requests", "requests"),
        ("us-east-1-KMS-Keys", "other"),
        ("Hot LRS Data Stored", "storage"),
        ("LRS Write Operations", "requests"),
        ("Cool Data Retrieval", "retrieval"),
        ("Standard Data Transfer Out", "egress"),
        ("Archive Early Delete", "early deletion"),
        ("Standard Storage Iowa", "storage"),
        ("Regional Standard Class A Operations", "requests"),
        ("Nearline Storage Data Retrieval", "retrieval"),
        ("Download Worldwide Destinations (excluding Asia & Australia)", "egress"),
        ("Autoclass Management Fee", "watching"),
        ("Nearline Early Deletion", "early deletion"),
        ("", "other"),
    ],
)
def test_meters_are_for_something(meter: str, kind: str) -> None:
    """The words of AWS, Azure and Google Cloud."""
    assert kind_of(meter) == kind


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_a_version_is_the_newest_of_which_there_is_a_column(version: str) -> None:
    """Exports may leave columns out."""
    wanted = {"1.0": "ServiceName", "1.1": "SkuMeter", "1.2": "InvoiceId", "1.3": "ServiceProviderName"}[version]
    assert layout_of(["BilledCost", wanted]).version == version
    assert layout_of([wanted]).version == ""


def test_the_columns_of_each_version_are_as_many_as_the_specification_has() -> None:
    """43 in 1.0, 50 in 1.1, 57 in 1.2, 65 in 1.3; each once."""
    counts = [len(columns) for columns in focus().versions.values()]
    assert counts == [43, 7, 7, 8]
    assert len({column for columns in focus().versions.values() for column in columns}) == sum(counts)


@settings(max_examples=10, deadline=None)
@given(
    back=st.lists(st.tuples(st.integers(0, 59), st.floats(-500, -0.01)), max_size=30),
    line=st.sampled_from(["", "Credit"]),
)
def test_refunds_do_not_hide_a_rise(
    tmp_path_factory: pytest.TempPathFactory, back: list[tuple[int, float]], line: str
) -> None:
    """Whatever comes back, and when: the same rise is found on the same day, of the same height."""
    pytest.importorskip("duckdb", reason="needs the extra `analytics`")
    start = dt.date(2026, 9, 1)
    days = [str(start + dt.timedelta(days=day)) for day in range(60)]
    rows = [bills.row("aws", "1.2", day, 1.0 if number < 30 else 5.0, "a") for number, day in enumerate(days)]
    rows += [bills.row("aws", "1.2", days[n], usd, "a", ChargeCategory=line or "Usage") for n, usd in back]
    path = bills.as_csv(tmp_path_factory.mktemp("bill") / "bill.csv", "aws", rows)
    (one,) = spent([path], NOW).anomalies
    assert (one.since, float(one.usual), float(one.now)) == (dt.date(2026, 10, 1), 1, 5)


def test_a_lab_s_own_export_is_read(tmp_path: Path) -> None:
    """The columns that `pulumi up -s lab` has AWS export are enough to tell everything."""
    pytest.importorskip("duckdb", reason="needs the extra `analytics`")
    from slidebox.components.aws.reports import COLUMNS  # noqa: PLC0415

    whole = bills.row("aws", "1.2", "2026-10-05", 1.5, "a", tags={"project": "atlas"})
    row = {name: value for name, value in whole.items() if name in COLUMNS}
    found = spent([bills.as_parquet(tmp_path / "bill.parquet", "aws", [row])], NOW)
    assert [(one.flavour, one.version) for one in found.reports] == [("aws", "1.2")]
    assert [(one.project, one.usd, one.usage) for one in found.actuals] == [("atlas", Decimal("1.5"), "storage")]
    assert found.excluded == ()
