"""Many small files into a folder of a real OpenSSH server in one stream, also one that goes wrong."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.cluster import Cluster, wire
from slidebox.cluster import small as small_files
from slidebox.cluster.unpacking import packed
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.provenance import CRATE_FILE, FileEntry, digest
from slidebox.transfer.cluster import ClusterPlace
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Content
from slidebox.transfer.put import put
from slidebox.transfer.whole import together

from .sshd import Sshd
from .test_transfer_cluster import DRAFT, Cutting, left, through


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The dataset's folder on the server, with a name that a shell would not take as it is."""
    found = tmp_path / "it's $(touch pwned) lab"
    found.mkdir()
    found.chmod(0o2770)
    return found


def small(count: int = 30, data: Callable[[int], bytes] = lambda n: os.urandom(20 * n)) -> list[tuple[Content, bytes]]:
    """Small files with names that a shell would not take as they are."""
    files = []
    for number in range(count):
        held, path = data(number), f"plate {number % 3}/it's -{number} $x;é.tif"
        files.append((Content(FileEntry(path, len(held), digest(held))), held))
    return files


def there(folder: Path) -> dict[str, bytes]:
    """What lies in the folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def wanted(files: list[tuple[Content, bytes]]) -> dict[str, bytes]:
    """What has to lie there."""
    return {content.entry.path: data for content, data in files}


def sent(place: ClusterPlace, files: list[tuple[Content, bytes]]) -> None:
    """Send them."""
    with place.writing():
        place.write_many(files)


@contextmanager
def program(sshd: Sshd, name: str, text: str) -> Iterator[Path]:
    """A program that the server finds before its own of that name."""
    file = sshd.folder / "bin" / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    try:
        yield file
    finally:
        file.unlink()


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each stream has had, and how many of them the server has said to have."""
    seen: list[int] = []
    unpack = Cluster.unpack

    def counted(self: Cluster, folder: str, files: dict[str, bytes], mode: int, **more: float) -> object:
        said = unpack(self, folder, files, mode, **more)
        seen.append(len(said))
        return said

    monkeypatch.setattr(Cluster, "unpack", counted)
    return seen


