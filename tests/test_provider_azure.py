"""Containers of Azure, made by the provider's own types through the real SDK; a test server stands in for Azure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from slidebox.errors import InputError, UnreadableError
from slidebox.provider import azure_connections, azure_faults
from slidebox.provider.azure import Container
from slidebox.provider.azure_account import Account
from slidebox.provider.azure_audit import Audit
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_roles import BLOB_READER, assignment_name, role_id
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context, LogLevel, PartialFailureError
from slidebox.provider.values import UNKNOWN

from .doubles.arm import SUBSCRIPTION, ArmDouble, Fault

_COUNT = itertools.count()
ADA, CY, EVE = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2, 3))
POLICY = "managementPolicies/default"


def urn(stack: str = "first", name: str = "raw_images@cloud", kind: str = "Container") -> str:
    """Name of a resource."""
    return f"urn:pulumi:{stack}::slidebox::slidebox:index:AzureLocation$slidebox:azure:{kind}::{name}"


CONTEXT = Context(urn())
LAB = Context(urn(kind="Account", name="account@cloud"))


@pytest.fixture(scope="module")
def running() -> Iterator[ArmDouble]:
    """One server for all tests of this file."""
    with ArmDouble() as double, pytest.MonkeyPatch.context() as patch:
        for name, value in double.environment().items():
            patch.setenv(name, value)
        yield double


@pytest.fixture
def azure(running: ArmDouble) -> ArmDouble:
    """The server, with nothing in it and nothing wrong with it."""
    running.faults.clear()
    running.requests.clear()
    running.state.things.clear()
    running.state.blobs.clear()
    running.state.taken.clear()
    running.token_seconds = 3600.0
    return running


@pytest.fixture(scope="module")
def connections(running: ArmDouble) -> AzureConnections:
    """The SDK's clients, with the credentials of its own default chain."""
    assert running.url
    return AzureConnections(polling_seconds=0.01)


@pytest.fixture
def account(connections: AzureConnections) -> Account:
    """The type of accounts."""
    return Account(connections)


@pytest.fixture
def container(connections: AzureConnections) -> Container:
    """The type of containers."""
    return Container(connections)


@pytest.fixture
def store(azure: ArmDouble) -> dict[str, Any]:
    """A store that no other test has."""
    return {
        "name": "cloud",
        "account": f"wayimages{next(_COUNT)}",
        "subscription": SUBSCRIPTION,
        "resource_group": "imaging",
        "region": "westeurope",
        "lab": "way",
        "endpoint": azure.url,
    }


@pytest.fixture
def lab_account(account: Account, store: dict[str, Any]) -> dict[str, Any]:
    """The inputs of an account that is made."""
    inputs, failures = account.check(LAB, {"store": store, "tags": {"lab": "way"}}, {})
    assert failures == []
    account.create(LAB, inputs)
    return inputs


