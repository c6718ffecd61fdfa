"""Copies that S3 keeps of a bucket: the service's own checks first, of which moto makes none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from .kind import Kind, Properties, client, upper

_ARN = "arn:aws:s3:::"


def _refuse(why: str) -> None:
    raise ClientError({"Error": {"Code": "InvalidRequest", "Message": why}}, "PutBucketReplication")


def _check(given: Properties) -> None:
    """Both buckets keep versions, the role is there, and S3 takes it on."""
    s3 = client("s3")
    for name in (given["bucket"], *(rule["destination"]["bucket"].removeprefix(_ARN) for rule in given["rules"])):
        if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
            _refuse(f"Versioning must be 'Enabled' on the bucket to apply a replication configuration: {name}")
    trust = client("iam").get_role(RoleName=given["role"].rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    if not any(said["Principal"] == {"Service": "s3.amazonaws.com"} for said in trust["Statement"]):
        _refuse("The role is not one that S3 takes on")
    for rule in given["rules"]:
        key = rule["destination"].get("encryptionConfiguration")
        if key:
            client("kms", key["replicaKmsKeyId"].split(":")[3]).describe_key(KeyId=key["replicaKmsKeyId"])


def _rule(said: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as the API takes it."""
    found: dict[str, Any] = upper({key: value for key, value in said.items() if key != "id"})
    found["ID"] = said["id"]
    # An empty element is all objects; moto's reading of XML would take it for none.
    found["Filter"] = {"Prefix": ""}
    place = found["Destination"]
    if "EncryptionConfiguration" in place:
        place["EncryptionConfiguration"] = {"ReplicaKmsKeyID": place["EncryptionConfiguration"]["ReplicaKmsKeyId"]}
    return found


def _replicate(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    _check(given)
    configuration = {"Role": given["role"], "Rules": [_rule(rule) for rule in given["rules"]]}
    client("s3").put_bucket_replication(Bucket=given["bucket"], ReplicationConfiguration=configuration)
    return given["bucket"], {}


KINDS: Mapping[str, Kind] = {
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": Kind(
        _replicate,
        lambda known, given: client("s3").get_bucket_replication(Bucket=known),
        lambda known, given: client("s3").delete_bucket_replication(Bucket=known),
    ),
}
