"""How long a lab in a cloud takes to come up, and to be previewed once nothing is left to do; at test servers.

    python benchmarks/clouds.py                          # 30, 100 and 300 datasets at each cloud; at AWS 30 and 100
    python benchmarks/clouds.py gcs --sizes 300 --runs 1
    python benchmarks/clouds.py --projects 5             # as a lab does it: five stacks of one project each
    python benchmarks/clouds.py aws --beside             # and the same buckets by OpenTofu or Terraform

The engine, the program, the rules and slidebox's providers are the real ones; moto with the stand-in for pulumi-aws's
plugin, and the doubles of Google Cloud Storage and Azure, answer for the clouds (`clouds_lab.py`). What they use of the
processor is said, as a real cloud would use none of this machine's. Figures are medians of runs in folders of their
own.
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
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # neither these nor the tests are installed

from benchmarks import clouds_lab
from benchmarks.clouds_lab import CLOUDS, LEVELS, Cloud
from benchmarks.peers import terraform
from benchmarks.shares import Shares

SIZES = (30, 100, 300)
UP_TO = {"aws": 100}
"""A bucket of AWS is seventeen resources: the engine would be at 300 of them for most of an hour."""

UP_SECONDS, PREVIEW_SECONDS = 60.0, 10.0
"""The goals for 300 datasets."""

COLUMNS = ["cloud", "datasets", "resources", "up, s", "ms each", "preview, s"]
COLUMNS += ["calls", "each", "in a preview", "double, CPU s", "state, MB"]


@dataclass(frozen=True)
class Took:
    """One command of the engine.

    Attributes
    ----------
    seconds
        It took.
    calls
        The server was asked.
    shares
        Processor seconds by who used them.
    """

    seconds: float
    calls: int
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Figures:
    """One lab: coming up, a preview with nothing to do, and what is in the state."""

    up: Took
    preview: Took
    resources: Sequence[Mapping[str, Any]]
    megabytes: float


def run(root: Path, environment: Mapping[str, str], *words: str) -> None:
    """Run a command of the engine, which has to go well."""
    command = ["pulumi", *words, "--non-interactive", "--color", "never"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"pulumi {' '.join(words)} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def timed(cloud: Cloud, root: Path, environment: Mapping[str, str], *words: str) -> Took:
    """What a command of the engine takes."""
    clouds_lab.settle(cloud)
    calls, own, start = cloud.calls(), time.process_time(), time.perf_counter()
    with Shares() as shares:
        run(root, environment, *words)
        seconds = time.perf_counter() - start
        used = time.process_time() - own
    clouds_lab.settle(cloud)
    said = {**shares.seconds, "double": used} if cloud.own else shares.seconds
    return Took(seconds, cloud.calls() - calls, said)


def begin(cloud: Cloud, root: Path, environment: Mapping[str, str], *stacks: str) -> None:
    """Make stacks, and what has to be there before them."""
    for stack in ("lab", *stacks):
        run(root, environment, "stack", "init", stack)
    if cloud.lab_first:
        run(root, environment, "up", "--stack", "lab", "--yes", "--skip-preview")


def one_stack(name: str, datasets: int, gate: Sequence[str], told: Mapping[str, str]) -> Figures:
    """A lab whose datasets are all in one stack; the engine is told something besides."""
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as folder:
        root, beside = Path(folder) / "lab", Path(folder) / "beside"
        root.mkdir()
        beside.mkdir()
        with CLOUDS[name](beside) as cloud:
            home = clouds_lab.make_lab(root, cloud, datasets)
            environment = {**home.environment(), **cloud.environment, **told}
            begin(cloud, root, environment, "bench")
            up = timed(cloud, root, environment, "up", "--stack", "bench", "--yes", "--skip-preview", *gate)
            preview = timed(cloud, root, environment, "preview", "--stack", "bench", "--expect-no-changes", *gate)
            (state,) = (home.root / "state/.pulumi/stacks").rglob("bench.json")
            kept = json.loads(state.read_text(encoding="utf-8"))["checkpoint"]["latest"]["resources"]
            return Figures(up, preview, kept, state.stat().st_size / 1e6)


def many_stacks(name: str, projects: int, at_once: int, gate: Sequence[str]) -> tuple[list[float], float, float]:
    """Seconds of each first `up`, of all when so many run at once, and of a second one, with slidebox's own program."""
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as folder:
        root, beside = Path(folder) / "lab", Path(folder) / "beside"
        root.mkdir()
        beside.mkdir()
        with CLOUDS[name](beside) as cloud:
            home = clouds_lab.make_lab(root, cloud, projects * LEVELS, program=None)
            environment = {**home.environment(), **cloud.environment}
            stacks = [f"p{number}" for number in range(projects)]
            begin(cloud, root, environment, *stacks)

            def up(stack: str) -> float:
                start = time.perf_counter()
                run(root, environment, "up", "--stack", stack, "--yes", "--skip-preview", *gate)
                return time.perf_counter() - start

            start = time.perf_counter()
            with ThreadPoolExecutor(at_once) as pool:
                each = list(pool.map(up, stacks))
            return each, time.perf_counter() - start, up(stacks[0])


