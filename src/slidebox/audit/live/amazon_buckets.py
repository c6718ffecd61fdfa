"""What S3 says of one bucket: four calls decide who has access, and seven more are for all other rules.

Source: Amazon S3 API Reference, as of 2026-11, with the words for what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.live.amazon_calls import Calls

Setting = tuple[str, str, tuple[str, ...]]
"""The call, the part of its answer (all of it where empty), and the service's words for that there is none."""

DECIDING: Final[Mapping[str, Setting]] = {
    "policy": ("get_bucket_policy", "Policy", ("NoSuchBucketPolicy",)),
    "public_access_block": (
        "get_public_access_block",
        "PublicAccessBlockConfiguration",
        ("NoSuchPublicAccessBlockConfiguration",),
    ),
    "acl": ("get_bucket_acl", "", ()),
    "ownership": ("get_bucket_ownership_controls", "OwnershipControls", ("OwnershipControlsNotFoundError",)),
}
"""What decides who has access to a bucket."""

BESIDE: Final[Mapping[str, Setting]] = {
    "versioning": ("get_bucket_versioning", "", ()),
    "encryption": (
        "get_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        ("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    "lifecycle": ("get_bucket_lifecycle_configuration", "Rules", ("NoSuchLifecycleConfiguration",)),
    "logging": ("get_bucket_logging", "", ()),
    "replication": (
        "get_bucket_replication",
        "ReplicationConfiguration",
        ("ReplicationConfigurationNotFoundError",),
    ),
    "website": ("get_bucket_website", "", ("NoSuchWebsiteConfiguration",)),
    "tags": ("get_bucket_tagging", "TagSet", ("NoSuchTagSet",)),
}
"""What the other rules ask about."""

BLOCK: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_ESSENTIAL: Final[Mapping[str, tuple[str, ...]]] = {
    "acl": ("Owner", "Grants"),
    "ownership": ("Rules",),
    "public_access_block": BLOCK,
    "encryption": ("Rules",),
    "replication": ("Rules",),
}
"""What S3 says in every answer: where it is missing, something else has answered."""


def asked_of(calls: Calls, name: str, region: str, fully: bool) -> dict[str, Any]:
    """What S3 says of a bucket.

    Parameters
    ----------
    calls
        Asks the services.
    name, region
        The bucket.
    fully
        Whether everything is asked for, or only what decides who has access.
    """
    settings = {**DECIDING, **BESIDE} if fully else DECIDING
    found = {
        part: calls.one("s3", call, inside, absent, region, Bucket=name)
        for part, (call, inside, absent) in settings.items()
    }
    found |= {part: whole(found[part], *names) for part, names in _ESSENTIAL.items() if part in found}
    if isinstance(found["policy"], str) and not found["policy"].lstrip().startswith("{"):
        # S3 hands the text of a policy out as it is, and so does whoever answers in its place.
        found["policy"] = unread("the answer is not understood")
    if isinstance(found.get("tags"), list):
        found["tags"] = {one["Key"]: one["Value"] for one in found["tags"]}
    return found


def whole(answer: Any, *names: str) -> Any:
    """An answer that is not understood where one of its essential parts is missing."""
    if answer is None or why_unread(answer) is not None or all(name in answer for name in names):
        return answer
    return unread("the answer is not understood")
