"""Ways to an account that Terraform makes beside its roles: networks, websites, local users, copies and links."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource, blocks_of
from slidebox.audit.azure_section import LATER, Making, attribute, known

_LETTERS: Mapping[str, str] = {
    "read": "r",
    "write": "w",
    "delete": "d",
    "list": "l",
    "create": "c",
    "add": "a",
    "update": "w",
    "tag": "t",
    "filter": "f",
}
"""Permissions by the word that Terraform has for each; ``process`` is about queues."""
_AN_ACCOUNT = re.compile(r"(?:^|;)AccountName=([^;]+)", re.IGNORECASE)


def add(making: Making) -> None:
    """Add what the resources say of ways to accounts."""
    for one in making.found:
        if adding := _ADDING.get(one.type):
            adding(making, one)


def rules_of(said: Any) -> Any:
    """Network rules as Resource Manager has them."""
    if said == UNKNOWN:
        return unread(LATER)
    listed = said if isinstance(said, list) else [said]
    block = listed[0] if listed and isinstance(listed[0], Mapping) else None
    if block is None:
        return unread(LATER)
    return {
        "defaultAction": known(block.get("default_action") or "Allow"),
        "bypass": "",
        "ipRules": _each(block.get("ip_rules"), "value"),
        "virtualNetworkRules": _each(block.get("virtual_network_subnet_ids"), "id"),
    }


def _each(said: Any, name: str) -> Any:
    if said == UNKNOWN:
        return unread(LATER)
    return [unread(LATER) if one == UNKNOWN else {name: one} for one in said or ()]


def _placed(making: Making, one: Resource, *names: str) -> dict[str, Any] | None:
    """What is said of the account that a resource is about; else the resource stands by itself."""
    key = making.account_of(one, *names)
    if key is None:
        making.aside(one, "nothing tells whose account it is about")
        return None
    return making.entry(key)


def _network(making: Making, one: Resource) -> None:
    entry = _placed(making, one, "storage_account_id", "storage_account_name")
    if entry is not None and "properties" in entry["account"] and "$unread" not in entry["account"]["properties"]:
        entry["account"]["properties"]["networkAcls"] = rules_of(one.whole())


def _website(making: Making, one: Resource) -> None:
    entry = _placed(making, one, "storage_account_id")
    if entry is not None:
        entry["staticWebsite"] = {"enabled": True}


def _local_user(making: Making, one: Resource) -> None:
    entry = _placed(making, one, "storage_account_id")
    if entry is None:
        return
    scopes: Any = (
        unread(LATER)
        if "permission_scope" in one.unknown
        else [
            {
                "service": block.get("service") or "blob",
                "resourceName": block.get("resource_name") or "",
                "permissions": letters(block.get("permissions")),
            }
            for block in one.blocks("permission_scope")
        ]
    )
    properties = {
        "permissionScopes": scopes,
        "hasSshKey": known(attribute(one, "ssh_key_enabled") or bool(one.blocks("ssh_authorized_key"))),
        "hasSshPassword": known(attribute(one, "ssh_password_enabled") or False),
    }
    if isinstance(entry["localUsers"], list):
        entry["localUsers"].append({"name": one.text("name") or one.address, "properties": properties})


def letters(said: Any) -> str:
    """Permissions as links carry them, from a block of Terraform's."""
    block = next(iter(blocks_of({"it": said}, "it")), {})
    found = [_LETTERS.get(name, "") for name, on in block.items() if on is True or on == UNKNOWN]
    return "".join(dict.fromkeys("".join(found)))


def _replication(making: Making, one: Resource) -> None:
    ends = [making.account_of(one, f"{end}_storage_account_id") for end in ("source", "destination")]
    rules: Any = (
        unread(LATER)
        if "rules" in one.unknown and not one.blocks("rules")
        else [
            {
                "sourceContainer": known(block.get("source_container_name") or UNKNOWN),
                "destinationContainer": known(block.get("destination_container_name") or UNKNOWN),
            }
            for block in blocks_of(one.whole(), "rules")
        ]
    )
    source, target = (unread(LATER) if end is None else end for end in ends)
    policy = {"properties": {"sourceAccount": source, "destinationAccount": target, "rules": rules}}
    for key in dict.fromkeys(end for end in ends if end is not None):
        entry = making.entry(key)
        if isinstance(entry["replication"], list):
            entry["replication"].append(policy)
    if ends == [None, None]:
        making.aside(one, "it copies blobs, and nothing tells whose")


def _endpoint(making: Making, one: Resource) -> None:
    later = attribute(one, "private_service_connection") == UNKNOWN
    for block in [{}] if later else blocks_of(one.whole(), "private_service_connection"):
        said = str(block.get("private_connection_resource_id", UNKNOWN))
        match = re.search(r"/storageAccounts/([^/]+)", said, re.IGNORECASE)
        key = match[1] if match else None
        if key is None and said == UNKNOWN:
            key = making.account_of(one, "private_service_connection")
        entry = making.accounts.get(key or "")
        if entry is not None and "$unread" not in entry["account"]["properties"]:
            listed = entry["account"]["properties"].setdefault("privateEndpointConnections", [])
            name = one.text("name") or one.address
            listed.append({"name": name, "properties": {"privateEndpoint": {"id": name}}})


def _links(making: Making, one: Resource) -> None:
    """Links that a plan has signed: what they allow, and never the links."""
    match = _AN_ACCOUNT.search(str(attribute(one, "connection_string") or ""))
    key = match[1] if match else making.account_of(one, "connection_string")
    if key is None:
        making.aside(one, "it is a link, and nothing tells to which account")
        return
    services, kinds = one.block("services"), one.block("resource_types")
    link = {
        "name": one.address,
        "permissions": letters(one.values.get("permissions")),
        "services": "b" if not services or services.get("blob") else "-",
        "resourceTypes": "".join(word[0] for word in ("service", "container", "object") if kinds.get(word) is True),
        "container": known(attribute(one, "container_name") or ""),
        "expiry": known(attribute(one, "expiry") or ""),
        "ip": known(attribute(one, "ip_addresses") or attribute(one, "ip_address") or ""),
    }
    making.entry(key).setdefault("sas", []).append(link)


_ADDING: Mapping[str, Callable[[Making, Resource], None]] = {
    "azurerm_storage_account_network_rules": _network,
    "azurerm_storage_account_static_website": _website,
    "azurerm_storage_account_local_user": _local_user,
    "azurerm_storage_object_replication": _replication,
    "azurerm_private_endpoint": _endpoint,
    "data.azurerm_storage_account_sas": _links,
    "data.azurerm_storage_account_blob_container_sas": _links,
}
