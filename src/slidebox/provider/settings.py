"""The settings of a bucket: how each is read and written, and what an endpoint has of them.

Every setting has a normal form, the one its input has; what a service answers is brought into it, so
that two spellings of one setting are never a difference.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from slidebox.provider import faults

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Capability = bool | str
"""Whether an endpoint has something: true, false or ``"unknown"``."""

_ABSENT = frozenset(
    {
        "NoSuchTagSet",
        "NoSuchBucketPolicy",
        "ServerSideEncryptionConfigurationNotFoundError",
        "NoSuchLifecycleConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchPublicAccessBlockConfiguration",
    }
)
# versitygw without a folder for versions, and services whose object lock is off for good.
_OFF = frozenset({"VersioningNotConfigured", "ObjectLockNotEnabled"})
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_LIFECYCLE: Mapping[str, tuple[str, str, str]] = {
    "abortMultipartDays": ("slidebox-abort-multipart", "AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
    "oldVersionsDays": ("slidebox-old-versions", "NoncurrentVersionExpiration", "NoncurrentDays"),
    "expireDays": ("slidebox-expire", "Expiration", "Days"),
}
"""The rules of a lifecycle, by input: their names, and where S3 writes the days."""

# A GET about a bucket that does not exist says only that; where an endpoint has no bucket yet, its own
# name is all there is. Measured with versitygw 1.8.0.
_SERVERS: Mapping[str, frozenset[str]] = {
    "VERSITYGW": frozenset({"encryption", "public_access_block", "lifecycle"}),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a bucket.

    Attributes
    ----------
    capability
        What an endpoint needs for it.
    input
        The property that holds it.
    read, write
        How it is read, in normal form, and written; None is its absence.
    optional
        Whether an input of None leaves it as the service has it.
    """

    capability: str
    input: str
    read: Callable[[S3Client, str], Any]
    write: Callable[[S3Client, str, Any], None]
    optional: bool = False


def _read_tags(client: S3Client, bucket: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in client.get_bucket_tagging(Bucket=bucket)["TagSet"]}


def _write_tags(client: S3Client, bucket: str, value: Mapping[str, str]) -> None:
    tags = [{"Key": name, "Value": text} for name, text in sorted(value.items())]
    client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})  # type: ignore[typeddict-item]


def _read_versioning(client: S3Client, bucket: str) -> bool:
    return client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"


def _write_versioning(client: S3Client, bucket: str, value: bool) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled" if value else "Suspended"})


def _read_lock(client: S3Client, bucket: str) -> dict[str, Any] | None:
    found = client.get_object_lock_configuration(Bucket=bucket).get("ObjectLockConfiguration", {})
    if found.get("ObjectLockEnabled") != "Enabled":
        return None
    kept = found.get("Rule", {}).get("DefaultRetention", {})
    if "Mode" not in kept:
        return {}
    return {"mode": kept["Mode"], "days": kept.get("Days") or kept.get("Years", 0) * 365}


def _write_lock(client: S3Client, bucket: str, value: Mapping[str, Any] | None) -> None:
    if value is None:
        return  # no service lifts it; the difference of inputs replaces the bucket
    rule = {"Rule": {"DefaultRetention": {"Mode": value["mode"], "Days": value["days"]}}} if value.get("mode") else {}
    configuration: Any = {"ObjectLockEnabled": "Enabled", **rule}
    client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)


def _read_encryption(client: S3Client, bucket: str) -> str | None:
    rules = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    names = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules]
    return next((name for name in names if name), None)


def _write_encryption(client: S3Client, bucket: str, value: str | None) -> None:
    if value is None:
        return
    rule: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": value}}
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _read_block(client: S3Client, bucket: str) -> bool:
    found = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    return all(found.get(name) is True for name in _BLOCKS)


def _write_block(client: S3Client, bucket: str, value: bool | None) -> None:
    if value is None:
        return
    configuration: Any = dict.fromkeys(_BLOCKS, value)
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=configuration)


def _read_lifecycle(client: S3Client, bucket: str) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    inputs = {name: key for key, (name, _, _) in _LIFECYCLE.items()}
    listed: list[Any] = list(client.get_bucket_lifecycle_configuration(Bucket=bucket).get("Rules", []))
    for rule in listed:
        key = inputs.get(rule.get("ID", ""))
        if key is None or not _is_for_all(rule):
            found.setdefault("others", []).append(rule.get("ID", "unnamed"))
        elif rule.get("Status") == "Enabled":
            _, action, days = _LIFECYCLE[key]
            found[key] = rule.get(action, {}).get(days)
    return found or None


def _is_for_all(rule: Mapping[str, Any]) -> bool:
    """Whether a rule of a lifecycle is about every object of its bucket."""
    return not rule.get("Prefix") and not any((rule.get("Filter") or {}).values())


