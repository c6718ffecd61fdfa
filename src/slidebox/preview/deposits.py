"""Deposits that slidebox makes: what they are, from their own configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from slidebox.access import ACTIONS, ANYONE, UNKNOWN, Reader
from slidebox.facts import CAPABILITIES, NONE
from slidebox.facts.places import is_private
from slidebox.model import StoreKind
from slidebox.preview.declared import Declared
from slidebox.preview.seen import Seen


class DepositReading:
    """Reads the deposits of one kind of repository.

    A draft is private to the account of its token. It counts as open to anyone all the same, as it is there in order
    to be published; only an embargo that is written into it keeps its files closed until its day.

    Parameters
    ----------
    kind
        The kind of store.
    """

    def __init__(self, kind: StoreKind) -> None:
        self.KIND = kind

    def about(self, resource: Seen, declared: Declared, now: dt.date) -> dict[str, Any]:
        """What a deposit is."""
        properties = resource.properties
        store = properties.get("store")
        endpoint = store.get("endpoint") if isinstance(store, Mapping) else UNKNOWN
        return {
            "readers": _readers(properties, now),
            "keys": [],
            "wildcards": [],
            "tags": properties.get("tags", UNKNOWN),
            "has": dict.fromkeys(CAPABILITIES, UNKNOWN)
            | {
                "versioning": True,  # what is published changes only by a new version
                "encrypted_transport": UNKNOWN if endpoint == UNKNOWN else is_private(endpoint),
            },
            "lifecycle": {
                "offered": False,
                "abort_days": NONE,
                "noncurrent_days": NONE,
                "expire_days": NONE,
                "transitions": [],
            },
        }


def _readers(properties: Mapping[str, Any], now: dt.date) -> tuple[Reader, ...]:
    if properties.get("privateLinkDays"):
        return (Reader(ANYONE, ACTIONS[:1], ("whoever has the private link of the draft",)),)
    about = properties.get("about")
    said = about.get("embargo") if isinstance(about, Mapping) else UNKNOWN
    if isinstance(about, Mapping) and about.get("confidential") not in (None, "", UNKNOWN):
        return ()
    if said == UNKNOWN:
        return (Reader(UNKNOWN, ACTIONS[:1], ("a deposit whose embargo is not known",)),)
    try:
        closed = bool(said) and now < dt.date.fromisoformat(str(said))
    except ValueError:
        closed = False
    return () if closed else (Reader(ANYONE, ACTIONS[:1], ("a deposit that is there to be published",)),)


ZENODO = DepositReading(StoreKind.ZENODO)
FIGSHARE = DepositReading(StoreKind.FIGSHARE)
