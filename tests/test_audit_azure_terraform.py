"""Plans and states of Terraform about Azure, as a snapshot and what comes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.audit import locations
from slidebox.access.effective import Location
from slidebox.access.snapshot import Known, Snapshot
from slidebox.audit.terraform import snapshot

FOLDER = Path(__file__).parent / "terraform"
Document = dict[str, Any]


def planned(
    *resources: tuple[str, dict[str, Any]], references: dict[str, dict[str, list[str]]] | None = None
) -> Document:
    """A plan that makes resources, each by its address with its values; ``...`` stands for what is known later."""
    values, changes, blocks = [], [], []
    for address, said in resources:
        mode = "data" if address.startswith("data.") else "managed"
        kind, _, name = address.removeprefix("data.").partition(".")
        known = {key: value for key, value in said.items() if value is not ...}
        values.append({"address": address, "mode": mode, "type": kind, "name": name, "values": known})
        later = {key: True for key, value in said.items() if value is ...}
        changes.append({"address": address, "change": {"actions": ["create"], "after_unknown": later}})
        of = (references or {}).get(address, {})
        expressions = {key: {"references": of[key]} if key in of else {} for key in said}
        blocks.append({"address": address, "mode": mode, "type": kind, "name": name, "expressions": expressions})
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": values}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": blocks}},
    }


def found(document: Document) -> dict[str, Location]:
    """The locations of a plan or a state, by way of JSON."""
    taken = Snapshot.of(json.loads(json.dumps(snapshot(document).document())))
    return {one.name: one for one in locations(taken, Known())}


def who(location: Location, action: str = "read") -> set[str]:
    """Who can do something with a location."""
    return {one.principal for one in location.readers if action in one.actions}


ACCOUNT = "azurerm_storage_account.images"
CLOSED: dict[str, Any] = {
    "id": ...,
    "name": "wayimages",
    "resource_group_name": "imaging",
    "allow_nested_items_to_be_public": False,
    "shared_access_key_enabled": False,
    "is_hns_enabled": False,
    "sftp_enabled": False,
}
OPEN = {**CLOSED, "allow_nested_items_to_be_public": True}
CONTAINER = "azurerm_storage_container.raw"
RAW: dict[str, Any] = {"name": "raw", "storage_account_name": "wayimages", "container_access_type": "private"}


def test_a_closed_account_of_a_plan_lets_nobody_in() -> None:
    """Nothing is left open by what is not known."""
    document = planned((ACCOUNT, CLOSED), (CONTAINER, RAW))
    assert found(document)["raw"].readers == ()


@pytest.mark.parametrize(
    ("level", "account", "expected"),
    [
        ("blob", OPEN, {"anyone"}),
        ("container", OPEN, {"anyone"}),
        ("private", OPEN, set()),
        ("blob", CLOSED, set()),
        (..., OPEN, {"unknown"}),
        (..., CLOSED, set()),
        ("blob", {name: value for name, value in OPEN.items() if not name.startswith("allow")}, {"anyone"}),
        ("blob", {**OPEN, "allow_nested_items_to_be_public": ...}, {"anyone"}),
        ("blob", {**OPEN, "public_network_access_enabled": False}, set()),
        ("blob", {**OPEN, "network_rules": [{"default_action": "Deny", "ip_rules": ["192.0.2.0/24"]}]},
         {"account:network:192.0.2.0/24"}),
        ("blob", {**OPEN, "network_rules": [{"default_action": "Deny", "ip_rules": ["0.0.0.0/1", "128.0.0.0/1"]}]},
         {"anyone"}),
        ("blob", {**OPEN, "network_rules": ...}, {"anyone"}),
    ],
)  # fmt: skip
def test_a_public_container_of_a_plan(level: Any, account: dict[str, Any], expected: set[str]) -> None:
    """As its account allows it."""
    document = planned((ACCOUNT, account), (CONTAINER, {**RAW, "container_access_type": level}))
    assert who(found(document)["raw"]) == expected


def test_shared_keys_let_in_somebody_unknown_unless_they_are_off() -> None:
    """They are on where a plan does not say it."""
    document = planned(
        (ACCOUNT, {name: value for name, value in CLOSED.items() if name != "shared_access_key_enabled"}),
        (CONTAINER, RAW),
    )
    assert who(found(document)["raw"]) == {"unknown"}


def test_an_account_that_a_container_refers_to_is_found_though_nothing_is_known_of_it_yet() -> None:
    """By the references of the plan's configuration."""
    document = planned(
        (ACCOUNT, {**OPEN, "name": ...}),
        (CONTAINER, {"name": "raw", "storage_account_id": ..., "container_access_type": "blob"}),
        references={CONTAINER: {"storage_account_id": [f"{ACCOUNT}.id", ACCOUNT]}},
    )
    assert who(found(document)["raw"]) == {"anyone"}
    assert found(document)["raw"].within == ACCOUNT


