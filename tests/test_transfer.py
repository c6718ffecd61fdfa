"""Put and get against real disks and a real S3 gateway: verified, resumable, and published last."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from tests.conftest import RunningGateway

from slidebox import drives
from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import CRATE_FILE, FileEntry, Manifest, decode
from slidebox.transfer import DrivePlace, Existing, Journal, Place, Quiet, S3Place, client, get, put
from slidebox.transfer.copying import Copying
from slidebox.transfer.places import SMALLEST_PART, Content, in_parts, part_size, read_ahead
from slidebox.transfer.source import scan

DATASET = "test/raw_images"
DRAFT = Manifest(DATASET, "Test", "Files of a test.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
FILES = {
    "a.txt": b"hello",
    "empty.bin": b"",
    "NF0014 copy/well A01+B&%2F (2).tif": bytes(range(256)) * 9,
    "ü/日本.csv": b"x,y\n1,2\n",
}
BIG = 2 * SMALLEST_PART + 12_345


@dataclass
class Bucket:
    """A bucket of its own on the gateway."""

    gateway: RunningGateway
    name: str

    @property
    def folder(self) -> Path:
        """Where its objects lie as plain files."""
        return self.gateway.drive / self.gateway.store / self.name

    @property
    def client(self) -> Any:
        """A client as root, as `put` would make it."""
        end = self.gateway.endpoint
        return client(endpoint=end.s3_url, region=end.region, access_key=end.access_key, secret_key=end.secret_key)

    def place(self, journal: Journal | None = None, **more: Any) -> S3Place:
        """The bucket as a place."""
        return S3Place("bench-s3", self.client, self.name, journal=journal, **more)

    def keys(self) -> set[str]:
        """The names of its objects."""
        return {item["Key"] for item in self.client.list_objects_v2(Bucket=self.name).get("Contents", [])}


@pytest.fixture
def bucket(s3_gateway: RunningGateway) -> Bucket:
    """An empty bucket."""
    made = Bucket(s3_gateway, f"transfer-{uuid.uuid4().hex[:12]}")
    made.client.create_bucket(Bucket=made.name)
    return made


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """An empty folder of a drive, as it is provisioned: of a group, without others."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    folder.chmod(0o2750)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with files of names that labs use."""
    folder = tmp_path / "source"
    fill(folder, FILES)
    return folder


