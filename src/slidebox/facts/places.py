"""Stores and systems as facts: what a place has, and what happens there by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from slidebox.access import UNKNOWN
from slidebox.clouds import transitions
from slidebox.facts.declarations import NONE
from slidebox.model import CLOUDS, DEPOSITS, Candidate, Lab, Level, Origin, Store, StoreKind, System
from slidebox.systems import StorageClass, Systems

CAPABILITIES = (
    "versioning",
    "object_lock",
    "encryption",
    "own_key",
    "encrypted_transport",
    "public_access_block",
    "account_public_access_block",
    "access_log",
    "lifecycle",
)
"""What a place can have, for data that need it."""

Has = dict[str, bool | str]
"""Each of `CAPABILITIES`: true, false, or ``unknown``."""

ABORT_DAYS = 7
"""An upload that nobody has finished for a week is not going on any more, and is paid for."""

NONCURRENT_DAYS = 90
"""After a season an earlier version of data that can be made again is only paid for."""

_OWN_DRIVES = (System.INTERNAL_DRIVE, System.EXTERNAL_DRIVE)
_OWN = (*_OWN_DRIVES, System.LOCAL_CLUSTER)
_AMAZON = (".amazonaws.com", ".amazonaws.com.cn")
_AMOUNTS = ("max_bytes", "min_bytes", "max_total_bytes", "max_files", "max_file_bytes")


def store_facts(lab: Lab, systems: Systems, name: str) -> dict[str, Any]:
    """The facts about a store."""
    store, carrier = lab.file.stores[name], lab.file.stores[lab.carrier(name)]
    below = _below(lab, carrier)
    capacity = store.capacity or below.capacity
    most = systems.limits(store.system).max_total_bytes
    return {
        "system": store.system.value,
        "kind": store.kind.value,
        "failure_domain": lab.failure_domain(name),
        "site": lab.site(name),
        "capacity": capacity.bytes if capacity else (NONE if most is None else most),
        "region": _region(lab, below),
        "group": store.group or below.group or NONE,
        "over": store.over or NONE,
        "data_use_agreement": store.data_use_agreement or carrier.data_use_agreement,
        "roles": carrier.kind in CLOUDS or is_amazon(carrier),
        "life_ends": below.life_ends.isoformat() if below.life_ends else NONE,
        "has": has(lab, systems, name),
    }


def system_facts(systems: Systems, system: System) -> dict[str, Any]:
    """The facts about a row of Table 1."""
    limits = systems.limits(system)
    return {
        "access": limits.access,
        "speed": limits.speed,
        "versioned": limits.versioned,
        "shared": limits.shared,
        "licence": limits.licence or NONE,
        **{name: NONE if getattr(limits, name) is None else getattr(limits, name) for name in _AMOUNTS},
        "classes": {name: _class(about) for name, about in systems.classes(system).items()},
    }


def _class(about: StorageClass) -> dict[str, Any]:
    found = asdict(about)
    tiered = found.pop("tiered")
    return found | {"tiered": {**tiered, "falls": list(tiered["falls"])} if tiered else NONE}


def has(lab: Lab, systems: Systems, store_name: str) -> Has:
    """What a store has of `CAPABILITIES`, as far as it can be said without asking it.

    An S3 endpoint is asked when a preview comes to it. A remote of DVC has what the store has in which it lies.
    """
    store = lab.file.stores[lab.carrier(store_name)]
    if store.system is System.DELETION:
        # Nothing is there that could be read, changed or lost.
        return dict.fromkeys(CAPABILITIES, True)
    if store.kind in (StoreKind.DRIVE, StoreKind.CLUSTER):
        # Data travel to a cluster by SSH alone; how its own computers mount the folder is the campus's matter.
        return _of_drive(store)
    if store.kind in {StoreKind.BY_HAND, StoreKind.ARCHIVE, StoreKind.RCLONE, *DEPOSITS}:
        clear = store.kind in DEPOSITS and not is_private(store.endpoint)
        return _by_itself(systems, store) | ({"encrypted_transport": False} if clear else {})
    if store.kind in (*CLOUDS, StoreKind.GITHUB):
        return _of_github() if store.kind is StoreKind.GITHUB else _of_cloud(store)
    if store.over:
        return _of_gateway(store.encrypted if store.encrypted is not None else _below(lab, store).encrypted)
    return _of_endpoint(store)


def is_private(endpoint: str | None) -> bool:
    """Whether nobody on the way to a service can read what is sent: its own address, https, or this machine."""
    parts = urlsplit(endpoint or "https://")
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")


def is_amazon(store: Store) -> bool:
    """Whether a store is Amazon's own S3: it has everything, and roles in place of keys."""
    host = urlsplit(store.endpoint or "").hostname or ""
    return store.kind is StoreKind.S3 and host.endswith(_AMAZON)


