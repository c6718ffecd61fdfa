"""Every policy of a dataset's bucket: of its roles, of itself and of its key. Pure.

All are written with names instead of the resources' ARNs: so they are known before anything is made, and the rules
judge them at the preview.

Sources: Amazon S3 User Guide, "Bucket policy examples" and "Using server-side encryption with AWS KMS keys"; AWS KMS
Developer Guide, "Key policies"; AWS IAM User Guide, "IAM and AWS STS quotas", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slidebox.clouds import CloudBucket, Copy, Grant
from slidebox.components.aws.identities import Trusted, statement, trusted
from slidebox.components.grants import S3_ACTIONS
from slidebox.model import Role

Document = dict[str, Any]

VERSION = "2012-10-17"
LONGEST_ROLE = 64
_HASH_LENGTH = 8

REPLICATION = "replication"
"""The role in which S3 copies a bucket, beside those in which people work."""
COPYING = ("s3:ReplicateObject", "s3:ReplicateTags")
"""What S3 does with a copy: it writes, and does not delete."""
CLOSING = ("kms:Encrypt", "kms:GenerateDataKey")
"""What S3 does with the key of a copy."""

_DELETIONS = ("s3:DeleteObject", "s3:DeleteObjectVersion")
_BYPASS = "s3:BypassGovernanceRetention"

_KEY_USE: Mapping[Role, tuple[str, ...]] = {
    Role.READER: ("kms:Decrypt",),
    # An upload in parts reads what it has written.
    Role.CONTRIBUTOR: ("kms:Decrypt", "kms:GenerateDataKey"),
    Role.STEWARD: ("kms:Decrypt", "kms:GenerateDataKey"),
}
_KEY_CARE = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""What whoever administers the account may do with the key: look after it, and neither encrypt nor decrypt."""


def document(statements: Iterable[Mapping[str, Any]]) -> Document:
    """A policy of some statements."""
    return {"Version": VERSION, "Statement": [dict(one) for one in statements]}


