"""A visit reads back everything on a drive, says what is damaged and where it can be had, and writes it down."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import bagit
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slidebox import cli as verbs
from slidebox import drives
from slidebox.drives import Drive, OfflineError
from slidebox.errors import InputError, IntegrityError
from slidebox.flow.drives import overdue
from slidebox.flow.visiting import GOES_ON_DAYS, Visit, Visited
from slidebox.labfile import dump
from slidebox.model import Store, StoreKind, System
from slidebox.provenance import CRATE_FILE
from slidebox.provenance.bag import TAG_FILES
from slidebox.provenance.record import Act
from slidebox.quantities import Duration
from slidebox.transfer import Quiet
from slidebox.transfer.drive import DrivePlace

from .flow_lab import RAW, SmallLab, small_lab


class _StoppedError(Exception):
    """As if the process had ended."""


FILES = {"a.tif": b"pixels", "plate 1/b.tif": bytes(range(256)) * 40, "empty.txt": b""}


def shelf_lab(root: Path, *, bags: bool = True) -> SmallLab:
    """A lab with raw images on the bench and on a shelf."""
    shelf = Store(
        system=System.EXTERNAL_DRIVE,
        kind=StoreKind.DRIVE,
        path="shelf",
        bags=bags,
        visit_every=Duration.parse("6 months"),
    )
    made = small_lab(root, shelf=shelf)
    made.plan("bench", "shelf")
    made.put(FILES)
    return made


@pytest.fixture(params=[True, False], ids=["bag", "files"])
def lab(tmp_path: Path, request: pytest.FixtureRequest) -> SmallLab:
    """The same with a bag on the shelf, and with files."""
    return shelf_lab(tmp_path, bags=request.param)


@pytest.fixture
def bag(tmp_path: Path) -> SmallLab:
    """The lab with a bag on the shelf."""
    return shelf_lab(tmp_path)


def visit_to(lab: SmallLab, store: str = "shelf", progress: Any = None) -> Visit:
    """A visit that is about to happen."""
    drive = Drive.of("test-lab", lab.root, store, lab.lab.file.stores[store])
    opened = lab.whereabouts.open
    return Visit(lab.lab, lab.home, lab.book, opened, drive, progress=progress or Quiet(), today=lab.today)


def visit(lab: SmallLab, store: str = "shelf", *, mend: bool = False) -> list[Visited]:
    """A visit from its beginning to its end."""
    return list(visit_to(lab, store).run(mend=mend))


def payload(lab: SmallLab) -> Path:
    """Where the files of the images lie on the shelf."""
    folder = lab.folder("shelf")
    return folder / "data" if (folder / "data").is_dir() else folder


def flip(file: Path, at: int = 0) -> None:
    """Turn one bit round, as a shelf does: neither size nor time tell."""
    before = file.stat()
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_is_whole_is_written_into_the_record_and_onto_the_drive(lab: SmallLab) -> None:
    """With the day; from then on the drive is not overdue."""
    lab.today += dt.timedelta(days=200)
    records = [lab.book.entries("demo")]
    assert [one.source for one in overdue(lab.lab, records, lab.today)] == ["shelf"]

    (one,) = visit(lab)

    assert (one.dataset, one.whole, one.files, one.bytes) == (RAW, True, 3, 10246)
    last = lab.book.entries("demo")[-1]
    assert (last.act, last.note, [s.store for s in last.spots], last.files) == (Act.VISIT, "whole", ["shelf"], 3)
    marker = drives.read_marker(lab.root / "shelf")
    assert marker is not None
    assert (marker.visited, marker.result) == (lab.today.isoformat(), "whole")
    drives.require("test-lab", "shelf", lab.root / "shelf")
    assert overdue(lab.lab, [lab.book.entries("demo")], lab.today) == ()
    assert lab.book.read("demo").broken is None
    assert not [*(lab.home.root / "visits").iterdir()]


def test_a_bit_that_flipped_on_the_shelf_is_found_and_where_to_restore_it_from(lab: SmallLab) -> None:
    """The record says how much is damaged and no name; the copy does not count as read."""
    flip(payload(lab) / "plate 1/b.tif", 5000)

    (one,) = visit(lab)

    assert (one.whole, one.damaged) == (False, ("plate 1/b.tif",))
    assert [spot.store for spot in one.elsewhere] == ["bench"]
    assert lab.book.entries("demo")[-1].note == "damaged: 1 of 3 files"
    marker = drives.read_marker(lab.root / "shelf")
    assert marker is not None
    assert marker.result == "1 of 1 datasets damaged"
    assert overdue(lab.lab, [lab.book.entries("demo")], lab.today + dt.timedelta(days=184))


def test_what_is_damaged_is_restored_from_another_copy(lab: SmallLab) -> None:
    """A changed file and a missing one; then everything is whole, and the record has both."""
    flip(payload(lab) / "a.tif")
    (payload(lab) / "plate 1/b.tif").unlink()

    (one,) = visit(lab, mend=True)

    assert one.whole
    assert {path: (payload(lab) / path).read_bytes() for path in FILES} == FILES
    assert [e.note for e in lab.book.entries("demo") if e.act is Act.VISIT] == ["damaged: 2 of 3 files", "whole"]


@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_copy_without_its_manifest_is_restored(lab: SmallLab, harm: str) -> None:
    """From the copy that the record knows."""
    crate = payload(lab) / CRATE_FILE
    if harm == "gone":
        crate.unlink()
    else:
        flip(crate)
    (found,) = visit(lab)
    assert (found.whole, [spot.store for spot in found.elsewhere]) == (False, ["bench"])
    assert lab.book.entries("demo")[-1].note == "damaged: no dataset can be read there"

    (one,) = visit(lab, mend=True)

    assert one.whole
    assert crate.read_bytes() == (lab.folder("bench") / CRATE_FILE).read_bytes()


def test_a_version_that_the_record_does_not_know_is_said_and_not_mended_away(lab: SmallLab) -> None:
    """As when a put was killed after it had published: its files are the newest there are."""
    (lab.root / "source" / "c.tif").write_bytes(b"new")
    lab.datasets.ready(RAW, lab.root / "source", today=lab.today).put()

    (one,) = visit(lab, mend=True)

    assert (one.damaged, one.files) == ((), 4)
    assert one.faults[0].startswith("its manifest is another than the record has")
    assert (payload(lab) / "c.tif").read_bytes() == b"new"
    lab.put({})
    assert visit(lab)[0].whole


def test_a_manifest_in_which_a_bit_flipped_is_no_other_version_of_a_bag(bag: SmallLab) -> None:
    """A bag names it with its checksum, so it can be told and is restored."""
    crate = bag.folder("shelf") / "data" / CRATE_FILE
    flip(crate, crate.read_bytes().index(b"Demo"))
    (one,) = visit(bag)
    assert len(one.faults) >= 2
    assert visit(bag, mend=True)[0].whole


@pytest.mark.parametrize("tag", TAG_FILES)
def test_a_bit_that_flipped_beside_the_payload_is_found_and_mended(bag: SmallLab, tag: str) -> None:
    """From the files themselves, which were read: no other copy is needed."""
    flip(bag.folder("shelf") / tag, 3)
    (bag.root / "bench").rename(bag.root / "away")

    (found,) = visit(bag)
    assert (found.damaged, bool(found.faults)) == ((), True)
    assert found.note == "damaged: its manifests"
    (one,) = visit(bag, mend=True)

    assert one.whole
    assert bagit.Bag(str(bag.folder("shelf"))).validate()


def test_a_file_that_does_not_belong_to_a_bag_is_named_and_put_aside(bag: SmallLab) -> None:
    """It is not lost by that."""
    (bag.folder("shelf") / "data" / "guest.tif").write_bytes(b"?")
    (found,) = visit(bag)
    assert found.faults == ("guest.tif is in it and in no manifest",)
    (one,) = visit(bag, mend=True)
    assert one.whole
    assert (bag.folder("shelf") / ".slidebox-unlisted" / "guest.tif").read_bytes() == b"?"


def test_what_no_copy_has_stays_damaged(lab: SmallLab) -> None:
    """Where the other copy has the same fault, or cannot be reached; nothing gets worse by trying."""
    flip(payload(lab) / "a.tif")
    flip(lab.folder("bench") / "a.tif", 2)
    before = (payload(lab) / "a.tif").read_bytes()
    (one,) = visit(lab, mend=True)
    assert (one.whole, one.damaged) == (False, ("a.tif",))
    assert (payload(lab) / "a.tif").read_bytes() == before
    (lab.root / "bench").rename(lab.root / "away")
    assert not visit(lab, mend=True)[0].whole


def test_a_dataset_that_is_gone_from_the_drive_is_said(lab: SmallLab) -> None:
    """The record knows that it was there; a folder that `up` has to make is not made here."""
    lab.folder("shelf").rename(lab.root / "elsewhere")
    (one,) = visit(lab, mend=True)
    assert not one.whole
    assert "is not there" in one.faults[0]


def test_what_the_record_does_not_know_is_read_too(lab: SmallLab) -> None:
    """What another lab's file has put there, and what is of an earlier project."""
    old = lab.root / "shelf" / "old" / "raw_images"
    old.mkdir(parents=True)
    for path in (*FILES, CRATE_FILE):
        (old / path).parent.mkdir(exist_ok=True)
        (old / path).write_bytes((lab.folder("bench") / path).read_bytes())
    crate = old / CRATE_FILE
    crate.write_text(crate.read_text().replace("demo/raw_images", "old/raw_images"))
    flip(old / "a.tif")

    ours, theirs = visit(lab)

    assert (ours.whole, theirs.dataset, theirs.damaged) == (True, "old/raw_images", ("a.tif",))
    assert not (lab.root / "record" / "old.jsonl").exists()


