"""A registered drive is found wherever it is mounted; one that is not there is offline; a wrong one is refused."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox import drives
from slidebox.drives import Drive, OfflineError
from slidebox.errors import UnreadableError
from slidebox.model import Origin, Sensitivity, Store, StoreKind, System
from slidebox.mounts import Machine, Mount, this_machine
from slidebox.provenance import Manifest
from slidebox.transfer import put
from slidebox.transfer.bag import BagPlace

UUID = "6f1c-AB12"


class Tree:
    """The folders in which Linux says what is plugged in, as a made-up root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("dev/disk/by-uuid", "dev/disk/by-label", "proc/self"):
            (root / folder).mkdir(parents=True)
        self.lines: list[str] = []
        self.mount(root / "home", "sda1")

    def plug(self, device: str, uuid: str, label: str = "") -> None:
        """Plug a drive in."""
        (self.root / "dev/disk/by-uuid" / uuid).symlink_to(f"../../{device}")
        if label:
            (self.root / "dev/disk/by-label" / label.replace(" ", "\\x20")).symlink_to(f"../../{device}")

    def mount(self, point: Path, device: str, below: str = "/") -> Path:
        """Mount a device; answers where."""
        point.mkdir(parents=True, exist_ok=True)
        plain = str(point).replace(" ", "\\040")
        self.lines.append(f"36 25 8:17 {below} {plain} rw,nosuid shared:1 - ext4 /dev/{device} rw\n")
        (self.root / "proc/self/mountinfo").write_text("".join(self.lines) + "one that is no mount\n")
        return point

    def machine(self) -> Machine:
        """What is there now."""
        return this_machine(self.root)

    def drive(self, *, path: Path | None = None, uuid: str = UUID, label: str = "") -> Drive:
        """The lab's shelf."""
        return Drive(lab="lab", store="shelf", path=path, uuid=uuid, label=label, external=True, machine=self.machine)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A machine with a disk of its own and nothing plugged in."""
    return Tree(tmp_path / "root")


@pytest.mark.parametrize("where", ["media/ada/shelf 1", "mnt/x"])
def test_a_drive_is_found_by_its_uuid_wherever_it_is_mounted(tree: Tree, where: str) -> None:
    """In whatever letters its UUID is written."""
    tree.plug("sdb1", UUID.upper())
    point = tree.mount(tree.root / where, "sdb1")
    with pytest.raises(UnreadableError, match=f"mounted at {point}, and has no mark yet.*slidebox mark shelf"):
        tree.drive().require()
    drives.mark("lab", "shelf", point)
    assert tree.drive().require() == point


def test_a_drive_is_found_by_its_label(tree: Tree) -> None:
    """One with a blank in it too."""
    tree.plug("sdb1", UUID, "shelf 1")
    point = tree.mount(tree.root / "media/shelf", "sdb1")
    assert tree.drive(uuid="", label="shelf 1").root() == point
    with pytest.raises(OfflineError, match="drive of store 'shelf' \\(label 'shelf 2'\\) is not plugged in"):
        tree.drive(uuid="", label="shelf 2").root()


def test_uuid_and_label_have_to_be_of_one_drive(tree: Tree) -> None:
    """Where they are not, something is declared wrongly, and nothing is guessed."""
    tree.plug("sdb1", UUID, "shelf 1")
    tree.mount(tree.root / "media/shelf", "sdb1")
    with pytest.raises(UnreadableError, match=f"UUID {UUID} has the label 'shelf 1' and not 'shelf 2'"):
        tree.drive(label="shelf 2").root()


def test_a_drive_that_is_not_plugged_in_is_offline(tree: Tree) -> None:
    """Also where its usual mount point is there."""
    path = tree.root / "mnt/shelf"
    path.mkdir(parents=True)
    for drive in (tree.drive(), tree.drive(path=path)):
        with pytest.raises(OfflineError, match=r"\(UUID 6f1c-AB12\) is not plugged in\. Plug it in"):
            drive.require()


def test_a_drive_that_is_plugged_in_and_not_mounted_is_offline(tree: Tree) -> None:
    """With what to do."""
    tree.plug("sdb1", UUID)
    with pytest.raises(OfflineError, match=r"plugged in as .*sdb1, but not mounted"):
        tree.drive().require()


def test_a_wrong_drive_at_the_mount_point_is_refused(tree: Tree) -> None:
    """Whether or not the right one is plugged in; that is no drive that is merely offline."""
    path = tree.mount(tree.root / "mnt/shelf", "sdc1")
    tree.plug("sdc1", "ffff-0000")
    for _ in range(2):
        with pytest.raises(UnreadableError, match=f"Another drive is mounted at {path}.*UUID ffff-0000") as refused:
            tree.drive(path=path).require()
        assert not isinstance(refused.value, OfflineError)
        if not (tree.root / "dev/disk/by-uuid" / UUID).is_symlink():
            tree.plug("sdb1", UUID)
    # Where the right one is mounted elsewhere, it is the one.
    point = tree.mount(tree.root / "media/shelf", "sdb1")
    assert tree.drive(path=path).root() == point


def test_a_drive_with_another_stores_mark_is_refused(tree: Tree) -> None:
    """A copy of a disk has its UUID too."""
    tree.plug("sdb1", UUID)
    point = tree.mount(tree.root / "media/shelf", "sdb1")
    drives.mark("lab", "other", point)
    with pytest.raises(UnreadableError, match="is store 'other' of lab 'lab', not store 'shelf'"):
        tree.drive().require()


def test_only_what_can_be_seen_of_the_whole_drive_counts(tree: Tree) -> None:
    """A folder of it that is mounted by itself does not, and neither does what another disk lies over."""
    tree.plug("sdb1", UUID)
    tree.mount(tree.root / "srv/part", "sdb1", below="/part")
    hidden = tree.mount(tree.root / "mnt/a", "sdb1")
    tree.mount(hidden, "sdd1")
    with pytest.raises(OfflineError):
        tree.drive().root()
    usual = [tree.mount(tree.root / "mnt" / name, "sdb1") for name in ("b", "c")]
    assert tree.drive().root() == usual[0]
    assert tree.drive(path=usual[1]).root() == usual[1]


def test_where_the_system_does_not_speak_path_and_mark_count(tmp_path: Path) -> None:
    """As on a Mac: there is no table of disks."""
    machine = this_machine(tmp_path)
    assert not machine.speaks
    drive = Drive(lab="lab", store="shelf", path=None, uuid=UUID, external=True, machine=lambda: machine)
    with pytest.raises(UnreadableError, match=r"does not say where.*Give the store a 'path' as well"):
        drive.root()
    drive = Drive(lab="lab", store="shelf", path=tmp_path, uuid=UUID, external=True, machine=lambda: machine)
    with pytest.raises(OfflineError, match="not the marker"):
        drive.require()
    drives.mark("lab", "shelf", tmp_path)
    assert drive.require() == tmp_path


def test_an_external_drive_without_a_uuid_is_offline_where_its_mark_is_not(tmp_path: Path) -> None:
    """The marker is all that plain folders have; the lab's own disks have to be there."""
    store = Store(system=System.EXTERNAL_DRIVE, kind=StoreKind.DRIVE, path="shelf")
    with pytest.raises(OfflineError, match="does not exist"):
        Drive.of("lab", tmp_path, "shelf", store).require()
    inside = store.model_copy(update={"system": System.INTERNAL_DRIVE})
    with pytest.raises(UnreadableError) as refused:
        Drive.of("lab", tmp_path, "shelf", inside).require()
    assert not isinstance(refused.value, OfflineError)


