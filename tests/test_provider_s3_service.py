"""Buckets of an S3 service that has what the embedded gateway lacks: encryption, lifecycle and a public access block.

moto keeps and reads back what it is told and enforces none of it, which is what is tested here: that the settings
arrive, are read back, drift, and are mended.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from tests.doubles.aws.launch import moto

from slidebox.errors import SlideboxError
from slidebox.provider.connections import Connections
from slidebox.provider.resource import Context
from slidebox.provider.s3 import Bucket

pytestmark = pytest.mark.e2e
_COUNT = itertools.count()
CONTEXT = Context("urn:pulumi:first::slidebox::slidebox:index:BucketLocation$slidebox:s3:Bucket::raw_images@cloud")
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running moto server on a free loopback port."""
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def kind() -> Bucket:
    """The type, with the keys of a profile."""
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    return Bucket(Connections(session=lambda **_: session))


@pytest.fixture
def inputs(service: str) -> dict[str, Any]:
    """A bucket with all its settings."""
    return {
        "store": {"name": "cloud", "endpoint": service, "region": "us-east-1", "profile": "lab"},
        "bucket": f"served-{os.getpid()}-{next(_COUNT)}",
        "versioning": True,
        "encryption": "AES256",
        "publicAccessBlock": True,
        "lifecycle": {"abortMultipartDays": 7, "oldVersionsDays": 90, "expireDays": 30},
        "tags": {"lab": "lab", "owner": "ada"},
    }


def test_every_setting_arrives_and_is_read_back(kind: Bucket, inputs: dict[str, Any], service: str) -> None:
    """Encryption, public access block and lifecycle are on the bucket, and nothing is lacking."""
    id_, state = kind.create(CONTEXT, inputs)
    s3 = boto3.client("s3", endpoint_url=service, **KEYS)  # type: ignore[call-overload]
    name = inputs["bucket"]
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert len(block) == 4
    rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    expected = {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        "Expiration": {"Days": 30},
    }
    assert {action: rule[action] for rule in rules for action in expected if action in rule} == expected
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert state["lacks"] == []
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert found.inputs == inputs


def test_drift_of_every_setting_is_seen_and_mended(kind: Bucket, inputs: dict[str, Any], service: str) -> None:
    """Somebody took the block, the encryption and the lifecycle away by hand."""
    id_, state = kind.create(CONTEXT, inputs)
    s3 = boto3.client("s3", endpoint_url=service, **KEYS)  # type: ignore[call-overload]
    s3.delete_public_access_block(Bucket=inputs["bucket"])
    s3.delete_bucket_encryption(Bucket=inputs["bucket"])
    s3.delete_bucket_lifecycle(Bucket=inputs["bucket"])
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    difference = kind.diff(CONTEXT, found.state, found.inputs, inputs)
    assert difference.changed == ("encryption", "lifecycle", "publicAccessBlock")
    assert difference.replace == ()
    kind.update(CONTEXT, id_, found.state, inputs)
    mended = kind.read(CONTEXT, id_, state, inputs)
    assert mended is not None
    assert mended.inputs == inputs


@pytest.mark.parametrize(
    ("change", "found_there"),
    [
        ({"Status": "Disabled"}, {"abortMultipartDays": 7, "oldVersionsDays": 90}),
        (
            {"Filter": {"Prefix": "scratch/"}},
            {"abortMultipartDays": 7, "oldVersionsDays": 90, "others": ["slidebox-expire"]},
        ),
        ({"Expiration": {"Days": 5}}, {"abortMultipartDays": 7, "oldVersionsDays": 90, "expireDays": 5}),
    ],
)
def test_a_rule_of_the_lifecycle_that_somebody_has_changed_is_seen_and_mended(
    kind: Bucket, inputs: dict[str, Any], service: str, change: dict[str, Any], found_there: dict[str, Any]
) -> None:
    """Switched off, for some objects only, or of other days."""
    id_, state = kind.create(CONTEXT, inputs)
    s3 = boto3.client("s3", endpoint_url=service, **KEYS)  # type: ignore[call-overload]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=inputs["bucket"])["Rules"]
    changed = [{**rule, **change} if rule["ID"] == "slidebox-expire" else rule for rule in rules]
    s3.put_bucket_lifecycle_configuration(Bucket=inputs["bucket"], LifecycleConfiguration={"Rules": changed})
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert found.inputs["lifecycle"] == found_there
    kind.update(CONTEXT, id_, found.state, inputs)
    mended = kind.read(CONTEXT, id_, state, inputs)
    assert mended is not None
    assert mended.inputs == inputs


def test_a_bucket_of_a_service_goes_when_it_is_empty(kind: Bucket, inputs: dict[str, Any], service: str) -> None:
    """And stays while it holds anything."""
    id_, state = kind.create(CONTEXT, inputs)
    s3 = boto3.client("s3", endpoint_url=service, **KEYS)  # type: ignore[call-overload]
    s3.put_object(Bucket=inputs["bucket"], Key="a.tif", Body=b"image")
    with pytest.raises(SlideboxError, match=r"not empty|holds"):
        kind.delete(CONTEXT, id_, state)
    for version in s3.list_object_versions(Bucket=inputs["bucket"])["Versions"]:
        s3.delete_object(Bucket=inputs["bucket"], Key=version["Key"], VersionId=version["VersionId"])
    kind.delete(CONTEXT, id_, state)
    assert inputs["bucket"] not in [b["Name"] for b in s3.list_buckets()["Buckets"]]
