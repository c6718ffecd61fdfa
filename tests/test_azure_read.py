"""Containers of Azure that were there before slidebox, read through the real SDK; a test server stands in for Azure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import InputError
from slidebox.provider.azure import Container
from slidebox.provider.azure_account import Account
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_read import account_as_is, as_is, names
from slidebox.provider.azure_roles import BLOB_READER, Assignment
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context, LogLevel

from .doubles.arm import SUBSCRIPTION, ArmDouble

CONTEXT = Context("urn:pulumi:nf1::slidebox::slidebox:azure:Container::raw_images@cloud")
ADA, CY, EVE, IMAGING = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2, 3, 4))
BLOB_CONTRIBUTOR, READER = "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCANS = "scans"


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmDouble]:
    """The server."""
    with ArmDouble() as double:
        for name, value in double.environment().items():
            monkeypatch.setenv(name, value)
        yield double


@pytest.fixture
def connections(azure: ArmDouble) -> AzureConnections:
    """The SDK's clients."""
    assert azure.url
    return AzureConnections(polling_seconds=0.01)


@pytest.fixture
def ref(azure: ArmDouble) -> AzureRef:
    """The account."""
    return AzureRef("cloud", "wayimages", SUBSCRIPTION, "imaging", "westeurope", "way", azure.url)


@pytest.fixture
def scans(azure: ArmDouble, connections: AzureConnections, ref: AzureRef) -> str:
    """A container as somebody has clicked it together, in an account as Azure makes it: its id."""
    client = connections.storage(ref)
    body: Any = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": ref.region}
    client.storage_accounts.begin_create(ref.resource_group, ref.account, body).result()
    made: Any = {"properties": {"publicAccess": "None", "metadata": {"who": "ada"}}}
    client.blob_containers.create(ref.resource_group, ref.account, SCANS, made)
    azure.requests.clear()
    return ref.container_id(SCANS)


def give(azure: ArmDouble, where: str, who: str, role: str, kind: str = "User", **more: str) -> None:
    """Give a role by hand."""
    path = f"{where}/providers/Microsoft.Authorization/roleAssignments/{who[:-2]}{len(azure.assignments()):02}"
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    about = {"principalId": who, "principalType": kind, "roleDefinitionId": definition, "scope": where, **more}
    azure.state.keep(path, {"properties": about})


def rule(name: str, prefix: str, days: int = 60) -> dict[str, Any]:
    """A lifecycle rule that somebody has written."""
    return {
        "name": name,
        "type": "Lifecycle",
        "enabled": True,
        "definition": {
            "actions": {"baseBlob": {"tierToCool": {"daysAfterModificationGreaterThan": days}}},
            "filters": {"blobTypes": ["blockBlob"], "prefixMatch": [prefix]},
        },
    }


def dressed(azure: ArmDouble, ref: AzureRef, scans: str) -> None:
    """Let people in, and have blobs moved and kept."""
    give(azure, scans, IMAGING, BLOB_READER, "Group")
    ends = Assignment(EVE, "reader", "User", "2027-06-30", "")
    give(azure, scans, EVE, BLOB_READER, condition=str(ends.condition), conditionVersion="2.0")
    rules = [rule("theirs", "other/"), rule("scans-to-cool", f"{SCANS}/")]
    azure.state.keep(f"{ref.account_id}/managementPolicies/default", {"properties": {"policy": {"rules": rules}}})
    lock = {"immutabilityPeriodSinceCreationInDays": 365, "state": "Unlocked"}
    azure.state.keep(f"{scans}/immutabilityPolicies/default", {"properties": lock})
    scope = {"source": "Microsoft.KeyVault", "state": "Enabled"}
    scope["keyVaultProperties"] = {"keyUri": "https://way.vault.azure.net/keys/images"}  # type: ignore[assignment]
    azure.state.keep(f"{ref.account_id}/encryptionScopes/labs", {"properties": scope})
    said = azure.state.need(scans)["properties"]
    said |= {"defaultEncryptionScope": "labs", "denyEncryptionScopeOverride": True}


def changes(azure: ArmDouble) -> list[str]:
    """The calls that have changed something."""
    return [f"{request.method} {request.path}" for request in azure.requests if request.method != "GET"]


