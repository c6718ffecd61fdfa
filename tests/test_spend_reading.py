"""Bills in FOCUS of each provider and version, whole and broken."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.bills import COLUMNS, Row, as_csv, as_parquet, row

from slidebox.errors import InputError
from slidebox.spend import Spent, spent

pytest.importorskip("duckdb", reason="needs the extra `analytics`")

NOW = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
TAGS = {"lab": "lab", "project": "atlas", "level": "raw_images", "dataset": "atlas/raw_images", "grant": "R01"}

Writer = Callable[..., Path]


def read(*paths: Path, amortized: bool = False) -> Spent:
    """What bills say, without a lab."""
    return spent(paths, NOW, amortized=amortized)


def left_out(found: Spent) -> list[tuple[str, float | None, int]]:
    """What is in no sum: why, how much and how many rows."""
    return [(one.what, None if one.amount is None else float(one.amount), one.rows) for one in found.excluded]


def bill(flavour: str, version: str, day: str = "2026-10-05", **values: object) -> list[Row]:
    """Two rows: one of a project's, one that belongs to nobody."""
    return [
        row(flavour, version, day, 1.25, "bucket-a", tags=TAGS, **values),
        row(flavour, version, day, 0.75, "bucket-b", **values),
    ]


def said(found: Spent) -> str:
    """Everything that is said of what is not counted, in one text."""
    return " ".join(one.said for one in found.excluded)


@pytest.mark.parametrize("write", [as_csv, as_parquet])
@pytest.mark.parametrize(("flavour", "version"), list(COLUMNS))
def test_a_bill_of_each_provider_and_version_is_read(tmp_path: Path, write: Writer, flavour: str, version: str) -> None:
    """Its flavour and version are told by its columns, and tags tell whose a charge is."""
    path = tmp_path / ("bill.csv" if write is as_csv else "bill.parquet")
    found = read(write(path, flavour, bill(flavour, version)))
    assert [(one.flavour, one.version, one.rows) for one in found.reports] == [(flavour, version, 2)]
    assert found.excluded == ()
    (ours,) = [one for one in found.actuals if one.project]
    assert (ours.project, ours.dataset, ours.level, ours.grant) == ("atlas", "atlas/raw_images", "raw_images", "R01")
    assert (ours.month, ours.usd, ours.usage, ours.line, ours.by) == (
        "2026-10",
        Decimal("1.25"),
        "storage",
        "charge",
        "tag",
    )
    assert [(one.resource, one.usd) for one in found.untagged] == [("bucket-b", Decimal("0.75"))]
    assert found.untagged_share == pytest.approx(0.75 / 2)


def test_csv_in_gzip_is_read(tmp_path: Path) -> None:
    """As AWS delivers it."""
    assert read(as_csv(tmp_path / "bill.csv.gz", "aws", bill("aws", "1.0"))).total() == 2


def test_names_of_columns_may_be_in_small_letters(tmp_path: Path) -> None:
    """Athena makes them so."""
    rows = [{name.lower(): value for name, value in one.items()} for one in bill("aws", "1.2")]
    path = as_csv(tmp_path / "bill.csv", "aws", rows)
    found = read(path)
    assert found.total() == 2
    assert found.reports[0].version == "1.2"


def test_amortized_counts_effective_cost(tmp_path: Path) -> None:
    """BilledCost is what is counted otherwise, and both are said."""
    path = as_csv(tmp_path / "bill.csv", "aws", bill("aws", "1.0", EffectiveCost=3.0))
    assert (read(path).cost, float(read(path).total())) == ("BilledCost", 2)
    assert (read(path, amortized=True).cost, float(read(path, amortized=True).total())) == (
        "EffectiveCost",
        6,
    )


def test_a_path_with_signs_that_stand_for_others_is_that_path_alone(tmp_path: Path) -> None:
    """DuckDB would otherwise read other files too."""
    as_csv(tmp_path / "ab.csv", "aws", bill("aws", "1.0"))
    assert read(as_csv(tmp_path / "[a]*.csv", "aws", bill("aws", "1.0"))).total() == 2


def test_a_bill_in_gzip_is_known_by_its_end_whatever_is_in_its_name(tmp_path: Path) -> None:
    """A question mark in a name begins no query."""
    assert read(as_csv(tmp_path / "why?.csv.gz", "aws", bill("aws", "1.0"))).total() == 2


