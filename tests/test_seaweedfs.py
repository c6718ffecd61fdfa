"""A bucket at an S3 service that is not slidebox's own: what it has is used, and what it lacks is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from slidebox.adoption import Content
from slidebox.adoption.s3 import S3Reader
from slidebox.errors import InputError
from slidebox.provider.connections import Connections
from slidebox.provider.resource import Context, LogLevel
from slidebox.provider.s3 import Bucket
from slidebox.provider.stores import StoreRef

from .doubles.seaweedfs import KEY_ID, SECRET, SeaweedFS, seaweedfs

pytestmark = pytest.mark.e2e

URN = "urn:pulumi:nf1::slidebox::slidebox:index:BucketLocation$slidebox:s3:Bucket::raw_images@nas"
NAME = "way-nf1-raw-images-nas"


@pytest.fixture(scope="module")
def nas(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """The running service."""
    with seaweedfs(repository, tmp_path_factory.mktemp("seaweedfs")) as running:
        yield running


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where boto3 looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


def inputs(nas: SeaweedFS, **more: Any) -> dict[str, Any]:
    """What a dataset asks of its bucket there."""
    return {
        "store": {"name": "nas", "endpoint": nas.url},
        "bucket": NAME,
        "versioning": True,
        "encryption": "AES256",
        "publicAccessBlock": True,
        "lifecycle": {"abortMultipartDays": 7, "oldVersionsDays": 90},
        "tags": {"lab": "way", "dataset": "nf1/raw_images"},
        **more,
    }


def test_a_bucket_lives_there_from_its_making_to_its_end(nas: SeaweedFS) -> None:
    """Versions, encryption, lifecycle and tags are set and read back; the block that is lacking is said, once."""
    said: list[tuple[LogLevel, str]] = []
    context = Context(URN, log=lambda level, message: said.append((level, message)))
    bucket = Bucket(Connections())
    wanted, failures = bucket.check(context, inputs(nas), {})
    assert failures == []
    id_, state = bucket.create(context, wanted)
    assert state["lacks"] == ["public_access_block"]
    assert {state["capabilities"][name] for name in ("versioning", "encryption", "lifecycle", "tagging", "policy")} == {
        True
    }
    assert [message for level, message in said if level == "warning"] == [
        "Store 'nas' is asked for public access block, which its endpoint lacks; it is left out."
    ]
    session = boto3.session.Session(KEY_ID, SECRET, region_name="us-east-1")
    client = session.client("s3", endpoint_url=nas.url)
    assert client.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"

    found = bucket.read(context, id_, state, wanted)
    assert found is not None
    assert bucket.diff(context, found.state, wanted, found.inputs).changed == ()

    # Whoever stumbles over the bucket without a key reads nothing.
    client.put_object(Bucket=NAME, Key="plate/1.tif", Body=bytes(3000))
    anonymous = session.client("s3", endpoint_url=nas.url, config=_unsigned())
    with pytest.raises(ClientError, match="AccessDenied"):
        anonymous.get_object(Bucket=NAME, Key="plate/1.tif")

    # It is drifted from, found and brought back; it does not go with data in it.
    client.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Suspended"})
    drifted = bucket.read(context, id_, state, wanted)
    assert drifted is not None
    assert bucket.diff(context, drifted.state, drifted.inputs, wanted).changed == ("versioning",)
    bucket.update(context, id_, drifted.state, wanted)
    assert client.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    with pytest.raises(InputError, match="is not empty"):
        bucket.delete(context, id_, state)

    reader = S3Reader(StoreRef.read({"name": "nas", "endpoint": nas.url}), Connections())
    assert NAME in reader.names()
    assert reader.content(NAME, _silent) == Content(3000, 1, 3000)
    assert reader.existing(NAME).things[0].inputs["versioning"] is True

    for version in client.list_object_versions(Bucket=NAME)["Versions"]:
        client.delete_object(Bucket=NAME, Key=version["Key"], VersionId=version["VersionId"])
    bucket.delete(context, id_, state)
    assert bucket.read(context, id_, state, wanted) is None


def _unsigned() -> Any:
    from botocore import UNSIGNED  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    return Config(signature_version=UNSIGNED)


def _silent(files: int, size: int) -> None:
    """Nobody looks."""