def test_a_container_without_an_account_that_is_known_is_public_by_its_level_and_unknown_in_all_else() -> None:
    """Nothing certainly forbids it."""
    document = planned((CONTAINER, {"name": "raw", "storage_account_id": ..., "container_access_type": "blob"}))
    assert {"anyone", "unknown"} <= who(found(document)["raw"])


def test_a_container_without_a_name_stands_under_its_address() -> None:
    """Until it has one."""
    document = planned((ACCOUNT, OPEN), (CONTAINER, {**RAW, "name": ..., "container_access_type": "blob"}))
    assert who(found(document)[CONTAINER]) == {"anyone"}


def test_a_state_says_who_has_roles() -> None:
    """At the container and at its account, and that the account takes shared keys."""
    document = json.loads((FOLDER / "azure-account.tfstate").read_text())
    location = found(document)["retina-raw"]
    assert who(location) == {
        "unknown",
        "account:11111111-2222-3333-4444-555555555555",
        "account:66666666-7777-8888-9999-000000000000",
    }
    assert who(location, "delete") == {"unknown", "account:66666666-7777-8888-9999-000000000000"}


GRANT = "azurerm_role_assignment.ada"
ADA = "aaaaaaaa-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("said", "references", "expected"),
    [
        ({"scope": ...}, {"scope": [f"{ACCOUNT}.id", ACCOUNT]}, {f"account:{ADA}"}),
        ({"scope": ...}, {"scope": [f"{CONTAINER}.resource_manager_id", CONTAINER]}, {f"account:{ADA}"}),
        ({"scope": ..., "principal_id": ...}, {"scope": [f"{ACCOUNT}.id", ACCOUNT]}, {"unknown"}),
        ({"scope": "/subscriptions/s-1"}, {}, {f"account:{ADA}"}),
        ({"scope": "/subscriptions/s-1/resourceGroups/imaging"}, {}, {f"account:{ADA}"}),
        ({"scope": "/subscriptions/s-1/resourceGroups/other"}, {}, set()),
        ({"scope": "/subscriptions/s-1", "role_definition_name": "Storage Queue Data Reader"}, {}, set()),
        ({"scope": "/subscriptions/s-1", "role_definition_name": "Some New Role"}, {}, {f"account:{ADA}"}),
        ({"scope": "/subscriptions/s-1", "role_definition_name": "Reader"}, {}, set()),
    ],
)
def test_a_role_that_a_plan_gives(said: dict[str, Any], references: dict[str, list[str]], expected: set[str]) -> None:
    """By its scope, which may be known only by what it refers to."""
    grant = {"role_definition_name": "Storage Blob Data Reader", "principal_id": ADA, **said}
    document = planned((ACCOUNT, CLOSED), (CONTAINER, RAW), (GRANT, grant), references={GRANT: references})
    assert who(found(document)["raw"]) == expected