@pytest.fixture
def inputs(lab_account: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a container with everything that one can have, but a key and a hold."""
    return {
        "location": "nf1/raw_images@mid@cloud",
        "store": lab_account["store"],
        "container": "way-nf1-raw-images-cloud",
        "public": False,
        "ownKey": False,
        "lockDays": 1095,
        "lifecycle": {"transitions": [{"days": 30, "tier": "Cool"}], "noncurrentDays": 90},
        "grants": [
            {"identity": f"user:{ADA}", "role": "steward", "until": None, "principal": "person:ada"},
            {"identity": CY, "role": "reader", "until": "2027-06-30", "principal": "person:cy"},
        ],
        "tags": {"lab": "way", "owner": "ada"},
        "facts": {},
    }


def ref(store: dict[str, Any]) -> AzureRef:
    """The account that a store names."""
    return AzureRef.read(store)


def thing(azure: ArmDouble, store: dict[str, Any], path: str = "") -> dict[str, Any]:
    """What the server keeps of an account, or of something in it."""
    found = azure.state.find(f"{ref(store).account_id}/{path}".rstrip("/"))
    assert found is not None
    return found


def properties(azure: ArmDouble, inputs: dict[str, Any]) -> dict[str, Any]:
    """The properties of a container, as the server keeps them."""
    found: dict[str, Any] = thing(azure, inputs["store"], f"blobServices/default/containers/{inputs['container']}")
    return dict(found["properties"])


def changes(azure: ArmDouble) -> list[str]:
    """The calls that have changed something."""
    return [f"{request.method} {request.path}" for request in azure.requests if request.method != "GET"]


# The account


@pytest.mark.usefixtures("lab_account")
def test_an_account_is_made_closed(azure: ArmDouble, store: dict[str, Any]) -> None:
    """No shared keys, no plain transport, nothing public; versions and what was deleted are kept."""
    made = thing(azure, store)
    assert (made["kind"], made["location"], made["sku"]) == ("StorageV2", "westeurope", {"name": "Standard_ZRS"})
    assert made["tags"] == {"lab": "way", "slidebox:lab": "way"}
    assert {
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "allowSharedKeyAccess": False,
        "defaultToOAuthAuthentication": True,
        "allowCrossTenantReplication": False,
        "allowBlobPublicAccess": False,
    }.items() <= made["properties"].items()
    assert thing(azure, store, "blobServices/default")["properties"] == {
        "isVersioningEnabled": True,
        "deleteRetentionPolicy": {"enabled": True, "days": 30},
        "containerDeleteRetentionPolicy": {"enabled": True, "days": 30},
        "changeFeed": {"enabled": False},
    }


@pytest.mark.usefixtures("lab_account")
def test_roles_of_the_labs_own_give_no_right_to_the_container_itself(azure: ArmDouble, store: dict[str, Any]) -> None:
    """Azure's own contributor may delete it, with everything in it."""
    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
    rights = {}
    for role in ("contributor", "steward"):
        path = f"{ref(store).group_id}/providers/Microsoft.Authorization/roleDefinitions/{role_id(ref(store), role)}"
        made = azure.state.need(path)["properties"]
        (rights[role],) = made["permissions"]
        assert made["assignableScopes"] == [ref(store).group_id]
        assert rights[role]["actions"] == ["Microsoft.Storage/storageAccounts/blobServices/containers/read"]
    assert rights["contributor"]["dataActions"] == [f"{blobs}/{word}" for word in ("read", "write", "add/action")]
    assert set(rights["steward"]["dataActions"]) - set(rights["contributor"]["dataActions"]) == {
        f"{blobs}/delete",
        f"{blobs}/deleteBlobVersion/action",
    }


def test_an_account_is_made_once_and_then_nothing_is_written(
    azure: ArmDouble, account: Account, lab_account: dict[str, Any]
) -> None:
    """Another stack of the lab takes it up too."""
    azure.requests.clear()
    account.create(Context(urn(stack="second", kind="Account")), lab_account)
    assert changes(azure) == []


def test_drift_of_an_account_is_named_and_mended(
    azure: ArmDouble, store: dict[str, Any], account: Account, lab_account: dict[str, Any]
) -> None:
    """Somebody has let shared keys in again, made the account public, and turned versions off."""
    thing(azure, store)["properties"] |= {"allowSharedKeyAccess": True, "allowBlobPublicAccess": True}
    thing(azure, store, "blobServices/default")["properties"]["isVersioningEnabled"] = False
    found = account.read(LAB, "", {}, lab_account)
    assert found is not None
    assert found.state["drift"] == ["allowSharedKeyAccess", "allowBlobPublicAccess", "isVersioningEnabled"]
    assert account.diff(LAB, found.state, found.inputs, lab_account).changed == ("drift",)
    state = account.update(LAB, found.id, found.state, lab_account)
    again = account.read(LAB, "", state, lab_account)
    assert again is not None
    assert (again.state, again.inputs) == (state, lab_account)
    assert account.diff(LAB, again.state, again.inputs, lab_account).changed == ()


def test_what_azure_says_beside_what_it_was_told_is_no_drift(
    azure: ArmDouble, store: dict[str, Any], account: Account, lab_account: dict[str, Any]
) -> None:
    """It answers more than it is sent, and nothing of what is off; others may tag the account too."""
    service = thing(azure, store, "blobServices/default")["properties"]
    service["deleteRetentionPolicy"]["allowPermanentDelete"] = False
    del service["changeFeed"]
    thing(azure, store)["tags"]["cost-centre"] = "47"
    found = account.read(LAB, "", {}, lab_account)
    assert found is not None
    assert found.state["drift"] == []


def test_an_account_lets_containers_be_public_exactly_while_one_is(
    azure: ArmDouble, account: Account, container: Container, lab_account: dict[str, Any], inputs: dict[str, Any]
) -> None:
    """The stack that has nothing public does not close what another has published."""
    id_, state = container.create(CONTEXT, {**inputs, "public": True})
    assert properties(azure, inputs)["publicAccess"] == "Container"
    azure.requests.clear()
    account.update(LAB, "", {}, lab_account)
    assert changes(azure) == []
    found = account.read(LAB, "", {}, lab_account)
    assert found is not None
    assert (found.state["drift"], found.state["settings"]["allowBlobPublicAccess"]) == ([], True)
    container.update(CONTEXT, id_, state, inputs)
    assert thing(azure, lab_account["store"])["properties"]["allowBlobPublicAccess"] is False
    state = container.update(CONTEXT, id_, state, {**inputs, "public": True})
    container.delete(CONTEXT, id_, state)
    assert thing(azure, lab_account["store"])["properties"]["allowBlobPublicAccess"] is False


def test_somebody_elses_account_is_neither_taken_nor_changed(
    azure: ArmDouble, store: dict[str, Any], account: Account, lab_account: dict[str, Any]
) -> None:
    """Another lab's, or one of which nobody has said whose it is."""
    for tags, message in (({"slidebox:lab": "other"}, "belongs to lab 'other'"), ({}, "carries no lab's mark")):
        thing(azure, store)["tags"] = tags
        for attempt in (
            lambda: account.check(LAB, lab_account, {}),
            lambda: account.create(LAB, lab_account),
            lambda: account.delete(LAB, "", lab_account),
        ):
            with pytest.raises(InputError, match=message):
                attempt()
        assert thing(azure, store)["tags"] == tags
    thing(azure, store)["tags"] = {"slidebox:lab": "other"}
    with pytest.raises(InputError, match="slidebox does not change it"):
        account.update(LAB, "", {}, lab_account)


def test_an_account_goes_only_with_its_last_container(
    azure: ArmDouble, store: dict[str, Any], account: Account, container: Container, inputs: dict[str, Any]
) -> None:
    """While other stacks have containers there, this one only forgets it, and says so."""
    said: list[tuple[LogLevel, str]] = []
    context = Context(LAB.urn, log=lambda level, message: said.append((level, message)))
    _, state = container.create(CONTEXT, inputs)
    account.delete(context, "", {"store": store})
    assert said == [
        ("info", f"The storage account {store['account']!r} of store 'cloud' stays: it holds {inputs['container']}.")
    ]
    container.delete(CONTEXT, "", state)
    account.delete(context, "", {"store": store})
    assert azure.state.things == {}
    account.delete(context, "", {"store": store})  # gone already


def test_a_name_that_is_taken_is_one_sentence(azure: ArmDouble, store: dict[str, Any], account: Account) -> None:
    """The names of accounts are shared by everybody."""
    azure.state.taken.add(store["account"])
    inputs, _ = account.check(LAB, {"store": store}, {})
    with pytest.raises(InputError, match=r"is not to be had \(StorageAccountAlreadyTaken\)\. The names of accounts"):
        account.create(LAB, inputs)


def test_an_account_that_cannot_be_finished_is_finished_by_the_next_run(
    azure: ArmDouble, store: dict[str, Any], account: Account
) -> None:
    """The engine keeps it, and the next update goes on."""
    azure.faults.append(Fault("PUT", "/blobServices/default", 403, "AuthorizationFailed"))
    inputs, _ = account.check(LAB, {"store": store}, {})
    with pytest.raises(PartialFailureError, match=r"is not finished.*not allowed to go on") as caught:
        account.create(LAB, inputs)
    assert account.diff(LAB, caught.value.state, inputs, inputs).changed == ("drift",)
    account.update(LAB, caught.value.id, caught.value.state, inputs)
    assert thing(azure, store, "blobServices/default")["properties"]["isVersioningEnabled"] is True


# The container


def test_a_container_is_made_with_its_settings_and_its_mark(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """And is found so again."""
    id_, state = container.create(CONTEXT, inputs)
    made = properties(azure, inputs)
    assert made["publicAccess"] == "None"
    assert made["metadata"] == {
        "lab": "way",
        "owner": "ada",
        "slidebox_project": "slidebox",
        "slidebox_stack": "first",
        "slidebox_urn": urn().replace("$", "="),
    }
    locked = thing(
        azure,
        inputs["store"],
        f"blobServices/default/containers/{inputs['container']}/immutabilityPolicies/default",
    )["properties"]
    assert (locked["state"], locked["immutabilityPeriodSinceCreationInDays"]) == ("Unlocked", 1095)
    assert state["url"] == f"{azure.url}/{inputs['store']['account']}/{inputs['container']}"
    found = container.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert (found.inputs, found.state) == (inputs, state)


def test_a_container_is_made_once_and_then_nothing_is_written(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """So a run that was killed can be repeated."""
    container.create(CONTEXT, inputs)
    azure.requests.clear()
    container.create(CONTEXT, inputs)
    assert changes(azure) == []
    assert len(azure.requests) <= 6


def test_its_rule_stands_among_the_rules_of_others(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """The account has one policy; what others have written in it stays, also when the container goes."""
    foreign = {
        "name": "theirs",
        "type": "Lifecycle",
        "enabled": True,
        "definition": {
            "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 3}}},
            "filters": {"blobTypes": ["blockBlob"], "prefixMatch": ["scratch/"]},
        },
    }
    path = f"{ref(inputs['store']).account_id}/{POLICY}"
    azure.state.keep(path, {"properties": {"policy": {"rules": [foreign]}}})
    id_, state = container.create(CONTEXT, inputs)
    theirs, ours = azure.state.need(path)["properties"]["policy"]["rules"]
    assert theirs == foreign
    assert ours["name"] == f"slidebox-{inputs['container']}"
    old = {"delete": {"daysAfterCreationGreaterThan": 90}}
    assert ours["definition"] == {
        "actions": {
            "baseBlob": {"tierToCool": {"daysAfterModificationGreaterThan": 30}},
            "version": old,
            "snapshot": old,
        },
        "filters": {"blobTypes": ["blockBlob"], "prefixMatch": [f"{inputs['container']}/"]},
    }
    assert state["foreign"] == {}
    container.update(CONTEXT, id_, state, {**inputs, "lifecycle": {"expireDays": 60}})
    _, ours = azure.state.need(path)["properties"]["policy"]["rules"]
    assert ours["definition"]["actions"] == {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 60}}}
    container.delete(CONTEXT, id_, state)
    assert azure.state.need(path)["properties"]["policy"]["rules"] == [foreign]


def test_an_account_that_has_all_its_rules_is_one_sentence(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """Azure allows a hundred."""
    actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 3}}}
    rules = [{"name": f"r{n}", "type": "Lifecycle", "definition": {"actions": actions}} for n in range(100)]
    path = f"{ref(inputs['store']).account_id}/{POLICY}"
    azure.state.keep(path, {"properties": {"policy": {"rules": rules}}})
    with pytest.raises(PartialFailureError, match=r"has 100 lifecycle rules, and Azure allows no more\. Declare"):
        container.create(CONTEXT, inputs)


