"""A generated lab in one cloud, and the test server that answers for the cloud.

`clouds.py` provisions it with the real engine. The servers are those of the tests (`tests/doubles/`): moto behind the
stand-in for pulumi-aws's plugin, and the doubles of Google Cloud Storage and of Azure's Resource Manager. Those two run
inside the benchmark's own process, which otherwise waits, so their processor time is this process's.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from tests.doubles.arm import SUBSCRIPTION, ArmDouble
from tests.doubles.aws import launch
from tests.doubles.gcs import GcsDouble

from slidebox.clouds import audit_name
from slidebox.home import Home
from slidebox.model import Level

REPOSITORY = Path(__file__).resolve().parent.parent
STORE = "cloud"
LEVELS = len(Level)
_PERSON = "00000000-0000-0000-0000-00000000000"
AZURE_RULES = 100
"""An account of Azure has no more lifecycle rules, and each dataset needs one."""

AWS_ACCOUNT = "123456789012"
GCP_PROJECT, GCP_ACCOUNT = "bench-lab-images", "provision@bench-lab-images.iam.gserviceaccount.com"

# One stack is one project, which has at most eight datasets: `slidebox.provision` names resources by level and store,
# and exports one set of outputs. To see how cost grows past that, this program puts the datasets of many projects into
# one stack, with the components that `provision` uses. The stack `lab` is the lab's own, as in infra/.
PROGRAM = """
import datetime as dt
from pathlib import Path

import pulumi

from slidebox import facts, labfile
from slidebox.clouds import cloud_bucket
from slidebox.components import provision_lab, running
from slidebox.components.clouds import cloud_location
from slidebox.facts import FactBook
from slidebox.model import Candidate, Gate
from slidebox.policy import Rules
from slidebox.systems import load_systems

