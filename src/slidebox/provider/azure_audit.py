"""`slidebox:azure:Audit`: the container for the reports of what an account holds, and the order for the reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from slidebox.provider.azure import Container
from slidebox.provider.azure_faults import found, patiently, told
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context, Difference, Failure, Found
from slidebox.provider.values import Properties

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

RULE = "slidebox"
"""The name of slidebox's own rule in an account's inventory."""

_POLICY: Any = "default"  # the SDK has a word for it that only its own import brings
_OF_CONTAINER = (
    "store",
    "container",
    "grants",
    "identities",
    "tags",
    "facts",
    "containerId",
    "url",
    "owner",
    "foreign",
)
_FIELDS = (
    "Name",
    "VersionId",
    "IsCurrentVersion",
    "Creation-Time",
    "Last-Modified",
    "Content-Length",
    "Content-MD5",
    "BlobType",
    "AccessTier",
    "AccessTierChangeTime",
    "EncryptionScope",
    "ImmutabilityPolicyUntilDate",
    "LegalHold",
)
"""What a report says of each blob."""


class Audit(Container):
    """A container for reports.

    Parameters
    ----------
    connections
        Clients of Azure.
    """

    token = "slidebox:azure:Audit"  # noqa: S105 - a type's name
    computed: ClassVar = Container.computed | {"inventory"}

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        of_container = super().properties()
        about = {name: of_container[name] for name in (*_OF_CONTAINER, "encryptionScope")}
        return {**about, "inventory": ("boolean", "Whether reports of all blobs come in every week.")}

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs: reports say the names of all blobs, so only readers are let in, and by name."""
        inputs, failures = super().check(context, new, old)
        if inputs.get("public") is not False:
            failures.append(Failure("public", "the reports of an account are never public"))
        if any(grant.get("role") != "reader" for grant in inputs.get("grants") or ()):
            failures.append(Failure("grants", "nobody but Azure itself writes or deletes reports: grant only reader"))
        return inputs, failures

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; reports that somebody has stopped are a difference too."""
        difference = super().diff(context, state, old, new)
        stopped = ("inventory",) if state.get("inventory") is False else ()
        return Difference((*difference.changed, *stopped), difference.replace, difference.delete_first)

    def _converge(self, context: Context, ref: AzureRef, inputs: Properties, before: Properties) -> Properties:
        state = super()._converge(context, ref, inputs, before)
        with self._connections.lock(ref):
            _write(self._connections.storage(ref), ref, _rule(str(inputs["container"])))
        return {**state, "inventory": True}

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the container, and whether the reports are ordered."""
        present = super().read(context, id, state, inputs)
        if present is None:
            return None
        ref = AzureRef.read(inputs["store"])
        with told("reading the inventory", ref):
            ordered = _rule(str(inputs["container"])) in map(_plain, _rules(self._connections.storage(ref), ref))
        return Found(present.id, {**present.state, "inventory": ordered}, present.inputs)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the container if it is empty, and order no more reports."""
        super().delete(context, id, state)
        ref = AzureRef.read(state["store"])
        with self._connections.lock(ref), told("ordering no more reports", ref):
            _write(self._connections.storage(ref), ref, None)


def _rule(container: str) -> dict[str, Any]:
    return {
        "name": RULE,
        "enabled": True,
        "destination": container,
        "definition": {
            "format": "Parquet",
            "schedule": "Weekly",
            "objectType": "Blob",
            "schemaFields": list(_FIELDS),
            "filters": {"blobTypes": ["blockBlob"], "includeBlobVersions": True},
        },
    }


def _plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as it is written, without what Azure adds and what is off."""
    definition = dict(rule.get("definition") or {})
    filters = definition.get("filters") or {}
    definition["filters"] = {name: value for name, value in filters.items() if value not in (None, [], False)}
    return {"name": rule["name"], "enabled": rule.get("enabled"), "destination": rule.get("destination")} | {
        "definition": definition
    }


def _rules(client: StorageManagementClient, ref: AzureRef) -> list[dict[str, Any]]:
    policy = found(lambda: client.blob_inventory_policies.get(ref.resource_group, ref.account, _POLICY))
    return [] if policy is None else list(policy.as_dict()["properties"]["policy"]["rules"])


def _write(client: StorageManagementClient, ref: AzureRef, wanted: dict[str, Any] | None) -> None:
    """Put slidebox's own rule into the account's inventory, or take it out; the rules of others stay."""
    present = _rules(client, ref)
    own = [_plain(rule) for rule in present if rule["name"] == RULE]
    if own == ([wanted] if wanted else []):
        return
    kept = [*(rule for rule in present if rule["name"] != RULE), *([wanted] if wanted else [])]
    policies = client.blob_inventory_policies
    if kept:
        body: Any = {"properties": {"policy": {"enabled": True, "type": "Inventory", "rules": kept}}}
        patiently(lambda: policies.create_or_update(ref.resource_group, ref.account, _POLICY, body))
    else:
        policies.delete(ref.resource_group, ref.account, _POLICY)
