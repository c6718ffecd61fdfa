"""Containers that slidebox makes in Azure: what they are, from their own configuration and their account's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access import ACTIONS, ANYONE, UNKNOWN, Reader, account
from slidebox.clouds import audit_name
from slidebox.facts import CAPABILITIES, NONE
from slidebox.model import StoreKind
from slidebox.preview.declared import Declared
from slidebox.preview.seen import AZURE_AUDIT, AZURE_CONTAINER, Seen

ACCOUNT = "slidebox:azure:Account"
ACCESS_LOG = "slidebox:azure:AccessLog"

_UNFINISHED_DAYS = 7
"""After how many days Azure itself drops blocks that no upload has finished (Microsoft, "Put Block")."""
_CLASSES: Mapping[str, str] = {"Cool": "infrequent", "Cold": "archive"}
_ROLES: Mapping[str, tuple[str, ...]] = {
    "reader": ACTIONS[:1],
    "contributor": ACTIONS[:2],
    "steward": ACTIONS,
}
_BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
_NEW_TLS = frozenset({"TLS1_2", "TLS1_3"})
_AS_MADE: Mapping[str, Any] = {
    "isVersioningEnabled": True,
    "supportsHttpsTrafficOnly": True,
    "minimumTlsVersion": "TLS1_2",
    "allowBlobPublicAccess": False,
    "allowSharedKeyAccess": False,
    "accessLog": True,
}
"""An account as slidebox makes it."""


def store_of(resource: Seen) -> str:
    """The store that a container is really in."""
    store = resource.properties.get("store")
    name = store.get("name") if isinstance(store, Mapping) else None
    return name if isinstance(name, str) else UNKNOWN


class Accounts:
    """The storage accounts of a stack.

    Parameters
    ----------
    resources
        Of the whole stack; None where one container is seen by itself and the stack is judged later.
    """

    def __init__(self, resources: Iterable[Seen] | None) -> None:
        self._alone = resources is None
        self._settings: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        self._opened: set[tuple[Any, ...]] = set()
        self._logs: dict[tuple[Any, ...], Any] = {}
        for resource in resources or ():
            key = _account_of(resource)
            if resource.type == ACCOUNT and key is not None:
                said = resource.properties.get("settings")
                self._settings[key] = said if isinstance(said, Mapping) else {}
            if resource.type == ACCESS_LOG and key is not None:
                self._logs[key] = resource.properties.get("on", UNKNOWN)
            if resource.type == AZURE_CONTAINER and key is not None and resource.properties.get("public") is not False:
                self._opened.add(key)

    def settings(self, container: Seen) -> Mapping[str, Any]:
        """What a container's account has; nothing where it is not in the stack."""
        key = _account_of(container)
        if self._alone:
            return _AS_MADE
        found = self._settings.get(key, {}) if key is not None else {}
        # It lets containers be public as soon as one is, though it may not have been asked yet.
        opened = {"allowBlobPublicAccess": True} if key is None or key in self._opened else {}
        logged = {"accessLog": self._logs[key]} if key in self._logs else {}
        return {**found, **opened, **logged}


def _account_of(resource: Seen) -> tuple[Any, ...] | None:
    store = resource.properties.get("store")
    if not isinstance(store, Mapping):
        return None
    found = tuple(store.get(name) for name in ("endpoint", "subscription", "resource_group", "account"))
    return None if UNKNOWN in found or found[-1] is None else found


def about(container: Seen, accounts: Accounts, names: Mapping[str, str], now: dt.date) -> dict[str, Any]:
    """What a container is; its readers as `Reader`.

    Parameters
    ----------
    container
        The container.
    accounts
        The accounts around it.
    names
        Whom of the lab an identity of Azure stands for (`Declared.identities`).
    now
        Today: access that has ended is none.
    """
    settings = accounts.settings(container)
    shared = settings.get("allowSharedKeyAccess", UNKNOWN)
    return {
        "readers": readers(container, names, now),
        "keys": [] if shared is False else [UNKNOWN],
        "wildcards": [],
        "tags": container.properties.get("tags", UNKNOWN),
        "has": has(container, settings),
        "lifecycle": lifecycle(container),
    }


def is_audit(container: Seen, declared: Declared, now: dt.date) -> bool:
    """Whether it is the container for reports of a store, which nobody but people of the lab reads.

    A type alone would be a way round the rules: any other of this type is a place that nothing is known of.
    """
    properties, store = container.properties, store_of(container)
    if container.type != AZURE_AUDIT or declared.entry("stores", store).get("kind") != StoreKind.AZURE:
        return False
    named = properties.get("container") == audit_name(declared.lab, store)
    whole = readers(container, declared.identities(), now)
    return named and all(who.principal.startswith(("person:", "team:")) and who.actions == ("read",) for who in whole)


