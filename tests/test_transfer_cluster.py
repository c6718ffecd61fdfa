"""Put and get into a folder of a real OpenSSH server, with commands and by SFTP alone."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from slidebox.cluster import Cluster
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import CRATE_FILE, FileEntry, Manifest, digest
from slidebox.transfer.aside import BIN, Retirable
from slidebox.transfer.cluster_aside import RetirableClusterFolder
from slidebox.transfer.get import get
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Content, Held, part_size
from slidebox.transfer.put import put

from .sshd import Sshd

DRAFT = Manifest("first/raw_images", "Test", "Files of a test.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
NAMES = ("plain.tif", "deep/er/b.tif", 'it\'s $(touch pwned) `x`; "q" & é.tif', "-rf *.tif", " leading and trailing ")


@pytest.fixture(params=["sshd", "sshd_files"])
def server(request: pytest.FixtureRequest) -> Sshd:
    """A server with commands, and one with files alone."""
    found: Sshd = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The dataset's folder on the server, which is this machine."""
    found = tmp_path / "lab/first/raw_images"
    found.mkdir(parents=True)
    found.chmod(0o2770)
    return found


@functools.cache
def kept(server: Sshd) -> Cluster:
    """One connection to each server for all the tests of a process."""
    return server.cluster()


Opener = Callable[..., RetirableClusterFolder]


@pytest.fixture
def at(server: Sshd, folder: Path) -> Opener:
    """Opens the place."""

    def make(cluster: Cluster | None = None, **more: object) -> RetirableClusterFolder:
        root = folder.parent.parent
        return RetirableClusterFolder("campus", cluster or kept(server), str(folder), str(root), **more)

    return make


def content(path: str, data: bytes) -> Content:
    """A file by its checksums."""
    return Content(FileEntry(path, len(data), digest(data)))


def pieces(data: bytes, size: int = 2**20) -> Iterator[bytes]:
    """The bytes in pieces."""
    return (data[start : start + size] for start in range(0, len(data), size))


def left(folder: Path) -> list[str]:
    """What is on its way in a folder."""
    return sorted(p.name for p in (folder / ".slidebox-partial").glob("*"))


def source(tmp_path: Path) -> Path:
    """A folder with small files, an empty one and one of several parts."""
    found = tmp_path / "source"
    for number, name in enumerate(NAMES):
        file = found / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes([number]) * number * 1000)
    (found / "large.nd2").write_bytes(os.urandom(part_size(0) + 3_000_001))
    return found


def test_a_folder_is_put_and_fetched_again_whole(at: Opener, folder: Path, tmp_path: Path) -> None:
    """With names that a shell would take for commands."""
    files = source(tmp_path)
    receipt = put(files, [at()], DRAFT)
    assert receipt.written == {"campus": 6}
    for name in (*NAMES, "large.nd2"):
        assert (folder / name).read_bytes() == (files / name).read_bytes()
        assert f"{(folder / name).stat().st_mode & 0o7777:04o}" == "0660"
    assert f"{(folder / 'deep/er').stat().st_mode & 0o7777:04o}" == "2770"
    assert not (folder / ".slidebox-partial").exists()
    assert not list(tmp_path.rglob("pwned"))
    back = get([at()], "first/raw_images", tmp_path / "back")
    assert back.written == {"campus": 6} or sum(back.written.values()) == 6
    assert (tmp_path / "back/large.nd2").read_bytes() == (files / "large.nd2").read_bytes()


