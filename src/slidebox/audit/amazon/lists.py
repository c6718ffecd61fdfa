"""Access control lists as Terraform and Pulumi declare them, as S3 answers them. Pure.

Source: Amazon S3 User Guide, "Access control list (ACL) overview", canned ACLs, as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon.item import LATER, block, blocks, said, settled, texts

OWNER: Final = "owner"
"""In place of the owner's canonical id, where nothing says it."""
_GROUPS: Final = "http://acs.amazonaws.com/groups"
_EVERYBODY: Final = f"{_GROUPS}/global/AllUsers"
_EC2: Final = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
_CANNED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "private": (),
    "public-read": ((_EVERYBODY, "READ"),),
    "public-read-write": ((_EVERYBODY, "READ"), (_EVERYBODY, "WRITE")),
    "authenticated-read": ((f"{_GROUPS}/global/AuthenticatedUsers", "READ"),),
    "aws-exec-read": ((_EC2, "READ"),),
    "bucket-owner-read": (),
    "bucket-owner-full-control": (),
    "log-delivery-write": ((f"{_GROUPS}/s3/LogDelivery", "WRITE"), (f"{_GROUPS}/s3/LogDelivery", "READ_ACP")),
}


def nobody_else(owner: str = OWNER) -> dict[str, Any]:
    """The list of a bucket that only its owner is in."""
    return _list(owner, [])


def canned(name: str, owner: str = OWNER) -> dict[str, Any]:
    """The list that a name stands for."""
    if name == UNKNOWN:
        return unread(LATER)
    if name not in _CANNED:
        return unread("a list of access is named that is not known")
    return _list(owner, [_grant(_whom(who), permission) for who, permission in _CANNED[name]])


def declared(values: Mapping[str, Any]) -> Any:
    """The list of an item: by its name, or by its grants; None where it says nothing of one."""
    policy = block(values, "access_control_policy")
    if policy == UNKNOWN or said(values, "grant") == UNKNOWN:
        return unread(LATER)
    if isinstance(policy, Mapping):
        owner = said(block(policy, "owner"), "id")
        return _list(owner or OWNER, [_of_block(one) for one in blocks(policy, "grant")])
    if grants := blocks(values, "grant"):
        return _list(_owner_in(grants), [grant for one in grants for grant in _of_old(one)])
    name = said(values, "acl")
    return None if name is None else canned(str(name))


def _of_block(one: Any) -> dict[str, Any]:
    """A grant of ``aws_s3_bucket_acl``."""
    if one == UNKNOWN:
        return unread(LATER)
    return _grant(_grantee(block(one, "grantee")), said(one, "permission"))


def _of_old(one: Any) -> list[dict[str, Any]]:
    """The grants of a block of the bucket itself, which has several permissions."""
    if one == UNKNOWN:
        return [unread(LATER)]
    return [_grant(_grantee(one), permission) for permission in texts(one, "permissions")]


def _owner_in(grants: list[Any]) -> str:
    """The owner in the list of a bucket itself, where one grantee alone has full control; the list does not say it."""
    full = {
        str(said(one, "id"))
        for one in grants
        if isinstance(one, Mapping)
        and said(one, "type") == "CanonicalUser"
        and "FULL_CONTROL" in texts(one, "permissions")
    }
    return full.pop() if len(full) == 1 else OWNER


def _grantee(values: Any) -> dict[str, Any]:
    if values == UNKNOWN or not isinstance(values, Mapping):
        return unread(LATER)
    names = {"type": "Type", "id": "ID", "uri": "URI", "email_address": "EmailAddress"}
    return {called: settled(said(values, name)) for name, called in names.items() if said(values, name) is not None}


def _whom(who: str) -> dict[str, str]:
    return {"Type": "Group", "URI": who} if "/" in who else {"Type": "CanonicalUser", "ID": who}


def _grant(grantee: Mapping[str, Any], permission: Any) -> dict[str, Any]:
    return {"Grantee": dict(grantee), "Permission": settled(permission)}


def _list(owner: Any, grants: list[dict[str, Any]]) -> dict[str, Any]:
    own = _grant({"Type": "CanonicalUser", "ID": settled(owner)}, "FULL_CONTROL")
    return {"Owner": {"ID": settled(owner)}, "Grants": [own, *grants]}
