"""What stores really are now, as a snapshot.

A module for each kind of store: it asks one store, changes nothing, and returns its part of the sections. What could
not be read is `slidebox.access.snapshot.unread`, with the reason, and the rest goes on.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

from slidebox.access.snapshot import Snapshot, unread
from slidebox.errors import SlideboxError
from slidebox.home import Home
from slidebox.model import Lab, StoreKind

_STORES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What a collector is asked for.

    Attributes
    ----------
    lab
        What is declared.
    home
        The lab's `.slidebox/`.
    store
        The store's name.
    fully
        Whether everything that the rules need is asked for, or only what decides who has access.
    a_second
        How many calls a second are made at most.
    """

    lab: Lab
    home: Home
    store: str
    fully: bool = False
    a_second: float = 100.0


Sections: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Parts of a snapshot's sections."""

Collector: TypeAlias = Callable[[Asked], Sections]
"""Asks one store. Raises SlideboxError only where nothing at all could be asked."""

COLLECTORS: Mapping[StoreKind, str] = {
    StoreKind.ARCHIVE: "archive",
    StoreKind.AWS: "aws",
    StoreKind.AZURE: "azure",
    StoreKind.CLUSTER: "clusters",
    StoreKind.DRIVE: "drives",
    StoreKind.FIGSHARE: "deposits",
    StoreKind.GCS: "google",
    StoreKind.GITHUB: "repositories",
    StoreKind.RCLONE: "shares",
    StoreKind.S3: "gateways",
    StoreKind.ZENODO: "deposits",
}
"""The module of this package whose `collect` asks a store, by the store's kind; imported when it is needed."""


def take(asked: Iterable[Asked], taken: str) -> Snapshot:
    """Ask stores side by side.

    Parameters
    ----------
    asked
        The stores to ask.
    taken
        When this is, in ISO 8601 and UTC.
    """
    listed = list(asked)
    by_hand = [one.store for one in listed if _kind(one) is StoreKind.BY_HAND]
    with ThreadPoolExecutor(_STORES_AT_ONCE) as pool:
        answers = list(pool.map(_ask, (one for one in listed if one.store not in by_hand)))
    sections: dict[str, dict[str, Any]] = {}
    for answer in answers:
        for name, part in answer.items():
            _merge(sections.setdefault(name, {}), part)
    notes = (f"Kept by hand, and not looked at: {', '.join(by_hand)}.",) if by_hand else ()
    return Snapshot("live", taken, listed[0].lab.file.lab if listed else "", sections, notes)


def _kind(asked: Asked) -> StoreKind:
    return asked.lab.file.stores[asked.lab.carrier(asked.store)].kind


def _ask(asked: Asked) -> Sections:
    kind = _kind(asked)
    if kind not in COLLECTORS:
        return _nothing_read(asked, f"nothing here reads who has access to a store of kind '{kind}'")
    collect: Collector = importlib.import_module(f"{__name__}.{COLLECTORS[kind]}").collect
    try:
        return collect(asked)
    except SlideboxError as error:
        return _nothing_read(asked, str(error))


def _nothing_read(asked: Asked, why: str) -> Sections:
    """A store of which nothing is known."""
    return {"places": {"unread": {asked.store: unread(why)}}}


def _merge(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Add a part of a section to it: objects are joined, anything else takes the place of what was there."""
    for name, value in part.items():
        before = whole.get(name)
        if isinstance(before, dict) and isinstance(value, Mapping):
            _merge(before, value)
        else:
            whole[name] = dict(value) if isinstance(value, Mapping) else value
