"""A dataset that comes to rest: the plan changes, its bytes follow, and everything is written down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from .conftest import LAB, LabFactory, SmallLab, project

pytestmark = pytest.mark.e2e

SHORT = "segmentation_masks: {short: [internal_drive]}"
RAW, MASKS = "flow/raw_images", "flow/segmentation_masks"
BUCKET = "tiny-lab-flow-segmentation-masks-bench-s3"
STEP = "step: {repository: https://git.example.org/lab/cells, commit: 0123abc, date: 2026-01-05}"
ACTIVE = project(
    "flow",
    {"raw_images": "sensitivity: open", "segmentation_masks": f"sensitivity: open, parents: [raw_images], {STEP}"},
)
RESTING = ACTIVE.replace("parents: ", "activity: resting, parents: ")


def slidebox(lab: SmallLab, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a verb in the lab's folder."""
    done = subprocess.run(
        [sys.executable, "-m", "slidebox.cli", *words],
        cwd=lab.root,
        env={**lab.environment, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def document(lab: SmallLab, *words: str, code: int = 0) -> Any:
    """Run a verb and read its JSON."""
    return json.loads(slidebox(lab, *words, "--json", code=code).stdout)


def keys(lab: SmallLab, bucket: str) -> Sequence[str]:
    """What lies in a bucket for whoever lists it."""
    return [item["Key"] for item in lab.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_a_dataset_follows_its_plan_from_a_bucket_to_the_shelf(make_lab: LabFactory, tmp_path: Path) -> None:
    """put, rest, up, moves, move, undo, retire, up: and no moment without a whole copy."""
    file = LAB.replace(SHORT, f"{SHORT[:-1]}, mid: [external_drive]}}")
    lab = make_lab({"lab.yaml": file, "projects/flow.yaml": ACTIVE})
    lab.init("flow")
    made = lab.up("flow")
    assert made.code == 0, made.said
    folder = lab.root / "disks/shelf" / MASKS
    source = tmp_path / "masks"
    (source / "plate 1").mkdir(parents=True)
    (source / "plate 1" / "a.npy").write_bytes(b"mask a")
    (source / "b.npy").write_bytes(b"mask b")
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.tif").write_bytes(b"image")
    slidebox(lab, "put", RAW, str(raw))
    slidebox(lab, "put", MASKS, str(source))
    assert document(lab, "moves")["wanted"] == []

    # The plan changes: the engine makes the new place and does not delete the old one, which is not empty.
    lab.write({"projects/flow.yaml": RESTING})
    up = lab.up("flow")
    assert up.code != 0
    assert f"Bucket '{BUCKET}' of store 'bench-s3' is not empty (it holds objects)" in up.said
    assert "`slidebox move`" in up.said
    todo = slidebox(lab, "moves", code=1).stdout
    assert "flow/segmentation_masks: missing copy (bench-s3 → shelf): shelf has no copy of it" in " ".join(todo.split())
    assert "slidebox move flow/segmentation_masks --to shelf" in todo
    tried = slidebox(lab, "move", MASKS, "--dry-run").stdout
    assert "Nothing was moved: this was a dry run." in tried
    assert [file.name for file in folder.iterdir()] == [".slidebox-location.json"]

    # The bytes follow, and the old copy is set aside; the engine has nothing left to refuse.
    moved = slidebox(lab, "move", MASKS).stdout
    assert "shelf: 2 files written and read back, 0 there already" in moved
    assert (folder / "plate 1" / "a.npy").read_bytes() == b"mask a"
    assert keys(lab, BUCKET) == []
    assert "and nowhere else" in slidebox(lab, "moves").stdout
    up = lab.up("flow")
    assert up.code == 0, up.said
    assert f"Bucket '{BUCKET}' of store 'bench-s3' stays for now" in up.said
    assert BUCKET in lab.buckets()

    # That can be taken back, as long as the days of grace last.
    slidebox(lab, "retire", MASKS, "--undo")
    assert keys(lab, BUCKET) == ["b.npy", "plate 1/a.npy", "ro-crate-metadata.json"]
    left = document(lab, "moves", code=1)["wanted"]
    assert [(one["why"], one["source"]) for one in left] == [("left over", "bench-s3")]
    slidebox(lab, "retire", MASKS, "--from", "bench-s3", "--delete", "--yes", MASKS, "--most-of", "bench-s3")
    assert keys(lab, BUCKET) == []
    assert "Nothing has been set aside for long enough" in slidebox(lab, "retire", "--purge").stdout

    # The last copies of what nobody can make again do not go, whatever is typed.
    refused = slidebox(lab, "retire", RAW, "--delete", "--yes", RAW, "--most-of", "bench-s3", code=1).stdout
    assert "keeping/" in refused
    assert keys(lab, "tiny-lab-flow-raw-images-bench-s3")

    # Everything was written down, and a changed line shows.
    acts = [entry["act"] for entry in document(lab, "record")["flow"]["entries"]]
    assert acts == ["put", "put", "move", "retire", "restore", "retire"]
    record = lab.root / "record" / "flow.jsonl"
    whole = record.read_text(encoding="utf-8")
    record.write_text(whole.replace('"files":2', '"files":1', 1), encoding="utf-8")
    assert "flow.jsonl:" in slidebox(lab, "record", code=1).stdout
    record.write_text(whole, encoding="utf-8")

    # What it was made from, and how it is made again.
    assert "  from flow/raw_images\n  by https://git.example.org/lab/cells at 0123abc\n" in (
        slidebox(lab, "lineage", MASKS).stdout
    )
    assert '"flow/segmentation_masks<br/>kept in shelf"' in slidebox(lab, "lineage", "--format", "mermaid").stdout
    slidebox(lab, "lineage", "--format", "svg", "--output", "lineage.svg")
    assert (lab.root / "lineage.svg").read_text(encoding="utf-8").startswith("<svg")
    how = document(lab, "reprocess", MASKS)
    assert (how["begins"], how["steps"], how["missing"]) == ([RAW], [MASKS], [])
    again = slidebox(lab, "reprocess", MASKS).stdout
    assert "git -C cells checkout 0123abc" in again
    assert "was made in no container that is known" in " ".join(again.split())
