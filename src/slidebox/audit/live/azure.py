"""Who has access to a storage account of Azure, asked of Resource Manager and of the account's blobs.

An account costs ten calls, one more for each further page, for local users where SFTP is on, for a static website
where there is a container for one, and three to five for each profile of Front Door. A container costs one, for its
stored access policies, where the account takes shared keys, and one for the list of access of its root folder, where it
has folders. Nothing is changed, and no key is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.azure_calls import Calls
from slidebox.audit.live.azure_fronts import origins
from slidebox.audit.live.pace import Pace
from slidebox.provider import azure_settings
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_store import AzureRef

_STORAGE = "2024-01-01"
_ROLES = "2022-04-01"
_SCHEDULES = "2020-10-01"
_AT_ONCE = 8
_WEBSITE = "$web"
_NO_LICENCE = ("AadPremiumLicenseRequired", "MissingLicense", "InvalidResourceType", "ResourceNotFound")
"""What a tenant without eligible assignments answers who asks for them."""
_ABOUT = (
    "allowBlobPublicAccess",
    "allowSharedKeyAccess",
    "allowCrossTenantReplication",
    "customDomain",
    "isHnsEnabled",
    "isLocalUserEnabled",
    "isNfsV3Enabled",
    "isSftpEnabled",
    "keyPolicy",
    "networkAcls",
    "primaryEndpoints",
    "privateEndpointConnections",
    "publicNetworkAccess",
    "sasPolicy",
)
"""The properties of an account that are kept: those that say who has access."""


def collect(asked: Asked, connections: AzureConnections | None = None) -> Sections:
    """Ask one account.

    Parameters
    ----------
    asked
        What is asked for.
    connections
        Clients of Azure; the SDK's own where None.

    Raises
    ------
    InputError
        If the extra for Azure is not installed.
    """
    file = asked.lab.file
    carrier = asked.lab.carrier(asked.store)
    ref = AzureRef.of(carrier, file.stores[carrier], file.lab)
    calls = Calls(connections or AzureConnections(), ref, Pace(asked.a_second))
    whole = calls.list(ref.account_id, "blobServices/default/containers", _STORAGE)
    account = _account(calls.one(ref.account_id, _STORAGE))
    containers: Any = whole if isinstance(whole, dict) else _containers(calls, account, whole, file.lab)
    entry = {"account": account, "containers": containers, "store": asked.store, **_around(calls, account, containers)}
    roles = _roles(calls)
    return {"azure": {"accounts": {ref.account: {**entry, "roles": roles}}}}


def _account(answer: Any) -> Any:
    """An account, with no more of it than says who has access."""
    if why_unread(answer) is not None:
        return answer
    properties = answer.get("properties")
    if not isinstance(properties, Mapping):
        return unread("what answers is no storage account")
    kept = {name: properties[name] for name in _ABOUT if name in properties}
    identity = _mapping(answer.get("identity"))
    return {
        "id": answer.get("id"),
        "name": answer.get("name"),
        "identity": {name: identity[name] for name in ("type", "principalId", "tenantId") if name in identity},
        "properties": kept,
    }


def _around(calls: Calls, account: Any, containers: Any) -> dict[str, Any]:
    """What an account has beside containers, where it matters."""
    settings = _mapping(account.get("properties"))
    replication: Any = calls.list(calls.ref.account_id, "objectReplicationPolicies", _STORAGE)
    website = why_unread(containers) is not None or _WEBSITE in containers
    found = {"replication": replication, "staticWebsite": calls.website(_blobs(account)) if website else None}
    if why_unread(account) is not None or settings.get("isSftpEnabled") not in (None, False):
        users = calls.list(calls.ref.account_id, "localUsers", _STORAGE)
        found["localUsers"] = users if isinstance(users, dict) else [_local_user(one) for one in users]
    return found


def _local_user(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A local user without what proves who it is."""
    properties = _mapping(answer.get("properties"))
    secret = ("sshAuthorizedKeys", "sid")
    return {
        "name": answer.get("name"),
        "properties": {name: value for name, value in properties.items() if name not in secret},
    }


def _mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, Mapping) else {}


# Containers


def _containers(calls: Calls, account: Any, listed: Iterable[Mapping[str, Any]], lab: str) -> dict[str, Any]:
    settings = _mapping(account.get("properties"))
    unsure = why_unread(account) is not None
    asking: dict[str, Callable[[str, str], Any]] = {}
    if unsure or settings.get("allowSharedKeyAccess") is not False:
        asking["policies"] = calls.policies
    if unsure or settings.get("isHnsEnabled"):
        asking["acl"] = calls.root
    entries = {str(one.get("name")): _container(one, lab) for one in listed}
    jobs = [(name, part, ask) for name in entries for part, ask in asking.items()]
    where = {"policies": _blobs(account), "acl": _folders(account)}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda job: job[2](where[job[1]], job[0]), jobs)
    for (name, part, _), answer in zip(jobs, answers, strict=True):
        entries[name][part] = answer
    return entries


def _container(answer: Mapping[str, Any], lab: str) -> dict[str, Any]:
    """A container; of its metadata no more than the dataset that slidebox has written there."""
    properties = answer.get("properties")
    if not isinstance(properties, Mapping):
        return {"container": unread("what answers is no container")}
    try:
        tags = azure_settings.tags_of(answer)
    except (AttributeError, TypeError):
        tags = {}
    said = {"container": {"name": answer.get("name"), "properties": {"publicAccess": properties.get("publicAccess")}}}
    return {**said, **({"dataset": tags["dataset"]} if tags.get("lab") == lab and tags.get("dataset") else {})}


def _blobs(account: Any) -> str:
    return _endpoint(account, "blob")


def _folders(account: Any) -> str:
    return _endpoint(account, "dfs")


def _endpoint(account: Any, service: str) -> str:
    settings = account.get("properties") if isinstance(account, Mapping) else None
    ends = settings.get("primaryEndpoints") if isinstance(settings, Mapping) else None
    url = ends.get(service) if isinstance(ends, Mapping) else None
    return url.rstrip("/") if isinstance(url, str) and urlsplit(url).scheme == "https" else ""


# Roles


def _roles(calls: Calls) -> dict[str, Any]:
    """Everything about roles that holds at the account: what is given there, above it and at its containers."""
    scope = calls.ref.account_id
    return {
        "roleAssignments": _both(
            calls.roles(scope, "roleAssignments", _ROLES), calls.roles(scope, "roleAssignments", _ROLES, above=True)
        ),
        "roleDefinitions": calls.roles(scope, "roleDefinitions", _ROLES),
        "denyAssignments": calls.roles(scope, "denyAssignments", _ROLES),
        "eligible": _or_none(calls.roles(scope, "roleEligibilityScheduleInstances", _SCHEDULES)),
        "schedules": _or_none(calls.roles(scope, "roleAssignmentScheduleInstances", _SCHEDULES)),
        "origins": origins(calls),
    }


def _both(below: Any, above: Any) -> Any:
    """The assignments at an account and below it, and those above it: one question answers each."""
    for answer in (below, above):
        if why_unread(answer) is not None:
            return answer
    return list({str(one.get("id")).casefold(): one for one in (*above, *below)}.values())


def _or_none(answer: Any) -> Any:
    """Nothing, where a tenant has no licence for what is asked for."""
    why = why_unread(answer)
    return [] if why is not None and any(word in why for word in _NO_LICENCE) else answer
