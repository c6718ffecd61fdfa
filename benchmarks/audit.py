"""What it takes to audit who has access to an account of AWS, beside Prowler and Cloud Custodian on the same account.

    python benchmarks/audit.py                       # 1,000 buckets on moto, each program once
    python benchmarks/audit.py 300 --runs 3
    python benchmarks/audit.py --alone               # slidebox alone

One bucket of fifty is open to everybody by its policy; slidebox has to find exactly these. moto answers, in a
process of its own that is not counted; the calls are those in its log. Processor time is that of the program and its
children, memory the peak of its largest process. slidebox asks as it does by default, or as fast as
``--calls-a-second`` lets it.

Prowler runs its checks of the service s3, Cloud Custodian one policy (`custodian/policy.yml`). Both are pointed to moto
by AWS_ENDPOINT_URL; ``python benchmarks/peers/get.py prowler custodian`` installs them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # neither these nor the tests are installed

import boto3
from tests.doubles.aws.launch import MOTO_LOG, environment, moto

HERE = Path(__file__).resolve().parent
OPEN_EVERY = 50
REGION, ACCOUNT = "us-east-1", "123456789012"
GOALS = {1000: (60.0, 15.0, 4100, 250.0)}
"""Seconds of waiting and of processor time, calls and megabytes, by the number of buckets."""

LAB = """\
lab: bench-lab
title: A lab with an account
people: {{ada: {{name: Ada}}}}
stores:
  amazon: {{system: cloud, kind: aws, account: "{account}", region: {region}, endpoint: "{url}"}}
"""
PROJECT = """\
project: atlas
title: A project
owner: ada
audience: {steward: [ada]}
datasets:
  raw_images: {size: 1 GB, files: 2, sensitivity: confidential}
