"""The settings that every bucket of AWS has, each of them a resource of its own in pulumi-aws."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import kms, s3


def block_public_access(
    name: str, bucket: s3.Bucket, options: pulumi.ResourceOptions, *, public: bool = False
) -> s3.BucketPublicAccessBlock:
    """Block public access; of a public bucket only by lists, as it is opened by its policy."""
    return s3.BucketPublicAccessBlock(
        name,
        s3.BucketPublicAccessBlockArgs(
            bucket=bucket.bucket,
            block_public_acls=True,
            ignore_public_acls=True,
            block_public_policy=not public,
            restrict_public_buckets=not public,
        ),
        options,
    )


def own_objects(name: str, bucket: s3.Bucket, options: pulumi.ResourceOptions) -> s3.BucketOwnershipControls:
    """All objects are the bucket owner's, and access control lists count for nothing."""
    rule = s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced")
    return s3.BucketOwnershipControls(name, s3.BucketOwnershipControlsArgs(bucket=bucket.bucket, rule=rule), options)


def keep_versions(
    name: str, bucket: s3.Bucket, options: pulumi.ResourceOptions, *, kept: bool = True
) -> s3.BucketVersioning:
    """Keep earlier versions, or stop it: what was kept before stays."""
    configuration = s3.BucketVersioningVersioningConfigurationArgs(status="Enabled" if kept else "Suspended")
    return s3.BucketVersioning(
        name, s3.BucketVersioningInitArgs(bucket=bucket.bucket, versioning_configuration=configuration), options
    )


def encrypt(
    name: str, bucket: s3.Bucket, options: pulumi.ResourceOptions, key: kms.Key | None = None
) -> s3.BucketServerSideEncryptionConfiguration:
    """Encrypt whatever is written, with a key of its own or with the service's."""
    default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms" if key else "AES256", kms_master_key_id=key.arn if key else None
    )
    rule = s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default,
        # One call of the key for many objects: a plate of images would else cost thousands.
        bucket_key_enabled=True if key else None,
    )
    return s3.BucketServerSideEncryptionConfiguration(
        name, s3.BucketServerSideEncryptionConfigurationInitArgs(bucket=bucket.bucket, rules=[rule]), options
    )


def attach_policy(
    name: str,
    bucket: s3.Bucket,
    policy: Mapping[str, Any],
    after: Sequence[pulumi.Resource],
    options: pulumi.ResourceOptions,
) -> s3.BucketPolicy:
    """Give a bucket its policy, once its block is there, as a public one is refused before, and whom it names."""
    return s3.BucketPolicy(
        name,
        s3.BucketPolicyArgs(bucket=bucket.bucket, policy=json.dumps(policy)),
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=list(after))),
    )


def lock_objects(
    name: str, bucket: s3.Bucket, days: int, versions: s3.BucketVersioning, options: pulumi.ResourceOptions
) -> s3.BucketObjectLockConfiguration:
    """Lock each new object for some days; S3 locks only where versions are kept."""
    retention = s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(mode="GOVERNANCE", days=days)
    rule = s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention)
    return s3.BucketObjectLockConfiguration(
        name,
        s3.BucketObjectLockConfigurationInitArgs(bucket=bucket.bucket, rule=rule),
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[versions])),
    )


def tidy_by_itself(
    name: str,
    bucket: s3.Bucket,
    rules: list[s3.BucketLifecycleConfigurationRuleArgs],
    versions: s3.BucketVersioning,
    options: pulumi.ResourceOptions,
) -> s3.BucketLifecycleConfiguration:
    """Give a bucket its lifecycle, once it is settled whether versions are kept."""
    return s3.BucketLifecycleConfiguration(
        name,
        s3.BucketLifecycleConfigurationArgs(bucket=bucket.bucket, rules=rules),
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[versions])),
    )
