"""put and get in folders behind a real rclone: a folder of this machine, and a WebDAV server."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import CRATE_FILE, FileEntry, Manifest
from slidebox.provider.drive import RECORD
from slidebox.rclone import Item, RemoteFolder
from slidebox.shares import services
from slidebox.transfer.aside import BIN, Retirable
from slidebox.transfer.get import get
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Choosy, Content, Held
from slidebox.transfer.put import Existing, put
from slidebox.transfer.shares import SharePlace

from .rclone_remotes import NEEDED, Remotes, remotes

pytestmark = NEEDED

BOTH = pytest.mark.parametrize("share", ["folder", "dav"], indirect=True)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remotes]:
    """Two remotes of a real rclone."""
    with remotes(tmp_path_factory.mktemp("rclone")) as found:
        yield found


class Share:
    """A folder that `pulumi up` has made, and the source that goes there."""

    def __init__(self, there: Remotes, remote: str, tmp: Path, name: str) -> None:
        self.remotes = there
        self.remote = remote
        self.top = there.behind(remote) / name
        self.folder = self.top / "p/raw_images"
        self.folder.mkdir(parents=True)
        (self.folder / RECORD).write_text("{}")
        self.rclone = there.made[0] if there.made else there.rclone()
        self.root = RemoteFolder(self.rclone, remote, name)
        self.source = tmp / "source"
        self.files = {"a.tif": b"image", "plate 1/ä#1.tif": b"x" * 70_000, "empty.txt": b""}
        self.write()

    def write(self) -> None:
        """Write the source."""
        for path, data in self.files.items():
            file = self.source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def place(self, journal: Journal | None = None, *, reread: bool = False, most: int | None = None) -> SharePlace:
        """The way into it."""
        return SharePlace("box", self.root, "p/raw_images", journal=journal, reread=reread, most=most)

    def put(self, journal: Journal | None = None, existing: Existing = Existing.REFUSE) -> tuple[int, int]:
        """Put the source; answers how many files were written, and how many were there."""
        place = self.place(journal)
        receipt = put(self.source, [place], DRAFT, existing=existing, journal=journal)
        return receipt.written["box"], receipt.skipped["box"]

    def there(self) -> dict[str, bytes]:
        """What lies in it, but for what is slidebox's own."""
        files = (file for file in self.folder.rglob("*") if file.is_file())
        found = {file.relative_to(self.folder).as_posix(): file.read_bytes() for file in files}
        return {path: data for path, data in found.items() if path not in (RECORD, CRATE_FILE)}


DRAFT = Manifest("p/raw_images", "Images", "Images of a test.", "2026-11-29", Origin.LAB, Sensitivity.OPEN)


@pytest.fixture
def share(there: Remotes, tmp_path: Path, request: pytest.FixtureRequest) -> Share:
    """A folder of a remote."""
    return Share(there, request.param, tmp_path, hashlib.sha256(request.node.name.encode()).hexdigest()[:8])


@pytest.fixture
def local(there: Remotes, tmp_path: Path, request: pytest.FixtureRequest) -> Share:
    """A folder of the remote that shows a folder of this machine."""
    return Share(there, "folder", tmp_path, hashlib.sha256(request.node.name.encode()).hexdigest()[:8])


def content(path: str, data: bytes) -> Content:
    """A file's bytes by their checksum."""
    return Content(FileEntry(path, len(data), hashlib.sha256(data).hexdigest()))


@BOTH
def test_what_is_put_comes_back(share: Share, tmp_path: Path) -> None:
    """With names that addresses write otherwise, an empty file, and nothing half-written left."""
    assert share.put() == (3, 0)
    assert share.there() == share.files
    assert share.put() == (0, 3)
    receipt = get([share.place()], "p/raw_images", tmp_path / "back")
    assert receipt.written[str(tmp_path / "back")] == 3
    assert {path: (tmp_path / "back" / path).read_bytes() for path in share.files} == share.files
    assert isinstance(share.place(), Retirable)
    assert isinstance(share.place(), Choosy)


