"""Microsoft.Authorization: role definitions and role assignments with conditions."""

from __future__ import annotations

import uuid
from typing import Any

from .faults import Answer, RefusedError
from .state import Call, State, valid

_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_BLOBS = f"{_CONTAINERS}/blobs"
BUILT_IN = {
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": ("Storage Blob Data Reader", [f"{_CONTAINERS}/read"], [f"{_BLOBS}/read"]),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": (
        "Storage Blob Data Contributor",
        [f"{_CONTAINERS}/{word}" for word in ("delete", "read", "write")],
        [f"{_BLOBS}/{word}" for word in ("delete", "read", "write", "move/action", "add/action")],
    ),
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": ("Storage Blob Data Owner", [f"{_CONTAINERS}/*"], [f"{_BLOBS}/*"]),
    "e147488a-f6f5-4113-8e2d-b22465e65bf6": (
        "Key Vault Crypto Service Encryption User",
        [],
        [f"Microsoft.KeyVault/vaults/keys/{word}" for word in ("read", "wrap/action", "unwrap/action")],
    ),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("Reader", ["*/read"], []),
}
"""Roles of Azure's own: title, actions and data actions (Microsoft, "Azure built-in roles")."""


def _uuid(name: str) -> str:
    try:
        return str(uuid.UUID(name))
    except ValueError as error:
        raise RefusedError(400, "InvalidRoleAssignmentId", f"The ID '{name}' is not a GUID.") from error


def _definitions(state: State) -> dict[str, dict[str, Any]]:
    """Every role definition by its GUID."""
    built_in = {
        name: {
            "roleName": title,
            "type": "BuiltInRole",
            "permissions": [{"actions": actions, "notActions": [], "dataActions": data, "notDataActions": []}],
        }
        for name, (title, actions, data) in BUILT_IN.items()
    }
    own = {
        key.rpartition("/")[2]: thing["properties"] for key, thing in state.things.items() if "/roledefinitions/" in key
    }
    return {**built_in, **own}


def _definition(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    where = f"/providers/Microsoft.Authorization/roleDefinitions/{name}"
    return {"id": where, "name": name, "type": "Microsoft.Authorization/roleDefinitions", "properties": properties}


def list_definitions(state: State, _: Call) -> Answer:
    """The role definitions that can be assigned."""
    return Answer(200, {"value": [_definition(name, about) for name, about in _definitions(state).items()]})


def get_definition(state: State, call: Call) -> Answer:
    """One role definition."""
    name = call.names["name"].lower()
    found = _definitions(state).get(name)
    if found is None:
        raise RefusedError(404, "RoleDefinitionDoesNotExist", f"The specified role definition '{name}' does not exist.")
    return Answer(200, _definition(name, found))


def put_definition(state: State, call: Call) -> Answer:
    """Write a role of one's own."""
    name = _uuid(call.names["name"])
    body = valid("RoleDefinition", call.body)
    title = body["properties"]["roleName"]
    if any(about["roleName"] == title and other != name for other, about in _definitions(state).items()):
        raise RefusedError(409, "RoleDefinitionWithSameNameExists", f"A custom role named '{title}' already exists.")
    state.keep(call.path, {"properties": body["properties"]})
    return Answer(201, _definition(name, body["properties"]))


def delete_definition(state: State, call: Call) -> Answer:
    """Remove a role of one's own, unless somebody has it."""
    name = call.names["name"].lower()
    if any(thing["properties"]["roleDefinitionId"].lower().endswith(name) for _, thing in assignments(state)):
        raise RefusedError(400, "RoleDefinitionHasAssignments", "There are existing role assignments of it.")
    found = state.find(call.path)
    state.drop(call.path)
    return Answer(200 if found else 204, _definition(name, found["properties"]) if found else None)


def assignments(state: State) -> list[tuple[str, dict[str, Any]]]:
    """Every role assignment, by its path."""
    return [(key, thing) for key, thing in state.things.items() if "/roleassignments/" in key]


def _seen(path: str, thing: dict[str, Any]) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    return {"id": path, "name": name, "type": "Microsoft.Authorization/roleAssignments", **thing}


def put_assignment(state: State, call: Call) -> Answer:
    """Give a role; an assignment that is there can only get another condition or description."""
    name, scope = _uuid(call.names["name"]), call.names["scope"]
    said = valid("RoleAssignmentCreateParameters", call.body)["properties"]
    _uuid(said["principalId"])
    definition = said["roleDefinitionId"].rpartition("/")[2].lower()
    if definition not in _definitions(state):
        raise RefusedError(400, "RoleDefinitionDoesNotExist", f"The role definition '{definition}' does not exist.")
    if said.get("condition") and said.get("conditionVersion") != "2.0":
        raise RefusedError(400, "ConditionVersionNotSupported", "The version of a condition is to be 2.0.")
    whole = {"principalType": "User", **said, "scope": scope}
    before = state.find(call.path)
    fixed = ("principalId", "roleDefinitionId")
    if before and any(before["properties"][key].lower() != whole[key].lower() for key in fixed):
        raise RefusedError(409, "RoleAssignmentUpdateNotPermitted", "Tenant, scope, principal and role cannot change.")
    for path, other in assignments(state):
        about = other["properties"]
        # One role has many paths, and one GUID.
        same = about["scope"].lower() == scope.lower() and all(
            about[key].lower().rpartition("/")[2] == whole[key].lower().rpartition("/")[2] for key in fixed
        )
        if same and path != call.path.lower():
            raise RefusedError(409, "RoleAssignmentExists", "The role assignment already exists.")
    state.keep(call.path, {"properties": whole})
    return Answer(
        201, _seen(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", {"properties": whole})
    )


def get_assignment(state: State, call: Call) -> Answer:
    """One role assignment."""
    found = state.find(call.path)
    if found is None:
        raise RefusedError(404, "RoleAssignmentNotFound", f"The role assignment '{call.names['name']}' is not found.")
    return Answer(200, _seen(call.path, found))


def delete_assignment(state: State, call: Call) -> Answer:
    """Take a role away."""
    found = state.find(call.path)
    state.drop(call.path)
    return Answer(200 if found else 204, _seen(call.path, found) if found else None)


def list_assignments(state: State, call: Call) -> Answer:
    """The assignments at a scope and above it; those below it too, unless `$filter` says `atScope()`."""
    scope = call.names["scope"].lower()
    below = call.query.get("$filter") != "atScope()"
    found = [
        _seen(key, thing)
        for key, thing in assignments(state)
        if _covers(thing["properties"]["scope"], scope) or (below and _covers(scope, thing["properties"]["scope"]))
    ]
    return Answer(200, {"value": found})


def _covers(scope: str, other: str) -> bool:
    return f"{other.lower()}/".startswith(f"{scope.lower().rstrip('/')}/")


def list_others(state: State, call: Call) -> Answer:
    """Deny assignments, and what is given for a time or offered: what a test has put below the scope's path."""
    return Answer(200, {"value": [{"id": key, **thing} for key, thing in state.below(call.path)]})
