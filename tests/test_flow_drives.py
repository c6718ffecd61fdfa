"""External drives in the flow of data: in the cupboard they are offline, and the record knows what is on them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import bagit
import pytest
from click.testing import CliRunner

from slidebox.cli import slidebox as cli
from slidebox.drives import OfflineError
from slidebox.engine import no_stack
from slidebox.errors import SlideboxError, UnreadableError
from slidebox.flow.drives import behind_offline, overdue, worn
from slidebox.flow.putting import put
from slidebox.flow.retiring import Retirer, plan_retirement
from slidebox.flow.wanted import Wanted, Why, wanted
from slidebox.flow.whereabouts import Whereabouts, current
from slidebox.labfile import dump
from slidebox.model import Store, StoreKind, System
from slidebox.mounts import Machine, Mount
from slidebox.provenance.record import set_aside
from slidebox.quantities import Duration
from slidebox.transfer import Quiet, get
from slidebox.transfer.datasets import Datasets

from .flow_lab import RAW, Agreeing, SmallLab, small_lab

FILES = {"a.tif": b"pixels", "plate 1/b.tif": b"more pixels", "empty.txt": b""}
BOUGHT = dt.date(2023, 1, 1)


def drive(name: str, **more: Any) -> Store:
    """An external drive whose copies are bags."""
    return Store(system=System.EXTERNAL_DRIVE, kind=StoreKind.DRIVE, path=name, bags=True, **more)


@pytest.fixture
def unmoved(tmp_path: Path) -> SmallLab:
    """A lab with raw images on the bench, and a shelf for bags."""
    shelf = drive("shelf", bought=BOUGHT, life=Duration.parse("4 years"), visit_every=Duration.parse("6 months"))
    made = small_lab(tmp_path, shelf=shelf)
    made.plan("bench")
    made.put(FILES)
    return made


@pytest.fixture
def lab(unmoved: SmallLab) -> SmallLab:
    """The same, with the images in a bag on the shelf too."""
    unmoved.plan("bench", "shelf")
    unmoved.put(FILES)
    return unmoved


def unplug(lab: SmallLab, store: str = "shelf") -> None:
    """Put a drive into the cupboard."""
    (lab.root / store).rename(lab.root / f"{store} in the cupboard")


def plug(lab: SmallLab, store: str = "shelf") -> None:
    """Take it out again."""
    (lab.root / f"{store} in the cupboard").rename(lab.root / store)


def todo(lab: SmallLab) -> list[Wanted]:
    """What is to be done about the raw images."""
    copies, entries = lab.copies(), lab.book.entries("demo")
    now = current(copies, entries, RAW)
    return [
        *wanted(lab.lab, RAW, copies, now, lab.today, was_put=bool(entries)),
        *behind_offline(lab.lab, RAW, copies, now, entries),
    ]


def test_a_shelf_copy_is_a_bag_by_put_and_by_move(lab: SmallLab) -> None:
    """As the library of the Library of Congress sees it."""
    assert bagit.Bag(str(lab.folder("shelf"))).validate()
    assert not (lab.folder("bench") / "bagit.txt").exists()


def test_a_copy_that_is_moved_to_the_shelf_is_a_bag(unmoved: SmallLab) -> None:
    """And each goes back from it into files."""
    unmoved.plan("shelf", term="mid")
    unmoved.move()
    unmoved.retire("bench")
    assert bagit.Bag(str(unmoved.folder("shelf"))).validate()
    unmoved.plan("bench")
    unmoved.move()
    unmoved.retire("shelf")
    assert not (unmoved.folder("shelf") / "bagit.txt").exists()
    assert (unmoved.folder("bench") / "a.tif").read_bytes() == FILES["a.tif"]


def test_a_drive_in_the_cupboard_is_offline_and_nothing_is_wanted(lab: SmallLab) -> None:
    """The record knows that its copy is the present one."""
    unplug(lab)
    _, shelf = lab.copies()
    assert shelf.offline
    assert "does not exist" in shelf.problem
    assert todo(lab) == []


def test_a_put_while_a_drive_is_offline_goes_to_the_others_and_the_copy_waits(lab: SmallLab) -> None:
    """It says so, the record does not have the copy, and `moves` wants it made."""
    unplug(lab)
    (lab.root / "source" / "c.tif").write_bytes(b"new")
    ready = lab.datasets.ready(RAW, lab.root / "source", today=lab.today)
    assert [where.store for where in ready.locations] == ["bench"]
    assert "The copy for shelf" in ready.notes[-1]
    assert f"`slidebox move {RAW} --to shelf`" in ready.notes[-1]
    lab.put({"c.tif": b"new"})

    (one,) = todo(lab)
    assert (one.why, one.source, one.target, one.files) == (Why.OUTDATED, "bench", "shelf", 4)
    assert one.command == f"plug in shelf, then slidebox move {RAW} --to shelf"
    assert lab.moving().targets == ()
    with pytest.raises(UnreadableError, match="is not mounted"):
        lab.moving(to="shelf")

    plug(lab)
    assert [one.why for one in todo(lab)] == [Why.OUTDATED]
    lab.move()
    assert bagit.Bag(str(lab.folder("shelf"))).validate()
    assert todo(lab) == []


def test_a_copy_that_an_offline_drive_never_had_is_missing(unmoved: SmallLab) -> None:
    """By the record, with its size and time."""
    unmoved.plan("bench", "shelf")
    unplug(unmoved)
    (one,) = todo(unmoved)
    assert (one.why, one.target, one.hours > 0) == (Why.MISSING, "shelf", True)
    copies, entries = unmoved.copies(), unmoved.book.entries("demo")
    assert behind_offline(unmoved.lab, RAW, copies, None, entries) == ()


def test_where_every_drive_is_offline_a_put_says_which_to_plug_in(lab: SmallLab) -> None:
    """And nothing is lost by it: that no copy can be read is not that there is none."""
    lab.plan("shelf")
    unplug(lab)
    with pytest.raises(OfflineError, match="'shelf' is not mounted"):
        lab.datasets.ready(RAW, lab.root / "source", today=lab.today)
    assert [one.why for one in todo(lab)] == [Why.LEFT_OVER]  # the bench's, which the plan has no more


def test_a_dataset_is_got_from_the_copy_that_is_there(lab: SmallLab, tmp_path: Path) -> None:
    """Whichever of the two that is."""
    unplug(lab)
    get(lab.datasets.readable(RAW), RAW, tmp_path / "one")
    plug(lab)
    unplug(lab, "bench")
    receipt = get(lab.datasets.readable(RAW), RAW, tmp_path / "two")
    assert receipt.written == {str(tmp_path / "two"): 3}
    assert any("bench" in note for note in receipt.notes)


def test_nothing_is_retired_while_a_copy_that_has_to_stay_cannot_be_read(lab: SmallLab) -> None:
    """A drive in the cupboard proves nothing."""
    unplug(lab)
    with pytest.raises(UnreadableError, match="is not mounted"):
        lab.retiring("bench")


# A drive that is known by its UUID, mounted somewhere else each time


class Desk:
    """A lab whose shelf is known by its UUID."""

    def __init__(self, root: Path) -> None:
        stored = Store(system=System.EXTERNAL_DRIVE, kind=StoreKind.DRIVE, uuid="AB-CD", bags=True)
        self.small = small_lab(root, shelf=stored)
        (root / "shelf").rename(root / "media one")
        self.point: Path | None = root / "media one"
        self.small.plan("bench")
        (self.point / RAW).mkdir(parents=True)
        about = {"dataset": RAW, "term": "short", "copy": 2, "store": "shelf", "kind": "drive", "path": RAW}
        self.small.outputs["locations"][f"{RAW}@short@shelf"] = about

    def machine(self) -> Machine:
        """What is plugged in now."""
        if self.point is None:
            return Machine()
        return Machine({"ab-cd": "/dev/sdb1"}, {}, (Mount(self.point, "/dev/sdb1"),))

    def mount(self, name: str) -> None:
        """Mount it elsewhere."""
        assert self.point is not None
        self.point = self.point.rename(self.point.with_name(name))

    @property
    def datasets(self) -> Datasets:
        """The datasets, as a new process sees them."""
        return Datasets(self.small.lab, self.small.home, lambda _: self.small.outputs, self.machine)

    @property
    def whereabouts(self) -> Whereabouts:
        """Looks for copies, as a new process does."""
        small = self.small
        return Whereabouts(small.lab, small.home, self.datasets, small.book, self.machine)

    @property
    def retirer(self) -> Retirer:
        """Sets copies aside."""
        return Retirer(self.small.root, self.small.book, self.whereabouts.open, Quiet(), self.small.today)

    def put(self) -> None:
        """Put the images, as the verb does."""
        source = self.small.root / "source"
        for path, data in FILES.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(data)
        put(self.datasets.ready(RAW, source, today=self.small.today), self.small.book)


def test_a_registered_drive_is_one_place_wherever_it_is_mounted(tmp_path: Path) -> None:
    """For the record, for moves and for get: nothing is missing and nothing is left over."""
    desk = Desk(tmp_path)
    desk.put()
    desk.mount("media two")
    copies = desk.whereabouts.copies(RAW)
    assert [(copy.location.name, copy.complete) for copy in copies] == [
        (f"bench ({desk.small.folder('bench')})", True),
        (f"shelf ({RAW})", True),
    ]
    entries = desk.small.book.entries("demo")
    assert wanted(desk.small.lab, RAW, copies, current(copies, entries, RAW), desk.small.today, was_put=True) == ()
    (tmp_path / "bench").rename(tmp_path / "gone")
    get(desk.datasets.readable(RAW), RAW, tmp_path / "out")
    assert (tmp_path / "out" / "a.tif").read_bytes() == FILES["a.tif"]


def test_a_drive_that_is_mounted_elsewhere_in_between_is_noticed(tmp_path: Path) -> None:
    """A place that was opened is of one mount; the command is run again."""
    desk = Desk(tmp_path)
    desk.put()
    place = desk.datasets.readable(RAW)[1]
    place.check()
    desk.mount("media two")
    with pytest.raises(UnreadableError, match="was mounted elsewhere meanwhile"):
        place.check()


def test_what_is_set_aside_on_an_offline_drive_waits(tmp_path: Path) -> None:
    """It is neither lost nor in the way, and it can be brought back when the drive is there again."""
    desk = Desk(tmp_path)
    desk.put()
    copies = desk.whereabouts.copies(RAW, writing=True)
    retiring = plan_retirement(desk.small.lab, RAW, copies, copies[1:], lambda _: Agreeing(), {})
    desk.retirer.retire(retiring, "a test")
    point, desk.point = desk.point, None
    entries = desk.small.book.entries("demo")
    assert desk.retirer.finish(entries, RAW) == ()
    for attempt in (lambda: desk.retirer.undo(entries, RAW), lambda: desk.retirer.purge(set_aside(entries)[0])):
        with pytest.raises(OfflineError, match="is not plugged in"):
            attempt()
    desk.point = point
    desk.retirer.undo(entries, RAW)
    assert desk.point is not None
    assert bagit.Bag(str(desk.point / RAW)).validate()


# Visits and age


def records(lab: SmallLab) -> list[Any]:
    """The record of each project."""
    return [lab.book.entries("demo")]


def test_a_drive_is_overdue_when_something_on_it_was_not_read_for_too_long(lab: SmallLab) -> None:
    """From the day on which the copy was written and read back; where nothing is on it, there is nothing to visit."""
    day = lab.today + dt.timedelta(days=182)
    assert overdue(lab.lab, records(lab), day) == ()
    (one,) = overdue(lab.lab, records(lab), day + dt.timedelta(days=1))
    assert (one.why, one.source, one.dataset, one.files) == (Why.VISIT, "shelf", "", 3)
    assert one.command == "slidebox visit shelf"
    assert "183 days ago" in one.sentence
    assert overdue(lab.lab, [()], day + dt.timedelta(days=500)) == ()


def test_moves_lists_drives_and_says_what_is_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside what is to be moved; a drive in the cupboard is no error."""
    old = {"bought": dt.date(2001, 1, 1), "life": Duration.parse("1 year"), "visit_every": Duration.parse("6 months")}
    lab = small_lab(tmp_path, shelf=drive("shelf", **old))
    lab.today = dt.date(2020, 1, 1)
    lab.plan("bench", "shelf")
    lab.put(FILES)
    unplug(lab)
    for name, text in dump(lab.lab).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("slidebox.engine.Engine.outputs", lambda *_, **__: lab.outputs)

    done = CliRunner().invoke(cli, ["--lab", str(tmp_path), "moves"], standalone_mode=False)
    listed = CliRunner().invoke(cli, ["--lab", str(tmp_path), "moves", "--json"], standalone_mode=False)

    assert (done.exception, done.return_value) == (None, 1)
    said = " ".join(done.stdout.split())
    assert "shelf: overdue visit: 1 of its 1 dataset(s) were last read back" in said
    assert "slidebox visit shelf" in said
    assert "shelf: old drive: it was bought on 2001-01-01 for 1 year" in said
    assert "note: The disk of store 'shelf' is not mounted" in said
    document = json.loads(listed.stdout)
    assert [(one["why"], one["source"]) for one in document["wanted"]] == [
        ("overdue visit", "shelf"),
        ("old drive", "shelf"),
    ]
    assert (document["unread"], list(document["offline"])) == ([], ["shelf"])


