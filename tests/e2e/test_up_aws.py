"""`pulumi up` of a project with a store at AWS: the real engine and program, and what answers for AWS.

That is moto behind a stand-in for pulumi-aws's plugin, and LocalStack behind the official plugin where a Docker daemon
can run it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import docker
import pytest
from pytest_localstack.session import LocalstackSession
from tests.doubles.aws.launch import MOTO_LOG, environment, install, moto

from .conftest import LabFactory, Ran, SmallLab

pytestmark = pytest.mark.e2e

ACCOUNT = "123456789012"
BUCKET = "tiny-lab-nf1-raw-images-amazon"
AWAY = "tiny-lab-nf1-raw-images-away"
"""Where the second copy is, which raw images need once they rest."""

CALLS = 22
"""How many calls a bucket with its log and three roles takes, as docs/aws.md says; moto needs three of them."""

LAB = f"""\
lab: tiny-lab
title: A lab with an account at AWS
region: us-east-1
auditors: [ada]
people:
  ada:
    name: Ada
    email: ada@example.org
    identities: {{amazon: "arn:aws:iam::{ACCOUNT}:role/people/ada", away: "arn:aws:iam::{ACCOUNT}:role/people/ada"}}
  bob:
    name: Bob
    identities: {{amazon: "arn:aws:iam::{ACCOUNT}:role/people/bob", away: "arn:aws:iam::{ACCOUNT}:role/people/bob"}}
  sanne:
    name: Sanne
    organisation: Saguaro Biosciences
    until: 2031-06-30
    identities: {{amazon: "arn:aws:iam::210987654321:role/sanne", away: "arn:aws:iam::210987654321:role/sanne"}}
stores:
  amazon: {{system: cloud, kind: aws, account: "{ACCOUNT}", region: us-east-1, data_use_agreement: true}}
  away: {{system: cloud, kind: aws, account: "{ACCOUNT}", region: us-west-2, data_use_agreement: true}}
agreements:
  saguaro: {{party: Saguaro Biosciences, kind: collaboration, purpose: joint analysis, ends: 2031-12-31}}
playbook:
  preferences:
    raw_images: {{short: [cloud], mid: [cloud], long: [cloud]}}
"""

PROJECT = """\
project: nf1
title: NF1
owner: ada
activity: {activity}
audience: {{contributor: [bob], steward: [ada], reader: [{readers}]}}
budget: {{monthly: 40, alerts: [80], notify: [ada]}}
datasets:
  raw_images: {{size: 200 GB, files: 4000, agreement: saguaro, origin: academic, sensitivity: {sensitivity}{more}}}
"""


def project_text(**given: str) -> str:
    """The project's file, in its first days where nothing else is given."""
    words = {"activity": "active", "readers": "sanne", "sensitivity": "confidential", "more": ""} | given
    return PROJECT.format(**words)


@dataclass
class Amazon:
    """The lab, and the service it makes things at."""

    lab: SmallLab
    address: str
    log: Path

    def calls(self) -> int:
        """How many calls of its API moto has answered."""
        return len(re.findall(r'" \d{3} -$', self.log.read_text(encoding="utf-8"), re.MULTILINE))

    def declare(self, **given: str) -> None:
        """Write the project."""
        self.lab.write({"projects/nf1.yaml": project_text(**given)})

    def run(self, *words: str, stack: str = "nf1") -> Ran:
        """Run the engine on a stack."""
        return self.lab.run(*words, "--stack", stack, environment=environment(self.address))

    def up(self, stack: str = "nf1") -> Ran:
        """Provision a stack, under the lab's rules."""
        return self.run("up", "--yes", "--policy-pack", "policies", stack=stack)

    def refused_live(self) -> list[str]:
        """The rules that refuse what is really there."""
        command = [str(Path(sys.executable).parent / "slidebox"), "check", "--live", "nf1", "--json"]
        variables = {**self.lab.environment, **environment(self.address)}
        ran = subprocess.run(command, cwd=self.lab.root, env=variables, capture_output=True, text=True, check=False)
        assert ran.returncode in (0, 1), ran.stdout + ran.stderr
        return [one["rule"] for one in json.loads(ran.stdout)["findings"] if one["severity"] == "error"]

    def client(self, name: str) -> Any:
        """A client of the service."""
        session: Any = boto3.session.Session("testing", "testing", region_name="us-east-1")
        return session.client(name, endpoint_url=self.address)

    def roles(self) -> Mapping[str, Any]:
        """The roles there are: trust by name."""
        listed = self.client("iam").list_roles()["Roles"]
        return {role["RoleName"]: role["AssumeRolePolicyDocument"] for role in listed}


def done(ran: Ran) -> str:
    """What an operation that has to succeed has said."""
    assert ran.code == 0, ran.said
    return ran.said


@contextmanager
def localstack() -> Iterator[str]:
    """Run LocalStack; its address."""
    try:
        daemon = docker.from_env()
        daemon.ping()
    except docker.errors.DockerException:
        pytest.skip("no Docker daemon answers here, and LocalStack runs in one")
    services = ["s3", "iam", "kms", "sts"]
    with LocalstackSession(docker_client=daemon, services=services, region_name="us-east-1") as running:
        yield running.endpoint_url("s3")


