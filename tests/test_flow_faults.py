"""Moves and retirements that fail at random points: no run loses the last good copy of a byte, or claims a wrong one.

Each seed is a story: a dataset is moved from the bench to the shelf and retired at the bench, by as many processes as
it takes. The shelf is a folder, or has bags, or an object store stands in its place, or in that of the bench. Each
process is stopped by a network, a disk, a service, a checksum, a changed file or a kill at a random point; after each
one every byte is looked for. The last is let alone, and has to complete what the others left.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bagit
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from slidebox import home
from slidebox.errors import SlideboxError
from slidebox.flow import book
from slidebox.flow.retiring import left_over
from slidebox.model import Store, StoreKind, System
from slidebox.provenance import CRATE_FILE
from slidebox.provenance.bag import PAYLOAD
from slidebox.provenance.record import Act
from slidebox.transfer import aside, doors, drive
from slidebox.transfer.aside import BIN, RetirableFolder

from .doubles.bucket import BucketDouble, refusal
from .flow_lab import RAW, SmallLab, small_lab

SEEDS = 1000
FILES = {f"{plate}/{well}.tif": f"pixels of {plate} {well}".encode() * 40 for plate in "ab" for well in "123"}
ATTEMPTS = 12


class Killed(BaseException):
    """The process ended here; nothing catches it."""


@dataclass
class Faults:
    """What goes wrong, and where.

    Parameters
    ----------
    random
        Decides.
    lab
        Whose files change.
    rate
        How likely something goes wrong at each point.
    """

    random: random.Random
    lab: SmallLab
    rate: float = 0.04
    happened: Counter[str] = field(default_factory=Counter)
    undo: list[tuple[Path, bytes]] = field(default_factory=list)
    bucket: BucketDouble | None = None

    def at(self, point: str, *, file: Path | None = None) -> None:
        """Let something go wrong here, or not."""
        if self.random.random() >= self.rate:
            return
        fault = self.random.choice(["kill", "kill", "network", "full", "gone", "change"])
        self.happened[f"{fault} at {point}"] += 1
        if fault == "kill":
            raise Killed(point)
        if fault == "network":
            raise OSError(errno.EIO, "Input/output error")
        if fault == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        if fault == "gone":
            raise OSError(errno.ENODEV, "No such device")
        self._change(file)

    def at_service(self, point: str) -> None:
        """The same at a call of an object store, in the words of its client."""
        if self.random.random() >= self.rate:
            return
        fault = self.random.choice(["kill", "kill", "network", "full", "slow", "denied"])
        self.happened[f"{fault} at {point} of the object store"] += 1
        if fault == "kill":
            raise Killed(point)
        if fault == "network":
            raise EndpointConnectionError(endpoint_url="memory:")
        code, status = {"full": ("StorageFull", 507), "slow": ("SlowDown", 503), "denied": ("AccessDenied", 403)}[fault]
        raise refusal(code, status, point)

    def _change(self, file: Path | None) -> None:
        """Somebody writes into a file while it is read, and takes it back once the process has ended."""
        files = [f for f in self.lab.folder("bench").rglob("*.tif") if f.is_file()]
        target = file if file in files else self.random.choice(files) if files else None
        if target is not None:
            data = target.read_bytes()
            self.undo.append((target, data))
            target.write_bytes(data[:-1] + b"!")

    def take_back(self) -> None:
        """Make good what somebody else has changed."""
        for file, data in reversed(self.undo):
            if file.is_file():
                file.write_bytes(data)
            else:  # it was moved meanwhile, with the change in it
                for other in self.lab.root.rglob(file.name):
                    if other.is_file() and other.parent.name == file.parent.name and other.read_bytes()[-1:] == b"!":
                        other.write_bytes(data)
        self.undo.clear()


@contextmanager
def failing(faults: Faults, patch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: C901 - one small stand-in a step
    """Let things go wrong inside everything that reads, writes, renames and records."""
    originals = aside._rename, book._append, home.replace_text, drive._sync_folder

    def rename(file: Path, target: Path) -> None:
        faults.at("rename")
        originals[0](file, target)
        faults.at("renamed")

    def append(file: Any, line: str) -> None:
        faults.at("record")
        if faults.random.random() < faults.rate:
            faults.happened["kill in the middle of the record"] += 1
            file.write(line.encode()[: len(line) // 2])
            file.flush()
            raise Killed
        originals[1](file, line)
        faults.at("recorded")

    def replace_text(path: Path, text: str, mode: int) -> Path:
        faults.at("tombstone")
        return originals[2](path, text, mode)

    def sync(folder: Path) -> None:
        faults.at("sync")
        originals[3](folder)

    chunks, write = RetirableFolder._chunks, RetirableFolder.write

    def read(self: RetirableFolder, file: Any) -> Iterator[bytes]:
        for chunk in chunks(self, file):
            with self._errors():
                faults.at("read", file=Path(file.name))
            if faults.random.random() < faults.rate:
                faults.happened["a wrong byte on the way"] += 1
                yield chunk[:-1] + b"?"
            else:
                yield chunk

    def written(self: RetirableFolder, content: Any, parts: Iterator[bytes]) -> None:
        with self._errors():
            faults.at("write")
        write(self, content, parts)
        if faults.random.random() < faults.rate:
            # The disk has said that it has the bytes, and has others: nobody wrote them, so no time changes.
            faults.happened["a disk that lies"] += 1
            stored = self.folder / content.entry.path
            before = stored.stat()
            stored.write_bytes(stored.read_bytes()[:-1] + b"~")
            os.utime(stored, ns=(before.st_atime_ns, before.st_mtime_ns))
        with self._errors():
            faults.at("wrote")

    def passing(data: bytes) -> bytes:
        if faults.random.random() < faults.rate:
            faults.happened["a connection to the object store that breaks off"] += 1
            raise ReadTimeoutError(endpoint_url="memory:")
        if faults.random.random() < faults.rate:
            faults.happened["a wrong byte from the object store"] += 1
            return data[:-1] + b"?"
        return data

    def keeping(key: str, data: bytes) -> bytes:
        # A manifest that is damaged where it lies stops every move until a person has looked at it.
        if key != CRATE_FILE and faults.random.random() < faults.rate:
            faults.happened["an object store that lies"] += 1
            return data[:-1] + b"~"
        return data

    with patch.context() as m:
        if faults.bucket is not None:
            m.setattr(faults.bucket, "hook", faults.at_service)
            m.setattr(faults.bucket, "passing", passing)
            m.setattr(faults.bucket, "keeping", keeping)
        m.setattr(aside, "_rename", rename)
        m.setattr(book, "_append", append)
        m.setattr("slidebox.flow.tombstones.replace_text", replace_text)
        m.setattr(drive, "_sync_folder", sync)
        # The one time that cannot be set back, which a disk that loses bytes does not touch either.
        m.setattr(drive, "stamp_of", lambda status: (status.st_size, status.st_mtime_ns, 0, status.st_ino))
        m.setattr(RetirableFolder, "_chunks", read)
        m.setattr(RetirableFolder, "write", written)
        yield


def process(lab: SmallLab) -> bool:
    """What one process does: finish, move, retire; answers whether it says that all is done."""
    lab.retirer.finish(lab.book.entries("demo"), RAW)
    moving = lab.moving()
    lab.move()
    copies = lab.copies()
    doomed = left_over(copies, moving.now.crate)
    if doomed:
        lab.retirer.retire(lab.retiring(*{copy.location.store for copy in doomed}), "moved")
    return bool(doomed) or not any(copy.problem or (copy.complete and not copy.planned) for copy in copies)


def good(lab: SmallLab, bucket: BucketDouble) -> Counter[str]:
    """How many good copies of each file there are, those that were set aside too."""
    found = Counter(path for path, data in FILES.items() if bucket.kept(path) == data)
    bins = [path for store in ("bench", "shelf") for path in (lab.root / store / BIN).glob("*")]
    for folder in (lab.folder("bench"), lab.folder("shelf"), lab.folder("shelf") / PAYLOAD, *bins):
        for path, data in FILES.items():
            file = folder / path
            found[path] += file.is_file() and file.read_bytes() == data
    return found


def whole_there(bucket: BucketDouble) -> bool:
    """Whether a bucket has every file, and the manifest."""
    there = bucket.current()
    return CRATE_FILE in there and all(there[path] == data for path, data in FILES.items())


def whole(folder: Path) -> bool:
    """Whether a folder has every file, and the manifest; a bag has to be a valid one."""
    if (folder / PAYLOAD).is_dir():
        assert bagit.Bag(str(folder)).validate()
        folder /= PAYLOAD
    return (folder / CRATE_FILE).is_file() and all((folder / path).read_bytes() == FILES[path] for path in FILES)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where the system has a disk there."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="slidebox-faults-") as made:
        yield Path(made)


WAYS = (("bench", "shelf"), ("bench", "bags"), ("bench", "cloud"), ("cloud", "shelf"))
"""From where to where the dataset of a seed is moved."""


def plan(lab: SmallLab, store: str, term: str) -> None:
    """Say that a stack has the dataset in a drive, or in the bucket."""
    if store != "cloud":
        lab.plan(store, term=term)
        return
    about = {"dataset": RAW, "term": term, "copy": 1, "store": store, "by_hand": False, "kind": "s3", "bucket": "raw"}
    lab.outputs["locations"] = {f"{RAW}@{term}@{store}": about}


def story(root: Path, seed: int, patch: pytest.MonkeyPatch, said: Counter[str]) -> int:
    """One seed; answers how many processes it took."""
    root.mkdir()
    here, there = WAYS[seed % len(WAYS)]
    shelf = Store(system=System.EXTERNAL_DRIVE, kind=StoreKind.DRIVE, path="shelf", bags=there == "bags")
    # Nobody asks whose profile it is: the client is the double's.
    cloud = Store(system=System.CLOUD, kind=StoreKind.S3, endpoint="http://127.0.0.1:1", profile="nobody")
    lab = small_lab(root, shelf=shelf, cloud=cloud)
    bucket = BucketDouble()
    patch.setattr(doors, "client", lambda **_: bucket)
    old, new = ("cloud" if here == "cloud" else "bench"), ("cloud" if there == "cloud" else "shelf")
    plan(lab, old, "short")
    lab.put(FILES)
    shutil.rmtree(root / "source")
    plan(lab, new, "mid")
    faults = Faults(random.Random(seed), lab, bucket=bucket)
    for attempt in range(1, ATTEMPTS + 1):
        done, last = False, attempt == ATTEMPTS
        faults.rate = 0.0 if last else faults.rate
        try:
            with failing(faults, patch):
                done = process(lab)
        except (SlideboxError, OSError, Killed) as error:
            assert not last, f"seed {seed}: it cannot be completed: {error!r}"
        others_hands = bool(faults.undo)
        faults.take_back()
        copies = good(lab, bucket)
        assert min(copies[path] for path in FILES) >= 1, f"seed {seed}: bytes are lost"
        if done and not others_hands:
            arrived = whole_there(bucket) if new == "cloud" else whole(lab.folder("shelf"))
            assert arrived, f"seed {seed}: success with a wrong byte"
            assert not (lab.folder("bench") / CRATE_FILE).exists(), f"seed {seed}: the old copy is still there"
            assert old != "cloud" or CRATE_FILE not in bucket.current(), f"seed {seed}: the old copy is still there"
            break
    said.update(faults.happened)
    shutil.rmtree(root)
    return attempt


@pytest.mark.parametrize("part", range(4))
def test_no_run_loses_a_byte_or_claims_a_wrong_one(
    folder: Path, part: int, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """A thousand seeds in four parts; what was tried and what happened is printed."""
    said: Counter[str] = Counter()
    seeds = range(part * SEEDS // 4, (part + 1) * SEEDS // 4)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # what a power cut takes is not what is tried here
    took = [story(folder / str(seed), seed, monkeypatch, said) for seed in seeds]
    record_property(
        "said",
        f"seeds {seeds.start} to {seeds.stop - 1}: {sum(said.values())} faults of {len(said)} kinds, "
        f"{sum(took)} processes; no byte lost, no wrong success, all completed",
    )
    assert sum(said.values()) > len(seeds)


def _work(root: str, began: str) -> None:
    lab = small_lab(Path(root), made=True)
    lab.plan("shelf", term="mid")
    Path(began).touch()
    process(lab)


def test_processes_that_are_really_killed_leave_what_the_next_one_completes(folder: Path) -> None:
    """Kill -9, a few milliseconds after it began; then one is let alone."""
    lab = small_lab(folder)
    lab.plan("bench")
    lab.put(FILES)
    shutil.rmtree(folder / "source")
    lab.plan("shelf", term="mid")
    context, chance, killed = multiprocessing.get_context("spawn"), random.Random(7), 0
    for attempt in range(4):
        began = folder / f"began-{attempt}"
        worker = context.Process(target=_work, args=(str(folder), str(began)))
        worker.start()
        while not began.exists() and worker.is_alive():
            time.sleep(0.001)
        time.sleep(chance.uniform(0.0, 0.03))
        worker.kill()
        worker.join()
        killed += worker.exitcode == -signal.SIGKILL
        copies = good(lab, BucketDouble())
        assert min(copies[path] for path in FILES) >= 1
    assert killed
    if lab.copies()[-1].location.store == "bench":
        process(lab)
    lab.retirer.finish(lab.book.entries("demo"), RAW)
    assert whole(lab.folder("shelf"))
    assert not (lab.folder("bench") / CRATE_FILE).exists()
    assert lab.book.entries("demo")[-1].act is Act.RETIRE
