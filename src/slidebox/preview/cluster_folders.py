"""Folders on clusters: what they are, from their own configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access import ACTIONS, UNKNOWN, Reader, account
from slidebox.access.posix import mode_readers
from slidebox.cluster import parse_entry
from slidebox.facts import CAPABILITIES, NONE
from slidebox.model import StoreKind
from slidebox.preview.declared import Declared
from slidebox.preview.seen import Seen

KIND = StoreKind.CLUSTER


def about(resource: Seen, declared: Declared, now: dt.date) -> dict[str, Any]:  # noqa: ARG001 - the protocol's
    """What a folder is; it has what its store is declared to have, and lives as long as its file system lets it."""
    properties = resource.properties
    said = declared.entry("stores", _store_of(resource)).get("has")
    return {
        "readers": list(readers(resource, declared)),
        "keys": [],  # accounts of the campus: nothing here makes a key, or knows of one
        "wildcards": [],
        "tags": properties.get("tags", UNKNOWN),
        "has": {name: said.get(name, UNKNOWN) if isinstance(said, Mapping) else UNKNOWN for name in CAPABILITIES},
        "lifecycle": lifecycle(properties),
    }


def _store_of(resource: Seen) -> str:
    store = resource.properties.get("store")
    return str(store.get("name", UNKNOWN)) if isinstance(store, Mapping) else UNKNOWN


def readers(resource: Seen, declared: Declared) -> Iterable[Reader]:
    """Who gets in by the group, by everybody's bits, and by name."""
    properties = resource.properties
    group = properties.get("group")
    # A POSIX group is known by its members only where the lab has a team of its name.
    team = (f"team:{group}",) if declared.has_team(group) else ()
    yield from mode_readers(properties.get("mode"), str(group or ""), team)
    entries = properties.get("acl") or []
    if not isinstance(entries, list):
        yield Reader(UNKNOWN, ACTIONS, ("its access control list is not known",))
        return
    sticky = str(properties.get("mode")).zfill(4)[0] in "1357"
    names = properties.get("identities")
    for entry in entries:
        parsed = parse_entry(str(entry))
        if parsed is None:
            yield Reader(UNKNOWN, ACTIONS, (f"access control list: {entry!r}",))
            continue
        kind, name, bits = parsed
        stands_for = _principal(f"{kind}:{name}", names if isinstance(names, Mapping) else {}, declared)
        if actions := _actions(bits, sticky=sticky):
            yield Reader(stands_for, actions, (f"access control list: {entry}",))


def _principal(key: str, names: Mapping[str, Any], declared: Declared) -> str:
    """Whom of the lab an account or group stands for; an account of somebody else's where nothing says."""
    said = str(names.get(key, ""))
    kind, _, name = said.partition(":")
    tops = {"person": "people", "team": "teams", "service": "services"}
    return said if kind in tops and declared.entry(tops[kind], name) else account(key)


def _actions(bits: str, *, sticky: bool) -> tuple[str, ...]:
    """What the letters of an entry allow in a folder, as of a mode's bits (`slidebox.access.posix`)."""
    reads = ("read",) if bits[0] == "r" or bits[2] == "x" else ()
    writes = (("write",) if sticky else ("write", "delete")) if bits[1:] == "wx" else ()
    return tuple(action for action in ACTIONS if action in (*reads, *writes))


def lifecycle(properties: Mapping[str, Any]) -> Any:
    """What the file system does to data by itself; unknown where that is not known."""
    days = properties.get("purgeDays")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
        return UNKNOWN
    return {
        "offered": days is not None,
        "abort_days": NONE,
        "noncurrent_days": NONE,
        "expire_days": NONE if days is None else days,
        "transitions": [],
    }
