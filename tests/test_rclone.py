"""rclone itself: which one, its process, what it is asked, what it says, and the checksums that services keep."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.errors import InputError, UnreadableError
from slidebox.rclone import NotThereError, RcloneError, RemoteFolder
from slidebox.rclone.faults import clean, error_of
from slidebox.rclone.folder import Item, nanoseconds
from slidebox.rclone.program import OLDEST, find, parse_version
from slidebox.rclone.sums import SUMS, DropboxSum, QuickXorSum

from .conftest import lives
from .rclone_remotes import NEEDED, Remotes, remotes


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remotes]:
    """Two remotes of a real rclone."""
    with remotes(tmp_path_factory.mktemp("rclone")) as found:
        yield found


# Which one


def _program(folder: Path) -> Path:
    path = folder / "rclone"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_newer_of_the_one_on_path_and_the_built_one_is_taken(tmp_path: Path) -> None:
    """A lab that has built one wants what it can do."""
    on_path = _program(tmp_path / "bin")
    built = _program(tmp_path / "slidebox/engines/rclone-1.76.0")
    environment = {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path)}
    versions = {on_path: (1, 60, 1), built: (1, 76, 0)}
    assert find(environment, versions.__getitem__) == (built, (1, 76, 0))
    versions[on_path] = (1, 80, 0)
    assert find(environment, versions.__getitem__) == (on_path, (1, 80, 0))


@pytest.mark.parametrize("version", [None, (1, 59, 9)])
def test_one_that_is_too_old_or_none_is_one_sentence_with_two_ways_out(
    tmp_path: Path, version: tuple[int, int, int] | None
) -> None:
    """Nothing is built unasked."""
    _program(tmp_path)
    with pytest.raises(UnreadableError, match=r"no rclone 1\.60\.0 or newer .* `make rclone`"):
        find({"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}, lambda _: version)


def test_versions_are_read_as_rclone_and_debian_print_them() -> None:
    """And nothing else is taken for one."""
    assert parse_version("rclone v1.60.1-DEV\n- os/version: debian 12.11 (64 bit)\n") == (1, 60, 1) > OLDEST
    assert parse_version("rclone v1.76.0\n") == (1, 76, 0)
    assert parse_version("usage: rclone") is None


# What it says


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('didn\'t find section in config file ("box")', "rclone has no remote 'box'. Make it with `rclone config`"),
        (
            "couldn't fetch token: invalid_grant: maybe token expired? - try refreshing with \"rclone config reconnect",
            "Sign in again with `rclone config reconnect box:`",
        ),
        ("unable to decrypt configuration and not allowed to ask for password", "Set RCLONE_CONFIG_PASS"),
        ("googleapi: Error 403: The user's Drive storage quota has been exceeded., storageQuotaExceeded", "is full"),
        ("upload failed: path/insufficient_space/..", "is full"),
        (
            "googleapi: Error 403: User rate limit exceeded., uploadLimitExceeded",
            "today. Run the same command",
        ),
        ("accessDenied: Access denied: 403", "does not allow this to the account"),
        ("too_many_write_operations/.", "asks remote 'box' to slow down"),
        ('Get "https://graph.microsoft.com/v1.0/x?token=abc": dial tcp: lookup graph: no such host', "does not answer"),
    ],
)
def test_what_a_service_refuses_is_one_sentence_with_a_cure(said: str, sentence: str) -> None:
    """In the words of each service, as rclone hands them on."""
    error = error_of(said, "box", "writing a.tif")
    assert sentence in str(error)
    assert "abc" not in str(error)


def test_what_is_not_there_is_told_from_what_fails() -> None:
    """A store that does not answer is never an empty one."""
    for said in ("error in ListJSON: directory not found", "object not found", "path/not_found/", "itemNotFound: 404"):
        assert isinstance(error_of(said, "box", "reading a"), NotThereError)
    assert not isinstance(error_of("", "box", "reading a"), NotThereError)


def test_nothing_that_only_its_owner_may_know_is_repeated() -> None:
    """Addresses, keys and tokens are left out of a sentence."""
    token = "ya29.a0AfH6SMBx" + "Q" * 60
    said = (
        f"odd: https://u:pw@box.example.org/x?sig=123 Authorization: Bearer {token} access_token={token} "
        f'{{"refresh_token": "1//0gAbC"}} client_secret=hunter2 {token}'
    )
    for shown in (clean(said), str(error_of(said, "box", "reading a"))):
        assert not [word for word in (token, "pw", "123", "1//0gAbC", "hunter2") if word in shown], shown


# Checksums


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=4))
def test_a_checksum_does_not_depend_on_how_the_bytes_come(data: bytes, cuts: list[int]) -> None:
    """In one piece or in many."""
    for make in SUMS.values():
        whole, pieces = make(), make()
        whole.update(data)
        ends = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
        for start, end in itertools.pairwise(ends):
            pieces.update(data[start:end])
        assert whole.hexdigest() == pieces.hexdigest()


@given(st.binary(max_size=700))
def test_quickxor_is_what_microsoft_describes(data: bytes) -> None:
    """Each byte by itself, turned by 11 bits more than the one before."""
    ring = 0
    for place, byte in enumerate(data):
        turned = byte << (place * 11 % 160)
        ring ^= (turned & (2**160 - 1)) | (turned >> 160)
    ring ^= len(data) << 96
    ours = QuickXorSum()
    ours.update(data)
    assert ours.hexdigest() == (ring & (2**160 - 1)).to_bytes(20, "little").hex()


@NEEDED
def test_checksums_are_those_that_rclone_works_out(tmp_path: Path) -> None:
    """Over more than two of Dropbox's blocks."""
    file = tmp_path / "f"
    file.write_bytes(os.urandom(1000) * 9000 + b"end")
    for name, ours in (("dropbox", DropboxSum()), ("quickxor", QuickXorSum())):
        ours.update(file.read_bytes())
        said = subprocess.run(["rclone", "hashsum", name, str(file)], capture_output=True, text=True, check=True)
        assert said.stdout.split()[0] == ours.hexdigest()