def test_what_comes_back_has_a_line_of_its_own(tmp_path: Path) -> None:
    """Credits, adjustments, corrections, refunds, taxes and support are no charges."""
    rows = [
        row("aws", "1.0", "2026-10-05", 10.0, "a", tags=TAGS),
        row("aws", "1.0", "2026-10-05", -1.0, "a", tags=TAGS, ChargeCategory="Credit"),
        row("aws", "1.0", "2026-10-05", -2.0, "a", tags=TAGS, ChargeClass="Correction"),
        row("aws", "1.0", "2026-10-05", -0.5, "a", tags=TAGS, ChargeCategory="Adjustment"),
        row("aws", "1.0", "2026-10-05", -0.25, "a", tags=TAGS),
        row("aws", "1.0", "2026-10-05", 0.8, "", ChargeCategory="Tax"),
        row("aws", "1.0", "2026-10-05", 29.0, "", ServiceName="AWS Support (Developer)"),
        row("aws", "1.0", "2026-10-05", 3.0, "", ChargeCategory="Purchase"),
    ]
    found = read(as_csv(tmp_path / "bill.csv", "aws", rows))
    assert found.by(lambda one: one.line) == {
        "adjustment": Decimal("-0.5"),
        "charge": 13,
        "correction": -2,
        "credit": -1,
        "refund": Decimal("-0.25"),
        "support": 29,
        "tax": Decimal("0.8"),
    }
    assert found.by(lambda one: one.usage, "charge") == {"purchase": 3, "storage": 10}
    assert found.untagged_share == pytest.approx(3 / 13)


def test_currencies_are_never_added_up(tmp_path: Path) -> None:
    """Others than US dollars are summed by themselves."""
    rows = [
        *bill("azure", "1.0"),
        row("azure", "1.0", "2026-10-05", 5.0, "x", BillingCurrency="EUR"),
        row("azure", "1.0", "2026-10-06", 6.0, "x", BillingCurrency="eur"),
        row("azure", "1.0", "2026-10-06", 7.0, "x", BillingCurrency="GBP"),
        row("azure", "1.0", "2026-10-06", 8.0, "x", BillingCurrency=None),
    ]
    found = read(as_csv(tmp_path / "bill.csv", "azure", rows))
    assert found.total() == 2
    assert [(one.currency, float(one.amount)) for one in found.foreign] == [("EUR", 11), ("GBP", 7)]
    assert left_out(found) == [("currency", 8, 1)]


def test_rows_that_cannot_be_counted_are_left_out_with_their_amounts(tmp_path: Path) -> None:
    """A cost that is no number, a date that is none, the future, a category that FOCUS has not."""
    rows = [
        *bill("aws", "1.0"),
        row("aws", "1.0", "2026-10-05", 1.0, BilledCost="1,5"),
        row("aws", "1.0", "2026-10-05", 1.0, BilledCost="NaN"),
        row("aws", "1.0", "2026-10-05", 2.0, ChargePeriodStart="10/05/2026"),
        row("aws", "1.0", "2027-01-05", 4.0),
        row("aws", "1.0", "2026-10-05", 8.0, ChargeCategory="Gift"),
    ]
    found = read(as_csv(tmp_path / "bill.csv", "aws", rows))
    assert found.total() == 2
    assert set(left_out(found)) == {
        ("cost", None, 2),
        ("date", 2, 1),
        ("future", 4, 1),
        ("category", 8, 1),
    }
    assert "of the future (the first on 2027-01-05" in said(found)
    assert found.unread


@pytest.mark.parametrize(
    ("start", "month", "note"),
    [
        ("2026-10-01T00:00:00Z", "2026-10", ""),
        ("2026-10-01T00:00Z", "2026-10", ""),
        ("2026-10-01 00:00:00 UTC", "2026-10", ""),
        ("2026-09-30T23:30:00-05:00", "2026-10", "another zone"),
        ("2026-10-01T05:00:00+05:30", "2026-09", "another zone"),
        ("2026-10-01", "2026-10", "a day alone"),
        ("2026-10-01T00:00:00", "2026-10", "without a zone"),
    ],
)
def test_months_are_those_of_utc(tmp_path: Path, start: str, month: str, note: str) -> None:
    """Whatever zone a time is written in; and how it was read is said."""
    rows = [row("aws", "1.0", "2026-10-01", 1.0, ChargePeriodStart=start, BillingPeriodStart=None)]
    found = read(as_csv(tmp_path / "bill.csv", "aws", rows))
    assert found.months == (month,)
    assert note in " ".join(found.notes)
    assert bool(found.notes) == bool(note)


