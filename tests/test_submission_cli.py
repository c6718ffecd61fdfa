"""`slidebox submission check` and `write`: all faults at once, and every document from the declaration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slidebox.cli import slidebox
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import FileEntry, Manifest, encode
from slidebox.submission import files_from_json, files_from_tsv, from_json, from_tsv

LAB = """\
lab: tiny-lab
title: A tiny lab
organisation: Example University
people:
  ada: {name: Ada Example, email: ada@example.org, orcid: 0000-0002-1825-0097}
stores:
  idr: {system: idr}
"""
PROJECT = """\
project: first
title: Cell health of perturbed cells
owner: ada
audience: {contributor: [ada]}
datasets:
  raw_images: {size: 1 GB, files: 2, sensitivity: open, licence: CC-BY-4.0}
  metadata: {size: 1 MB, files: 1, sensitivity: open}
study:
  description: Perturbed cells
  keywords: [Cell Painting]
  release: 2027-07-01
  tables: tables
  sample: {organism: Homo sapiens, taxon: 9606, entity: A549 cells, preparation: fixed}
  imaging: {method: fluorescence microscopy, term: FBbi_00000246, instrument: Opera, parameters: 20x}
"""
ENTRIES = (FileEntry("p1/A1.tiff", 3, "0" * 64), FileEntry("p1/A2.tiff", 4, "1" * 64))


def run(*words: str | Path) -> Result:
    """Run a verb at 80 columns."""
    return CliRunner(env={"COLUMNS": "80"}).invoke(slidebox, [str(word) for word in words], standalone_mode=False)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab with one project, and a folder of tables."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB)
    (tmp_path / "projects/first.yaml").write_text(PROJECT)
    (tmp_path / "tables/idr0000-plates.tsv").write_text("p1\t/data/p1\n")
    return tmp_path


@pytest.fixture
def crate(lab: Path) -> Path:
    """The manifest of the raw images."""
    manifest = Manifest("first/raw_images", "t", "d", "2026-11-24", Origin.LAB, Sensitivity.OPEN, files=ENTRIES)
    (lab / "ro-crate-metadata.json").write_bytes(encode(manifest))
    return lab / "ro-crate-metadata.json"


def test_a_whole_project_has_no_fault(lab: Path) -> None:
    """What is declared and the tables beside it are read, and nothing is found."""
    found = run("--lab", lab, "submission", "check", "first")
    assert (found.return_value, found.output) == (0, "2 files read: no fault\n")


def test_faults_of_the_declaration_and_of_tables_are_said_at_once_where_they_are(lab: Path) -> None:
    """A key that lacks, a wrong ORCID and a wrong plate are found in one run, each with file, line and column."""
    text = PROJECT.replace("keywords: [Cell Painting]\n  ", "").replace("CC-BY-4.0", "CC-BY-NC-4.0")
    (lab / "projects/first.yaml").write_text(text)
    (lab / "lab.yaml").write_text(LAB.replace("0097", "0098"))
    (lab / "tables/idr0000-plates.tsv").write_text("p1\tdata/p1\n")
    found = run("--lab", lab, "submission", "check", "first", "--json")
    faults = json.loads(found.output)["faults"]
    assert found.return_value == 1
    assert [(one["file"], one["line"]) for one in faults] == [
        ("lab.yaml", 5),
        ("projects/first.yaml", 6),
        ("projects/first.yaml", 8),
        ("tables/idr0000-plates.tsv", 1),
    ]
    assert all(one["column"] >= 1 and one["cause"] and one["cure"] for one in faults)
    assert max(map(len, run("--lab", lab, "submission", "check", "first").output.split("\n"))) <= 80


def test_a_folder_is_checked_without_a_lab(tmp_path: Path) -> None:
    """The files of a study need no lab around them; a folder without any is said."""
    assert run("submission", "check", tmp_path).exception is not None
    (tmp_path / "idr0001-study.txt").write_text("Study Title\tx\n")
    found = run("submission", "check", tmp_path)
    assert found.return_value == 1
    assert "idr0001-study.txt:1:1: Study License has no value." in " ".join(found.output.split())


def test_every_document_is_written_and_can_be_read_back(lab: Path, crate: Path, tmp_path: Path) -> None:
    """PageTab, lists of files with sizes and checksums, the study file and the tables are all there."""
    out = tmp_path / "out"
    found = run("--lab", lab, "submission", "write", "first", out, "--crate", crate)
    assert found.return_value == 0, found.output
    assert sorted(path.name for path in out.iterdir()) == [
        "idr0000-example-first-study.txt",
        "idr0000-plates.tsv",
        "raw_images.json",
        "raw_images.tsv",
        "submission.json",
        "submission.tsv",
    ]
    submission = from_tsv((out / "submission.tsv").read_text())
    assert submission.value("ReleaseDate") == "2027-07-01"
    assert from_json((out / "submission.json").read_text()).attributes == submission.attributes
    assert files_from_tsv((out / "raw_images.tsv").read_text(), "raw_images") == ENTRIES
    assert files_from_json((out / "raw_images.json").read_text(), "raw_images") == ENTRIES
    assert run("submission", "check", out).return_value == 0


def test_nothing_is_written_while_something_lacks(lab: Path, crate: Path, tmp_path: Path) -> None:
    """A declaration that lacks something gives its faults, exit code 1 and no file."""
    (lab / "projects/first.yaml").write_text(PROJECT.replace("CC-BY-4.0", "MIT"))
    found = run("--lab", lab, "submission", "write", "first", tmp_path / "out", "--crate", crate)
    assert (found.return_value, (tmp_path / "out").exists()) == (1, False)
    assert "projects/first.yaml:6:" in found.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "other"), "no project 'other'"),
        (("check", "first", "--dataset", "pipelines"), "no dataset 'pipelines'"),
    ],
)
def test_a_name_that_is_not_there_is_said(lab: Path, words: tuple[str, ...], said: str) -> None:
    """A project or dataset that is not declared is an error of the input."""
    assert said in str(run("--lab", lab, "submission", *words).exception)
