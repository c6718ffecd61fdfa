"""Containers of Azure that Terraform made, with the account that they are in."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from slidebox.adoption.existing import Existing
from slidebox.adoption.terraform import read_terraform, terraform_document
from slidebox.adoption.terraform_azure import api_rule
from slidebox.errors import InputError
from slidebox.model import Role
from slidebox.provider import azure_lifecycle, azure_roles
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_read import account_as_is, as_is
from slidebox.provider.azure_store import AzureRef

from .doubles.arm import SUBSCRIPTION, ArmDouble
from .test_adoption_terraform import FOLDER, azure, read

STATE = "azure-account.tfstate"
NAME = "retina-raw"
GROUP = "group:11111111-2222-3333-4444-555555555555"
SERVICE = "service:66666666-7777-8888-9999-000000000000"

Document = dict[str, Any]


def ref() -> AzureRef:
    """The account as the provider names it."""
    return AzureRef.of("cloud", azure(), "way-lab")


def one() -> Existing:
    """The only container of the fixture."""
    (existing,) = read(STATE)
    return existing


def attributes(document: Document, type_: str) -> dict[str, Any]:
    """The attributes of the first resource of a type."""
    found = next(entry for entry in document["resources"] if entry["type"] == type_)
    attributes: dict[str, Any] = found["instances"][0]["attributes"]
    return attributes


def changed(change: Callable[[Document], None]) -> Existing:
    """The only container of the state, which somebody has changed."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / STATE)))
    change(document)
    (existing,) = read_terraform(document, "cloud", azure(), "way-lab")
    return existing


def updated(type_: str, **values: Any) -> Callable[[Document], None]:
    """A change of one resource's attributes."""

    def change(document: Document) -> None:
        attributes(document, type_).update(values)

    return change


def inputs(existing: Existing) -> dict[str, Any]:
    """The inputs of the container."""
    first = existing.things[0]
    assert (first.type, first.id) == ("slidebox:azure:Container", ref().container_id(NAME))
    return dict(first.inputs)


def test_a_container_has_the_inputs_that_the_provider_reads() -> None:
    """Its key, its lock, its lifecycle and its grants, by the names that slidebox has for them."""
    assert inputs(one()) == {
        "store": ref().document,
        "container": NAME,
        "public": False,
        "ownKey": True,
        "keyUri": "https://waylab.vault.azure.net/keys/data",
        "lockDays": 365,
        "lifecycle": {
            "transitions": [{"days": 30, "tier": "Cool"}, {"days": 180, "tier": "Cold"}],
            "noncurrentDays": 90,
        },
        "grants": [{"identity": GROUP, "role": "reader", "until": None}],
        "tags": {"project": "retina"},
    }


def test_the_account_is_a_thing_too() -> None:
    """On it depends who reaches the container."""
    _, account = one().things
    assert (account.type, account.id) == ("slidebox:azure:Account", ref().account_id)
    assert account.inputs == {
        "store": ref().document,
        "softDeleteDays": 14,
        "changeFeed": True,
        "sku": "Standard_ZRS",
        "tags": {"lab": "way"},
    }


def test_members_are_those_at_the_container_and_above_it() -> None:
    """Not those of a container whose name begins alike."""
    assert [(member.identity, member.role) for member in one().members] == [
        (GROUP, Role.READER),
        (SERVICE, Role.STEWARD),
    ]
    assert any(f"{SERVICE} has the role 'Storage Blob Data Contributor' at waylabdata" in note for note in one().notes)


def test_an_end_in_a_condition_as_slidebox_writes_it_is_an_end() -> None:
    """Any other condition is said in words."""
    wanted = azure_roles.Assignment("", "reader", "Group", "2027-06-30", "")
    existing = changed(updated("azurerm_role_assignment", condition=wanted.condition, condition_version="2.0"))
    assert inputs(existing)["grants"] == [{"identity": GROUP, "role": "reader", "until": "2027-06-30"}]
    assert existing.members[0].until == dt.date(2027, 6, 30)
    other = changed(updated("azurerm_role_assignment", condition="@Resource[x] StringEquals 'y'"))
    assert inputs(other)["grants"] == []
    assert any("on a condition: @Resource[x] StringEquals 'y'" in note for note in other.notes)


