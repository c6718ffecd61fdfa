"""Places of other stores than drives, S3 services and clouds: which module reads the resources of which type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

from slidebox.access import ACTIONS, UNKNOWN, Reader
from slidebox.model import StoreKind
from slidebox.preview import archive, cluster_folders, deposits, github, shares
from slidebox.preview.declared import Declared
from slidebox.preview.seen import CLUSTER_FOLDER, GITHUB_REPOSITORY, SHARE, Seen


class Reading(Protocol):
    """What a module that reads resources of one type has."""

    KIND: StoreKind
    """The kind of store in which such a place is."""

    def about(self, resource: Seen, declared: Declared, now: dt.date) -> dict[str, Any]:
        """What a place is, from its own configuration.

        ``readers`` (each a `Reader`), ``keys``, ``wildcards``, ``tags``, ``has`` and ``lifecycle``, as in the facts
        document (schemas/facts.schema.json); what is not known is ``"unknown"``.
        """


READINGS: Mapping[str, Reading] = {
    archive.TOKEN: archive,
    CLUSTER_FOLDER: cluster_folders,
    GITHUB_REPOSITORY: github,
    SHARE: shares,
    "slidebox:zenodo:Deposit": deposits.ZENODO,
    "slidebox:figshare:Deposit": deposits.FIGSHARE,
}
"""The module by the type token of the resources that it reads."""


def store_of(resource: Seen) -> str:
    """The store that a resource names."""
    store = resource.properties.get("store")
    name = store.get("name") if isinstance(store, Mapping) else store
    return name if isinstance(name, str) else UNKNOWN


def nobody_knows(why: str) -> Reader:
    """A reader for what cannot be read: anybody, for all that is known."""
    return Reader(UNKNOWN, ACTIONS, (why,))
