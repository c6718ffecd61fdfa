"""Where a dataset lies, and a put that is about to happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slidebox.provenance import Manifest, encode
from slidebox.transfer.copies import arrived
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Place, Progress, Quiet
from slidebox.transfer.put import Existing, Receipt, put
from slidebox.transfer.source import Reader, scan


@dataclass(frozen=True, slots=True)
class Location:
    """A location that was provisioned.

    Attributes
    ----------
    id
        ``project/level@term@store``.
    copy
        1 for the first copy.
    store
        The store it is in.
    kind
        ``drive`` or ``s3``.
    where
        The folder or the bucket.
    by_hand
        Whether slidebox only plans it.
    details
        All that the stack's output says of it.
    """

    id: str
    copy: int
    store: str
    kind: str
    where: str
    by_hand: bool = False
    details: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"{self.store} ({self.where})"


@dataclass(frozen=True, slots=True)
class Ready:
    """A put that is about to happen.

    Attributes
    ----------
    dataset
        ``project/level``.
    source
        The folder.
    files, bytes
        What is in it.
    principal
        Whose keys are used; empty where no place needs any.
    locations
        Where it goes.
    manifest
        What will be written beside it, but for the files.
    notes
        What a person should know.
    copies
        Places that are not written to: the cloud itself copies into them what is put into another.
    """

    dataset: str
    source: Path
    files: int
    bytes: int
    principal: str
    locations: tuple[Location, ...]
    manifest: Manifest
    notes: tuple[str, ...]
    places: tuple[Place, ...] = field(repr=False)
    journal: Journal = field(repr=False)
    copies: tuple[Place, ...] = field(default=(), repr=False)

    def put(self, existing: Existing = Existing.REFUSE, progress: Progress | None = None) -> Receipt:
        """Do it."""
        told = progress or Quiet()
        receipt = put(self.source, self.places, self.manifest, existing=existing, journal=self.journal, progress=told)
        reader, published = Reader(self.journal), encode(receipt.manifest)
        seen = [arrived(copy, map(reader.content, scan(self.source)), published) for copy in self.copies]
        for sentence in seen:
            told.note(sentence)
        return replace(receipt, notes=(*receipt.notes, *seen))
