"""A shelf that is plugged in and out, with the real engine: offline is a warning, and the right drive is asked for."""

from __future__ import annotations

from pathlib import Path

import bagit
import pytest

from .conftest import LAB, LabFactory, project
from .test_flow import document, slidebox

pytestmark = pytest.mark.e2e

RAW = "drives/raw_images"
ONE = project("drives", {"raw_images": "sensitivity: open, activity: resting, licence: CC0-1.0"})
TWO = ONE + "  metadata: {size: 1 MB, files: 2, sensitivity: open, activity: resting, licence: CC0-1.0}\n"


def test_a_shelf_is_used_from_the_cupboard(make_lab: LabFactory, tmp_path: Path) -> None:
    """Made, filled with a bag, put away, asked about, asked for, and visited."""
    file = LAB.replace("capacity: 1 TB, encrypted: true}\nplaybook", "encrypted: true, bags: true}\nplaybook")
    file = file.replace("  bench-s3: {system: internal_drive, kind: s3, over: bench}\n", "")
    notes = "metadata: {short: [internal_drive], mid: [internal_drive]}"
    lab = make_lab({"lab.yaml": file.replace(notes, "metadata: {mid: [external_drive]}"), "projects/drives.yaml": ONE})
    lab.init("drives")
    made = lab.up("drives", "--skip-preview")
    assert made.code == 0, made.said
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.tif").write_bytes(b"image")
    slidebox(lab, "put", RAW, str(tmp_path / "raw"))
    shelf, cupboard = lab.root / "disks/shelf", lab.root / "cupboard"
    assert bagit.Bag(str(shelf / RAW)).validate()

    # What is made stays as it is. A new folder can be previewed; `up` says which drive it needs.
    shelf.rename(cupboard)
    lab.write({"projects/drives.yaml": TWO})
    new = lab.up("drives")
    assert new.code != 0
    preview, updated = new.said.split("Updating (drives)")
    assert "drives/raw_images stays as it is until then" in preview
    assert "drives/metadata can be made only then" in preview
    assert "error" not in preview
    assert "error: The disk of store 'shelf' is not mounted" in " ".join(updated.split())
    assert len(document(lab, "moves")["offline"]["shelf"]) > 0

    cupboard.rename(shelf)
    assert "drives/raw_images: whole, 1 file, 5 B" in slidebox(lab, "visit", "shelf").stdout
