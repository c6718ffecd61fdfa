"""Days that no calendar has are refused where they are written, so that no facts carry them."""

from __future__ import annotations

from pathlib import Path

import pytest

from slidebox import labfile
from slidebox.errors import InputError

LAB = """\
lab: x
title: X
people: {ada: {name: Ada, left: LEFT}}
stores: {idr: {system: idr}}
"""
PROJECT = """\
project: p
title: P
owner: ada
audience: {steward: [ada]}
datasets:
  raw_images: {size: 1 MB, files: 1, sensitivity: open, created: CREATED}
"""


def load(root: Path, left: str = "2027-01-01", created: str = "2026-01-02") -> None:
    """Load a lab with these days in its files."""
    (root / "projects").mkdir(exist_ok=True)
    (root / "lab.yaml").write_text(LAB.replace("LEFT", left), encoding="utf-8")
    (root / "projects" / "p.yaml").write_text(PROJECT.replace("CREATED", created), encoding="utf-8")
    labfile.load(root)


def test_days_of_the_calendar_are_taken(tmp_path: Path) -> None:
    """A leap day too."""
    load(tmp_path, "2028-02-29")


@pytest.mark.parametrize("day", ["2026-99-99", '"2026-99-99"', "2026-02-30", "2026-02-29", "2026-00-10", "2026-1-2x"])
@pytest.mark.parametrize("where", ["left", "created"])
def test_a_day_that_no_calendar_has_is_refused(tmp_path: Path, day: str, where: str) -> None:
    """Quoted or not, in either file."""
    with pytest.raises(InputError):
        load(tmp_path, **{where: day})
