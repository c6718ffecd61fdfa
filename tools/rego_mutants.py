#!/usr/bin/env python3
"""Break the rules on purpose, one small change at a time, and see whether a test notices.

    python tools/rego_mutants.py policies                       # everything
    python tools/rego_mutants.py policies --only policies/lib   # what is in a folder, or one file

Each mutant is one file with one change: a comparison flipped, a condition dropped, a set emptied, a constant
swapped, a definition taken away, another severity in the METADATA. The tests that can see the file are run on it,
those beside it first, as they need few other files, then the quick ones, until one fails. A mutant that no test
notices is printed with its file and line, and the exit code is 1. A change that changes nothing is listed, with the
reason, in ``rego_equivalents.yaml``. Run by `make mutants`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from rego_mutations import Mutant, Source, short

EQUIVALENTS = Path(__file__).resolve().parent / "rego_equivalents.yaml"

# A first helping of tests; each further one is twice as long, so that a mutant that is noticed at once costs little.
FIRST_SECONDS = 0.5
SLOWER_THAN_MEASURED = 30.0


@dataclass(frozen=True)
class Test:
    """One test: its full name, the file it is in, and how long it takes."""

    name: str
    file: Path
    seconds: float


@dataclass
class Pack:
    """All files of a pack, their tests, and which of them see which."""

    folder: Path
    opa: str
    sources: dict[Path, Source]
    tests: list[Test] = field(default_factory=list)
    needs: dict[Path, set[Path]] = field(default_factory=dict)
    noticed: Counter[tuple[Path, str]] = field(default_factory=Counter)

    @classmethod
    def read(cls, folder: Path, opa: str, pool: Executor) -> Pack:
        """Read a pack, and find out which of its files see which."""
        files = sorted(folder.rglob("*.rego"))
        pack = cls(folder, opa, dict(zip(files, pool.map(lambda file: Source(file, opa), files), strict=True)))
        named = {file: source.refers_to() for file, source in pack.sources.items()}
        direct = {
            file: {
                other
                for other, source in pack.sources.items()
                if any(_meets(source.package, name) for name in {*names, pack.sources[file].package})
                and (not source.is_test or pack.sources[file].is_test)
            }
            for file, names in named.items()
        }
        pack.needs = {file: _reachable(file, direct) for file in direct}
        return pack

    def measure(self, files: Collection[Path]) -> None:
        """Run all tests that see these files, as they are; a pack that fails its own tests can tell nothing."""
        seeing = [file for file, source in self.sources.items() if source.is_test and self.needs[file] & {*files}]
        results, said = self.run(set(seeing).union(*(self.needs[file] for file in seeing)), "", None)
        failing = [f"{result['package']}.{result['name']}" for result in results if _failed(result)]
        if failing or not results:
            raise SystemExit(f"the tests fail before anything is changed: {', '.join(failing) or said[-2000:]}")
        self.tests = [
            Test(f"{result['package']}.{result['name']}", Path(result["location"]["file"]), result["duration"] / 1e9)
            for result in results
            if not result.get("skip") and Path(result["location"]["file"]) in seeing
        ]

    def run(self, files: Iterable[Path], pattern: str, timeout: float | None) -> tuple[list[dict[str, Any]], str]:
        """Run tests: what OPA says of each, and its words if it says nothing of any."""
        command = [self.opa, "test", "--format", "json", "--timeout", "600s", "--run", pattern, *map(str, files)]
        # One core each, as the mutants themselves run side by side; memory is cheaper than looking for what is free.
        env = {**os.environ, "GOMAXPROCS": "1", "GOGC": "400"} if pattern else None
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout, env=env)
        try:
            results = json.loads(done.stdout)
        except ValueError:
            results = None
        return results if isinstance(results, list) else [], done.stderr + done.stdout

    def judge(self, mutant: Mutant, workshop: Path) -> str:
        """What becomes of a mutant: ``killed``, ``survived`` or ``does not compile``."""
        with tempfile.TemporaryDirectory(dir=workshop) as place:
            changed = Path(place) / mutant.file.name
            changed.write_bytes(mutant.applied(self.sources[mutant.file].text))
            for tests in self._helpings(mutant.file):
                files = set().union(*(self.needs[test.file] for test in tests))
                swapped = [changed if file == mutant.file else file for file in sorted(files)]
                pattern = f"^({'|'.join(re.escape(test.name) for test in tests)})$"
                limit = 30 + SLOWER_THAN_MEASURED * sum(test.seconds for test in tests)
                try:
                    results, _ = self.run(swapped, pattern, limit)
                except subprocess.TimeoutExpired:
                    return "killed"
                if not results:
                    return "does not compile"
                failing = [f"{result['package']}.{result['name']}" for result in results if _failed(result)]
                self.noticed.update((mutant.file, name) for name in failing)
                if failing:
                    return "killed"
        return "survived"

    def _helpings(self, file: Path) -> Iterator[list[Test]]:
        """The tests that can see a file, the likeliest to notice for the least time first, in growing helpings.

        The quick tests beside it need few other files, and OPA reads and compiles those in a tenth of what the whole
        pack takes. Then come the slow ones that noticed something before, the quick ones elsewhere, and the rest.
        """
        beside = file.with_name(f"{file.stem}_test.rego")

        def turn(test: Test) -> int:
            quick, noticed = test.seconds < FIRST_SECONDS, self.noticed[file, test.name]
            if test.file == beside and (quick or noticed):
                return 0 if quick else 1
            return 2 if quick else 3

        def order(test: Test) -> tuple[int, int, float]:
            return (turn(test), -self.noticed[file, test.name], test.seconds)

        seeing = sorted((test for test in self.tests if file in self.needs[test.file]), key=order)
        for _, tests in groupby(seeing, key=turn):
            yield from _portions(tests)


def _portions(tests: Iterable[Test]) -> Iterator[list[Test]]:
    """Tests in order, each portion about twice as long as the one before."""
    portion: list[Test] = []
    limit, seconds = FIRST_SECONDS, 0.0
    for test in tests:
        if portion and seconds + test.seconds > limit:
            yield portion
            portion, seconds, limit = [], 0.0, limit * 2
        portion.append(test)
        seconds += test.seconds
    if portion:
        yield portion


def _failed(result: dict[str, Any]) -> bool:
    return bool(result.get("fail") or result.get("error"))


def _meets(package: str, name: str) -> bool:
    """Whether a reference can reach something of a package."""
    return f"{package}.".startswith(f"{name}.") or f"{name}.".startswith(f"{package}.")


def _reachable(file: Path, direct: dict[Path, set[Path]]) -> set[Path]:
    found, todo = {file}, [file]
    while todo:
        new = direct[todo.pop()] - found
        found |= new
        todo += new
    return found


def key(mutant: Mutant) -> tuple[str, str, str]:
    """What a mutant is known by in the list of changes that change nothing."""
    return (str(mutant.file), short(mutant.line), mutant.change)


def read_equivalents(file: Path) -> dict[tuple[str, str, str], str]:
    """The changes that change nothing: file, line and change, and why."""
    entries = (yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None) or []
    return {(entry["file"], short(entry["line"]), entry["change"]): entry["reason"] for entry in entries}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make all mutants, judge them, and say which survive; 1 where one does."""
    parser = argparse.ArgumentParser(description="Break the rules one small change at a time; a test has to notice.")
    parser.add_argument("pack", type=Path, nargs="?", default=Path("policies"), help="folder of the rules (policies)")
    parser.add_argument("--only", type=Path, nargs="+", default=[], metavar="PATH", help="files or folders in it")
    parser.add_argument("--equivalents", type=Path, default=EQUIVALENTS, help="changes that change nothing, and why")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (all cores)")
    parser.add_argument("--list", action="store_true", help="list the mutants, and run nothing")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    opa = shutil.which("opa") or sys.exit("error: opa is not on PATH; run `make setup`")
    with ThreadPoolExecutor(options.jobs) as pool, tempfile.TemporaryDirectory(prefix="rego-mutants-") as workshop:
        pack = Pack.read(options.pack, opa, pool)
        mutants = {
            file: source.mutants()
            for file, source in pack.sources.items()
            if not source.is_test and (not options.only or any(file.is_relative_to(path) for path in options.only))
        }
        if options.list:
            print(*(mutant for made in mutants.values() for mutant in made), sep="\n")
            return 0
        pack.measure(mutants)
        known = read_equivalents(options.equivalents)
        met = {key(mutant) for made in mutants.values() for mutant in made} & set(known)
        judged = {
            file: [
                (mutant, pool.submit(pack.judge, mutant, Path(workshop))) for mutant in made if key(mutant) not in known
            ]
            for file, made in mutants.items()
        }
        survivors: list[Mutant] = []
        total: Counter[str] = Counter()
        for file, ends in judged.items():
            survivors += [mutant for mutant, end in ends if end.result() == "survived"]
            count = Counter(end.result() for _, end in ends)
            count["equivalent"] = len(mutants[file]) - len(ends)
            total += count
            print(f"{file}: {_counted(count)}", flush=True)
    stale = sorted(entry for entry in known if entry not in met and Path(entry[0]) in mutants)
    for mutant in survivors:
        print(f"survived: {mutant}")
    for entry in stale:
        print(f"{options.equivalents} lists what is no mutant any more: {' | '.join(entry)}")
    print(f"{sum(total.values())} mutants in {time.monotonic() - began:.0f} s: {_counted(total)}")
    return 1 if survivors or stale else 0


def _counted(count: Counter[str]) -> str:
    kinds = ("killed", "does not compile", "equivalent", "survived")
    return ", ".join(f"{count[kind]:,} {kind}" for kind in kinds if count[kind] or kind in {"killed", "survived"})


if __name__ == "__main__":
    sys.exit(main())
