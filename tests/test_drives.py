"""A disk is used only where it carries its mark."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from slidebox import drives
from slidebox.cli import slidebox as cli
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Store, StoreKind, System

DAY = dt.date(2026, 1, 2)


def test_a_marked_disk_is_accepted(tmp_path: Path) -> None:
    """Marking twice is marking once."""
    first = drives.mark("way-lab", "bench", tmp_path, today=DAY)
    assert drives.mark("way-lab", "bench", tmp_path) == first
    assert (first.lab, first.store, first.made) == ("way-lab", "bench", "2026-01-02")
    drives.require("way-lab", "bench", tmp_path)


def test_an_empty_mount_point_is_refused(tmp_path: Path) -> None:
    """It is what is left when the disk is not mounted."""
    with pytest.raises(UnreadableError, match=r"is not mounted at .* the folder is there, but not the marker"):
        drives.require("way-lab", "bench", tmp_path)


def test_a_missing_mount_point_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(UnreadableError, match=r"does not exist.*slidebox mark bench"):
        drives.require("way-lab", "bench", tmp_path / "gone")


def test_another_stores_disk_is_refused(tmp_path: Path) -> None:
    """Both for use and for a second mark."""
    drives.mark("way-lab", "shelf", tmp_path)
    with pytest.raises(UnreadableError, match="is store 'shelf' of lab 'way-lab', not store 'bench'"):
        drives.require("way-lab", "bench", tmp_path)
    with pytest.raises(InputError, match="already marked as store 'shelf'"):
        drives.mark("way-lab", "bench", tmp_path)


def test_a_damaged_marker_is_no_marker(tmp_path: Path) -> None:
    """It proves nothing."""
    (tmp_path / drives.MARKER).write_text("{")
    with pytest.raises(UnreadableError, match="damaged"):
        drives.require("way-lab", "bench", tmp_path)


def test_a_folder_that_does_not_exist_cannot_be_marked(tmp_path: Path) -> None:
    """Making it would hide that nothing is mounted."""
    with pytest.raises(InputError, match="does not exist"):
        drives.mark("way-lab", "bench", tmp_path / "gone")


@pytest.mark.parametrize(("path", "expected"), [("disks/a", "/lab/disks/a"), ("/mnt/a", "/mnt/a"), ("../a", "/a")])
def test_a_relative_path_counts_from_the_labs_folder(path: str, expected: str) -> None:
    """An absolute one stays as it is."""
    store = Store(system=System.INTERNAL_DRIVE, kind=StoreKind.DRIVE, path=path)
    assert drives.drive_path(Path("/lab"), store) == Path(expected)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab with one drive inside its folder and one outside."""
    outside = tmp_path / "mnt"
    root = tmp_path / "lab"
    (root / "projects").mkdir(parents=True)
    (root / "lab.yaml").write_text(
        "lab: tiny-lab\ntitle: Tiny\npeople: {ada: {name: Ada}}\nstores:\n"
        "  bench: {system: internal_drive, kind: drive, path: disks/bench}\n"
        f"  shelf: {{system: external_drive, kind: drive, path: '{outside}'}}\n"
        "  zenodo: {system: zenodo}\n"
    )
    return root


def run(lab: Path, *words: str) -> tuple[object, str]:
    """Run the verb; answers what it raised or returned, and what it printed."""
    done = CliRunner().invoke(cli, ["--lab", str(lab), "mark", *words], standalone_mode=False)
    return done.exception or done.return_value, done.stdout


def test_mark_shows_the_folder_and_its_disk_before_it_asks(lab: Path) -> None:
    """A person sees which disk it is."""
    code, said = run(lab, "bench", "--yes")
    assert code == 0
    assert str(lab / "disks/bench") in said.replace("\n", "")
    assert "free)" in said.replace("\n", " ")
    assert said.rstrip().endswith("marked")
    drives.require("tiny-lab", "bench", lab / "disks/bench")


def test_mark_does_not_guess_where_nobody_can_be_asked(lab: Path) -> None:
    """Without a terminal it wants --yes."""
    (error, _) = run(lab, "bench")
    assert isinstance(error, InputError)
    assert error.cure == "Answer with --yes."
    assert drives.read_marker(lab / "disks/bench") is None


def test_mark_looks_for_a_registered_drive_where_it_is(lab: Path) -> None:
    """One that is not there is not marked, and no folder is made for it."""
    file = lab / "lab.yaml"
    file.write_text(file.read_text() + "  safe: {system: external_drive, kind: drive, uuid: 0000-none}\n")
    (error, _) = run(lab, "safe", "--yes")
    assert isinstance(error, UnreadableError)
    assert "0000-none" in error.message


def test_mark_prints_json(lab: Path) -> None:
    """For programs."""
    _, said = run(lab, "bench", "--yes", "--json")
    document = json.loads(said)
    assert (document["lab"], document["store"], document["folder"]) == ("tiny-lab", "bench", str(lab / "disks/bench"))


@pytest.mark.parametrize(
    ("store", "message"),
    [
        ("shelf", "does not exist"),  # a mount point outside the lab is not made
        ("zenodo", "is of kind 'by_hand'"),
        ("bensch", "is not declared"),
    ],
)
def test_mark_refuses_what_is_no_mounted_drive(lab: Path, store: str, message: str) -> None:
    """One sentence each."""
    (error, _) = run(lab, store, "--yes")
    assert isinstance(error, InputError)
    assert message in str(error)
