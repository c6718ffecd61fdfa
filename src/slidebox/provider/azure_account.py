"""`slidebox:azure:Account`: the storage account that a lab's containers are in.

All stacks of a lab share it. So its mark names the lab and no stack, and it is removed only with the last container.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from slidebox.errors import InputError, SlideboxError
from slidebox.provider import azure_log, azure_read, azure_roles, ownership
from slidebox.provider.azure_account_settings import LOGGED, SETTINGS, holds, service_wished, wished
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import found, patiently, told
from slidebox.provider.azure_public import PUBLIC, has_public
from slidebox.provider.azure_store import MARK, AzureRef, declared, same_store
from slidebox.provider.resource import Context, Difference, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

_ROLES = (azure_roles.CONTRIBUTOR, azure_roles.STEWARD)


class Account(ResourceType):
    """A storage account.

    Parameters
    ----------
    connections
        Clients of Azure.
    """

    token = "slidebox:azure:Account"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store"})
    computed: ClassVar = frozenset({"accountId", "blobEndpoint", "settings", "drift"})
    stable: ClassVar = frozenset({"accountId"})

    def __init__(self, connections: AzureConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The account: name, account, subscription, resource_group, region, lab, endpoint."),
            "softDeleteDays": ("number", "For how long deleted blobs and containers can be had back; 0 for never."),
            "changeFeed": ("boolean", "Keep a log of what is written and deleted."),
            "sku": ("string", "Redundancy of a new account, such as Standard_ZRS; an account keeps what it has."),
            "roles": ("boolean", "Define the roles of slidebox's own, for containers to give."),
            "grants": ("array", "Who reads all of it: identity, role, until, principal; nothing said, nothing done."),
            "logOf": ("string", "The account whose log it has."),
            "tags": ("object", "The lab's tags; the lab's mark is added."),
            "accountId": ("string", "Its id."),
            "blobEndpoint": ("string", "Where its blobs are."),
            "settings": ("object", "What it really has."),
            "drift": ("array", "What it has otherwise than it should."),
        }

    def required(self) -> tuple[str, ...]:
        """An account has a store."""
        return ("store",)

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; an account that is there has to be the lab's own."""
        blank = {"softDeleteDays": 30, "changeFeed": False, "sku": "Standard_ZRS", "tags": {}}
        inputs = {**blank, **new}
        failures = missing(inputs, self.required())
        if not has_unknown(inputs["tags"]):
            failures += ownership.check_tags(inputs["tags"] or {})
        if not has_unknown(grants := inputs.get("grants")):
            failures += [Failure("grants", why) for grant in grants or () if (why := azure_roles.grant_fault(grant))]
        if failures or has_unknown(inputs["store"]):
            return inputs, failures
        ref = AzureRef.read(inputs["store"])
        if not same_store(old.get("store"), inputs["store"]):
            with told(f"looking for {ref.account!r}", ref):
                present = self._find(ref)
            if present is not None:
                _require(ref, present, "adopt")
        return inputs, failures

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same; an account's redundancy is what it was made with."""
        if name == "store" and not has_unknown(new):
            return same_store(old, new)
        return name == "sku" or super().same(name, old, new)

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; what a refresh has found otherwise is a difference too."""
        difference = super().diff(context, state, old, new)
        drift = ("drift",) if state.get("drift") else ()
        return Difference((*difference.changed, *drift), difference.replace)

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview: what it will have is known before it is made."""
        if has_unknown(inputs.get("store")):
            return super().planned(context, inputs, state)
        ref = AzureRef.read(inputs["store"])
        # Another stack may have published something there: the account stays open for it.
        had = (state or {}).get("settings") or {}
        settings = {**wished(inputs, public=bool(had.get(PUBLIC))), LOGGED: had.get(LOGGED, False)}
        known = {"accountId": ref.account_id, "settings": settings, "drift": []}
        return {**super().planned(context, inputs, state), **known}

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the account, or take up the lab's own."""
        ref = AzureRef.read(inputs["store"])
        client = self._connections.storage(ref)
        with self._connections.lock(ref), told("making it", ref):
            present = self._find(ref)
            if present is None:
                body: Any = {
                    "sku": {"name": inputs["sku"]},
                    "kind": "StorageV2",
                    "location": ref.region,
                    "identity": {"type": "SystemAssigned"},
                    "tags": _tags(ref, inputs),
                    "properties": {**SETTINGS, PUBLIC: False, "accessTier": "Hot"},
                }
                client.storage_accounts.begin_create(ref.resource_group, ref.account, body).result()
            else:
                _require(ref, present, "adopt")
        try:
            return ref.account_id, self._converge(ref, inputs)
        except SlideboxError as error:
            state = {**inputs, "accountId": ref.account_id, "blobEndpoint": "", "settings": {}, "drift": ["unfinished"]}
            raise PartialFailureError(ref.account_id, state, f"The {ref} is not finished. {error}") from error

    def _find(self, ref: AzureRef) -> dict[str, Any] | None:
        client = self._connections.storage(ref)
        present = found(lambda: client.storage_accounts.get_properties(ref.resource_group, ref.account))
        return None if present is None else dict(present.as_dict())

    def _converge(self, ref: AzureRef, inputs: Properties) -> Properties:
        """Bring every setting to what it should be; what is right already is not written."""
        client = self._connections.storage(ref)
        with self._connections.lock(ref), told("setting it up", ref):
            account = client.storage_accounts
            present = patiently(lambda: account.get_properties(ref.resource_group, ref.account)).as_dict()
            public = has_public(client, ref)
            wanted, tags = {**SETTINGS, PUBLIC: public}, _tags(ref, inputs)
            there = present["properties"]
            if not (holds(there, wanted) and holds(present.get("tags"), tags)):
                change: Any = {"properties": wanted, "tags": {**(present.get("tags") or {}), **tags}}
                present = account.update(ref.resource_group, ref.account, change).as_dict()
            blobs = self._service(client, ref)
            asked = service_wished(inputs)
            if not holds(blobs, asked):
                body: Any = {"properties": {**blobs, **asked}}
                patiently(lambda: client.blob_services.set_service_properties(ref.resource_group, ref.account, body))
            if _has_roles(inputs):
                self._define_roles(ref)
            if inputs.get("grants") is not None:
                wanted_roles = azure_roles.wanted(inputs["grants"])
                azure_roles.settle(self._connections.roles(ref), ref, ref.account_id, wanted_roles)
            logged = azure_log.is_logged(client, ref)
        return self._state(ref, inputs, present, {**blobs, **asked}, logged=logged)

    def _service(self, client: StorageManagementClient, ref: AzureRef) -> dict[str, Any]:
        service = patiently(lambda: client.blob_services.get_service_properties(ref.resource_group, ref.account))
        return dict(service.as_dict().get("properties") or {})

    def _define_roles(self, ref: AzureRef) -> None:
        client = self._connections.roles(ref)
        for role in _ROLES:
            name = azure_roles.role_id(ref, role)
            if not azure_roles.is_as_defined(ref, role, self._role(ref, name)):
                body: Any = azure_roles.definition(ref, role)
                client.role_definitions.create_or_update(ref.group_id, name, body)

    def _role(self, ref: AzureRef, name: str) -> Any:
        client = self._connections.roles(ref)
        return found(lambda: client.role_definitions.get(ref.group_id, name))

    def _state(
        self,
        ref: AzureRef,
        inputs: Properties,
        account: Mapping[str, Any],
        blobs: Mapping[str, Any],
        *,
        logged: bool | None,
    ) -> Properties:
        has = {name: account["properties"].get(name) for name in (*SETTINGS, PUBLIC)}
        has |= {name: blobs.get(name) for name in service_wished(inputs)} | {LOGGED: logged}
        url = (account["properties"].get("primaryEndpoints") or {}).get("blob", "")
        return {**inputs, "accountId": ref.account_id, "blobEndpoint": url, "settings": has, "drift": []}

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the account's settings; what is otherwise than it should be is named."""
        ref = AzureRef.read(inputs["store"]) if inputs.get("store") else declared(id)[0]
        client = self._connections.storage(ref)
        with told("reading it", ref):
            present = self._find(ref)
            if present is None:
                return None
            if not inputs.get("store"):
                inputs, _ = azure_read.account_as_is(self._connections, ref)
            blobs = self._service(client, ref)
            public = has_public(client, ref)
            wrong = [*self._wrong_roles(ref, inputs), *self._wrong_grants(ref, inputs)]
            logged = azure_log.is_logged(client, ref)
        result = self._state(ref, inputs, present, blobs, logged=logged)
        should = wished(inputs, public=public)
        drift = [name for name, value in should.items() if not holds(result["settings"].get(name), value)]
        drift += [] if holds(present.get("tags"), _tags(ref, inputs)) else ["tags"]
        return Found(ref.account_id, {**result, "drift": [*drift, *wrong]}, inputs)

    def _wrong_roles(self, ref: AzureRef, inputs: Properties) -> list[str]:
        """The roles of slidebox's own that are not as they should be."""
        there = {role: self._role(ref, azure_roles.role_id(ref, role)) for role in _ROLES if _has_roles(inputs)}
        return [f"role {role}" for role, found in there.items() if not azure_roles.is_as_defined(ref, role, found)]

    def _wrong_grants(self, ref: AzureRef, inputs: Properties) -> list[str]:
        """Whether whoever is to read all of it does, and nobody else by slidebox."""
        if inputs.get("grants") is None:
            return []
        there = azure_roles.present(self._connections.roles(ref), ref, ref.account_id)
        asked = {(a.principal_id, a.role): a.condition for a in azure_roles.wanted(inputs["grants"])}
        return [] if {key: e.condition or None for key, e in there.own.items()} == asked else ["grants"]

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change settings in place."""
        ref = AzureRef.read(inputs["store"])
        with told("reading its mark", ref):
            present = self._find(ref)
        if present is not None:
            _require(ref, present, "change")
        try:
            return self._converge(ref, inputs)
        except SlideboxError as error:
            unfinished = {**state, **inputs, "drift": ["unfinished"]}
            raise PartialFailureError(id, unfinished, f"The {ref} is not finished. {error}") from error

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the account with its last container; while others are in it, only this stack forgets it."""
        ref = AzureRef.read(state["store"])
        client = self._connections.storage(ref)
        with self._connections.lock(ref), told("removing it", ref):
            present = self._find(ref)
            if present is None:
                return
            _require(ref, present, "delete")
            listed = client.blob_containers.list(ref.resource_group, ref.account, include="deleted")
            names = sorted(str(item.name) for item in listed)
            if names:
                context.log("info", f"The {ref} stays: it holds {', '.join(names[:3])}{' …' if names[3:] else ''}.")
                return
            logged = state.get("logOf")
            if logged and azure_log.writes_to(client, replace(ref, account=logged), ref.account_id):
                context.log("info", f"The {ref} stays: the log of {logged} is written there.")
                return
            roles = self._connections.roles(ref)
            for role in _ROLES if _has_roles(state) else ():
                roles.role_definitions.delete(ref.group_id, azure_roles.role_id(ref, role))
            azure_log.remove(client, ref)
            client.storage_accounts.delete(ref.resource_group, ref.account)


def _has_roles(inputs: Properties) -> bool:
    return inputs.get("roles") is not False


def _tags(ref: AzureRef, inputs: Properties) -> dict[str, str]:
    return {**(inputs.get("tags") or {}), MARK: ref.lab}


def _require(ref: AzureRef, present: Mapping[str, Any], to: str) -> None:
    """Insist that an account is the lab's own."""
    lab = (present.get("tags") or {}).get(MARK)
    if lab == ref.lab or (lab is None and to == "change"):  # imported: whoever did that has said that it is the lab's
        return
    whose = f"belongs to lab {lab!r}" if lab else "is there and carries no lab's mark"
    raise InputError(
        f"The {ref} {whose}, so slidebox does not {to} it.",
        f"If it is this lab's, give it the tag {MARK}={ref.lab}; if not, choose another `account` in lab.yaml.",
    )
