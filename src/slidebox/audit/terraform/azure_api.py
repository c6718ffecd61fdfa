"""Resources of Terraform's provider azapi, which have the properties of Resource Manager in a body of their own.

Source: documentation of Terraform's azapi provider 1 and 2, as of 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.adoption.terraform_resources import Resource
from slidebox.audit.azure_native import SETTINGS

_OWN: Final = "azapi_resource"
_STORAGE: Final = "microsoft.storage/storageaccounts"
_KINDS: Mapping[str, tuple[str, str, str]] = {
    _STORAGE: ("native storage StorageAccount", "accountName", ""),
    f"{_STORAGE}/blobservices/containers": ("native storage BlobContainer", "containerName", "accountName"),
    f"{_STORAGE}/localusers": ("native storage LocalUser", "username", "accountName"),
    f"{_STORAGE}/objectreplicationpolicies": ("native storage ObjectReplicationPolicy", "name", "accountName"),
    "microsoft.authorization/roleassignments": ("native authorization RoleAssignment", "name", "scope"),
    "microsoft.authorization/roledefinitions": ("native authorization RoleDefinition", "roleDefinitionId", ""),
    "microsoft.resources/deployments": ("native resources Deployment", "name", ""),
}
"""By the type at Resource Manager: the type as it is read here, and what its name and its parent are called."""
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "native storage StorageAccount": tuple(SETTINGS),
    "native storage BlobContainer": ("publicAccess",),
    "native storage LocalUser": ("permissionScopes",),
    "native storage ObjectReplicationPolicy": ("sourceAccount", "destinationAccount", "rules"),
    "native authorization RoleAssignment": ("principalId", "roleDefinitionId"),
    "native authorization RoleDefinition": ("permissions",),
}
"""What is not known of a resource whose body is not."""
_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)


def native(one: Resource) -> Resource:
    """A resource of azapi as one whose properties are its attributes; any other as it is."""
    if one.type not in (_OWN, "azapi_update_resource"):
        return one
    kind = str(one.values.get("type") or "").partition("@")[0].casefold()
    if kind not in _KINDS:
        return one
    token, name, parent = _KINDS[kind]
    values: dict[str, Any] = _properties(one, token)
    above = UNKNOWN if "parent_id" in one.unknown else one.values.get("parent_id")
    values[name] = UNKNOWN if "name" in one.unknown else one.values.get("name")
    if parent:
        values[parent] = above
    elif isinstance(above, str) and (match := _GROUP.search(above)):
        values["resourceGroupName"] = match[1]
    known_id = one.values.get("id")
    values |= {"id": known_id} if isinstance(known_id, str) and "id" not in one.unknown else {}
    sources = one.sources.get("parent_id", ())
    return replace(
        one,
        type=token,
        values=values,
        unknown=frozenset(key for key, value in values.items() if value == UNKNOWN),
        later={key: True for key, value in values.items() if value == UNKNOWN},
        asked=None,
        sources={**{key: sources for key in (parent, "resourceGroupName") if key and sources}, **_of_body(one)},
    )


def _of_body(one: Resource) -> dict[str, tuple[str, ...]]:
    """What a body comes from, for what of it may name something else."""
    sources = one.sources.get("body")
    return {"roleDefinitionId": sources} if sources else {}


def _properties(one: Resource, token: str) -> dict[str, Any]:
    body = one.whole().get("body")
    if isinstance(body, str) and body != UNKNOWN:
        try:
            body = json.loads(body)
        except ValueError:
            body = UNKNOWN
    inner = body.get("properties", {}) if isinstance(body, Mapping) else UNKNOWN if body == UNKNOWN else {}
    return dict(inner) if isinstance(inner, Mapping) else dict.fromkeys(_NEEDED.get(token, ()), UNKNOWN)
