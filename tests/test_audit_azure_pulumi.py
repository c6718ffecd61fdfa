"""Stacks of Pulumi about Azure, as a snapshot and what comes of it: classic, native and slidebox's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from slidebox.access.audit import locations
from slidebox.access.effective import Location
from slidebox.access.snapshot import Known, Snapshot
from slidebox.audit.pulumi import snapshot
from slidebox.preview import Seen

ADA = "aaaaaaaa-0000-0000-0000-000000000001"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CLASSIC_ACCOUNT, CLASSIC_CONTAINER = "azure:storage/account:Account", "azure:storage/container:Container"
NATIVE_ACCOUNT, NATIVE_CONTAINER = "azure-native:storage:StorageAccount", "azure-native:storage:BlobContainer"
GIVING = "azure-native:authorization:RoleAssignment"


def urn(kind: str, name: str) -> str:
    """A resource's URN."""
    return f"urn:pulumi:dev::lab::{kind}::{name}"


def seen(kind: str, title: str, depends: Mapping[str, tuple[str, ...]] | None = None, /, **properties: Any) -> Seen:
    """A resource."""
    return Seen(urn(kind, title), kind, properties, depends or {})


def found(*resources: Seen) -> dict[str, Location]:
    """The locations of a stack, by way of JSON."""
    taken = Snapshot.of(json.loads(json.dumps(snapshot(resources).document())))
    return {one.name: one for one in locations(taken, Known({f"user:{ADA}": "person:ada"}))}


def who(location: Location, action: str = "read") -> set[str]:
    """Who can do something with a location."""
    return {one.principal for one in location.readers if action in one.actions}


def classic(**more: Any) -> Seen:
    """An account of the classic provider, which lets nobody in."""
    closed = {"allowNestedItemsToBePublic": False, "sharedAccessKeyEnabled": False, "isHnsEnabled": False}
    return seen(CLASSIC_ACCOUNT, "images", name="wayimages", resourceGroupName="imaging", **{**closed, **more})


def native(**more: Any) -> Seen:
    """An account of azure-native, which lets nobody in."""
    closed = {"allowBlobPublicAccess": False, "allowSharedKeyAccess": False, "isHnsEnabled": False}
    named = {"accountName": "wayimages", "resourceGroupName": "imaging"}
    return seen(NATIVE_ACCOUNT, "images", **{**named, **closed, **more})


@pytest.mark.parametrize(
    ("account", "level", "expected"),
    [
        ({}, "private", set()),
        ({"allowNestedItemsToBePublic": True}, "private", set()),
        ({"allowNestedItemsToBePublic": True}, "blob", {"anyone"}),
        ({"allowNestedItemsToBePublic": True}, "unknown", {"unknown"}),
        ({}, "blob", set()),
        ({"sharedAccessKeyEnabled": True}, "private", {"unknown"}),
        ({"allowNestedItemsToBePublic": True, "networkRules": {"defaultAction": "Deny", "ipRules": ["192.0.2.7"]}},
         "container", {"account:network:192.0.2.7/32"}),
        ({"allowNestedItemsToBePublic": True, "networkRules": "unknown"}, "container", {"anyone"}),
    ],
)  # fmt: skip
def test_a_container_of_the_classic_provider(account: dict[str, Any], level: str, expected: set[str]) -> None:
    """It is read as Terraform's."""
    raw = seen(CLASSIC_CONTAINER, "raw", name="raw", storageAccountName="wayimages", containerAccessType=level)
    assert who(found(classic(**account), raw)["raw"]) == expected