def test_a_role_at_nobody_knows_where_stands_by_itself() -> None:
    """Unless it is certainly about something else than blobs."""
    grant = {"role_definition_name": "Owner", "principal_id": ADA, "scope": ...}
    assert who(found(planned((ACCOUNT, CLOSED), (CONTAINER, RAW), (GRANT, grant)))[GRANT]) == {"unknown"}
    pull = {**grant, "role_definition_name": "AcrPull"}
    assert GRANT not in found(planned((ACCOUNT, CLOSED), (CONTAINER, RAW), (GRANT, pull)))


def test_a_plan_without_azure_has_no_section() -> None:
    """Nothing is said of what is not there."""
    assert "azure" not in snapshot(planned(("aws_s3_bucket.a", {"bucket": "a"}))).sections


# What is around an account


def around(*more: tuple[str, dict[str, Any]], account: dict[str, Any] | None = None, **references: Any) -> Location:
    """The container of a plan that has more than the account and the container."""
    said = {**RAW, "container_access_type": "blob"}
    document = planned((ACCOUNT, {**OPEN, **(account or {})}), (CONTAINER, said), *more, references=references)
    return found(document)["raw"]


DENIED = {"network_rules": [{"default_action": "Deny", "ip_rules": [], "virtual_network_subnet_ids": []}]}
OF_ACCOUNT = {"storage_account_id": [f"{ACCOUNT}.id", ACCOUNT]}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"default_action": "Deny", "ip_rules": ["192.0.2.0/24"]}, {"account:network:192.0.2.0/24"}),
        ({"default_action": "Deny", "ip_rules": ...}, {"unknown"}),
        ({"default_action": "Allow"}, {"anyone"}),
        ({"default_action": ...}, {"anyone"}),
    ],
)
def test_network_rules_of_their_own(rules: dict[str, Any], expected: set[str]) -> None:
    """They are the account's."""
    address = "azurerm_storage_account_network_rules.images"
    own = (address, {"storage_account_id": ..., **rules})
    assert who(around(own, **{address: OF_ACCOUNT})) == expected


def test_a_private_endpoint_reaches_a_denied_account() -> None:
    """From the network that it is in."""
    address = "azurerm_private_endpoint.blobs"
    said = {"name": "blobs", "private_service_connection": ...}
    references = {address: {"private_service_connection": [f"{ACCOUNT}.id", ACCOUNT]}}
    assert who(around((address, said), account=DENIED, **references)) == {"account:network:blobs"}
    assert who(around(account=DENIED)) == set()


ORIGIN, ROUTE = "azurerm_cdn_frontdoor_origin.blobs", "azurerm_cdn_frontdoor_route.all"
LINK = [{"private_link_target_id": "x", "target_type": "blob", "location": "westeurope"}]


@pytest.mark.parametrize(
    ("origin", "route", "expected"),
    [
        ({"private_link": LINK}, {}, {"anyone"}),
        ({"private_link": LINK}, {"cdn_frontdoor_origin_path": "/raw"}, {"anyone"}),
        ({"private_link": LINK}, {"cdn_frontdoor_origin_path": "/other"}, set()),
        ({"private_link": LINK}, {"enabled": False}, set()),
        ({"private_link": LINK, "enabled": False}, {}, set()),
        ({"private_link": []}, {}, set()),
        ({"private_link": LINK, "host_name": "other.blob.core.windows.net"}, {}, set()),
        ({"private_link": LINK, "host_name": ...}, {}, {"anyone"}),
        ({"private_link": LINK}, {"cdn_frontdoor_origin_group_id": "/another"}, {"anyone"}),
    ],
)
def test_a_front_door_of_a_plan(origin: dict[str, Any], route: dict[str, Any], expected: set[str]) -> None:
    """With the route that goes to it; where none does, it may be reached all the same."""
    there = {"name": "blobs", "host_name": "wayimages.blob.core.windows.net", "cdn_frontdoor_origin_group_id": "/group"}
    way = {"cdn_frontdoor_origin_group_id": "/group", "enabled": True, **route}
    references = {ORIGIN: {"host_name": [f"{ACCOUNT}.primary_blob_host", ACCOUNT]}}
    assert who(around((ORIGIN, {**there, **origin}), (ROUTE, way), account=DENIED, **references)) == expected


