"""Who can read an S3 bucket by its access control list.

Source: Amazon S3 User Guide, "Access control list (ACL) overview", as of 2026-11. A list of a bucket
speaks of listing it and of writing into it; whoever may change the list may give itself the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access.reader import ACTIONS, ANY_ACCOUNT, ANYONE, UNKNOWN, Reader, account, merged

_CANNED: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "private": (),
    "public-read": ((ANYONE, ("read",)),),
    "public-read-write": ((ANYONE, ACTIONS),),
    "authenticated-read": ((ANY_ACCOUNT, ("read",)),),
    "aws-exec-read": ((account("service ec2"), ("read",)),),
    "bucket-owner-read": (),
    "bucket-owner-full-control": (),
    "log-delivery-write": ((account("service log delivery"), ("write",)),),
}
_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": ANYONE,
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": ANY_ACCOUNT,
    "http://acs.amazonaws.com/groups/s3/LogDelivery": account("service log delivery"),
    # versitygw's own name for all users; it is no address.
    "all-users": ANYONE,
}
_PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "READ": ("read",),
    "WRITE": ("write", "delete"),
    "READ_ACP": (),
    "WRITE_ACP": ACTIONS,
    "FULL_CONTROL": ACTIONS,
}
PUBLIC = frozenset({ANYONE, ANY_ACCOUNT})
"""Principals whose grants a bucket ignores that ignores public lists."""


def canned_readers(name: object, path: tuple[str, ...] = ()) -> tuple[Reader, ...]:
    """Who has access by a list that is named, such as ``public-read``; somebody unknown by one that is not known."""
    if name is None:
        return ()
    granted = _CANNED.get(name) if isinstance(name, str) else None
    if granted is None:
        return (Reader(UNKNOWN, ACTIONS, (*path, f"{name!r} is not known")),)
    return merged(Reader(who, actions, (*path, str(name))) for who, actions in granted)


def grant_readers(grants: object, owner: object = None, path: tuple[str, ...] = ()) -> tuple[Reader, ...]:
    """Who has access by a list of grants.

    Parameters
    ----------
    grants
        Each with a grantee (``type``, ``uri`` or ``id``) of its own or inside ``grantee``, and a
        ``permission`` or several ``permissions``.
    owner
        The canonical id of the bucket's owner, who is not listed.
    path
        What comes before the grant in each reader's path.
    """
    if grants is None:
        return ()
    if not isinstance(grants, Iterable) or isinstance(grants, str | Mapping):
        return (Reader(UNKNOWN, ACTIONS, (*path, "the grants cannot be read")),)
    return merged(reader for grant in grants for reader in _of_grant(grant, owner, path))


def _of_grant(grant: object, owner: object, path: tuple[str, ...]) -> Iterable[Reader]:
    if not isinstance(grant, Mapping):
        return (Reader(UNKNOWN, ACTIONS, (*path, "a grant cannot be read")),)
    grantee = grant.get("grantee", grant)
    who = _grantee(grantee if isinstance(grantee, Mapping) else {})
    if owner is not None and who == account(f"canonical user {owner}"):
        return ()
    said = grant.get("permissions", [grant.get("permission")])
    names = said if isinstance(said, list) else [said]
    return [
        Reader(who, actions, (*path, f"grant of {name}"))
        for name in names
        if (actions := _PERMISSIONS.get(str(name), ACTIONS))
    ]


def _grantee(grantee: Mapping[Any, Any]) -> str:
    kind, uri, identity = (grantee.get(key) for key in ("type", "uri", "id"))
    if kind == "Group" or (uri and kind is None):
        return _GROUPS.get(str(uri or identity), UNKNOWN)
    return account(f"canonical user {identity}") if kind == "CanonicalUser" and identity else UNKNOWN