def lifecycle(lab: Lab, systems: Systems, candidate: Candidate, dataset: Mapping[str, Any] | None) -> dict[str, Any]:
    """What happens to a dataset's bytes in a store by themselves: what slidebox will set, where it sets it.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    candidate
        The dataset in the store.
    dataset
        The dataset's own facts; None if it is not declared.
    """
    store = lab.file.stores[lab.carrier(candidate.store)]
    if store.system is System.DELETION:
        return _lifecycle(True, 0, 0, 0)
    if store.purge_after:
        return _lifecycle(True, NONE, NONE, store.purge_after.days)
    if store.kind in (StoreKind.BY_HAND, StoreKind.ARCHIVE):
        return _lifecycle(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    by_nobody = {StoreKind.DRIVE, StoreKind.CLUSTER, StoreKind.RCLONE, StoreKind.GITHUB, *DEPOSITS}
    if store.kind in by_nobody or store.over:
        return _lifecycle(False, NONE, NONE, NONE)
    kept = dataset is None or _keeps_versions(lab, dataset)
    expires = dataset["scratch_days"] if dataset else NONE
    noncurrent = NONE if kept else NONCURRENT_DAYS
    if store.kind in CLOUDS:
        found = _lifecycle(True, ABORT_DAYS, noncurrent, expires)
        return found | {"transitions": _moves(lab, systems, candidate, dataset, expires) if dataset else []}
    return _lifecycle(True if is_amazon(store) else UNKNOWN, ABORT_DAYS, noncurrent, expires)


def _moves(
    lab: Lab, systems: Systems, candidate: Candidate, dataset: Mapping[str, Any], expires: int | str
) -> list[dict[str, Any]]:
    """The move to the term's class, where it pays."""
    system = System.CLOUD
    length = systems.term_length(candidate.term)
    declared = lab.projects[dataset["project"]].datasets[Level(dataset["level"])]
    kind = lab.file.stores[lab.carrier(candidate.store)].kind
    stays = [length.days] if length else []
    stays += [expires] if isinstance(expires, int) else []
    moves = transitions(
        dataset["files"],
        dataset["bytes"],
        systems.class_of(system, declared, candidate.term, kind),
        systems.classes(system),
        stay_days=min(stays, default=None),
    )
    return [asdict(move) for move in moves]


def _lifecycle(offered: bool | str, abort: int | str, noncurrent: int | str, expire: int | str) -> dict[str, Any]:
    return {
        "offered": offered,
        "abort_days": abort,
        "noncurrent_days": noncurrent,
        "expire_days": expire,
        "transitions": [],
    }


def _keeps_versions(lab: Lab, dataset: Mapping[str, Any]) -> bool:
    """Whether earlier versions stay: of raw images for which a hold or any clock of retention is declared."""
    if dataset["level"] != Level.RAW_IMAGES:
        return False
    agreement = lab.file.agreements.get(dataset["agreement"])
    project = lab.projects[dataset["project"]]
    clocks = [dataset["retention_days"] != NONE, agreement is not None and agreement.retention is not None]
    if dataset["origin"] != Origin.PUBLIC:
        clocks += [bool(project.grant), lab.file.retention is not None]
    return dataset["hold"] != NONE or any(clocks)


def _below(lab: Lab, store: Store) -> Store:
    """The drive under an embedded gateway; any other store itself."""
    return lab.file.stores[store.over] if store.over else store


def _region(lab: Lab, store: Store) -> str:
    """Where a store is: as declared, else with the lab if it is the lab's own; nothing says where a service is."""
    if "region" in store.model_fields_set or store.system is System.CLOUD:
        return store.region
    return lab.file.region or NONE if store.system in _OWN else NONE


def _of_cloud(store: Store) -> Has:
    """What slidebox sets up in a cloud, wherever data need it."""
    found: Has = dict.fromkeys(CAPABILITIES, True)
    if store.kind is StoreKind.GCS:
        # Each bucket's own prevention is enforced; whether the organisation enforces it for the project is its own.
        found |= {"account_public_access_block": UNKNOWN}
    if store.kind is StoreKind.AZURE:
        found |= {"own_key": store.key is not None}
    return found


def _of_drive(store: Store) -> Has:
    encrypted = _known(store.encrypted)
    return {
        "versioning": False,
        "object_lock": False,
        "encryption": encrypted,
        "own_key": encrypted,
        "encrypted_transport": True,
        # A folder has no public address that would have to be blocked.
        "public_access_block": True,
        "account_public_access_block": True,
        "access_log": False,
        "lifecycle": False,
    }


def _of_gateway(encrypted: bool | None) -> Has:
    """What the embedded gateway has over a disk; it stores no other setting and enforces none (versitygw 1.8)."""
    return {
        "versioning": True,
        "object_lock": True,
        "encryption": bool(encrypted),
        "own_key": bool(encrypted),
        # It listens on its machine's own loopback, and nowhere else.
        "encrypted_transport": True,
        "public_access_block": False,
        "account_public_access_block": False,
        "access_log": False,
        "lifecycle": False,
    }


def _of_github() -> Has:
    """What a repository has: every version, and a branch that only the organisation's owners can open again."""
    found: Has = dict.fromkeys(CAPABILITIES, False)
    found |= {"versioning": True, "encryption": True, "encrypted_transport": True, "public_access_block": True}
    return found | {"account_public_access_block": UNKNOWN}


def _of_endpoint(store: Store) -> Has:
    found: Has = dict.fromkeys(CAPABILITIES, UNKNOWN)
    if is_amazon(store):
        whole = ("versioning", "object_lock", "encryption", "public_access_block", "lifecycle")
        found |= dict.fromkeys(whole, True)
    else:
        found["encryption"] = _known(store.encrypted)
    return found | {"encrypted_transport": (store.endpoint or "").startswith("https://")}


def _by_itself(systems: Systems, store: Store) -> Has:
    """What a system has by itself, of which slidebox sets nothing."""
    limits = systems.limits(store.system)
    found: Has = dict.fromkeys(CAPABILITIES, UNKNOWN)
    found |= {"versioning": limits.versioned, "encryption": _known(store.encrypted)}
    if limits.access == "private":
        found["public_access_block"] = True
    if store.encrypted and store.system in _OWN:
        found["own_key"] = True
    # How a cluster is mounted is the campus's own matter; the services of Table 1 speak HTTPS only.
    if store.system is not System.LOCAL_CLUSTER:
        found["encrypted_transport"] = True
    if store.kind is StoreKind.RCLONE:
        # A preview asks besides whether the remote is that service at all.
        found |= {"object_lock": False, "lifecycle": False}
    return found


def _known(value: bool | None) -> bool | str:
    return UNKNOWN if value is None else value