def test_a_second_put_sends_nothing_and_changed_bytes_are_seen(at: Opener, folder: Path, tmp_path: Path) -> None:
    """What the journal says is believed while the file is as it was left; with --reread nothing is."""
    files, journal = source(tmp_path), Journal(tmp_path / "journal")
    put(files, [at(journal=journal)], DRAFT, journal=journal)
    again = put(files, [at(journal=journal)], DRAFT, journal=journal)
    assert (again.written, again.skipped) == ({"campus": 0}, {"campus": 6})

    damaged = folder / "deep/er/b.tif"
    before = damaged.stat()
    damaged.write_bytes(b"\x07" * before.st_size)
    os.utime(damaged, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(IntegrityError, match=r"deep/er/b\.tif in campus is damaged"):
        get([at()], "first/raw_images", tmp_path / "back")
    mended = put(files, [at(journal=journal, reread=True)], DRAFT, journal=journal)
    assert mended.notes == ("deep/er/b.tif was missing or damaged in campus and is written again",)
    assert damaged.read_bytes() == b"\x01" * 1000


def test_what_is_there_and_not_ours_is_not_overwritten(at: Opener, folder: Path) -> None:
    """Other bytes, a link, a folder in place of a file and a file in place of a folder."""
    (folder / "a.tif").write_bytes(b"theirs")
    assert at().holds(content("a.tif", b"theirs")) is Held.SAME
    place = at()
    assert place.holds(content("a.tif", b"others")) is Held.FOREIGN
    assert place.holds(content("none/b.tif", b"")) is Held.NOTHING

    outside = folder.parent / "outside"
    outside.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "file").write_bytes(b"")
    (folder / "folder").mkdir()
    with place.writing():
        for path, why in (
            ("link/x.tif", "is not a folder"),
            ("file/x.tif", "is not a folder"),
            ("folder", "is a folder, and has to be a file"),
        ):
            with pytest.raises(InputError, match=why):
                place.write(content(path, b"x"), iter([b"x"]))
    assert list(outside.iterdir()) == []


def test_a_link_in_place_of_a_file_is_no_file(at: Opener, folder: Path, tmp_path: Path) -> None:
    """It is neither read nor followed, and a file takes its name."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (folder / "a.tif").symlink_to(secret)
    place = at()
    assert (place.size("a.tif"), place.holds(content("a.tif", b"secret"))) == (None, Held.NOTHING)
    with pytest.raises(UnreadableError, match=r"a\.tif is not in campus"), place.read("a.tif"):
        raise AssertionError
    with place.writing():
        place.write(content("a.tif", b"image"), iter([b"image"]))
    assert (secret.read_bytes(), (folder / "a.tif").read_bytes()) == (b"secret", b"image")


def test_an_upload_goes_on_with_what_has_arrived(at: Opener, folder: Path) -> None:
    """Each piece is compared; from the first one that differs on, all is sent again."""
    data = os.urandom(20 * 2**20)
    place = at()

    def stopped() -> Iterator[bytes]:
        yield from list(pieces(data, 4 * 2**20))[:3]
        raise InterruptedError

    with pytest.raises(InterruptedError), place.writing():
        place.write(content("large.nd2", data), stopped())
    (partial,) = left(folder)
    draft = folder / ".slidebox-partial" / partial
    assert draft.read_bytes() == data[: 12 * 2**20]
    inode = draft.stat().st_ino
    with draft.open("r+b") as file:  # the second piece is damaged meanwhile
        file.seek(5 * 2**20)
        file.write(b"\0" * 10)
    with place.writing():
        place.write(content("large.nd2", data), pieces(data, 4 * 2**20))
    assert (folder / "large.nd2").read_bytes() == data
    assert (folder / "large.nd2").stat().st_ino == inode
    assert not (folder / ".slidebox-partial").exists()


KILLED = """
import sys, time
from functools import partial
from pathlib import Path
from slidebox.cluster import Address, Cluster
from slidebox.cluster.dialling import dial
from slidebox.provenance import FileEntry, digest
from slidebox.transfer.cluster import ClusterPlace
from slidebox.transfer.places import Content
config, port, folder, data = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]).read_bytes()
def slowly():
    for start in range(0, len(data), 4 * 2**20):
        if start == 8 * 2**20:
            print("half", flush=True)
            time.sleep(60)
        yield data[start : start + 4 * 2**20]
place = ClusterPlace("campus", Cluster(Address("127.0.0.1", port), dial=partial(dial, config=config)), folder)
with place.writing():
    place.write(Content(FileEntry("large.nd2", len(data), digest(data))), slowly())