def test_charges_outside_the_billing_period_are_counted_where_they_were_made_and_said(tmp_path: Path) -> None:
    """Providers bill late: such a charge is of the month before."""
    october = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    rows = [row("aws", "1.0", "2026-09-30", 3.0, BillingPeriodStart=october), *bill("aws", "1.0")]
    found = read(as_csv(tmp_path / "bill.csv", "aws", rows))
    assert found.by(lambda one: one.month) == {"2026-09": 3, "2026-10": 2}
    assert any(
        note.startswith("1 row (3.00 USD) of charges before or after the billing period") for note in found.notes
    )


@pytest.mark.parametrize("column", ["BilledCost", "BillingCurrency", "ChargePeriodStart", "ChargeCategory"])
@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_a_file_without_a_needed_column_is_not_counted(tmp_path: Path, write: Writer, column: str) -> None:
    """It is named with the column, and the others are counted."""
    as_csv(tmp_path / "good.csv", "aws", bill("aws", "1.0"))
    suffix = "csv" if write is as_csv else "parquet"
    write(tmp_path / f"bad.{suffix}", "aws", bill("aws", "1.0", "2026-09-01"), without=(column,))
    found = read(tmp_path)
    assert found.total() == 2
    assert f"bad.{suffix} has no {column}" in said(found)
    assert found.unread


def test_a_file_that_is_no_bill_is_not_counted(tmp_path: Path) -> None:
    """Any other CSV."""
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert "is no bill in FOCUS" in said(read(tmp_path))


def test_a_draft_before_the_first_version_is_not_counted(tmp_path: Path) -> None:
    """FOCUS 1.0-preview has ChargeSubcategory and no ChargeClass."""
    rows = bill("azure", "1.0")
    for one in rows:
        del one["ChargeClass"]
        one["ChargeSubcategory"] = "On-Demand"
    assert "a draft of FOCUS before 1.0" in said(read(as_csv(tmp_path / "bill.csv", "azure", rows)))


def test_columns_of_a_later_version_are_said(tmp_path: Path) -> None:
    """And the file is read as what is known of it."""
    rows = [{**one, "CarbonFee": 1} for one in bill("aws", "1.2")]
    found = read(as_csv(tmp_path / "bill.csv", "aws", rows))
    assert found.total() == 2
    assert any("CarbonFee" in note and "read as 1.2" in note for note in found.notes)


def test_a_parquet_that_is_cut_off_is_not_counted(tmp_path: Path) -> None:
    """Nothing of it can be read, so that its amount is not known."""
    path = as_parquet(tmp_path / "bill.parquet", "aws", bill("aws", "1.0"))
    path.write_bytes(path.read_bytes()[:-100])
    found = read(path)
    assert [(one.what, one.amount, one.unread) for one in found.excluded] == [("unreadable", None, True)]
    assert str(path) in said(found)


def test_a_csv_that_is_cut_off_is_not_counted_and_says_what_of_it_could_be_read(tmp_path: Path) -> None:
    """In the middle of a quoted field or of a row."""
    rows = [row("aws", "1.0", "2026-10-05", 1.0, f"bucket-{number}", tags=TAGS) for number in range(50)]
    path = as_csv(tmp_path / "bill.csv", "aws", rows)
    path.write_bytes(path.read_bytes()[:-40])
    found = read(path)
    assert found.total() == 0
    assert left_out(found) == [("cut off", 49, 49)]


def test_a_gzip_that_is_cut_off_is_not_counted(tmp_path: Path) -> None:
    """Whatever could be unpacked of it."""
    path = as_csv(tmp_path / "bill.csv.gz", "aws", bill("aws", "1.0") * 500)
    path.write_bytes(path.read_bytes()[:-30])
    found = read(path)
    assert found.actuals == ()
    assert "bill.csv.gz" in said(found)
    assert found.unread


def test_a_csv_whose_last_line_does_not_end_is_said(tmp_path: Path) -> None:
    """It may be cut off in its last field, which nothing else shows."""
    path = as_csv(tmp_path / "bill.csv", "aws", bill("aws", "1.0"))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert any("does not end with the end of a line" in note for note in read(path).notes)


