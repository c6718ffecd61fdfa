"""What the rules add to `pulumi preview`: the same stack without a policy pack, with one that is idle, and with ours.

    python benchmarks/gate.py            # 300 resources
    python benchmarks/gate.py 100 --runs 3

The stack is `up.py`'s, one bucket a dataset in the embedded gateway, each with the component around it: two resources
a dataset. It is previewed before anything is made, so that every resource is new to the rules. The three are run in
turn and the middle of their ratios is the result, as the speed of a machine drifts. The idle one (`idle_analyzer.py`)
answers every question and says nothing: what it adds is the engine's, and no rule can add less.
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


def idle(folder: Path) -> Path:
    """A stand-in for Python that starts the idle analyzer where slidebox's own is asked for."""
    launcher = folder / "python"
    launcher.write_text(
        f"""#!/bin/sh
case "$*" in *slidebox.analyzer*) exec "{sys.executable}" "{Path(__file__).with_name("idle_analyzer.py")}" ;; esac
exec "{sys.executable}" "$@"
""",
        encoding="utf-8",
    )
    launcher.chmod(0o755)
    return launcher


def measure(datasets: int, runs: int) -> list[tuple[float, float, float]]:
    """Seconds of a preview without a pack, with an idle one and with the rules, run by run."""
    up: Any = importlib.import_module("up")  # the benchmark beside this one
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as folder:
        root = Path(folder)
        home = up.make_lab(root, datasets)
        try:
            environment = home.environment()
            up.timed(root, environment, "stack", "init", "bench")
            preview = ("preview", "--stack", "bench")
            up.timed(root, environment, *preview)  # what is read for the first time is read from the disk
            said_nothing = {**environment, "SLIDEBOX_PYTHON": str(idle(root))}
            found = []
            for _ in range(runs):
                without = up.timed(root, environment, *preview)
                nothing = up.timed(root, said_nothing, *preview, "--policy-pack", "policies")
                found.append((without, nothing, up.timed(root, environment, *preview, "--policy-pack", "policies")))
        finally:
            gateway.stop(home)
    return found


def main() -> int:
    """Measure and print; 1 where the rules add more than they may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("resources", nargs="?", type=int, default=300, help="number of resources (300)")
    parser.add_argument("--runs", type=int, default=5, help="previews of each (5)")
    options = parser.parse_args()
    found = measure(options.resources // RESOURCES_EACH, options.runs)
    ratio = statistics.median(rules / without for without, _, rules in found)
    engine = statistics.median(nothing / without for without, nothing, _ in found)
    without, nothing, rules = (statistics.median(column) for column in zip(*found, strict=True))
    print("| resources | preview, s | with an idle pack, s | added | with the rules, s | added |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    verdict = "" if ratio < GOAL else "  MISSED"
    print(
        f"| {options.resources} | {without:.1f} | {nothing:.1f} | {engine - 1:.0%} "
        f"| {rules:.1f} | {ratio - 1:.0%} |{verdict}"
    )
    return int(ratio >= GOAL)


if __name__ == "__main__":
    sys.exit(main())