"""


def test_a_killed_process_is_gone_on_with(sshd: Sshd, folder: Path, tmp_path: Path) -> None:
    """By another process, with the bytes that the first one has sent."""
    data = os.urandom(16 * 2**20 + 1)
    (tmp_path / "data").write_bytes(data)
    words = [sys.executable, "-c", KILLED, str(sshd.config), str(sshd.port), str(folder), str(tmp_path / "data")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"half\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    (partial,) = left(folder)
    assert (folder / ".slidebox-partial" / partial).stat().st_size == 8 * 2**20
    place = RetirableClusterFolder("campus", sshd.cluster(), str(folder), str(folder.parent.parent))
    with place.writing():
        place.write(content("large.nd2", data), pieces(data, 4 * 2**20))
    assert (folder / "large.nd2").read_bytes() == data


class Cutting:
    """A way to a server that is cut after so many bytes, some times."""

    def __init__(self, port: int, after: int, times: int) -> None:
        self._port, self._after, self._times = port, after, times
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.cuts = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._socket.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._pass, args=(near, far, self.cuts < self._times), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket, cut: bool) -> None:
        passed = 0
        try:
            while data := here.recv(2**16):
                passed += len(data)
                if cut and passed > self._after:
                    self.cuts += 1
                    break
                there.sendall(data)
        except OSError:
            pass
        for end in (here, there):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more."""
        self._socket.close()


def through(server: Sshd, way: Cutting) -> Cluster:
    """The server, reached by another port."""
    known = server.known_hosts.read_text()
    if f":{way.port} " not in known:
        key = known.splitlines()[0].partition(" ")[2]
        server.known_hosts.write_text(f"{known}[127.0.0.1]:{way.port} {key}\n")
    return server.cluster(replace(server.address, port=way.port))


def test_a_connection_that_breaks_off_is_made_again(server: Sshd, at: Opener, folder: Path) -> None:
    """In the middle of a file, twice; nothing is lost and nothing is asked."""
    data = os.urandom(12 * 2**20)
    way = Cutting(server.port, 5 * 2**20, 2)
    place = at(through(server, way))
    with place.writing():
        place.write(content("large.nd2", data), pieces(data, 2 * 2**20))
    way.close()
    assert (folder / "large.nd2").read_bytes() == data
    assert way.cuts == 2


def test_many_files_at_once_pass_over_breaks(server: Sshd, at: Opener, folder: Path, tmp_path: Path) -> None:
    """Whatever each channel was doing when the connection went, it does again."""
    files = tmp_path / "many"
    for number in range(60):
        file = files / f"{number % 3}" / f"{number}.tif"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(20_000))
    way = Cutting(server.port, 300_000, 3)
    receipt = put(files, [at(through(server, way))], DRAFT)
    way.close()
    assert (receipt.written, way.cuts) == ({"campus": 60}, 3)
    for file in files.rglob("*.tif"):
        assert (folder / file.relative_to(files)).read_bytes() == file.read_bytes()
    assert not (folder / ".slidebox-partial").exists()