def test_a_rule_that_adds_a_signed_link_shows_everything_to_anyone() -> None:
    """Whatever the container says."""
    there = {"name": "blobs", "host_name": "wayimages.blob.core.windows.net"}
    actions = [{"url_rewrite_action": [{"source_pattern": "/", "destination": "/raw/?sp=r&sig=SECRET"}]}]
    rule = ("azurerm_cdn_frontdoor_rule.sign", {"actions": actions})
    closed = {**CLOSED, "shared_access_key_enabled": True}
    document = planned((ACCOUNT, closed), (CONTAINER, RAW), (ORIGIN, there), rule)
    assert who(found(document)["raw"]) == {"anyone", "unknown"}
    assert "SECRET" not in json.dumps(snapshot(document).document())


@pytest.mark.parametrize(
    "website",
    [
        ((ACCOUNT, {**CLOSED, "static_website": [{"index_document": "index.html"}]}),),
        (
            (ACCOUNT, CLOSED),
            (
                "azurerm_storage_account_static_website.site",
                {"storage_account_id": f"/x/storageAccounts/{'wayimages'}"},
            ),
        ),
    ],
)
def test_a_static_website_of_a_plan_is_a_place_of_its_own(website: tuple[tuple[str, dict[str, Any]], ...]) -> None:
    """Anyone reads it, though nothing else is public."""
    places = found(planned(*website, (CONTAINER, RAW)))
    assert who(places["$web"]) == {"anyone"}
    assert who(places["raw"]) == set()


def test_a_local_user_of_a_plan() -> None:
    """With what its scopes allow."""
    allowed = [{"read": True, "list": True, "write": False, "delete": False, "create": False}]
    said = {
        "name": "scanner",
        "storage_account_id": "/x/storageAccounts/wayimages",
        "ssh_key_enabled": True,
        "ssh_authorized_key": [{"key": "ssh-rsa SECRET"}],
        "permission_scope": [{"service": "blob", "resource_name": "raw", "permissions": allowed}],
    }
    user = ("azurerm_storage_account_local_user.scanner", said)
    document = planned((ACCOUNT, {**CLOSED, "sftp_enabled": True}), (CONTAINER, RAW), user)
    (one,) = found(document)["raw"].readers
    assert (one.principal, one.actions) == ("account:wayimages.scanner", ("read", "list"))
    assert "SECRET" not in json.dumps(snapshot(document).document())
    later = ("azurerm_storage_account_local_user.scanner", {**said, "permission_scope": ...})
    unsure = found(planned((ACCOUNT, {**CLOSED, "sftp_enabled": True}), (CONTAINER, RAW), later))["raw"]
    assert who(unsure, "write") == {"account:wayimages.scanner"}


def test_copies_of_a_plan() -> None:
    """To another account of the plan, or to one that it does not have."""
    mirror = ("azurerm_storage_account.mirror", {**OPEN, "name": "mirror"})
    copy = ("azurerm_storage_container.copy", {**RAW, "name": "copy", "storage_account_name": "mirror",
                                              "container_access_type": "blob"})  # fmt: skip
    rules = [{"source_container_name": "raw", "destination_container_name": "copy"}]
    ends = {"source_storage_account_id": "/x/storageAccounts/wayimages", "rules": rules}
    address = "azurerm_storage_object_replication.all"
    there = (address, {**ends, "destination_storage_account_id": "/x/storageAccounts/mirror"})
    assert who(found(planned((ACCOUNT, CLOSED), (CONTAINER, RAW), mirror, copy, there))["raw"]) == {"anyone"}
    away = (address, {**ends, "destination_storage_account_id": "/x/storageAccounts/elsewhere"})
    assert who(found(planned((ACCOUNT, CLOSED), (CONTAINER, RAW), away))["raw"]) == {"account:elsewhere"}
    unsure = (address, {**ends, "destination_storage_account_id": ...})
    assert who(found(planned((ACCOUNT, CLOSED), (CONTAINER, RAW), unsure))["raw"]) == {"unknown"}


