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