def test_shared_keys_are_said_and_never_copied() -> None:
    """The state holds two of them, and strings with them inside."""
    text = (FOLDER / STATE).read_text(encoding="utf-8")
    existing = one()
    for secret in ("SECRET-AZURE-PRIMARY", "SECRET-AZURE-SECONDARY", "AccountKey"):
        assert secret in text
        assert secret not in repr(existing)
    said = "\n".join(existing.notes)
    assert "takes shared keys: who has one, or a link signed with one, may do what it allows" in said
    assert "The state file holds the shared keys of azurerm_storage_account.data" in said


def test_a_rule_about_more_than_the_container_is_said() -> None:
    """It reaches the container, and no input says what it does."""
    assert f"The lifecycle rule 'everything' is about {NAME}, and no input says what it does." in one().notes


def test_a_rule_of_slidebox_is_read_back_from_terraforms_words() -> None:
    """What Terraform does not set it writes as -1; what slidebox does not write is not taken for a rule of its own."""
    block = attributes(dict(terraform_document(FOLDER / STATE)), "azurerm_storage_management_policy")["rule"][0]
    assert azure_lifecycle.wishes(NAME, api_rule(block)) == inputs(one())["lifecycle"]
    more = copy.deepcopy(block)
    more["actions"][0]["base_blob"][0]["delete_after_days_since_last_access_time_greater_than"] = 30
    assert (azure_lifecycle.wishes(NAME, api_rule(more)) or {})["others"] == ["raw"]


@pytest.mark.parametrize(("said", "public"), [("private", False), ("blob", True), ("container", True)])
def test_a_container_that_anyone_reads_is_public(said: str, public: bool) -> None:
    """Also where its blobs are only read by their names, which a sentence says."""
    existing = changed(updated("azurerm_storage_container", container_access_type=said))
    assert inputs(existing)["public"] is public
    assert any("by their names, and not list them" in note for note in existing.notes) is (said == "blob")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"allow_nested_items_to_be_public": True}, "lets containers be public"),
        ({"https_traffic_only_enabled": False}, "takes plain HTTP"),
        ({"min_tls_version": "TLS1_0"}, "takes TLS1_0"),
        ({"is_hns_enabled": True}, "has folders with lists of access of their own"),
        ({"sftp_enabled": True}, "lets people in by SFTP"),
        ({"cross_tenant_replication_enabled": True}, "lets other tenants copy its blobs"),
        ({"blob_properties": []}, "keeps no earlier versions of blobs"),
        ({"customer_managed_key": [{"key_vault_key_id": "x"}]}, "is encrypted as a whole with a key of the lab"),
    ],
)
def test_what_of_the_account_lets_people_in_or_data_go_is_said(values: dict[str, Any], said: str) -> None:
    """As when the account is asked itself."""
    assert not any(said in note for note in one().notes)
    assert any(
        f"The storage account 'waylabdata' {said}" in n for n in changed(updated(f"{A}_account", **values)).notes
    )


A = "azurerm_storage"


def test_what_the_file_does_not_say_of_an_account_is_not_taken_for_safe() -> None:
    """Older releases had other names, and the service other defaults."""

    def forgotten(document: Document) -> None:
        for name in ("allow_nested_items_to_be_public", "shared_access_key_enabled", "min_tls_version"):
            del attributes(document, f"{A}_account")[name]

    said = "\n".join(changed(forgotten).notes)
    assert "lets containers be public" in said
    assert "takes shared keys" in said
    assert "takes TLS1_0" in said


def test_a_container_whose_account_is_not_in_the_file_is_read_all_the_same() -> None:
    """Older releases name the account; what it allows is not known then."""

    def alone(document: Document) -> None:
        attributes(document, f"{A}_container").update(storage_account_id="", storage_account_name="waylabdata")
        document["resources"] = [one for one in document["resources"] if one["type"] != f"{A}_account"]

    existing = changed(alone)
    assert [thing.type for thing in existing.things] == ["slidebox:azure:Container"]
    assert any(
        "whether it takes shared keys, plain HTTP or public containers is not known" in n for n in existing.notes
    )


def test_a_locked_policy_and_a_hold_are_said() -> None:
    """Neither goes away when slidebox takes the container over."""
    locked = changed(updated(f"{A}_container_immutability_policy", locked=True))
    assert f"The immutability policy of {NAME} is locked at 365 days; it can only be made longer." in locked.notes
    held = changed(updated(f"{A}_container", has_legal_hold=True))
    assert f"{NAME} is under a legal hold that slidebox has not set." in held.notes


