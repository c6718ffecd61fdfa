"""`slidebox audit spend`: what it says, of a lab and without one."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bills import Row, as_csv, as_parquet, row
from tests.spend_lab import ACCOUNT, project, write

from slidebox.cli import slidebox
from slidebox.errors import InputError

pytest.importorskip("duckdb", reason="needs the extra `analytics`")

TAGS = {"lab": "lab", "project": "atlas", "level": "raw_images"}
ATLAS, CELLS = "lab-atlas-raw-images-amazon", "lab-cells-raw-images-amazon"


def call(folder: Path, *words: str) -> Result:
    """Ask in a terminal of 80 columns."""
    runner = CliRunner(env={"COLUMNS": "80"})
    return runner.invoke(slidebox, ["--lab", str(folder), "audit", "spend", *words], standalone_mode=False)


def answer(folder: Path, *words: str) -> dict[str, Any]:
    """The JSON document."""
    result = call(folder, "--json", *words)
    assert result.exception is None, result.exception
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def days(first: str, count: int, usd: float, resource: str, **values: Any) -> list[Row]:
    """The same charge on each of some days."""
    start = dt.date.fromisoformat(first)
    return [
        row("aws", "1.2", str(start + dt.timedelta(days=day)), usd, resource, SubAccountId=ACCOUNT, **values)
        for day in range(count)
    ]


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """Two projects, one with a grant and a budget of 30 dollars a month."""
    budget = {"monthly": 30.0}
    return write(tmp_path / "lab", project("atlas", grant="R01", budget=budget), project("cells"))


@pytest.mark.usefixtures("engines")
def test_a_month_is_held_against_forecast_and_budget(tmp_path: Path, lab: Path) -> None:
    """1 TB in the standard class is 23 dollars by the price book; egress was not forecast."""
    rows = [
        *days("2026-10-01", 31, 0.70, ATLAS, tags=TAGS),
        *days("2026-10-01", 31, 0.70, CELLS),
        *days("2026-10-01", 31, 1.00, ATLAS, tags=TAGS, meter="DataTransfer-Out-Bytes"),
    ]
    told = answer(lab, str(as_parquet(tmp_path / "bill.parquet", "aws", rows)))
    by = {one["project"]: one for one in told["forecast"]}
    assert by["atlas"]["is"] == "above"
    assert by["atlas"]["why"] == "egress: 31.00, and none was forecast"
    assert by["atlas"]["usd_low"] == pytest.approx(21.4, abs=2)
    assert by["cells"]["is"] == "within"
    assert told["budgets"] == [
        {"project": "atlas", "month": "2026-10", "actual": 52.7, "monthly": 30.0, "over": pytest.approx(22.7)}
    ]
    assert told["totals"]["by"]["grant"] == {"": 21.7, "R01": 52.7}
    assert told["totals"]["by"]["store"] == {"amazon": pytest.approx(74.4)}
    assert {(one["project"], one["by"]) for one in told["rows"]} == {("atlas", "tag"), ("cells", "name")}


def test_what_is_fine_exits_with_0_and_says_it_in_80_columns(tmp_path: Path, lab: Path) -> None:
    """Nothing over budget, nothing that rose, nothing that is nobody's."""
    path = as_parquet(tmp_path / "bill.parquet", "aws", days("2026-10-01", 31, 0.7, ATLAS, tags=TAGS))
    result = call(lab, str(path), "--no-forecast", "--by", "dataset", "--by", "grant")
    assert result.return_value == 0
    assert max(map(len, result.stdout.splitlines())) <= 80 + len(str(path))
    (line,) = [line.split() for line in result.stdout.splitlines() if line.startswith("atlas/raw_images")]
    assert line == ["atlas/raw_images", "R01", "21.70", "21.70"]
    assert "as invoiced (BilledCost)" in result.stdout


@pytest.mark.parametrize(("limit", "code"), [("0.4", 1), ("0.6", 0)])
def test_too_much_that_is_nobody_s_is_a_finding(tmp_path: Path, lab: Path, limit: str, code: int) -> None:
    """With a guess whose it is, marked as one."""
    rows = [*days("2026-10-01", 5, 1.0, ATLAS, tags=TAGS), *days("2026-10-01", 5, 1.0, "old-cells-masks")]
    path = as_csv(tmp_path / "bill.csv", "aws", rows)
    result = call(lab, str(path), "--no-forecast", "--untagged", limit)
    assert result.return_value == code
    assert "cells? (by name)" in result.stdout


def test_what_could_not_be_read_exits_with_3(tmp_path: Path, lab: Path) -> None:
    """Whatever else is so."""
    as_csv(tmp_path / "bills" / "good.csv", "aws", days("2026-10-01", 5, 1.0, ATLAS, tags=TAGS))
    (tmp_path / "bills" / "bad.parquet").write_bytes(b"PAR1 and no more")
    result = call(lab, str(tmp_path / "bills"), "--no-forecast")
    assert result.return_value == 3
    assert "bad.parquetcannotberead" in "".join(result.stdout.split())