def _write_lifecycle(client: S3Client, bucket: str, value: Mapping[str, Any] | None) -> None:
    rules: list[Any] = [
        {"ID": name, action: {days: value[key]}}
        for key, (name, action, days) in _LIFECYCLE.items()
        if value and value.get(key)
    ]
    if not rules:
        client.delete_bucket_lifecycle(Bucket=bucket)
        return
    whole: list[Any] = [{"Status": "Enabled", "Filter": {"Prefix": ""}, **rule} for rule in rules]
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": whole})


def _read_policy(client: S3Client, bucket: str) -> Any:
    return json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])


def _write_policy(client: S3Client, bucket: str, value: Any) -> None:
    if value is None:
        client.delete_bucket_policy(Bucket=bucket)
        return
    client.put_bucket_policy(Bucket=bucket, Policy=value if isinstance(value, str) else json.dumps(value))


# In the order in which they are written: the owner's mark first, versions before locks, the block on
# public access before a policy that it would refuse.
TAGS = Setting("tagging", "tags", _read_tags, _write_tags)
SETTINGS = (
    TAGS,
    Setting("versioning", "versioning", _read_versioning, _write_versioning),
    Setting("object_lock", "objectLock", _read_lock, _write_lock),
    Setting("encryption", "encryption", _read_encryption, _write_encryption, optional=True),
    Setting("public_access_block", "publicAccessBlock", _read_block, _write_block, optional=True),
    Setting("lifecycle", "lifecycle", _read_lifecycle, _write_lifecycle),
    Setting("policy", "policy", _read_policy, _write_policy),
)


def read(setting: Setting, client: S3Client, bucket: str) -> Any:
    """The present value of a setting, None where it is not set."""
    try:
        return setting.read(client, bucket)
    except ClientError as error:
        if faults.code(error) in _ABSENT:
            return None
        raise


def has(setting: Setting, client: S3Client, bucket: str) -> Capability:
    """Whether an endpoint has a setting, asked of a bucket without changing anything."""
    try:
        setting.read(client, bucket)
    except ClientError as error:
        if faults.code(error) in _ABSENT:
            return True
        if faults.is_not_implemented(error) or faults.code(error) in _OFF:
            return False
        return "unknown"
    return True


class Probe:
    """What endpoints have, each asked once in a process."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Capability]] = {}
        self._lock = threading.Lock()

    def capabilities(self, url: str, client: S3Client, bucket: str | None = None) -> dict[str, Capability]:
        """What an endpoint has, by capability; it changes nothing there.

        Parameters
        ----------
        url
            Address of the endpoint.
        client
            Its client.
        bucket
            A bucket that exists, to ask about; some other one of the endpoint where None.
        """
        with self._lock:
            known = self._known.get(url)
            if known is None or (bucket and "unknown" in known.values()):
                self._known[url] = known = _ask(client, bucket)
            return dict(known)


def _ask(client: S3Client, bucket: str | None) -> dict[str, Capability]:
    answer: Any = None
    if bucket is None:
        answer = client.list_buckets()
        bucket = next((found["Name"] for found in answer.get("Buckets", [])), None)
    if bucket is not None:
        return {setting.capability: has(setting, client, bucket) for setting in SETTINGS}
    server = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("server", "").partition("/")[0].upper()
    if server in _SERVERS:
        return {setting.capability: setting.capability not in _SERVERS[server] for setting in SETTINGS}
    return {setting.capability: "unknown" for setting in SETTINGS}


def canonical_policy(policy: Any) -> Any:
    """A policy document in one spelling: lists sorted, one for a single value, every statement in a fixed order.

    Two documents that differ only in spelling become equal. (Amazon IAM User Guide, "Grammar of the
    IAM JSON policy language": single values and lists of one are the same, and order has no meaning.)
    """
    if policy is None:
        return None
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return {
        **{name: value for name, value in document.items() if name != "Statement"},
        "Version": document.get("Version", "2008-10-17"),
        "Statement": sorted((_statement(s) for s in listed), key=lambda s: json.dumps(s, sort_keys=True)),
    }


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name, value in statement.items():
        if name in {"Action", "NotAction", "Resource", "NotResource"}:
            whole[name] = _listed(value)
        elif name in {"Principal", "NotPrincipal"}:
            named = value if isinstance(value, Mapping) else {"AWS": value}
            whole[name] = {kind: _listed(who) for kind, who in named.items()}
        elif name == "Condition":
            whole[name] = {
                operator: {key: _listed(item) for key, item in keys.items()} for operator, keys in value.items()
            }
        else:
            whole[name] = value
    return whole


def _listed(value: Any) -> list[str]:
    return sorted(map(str, value if isinstance(value, list) else [value]))
