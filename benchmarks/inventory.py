"""How long an inventory of 100 million objects takes, and in how much memory: slidebox beside polars and pandas.

    python benchmarks/inventory.py                        # 1.5, 15 and 100 million objects; 6 GB in the cache folder
    python benchmarks/inventory.py --times 1 10           # 1.5 and 15 million alone
    python benchmarks/inventory.py --folder /tmp/bench    # keep the reports there; what is there is used again
    python benchmarks/inventory.py --duplicates           # and what lies more than once, by checksum and size

The reports are made first (`inventory_reports.py`). Then each program sums them up by project, level, storage class and
age, every time in a process of its own; they have to agree in every row. slidebox reads the manifests as well, holds
every file against its MD5, checks what is peculiar, and takes projects and levels from the lab's files; the others are
told which files, buckets and classes there are, and only sum. pandas holds everything, and is given the smallest alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import importlib
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from slidebox import labfile
from slidebox.home import engine_cache
from slidebox.inventory.answers import duplicated, rows
from slidebox.inventory.bands import load_bands
from slidebox.inventory.columns import CLASSES
from slidebox.inventory.questions import summary
from slidebox.inventory.reading import gathered
from slidebox.inventory.reports import S3

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the benchmarks are not installed
from benchmarks import inventory_reports as reports

NOW = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
GOAL, MEMORY_MB = 60.0, 4_000
"""Seconds and megabytes for the largest."""
PANDAS_TIMES = 10
"""How often the list may be repeated for pandas: at 67 times it needs more than 20 GB."""
STEEPEST = 1.3
"""Growth of the time of one object from the middle size to the largest that still counts as linear."""

Row = tuple[Any, ...]


def by_slidebox(folder: Path) -> tuple[list[Row], float]:
    """The summary, and how many seconds the question took after everything was found and proved."""
    with gathered([folder], labfile.load(folder), root=folder, now=NOW) as found:
        if found.excluded:
            raise SystemExit("\n".join(found.excluded))
        begun = time.perf_counter()
        names = ("project", "level", "storage_class", "age")
        answer = [
            (*(str(row[name]) for name in names), int(row["objects"]), int(row["bytes"]))
            for row in rows(summary(found.table, NOW))
        ]
        return answer, time.perf_counter() - begun


def duplicates_by_slidebox(folder: Path) -> tuple[list[Row], float]:
    """What lies more than once, and how many seconds that question took."""
    with gathered([folder], labfile.load(folder), root=folder, now=NOW) as found:
        begun = time.perf_counter()
        answer = duplicated(found.table)
        took = time.perf_counter() - begun
    return [("", "", one.checksum, ", ".join(one.places), one.objects, one.bytes) for one in answer], took


def by_polars(folder: Path) -> tuple[list[Row], float]:
    """The summary by polars' streaming engine."""
    pl: Any = importlib.import_module("polars")

    begun = time.perf_counter()
    bands = load_bands()
    band = pl.when(pl.col("last_modified_date").is_null()).then(pl.lit(bands.none))
    for name, since in zip(bands.names, bands.since(NOW), strict=False):
        band = band.when(pl.col("last_modified_date") > since).then(pl.lit(name))
    places = {reports.bucket(number)[0]: reports.bucket(number)[1:] for number in range(16)}
    held = pl.scan_parquet(_files(folder)).filter(pl.col("is_latest") & ~pl.col("is_delete_marker"))
    summed = (
        held.group_by("bucket", "storage_class", age=band.otherwise(pl.lit(bands.names[-1])))
        .agg(objects=pl.len(), bytes=pl.col("size").sum())
        .collect(engine="streaming")
    )
    sums: dict[tuple[str, str, str, str], list[int]] = {}
    for row in summed.to_dicts():
        key = (*places[row["bucket"]], CLASSES[S3][row["storage_class"]], row["age"])
        said = sums.setdefault(key, [0, 0])
        said[0] += row["objects"]
        said[1] += row["bytes"]
    return [(*key, *said) for key, said in sums.items()], time.perf_counter() - begun


