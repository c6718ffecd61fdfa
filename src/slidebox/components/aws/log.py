"""What is written down about a bucket: who read what, and what is in it."""

from __future__ import annotations

import pulumi
from pulumi_aws import s3

from slidebox.clouds import CloudBucket

ACCESS = "access"
"""The folder of the audit bucket with the access logs, each bucket's in one of its own."""
INVENTORY = "inventory"
"""The folder of the audit bucket with the inventories."""
INVENTORY_NAME = "slidebox"
"""What each bucket's inventory is called."""

_FIELDS = (
    "Size",
    "LastModifiedDate",
    "StorageClass",
    "ETag",
    "IsMultipartUploaded",
    "ReplicationStatus",
    "EncryptionStatus",
    "BucketKeyStatus",
    "ObjectLockMode",
    "ObjectLockRetainUntilDate",
    "ObjectLockLegalHoldStatus",
    "ChecksumAlgorithm",
)
"""What an inventory says of each object beside its name and version."""


def log_access(name: str, bucket: CloudBucket, made: s3.Bucket, options: pulumi.ResourceOptions) -> s3.BucketLogging:
    """Log each request into the audit bucket, one folder a day."""
    by_day = s3.BucketLoggingTargetObjectKeyFormatPartitionedPrefixArgs(partition_date_source="EventTime")
    return s3.BucketLogging(
        name,
        s3.BucketLoggingInitArgs(
            bucket=made.bucket,
            target_bucket=bucket.audit,
            target_prefix=f"{ACCESS}/{bucket.name}/",
            target_object_key_format=s3.BucketLoggingTargetObjectKeyFormatArgs(partitioned_prefix=by_day),
        ),
        options,
    )


def take_inventory(name: str, bucket: CloudBucket, made: s3.Bucket, options: pulumi.ResourceOptions) -> s3.Inventory:
    """Write down once a week what the bucket holds, earlier versions too, as Parquet in the audit bucket."""
    audit = s3.InventoryDestinationBucketArgs(
        bucket_arn=f"arn:aws:s3:::{bucket.audit}",
        account_id=bucket.account,
        format="Parquet",
        prefix=INVENTORY,
    )
    return s3.Inventory(
        name,
        s3.InventoryArgs(
            bucket=made.bucket,
            name=INVENTORY_NAME,
            included_object_versions="All",
            schedule=s3.InventoryScheduleArgs(frequency="Weekly"),
            destination=s3.InventoryDestinationArgs(bucket=audit),
            optional_fields=list(_FIELDS),
        ),
        options,
    )