def test_a_visit_that_was_interrupted_goes_on_where_it_was(lab: SmallLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read is not read again, and what is done is written down once."""
    read: list[str] = []
    real = DrivePlace.sums

    def sums(self: DrivePlace, path: str, *more: Any) -> Any:
        read.append(path)
        if len(read) == 2:
            raise _StoppedError
        return real(self, path, *more)

    monkeypatch.setattr(DrivePlace, "sums", sums)
    with pytest.raises(_StoppedError):
        visit(lab)
    assert lab.book.entries("demo")[-1].act is Act.PUT
    lab.today += dt.timedelta(days=GOES_ON_DAYS - 1)
    assert visit(lab)[0].whole
    assert read == ["a.tif", "empty.txt", "empty.txt", "plate 1/b.tif"]
    visit(lab)
    assert len(read) == 4 + len(FILES)


def test_a_visit_that_is_older_than_a_week_begins_anew(lab: SmallLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read then may have changed since."""
    with monkeypatch.context() as patched:
        patched.setattr(drives, "note_visit", _stop)
        with pytest.raises(_StoppedError):
            visit(lab)
    entries = lab.book.entries("demo")
    flip(payload(lab) / "a.tif")
    with monkeypatch.context() as patched:
        patched.setattr(drives, "note_visit", _stop)
        with pytest.raises(_StoppedError):
            visit(lab)
    # Within the week everything was read: nothing is read or written down twice but the file that changed.
    assert len(lab.book.entries("demo")) - len(entries) == 1
    lab.today += dt.timedelta(days=GOES_ON_DAYS)
    assert visit(lab)[0].damaged == ("a.tif",)
    assert not [*(lab.home.root / "visits").iterdir()]


def _stop(*_: object) -> None:
    raise _StoppedError


def test_a_drive_that_is_pulled_out_during_a_visit_is_no_damage(lab: SmallLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The visit stops, and nothing is written down of it."""

    def looked(self: DrivePlace, _: str) -> Any:
        (lab.root / "shelf").rename(lab.root / "cupboard")
        with self._errors():
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(DrivePlace, "looked", looked)
    with pytest.raises(OfflineError):
        visit(lab)
    assert lab.book.entries("demo")[-1].act is Act.PUT


def test_two_visits_to_one_drive_do_not_run_at_once(lab: SmallLab) -> None:
    """The second says so."""
    running = visit_to(lab).run()
    next(running)
    with pytest.raises(InputError, match="Another visit to shelf runs on this machine"):
        visit(lab)
    assert list(running) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_anywhere_in_a_bag_is_found(bag: SmallLab, data: st.DataObject) -> None:
    """In a file, in the manifest of the dataset, or in any file of the bag."""
    folder = bag.folder("shelf")
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.stat().st_size)
    file = data.draw(st.sampled_from(files))
    at = data.draw(st.integers(0, file.stat().st_size - 1))
    before = file.read_bytes()
    flip(file, at)
    try:
        assert not visit(bag)[0].whole
    finally:
        file.write_bytes(before)
    assert visit(bag)[0].whole


# The verb


def run(lab: SmallLab, *words: str) -> Result:
    """Run a verb in the lab, as its files have it."""
    for name, text in dump(lab.lab).items():
        (lab.root / name).parent.mkdir(exist_ok=True)
        (lab.root / name).write_text(text)
    return CliRunner().invoke(verbs.slidebox, ["--lab", str(lab.root), *words], standalone_mode=False)


def test_the_verb_says_one_line_for_each_dataset(bag: SmallLab) -> None:
    """And as JSON."""
    done = run(bag, "visit", "shelf")
    assert (done.exception, done.return_value) == (None, 0)
    assert done.stdout == "demo/raw_images: whole, 3 files, 10.2 kB\n"
    document = json.loads(run(bag, "visit", "shelf", "--json").stdout)
    assert [(one["spot"]["store"], one["whole"]) for one in document["visited"]] == [("shelf", True)]


def test_the_verb_fails_where_something_is_damaged_and_says_which_file_and_copy(bag: SmallLab) -> None:
    """An integrity error, with what to type."""
    flip(bag.folder("shelf") / "data/a.tif")
    done = run(bag, "visit", "shelf")
    assert isinstance(done.exception, IntegrityError)
    said = " ".join(done.stdout.split())
    assert "error: demo/raw_images is damaged: a.tif. It can be restored from bench" in said
    assert "1 of 1 datasets on shelf are damaged: demo/raw_images" in done.exception.message
    assert "`slidebox visit shelf --mend`" in done.exception.cure
    assert run(bag, "visit", "shelf", "--mend").exception is None


@pytest.mark.parametrize(("store", "said"), [("nowhere", "no drive of this lab"), ("bench-s3", "no drive of this lab")])
def test_a_visit_is_to_a_drive(bag: SmallLab, store: str, said: str) -> None:
    """With those that there are."""
    done = run(bag, "visit", store)
    assert isinstance(done.exception, InputError)
    assert said in done.exception.message
    assert "bench, shelf" in done.exception.cure


def test_a_visit_to_a_drive_in_the_cupboard_says_to_plug_it_in(bag: SmallLab) -> None:
    """Before anything is read."""
    (bag.root / "shelf").rename(bag.root / "cupboard")
    assert isinstance(run(bag, "visit", "shelf").exception, OfflineError)


def test_a_visit_that_is_killed_is_run_again(bag: SmallLab) -> None:
    """By the system, in the middle: the record holds and the visit ends."""
    run(bag, "visit", "bench")
    script = (
        "import os, signal, sys\n"
        "from slidebox.transfer.drive import DrivePlace\n"
        "real, left = DrivePlace.sums, [2]\n"
        "def sums(self, path, *more):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(self, path, *more)\n"
        "DrivePlace.sums = sums\n"
        "from slidebox.cli import slidebox\n"
        "slidebox(['--lab', sys.argv[1], 'visit', 'shelf'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(bag.root)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert len([*(bag.home.root / "visits").iterdir()]) == 1
    assert run(bag, "visit", "shelf").return_value == 0
    assert bag.book.read("demo").broken is None