@pytest.mark.parametrize(
    ("error", "code", "unread"),
    [(no_stack("demo"), 0, False), (UnreadableError("Stack 'demo' is locked by another run."), 3, True)],
)
def test_moves_tells_a_stack_that_was_never_made_from_one_that_could_not_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: SlideboxError, code: int, *, unread: bool
) -> None:
    """What was never put is nowhere only if its stack was never made; otherwise nobody knows, and that ends with 3."""
    lab = small_lab(tmp_path)
    for name, text in dump(lab.lab).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def outputs(*_: object, **__: object) -> dict[str, Any]:
        raise error

    monkeypatch.setattr("slidebox.engine.Engine.outputs", outputs)
    monkeypatch.setattr("slidebox.engine.Engine.stacks", lambda _: ())
    done = CliRunner().invoke(cli, ["--lab", str(tmp_path), "moves", "--json"], standalone_mode=False)
    document = json.loads(done.stdout)
    assert (done.return_value, bool(document["unread"]), bool(document["nowhere"])) == (code, unread, not unread)


def test_a_drive_that_has_served_its_life_is_told(lab: SmallLab) -> None:
    """As long as there are data on it."""
    ends = BOUGHT + dt.timedelta(days=1461)
    assert worn(lab.lab, records(lab), ends) == ()
    (one,) = worn(lab.lab, records(lab), ends + dt.timedelta(days=1))
    assert (one.why, one.source) == (Why.WORN, "shelf")
    assert "bought on 2023-01-01 for 4 years, which ended on 2027-01-01" in one.sentence
    assert worn(lab.lab, [()], ends + dt.timedelta(days=1)) == ()
