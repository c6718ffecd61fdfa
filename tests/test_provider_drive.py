"""Folders on a marked disk, made by the provider's own type."""

from __future__ import annotations

import grp
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from slidebox import drives
from slidebox.drives import OfflineError
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.mounts import Machine, Mount
from slidebox.provider.drive import RECORD, Folder
from slidebox.provider.resource import Context, Difference
from slidebox.provider.values import UNKNOWN

URN = "urn:pulumi:first::slidebox::slidebox:index:DriveLocation$slidebox:drive:Folder::raw_images@shelf"
CONTEXT = Context(URN)


def context(stack: str = "first", name: str = "raw_images@shelf") -> Context:
    """A call about another resource."""
    return Context(URN.replace(":first:", f":{stack}:").replace("raw_images@shelf", name))


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    """A folder on a marked disk."""
    drives.mark("lab", "shelf", tmp_path)
    place = {"store": "shelf", "root": str(tmp_path), "lab": "lab", "path": "first/raw_images"}
    return {**place, "mode": "2770", "quota": 1000, "tags": {"lab": "lab", "owner": "ada"}}


def group() -> str:
    """A group this account is in."""
    return grp.getgrgid(os.getegid()).gr_name


def test_a_folder_is_made_with_its_mode_its_group_and_its_record(inputs: dict[str, Any]) -> None:
    """And is found so again."""
    inputs = {**inputs, "group": group()}
    id_, state = Folder().create(CONTEXT, inputs)
    folder = Path(inputs["root"]) / "first/raw_images"
    assert (id_, state["absolutePath"], state["groupName"]) == (str(folder), str(folder), group())
    assert f"{folder.stat().st_mode & 0o7777:04o}" == "2770"
    record = json.loads((folder / RECORD).read_text())
    assert (record["stack"], record["tags"]) == ("first", inputs["tags"])
    assert record["urn"] == URN.replace("$", "=")
    found = Folder().read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert (found.inputs, found.state) == (inputs, state)


def test_making_it_twice_makes_it_once(inputs: dict[str, Any]) -> None:
    """So a run that was killed can be repeated."""
    kind = Folder()
    kind.create(CONTEXT, inputs)
    (Path(inputs["root"]) / "first/raw_images/a.tif").write_bytes(b"image")
    kind.create(CONTEXT, {**inputs, "mode": "2750"})
    assert (Path(inputs["root"]) / "first/raw_images/a.tif").read_bytes() == b"image"


def test_the_leavings_of_a_killed_run_are_used_up(inputs: dict[str, Any]) -> None:
    """A draft with the resource's own name is its own."""
    kind = Folder()
    kind.create(CONTEXT, inputs)
    above = Path(inputs["root"]) / "first"
    # As if the engine had died between making the draft and giving it its name.
    digest = hashlib.sha256(URN.encode()).hexdigest()[:16]
    (above / "raw_images").rename(above / f".slidebox-new-{digest}")
    kind.create(CONTEXT, inputs)
    assert sorted(p.name for p in above.iterdir()) == ["raw_images"]


@pytest.mark.parametrize("other", [context(stack="second"), context(name="other@shelf")])
def test_somebody_elses_folder_is_neither_taken_nor_deleted(inputs: dict[str, Any], other: Context) -> None:
    """Another stack's, or another resource's of the same stack."""
    _, state = Folder().create(other, inputs)
    for attempt in (
        lambda: Folder().check(CONTEXT, inputs, {}),
        lambda: Folder().create(CONTEXT, inputs),
        lambda: Folder().update(CONTEXT, "", {}, inputs),
        lambda: Folder().delete(CONTEXT, "", {**state, "mark": ""}),
    ):
        with pytest.raises(InputError, match="belongs to somebody else"):
            attempt()
    assert Path(state["absolutePath"]).is_dir()


