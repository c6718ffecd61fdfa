"""`pulumi up` of a submission with the real engine and rules, and `put` into its folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doubles.biostudies import LOGIN, PASSWORD, BioStudiesDouble, running

from slidebox import labfile
from slidebox.submission import from_json, mark_of

from .conftest import LabFactory, SmallLab

pytestmark = pytest.mark.e2e

LAB = f"""\
lab: tiny-lab
title: A lab of two
organisation: Example University
people:
  ada: {{name: Ada Example, email: ada@example.org, orcid: 0000-0002-1825-0097}}
  bob: {{name: Bob Example}}
stores:
  idr: {{system: idr, kind: archive, account: {LOGIN}, endpoint: URL}}
playbook:
  preferences: {{raw_images: {{long: [idr]}}, corrected_images: {{long: [idr]}}}}
"""
PROJECT = """\
project: first
title: Cell health of perturbed cells
owner: ada
activity: finished
public_from: long
audience: {contributor: [ada], reader: [bob]}
datasets:
  raw_images: {size: 1 MB, files: 1, origin: public, source: idr0080, sensitivity: open, licence: CC-BY-4.0}
study:
  description: Perturbed cells
  keywords: [Cell Painting]
  release: 2020-01-01
  sample: {organism: Homo sapiens, taxon: 9606, entity: A549 cells, preparation: fixed}
  imaging: {method: fluorescence microscopy, term: FBbi_00000246, instrument: Opera, parameters: 20x}
"""
RAW = "tiny-lab-first/raw_images"


@pytest.fixture(scope="module")
def service() -> Iterator[BioStudiesDouble]:
    """A running double."""
    with running() as double:
        yield double


def test_a_submission_comes_up_and_is_filled(make_lab: LabFactory, service: BioStudiesDouble, tmp_path: Path) -> None:
    """A draft with the project's mark and a folder are made once; put fills it; no password is in the state."""
    lab = make_lab({"lab.yaml": LAB.replace("URL", service.url), "projects/first.yaml": PROJECT})
    lab.environment["SLIDEBOX_TOKEN_IDR"] = PASSWORD
    lab.init("first")
    up = lab.up("first")
    assert up.code == 0, up.said
    (content,) = service.drafts.values()
    assert from_json(content).value("Identifier") == mark_of(labfile.load(lab.root), "first", "idr")
    assert f"{RAW}/" in service.files
    again = lab.up("first", "--expect-no-changes")
    assert again.code == 0, again.said
    state = str(lab.state("first"))
    assert (PASSWORD in state, "session-" in state, "DRAFT" in state) == (False, False, True)

    (tmp_path / "p1").mkdir()
    (tmp_path / "p1/A1.tiff").write_bytes(b"image" * 100)
    put = put_folder(lab, tmp_path)
    assert put.returncode == 0, put.stderr
    assert service.files[f"{RAW}/p1/A1.tiff"] == b"image" * 100
    assert f"{RAW}/ro-crate-metadata.json" in service.files


def put_folder(lab: SmallLab, folder: Path) -> subprocess.CompletedProcess[str]:
    """Put a folder as the raw images."""
    return subprocess.run(
        [lab.root / ".venv/bin/slidebox", "--lab", lab.root, "put", "first/raw_images", folder],
        env={**os.environ, **lab.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
