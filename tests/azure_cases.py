"""Accounts of Azure for tests, as a snapshot has them: closed in every way, and opened one way at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access.azure import locations
from slidebox.access.effective import Access, Location
from slidebox.access.snapshot import Known

SUBSCRIPTION = "11111111-0000-0000-0000-000000000000"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/imaging"
ACCOUNT = "wayimages"
ID = f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
CONTAINER = "raw"
CONTAINER_ID = f"{ID}/blobServices/default/containers/{CONTAINER}"
ADA = "aaaaaaaa-0000-0000-0000-000000000001"
BOB = "bbbbbbbb-0000-0000-0000-000000000002"

Section = dict[str, Any]


def closed(**properties: Any) -> Section:
    """An account that lets nobody in, but for the properties that are given."""
    settings = {"allowBlobPublicAccess": False, "allowSharedKeyAccess": False, "isHnsEnabled": False, **properties}
    return {
        "accounts": {
            ACCOUNT: {
                "account": {"id": ID, "name": ACCOUNT, "properties": settings},
                "containers": {CONTAINER: {"container": {"properties": {"publicAccess": "None"}}}},
                "localUsers": [],
                "replication": [],
                "staticWebsite": None,
            }
        },
        "subscriptions": {SUBSCRIPTION: {"roleAssignments": [], "roleDefinitions": []}},
    }


def account(section: Section) -> dict[str, Any]:
    """What a section says of its account."""
    found: dict[str, Any] = section["accounts"][ACCOUNT]
    return found


def settings(section: Section) -> dict[str, Any]:
    """The properties of its account."""
    found: dict[str, Any] = account(section)["account"]["properties"]
    return found


def container(section: Section) -> dict[str, Any]:
    """What it says of its container."""
    found: dict[str, Any] = account(section)["containers"][CONTAINER]
    return found


def about(section: Section) -> dict[str, Any]:
    """What it says of its subscription."""
    found: dict[str, Any] = section["subscriptions"][SUBSCRIPTION]
    return found


def public(level: str = "Blob", **properties: Any) -> Section:
    """An account whose container is public."""
    section = closed(**{"allowBlobPublicAccess": True, **properties})
    container(section)["container"]["properties"]["publicAccess"] = level
    return section


def given(role: str, scope: str = ID, who: str = ADA, **more: Any) -> Section:
    """An account at which somebody has a role, by its name."""
    return with_role(closed(), role, scope, who, **more)


def with_role(section: Section, role: str, scope: str = ID, who: str = ADA, **more: Any) -> Section:
    """A section in which somebody has a role besides."""
    changed = copy.deepcopy(section)
    said = {"scope": scope, "roleDefinitionName": role, "principalId": who, "principalType": "User", **more}
    about(changed)["roleAssignments"].append({"id": f"{scope}/{role}/{who}", "properties": said})
    return changed


def places(section: Mapping[str, Any], known: Known | None = None) -> dict[str, Location]:
    """The locations of a section by their names."""
    return {one.name: one for one in locations(section, known or Known())}


def readers(section: Mapping[str, Any], known: Known | None = None, name: str = CONTAINER) -> tuple[Access, ...]:
    """Everybody who can do anything with its container."""
    return places(section, known)[name].readers


def who_can(section: Mapping[str, Any], action: str = "read", known: Known | None = None) -> set[str]:
    """Who can do something with its container."""
    return {one.principal for one in readers(section, known) if action in one.actions}


def done_by(section: Mapping[str, Any], principal: str) -> set[str]:
    """What somebody can do with its container."""
    return actions(one for one in readers(section) if one.principal == principal)


def actions(found: Iterable[Access]) -> set[str]:
    """What all of some accesses let somebody do."""
    return {action for one in found for action in one.actions}