today = dt.datetime.now(dt.UTC).date()
with running():
    lab = labfile.load(labfile.find_root(Path.cwd()))
    if pulumi.get_stack() == "lab":
        provision_lab(lab)
    else:
        stores, projects = list(lab.file.stores), list(lab.projects.values())
        book = FactBook(lab, load_systems(lab.file.playbook))
        places = [
            Candidate(one.dataset_id(level), one.activity_of(level).term, stores[n * len(stores) // len(projects)])
            for n, one in enumerate(projects) for level in one.datasets
        ]
        with Rules() as rules:
            explained = rules.explain(book.document(places, gate=Gate.PLAN, now=today))
        for place in places:
            about = facts.tags(lab, place.dataset)
            bucket = cloud_bucket(lab, place, explained[place.dataset], book.lifecycle(place), about)
            said = book.fragment(place.dataset, [place])
            cloud_location(place.dataset.replace("/", "-"), bucket, lab.file.stores[place.store], said)
"""

LAB = """\
lab: bench-lab
title: A lab to measure with
retention: 10 years
auditors: [ada]
people:
  ada: {{name: Ada, {ada}}}
  bob: {{name: Bob, {bob}}}
  cy: {{name: Cy, {cy}}}
teams: {{imaging: {{members: [ada, bob]}}}}
stores:
{stores}
playbook:
  preferences:
{preferences}
"""


@dataclass
class Cloud:
    """A cloud's test server while it runs.

    Attributes
    ----------
    name
        The kind of the store: ``aws``, ``gcs`` or ``azure``.
    about
        What the nth store says of itself in lab.yaml.
    identities
        Who the nth person is in these stores, by name.
    calls
        How many calls it was asked so far.
    own
        Whether it runs in this process, whose processor time is then the server's.
    holds
        How many datasets one store can hold.
    lab_first
        Whether a project can be made only after the lab's own stack: AWS does not log into a bucket that is not there.
    environment
        What the engine has to be told.
    prepare
        Does what a lab's folder needs besides.
    address
        Where it is.
    """

    name: str
    about: Callable[[int], str]
    identities: Callable[[int, str, Sequence[str]], str]
    calls: Callable[[], int]
    address: str
    own: bool = True
    holds: int = 1_000_000
    lab_first: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = lambda _root: None


@contextmanager
def amazon(folder: Path) -> Iterator[Cloud]:
    """moto, behind the stand-in for pulumi-aws's plugin."""
    with launch.moto(folder) as address:
        yield Cloud(
            "aws",
            lambda _: f'kind: aws, account: "{AWS_ACCOUNT}", region: us-east-1',
            lambda _, name, __: f'identities: {{{STORE}: "arn:aws:iam::{AWS_ACCOUNT}:role/people/{name}"}}',
            # moto writes one line a call.
            lambda: (folder / "moto.log").read_text(encoding="utf-8", errors="replace").count(" HTTP/1.1"),
            address,
            own=False,
            lab_first=True,
            environment=launch.environment(address),
            prepare=launch.install,
        )


@contextmanager
def google(folder: Path) -> Iterator[Cloud]:
    """The double of Google Cloud Storage."""
    with GcsDouble() as double:
        double.project(GCP_PROJECT, **{f"serviceAccount:{GCP_ACCOUNT}": "roles/storage.admin roles/cloudkms.admin"})
        yield Cloud(
            "gcs",
            lambda _: f"kind: gcs, account: {GCP_PROJECT}, region: us-central1, endpoint: {double.url}",
            lambda _, name, __: f"email: {name}@example.org",
            lambda: len(double.calls),
            double.url,
            environment={"GOOGLE_APPLICATION_CREDENTIALS": str(double.credentials(folder, GCP_ACCOUNT))},
        )


@contextmanager
def azure(_folder: Path) -> Iterator[Cloud]:
    """The double of Azure's Resource Manager."""
    with ArmDouble() as double:
        yield Cloud(
            "azure",
            lambda number: (
                f"kind: azure, account: benchlabimages{number}, subscription: {SUBSCRIPTION}, resource_group: imaging, "
                f"region: westeurope, endpoint: {double.url}"
            ),
            lambda number, _, stores: f"identities: {{{', '.join(f'{store}: {_PERSON}{number}' for store in stores)}}}",
            lambda: len(double.requests),
            double.url,
            holds=AZURE_RULES // LEVELS * LEVELS,
            environment=double.environment(),
        )


CLOUDS = {"aws": amazon, "gcs": google, "azure": azure}


def project(number: int, datasets: int) -> str:
    """The file of one project with so many datasets, each made from the raw images."""
    made = "parents: [raw_images], step: {repository: 'https://x.org/p', commit: abcdef1, date: 2026-01-02}"
    lines = [f"project: p{number}", "title: P", "owner: ada"]
    lines += ["audience: {contributor: [imaging], steward: [ada], reader: [cy]}", "datasets:"]
    for index, level in enumerate(list(Level)[:datasets]):
        more = f", {made}" if index else ""
        lines.append(f"  {level}: {{size: 200 GB, files: 4000, sensitivity: confidential{more}}}")
    return "\n".join(lines) + "\n"


def make_lab(root: Path, cloud: Cloud, datasets: int, program: str | None = PROGRAM) -> Home:
    """Write a lab with so many datasets in a cloud; its program is slidebox's own where None."""
    stores = [f"{STORE}{number or ''}" for number in range(-(-datasets // cloud.holds))]
    people = {name: cloud.identities(number, name, stores) for number, name in enumerate(("ada", "bob", "cy"), 1)}
    listed = "\n".join(
        f"  {store}: {{system: cloud, {cloud.about(number)}, data_use_agreement: true}}"
        for number, store in enumerate(stores)
    )
    preferences = "\n".join(f"    {level}: {{short: [cloud], mid: [cloud], long: [cloud]}}" for level in Level)
    text = LAB.format(stores=listed, preferences=preferences, **people)
    (root / "lab.yaml").write_text(text, encoding="utf-8")
    (root / "projects").mkdir()
    for number, first in enumerate(range(0, datasets, LEVELS)):
        text = project(number, min(LEVELS, datasets - first))
        (root / f"projects/p{number}.yaml").write_text(text, encoding="utf-8")
    if program is None:
        shutil.copytree(REPOSITORY / "infra", root / "infra")
    else:
        (root / "infra").mkdir()
        (root / "infra/__main__.py").write_text(program, encoding="utf-8")
    shutil.copy(REPOSITORY / "Pulumi.yaml", root)
    for name in ("plugins", "policies", ".venv"):
        (root / name).symlink_to(REPOSITORY / name)
    cloud.prepare(root)
    home = Home(root)
    home.prepare()
    return home


def make_audit_bucket(address: str) -> None:
    """Make the bucket for logs at moto, as the stack `lab` does, with the policy that moto can read."""
    session: Any = boto3.session.Session("testing", "testing", region_name="us-east-1")
    s3, name = session.client("s3", endpoint_url=address), audit_name("bench-lab", STORE)
    s3.create_bucket(Bucket=name)
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))


def settle(cloud: Cloud) -> None:
    """Wait until the server has written down its last call."""
    before = -1
    while before != cloud.calls():
        before = cloud.calls()
        time.sleep(0.1)
