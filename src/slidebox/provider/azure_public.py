"""Whether an account lets its containers be public: exactly while one of them is, of whichever stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slidebox.provider.azure_store import AzureRef

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

PUBLIC = "allowBlobPublicAccess"
"""The setting of an account that lets containers be public."""


def has_public(client: StorageManagementClient, ref: AzureRef) -> bool:
    """Whether a container is open to anyone, of whichever stack."""
    listed = client.blob_containers.list(ref.resource_group, ref.account)
    return any(str((item.as_dict().get("properties") or {}).get("publicAccess") or "None") != "None" for item in listed)


def allow_public(client: StorageManagementClient, ref: AzureRef) -> None:
    """Let containers of an account be public exactly while one is to be; the caller holds the account's lock."""
    account = client.storage_accounts.get_properties(ref.resource_group, ref.account).as_dict()
    if not account["properties"].get(PUBLIC):
        change: Any = {"properties": {PUBLIC: True}}
        client.storage_accounts.update(ref.resource_group, ref.account, change)


def forbid_public(client: StorageManagementClient, ref: AzureRef) -> None:
    """Let no container of an account be public once none is; the caller holds the account's lock."""
    if not has_public(client, ref):
        change: Any = {"properties": {PUBLIC: False}}
        client.storage_accounts.update(ref.resource_group, ref.account, change)
