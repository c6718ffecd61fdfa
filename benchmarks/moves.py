"""How fast data move between stores, and in how much memory: slidebox beside rclone and cp, on the same files.

    python benchmarks/moves.py                    # 50,000 files of 20 kB and one of 4 GB
    python benchmarks/moves.py --files 5000 --large 400
    python benchmarks/moves.py --alone            # slidebox alone, into the gateway
    python benchmarks/moves.py --growth           # the same with 1,000, 10,000 and 50,000 small files, for memory

A drive is filled, its data go into the S3 gateway, and from there over SSH to a server on loopback, which needs sshd;
without one that part is left out. `slidebox move` reads every byte from its source, compares it,
and reads every byte back from where it went; `rclone copy` with `rclone check` compares the checksums that both say.
Everything happens in a temporary folder and is removed afterwards. Needs rclone on the PATH.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from slidebox import drives, gateway, labfile
from slidebox.cluster import marker
from slidebox.flow.book import Book
from slidebox.flow.moving import move, plan_move
from slidebox.flow.putting import put_entry
from slidebox.flow.whereabouts import Whereabouts
from slidebox.home import Home
from slidebox.model import Lab
from slidebox.transfer import Quiet
from slidebox.transfer.datasets import Datasets

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # neither these nor the tests are installed
from tests.sshd import PROGRAM, start

RAW = "moves/raw_images"
GOAL = 1.3
MEMORY_MB = 300

LAB = """\
lab: bench-lab
title: A lab to measure with
people: {ada: {name: Ada}}
stores:
  bench-s3: {system: internal_drive, kind: s3, over: below}
  below: {system: internal_drive, kind: drive, path: below}
  bench: {system: internal_drive, kind: drive, path: bench}
"""

PROJECT = """\
project: moves
title: Moves
owner: ada
audience: {contributor: [ada]}
datasets:
  raw_images: {size: 10 GB, files: 100000, sensitivity: open, licence: CC0-1.0}
"""


@dataclass(frozen=True)
class Took:
    """What a run took: seconds, processor seconds, and its peak of memory in MB."""

    seconds: float
    cpu: float
    peak: float


class Bench:
    """A lab in a folder, whose places are made by hand where a stack would have made them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port, self.user, self.key = 0, "", ""
        self._sshd: subprocess.Popen[bytes] | None = None

    @property
    def lab(self) -> Lab:
        """What is declared."""
        return labfile.load(self.root)

    @property
    def home(self) -> Home:
        """Its folder of state."""
        return Home(self.root)

    def make(self) -> None:
        """Write its files, mark its drives and start its gateway."""
        (self.root / "projects").mkdir()
        (self.root / "lab.yaml").write_text(LAB, encoding="utf-8")
        (self.root / "projects" / "moves.yaml").write_text(PROJECT, encoding="utf-8")
        for name in ("bench", "below"):
            (self.root / name).mkdir()
            drives.mark("bench-lab", name, self.root / name)
        (self.root / "bench" / RAW).mkdir(parents=True)
        self.home.prepare()
        gateway.start(self.lab, self.home)

    def outputs(self, stores: Sequence[str]) -> dict[str, Any]:
        """What a stack would say."""
        about = {"dataset": RAW, "term": "short", "by_hand": False}
        places = {
            "bench": {"kind": "drive", "path": str(self.root / "bench" / RAW)},
            "bench-s3": {"kind": "s3", "bucket": "bench-lab-moves-raw-images-bench-s3", "region": "us-east-1"},
            "campus": {"kind": "cluster", "path": str(self.root / "campus" / RAW)},
        }
        return {
            "locations": {
                f"{RAW}@short@{name}": {**about, **places[name], "store": name, "copy": copy}
                for copy, name in enumerate(stores, 1)
            }
        }

    def client(self) -> Any:
        """A client of the gateway, as its root."""
        end = gateway.endpoint(self.home, "bench-s3")
        return boto3.client(
            "s3",
            endpoint_url=end.s3_url,
            region_name=end.region,
            aws_access_key_id=end.access_key,
            aws_secret_access_key=end.secret_key,
        )

    def empty(self, bucket: str) -> None:
        """Make a bucket anew."""
        below = self.root / "below" / "bench-s3" / bucket
        client = self.client()
        if below.exists():
            shutil.rmtree(below)
        client.create_bucket(Bucket=bucket)

    def serve(self) -> bool:
        """Start OpenSSH's server and declare it as a cluster; whether there is one."""
        if PROGRAM is None:
            return False
        folder = self.root / "sshd"
        folder.mkdir()
        found, self._sshd = start(folder, "")
        (self.root / "campus" / RAW).mkdir(parents=True)
        # Whoever is asked for keys, known hosts and configuration finds those of this server.
        os.environ["HOME"] = str(found.home)
        file = self.root / "lab.yaml"
        user = found.address.user
        line = f"  campus: {{system: local_cluster, kind: cluster, host: '127.0.0.1:{found.port}', user: {user}, "
        file.write_text(f"{LAB}{line}path: '{self.root / 'campus'}'}}\n", encoding="utf-8")
        marker.mark(found.cluster(), "bench-lab", "campus", str(self.root / "campus"), today=dt.date(2026, 1, 1))
        self.port, self.user, self.key = found.port, str(user), str(found.home / ".ssh/id_ed25519")
        return True

    def stop(self) -> None:
        """End what was started."""
        gateway.stop(self.home)
        if self._sshd:
            self._sshd.terminate()
            self._sshd.wait()

    def put(self, source: Path) -> None:
        """Fill the drive."""
        datasets = Datasets(self.lab, self.home, lambda _: self.outputs(["bench"]))
        book = Book(self.home)
        ready = datasets.ready(RAW, source)
        entry = put_entry(ready, ready.put(), book.entries("moves"))
        if entry:
            book.append(entry)

    def move(self, store: str) -> None:
        """Bring the dataset into a store."""
        datasets = Datasets(self.lab, self.home, lambda _: self.outputs([store]))
        book = Book(self.home)
        whereabouts = Whereabouts(self.lab, self.home, datasets, book)
        with (journal := whereabouts.journal(RAW)).open():
            copies = whereabouts.copies(RAW, writing=True, journal=journal)
            moving = plan_move(RAW, copies, book.entries("moves"), store)
            move(moving, book, Quiet())


