"""Who may do what, in the stores' own terms: policies of users and buckets, modes of folders. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.model import Role

# Reading includes listing: a reader has to find what it reads, and put continues a broken upload by looking.
_READ_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions")
_READ_OBJECT = ("s3:GetObject", "s3:GetObjectVersion")
_WRITE_BUCKET = ("s3:ListBucketMultipartUploads",)
_WRITE_OBJECT = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")
_DELETE_OBJECT = ("s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion")

S3_ACTIONS: Mapping[Role, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Role.READER: (_READ_BUCKET, _READ_OBJECT),
    Role.CONTRIBUTOR: (_READ_BUCKET + _WRITE_BUCKET, _READ_OBJECT + _WRITE_OBJECT),
    Role.STEWARD: (_READ_BUCKET + _WRITE_BUCKET, _READ_OBJECT + _WRITE_OBJECT + _DELETE_OBJECT),
}
"""What a role may do with a bucket, and with the objects in it."""

_VERSION = "2012-10-17"
_LONGEST_USER = 64  # AWS IAM, "Name requirements and limits"
_HASH_LENGTH = 8


def user_name(project: str, principal: str) -> str:
    """Name of the user of one principal in one project: ``slidebox-PROJECT-NAME``.

    A name that is too long ends in eight digits of the SHA-256 of the whole instead.
    """
    kind, _, name = principal.partition(":")
    whole = f"slidebox-{project}-{name}"
    if len(whole) <= _LONGEST_USER:
        return whole
    tail = hashlib.sha256(f"{project}/{kind}/{name}".encode()).hexdigest()[:_HASH_LENGTH]
    return f"{whole[: _LONGEST_USER - _HASH_LENGTH - 1].rstrip('-')}-{tail}"


def user_policy(roles: Mapping[str, Iterable[Role]]) -> dict[str, Any]:
    """What a user may do, and nothing else: least privilege, bucket by bucket.

    Parameters
    ----------
    roles
        The roles it has, by bucket.
    """
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for bucket, held in sorted(roles.items()):
        of_bucket = tuple(sorted({action for role in held for action in S3_ACTIONS[role][0]}))
        of_object = tuple(sorted({action for role in held for action in S3_ACTIONS[role][1]}))
        groups.setdefault((of_bucket, of_object), []).append(bucket)
    statements = []
    for (of_bucket, of_object), buckets in sorted(groups.items()):
        arns = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
        statements.append({"Effect": "Allow", "Action": list(of_bucket), "Resource": arns})
        statements.append({"Effect": "Allow", "Action": list(of_object), "Resource": [f"{arn}/*" for arn in arns]})
    return {"Version": _VERSION, "Statement": statements}


def bucket_policy(bucket: str, *, public: bool) -> dict[str, Any] | None:
    """The policy of a bucket: anyone may read a public one; any other opens only by its users' own policies."""
    if not public:
        return None
    arn = f"arn:aws:s3:::{bucket}"
    anyone = {"Effect": "Allow", "Principal": "*"}
    return {
        "Version": _VERSION,
        "Statement": [
            {"Sid": "AnyoneLists", **anyone, "Action": ["s3:ListBucket"], "Resource": [arn]},
            {"Sid": "AnyoneReads", **anyone, "Action": ["s3:GetObject"], "Resource": [f"{arn}/*"]},
        ],
    }


def folder_mode(*, group: str | None, public: bool, writers: bool, irreplaceable: bool = False) -> str:
    """The mode of a folder.

    A shared folder hands its group to what is put into it (set-group-ID). Without a declared group
    only the account that runs slidebox gets in: its own group may be everybody's, as on macOS.

    Parameters
    ----------
    group
        The declared group.
    public
        Whether anyone may read.
    writers
        Whether members of the group add data.
    irreplaceable
        Whether the data cannot be made again: members then do not delete what others have added (sticky bit).
    """
    others = 5 if public else 0
    if group is None:
        return f"07{others}{others}"
    return f"{3 if irreplaceable else 2}7{7 if writers else 5}{others}"