def test_the_manifest_of_a_sticky_folder_is_written_over_in_place(
    at: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There nobody replaces another's file; any other file's name is refused."""
    folder.chmod(0o3770)
    (folder / CRATE_FILE).write_bytes(b"a longer manifest of theirs")
    inode = (folder / CRATE_FILE).stat().st_ino

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("slidebox.transfer.cluster.wire.replace", refused)
    place = at()
    place.publish(b"ours", b"a longer manifest of theirs")
    assert ((folder / CRATE_FILE).read_bytes(), (folder / CRATE_FILE).stat().st_ino) == (b"ours", inode)
    with (
        pytest.raises(UnreadableError, match=r"does not allow this account to go on: naming .*a\.tif"),
        place.writing(),
    ):
        place.write(content("a.tif", b"image"), iter([b"image"]))


def test_one_that_stays_away_is_one_sentence_and_leaves_what_has_arrived(
    server: Sshd, at: Opener, folder: Path
) -> None:
    """The next run goes on with it."""
    data = os.urandom(12 * 2**20)
    way = Cutting(server.port, 5 * 2**20, 100)

    def hung_up() -> Iterator[bytes]:
        for number, piece in enumerate(pieces(data, 2 * 2**20)):
            if number == 2:
                way.close()
            yield piece

    place = at(through(server, way))
    with pytest.raises(UnreadableError, match=r"127\.0\.0\.1"), place.writing():
        place.write(content("large.nd2", data), hung_up())
    (partial,) = left(folder)
    assert (folder / ".slidebox-partial" / partial).stat().st_size >= 4 * 2**20
    place = at()
    with place.writing():
        place.write(content("large.nd2", data), pieces(data, 2 * 2**20))
    assert (folder / "large.nd2").read_bytes() == data


def test_bytes_that_arrive_otherwise_are_refused(at: Opener, folder: Path) -> None:
    """The name is not given, and nothing is left to go on with."""
    place = at()
    wrong = Content(FileEntry("a.tif", 5, digest(b"image")))
    with pytest.raises(IntegrityError, match=r"a\.tif was sent to campus, which has other bytes"), place.writing():
        place.write(wrong, iter([b"imagf"]))
    assert sorted(p.name for p in folder.iterdir()) == []


def test_a_disk_that_is_full_is_one_sentence(at: Opener, folder: Path) -> None:
    """SFTP has no word for it: the file system is asked."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=2770", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    try:
        data = os.urandom(2 * 2**20)
        place, why = at(), r"is full or the quota is used up.*writing a file of campus failed"
        with pytest.raises(UnreadableError, match=why), place.writing():
            place.write(content("a.tif", data), pieces(data))
        free = place.free()
        assert free is not None
        assert free < 2**20
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_is_gone_is_said(at: Opener, folder: Path) -> None:
    """It is never made by an upload."""
    folder.rmdir()
    with pytest.raises(UnreadableError, match=r"The folder of campus is not there: .*pulumi up"):
        at().check()


def test_a_manifest_that_somebody_else_has_written_stays(at: Opener, folder: Path) -> None:
    """Nothing is published over theirs."""
    place = at()
    (folder / CRATE_FILE).write_bytes(b"theirs")
    with pytest.raises(IntegrityError, match="Somebody else has put files"):
        place.publish(b"ours", None)
    place.publish(b"ours", b"theirs")
    assert place.manifest() == b"ours"


def test_files_are_set_aside_brought_back_and_purged(at: Opener, folder: Path, tmp_path: Path) -> None:
    """Into the store's own bin, as on a drive."""
    files = source(tmp_path)
    receipt = put(files, [at()], DRAFT)
    paths = [entry.path for entry in receipt.manifest.files]
    place = at()
    assert isinstance(place, Retirable)
    for _ in range(2):  # done twice, it is done
        place.set_aside("token", paths)
    kept = folder.parent.parent / BIN / "token"
    assert (list(folder.iterdir()), (kept / "large.nd2").is_file(), place.manifest()) == ([], True, None)
    for _ in range(2):
        place.bring_back("token", paths)
    assert (folder / "deep/er/b.tif").read_bytes() == b"\x01" * 1000
    assert at().manifest() is not None
    assert not kept.exists()

    place.set_aside("token", paths)
    (folder / "plain.tif").write_bytes(b"new")
    with pytest.raises(UnreadableError, match=r"plain\.tif is in campus again"):
        place.bring_back("token", ["plain.tif"])
    place.purge("token", paths)
    place.purge("token", paths)
    assert not (folder.parent.parent / BIN).exists()
    assert [p.name for p in folder.iterdir()] == ["plain.tif"]


def test_memory_does_not_grow_with_a_file(at: Opener, folder: Path) -> None:
    """A sparse file is read in pieces of a few."""
    with (folder / "huge.nd2").open("wb") as file:
        file.truncate(40 * 2**20)
    sizes = []
    with at().read("huge.nd2") as chunks:
        sizes = [len(chunk) for chunk in chunks]
    assert (sum(sizes), max(sizes)) == (40 * 2**20, 8 * 2**20)


def test_files_are_summed_where_they_lie(server: Sshd, at: Opener, folder: Path, tmp_path: Path) -> None:
    """Whatever they are called; a link, a file of another size, and a server without commands are left to be read."""
    place = at()
    manifest = put(source(tmp_path), [place], DRAFT).manifest
    wanted = {entry.path: entry.sha256 for entry in manifest.files}
    with_commands = "files" not in server.folder.name
    assert place.summed_there(manifest.files) == (wanted if with_commands else {})
    (folder / "plain.tif").unlink()
    (folder / "plain.tif").symlink_to(folder / "deep/er/b.tif")
    (folder / "large.nd2").write_bytes(b"shorter than it was")
    found = place.summed_there(manifest.files)
    assert set(found) == (set(wanted) - {"plain.tif", "large.nd2"} if with_commands else set())
