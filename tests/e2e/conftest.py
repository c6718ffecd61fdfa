"""A small lab in a folder of its own, with its disks, its gateway and the real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from slidebox import drives, gateway, labfile
from slidebox.home import Home
from slidebox.model import StoreKind

LAB = """\
lab: tiny-lab
title: A lab of three
people:
  ada: {name: Ada}
  bob: {name: Bob}
  cy: {name: Cy}
teams:
  imaging: {members: [ada, bob]}
stores:
  bench-s3: {system: internal_drive, kind: s3, over: bench}
  bench: {system: internal_drive, kind: drive, path: disks/bench, capacity: 1 TB, encrypted: true}
  shelf: {system: external_drive, kind: drive, path: disks/shelf, capacity: 1 TB, encrypted: true}
playbook:
  preferences:
    raw_images: {short: [internal_drive, external_drive], mid: [internal_drive, external_drive]}
    corrected_images: {short: [internal_drive]}
    segmentation_masks: {short: [internal_drive]}
    single_cell_images: {short: [internal_drive]}
    single_cell_embeddings: {short: [internal_drive]}
    bulk_embeddings: {short: [internal_drive]}
    metadata: {short: [internal_drive], mid: [internal_drive]}
"""

AUDIENCE = "{contributor: [imaging], reader: [cy], steward: [ada]}"


def project(name: str, datasets: Mapping[str, str], audience: str = AUDIENCE) -> str:
    """A project's file: each dataset is given by what it has beside its size."""
    lines = [f"project: {name}", "title: A project", "owner: ada", f"audience: {audience}", "datasets:"]
    lines += [f"  {level}: {{size: 1 MB, files: 2, {about}}}" for level, about in datasets.items()]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Ran:
    """What the engine has done and said."""

    code: int
    said: str

    def document(self) -> Any:
        """What it said, as JSON."""
        return json.loads(self.said)


@dataclass
class SmallLab:
    """A lab in a folder, and the engine to provision it with."""

    root: Path
    repository: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """Its `.slidebox/`."""
        return Home(self.root)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the lab."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def prepare(self) -> None:
        """Mark the disks, start the gateway if there is one, and prepare the state."""
        file = labfile.load_lab_file(self.root)
        for name, store in file.stores.items():
            if store.kind is StoreKind.DRIVE:
                disk = drives.drive_path(self.root, store)
                disk.mkdir(parents=True, exist_ok=True)
                drives.mark(file.lab, name, disk)
        self.home.prepare()
        if any(store.kind is StoreKind.S3 and store.over for store in file.stores.values()):
            gateway.start(labfile.load(self.root), self.home)
        self.environment = self.home.environment()

    def command(self, *words: str) -> list[str]:
        """A command of the engine."""
        return ["pulumi", *words, "--non-interactive", "--color", "never"]

    def run(self, *words: str, environment: Mapping[str, str] | None = None) -> Ran:
        """Run the engine to its end."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.root,
            env={**self.environment, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=None if "--json" in words else subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, done.stdout)

    def init(self, stack: str) -> None:
        """Make a stack."""
        ran = self.run("stack", "init", stack)
        assert ran.code == 0, ran.said

    def up(self, stack: str, *more: str) -> Ran:
        """Provision a stack, under the lab's rules."""
        # Whether nothing was left to do the run itself says: a preview before it would say it twice.
        settled = ("--skip-preview",) if "--expect-no-changes" in more else ()
        return self.run("up", "--stack", stack, "--yes", "--policy-pack", "policies", *settled, *more)

    def outputs(self, stack: str, *more: str) -> Any:
        """A stack's outputs."""
        return self.run("stack", "output", "--stack", stack, "--json", *more).document()

    def state(self, stack: str) -> list[dict[str, Any]]:
        """The resources in a stack's state."""
        resources: list[dict[str, Any]] = (
            self.run("stack", "export", "--stack", stack).document()["deployment"].get("resources", [])
        )
        return resources

    def client(self, service: str, keys: Mapping[str, str] | None = None) -> Any:
        """A client of the embedded gateway, as root or with a key of the stack's outputs."""
        found = gateway.endpoint(self.home, "bench-s3")
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=found.s3_url if service == "s3" else found.iam_url,
            region_name=found.region,
            aws_access_key_id=keys["accessKeyId"] if keys else found.access_key,
            aws_secret_access_key=keys["secretAccessKey"] if keys else found.secret_key,
        )

    def buckets(self) -> list[str]:
        """Names of the buckets there are."""
        return [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]

    def users(self) -> list[str]:
        """Names of the users there are."""
        return [user["UserName"] for user in self.client("iam").list_users()["Users"]]


LabFactory = Callable[[Mapping[str, str]], SmallLab]


@pytest.fixture(scope="module")
def make_lab(
    engines: dict[str, Path], repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabFactory]:
    """Makes labs from their files, with disks marked and the gateway running; they are taken down at the end."""
    assert engines
    made: list[SmallLab] = []

    def make(files: Mapping[str, str]) -> SmallLab:
        root = tmp_path_factory.mktemp("lab")
        shutil.copytree(repository / "infra", root / "infra")
        shutil.copy(repository / "Pulumi.yaml", root)
        for name in ("plugins", "policies", ".venv"):
            (root / name).symlink_to(repository / name)
        lab = SmallLab(root, repository)
        lab.write({"lab.yaml": LAB, **files})
        lab.prepare()
        made.append(lab)
        return lab

    yield make
    for lab in made:
        gateway.stop(lab.home)


def names(resources: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    """Names of the resources of one type."""
    return sorted(r["urn"].split("::", 3)[3] for r in resources if r["type"] == kind)
