"""Who can do what with a bucket of AWS by access control lists, of the bucket and of its objects."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.snapshot import unread

from .aws_estate import (
    ALL_USERS,
    ANY_USER,
    BLOCKED,
    acl,
    bucket,
    deny,
    grant,
    policy,
    principals,
    readers,
    section,
)

OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
WRITERS = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
EVERYTHING = ("read", "list", "write", "delete", "admin")
LISTS: dict[str, tuple[Any, Any, Any, dict[str, tuple[str, ...]]]] = {
    "all users list": (acl(grant(ALL_USERS, "READ")), None, None, {"anyone": ("list",)}),
    "all users write": (acl(grant(ALL_USERS, "WRITE")), None, None, {"anyone": ("write", "delete")}),
    "all users read the list": (acl(grant(ALL_USERS, "READ_ACP")), None, None, {}),
    "all users write the list": (acl(grant(ALL_USERS, "WRITE_ACP")), None, None, {"anyone": EVERYTHING}),
    "all users control": (acl(grant(ALL_USERS, "FULL_CONTROL")), None, None, {"anyone": EVERYTHING}),
    "whoever has an account lists": (acl(grant(ANY_USER, "READ")), None, None, {"any_account": ("list",)}),
    "another account lists": (acl(grant("f00d", "READ")), None, None, {"account:canonical:f00d": ("list",)}),
    "log delivery writes": (
        acl(grant("http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE")),
        None,
        None,
        {"account:logging.s3.amazonaws.com": ("write", "delete")},
    ),
    "a permission that is not known": (acl(grant(ALL_USERS, "DANCE")), None, None, {"anyone": EVERYTHING}),
    "a group that is not known": (acl(grant("http://example.org/g", "READ")), None, None, {"unknown": ("list",)}),
    "the owner itself": (acl(grant("owner", "FULL_CONTROL")), None, None, {}),
    "lists count for nothing": (acl(grant(ALL_USERS, "READ")), OWNED, None, {}),
    "writers own what they write": (acl(grant(ALL_USERS, "READ")), WRITERS, None, {"anyone": ("list",)}),
    "public lists are ignored": (acl(grant(ALL_USERS, "READ")), WRITERS, BLOCKED, {}),
    "other accounts stay where public lists are ignored": (
        acl(grant("f00d", "READ")),
        WRITERS,
        BLOCKED,
        {"account:canonical:f00d": ("list",)},
    ),
    "only new public lists are refused": (
        acl(grant(ALL_USERS, "READ")),
        WRITERS,
        {"BlockPublicAcls": True},
        {"anyone": ("list",)},
    ),
    "it is not known whether public lists are ignored": (
        acl(grant(ALL_USERS, "READ")),
        WRITERS,
        {"IgnorePublicAcls": unread("later")},
        {"anyone": ("list",)},
    ),
    "there is no list": (None, None, None, {}),
}


@pytest.mark.parametrize(("said", "ownership", "block", "expected"), LISTS.values(), ids=LISTS)
def test_access_control_lists_give_what_they_say(
    said: Any, ownership: Any, block: Any, expected: dict[str, tuple[str, ...]]
) -> None:
    """Each permission gives what it does, unless lists count for nothing or public ones are ignored."""
    found = readers(section(bucket(acl=said, ownership=ownership, public_access_block=block)))

    assert {one.principal: one.actions for one in found if one.path[0] == "access control list"} == expected


OBJECTS: dict[str, tuple[Any, Any, bool]] = {
    "lists count": (None, None, True),
    "lists count for nothing": (OWNED, None, False),
    "public lists are ignored": (None, BLOCKED, False),
    "the bucket owner owns what may be theirs": ({"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}, None, True),
    "whether lists count was not read": (unread("AccessDenied"), None, True),
    "whether public lists are ignored was not read": (None, unread("AccessDenied"), True),
    "nothing says whether lists count": ({"Rules": [{}]}, None, True),
}


@pytest.mark.parametrize(("ownership", "block", "somebody"), OBJECTS.values(), ids=OBJECTS)
def test_single_objects_may_have_lists_of_their_own(ownership: Any, block: Any, somebody: bool) -> None:
    """Somebody unknown may read single objects unless lists count for nothing, or public ones are ignored."""
    found = readers(section(bucket(ownership=ownership, public_access_block=block)))

    assert any(one.path[0] == "access control lists of objects" for one in found) is somebody
    assert all(one.actions == ("read",) for one in found if one.path[0] == "access control lists of objects")


OF_AN_OBJECT: dict[str, tuple[Any, Any, Any, dict[str, tuple[str, ...]]]] = {
    "all users read": (acl(grant(ALL_USERS, "READ")), WRITERS, None, {"anyone": ("read",)}),
    "all users write the list": (acl(grant(ALL_USERS, "WRITE_ACP")), WRITERS, None, {"anyone": EVERYTHING}),
    "all users read the list": (acl(grant(ALL_USERS, "READ_ACP")), WRITERS, None, {}),
    "public lists are ignored": (acl(grant(ALL_USERS, "READ")), WRITERS, BLOCKED, {}),
    "lists count for nothing": (acl(grant(ALL_USERS, "READ")), OWNED, None, {}),
    "it was not read": (unread("later"), WRITERS, None, {"unknown": EVERYTHING}),
    "its owner alone": (None, WRITERS, None, {}),
}


@pytest.mark.parametrize(("said", "ownership", "block", "expected"), OF_AN_OBJECT.values(), ids=OF_AN_OBJECT)
def test_the_list_of_an_object_opens_the_object(
    said: Any, ownership: Any, block: Any, expected: dict[str, tuple[str, ...]]
) -> None:
    """One object that all can read is data that all can read."""
    listed = [{"Key": "raw/a.tif", "Acl": said}]
    found = readers(section(bucket(objects=listed, ownership=ownership, public_access_block=block)))

    named = {one.principal: one.actions for one in found if one.path[0] == "access control list of object raw/a.tif"}
    assert named == expected


def test_a_list_that_was_not_read_may_let_in_anybody() -> None:
    """Somebody unknown may have everything by it."""
    found = readers(section(bucket(acl=unread("AccessDenied"), ownership=None)))

    assert "unknown" in {one.principal for one in found if one.actions == EVERYTHING}


def test_a_deny_of_the_policy_holds_against_lists() -> None:
    """What a list gives everybody, a policy can take from everybody."""
    listed = bucket(ownership=None, acl=acl(grant(ALL_USERS, "READ")))
    assert "anyone" in principals(section(listed), "list")
    assert not principals(section({**listed, "policy": policy(deny())}), "list")
