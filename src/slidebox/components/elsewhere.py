"""The component of each kind of store that is neither a drive, an S3 service nor a cloud, imported when needed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slidebox.components.locations import LocationArgs, StoreUsers
from slidebox.model import Candidate, Lab, Store, StoreKind

_MODULES: Mapping[StoreKind, str] = {
    StoreKind.ARCHIVE: "slidebox.components.archive",
    StoreKind.DVC: "slidebox.components.dvc",
    StoreKind.RCLONE: "slidebox.components.shares",
    StoreKind.GITHUB: "slidebox.components.github",
    StoreKind.ZENODO: "slidebox.components.deposits",
    StoreKind.CLUSTER: "slidebox.components.cluster",
    StoreKind.FIGSHARE: "slidebox.components.deposits",
}
"""Each has ``location(name, place)``, which registers the component of a `Elsewhere` and answers its outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A dataset's location in such a store.

    Attributes
    ----------
    lab
        What is declared.
    root
        The folder of the lab's files.
    candidate
        Which dataset, in which term and store.
    args
        What every location has.
    readers
        Who may read it, as the plan has it: principals such as ``team:imaging``, or ``public``.
    copy
        1 for the first copy.
    users
        The users of the S3 store that it lies in, where it lies in one that has some.
    """

    lab: Lab
    root: Path
    candidate: Candidate
    args: LocationArgs
    readers: tuple[str, ...]
    copy: int
    users: StoreUsers | None = None

    @property
    def store(self) -> Store:
        """The store, as it is declared."""
        return self.lab.file.stores[self.candidate.store]


def is_made(kind: StoreKind) -> bool:
    """Whether slidebox makes locations in stores of a kind by a component of this table."""
    return kind in _MODULES


def elsewhere_location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register everything that a dataset has in such a store.

    Parameters
    ----------
    name
        Name of the component's resources.
    place
        The location.

    Returns
    -------
    Mapping
        What the stack's output ``locations`` says of it, such as ``path`` or ``url``; `slidebox.transfer.doors` finds
        its way in by it.
    """
    found: Mapping[str, Any] = importlib.import_module(_MODULES[place.store.kind]).location(name, place)
    return found