def test_a_rule_of_others_that_reaches_the_container_is_reported(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """One without a prefix is about every container."""
    actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 3}}}
    foreign = {
        "name": "all",
        "type": "Lifecycle",
        "enabled": True,
        "definition": {"actions": actions, "filters": {"blobTypes": ["blockBlob"]}},
    }
    path = f"{ref(inputs['store']).account_id}/{POLICY}"
    azure.state.keep(path, {"properties": {"policy": {"rules": [foreign]}}})
    _, state = container.create(CONTEXT, inputs)
    assert state["foreign"] == {"rules": ["all"]}


def test_roles_end_by_themselves(azure: ArmDouble, container: Container, inputs: dict[str, Any]) -> None:
    """The end stands in the assignment's own condition; who has none has no condition."""
    container.create(CONTEXT, inputs)
    scope = ref(inputs["store"]).container_id(inputs["container"])
    given = {a["principalId"]: a for a in azure.assignments()}
    assert set(given) == {ADA, CY}
    assert given[CY]["roleDefinitionId"].endswith(BLOB_READER)
    read = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    assert given[CY]["condition"] == (
        f"((!(ActionMatches{{'{read}'}})) OR (@Environment[UtcNow] DateTimeLessThan '2027-06-30T00:00:00.0Z'))"
    )
    assert given[CY]["conditionVersion"] == "2.0"
    assert given[ADA].get("condition") is None
    assert {a["scope"] for a in azure.assignments()} == {scope}


