"""Other ways into a container of Azure: keys, links, local users, folders, copies, and what stands in front of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from slidebox.access.azure.keys import allowed
from slidebox.access.effective import ACTIONS, Access
from slidebox.access.snapshot import Known, unread

from .azure_cases import (
    ACCOUNT,
    ADA,
    CONTAINER_ID,
    ID,
    Section,
    about,
    account,
    closed,
    container,
    done_by,
    places,
    readers,
    settings,
    who_can,
    with_role,
)

ALL, DATA, SEEING = set(ACTIONS), set(ACTIONS[:4]), {"read", "list"}

# Keys and links


@pytest.mark.parametrize(("takes", "expected"), [(True, ALL), (None, ALL), (False, set()), ("strange", ALL)])
def test_shared_keys_let_in_somebody_unknown_unless_they_are_off(takes: object, expected: set[str]) -> None:
    """An account that does not say so takes them."""
    assert done_by(closed(allowSharedKeyAccess=takes), "unknown") == expected


def stored(*policies: dict[str, Any], takes: bool = True) -> tuple[Access, ...]:
    """Whom the stored access policies of a container let in."""
    section = closed(allowSharedKeyAccess=takes)
    container(section)["policies"] = [
        {"id": f"p{number}", "accessPolicy": policy} for number, policy in enumerate(policies)
    ]
    return tuple(one for one in readers(section) if any("stored access policy" in step for step in one.path))


@pytest.mark.parametrize(
    ("policy", "actions", "until"),
    [
        ({"permission": "r", "expiry": "2027-06-30T00:00:00.0000000Z"}, ("read",), "2027-06-30T00:00:00Z"),
        ({"permission": "rl"}, ("read", "list"), ""),
        ({"permission": "racwd", "expiry": "2027-06-30"}, ("read", "write", "delete"), "2027-06-30T00:00:00Z"),
        ({"expiry": "2027-06-30T00:00:00Z"}, ("read", "list", "write", "delete"), "2027-06-30T00:00:00Z"),
        ({"permission": "?"}, ("read", "list", "write", "delete"), ""),
        ({"permission": "r", "expiry": "some day"}, ("read",), ""),
        ({}, ("read", "list", "write", "delete"), ""),
    ],
)
def test_a_stored_access_policy_has_links_that_nobody_lists(
    policy: dict[str, Any], actions: tuple[str, ...], until: str
) -> None:
    """What it does not say, the links say."""
    (one,) = stored(policy)
    assert (one.principal, one.actions, one.until) == ("unknown", actions, until)


def test_stored_access_policies_are_of_no_use_where_shared_keys_are_off() -> None:
    """Whatever links are about, they are refused."""
    assert stored({"permission": "r"}, takes=False) == ()


def test_policies_that_could_not_be_read_let_in_somebody_unknown() -> None:
    """For whatever a link can do."""
    section = closed(allowSharedKeyAccess=True)
    container(section)["policies"] = unread("AccessDenied")
    assert any(one.path[-1] == "AccessDenied" for one in readers(section) if one.principal == "unknown")


@for_any(st.text("racwdxyltmeopif?", max_size=10), st.text("racwdxyltmeopif?", max_size=10))
def test_more_letters_never_take_anything_away(some: str, more: str) -> None:
    """And their order does not matter."""
    assert set(allowed(some)) <= set(allowed(some + more))
    assert allowed(some + more) == allowed(more + some)


# Local users


def local_user(scopes: object, **properties: Any) -> Section:
    """An account with a local user of SFTP."""
    section = closed(isSftpEnabled=True)
    said = {"permissionScopes": scopes, "hasSshKey": True, "hasSshPassword": False, **properties}
    account(section)["localUsers"] = [{"name": "scanner", "properties": said}]
    return section


def scope(permissions: str | None, name: str = "raw", service: str = "blob") -> dict[str, Any]:
    """What a local user may do where."""
    return {"permissions": permissions, "resourceName": name, "service": service}


@pytest.mark.parametrize(
    ("scopes", "properties", "expected"),
    [
        ([scope("r")], {}, {"read"}),
        ([scope("rwdlc")], {}, DATA),
        ([scope("rwdlcop")], {}, ALL),
        ([scope("r", "raw/plates")], {}, {"read"}),
        ([scope("r", "/raw")], {}, {"read"}),
        ([scope("r", "other")], {}, set()),
        ([scope("r", "rawer")], {}, set()),
        ([scope("r", service="file")], {}, set()),
        ([scope(None)], {}, DATA),
        ([scope("r"), scope("w")], {}, {"read", "write"}),
        ([], {}, set()),
        (unread("known after apply"), {}, DATA),
        ([], {"allowAclAuthorization": True}, DATA),
        ([scope("r")], {"hasSshKey": False}, set()),
        ([scope("r")], {"hasSshKey": False, "hasSshPassword": True}, {"read"}),
        ([scope("r")], {"hasSshKey": unread("known after apply")}, {"read"}),
    ],
)
def test_a_local_user_does_what_its_scopes_allow(
    scopes: object, properties: dict[str, Any], expected: set[str]
) -> None:
    """If it can come in at all."""
    assert done_by(local_user(scopes, **properties), f"account:{ACCOUNT}.scanner") == expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"isSftpEnabled": False}, set()),
        ({"isSftpEnabled": None}, set()),
        ({"isLocalUserEnabled": False}, set()),
        ({"isSftpEnabled": unread("known after apply")}, {"read"}),
    ],
)
def test_local_users_come_in_only_where_sftp_is_on(properties: dict[str, Any], expected: set[str]) -> None:
    """What is not known may be on."""
    section = local_user([scope("r")])
    settings(section).update(properties)
    assert done_by(section, f"account:{ACCOUNT}.scanner") == expected


def test_local_users_that_nobody_asked_for_are_unknown_where_sftp_is_on() -> None:
    """And of no matter where it is off."""
    section = closed(isSftpEnabled=True)
    del account(section)["localUsers"]
    assert who_can(section) == {"unknown"}
    settings(section)["isSftpEnabled"] = False
    assert who_can(section) == set()


# Folders


def folders(acl: object, **said: Any) -> Section:
    """An account with folders, and the list of access of the root folder of its container."""
    section = closed(isHnsEnabled=True)
    whole = {"owner": "$superuser", "group": "$superuser", "acl": acl, **said}
    container(section)["acl"] = whole if isinstance(acl, str) else acl
    return section


TENANT = "account:tenant"
WHO = f"account:{ADA}"


@pytest.mark.parametrize(
    ("acl", "principal", "expected"),
    [
        ("user::rwx,group::r-x,other::---", TENANT, set()),
        ("user::rwx,group::r-x,other::r-x", TENANT, SEEING),
        ("user::rwx,group::r-x,other::--x", TENANT, {"read"}),
        ("user::rwx,group::r-x,other::r--", TENANT, set()),
        ("user::rwx,group::r-x,other::rwx", TENANT, DATA),
        ("user::rwx,group::r-x,other::---,default:other::rwx", TENANT, set()),
        (f"user::rwx,user:{ADA}:r-x,group::r-x,mask::r-x,other::---", WHO, SEEING),
        (f"user::rwx,user:{ADA}:rwx,group::r-x,mask::r-x,other::---", WHO, SEEING),
        (f"user::rwx,user:{ADA}:r-x,group::r-x,mask::r--,other::---", WHO, set()),
        (f"user::rwx,group::r-x,group:{ADA}:r-x,mask::rwx,other::---", WHO, SEEING),
        ("this is no list", "unknown", ALL),
        (unread("AccessDenied"), "unknown", ALL),
    ],
)
def test_the_list_of_the_root_folder_says_who_passes_through_it(
    acl: object, principal: str, expected: set[str]
) -> None:
    """Whoever cannot reaches nothing below it by a list."""
    assert done_by(folders(acl), principal) == expected


def test_the_owner_of_the_root_folder_may_change_its_list() -> None:
    """And the owning group has what the list says for it."""
    closed_list = "user::---,group::r-x,other::---"
    assert done_by(folders(closed_list, owner=ADA), WHO) == ALL
    assert done_by(folders(closed_list, group=ADA), WHO) == SEEING


def test_lists_that_nobody_read_let_in_somebody_unknown_where_there_are_folders() -> None:
    """Or may be."""
    section = closed(isHnsEnabled=True)
    assert who_can(section) == {"unknown"}
    settings(section)["isHnsEnabled"] = unread("known after apply")
    assert who_can(section) == {"unknown"}


# Copies


def copied(target: object = "elsewhere", to: object = "copy", source: object = ACCOUNT, of: object = "raw") -> Section:
    """An account that copies its container somewhere."""
    section = closed()
    rules = [{"sourceContainer": of, "destinationContainer": to}]
    said = {"sourceAccount": source, "destinationAccount": target, "rules": rules}
    account(section)["replication"] = [{"properties": said}]
    return section


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (copied(), {"account:elsewhere"}),
        (copied("/subscriptions/x/resourceGroups/y/providers/z/storageAccounts/Elsewhere"), {"account:elsewhere"}),
        (copied(of="other"), set()),
        (copied(of=unread("known after apply")), {"account:elsewhere"}),
        (copied(unread("known after apply")), {"unknown"}),
        (copied(ACCOUNT, source="elsewhere", to="raw"), set()),
    ],
)
def test_the_account_that_a_container_is_copied_to_reads_it(section: Section, expected: set[str]) -> None:
    """Whoever they are there."""
    assert who_can(section) == expected


def test_the_account_that_copies_come_from_writes_them() -> None:
    """And deletes what is deleted there."""
    assert done_by(copied(ACCOUNT, source="elsewhere", to="raw"), "account:elsewhere") == {"write", "delete"}


def test_who_reads_a_copy_that_is_known_reads_the_data() -> None:
    """With the way through the copy; who may only write it does not."""
    section = copied("mirror")
    mirror = copy.deepcopy(account(closed()))
    where = ID.replace(ACCOUNT, "mirror")
    mirror["account"] = {"id": where, "properties": {"allowBlobPublicAccess": True, "allowSharedKeyAccess": False}}
    mirror["containers"] = {"copy": {"container": {"properties": {"publicAccess": "Blob"}}}}
    section["accounts"]["mirror"] = mirror
    (one,) = places(section)["raw"].readers
    assert (one.principal, one.actions) == ("anyone", ("read",))
    assert one.path[:2] == (f"storage account {ACCOUNT}", "replication to mirror/copy")


def test_copies_that_could_not_be_read_let_somebody_unknown_read() -> None:
    """And nobody write."""
    section = closed()
    account(section)["replication"] = unread("AccessDenied")
    assert done_by(section, "unknown") == SEEING


# What stands in front


def front(**more: Any) -> Section:
    """An account with something in front of it."""
    section = closed()
    host = f"{ACCOUNT}.blob.core.windows.net"
    about(section)["origins"] = [{"kind": "Front Door", "name": "images", "hostName": host, **more}]
    return section


def test_a_front_door_with_an_identity_shows_anyone_what_that_identity_reads() -> None:
    """And nothing where it reads nothing."""
    section = front(identity={"principalId": ADA})
    assert who_can(section) == set()
    given = with_role(section, "Storage Blob Data Reader", CONTAINER_ID)
    assert who_can(given) == {"anyone", WHO}
    assert who_can(given, "list") == {WHO}
    assert who_can(given, known=Known({ADA: "service:front"})) == {"anyone", "service:front"}
    unsure = front(identity={"principalId": unread("known after apply")})
    assert who_can(unsure) == {"unknown"}


@pytest.mark.parametrize(("takes", "expected"), [(True, {"anyone", "unknown"}), (False, set())])
def test_a_front_door_that_signs_what_it_asks_for_shows_it_to_anyone(takes: bool, expected: set[str]) -> None:
    """Where such links are taken."""
    section = front(signs=True)
    settings(section)["allowSharedKeyAccess"] = takes
    assert who_can(section) == expected


def test_fronts_that_could_not_be_read_let_somebody_unknown_read() -> None:
    """Who they let in is not known."""
    section = closed()
    about(section)["origins"] = unread("AccessDenied")
    assert done_by(section, "unknown") == SEEING


def test_a_link_that_is_known_of_shows_no_more_than_its_kinds() -> None:
    """One for containers lists, one for objects reads; one for another service does neither."""
    section = closed(allowSharedKeyAccess=True)

    def done(**said: Any) -> set[str]:
        account(section)["sas"] = [{"name": "one", "permissions": "rl", **said}]
        return {action for one in readers(section) if "link one" in one.path for action in one.actions}

    assert done(services="b", resourceTypes="o") == {"read"}
    assert done(services="b", resourceTypes="c") == {"list"}
    assert done(services="f", resourceTypes="co") == set()
    assert done(container="other") == set()
    assert done(container="raw") == SEEING