"""
POLICY = HERE / "peers" / "custodian" / "policy.yml"


@dataclass(frozen=True)
class Program:
    """One program to measure: what it is called, what is run where, and how many open buckets it has found."""

    name: str
    command: Sequence[str]
    folder: Path
    found: Callable[[bytes], int | None]


@dataclass(frozen=True)
class Figures:
    """What a program took."""

    wall: float
    cpu: float
    calls: int
    megabytes: float
    found: int | None


def furnish(url: str, buckets: int) -> None:
    """Make the account's buckets: most are closed, with a policy for the lab's own role; one of fifty is open."""
    make: Any = boto3.client
    s3 = make("s3", endpoint_url=url, region_name=REGION)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)

    def one(number: int) -> None:
        name = f"bench-lab-{number:05d}"
        s3.create_bucket(Bucket=name)
        is_open = number % OPEN_EVERY == 0
        who = "*" if is_open else {"AWS": f"arn:aws:iam::{ACCOUNT}:role/imaging"}
        said = {"Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [said]}))
        controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=controls)
        if not is_open:
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(buckets)))


def measure(program: Program, log: Path, told: Mapping[str, str]) -> Figures:
    """Run a program once, by itself."""
    before = _calls(log)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            program.command, cwd=program.folder, env=told, stdin=subprocess.DEVNULL, stdout=out, stderr=said
        )
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        out.seek(0)
        said.seek(0)
        answer, words = out.read(), said.read()
    peak = used.ru_maxrss if sys.platform == "darwin" else used.ru_maxrss * 1024
    try:
        found = program.found(answer)
    except (ValueError, LookupError, OSError) as error:
        raise SystemExit(f"{program.name} gave no answer: {words.decode(errors='replace')[-2000:]}") from error
    return Figures(wall, used.ru_utime + used.ru_stime, _calls(log) - before, peak / 1e6, found)


def _calls(log: Path) -> int:
    # What was not found is written in colour, so what follows the protocol differs.
    return log.read_bytes().count(b" HTTP/1.1")


def slidebox(folder: Path, url: str, a_second: float | None) -> Program:
    """Slidebox, asked about its one store."""
    lab = folder / "lab"
    (lab / "projects").mkdir(parents=True)
    (lab / "lab.yaml").write_text(LAB.format(account=ACCOUNT, region=REGION, url=url), encoding="utf-8")
    (lab / "projects" / "atlas.yaml").write_text(PROJECT, encoding="utf-8")
    command = [sys.executable, "-m", "slidebox.cli", "audit", "access", "--json"]
    command += ["--calls-a-second", str(a_second)] if a_second else []
    return Program("slidebox", command, lab, _found_by_slidebox)


def _found_by_slidebox(answer: bytes) -> int:
    """How many buckets let in anyone; none of the others may let in somebody unknown."""
    locations = json.loads(answer)["locations"]
    kinds = {name: {reader["kind"] for reader in one["readers"]} for name, one in locations.items()}
    if unsure := sorted(name for name, found in kinds.items() if "unknown" in found):
        raise ValueError(f"of {len(unsure)} buckets it does not know who has access, such as {unsure[0]}")
    return sum("anyone" in found for found in kinds.values())


def peers(folder: Path) -> list[Program]:
    """The other programs that can be had here; of one that cannot, it is said why."""
    found = []
    for name in ("prowler", "custodian"):
        command = [sys.executable, str(HERE / "peers" / "get.py"), name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(f"{name} is left out; `{' '.join(command)}` says why.")
            continue
        binary = done.stdout.split()[-1]
        place = folder / name
        place.mkdir()
        if name == "prowler":
            asked = [binary, "aws", "--service", "s3", "--region", REGION, "--no-banner", "--ignore-exit-code-3"]
            asked += ["--output-formats", "json-ocsf", "--output-directory", str(place)]
            found.append(Program(name, asked, place, partial(_found_by_prowler, place)))
        else:
            asked = [binary, "run", "--region", REGION, "--cache-period", "0", "-s", str(place), str(POLICY)]
            found.append(Program(name, asked, place, partial(_found_by_custodian, place)))
    return found


def _found_by_prowler(place: Path, _: bytes) -> int:
    (report,) = place.glob("**/*.ocsf.json")
    listed = json.loads(report.read_text(encoding="utf-8"))
    wanted = "s3_bucket_public_access"
    return sum(one["status_code"] == "FAIL" and one["metadata"]["event_code"] == wanted for one in listed)


def _found_by_custodian(place: Path, _: bytes) -> int:
    return len(json.loads((place / "open-buckets" / "resources.json").read_text(encoding="utf-8")))


def missed(buckets: int, figures: Figures) -> str:
    """What slidebox misses of its goals, in words."""
    wall, cpu, calls, megabytes = GOALS.get(buckets, (float("inf"),) * 4)
    wrong = []
    if figures.found != -(-buckets // OPEN_EVERY):
        wrong.append(f"finds {figures.found} open buckets")
    if figures.wall > wall:
        wrong.append(f"more than {wall:g} s of waiting")
    if figures.cpu > cpu:
        wrong.append(f"more than {cpu:g} s of processor time")
    if figures.calls > calls:
        wrong.append(f"more than {calls:,} calls")
    if figures.megabytes > megabytes:
        wrong.append(f"more than {megabytes:g} MB")
    return ", ".join(wrong)


def medians(runs: Sequence[Figures]) -> Figures:
    """The middle of each figure."""
    return Figures(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        int(statistics.median(run.calls for run in runs)),
        statistics.median(run.megabytes for run in runs),
        runs[0].found,
    )


def main() -> int:
    """Measure and print a table; 1 where slidebox misses a goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("buckets", nargs="?", type=int, default=1000, help="number of buckets")
    parser.add_argument("--runs", type=int, default=1, help="runs of slidebox; the others have one")
    parser.add_argument("--alone", action="store_true", help="leave the other programs out")
    parser.add_argument("--calls-a-second", type=float, default=None, help="how fast slidebox asks")
    options = parser.parse_args()
    wrong = ""
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as place, moto(Path(place)) as url:
        folder, log = Path(place), Path(place) / MOTO_LOG
        os.environ.update({name: text for name, text in environment(url).items() if name != "AWS_ENDPOINT_URL"})
        furnish(url, options.buckets)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        print(
            f"{'program':<10} {'buckets':>8} {'wall s':>8} {'CPU s':>8} {'calls':>8} {'peak MB':>8} {'open':>6}",
            flush=True,
        )
        programs = [slidebox(folder, url, options.calls_a_second)]
        for program in programs + ([] if options.alone else peers(folder)):
            is_ours = program.name == "slidebox"
            told = dict(os.environ) | ({} if is_ours else {"AWS_ENDPOINT_URL": url})
            figures = medians([measure(program, log, told) for _ in range(options.runs if is_ours else 1)])
            words = missed(options.buckets, figures) if is_ours else ""
            wrong = wrong or words
            print(
                f"{program.name:<10} {options.buckets:>8,} {figures.wall:>8.1f} {figures.cpu:>8.1f} "
                f"{figures.calls:>8,} {figures.megabytes:>8.0f} {figures.found!s:>6}"
                f"{'  MISSED: ' + words if words else ''}",
                flush=True,
            )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
