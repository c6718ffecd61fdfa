"""When datasets were last read, by the logs of clouds: moments as they are written there."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from slidebox.cli.last_reads import reads_of
from slidebox.errors import UnreadableError
from slidebox.naming import bucket_of

from .advice_lab import lab_of, plan_of

RAW = "atlas/raw_images"


def read_at(folder: Path, *moments: str) -> dict[str, dt.datetime]:
    """What logs of CloudTrail say of one dataset that was read at these moments, each in a file of its own."""
    pytest.importorskip("duckdb")
    lab = lab_of(folder / "lab", {"raw_images": {"size": "1 TiB", "files": 1024}})
    (folder / "logs").mkdir()
    for number, moment in enumerate(moments):
        event = {
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "eventTime": moment,
            "userIdentity": {"arn": f"arn:aws:iam::111122223333:user/{number}"},
            "requestParameters": {"bucketName": bucket_of(lab, RAW, "s3")},
        }
        (folder / "logs" / f"{number}.json").write_text(json.dumps({"Records": [event]}), encoding="utf-8")
    return reads_of([folder / "logs"], plan_of(lab), lab)


def test_a_moment_without_a_zone_is_one_of_utc(tmp_path: Path) -> None:
    """Beside those that have one."""
    found = read_at(tmp_path, "2026-11-20T10:00:00", "2026-11-20T09:30:00Z", "2026-11-20T11:00:00+02:00")
    assert found == {RAW: dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)}


def test_what_is_no_moment_is_said_with_the_file_that_has_it(tmp_path: Path) -> None:
    """Never taken for a moment at which nothing was read."""
    with pytest.raises(UnreadableError, match=r"1\.json.*'yesterday'"):
        read_at(tmp_path, "2026-11-20T10:00:00Z", "yesterday")