def fill(source: Path, files: int, large: int) -> None:
    """Small files of 20 kB in folders of 500, and a large one of so many MB; no two have the same bytes."""
    noise = os.urandom(20_000)
    for number in range(files):
        file = source / f"plate{number // 500:03d}" / f"{number:06d}.tif"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(hashlib.sha256(str(number).encode()).digest() + noise[32:])
    if large:
        block = os.urandom(1 << 20)
        with (source / "large.tif").open("wb") as file_:
            for number in range(large):
                file_.write(number.to_bytes(8, "big") + block[8:])


def timed(work: Callable[[], None]) -> Took:
    """Run something in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit("a run failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - start, cpu, used.ru_maxrss / 1024)


def run(found: dict[str, Took], name: str, work: Callable[[], None]) -> None:
    """Run something, and say at once how long it took and how busy the machine was."""
    found[name] = took = timed(work)
    load = os.getloadavg()[0]
    print(f"{name}: {took.seconds:.1f} s, {took.peak:.0f} MB; load {load:.1f}", file=sys.stderr, flush=True)


def command(*words: str, env: Mapping[str, str] | None = None) -> Callable[[], None]:
    """What runs a program."""

    def replaced() -> None:
        # rclone 1.60 does not start where AWS_CA_BUNDLE is set, which a gateway on loopback does not need.
        clean = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
        os.execvpe(words[0], list(words), {**clean, **(env or {})})  # noqa: S606 - programs named here

    return replaced


def rclone_env(bench: Bench) -> dict[str, str]:
    """A remote `gw` for the gateway, by environment alone."""
    end = gateway.endpoint(bench.home, "bench-s3")
    return {
        "RCLONE_CONFIG": str(bench.root / "none.conf"),
        "RCLONE_CONFIG_GW_TYPE": "s3",
        "RCLONE_CONFIG_GW_PROVIDER": "Other",
        "RCLONE_CONFIG_GW_ENDPOINT": end.s3_url,
        "RCLONE_CONFIG_GW_REGION": end.region,
        "RCLONE_CONFIG_GW_ACCESS_KEY_ID": end.access_key,
        "RCLONE_CONFIG_GW_SECRET_ACCESS_KEY": end.secret_key,
    }


def alone(bench: Bench, source: Path) -> dict[str, Took]:
    """What slidebox takes into a drive, and from there into the gateway."""
    found: dict[str, Took] = {}
    run(found, "slidebox put into a drive", lambda: bench.put(source))
    bench.empty("bench-lab-moves-raw-images-bench-s3")
    run(found, "slidebox move, drive to S3", lambda: bench.move("bench-s3"))
    return found


def measured(bench: Bench, source: Path) -> dict[str, Took]:
    """Every run, one after the other."""
    found: dict[str, Took] = {}
    drive = bench.root / "bench" / RAW
    run(found, "cp into a drive", command("cp", "-r", str(source), str(bench.root / "cp")))
    shutil.rmtree(bench.root / "cp")
    run(found, "slidebox put into a drive", lambda: bench.put(source))
    env = rclone_env(bench)
    bench.empty("rclone")
    run(found, "rclone copy, drive to S3", command("rclone", "copy", "-q", str(drive), "gw:rclone", env=env))
    run(found, "rclone check", command("rclone", "check", "-q", str(drive), "gw:rclone", env=env))
    bench.empty("bench-lab-moves-raw-images-bench-s3")
    run(found, "slidebox move, drive to S3", lambda: bench.move("bench-s3"))
    if not bench.serve():
        return found
    shutil.rmtree(drive)  # or the drive would be read, not the gateway
    about = f"host=127.0.0.1,port={bench.port},user={bench.user},key_file={bench.key},disable_hashcheck=true"
    remote = f":sftp,{about}:{bench.root}/rclone"
    bucket = "gw:bench-lab-moves-raw-images-bench-s3"
    run(found, "rclone copy, S3 to SSH", command("rclone", "copy", "-q", bucket, remote, env=env))
    # Without hashes: this rclone would start a program there for each file, which takes minutes.
    run(found, "rclone check over SSH", command("rclone", "check", "-q", "--download", bucket, remote, env=env))
    run(found, "slidebox move, S3 to SSH", lambda: bench.move("campus"))
    return found


def show(found: Mapping[str, Took], size: int) -> None:
    """A table."""
    print(f"{'':32}{'s':>9}{'CPU s':>9}{'MB/s':>9}{'peak MB':>9}")
    for name, took in found.items():
        print(f"{name:32}{took.seconds:9.1f}{took.cpu:9.1f}{size / 1e6 / took.seconds:9.0f}{took.peak:9.0f}")


def one(files: int, large: int, runs: Callable[[Bench, Path], dict[str, Took]]) -> dict[str, Took]:
    """Measure one set of files."""
    with tempfile.TemporaryDirectory(prefix="slidebox-moves-") as folder:
        root = Path(folder)
        source = root / "source"
        source.mkdir()
        fill(source, files, large)
        bench = Bench(root)
        bench.make()
        try:
            found = runs(bench, source)
        finally:
            bench.stop()
        show(found, files * 20_000 + large * 2**20)
        return found


def main() -> int:
    """Measure, print, and answer 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=50_000, help="small files")
    parser.add_argument("--large", type=int, default=4_000, help="MB of the large file; none where 0")
    parser.add_argument("--alone", action="store_true", help="slidebox alone, into the gateway")
    parser.add_argument("--growth", action="store_true", help="memory by the number of files")
    options = parser.parse_args()
    if options.alone:
        peak = one(options.files, options.large, alone)["slidebox move, drive to S3"].peak
        return int(peak > MEMORY_MB)
    if options.growth:
        peaks = {}
        for files in (1_000, 10_000, 50_000):
            print(f"{files} files of 20 kB")
            peaks[files] = one(files, 0, alone)["slidebox move, drive to S3"].peak
        print("peak MB of a move by files:", ", ".join(f"{n:,}: {peak:.0f}" for n, peak in peaks.items()))
        return int(max(peaks.values()) > MEMORY_MB)
    if shutil.which("rclone") is None:
        print("rclone is not on the PATH.", file=sys.stderr)
        return 3
    found = one(options.files, options.large, measured)
    missed = False
    for way, check in (("drive to S3", "rclone check"), ("S3 to SSH", "rclone check over SSH")):
        if check in found:
            ours, theirs = found[f"slidebox move, {way}"], found[f"rclone copy, {way}"]
            ratio = ours.seconds / (theirs.seconds + found[check].seconds)
            print(f"{way}: move / (copy + check) {ratio:.2f} (goal {GOAL}); peak {ours.peak:.0f} MB (goal {MEMORY_MB})")
            missed = missed or ratio > GOAL or ours.peak > MEMORY_MB
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
