"""`slidebox report` with bills and inventories: what they add to the page, and what is said where they are faulty."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slidebox.cli import slidebox

from .bills import as_csv, as_parquet, row
from .inventories import acl, everyone, s3_object, s3_report
from .spend_lab import ACCOUNT, project, write

pytest.importorskip("ibis", reason="needs the extra `analytics`")
pytestmark = pytest.mark.usefixtures("engines")
ATLAS = "lab-atlas-raw-images-amazon"
TAGS = {"lab": "lab", "project": "atlas", "level": "raw_images"}


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """Two projects of 1 TB in a cloud, one with a grant and a budget."""
    return write(tmp_path / "lab", project("atlas", grant="R01", budget={"monthly": 30.0}), project("cells"))


def report(lab: Path, *words: Any) -> Result:
    """Run the verb over the lab's files and what was given."""
    command = ["--lab", str(lab), "report", "--files-only", "--json", *map(str, words)]
    return CliRunner(env={"COLUMNS": "80"}).invoke(slidebox, command, standalone_mode=False)


def page(lab: Path, *words: Any) -> dict[str, Any]:
    """The page's values."""
    done = report(lab, *words)
    assert done.exception is None, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def october(usd: float, resource: str, **values: Any) -> list[dict[str, Any]]:
    """The same charge on each day of a month."""
    days = (dt.date(2026, 10, 1) + dt.timedelta(days=number) for number in range(31))
    return [row("aws", "1.2", str(day), usd, resource, SubAccountId=ACCOUNT, **values) for day in days]


def test_a_month_of_bills_stands_beside_its_forecast(lab: Path, tmp_path: Path) -> None:
    """By project, grant and level; a project that is forecast and on no bill was charged nothing."""
    rows = [*october(0.7, ATLAS, tags=TAGS), *october(1.0, ATLAS, tags=TAGS, meter="DataTransfer-Out-Bytes")]
    found = page(lab, "--spend", as_parquet(tmp_path / "bill.parquet", "aws", rows))
    past = {one["project"]: one for one in found["spend"] if one["month"] == "2026-10"}
    assert set(past) == {"atlas", "cells"}
    assert past["atlas"]["actual"] == pytest.approx(52.7)
    assert (past["atlas"]["grant"], past["atlas"]["level"]) == ("R01", "raw_images")
    assert past["atlas"]["forecast"]["usual"] == pytest.approx(23, abs=2)
    assert past["cells"]["actual"] == 0
    assert {one["actual"] for one in found["spend"] if one["month"] > "2026-10"} == {None}
    kinds = {one["kind"]: one for one in found["notices"]}
    assert kinds["budget"]["usd"] == pytest.approx(22.7)
    assert any("the forecast is of what the bills are of (amazon)" in one["said"] for one in found["notices"])
    assert [one["read"] for one in found["sources"] if one["what"] == "bills"] == [True]


def test_spend_of_nobody_has_a_month_without_a_project(lab: Path, tmp_path: Path) -> None:
    """It is in no project's sum, and it is said."""
    found = page(lab, "--spend", as_csv(tmp_path / "bill.csv", "aws", october(2.0, "somebody-s-bucket")))
    (nobody,) = [one for one in found["spend"] if one["project"] == ""]
    assert (nobody["month"], nobody["actual"]) == ("2026-10", pytest.approx(62))
    assert "untagged" in {one["kind"] for one in found["notices"]}


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_faulty_bill_is_said_and_the_page_stands(lab: Path, tmp_path: Path, text: str) -> None:
    """Exit code 3; no month has an actual amount, and nothing says that nothing was spent."""
    file = tmp_path / "bill.csv"
    file.write_text(text, encoding="utf-8")
    done = report(lab, "--spend", file)
    assert done.return_value == 3
    assert "could not be read: bills" in done.stderr
    found = json.loads(done.stdout)
    assert {one["actual"] for one in found["spend"]} == {None}
    assert any("bills" in said for said in found["unknown"])
    assert found["placements"]


def test_what_was_given_and_is_not_there_is_said(lab: Path, tmp_path: Path) -> None:
    """Each by itself."""
    done = report(lab, "--spend", tmp_path / "no.csv", "--inventory", tmp_path / "no.json")
    assert done.return_value == 3
    read = {one["what"]: one["read"] for one in json.loads(done.stdout)["sources"]}
    assert (read["bills"], read["inventories"], read["the forecast"]) == (False, False, True)


def test_an_inventory_feeds_advice_and_findings_and_names_no_object(lab: Path, tmp_path: Path) -> None:
    """What is open by an object's own list is a finding, and advice knows of what really lies there."""
    now = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    old: dict[str, Any] = {"Bucket": ATLAS, "IsLatest": False, "LastModifiedDate": now, "Size": 10**12}
    rows = [
        s3_object("patient-17/Jane Roe.tif", Bucket=ATLAS, ObjectAccessControlList=acl(everyone())),
        *(s3_object(f"patient-17/old {number}.tif", **old, VersionId=f"v{number}") for number in range(5)),
    ]
    manifest = s3_report(tmp_path / "inventory", rows)
    done = report(lab, "--inventory", manifest)
    found = json.loads(done.stdout)
    assert done.return_value == 0, done.stderr
    assert "inventory/" in " ".join(one["rule"] for one in found["findings"])
    assert any("open to anyone" in one["message"] for one in found["findings"])
    assert "by the plan and inventories" in " ".join(one["said"] for one in found["sources"])
    assert not any("No inventory was given" in one["said"] for one in found["notices"])
    assert "Roe" not in done.stdout
    assert "patient-17" not in done.stdout
