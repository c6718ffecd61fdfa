"""Buckets and their settings, and inventories of them."""

from __future__ import annotations

import fcntl
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .kind import Kind, Properties, client, tags, upper


def _bucket(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    s3, name = client("s3", given.get("region")), known or given["bucket"]
    region = given.get("region") or s3.meta.region_name
    if not known:
        more: dict[str, Any] = {"ObjectLockEnabledForBucket": True} if given.get("objectLockEnabled") else {}
        if region != "us-east-1":
            more["CreateBucketConfiguration"] = {"LocationConstraint": region}
        s3.create_bucket(Bucket=name, **more)
    if given.get("tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(given)})
    return name, {"bucket": name, "arn": f"arn:aws:s3:::{name}", "region": region, "tagsAll": given.get("tags") or {}}


def _setting(put: Callable[[Any, str, Properties], Any]) -> Callable[[Properties, str], tuple[str, dict[str, Any]]]:
    """A setting of a bucket has the bucket's name for its id."""

    def made(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
        put(client("s3"), given["bucket"], given)
        return given["bucket"], {}

    return made


def block(given: Properties) -> dict[str, bool]:
    """The four blocks as the API takes them."""
    names = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
    return {name[0].upper() + name[1:]: bool(given.get(name)) for name in names}


def _encryption(given: Properties) -> dict[str, Any]:
    rules = []
    for rule in given["rules"]:
        default = rule["applyServerSideEncryptionByDefault"]
        said = {"SSEAlgorithm": default["sseAlgorithm"]}
        if default.get("kmsMasterKeyId"):
            said["KMSMasterKeyID"] = default["kmsMasterKeyId"]
        rules.append(
            {"ApplyServerSideEncryptionByDefault": said, "BucketKeyEnabled": bool(rule.get("bucketKeyEnabled"))}
        )
    return {"Rules": rules}


def _lifecycle(given: Properties) -> dict[str, Any]:
    rules = []
    for rule in given["rules"]:
        said = upper({key: value for key, value in rule.items() if key != "id"})
        said["ID"] = rule["id"]
        said.setdefault("Filter", {"Prefix": ""})
        for one in said.get("NoncurrentVersionTransitions", []):
            one.pop("NewerNoncurrentVersions", None)
        rules.append(said)
    return {"Rules": rules}


def _logging(given: Properties) -> dict[str, Any]:
    return {"LoggingEnabled": {"TargetBucket": given["targetBucket"], "TargetPrefix": given.get("targetPrefix") or ""}}


_LOGGING = Path(tempfile.gettempdir()) / "slidebox-tests-aws-log.lock"


def _log(s3: Any, bucket: str, given: Properties) -> None:
    """Turn on a log; moto reads the target's policy to see whether it may, and stumbles over any that says ``*``."""
    with _LOGGING.open("w") as lock:
        # Each, of whatever process, gives the target another policy for a moment.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _log_alone(s3, bucket, given)


def _log_alone(s3: Any, bucket: str, given: Properties) -> None:
    target = given["targetBucket"]
    before = s3.get_bucket_policy(Bucket=target)["Policy"]
    assert "logging.s3.amazonaws.com" in before
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{target}/*",
    }
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    try:
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=_logging(given))
    finally:
        s3.put_bucket_policy(Bucket=target, Policy=before)


def _inventory(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    place = given["destination"]["bucket"]
    arn = place["bucketArn"]
    client("s3").put_bucket_inventory_configuration(
        Bucket=given["bucket"],
        Id=given["name"],
        InventoryConfiguration={
            "Id": given["name"],
            "IsEnabled": given.get("enabled") is not False,
            "IncludedObjectVersions": given["includedObjectVersions"],
            "Schedule": {"Frequency": given["schedule"]["frequency"]},
            "Destination": {
                "S3BucketDestination": {"Bucket": arn, "Format": place["format"], "Prefix": place.get("prefix") or ""}
            },
        },
    )
    return f"{given['bucket']}:{given['name']}", {"name": given["name"]}


def _of_bucket(put: Callable[[Any, str, Properties], Any], get: str, drop: str = "", **more: Any) -> Kind:
    """A setting: its calls by name, each with the bucket alone."""
    return Kind(
        _setting(put),
        lambda known, given: getattr(client("s3"), get)(Bucket=known),
        lambda known, given: getattr(client("s3"), drop)(Bucket=known, **more) if drop else None,
    )


def _object_lock(given: Properties) -> dict[str, Any]:
    said: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if given.get("rule"):
        said["Rule"] = upper(given["rule"])
    return said


KINDS: Mapping[str, Kind] = {
    "aws:s3/bucket:Bucket": Kind(
        _bucket,
        lambda known, given: client("s3").head_bucket(Bucket=known),
        lambda known, given: client("s3").delete_bucket(Bucket=known),
        ("bucket", "region", "objectLockEnabled"),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of_bucket(
        lambda s3, b, g: s3.put_public_access_block(Bucket=b, PublicAccessBlockConfiguration=block(g)),
        "get_public_access_block",
        "delete_public_access_block",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _of_bucket(
        lambda s3, b, g: s3.put_bucket_ownership_controls(
            Bucket=b, OwnershipControls={"Rules": [{"ObjectOwnership": g["rule"]["objectOwnership"]}]}
        ),
        "get_bucket_ownership_controls",
        "delete_bucket_ownership_controls",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _of_bucket(
        lambda s3, b, g: s3.put_bucket_versioning(
            Bucket=b, VersioningConfiguration={"Status": g["versioningConfiguration"]["status"]}
        ),
        "get_bucket_versioning",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of_bucket(
        lambda s3, b, g: s3.put_bucket_encryption(Bucket=b, ServerSideEncryptionConfiguration=_encryption(g)),
        "get_bucket_encryption",
        "delete_bucket_encryption",
    ),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _of_bucket(
        lambda s3, b, g: s3.put_object_lock_configuration(Bucket=b, ObjectLockConfiguration=_object_lock(g)),
        "get_object_lock_configuration",
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of_bucket(
        lambda s3, b, g: s3.put_bucket_lifecycle_configuration(Bucket=b, LifecycleConfiguration=_lifecycle(g)),
        "get_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _of_bucket(
        lambda s3, b, g: s3.put_bucket_policy(Bucket=b, Policy=g["policy"]),
        "get_bucket_policy",
        "delete_bucket_policy",
    ),
    "aws:s3/bucketLogging:BucketLogging": _of_bucket(
        _log,
        "get_bucket_logging",
    ),
    "aws:s3/inventory:Inventory": Kind(
        _inventory,
        lambda known, given: client("s3").get_bucket_inventory_configuration(Bucket=given["bucket"], Id=given["name"]),
        lambda known, given: client("s3").delete_bucket_inventory_configuration(
            Bucket=given["bucket"], Id=given["name"]
        ),
        ("bucket", "name"),
    ),
}
