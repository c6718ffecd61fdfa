"""Containers of Azure that Terraform made, as slidebox's own provider would read them. Pure.

Source: documentation of Terraform's azurerm provider 3 and 4, as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.adoption.existing import Existing, Member, Thing
from slidebox.adoption.terraform_azure_account import about_account, account_inputs
from slidebox.adoption.terraform_resources import Resource, beside, blocks_of, dangers, doubt, hand_over
from slidebox.model import Role, Store
from slidebox.provider import azure_lifecycle, azure_roles
from slidebox.provider.azure_store import AzureRef

_CONTAINER, _ACCOUNT = "azurerm_storage_container", "azurerm_storage_account"
_ASSIGNMENT, _SCOPE = "azurerm_role_assignment", "azurerm_storage_encryption_scope"
_LOCK, _RULES = f"{_CONTAINER}_immutability_policy", "azurerm_storage_management_policy"
_NAMED: Mapping[str, str] = {
    "Storage Blob Data Reader": azure_roles.READER,
    "Storage Blob Data Contributor": azure_roles.STEWARD,
    "Storage Blob Data Owner": azure_roles.STEWARD,
}
"""What Azure's own roles for blobs come to: the contributor of Azure deletes as well."""
_OWN_READER = "Storage Blob Data Reader"
_INPUTS: Mapping[str, tuple[str, ...]] = {
    "container_access_type": ("public",),
    "default_encryption_scope": ("keyUri", "ownKey"),
    "metadata": ("tags",),
}
"""What each attribute of a container decides of the inputs of `slidebox:azure:Container`."""
_MOVES: Mapping[str, str] = {
    "tier_to_cool_after_days_since_modification_greater_than": "tierToCool",
    "tier_to_cold_after_days_since_modification_greater_than": "tierToCold",
    "tier_to_archive_after_days_since_modification_greater_than": "tierToArchive",
    "delete_after_days_since_modification_greater_than": "delete",
}
_OLD: Mapping[str, str] = {
    "delete_after_days_since_creation": "delete",
    "delete_after_days_since_creation_greater_than": "delete",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """A container with the account that it is in, where the document has it."""

    ref: AzureRef
    container: Resource
    account: Resource | None
    found: Sequence[Resource]

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.text("name")

    @property
    def id(self) -> str:
        """Its id at Resource Manager."""
        return self.ref.container_id(self.name)


def read_azure(found: Sequence[Resource], store: str, declared: Store, lab: str) -> tuple[Existing, ...]:
    """The containers of a store in Azure; those of other accounts are left out.

    Parameters
    ----------
    found
        All resources of a document.
    store, declared
        The store.
    lab
        Short name of the lab.
    """
    ref = AzureRef.of(store, declared, lab)
    account = next((one for one in found if one.type == _ACCOUNT and one.text("name") == ref.account), None)
    return tuple(
        _existing(_Place(ref, one, account, found))
        for one in found
        if one.type == _CONTAINER
        and one.text("name") not in ("", UNKNOWN)
        and _account_of(one) in (ref.account, UNKNOWN)
    )


def _account_of(container: Resource) -> str:
    """The account that a container is in: releases say its name, or its id."""
    for name in ("storage_account_id", "storage_account_name"):
        if said := container.text(name):
            return said.rpartition("/")[2]
    return UNKNOWN


def _existing(place: _Place) -> Existing:
    ref, container = place.ref, place.container
    about, planned = beside([one for one in place.found if _is_about(place, one)])
    given = [one for one in about if one.type == _ASSIGNMENT]
    grants = [(one, _grant(ref, one)) for one in given if _scope(one) == place.id.lower()]
    wishes, others = _rules(place)
    key = _key(place)
    lock = next((one for one in about if one.type == _LOCK), None)
    said: dict[str, Any] = {
        "keyUri": key,
        "lockDays": lock.values.get("immutability_period_in_days") if lock else None,
        "lifecycle": wishes,
    }
    inputs = {
        "store": ref.document,
        "container": place.name,
        "public": container.text("container_access_type") in ("blob", "container"),
        "ownKey": key is not None,
        "grants": [grant for _, grant in grants if grant],
        "tags": dict(container.values.get("metadata") or {}),
        **{name: value for name, value in said.items() if value},
    }
    later = sorted(container.unknown & _INPUTS.keys())
    inputs.update({name: UNKNOWN for attribute in later for name in _INPUTS[attribute]})
    notes = [
        *dangers(place.name, container),
        *(doubt(container, attribute) for attribute in later),
        *_access(place, key, lock),
        *(f"The lifecycle rule {name!r} is about {place.name}, and no input says what it does." for name in others),
        *(_words(place, one) for one in given if (one, None) in grants or _scope(one) != place.id.lower()),
        *planned,
        *(about_account(place.account) if place.account else _no_account(place)),
        _whom_it_knows(place),
        *hand_over(place.name, [container, *(one for one in about if _scope(one) == place.id.lower() or one is lock)]),
    ]
    things = [Thing("slidebox:azure:Container", place.id, inputs)]
    if place.account:
        things.append(Thing("slidebox:azure:Account", ref.account_id, account_inputs(ref, place.account)))
    return Existing(
        store=ref.name,
        name=place.name,
        things=tuple(things),
        region=ref.region,
        members=tuple(_member(place, one) for one in given),
        labels=inputs["tags"] if isinstance(inputs["tags"], Mapping) else None,
        notes=tuple(notes),
    )


def _is_about(place: _Place, one: Resource) -> bool:
    """Whether a role is given at a container or above it, or a policy is of the container."""
    if one.type == _ASSIGNMENT:
        scope = _scope(one)
        return scope == UNKNOWN or f"{place.id.lower()}/".startswith(f"{scope}/")
    return one.type == _LOCK and one.text("storage_container_resource_manager_id").lower() == place.id.lower()


def _scope(one: Resource) -> str:
    return one.text("scope").lower().rstrip("/")


# The container's own settings


def _key(place: _Place) -> str | None:
    """The address of the lab's own key, by the encryption scope of the container."""
    wanted = place.container.text("default_encryption_scope")
    for one in place.found:
        if one.type == _SCOPE and one.text("name") == wanted and one.text("source") == "Microsoft.KeyVault":
            return one.text("key_vault_key_id") or None
    return None


def _access(place: _Place, key: str | None, lock: Resource | None) -> Iterator[str]:
    name, container = place.name, place.container
    if container.text("container_access_type") == "blob":
        yield f"Anyone may read the blobs of {name} by their names, and not list them; no input tells these apart."
    scope = container.text("default_encryption_scope")
    if scope not in ("", "$account-encryption-key", UNKNOWN) and not key:
        yield f"{name} is encrypted by the scope {scope!r}, and the file does not say that it has a key of the lab."
    if container.values.get("has_legal_hold") is True:
        yield f"{name} is under a legal hold that slidebox has not set."
    if lock and lock.values.get("locked") is True:
        days = lock.values.get("immutability_period_in_days")
        yield f"The immutability policy of {name} is locked at {days} days; it can only be made longer."


def _rules(place: _Place) -> tuple[dict[str, Any], list[str]]:
    """What a lifecycle rule about this container alone does, and the names of all others that reach it."""
    whole: dict[str, Any] = {}
    others: list[str] = []
    for policy in place.found:
        if policy.type != _RULES or policy.text("storage_account_id").rpartition("/")[2] not in (
            place.ref.account,
            UNKNOWN,
        ):
            continue
        if "rule" in policy.unknown:
            others.append(f"{policy.address} (known only once Terraform has applied its plan)")
        for block in policy.blocks("rule"):
            rule = api_rule(block)
            if not azure_lifecycle.reaches(rule, place.name):
                continue
            said = azure_lifecycle.wishes(place.name, rule) or {}
            if whole or "others" in said:
                others.append(str(rule["name"]))
            else:
                whole = said
    return whole, sorted(others)


def api_rule(block: Mapping[str, Any]) -> dict[str, Any]:
    """A lifecycle rule of Resource Manager; Terraform writes what is not set as -1 or as nothing."""
    filters, actions = (next(iter(blocks_of(block, name)), {}) for name in ("filters", "actions"))
    does: dict[str, Any] = {}
    if moves := _moves(next(iter(blocks_of(actions, "base_blob")), {})):
        does["baseBlob"] = moves
    for kind in ("version", "snapshot"):
        old = _days(next(iter(blocks_of(actions, kind)), {}))
        if old:
            does[kind] = {_OLD.get(name, name): {"daysAfterCreationGreaterThan": days} for name, days in old.items()}
    about = {
        "blobTypes": list(filters.get("blob_types") or ()),
        "prefixMatch": list(filters.get("prefix_match") or ()),
        "blobIndexMatch": list(filters.get("match_blob_index_tag") or ()),
    }
    return {
        "name": block.get("name"),
        "type": "Lifecycle",
        "enabled": block.get("enabled") is not False,
        "definition": {"actions": does, "filters": {name: value for name, value in about.items() if value}},
    }


def _moves(base: Mapping[str, Any]) -> dict[str, Any]:
    """What happens to blobs; what is none of slidebox's stays an action of its own, so that nobody takes it for one."""
    found: dict[str, Any] = {
        _MOVES.get(name, name): {"daysAfterModificationGreaterThan": days} for name, days in _days(base).items()
    }
    return found | ({"enableAutoTierToHotFromCool": True} if base.get("auto_tier_to_hot_from_cool_enabled") else {})


def _days(block: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of days that a block sets."""
    numbers = {name: days for name, days in block.items() if isinstance(days, int | float) and days is not False}
    return {name: int(days) for name, days in numbers.items() if days is not True and days >= 0}


# Who has access


def _grant(ref: AzureRef, one: Resource) -> dict[str, Any] | None:
    """The grant that an assignment amounts to; None where no grant says just that."""
    unread = [
        name for name in ("principal_id", "principal_type", "role_definition_id", "condition") if name in one.unknown
    ]
    role = one.text("role_definition_id")
    if one.text("role_definition_name") == _OWN_READER:
        role, unread = azure_roles.BLOB_READER, [name for name in unread if name != "role_definition_id"]
    if unread or not one.text("principal_id"):
        return None
    return azure_roles.as_grant(
        ref,
        SimpleNamespace(
            principal_id=one.text("principal_id"),
            principal_type=one.text("principal_type"),
            role_definition_id=role,
            condition=one.text("condition") or None,
        ),
    )


def _member(place: _Place, one: Resource) -> Member:
    """Somebody with a role at the container or above it."""
    grant = _grant(place.ref, one)
    title = one.text("role_definition_name")
    role = grant["role"] if grant else _NAMED.get(title)
    until = dt.date.fromisoformat(grant["until"]) if grant and grant.get("until") else None
    where = "" if _scope(one) == place.id.lower() else f" at {_where(one)}"
    return Member(_who(one), Role(role) if role else None, until, f"{title or 'a role'}{where}")


def _who(one: Resource) -> str:
    words = {"User": "user", "Group": "group", "ServicePrincipal": "service"}
    who, kind = one.text("principal_id").lower() or UNKNOWN, words.get(one.text("principal_type"))
    return f"{kind}:{who}" if kind and who != UNKNOWN else who


def _where(one: Resource) -> str:
    scope = one.text("scope")
    return "a scope that is not known yet" if scope == UNKNOWN else scope.rpartition("/")[2] or "everything"


def _words(place: _Place, one: Resource) -> str:
    """An assignment that no grant of the container says."""
    title = one.text("role_definition_name") or one.text("role_definition_id").rpartition("/")[2]
    where = "this container" if _scope(one) == place.id.lower() else _where(one)
    under = f", on a condition: {one.text('condition')}" if one.text("condition") else ""
    return f"{_who(one)} has the role {title!r} at {where} ({one.address}), which is no grant of slidebox's{under}."


def _whom_it_knows(place: _Place) -> str:
    return (
        f"The file knows only whom Terraform let into {place.name}: who was given a role by hand, or has one above it, "
        "is not in it. The account itself says who has access: leave `--terraform` out."
    )


def _no_account(place: _Place) -> Iterable[str]:
    return (
        f"The file does not have the {place.ref}: whether it takes shared keys, plain HTTP or public containers is not "
        "known.",
    )