def test_this_machine_can_be_looked_at() -> None:
    """What runs the tests has a root."""
    if not Path("/proc/self/mountinfo").exists():
        pytest.skip("this system has no table of mounts")
    assert this_machine().at(Path("/"))


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1))
def test_any_name_of_a_mount_point_is_read(name: str) -> None:
    """The table writes blank, tab, end of line and backslash in octal."""
    point = "/mnt/" + name
    for letter in "\\ \t\n":
        point = point.replace(letter, f"\\{ord(letter):03o}")
    from slidebox.mounts import _mount  # noqa: PLC0415

    line = f"36 25 8:17 / {point} rw - ext4 none rw"
    assert _mount(line, Path("/")) == Mount(Path("/mnt/" + name), "none")


# Real file systems


@dataclass(frozen=True)
class Image:
    """A file with a file system, mounted."""

    point: Path
    device: str

    def machine(self, uuid: str) -> Machine:
        """The machine, with what udev would say of the image."""
        here = this_machine()
        return Machine({uuid.lower(): self.device}, {"SHELF": self.device}, here.mounts)


Maker = Callable[..., Image]


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Maker]:
    """Makes a file system in a file and mounts it; skips where the machine does not allow that."""
    points: list[Path] = []

    def make(kind: str, megabytes: int, *options: str) -> Image:
        program = shutil.which(f"mkfs.{kind}") or shutil.which(f"mkfs.{kind}", path="/usr/sbin:/sbin")
        if program is None or os.geteuid() != 0:
            pytest.skip(f"mkfs.{kind} and an account that may mount are needed")
        file, point = tmp_path / f"{kind}.img", tmp_path / f"mnt {kind}"
        with file.open("wb") as image:
            image.truncate(megabytes * 2**20)
        point.mkdir()
        subprocess.run([program, *options, str(file)], check=True, capture_output=True)
        loop = subprocess.run(["mount", "-o", "loop", str(file), str(point)], check=False, capture_output=True)
        if loop.returncode:
            pytest.skip(f"this machine mounts no image: {loop.stderr.decode().strip()}")
        points.append(point)
        return Image(point, this_machine().at(point))

    yield make
    for point in points:
        subprocess.run(["umount", str(point)], check=True)