def test_a_rise_is_explained_in_words(tmp_path: Path, lab: Path) -> None:
    """What, since when, by how much a day, by which usage and resource."""
    rows = [*days("2026-09-01", 20, 0.5, ATLAS, tags=TAGS), *days("2026-09-21", 10, 4.0, ATLAS, tags=TAGS)]
    result = call(lab, str(as_csv(tmp_path / "bill.csv", "aws", rows)), "--no-forecast")
    said = " ".join(result.stdout.split())
    assert result.return_value == 1
    assert (
        "anomaly: atlas: storage of Amazon Simple Storage Service cost 4.00 USD a day since 2026-09-21, and 0.50 "
        f"before: 35.00 more than usual in all. 100% of the rise is of {ATLAS} by USE1-TimedStorage-ByteHrs." in said
    )


def test_months_before_one_that_is_asked_for_are_not_judged(tmp_path: Path, lab: Path) -> None:
    """A spike of September is over in October; a rise that goes on is not, and what was usual is still known."""
    spike = [*days("2026-08-01", 61, 0.5, ATLAS, tags=TAGS), *days("2026-09-10", 1, 40.0, ATLAS, tags=TAGS)]
    october = days("2026-10-01", 20, 0.5, ATLAS, tags=TAGS)
    path = str(as_csv(tmp_path / "bill.csv", "aws", [*spike, *october]))
    assert [call(lab, path, "--no-forecast", *more).return_value for more in ((), ("--since", "2026-10"))] == [1, 0]
    told = answer(lab, path, "--no-forecast", "--since", "2026-10")
    assert (told["totals"]["charged"], told["first"]) == (10.0, "2026-10-01")
    dearer = days("2026-10-01", 20, 5.0, ATLAS, tags=TAGS)
    path = str(as_csv(tmp_path / "bill.csv", "aws", [*spike, *dearer]))
    (one,) = answer(lab, path, "--no-forecast", "--since", "2026-10")["anomalies"]
    assert (one["since"], one["usual"]) == ("2026-10-01", 0.5)


def test_every_sum_as_csv(tmp_path: Path, lab: Path) -> None:
    """One row for each, and nothing else."""
    path = as_csv(tmp_path / "bill.csv", "aws", days("2026-10-01", 5, 1.0, ATLAS, tags=TAGS))
    result = call(lab, str(path), "--no-forecast", "--csv")
    (found,) = csv.DictReader(io.StringIO(result.stdout))
    assert (found["project"], found["month"], found["usd"], found["by"]) == ("atlas", "2026-10", "5.0", "tag")


def test_without_a_lab_tags_alone_tell_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLIDEBOX_LAB", raising=False)
    path = as_csv(tmp_path / "bill.csv", "aws", days("2026-10-01", 5, 1.0, ATLAS, tags=TAGS))
    result = CliRunner().invoke(slidebox, ["audit", "spend", "--json", str(path)], standalone_mode=False)
    assert json.loads(result.stdout)["totals"]["by"]["project"] == {"atlas": 5.0}


def test_no_bill_is_an_error(tmp_path: Path, lab: Path) -> None:
    """And names what was looked at."""
    assert isinstance(call(lab, str(tmp_path / "none.csv")).exception, InputError)


def test_where_nothing_could_be_counted_no_sum_is_said(tmp_path: Path, lab: Path) -> None:
    """A sum of nothing would look as if nothing had been charged."""
    path = tmp_path / "bill.csv"
    path.write_text("Month,Amount\n2026-10,3.00\n", encoding="utf-8")
    result = call(lab, str(path), "--no-forecast")
    assert result.return_value == 3
    assert result.stdout.splitlines()[-1] == "Nothing could be counted; 1 exclusion."


def test_the_older_of_two_reports_is_said_to_be_in_no_sum(tmp_path: Path, lab: Path) -> None:
    """It has charges, which its newer fellow has too."""
    for name in ("a.csv", "b.csv"):
        as_csv(tmp_path / "bills" / name, "aws", days("2026-10-01", 5, 1.0, ATLAS, tags=TAGS))
    # Where a line is broken depends on how long the path is.
    said = "".join(call(lab, str(tmp_path / "bills"), "--no-forecast").stdout.split())
    assert "a.csv:AWS,FOCUS1.2,5rows,innosum" in said
    assert "b.csv:AWS,FOCUS1.2,5rows,2026-10-01to2026-10-05" in said


def test_one_row_that_cannot_be_counted_is_said_as_one(tmp_path: Path, lab: Path) -> None:
    """With the file that it is in and why."""
    rows = [*days("2026-10-01", 5, 1.0, ATLAS, tags=TAGS), *days("2026-10-06", 1, 1.0, ATLAS, BillingCurrency="")]
    path = as_csv(tmp_path / "bill.csv", "aws", rows)
    (one,) = answer(lab, str(path), "--no-forecast")["excluded"]
    assert one["said"] == f"1 row of {path} without a currency: not counted."


def test_without_a_lab_it_is_said_what_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of buckets, forecasts and budgets are the lab's."""
    monkeypatch.chdir(tmp_path)
    path = as_csv(tmp_path / "bill.csv", "aws", days("2026-10-01", 5, 1.0, ATLAS, tags=TAGS))
    runner = CliRunner(env={"COLUMNS": "80"})
    result = runner.invoke(slidebox, ["audit", "spend", str(path)], standalone_mode=False)
    assert "note: There is no lab here: tags alone tell whose a charge is" in result.stdout
