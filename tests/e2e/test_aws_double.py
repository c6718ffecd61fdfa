"""The stand-in for pulumi-aws's plugin: the real engine runs a program with it against moto."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.doubles.aws.launch import environment, install, moto

from .conftest import LabFactory, SmallLab, project

pytestmark = pytest.mark.e2e

PROGRAM = """
import json

import pulumi
import pulumi_aws as aws

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]}
READ = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::way-images/*"}]}
key = aws.kms.Key("images", enable_key_rotation=True, description="Images")
aws.kms.Alias("images", name="alias/way-images", target_key_id=key.id)
bucket = aws.s3.Bucket("images", bucket="way-images", object_lock_enabled=True, tags={"lab": "way"})
aws.s3.BucketPublicAccessBlock("images", bucket=bucket.id, block_public_acls=True, block_public_policy=True,
    ignore_public_acls=True, restrict_public_buckets=True)
aws.s3.BucketOwnershipControls("images", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})
aws.s3.BucketVersioning("images", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketServerSideEncryptionConfiguration("images", bucket=bucket.id, rules=[{
    "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
    "bucket_key_enabled": True}])
aws.s3.BucketObjectLockConfiguration("images", bucket=bucket.id, rule={
    "default_retention": {"mode": "GOVERNANCE", "days": 30}})
aws.s3.BucketLifecycleConfiguration("images", bucket=bucket.id, rules=[{
    "id": "uploads", "status": "Enabled", "abort_incomplete_multipart_upload": {"days_after_initiation": DAYS}}])
aws.s3.BucketPolicy("images", bucket=bucket.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::way-images/*",
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))
role = aws.iam.Role("reader", name="way-reader", assume_role_policy=json.dumps(TRUST))
aws.iam.RolePolicy("reader", name="read", role=role.name, policy=json.dumps(READ))
aws.s3.AccountPublicAccessBlock("account", block_public_acls=True, block_public_policy=True,
    ignore_public_acls=True, restrict_public_buckets=True)
topic = aws.sns.Topic("spend", name="way-spend")
aws.budgets.Budget("nf1", name="nf1", budget_type="COST", limit_amount="40", limit_unit="USD", time_unit="MONTHLY",
    notifications=[{"comparison_operator": "GREATER_THAN", "threshold": 80, "threshold_type": "PERCENTAGE",
                    "notification_type": "ACTUAL", "subscriber_sns_topic_arns": [topic.arn]}])
pulumi.export("arn", bucket.arn)
"""


@dataclass
class Amazon:
    """A lab whose programs make things at moto."""

    lab: SmallLab
    address: str

    def program(self, text: str) -> None:
        """Give it a program."""
        shutil.rmtree(self.lab.root / "infra", ignore_errors=True)
        self.lab.write({"infra/__main__.py": text})

    def run(self, *words: str) -> Any:
        """Run the engine on the stack."""
        return self.lab.run(*words, "--stack", "images", environment=environment(self.address))

    def client(self, name: str) -> Any:
        """A client of moto."""
        session: Any = boto3.session.Session("testing", "testing", region_name="us-east-1")
        return session.client(name, endpoint_url=self.address)


@pytest.fixture(scope="module")
def amazon(make_lab: LabFactory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    """The lab, with moto running."""
    lab = make_lab({"projects/images.yaml": project("images", {"raw_images": "sensitivity: open"})})
    install(lab.root)
    lab.init("images")
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield Amazon(lab, address)


def changes(ran: Any) -> Mapping[str, int]:
    """What an operation has done, by kind."""
    summary: dict[str, int] = json.loads(ran.said)["changeSummary"]
    return summary


def test_what_a_program_declares_is_made_once_changed_in_place_and_taken_away(amazon: Amazon) -> None:
    """Nineteen kinds of calls at moto; the second run has nothing to do."""
    amazon.program(PROGRAM.replace("DAYS", "7"))
    made = amazon.run("up", "--yes", "--skip-preview")
    assert made.code == 0, made.said
    s3, iam = amazon.client("s3"), amazon.client("iam")

    assert s3.get_public_access_block(Bucket="way-images")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    lock = s3.get_object_lock_configuration(Bucket="way-images")["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (lock["Mode"], lock["Days"]) == ("GOVERNANCE", 30)
    rule = s3.get_bucket_encryption(Bucket="way-images")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert iam.get_role_policy(RoleName="way-reader", PolicyName="read")["PolicyDocument"]["Statement"]
    assert amazon.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"][0]["BudgetName"] == "nf1"

    again = amazon.run("preview", "--json", "--refresh")
    assert again.code == 0, again.said
    assert set(changes(again)) == {"same"}

    amazon.program(PROGRAM.replace("DAYS", "3"))
    changed = amazon.run("up", "--yes", "--skip-preview")
    assert changed.code == 0, changed.said
    rules = s3.get_bucket_lifecycle_configuration(Bucket="way-images")["Rules"]
    assert [rule["AbortIncompleteMultipartUpload"] for rule in rules] == [{"DaysAfterInitiation": 3}]

    gone = amazon.run("destroy", "--yes", "--skip-preview")
    assert gone.code == 0, gone.said
    assert s3.list_buckets()["Buckets"] == []
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == []


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("aws:s3/bucket:Bucket {'bucket': 'b', 'taggs': {}}", "property taggs value"),
        ("aws:s3/bucketVersioning:BucketVersioning {'bucket': 'b'}", "versioningConfiguration"),
        ("aws:s3/bucket:Bucket {'bucket': 'b', 'objectLockEnabled': 'yes'}", "has to be bool, not str"),
        ("aws:ec2/vpc:Vpc {}", "the stand-in does not make aws:ec2/vpc:Vpc"),
    ],
)
def test_inputs_that_pulumi_aws_does_not_take_are_refused(amazon: Amazon, program: str, said: str) -> None:
    """By name, before anything is made."""
    token, _, inputs = program.partition(" ")
    amazon.program(f"import pulumi\npulumi.CustomResource({token!r}, 'x', {inputs})\n")
    ran = amazon.run("preview")

    assert ran.code != 0
    assert said in ran.said, ran.said


def test_a_refusal_of_the_service_stops_the_run_and_the_next_one_completes_it(amazon: Amazon) -> None:
    """The service's own words are shown, and what was made before stays in the state."""
    text = "import pulumi_aws as aws\naws.s3.Bucket('a', bucket='{}')\naws.sns.Topic('t', name='t')\n"
    amazon.program(text.format("x"))
    ran = amazon.run("up", "--yes", "--skip-preview")

    assert ran.code != 0
    assert "InvalidBucketName" in ran.said, ran.said
    amazon.program(text.format("a-name"))
    completed = amazon.run("up", "--yes", "--skip-preview")
    assert completed.code == 0, completed.said
    assert amazon.run("destroy", "--yes", "--skip-preview").code == 0


def test_the_stand_in_is_a_test_double_and_no_part_of_the_product() -> None:
    """Nothing of it is in the package."""
    root = Path(__file__).resolve().parents[2]
    assert "tests" not in {path.name for path in (root / "src" / "slidebox").rglob("*") if path.is_dir()}