def test_times_are_read_to_the_nanosecond_in_any_zone() -> None:
    """As each service writes them."""
    assert nanoseconds("2026-11-29T12:35:48.000000001Z") == nanoseconds("2026-11-29T13:35:48.000000001+01:00")
    assert nanoseconds("2026-11-29T12:35:48.5Z") - nanoseconds("2026-11-29T12:35:48Z") == 500_000_000
    assert nanoseconds("yesterday") == 0


def test_a_changed_checksum_is_another_state() -> None:
    """Even where size and time are the same."""
    one, other = (Item("a", 3, 7, sums={"md5": digit * 32}) for digit in "12")
    assert one.stamp != other.stamp


# One folder


@pytest.mark.parametrize("remote", [":webdav,pass=x:", "box:", "a,b", "", "-box", "box[1]"])
def test_a_remote_is_a_name_and_never_a_connection(remote: str) -> None:
    """A connection could hold a password."""
    with pytest.raises(InputError, match="is no name of an rclone remote"):
        RemoteFolder(None, remote)  # type: ignore[arg-type]


@NEEDED
@pytest.mark.parametrize("remote", ["folder", "dav"])
def test_files_are_written_found_moved_and_deleted(there: Remotes, remote: str) -> None:
    """By one process, over names with spaces, umlauts and signs that addresses use."""
    folder = RemoteFolder(there.rclone(), remote, f"lab data/{remote}")
    name = "p/plate 1/ä%20#?&+.tif"
    folder.write(name, b"image")
    folder.write("p/empty", b"")
    assert (there.behind(remote) / f"lab data/{remote}" / name).read_bytes() == b"image"
    assert folder.bytes_of(name) == b"image"
    assert folder.bytes_of("p/empty") == b""
    assert sorted((item.path, item.size) for item in folder.list(recurse=True) if not item.folder) == [
        ("p/empty", 0),
        (name, 5),
    ]
    folder.move(name, "q/b.tif")
    assert folder.find(name) is None
    folder.move_folder("q", "r/s")
    found = folder.find("r/s/b.tif")
    assert found is not None
    assert (found.size, found.folder) == (5, False)
    folder.remove("r/s")
    assert folder.find("r/s/b.tif") is not None  # what has anything in it stays
    folder.delete("r/s/b.tif")
    folder.delete("r/s/b.tif")
    folder.remove("r/s")
    folder.remove("r/s")
    assert folder.find("r/s") is None
    with pytest.raises(NotThereError):
        folder.list("nowhere")