def test_a_link_that_a_plan_has_signed_is_somebodys_and_no_secret_leaves_the_plan() -> None:
    """With what it allows, until its end."""
    said = {
        "connection_string": "DefaultEndpointsProtocol=https;AccountName=wayimages;AccountKey=SECRET",
        "permissions": [{"read": True, "list": False, "write": False}],
        "services": [{"blob": True, "file": False}],
        "resource_types": [{"object": True, "container": False, "service": False}],
        "expiry": "2027-06-30",
        "sas": "?sig=SECRET",
    }
    link = ("data.azurerm_storage_account_sas.guest", said)
    document = planned((ACCOUNT, {**CLOSED, "shared_access_key_enabled": True}), (CONTAINER, RAW), link)
    ends = {one.until for one in found(document)["raw"].readers if one.actions == ("read",)}
    assert ends == {"2027-06-30T00:00:00Z"}
    assert "SECRET" not in json.dumps(snapshot(document).document())


def test_a_filesystem_of_a_plan_has_the_list_of_its_root_folder() -> None:
    """As far as the plan says it."""
    account = (ACCOUNT, {**CLOSED, "is_hns_enabled": True})
    address = "azurerm_storage_data_lake_gen2_filesystem.lake"
    entries = [
        {"scope": "access", "type": "user", "id": "", "permissions": "rwx"},
        {"scope": "access", "type": "group", "id": "", "permissions": "---"},
        {"scope": "access", "type": "other", "id": "", "permissions": "r-x"},
        {"scope": "default", "type": "other", "id": "", "permissions": "rwx"},
    ]
    said = {"name": "lake", "storage_account_id": "/x/storageAccounts/wayimages"}
    assert who(found(planned(account, (address, {**said, "ace": entries})))["lake"]) == {"account:tenant"}
    assert who(found(planned(account, (address, {**said, "ace": ...})))["lake"]) == {"unknown"}
    assert who(found(planned(account, (address, said)))["lake"]) == {"unknown"}


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({"permissions": [{"actions": [], "data_actions": ["*/blobs/read"]}]}, {"read", "list"}),
        ({"permissions": [{"actions": ["*/read"], "data_actions": []}]}, set()),
        ({"permissions": [{"data_actions": ["*"], "not_data_actions": ["*"]}]}, set()),
        ({"permissions": ...}, {"read", "list", "write", "delete", "admin"}),
    ],
)
def test_a_role_that_a_plan_defines(definition: dict[str, Any], expected: set[str]) -> None:
    """It is found though it has no id yet."""
    role = "azurerm_role_definition.own"
    given = {"scope": "/subscriptions/s-1", "principal_id": ADA, "role_definition_id": ...}
    references = {GRANT: {"role_definition_id": [f"{role}.role_definition_resource_id", role]}}
    named = {"name": "Own", "role_definition_id": ..., **definition}
    document = planned((ACCOUNT, CLOSED), (CONTAINER, RAW), (role, named), (GRANT, given), references=references)
    (location,) = found(document).values()
    assert {action for one in location.readers for action in one.actions} == expected


def test_a_role_that_a_plan_offers_ends_when_its_schedule_does() -> None:
    """And it has to be activated."""
    said = {
        "scope": "/subscriptions/s-1",
        "principal_id": ADA,
        "role_definition_id": "/x/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "schedule": [{"expiration": [{"end_date_time": "2027-01-31T00:00:00Z"}]}],
    }
    offered = ("azurerm_pim_eligible_role_assignment.ada", said)
    (one,) = found(planned((ACCOUNT, CLOSED), (CONTAINER, RAW), offered))["raw"].readers
    assert (one.until, one.actions) == ("2027-01-31T00:00:00Z", ("read", "list"))


