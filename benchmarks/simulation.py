"""How good storage classes are that slidebox chooses: a grid of shapes of use and sizes of objects.

Run ``python benchmarks/simulation.py``; ``--markdown`` writes tables for docs/simulation.md. Each row is a new dataset
of 10 TB over five years, in the playbook's terms and with nothing said of its use, in the median of several courses of
events. The seed is fixed: the figures are the same on every machine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Iterator
from typing import NamedTuple

from slidebox.forecast import holdings_of
from slidebox.forecast.months import Tariff
from slidebox.model import Lab
from slidebox.prices import built_in
from slidebox.simulation.cases import as_if_in
from slidebox.simulation.compare import Outcome, middle, outcome, worst
from slidebox.simulation.policies import planned
from slidebox.simulation.shapes import SHAPES, shaped
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)
TB, YEARS = 10**12, 5
SIZE = 10 * TB
OBJECTS = {"64 KiB": 64 * 2**10, "1 MiB": 2**20, "16 MiB": 2**24, "1 GiB": 2**30}
REGIONS = {"aws": "us-east-1", "google": "us-central1"}


class Row(NamedTuple):
    """A cell of the grid."""

    shape: str
    objects: str
    found: list[Outcome]


def lab_of(files: int) -> Lab:
    """A lab with one new dataset."""
    datasets = {"raw_images": {"size": f"{SIZE // TB} TB", "files": files, "sensitivity": "open"}}
    project = {
        "project": "grid",
        "title": "Grid",
        "owner": "ann",
        "audience": {"reader": ["ann"]},
        "datasets": datasets,
    }
    stores = {"bench": {"system": "internal_drive", "kind": "drive", "path": "bench"}}
    file = {"lab": "grid", "title": "Grid", "people": {"ann": {"name": "Ann"}}, "stores": stores}
    return Lab.model_validate({"file": file, "projects": {"grid": project}})


def rows(provider: str, traces: int, seed: int) -> Iterator[Row]:
    """The grid of a provider."""
    book = built_in()[provider]
    tariff = Tariff(book, REGIONS[provider])
    systems = load_systems()
    for shape in SHAPES:
        for objects, object_size in OBJECTS.items():
            files = SIZE // object_size
            lab, plan = as_if_in(lab_of(files), systems, (), book, REGIONS[provider])
            (held,), _ = holdings_of(plan, lab, systems, built_in(), NOW)
            schedule = planned(held.spans)
            made = (shaped(shape, f"{seed}/{number}", files, SIZE, YEARS * 365) for number in range(traces))
            yield Row(shape, objects, [outcome(tariff, trace, schedule) for trace in made])


def cells(row: Row, said: str) -> list[str]:
    """A row of the table."""
    found = row.found
    costs = [middle(found, of) for of in (lambda o: o.hot, lambda o: o.managed, lambda o: o.plan, lambda o: o.optimum)]
    ratios = [(middle(found, of), worst(found, of)) for of in (lambda o: o.to_best_simple, lambda o: o.to_optimum)]
    shown = [
        f"{usual:.2f}" if f"{usual:.2f}" == f"{most:.2f}" else f"{usual:.2f} ({most:.2f})" for usual, most in ratios
    ]
    return ["" if row.shape == said else row.shape, row.objects, *(f"{usd:,.0f}" for usd in costs), *shown]


COLUMNS = ("use", "objects", "all hot", "managed", "plan", "optimum", "by best of two", "by optimum")


def main() -> int:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", action="store_true", help="write the tables as docs/simulation.md has them")
    args = parser.parse_args()
    for provider, region in REGIONS.items():
        began, said = time.monotonic(), ""
        print(f"{'### ' if args.markdown else ''}{built_in()[provider].title}, {region}\n")
        if args.markdown:
            print(f"| {' | '.join(COLUMNS)} |\n| --- | ---: |{' ---: |' * 6}")
        for row in rows(provider, args.traces, args.seed):
            found = cells(row, said)
            said = row.shape
            if args.markdown:
                print(f"| {' | '.join(found)} |")
            else:
                print(f"{found[0]:22}{found[1]:>8}" + "".join(f"{cell:>13}" for cell in found[2:]))
        print() if args.markdown else print(f"{time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