def test_a_condition_is_about_every_right_of_its_role(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """A right that it does not name would have no end."""
    grant = {"identity": EVE, "role": "steward", "until": "2027-01-01", "principal": "person:eve"}
    container.create(CONTEXT, {**inputs, "grants": [grant]})
    (given,) = azure.assignments()
    path = f"/providers/Microsoft.Authorization/roleDefinitions/{role_id(ref(inputs['store']), 'steward')}"
    role = azure.state.need(f"{ref(inputs['store']).group_id}{path}")["properties"]
    for action in role["permissions"][0]["dataActions"]:
        assert f"!(ActionMatches{{'{action}'}})" in given["condition"]


def test_who_is_asked_for_twice_keeps_the_later_end(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """Through a team and by name: one assignment."""
    grants = [
        {"identity": CY, "role": "reader", "until": until, "principal": "person:cy"}
        for until in ("2027-01-01", "2028-01-01", "2027-06-30")
    ]
    container.create(CONTEXT, {**inputs, "grants": grants})
    (given,) = azure.assignments()
    assert "2028-01-01" in given["condition"]


def test_access_that_is_not_asked_for_any_more_goes(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """And an end that is moved is moved in place."""
    id_, state = container.create(CONTEXT, inputs)
    moved = {**inputs["grants"][1], "until": "2027-03-01"}
    state = container.update(CONTEXT, id_, state, {**inputs, "grants": [moved]})
    (given,) = azure.assignments()
    assert (given["principalId"], "2027-03-01" in given["condition"]) == (CY, True)
    container.update(CONTEXT, id_, state, {**inputs, "grants": []})
    assert azure.assignments() == []


def test_what_others_have_given_is_reported_and_stays(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """A reader that somebody let in at the portal; what is given above the container is the account's own."""
    said: list[tuple[LogLevel, str]] = []
    context = Context(urn(), log=lambda level, message: said.append((level, message)))
    scope = ref(inputs["store"]).container_id(inputs["container"])
    id_, state = container.create(context, inputs)
    for where, name in ((scope, EVE), (ref(inputs["store"]).account_id, ADA)):
        path = f"{where}/providers/Microsoft.Authorization/roleAssignments/{name}"
        about = {"principalId": EVE, "principalType": "User", "roleDefinitionId": f"x/{BLOB_READER}", "scope": where}
        azure.state.keep(path, {"properties": about})
    found = container.read(context, id_, state, inputs)
    assert found is not None
    assert found.state["foreign"] == {"assignments": [f"user {EVE}: role {BLOB_READER}"]}
    assert found.inputs == inputs
    assert said[0][0] == "warning"
    assert "has what slidebox has not set" in said[0][1]
    container.update(context, id_, found.state, inputs)
    assert len(azure.assignments()) == 4


def test_drift_is_seen_and_mended(azure: ArmDouble, container: Container, inputs: dict[str, Any]) -> None:
    """Metadata, lock, rule, and who has access."""
    id_, state = container.create(CONTEXT, inputs)
    where = ref(inputs["store"])
    scope = where.container_id(inputs["container"])
    azure.state.need(scope)["properties"]["metadata"]["owner"] = "bob"
    azure.state.drop(f"{scope}/immutabilityPolicies/default")
    azure.state.drop(f"{where.account_id}/{POLICY}")
    azure.state.drop(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment_name(where, scope, CY, 'reader')}"
    )
    found = container.read(CONTEXT, id_, state, inputs)
    assert found is not None
    difference = container.diff(CONTEXT, found.state, found.inputs, inputs)
    assert (difference.changed, difference.replace) == (("grants", "lifecycle", "lockDays", "tags"), ())
    container.update(CONTEXT, id_, found.state, inputs)
    mended = container.read(CONTEXT, id_, state, inputs)
    assert mended is not None
    assert mended.inputs == inputs


def test_a_hold_is_set_and_lifted_and_forbids_deleting(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """Its reason is in the metadata; the holds of others stay."""
    held = {**inputs, "hold": "case 47: ü"}
    id_, state = container.create(CONTEXT, held)
    scope = ref(inputs["store"]).container_id(inputs["container"])
    assert azure.state.need(scope)["hold"] == ["slidebox"]
    found = container.read(CONTEXT, id_, state, held)
    assert found is not None
    assert found.inputs == held
    azure.state.need(scope)["hold"].append("legal47")
    with pytest.raises(InputError, match=r"under a legal hold \(case 47: ü\), so it is not deleted"):
        container.delete(CONTEXT, id_, state)
    state = container.update(CONTEXT, id_, state, inputs)
    assert azure.state.need(scope)["hold"] == ["legal47"]
    assert state["foreign"] == {"holds": ["legal47"]}
    with pytest.raises(InputError, match=r"under a legal hold \(legal47\)"):
        container.delete(CONTEXT, id_, state)


def test_a_lock_is_moved_and_lifted_unless_somebody_has_locked_it(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """Locking is never done here: nobody can undo it."""
    id_, state = container.create(CONTEXT, inputs)
    state = container.update(CONTEXT, id_, state, {**inputs, "lockDays": 30})
    path = f"{ref(inputs['store']).container_id(inputs['container'])}/immutabilityPolicies/default"
    assert azure.state.need(path)["properties"]["immutabilityPeriodSinceCreationInDays"] == 30
    state = container.update(CONTEXT, id_, state, {**inputs, "lockDays": None})
    assert azure.state.find(path) is None
    state = container.update(CONTEXT, id_, state, inputs)
    azure.state.need(path)["properties"]["state"] = "Locked"
    container.update(CONTEXT, id_, state, inputs)
    with pytest.raises(PartialFailureError, match="is locked at 1095 days; Azure never lifts that"):
        container.update(CONTEXT, id_, state, {**inputs, "lockDays": None})


def test_data_that_need_an_own_key_are_refused_without_one(container: Container, inputs: dict[str, Any]) -> None:
    """Before anything is made, in one sentence."""
    _, failures = container.check(CONTEXT, {**inputs, "ownKey": True}, {})
    assert [(f.property, f.reason) for f in failures] == [
        ("keyUri", "these data need a key of the lab's own, and no address of a key in a Key Vault is given")
    ]


def test_an_own_key_is_a_scope_that_nobody_can_write_around(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """Another key is taken up in place; to have one or none is decided when the container is made."""
    keyed = {**inputs, "ownKey": True, "keyUri": "https://way.vault.azure.net/keys/images"}
    id_, state = container.create(CONTEXT, keyed)
    made = properties(azure, inputs)
    assert (made["defaultEncryptionScope"], made["denyEncryptionScopeOverride"]) == (inputs["container"], True)
    assert state["encryptionScope"] == inputs["container"]
    found = container.read(CONTEXT, id_, state, keyed)
    assert found is not None
    assert found.inputs == keyed
    other = {**keyed, "keyUri": "https://way.vault.azure.net/keys/other"}
    assert container.diff(CONTEXT, state, keyed, other).replace == ()
    container.update(CONTEXT, id_, state, other)
    scope = thing(azure, inputs["store"], f"encryptionScopes/{inputs['container']}")["properties"]
    assert scope["keyVaultProperties"]["keyUri"] == other["keyUri"]
    difference = container.diff(CONTEXT, state, keyed, inputs)
    assert (difference.replace, difference.delete_first) == (("keyUri",), True)


@pytest.mark.parametrize("other", [Context(urn(stack="second")), Context(urn(name="other@cloud"))])
def test_somebody_elses_container_is_neither_taken_nor_deleted(
    azure: ArmDouble, container: Container, inputs: dict[str, Any], other: Context
) -> None:
    """Another stack's, or another resource's of the same stack."""
    id_, state = container.create(other, inputs)
    before = properties(azure, inputs)
    for attempt in (
        lambda: container.check(CONTEXT, inputs, {}),
        lambda: container.create(CONTEXT, inputs),
        lambda: container.update(CONTEXT, id_, {}, inputs),
        lambda: container.delete(CONTEXT, id_, {**state, "owner": ""}),
    ):
        with pytest.raises(InputError, match="belongs to somebody else"):
            attempt()
    assert properties(azure, inputs) == before


def test_a_container_with_data_is_not_deleted(azure: ArmDouble, container: Container, inputs: dict[str, Any]) -> None:
    """An empty one is, with its rule and its assignments; and one that is gone already is no fault."""
    id_, state = container.create(CONTEXT, inputs)
    azure.state.blobs[inputs["store"]["account"], inputs["container"]] = {"a.tif": b"image"}
    with pytest.raises(InputError, match=r"is not empty \(it holds blobs.*such as 'a.tif'.*pulumi state delete"):
        container.delete(CONTEXT, id_, state)
    assert len(azure.assignments()) == 2  # nobody has lost anything
    azure.state.blobs.clear()
    container.delete(CONTEXT, id_, state)
    assert azure.assignments() == []
    assert azure.state.find(f"{ref(inputs['store']).account_id}/{POLICY}") is None
    container.delete(CONTEXT, id_, state)
    assert container.read(CONTEXT, id_, state, inputs) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"container": "Bad_Name"}, "Azure does not allow a container named 'Bad_Name'"),
        ({"container": "two--hyphens"}, "single hyphens"),
        ({"tags": {"cost-centre": "47"}}, "is no name of Azure's metadata"),
        ({"grants": [{"identity": "ada@example.org", "role": "reader"}]}, "is no object id of Entra ID"),
        ({"grants": [{"identity": ADA, "role": "owner"}]}, "'owner' is no role"),
        ({"grants": [{"identity": ADA, "role": "reader", "until": "soon"}]}, "'soon' is no day"),
        ({"grants": ["everybody"]}, "'everybody' is no grant"),
        ({"container": None}, "'container' is required"),
    ],
)
def test_bad_inputs_are_refused_before_anything_is_made(
    container: Container, inputs: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    """One sentence each."""
    _, failures = container.check(CONTEXT, {**inputs, **change}, {})
    assert len(failures) == 1
    assert message in failures[0].reason


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"account": "Way-Images"}, "Azure does not allow a storage account named 'Way-Images'"),
        ({"subscription": ""}, "'store' does not say its 'subscription'"),
        ({"profile": "x"}, "'store' has no 'profile'"),
    ],
)
def test_a_store_that_is_none_is_refused(store: dict[str, Any], change: dict[str, Any], message: str) -> None:
    """One sentence each."""
    with pytest.raises(InputError, match=message):
        AzureRef.read({**store, **change})


