"""`slidebox advise` with inventories and logs, in a lab of its own, with the real rules."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from slidebox.cli import slidebox
from slidebox.errors import InputError, UnreadableError

from .advice_lab import GIB, lab_of
from .inventories import s3_object, s3_report

pytestmark = pytest.mark.usefixtures("engines")

MASKS = "small-atlas-segmentation-masks-s3"
NAME = "atlas/segmentation_masks"
DECLARED = {"size": "1 TiB", "files": 1024, "activity": "resting", "created": "2023-01-01", "licence": "CC0-1.0"}


def lab(folder: Path, **masks: Any) -> Path:
    """Masks in S3, and their metadata."""
    lab_of(folder, {"segmentation_masks": {**DECLARED, **masks}, "metadata": {"size": "1 MB", "files": 1}})
    return folder


def call(folder: Path, *words: str | Path) -> Result:
    """Call `slidebox advise` in a terminal of 80 columns."""
    told = [str(word) for word in words]
    runner = CliRunner(env={"COLUMNS": "80"})
    return runner.invoke(slidebox, ["--lab", str(folder), "advise", *told], standalone_mode=False)


def document(folder: Path, *words: str | Path) -> Any:
    """What it says for programs."""
    result = call(folder, *words, "--json")
    assert result.exception is None, result.exception
    return json.loads(result.stdout)


def test_what_an_inventory_has_seen_is_advised_about(tmp_path: Path) -> None:
    """A TiB in Standard that should be in Standard-IA: (23.552 − 12.80) × 12 less the move of 1,024 objects."""
    pytest.importorskip("ibis")
    objects = [s3_object(f"{number}.tif", GIB, ETag=f'"{number:032x}"') for number in range(1024)]
    s3_report(tmp_path / "reports", objects, bucket=MASKS)
    found = document(lab(tmp_path / "lab"), "--inventory", tmp_path / "reports")
    (one,) = found["advice"]
    assert (one["kind"], one["dataset"], one["store"]) == ("dearer class", NAME, "s3")
    assert one["one_year"]["usd"] == pytest.approx((23.552 - 12.8) * 12 - 0.01024)
    assert not any("No inventory" in said for said in found["untold"])


def test_a_drive_is_looked_at_by_its_name(tmp_path: Path) -> None:
    """As `slidebox audit inventory` takes it: as it is now, where it is the one that the lab marked."""
    pytest.importorskip("ibis")
    folder = lab(tmp_path / "lab")
    file = yaml.safe_load((folder / "lab.yaml").read_text())
    file["stores"]["bench"] = {"system": "internal_drive", "kind": "drive", "path": "bench"}
    (folder / "lab.yaml").write_text(yaml.safe_dump(file))
    (folder / "bench").mkdir()
    assert isinstance(call(folder, "--inventory", "bench").exception, UnreadableError)
    marking = ["--lab", str(folder), "mark", "bench", "--yes"]
    assert CliRunner().invoke(slidebox, marking, standalone_mode=False).exception is None
    found = document(folder, "--inventory", "bench")
    assert not any("No inventory" in said for said in found["untold"])


def test_a_report_that_is_damaged_is_said(tmp_path: Path) -> None:
    """Nothing is advised by what it says."""
    pytest.importorskip("ibis")
    manifest = s3_report(tmp_path / "reports", [s3_object("a", GIB)], bucket=MASKS)
    said = json.loads(manifest.read_text())
    said["files"][0]["MD5checksum"] = "0" * 32
    manifest.write_text(json.dumps(said))
    found = document(lab(tmp_path / "lab"), "--inventory", tmp_path / "reports")
    assert found["advice"] == []
    assert found["untold"]


def access(days: int, operation: str = "REST.GET.OBJECT") -> str:
    """A line of a server access log of S3."""
    moment = dt.datetime.now(tz=dt.UTC) - dt.timedelta(days=days)
    return (
        f"79a5 {MASKS} [{moment:%d/%b/%Y:%H:%M:%S} +0000] 192.0.2.3 arn:aws:iam::1:user/a 3E57427F3EXAMPLE {operation} "
        f'a.tif "GET /a.tif HTTP/1.1" 200 - 10 {GIB} 7 - "-" "S3Console/0.4" -\n'
    )


def cloudtrail(days: int, operation: str) -> str:
    """A file of CloudTrail with one call."""
    moment = dt.datetime.now(tz=dt.UTC) - dt.timedelta(days=days)
    call = {
        "eventSource": "s3.amazonaws.com",
        "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "eventName": operation,
        "userIdentity": {"arn": "arn:aws:iam::1:user/a"},
        "requestParameters": {"bucketName": MASKS},
    }
    return json.dumps({"Records": [call]})


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("access", access(300) + access(299, "REST.PUT.OBJECT"), access(300) + access(20)),
        ("trail.json", cloudtrail(300, "GetObject"), cloudtrail(20, "GetObject")),
        ("trail.json", cloudtrail(300, "PutObject"), cloudtrail(20, "GetObject")),
    ],
)
def test_logs_say_when_data_were_read_last(tmp_path: Path, name: str, old: str, new: str) -> None:
    """Masks that are worked on and were not read for 300 days are to rest; those read last month are not.

    What was written and never read was not read since the log begins. A list of names reads no data.
    """
    folder, log = lab(tmp_path / "lab", activity="active"), tmp_path / name
    log.write_text(old)
    found = document(folder, "--log", log)
    assert [(one["kind"], one["dataset"]) for one in found["advice"]] == [("unread", NAME)]
    log.write_text(new)
    assert document(folder, "--log", log)["advice"] == []
    if name == "trail.json":
        looked = tmp_path / "looked.json"
        log.write_text(cloudtrail(300, "GetObject"))
        looked.write_text(cloudtrail(5, "ListObjects"))
        assert [one["kind"] for one in document(folder, "--log", log, "--log", looked)["advice"]] == ["unread"]


def test_a_place_without_a_record_of_what_was_found_is_said(tmp_path: Path) -> None:
    """The rest is advised about all the same."""
    folder = lab(tmp_path / "lab", adopted={"s3": {"name": "old-masks"}})
    said = document(folder)["untold"]
    assert any(one.startswith("What was found of places that stay as they are: ") for one in said)


def test_everything_is_printed_at_eighty_columns(tmp_path: Path) -> None:
    """Amounts first, with their total; what overlaps stands by itself."""
    pytest.importorskip("ibis")
    objects = [s3_object(f"{number}.tif", GIB, ETag=f'"{number % 900:032x}"') for number in range(1024)]
    s3_report(tmp_path / "reports", objects, bucket=MASKS)
    shown = call(lab(tmp_path / "lab"), "--inventory", tmp_path / "reports").stdout
    assert max(map(len, shown.splitlines())) <= 80
    first, _, second = shown.partition("In place of one of these: about the same bytes, and not in the total")
    assert "dearer class of atlas/segmentation_masks in s3" in first
    assert "in all" in first
    assert "duplicates of atlas/segmentation_masks in s3" in second
    assert "In place of: dearer class of atlas/segmentation_masks in s3." in " ".join(second.split())


def test_what_is_no_log_is_said(tmp_path: Path) -> None:
    """With the kinds that are known."""
    log = tmp_path / "notes.txt"
    log.write_text("hello\n")
    error = call(lab(tmp_path / "lab"), "--log", log).exception
    assert isinstance(error, InputError)
    assert "no log that is known" in error.message