@pytest.mark.parametrize(
    ("account", "level", "expected"),
    [
        ({}, "None", set()),
        ({"allowBlobPublicAccess": True}, "None", set()),
        ({"allowBlobPublicAccess": True}, "Blob", {"anyone"}),
        ({"allowBlobPublicAccess": "unknown"}, "Container", {"anyone"}),
        ({"allowBlobPublicAccess": True}, "unknown", {"unknown"}),
        ({}, "Blob", set()),
        ({"allowSharedKeyAccess": True}, "None", {"unknown"}),
        ({"isHnsEnabled": True}, "None", {"unknown"}),
        ({"allowBlobPublicAccess": True, "publicNetworkAccess": "Disabled"}, "Blob", set()),
        ({"allowBlobPublicAccess": True,
          "networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "192.0.2.0/24"}]}},
         "Blob", {"account:network:192.0.2.0/24"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["azure-native:storage", "azure-native:storage/v20230101"])
def test_a_container_of_azure_native(account: dict[str, Any], level: str, expected: set[str], version: str) -> None:
    """In whichever version of the interface."""
    kind = NATIVE_CONTAINER.replace("azure-native:storage", version)
    raw = seen(kind, "raw", containerName="raw", accountName="wayimages", publicAccess=level)
    assert who(found(native(**account), raw)["raw"]) == expected


def test_an_account_that_has_no_name_yet_is_found_by_what_a_container_comes_from() -> None:
    """By the dependencies of the property that names it."""
    account = native(allowBlobPublicAccess=True, accountName="unknown")
    of = {"accountName": (account.urn,)}
    raw = seen(NATIVE_CONTAINER, "raw", of, containerName="unknown", accountName="unknown", publicAccess="Blob")
    assert who(found(account, raw)["raw"]) == {"anyone"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"scope": "/subscriptions/s-1", "roleDefinitionId": f"/x/{BLOB_READER}"}, {"person:ada"}),
        ({"scope": "unknown", "roleDefinitionId": f"/x/{BLOB_READER}"}, {"person:ada"}),
        ({"scope": "/subscriptions/s-1/resourceGroups/other", "roleDefinitionId": f"/x/{BLOB_READER}"}, set()),
        ({"scope": "/subscriptions/s-1", "roleDefinitionId": f"/x/{BLOB_READER}", "principalId": "unknown"},
         {"unknown"}),
        ({"scope": "/subscriptions/s-1", "roleDefinitionId": "unknown"}, {"person:ada"}),
    ],
)  # fmt: skip
def test_a_role_that_a_stack_gives(said: dict[str, Any], expected: set[str]) -> None:
    """At the account, or above it; by what the scope comes from where it is not known yet."""
    account = native()
    raw = seen(NATIVE_CONTAINER, "raw", containerName="raw", accountName="wayimages", publicAccess="None")
    given = seen(GIVING, "ada", {"scope": (account.urn,)}, **{"principalId": ADA, **said})
    assert who(found(account, raw, given)["raw"]) == expected


def test_a_role_at_nobody_knows_where_stands_by_itself() -> None:
    """Under its own name."""
    given = seen(GIVING, "somewhere", scope="unknown", roleDefinitionId=f"/x/{BLOB_READER}", principalId=ADA)
    assert who(found(native(), given)["somewhere"]) == {"unknown"}


def test_a_website_local_users_copies_and_a_front_door_of_azure_native() -> None:
    """Each lets in whom it lets in."""
    account = native(allowBlobPublicAccess=True, isSftpEnabled=True, networkRuleSet={"defaultAction": "Deny"})
    raw = seen(NATIVE_CONTAINER, "raw", containerName="raw", accountName="wayimages", publicAccess="Blob")
    scopes = [{"permissions": "r", "service": "blob", "resourceName": "raw"}]
    user = seen(
        "azure-native:storage:LocalUser", "u", accountName="wayimages", username="scanner", permissionScopes=scopes
    )
    rules = [{"sourceContainer": "raw", "destinationContainer": "copy"}]
    ends = {"sourceAccount": "wayimages", "destinationAccount": "elsewhere", "rules": rules}
    copy = seen("azure-native:storage:ObjectReplicationPolicy", "c", accountName="wayimages", **ends)
    host = "wayimages.blob.core.windows.net"
    front = seen("azure-native:cdn:AFDOrigin", "f", hostName=host, sharedPrivateLinkResource={"groupId": "blob"})
    web = seen("azure-native:storage:StorageAccountStaticWebsite", "w", accountName="wayimages")
    places = found(account, raw, user, copy, front, web)
    assert who(places["raw"]) == {"anyone", "account:wayimages.scanner", "account:elsewhere"}
    assert who(places["$web"]) == {"anyone"}


STORE = {
    "name": "cloud",
    "account": "wayimages",
    "subscription": "22222222-2222-2222-2222-222222222222",
    "resource_group": "imaging",
    "region": "westeurope",
    "lab": "way",
}
SETTINGS = {"allowBlobPublicAccess": False, "allowSharedKeyAccess": False}


def own(settings: Any = None, **properties: Any) -> dict[str, Location]:
    """A stack of slidebox's own with one container."""
    account = seen("slidebox:azure:Account", "account", store=STORE, settings=settings or SETTINGS)
    whole = {"store": STORE, "container": "way-nf1-raw", "location": "nf1/raw_images@long@cloud", **properties}
    return found(account, seen("slidebox:azure:Container", "raw", **whole))


def test_a_container_of_slideboxs_own_lets_in_whom_it_grants() -> None:
    """Until the day that the grant ends; its store and its dataset are known."""
    grants = [
        {"identity": f"user:{ADA}", "role": "reader", "until": "2027-06-30"},
        {"identity": "group:bbbbbbbb-0000-0000-0000-000000000002", "role": "steward"},
    ]
    location = own(public=False, grants=grants)["way-nf1-raw"]
    assert (location.store, location.dataset) == ("cloud", "nf1/raw_images")
    assert {(one.principal, one.actions, one.until) for one in location.readers} == {
        ("person:ada", ("read", "list"), "2027-06-30T00:00:00Z"),
        ("account:bbbbbbbb-0000-0000-0000-000000000002", ("read", "list", "write", "delete"), ""),
    }


@pytest.mark.parametrize(
    ("properties", "settings", "expected"),
    [
        ({"public": True}, SETTINGS, {"anyone"}),
        ({"public": "unknown"}, SETTINGS, {"unknown"}),
        ({"public": False}, SETTINGS, set()),
        ({"public": False}, {**SETTINGS, "allowSharedKeyAccess": True}, {"unknown"}),
        ({"public": False}, {**SETTINGS, "allowSharedKeyAccess": "unknown"}, {"unknown"}),
        ({"public": False}, "unknown", {"unknown"}),
        ({"public": False, "grants": "unknown"}, SETTINGS, {"unknown"}),
        ({"public": False, "foreign": {"assignments": [f"user {ADA}: role {BLOB_READER}"]}}, SETTINGS, {"person:ada"}),
    ],
)
def test_what_opens_a_container_of_slideboxs_own(properties: dict[str, Any], settings: Any, expected: set[str]) -> None:
    """Its own settings, those of its account, and what somebody else has given there."""
    assert who(own(settings, **properties)["way-nf1-raw"]) == expected


def test_a_container_whose_account_is_not_in_the_stack_is_not_known() -> None:
    """The account may let in anybody."""
    raw = seen("slidebox:azure:Container", "raw", store=STORE, container="way-nf1-raw", public=False)
    assert "unknown" in who(found(raw)["way-nf1-raw"])
    nowhere = seen("slidebox:azure:Container", "raw", store="unknown", container="way-nf1-raw", public=False)
    assert "unknown" in who(found(nowhere)["raw"])


def test_a_stack_without_azure_has_no_section() -> None:
    """Nothing is said of what is not there."""
    assert "azure" not in snapshot([seen("aws:s3/bucket:Bucket", "b", bucket="b")]).sections


@pytest.mark.parametrize(
    "kind",
    [
        "azure:lighthouse/assignment:Assignment",
        "azure-native:managedservices:RegistrationAssignment",
        "azure-native:datashare/v20210801:BlobContainerDataSet",
        "azure-native:resources:Deployment",
    ],
)
def test_what_opens_something_that_nothing_here_reads_stands_by_itself(kind: str) -> None:
    """Under its own name, with somebody unknown."""
    assert who(found(seen(kind, "other"))["other"]) == {"unknown"}
