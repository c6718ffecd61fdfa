"""What it takes to check a stack of AWS buckets, by its size, beside conftest and Checkov on the same stack.

    python benchmarks/rules.py                        # 1,000, 3,000 and 10,000 buckets; the others at 1,000
    python benchmarks/rules.py 1000 --runs 5
    python benchmarks/rules.py --alone                # slidebox alone

The stack is `rules_stack.py`'s: six resources a bucket, one bucket of fifty open to everybody, which every program
has to find. slidebox and conftest read it as a saved ``pulumi preview --json``, Checkov as Terraform's plan. Each run
is a process of its own. Processor time is that of the process and all its children; memory is the peak of the
largest process, for slidebox that of its own plus that of its child, the policy engine. Figures are medians.
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SIZES = (1000, 3000, 10000)
RESOURCES_EACH = 6
REFUSED_EVERY = 50
PEERS_UP_TO = 1000
"""Checkov takes a minute for 1,000 buckets."""

GOALS = {1000: (2.0, 250.0)}
"""Seconds of processor time and megabytes, by the number of buckets."""

GROWTH = 1.25
"""How much more a bucket may cost in a larger stack than in the smallest."""

# What the command `slidebox` does, and then the peak of its memory and of its child's.
SLIDEBOX = """
import resource, sys
from slidebox.cli import main
try:
    main()
finally:
    scale = 1 if sys.platform == "darwin" else 1024
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(sum(peaks) * scale, file=sys.stderr)
"""


@dataclass(frozen=True)
class Program:
    """One program to measure.

    Attributes
    ----------
    name
        What it is called.
    command
        What is run.
    refused
        How many buckets its answer refuses.
    runs
        How often it is run.
    """

    name: str
    command: Sequence[str]
    refused: Callable[[Any], int]
    runs: int


@dataclass(frozen=True)
class Figures:
    """What a program took: seconds of processor time and of waiting, megabytes, and the buckets it refused."""

    cpu: float
    wall: float
    megabytes: float
    refused: int


def measure(program: Program) -> Figures:
    """Run a program once, by itself."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        # Beside the stack, where no lab's files are: the others know of none either.
        folder = tempfile.gettempdir()
        process = subprocess.Popen(program.command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=said)
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        out.seek(0)
        said.seek(0)
        answer, words = out.read(), said.read().decode(errors="replace")
    try:
        refused = program.refused(json.loads(answer))
        peak = int(words.split()[-1]) if program.name == "slidebox" else _bytes(used.ru_maxrss)
    except (ValueError, LookupError) as error:
        raise SystemExit(f"{program.name} gave no answer: {words[-2000:]}") from error
    return Figures(used.ru_utime + used.ru_stime, wall, peak / 1e6, refused)


def _bytes(peak: int) -> int:
    return peak if sys.platform == "darwin" else peak * 1024


def medians(program: Program) -> Figures:
    """Run a program as often as it is to be, and take the middle of each figure."""
    runs = [measure(program) for _ in range(program.runs)]
    return Figures(
        statistics.median(run.cpu for run in runs),
        statistics.median(run.wall for run in runs),
        statistics.median(run.megabytes for run in runs),
        min(run.refused for run in runs),
    )


def slidebox(preview: Path, runs: int) -> Program:
    """Slidebox, asked about a saved preview."""
    command = [sys.executable, "-c", SLIDEBOX, "check", "--preview", str(preview), "--format", "json"]
    return Program("slidebox", command, _refused_by_slidebox, runs)


def _refused_by_slidebox(answer: Any) -> int:
    return len({finding["subject"] for finding in answer["findings"] if finding["refuses"]})


def peers(preview: Path, plan: Path, runs: int) -> list[Program]:
    """The other programs that can be had here; of one that cannot, it is said why."""
    found = []
    for name in ("conftest", "checkov"):
        command = [sys.executable, str(HERE / "peers" / "get.py"), name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(f"{name} is left out; `{' '.join(command)}` says why.")
            continue
        binary = done.stdout.split()[-1]
        if name == "conftest":
            rules = str(HERE / "peers" / "conftest" / "policy")
            asked = [binary, "test", "--policy", rules, "--output", "json", str(preview)]
            found.append(Program(name, asked, lambda answer: len(answer[0]["failures"]), runs))
        else:
            asked = [binary, "--file", str(plan), "--framework", "terraform_plan", "--skip-download"]
            asked += ["--quiet", "--compact", "--output", "json"]
            found.append(Program(name, asked, _refused_by_checkov, 1))
    return found


def _refused_by_checkov(answer: Any) -> int:
    """CKV_AWS_70: a bucket's policy allows any principal."""
    return sum(check["check_id"] == "CKV_AWS_70" for check in answer["results"]["failed_checks"])


def judged(program: Program, buckets: int, figures: Figures, first: float) -> str:
    """What is wrong with a program's figures, in words; of the other programs, only that they miss a bucket."""
    wrong = []
    if figures.refused != buckets // REFUSED_EVERY:
        wrong.append(f"refuses {figures.refused} buckets, not {buckets // REFUSED_EVERY}")
    if program.name == "slidebox":
        cpu, megabytes = GOALS.get(buckets, (float("inf"), float("inf")))
        if figures.cpu > cpu:
            wrong.append(f"more than {cpu:g} s")
        if figures.megabytes > megabytes:
            wrong.append(f"more than {megabytes:g} MB")
        if figures.cpu / buckets > first * GROWTH:
            wrong.append("grows faster than the stack")
    return ", ".join(wrong)


def main() -> int:
    """Measure all sizes and print a table; 1 where slidebox misses a goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of buckets")
    parser.add_argument("--runs", type=int, default=3, help="runs of slidebox and conftest; Checkov has one")
    parser.add_argument("--alone", action="store_true", help="leave the other programs out")
    options = parser.parse_args()
    missed = False
    first = 0.0
    print(f"{'program':<10} {'buckets':>8} {'resources':>10} {'CPU s':>7} {'wall s':>7} {'peak MB':>8} {'ms each':>8}")
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as place:
        for size in options.sizes:
            preview, plan = Path(place) / f"preview-{size}.json", Path(place) / f"tfplan-{size}.json"
            generate = [sys.executable, str(HERE / "rules_stack.py"), str(size), str(preview), str(plan)]
            subprocess.run(generate, check=True)
            beside = [] if options.alone or size > PEERS_UP_TO else peers(preview, plan, options.runs)
            for program in (slidebox(preview, options.runs), *beside):
                figures = medians(program)
                first = first or figures.cpu / size
                wrong = judged(program, size, figures, first)
                missed |= bool(wrong) and program.name == "slidebox"
                print(
                    f"{program.name:<10} {size:>8,} {size * RESOURCES_EACH:>10,} {figures.cpu:>7.2f} "
                    f"{figures.wall:>7.2f} {figures.megabytes:>8.0f} {figures.cpu / size * 1000:>8.2f}"
                    f"{'  MISSED: ' if wrong and program.name == 'slidebox' else '  '}{wrong}".rstrip(),
                    flush=True,
                )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
