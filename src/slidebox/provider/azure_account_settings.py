"""What an account has: the settings that slidebox gives each, and whether they are as they should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slidebox.provider.azure_public import PUBLIC
from slidebox.provider.values import Properties

SETTINGS: Mapping[str, Any] = {
    "minimumTlsVersion": "TLS1_2",
    "supportsHttpsTrafficOnly": True,
    "allowSharedKeyAccess": False,
    "defaultToOAuthAuthentication": True,
    "allowCrossTenantReplication": False,
}
"""What every account has, whatever is in it."""
LOGGED = "accessLog"
"""The setting that says whether it is written down who reads what; nothing that the account itself has."""


def service_wished(inputs: Properties) -> dict[str, Any]:
    """What the blobs of an account are to have."""
    days = int(inputs.get("softDeleteDays") or 0)
    kept: dict[str, Any] = {"enabled": True, "days": days} if days else {"enabled": False}
    return {
        "isVersioningEnabled": True,
        "deleteRetentionPolicy": kept,
        "containerDeleteRetentionPolicy": kept,
        "changeFeed": {"enabled": bool(inputs.get("changeFeed"))},
    }


def wished(inputs: Properties, *, public: bool) -> dict[str, Any]:
    """What an account and its blobs are to have."""
    return {**SETTINGS, PUBLIC: public, **service_wished(inputs)}


def holds(there: Any, wanted: Any) -> bool:
    """Whether a setting is as it should be; Azure says more than it was told, and nothing of what is off."""
    if isinstance(wanted, Mapping):
        said = there if isinstance(there, Mapping) else {}
        return all(holds(said.get(name), value) for name, value in wanted.items())
    return bool(there == wanted) or (wanted is False and there is None)
