"""Buckets that slidebox makes in Google Cloud: what they are, from their own configuration.

What the project has beside the bucket (roles of its owners and editors, the organisation's policies, keys of service
accounts) is not in a stack, and is not read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from slidebox.access import ACTIONS, ANY_ACCOUNT, ANYONE, UNKNOWN, Reader, account
from slidebox.clouds import audit_name
from slidebox.facts import CAPABILITIES, NONE
from slidebox.model import StoreKind
from slidebox.preview.declared import Declared
from slidebox.preview.seen import GCS_BUCKET, UNREAD, Seen
from slidebox.provider.gcs_grants import INSIGHTS, end_of

_CLASSES: Mapping[str, str] = {"NEARLINE": "infrequent", "COLDLINE": "archive"}
_EVERYBODY: Mapping[str, str] = {"allUsers": ANYONE, "allAuthenticatedUsers": ANY_ACCOUNT}
_ROLES: Mapping[str, tuple[str, ...]] = {
    "roles/storage.objectViewer": ACTIONS[:1],
    "roles/storage.legacyObjectReader": ACTIONS[:1],
    "roles/storage.legacyBucketReader": ACTIONS[:1],
    "roles/storage.objectCreator": ACTIONS[1:2],
}
"""What a role lets somebody do; any other counts as every action."""
LOG_WRITER = "group:cloud-storage-analytics@google.com"
"""Who writes the logs of Google Cloud Storage (Google Cloud, "Usage logs & storage logs")."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def store_of(bucket: Seen) -> str:
    """The store that a bucket is really in."""
    store = bucket.properties.get("store")
    name = store.get("name") if isinstance(store, Mapping) else None
    return name if isinstance(name, str) else UNKNOWN


def about(bucket: Seen, names: Mapping[str, str], now: dt.date) -> dict[str, Any]:
    """What a bucket is; its readers as `Reader`.

    Parameters
    ----------
    bucket
        The bucket.
    names
        Whom of the lab an identity of Google stands for (`Declared.identities`).
    now
        Today: access that has ended is none.
    """
    return {
        "readers": readers(bucket, names, now),
        "keys": [],
        "wildcards": [],
        "tags": bucket.properties.get("tags", UNKNOWN),
        "has": has(bucket),
        "lifecycle": lifecycle(bucket),
    }


def audit_location(store: str) -> str:
    """What the bucket for logs of a store says instead of a location of data."""
    return f"audit@{store}"


def is_audit(bucket: Seen, declared: Declared, now: dt.date) -> bool:
    """Whether it is the bucket for logs of a store, which nobody but people of the lab reads.

    What it says of itself alone would be a way round the rules: any other that says so is a place for data that
    nothing is known of.
    """
    properties, store = bucket.properties, store_of(bucket)
    if bucket.type != GCS_BUCKET or declared.entry("stores", store).get("kind") != StoreKind.GCS:
        return False
    if UNREAD in properties or properties.get("location") != audit_location(store) or properties.get("public"):
        return False
    found = has(bucket)
    closed = found["public_access_block"] is True and found["encrypted_transport"] is True
    named = properties.get("bucket") == audit_name(declared.lab, store)
    return named and closed and all(map(_may, readers(bucket, declared.identities(), now)))


def _may(reader: Reader) -> bool:
    """Whether somebody only reads and is of the lab, or only writes and is a service that writes logs or reports."""
    if reader.principal in (account(LOG_WRITER), account(INSIGHTS)):
        return reader.actions == ("write",)
    return reader.principal.startswith(("person:", "team:")) and reader.actions == ("read",)


# Who has access


def readers(bucket: Seen, names: Mapping[str, str], now: dt.date) -> tuple[Reader, ...]:
    """Who has access by slidebox's own grants, and by what a refresh has found beside them."""
    properties = bucket.properties
    where = f"policy of bucket {properties.get('bucket')}"
    prevented = properties.get("public") is False
    found: list[Reader] = []
    grants = properties.get("grants") or []
    if not isinstance(grants, list) or not all(isinstance(grant, Mapping) for grant in grants):
        return (Reader(UNKNOWN, ACTIONS, (f"grants in the {where}",)),)
    for grant in grants:
        member, role = str(grant.get("member") or UNKNOWN), str(grant.get("role"))
        if not _ended(_until(grant), now) and not (prevented and member in _EVERYBODY):
            found.append(Reader(_who(member, names), _ROLES.get(role, ACTIONS), (f"{role} in the {where}",)))
    return (*found, *_foreign(properties.get("foreignMembers"), names, where, prevented=prevented))