# Who has access


def readers(container: Seen, names: Mapping[str, str], now: dt.date) -> tuple[Reader, ...]:
    """Who has access by the container's own settings, and by what others have given there."""
    properties = container.properties
    where = f"container {properties.get('container')}"
    found: list[Reader] = []
    public = properties.get("public", False)
    if public is not False:
        found.append(Reader(ANYONE if public is True else UNKNOWN, ACTIONS[:1], (f"public {where}",)))
    grants = properties.get("grants") or []
    if not isinstance(grants, list) or not all(isinstance(grant, Mapping) for grant in grants):
        return (*found, Reader(UNKNOWN, ACTIONS, (f"grants of {where}",)))
    for grant in grants:
        if not _ended(grant.get("until"), now):
            role, identity = grant.get("role"), str(grant.get("identity") or UNKNOWN)
            who = UNKNOWN if identity == UNKNOWN else _named(identity, names)
            found.append(Reader(who, _ROLES.get(str(role), ACTIONS), (f"role {role} at {where}",)))
    return (*found, *_foreign(properties.get("foreign"), where, names))


def _named(identity: str, names: Mapping[str, str]) -> str:
    """Whom of the lab an object id stands for, whether or not the lab says what kind it is of."""
    bare = identity.rpartition(":")[2].lower()
    found = {who for name, who in names.items() if name.rpartition(":")[2].lower() == bare}
    return found.pop() if len(found) == 1 else account(identity)


def _ended(until: Any, now: dt.date) -> bool:
    try:
        return until is not None and dt.date.fromisoformat(until) <= now
    except (TypeError, ValueError):
        return False


def _foreign(foreign: Any, where: str, names: Mapping[str, str]) -> Iterable[Reader]:
    """What others have given at the container, as a refresh has found it."""
    said = foreign.get("assignments") if isinstance(foreign, Mapping) else None
    for entry in said if isinstance(said, list) else ():
        who, _, role = str(entry).rpartition(": role ")
        actions = ACTIONS[:1] if role == _BLOB_READER else ACTIONS
        yield Reader(
            _named(who.rpartition(" ")[2], names), actions, (f"role {role} that somebody else gave at {where}",)
        )


# What it has


def has(container: Seen, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a container has of `CAPABILITIES`."""
    properties = container.properties
    blocked = _negated(settings.get("allowBlobPublicAccess", UNKNOWN))
    private = _negated(properties.get("public", False))
    tls = settings.get("minimumTlsVersion", UNKNOWN)
    secure = UNKNOWN if tls == UNKNOWN else tls in _NEW_TLS
    return dict.fromkeys(CAPABILITIES, UNKNOWN) | {
        "versioning": settings.get("isVersioningEnabled", UNKNOWN),
        "object_lock": _wished(properties.get("lockDays")),
        "encryption": True,  # Azure encrypts everything, with its own key if not with the lab's
        "own_key": _wished(properties.get("keyUri")),
        "encrypted_transport": _all(settings.get("supportsHttpsTrafficOnly", UNKNOWN), secure),
        # Azure can forbid it for an account only: a container that is merely not public has no block.
        "public_access_block": _all(private, blocked),
        "account_public_access_block": blocked,
        "access_log": UNKNOWN if settings.get("accessLog") is None else settings["accessLog"],
        "lifecycle": True,
    }


def _wished(value: Any) -> Any:
    return UNKNOWN if value == UNKNOWN else bool(value)


def _negated(value: Any) -> Any:
    return not value if isinstance(value, bool) else UNKNOWN


def _all(*values: Any) -> Any:
    if any(value is False for value in values):
        return False
    return True if all(value is True for value in values) else UNKNOWN


def lifecycle(container: Seen) -> Any:
    """What happens to a container's blobs by themselves; unknown where that is not known."""
    said = container.properties.get("lifecycle")
    if said == UNKNOWN or not isinstance(said, Mapping | None):
        return UNKNOWN
    wishes: Mapping[str, Any] = said or {}
    foreign = container.properties.get("foreign")
    others = wishes.get("others") or (isinstance(foreign, Mapping) and foreign.get("rules"))
    moves = wishes.get("transitions") or []
    if not isinstance(moves, list) or not all(isinstance(move, Mapping) for move in moves):
        return UNKNOWN
    return {
        "offered": True,
        "abort_days": _UNFINISHED_DAYS,
        "noncurrent_days": wishes.get("noncurrentDays") or NONE,
        # Rules that slidebox has not written may delete what it keeps.
        "expire_days": UNKNOWN if others else wishes.get("expireDays") or NONE,
        "transitions": [
            {"days": move.get("days", UNKNOWN), "storage_class": _CLASSES.get(str(move.get("tier")), UNKNOWN)}
            for move in moves
        ],
    }
