"""How long planning takes, and how much memory: labs of 1,000, 3,000 and 10,000 datasets, the real rules.

Run ``python benchmarks/planner.py``. Each size runs in a process of its own; memory is the peak of
that process plus the peak of its child, the policy engine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import resource
import subprocess
import sys
import time

from slidebox.model import Lab, Level, Term
from slidebox.plan import make_plan, search
from slidebox.policy import PolicyJudge, Rules
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)
GOALS = {1000: (5.0, 1000.0), 10000: (60.0, 1000.0)}
CHAIN = [level for level in Level if level not in (Level.METADATA, Level.PIPELINES)]

STORES: dict[str, dict[str, object]] = {
    "bench-s3": {"system": "internal_drive", "kind": "s3", "over": "bench"},
    "bench": {
        "system": "internal_drive",
        "kind": "drive",
        "path": "/mnt/bench",
        "capacity": "30 TB",
        "encrypted": True,
    },
    "shelf": {
        "system": "external_drive",
        "kind": "drive",
        "path": "/mnt/shelf",
        "capacity": "30 TB",
        "encrypted": True,
    },
    "bandicoot": {"system": "local_cluster", "data_use_agreement": True, "encrypted": True},
    "koala": {"system": "local_cluster", "price": 5.83, "data_use_agreement": True, "encrypted": True},
    "bucket": {"system": "cloud", "data_use_agreement": True},
    "idr": {"system": "idr"},
    "zenodo": {"system": "zenodo"},
    "figshare": {"system": "figshare"},
    "figshare-plus": {"system": "figshare_plus"},
    "github": {"system": "github"},
    "github-lfs": {"system": "github_lfs"},
    "dvc": {"system": "dvc"},
    "onedrive": {"system": "onedrive"},
    "dropbox": {"system": "dropbox"},
    "google-drive": {"system": "google_drive"},
    "deletion": {"system": "deletion"},
}


def generated_lab(datasets: int, seed: int = 1) -> Lab:
    """A lab of projects with eight levels each, of mixed size, sensitivity, origin and activity."""
    chance = random.Random(seed)
    people = {f"person-{n}": {"name": f"Person {n}"} for n in range(40)}
    teams = {f"team-{n}": {"members": [f"person-{n * 4 + m}" for m in range(4)]} for n in range(10)}
    projects: dict[str, dict[str, object]] = {}
    left = datasets
    while left > 0:
        name = f"project-{len(projects)}"
        projects[name] = _project(name, min(left, len(Level)), chance)
        left -= len(Level)
    return Lab.model_validate(
        {
            "file": {"lab": "bench-lab", "title": "Generated", "people": people, "teams": teams, "stores": STORES},
            "projects": projects,
        }
    )


def _project(name: str, levels: int, chance: random.Random) -> dict[str, object]:
    sensitivity = chance.choice(["open", "open", "confidential", "coded", "identifiable"])
    public = sensitivity == "open" and chance.random() < 0.7
    raw = chance.choice([2, 40, 900, 4000])
    # Patients' data are for named people, whoever joins a team.
    contributor = f"person-{chance.randrange(40)}" if sensitivity == "identifiable" else f"team-{chance.randrange(10)}"
    datasets: dict[str, dict[str, object]] = {}
    for level in list(Level)[:levels]:
        factor = 1 if level in (Level.RAW_IMAGES, Level.CORRECTED_IMAGES) else 0.01
        dataset: dict[str, object] = {
            "size": f"{max(raw * factor, 0.01):.2f} GB",
            "files": chance.choice([12, 90, 2000, 40000]),
            "sensitivity": sensitivity,
            "patient_derived": sensitivity in ("coded", "identifiable"),
            "licence": "CC0-1.0" if public else None,
        }
        if level in CHAIN[1:]:
            dataset["parents"] = [CHAIN[CHAIN.index(level) - 1].value]
            dataset["step"] = {"repository": "https://example.org/pipeline", "commit": "0123abc", "date": "2026-01-01"}
        datasets[level.value] = dataset
    return {
        "project": name,
        "title": name,
        "owner": f"person-{chance.randrange(40)}",
        "activity": chance.choice(["active", "resting", "finished"]),
        "audience": {"contributor": [contributor], "reader": [f"person-{chance.randrange(40)}"]},
        "public_from": "long" if public else None,
        "datasets": datasets,
    }


def measure(datasets: int, explain: bool) -> dict[str, float]:
    """Plan one generated lab in this process."""
    lab = generated_lab(datasets)
    start = time.perf_counter()
    systems = load_systems(lab.file.playbook)
    with Rules() as rules:
        judge = PolicyJudge(rules, lab, systems, NOW)
        plan = make_plan(lab, systems, judge, now=NOW, explain=explain)
    seconds = time.perf_counter() - start
    if len(plan.terms) != datasets * len(Term):
        raise SystemExit("the plan is not complete")
    scale = 1 if sys.platform == "darwin" else 1024
    own, child = (
        resource.getrusage(who).ru_maxrss * scale / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    placed = sum(len(entry.placements) for entry in plan.terms)
    return {"seconds": seconds, "own_mb": own, "engine_mb": child, "placements": placed}


def main() -> int:
    """Measure each size in its own process, and print a table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 3000, 10000], help="numbers of datasets")
    parser.add_argument("--batch", type=int, default=search.BATCH, help="candidates per question")
    parser.add_argument("--explain", action="store_true", help="judge every candidate")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    search.BATCH = options.batch
    if options.here:
        print(json.dumps(measure(options.sizes[0], options.explain)))
        return 0
    missed = 0
    first = 0.0
    print(f"{options.batch} candidates per question{', every candidate judged' if options.explain else ''}")
    print(f"{'datasets':>8} {'placements':>10} {'seconds':>8} {'ms each':>8} {'growth':>7} {'peak MB':>8}")
    for size in options.sizes:
        command = [sys.executable, __file__, str(size), "--here", "--batch", str(options.batch)]
        done = subprocess.run([*command, *(["--explain"] if options.explain else [])], check=True, capture_output=True)
        figures = json.loads(done.stdout)
        each = figures["seconds"] / size * 1000
        first = first or each
        peak = figures["own_mb"] + figures["engine_mb"]
        no_goal = (float("inf"), float("inf"))
        seconds, memory = no_goal if options.explain else GOALS.get(size, no_goal)
        verdict = "" if figures["seconds"] < seconds and peak < memory else "  MISSED"
        missed += bool(verdict)
        print(
            f"{size:>8} {figures['placements']:>10.0f} {figures['seconds']:>8.2f} {each:>8.2f} "
            f"{each / first:>7.2f} {peak:>8.0f}{verdict}"
        )
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
