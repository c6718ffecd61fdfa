"""Folders in file services that slidebox makes through rclone: what they are, from their own configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access import ACTIONS, UNKNOWN, Reader, merged
from slidebox.access.shared import sharing_readers
from slidebox.facts import CAPABILITIES, NONE
from slidebox.model import StoreKind
from slidebox.preview.declared import Declared
from slidebox.preview.seen import Seen
from slidebox.shares import services

KIND = StoreKind.RCLONE


def about(resource: Seen, declared: Declared, now: dt.date) -> dict[str, Any]:  # noqa: ARG001 - the table's signature
    """What such a folder is."""
    properties = resource.properties
    store = declared.entry("stores", properties.get("store"))
    names = declared.identities()
    return {
        "readers": _readers(properties, names),
        "keys": [],
        "wildcards": [],
        "tags": properties.get("tags", UNKNOWN),
        "has": _has(properties, store),
        "lifecycle": {
            "offered": False,
            "abort_days": NONE,
            "noncurrent_days": NONE,
            "expire_days": NONE,
            "transitions": [],
        },
    }


def _readers(properties: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Reader, ...]:
    """Whom the service has let in already, and who is to be let in."""
    folder = f"{properties.get('remote')}:{properties.get('path')}"
    return merged(
        [*_to_be_shared(properties.get("shares"), folder), *sharing_readers(properties.get("sharing"), names, folder)]
    )


def _to_be_shared(shares: Any, folder: str) -> Iterable[Reader]:
    where = f"{folder} is to be shared with them"
    if not isinstance(shares, list) or not all(isinstance(share, Mapping) for share in shares):
        if shares is not None:
            yield Reader(UNKNOWN, ACTIONS, (where,))
        return
    for share in shares:
        actions = ("read",) if share.get("may") == "view" else ACTIONS
        yield Reader(str(share.get("principal") or UNKNOWN), actions, (where,))


def _has(properties: Mapping[str, Any], store: Mapping[str, Any]) -> dict[str, Any]:
    """What the service has, if the remote is that service: nothing is known of another one."""
    service = services().get(str(properties.get("backend")))
    said = store.get("has")
    if not isinstance(said, Mapping) or service is None or service.system != store.get("system"):
        return dict.fromkeys(CAPABILITIES, UNKNOWN)
    return {name: said.get(name, UNKNOWN) for name in CAPABILITIES}