def test_a_broken_file_says_nothing_of_its_contents(tmp_path: Path) -> None:
    """Lines of a bill have names in them."""
    path = as_csv(tmp_path / "bill.csv", "aws", [row("aws", "1.0", "2026-10-05", 1.0, "secret-bucket")])
    path.write_bytes(path.read_bytes()[:-3] + b'\n"secret-bucket')
    assert "secret-bucket" not in said(read(path))


def test_no_bill_at_all_is_an_error(tmp_path: Path) -> None:
    """An empty folder, and a path that is not there."""
    with pytest.raises(InputError, match="There is no bill in"):
        read(tmp_path)
    with pytest.raises(InputError, match="is not there"):
        read(tmp_path / "missing.csv")


def test_signatures_in_names_of_resources_are_not_shown(tmp_path: Path) -> None:
    """A link with a shared access signature is shown without it."""
    url = "https://acct.blob.core.windows.net/c?sv=2024&sig=abc123"
    found = read(as_csv(tmp_path / "bill.csv", "azure", [row("azure", "1.0", "2026-10-05", 1.0, url)]))
    assert [one.resource for one in found.untagged] == ["https://acct.blob.core.windows.net/c"]


# Two reports of one day.


def aged(path: Path, days: int) -> Path:
    """A file that was written so many days ago."""
    then = (NOW - dt.timedelta(days=days)).timestamp()
    os.utime(path, (then, then))
    return path


def test_two_reports_of_one_month_are_counted_once_from_the_newer(tmp_path: Path) -> None:
    """The older ends on the 5th, the newer has that day again and the next."""
    old = [row("aws", "1.0", f"2026-10-0{day}", 1.0, "a") for day in (3, 4, 5)]
    new = [row("aws", "1.0", f"2026-10-0{day}", 2.0, "a") for day in (4, 5, 6)]
    aged(as_csv(tmp_path / "month.csv", "aws", old), 5)
    aged(as_csv(tmp_path / "month (1).csv", "aws", new), 2)
    found = read(tmp_path)
    assert found.total() == 1 + 3 * 2
    assert left_out(found) == [("counted already", 2, 2)]
    assert not found.unread
    assert "from 2026-10-04 to 2026-10-05" in said(found)


def test_where_nothing_says_which_is_newer_that_is_said(tmp_path: Path) -> None:
    """The last by its name is taken."""
    for name in ("a.csv", "b.csv"):
        aged(as_csv(tmp_path / name, "aws", bill("aws", "1.0")), 3)
    found = read(tmp_path)
    assert found.total() == 2
    assert "nothing but its name says which to take" in said(found)


def test_exports_that_have_nothing_in_common_are_added_up(tmp_path: Path) -> None:
    """Two services of one account, and the same of two accounts, on one day."""
    as_csv(tmp_path / "s3.csv", "aws", [row("aws", "1.0", "2026-10-05", 1.0, "a")])
    as_csv(
        tmp_path / "kms.csv", "aws", [row("aws", "1.0", "2026-10-05", 2.0, "k", ServiceName="KMS", meter="KMS-Keys")]
    )
    as_csv(tmp_path / "else.csv", "aws", [row("aws", "1.0", "2026-10-05", 4.0, "a", SubAccountId="second")])
    found = read(tmp_path)
    assert found.total() == 7
    assert found.excluded == ()


def test_google_s_exports_that_go_on_where_another_ended_are_added_up(tmp_path: Path) -> None:
    """Its table is only added to; x_ExportTime says what came when, also for the same resource and day."""
    early, late = dt.datetime(2026, 10, 7, tzinfo=dt.UTC), dt.datetime(2026, 10, 9, tzinfo=dt.UTC)
    for name, when in (("a.parquet", early), ("b.parquet", late)):
        as_parquet(tmp_path / name, "google", [row("google", "1.2", "2026-10-05", 1.0, "a", x_ExportTime=when)])
    assert read(tmp_path).total() == 2
    as_parquet(tmp_path / "c.parquet", "google", [row("google", "1.2", "2026-10-05", 1.5, "a", x_ExportTime=late)])
    found = read(tmp_path)
    assert "counted already" in [one.what for one in found.excluded]