@NEEDED
def test_bytes_that_are_not_read_to_their_end_are_never_a_file(there: Remotes) -> None:
    """What reading them raises is raised, also where it fails after the last byte."""

    def failing(after: int) -> Iterator[bytes]:
        yield b"x" * after
        raise InputError("the source has changed")

    for remote in ("folder", "dav"):
        folder = RemoteFolder(there.rclone(), remote, "half")
        for after in (10, 20):
            with pytest.raises(InputError, match="the source has changed"):
                folder.send("a.tif", 20, failing(after))
            assert folder.find("a.tif") is None


@NEEDED
def test_a_remote_that_is_not_there_is_one_sentence(there: Remotes) -> None:
    """With what to do about it."""
    rclone = there.rclone()
    assert rclone.remotes() == {"folder": "alias", "dav": "webdav"}
    with pytest.raises(RcloneError, match=r"rclone has no remote 'drop'\. Make it with `rclone config`"):
        RemoteFolder(rclone, "drop", "x").list()


@NEEDED
def test_a_wrong_password_is_one_sentence_without_it(there: Remotes, tmp_path: Path) -> None:
    """The service refuses, and says so."""
    wrong = tmp_path / "rclone.conf"
    wrong.write_text(there.config.read_text().replace("user = lab", "user = somebody"))
    broken = Remotes(there.root, there.served, wrong, there.secret, there.obscured)
    rclone = broken.rclone()
    with pytest.raises(RcloneError, match="does not let remote 'dav' in") as caught:
        RemoteFolder(rclone, "dav", "x").list()
    rclone.close()
    assert there.secret not in str(caught.value)


# Its process


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


@NEEDED
def test_no_secret_is_in_a_command_line(there: Remotes) -> None:
    """Neither that of the remote nor the one that rclone itself is asked with."""
    rclone = there.rclone()
    folder = RemoteFolder(rclone, "dav", "secrets")
    folder.write("a", b"1")
    assert rclone.pid
    lines = [Path(f"/proc/{child}/cmdline").read_bytes().decode() for child in _children(os.getpid())]
    ours = [line for line in lines if "rcd" in line]
    assert ours
    environ = Path(f"/proc/{rclone.pid}/environ").read_bytes().decode()
    password = environ.partition("RCLONE_RC_PASS=")[2].partition("\0")[0]
    assert len(password) > 30
    assert not [line for line in lines if there.secret in line or there.obscured in line or password in line]


@NEEDED
def test_it_starts_again_after_it_was_killed(there: Remotes) -> None:
    """The call that it was killed in fails, or the next one goes on."""
    rclone = there.rclone()
    folder = RemoteFolder(rclone, "folder", "again")
    folder.write("a", b"1")
    assert rclone.pid
    os.kill(rclone.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while rclone.pid is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert folder.bytes_of("a") == b"1"


@NEEDED
def test_it_ends_with_whoever_started_it_also_when_that_is_killed(there: Remotes) -> None:
    """Nothing goes on behind anybody's back."""
    code = (
        "import os, time\n"
        "from slidebox.rclone import Rclone, RemoteFolder\n"
        "from slidebox.rclone.program import find\n"
        "rclone = Rclone(find, os.environ)\n"
        "RemoteFolder(rclone, 'folder', 'x').write('a', b'1')\n"
        "print(rclone.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], env=there.environment, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout
        pid = int(started.stdout.readline())
        assert lives(pid)
        started.kill()
    deadline = time.monotonic() + 10
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not lives(pid)
