"""`pulumi up` of a submission with the real engine and rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.doubles.biostudies import LOGIN, PASSWORD, BioStudiesDouble, running

from slidebox import labfile
from slidebox.submission import from_json, mark_of

from .conftest import LabFactory

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


def test_a_submission_comes_up_once(make_lab: LabFactory, service: BioStudiesDouble) -> None:
    """A draft with the project's mark and a folder are made once, and no password is in the state."""
    lab = make_lab({"lab.yaml": LAB.replace("URL", service.url), "projects/first.yaml": PROJECT})
    lab.environment["SLIDEBOX_TOKEN_IDR"] = PASSWORD
    lab.init("first")
    up = lab.up("first", "--skip-preview")
    assert up.code == 0, up.said
    (content,) = service.drafts.values()
    assert from_json(content).value("Identifier") == mark_of(labfile.load(lab.root), "first", "idr")
    assert f"{RAW}/" in service.files
    again = lab.up("first", "--expect-no-changes")
    assert again.code == 0, again.said
    state = str(lab.state("first"))
    assert (PASSWORD in state, "session-" in state, "DRAFT" in state) == (False, False, True)