def test_parts_of_one_export_are_added_up(tmp_path: Path) -> None:
    """They differ in their numbers, and may have rows of the same resource and day."""
    for number in (1, 2, 3):
        as_parquet(tmp_path / f"costs-0000{number}.snappy.parquet", "aws", bill("aws", "1.2"))
    found = read(tmp_path)
    assert found.total() == 6
    assert [one.files for one in found.reports] == [3]


# Manifests.


def of_aws(folder: Path, month: str, files: list[str], run: str = "") -> None:
    """AWS's own folders, with a manifest: ``data`` and ``metadata``, by billing period and, it may be, run."""
    inside = f"BILLING_PERIOD={month}/{run}" if run else f"BILLING_PERIOD={month}"
    manifest = folder / "metadata" / inside / "costs-Manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    uris = [f"s3://bucket/prefix/costs/data/{inside}/{name}" for name in files]
    manifest.write_text(json.dumps({"executionId": run, "columns": [], "dataFiles": uris}))


def test_a_manifest_of_aws_says_which_files_belong_together(tmp_path: Path) -> None:
    """Each month has files of the same names; what a manifest names and is not there is said."""
    for month in ("2026-09", "2026-10"):
        path = tmp_path / "data" / f"BILLING_PERIOD={month}" / "costs-00001.snappy.parquet"
        as_parquet(path, "aws", bill("aws", "1.2", f"{month}-05"))
        of_aws(tmp_path, month, ["costs-00001.snappy.parquet"] + ["costs-00002.snappy.parquet"] * (month == "2026-10"))
    found = read(tmp_path)
    assert found.by(lambda one: one.month) == {"2026-09": 2, "2026-10": 2}
    assert [(one.what, one.amount, one.unread) for one in found.excluded] == [("missing", None, True)]
    assert "costs-00002.snappy.parquet, which is not there" in said(found)


def test_runs_that_aws_keeps_are_counted_once(tmp_path: Path) -> None:
    """Each run has a folder with its time, and the whole month so far."""
    for run, usd in (("2026-10-06T01:02:03.000Z-abc", 1.0), ("2026-10-07T01:02:03.000Z-def", 1.5)):
        path = tmp_path / "data" / "BILLING_PERIOD=2026-10" / run / "costs-00001.snappy.parquet"
        as_parquet(path, "aws", [row("aws", "1.2", "2026-10-05", usd, "a")])
        of_aws(tmp_path, "2026-10", ["costs-00001.snappy.parquet"], run)
    found = read(tmp_path)
    assert found.total() == Decimal("1.5")
    assert "which is the newer one" in said(found)


def of_azure(folder: Path, files: list[tuple[Path, int | None]], version: str = "1.0", run: str = "r1") -> Path:
    """Azure's manifest beside the files of a run, with their sizes and how many rows they have."""
    blobs = [{"blobName": f"exports/{p.name}", "byteCount": p.stat().st_size, "dataRowCount": n} for p, n in files]
    document = {
        "exportConfig": {"exportName": "costs", "dataVersion": version, "type": "FocusCost"},
        "runInfo": {"runId": run, "submittedTime": "2026-10-06T01:02:03.1234567Z"},
        "blobs": blobs,
    }
    (folder / "manifest.json").write_text(json.dumps(document))
    return folder / "manifest.json"


def test_a_manifest_of_azure_is_held_against_its_files(tmp_path: Path) -> None:
    """Bytes and rows have to be as many as it says."""
    path = as_csv(tmp_path / "part_0_0001.csv", "azure", bill("azure", "1.0"))
    manifest = of_azure(tmp_path, [(path, 2)])
    assert read(manifest).total() == 2
    of_azure(tmp_path, [(path, 3)])
    assert left_out(read(tmp_path)) == [("cut off", 2, 2)]
    of_azure(tmp_path, [(path, 2)])
    path.write_bytes(path.read_bytes() + b"\n")
    found = read(tmp_path)
    assert found.total() == 0
    assert "by its manifest" in said(found)


@pytest.mark.parametrize(("version", "known"), [("1.0", True), ("1.0r2", True), ("1.2-preview", True), ("2.0", False)])
def test_a_version_that_a_manifest_says_has_to_be_known(tmp_path: Path, version: str, known: bool) -> None:
    """Azure says which version its files are of."""
    path = as_csv(tmp_path / "part_0_0001.csv", "azure", bill("azure", "1.0"))
    of_azure(tmp_path, [(path, 2)], version)
    found = read(tmp_path)
    assert found.total() == (2 if known else 0)
    assert ("is of FOCUS 2.0 by its manifest" in said(found)) is not known