@BOTH
def test_a_changed_byte_is_found(share: Share, tmp_path: Path) -> None:
    """When it is fetched, and when it is put again."""
    share.put()
    (share.folder / "a.tif").write_bytes(b"imaga")
    with pytest.raises(IntegrityError, match=r"a\.tif of p/raw_images could not be fetched whole from any copy"):
        get([share.place()], "p/raw_images", tmp_path / "back")
    assert not (tmp_path / "back/a.tif").exists()
    journal = Journal()
    assert share.put(journal) == (1, 2)
    assert share.there() == share.files


def test_a_byte_that_changed_without_a_trace_is_found_by_reading_everything(local: Share) -> None:
    """The journal believes size and time; --reread believes nobody."""
    journal = Journal()
    local.put(journal)
    file = local.folder / "a.tif"
    before = file.stat()
    file.write_bytes(b"imaga")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert local.place(journal).holds(content("a.tif", b"image")) is Held.SAME
    assert local.place(journal, reread=True).holds(content("a.tif", b"image")) is not Held.SAME


def test_somebody_elses_file_is_not_written_over(local: Share) -> None:
    """Unless it is asked for."""
    (local.folder / "a.tif").write_bytes(b"other")
    with pytest.raises(InputError, match=r"already has another file a\.tif, which slidebox did not put there"):
        local.put()
    written, _ = local.put(existing=Existing.REPLACE)
    assert written >= 1  # the others may have been there before the first put gave up
    assert local.there() == local.files


