"""What a bucket of pulumi-aws has, and who has access to it: from the bucket and the resources beside it.

What is not declared is read as S3 has it then. Source: Amazon S3 User Guide and the documentation of
pulumi-aws 7, as of 2026-11: every new object is encrypted with the service's own key (since 2023-01-05);
versions, logs, locks and blocks are off until they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slidebox.access import ACTIONS, UNKNOWN, Reader, merged
from slidebox.access.s3 import bucket_readers
from slidebox.access.s3_acl import PUBLIC, canned_readers, grant_readers
from slidebox.access.s3_statements import encrypted_transport_only, wildcards
from slidebox.preview.aws_buckets import OBJECT, POINT, AwsBucket, Part
from slidebox.preview.aws_lifecycle import rules
from slidebox.preview.aws_points import point_readers, point_wildcards
from slidebox.preview.aws_replication import COPIER
from slidebox.preview.seen import Seen, agreed, at, type_of

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_OWN_KEYS = ("aws:kms", "aws:kms:dsse")
_COPIES = (COPIER, ("write",))
_SERVICE_KEY = "alias/aws/s3"
_KEY_TYPES = frozenset({"aws:kms/key:Key", "aws:kms/alias:Alias", "aws:kms/replicaKey:ReplicaKey"})
_LATER = "it is known only once the bucket is made: write it with the bucket's name instead of its ARN"

# Who has access


def readers(bucket: AwsBucket, names: Mapping[str, str]) -> tuple[Reader, ...]:
    """Who has access by the bucket's policy, its access control list and its access points."""
    found = [reader for policy in _policies(bucket) for reader in _of_policy(bucket, policy, names)]
    doors = [reader for part in bucket.of(POINT) for reader in point_readers(part.seen, names)]
    # Where it copies from says whether it may; here it is nobody as long as it only writes.
    return merged([one for one in found if (one.principal, one.actions) != _COPIES] + [*doors, *_of_acls(bucket)])


def wild(bucket: AwsBucket) -> list[dict[str, str]]:
    """The wildcards of the bucket's policies and of those of its access points."""
    found = [entry for policy in _policies(bucket) for entry in wildcards(policy, _where(bucket))]
    found += [entry for part in bucket.of(POINT) for entry in point_wildcards(part.seen)]
    return [entry for number, entry in enumerate(found) if entry not in found[:number]]


def _where(bucket: AwsBucket) -> str:
    name = bucket.name if bucket.name != UNKNOWN else bucket.seen.urn.rpartition("::")[2]
    return f"policy of bucket {name}"


def _policies(bucket: AwsBucket) -> list[Any]:
    inline = bucket.seen.properties.get("policy") if bucket.made else None
    said = [part.seen.properties.get("policy", UNKNOWN) for part in bucket.of("bucketPolicy")]
    # A release that still shows the policy on the bucket shows the same one again.
    return [*said, inline] if inline not in (None, "", *said) and not (said and inline == UNKNOWN) else said


def _of_policy(bucket: AwsBucket, policy: Any, names: Mapping[str, str]) -> Iterable[Reader]:
    path = (_where(bucket),)
    if policy == UNKNOWN:
        return (Reader(UNKNOWN, ACTIONS, (*path, _LATER)),)
    if bucket.name == UNKNOWN:
        # Nothing says whether a Deny is about this bucket, so none is counted on.
        return bucket_readers(policy, "\0", names, path)
    return bucket_readers(policy, bucket.name, names, path)


def _of_acls(bucket: AwsBucket) -> Iterable[Reader]:
    if setting(bucket.of("bucketOwnershipControls"), _owner_enforced, False) is True:
        return ()
    found: list[Reader] = []
    objects = [part.seen for part in bucket.of(OBJECT)]
    for said in [bucket.seen, *(part.seen for part in bucket.of("bucketAcl")), *objects]:
        whose = f"object {said.urn.rpartition('::')[2]} of " if said in objects else ""
        path = (f"access control list of {whose}bucket {bucket.seen.urn.rpartition('::')[2]}",)
        properties = said.properties
        found += canned_readers(properties.get("acl"), path)
        found += grant_readers(properties.get("grants"), None, path)
        listed = properties.get("accessControlPolicy")
        found += grant_readers(at(listed, "grants"), at(listed, "owner", "id"), path)
    ignored = True in (
        setting(bucket.of("bucketPublicAccessBlock"), lambda p: p.get("ignorePublicAcls"), False),
        agreed(p.properties.get("ignorePublicAcls") for p in bucket.account) if bucket.account else False,
    )
    return [reader for reader in found if not (ignored and reader.principal in PUBLIC)]


def _owner_enforced(properties: Mapping[str, Any]) -> Any:
    said = at(properties, "rule", "objectOwnership")
    return UNKNOWN if said == UNKNOWN else said == "BucketOwnerEnforced"


