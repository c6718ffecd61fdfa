"""What was in Azure before slidebox, in the words of slidebox's own inputs: looked at, neither changed nor claimed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from slidebox.errors import InputError
from slidebox.provider import azure_lifecycle, azure_log, azure_roles, azure_settings
from slidebox.provider.azure_account_settings import LOGGED
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import found, told
from slidebox.provider.azure_store import MARK, AzureRef

_KEY_PARTS = 3  # keys, its name, and a version


def names(connections: AzureConnections, ref: AzureRef) -> list[str]:
    """The containers of an account."""
    with told("listing its containers", ref):
        listed = connections.storage(ref).blob_containers.list(ref.resource_group, ref.account)
        return sorted(str(item.name) for item in listed)


def as_is(connections: AzureConnections, ref: AzureRef, container: str) -> tuple[dict[str, Any], list[str]]:
    """Read a container that slidebox has not made.

    Parameters
    ----------
    connections
        Clients of Azure.
    ref
        Its account.
    container
        Its name.

    Returns
    -------
    inputs, sentences
        The inputs of `slidebox:azure:Container` that mean what is there, without what is declared of its data; and what
        no input can say, of the container and of who reaches it by its account.

    Raises
    ------
    InputError
        If there is no such container.
    """
    client, scope = connections.storage(ref), ref.container_id(container)
    with told(f"reading container {container!r}", ref):
        answer = found(lambda: client.blob_containers.get(ref.resource_group, ref.account, container))
        if answer is None:
            raise InputError(f"There is no container {container!r} in {ref}.", "Look at its name.")
        present = answer.as_dict()
        encryption = azure_settings.scope_of(present)
        key = azure_settings.read_key(client, ref, encryption)
        days, locked, _ = azure_settings.read_lock(client, ref, present)
        reason, holds = azure_settings.holds(present)
        moves, rules = _rules(container, azure_lifecycle.rules(client, ref))
        grants, assignments = _assignments(connections, ref, scope)
        about = _account(ref, *_looked_at(connections, ref))
    said: dict[str, Any] = {
        "keyUri": key,
        "lockDays": days,
        "hold": reason,
        "lifecycle": moves,
    }
    inputs = {
        "store": ref.document,
        "container": container,
        "public": azure_settings.is_public(present),
        "ownKey": key is not None,
        "grants": grants,
        "tags": azure_settings.tags_of(present),
        **{name: value for name, value in said.items() if value},
    }
    sentences = [
        *_access(container, present["properties"]),
        *_key(container, encryption, key, present["properties"]),
        *_kept(container, present["properties"], holds, days if locked else None),
        *(f"The lifecycle rule {name!r} is about {container}, and no input says what it does." for name in rules),
        *assignments,
        *about,
    ]
    return inputs, sentences


def account_as_is(connections: AzureConnections, ref: AzureRef) -> tuple[dict[str, Any], list[str]]:
    """Read an account that slidebox has not made.

    Returns
    -------
    inputs, sentences
        The inputs of `slidebox:azure:Account` that mean what is there, and what no input can say.

    Raises
    ------
    InputError
        If there is no such account.
    """
    with told("reading it", ref):
        account, blobs = _looked_at(connections, ref)
    inputs = {
        "store": ref.document,
        "softDeleteDays": _days(blobs, "deleteRetentionPolicy"),
        "changeFeed": bool((blobs.get("changeFeed") or {}).get("enabled")),
        "sku": str((account.get("sku") or {}).get("name", "")),
        "tags": {name: value for name, value in (account.get("tags") or {}).items() if name != MARK},
    }
    return inputs, _account(ref, account, blobs)


# The container's own settings


def _access(container: str, said: Mapping[str, Any]) -> Iterator[str]:
    if said.get("publicAccess") == "Blob":
        yield f"Anyone may read the blobs of {container} by their names, and not list them; no input tells these apart."


def _key(container: str, scope: str | None, key: str | None, said: Mapping[str, Any]) -> Iterator[str]:
    if scope and not key:
        yield f"{container} is encrypted by the scope {scope!r}, which has no key of the lab's own or is turned off."
    if scope and not said.get("denyEncryptionScopeOverride"):
        yield f"Who writes to {container} may choose another encryption scope than its own, {scope!r}."
    if key and len(key.rstrip("/").partition("://")[2].split("/")[1:]) >= _KEY_PARTS:
        yield f"The key of {container} is named with its version ({key}), so it does not rotate."


def _kept(container: str, said: Mapping[str, Any], holds: list[str], locked: int | None) -> Iterator[str]:
    if holds:
        yield f"{container} is under a legal hold that slidebox has not set: {', '.join(holds)}."
    if locked:
        yield f"The immutability policy of {container} is locked at {locked} days; it can only be made longer."
    policy = (said.get("immutabilityPolicy") or {}).get("properties") or {}
    if policy.get("allowProtectedAppendWrites") or policy.get("allowProtectedAppendWritesAll"):
        yield f"Blobs of {container} may be added to while its immutability policy protects them."
    if (said.get("immutableStorageWithVersioning") or {}).get("enabled"):
        yield f"Each version of a blob in {container} may have an immutability policy of its own."


def _rules(container: str, rules: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """What a rule about this container alone does, and the names of all other rules that reach it."""
    whole: dict[str, Any] = {}
    others: list[str] = []
    for rule in rules:
        if not azure_lifecycle.reaches(rule, container):
            continue
        said = azure_lifecycle.wishes(container, rule) or {}
        if whole or "others" in said:
            others.append(str(rule["name"]))
        else:
            whole = said
    return whole, sorted(others)


# Who has access


def _assignments(connections: AzureConnections, ref: AzureRef, scope: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The grants that there are, and in words who has access that no grant says."""
    client = connections.roles(ref)
    grants: list[dict[str, Any]] = []
    sentences: list[str] = []
    titles: dict[str, str | None] = {}
    for entry in azure_roles.at_scope(client, scope):
        here = str(entry.scope).lower() == scope.lower()
        grant = azure_roles.as_grant(ref, entry) if here else None
        if grant:
            grants.append(grant)
            continue
        guid = azure_roles.guid_of(entry)
        if guid not in titles:
            titles[guid] = _title(client, str(entry.role_definition_id))
        title = titles[guid]
        if title is None and not here:
            continue  # a role that lets nobody see a blob
        who = f"{entry.principal_type or 'Principal'} {str(entry.principal_id).lower()}"
        role = f"role {guid}" if title is None else f"role {title!r}"
        where = "this container" if here else str(entry.scope).rpartition("/")[2] or "everything"
        under = f", on a condition: {entry.condition}" if entry.condition else ""
        sentences.append(f"{who} has the {role} at {where}, which is no grant of slidebox's{under}.")
    return sorted(grants, key=lambda g: (g["identity"], g["role"])), sorted(sentences)


