"""`slidebox check --live` as a lab runs it: what is there passes until somebody adds a reader by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import LabFactory, SmallLab, project

pytestmark = pytest.mark.e2e

RAW = "sensitivity: open, activity: resting"


def check(lab: SmallLab) -> subprocess.CompletedProcess[str]:
    """What the command says of the lab's running stores."""
    return run(lab, "check", "--live")


def drift(lab: SmallLab) -> tuple[int, list[tuple[str, ...]]]:
    """How the audit of drift exits, and what it finds in the stores."""
    done = run(lab, "audit", "drift", "first", "--json")
    found = json.loads(done.stdout)["drifts"]
    names = ("kind", "what", "property", "there", "declared")
    return done.returncode, [tuple(str(one[name] or "") for name in names) for one in found]


def run(lab: SmallLab, *words: str) -> subprocess.CompletedProcess[str]:
    """Run slidebox in the lab's folder."""
    command = [str(Path(sys.executable).parent / "slidebox"), *words]
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


def test_what_was_changed_or_taken_away_by_hand_is_drift_until_it_is_mended(make_lab: LabFactory) -> None:
    """A folder with another mode, a folder that is gone, and a project that was never made."""
    lab = make_lab({f"projects/{name}.yaml": project(name, {"raw_images": RAW}) for name in ("first", "second")})
    lab.init("first")
    assert lab.up("first").code == 0
    assert drift(lab) == (0, [])

    folder = lab.root / "disks/shelf/first/raw_images"
    declared = f"{folder.stat().st_mode & 0o7777:04o}"
    folder.chmod(0o755)
    code, found = drift(lab)
    assert (code, found) == (1, [("different", "raw_images@shelf", "mode", "0755", declared)])

    shutil.rmtree(folder)
    assert drift(lab) == (1, [("missing", "raw_images@shelf", "", "", "")])
    assert not folder.exists()

    assert lab.up("first", "--refresh").code == 0
    assert drift(lab) == (0, [])
    second = run(lab, "audit", "drift", "second")
    assert second.returncode == 1
    assert second.stdout.startswith("missing: second is declared and not there\n  pulumi up -s second\n")
