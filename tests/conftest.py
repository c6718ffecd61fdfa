"""What many tests share: engines, a running S3 gateway, real data. Nothing is shared between pytest-xdist's workers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest
from hypothesis import HealthCheck, settings

from slidebox import drives, gateway
from slidebox.home import ENGINES, SKIP_CHECKPOINTS, Home
from slidebox.model import Lab, LabFile, Person, Store, StoreKind, System

from .facts_schema import _facts_are_looked_at, _facts_conform, facts_schema
from .sshd import sshd, sshd_files

__all__ = ["_facts_are_looked_at", "_facts_conform", "facts_schema", "sshd", "sshd_files"]

REPOSITORY = Path(__file__).resolve().parent.parent

# A shell that has sourced `.slidebox/env` says this for the lab of that folder; the tests' labs say their own.
os.environ.pop(SKIP_CHECKPOINTS, None)

# How long an example takes says something of the machine and not of the code: a shared one may be slow for a while.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("anywhere")


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that ask the rules about documents that are no facts."""
    config.addinivalue_line("markers", "incomplete_facts: asks about facts that are not whole, on purpose")


@dataclass(frozen=True)
class RunningGateway:
    """A lab with a running S3 gateway: store ``bench-s3`` over the drive store ``bench``."""

    home: Home
    lab: Lab
    drive: Path
    store: str = "bench-s3"

    @property
    def endpoint(self) -> gateway.Endpoint:
        """Its addresses and root keys."""
        return gateway.endpoint(self.home, self.store)

    def client(self, service: str, keys: tuple[str, str] | None = None) -> Any:
        """A boto3 client of its ``s3`` or ``iam`` service, as root or with the given access and secret key."""
        end = self.endpoint
        access, secret = keys or (end.access_key, end.secret_key)
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=end.s3_url if service == "s3" else end.iam_url,
            region_name=end.region,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            config=botocore.config.Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=30),
        )


GatewayFactory = Callable[[Path], RunningGateway]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def engines() -> Iterator[dict[str, Path]]:
    """The engines by name, built now where there are none, and on PATH while the tests run."""
    home = Home(REPOSITORY)
    if any(home.engine(name) is None for name in ENGINES):
        subprocess.run([sys.executable, str(REPOSITORY / "tools" / "engines.py")], check=True)
    found = {name: home.need_engine(name) for name in ENGINES}
    with pytest.MonkeyPatch.context() as patch:
        folders = dict.fromkeys(str(path.parent) for path in found.values())
        patch.setenv("PATH", os.pathsep.join([*folders, os.environ["PATH"]]))
        patch.setenv("SLIDEBOX_OPA", str(found["opa"]))
        yield found


@pytest.fixture(scope="session")
def opa(engines: dict[str, Path]) -> Path:
    """The policy engine's executable."""
    return engines["opa"]


def small_lab(drive: Path) -> Lab:
    """The smallest lab with an S3 store over a drive."""
    stores = {
        "bench": Store(system=System.INTERNAL_DRIVE, kind=StoreKind.DRIVE, path=str(drive)),
        "bench-s3": Store(system=System.INTERNAL_DRIVE, kind=StoreKind.S3, over="bench"),
    }
    file = LabFile(lab="test-lab", title="Test lab", people={"ada": Person(name="Ada")}, stores=stores)
    return Lab(file=file, projects={})


@pytest.fixture(scope="session")
def gateway_factory(engines: dict[str, Path]) -> Iterator[GatewayFactory]:
    """Makes a lab in an empty folder with its gateway running; all are stopped when the session ends."""
    assert engines["versitygw"].exists()
    homes: list[Home] = []

    def make(root: Path) -> RunningGateway:
        drive = root / "drive"
        drive.mkdir(parents=True)
        lab = small_lab(drive)
        drives.mark(lab.file.lab, "bench", drive)
        home = Home(root)
        homes.append(home)
        gateway.start(lab, home)
        return RunningGateway(home, lab, drive)

    yield make
    for home in homes:
        gateway.stop(home)


@pytest.fixture(scope="session")
def s3_gateway(gateway_factory: GatewayFactory, tmp_path_factory: pytest.TempPathFactory) -> RunningGateway:
    """One running gateway for the whole session: give your buckets and users names of your own."""
    return gateway_factory(tmp_path_factory.mktemp("gateway"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real images, masks and profiles: ``$SLIDEBOX_SHARED``, or ``shared`` beside the repository."""
    folder = Path(os.environ.get("SLIDEBOX_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"there are no real data in {folder}: set SLIDEBOX_SHARED to a folder with data/")
    return folder


def lives(pid: int) -> bool:
    """Whether a process still runs; one that has ended and that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text(encoding="utf-8").split(")")[-1].split()[0] != "Z"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests have to say of what they did, also where other processes ran them."""
    said = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "said"
    ]
    if said:
        terminalreporter.section("said by tests")
        for sentence in sorted(said):
            terminalreporter.line(sentence)