def test_a_container_is_said_as_slidebox_would_make_it(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, scans: str
) -> None:
    """With the key, the lock, the rule and the readers that somebody has given it, and nothing is changed."""
    dressed(azure, ref, scans)
    inputs, sentences = as_is(connections, ref, SCANS)
    assert inputs == {
        "store": ref.document,
        "container": SCANS,
        "public": False,
        "ownKey": True,
        "keyUri": "https://way.vault.azure.net/keys/images",
        "lockDays": 365,
        "lifecycle": {"transitions": [{"days": 60, "tier": "Cool"}]},
        "grants": [
            {"identity": f"group:{IMAGING}", "role": "reader", "until": None},
            {"identity": f"user:{EVE}", "role": "reader", "until": "2027-06-30"},
        ],
        "tags": {"who": "ada"},
    }
    account = "The storage account 'wayimages' of store 'cloud'"
    assert sentences == [
        f"{account} carries no mark of a lab.",
        f"{account} lets containers be public.",
        f"{account} takes shared keys: who has one, or a link signed with one, may do what it allows, and no list says "
        "who.",
        f"{account} takes TLS1_0.",
        f"{account} keeps no earlier versions of blobs.",
        f"{account} keeps nothing that was deleted.",
        f"{account} has it written down nowhere who reads its blobs.",
    ]
    assert names(connections, ref) == [SCANS]
    assert changes(azure) == []


def test_what_no_input_can_say_is_a_sentence(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, scans: str
) -> None:
    """Of the container, and of whoever reaches it by its account."""
    give(azure, scans, ADA, BLOB_CONTRIBUTOR)
    give(azure, scans, CY, BLOB_READER, condition="(@Resource[x] StringEquals 'y')", conditionVersion="2.0")
    give(azure, ref.account_id, IMAGING, BLOB_READER, "Group")
    give(azure, ref.group_id, EVE, READER)
    rules = [rule("all", ""), rule("scans", f"{SCANS}/plate1")]
    azure.state.keep(f"{ref.account_id}/managementPolicies/default", {"properties": {"policy": {"rules": rules}}})
    lock = {"immutabilityPeriodSinceCreationInDays": 30, "state": "Locked"}
    azure.state.keep(f"{scans}/immutabilityPolicies/default", {"properties": lock})
    azure.state.need(scans)["properties"]["publicAccess"] = "Blob"
    azure.state.need(scans)["hold"] = ["case47"]
    account = azure.state.need(ref.account_id)["properties"]
    account |= {"isHnsEnabled": True, "supportsHttpsTrafficOnly": False}
    account["encryption"] = {
        "keySource": "Microsoft.Keyvault",
        "keyvaultproperties": {"keyname": "all", "keyvaulturi": "https://way.vault.azure.net/"},
    }
    inputs, sentences = as_is(connections, ref, SCANS)
    assert (inputs["public"], inputs["lockDays"], inputs["grants"]) == (True, 30, [])
    assert not {"lifecycle", "keyUri", "hold"} & inputs.keys()
    said = "\n".join(sentences)
    for words in (
        f"Anyone may read the blobs of {SCANS} by their names, and not list them",
        f"{SCANS} is under a legal hold that slidebox has not set: case47.",
        f"The immutability policy of {SCANS} is locked at 30 days",
        f"The lifecycle rule 'all' is about {SCANS}, and no input says what it does.",
        f"The lifecycle rule 'scans' is about {SCANS}",
        f"User {ADA} has the role 'Storage Blob Data Contributor' at this container",
        f"User {CY} has the role 'Storage Blob Data Reader' at this container, which is no grant of slidebox's, on a",
        f"Group {IMAGING} has the role 'Storage Blob Data Reader' at wayimages",
        "has folders with lists of access of their own",
        "takes plain HTTP",
        "is encrypted as a whole with the key https://way.vault.azure.net/all",
    ):
        assert words in said
    assert EVE not in said  # a role that lets nobody see a blob
    assert changes(azure) == []


