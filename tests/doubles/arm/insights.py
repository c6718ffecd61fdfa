"""Microsoft.Insights: diagnostic settings of the blob service of an account.

The present SDK has no model of them, so a body is held against what the API is documented to take (Microsoft,
"Diagnostic Settings - Create Or Update", "Monitor Azure Blob Storage").
"""

from __future__ import annotations

from typing import Any

from .faults import Answer, RefusedError
from .state import Call, State

_FIELDS = frozenset(
    {
        "storageAccountId",
        "workspaceId",
        "eventHubAuthorizationRuleId",
        "eventHubName",
        "marketplacePartnerId",
        "serviceBusRuleId",
        "logAnalyticsDestinationType",
        "logs",
        "metrics",
    }
)
_LOG_FIELDS = frozenset({"category", "categoryGroup", "enabled", "retentionPolicy"})
_CATEGORIES = frozenset({"StorageRead", "StorageWrite", "StorageDelete"})
_GROUPS = frozenset({"allLogs", "audit"})
_MOST_SETTINGS = 5


def _refuse(said: Any, call: Call, state: State) -> str | None:
    """Why a body is refused."""
    properties = said.get("properties") if isinstance(said, dict) else None
    if not isinstance(properties, dict) or set(said) - {"properties"} or set(properties) - _FIELDS:
        return "The body is not a diagnostic setting."
    if not any(str(properties.get(name) or "") for name in _FIELDS if name.endswith("Id")):
        return "At least one data sink needs to be specified."
    if not all(map(_is_log, properties.get("logs") or ())):
        return "A log has a supported category or a group of them, and is enabled or not."
    target = str(properties.get("storageAccountId") or "")
    if target and state.find(target) is None:
        return f"Resource '{target}' was not found."
    if target and call.names["resource"].lower().startswith(f"{target.lower()}/"):
        return "The storage account cannot be the destination of its own logs."
    return None


def _is_log(entry: Any) -> bool:
    known = entry.get("category") in _CATEGORIES or entry.get("categoryGroup") in _GROUPS
    return known and not set(entry) - _LOG_FIELDS and isinstance(entry.get("enabled"), bool)


def put_setting(state: State, call: Call) -> Answer:
    """Write a diagnostic setting."""
    state.need(call.names["resource"])
    if reason := _refuse(call.body, call, state):
        raise RefusedError(400, "BadRequest", reason)
    others = [key for key, _ in state.below(call.path.rpartition("/")[0]) if key != call.path.lower()]
    if len(others) >= _MOST_SETTINGS:
        raise RefusedError(409, "Conflict", "A resource has five diagnostic settings at most.")
    return Answer(200, _seen(call.path, state.keep(call.path, call.body)))


def get_setting(state: State, call: Call) -> Answer:
    """One diagnostic setting."""
    return Answer(200, _seen(call.path, state.need(call.path)))


def list_settings(state: State, call: Call) -> Answer:
    """The diagnostic settings of a resource."""
    state.need(call.names["resource"])
    return Answer(200, {"value": [_seen(key, thing) for key, thing in state.below(call.path)]})


def delete_setting(state: State, call: Call) -> Answer:
    """Remove a diagnostic setting."""
    return Answer(200 if state.drop(call.path) else 204)


def _seen(path: str, thing: dict[str, Any]) -> dict[str, Any]:
    kind = "Microsoft.Insights/diagnosticSettings"
    return {"id": path, "name": path.rpartition("/")[2], "type": kind, "properties": thing["properties"]}