def test_a_preview_makes_nothing(
    azure: ArmDouble, account: Account, container: Container, inputs: dict[str, Any]
) -> None:
    """Also where the account is not there yet."""
    azure.state.things.clear()
    azure.requests.clear()
    checked, failures = container.check(CONTEXT, inputs, {})
    assert failures == []
    planned = container.planned(Context(urn(), True), checked)
    assert planned["containerId"] == ref(inputs["store"]).container_id(inputs["container"])
    assert container.planned(CONTEXT, {**inputs, "container": UNKNOWN})["containerId"] == UNKNOWN
    asked, _ = account.check(LAB, {"store": inputs["store"]}, {})
    assert account.planned(LAB, asked)["settings"]["allowSharedKeyAccess"] is False
    opened = {"settings": {"allowBlobPublicAccess": True}}
    assert account.planned(LAB, asked, opened)["settings"]["allowBlobPublicAccess"] is True
    assert changes(azure) == []


# Reports


def test_reports_of_an_account_go_into_a_container_that_only_auditors_read(
    azure: ArmDouble, connections: AzureConnections, inputs: dict[str, Any]
) -> None:
    """Every week, with all versions; the reports that others have ordered stay."""
    kind, context = Audit(connections), Context(urn(name="audit@cloud", kind="Audit"))
    auditor = {"identity": CY, "role": "reader", "until": None, "principal": "person:cy"}
    asked = {"store": inputs["store"], "container": "way-lab-audit-cloud", "grants": [auditor], "tags": {"lab": "way"}}
    checked, failures = kind.check(context, asked, {})
    assert failures == []
    id_, state = kind.create(context, checked)
    path = f"{ref(inputs['store']).account_id}/inventoryPolicies/default"
    policy = azure.state.need(path)["properties"]["policy"]
    (rule,) = policy["rules"]
    assert (policy["type"], rule["destination"], rule["enabled"]) == ("Inventory", "way-lab-audit-cloud", True)
    assert (rule["definition"]["format"], rule["definition"]["schedule"]) == ("Parquet", "Weekly")
    assert [(a["principalId"], a["roleDefinitionId"].endswith(BLOB_READER)) for a in azure.assignments()] == [
        (CY, True)
    ]
    azure.requests.clear()
    kind.create(context, checked)
    assert changes(azure) == []

    # Somebody orders reports of their own, and stops the lab's.
    azure.state.keep(ref(inputs["store"]).container_id("theirs"), {"properties": {}})
    theirs = {**rule, "name": "theirs", "destination": "theirs"}
    policy["rules"] = [theirs, {**rule, "enabled": False}]
    found = kind.read(context, id_, state, checked)
    assert found is not None
    assert kind.diff(context, found.state, found.inputs, checked).changed == ("inventory",)
    state = kind.update(context, id_, found.state, checked)
    assert azure.state.need(path)["properties"]["policy"]["rules"] == [theirs, rule]
    again = kind.read(context, id_, state, checked)
    assert again is not None
    assert (again.state, again.inputs) == (state, checked)
    kind.delete(context, id_, state)
    assert azure.state.need(path)["properties"]["policy"]["rules"] == [theirs]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"public": True}, "never public"),
        ({"grants": [{"identity": CY, "role": "steward"}]}, "nobody but Azure itself writes or deletes reports"),
    ],
)
def test_reports_are_for_readers_that_have_a_name(
    azure: ArmDouble, connections: AzureConnections, store: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    """They say the names of all blobs."""
    asked = {"store": store, "container": "way-lab-audit-cloud", **change}
    _, failures = Audit(connections).check(CONTEXT, asked, {})
    assert [message in failure.reason for failure in failures] == [True]
    assert changes(azure) == []


# Faults


def test_throttling_and_outages_are_waited_for(azure: ArmDouble, container: Container, inputs: dict[str, Any]) -> None:
    """The server says for how long."""
    azure.faults += [
        Fault("PUT", "/containers/", 429, "TooManyRequests", retry_after=1),
        Fault("GET", POLICY, 503, "ServerBusy", retry_after=1),
    ]
    container.create(CONTEXT, inputs)
    assert [fault.times for fault in azure.faults] == [0, 0]


def test_what_was_just_made_and_is_not_found_yet_is_waited_for(
    azure: ArmDouble, container: Container, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all of Azure's servers know of it at once."""
    monkeypatch.setattr(azure_faults, "_PAUSE_SECONDS", 0.01)
    azure.faults += [
        Fault("GET", inputs["container"], 404, "ContainerNotFound", times=2, existing=True),
        Fault("PUT", "/roleAssignments/", 400, "PrincipalNotFound"),
    ]
    container.create(CONTEXT, inputs)
    assert [fault.times for fault in azure.faults] == [0, 0]
    assert len(azure.assignments()) == 2


def test_access_denied_on_one_call_of_many_leaves_what_the_next_run_completes(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """The engine keeps the container, and says what is missing."""
    azure.faults.append(Fault("PUT", "/roleAssignments/", 403, "AuthorizationFailed", skip=1))
    with pytest.raises(PartialFailureError, match=r"is not finished.*User Access Administrator") as caught:
        container.create(CONTEXT, inputs)
    assert len(azure.assignments()) == 1
    container.update(CONTEXT, caught.value.id, caught.value.state, inputs)
    found = container.read(CONTEXT, caught.value.id, caught.value.state, inputs)
    assert found is not None
    assert found.inputs == inputs


def test_a_role_that_somebody_gave_by_hand_is_one_sentence(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """Azure allows one assignment of a role to somebody at one place; the hand-made one has no end."""
    scope = ref(inputs["store"]).container_id(inputs["container"])
    about = {"principalId": CY, "principalType": "User", "roleDefinitionId": f"x/{BLOB_READER}", "scope": scope}
    azure.state.keep(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{EVE}", {"properties": about})
    with pytest.raises(PartialFailureError, match=r"Somebody has given a role .* by hand that slidebox is to give"):
        container.create(CONTEXT, inputs)


def test_an_expired_token_is_one_sentence(azure: ArmDouble, inputs: dict[str, Any]) -> None:
    """And what was tried."""
    azure.token_seconds = -5.0
    with pytest.raises(UnreadableError, match=r"are refused \(ExpiredAuthenticationToken while looking for"):
        Container(AzureConnections()).check(CONTEXT, inputs, {})


def test_no_credentials_are_one_sentence(inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the way to get some, and without a word of the SDK's own."""
    monkeypatch.setenv("IDENTITY_HEADER", "another")
    with pytest.raises(UnreadableError, match=r"^There are no credentials for storage account .*az login"):
        Container(AzureConnections()).check(CONTEXT, inputs, {})


def test_a_group_that_azure_does_not_know_is_one_sentence(
    azure: ArmDouble, container: Container, inputs: dict[str, Any]
) -> None:
    """A misspelt name is not taken for an account that is still to be made."""
    azure.faults.append(Fault("GET", "/containers/", 404, "ResourceGroupNotFound"))
    with pytest.raises(InputError, match=r"does not know the subscription or resource group .*slidebox makes none"):
        container.check(CONTEXT, inputs, {})


def test_nobody_who_answers_is_one_sentence(inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens there."""
    closed = {**inputs["store"], "endpoint": "https://127.0.0.1:9"}
    monkeypatch.setitem(azure_connections._SETTINGS, "retry_total", 0)
    with pytest.raises(UnreadableError, match=r"^Nothing answers for storage account"):
        Container(AzureConnections()).check(CONTEXT, {**inputs, "store": closed}, {})
