"""Roles of Azure's own that let somebody at blobs, at keys or at other people's roles.

A lookup of a subscription's role definitions is better and goes first: these are for plans of Terraform, which name a
role, and for definitions that could not be read.

Source: Microsoft, "Azure built-in roles", of 2026-04 and 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_STORAGE: Final = "Microsoft.Storage/storageAccounts"
_CONTAINERS: Final = f"{_STORAGE}/blobServices/containers"
_BLOBS: Final = f"{_CONTAINERS}/blobs"
_DELEGATES: Final = f"{_STORAGE}/blobServices/generateUserDelegationKey/action"
_NO_ROLES: Final = ("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write")
_NOTHING: tuple[str, ...] = ()

_SOME: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("Owner", ("*",), _NOTHING, _NOTHING),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": (
        "Contributor",
        ("*",),
        (*_NO_ROLES, "Microsoft.Authorization/elevateAccess/Action"),
        _NOTHING,
    ),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("Reader", ("*/read",), _NOTHING, _NOTHING),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": (
        "User Access Administrator",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
        _NOTHING,
        _NOTHING,
    ),
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": (
        "Role Based Access Control Administrator",
        (
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ),
        _NOTHING,
        _NOTHING,
    ),
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": (
        "Storage Account Contributor",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Insights/diagnosticSettings/*",
            "Microsoft.Resources/deployments/*",
            f"{_STORAGE}/*",
        ),
        _NOTHING,
        _NOTHING,
    ),
    "81a9662b-bebf-436f-a333-f67b29880f12": (
        "Storage Account Key Operator Service Role",
        (f"{_STORAGE}/listkeys/action", f"{_STORAGE}/regeneratekey/action"),
        _NOTHING,
        _NOTHING,
    ),
    "c12c1c16-33a1-487b-954d-41c89c60f349": (
        "Reader and Data Access",
        (f"{_STORAGE}/listKeys/action", f"{_STORAGE}/ListAccountSas/action", f"{_STORAGE}/read"),
        _NOTHING,
        _NOTHING,
    ),
    "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1": (
        "Storage Account Backup Contributor",
        (
            "Microsoft.Authorization/*/read",
            f"{_STORAGE}/operations/read",
            f"{_STORAGE}/objectReplicationPolicies/delete",
            f"{_STORAGE}/objectReplicationPolicies/read",
            f"{_STORAGE}/objectReplicationPolicies/write",
            f"{_STORAGE}/objectReplicationPolicies/restorePointMarkers/write",
            f"{_STORAGE}/blobServices/containers/read",
            f"{_STORAGE}/blobServices/containers/write",
            f"{_STORAGE}/blobServices/read",
            f"{_STORAGE}/blobServices/write",
            f"{_STORAGE}/read",
            f"{_STORAGE}/restoreBlobRanges/action",
        ),
        _NOTHING,
        _NOTHING,
    ),
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": (
        "Storage Blob Data Owner",
        (f"{_CONTAINERS}/*", _DELEGATES),
        _NOTHING,
        (f"{_BLOBS}/*",),
    ),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": (
        "Storage Blob Data Contributor",
        (f"{_CONTAINERS}/delete", f"{_CONTAINERS}/read", f"{_CONTAINERS}/write", _DELEGATES),
        _NOTHING,
        tuple(f"{_BLOBS}/{word}" for word in ("delete", "read", "write", "move/action", "add/action")),
    ),
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": (
        "Storage Blob Data Reader",
        (f"{_CONTAINERS}/read", _DELEGATES),
        _NOTHING,
        (f"{_BLOBS}/read",),
    ),
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": ("Storage Blob Delegator", (_DELEGATES,), _NOTHING, _NOTHING),
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": (
        "Virtual Machine Contributor",
        ("Microsoft.Compute/virtualMachines/*", f"{_STORAGE}/listKeys/action", f"{_STORAGE}/read"),
        _NOTHING,
        _NOTHING,
    ),
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": (
        "Log Analytics Contributor",
        ("*/read", f"{_STORAGE}/listKeys/action", "Microsoft.Insights/diagnosticSettings/*"),
        _NOTHING,
        _NOTHING,
    ),
    "87a39d53-fc1b-424a-814c-f7e04687dc9e": (
        "Logic App Contributor",
        (f"{_STORAGE}/listkeys/action", f"{_STORAGE}/read"),
        _NOTHING,
        _NOTHING,
    ),
    "76283e04-6283-4c54-8f91-bcf1374a3c64": (
        "DevTest Labs User",
        (f"{_STORAGE}/listKeys/action", f"{_STORAGE}/*/read"),
        _NOTHING,
        _NOTHING,
    ),
    "4f8fab4f-1852-4a58-a46a-8eaf358af14a": (
        "Avere Contributor",
        (f"{_STORAGE}/*",),
        _NOTHING,
        (f"{_BLOBS}/delete", f"{_BLOBS}/read", f"{_BLOBS}/write"),
    ),
    "c025889f-8102-4ebf-b32c-fc0c6f0c6bd9": (
        "Avere Operator",
        (f"{_CONTAINERS}/delete", f"{_CONTAINERS}/read", f"{_CONTAINERS}/write"),
        _NOTHING,
        (f"{_BLOBS}/delete", f"{_BLOBS}/read", f"{_BLOBS}/write"),
    ),
}

_ELSEWHERE: Final = frozenset(
    name.casefold()
    for name in (
        "AcrPull",
        "AcrPush",
        "AcrDelete",
        "AcrImageSigner",
        "API Management Service Reader Role",
        "App Configuration Data Owner",
        "App Configuration Data Reader",
        "Azure Event Hubs Data Owner",
        "Azure Event Hubs Data Receiver",
        "Azure Event Hubs Data Sender",
        "Azure Kubernetes Service Cluster Admin Role",
        "Azure Kubernetes Service Cluster User Role",
        "Azure Kubernetes Service RBAC Admin",
        "Azure Kubernetes Service RBAC Cluster Admin",
        "Azure Kubernetes Service RBAC Reader",
        "Azure Kubernetes Service RBAC Writer",
        "Azure Service Bus Data Owner",
        "Azure Service Bus Data Receiver",
        "Azure Service Bus Data Sender",
        "Billing Reader",
        "Cognitive Services OpenAI User",
        "Cognitive Services User",
        "Cost Management Contributor",
        "Cost Management Reader",
        "Key Vault Administrator",
        "Key Vault Certificate User",
        "Key Vault Certificates Officer",
        "Key Vault Contributor",
        "Key Vault Crypto Officer",
        "Key Vault Crypto Service Encryption User",
        "Key Vault Crypto User",
        "Key Vault Reader",
        "Key Vault Secrets Officer",
        "Key Vault Secrets User",
        "Log Analytics Data Reader",
        "Managed Identity Operator",
        "Monitoring Metrics Publisher",
        "Network Contributor",
        "Private DNS Zone Contributor",
        "DNS Zone Contributor",
        "Search Index Data Reader",
        "Security Reader",
        "Storage File Data SMB Share Contributor",
        "Storage File Data SMB Share Elevated Contributor",
        "Storage File Data SMB Share Reader",
        "Storage Queue Data Contributor",
        "Storage Queue Data Message Processor",
        "Storage Queue Data Message Sender",
        "Storage Queue Data Reader",
        "Storage Table Data Contributor",
        "Storage Table Data Reader",
        "Virtual Machine Administrator Login",
        "Virtual Machine User Login",
    )
)
"""Names of roles of Azure's own that give nothing at blobs, at an account's keys or at its roles."""


def _definition(title: str, actions: tuple[str, ...], no: tuple[str, ...], data: tuple[str, ...]) -> dict[str, Any]:
    permission = {"actions": [*actions], "notActions": [*no], "dataActions": [*data], "notDataActions": []}
    return {"roleName": title, "type": "BuiltInRole", "permissions": [permission]}


BUILT_IN: Final[Mapping[str, Mapping[str, Any]]] = {guid: _definition(*about) for guid, about in _SOME.items()}
"""Properties of role definitions by their GUID, as Resource Manager answers them."""

BY_TITLE: Final[Mapping[str, str]] = {str(about["roleName"]).casefold(): guid for guid, about in BUILT_IN.items()}
"""GUIDs by the name in small letters."""


def gives_nothing(title: str) -> bool:
    """Whether a role of Azure's own, by its name, is certainly about something else than blobs."""
    return title.casefold() in _ELSEWHERE
