"""`slidebox:azure:Container`: a dataset's container in a storage account of Azure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from slidebox.errors import InputError, SlideboxError
from slidebox.provider import (
    azure_key,
    azure_lifecycle,
    azure_public,
    azure_read,
    azure_roles,
    azure_settings,
    ownership,
)
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import found, patiently, told
from slidebox.provider.azure_store import AzureRef, declared, same_store
from slidebox.provider.resource import Context, Difference, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.values import UNKNOWN, Properties, has_unknown

_BLANK: Mapping[str, Any] = {"public": False, "ownKey": False, "grants": [], "tags": {}}


class Container(ResourceType):
    """A container.

    Parameters
    ----------
    connections
        Clients of Azure.
    """

    token = "slidebox:azure:Container"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"container", "store"})
    computed: ClassVar = frozenset({"containerId", "url", "encryptionScope", "owner", "foreign"})
    stable: ClassVar = frozenset({"containerId", "url"})

    def __init__(self, connections: AzureConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return azure_settings.PROPERTIES

    def required(self) -> tuple[str, ...]:
        """A container has a store and a name."""
        return ("store", "container")

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; a new container's name must be free or this resource's own."""
        inputs = {**_BLANK, **new}
        failures = [*missing(inputs, self.required()), *azure_settings.faults(inputs)]
        name = inputs.get("container")
        if failures or has_unknown(name) or has_unknown(inputs["store"]):
            return inputs, failures
        ref = AzureRef.read(inputs["store"])
        if old.get("container") != name or not same_store(old.get("store"), inputs["store"]):
            with told(f"looking for container {name!r}", ref):
                self._find_own(context, ref, str(name))
        return inputs, failures

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview."""
        planned = super().planned(context, inputs, state)
        if has_unknown(inputs.get("store")) or has_unknown(inputs.get("container")):
            return planned
        ref, name = AzureRef.read(inputs["store"]), str(inputs["container"])
        scope = name if inputs.get("keyUri") else ""
        known = {"containerId": ref.container_id(name), "encryptionScope": scope}
        return {**planned, **known, "foreign": (state or {}).get("foreign", UNKNOWN)}

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; what encrypts a container is chosen when it is made."""
        difference = super().diff(context, state, old, new)
        replace = set(difference.replace)
        if "keyUri" in difference.changed and bool(old.get("keyUri")) != bool(new.get("keyUri")):
            replace.add("keyUri")
        # The same name in the same account: the new container cannot stand beside the old one.
        delete_first = bool(replace) and not {"container", "store"} & replace
        return Difference(difference.changed, tuple(sorted(replace)), delete_first)

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        if name == "store":
            return same_store(old, new)
        if name == "grants":
            return azure_roles.wanted(old or ()) == azure_roles.wanted(new or ())
        return super().same(name, old or None, new or None) if name == "lifecycle" else super().same(name, old, new)

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the container, or take up the one that this resource made before."""
        ref, name = AzureRef.read(inputs["store"]), str(inputs["container"])
        client = self._connections.storage(ref)
        with told(f"making container {name!r}", ref):
            if self._find_own(context, ref, name) is None:
                about: dict[str, Any] = {"publicAccess": "None", "metadata": azure_settings.metadata(context, inputs)}
                if inputs.get("keyUri"):
                    azure_key.use(self._connections, ref, name, str(inputs["keyUri"]))
                    about |= {"defaultEncryptionScope": name, "denyEncryptionScopeOverride": True}
                body: Any = {"properties": about}
                patiently(lambda: client.blob_containers.create(ref.resource_group, ref.account, name, body))
        return ref.container_id(name), self._finish(context, ref, inputs, {})

    def _find(self, ref: AzureRef, name: str) -> dict[str, Any] | None:
        client = self._connections.storage(ref)
        present = found(lambda: client.blob_containers.get(ref.resource_group, ref.account, name))
        return None if present is None else dict(present.as_dict())

    def _find_own(self, context: Context, ref: AzureRef, name: str) -> dict[str, Any] | None:
        """The container, if it is there and this resource's own."""
        present = self._find(ref, name)
        if present is not None:
            ownership.require(_what(ref, name), azure_settings.owner_of(present), context, "adopt")
        return present

    def _finish(self, context: Context, ref: AzureRef, inputs: Properties, state: Properties) -> Properties:
        """Bring every setting to what the inputs say."""
        name = str(inputs["container"])
        try:
            with told(f"setting up container {name!r}", ref):
                return self._converge(context, ref, inputs, state)
        except SlideboxError as error:
            known = {**dict.fromkeys(self.computed, ""), "foreign": {}, **state, **inputs}
            # Who had access may still have it, and is remembered until it has been taken away.
            left = [grant for grant in state.get("grants") or () if grant not in (inputs.get("grants") or ())]
            known["grants"] = [*(inputs.get("grants") or ()), *left]
            known |= {"containerId": ref.container_id(name), "owner": ownership.Owner.of(context).urn}
            reason = f"Container {name!r} is not finished. {error}"
            raise PartialFailureError(ref.container_id(name), known, reason) from error

    def _converge(self, context: Context, ref: AzureRef, inputs: Properties, before: Properties) -> Properties:
        client, name = self._connections.storage(ref), str(inputs["container"])
        containers = client.blob_containers
        present = patiently(lambda: containers.get(ref.resource_group, ref.account, name)).as_dict()
        scope = azure_settings.scope_of(present)
        if scope and inputs.get("keyUri"):
            azure_key.use(self._connections, ref, scope, str(inputs["keyUri"]))
        # Whoever is to have no access any more loses it before anything else is changed.
        roles = self._connections.roles(ref)
        had, asked = (azure_roles.wanted(said.get("grants") or ()) for said in (before, inputs))
        assignments = azure_roles.settle(roles, ref, ref.container_id(name), asked, had)
        marks = azure_settings.metadata(context, inputs)
        public = "Container" if inputs.get("public") else "None"
        there = present["properties"]
        was_public = azure_settings.is_public(present)
        if there.get("metadata") != marks or str(there.get("publicAccess") or "None") != public:
            body: Any = {"properties": {"publicAccess": public, "metadata": marks}}
            with self._connections.lock(ref):
                if inputs.get("public"):
                    azure_public.allow_public(client, ref)
                containers.update(ref.resource_group, ref.account, name, body)
                if was_public and not inputs.get("public"):
                    azure_public.forbid_public(client, ref)
        azure_settings.write_lock(client, ref, present, inputs.get("lockDays"))
        reason, holds = azure_settings.holds(present)
        azure_settings.write_hold(client, ref, name, held=reason is not None, wanted=bool(inputs.get("hold")))
        wish = inputs.get("lifecycle")
        with self._connections.lock(ref):
            rules = azure_lifecycle.settle(client, ref, name, wish, before.get("lifecycle"))
        others = _others(assignments, holds, azure_lifecycle.foreign(name, rules, wish))
        if others:
            context.log("warning", f"Container {name!r} has what slidebox has not set: {_words(others)}.")
        return self._state(context, ref, inputs, scope, others)

    def _state(
        self, context: Context, ref: AzureRef, inputs: Properties, scope: str | None, foreign: Mapping[str, Any]
    ) -> Properties:
        name = str(inputs["container"])
        return {
            **inputs,
            "containerId": ref.container_id(name),
            "url": f"{self._connections.blob_endpoint(ref)}/{name}",
            "encryptionScope": scope or "",
            "owner": ownership.Owner.of(context).urn,
            "foreign": dict(foreign),
        }

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the container; what others have set on it is reported, and left as it is."""
        if not inputs.get("store"):
            return self._import(context, id)
        ref, name = AzureRef.read(inputs["store"]), str(inputs["container"])
        client = self._connections.storage(ref)
        with told(f"reading container {name!r}", ref):
            present = self._find(ref, name)
            if present is None:
                return None
            scope = azure_settings.scope_of(present)
            days, _, _ = azure_settings.read_lock(client, ref, present)
            reason, holds = azure_settings.holds(present)
            rules = azure_lifecycle.rules(client, ref)
            own = azure_lifecycle.own_of(name, rules, inputs.get("lifecycle"))
            asked = azure_roles.wanted(inputs.get("grants") or ())
            there = azure_roles.present(self._connections.roles(ref), ref, ref.container_id(name), asked)
            others = _others(there.foreign, holds, azure_lifecycle.foreign(name, rules, inputs.get("lifecycle")))
            result = {
                **inputs,
                "public": azure_settings.is_public(present),
                "tags": azure_settings.tags_of(present),
                "hold": reason,
                "lockDays": days,
                "keyUri": azure_settings.read_key(client, ref, scope),
                "lifecycle": azure_lifecycle.wishes(name, own),
                "grants": azure_roles.as_grants(there, inputs.get("grants") or ()),
            }
            found_inputs = {n: inputs.get(n) if self.same(n, inputs.get(n), v) else v for n, v in result.items()}
            found_inputs = {n: v for n, v in found_inputs.items() if n in inputs or v not in (None, [], {}, False)}
            outputs = self._state(context, ref, found_inputs, scope, others)
        if others:
            context.log("warning", f"Container {name!r} has what slidebox has not set: {_words(others)}.")
        owner = azure_settings.owner_of(present)
        return Found(ref.container_id(name), {**outputs, "owner": owner.urn if owner else ""}, found_inputs)

    def _import(self, context: Context, id: str) -> Found | None:  # noqa: A002
        """Look at a container that was there before slidebox; what no input can say is said to the person."""
        ref, name = declared(id)
        if not name:
            raise InputError(f"{id!r} is not the id of a container.", "Give it as STORE/CONTAINER, or as Azure does.")
        with told(f"reading container {name!r}", ref):
            if self._find(ref, name) is None:
                return None
        inputs, sentences = azure_read.as_is(self._connections, ref, name)
        for sentence in sentences:
            context.log("warning", sentence)
        return self.read(context, id, {}, inputs)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change settings in place."""
        ref, name = AzureRef.read(inputs["store"]), str(inputs["container"])
        with told(f"reading the mark of container {name!r}", ref):
            owner = azure_settings.owner_of(self._find(ref, name))
        ownership.require(_what(ref, name), owner, context, "change", state.get("owner", ""))
        return self._finish(context, ref, inputs, state)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the container if it is empty, held by nothing and this resource's own."""
        ref, name = AzureRef.read(state["store"]), str(state["container"])
        client = self._connections.storage(ref)
        with told(f"deleting container {name!r}", ref):
            present = self._find(ref, name)
            if present is None:
                return
            ownership.require(
                _what(ref, name), azure_settings.owner_of(present), context, "delete", state.get("owner", "")
            )
            reason, holds = azure_settings.holds(present)
            if reason or holds:
                raise InputError(
                    f"{_what(ref, name)} is under a legal hold ({reason or ', '.join(holds)}), so it is not deleted.",
                    "Lift the hold first, if whoever asked for it agrees.",
                )
            url = self._connections.blob_endpoint(ref)
            with told(f"looking whether container {name!r} is empty", ref):
                content = _content(self._connections.blobs(ref, url).get_container_client(name))
            if content:
                raise InputError(
                    f"{_what(ref, name)} is not empty (it holds {content}), so it is not deleted.",
                    "Bring the data elsewhere with `slidebox get`, delete every version of them, and run again; "
                    f"or keep the container and only forget it: `pulumi state delete '{context.urn}'`.",
                )
            with self._connections.lock(ref):
                azure_lifecycle.settle(client, ref, name, None, state.get("lifecycle"))
            had = azure_roles.wanted(state.get("grants") or ())
            azure_roles.settle(self._connections.roles(ref), ref, ref.container_id(name), (), had)
            with self._connections.lock(ref):
                client.blob_containers.delete(ref.resource_group, ref.account, name)
                if azure_settings.is_public(present):
                    azure_public.forbid_public(client, ref)


def _what(ref: AzureRef, name: str) -> str:
    return f"Container {name!r} of {ref}"


def _others(assignments: tuple[str, ...], holds: list[str], rules: list[str]) -> dict[str, list[str]]:
    said = {"assignments": list(assignments), "holds": holds, "rules": rules}
    return {name: found for name, found in said.items() if found}


def _words(others: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in others.items())


def _content(client: Any) -> str:
    """What a container holds, in words; empty where it holds nothing."""
    for blob in client.list_blobs(include=["versions", "snapshots", "uncommittedblobs"], results_per_page=1):
        return f"blobs, or earlier versions of them, such as {blob.name!r}"
    return ""