EXT4 = ("ext4", 8, "-q", "-F", "-L", "SHELF", "-U", "3f2504e0-4f89-11d3-9a0c-0305e82c3301")
VFAT = ("vfat", 8, "-n", "SHELF", "-i", "1A2B3C4D")
DRAFT = Manifest("test/raw_images", "Test", "Files.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)


@pytest.mark.parametrize("options", [EXT4, VFAT], ids=["ext4", "vfat"])
def test_a_bag_is_put_onto_a_real_file_system(mounted: Maker, tmp_path: Path, options: tuple[str, int, str]) -> None:
    """Found by its UUID, written, read back, and valid."""
    import bagit  # noqa: PLC0415

    image = mounted(*options)
    drive = Drive(
        lab="lab",
        store="shelf",
        path=None,
        uuid="1a2b-3c4d",
        external=True,
        machine=lambda: image.machine("1A2B-3C4D"),
    )
    assert drive.root() == image.point
    drives.mark("lab", "shelf", drive.root())
    folder = drive.require() / "raw"
    folder.mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a b.tif").write_bytes(b"pixels" * 1000)

    put(tmp_path / "in", [BagPlace("shelf", folder, image.point, guard=lambda: None)], DRAFT)

    assert bagit.Bag(str(folder)).validate()


def test_a_disk_that_is_really_full_is_one_sentence(mounted: Maker, tmp_path: Path) -> None:
    """What was written so far stays, nothing is published, and the same command goes on."""
    image = mounted(*EXT4)
    folder = image.point / "raw"
    folder.mkdir()
    source = tmp_path / "in"
    source.mkdir()
    for number in range(4):
        (source / f"{number}.tif").write_bytes(os.urandom(2**20))
    hog = image.point / "hog"

    class Filling(BagPlace):
        """A bag on a disk that somebody else fills meanwhile."""

        def free(self) -> int | None:
            free = super().free()
            try:
                hog.write_bytes(bytes(8 * 2**20))
            except OSError as error:
                assert error.errno == errno.ENOSPC
            return free

    with pytest.raises(UnreadableError, match=r"^shelf cannot take the files: the disk is full\. Nothing was"):
        put(source, [Filling("shelf", folder, image.point)], DRAFT)
    assert BagPlace("shelf", folder, image.point).manifest() is None
    hog.unlink()
    put(source, [BagPlace("shelf", folder, image.point)], DRAFT)
    (source / "more.tif").write_bytes(os.urandom(12 * 2**20))
    with pytest.raises(UnreadableError, match=r"free, and 12\.6 MB are to be written"):
        put(source, [BagPlace("shelf", folder, image.point)], DRAFT)
