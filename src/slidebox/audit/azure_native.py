"""Resources whose properties are those of Resource Manager: of Pulumi's azure-native and of Terraform's azapi."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource
from slidebox.audit.azure_section import ACCOUNT, CONTAINER, GROUP, LATER, Making, attribute, known

_TOKEN = re.compile(r"azure-native(?:_[a-z]+_v\w+)?:(?P<module>[a-z]+)(?:/v\w+)?:(?P<name>\w+)")
_STORAGE, _ROLES = "native storage", "native authorization"
_ACCOUNT, _CONTAINER = f"{_STORAGE} StorageAccount", f"{_STORAGE} BlobContainer"
_GROUP = "native resources ResourceGroup"
KINDS: Mapping[str, str] = {_ACCOUNT: ACCOUNT, _CONTAINER: CONTAINER, _GROUP: GROUP}
SETTINGS: Mapping[str, str] = {
    "allowBlobPublicAccess": "allowBlobPublicAccess",
    "allowSharedKeyAccess": "allowSharedKeyAccess",
    "allowCrossTenantReplication": "allowCrossTenantReplication",
    "isHnsEnabled": "isHnsEnabled",
    "isSftpEnabled": "isSftpEnabled",
    "isLocalUserEnabled": "isLocalUserEnabled",
    "enableNfsV3": "isNfsV3Enabled",
    "publicNetworkAccess": "publicNetworkAccess",
    "networkRuleSet": "networkAcls",
    "customDomain": "customDomain",
    "privateEndpointConnections": "privateEndpointConnections",
}
"""Properties of an account, and what Resource Manager calls them."""


@functools.cache
def kind_of(token: str) -> str:
    """A type without its version; empty where it is none that lets anybody at blobs."""
    match = _TOKEN.fullmatch(token)
    kind = f"{match['module']} {match['name']}" if match else ""
    return f"native {kind}" if f"native {kind}" in _ADDING or f"native {kind}" == _GROUP else ""


def add(making: Making) -> None:
    """Add what the resources say; accounts and containers first, which the others are about."""
    first = {_ACCOUNT: 0, _CONTAINER: 1}
    for one in sorted(making.found, key=lambda one: first.get(one.type, len(first))):
        if adding := _ADDING.get(one.type):
            adding(making, one)


def _account(making: Making, one: Resource) -> None:
    said = {theirs: _either(one, ours, theirs) for ours, theirs in SETTINGS.items()}
    properties = {name: _rules(value) if name == "networkAcls" else known(value) for name, value in said.items()}
    kept = {name: value for name, value in properties.items() if value is not None}
    making.account(one, making.name_of(one), {"properties": kept})


def _either(one: Resource, *names: str) -> Any:
    return next((value for name in names if (value := attribute(one, name)) is not None), None)


def _rules(said: Any) -> Any:
    """Network rules; the provider has an address under the name that the old interface had for it."""
    if not isinstance(said, Mapping):
        return known(said)
    rules = dict(known(said))
    for name, old, new in (
        ("ipRules", "iPAddressOrRange", "value"),
        ("virtualNetworkRules", "virtualNetworkResourceId", "id"),
    ):
        listed = rules.get(name)
        if isinstance(listed, list):
            rules[name] = [{new: one.get(old, one.get(new))} if isinstance(one, Mapping) else one for one in listed]
    return rules


def _container(making: Making, one: Resource) -> None:
    container = {"properties": {"publicAccess": known(attribute(one, "publicAccess"))}}
    said = {"container": container, "acl": unread(LATER)}
    making.container(making.account_of(one, "accountName"), one, making.name_of(one), said)


def _entry(making: Making, one: Resource) -> dict[str, Any] | None:
    key = making.account_of(one, "accountName")
    if key is None:
        making.aside(one, "nothing tells whose account it is about")
        return None
    return making.entry(key)


def _website(making: Making, one: Resource) -> None:
    if (entry := _entry(making, one)) is not None:
        entry["staticWebsite"] = {"enabled": True}


def _local_user(making: Making, one: Resource) -> None:
    entry = _entry(making, one)
    if entry is not None and isinstance(entry["localUsers"], list):
        names = ("permissionScopes", "hasSshKey", "hasSshPassword", "allowAclAuthorization")
        properties = {name: known(attribute(one, name)) for name in names}
        # What proves who a user is may be set later, by hand: that it is not said is no sign that there is none.
        for name in ("hasSshKey", "hasSshPassword"):
            properties[name] = unread(LATER) if properties[name] is None else properties[name]
        name = attribute(one, "username")
        entry["localUsers"].append({"name": str(name or one.address.rpartition("::")[2]), "properties": properties})


def _replication(making: Making, one: Resource) -> None:
    entry = _entry(making, one)
    if entry is not None and isinstance(entry["replication"], list):
        names = ("sourceAccount", "destinationAccount", "rules")
        policy = {name: known(attribute(one, name)) for name in names}
        entry["replication"].append({"properties": policy})


def _assignment(making: Making, one: Resource) -> None:
    names = ("principalId", "principalType", "roleDefinitionId", "condition")
    properties = {name: known(attribute(one, name)) for name in names}
    if properties["roleDefinitionId"] == unread(LATER):
        for other in making.sources(one, "roleDefinitionId"):
            if other.type == f"{_ROLES} RoleDefinition":
                properties["roleDefinitionId"] = f"/{_guid(other)}"
    scopes = making.scopes(one, "scope")
    if scopes is None:
        making.aside(one, "it gives a role, and nothing tells where")
        return
    part = "roleAssignments" if one.type.endswith("RoleAssignment") else "eligible"
    for scope in filter(making.is_at, scopes):
        making.add(part, {"id": one.address, "properties": {**properties, "scope": scope}})


def _definition(making: Making, one: Resource) -> None:
    title = attribute(one, "roleName")
    properties = {
        "roleName": title if isinstance(title, str) else "",
        "permissions": known(attribute(one, "permissions")),
    }
    making.add("roleDefinitions", {"name": _guid(one), "properties": properties})


def _guid(one: Resource) -> str:
    for name in ("id", "roleDefinitionId"):
        said = attribute(one, name)
        if isinstance(said, str) and said not in ("", UNKNOWN):
            return said.rpartition("/")[2]
    return one.address.replace("/", "_")


def _origin(making: Making, one: Resource) -> None:
    host, link = attribute(one, "hostName"), attribute(one, "sharedPrivateLinkResource")
    key = making.account_of(one, "hostName") if host == UNKNOWN else None
    making.add(
        "origins",
        {
            "kind": "Front Door",
            "name": one.address.rpartition("::")[2],
            "hostName": "" if key else known(host),
            **({"account": key} if key else {}),
            "enabledState": known(attribute(one, "enabledState")),
            "privateLink": None if link is None else {"status": "Approved"},
        },
    )


def _endpoint(making: Making, one: Resource) -> None:
    for name in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        said = attribute(one, name)
        for block in said if isinstance(said, list) else ():
            of = block.get("privateLinkServiceId") if isinstance(block, Mapping) else None
            match = re.search(r"/storageAccounts/([^/]+)", str(of), re.IGNORECASE)
            key = match[1] if match else making.account_of(one, name)
            entry = making.accounts.get(key or "")
            if entry is not None and "$unread" not in entry["account"]["properties"]:
                title = one.address.rpartition("::")[2]
                about = {"name": title, "properties": {"privateEndpoint": {"id": title}}}
                entry["account"]["properties"].setdefault("privateEndpointConnections", []).append(about)


def _template(making: Making, one: Resource) -> None:
    making.aside(one, "it makes what its template says, which nothing here reads")


def _elsewhere(making: Making, one: Resource) -> None:
    making.aside(one, "it lets in people of another tenant, and nothing here reads whom")


_ADDING: Mapping[str, Callable[[Making, Resource], None]] = {
    _ACCOUNT: _account,
    _CONTAINER: _container,
    f"{_STORAGE} StorageAccountStaticWebsite": _website,
    f"{_STORAGE} LocalUser": _local_user,
    f"{_STORAGE} ObjectReplicationPolicy": _replication,
    f"{_ROLES} RoleAssignment": _assignment,
    f"{_ROLES} PimRoleEligibilitySchedule": _assignment,
    f"{_ROLES} RoleDefinition": _definition,
    "native cdn AFDOrigin": _origin,
    "native network PrivateEndpoint": _endpoint,
    "native resources Deployment": _template,
    "native managedservices RegistrationAssignment": _elsewhere,
    "native datashare BlobContainerDataSet": _elsewhere,
    "native datashare BlobDataSet": _elsewhere,
    "native datashare BlobFolderDataSet": _elsewhere,
}
