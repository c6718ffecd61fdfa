"""Roles of Azure that Terraform defines and gives, as Resource Manager answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.azure.builtin import gives_nothing
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource, blocks_of
from slidebox.audit.azure_section import LATER, Making, attribute, known

_DEFINITION = "azurerm_role_definition"
_ASSIGNMENT = "azurerm_role_assignment"
_ELIGIBLE, _ACTIVE = "azurerm_pim_eligible_role_assignment", "azurerm_pim_active_role_assignment"
_GIVING: Mapping[str, str] = {_ASSIGNMENT: "roleAssignments", _ACTIVE: "roleAssignments", _ELIGIBLE: "eligible"}
_LISTS: Mapping[str, str] = {
    "actions": "actions",
    "not_actions": "notActions",
    "data_actions": "dataActions",
    "not_data_actions": "notDataActions",
}


def add(making: Making) -> None:
    """Add the roles that the resources define, and those that they give."""
    for one in making.found:
        if one.type in (_DEFINITION, f"data.{_DEFINITION}"):
            making.add("roleDefinitions", _definition(one))
    for one in making.found:
        if part := _GIVING.get(one.type):
            _assignment(making, one, part)


def _definition(one: Resource) -> dict[str, Any]:
    permissions: Any = (
        unread(LATER)
        if attribute(one, "permissions") == UNKNOWN
        else [
            {theirs: known(block.get(ours) or []) for ours, theirs in _LISTS.items()}
            for block in blocks_of(one.whole(), "permissions")
        ]
    )
    title = one.text("name")
    return {
        "name": _guid(one),
        "properties": {"roleName": one.address if title in ("", UNKNOWN) else title, "permissions": permissions},
    }


def _guid(one: Resource) -> str:
    """What tells a definition from others: its GUID, or its address before it has one."""
    said = one.text("role_definition_id")
    return one.address.replace("/", "_") if said in ("", UNKNOWN) else said.rpartition("/")[2]


def _assignment(making: Making, one: Resource, part: str) -> None:
    properties: dict[str, Any] = {
        "principalId": known(attribute(one, "principal_id") or UNKNOWN),
        "principalType": _text(one, "principal_type"),
        "condition": _text(one, "condition"),
        **_role(making, one),
    }
    expires = one.block("schedule").get("expiration")
    end = next(iter(blocks_of({"it": expires}, "it")), {}).get("end_date_time")
    if isinstance(end, str) and end not in ("", UNKNOWN):
        properties["endDateTime"] = end
    scopes = making.scopes(one, "scope")
    if scopes is None:
        if not gives_nothing(properties.get("roleDefinitionName") or ""):
            making.aside(one, "it gives a role, and nothing tells where")
        return
    for scope in scopes:
        if making.is_at(scope):
            making.add(part, {"id": one.address, "properties": {**properties, "scope": scope}})


def _text(one: Resource, name: str) -> Any:
    """An attribute that may be left out: what only the provider chooses is nothing."""
    said = attribute(one, name)
    return known(said) if said else None


def _role(making: Making, one: Resource) -> dict[str, Any]:
    title, guid = attribute(one, "role_definition_name"), attribute(one, "role_definition_id")
    if isinstance(title, str) and title not in ("", UNKNOWN):
        return {"roleDefinitionName": title}
    if isinstance(guid, str) and guid not in ("", UNKNOWN):
        return {"roleDefinitionId": guid.partition("|")[0]}
    for name in ("role_definition_id", "role_definition_name"):
        for other in making.sources(one, name):
            if other.type in (_DEFINITION, f"data.{_DEFINITION}"):
                return {"roleDefinitionId": f"/{_guid(other)}"}
    return {"roleDefinitionId": unread(LATER)}
