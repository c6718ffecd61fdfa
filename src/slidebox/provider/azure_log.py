"""`slidebox:azure:AccessLog`: it is written down who reads, writes and deletes the blobs of an account.

Azure Monitor writes it, into another account: it does not write the log of an account into that account itself. All
stacks of a lab share the setting, so it goes only with the account's last container.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import found, patiently, told
from slidebox.provider.azure_store import AzureRef, same_store
from slidebox.provider.resource import Context, Difference, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

NAME = "slidebox"
"""The name of slidebox's own diagnostic setting."""
CATEGORIES = ("StorageRead", "StorageWrite", "StorageDelete")
"""What is written down (Microsoft, "Monitoring data reference for Azure Blob Storage")."""

_ALL = "allLogs"
_TARGETS = ("storageAccountId", "workspaceId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
# The API of diagnostic settings has no later version; the present SDK for Azure Monitor (7.0) has none of it, so the
# client for storage sends the requests: with its own credentials and patience.
_VERSION = "2021-05-01-preview"


class AccessLog(ResourceType):
    """The log of who reads, writes and deletes the blobs of an account.

    Parameters
    ----------
    connections
        Clients of Azure.
    """

    token = "slidebox:azure:AccessLog"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store"})
    computed: ClassVar = frozenset({"settingId", "logId", "on"})
    stable: ClassVar = frozenset({"settingId", "logId"})

    def __init__(self, connections: AzureConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The account: name, account, subscription, resource_group, region, lab, endpoint."),
            "settingId": ("string", "Id of the diagnostic setting."),
            "logId": ("string", "Id of the account that the log is in."),
            "on": ("boolean", "Whether reading, writing and deleting are written down there."),
        }

    def required(self) -> tuple[str, ...]:
        """A log is of a store."""
        return ("store",)

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs."""
        return new, missing(new, self.required())

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        return same_store(old, new) if name == "store" and not has_unknown(new) else super().same(name, old, new)

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; a log that somebody has turned off is a difference too."""
        difference = super().diff(context, state, old, new)
        return Difference((*difference.changed, *(("on",) if state.get("on") is False else ())), difference.replace)

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview."""
        if has_unknown(inputs.get("store")):
            return super().planned(context, inputs, state)
        return _state(AzureRef.read(inputs["store"]), inputs, on=True)

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Have it written down; a setting that is right already is not written."""
        ref = AzureRef.read(inputs["store"])
        client = self._connections.storage(ref)
        with self._connections.lock(ref), told("having it logged who reads what", ref):
            if not _writes_to(_read(client, ref), ref.log.account_id):
                logs = [{"category": category, "enabled": True} for category in CATEGORIES]
                body = {"properties": {"storageAccountId": ref.log.account_id, "logs": logs}}
                patiently(lambda: _send(client, "PUT", f"{_settings(ref)}/{NAME}", body))
        return f"{_settings(ref)}/{NAME}", _state(ref, inputs, on=True)

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the setting."""
        ref = AzureRef.read(inputs["store"])
        with told("reading whether it is logged who reads what", ref):
            present = _read(self._connections.storage(ref), ref)
        if present is None:
            return None
        return Found(id, _state(ref, inputs, on=_writes_to(present, ref.log.account_id)), inputs)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Turn it on again."""
        return self.create(context, inputs)[1]

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Log no more, unless the account still holds something; what is written down stays."""
        ref = AzureRef.read(state["store"])
        client = self._connections.storage(ref)
        with self._connections.lock(ref), told("ending the log of who reads what", ref):
            if _read(client, ref) is None:
                return
            listed = client.blob_containers.list(ref.resource_group, ref.account, include="deleted")
            if any(True for _ in listed):
                context.log("info", f"The log of {ref} stays: the account still holds containers.")
                return
            remove(client, ref)


def _state(ref: AzureRef, inputs: Properties, *, on: bool) -> Properties:
    return {**inputs, "settingId": f"{_settings(ref)}/{NAME}", "logId": ref.log.account_id, "on": on}


def is_logged(client: StorageManagementClient, ref: AzureRef) -> bool | None:
    """Whether somebody, slidebox or another, has it written down who reads, writes and deletes.

    None where the credentials may not ask, or the subscription has no Azure Monitor: accounts of open data go without.
    """
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - only where a store is in Azure

    try:
        answer = found(lambda: _send(client, "GET", _settings(ref)))
    except HttpResponseError as error:
        if error.status_code in (403, 409):
            return None
        raise
    return any(_writes_to(setting) for setting in (answer or {}).get("value") or ())


def writes_to(client: StorageManagementClient, ref: AzureRef, account: str) -> bool:
    """Whether slidebox's own setting of an account writes into another, by its id."""
    return _writes_to(_read(client, ref), account)


def remove(client: StorageManagementClient, ref: AzureRef) -> None:
    """Remove slidebox's own setting: Azure keeps it for an account of the same name that comes later."""
    found(lambda: _send(client, "DELETE", f"{_settings(ref)}/{NAME}"))


def _settings(ref: AzureRef) -> str:
    return f"{ref.account_id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"


def _read(client: StorageManagementClient, ref: AzureRef) -> dict[str, Any] | None:
    return found(lambda: _send(client, "GET", f"{_settings(ref)}/{NAME}"))


def _writes_to(setting: Mapping[str, Any] | None, account: str | None = None) -> bool:
    """Whether a setting has everything written down, into an account, or anywhere at all."""
    said = (setting or {}).get("properties") or {}
    logs = [entry for entry in said.get("logs") or () if entry.get("enabled")]
    whole = any(entry.get("categoryGroup") == _ALL for entry in logs)
    whole = whole or set(CATEGORIES) <= {entry.get("category") for entry in logs}
    if account is None:
        return whole and any(said.get(target) for target in _TARGETS)
    return whole and str(said.get("storageAccountId") or "").lower() == account.lower()


def _send(client: StorageManagementClient, method: str, path: str, body: Any = None) -> dict[str, Any]:
    from azure.core.rest import HttpRequest  # noqa: PLC0415 - only where a store is in Azure

    answer = client.send_request(HttpRequest(method, path, params={"api-version": _VERSION}, json=body))
    answer.raise_for_status()
    return dict(answer.json()) if answer.content else {}
