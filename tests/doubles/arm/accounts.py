"""Microsoft.Storage: accounts, blob services, encryption scopes and the two policies of an account."""

from __future__ import annotations

import re
from typing import Any

from . import vaults
from .faults import Answer, RefusedError
from .state import Call, State, merged, valid

_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
POLLS = 1
"""How often a new account answers that it is not ready yet."""


def _seen(call: Call, thing: dict[str, Any], kind: str, path: str | None = None) -> dict[str, Any]:
    where = path or call.path
    return {"id": where, "name": where.rpartition("/")[2], "type": f"Microsoft.Storage/{kind}", **thing}


def account_path(call: Call) -> str:
    """The path of the account that a call is about."""
    names = call.names
    return (
        f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}"
        f"/providers/Microsoft.Storage/storageAccounts/{names['account']}"
    )


def put_account(state: State, call: Call) -> Answer:
    """Make an account, or write one anew."""
    body, name = valid("StorageAccountCreateParameters", call.body), call.names["account"]
    if not _ACCOUNT_NAME.fullmatch(name):
        raise RefusedError(400, "AccountNameInvalid", f"{name} is not a valid storage account name.")
    elsewhere = any(key.endswith(f"/storageaccounts/{name}") and key != call.path.lower() for key in state.things)
    if name in state.taken or elsewhere:
        raise RefusedError(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")
    before = state.find(call.path)
    if before and before["location"] != body["location"]:
        raise RefusedError(409, "InvalidResourceLocation", f"The resource '{name}' already exists in another location.")
    blank = {"allowBlobPublicAccess": True, "allowSharedKeyAccess": True, "minimumTlsVersion": "TLS1_0"}
    own = {
        "provisioningState": "Succeeded",
        "primaryEndpoints": dict.fromkeys(("blob", "dfs"), f"{state.url}/{name}/"),
        "primaryLocation": body["location"],
        "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": True}}},
    }
    properties = {**blank, **(body.get("properties") or {}), **own}
    identity = body.get("identity")
    if identity:
        identity = {**identity, "principalId": "00000000-0000-0000-0000-0000000000aa"}
    thing = {**body, "properties": properties, **({"identity": identity} if identity else {})}
    state.keep(call.path, thing)
    if before:
        return Answer(200, _seen(call, thing, "storageAccounts"))
    blobs = {"properties": {"isVersioningEnabled": False, "deleteRetentionPolicy": {"enabled": False}}}
    state.keep(f"{call.path}/blobServices/default", blobs)
    state.waiting[call.path.lower()] = POLLS
    where = f"{state.url}/subscriptions/{call.names['subscription']}/providers/Microsoft.Storage/locations/here"
    return Answer(202, None, {"Location": f"{where}/asyncoperations/{name}?of={call.path}", "Retry-After": "0"})


def poll(state: State, call: Call) -> Answer:
    """How far the making of an account is."""
    path = call.query["of"]
    if state.waiting.get(path.lower(), 0) > 0:
        state.waiting[path.lower()] -= 1
        return Answer(202, None, {"Retry-After": "0"})
    return Answer(200, _seen(call, state.need(path), "storageAccounts", path))


def get_account(state: State, call: Call) -> Answer:
    """One account."""
    return Answer(200, _seen(call, state.need(call.path), "storageAccounts"))


def patch_account(state: State, call: Call) -> Answer:
    """Change an account."""
    body = valid("StorageAccountUpdateParameters", call.body)
    thing = state.keep(call.path, merged(state.need(call.path), body))
    return Answer(200, _seen(call, thing, "storageAccounts"))


def delete_account(state: State, call: Call) -> Answer:
    """Remove an account and everything in it."""
    return Answer(200 if state.drop(call.path) else 204)


def list_accounts(state: State, call: Call) -> Answer:
    """The accounts of a resource group."""
    found = [_seen(call, thing, "storageAccounts", key) for key, thing in state.below(call.path)]
    return Answer(200, {"value": found})


def get_service(state: State, call: Call) -> Answer:
    """The settings of an account's blob service."""
    state.need(account_path(call))
    return Answer(200, _seen(call, state.need(call.path), "storageAccounts/blobServices"))


