"""A storage account of Azure that Terraform made: what of it decides who reaches its containers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slidebox.adoption.terraform_resources import Resource
from slidebox.provider.azure_store import MARK, AzureRef

_DOORS = (
    ("sftp_enabled", "SFTP"),
    ("local_user_enabled", "local users"),
    ("nfsv3_enabled", "NFS"),
)
_KEYS = ("primary_access_key", "secondary_access_key", "primary_connection_string", "primary_blob_connection_string")
"""Attributes by which a state opens the whole account."""
_TLS = ("TLS1_2", "TLS1_3")


def account_inputs(ref: AzureRef, account: Resource) -> dict[str, Any]:
    """The inputs of `slidebox:azure:Account` that mean what is there."""
    blobs = account.block("blob_properties")
    tier, copies = account.text("account_tier"), account.text("account_replication_type")
    return {
        "store": ref.document,
        "softDeleteDays": _days(account, "delete_retention_policy"),
        "changeFeed": blobs.get("change_feed_enabled") is True,
        "sku": f"{tier}_{copies}" if tier and copies else "",
        "tags": {name: value for name, value in (account.values.get("tags") or {}).items() if name != MARK},
    }


def _days(account: Resource, policy: str) -> int:
    said = account.block("blob_properties").get(policy)
    block = said[0] if isinstance(said, list) and said else said
    return int((block or {}).get("days") or 0) if isinstance(block, dict) else 0


def about_account(account: Resource) -> Iterator[str]:
    """What somebody should know of the account."""
    name = f"The storage account {account.text('name')!r}"
    for said in (*_ways_in(account), *_protection(account)):
        yield f"{name} {said}."
    if any(account.values.get(key) for key in _KEYS):
        yield (
            f"The state file holds the shared keys of {account.address}: whoever reads the state has all containers of "
            f"the account {account.text('name')!r}, as long as it takes shared keys."
        )


def _ways_in(account: Resource) -> Iterator[str]:
    """Who reaches blobs by other ways than a role; what the file does not say holds as Azure has it then."""
    said = account.values
    if said.get("allow_nested_items_to_be_public", said.get("allow_blob_public_access")) is not False:
        yield "lets containers be public"
    if said.get("shared_access_key_enabled") is not False:
        yield "takes shared keys: who has one, or a link signed with one, may do what it allows, and no list says who"
    if said.get("is_hns_enabled") is True:
        yield "has folders with lists of access of their own, which let people in beside their roles"
    for attribute, word in _DOORS:
        if said.get(attribute) is True:
            yield f"lets people in by {word}"
    if said.get("cross_tenant_replication_enabled") is True:
        yield "lets other tenants copy its blobs"


def _protection(account: Resource) -> Iterator[str]:
    said = account.values
    if said.get("https_traffic_only_enabled", said.get("enable_https_traffic_only")) is False:
        yield "takes plain HTTP"
    if said.get("min_tls_version") not in _TLS:
        yield f"takes {said.get('min_tls_version') or 'TLS1_0'}"
    if account.blocks("customer_managed_key"):
        yield "is encrypted as a whole with a key of the lab, and an input can say a key of a container only"
    if account.block("blob_properties").get("versioning_enabled") is not True:
        yield "keeps no earlier versions of blobs"
    if not _days(account, "delete_retention_policy"):
        yield "keeps nothing that was deleted"
