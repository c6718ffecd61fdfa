"""How long `pulumi up` takes, by the number of datasets in a stack: the real engine, rules, provider and gateway.

    python benchmarks/up.py              # stacks of 1, 8, 50 and 300 datasets
    python benchmarks/up.py 20           # another size

Everything happens in a temporary folder, with a gateway of its own, and is removed afterwards.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from slidebox import drives, gateway, labfile
from slidebox.home import Home
from slidebox.model import Level, StoreKind

REPOSITORY = Path(__file__).resolve().parent.parent
SIZES = (1, 8, 50, 300)

LAB = """\
lab: bench-lab
title: A lab to measure with
people: {ada: {name: Ada}, cy: {name: Cy}}
teams: {imaging: {members: [ada]}}
stores:
  bench-s3: {system: internal_drive, kind: s3, over: bench}
  bench: {system: internal_drive, kind: drive, path: disk, encrypted: true}
"""

# One stack is one project, which has at most eight datasets. To see how cost grows past that, this
# program puts the datasets of many projects into one stack, with the components that `provision` uses.
PROGRAM = """
from pathlib import Path

from slidebox import facts, labfile
from slidebox.components import BucketLocation, LocationArgs, running
from slidebox.facts import FactBook
from slidebox.model import Candidate
from slidebox.naming import bucket_name
from slidebox.provider.stores import StoreRef
from slidebox.systems import load_systems

root = labfile.find_root(Path.cwd())
lab = labfile.load(root)
store = StoreRef.declared(lab.file, root, "bench-s3")
book = FactBook(lab, load_systems(lab.file.playbook))
with running():
    for project in lab.projects.values():
        for level, dataset in project.datasets.items():
            name = project.dataset_id(level)
            place = Candidate(name, project.activity_of(level).term, store.name)
            args = LocationArgs(
                location=place.id,
                store=store.name,
                quota=dataset.size.bytes,
                public=False,
                writers=True,
                tags=facts.tags(lab, name),
                irreplaceable=False,
                lifecycle=book.lifecycle(place),
                facts=book.fragment(name, [place]),
            )
            bucket = bucket_name(lab.file.lab, project.project, level, store.name)
            BucketLocation(f"{project.project}-{level}", args, store, bucket)
"""


def project(number: int, datasets: int) -> str:
    """The file of one project with so many datasets, each made from the raw images."""
    made = "parents: [raw_images], step: {repository: 'https://x.org/p', commit: abcdef1, date: 2026-01-02}"
    lines = [f"project: p{number}", "title: P", "owner: ada", "audience: {contributor: [imaging], reader: [cy]}"]
    lines.append("datasets:")
    for index, level in enumerate(list(Level)[:datasets]):
        lines.append(f"  {level}: {{size: 1 MB, files: 1, sensitivity: open{', ' + made if index else ''}}}")
    return "\n".join(lines) + "\n"


def make_lab(root: Path, datasets: int) -> Home:
    """A lab with so many datasets, its disk marked and its gateway running."""
    (root / "projects").mkdir()
    (root / "lab.yaml").write_text(LAB, encoding="utf-8")
    levels = len(Level)
    for number, first in enumerate(range(0, datasets, levels)):
        text = project(number, min(levels, datasets - first))
        (root / f"projects/p{number}.yaml").write_text(text, encoding="utf-8")
    (root / "infra").mkdir()
    (root / "infra/__main__.py").write_text(PROGRAM, encoding="utf-8")
    shutil.copy(REPOSITORY / "Pulumi.yaml", root)
    for name in ("plugins", "policies", ".venv"):
        (root / name).symlink_to(REPOSITORY / name)
    lab = labfile.load(root)
    for name, store in lab.file.stores.items():
        if store.kind is StoreKind.DRIVE:
            disk = drives.drive_path(root, store)
            disk.mkdir()
            drives.mark(lab.file.lab, name, disk)
    home = Home(root)
    home.prepare()
    gateway.start(lab, home)
    return home


def timed(root: Path, environment: Mapping[str, str], *words: str) -> float:
    """Seconds that a command of the engine takes."""
    start = time.perf_counter()
    done = subprocess.run(
        ["pulumi", *words, "--non-interactive"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start


def measure(datasets: int) -> tuple[float, float, float, float]:
    """Seconds of the first `up`, of the second, and of a preview with refresh; and the state's size in MB."""
    with tempfile.TemporaryDirectory(prefix="slidebox-bench-") as folder:
        root = Path(folder)
        home = make_lab(root, datasets)
        try:
            environment = home.environment()
            timed(root, environment, "stack", "init", "bench")
            up = ("up", "--stack", "bench", "--yes", "--policy-pack", "policies")
            first = timed(root, environment, *up)
            second = timed(root, environment, *up, "--expect-no-changes")
            refresh = timed(root, environment, "preview", "--stack", "bench", "--refresh", "--expect-no-changes")
            state = (home.root / "state/.pulumi/stacks/slidebox/bench.json").stat().st_size / 1e6
        finally:
            gateway.stop(home)
    return first, second, refresh, state


def main() -> int:
    """Measure and print."""
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    print("| datasets | first up, s | second up, s | preview --refresh, s | state, MB |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for datasets in sizes:
        first, second, refresh, state = measure(datasets)
        print(f"| {datasets} | {first:.1f} | {second:.1f} | {refresh:.1f} | {state:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