def test_bytes_that_arrive_otherwise_are_refused_and_not_left(local: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksum is of what was sent, not what the tool says of it."""
    place, send = local.place(), local.root.send

    def damaging(path: str, size: int, chunks: Iterator[bytes]) -> None:
        data = b"".join(chunks)
        send(path, size, iter([data[:-1] + b"!"]))

    monkeypatch.setattr(local.root, "send", damaging)
    with place.writing(), pytest.raises(IntegrityError, match="has other bytes under that name"):
        place.write(content("a.tif", b"image"), iter([b"image"]))
    assert local.there() == {}


def test_a_put_that_was_killed_goes_on_where_it_stopped(local: Share) -> None:
    """Finished files are kept, also without the journal; a half-written one is never under its name."""
    local.files = {f"{number}.tif": bytes([number]) * 200_000 for number in range(30)}
    for old in ("a.tif", "plate 1/ä#1.tif", "empty.txt"):
        (local.source / old).unlink()
    (local.source / "plate 1").rmdir()
    local.write()
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from slidebox.rclone import Rclone, RemoteFolder\n"
        "from slidebox.rclone.program import find\n"
        "from slidebox.transfer.put import put\n"
        "from slidebox.transfer.shares import SharePlace\n"
        "from slidebox.model import Origin, Sensitivity\n"
        "from slidebox.provenance import Manifest\n"
        "DRAFT = Manifest('p/raw_images', 'Images', 'Images.', '2026-11-29', Origin.LAB, Sensitivity.OPEN)\n"
        "root = RemoteFolder(Rclone(find, os.environ), 'folder', sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "put(Path(sys.argv[1]), [SharePlace('box', root, 'p/raw_images')], DRAFT)\n"
    )
    command = [sys.executable, "-c", code, str(local.source), local.top.name]
    with subprocess.Popen(command, env=local.remotes.environment, stdout=subprocess.PIPE) as started:
        assert started.stdout
        started.stdout.readline()
        deadline = time.monotonic() + 20
        while len(local.there()) < 8 and started.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        started.send_signal(signal.SIGKILL)
    kept = {path: data for path, data in local.there().items() if not path.startswith(".slidebox-")}
    assert 0 < len(kept) < 30
    assert all(local.files[path] == data for path, data in kept.items())
    assert local.place().manifest() is None
    written, skipped = local.put()
    assert written + skipped == 30
    assert skipped >= len(kept)
    assert local.there() == local.files


@BOTH
def test_what_is_set_aside_comes_back_or_is_deleted(share: Share) -> None:
    """The service moves it itself, out of the dataset's folder."""
    share.put()
    place, files = share.place(), list(share.files)
    place.set_aside("token", files)
    place.set_aside("token", files)  # a run that was stopped is done again
    assert share.there() == {}
    assert place.manifest() is None
    assert (share.top / BIN / "token/a.tif").read_bytes() == b"image"
    place.bring_back("token", files)
    assert share.there() == share.files
    assert place.manifest() is not None
    assert not (share.top / BIN / "token").exists()
    place.set_aside("token", files)
    place.purge("token", files)
    assert [path for path in (share.top / BIN).rglob("*") if path.is_file()] == []


def test_what_has_come_meanwhile_is_not_written_over(local: Share) -> None:
    """Both are kept, and a person chooses."""
    local.put()
    place = local.place()
    place.set_aside("token", list(local.files))
    (local.folder / "a.tif").write_bytes(b"newer")
    with pytest.raises(UnreadableError, match=r"a\.tif is in box again"):
        place.bring_back("token", list(local.files))
    assert (local.folder / "a.tif").read_bytes() == b"newer"
    assert (local.top / BIN / "token/a.tif").read_bytes() == b"image"


def test_a_folder_without_the_mark_is_not_slideboxs(local: Share) -> None:
    """Nothing is put where `pulumi up` has made nothing."""
    (local.folder / RECORD).unlink()
    with pytest.raises(UnreadableError, match="Make it with `pulumi up"):
        local.put()


def test_a_manifest_of_another_hand_is_not_written_over(local: Share) -> None:
    """It was another one when the transfer began."""
    local.put()
    with pytest.raises(IntegrityError, match="Somebody else has put files"):
        local.place().publish(b"{}", b"what it was")


# What a service does otherwise


@pytest.fixture
def known(local: Share, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Share:
    """The folder of this machine, taken for one of a service."""
    monkeypatch.setattr(local.rclone, "remotes", lambda: {"folder": request.param})
    return local


@pytest.mark.parametrize("known", ["onedrive", "dropbox"], indirect=True)
def test_two_names_that_differ_by_capitals_are_refused_before_anything_is_sent(known: Share) -> None:
    """One of them would be lost: here one that is there already."""
    (known.folder / "A.TIF").write_bytes(b"other")
    with pytest.raises(InputError, match=r"'A\.TIF' and 'a\.tif' are one name in \w+, which ignores capitals"):
        known.put()
    assert known.there() == {"A.TIF": b"other"}


@pytest.mark.parametrize("known", ["drive"], indirect=True)
def test_two_files_of_one_name_are_never_guessed_at(known: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google Drive can have them."""
    (known.folder / "A.TIF").write_bytes(b"other")
    assert known.put() == (3, 0)
    once = known.root.list

    def twice(path: str = "", *sums: str, recurse: bool = False) -> list[Item]:
        found = once(path, *sums, recurse=recurse)
        return [*found, *(item for item in found if item.path.endswith("/a.tif"))]

    monkeypatch.setattr(known.root, "list", twice)
    with pytest.raises(InputError, match=r"has two files a\.tif, and nothing says which one counts"):
        known.put()


@pytest.mark.parametrize("known", ["onedrive"], indirect=True)
def test_a_file_that_is_too_large_is_refused_before_anything_is_sent(known: Share) -> None:
    """The limit is Table 1's."""
    with pytest.raises(InputError, match=r"OneDrive takes files of 60 kB at most, and plate 1/ä#1\.tif has 70 kB"):
        put(known.source, [known.place(most=60_000)], DRAFT)
    assert known.there() == {}


@pytest.mark.parametrize("known", sorted(services()), indirect=True)
def test_the_services_own_checksum_is_compared_and_remembered(known: Share) -> None:
    """A file that has another one since is read again, whatever its time says."""
    journal = Journal()
    assert known.put(journal) == (3, 0)
    assert known.put(journal) == (0, 3)
    file = known.folder / "a.tif"
    before = file.stat()
    file.write_bytes(b"imaga")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert known.place(journal).holds(content("a.tif", b"image")) is Held.FOREIGN
    assert json.loads((known.folder / CRATE_FILE).read_text())["@graph"]
