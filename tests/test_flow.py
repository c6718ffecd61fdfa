"""Moves and retirements between real folders: nothing goes before what stays was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.flow.estimate import estimate_move, rates
from slidebox.flow.moving import move
from slidebox.flow.retiring import CAP, DELETED
from slidebox.flow.wanted import Wanted, Why, wanted
from slidebox.flow.whereabouts import current
from slidebox.model import Agreement, AgreementKind, Finding, Lab, Severity, Store, StoreKind, System
from slidebox.provenance import CRATE_FILE
from slidebox.provenance.record import Act
from slidebox.systems import load_systems
from slidebox.transfer import Quiet
from slidebox.transfer.aside import BIN
from slidebox.transfer.ready import Location

from .flow_lab import MASKS, RAW, TODAY, Agreeing, SmallLab, small_lab

FILES = {"a.tif": b"pixels", "plate 1/b.tif": b"more pixels", "empty.txt": b""}


@pytest.fixture
def lab(tmp_path: Path) -> SmallLab:
    """A lab whose raw images were put on the bench."""
    made = small_lab(tmp_path)
    made.plan("bench")
    made.put(FILES)
    return made


def held(folder: Path) -> dict[str, bytes]:
    """The data files of a folder."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != CRATE_FILE
    }


def todo(lab: SmallLab) -> tuple[Wanted, ...]:
    """What is to be done about the raw images."""
    copies, entries = lab.copies(), lab.book.entries("demo")
    return wanted(lab.lab, RAW, copies, current(copies, entries, RAW), lab.today, was_put=bool(entries))


def test_nothing_is_wanted_of_data_that_lie_where_the_plan_has_them(lab: SmallLab) -> None:
    """And a second put of the same folder says nothing new."""
    assert todo(lab) == ()
    assert lab.put(FILES) is None
    assert [entry.act for entry in lab.book.entries("demo")] == [Act.PUT]


def test_data_that_come_to_rest_are_moved_and_the_old_copy_is_set_aside(lab: SmallLab) -> None:
    """The way of a dataset from the bench to the shelf, with everything written down."""
    lab.plan("shelf", term="mid")
    (first,) = todo(lab)
    assert (first.why, first.source, first.target, first.files) == (Why.MISSING, "bench", "shelf", 3)
    assert first.hours > 0
    assert first.command == f"slidebox move {RAW} --to shelf"

    done = lab.move()
    assert (done.written, done.skipped) == ({"shelf": 3}, {"shelf": 0})
    assert held(lab.folder("shelf")) == FILES
    assert [one.why for one in todo(lab)] == [Why.LEFT_OVER]

    (entry,) = lab.retire("bench")
    assert held(lab.folder("bench")) == {}
    assert not (lab.folder("bench") / "plate 1").exists()
    assert todo(lab) == ()
    put, moved, retired = lab.book.entries("demo")
    assert (put.act, moved.act, retired.act) == (Act.PUT, Act.MOVE, Act.RETIRE)
    assert {put.manifest, moved.manifest, retired.manifest} == {put.manifest}
    assert entry == retired
    assert retired.until == "2026-12-24"


def test_a_move_that_was_done_is_done(lab: SmallLab) -> None:
    """Nothing is written a second time."""
    lab.plan("bench", "shelf")
    assert lab.move().written == {"shelf": 3}
    assert lab.moving().targets == ()
    assert lab.move().written == {}


def test_a_copy_that_was_set_aside_comes_back_whole(lab: SmallLab) -> None:
    """Until its days are over; then it can be deleted for good."""
    lab.plan("bench", "shelf")
    lab.move()
    (entry,) = lab.retire("bench")
    bin_ = lab.root / "bench" / BIN / entry.aside
    assert held(bin_) == FILES
    assert lab.retirer.due(lab.book.entries("demo")) == ()
    (restored,) = lab.retirer.undo(lab.book.entries("demo"), RAW)
    assert restored.act is Act.RESTORE
    assert held(lab.folder("bench")) == FILES
    assert not bin_.exists()
    assert todo(lab) == ()
    with pytest.raises(InputError, match="Nothing of demo/raw_images is set aside"):
        lab.retirer.undo(lab.book.entries("demo"), RAW)

    (entry,) = lab.retire("bench")
    lab.today = TODAY.replace(year=2027)
    (one,) = lab.retirer.due(lab.book.entries("demo"))
    assert lab.retirer.purge(one).act is Act.PURGE
    assert not (lab.root / "bench" / BIN / entry.aside).exists()
    assert lab.retirer.due(lab.book.entries("demo")) == ()
    assert held(lab.folder("shelf")) == FILES