def test_a_manifest_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """The files beside it are read by themselves."""
    as_csv(tmp_path / "bill.csv", "azure", bill("azure", "1.0"))
    (tmp_path / "manifest.json").write_text("{")
    found = read(tmp_path)
    assert found.total() == 2
    assert "is no manifest that can be read" in said(found)


# What else files may be.


def test_a_file_without_rows_and_one_without_anything(tmp_path: Path) -> None:
    """The first costs nothing, the second is no bill."""
    path = as_csv(tmp_path / "bill.csv", "aws", bill("aws", "1.0"))
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    found = read(path)
    assert (found.actuals, found.excluded, found.first) == ((), (), None)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "empty.parquet").touch()
    (tmp_path / "empty.csv.gz").touch()
    assert len(read(tmp_path).excluded) == 3


def test_text_that_is_no_utf_8_is_not_counted(tmp_path: Path) -> None:
    """It is said, whatever it is."""
    path = as_csv(tmp_path / "bill.csv", "aws", bill("aws", "1.0"))
    path.write_bytes(path.read_bytes().replace(b"bucket-a", b"bucket-\xff"))
    found = read(path)
    assert found.total() == 0
    assert found.unread


def test_fields_with_lines_and_quotes_in_them(tmp_path: Path) -> None:
    """As CSV has them (RFC 4180)."""
    rows = bill("aws", "1.0", ChargeDescription='a "b", c\nd')
    assert read(as_csv(tmp_path / "bill.csv", "aws", rows)).total() == 2


def test_another_delimiter_is_seen_by_the_first_line(tmp_path: Path) -> None:
    """Spreadsheets of some countries write semicolons; and commas in numbers, which are not guessed at."""
    path = tmp_path / "bill.csv"
    head = "BilledCost;BillingCurrency;ChargeCategory;ChargeClass;ChargePeriodStart;ServiceName;Tags;ResourceId"
    path.write_text(f"{head}\n1.5;USD;Usage;;2026-10-05T00:00:00Z;S3;;a\n1,5;USD;Usage;;2026-10-05T00:00:00Z;S3;;a\n")
    found = read(path)
    assert float(found.total()) == 1.5
    assert left_out(found) == [("cost", None, 1)]


def test_columns_may_have_other_types_than_they_should(tmp_path: Path) -> None:
    """Numbers and times as text, and tags as a record, as some tools write them."""
    import pyarrow as pa  # noqa: PLC0415 - of an extra
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pa.table(
        {
            "BilledCost": ["1.5", "x"],
            "BillingCurrency": ["USD", "USD"],
            "ChargeCategory": ["Usage", "Usage"],
            "ChargeClass": pa.array([None, None], pa.string()),
            "ChargePeriodStart": [dt.date(2026, 10, 5)] * 2,
            "ResourceId": ["a", "b"],
            "Tags": [{"project": "atlas", "other": None}, None],
        }
    )
    pq.write_table(table, tmp_path / "bill.parquet")
    found = read(tmp_path / "bill.parquet")
    assert [(one.project, float(one.usd)) for one in found.actuals] == [("atlas", 1.5)]
    assert left_out(found) == [("cost", None, 1)]
    assert any("a day alone" in note for note in found.notes)


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    """By itself, by its folder, and by a link."""
    path = as_csv(tmp_path / "bill.csv", "aws", bill("aws", "1.0"))
    (tmp_path / "link.csv").symlink_to(path)
    assert read(path, tmp_path, tmp_path / "link.csv").total() == 2


def test_charges_by_the_month_are_said_not_to_show_what_rose(tmp_path: Path) -> None:
    """AWS exports by the month if it is told to."""
    rows = [row("aws", "1.2", f"2026-{month:02}-01", 1.0, "a") for month in range(1, 11)]
    found = read(as_csv(tmp_path / "bill.csv", "aws", rows))
    assert found.anomalies == ()
    assert any("those of whole months" in note for note in found.notes)


def test_without_duckdb_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not needed by who does not ask for this."""
    path = as_csv(tmp_path / "bill.csv", "aws", bill("aws", "1.0"))
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(InputError, match="slidebox\\[analytics\\]"):
        read(path)