def by_pandas(folder: Path) -> tuple[list[Row], float]:
    """The summary by pandas, with everything in memory."""
    np, pd = (importlib.import_module(name) for name in ("numpy", "pandas"))

    begun = time.perf_counter()
    bands = load_bands()
    columns = ["bucket", "is_latest", "is_delete_marker", "size", "last_modified_date", "storage_class"]
    held = pd.concat([pd.read_parquet(file, columns=columns) for file in _files(folder)])
    held = held[held["is_latest"] & ~held["is_delete_marker"]]
    changed = held["last_modified_date"]
    known = [changed > since for since in bands.since(NOW)]
    held["age"] = np.select([changed.isna(), *known], [bands.none, *bands.names[:-1]], bands.names[-1])
    places = {reports.bucket(number)[0]: reports.bucket(number)[1:] for number in range(16)}
    summed = held.groupby(["bucket", "storage_class", "age"])["size"].agg(["count", "sum"])
    found = [
        (*places[place], CLASSES[S3][kind], age, int(row["count"]), int(row["sum"]))
        for (place, kind, age), row in summed.iterrows()
    ]
    return found, time.perf_counter() - begun


PROGRAMS: Mapping[str, Callable[[Path], tuple[list[Row], float]]] = {
    "slidebox": by_slidebox,
    "polars": by_polars,
    "pandas": by_pandas,
    "duplicates": duplicates_by_slidebox,
}


def _files(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.glob("*/daily/data/*.parquet"))]


def child(program: str, folder: Path) -> None:
    """Do one program's work and print what it took."""
    found, took = PROGRAMS[program](folder)
    text = json.dumps(sorted(found))
    said = {
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "rows": len(found),
        "objects": sum(row[4] for row in found),
        "bytes": sum(row[5] for row in found),
        "question": took,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
    }
    print(json.dumps(said))


def run(program: str, folder: Path) -> dict[str, Any]:
    """What a program takes in a process of its own."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, __file__, "--child", program, "--folder", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return said | {"seconds": time.perf_counter() - begun, "cpu": cpu}


def measure(program: str, folder: Path, runs: int) -> dict[str, Any]:
    """The median of several runs, which have to give the same answer; memory is the most of any."""
    found = [run(program, folder) for _ in range(runs)]
    if len({one["digest"] for one in found}) > 1:
        raise SystemExit(f"{program} gave different answers to the same question.")
    middle = {name: statistics.median(one[name] for one in found) for name in ("seconds", "question", "cpu")}
    return found[0] | middle | {"peak": max(one["peak"] for one in found)}


def show(program: str, objects: int, said: Mapping[str, Any]) -> None:
    """A row of the table."""
    print(
        f"| {program} | {objects:,} | {said['seconds']:.1f} | {said['question']:.1f} | {said['cpu']:.1f} | "
        f"{said['peak']:,.0f} | {said['rows']:,} |",
        flush=True,
    )


def compare(folder: Path, times: Sequence[int], runs: int, *, duplicates: bool) -> int:
    """Measure every size and print a table; 1 where a goal is missed."""
    print("| program | rows | seconds | of them the question | CPU s | peak MB | rows of the answer |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    each: dict[int, float] = {}
    missed = []
    for number in times:
        objects = number * reports.OBJECTS
        made = reports.made(folder, number)
        programs = ["slidebox", "polars", *(["pandas"] if number == min(times) and number <= PANDAS_TIMES else [])]
        found = {program: measure(program, made, runs) for program in programs}
        for program, said in found.items():
            show(program, objects, said)
        if len({said["digest"] for said in found.values()}) > 1:
            missed.append(f"the programs disagree about {objects:,} rows")
        ours = found["slidebox"]
        each[number] = ours["seconds"] / objects
        if number == max(times) and (ours["seconds"] > GOAL or ours["peak"] > MEMORY_MB):
            missed.append(f"{ours['seconds']:.1f} s and {ours['peak']:,.0f} MB for {objects:,} rows")
        if duplicates:
            show("slidebox, duplicates", objects, measure("duplicates", made, 1))
    sizes = sorted(times)
    if len(sizes) > 1 and (growth := each[sizes[-1]] / each[sizes[-2]]) > STEEPEST:
        missed.append(f"one row takes {growth:.2f} times as long at the largest size")
    for what in missed:
        print(f"Missed: {what}.")
    return 1 if missed else 0


def main() -> int:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", nargs="*", type=int, default=[1, 10, 67], help="how often the list is repeated")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured")
    kept = engine_cache().parent / "inventory"
    parser.add_argument("--folder", type=Path, default=kept, help="where reports are kept")
    parser.add_argument("--duplicates", action="store_true", help="look for duplicates as well")
    parser.add_argument("--child", choices=tuple(PROGRAMS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.folder)
        return 0
    return compare(given.folder, given.times, given.runs, duplicates=given.duplicates)


if __name__ == "__main__":
    sys.exit(main())
