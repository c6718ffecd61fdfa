"""The bucket for logs and reports of an account of AWS: no place for data, where it is certainly closed.

A tag alone would be a way round the rules. So a bucket that says it is the one counts as such only with the name that
it has to have, blocked, and read by nobody but people of the lab; services of AWS write into it. Any other is a place
for data that nothing is known of, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slidebox.clouds import AUDIT_TAG, audit_name
from slidebox.model import StoreKind
from slidebox.preview.aws_buckets import AwsBucket
from slidebox.preview.declared import Declared

_SERVICES = frozenset(
    f"account:service {name}.amazonaws.com"
    for name in ("bcm-data-exports", "cloudtrail", "delivery.logs", "logging.s3", "s3", "storage-lens.s3")
)
"""The services of AWS that write logs and reports."""


def is_audit(bucket: AwsBucket, location: Mapping[str, Any], declared: Declared) -> bool:
    """Whether a bucket is the one for logs and reports of a store, and nobody else gets into it.

    Parameters
    ----------
    bucket
        The bucket, with all that is said about it.
    location
        What has been read of it as if it had data.
    declared
        What the stack carries of the lab's declarations.
    """
    store = str(bucket.labels.get(AUDIT_TAG, "")) if bucket.made else ""
    if not store or bucket.claim or declared.entry("stores", store).get("kind") != StoreKind.AWS:
        return False
    closed = location["has"]["public_access_block"] is True and location["has"]["encrypted_transport"] is True
    named = bucket.name == audit_name(declared.lab, store)
    return named and closed and not location["wildcards"] and all(map(_may, location["readers"]))


def _may(reader: Mapping[str, Any]) -> bool:
    """Whether somebody only reads and is of the lab, or only writes and is a service that writes logs."""
    kind, _, _ = reader["principal"].partition(":")
    if reader["principal"] in _SERVICES:
        return bool(reader["actions"] == ["write"])
    return kind in ("person", "team") and bool(reader["actions"] == ["read"])
