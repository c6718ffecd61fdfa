"""What the rules add to `pulumi preview`: the same stack with the policy pack and without it, in turn.

    python benchmarks/gate.py            # 300 resources
    python benchmarks/gate.py 100 --runs 3

The stack is `up.py`'s, one bucket a dataset in the embedded gateway, each with the component around it: two resources
a dataset. It is previewed before anything is made, so that every resource is new to the rules. Pairs of previews are
run in turn and the middle of their ratios is the result, as the speed of a machine drifts.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from slidebox import gateway

RESOURCES_EACH = 2
GOAL = 1.20


def measure(datasets: int, runs: int) -> list[tuple[float, float]]:
    """Seconds of a preview without the rules and with them, pair by pair."""
    up: Any = importlib.import_module("up")  # the benchmark beside this one
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as folder:
        root = Path(folder)
        home = up.make_lab(root, datasets)
        try:
            environment = home.environment()
            up.timed(root, environment, "stack", "init", "bench")
            preview = ("preview", "--stack", "bench")
            up.timed(root, environment, *preview)  # what is read for the first time is read from the disk
            pairs = []
            for _ in range(runs):
                without = up.timed(root, environment, *preview)
                pairs.append((without, up.timed(root, environment, *preview, "--policy-pack", "policies")))
        finally:
            gateway.stop(home)
    return pairs


def main() -> int:
    """Measure and print; 1 where the rules add more than they may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("resources", nargs="?", type=int, default=300, help="number of resources (300)")
    parser.add_argument("--runs", type=int, default=5, help="pairs of previews (5)")
    options = parser.parse_args()
    pairs = measure(options.resources // RESOURCES_EACH, options.runs)
    ratio = statistics.median(gated / without for without, gated in pairs)
    without, gated = (statistics.median(column) for column in zip(*pairs, strict=True))
    print("| resources | preview, s | with the rules, s | added |")
    print("| ---: | ---: | ---: | ---: |")
    verdict = "" if ratio < GOAL else "  MISSED"
    print(f"| {options.resources} | {without:.1f} | {gated:.1f} | {ratio - 1:.0%} |{verdict}")
    return int(ratio >= GOAL)


if __name__ == "__main__":
    sys.exit(main())