def _title(client: Any, definition: str) -> str | None:
    """What a role is called that lets somebody at blobs; None where it lets nobody."""
    role = found(lambda: client.role_definitions.get_by_id(definition))
    if role is None:
        return definition.rpartition("/")[2]
    rights = [action for p in role.permissions or () for action in p.data_actions or ()]
    blobs = azure_roles.ACTIONS[azure_roles.STEWARD]
    lets = any(fnmatchcase(blob.lower(), right.lower()) for right in rights for blob in blobs)
    return str(role.role_name) if lets else None


# The account


def _looked_at(connections: AzureConnections, ref: AzureRef) -> tuple[dict[str, Any], dict[str, Any]]:
    """An account, and the settings of its blobs, with whether it is logged who reads them."""
    client = connections.storage(ref)
    account = found(lambda: client.storage_accounts.get_properties(ref.resource_group, ref.account))
    if account is None:
        raise InputError(f"There is no {ref}.", "Look at `account`, `subscription` and `resource_group` in lab.yaml.")
    service = client.blob_services.get_service_properties(ref.resource_group, ref.account)
    blobs = {**(service.as_dict().get("properties") or {}), LOGGED: azure_log.is_logged(client, ref)}
    return dict(account.as_dict()), blobs


def _account(ref: AzureRef, account: Mapping[str, Any], blobs: Mapping[str, Any]) -> list[str]:
    said, lab = account["properties"], (account.get("tags") or {}).get(MARK)
    mark = [] if lab == ref.lab else [f"carries the mark of lab {lab!r}" if lab else "carries no mark of a lab"]
    return [f"The {ref} {words}." for words in (*mark, *_ways_in(said), *_protection(said), *_history(blobs))]


def _ways_in(said: Mapping[str, Any]) -> Iterator[str]:
    """Who reaches blobs by other ways than a role."""
    if said.get("allowBlobPublicAccess") is not False:
        yield "lets containers be public"
    if said.get("allowSharedKeyAccess") is not False:
        yield "takes shared keys: who has one, or a link signed with one, may do what it allows, and no list says who"
    if said.get("isHnsEnabled"):
        yield "has folders with lists of access of their own, which let people in beside their roles"
    for name, word in (("isSftpEnabled", "SFTP"), ("isLocalUserEnabled", "local users"), ("isNfsV3Enabled", "NFS")):
        if said.get(name):
            yield f"lets people in by {word}"
    if said.get("allowCrossTenantReplication"):
        yield "lets other tenants copy its blobs"


def _protection(said: Mapping[str, Any]) -> Iterator[str]:
    if said.get("supportsHttpsTrafficOnly") is False:
        yield "takes plain HTTP"
    if said.get("minimumTlsVersion") not in ("TLS1_2", "TLS1_3"):
        yield f"takes {said.get('minimumTlsVersion') or 'TLS1_0'}"
    encryption = said.get("encryption") or {}
    if encryption.get("keySource") == "Microsoft.Keyvault":
        about = encryption.get("keyvaultproperties") or {}
        key = "/".join(str(about.get(name, "")).strip("/") for name in ("keyvaulturi", "keyname"))
        yield f"is encrypted as a whole with the key {key}, and an input can say a key of a container only"
    if (said.get("immutableStorageWithVersioning") or {}).get("enabled"):
        yield "has an immutability policy for all its blobs"


def _history(blobs: Mapping[str, Any]) -> Iterator[str]:
    if not blobs.get("isVersioningEnabled"):
        yield "keeps no earlier versions of blobs"
    deleted, containers = (_days(blobs, f"{name}eleteRetentionPolicy") for name in ("d", "containerD"))
    if deleted != containers:
        yield f"keeps deleted blobs for {deleted} days and deleted containers for {containers}"
    elif not deleted:
        yield "keeps nothing that was deleted"
    if not blobs.get(LOGGED):
        yield "has it written down nowhere who reads its blobs"


def _days(blobs: Mapping[str, Any], policy: str) -> int:
    said = blobs.get(policy) or {}
    return int(said.get("days") or 0) if said.get("enabled") else 0