def beside(datasets: int, resources: Sequence[Mapping[str, Any]]) -> str:
    """The same buckets by OpenTofu or Terraform, in one line."""
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as folder:
        try:
            with clouds_lab.amazon(Path(folder)) as cloud:
                clouds_lab.make_audit_bucket(cloud.address)
                apply, plan = terraform.measure(resources, cloud.address, Path(folder))
        except terraform.Missing as missing:
            return f"OpenTofu and Terraform are not measured: {missing}"
        except subprocess.CalledProcessError as failed:
            return f"OpenTofu or Terraform failed: {failed.stderr[-2000:]}"
    name = Path(terraform.program()).name
    return f"{name}, {datasets} buckets: apply {apply:.1f} s, plan with nothing to do {plan:.1f} s"


def row(name: str, datasets: int, found: Sequence[Figures]) -> tuple[str, bool]:
    """A row of the table, and whether a goal was missed."""
    up = statistics.median(figures.up.seconds for figures in found)
    preview = statistics.median(figures.preview.seconds for figures in found)
    middle = sorted(found, key=lambda figures: figures.up.seconds)[len(found) // 2]
    double = middle.up.shares.get("double", 0.0) + middle.up.shares.get("stand-in", 0.0)
    missed = datasets == 300 and (up > UP_SECONDS or preview > PREVIEW_SECONDS)
    cells = (
        name,
        datasets,
        len(middle.resources),
        f"{up:.1f}",
        f"{1000 * up / datasets:.0f}",
        f"{preview:.1f}",
        middle.up.calls,
        f"{middle.up.calls / datasets:.1f}",
        middle.preview.calls,
        f"{double:.1f}",
        f"{middle.megabytes:.2f}",
    )
    return f"| {' | '.join(map(str, cells))} |{'  MISSED' if missed else ''}", missed


def print_shares(what: str, shares: Mapping[str, float]) -> None:
    """Say who used the processor."""
    total = sum(shares.values()) or 1.0
    said = ", ".join(f"{role} {seconds:.1f}" for role, seconds in sorted(shares.items(), key=lambda one: -one[1]))
    print(f"  {what}: {total:.1f} s of processor time ({said})", file=sys.stderr, flush=True)


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clouds", nargs="*", metavar="CLOUD", help=f"{', '.join(CLOUDS)} (all)")
    parser.add_argument("--sizes", nargs="+", type=int, help="numbers of datasets (30 100 300)")
    parser.add_argument("--runs", type=int, default=3, help="labs of each size (3)")
    parser.add_argument("--no-gate", action="store_true", help="without the rules at the engine's gate")
    parser.add_argument("--projects", type=int, help="so many stacks of one project each, in place of one stack")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="stacks that come up side by side")
    parser.add_argument("--beside", action="store_true", help="the same buckets of AWS by OpenTofu or Terraform")
    parser.add_argument("--checkpoints", action="store_true", help="the engine writes its state at each resource")
    options = parser.parse_args()
    told = {"PULUMI_SKIP_CHECKPOINTS": "false"} if options.checkpoints else {}
    gate = () if options.no_gate else ("--policy-pack", "policies")
    chosen = options.clouds or list(CLOUDS)
    if options.projects:
        print("| cloud | stacks of 8 datasets | at once | each up, s | all, s | second up of one, s |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name in chosen:
            each, together, again = many_stacks(name, options.projects, options.at_once, gate)
            middle = statistics.median(each)
            print(f"| {name} | {options.projects} | {options.at_once} | {middle:.1f} | {together:.1f} | {again:.1f} |")
        return 0
    print(
        "| cloud | datasets | resources | up, s | ms each | preview, s | calls | each | in a preview | double, s | MB |"
    )
    print(f"| --- |{' ---: |' * 10}")
    failed = False
    for name in chosen:
        for datasets in options.sizes or [size for size in SIZES if size <= UP_TO.get(name, size)]:
            found = [one_stack(name, datasets, gate, told) for _ in range(options.runs)]
            line, missed = row(name, datasets, found)
            failed |= missed
            print(line, flush=True)
            print_shares("up", found[-1].up.shares)
            print_shares("preview", found[-1].preview.shares)
            if options.beside and name == "aws":
                print(beside(datasets, found[-1].resources), file=sys.stderr, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
