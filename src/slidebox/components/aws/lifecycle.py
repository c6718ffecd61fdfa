"""What happens to a bucket's objects by themselves, within S3's own rules.

Source: Amazon S3 User Guide, "Lifecycle configuration elements" and "Transitioning objects using Amazon S3
Lifecycle", as of 2026-11: objects stay 30 days before Standard-IA, and expire after their last move.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pulumi_aws import s3

from slidebox.clouds import CloudBucket

CLASSES: Mapping[str, str] = {
    "intelligent_tiering": "INTELLIGENT_TIERING",
    "infrequent": "STANDARD_IA",
    "archive": "GLACIER_IR",
    "deep_archive": "DEEP_ARCHIVE",
}
"""Amazon's classes by Table 1's names; objects arrive in the standard class."""

LEAST_BYTES = 128 * 1024
"""What the cheaper classes bill at least for each object, or watch: a smaller one stays where it is."""

_LEAST_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30}


@dataclass(frozen=True, slots=True)
class Move:
    """A move to another class.

    Attributes
    ----------
    days
        Age of an object at which it moves.
    storage_class
        Amazon's name of the class.
    """

    days: int
    storage_class: str


def moves(bucket: CloudBucket) -> tuple[Move, ...]:
    """The moves that S3 takes: not too early, one after another, and before the objects expire."""
    found: list[Move] = []
    for transition in sorted(bucket.transitions, key=lambda move: move.days):
        name = CLASSES.get(transition.storage_class)
        if name is None:
            continue
        days = max(transition.days, _LEAST_DAYS.get(name, 0), found[-1].days + 30 if found else 0)
        if bucket.expire_days is None or days < bucket.expire_days:
            found.append(Move(days, name))
    return tuple(found)


def rules(bucket: CloudBucket) -> list[s3.BucketLifecycleConfigurationRuleArgs]:
    """The rules of a bucket's lifecycle configuration."""
    return list(_rules(bucket))


def _rules(bucket: CloudBucket) -> Iterator[s3.BucketLifecycleConfigurationRuleArgs]:
    if bucket.abort_days is not None:
        broken = s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=bucket.abort_days
        )
        yield _rule("uploads", abort_incomplete_multipart_upload=broken)
    if bucket.noncurrent_days is not None and bucket.versioning:
        old = s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(noncurrent_days=bucket.noncurrent_days)
        yield _rule("versions", noncurrent_version_expiration=old)
    if bucket.expire_days is not None:
        expiry = s3.BucketLifecycleConfigurationRuleExpirationArgs(days=bucket.expire_days)
        yield _rule("expiry", expiration=expiry)
    if found := moves(bucket):
        # "Greater than" is strict in S3.
        large = s3.BucketLifecycleConfigurationRuleFilterArgs(object_size_greater_than=LEAST_BYTES - 1)
        listed = [
            s3.BucketLifecycleConfigurationRuleTransitionArgs(days=move.days, storage_class=move.storage_class)
            for move in found
        ]
        yield _rule("classes", large, transitions=listed)


def _rule(
    name: str,
    about: s3.BucketLifecycleConfigurationRuleFilterArgs | None = None,
    *,
    abort_incomplete_multipart_upload: s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs
    | None = None,
    noncurrent_version_expiration: s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs | None = None,
    expiration: s3.BucketLifecycleConfigurationRuleExpirationArgs | None = None,
    transitions: list[s3.BucketLifecycleConfigurationRuleTransitionArgs] | None = None,
) -> s3.BucketLifecycleConfigurationRuleArgs:
    """A rule in force, about all objects unless something else is said."""
    return s3.BucketLifecycleConfigurationRuleArgs(
        id=name,
        status="Enabled",
        filter=about or s3.BucketLifecycleConfigurationRuleFilterArgs(),
        abort_incomplete_multipart_upload=abort_incomplete_multipart_upload,
        noncurrent_version_expiration=noncurrent_version_expiration,
        expiration=expiration,
        transitions=transitions,
    )
