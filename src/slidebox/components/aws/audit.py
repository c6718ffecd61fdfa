"""Policies of what an account has once for all its buckets: logs, inventories and messages about money. Pure.

The audit bucket is not locked by S3's own object lock: a bucket with one takes no access logs. What is in it is kept
by its policy instead, which lets nobody delete.

Sources: Amazon S3 User Guide, "Object Lock considerations", "Enabling Amazon S3 server access logging", "Configuring
Amazon S3 Inventory" and "Setting Amazon S3 Storage Lens permissions"; AWS Data Exports User Guide, "Setting up an
Amazon S3 bucket for data exports"; AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail"; AWS Cost
Management User Guide, "Creating an Amazon SNS topic for budget notifications", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slidebox.components.aws.log import ACCESS, INVENTORY
from slidebox.components.aws.policy import Document, arns, document, only_encrypted_transport

AUDITOR = "auditor"
"""The role that reads the audit bucket."""
TRAIL = "trail"
"""The folder of the audit bucket with what CloudTrail writes."""
LENS = "lens"
"""The folder of the audit bucket with what S3 Storage Lens writes."""
COST = "cost"
"""The folder of the audit bucket with what the account costs."""

_OWNED = {"s3:x-amz-acl": "bucket-owner-full-control"}


def audit_policy(
    audit: str, lab: str, account: str, trail: str, auditor: str | None, lens: str | None = None
) -> Document:
    """Who writes and who reads the audit bucket; nobody deletes.

    Parameters
    ----------
    audit
        Its name.
    lab
        The lab, whose buckets' names all begin with its own.
    account
        The account of all of them.
    trail
        The ARN of the trail.
    auditor
        The ARN of the auditors' role; nobody reads where None.
    lens
        The ARN of the account's Storage Lens, if it writes here what the account as a whole says of itself.
    """
    whole, inside = arns(audit)
    from_here = {"aws:SourceAccount": account}
    of_lab = {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{lab}-*"}}
    by_trail = {"StringEquals": {"aws:SourceArn": trail}}
    nobody_else = {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": auditor}}} if auditor else {}
    return document(
        [
            only_encrypted_transport(audit),
            _deny("NobodyDeletes", ["s3:DeleteObject", "s3:DeleteObjectVersion"], inside),
            {**_deny("OnlyAuditorsRead", ["s3:GetObject", "s3:GetObjectVersion"], inside), **nobody_else},
            _writes(
                "AccessLogs", "logging.s3.amazonaws.com", f"{whole}/{ACCESS}/*", {"StringEquals": from_here, **of_lab}
            ),
            _writes(
                "Inventories",
                "s3.amazonaws.com",
                f"{whole}/{INVENTORY}/*",
                {"StringEquals": {**from_here, **_OWNED}, **of_lab},
            ),
            {**_service("TrailAsks", "cloudtrail.amazonaws.com", "s3:GetBucketAcl", whole), "Condition": by_trail},
            _writes(
                "TrailWrites",
                "cloudtrail.amazonaws.com",
                f"{whole}/{TRAIL}/AWSLogs/{account}/*",
                {"StringEquals": {**by_trail["StringEquals"], **_OWNED}},
            ),
            *(_of_account(audit, account, lens) if lens else ()),
        ]
    )


def _of_account(audit: str, account: str, lens: str) -> Iterator[dict[str, Any]]:
    """What the account as a whole says of itself: what is stored in it, and what it costs."""
    whole, inside = arns(audit)
    from_here = {"aws:SourceAccount": account}
    yield _writes(
        "StorageLens",
        "storage-lens.s3.amazonaws.com",
        f"{whole}/{LENS}/StorageLens/{account}/*",
        {"StringEquals": {**from_here, **_OWNED, "aws:SourceArn": lens}},
    )
    exports = f"arn:aws:bcm-data-exports:us-east-1:{account}:export/*"
    # Before it makes an export, the service writes an object outside of its folder, to see whether it may.
    yield _writes(
        "Costs",
        "bcm-data-exports.amazonaws.com",
        inside,
        {"StringEquals": from_here, "ArnLike": {"aws:SourceArn": exports}},
    )


def _deny(sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resource}


def _service(sid: str, service: str, action: str, resource: str) -> dict[str, Any]:
    principal = {"Service": service}
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


def _writes(sid: str, service: str, resource: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {**_service(sid, service, "s3:PutObject", resource), "Condition": condition}


def alerts_policy(topic: str, account: str) -> Document:
    """Who sends messages about money to a topic: the budgets of this account."""
    said = _service("Budgets", "budgets.amazonaws.com", "sns:Publish", topic)
    return document([{**said, "Condition": {"StringEquals": {"aws:SourceAccount": account}}}])