# What it has


def setting(parts: Iterable[Part], read: Callable[[Mapping[str, Any]], Any], otherwise: Any) -> Any:
    """What the parts of one kind say; what S3 does if there are none; unknown where it is not certain."""
    said = [read(part.seen.properties) if part.certain else UNKNOWN for part in parts]
    return agreed(said) if said else otherwise


def has(bucket: AwsBucket) -> dict[str, Any]:
    """What a bucket has of the capabilities."""
    encryption = bucket.of("bucketServerSideEncryptionConfiguration")
    inline = at(bucket.seen.properties, "serverSideEncryptionConfiguration", "rule")
    own_key = _own_key(inline, bucket.seen.depends.get("serverSideEncryptionConfiguration", ()))
    return {
        "versioning": setting(bucket.of("bucketVersioning"), _versioned, _inline_versioned(bucket.seen)),
        "object_lock": setting(bucket.of("bucketObjectLockConfiguration"), _locked, _inline_locked(bucket.seen)),
        "encryption": setting(encryption, lambda p: UNKNOWN if p.get("rules") == UNKNOWN else True, True),
        "own_key": agreed(_part_key(part) for part in encryption) if encryption else own_key,
        "encrypted_transport": _encrypted_transport(bucket),
        "public_access_block": setting(bucket.of("bucketPublicAccessBlock"), _blocked, False),
        "account_public_access_block": (
            agreed(_blocked(said.properties) for said in bucket.account) if bucket.account else UNKNOWN
        ),
        "access_log": setting(bucket.of("bucketLogging"), _logged, _inline_logged(bucket.seen)),
        "lifecycle": UNKNOWN if (listed := rules(bucket)) is None else bool(listed),
    }


def _versioned(properties: Mapping[str, Any]) -> Any:
    status = at(properties, "versioningConfiguration", "status")
    return UNKNOWN if status == UNKNOWN else status == "Enabled"


def _inline_versioned(seen: Seen) -> Any:
    enabled = at(seen.properties, "versioning", "enabled")
    return UNKNOWN if enabled == UNKNOWN else enabled is True


def _locked(properties: Mapping[str, Any]) -> Any:
    mode = at(properties, "rule", "defaultRetention", "mode")
    return UNKNOWN if mode == UNKNOWN else mode in ("GOVERNANCE", "COMPLIANCE")


def _inline_locked(seen: Seen) -> Any:
    # A bucket that only allows locks locks nothing by itself.
    configuration = seen.properties.get("objectLockConfiguration")
    return UNKNOWN if configuration == UNKNOWN else _locked({"rule": at(configuration, "rule")})


def _part_key(part: Part) -> Any:
    if not part.certain:
        return UNKNOWN
    rules = part.seen.properties.get("rules")
    if not isinstance(rules, list) or not rules:
        return UNKNOWN
    return agreed(_own_key(rule, part.seen.depends.get("rules", ())) for rule in rules)


def _own_key(rule: Any, comes_from: Iterable[str]) -> Any:
    """Whether the key is one of the account's own, not the service's."""
    algorithm = at(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm")
    key = at(rule, "applyServerSideEncryptionByDefault", "kmsMasterKeyId")
    if algorithm == UNKNOWN:
        return UNKNOWN
    if algorithm not in _OWN_KEYS or not key:
        return False
    if key == UNKNOWN:
        # What is known only later is a key that this stack makes, or nothing says what it is.
        return True if _KEY_TYPES & {type_of(urn) for urn in comes_from} else UNKNOWN
    return not str(key).endswith(_SERVICE_KEY)


def _encrypted_transport(bucket: AwsBucket) -> Any:
    if bucket.of("bucketWebsiteConfiguration") or bucket.seen.properties.get("website"):
        return False  # a website of S3 speaks only plain HTTP
    policies = _policies(bucket)
    if not policies:
        return False
    if UNKNOWN in policies or bucket.name == UNKNOWN or not all(p.certain for p in bucket.of("bucketPolicy")):
        return UNKNOWN
    return agreed(encrypted_transport_only(policy, bucket.name) for policy in policies)


def _blocked(properties: Mapping[str, Any]) -> Any:
    said = [properties.get(name) for name in _BLOCKS]
    if any(value is not True and value != UNKNOWN for value in said):
        return False
    return UNKNOWN if UNKNOWN in said else True


def _logged(properties: Mapping[str, Any]) -> Any:
    # That the name of the bucket with the logs is not known yet does not matter: there will be one.
    return bool(properties.get("targetBucket"))


def _inline_logged(seen: Seen) -> Any:
    said = seen.properties.get("logging")
    return UNKNOWN if said == UNKNOWN else bool(at(said, "targetBucket"))