def test_a_folder_that_nobody_owns_is_neither_taken_nor_deleted(inputs: dict[str, Any]) -> None:
    """It may hold a person's only copy."""
    folder = Path(inputs["root"]) / "first/raw_images"
    folder.mkdir(parents=True)
    with pytest.raises(InputError, match="carries no owner's mark"):
        Folder().create(CONTEXT, inputs)
    with pytest.raises(InputError, match="so it is not deleted"):
        Folder().delete(CONTEXT, str(folder), {**inputs, "mark": ""})
    assert folder.is_dir()


def test_a_folder_with_data_is_not_deleted(inputs: dict[str, Any]) -> None:
    """An empty one is, with the empty folders above it."""
    kind = Folder()
    id_, state = kind.create(CONTEXT, inputs)
    data = Path(id_) / "a.tif"
    data.write_bytes(b"image")
    with pytest.raises(InputError, match=r"is not empty \(it holds a.tif\).*pulumi state delete"):
        kind.delete(CONTEXT, id_, state)
    assert data.exists()
    data.unlink()
    kind.delete(CONTEXT, id_, state)
    kind.delete(CONTEXT, id_, state)  # gone already: nothing to do
    assert sorted(p.name for p in Path(inputs["root"]).iterdir()) == [drives.MARKER]


def test_drift_is_seen_and_mended(inputs: dict[str, Any]) -> None:
    """Mode, and the tags in the record."""
    kind = Folder()
    id_, state = kind.create(CONTEXT, inputs)
    Path(id_).chmod(0o755)
    record = json.loads((Path(id_) / RECORD).read_text())
    (Path(id_) / RECORD).write_text(json.dumps({**record, "tags": {}}))
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert (found.inputs["mode"], found.inputs["tags"]) == ("0755", {})
    difference = kind.diff(CONTEXT, found.state, found.inputs, inputs)
    assert (difference.changed, difference.replace) == (("mode", "tags"), ())
    kind.update(CONTEXT, id_, found.state, inputs)
    mended = kind.read(CONTEXT, id_, state, inputs)
    assert mended is not None
    assert mended.inputs == inputs


def test_only_another_place_is_another_folder(inputs: dict[str, Any]) -> None:
    """Everything else changes in place."""
    changed = {**inputs, "path": "first/moved", "root": "/elsewhere", "mode": "2750", "quota": 5, "group": "x"}
    assert Folder().diff(CONTEXT, {}, inputs, changed).replace == ("path", "root")


def test_a_folder_that_is_gone_is_gone_but_a_disk_that_is_gone_is_an_error(inputs: dict[str, Any]) -> None:
    """A refresh must not forget the data of an unmounted disk."""
    id_, state = Folder().create(CONTEXT, inputs)
    (Path(inputs["root"]) / drives.MARKER).unlink()
    with pytest.raises(UnreadableError, match="not mounted"):
        Folder().read(CONTEXT, id_, state, inputs)
    drives.mark("lab", "shelf", Path(inputs["root"]))
    (Path(id_) / RECORD).unlink()
    Path(id_).rmdir()
    assert Folder().read(CONTEXT, id_, state, inputs) is None