def arns(bucket: str) -> list[str]:
    """A bucket and all that is in it."""
    return [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def role_name(bucket: str, role: str) -> str:
    """Name of the role in which somebody works with a bucket: ``BUCKET-ROLE``.

    A name that is too long ends in eight digits of the SHA-256 of the whole instead.
    """
    whole = f"{bucket}-{role}"
    if len(whole) <= LONGEST_ROLE:
        return whole
    tail = hashlib.sha256(f"{bucket}/{role}".encode()).hexdigest()[:_HASH_LENGTH]
    head = bucket[: LONGEST_ROLE - _HASH_LENGTH - len(role) - 2].rstrip("-.")
    return f"{head}-{role}-{tail}"


def role_arn(account: str, bucket: str, role: str) -> str:
    """The ARN of that role."""
    return f"arn:aws:iam::{account}:role/{role_name(bucket, role)}"


def copier_arn(source: Copy) -> str:
    """The ARN of the role in which S3 copies a bucket elsewhere."""
    return role_arn(source.account, source.bucket, REPLICATION)


def external_id(location: str) -> str:
    """What somebody of another account has to say to take a role on: ``project/level@store``.

    The location without its term, so that nobody has to be told when data come to rest.
    """
    dataset, _, store = location.split("@")
    return f"{dataset}@{store}"


# Who may take a role on, and what they may do in it


def held(grants: Iterable[Grant]) -> dict[Role, tuple[Grant, ...]]:
    """The grants of each role that somebody has."""
    listed = tuple(grants)
    found = {role: tuple(grant for grant in listed if grant.role is role) for role in Role}
    return {role: some for role, some in found.items() if some}


def trust_policy(grants: Iterable[Grant], account: str, said: str) -> Document:
    """Who may take a role on, until when.

    Who ends on one day and comes in one way is in one statement: a trust policy has 2,048 characters.

    Parameters
    ----------
    grants
        All of one role.
    account
        The account of the role.
    said
        What somebody of another account has to say (`external_id`).
    """
    alike: dict[tuple[Any, ...], tuple[Trusted, dt.date | None, list[str], list[str]]] = {}
    for grant in grants:
        one = trusted(grant.identity, grant.principal, account, said)
        key = (one.action, *sorted(one.equals.items()), grant.until, one.name if one.kind == "Federated" else "")
        _, _, names, principals = alike.setdefault(key, (one, grant.until, [], []))
        names += [one.name] if one.name not in names else []
        principals += [grant.principal] if grant.principal not in principals else []
    sids: dict[str, int] = {}
    statements = []
    for one, until, names, principals in alike.values():
        sid = _sid(principals)
        sids[sid] = sids.get(sid, 0) + 1
        numbered = sid if sids[sid] == 1 else f"{sid}{sids[sid]}"
        statements.append(statement(one, sorted(names), numbered, ending(until)))
    return document(statements)


def _sid(principals: list[str]) -> str:
    """A name of letters and digits for a statement about some people, teams or services."""
    if len(principals) > 1:
        return "Several"
    return "".join(word.capitalize() for word in principals[0].replace(":", "-").split("-"))


def ending(until: dt.date | None) -> dict[str, dict[str, str]]:
    """The condition by which access ends by itself, at the beginning of a day; none where it has no end."""
    return {"DateLessThan": {"aws:CurrentTime": f"{until.isoformat()}T00:00:00Z"}} if until else {}


def last_day(grants: Iterable[Grant]) -> dt.date | None:
    """The first day on which none of some grants holds any more; None where one has no end."""
    ends = [grant.until for grant in grants]
    known = [day for day in ends if day is not None]
    return max(known) if known and len(known) == len(ends) else None


def role_policy(bucket: str, role: Role, until: dt.date | None = None, *, locked: bool = False) -> Document:
    """What somebody in a role may do with a bucket, and nothing else.

    Parameters
    ----------
    bucket
        Its name.
    role
        The role.
    until
        The first day on which nobody has it any more.
    locked
        Whether objects are locked: only then a steward needs to get round the lock.
    """
    of_bucket, of_object = S3_ACTIONS[role]
    whole, inside = arns(bucket)
    condition = ending(until)
    when = {"Condition": condition} if condition else {}
    objects = sorted(action for action in of_object if locked or action != _BYPASS)
    return document(
        [
            {"Sid": "Bucket", "Effect": "Allow", "Action": sorted(of_bucket), "Resource": whole, **when},
            {"Sid": "Objects", "Effect": "Allow", "Action": objects, "Resource": inside, **when},
        ]
    )


# The bucket and its key


def bucket_policy(bucket: CloudBucket) -> Document:
    """What holds for everybody: no plain transport, no other encryption, and nobody without a role where not public."""
    _, inside = arns(bucket.name)
    statements: list[dict[str, Any]] = [only_encrypted_transport(bucket.name)]
    if bucket.own_key:
        # Without a header the bucket's own key is used: any header asks for something else.
        statements += [
            _no_header("OnlyTheBucketsKey", inside, "s3:x-amz-server-side-encryption"),
            _no_header("NoKeysOfClients", inside, "s3:x-amz-server-side-encryption-customer-algorithm"),
        ]
    if bucket.hold:
        held_back = {"Sid": "OnHold", "Effect": "Deny", "Principal": "*"}
        statements.append({**held_back, "Action": [_BYPASS, *_DELETIONS], "Resource": inside})
    if bucket.public:
        anyone = {"Sid": "AnyoneReads", "Effect": "Allow", "Principal": "*"}
        statements.append({**anyone, "Action": "s3:GetObject", "Resource": inside})
    if bucket.copy_of and bucket.copy_of.account != bucket.account:
        # Within one account the role's own policy is enough.
        copied = {"Sid": "CopiedToHere", "Effect": "Allow", "Principal": {"AWS": copier_arn(bucket.copy_of)}}
        statements.append({**copied, "Action": list(COPYING), "Resource": inside})
    return document(statements)


def only_encrypted_transport(bucket: str) -> dict[str, Any]:
    """The statement that denies everybody everything that comes without TLS."""
    return {
        "Sid": "OnlyEncryptedTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": arns(bucket),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _no_header(sid: str, resource: str, header: str) -> dict[str, Any]:
    denied = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": resource}
    return {**denied, "Condition": {"Null": {header: "false"}}}


def key_policy(bucket: CloudBucket) -> Document:
    """Who uses the bucket's key: those in its roles, by way of S3; and who looks after it."""
    care = {"Sid": "Care", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{bucket.account}:root"}}
    statements: list[dict[str, Any]] = [{**care, "Action": list(_KEY_CARE), "Resource": "*"}]
    by_s3 = {"StringEquals": {"kms:ViaService": f"s3.{bucket.region}.amazonaws.com"}}
    for role, grants in held(bucket.grants).items():
        statements.append(
            {
                "Sid": role.value.capitalize(),
                "Effect": "Allow",
                "Principal": {"AWS": role_arn(bucket.account, bucket.name, role.value)},
                "Action": list(_KEY_USE[role]),
                "Resource": "*",
                "Condition": {**by_s3, **ending(last_day(grants))},
            }
        )
    return document([*statements, *_copying_with_key(bucket, by_s3)])


def _copying_with_key(bucket: CloudBucket, by_s3: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What S3 may do with the key to copy: open what is copied from here, and close what is copied to here."""
    said = {"Effect": "Allow", "Resource": "*", "Condition": dict(by_s3)}
    if bucket.copies_to:
        role = role_arn(bucket.account, bucket.name, REPLICATION)
        yield {"Sid": "CopiedFromHere", "Principal": {"AWS": role}, "Action": ["kms:Decrypt"], **said}
    if bucket.copy_of:
        role = copier_arn(bucket.copy_of)
        yield {"Sid": "CopiedToHere", "Principal": {"AWS": role}, "Action": list(CLOSING), **said}
