"""Folders of an archive that slidebox makes: what they are, from their own configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from slidebox.access import ACTIONS, ANYONE, UNKNOWN, Reader
from slidebox.facts import CAPABILITIES
from slidebox.model import StoreKind
from slidebox.preview.declared import Declared
from slidebox.preview.seen import Seen

KIND = StoreKind.ARCHIVE
TOKEN = "slidebox:archive:Folder"  # noqa: S105 - a type's name


def about(resource: Seen, declared: Declared, now: dt.date) -> dict[str, Any]:  # noqa: ARG001 - as every reading
    """What a folder is.

    Only the account reads it. It counts as open to anyone all the same, as it is there in order to be published; but a
    submission of it opens only on its day of release.
    """
    store = resource.properties.get("store")
    endpoint = store.get("endpoint") if isinstance(store, Mapping) else UNKNOWN
    return {
        "readers": _readers(resource.properties.get("release", ""), now),
        "keys": [],
        "wildcards": [],
        "tags": resource.properties.get("tags", UNKNOWN),
        "has": dict.fromkeys(CAPABILITIES, UNKNOWN)
        | {"versioning": True, "encrypted_transport": _is_private(endpoint)},
        # How long files wait in the account's space for their submission is the archive's own matter.
        "lifecycle": dict.fromkeys(("offered", "abort_days", "noncurrent_days", "expire_days"), UNKNOWN)
        | {"transitions": []},
    }


def _readers(release: Any, now: dt.date) -> tuple[Reader, ...]:
    if release == UNKNOWN:
        return (Reader(UNKNOWN, ACTIONS[:1], ("a folder whose day of release is not known",)),)
    try:
        closed = bool(release) and now < dt.date.fromisoformat(str(release))
    except ValueError:
        closed = False
    return () if closed else (Reader(ANYONE, ACTIONS[:1], ("a folder that is there to be published",)),)


def _is_private(endpoint: Any) -> bool | str:
    if not isinstance(endpoint, str) or endpoint == UNKNOWN:
        return UNKNOWN
    parts = urlsplit(endpoint)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")