def test_what_is_not_there_is_one_sentence(connections: AzureConnections, ref: AzureRef, scans: str) -> None:
    """A container, or its account."""
    assert scans
    with pytest.raises(InputError, match=r"There is no container 'other' in storage account 'wayimages'"):
        as_is(connections, ref, "other")
    nowhere = AzureRef("cloud", "nowhere", SUBSCRIPTION, "imaging", "westeurope", "way", ref.endpoint)
    with pytest.raises(InputError, match="There is no storage account 'nowhere'"):
        account_as_is(connections, nowhere)


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: AzureRef) -> None:
    """A lab around the process, which declares the account."""
    (tmp_path / "lab.yaml").write_text(
        f"""\
lab: way
title: Way Lab
people: {{ada: {{name: Ada}}}}
stores:
  cloud:
    system: cloud
    kind: azure
    account: {ref.account}
    subscription: {ref.subscription}
    resource_group: {ref.resource_group}
    region: {ref.region}
    endpoint: {ref.endpoint}
"""
    )
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("around")
@pytest.mark.parametrize("short", [False, True])
def test_a_container_is_imported_as_it_is(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, scans: str, short: bool
) -> None:
    """By its id in Azure or its name in the store; the next look finds the same, and nothing to do."""
    dressed(azure, ref, scans)
    said: list[tuple[LogLevel, str]] = []
    context = Context(CONTEXT.urn, log=lambda level, message: said.append((level, message)))
    kind = Container(connections)
    found = kind.read(context, f"cloud/{SCANS}" if short else scans.upper(), {}, {})
    assert found is not None
    assert found.id == scans
    assert found.inputs == as_is(connections, ref, SCANS)[0]
    assert (found.state["foreign"], found.state["owner"], found.state["encryptionScope"]) == ({}, "", "labs")
    assert ("warning", "The storage account 'wayimages' of store 'cloud' carries no mark of a lab.") in said
    again = kind.read(context, scans, found.state, found.inputs)
    assert again is not None
    assert (again.state, again.inputs) == (found.state, found.inputs)
    checked, failures = kind.check(context, found.inputs, found.inputs)
    assert failures == []
    assert kind.diff(context, found.state, found.inputs, checked).changed == ()
    assert changes(azure) == []
    assert kind.read(context, "cloud/other", {}, {}) is None


@pytest.mark.usefixtures("around")
def test_what_was_taken_over_is_brought_to_what_is_declared(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, scans: str
) -> None:
    """Who was let in by hand and is declared keeps it once; who is not any more loses it, and one rule is written."""
    dressed(azure, ref, scans)
    kind = Container(connections)
    found = kind.read(CONTEXT, scans, {}, {})
    assert found is not None
    azure.requests.clear()
    state = kind.update(CONTEXT, found.id, found.state, {**found.inputs, "tags": {"who": "cy"}})
    assert [change.split()[0] for change in changes(azure)] == ["PATCH"]  # the metadata, with the mark
    later = {**found.inputs, "grants": found.inputs["grants"][:1], "lifecycle": {"expireDays": 90}}
    state = kind.update(CONTEXT, found.id, state, later)
    assert [a["principalId"] for a in azure.assignments()] == [IMAGING]
    policy = azure.state.need(f"{ref.account_id}/managementPolicies/default")["properties"]["policy"]
    assert [entry["name"] for entry in policy["rules"]] == ["theirs", f"slidebox-{SCANS}"]
    assert state["foreign"] == {}
    kind.delete(CONTEXT, found.id, state)
    assert azure.assignments() == []


@pytest.mark.usefixtures("around")
def test_an_account_is_imported_as_it_is(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, scans: str
) -> None:
    """What it has otherwise than slidebox makes it is in the state, for the rules."""
    assert scans
    for id_ in ("cloud", ref.account_id):
        found = Account(connections).read(CONTEXT, id_, {}, {})
        assert found is not None
        assert (found.id, found.inputs["sku"], found.inputs["softDeleteDays"]) == (ref.account_id, "Standard_LRS", 0)
        assert found.state["settings"]["allowSharedKeyAccess"] is True
        assert {"allowSharedKeyAccess", "isVersioningEnabled", "tags"} <= set(found.state["drift"])
    assert changes(azure) == []


@pytest.mark.usefixtures("around")
@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("cloud", "is not the id of a container"),
        ("elsewhere/scans", r"No store in lab\.yaml is the account of 'elsewhere/scans'"),
        ("/subscriptions/x/resourceGroups/y/providers/Microsoft.Storage/storageAccounts/z", "No store in lab.yaml"),
    ],
)
def test_an_id_of_nothing_declared_is_refused(connections: AzureConnections, id_: str, message: str) -> None:
    """One sentence each."""
    with pytest.raises(InputError, match=message):
        Container(connections).read(CONTEXT, id_, {}, {})