@pytest.mark.parametrize(
    "kind",
    [
        "azurerm_resource_group_template_deployment",
        "azurerm_lighthouse_assignment",
        "azurerm_data_share_dataset_blob_storage",
    ],
)
def test_what_opens_something_that_nothing_here_reads_stands_by_itself(kind: str) -> None:
    """Under its own address, with somebody unknown."""
    assert who(found(planned((f"{kind}.all", {"name": "all"})))[f"{kind}.all"]) == {"unknown"}


# azapi


API_ACCOUNT, API_CONTAINER = "azapi_resource.account", "azapi_resource.container"


def api(settings: Any, level: Any, *, text: bool = False) -> Location:
    """The container of a plan that has all of it from azapi."""
    body: Any = settings if settings is ... else {"properties": settings}
    said = json.dumps(body) if text and body is not ... else body
    account = {"type": "Microsoft.Storage/storageAccounts@2023-01-01", "name": "wayimages", "body": said, "id": ...}
    inner = level if level is ... else {"properties": {"publicAccess": level}}
    container = {
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers@2023-01-01",
        "name": "raw",
        "parent_id": ...,
        "body": inner,
    }
    references = {API_CONTAINER: {"parent_id": [f"{API_ACCOUNT}.id", API_ACCOUNT]}}
    return found(planned((API_ACCOUNT, account), (API_CONTAINER, container), references=references))["raw"]


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize(
    ("settings", "level", "expected"),
    [
        ({"allowSharedKeyAccess": False}, "Blob", {"anyone"}),
        ({"allowSharedKeyAccess": False}, "None", set()),
        ({"allowSharedKeyAccess": False}, ..., {"unknown"}),
        ({"allowSharedKeyAccess": False, "allowBlobPublicAccess": False}, "Blob", set()),
        ({"allowSharedKeyAccess": False, "publicNetworkAccess": "Disabled"}, "Blob", set()),
        ({"allowSharedKeyAccess": False, "networkAcls": {"defaultAction": "Deny"}}, "Blob", set()),
        ({}, "None", {"unknown"}),
        (..., "None", {"unknown"}),
        (..., "Blob", {"anyone", "unknown"}),
    ],
)
def test_accounts_and_containers_of_azapi(settings: Any, level: Any, expected: set[str], text: bool) -> None:
    """Their bodies are Resource Manager's own, as objects or as JSON."""
    assert who(api(settings, level, text=text)) == expected


def test_every_attribute_that_is_known_only_later_takes_nobody_away() -> None:
    """Each attribute in turn, of a plan that is open in many ways."""
    allowed = [{"read": True, "write": True}]
    scopes = [{"service": "blob", "resource_name": "raw", "permissions": allowed}]
    user = {"name": "scanner", "storage_account_id": "/x/storageAccounts/wayimages", "ssh_key_enabled": True}
    grant = {"role_definition_name": "Storage Blob Data Reader", "principal_id": ADA, "scope": "/subscriptions/s-1"}
    rules = [{"source_container_name": "raw", "destination_container_name": "copy"}]
    ends = {
        "source_storage_account_id": "/x/storageAccounts/wayimages",
        "destination_storage_account_id": "/x/storageAccounts/elsewhere",
    }
    whole: list[tuple[str, dict[str, Any]]] = [
        (ACCOUNT, {**OPEN, "sftp_enabled": True}),
        (CONTAINER, {**RAW, "container_access_type": "container"}),
        ("azurerm_storage_account_local_user.scanner", {**user, "permission_scope": scopes}),
        (GRANT, grant),
        ("azurerm_storage_object_replication.all", {**ends, "rules": rules}),
    ]
    before = found(planned(*whole))["raw"]
    for at, (address, values) in enumerate(whole):
        for name in values:
            later = [*whole[:at], (address, {**values, name: ...}), *whole[at + 1 :]]
            places = found(planned(*later))
            for action in ("read", "list", "write"):
                now = set().union(*(who(one, action) for one in places.values()))
                assert who(before, action) <= now or "unknown" in now, (address, name, action)