def fill(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder."""
    for path, data in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the crate, by path."""
    return {
        str(f.relative_to(folder)): f.read_bytes()
        for f in sorted(folder.rglob("*"))
        if f.is_file() and f.name != CRATE_FILE
    }


def on_shelf(folder: Path, journal: Journal | None = None) -> DrivePlace:
    """A folder as a place."""
    return DrivePlace("shelf", folder, journal=journal)


def big_file(folder: Path, name: str = "big.bin") -> bytes:
    """A file that S3 gets in three parts."""
    data = hashlib.shake_256(b"seed").digest(BIG)
    fill(folder, {name: data})
    return data


# The way there and back


def test_what_is_put_comes_back(source: Path, shelf: Path, bucket: Bucket, tmp_path: Path) -> None:
    """Every byte and name survives, through a bucket and through a drive."""
    data = big_file(source)
    receipt = put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    assert receipt.written == {"bench-s3": 5, "shelf": 5}
    places: list[Place] = [bucket.place(), on_shelf(shelf)]
    for number, place in enumerate(places):
        back = tmp_path / f"back-{number}"
        get([place], DATASET, back)
        assert contents(back) == {**FILES, "big.bin": data}
        assert (back / CRATE_FILE).read_bytes() == (shelf / CRATE_FILE).read_bytes()


def test_a_big_file_is_copied_from_a_folder_into_a_bucket_and_back(
    source: Path, shelf: Path, bucket: Bucket, tmp_path: Path
) -> None:
    """In the parts that the target asks for, whatever pieces the source gives."""
    data = big_file(source)
    place = on_shelf(shelf)
    manifest = put(source, [place], DRAFT).manifest
    for origin, target in ((place, bucket.place()), (bucket.place(), on_shelf(tmp_path / "other"))):
        (tmp_path / "other").mkdir(exist_ok=True)
        with target.writing():
            copying = Copying(manifest, [origin], target, Quiet(), [])
            copying.run(2)
        assert copying.written == len(manifest.files)
    assert (tmp_path / "other" / "big.bin").read_bytes() == data


@pytest.mark.parametrize("lengths", [[1] * 23, [7, 7, 7, 2], [23], [6, 9, 8], [20, 3], [3, 0, 20]])
def test_chunks_of_any_length_become_parts(monkeypatch: pytest.MonkeyPatch, lengths: list[int]) -> None:
    """The same bytes, in parts that are whole but for the last one."""
    monkeypatch.setattr("slidebox.transfer.places.part_size", lambda _: 7)
    data = bytes(range(23))
    ends = [sum(lengths[: n + 1]) for n in range(len(lengths))]
    chunks = (data[end - length : end] for end, length in zip(ends, lengths, strict=True))
    assert list(in_parts(chunks, len(data))) == [data[:7], data[7:14], data[14:21], data[21:]]


def test_the_next_part_is_read_while_the_last_one_is_written() -> None:
    """In order, one at a time, and not at all of a file that has one part; what fails there is raised here."""
    size, made = 3 * SMALLEST_PART, threading.Semaphore(0)

    def parts(fail: bool) -> Iterator[bytes]:
        for number in range(3):
            yield bytes([number])
            made.release()
        if fail:
            raise UnreadableError("The source is gone.")

    for fail in (False, True):
        reading, seen = read_ahead(parts(fail), size), list[bytes]()
        with closing(reading), pytest.raises(UnreadableError) if fail else nullcontext():
            for part in reading:
                assert made.acquire(timeout=10)  # the next one was asked for before this one is done with
                seen.append(part)
        assert seen == [b"\0", b"\1", b"\2"]
    alone = parts(True)
    assert next(read_ahead(alone, 10)) == b"\0"
    assert not made.acquire(blocking=False)


def test_nobody_reads_on_once_the_writing_side_has_failed() -> None:
    """The thread has ended when the failure is passed on."""
    before = threading.active_count()
    with pytest.raises(UnreadableError), closing(read_ahead(iter([b"a", b"b", b"c"]), 3 * SMALLEST_PART)) as reading:
        for _ in reading:
            raise UnreadableError("The target is full.")
    assert threading.active_count() == before


def test_all_copies_have_the_same_manifest(source: Path, shelf: Path, bucket: Bucket) -> None:
    """A child's lineage may name either copy: their crates are the same bytes."""
    receipt = put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    crate = (shelf / CRATE_FILE).read_bytes()
    assert bucket.place().manifest() == crate
    assert receipt.crate_sha256 == hashlib.sha256(crate).hexdigest()
    listed = {f.path: (f.size, f.sha256) for f in decode(crate, "it").files}
    assert listed == {path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in FILES.items()}


def test_a_second_put_changes_nothing(source: Path, shelf: Path, bucket: Bucket, tmp_path: Path) -> None:
    """Verified files are skipped, and the manifest keeps its date and so its checksum; with a journal and without."""
    first = put(source, [bucket.place(), on_shelf(shelf)], DRAFT, journal=Journal(tmp_path / "j"))
    later = Manifest(DATASET, "Test", "Files of a test.", "2027-01-01", Origin.LAB, Sensitivity.OPEN)
    for _ in range(2):
        journal = Journal(tmp_path / "j")
        again = put(source, [bucket.place(journal), on_shelf(shelf, journal)], later, journal=journal)
        assert again.written == {"bench-s3": 0, "shelf": 0}
        assert again.skipped == {"bench-s3": 4, "shelf": 4}
        assert again.crate_sha256 == first.crate_sha256


def test_a_copy_that_is_new_gets_what_it_lacks(source: Path, shelf: Path, bucket: Bucket) -> None:
    """When a dataset gets a second copy, putting it again fills that one only."""
    first = put(source, [bucket.place()], DRAFT)
    second = put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    assert second.written == {"bench-s3": 0, "shelf": 4}
    assert second.crate_sha256 == first.crate_sha256


def test_files_on_a_drive_have_the_modes_of_their_folder(source: Path, shelf: Path) -> None:
    """The group reads, others do not; folders keep the group."""
    put(source, [on_shelf(shelf)], DRAFT)
    assert {oct(f.stat().st_mode & 0o7777) for f in shelf.rglob("*") if f.is_file()} == {"0o640"}
    assert {oct(f.stat().st_mode & 0o7777) for f in shelf.rglob("*") if f.is_dir()} == {"0o2750"}


def test_a_finished_get_is_not_repeated(source: Path, shelf: Path, tmp_path: Path) -> None:
    """What is there and whole is left alone; what is missing is fetched."""
    put(source, [on_shelf(shelf)], DRAFT)
    back = tmp_path / "back"
    get([on_shelf(shelf)], DATASET, back)
    (back / "a.txt").unlink()
    receipt = get([on_shelf(shelf)], DATASET, back)
    assert (receipt.written, receipt.skipped) == ({str(back): 1}, {str(back): 3})


def test_a_fetched_dataset_can_be_put_again(source: Path, shelf: Path, tmp_path: Path) -> None:
    """Its crate is slidebox's own and does not count as a file."""
    put(source, [on_shelf(shelf)], DRAFT)
    back = tmp_path / "back"
    get([on_shelf(shelf)], DATASET, back)
    assert put(back, [on_shelf(shelf)], DRAFT).written == {"shelf": 0}


def test_progress_counts_every_byte(source: Path, shelf: Path, bucket: Bucket) -> None:
    """The bar ends at its end, whether files are written or were there."""

    class Counting(Quiet):
        total = done = 0

        def start(self, title: str, total: int) -> None:
            self.total = total

        def advance(self, count: int) -> None:
            self.done += count

    big_file(source)
    for _ in range(2):
        counting = Counting()
        put(source, [bucket.place(), on_shelf(shelf)], DRAFT, progress=counting)
        assert counting.done == counting.total == 2 * (BIG + sum(map(len, FILES.values())))


# Damage


def test_a_damaged_copy_falls_to_the_next(source: Path, shelf: Path, bucket: Bucket, tmp_path: Path) -> None:
    """An object that was altered behind the gateway's back is noticed, named, and had from the other copy."""
    put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    (bucket.folder / "a.txt").write_bytes(b"hellX")
    receipt = get([bucket.place(), on_shelf(shelf)], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES
    assert receipt.notes == (
        "a.txt in bench-s3 is damaged: its bytes are not the ones that were put there. Trying the next copy.",
    )


def test_damage_everywhere_is_an_error_and_leaves_no_damaged_file(
    source: Path, shelf: Path, bucket: Bucket, tmp_path: Path
) -> None:
    """The file is named; it is not in the folder, nor is a crate that would call the folder complete."""
    put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    (bucket.folder / "a.txt").write_bytes(b"hellX")
    (shelf / "a.txt").write_bytes(b"hell")
    with pytest.raises(IntegrityError, match=r"a\.txt of test/raw_images could not be fetched whole from any copy"):
        get([bucket.place(), on_shelf(shelf)], DATASET, tmp_path / "back")
    left = {f.name for f in (tmp_path / "back").rglob("*") if f.is_file()}
    assert not left & {"a.txt", CRATE_FILE}
    assert not (tmp_path / "back" / ".slidebox-partial").exists()


def test_putting_again_with_reread_mends_a_copy(source: Path, shelf: Path, bucket: Bucket) -> None:
    """A gateway's kept checksum says nothing about the disk below it; reading back does."""
    put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    (bucket.folder / "a.txt").write_bytes(b"hellX")
    (shelf / "a.txt").write_bytes(b"hellY")
    receipt = put(source, [bucket.place(reread=True), on_shelf(shelf)], DRAFT)
    assert receipt.written == {"bench-s3": 1, "shelf": 1}
    assert len(receipt.notes) == 2
    assert (bucket.folder / "a.txt").read_bytes() == (shelf / "a.txt").read_bytes() == b"hello"


def test_a_corrupt_manifest_falls_to_the_next_copy(source: Path, shelf: Path, bucket: Bucket, tmp_path: Path) -> None:
    """A torn crate is passed over, saying so."""
    put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    crate = bucket.folder / CRATE_FILE
    crate.write_bytes(crate.read_bytes()[:100])
    receipt = get([bucket.place(), on_shelf(shelf)], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES
    assert "bench-s3 was passed over: The manifest in bench-s3 is corrupt" in receipt.notes[0]


def test_a_hostile_manifest_writes_nothing_outside(shelf: Path, source: Path, tmp_path: Path) -> None:
    """A crate that names `../out` is corrupt."""
    put(source, [on_shelf(shelf)], DRAFT)
    crate = shelf / CRATE_FILE
    crate.write_bytes(crate.read_bytes().replace(b'"@id": "a.txt"', b'"@id": "../out"'))
    with pytest.raises(IntegrityError, match="leaves the folder"):
        get([on_shelf(shelf)], DATASET, tmp_path / "back")
    assert not (tmp_path / "out").exists()


def test_a_link_in_the_destination_is_not_followed(source: Path, shelf: Path, tmp_path: Path) -> None:
    """A folder that is a symbolic link would lead the files elsewhere."""
    put(source, [on_shelf(shelf)], DRAFT)
    back, elsewhere = tmp_path / "back", tmp_path / "elsewhere"
    back.mkdir()
    elsewhere.mkdir()
    (back / "ü").symlink_to(elsewhere)
    with pytest.raises(InputError, match="is not a folder"):
        get([on_shelf(shelf)], DATASET, back)
    assert list(elsewhere.iterdir()) == []


def test_other_files_are_never_overwritten(source: Path, shelf: Path, tmp_path: Path) -> None:
    """A file of the same name and other bytes stops a get before anything is fetched."""
    put(source, [on_shelf(shelf)], DRAFT)
    back = tmp_path / "back"
    fill(back, {"a.txt": b"mine"})
    with pytest.raises(InputError, match=r"a\.txt exists with other bytes and is not overwritten"):
        get([on_shelf(shelf)], DATASET, back)
    assert contents(back) == {"a.txt": b"mine"}


def test_another_datasets_folder_is_not_mixed_up(source: Path, shelf: Path, tmp_path: Path) -> None:
    """Neither a get into it, nor a put over it."""
    put(source, [on_shelf(shelf)], DRAFT)
    other = Manifest("test/metadata", "Other", "Other.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
    with pytest.raises(InputError, match="shelf holds test/raw_images, not test/metadata"):
        put(source, [on_shelf(shelf)], other)
    with pytest.raises(InputError, match="holds test/raw_images, not test/metadata"):
        get([on_shelf(shelf)], "test/metadata", tmp_path / "x")


# Change


def swapping(victim: str, change: Callable[[Path], object], after: int) -> Callable[[Path], BinaryIO]:
    """An opener that changes one file when that file is opened for the n-th time."""
    opened = 0

    def opener(path: Path) -> BinaryIO:
        nonlocal opened
        if path.name == victim:
            opened += 1
            if opened == after:
                change(path)
        return path.open("rb")

    return opener


@pytest.mark.parametrize("after", [1, 2, 3], ids=["while hashed", "while sent to S3", "while copied to the drive"])
@pytest.mark.parametrize(
    "change",
    [lambda f: f.write_bytes(b"HELLO"), lambda f: f.write_bytes(b"hello, longer"), lambda f: f.write_bytes(b"")],
    ids=["same size", "longer", "emptied"],
)
def test_a_file_that_changes_meanwhile_publishes_nothing(
    source: Path, shelf: Path, bucket: Bucket, change: Callable[[Path], object], after: int
) -> None:
    """The error names it; neither copy has a manifest; when it rests, the same command succeeds."""
    with pytest.raises(IntegrityError, match=r"a\.txt changed while it was uploaded; nothing was published"):
        put(source, [bucket.place(), on_shelf(shelf)], DRAFT, opener=swapping("a.txt", change, after))
    assert CRATE_FILE not in bucket.keys() | {f.name for f in shelf.iterdir()}
    assert not (shelf / ".slidebox-partial").exists()
    receipt = put(source, [bucket.place(), on_shelf(shelf)], DRAFT, existing=Existing.REPLACE)
    assert {f.path for f in receipt.manifest.files} == set(FILES)


def test_a_big_file_that_changes_between_its_parts_is_noticed(source: Path, bucket: Bucket) -> None:
    """Each part is compared before it is sent; no object appears."""
    big_file(source)

    class Changing:
        """A file whose second part is other than it was."""

        def __init__(self, file: BinaryIO) -> None:
            self.file, self.reads = file, 0

        def __enter__(self) -> Changing:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def read(self, size: int) -> bytes:
            self.reads += 1
            data = self.file.read(size)
            return b"!" + data[1:] if self.reads == 2 else data

    opened = 0

    def opener(path: Path) -> Any:
        nonlocal opened
        opened += path.name == "big.bin"
        return Changing(path.open("rb")) if path.name == "big.bin" and opened == 2 else path.open("rb")

    with pytest.raises(IntegrityError, match=r"big\.bin changed"):
        put(source, [bucket.place()], DRAFT, opener=opener)
    assert not {"big.bin", CRATE_FILE} & bucket.keys()


@pytest.mark.parametrize("name", ["late.txt", "a.txt"], ids=["appears", "vanishes"])
def test_a_folder_that_changes_meanwhile_publishes_nothing(source: Path, shelf: Path, name: str) -> None:
    """A file that comes or goes while others are uploaded means that the folder is not finished."""

    def change(_: Path) -> None:
        (source / name).unlink() if name in FILES else (source / name).write_bytes(b"late")

    with pytest.raises(IntegrityError, match=f"{name} changed while it was uploaded"):
        put(source, [on_shelf(shelf)], DRAFT, opener=swapping("日本.csv", change, 2), workers=1)
    assert not (shelf / CRATE_FILE).exists()


def test_published_files_do_not_change_unasked(source: Path, shelf: Path, bucket: Bucket) -> None:
    """Other bytes under a published name are refused, and the old ones stay."""
    put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    (source / "a.txt").write_bytes(b"other")
    for existing in (Existing.REFUSE, Existing.ADD):
        with pytest.raises(InputError, match=r"a\.txt is published in bench-s3 with other bytes"):
            put(source, [bucket.place(), on_shelf(shelf)], DRAFT, existing=existing)
    assert (shelf / "a.txt").read_bytes() == (bucket.folder / "a.txt").read_bytes() == b"hello"


def test_replacing_is_whole_at_every_moment(source: Path, shelf: Path) -> None:
    """While a published file is being replaced, the manifest does not list it; what it lists is always right."""
    put(source, [on_shelf(shelf)], DRAFT)
    (source / "a.txt").write_bytes(b"other")
    seen: list[set[str]] = []

    def opener(path: Path) -> BinaryIO:
        manifest = decode((shelf / CRATE_FILE).read_bytes(), "it")
        seen.append({f.path for f in manifest.files})
        for entry in manifest.files:
            assert hashlib.sha256((shelf / entry.path).read_bytes()).hexdigest() == entry.sha256
        return path.open("rb")

    put(source, [on_shelf(shelf)], DRAFT, existing=Existing.REPLACE, opener=opener)
    assert seen[-1] == set(FILES) - {"a.txt"}
    assert (shelf / "a.txt").read_bytes() == b"other"


def test_published_files_do_not_vanish_unasked(source: Path, shelf: Path) -> None:
    """A folder that lacks some is refused; `add` keeps them, `replace` drops them from the list but not from disk."""
    put(source, [on_shelf(shelf)], DRAFT)
    (source / "a.txt").unlink()
    fill(source, {"new.txt": b"new"})
    with pytest.raises(InputError, match=r"1 published file\(s\) of test/raw_images are not in the folder, such as a"):
        put(source, [on_shelf(shelf)], DRAFT)
    added = put(source, [on_shelf(shelf)], DRAFT, existing=Existing.ADD)
    assert {f.path for f in added.manifest.files} == {*FILES, "new.txt"}
    replaced = put(source, [on_shelf(shelf)], DRAFT, existing=Existing.REPLACE)
    assert {f.path for f in replaced.manifest.files} == {*FILES, "new.txt"} - {"a.txt"}
    assert (shelf / "a.txt").read_bytes() == b"hello"


def test_a_strangers_file_is_not_overwritten(source: Path, shelf: Path, bucket: Bucket) -> None:
    """What lies there unpublished and was not put by slidebox is somebody's."""
    fill(shelf, {"a.txt": b"theirs"})
    with pytest.raises(InputError, match=r"shelf already has another file a\.txt"):
        put(source, [on_shelf(shelf)], DRAFT)
    bucket.client.put_object(Bucket=bucket.name, Key="a.txt", Body=b"theirs")
    with pytest.raises(InputError, match=r"bench-s3 already has another file a\.txt"):
        put(source, [bucket.place()], DRAFT)
    assert (shelf / "a.txt").read_bytes() == b"theirs"


def test_two_uploads_at_once_do_not_mix(source: Path, shelf: Path, bucket: Bucket) -> None:
    """The second is refused on a drive; in a bucket, whoever publishes last notices the other."""
    with on_shelf(shelf).writing(), pytest.raises(InputError, match="Another upload into shelf runs"):
        put(source, [on_shelf(shelf)], DRAFT)
    other = source.parent / "other"
    fill(other, {"other.txt": b"other"})

    def meanwhile(_: Path) -> None:
        put(other, [bucket.place()], DRAFT)

    with pytest.raises(IntegrityError, match="Somebody else has put files into bench-s3 meanwhile"):
        put(source, [bucket.place()], DRAFT, opener=swapping("a.txt", meanwhile, 1))
    assert {f.path for f in decode(bucket.place().manifest() or b"", "it").files} == {"other.txt"}


# Being killed

PUT = """
    import sys, time
    from pathlib import Path
    from slidebox.model import Origin, Sensitivity
    from slidebox.provenance import Manifest
    from slidebox.transfer import DrivePlace, Journal, S3Place, client, put
    source, shelf, journal, endpoint, bucket = sys.argv[1:6]
    access, secret = sys.stdin.read().split()
    kept = Journal(Path(journal))
    def opener(path):
        # Stops for good where the test wants to kill it: however slow the machine is, it is not finished before.
        while len(list(Path(shelf).glob("plate/*.tif"))) >= 6:
            time.sleep(1)
        return path.open("rb")
    s3 = client(endpoint=endpoint, access_key=access, secret_key=secret)
    s3.meta.events.register("after-call.s3.UploadPart", lambda **_: time.sleep(600))
    places = [S3Place("bench-s3", s3, bucket, journal=kept), DrivePlace("shelf", Path(shelf), journal=kept)]
    draft = Manifest("test/raw_images", "Test", "Files of a test.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
    put(Path(source), places, draft, journal=kept, opener=opener, workers=1)
"""


def put_and_kill(source: Path, shelf: Path, bucket: Bucket, when: Callable[[], bool]) -> None:
    """Start an upload in another process and kill -9 it as soon as something is so."""
    end = bucket.gateway.endpoint
    words = [str(source), str(shelf), str(source.parent / "journal"), end.s3_url, bucket.name]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PUT), *words], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(f"{end.access_key} {end.secret_key}".encode())
    process.stdin.close()
    deadline = time.monotonic() + 120
    while not when():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()


def test_a_killed_upload_goes_on_where_it_stopped(tmp_path: Path, shelf: Path, bucket: Bucket) -> None:
    """After a kill -9 nothing is published or half visible; the next run sends only what is missing."""
    source = tmp_path / "source"
    fill(source, {f"plate/{n:02}.tif": bytes([n]) * 5000 for n in range(20)})
    put_and_kill(source, shelf, bucket, lambda: len(list(shelf.glob("plate/*.tif"))) >= 5)
    assert CRATE_FILE not in bucket.keys() | {f.name for f in shelf.iterdir()}
    assert all(f.stat().st_size == 5000 for f in shelf.glob("plate/*.tif"))
    before = {f.name: f.stat().st_ino for f in shelf.glob("plate/*.tif")}
    journal = Journal(tmp_path / "journal")
    receipt = put(source, [bucket.place(journal), on_shelf(shelf, journal)], DRAFT, journal=journal)
    assert receipt.skipped["shelf"] == len(before) >= 5
    assert receipt.skipped["bench-s3"] >= 5
    assert receipt.written["shelf"] == 20 - len(before)
    assert before.items() <= {f.name: f.stat().st_ino for f in shelf.glob("plate/*.tif")}.items()
    assert not (shelf / ".slidebox-partial").exists()
    get([bucket.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == contents(source)


def test_a_killed_upload_of_a_big_file_keeps_its_parts(tmp_path: Path, shelf: Path, bucket: Bucket) -> None:
    """The parts that the service has are not sent again, and no upload is left open."""
    source = tmp_path / "source"
    data = big_file(source)

    def parts() -> list[Any]:
        uploads = bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", [])
        return [
            part
            for u in uploads
            for part in bucket.client.list_parts(Bucket=bucket.name, Key=u["Key"], UploadId=u["UploadId"]).get(
                "Parts", []
            )
        ]

    put_and_kill(source, shelf, bucket, lambda: len(parts()) >= 1)
    there = len(parts())
    sent: list[int] = []
    s3 = bucket.client
    s3.meta.events.register("before-call.s3.UploadPart", lambda **_: sent.append(1))
    journal = Journal(tmp_path / "journal")
    put(source, [S3Place("bench-s3", s3, bucket.name, journal=journal)], DRAFT, journal=journal)
    assert 1 <= there < 3
    assert len(sent) == 3 - there
    assert bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", []) == []
    get([bucket.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == {"big.bin": data}


def test_a_journal_with_a_torn_line_is_read(source: Path, shelf: Path, tmp_path: Path) -> None:
    """A kill in the middle of a line costs that line."""
    path = tmp_path / "journal"
    journal = Journal(path)
    put(source, [on_shelf(shelf, journal)], DRAFT, journal=journal)
    path.write_bytes(path.read_bytes() + b'[["stored", "sh\xc3')
    journal = Journal(path)
    assert put(source, [on_shelf(shelf, journal)], DRAFT, journal=journal).written == {"shelf": 0}


# Bad input


def test_an_empty_folder_is_refused(tmp_path: Path, shelf: Path) -> None:
    """Folders without a file are empty too; what file managers leave behind is no file."""
    (tmp_path / "source" / "deep").mkdir(parents=True)
    (tmp_path / "source" / ".DS_Store").write_bytes(b"x")
    with pytest.raises(InputError, match="is empty: there is nothing to put"):
        put(tmp_path / "source", [on_shelf(shelf)], DRAFT)


def make_pipe(folder: Path) -> None:
    """A named pipe: reading it would wait for ever."""
    os.mkfifo(folder / "pipe")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda f: (f / "link").symlink_to("/etc/passwd"), "'link' is a symbolic link"),
        (lambda f: (f / "loop").symlink_to(f), "'loop' is a symbolic link"),
        (make_pipe, "'pipe' is a device, pipe or socket"),
        (lambda f: (f / "a\nb").write_bytes(b""), "it has a control character"),
        (lambda f: (f / "a\\b").write_bytes(b""), "it has a backslash"),
        (lambda f: (f / ".slidebox-x").write_bytes(b""), "that name is slidebox's own"),
        (lambda f: Path(os.fsdecode(os.fsencode(f) + b"/caf\xe9")).write_bytes(b""), "it is not Unicode text"),
        (lambda f: (f / "A.TXT").write_bytes(b""), "'a.txt' and 'A.TXT' are one name on some disks"),
        (lambda f: (f / CRATE_FILE).write_bytes(b"{}"), "is somebody else's crate"),
    ],
)
def test_what_cannot_be_part_of_a_dataset_is_named(
    source: Path, shelf: Path, make: Callable[[Path], object], why: str
) -> None:
    """Before anything is written, with the reason."""
    make(source)
    with pytest.raises(InputError) as error:
        put(source, [on_shelf(shelf)], DRAFT)
    assert why in error.value.message
    assert list(shelf.iterdir()) == []


def test_a_file_and_a_folder_of_one_name_are_refused(source: Path, shelf: Path, bucket: Bucket, tmp_path: Path) -> None:
    """A gateway over files cannot hold `a.txt` and `a.txt/b`; nor can a drive."""
    put(source, [bucket.place(), on_shelf(shelf)], DRAFT)
    other = tmp_path / "other"
    fill(other, {"a.txt/b": b"x"})
    with pytest.raises(InputError, match="bench-s3 cannot hold a file and a folder of one name"):
        put(other, [bucket.place()], DRAFT, existing=Existing.ADD)
    with pytest.raises(InputError, match="is not a folder"):
        put(other, [on_shelf(shelf)], DRAFT, existing=Existing.ADD)


def failing(bucket: Bucket, case: str) -> Place:
    """A place that cannot be used, for each reason."""
    end = bucket.gateway.endpoint
    keys: dict[str, Any] = {"access_key": end.access_key, "secret_key": end.secret_key}
    if case == "stranger":
        keys = {"access_key": "STRANGER", "secret_key": "nothing"}
    elif case == "wrong secret":
        keys["secret_key"] = "wrong"
    url = {"nobody there": "http://127.0.0.1:9", "no S3": end.iam_url}.get(case, end.s3_url)
    name = "no-such-bucket" if case == "no bucket" else bucket.name
    return S3Place("bench-s3", client(endpoint=url, region=end.region, **keys), name)


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("stranger", r"bench-s3 refuses this key \(InvalidAccessKeyId"),
        ("wrong secret", r"bench-s3 refuses this key \(SignatureDoesNotMatch"),
        ("no bucket", "the service knows no bucket 'no-such-bucket'"),
        ("nobody there", r"bench-s3 cannot be used at http://127\.0\.0\.1:9: nothing answers there"),
        ("no S3", "bench-s3"),
    ],
)
def test_a_service_that_cannot_be_used_is_one_sentence(
    source: Path, bucket: Bucket, tmp_path: Path, case: str, says: str
) -> None:
    """Put and get say the same, without a key in the text."""
    attempts: list[Callable[[], object]] = [
        lambda: put(source, [failing(bucket, case)], DRAFT),
        lambda: get([failing(bucket, case)], DATASET, tmp_path / "back"),
    ]
    for attempt in attempts:
        with pytest.raises(UnreadableError, match=says) as error:
            attempt()
        assert "\n" not in str(error.value)
        assert bucket.gateway.endpoint.secret_key not in str(error.value)


def test_a_key_without_the_right_to_write_is_refused(source: Path, shelf: Path, bucket: Bucket) -> None:
    """A reader's put ends with one sentence, and nothing is there."""
    iam = bucket.gateway.client("iam")
    user = f"reader-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    arn = f"arn:aws:s3:::{bucket.name}"
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],'
        f'"Resource":["{arn}","{arn}/*"]}}]}}'
    )
    iam.put_user_policy(UserName=user, PolicyName="read", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    end = bucket.gateway.endpoint
    s3 = client(endpoint=end.s3_url, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
    with pytest.raises(UnreadableError, match=r"bench-s3 refuses this key \(AccessDenied, PutObject\)"):
        put(source, [S3Place("bench-s3", s3, bucket.name)], DRAFT)
    assert bucket.keys() == set()
    put(source, [bucket.place()], DRAFT)
    get([S3Place("bench-s3", s3, bucket.name)], DATASET, shelf)
    assert contents(shelf) == FILES


def test_an_address_that_is_none_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(InputError, match="The S3 endpoint cannot be used"):
        client(endpoint="not an address")


def test_a_missing_disk_is_never_filled_by_mistake(source: Path, tmp_path: Path) -> None:
    """An empty mount point without the lab's marker is refused, not written to."""
    mount = tmp_path / "mnt"
    (mount / "test" / "raw_images").mkdir(parents=True)
    place = DrivePlace("shelf", mount / "test" / "raw_images", guard=lambda: drives.require("test-lab", "shelf", mount))
    with pytest.raises(UnreadableError, match="The disk of store 'shelf' is not mounted"):
        put(source, [place], DRAFT)
    assert contents(mount) == {}
    drives.mark("test-lab", "shelf", mount)
    assert put(source, [place], DRAFT).written == {"shelf": 4}


def test_a_disk_that_vanishes_meanwhile_publishes_nothing(source: Path, tmp_path: Path) -> None:
    """The marker is asked for again before the manifest is written."""
    mount = tmp_path / "mnt"
    folder = mount / "test"
    folder.mkdir(parents=True)
    drives.mark("test-lab", "shelf", mount)
    place = DrivePlace("shelf", folder, guard=lambda: drives.require("test-lab", "shelf", mount))

    def unplug(_: Path) -> None:
        (mount / drives.MARKER).unlink(missing_ok=True)

    with pytest.raises(UnreadableError, match="is not mounted"):
        put(source, [place], DRAFT, opener=swapping("a.txt", unplug, 1))
    assert not (folder / CRATE_FILE).exists()


def test_nothing_was_put_yet(shelf: Path, bucket: Bucket, tmp_path: Path) -> None:
    """Files without a manifest are no dataset; the sentence says how to put it."""
    fill(shelf, {"a.txt": b"hello"})
    with pytest.raises(UnreadableError, match="test/raw_images has not been put yet") as error:
        get([bucket.place(), on_shelf(shelf)], DATASET, tmp_path / "back")
    assert error.value.cure == "Put it with `slidebox put test/raw_images FOLDER`."


def test_more_than_fits_is_refused_before_anything_is_written(source: Path, shelf: Path) -> None:
    """Free space is compared first."""
    with (source / "sparse.bin").open("wb") as file:
        file.truncate(shutil.disk_usage(shelf).free + 2**40)
    with pytest.raises(UnreadableError, match=r"shelf has .* free, and .* are to be written"):
        put(source, [on_shelf(shelf)], DRAFT)
    assert list(shelf.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB: a file system in memory, which only root can mount."""
    mount = tmp_path / "small"
    mount.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "slidebox-test", str(mount)], capture_output=True, check=False
        )
    except OSError:
        pytest.skip("there is no mount(8) here")
    if done.returncode:
        pytest.skip(f"this user cannot mount a small disk: {done.stderr.decode().strip()}")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_disk_that_fills_up_is_one_sentence(tmp_path: Path, small_disk: Path) -> None:
    """Somebody else fills the disk during the upload: nothing half-written stays, and room is all it takes."""
    source, folder = tmp_path / "source", small_disk / "raw_images"
    folder.mkdir()
    fill(source, {f"{n}.tif": bytes([n]) * 200_000 for n in range(5)})
    filler = small_disk / "filler"

    def fill_up(_: Path) -> None:
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC

    with pytest.raises(UnreadableError, match="shelf cannot take the files: the disk is full"):
        put(source, [on_shelf(folder)], DRAFT, opener=swapping("3.tif", fill_up, 1), workers=1)
    assert not (folder / CRATE_FILE).exists()
    assert not (folder / ".slidebox-partial").exists()
    assert all(f.stat().st_size == 200_000 for f in folder.iterdir())
    filler.unlink()
    put(source, [on_shelf(folder)], DRAFT)
    assert contents(folder) == contents(source)


def test_a_file_larger_than_allowed_is_one_sentence(source: Path, shelf: Path) -> None:
    """The system's limit on files stands for that of a file system such as FAT32."""
    big_file(source)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(UnreadableError, match="the file is larger than the disk or the system allows"):
            put(source, [on_shelf(shelf)], DRAFT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert not (shelf / "big.bin").exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_sentence(source: Path, shelf: Path) -> None:
    """The sentence says whom to ask."""
    shelf.chmod(0o500)
    with pytest.raises(UnreadableError, match="shelf refuses: this user is not allowed to"):
        put(source, [on_shelf(shelf)], DRAFT)


def test_every_failure_has_a_cure(source: Path, tmp_path: Path) -> None:
    """Whatever is wrong, the sentence says what to do."""
    attempts: list[Callable[[], object]] = [
        lambda: put(source, [], DRAFT),
        lambda: put(tmp_path / "nowhere", [on_shelf(tmp_path)], DRAFT),
        lambda: put(source, [on_shelf(tmp_path / "nowhere")], DRAFT),
        lambda: get([on_shelf(tmp_path / "nowhere")], DATASET, tmp_path / "back"),
    ]
    for attempt in attempts:
        with pytest.raises(SlideboxError) as error:
            attempt()
        assert error.value.cure
        assert error.value.exit_code in {2, 3}


# Sizes


@pytest.mark.parametrize("size", [0, 1, SMALLEST_PART, 10**9, 10**12, 5 * 2**40])
def test_no_file_has_more_parts_than_s3_allows(size: int) -> None:
    """At most 10,000 parts, each at least 5 MiB, up to the largest object of 5 TiB."""
    length = part_size(size)
    assert length >= 5 * 2**20
    assert -(-size // length) <= 10_000


def test_a_listing_is_sorted_and_whole(source: Path) -> None:
    """Whatever order the disk has, a manifest has one."""
    assert [f.path for f in scan(source)] == sorted(FILES)


# Folders of raw images that several people add to


def as_member(number: int, do: Callable[[], object]) -> str:
    """Do something as a member of group 4242 with an account of its own; answers what went wrong."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "it ended early"
        try:
            os.setgroups([])
            os.setgid(4242)
            os.setuid(number)
            os.umask(0o022)
            do()
            said = ""
        except SlideboxError as error:
            said = str(error)
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, encoding="utf-8") as answer:
        return answer.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two people")
def test_two_people_add_raw_images_and_neither_replaces_the_others(tmp_path: Path) -> None:
    """The manifest is everybody's, the images are whose they are (sticky bit)."""
    for folder in [tmp_path, *list(tmp_path.parents)[:-1]]:
        folder.chmod(folder.stat().st_mode | 0o011)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    os.chown(shelf, 0, 4242)
    shelf.chmod(0o3770)
    place = on_shelf(shelf)
    long, short = b"a manifest of some length", b"a shorter one"

    def store(name: str, data: bytes, manifest: bytes, before: bytes | None) -> None:
        entry = FileEntry(name, len(data), hashlib.sha256(data).hexdigest())
        with place.writing():
            place.write(Content(entry), iter([data]))
            place.publish(manifest, before)

    assert as_member(5001, lambda: store("a.tif", b"one", long, None)) == ""
    assert as_member(5002, lambda: store("b.tif", b"two", short, long)) == ""
    assert contents(shelf) == {"a.tif": b"one", "b.tif": b"two"}
    assert place.manifest() == short
    assert "not allowed" in as_member(5002, lambda: store("a.tif", b"mine", long, short))
    assert (shelf / "a.tif").read_bytes() == b"one"


def test_a_manifest_that_cannot_be_replaced_is_written_over_only_where_the_folder_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal for any other reason stays one."""
    place = on_shelf(tmp_path)
    with place.writing():
        place.publish(b"before", None)

    def refuse(_: Path, target: Path) -> Path:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with place.writing(), pytest.raises(UnreadableError):
        place.publish(b"x", b"before")
    tmp_path.chmod(0o1700)
    with place.writing():
        place.publish(b"after", b"before")
    assert place.manifest() == b"after"
