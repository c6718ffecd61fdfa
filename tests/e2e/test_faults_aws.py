"""What goes wrong at AWS while a project comes up, with the real engine and program; the next `up` completes it.

How long pulumi-aws's own plugin tries a call again, and its words, are its own: a stand-in cannot show them. Shown is
what is slidebox's: in which order things are made, what is in the state after a failure, and what the next run does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.doubles.aws.faults import Fault, Wire
from tests.doubles.aws.launch import environment, install, moto

from .conftest import LabFactory, Ran, SmallLab

pytestmark = pytest.mark.e2e

ACCOUNT = "123456789012"
RAW, MASKS = "tiny-lab-nf1-raw-images-amazon", "tiny-lab-nf1-segmentation-masks-amazon"
LAB = f"""\
lab: tiny-lab
title: A lab with an account at AWS
region: us-east-1
people:
  ada: {{name: Ada, identities: {{amazon: "arn:aws:iam::{ACCOUNT}:role/people/ada"}}}}
  bob: {{name: Bob, identities: {{amazon: "arn:aws:iam::{ACCOUNT}:role/people/bob"}}}}
stores:
  amazon: {{system: cloud, kind: aws, account: "{ACCOUNT}", region: us-east-1, data_use_agreement: true}}
playbook:
  preferences:
    raw_images: {{short: [cloud]}}
    segmentation_masks: {{short: [cloud]}}
"""
PROJECT = """\
project: nf1
title: NF1
owner: ada
audience: {steward: [ada], reader: [bob]}
datasets:
  raw_images: {size: 200 GB, files: 4000, sensitivity: open}
"""
MORE = """\
  segmentation_masks:
    size: 2 GB
    files: 4000
    sensitivity: open
    parents: [raw_images]
    step: {repository: https://github.com/tiny-lab/nf1, commit: 4f0c9d2a71be, date: 2026-04-14}
"""


@dataclass
class Amazon:
    """The lab, the wire to the service, and the service."""

    lab: SmallLab
    wire: Wire
    service: str

    def up(self, *more: str) -> Ran:
        """Provision."""
        words = ("up", "--yes", "--skip-preview", "--stack", "nf1", *more)
        return self.lab.run(*words, environment=environment(self.wire.url))

    def completed(self) -> None:
        """Provision under the lab's rules, which goes well and makes nothing anew."""
        ran = self.up("--policy-pack", "policies")
        assert ran.code == 0, ran.said
        assert "replaced" not in ran.said

    def stopped(self, *said: str) -> None:
        """Provision, which stops, says so, and leaves nothing open to anyone."""
        ran = self.up()
        assert ran.code != 0, ran.said
        assert "Traceback" not in ran.said
        assert [words for words in said if words not in ran.said] == [], ran.said
        for bucket in self.client("s3").list_buckets()["Buckets"]:
            assert not self.is_public(bucket["Name"])

    def killed(self, fault: Fault) -> None:
        """Provision, and kill the engine with all its plugins once a call is being answered."""
        self.wire.order(fault)
        told = {**self.lab.environment, **environment(self.wire.url)}
        command = self.lab.command("up", "--yes", "--skip-preview", "--stack", "nf1")
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            command, cwd=self.lab.root, env=told, stdout=quiet, stderr=quiet, start_new_session=True
        ) as engine:
            assert fault.struck.wait(60)
            os.killpg(engine.pid, signal.SIGKILL)
        assert fault.held is not None
        fault.held.set()
        # The lock of the dead run stays: nobody else knows that it is dead.
        cancelled = self.lab.run("cancel", "--yes", "--stack", "nf1")
        assert cancelled.code == 0, cancelled.said

    def is_public(self, bucket: str) -> bool:
        """Whether a bucket's policy lets in everybody."""
        s3 = self.client("s3")
        try:
            policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        except s3.exceptions.ClientError:  # it has none yet
            return False
        return any(s["Effect"] == "Allow" and s["Principal"] == "*" for s in policy["Statement"])

    def client(self, name: str) -> Any:
        """A client of the service itself, where nothing goes wrong."""
        session: Any = boto3.session.Session("testing", "testing", region_name="us-east-1")
        return session.client(name, endpoint_url=self.service)

    def made(self) -> set[str]:
        """What the state has of AWS, by its type."""
        found = [r for r in self.lab.state("nf1") if r["type"].startswith("aws:")]
        return {f"{r['type'].rpartition(':')[2]} {r['id']}" for r in found if "id" in r}


@pytest.fixture
def amazon(make_lab: LabFactory, tmp_path: Path) -> Iterator[Amazon]:
    """The lab, with moto behind the wire."""
    with moto(tmp_path) as address, Wire(address) as wire:
        lab = make_lab({"lab.yaml": LAB, "projects/nf1.yaml": PROJECT})
        install(lab.root)
        lab.init("nf1")
        yield Amazon(lab, wire, address)


def test_whatever_goes_wrong_at_amazon_the_next_run_completes_it(amazon: Amazon) -> None:
    """Throttling, a denied call, a bucket not found yet, a killed engine, a taken name, a token that expires."""
    wire = amazon.wire

    # The service is busy, which is waited for. One call of many is denied, and not every server knows the bucket yet.
    busy = Fault("PUT", f"/{RAW} ", times=2)
    wire.order(
        busy, Fault("PUT", f"/{RAW}?policy", 403, "AccessDenied"), Fault("PUT", "?versioning", 404, "NoSuchBucket")
    )
    amazon.stopped(RAW)
    assert busy.times == 0
    begun = amazon.made()
    assert f"Bucket {RAW}" in begun

    # Somebody kills the engine while the service does what it was asked.
    wire.faults.clear()
    amazon.killed(Fault("PUT", f"/{RAW}?", held=threading.Event()))

    # Nothing of it is in the way.
    amazon.completed()
    again = amazon.up("--refresh", "--expect-no-changes")
    assert again.code == 0, again.said
    whole = amazon.made()
    assert begun <= whole

    # A name that belongs to another account stops the new dataset, and nothing else; then the token expires half-way.
    amazon.lab.write({"projects/nf1.yaml": PROJECT + MORE})
    wire.order(Fault("PUT", f"/{MASKS} ", 409, "BucketAlreadyExists"))
    amazon.stopped("BucketAlreadyExists", MASKS)
    wire.order(Fault("", "", 400, "ExpiredToken", skip=4, times=1000))
    amazon.stopped("ExpiredToken")
    wire.faults.clear()
    amazon.completed()
    assert whole <= amazon.made()
    assert amazon.client("s3").get_bucket_versioning(Bucket=MASKS)["Status"] == "Enabled"