def test_what_slidebox_did_not_put_there_stays(lab: SmallLab) -> None:
    """A file beside the dataset is nobody's to take away."""
    lab.plan("bench", "shelf")
    lab.move()
    (lab.folder("bench") / "notes.txt").write_text("mine")
    lab.retire("bench")
    assert held(lab.folder("bench")) == {"notes.txt": b"mine"}


def test_nothing_goes_while_the_copy_that_stays_is_damaged(lab: SmallLab) -> None:
    """It is read, not believed: the manifest is whole, and one byte is not."""
    lab.plan("bench", "shelf")
    lab.move()
    (lab.folder("shelf") / "a.tif").write_bytes(b"pixelS")
    with pytest.raises(IntegrityError, match=r"a\.tif in shelf .* is damaged"):
        lab.retire("bench")
    assert held(lab.folder("bench")) == FILES
    assert Act.RETIRE not in {entry.act for entry in lab.book.entries("demo")}


def test_nothing_goes_while_a_copy_cannot_be_read(lab: SmallLab) -> None:
    """What is not known is no copy that could be counted, and no reason to go on."""
    lab.plan("bench", "shelf")
    lab.move()
    (lab.root / "shelf" / ".slidebox-drive.json").unlink()
    with pytest.raises(UnreadableError, match="shelf"):
        lab.retire("bench")
    assert held(lab.folder("bench")) == FILES


def test_a_damaged_source_is_passed_over_or_stops_the_move(lab: SmallLab) -> None:
    """No place gets a wrong byte, and none is said to be whole."""
    (lab.folder("bench") / "a.tif").write_bytes(b"PIXELS")
    lab.plan("shelf", term="mid")
    with pytest.raises(IntegrityError, match=r"a\.tif of demo/raw_images could not be fetched whole"):
        lab.move()
    assert not (lab.folder("shelf") / CRATE_FILE).exists()
    assert not (lab.folder("shelf") / "a.tif").exists()
    (lab.folder("bench") / "a.tif").write_bytes(b"pixels")
    assert lab.move().written["shelf"] >= 1
    assert held(lab.folder("shelf")) == FILES