def put_service(state: State, call: Call) -> Answer:
    """Write the settings of an account's blob service."""
    state.need(account_path(call))
    properties = valid("BlobServiceProperties", call.body).get("properties") or {}
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        days = (properties.get(name) or {}).get("days")
        if days is not None and not 1 <= days <= 365:
            raise RefusedError(400, "InvalidValuesForRequestParameters", f"{name}.days is to be 1 to 365.")
    return Answer(200, _seen(call, state.keep(call.path, {"properties": properties}), "blobServices"))


def get_thing(state: State, call: Call) -> Answer:
    """A policy or an encryption scope."""
    state.need(account_path(call))
    found = state.find(call.path)
    for kind in ("ManagementPolicy", "BlobInventoryPolicy"):
        if found is None and kind.lower().removeprefix("blob")[:-1] in call.path.lower():
            raise RefusedError(404, f"{kind}NotFound", f"No {kind} found for the account.")
    return Answer(200, _seen(call, state.need(call.path), "storageAccounts/things"))


def put_scope(state: State, call: Call) -> Answer:
    """Write an encryption scope."""
    state.need(account_path(call))
    body = valid("EncryptionScope", call.body)
    properties = {"state": "Enabled", "source": "Microsoft.Storage", **(body.get("properties") or {})}
    if properties["source"] == "Microsoft.KeyVault" and not (properties.get("keyVaultProperties") or {}).get("keyUri"):
        raise RefusedError(400, "InvalidValuesForRequestParameters", "keyVaultProperties.keyUri is required.")
    vaults.require_key(state, state.need(account_path(call)), properties)
    status = 200 if state.find(call.path) else 201
    return Answer(status, _seen(call, state.keep(call.path, {"properties": properties}), "encryptionScopes"))


def patch_scope(state: State, call: Call) -> Answer:
    """Change an encryption scope."""
    thing = merged(state.need(call.path), valid("EncryptionScope", call.body))
    return Answer(200, _seen(call, state.keep(call.path, thing), "encryptionScopes"))


def put_management_policy(state: State, call: Call) -> Answer:
    """Write an account's one lifecycle policy, whole."""
    state.need(account_path(call))
    body = valid("ManagementPolicy", call.body)
    rules = body["properties"]["policy"]["rules"]
    names = [rule["name"] for rule in rules]
    if not rules or len(rules) > 100 or len(set(names)) < len(names):
        raise RefusedError(400, "InvalidManagementPolicy", "A policy has 1 to 100 rules of different names.")
    return Answer(200, _seen(call, state.keep(call.path, body), "managementPolicies"))


def put_inventory_policy(state: State, call: Call) -> Answer:
    """Write an account's inventory policy."""
    state.need(account_path(call))
    body = valid("BlobInventoryPolicy", call.body)
    for rule in body["properties"]["policy"]["rules"]:
        state.need(f"{account_path(call)}/blobServices/default/containers/{rule['destination']}")
    return Answer(200, _seen(call, state.keep(call.path, body), "inventoryPolicies"))


def delete_thing(state: State, call: Call) -> Answer:
    """Remove a policy."""
    state.need(account_path(call))
    return Answer(200 if state.drop(call.path) else 204)


def list_things(state: State, call: Call) -> Answer:
    """What a test has put into an account: local users, or policies of replication."""
    state.need(account_path(call))
    return list_below(state, call)


def list_below(state: State, call: Call) -> Answer:
    """What is directly in a folder of paths."""
    return Answer(
        200, {"value": [{"id": key, "name": key.rpartition("/")[2], **thing} for key, thing in state.below(call.path)]}
    )


def list_profiles(state: State, call: Call) -> Answer:
    """The profiles of Front Door of a subscription, in whichever resource group."""
    found = [
        {"id": key, "name": key.rpartition("/")[2], **thing}
        for key, thing in sorted(state.things.items())
        if re.fullmatch(r".*/providers/microsoft\.cdn/profiles/[^/]+", key)
    ]
    return Answer(200, {"value": found})