def test_many_small_files_arrive_in_one_stream(
    sshd: Sshd, folder: Path, tmp_path: Path, streams: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the mode of the folder, nothing left on the way, and known to the journal as they were left."""
    files, journal = small(), Journal()
    monkeypatch.setattr(ClusterPlace, "write", None)  # no file by itself
    place = ClusterPlace("campus", sshd.cluster(), str(folder), journal=journal)
    sent(place, files)
    assert (there(folder), streams) == (wanted(files), [30])
    assert {f"{file.stat().st_mode & 0o7777:04o}" for file in folder.rglob("*.tif")} == {"0660"}
    assert {file.stat().st_gid for file in folder.rglob("*.tif")} == {folder.stat().st_gid}
    assert not list(tmp_path.rglob("pwned"))
    for content, _ in files:
        state = folder.joinpath(content.entry.path).stat()
        stamp = (state.st_size, int(state.st_mtime) * 10**9, 0, 0)
        assert journal.stored(place.key, content.entry.path) == (stamp, content.entry.sha256)


def test_a_folder_of_small_and_large_files_is_put_whole(
    sshd: Sshd, folder: Path, tmp_path: Path, streams: list[int]
) -> None:
    """A large one goes by itself; a second put sends nothing."""
    source, journal = tmp_path / "source", Journal(tmp_path / "journal")
    for number in range(130):
        file = source / f"{number % 2}" / f"{number}.tif"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(1000))
    (source / "0/large.nd2").write_bytes(os.urandom(3 * 2**20))
    for written in (131, 0):
        place = ClusterPlace("campus", sshd.cluster(), str(folder), journal=journal)
        receipt = put(source, [place], DRAFT, journal=journal)
        assert (receipt.written, receipt.skipped) == ({"campus": written}, {"campus": 131 - written})
    found = there(folder)
    found.pop(CRATE_FILE)
    assert (found, sorted(streams)) == (there(source), [30, 100])


def test_a_server_that_allows_no_commands_gets_several_in_one_turn(
    sshd_files: Sshd, folder: Path, streams: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No stream is tried, and no file goes by itself; each is read back."""
    monkeypatch.setattr(ClusterPlace, "write", None)
    files = small(70, lambda n: os.urandom([0, 5, 20_000, 128 * 1024][n % 4]))
    sent(ClusterPlace("campus", sshd_files.cluster(), str(folder)), files)
    assert (there(folder), streams) == (wanted(files), [])
    assert {f"{file.stat().st_mode & 0o7777:04o}" for file in folder.rglob("*.tif")} == {"0660"}


def test_one_of_several_that_is_refused_keeps_the_others_from_nothing(sshd_files: Sshd, tmp_path: Path) -> None:
    """Of it nothing is said, and of the others what was read back."""
    (tmp_path / "b").mkdir()
    files = [(str(tmp_path / name), name.encode() * 40_000) for name in "abc"]
    found = sshd_files.cluster().tried(lambda sftp: small_files.each(sftp, files, 0o640))
    assert [one and one[0] for one in found] == [b"a" * 40_000, None, b"c" * 40_000]
    assert {f"{(tmp_path / name).stat().st_mode & 0o7777:04o}" for name in "ac"} == {"0640"}


@pytest.mark.parametrize(("name", "text"), [("tar", "exit 127"), ("sha256sum", "exit 1"), ("tar", "head -c 4000")])
def test_a_server_that_lacks_a_program_gets_them_over_sftp(
    sshd: Sshd, folder: Path, streams: list[int], name: str, text: str
) -> None:
    """And after three streams of which nothing arrives, no more are sent."""
    place = ClusterPlace("campus", sshd.cluster(), str(folder))
    with program(sshd, "shasum", "exit 1"), program(sshd, name, text):
        for number in range(4):
            files = small(4, lambda n, salt=number: f"{salt}-{n}".encode() * 2000)  # type: ignore[misc]
            sent(place, files)
            assert there(folder) == wanted(files)
    assert streams == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tar", "exit 1"),
        ("tar", "head -c 1000 > /dev/null; kill -9 $$"),
        ("head", 'test "$1" != -c && exec /usr/bin/head "$@"; exit 1'),
        ("head", 'test "${#2}" -lt 3 && exec /usr/bin/head "$@"; exit 1'),
        ("head", 'test "${#2}" -lt 3 && exec /usr/bin/head "$@"; /usr/bin/head -c 2000; kill -9 $$'),
    ],
)
def test_no_byte_of_a_file_is_taken_for_a_command(
    sshd: Sshd, folder: Path, tmp_path: Path, name: str, text: str
) -> None:
    """Whether tar reads them or not; where what stands before it dies, the shell goes, and is not tried for ever."""
    trap = tmp_path / "trap"
    lines = f"\ntouch '{trap}'\nexit\n".encode() * 1000
    files, place = small(3, lambda n: lines[n:]), ClusterPlace("campus", sshd.cluster(), str(folder))
    with program(sshd, name, text):
        try:
            sent(place, files)
        except UnreadableError as error:
            assert "ended its shell" in str(error)
            assert not any(path.endswith(".tif") for path in there(folder))
    assert not trap.exists()
    sent(place, files)
    assert there(folder) == wanted(files)


def test_a_file_that_arrives_otherwise_gets_no_name(sshd: Sshd, folder: Path) -> None:
    """The server sums what lies there: a byte that was changed on the way is seen."""
    files = small(3, lambda n: b"pixels%d" % n * 100)
    place = ClusterPlace("campus", sshd.cluster(), str(folder))
    with (
        program(sshd, "tar", "sed s/pixels1/pixelS1/ | /usr/bin/tar -xmof -"),
        pytest.raises(IntegrityError, match=r"-1 \$x;é\.tif was sent to campus, which has other bytes"),
    ):
        sent(place, files)
    assert [path for path in there(folder) if not path.startswith(".slidebox-")] == []
    sent(place, files)
    assert there(folder) == wanted(files)


def test_a_file_whose_name_is_taken_by_a_folder_is_refused(sshd: Sshd, folder: Path) -> None:
    """Before anything is sent, and also where the folder came meanwhile."""
    files, place = small(3), ClusterPlace("campus", sshd.cluster(), str(folder))
    (folder / files[1][0].entry.path).mkdir(parents=True)
    with pytest.raises(InputError, match="is a folder, and has to be a file"):
        sent(place, files)
    assert [path for path in there(folder) if not path.startswith(".slidebox-")] == []
    place = ClusterPlace("campus", sshd.cluster(), str(folder))
    (folder / files[1][0].entry.path).rmdir()
    assert place.size(files[1][0].entry.path) is None
    (folder / files[1][0].entry.path).mkdir()
    with pytest.raises(InputError, match="is a folder, and has to be a file"):
        sent(place, files)
    assert files[0][0].entry.path in there(folder)