def test_what_is_handed_over_is_the_container_and_not_the_account() -> None:
    """Other containers are in it, and roles above the container are not the container's."""
    (sentence,) = [note for note in one().notes if "state rm" in note]
    assert f"{A}_container.raw" in sentence
    assert f"{A}_container_immutability_policy.raw" in sentence
    assert "azurerm_role_assignment.reader" in sentence
    assert "upload" not in sentence
    assert f"{A}_account" not in sentence


def test_a_container_of_another_account_belongs_to_another_store() -> None:
    """And without the lab's name nothing says whose mark the account has."""
    with pytest.raises(InputError, match="in another project, region or account"):
        read(STATE, azure(account="otherdata"))
    with pytest.raises(InputError, match="'lab'"):
        read_terraform(terraform_document(FOLDER / STATE), "cloud", azure())


def test_what_a_plan_does_not_know_of_a_container_is_said() -> None:
    """And the rules refuse it."""
    state = terraform_document(FOLDER / STATE)
    about = attributes(dict(state), f"{A}_container") | {"container_access_type": None}
    entry = {"mode": "managed", "type": f"{A}_container", "name": "raw", "address": f"{A}_container.raw"}
    change = {"actions": ["update"], "after_unknown": {"container_access_type": True}}
    plan = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [{**entry, "values": about}]}},
        "resource_changes": [{**entry, "change": change}],
    }
    (existing,) = read_terraform(plan, "cloud", azure(), "way-lab")
    assert inputs(existing)["public"] == "unknown"
    assert any("The container_access_type of azurerm_storage_container.raw is known only" in n for n in existing.notes)


# The file and the service


def test_a_file_and_the_service_say_the_same_of_one_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state says what Resource Manager itself answers, of the container and of what of the account is an input."""
    with ArmDouble() as double:
        for name, value in double.environment().items():
            monkeypatch.setenv(name, value)
        store = azure(subscription=SUBSCRIPTION, endpoint=double.url)
        text = (FOLDER / STATE).read_text(encoding="utf-8").replace(azure().subscription or "", SUBSCRIPTION)
        (existing,) = read_terraform(json.loads(text), "cloud", store, "way-lab")
        where = AzureRef.of("cloud", store, "way-lab")
        connections = AzureConnections(polling_seconds=0.01)
        make(double, connections, where, existing)
        container, _ = as_is(connections, where, NAME)
        account, _ = account_as_is(connections, where)
    assert [dict(thing.inputs) for thing in existing.things] == [container, account]


def make(double: ArmDouble, connections: AzureConnections, where: AzureRef, existing: Existing) -> None:
    """Set up by hand what the state has."""
    said, account = (thing.inputs for thing in existing.things)
    client = connections.storage(where)
    body: Any = {"sku": {"name": account["sku"]}, "kind": "StorageV2", "location": where.region}
    body["tags"] = account["tags"]
    client.storage_accounts.begin_create(where.resource_group, where.account, body).result()
    kept = {"enabled": True, "days": account["softDeleteDays"]}
    blobs: Any = {
        "properties": {
            "deleteRetentionPolicy": kept,
            "containerDeleteRetentionPolicy": kept,
            "isVersioningEnabled": True,
            "changeFeed": {"enabled": account["changeFeed"]},
        }
    }
    client.blob_services.set_service_properties(where.resource_group, where.account, blobs)
    made: Any = {"properties": {"publicAccess": "None", "metadata": dict(said["tags"])}}
    client.blob_containers.create(where.resource_group, where.account, NAME, made)
    scope: Any = {"source": "Microsoft.KeyVault", "state": "Enabled", "keyVaultProperties": {"keyUri": said["keyUri"]}}
    double.state.keep(f"{where.account_id}/encryptionScopes/lab", {"properties": scope})
    id_ = where.container_id(NAME)
    double.state.need(id_)["properties"] |= {"defaultEncryptionScope": "lab", "denyEncryptionScopeOverride": True}
    lock = {"immutabilityPeriodSinceCreationInDays": said["lockDays"], "state": "Unlocked"}
    double.state.keep(f"{id_}/immutabilityPolicies/default", {"properties": lock})
    rules = [{**(azure_lifecycle.rule(NAME, said["lifecycle"]) or {}), "name": "raw"}]
    double.state.keep(f"{where.account_id}/managementPolicies/default", {"properties": {"policy": {"rules": rules}}})
    about = {"principalId": GROUP.removeprefix("group:"), "principalType": "Group", "scope": id_}
    about["roleDefinitionId"] = (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{azure_roles.BLOB_READER}"
    )
    double.state.keep(f"{id_}/providers/Microsoft.Authorization/roleAssignments/1", {"properties": about})
