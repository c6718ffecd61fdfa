"""Storage accounts of Azure that Terraform makes, as a snapshot's section ``azure``.

Source: documentation of Terraform's azurerm provider 2 to 4, as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource
from slidebox.audit import azure_native
from slidebox.audit.azure_section import (
    ACCOUNT,
    CONTAINER,
    GROUP,
    LATER,
    SUBSCRIPTION,
    Making,
    attribute,
    known,
)
from slidebox.audit.terraform import azure_api, azure_fronts, azure_roles, azure_ways

_ACCOUNT, _CONTAINER = "azurerm_storage_account", "azurerm_storage_container"
_FILESYSTEM = "azurerm_storage_data_lake_gen2_filesystem"
_DATA_ACCOUNT = f"data.{_ACCOUNT}"
KINDS: Mapping[str, str] = {
    _ACCOUNT: ACCOUNT,
    _DATA_ACCOUNT: ACCOUNT,
    _CONTAINER: CONTAINER,
    f"data.{_CONTAINER}": CONTAINER,
    _FILESYSTEM: CONTAINER,
    "azurerm_resource_group": GROUP,
    "data.azurerm_resource_group": GROUP,
    "azurerm_subscription": SUBSCRIPTION,
    "data.azurerm_subscription": SUBSCRIPTION,
}
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "allowBlobPublicAccess": ("allow_nested_items_to_be_public", "allow_blob_public_access"),
    "allowSharedKeyAccess": ("shared_access_key_enabled",),
    "allowCrossTenantReplication": ("cross_tenant_replication_enabled",),
    "isHnsEnabled": ("is_hns_enabled",),
    "isNfsV3Enabled": ("nfsv3_enabled",),
    "isSftpEnabled": ("sftp_enabled",),
    "isLocalUserEnabled": ("local_user_enabled",),
}
"""Properties of Resource Manager, and what Terraform calls them; older releases last."""
_LEVELS: Mapping[str, str] = {"private": "None", "blob": "Blob", "container": "Container", "": "None"}
_UNREAD: Mapping[str, str] = {
    "azurerm_resource_group_template_deployment": "it makes what its template says, which nothing here reads",
    "azurerm_subscription_template_deployment": "it makes what its template says, which nothing here reads",
    "azurerm_template_deployment": "it makes what its template says, which nothing here reads",
    "azurerm_lighthouse_assignment": "it gives people of another tenant roles, which nothing here reads",
    "azurerm_data_share_dataset_blob_storage": "it shares blobs with whoever takes up its invitation",
    "azurerm_data_share_dataset_data_lake_gen2": "it shares blobs with whoever takes up its invitation",
}
"""Types that open something, and are not read: why each stands by itself."""
_OURS = frozenset({"azurerm", "data.azurerm", "azapi"})
WEBSITE = "$web"


def section(found: Sequence[Resource]) -> Mapping[str, Any] | None:
    """The section ``azure`` of what Terraform makes; None where it makes nothing of it.

    Parameters
    ----------
    found
        All resources of a plan or a state, and what it looks up.
    """
    listed = [azure_api.native(one) for one in found if one.type.partition("_")[0] in _OURS]
    making = Making(listed, {**KINDS, **azure_native.KINDS})
    add_classic(making)
    azure_native.add(making)
    return finished(making)


def add_classic(making: Making) -> None:
    """Add the resources of the provider azurerm, whether Terraform or Pulumi has them."""
    for one in making.found:
        if one.type in (_ACCOUNT, _DATA_ACCOUNT):
            _account(making, one)
    for one in making.found:
        if one.type == _CONTAINER:
            _container(making, one)
        elif one.type == _FILESYSTEM:
            _filesystem(making, one)
        elif one.type in _UNREAD:
            making.aside(one, _UNREAD[one.type])
    azure_ways.add(making)
    azure_roles.add(making)
    azure_fronts.add(making)


def finished(making: Making) -> Mapping[str, Any] | None:
    """The section, with a container for each static website; None where there is nothing of it."""
    for entry in making.accounts.values():
        if entry.get("staticWebsite") is not None and WEBSITE not in entry["containers"]:
            entry["containers"][WEBSITE] = {"container": {"properties": {"publicAccess": "None"}}}
    return making.section()


def _account(making: Making, one: Resource) -> None:
    said = {name: _first(one, names) for name, names in _SETTINGS.items()}
    properties = {name: known(value) for name, value in said.items() if value is not None}
    network = attribute(one, "public_network_access_enabled")
    if network is not None:
        public = "Enabled" if network is True else "Disabled" if network is False else unread(LATER)
        properties["publicNetworkAccess"] = public
    rules = attribute(one, "network_rules")
    if rules:
        properties["networkAcls"] = azure_ways.rules_of(rules)
    entry = making.account(one, making.name_of(one), {"properties": properties})
    website = attribute(one, "static_website")
    if website:
        entry["staticWebsite"] = unread(LATER) if website == UNKNOWN else {"enabled": True}
    domain = one.block("custom_domain").get("name")
    if domain:
        properties["customDomain"] = {"name": domain}
    if one.type == _DATA_ACCOUNT:
        # What is only looked up says little of an account, and nothing of what is around it.
        for name in ("localUsers", "replication"):
            entry[name] = unread("a plan that only looks an account up does not show it")


def _first(one: Resource, names: Sequence[str]) -> Any:
    return next((value for name in names if (value := attribute(one, name)) is not None), None)


def _container(making: Making, one: Resource) -> None:
    level = attribute(one, "container_access_type")
    public = unread(LATER) if level == UNKNOWN else _LEVELS.get(str(level or "").casefold(), str(level))
    metadata = attribute(one, "metadata")
    container = {"properties": {"publicAccess": public, "metadata": known(metadata) if metadata else {}}}
    key = making.account_of(one, "storage_account_id", "storage_account_name")
    making.container(key, one, making.name_of(one), {"container": container, "acl": unread(LATER)})


def _filesystem(making: Making, one: Resource) -> None:
    """A container of an account with folders, with the list of access of its root folder."""
    entries = one.blocks("ace")
    shown = "ace" not in one.unknown and bool(entries)
    acl: Any = unread(LATER)
    if shown:
        who = {name: known(attribute(one, name) or "$superuser") for name in ("owner", "group")}
        acl = {**who, "acl": ",".join(_entries(entries))}
    key = making.account_of(one, "storage_account_id")
    said = {"container": {"properties": {"publicAccess": "None"}}, "acl": acl}
    making.container(key, one, making.name_of(one), said)


def _entries(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        scope = "default:" if block.get("scope") == "default" else ""
        yield f"{scope}{block.get('type')}:{block.get('id') or ''}:{block.get('permissions')}"