def test_a_stream_that_breaks_off_is_sent_again(sshd: Sshd, folder: Path) -> None:
    """Twice, in the middle."""
    files = small(60, lambda _: os.urandom(20_000))
    way = Cutting(sshd.port, 300_000, 2)
    sent(ClusterPlace("campus", through(sshd, way), str(folder)), files)
    way.close()
    assert (there(folder), way.cuts) == (wanted(files), 2)


KILLED = """
import sys
from functools import partial
from pathlib import Path
from slidebox.cluster import Address, Cluster
from slidebox.cluster.dialling import dial
from slidebox.provenance import FileEntry, digest
from slidebox.transfer.cluster import ClusterPlace
from slidebox.transfer.places import Content
config, port, folder = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
files = [(Content(FileEntry(f"{n}.tif", 5000, digest(bytes([n]) * 5000))), bytes([n]) * 5000) for n in range(50)]
place = ClusterPlace("campus", Cluster(Address("127.0.0.1", port), dial=partial(dial, config=config)), folder)
with place.writing():
    place.write_many(files)
"""


def test_a_killed_process_leaves_no_name_that_is_not_whole(sshd: Sshd, folder: Path, tmp_path: Path) -> None:
    """Killed while the server unpacks; another process brings all of them there, and takes away what was left."""
    fifo = tmp_path / "unpacked"
    os.mkfifo(fifo)
    with program(sshd, "tar", f"head -c 100000 | /usr/bin/tar -xmof -; echo half > {fifo}; sleep 1; exit 1"):
        words = [sys.executable, "-c", KILLED, str(sshd.config), str(sshd.port), str(folder)]
        process = subprocess.Popen(words)
        assert fifo.read_text() == "half\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert left(folder)
    assert [path for path in there(folder) if not path.startswith(".slidebox-")] == []
    files = [(Content(FileEntry(f"{n}.tif", 5000, digest(bytes([n]) * 5000))), bytes([n]) * 5000) for n in range(50)]
    sent(ClusterPlace("campus", sshd.cluster(), str(folder)), files)
    assert there(folder) == wanted(files)
    assert not (folder / ".slidebox-partial").exists()


def test_files_are_named_in_one_turn_and_each_is_answered(sshd_files: Sshd, tmp_path: Path) -> None:
    """One that is not there keeps the others from nothing."""
    for name in ("a", "c"):
        (tmp_path / name).write_text(name)
    (tmp_path / "C").write_text("theirs")
    names = [(str(tmp_path / name), str(tmp_path / name.upper())) for name in "abc"]
    assert sshd_files.cluster().tried(partial(_replaced, names)) == [True, False, True]
    assert there(tmp_path) == {"A": b"a", "C": b"c"}


def _replaced(names: list[tuple[str, str]], sftp: object) -> list[bool]:
    return wire.replace_each(sftp, names)  # type: ignore[arg-type]


NAMES = st.from_regex(r"[0-9a-f]{1,24}-[0-9a-f]{1,32}", fullmatch=True)


@given(st.dictionaries(NAMES, st.binary(max_size=2000)), st.integers(0, 0o777))
def test_a_stream_is_what_every_tar_reads(files: dict[str, bytes], mode: int) -> None:
    """Names, bytes and modes, in the order in which they were given."""
    with tarfile.open(fileobj=io.BytesIO(packed(files, mode)), mode="r:") as stream:
        found = [(about, stream.extractfile(about)) for about in stream]
        assert [(about.name, file.read()) for about, file in found if file] == list(files.items())
        assert {about.mode for about, _ in found} <= {mode}


@pytest.mark.parametrize("name", ["", "-rf", "../a", "a b", "a\nb", "a" * 100])
def test_a_stream_has_no_name_that_leads_elsewhere(name: str) -> None:
    """Nor one that a shell would not take as it is."""
    with pytest.raises(ValueError, match="is no name"):
        packed({name: b""}, 0o600)


class Bundles:
    """A place that takes many files at once."""

    small = 1000

    def write_many(self, files: object) -> None:
        """Take them."""


@given(st.lists(st.integers(0, 1200)))
def test_files_go_together_only_where_they_are_small(sizes: list[int]) -> None:
    """Every file once, small ones in their order, a hundred at most; elsewhere each by itself."""
    numbered = list(enumerate(sizes))
    found = list(together(numbered, lambda one: one[1], [Bundles()]))  # type: ignore[list-item]
    assert sorted(one for some in found for one in some) == numbered
    for some in found:
        assert list(some) == sorted(some)
        assert len(some) == 1 or (len(some) <= 100 and max(size for _, size in some) <= 1000)
    assert list(together(numbered, lambda one: one[1], [])) == [(one,) for one in numbered]
