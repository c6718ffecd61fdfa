"""Copies that S3 keeps by itself: what is written into a dataset's first bucket is written into its others too.

The role of the copies is made with the first bucket, as the keys of all of them name it; the configuration is made
once the last of the other buckets is there, as S3 takes it only where versions are kept on both sides. What is deleted
in the first bucket stays in the others, and so does what was there before: S3 copies only what is new.

Sources: Amazon S3 User Guide, "Setting up permissions for live replication", "Replicating encrypted objects" and
"Using Object Lock with S3 Replication", as of 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor
from pulumi_aws import iam, kms, s3

from slidebox.clouds import CloudBucket, Copy
from slidebox.components.aws.policy import (
    CLOSING,
    COPYING,
    REPLICATION,
    Document,
    arns,
    document,
    role_arn,
    role_name,
)

_S3 = {"Service": "s3.amazonaws.com"}

_started: MutableMapping[Any, dict[str, Copying]] = WeakKeyDictionary()
"""The first buckets of each running program whose copies are not all registered, by name."""


@dataclass(slots=True)
class Copying:
    """A bucket that is copied, and those of its copies that are registered.

    Attributes
    ----------
    name
        Name of its resources.
    bucket
        What the dataset needs.
    made
        The bucket.
    after
        What has to be there before anything is copied.
    options
        Of what belongs to its component.
    rules
        Where it is copied to.
    """

    name: str
    bucket: CloudBucket
    made: s3.Bucket
    after: list[pulumi.Resource]
    options: pulumi.ResourceOptions
    rules: list[s3.BucketReplicationConfigRuleArgs] = field(default_factory=list)


def role_trust() -> Document:
    """Who takes the role on: S3, and nobody else."""
    return document([{"Sid": "S3", "Effect": "Allow", "Principal": _S3, "Action": "sts:AssumeRole"}])


def role_policy(bucket: CloudBucket) -> Document:
    """What S3 may do to copy: read the versions of this bucket, and write them into the others.

    It may not delete: what is deleted here stays there. Keys of this account say themselves that it may use them; to
    use those of another, both accounts have to say so.
    """
    whole, inside = arns(bucket.name)
    of_object = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
    if bucket.lock_days is not None:
        of_object += ["s3:GetObjectLegalHold", "s3:GetObjectRetention"]
    copies = [arns(copy.bucket)[1] for copy in bucket.copies_to]
    others = [copy for copy in bucket.copies_to if copy.account != bucket.account] if bucket.own_key else []
    return document(
        [
            _allow("Configuration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], whole),
            _allow("Versions", sorted(of_object), inside),
            _allow("Copies", list(COPYING), copies[0] if len(copies) == 1 else copies),
            *(_key_of(copy, number) for number, copy in enumerate(others, 1)),
        ]
    )


def _key_of(copy: Copy, number: int) -> dict[str, Any]:
    """The use of another account's key, which is known by its alias: by way of S3, for this bucket's copy only."""
    keys = f"arn:aws:kms:{copy.region}:{copy.account}:key/*"
    condition = {
        "StringEquals": {"kms:ViaService": f"s3.{copy.region}.amazonaws.com"},
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{copy.bucket}"},
    }
    return {**_allow(f"KeyOfCopy{number}", list(CLOSING), keys), "Condition": condition}


def _allow(sid: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def make_copier(
    bucket: CloudBucket, tags: Mapping[str, str], options: pulumi.ResourceOptions
) -> tuple[iam.Role, iam.RolePolicy]:
    """The role in which S3 copies a bucket, and what may be done in it.

    Parameters
    ----------
    bucket
        What the dataset needs.
    tags
        Whose it is.
    options
        Of what belongs to the component.
    """
    name = role_name(bucket.name, REPLICATION)
    role = iam.Role(
        name,
        iam.RoleArgs(
            name=name,
            description=f"copies of {bucket.location.partition('@')[0]}",
            assume_role_policy=json.dumps(role_trust()),
            tags=tags,
        ),
        options,
    )
    may = json.dumps(role_policy(bucket))
    return role, iam.RolePolicy(name, iam.RolePolicyArgs(name="copies", role=role.name, policy=may), options)


def start(copying: Copying) -> None:
    """Take note of a bucket that is to be copied, once its copies are registered."""
    _started.setdefault(get_monitor(), {})[copying.bucket.name] = copying


def copier_of(bucket: CloudBucket) -> list[pulumi.Resource]:
    """What has to be there before policies of a copy name the role of the copies; nothing if it is none."""
    source = _source(bucket)
    return [*source.after] if source else []


def take_copies(bucket: CloudBucket, key: kms.Key | None, after: Iterable[pulumi.Resource]) -> None:
    """Let S3 copy into a bucket; it begins once all copies of its source are registered.

    Parameters
    ----------
    bucket
        What the dataset needs of the copy.
    key
        Its own key, with which its objects are encrypted; None for the service's.
    after
        What the copy has to have before.
    """
    source = _source(bucket)
    if source is None:
        return
    source.rules.append(_rule(bucket, key, len(source.rules) + 1))
    source.after += after
    if len(source.rules) == len(source.bucket.copies_to):
        role = role_arn(source.bucket.account, source.bucket.name, REPLICATION)
        s3.BucketReplicationConfig(
            source.name,
            s3.BucketReplicationConfigArgs(bucket=source.made.bucket, role=role, rules=source.rules),
            pulumi.ResourceOptions.merge(source.options, pulumi.ResourceOptions(depends_on=source.after)),
        )


def _source(bucket: CloudBucket) -> Copying | None:
    return _started.get(get_monitor(), {}).get(bucket.copy_of.bucket) if bucket.copy_of else None


def _rule(bucket: CloudBucket, key: kms.Key | None, priority: int) -> s3.BucketReplicationConfigRuleArgs:
    """Copy whatever is written, encrypted with the copy's own key where it has one; deletions are not copied."""
    encryption = s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs
    criteria = s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs
    chosen = s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs
    return s3.BucketReplicationConfigRuleArgs(
        id=bucket.store,
        status="Enabled",
        priority=priority,
        filter=s3.BucketReplicationConfigRuleFilterArgs(),
        delete_marker_replication=s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(status="Disabled"),
        source_selection_criteria=criteria(sse_kms_encrypted_objects=chosen(status="Enabled")) if key else None,
        destination=s3.BucketReplicationConfigRuleDestinationArgs(
            bucket=f"arn:aws:s3:::{bucket.name}",
            encryption_configuration=encryption(replica_kms_key_id=key.arn) if key else None,
        ),
    )
