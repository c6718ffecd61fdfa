"""`slidebox check --live` as a lab runs it: what is there passes until somebody adds a reader by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import LabFactory, SmallLab, project

pytestmark = pytest.mark.e2e

RAW = "sensitivity: open, activity: resting"


def check(lab: SmallLab) -> subprocess.CompletedProcess[str]:
    """What the command says of the lab's running stores."""
    command = [str(Path(sys.executable).parent / "slidebox"), "check", "--live"]
    return subprocess.run(command, cwd=lab.root, env=lab.environment, capture_output=True, text=True, check=False)


def test_what_is_there_passes_until_a_reader_is_added_by_hand(make_lab: LabFactory) -> None:
    """A folder that every account of the machine can read, and then can not any more."""
    lab = make_lab({"projects/first.yaml": project("first", {"raw_images": RAW})})
    lab.init("first")
    up = lab.up("first")
    assert up.code == 0, up.said
    folder = lab.root / "disks/shelf/first/raw_images"
    declared = folder.stat().st_mode

    good = check(lab)
    assert good.returncode == 0, good.stdout + good.stderr

    folder.chmod(0o755)
    opened = check(lab)
    assert opened.returncode == 1, opened.stdout + opened.stderr
    assert "sharing/readers_within_audience" in opened.stdout
    assert "anybody with an account can read" in " ".join(opened.stdout.split())

    folder.chmod(declared)
    assert check(lab).returncode == 0