def test_a_manifest_that_is_read_otherwise_is_written_nowhere(lab: SmallLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place with a manifest that cannot be read would stop every later move."""
    lab.plan("shelf", term="mid")
    moving = lab.moving()
    place = moving.now.place
    assert place is not None
    data = place.manifest() or b""
    monkeypatch.setattr(place, "manifest", lambda: data[:-1] + b"?")
    with pytest.raises(IntegrityError, match="is read otherwise than a moment ago"):
        move(moving, lab.book, Quiet())
    assert not (lab.folder("shelf") / CRATE_FILE).exists()
    lab.move()
    assert (lab.folder("shelf") / CRATE_FILE).read_bytes() == data


def test_a_retirement_is_not_finished_by_a_manifest_that_cannot_be_read(
    lab: SmallLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be the one that was retired, and not another that was put since."""
    lab.plan("shelf", term="mid")
    lab.move()
    folder = lab.folder("bench")
    with monkeypatch.context() as patch:
        patch.setattr("slidebox.transfer.aside._rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            lab.retire("bench")
    data = (folder / CRATE_FILE).read_bytes()
    (folder / CRATE_FILE).write_bytes(data[:-1] + b"?")
    with pytest.raises(IntegrityError, match="corrupt"):
        lab.retirer.finish(lab.book.entries("demo"), RAW)
    (folder / CRATE_FILE).write_bytes(data)
    assert [one.spot.store for one in lab.retirer.finish(lab.book.entries("demo"), RAW)] == ["bench"]
    assert held(folder) == {}


def test_the_rules_are_asked_about_what_stays_or_about_deletion(lab: SmallLab) -> None:
    """And what they refuse is not done."""
    lab.plan("bench", "shelf")
    lab.move()
    judge = Agreeing()
    lab.retiring("bench", judge=judge)
    lab.retiring("bench", "shelf", judge=judge)
    assert judge.asked == [("shelf",), (DELETED,)]
    no = Finding("keeping/raw_copies", Severity.ERROR, f"{RAW}@short", "one copy is not enough")
    retiring = lab.retiring("bench", judge=Agreeing({"1": (no,)}))
    assert retiring.refused == (no,)
    with pytest.raises(InputError, match="one copy is not enough"):
        lab.retirer.retire(retiring, "")
    assert held(lab.folder("bench")) == FILES


def test_a_large_part_of_a_store_is_named(lab: SmallLab) -> None:
    """Everything that the bench holds is over the cap; a small dataset beside much more is not."""
    lab.plan("bench", "shelf")
    lab.move()
    retiring = lab.retiring("bench")
    assert retiring.share == {"bench": 1.0}
    assert retiring.over_the_cap == ("bench",)
    assert CAP < 1


def test_another_version_is_brought_up_to_date(lab: SmallLab) -> None:
    """A copy that missed a put is told from one that is missing."""
    lab.plan("bench", "shelf")
    lab.move()
    lab.plan("bench")
    lab.put({**FILES, "c.tif": b"new"})
    lab.plan("bench", "shelf")
    (one,) = todo(lab)
    assert (one.why, one.target) == (Why.OUTDATED, "shelf")
    assert lab.move().written == {"shelf": 1}
    assert held(lab.folder("shelf")) == {**FILES, "c.tif": b"new"}


def test_a_store_that_the_plan_does_not_have_is_refused(lab: SmallLab) -> None:
    """The plan changes first, and with it what the rules say."""
    with pytest.raises(InputError, match="The stack has demo/raw_images in bench, and not in shelf"):
        lab.moving(to="shelf")


def test_data_that_may_not_be_kept_any_more_are_to_go_everywhere(lab: SmallLab) -> None:
    """An agreement has ended."""
    agreement = Agreement(party="Acme", kind=AgreementKind.DATA_USE, purpose="grading", ends=TODAY.replace(month=10))
    project = lab.lab.projects["demo"].model_copy(update={"agreement": "acme"})
    file = lab.lab.file.model_copy(update={"agreements": {"acme": agreement}})
    lab.lab = Lab(file=file, projects={"demo": project})
    (one,) = todo(lab)
    assert (one.why, one.command) == (Why.ENDED, f"slidebox retire {RAW} --from bench")
    assert "acme ended on 2026-10-24" in one.sentence


def test_data_that_were_put_and_are_nowhere_are_lost(lab: SmallLab) -> None:
    """Said first, and never mistaken for data that were not put yet."""
    for file in lab.folder("bench").rglob("*"):
        if file.is_file():
            file.unlink()
    (one,) = todo(lab)
    assert one.why is Why.LOST
    lab.plan("bench", dataset=MASKS)
    assert wanted(lab.lab, MASKS, lab.copies(MASKS), None, lab.today) == ()


def test_reading_from_a_colder_class_is_paid_for(tmp_path: Path) -> None:
    """Egress from any class, and retrieval from the one that the location's term has."""
    about = {"system": System.CLOUD, "kind": StoreKind.AWS, "account": "123456789012", "region": "us-east-1"}
    made = small_lab(tmp_path, cloud=Store.model_validate(about)).lab
    usd = {
        term: estimate_move(made, Location(f"{RAW}@{term}@cloud", 1, "cloud", "aws", "b"), "bench", 10, 10**12).usd
        for term in ("short", "long")
    }
    assert usd["short"] == pytest.approx(90)
    assert usd["long"] == pytest.approx(90 + 30)
    assert estimate_move(made, Location(f"{RAW}@long@shelf", 1, "shelf", "drive", "b"), "bench", 10, 10**12).usd == 0


def test_every_storage_class_has_what_reading_from_it_costs() -> None:
    """The two files of figures name the same classes."""
    assert set(rates().retrieval) == set(load_systems().classes(System.CLOUD))
    assert set(rates().systems) == set(System)