def _who(member: str, names: Mapping[str, str]) -> str:
    if member == UNKNOWN:
        return UNKNOWN
    return _EVERYBODY.get(member) or names.get(member) or account(member)


def _until(grant: Mapping[str, Any]) -> Any:
    """The first day without access: by the condition itself where there is one, whatever is said beside it."""
    condition = grant.get("condition")
    if condition is None:
        return grant.get("until")
    expression = condition.get("expression") if isinstance(condition, Mapping) else None
    return end_of(expression) if isinstance(expression, str) else None


def _ended(until: Any, now: dt.date) -> bool:
    """Whether access has ended; what cannot be read has not."""
    try:
        return until is not None and dt.date.fromisoformat(until) <= now
    except (TypeError, ValueError):
        return False


def _foreign(said: Any, names: Mapping[str, str], where: str, *, prevented: bool) -> Iterable[Reader]:
    """Whom others have let in."""
    if said is not None and not isinstance(said, list):
        yield Reader(UNKNOWN, ACTIONS, (f"members that somebody else let in by the {where}",))
        return
    for entry in said or ():
        member, _, rest = str(entry).partition(" as ")
        role = rest.partition(" (")[0]
        if not (prevented and member in _EVERYBODY):
            path = (f"{role} that somebody else gave in the {where}",)
            yield Reader(_who(member, names), _ROLES.get(role, ACTIONS), path)


# What it has


def has(bucket: Seen) -> dict[str, Any]:
    """What a bucket has of `CAPABILITIES`."""
    properties = bucket.properties
    public = properties.get("public", UNKNOWN)
    return dict.fromkeys(CAPABILITIES, UNKNOWN) | {
        "versioning": _wished(properties.get("versioning")),
        "object_lock": _wished(properties.get("retention")),
        "encryption": True,  # Google encrypts everything, with its own key if not with the lab's
        "own_key": _wished(properties.get("kmsKey")),
        "encrypted_transport": _private(properties.get("store")),
        "public_access_block": not public if isinstance(public, bool) else UNKNOWN,
        # That is a policy of the organisation, which is not in a stack.
        "account_public_access_block": UNKNOWN,
        "access_log": _wished(properties.get("log")),
        "lifecycle": True,
    }


def _wished(value: Any) -> Any:
    return UNKNOWN if value == UNKNOWN else bool(value)


def _private(store: Any) -> Any:
    """Whether what is sent to the service is encrypted: Google's own takes nothing else for what is not public."""
    address = store.get("endpoint") if isinstance(store, Mapping) else UNKNOWN
    if address == UNKNOWN:
        return UNKNOWN
    parts = urlsplit(address or "https://")
    return parts.scheme == "https" or parts.hostname in _LOOPBACK


def lifecycle(bucket: Seen) -> Any:
    """What happens to a bucket's objects by themselves; unknown where that is not known."""
    said = bucket.properties.get("lifecycle")
    if said == UNKNOWN or not isinstance(said, Mapping | None):
        return UNKNOWN
    wishes: Mapping[str, Any] = said or {}
    moves = wishes.get("transitions") or []
    if not isinstance(moves, list) or not all(isinstance(move, Mapping) for move in moves):
        return UNKNOWN
    return {
        "offered": True,
        "abort_days": wishes.get("abortDays") or NONE,
        "noncurrent_days": wishes.get("noncurrentDays") or NONE,
        # Rules that slidebox has not written may delete what it keeps.
        "expire_days": UNKNOWN if wishes.get("others") else wishes.get("expireDays") or NONE,
        "transitions": [
            {"days": move.get("days", UNKNOWN), "storage_class": _CLASSES.get(str(move.get("storageClass")), UNKNOWN)}
            for move in moves
        ],
    }
