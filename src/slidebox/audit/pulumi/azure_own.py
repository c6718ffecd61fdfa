"""Accounts and containers that slidebox makes in Azure, from their own inputs and what a refresh has found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.azure_section import LATER, Making, known
from slidebox.errors import InputError
from slidebox.preview import Seen
from slidebox.preview.azure_containers import ACCOUNT
from slidebox.preview.seen import AZURE_AUDIT, AZURE_CONTAINER
from slidebox.provider import azure_roles
from slidebox.provider.azure_store import AzureRef

_SETTINGS = ("allowBlobPublicAccess", "allowSharedKeyAccess", "isHnsEnabled", "isSftpEnabled", "isLocalUserEnabled")
_NOT_THERE = "its account is not in the stack"


def add(making: Making, resources: Sequence[Seen]) -> None:
    """Add slidebox's own accounts and containers."""
    for role in (azure_roles.CONTRIBUTOR, azure_roles.STEWARD):
        permission = {"dataActions": list(azure_roles.ACTIONS[role])}
        properties = {"roleName": f"slidebox {role}", "permissions": [permission]}
        if any(one.type in (AZURE_CONTAINER, AZURE_AUDIT, ACCOUNT) for one in resources):
            making.add("roleDefinitions", {"name": f"slidebox-{role}", "properties": properties})
    for seen in resources:
        if seen.type == ACCOUNT and (ref := _ref(seen)) is not None:
            _account(making, seen, ref, opened=any(_opens(one, ref) for one in resources))
    for seen in resources:
        if seen.type in (AZURE_CONTAINER, AZURE_AUDIT):
            _container(making, seen)


def _ref(seen: Seen) -> AzureRef | None:
    """The account of a resource; None where it is not known."""
    store = seen.properties.get("store")
    if not isinstance(store, Mapping) or UNKNOWN in store.values():
        return None
    try:
        return AzureRef.read(store)
    except InputError:
        return None


def _opens(seen: Seen, ref: AzureRef) -> bool:
    """Whether a container has its account let containers be public."""
    return seen.type == AZURE_CONTAINER and seen.properties.get("public") is not False and _ref(seen) == ref


def _account(making: Making, seen: Seen, ref: AzureRef, *, opened: bool) -> None:
    settings = seen.properties.get("settings")
    if isinstance(settings, Mapping):
        properties: Any = {name: known(settings[name]) for name in _SETTINGS if name in settings}
        # It lets containers be public as soon as one is, though it may not have been asked yet.
        properties |= {"allowBlobPublicAccess": True} if opened else {}
    else:
        properties = unread(LATER)
    making.accounts[ref.account] = {
        "account": {"id": ref.account_id, "name": ref.account, "properties": properties},
        "containers": {},
        "localUsers": [],
        "replication": [],
        "staticWebsite": None,
        "store": ref.name,
    }
    for given in _given(seen, ref.account_id):
        making.add("roleAssignments", given)


def _container(making: Making, seen: Seen) -> None:
    properties, ref = seen.properties, _ref(seen)
    title = seen.urn.rpartition("::")[2]
    name = properties.get("container")
    named = name if isinstance(name, str) and name not in ("", UNKNOWN) else title
    public = properties.get("public", False)
    level = {True: "Container", False: "None"}.get(public) if isinstance(public, bool) else unread(LATER)
    tags = properties.get("tags")
    dataset = tags.get("dataset") if isinstance(tags, Mapping) else None
    location = str(properties.get("location") or "").partition("@")[0]
    entry = {
        "container": {"name": named, "properties": {"publicAccess": level}},
        "dataset": location if "/" in location else dataset if isinstance(dataset, str) and "/" in dataset else "",
        "store": ref.name if ref else "",
    }
    if ref is None:
        making.unplaced[title] = "nothing tells which account it is in"
        return
    if ref.account not in making.accounts:
        making.entry(ref.account, ref.account_id)["account"]["properties"] = unread(_NOT_THERE)
    making.accounts[ref.account]["containers"][named] = entry
    for given in _given(seen, ref.container_id(named)):
        making.add("roleAssignments", given)


def _given(seen: Seen, scope: str) -> Iterator[dict[str, Any]]:
    """The roles that a resource gives, and those that others have given there, as a refresh has found them."""
    grants = seen.properties.get("grants") or []
    if not isinstance(grants, list) or not all(isinstance(one, Mapping) for one in grants):
        yield _assignment(seen, scope, unread(LATER), unread(LATER), None)
        return
    for grant in grants:
        identity, role = grant.get("identity"), grant.get("role")
        bare = str(identity).rpartition(":")[2].lower() if identity not in (None, UNKNOWN) else unread(LATER)
        guid = azure_roles.BLOB_READER if role == azure_roles.READER else f"slidebox-{role}"
        yield _assignment(seen, scope, bare, f"/{guid}", grant.get("until"))
    foreign = seen.properties.get("foreign")
    said = foreign.get("assignments") if isinstance(foreign, Mapping) else None
    for entry in said if isinstance(said, list) else ():
        who, _, role = str(entry).rpartition(": role ")
        yield _assignment(seen, scope, who.rpartition(" ")[2], f"/{role}", None)


def _assignment(seen: Seen, scope: str, who: Any, role: Any, until: Any) -> dict[str, Any]:
    properties = {"scope": scope, "principalId": who, "roleDefinitionId": role}
    try:
        ends = f"{dt.date.fromisoformat(until).isoformat()}T00:00:00Z" if until else None
    except (TypeError, ValueError):
        ends = None
    return {"id": f"{seen.urn}/{who}", "properties": {**properties, **({"endDateTime": ends} if ends else {})}}
