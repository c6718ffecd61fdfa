"""The lab's own key, which encrypts a container: an account is let in to it, and an encryption scope uses it.

The address of a key does not say where its vault is, so the vault is looked for in the account's subscription, and
the account's identity gets Azure's own role for this at the one key. Where slidebox cannot do so, somebody has to: the
reason is said as soon as Azure cannot use the key.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from slidebox.errors import InputError
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import code, patiently
from slidebox.provider.azure_settings import read_key
from slidebox.provider.azure_store import AzureRef

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

ENCRYPTION_USER: Final = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
"""Azure's own Key Vault Crypto Service Encryption User: it wraps and unwraps, and reads what a key is called."""

_URI = re.compile(r"https://([a-z0-9-]+)\.vault\.[a-z.]+/keys/([a-z0-9-]+)(?:/.*)?", re.IGNORECASE)
_NAMESPACE = uuid.UUID("d3b8a4b0-4f0b-4c0f-8d53-0f6a0a0a6a52")
_RESOURCES_VERSION = "2021-04-01"
_VAULTS_VERSION = "2023-07-01"
_PATIENCE_SECONDS = 180.0
"""A role that was just given does not hold everywhere at once."""


def use(connections: AzureConnections, ref: AzureRef, scope: str, uri: str) -> None:
    """Have an encryption scope use a key of the lab's own, once the account is let in to it.

    Raises
    ------
    InputError
        If Azure cannot use the key.
    """
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - only where a store is in Azure

    client = connections.storage(ref)
    if read_key(client, ref, scope) == uri:
        return
    with connections.lock(ref):
        why = connections.kept(("key", *ref.identity, uri), lambda: _let_in(connections, ref, uri))
    body: Any = {
        "properties": {"source": "Microsoft.KeyVault", "state": "Enabled", "keyVaultProperties": {"keyUri": uri}}
    }
    try:
        patiently(
            lambda: patiently(lambda: client.encryption_scopes.put(ref.resource_group, ref.account, scope, body)),
            0.0 if why else _PATIENCE_SECONDS,
            _is_of_key,
        )
    except HttpResponseError as error:
        if not _is_of_key(code(error)):
            raise
        raise InputError(
            f"Azure cannot use the key {uri} for {ref} ({code(error)}){f': {why}' if why else ''}.",
            "Give the account's identity the role Key Vault Crypto Service Encryption User at the key, and let the "
            "vault have purge protection; then run again.",
        ) from error


def _is_of_key(word: str) -> bool:
    return word.startswith("KeyVault")


def _let_in(connections: AzureConnections, ref: AzureRef, uri: str) -> str:
    """Let an account's identity use a key; answers why that cannot be done here, and nothing where it is done."""
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - only where a store is in Azure

    match = _URI.fullmatch(uri)
    if match is None:
        return "its vault has no roles that slidebox could give"
    vault, key = match.groups()
    try:
        client = connections.storage(ref)
        account = client.storage_accounts.get_properties(ref.resource_group, ref.account).as_dict()
        who = (account.get("identity") or {}).get("principalId")
        if not who:
            return "the account has no identity of its own"
        where = _vault(client, ref, vault)
        if where is None:
            return f"the vault {vault!r} is not in the account's subscription"
        if not _has_roles(client, where):
            return f"the vault {vault!r} has access policies in place of roles"
        _give(connections, ref, f"{where}/keys/{key}", str(who))
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        return f"the credentials may not give a role at the vault {vault!r}"
    return ""


def _vault(client: StorageManagementClient, ref: AzureRef, name: str) -> str | None:
    """Id of the vault of a name, which is one in all of Azure."""
    asked = f"resourceType eq 'Microsoft.KeyVault/vaults' and name eq '{name}'"
    said = _get(client, f"/subscriptions/{ref.subscription}/resources", _RESOURCES_VERSION, {"$filter": asked})
    return next((str(vault["id"]) for vault in said.get("value") or ()), None)


def _has_roles(client: StorageManagementClient, vault: str) -> bool:
    said = _get(client, vault, _VAULTS_VERSION, {}).get("properties") or {}
    return bool(said.get("enableRbacAuthorization"))


def _get(client: StorageManagementClient, path: str, version: str, query: dict[str, str]) -> dict[str, Any]:
    """What Resource Manager says of something that the SDK for storage has no words for."""
    from azure.core.rest import HttpRequest  # noqa: PLC0415 - only where a store is in Azure

    answer = client.send_request(HttpRequest("GET", path, params={**query, "api-version": version}))
    answer.raise_for_status()
    return dict(answer.json())


def _give(connections: AzureConnections, ref: AzureRef, key: str, who: str) -> None:
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - only where a store is in Azure

    role = f"/subscriptions/{ref.subscription}/providers/Microsoft.Authorization/roleDefinitions/{ENCRYPTION_USER}"
    properties = {
        "roleDefinitionId": role,
        "principalId": who,
        "principalType": "ServicePrincipal",
        "description": f"slidebox: the account {ref.account} encrypts with this key",
    }
    name = str(uuid.uuid5(_NAMESPACE, f"{key.lower()}|{who.lower()}"))
    body: Any = {"properties": properties}
    try:
        patiently(lambda: connections.roles(ref).role_assignments.create(key, name, body))
    except HttpResponseError as error:
        if code(error) != "RoleAssignmentExists":  # somebody has given it by hand
            raise