def test_an_import_learns_the_disk_from_its_mark(inputs: dict[str, Any]) -> None:
    """And is then changed like any other."""
    folder = Path(inputs["root"]) / "first/raw_images"
    folder.mkdir(parents=True, mode=0o755)
    found = Folder().read(CONTEXT, str(folder), {}, {})
    assert found is not None
    assert {name: found.inputs[name] for name in ("store", "lab", "root", "path")} == {
        name: inputs[name] for name in ("store", "lab", "root", "path")
    }
    Folder().update(CONTEXT, found.id, found.state, inputs)
    assert json.loads((folder / RECORD).read_text())["stack"] == "first"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "../up"}, "cannot be a folder's path"),
        ({"path": "/etc"}, "cannot be a folder's path"),
        ({"path": "a/.hidden"}, "cannot be a folder's path"),
        ({"mode": "rwx"}, "four octal digits"),
        ({"group": "no-such-group"}, "this machine has no group 'no-such-group'"),
        ({"quota": 10**18}, "do not fit on the disk of store 'shelf'"),
        ({"capacity": 10}, "more than the declared capacity of store 'shelf'"),
        ({"tags": {"slidebox:stack": "mine"}}, "is reserved"),
        ({"mode": None}, "'mode' is required"),
    ],
)
def test_bad_inputs_are_refused_before_anything_is_made(
    inputs: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    """One sentence each."""
    _, failures = Folder().check(CONTEXT, {**inputs, **change}, {})
    assert len(failures) == 1
    assert message in failures[0].reason


def test_folders_of_one_run_are_counted_together(inputs: dict[str, Any]) -> None:
    """Each fits, but not both."""
    kind = Folder()
    most = drives.disk(Path(inputs["root"])).free * 2 // 3
    _, first = kind.check(CONTEXT, {**inputs, "quota": most}, {})
    _, second = kind.check(context(name="b@shelf"), {**inputs, "path": "b", "quota": most}, {})
    assert (first, len(second)) == ([], 1)
    assert "with the others of this run" in second[0].reason


def test_data_that_are_there_already_are_not_counted_again(inputs: dict[str, Any]) -> None:
    """Only what a quota grows by has to fit."""
    full = {**inputs, "quota": drives.disk(Path(inputs["root"])).total}
    assert Folder().check(CONTEXT, full, full)[1] == []


def test_a_preview_knows_the_path_and_not_yet_the_owner(inputs: dict[str, Any]) -> None:
    """What is not known is marked."""
    planned = Folder().planned(CONTEXT, inputs)
    assert (planned["absolutePath"], planned["owner"]) == (f"{inputs['root']}/first/raw_images", UNKNOWN)
    assert Folder().planned(CONTEXT, {**inputs, "path": UNKNOWN})["absolutePath"] == UNKNOWN


def test_unknown_inputs_are_judged_later(inputs: dict[str, Any]) -> None:
    """A check cannot say more than it knows."""
    assert Folder().check(CONTEXT, {**inputs, "path": UNKNOWN}, {})[1] == []


def test_a_symbolic_link_is_no_folder_of_ours(inputs: dict[str, Any], tmp_path: Path) -> None:
    """It could lead off the disk."""
    (tmp_path / "first").mkdir()
    (tmp_path / "first/raw_images").symlink_to(tmp_path)
    with pytest.raises(SlideboxError, match="already exists and is no folder"):
        Folder().check(CONTEXT, inputs, {})


# Drives that are plugged in and out


class Desk:
    """A drive that is known by its UUID, and can be plugged in anywhere and out again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.points: list[Path] = []

    def plug(self, name: str) -> None:
        """Plug it in, mounted at this place; what was on it is there."""
        point = self.root / name
        if self.points:
            self.points[-1].rename(point)
        else:
            point.mkdir()
            drives.mark("lab", "shelf", point)
        self.points.append(point)
        self.online = True

    def machine(self) -> Machine:
        """What is plugged in now."""
        mounts = (Mount(self.points[-1], "/dev/sdb1"),) if self.online else ()
        return Machine({"ab-cd": "/dev/sdb1"} if self.online else {}, {}, mounts)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A drive that is plugged in."""
    made = Desk(tmp_path)
    made.plug("one")
    return made


SHELVED = {
    "store": "shelf",
    "root": "",
    "uuid": "AB-CD",
    "external": True,
    "lab": "lab",
    "path": "first/raw_images",
    "mode": "2770",
    "quota": 1000,
    "capacity": 5000,
    "tags": {"owner": "ada"},
    "facts": {},
}


def heard(kind: Folder, inputs: dict[str, Any], old: dict[str, Any]) -> tuple[dict[str, Any], list[str], list[str]]:
    """What a check answers, what fails, and what it says."""
    said: list[str] = []
    checked, failures = kind.check(
        Context(URN, log=lambda level, message: said.append(f"{level}: {message}")), inputs, old
    )
    return checked, [failure.reason for failure in failures], said


def test_a_registered_drive_may_be_mounted_elsewhere_each_time(desk: Desk) -> None:
    """Its folder is the same one: nothing changes, and it is read and changed where it is now."""
    kind = Folder(machine=desk.machine)
    id_, state = kind.create(CONTEXT, SHELVED)
    assert state["absolutePath"] == str(desk.root / "one/first/raw_images")
    desk.plug("two")
    found = kind.read(CONTEXT, id_, state, SHELVED)
    assert found is not None
    assert (found.id, found.state["absolutePath"]) == (id_, str(desk.root / "two/first/raw_images"))
    moved = {**SHELVED, "root": str(desk.root / "two"), "mode": "2750"}
    assert kind.diff(CONTEXT, state, SHELVED, moved) == Difference(("mode",), ())
    assert kind.update(CONTEXT, id_, state, moved)["mode"] == "2750"
    kind.delete(CONTEXT, id_, state)
    assert not (desk.root / "two/first").exists()


def test_an_offline_drives_folder_stays_as_it_is(desk: Desk) -> None:
    """In preview, up and refresh; what is on it is brought up to date when it is there again."""
    kind = Folder(machine=desk.machine)
    id_, state = kind.create(CONTEXT, SHELVED)
    desk.online = False
    wanted = {**SHELVED, "mode": "2750", "tags": {"owner": "bob"}, "facts": {"new": 1}}

    checked, failures, said = heard(kind, wanted, SHELVED)
    assert failures == []
    assert (checked["mode"], checked["tags"], checked["facts"]) == ("2770", {"owner": "ada"}, {"new": 1})
    assert len(said) == 1
    assert said[0].startswith("warning: The drive of store 'shelf' (UUID AB-CD) is not plugged in.")
    assert "first/raw_images stays as it is" in said[0]
    assert kind.diff(CONTEXT, state, SHELVED, checked).changed == ("facts",)
    assert kind.update(CONTEXT, id_, state, checked) == {**state, "facts": {"new": 1}}
    found = kind.read(CONTEXT, id_, state, SHELVED)
    assert found is not None
    assert (found.id, found.state, found.inputs) == (id_, state, SHELVED)
    with pytest.raises(OfflineError):
        kind.delete(CONTEXT, id_, state)

    desk.online = True
    checked, _, said = heard(kind, wanted, checked)
    assert said == []
    assert kind.diff(CONTEXT, state, SHELVED, checked).changed == ("facts", "mode", "tags")


def test_a_new_folder_on_an_offline_drive_says_which_drive_to_plug_in(desk: Desk) -> None:
    """The preview goes on, also where the drive was never seen; `up` stops at that folder alone."""
    kind = Folder(machine=desk.machine)
    desk.online = False
    _, failures, said = heard(kind, SHELVED, {})
    assert (failures, len(said)) == ([], 1)
    assert "can be made only then" in said[0]
    with pytest.raises(OfflineError, match=r"store 'shelf' \(UUID AB-CD\) is not plugged in"):
        kind.create(CONTEXT, SHELVED)
    _, failures, _ = heard(kind, {**SHELVED, "quota": 6000}, {})
    assert failures == ["6 kB for raw_images@shelf are more than the declared capacity of store 'shelf', 5 kB"]


def test_registering_a_drive_that_has_folders_makes_none_anew(desk: Desk) -> None:
    """Nor does a new path; another drive is another folder."""
    root = {**SHELVED, "root": str(desk.root / "one"), "uuid": None}
    kind = Folder(machine=desk.machine)
    assert kind.diff(CONTEXT, {}, root, SHELVED).replace == ()
    assert kind.diff(CONTEXT, {}, SHELVED, root).replace == ()
    assert kind.diff(CONTEXT, {}, SHELVED, {**SHELVED, "uuid": "ff-ff"}).replace == ("uuid",)
    assert kind.diff(CONTEXT, {}, SHELVED, {**SHELVED, "path": "b"}).replace == ("path",)
