"""A dataset that comes to rest: the plan changes, its bytes follow, and everything is written down."""

from __future__ import annotations

import hashlib
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

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


IMAGES = {f"plate {n}/00{n}_01.ch5": bytes([n]) * 5000 for n in range(4)}

PUBLIC = """\
project: movies
title: Movies of dividing cells
owner: ada
audience: {contributor: [imaging]}
datasets:
  raw_images:
    {size: 9 TB, files: 4, origin: public, source: idr0013, keep: stream, sensitivity: open, licence: CC-BY-4.0}
  single_cell_embeddings:
    size: 1 MB
    files: 4
    sensitivity: open
    licence: CC-BY-4.0
    parents: [raw_images]
    step: {repository: https://git.example.org/lab/features, commit: 0123abc, date: 2026-01-05}
"""


@pytest.fixture
def idr(tmp_path: Path) -> Iterator[str]:
    """A server of public images."""
    for path, data in IMAGES.items():
        (tmp_path / "idr" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "idr" / path).write_bytes(data)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(tmp_path / "idr"))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_public_movies_are_streamed_and_their_features_kept(make_lab: LabFactory, tmp_path: Path, idr: str) -> None:
    """Nobody has nine terabytes to spare: each piece is read, worked on and deleted, and what is left says so."""
    scratch = "\n  gone: {system: deletion, kind: drive, path: disks/gone}\nplaybook:"
    lab = make_lab({"lab.yaml": LAB.replace("\nplaybook:", scratch, 1), "projects/movies.yaml": PUBLIC})
    lab.init("movies")
    up = lab.up("movies")
    assert up.code == 0, up.said
    folder = lab.root / "disks/gone/movies/raw_images"
    assert folder.is_dir()

    listed, features = tmp_path / "movies.tsv", tmp_path / "features"
    rows = [
        f"{idr}/{quote(path)}\t{path}\t{len(data)}\t{hashlib.sha256(data).hexdigest()}" for path, data in IMAGES.items()
    ]
    listed.write_text("\n".join(["address\tpath\tsize\tsha256", *rows, ""]), encoding="utf-8")
    program = tmp_path / "features.py"
    program.write_text(FEATURES, encoding="utf-8")
    words = ["stream", "movies/raw_images", str(listed), str(features)]
    command = ["--", sys.executable, str(program), "{piece}", "{into}"]
    assert "Nothing was read" in slidebox(lab, *words, "--dry-run", *command).stdout
    done = slidebox(lab, *words, "--workers", "2", *command).stdout
    assert "4 pieces streamed and deleted, 20 kB; 4 of them now" in " ".join(done.split())
    assert [file.name for file in folder.rglob("*") if file.is_file()] == [".slidebox-location.json"]
    assert sorted(file.read_text() for file in features.iterdir()) == ["0", "10000", "15000", "5000"]

    # A second run has nothing to do, and the record says what went and where it can be had again.
    assert "0 of them now" in " ".join(slidebox(lab, *words, *command).stdout.split())
    (entry,) = document(lab, "record", "movies")["movies"]["entries"]
    assert (entry["act"], entry["files"], entry["bytes"], entry["source"]) == ("stream", 4, 20_000, "idr0013")
    stone = json.loads((lab.root / f"record/tombstones/{entry['aside']}.json").read_text(encoding="utf-8"))
    assert {e["@id"] for e in stone["@graph"] if e["@type"] == "File"} >= {quote(path) for path in IMAGES}

    # Its features are kept, and are made again from the source.
    slidebox(lab, "put", "movies/single_cell_embeddings", str(features))
    how = document(lab, "reprocess", "movies/single_cell_embeddings")
    assert (how["begins"], how["missing"]) == (["movies/raw_images"], [])
    assert "keep: stream" in slidebox(lab, "put", "movies/raw_images", str(features), code=2).stderr
    assert document(lab, "moves")["wanted"] == []


FEATURES = """\
import pathlib
import sys

piece, into = map(pathlib.Path, sys.argv[1:])
(into / (piece.name + ".txt")).write_text(str(sum(piece.read_bytes())))
"""