@pytest.fixture(scope="module", params=["moto", pytest.param("localstack", marks=pytest.mark.localstack)])
def amazon(
    request: pytest.FixtureRequest, make_lab: LabFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Amazon]:
    """The lab, with something running that answers for AWS; each test begins and ends without a project's buckets."""
    folder = tmp_path_factory.mktemp("amazon")
    with moto(folder) if request.param == "moto" else localstack() as address:
        lab = make_lab({"lab.yaml": LAB, "projects/nf1.yaml": project_text()})
        if request.param == "moto":
            install(lab.root)
        lab.init("lab")
        lab.init("nf1")
        found = Amazon(lab, address, folder / MOTO_LOG)
        # What a lab has once in an account, the bucket for logs and reports among it.
        done(found.up("lab"))
        # What it says of itself, and the tables over it.
        tables = found.client("glue").get_tables(DatabaseName="tiny_lab_amazon")["TableList"]
        assert {table["Name"] for table in tables} == {"inventory", "costs"}
        yield found


def test_a_dataset_at_amazon_lives_from_its_first_image_to_its_end(amazon: Amazon) -> None:
    """Made with everything beside it; once; tiers change in place; who leaves loses the role; then taken away."""
    s3 = amazon.client("s3")
    amazon.declare()
    before = amazon.calls()
    done(amazon.up())
    made = amazon.calls() - before

    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    denied = [
        s for s in json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"] if s["Effect"] == "Deny"
    ]
    assert any(s["Condition"].get("Bool") == {"aws:SecureTransport": "false"} for s in denied)
    readers = [name for name, trust in amazon.roles().items() if "210987654321" in json.dumps(trust)]
    assert len(readers) == 1
    assert "2031-06-30" in json.dumps(amazon.roles()[readers[0]])

    before = amazon.calls()
    again = amazon.run("preview", "--json")
    assert set(json.loads(done(again))["changeSummary"]) == {"same"}
    if amazon.log.exists():
        assert (made, amazon.calls() - before) == (CALLS, 0)

    # What is really there passes the rules too, until somebody lets the world in by hand.
    assert amazon.refused_live() == []
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    opened = json.loads(policy) | {"Statement": [*json.loads(policy)["Statement"], everybody]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(opened))
    s3.delete_public_access_block(Bucket=BUCKET)
    assert "sharing/readers_within_audience" in amazon.refused_live()
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)

    amazon.declare(activity="resting")
    said = done(amazon.up())
    assert "replaced" not in said
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert "GLACIER_IR" in json.dumps(rules)
    assert s3.get_bucket_location(Bucket=AWAY)["LocationConstraint"] == "us-west-2"
    (copy,) = s3.get_bucket_replication(Bucket=BUCKET)["ReplicationConfiguration"]["Rules"]
    assert copy["Destination"]["Bucket"] == f"arn:aws:s3:::{AWAY}"
    assert copy["DeleteMarkerReplication"] == {"Status": "Disabled"}

    amazon.declare(activity="resting", readers="ada")
    done(amazon.up())
    assert "210987654321" not in json.dumps(amazon.roles())

    # moto takes every call for one without TLS, and the bucket's policy denies those.
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="plate-1/a.tiff", Body=b"image")
    refused = amazon.run("destroy", "--yes", "--skip-preview")
    assert refused.code != 0
    assert "BucketNotEmpty" in refused.said
    for version in s3.list_object_versions(Bucket=BUCKET)["Versions"]:
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    done(amazon.run("destroy", "--yes", "--skip-preview"))
    for name in (BUCKET, AWAY):
        with pytest.raises(s3.exceptions.ClientError, match="404"):
            s3.head_bucket(Bucket=name)
    assert amazon.roles().keys() == {name for name in amazon.roles() if "audit" in name}


def test_identifiable_images_at_amazon_have_a_key_of_the_labs_own(amazon: Amazon) -> None:
    """Encrypted with it, logged, copied with another, and never public: that is refused before anything is made."""
    amazon.declare(activity="resting", sensitivity="identifiable", readers="ada", more=", patient_derived: true")
    done(amazon.up())
    s3 = amazon.client("s3")
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]

    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert amazon.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]["TargetBucket"] == "tiny-lab-lab-audit-amazon"
    (copy,) = s3.get_bucket_replication(Bucket=BUCKET)["ReplicationConfiguration"]["Rules"]
    (away,) = s3.get_bucket_encryption(Bucket=AWAY)["ServerSideEncryptionConfiguration"]["Rules"]
    copied_with = copy["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
    assert copied_with == away["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] != key

    amazon.declare(sensitivity="identifiable", readers="ada", more=", patient_derived: true, public_from: short")
    refused = amazon.up()
    assert refused.code != 0
    assert "sharing/identifiable_never_public" in refused.said
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
