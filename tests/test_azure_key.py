"""The lab's own key of a container in Azure: the account is let in to it; a test server stands in for Azure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from slidebox.errors import InputError
from slidebox.provider import azure_faults, azure_key
from slidebox.provider.azure import Container
from slidebox.provider.azure_account import Account
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_key import ENCRYPTION_USER
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context

from .doubles.arm import SUBSCRIPTION, ArmDouble, Fault

CONTEXT = Context("urn:pulumi:nf1::slidebox::slidebox:azure:Container::raw_images@cloud")
KEY = "https://way-lab.vault.azure.net/keys/images"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/way-lab"
GUARDED = {"enableRbacAuthorization": True, "enablePurgeProtection": True}


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmDouble]:
    """The server; nobody waits long for a role."""
    monkeypatch.setattr(azure_faults, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(azure_key, "_PATIENCE_SECONDS", 0.05)
    with ArmDouble() as double:
        for name, value in double.environment().items():
            monkeypatch.setenv(name, value)
        yield double


@pytest.fixture
def ref(azure: ArmDouble) -> AzureRef:
    """An account."""
    ref = AzureRef("cloud", "wayimages", SUBSCRIPTION, "imaging", "westeurope", "way", azure.url)
    kind = Account(AzureConnections(polling_seconds=0.01))
    kind.create(CONTEXT, kind.check(CONTEXT, {"store": ref.document}, {})[0])
    azure.requests.clear()
    return ref


def vault(azure: ArmDouble, path: str = VAULT, **changes: bool) -> None:
    """A vault with the key."""
    azure.state.keep(path, {"properties": {**GUARDED, **changes}})


def make(ref: AzureRef, connections: AzureConnections, name: str = "scans", uri: str = KEY) -> dict[str, Any]:
    """The state of a container whose data need the key."""
    asked = {"store": ref.document, "container": name, "ownKey": True, "keyUri": uri}
    inputs, failures = Container(connections).check(CONTEXT, asked, {})
    assert failures == []
    return Container(connections).create(CONTEXT, inputs)[1]


def scope(azure: ArmDouble, ref: AzureRef, name: str = "scans") -> dict[str, Any] | None:
    """An encryption scope."""
    return azure.state.find(f"{ref.account_id}/encryptionScopes/{name}")


def test_an_account_is_let_in_to_the_one_key(azure: ArmDouble, ref: AzureRef) -> None:
    """Once for all its containers, and to nothing else in the vault."""
    vault(azure)
    connections = AzureConnections()
    assert make(ref, connections)["encryptionScope"] == "scans"
    (given,) = azure.assignments()
    principal = azure.state.need(ref.account_id)["identity"]["principalId"]
    assert (given["principalId"], given["principalType"]) == (principal, "ServicePrincipal")
    assert (given["scope"].lower(), given["roleDefinitionId"].rpartition("/")[2]) == (
        f"{VAULT}/keys/images".lower(),
        ENCRYPTION_USER,
    )
    azure.requests.clear()
    make(ref, connections, "plates")
    assert [r.path for r in azure.requests if "vault" in r.path.lower() or r.path.endswith("/resources")] == []
    azure.requests.clear()
    make(ref, AzureConnections())  # the next run: the scope is right already
    assert [r.method for r in azure.requests if r.method != "GET"] == []
    assert [r.path for r in azure.requests if "vault" in r.path.lower()] == []


def test_a_role_that_somebody_has_given_by_hand_will_do(azure: ArmDouble, ref: AzureRef) -> None:
    """At the key, where slidebox would give it; or at the vault, which slidebox may not look at."""
    principal = azure.state.need(ref.account_id)["identity"]["principalId"]
    for where in (f"{VAULT}/keys/images", VAULT):
        vault(azure)
        name = "00000000-0000-0000-0000-00000000000b"
        about = {"principalId": principal, "roleDefinitionId": f"x/{ENCRYPTION_USER}", "scope": where}
        azure.state.keep(f"{where}/providers/Microsoft.Authorization/roleAssignments/{name}", {"properties": about})
        if where == VAULT:
            azure.faults.append(Fault("GET", "/resources", 403, "AuthorizationFailed"))
        make(ref, AzureConnections(), f"c{len(where)}")
        assert len(azure.assignments()) == 1
        azure.state.drop(VAULT)


def test_a_role_does_not_hold_everywhere_at_once(
    azure: ArmDouble, ref: AzureRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for."""
    monkeypatch.setattr(azure_key, "_PATIENCE_SECONDS", 5.0)
    vault(azure)
    azure.faults.append(Fault("PUT", "/encryptionScopes/", 400, "KeyVaultAuthenticationFailure", times=2))
    make(ref, AzureConnections())
    assert scope(azure, ref) is not None


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        (
            {"enableRbacAuthorization": False},
            VAULT,
            r"KeyVaultAuthenticationFailure\): the vault 'way-lab' has access pol",
        ),
        ({"enablePurgeProtection": False}, VAULT, r"\(KeyVaultPolicyError\)\. Give .* purge protection"),
        ({}, VAULT.replace(SUBSCRIPTION, "x"), r"the vault 'way-lab' is not in the account's subscription\. Give the"),
    ],
)
def test_a_key_that_azure_cannot_use_is_one_sentence(
    azure: ArmDouble, ref: AzureRef, changes: dict[str, bool], path: str, message: str
) -> None:
    """With the reason why slidebox could not let the account in; no container is made."""
    vault(azure, path, **changes)
    with pytest.raises(InputError, match=message):
        make(ref, AzureConnections())
    assert azure.state.find(ref.container_id("scans")) is None


@pytest.mark.parametrize("fault", ["/resources", "/roleAssignments/"])
def test_who_may_not_give_the_role_is_told_so(azure: ArmDouble, ref: AzureRef, fault: str) -> None:
    """Whoever may can do it, and the next run completes it."""
    vault(azure)
    azure.faults.append(Fault("", fault, 403, "AuthorizationFailed"))
    with pytest.raises(InputError, match="the credentials may not give a role at the vault 'way-lab'"):
        make(ref, AzureConnections())
    make(ref, AzureConnections())
    assert scope(azure, ref) is not None


def test_an_account_without_an_identity_is_named(azure: ArmDouble, ref: AzureRef) -> None:
    """One that was there before slidebox may have none."""
    vault(azure)
    azure.state.need(ref.account_id)["identity"] = None
    with pytest.raises(InputError, match="the account has no identity of its own"):
        make(ref, AzureConnections())


def test_a_key_in_another_kind_of_vault_is_left_to_its_owner(azure: ArmDouble, ref: AzureRef) -> None:
    """A managed HSM has roles of its own; if the account has been let in there, all is well."""
    make(ref, AzureConnections(), uri="https://way-lab.managedhsm.azure.net/keys/images")
    assert azure.assignments() == []
    assert scope(azure, ref) is not None
