"""Who can do what with a bucket by access control lists, of the bucket and of its objects.

A list of a bucket speaks of listing it, of writing into it and of the list itself; each object may have a list of
its own, which nobody reads for a million objects.

Sources: Amazon S3 User Guide, "Access control list (ACL) overview" and "Controlling ownership of objects and disabling
ACLs for your bucket", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slidebox.access.aws.blocks import Block
from slidebox.access.aws.grants import Grant
from slidebox.access.aws.parts import Part, objects, part, text
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

_GROUPS: Final[Mapping[str, str]] = {
    "http://acs.amazonaws.com/groups/global/AllUsers": ANYONE,
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": ANY_ACCOUNT,
    "http://acs.amazonaws.com/groups/s3/LogDelivery": "service:logging.s3.amazonaws.com",
}
_LIST: Final = frozenset({"s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads"})
_WRITE: Final = frozenset({"s3:putobject", "s3:deleteobject"})
_CHANGE: Final = frozenset({"s3:putbucketacl"})
_PERMISSIONS: Final[Mapping[str, frozenset[str]]] = {
    "READ": _LIST,
    "WRITE": _WRITE,
    "READ_ACP": frozenset(),
    "WRITE_ACP": _CHANGE,
    "FULL_CONTROL": _LIST | _WRITE | _CHANGE,
}
_ALL: Final = _PERMISSIONS["FULL_CONTROL"]
_READ: Final = frozenset({"s3:getobject", "s3:getobjectversion"})
_GIVE: Final = frozenset({"s3:putobjectacl"})
_OF_OBJECTS: Final[Mapping[str, frozenset[str]]] = {
    "READ": _READ,
    "WRITE": frozenset(),
    "READ_ACP": frozenset(),
    "WRITE_ACP": _GIVE,
    "FULL_CONTROL": _READ | _GIVE,
}
PATH: Final = "access control list"


def count(ownership: Part) -> bool | None:
    """Whether access control lists count: not where every object is the bucket owner's; None where it is not known."""
    if not ownership.known:
        return None
    if ownership.value is None:
        return True
    rules, why = objects(ownership.value, "Rules")
    said = [text(rule, "ObjectOwnership") for rule in rules]
    if "BucketOwnerEnforced" in said:
        return False
    return None if why or None in said else True


def grants(acl: Part, listed_objects: Part, ownership: Part, block: Block) -> Iterator[Grant]:
    """Who has something by a bucket's list, or by the list of some object in it.

    Parameters
    ----------
    acl
        The bucket's list; None in it where nobody but the owner is in it.
    listed_objects
        Those objects whose lists are known.
    ownership
        The bucket's ownership controls.
    block
        Whether public lists are ignored.
    """
    counted = count(ownership)
    if counted is False:
        return
    doubt = () if counted else ("whether lists count was not read",)
    if not acl.known:
        yield Grant(UNKNOWN, _ALL, (PATH, f"it was not read: {acl.why}"), doubtful=True)
    elif acl.value is not None:
        yield from _of_list(acl.value, PATH, _PERMISSIONS, block, doubt)
    for one in listed_objects.value if isinstance(listed_objects.value, list) else ():
        called = f"{PATH} of object {text(one, 'Key') or 'of which the name is not known'}"
        said = part(one, "Acl")
        if not said.known:
            yield Grant(UNKNOWN, _READ | _GIVE, (called, f"it was not read: {said.why}"), doubtful=True)
        elif said.value is not None:
            yield from _of_list(said.value, called, _OF_OBJECTS, block, doubt)
    if block.ignores_lists is not True or counted is None:
        why = "single objects may have lists of their own, which were not read"
        yield Grant(UNKNOWN, _READ, ("access control lists of objects", *doubt, why), doubtful=True)


def _of_list(
    acl: object, called: str, permissions: Mapping[str, frozenset[str]], block: Block, doubt: tuple[str, ...]
) -> Iterator[Grant]:
    listed, why = objects(acl, "Grants")
    everything = permissions["FULL_CONTROL"]
    if why:
        yield Grant(UNKNOWN, everything, (called, f"some of it is not known: {why}"), doubtful=True)
    owner = text(part(acl, "Owner").value, "ID")
    for one in listed:
        who, permission = _grantee(part(one, "Grantee").value), text(one, "Permission")
        if owner and who == f"canonical:{owner}":
            continue
        path: tuple[str, ...] = (called, f"grant of {permission or 'what is not known'} to {_called(who)}", *doubt)
        if who in (ANYONE, ANY_ACCOUNT):
            if block.ignores_lists:
                continue
            path = (*path, *block.doubt)
        actions = permissions.get(permission or "", everything)
        if actions:
            yield Grant(who, actions, path)


def _grantee(grantee: Any) -> str:
    uri, identity, mail = (text(grantee, key) for key in ("URI", "ID", "EmailAddress"))
    if uri:
        return _GROUPS.get(uri, UNKNOWN)
    if identity:
        return f"canonical:{identity}"
    return f"email:{mail}" if mail else UNKNOWN


def _called(who: str) -> str:
    named = {ANYONE: "all users", ANY_ACCOUNT: "all users with an account of AWS", UNKNOWN: "somebody"}
    return named.get(who) or ("log delivery" if who.startswith("service:") else "another account")
