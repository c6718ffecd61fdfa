"""The record of a project: what was put, moved and retired, as one chain in which nothing can change unseen.

Each entry is one line of JSON and has the SHA-256 of the line before it. So an entry that is changed, taken out or put
between others shows at the first line that does not follow from the one before (RFC 8785 has the idea of one way to
write a JSON document; here it is sorted keys without spaces).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

FIRST = "0" * 64
"""What the first entry has for the line before it."""


class Act(StrEnum):
    """What an entry says was done."""

    PUT = "put"
    """A folder was put into places."""
    MOVE = "move"
    """A dataset was copied from one place into another, and verified there."""
    RETIRE = "retire"
    """A copy was set aside: it can be brought back until a day."""
    RESTORE = "restore"
    """A copy that was set aside was brought back."""
    PURGE = "purge"
    """A copy that was set aside was deleted for good."""
    STREAM = "stream"
    """Public data were read piece by piece, worked on, and deleted."""
    PUBLISH = "publish"
    """A deposit was made public, on somebody's word."""
    VISIT = "visit"
    """Everything in a place was read back and compared."""
    CONFIRM = "confirm"
    """Somebody who answers for the data said that a reader is to stay."""
    REVOKE = "revoke"
    """Somebody who answers for the data said that a reader is to go."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where a copy of a dataset lies, with all that it takes to find it again.

    Attributes
    ----------
    id
        The location: ``project/level@term@store``.
    store, kind
        The store and its kind.
    where
        The folder or the bucket.
    """

    id: str
    store: str
    kind: str
    where: str

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"{self.store} ({self.where})"

    @property
    def key(self) -> tuple[str, str]:
        """What makes it this place, whichever term it is for."""
        return self.store, self.where


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a record.

    Attributes
    ----------
    act
        What was done.
    dataset
        ``project/level``.
    spots
        The places that it was done to.
    source
        Where it was read from: a folder, or a place's name; empty where nothing was.
    files, bytes
        How much.
    manifest
        SHA-256 of the manifest, which fixes every byte.
    aside
        act retire, restore, purge, stream: the name of what lists it in ``record/tombstones``, and of where it was
        set aside.
    until
        act retire: the last day on which it can be brought back.
    note
        What else a person should know.
    version
        Of slidebox.
    number
        Which entry it is, from 1.
    previous
        SHA-256 of the line before.
    """

    act: Act
    dataset: str
    spots: tuple[Spot, ...]
    files: int
    bytes: int
    manifest: str
    at: str = ""
    by: str = ""
    source: str = ""
    aside: str = ""
    until: str = ""
    note: str = ""
    version: str = ""
    number: int = 0
    previous: str = FIRST

    def line(self) -> str:
        """The entry as it is written, without the end of its line."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a record is not what was written.

    Attributes
    ----------
    line
        From 1.
    why
        What is wrong with it.
    """

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record that was read.

    Attributes
    ----------
    entries
        Those up to the first that does not hold.
    broken
        The first fault; None where the whole chain holds.
    head
        SHA-256 of the last entry's line.
    """

    entries: tuple[Entry, ...] = ()
    broken: Broken | None = None
    head: str = FIRST

    def next(self, entry: Entry) -> Entry:
        """An entry as the one that follows."""
        return replace(entry, number=len(self.entries) + 1, previous=self.head)


def hashed(line: str) -> str:
    """SHA-256 of a line, which the next entry has."""
    return hashlib.sha256(line.encode("utf-8")).hexdigest()


def read_record(lines: Iterable[str], known: tuple[int, str] | None = None) -> Record:
    """Read a record and follow its chain.

    Parameters
    ----------
    lines
        Its lines, without their ends.
    known
        The number of an entry that somebody has seen, and the SHA-256 of its line: the end of a chain can be cut
        off without breaking it, and only who remembers the end notices.

    Returns
    -------
    Record
        The entries that hold, and the first fault.
    """
    entries: list[Entry] = []
    head = FIRST
    for number, line in enumerate(lines, 1):
        try:
            entry = _entry(json.loads(line))
        except (ValueError, TypeError, KeyError):
            return Record(tuple(entries), Broken(number, "it is no entry"), head)
        if entry.line() != line:
            return Record(tuple(entries), Broken(number, "it is not written as slidebox writes it"), head)
        if entry.number != number or entry.previous != head:
            why = "it does not follow from the line before: one of the two was changed, taken out or put in"
            return Record(tuple(entries), Broken(number, why), head)
        entries.append(entry)
        head = hashed(line)
        if known and known[0] == number and known[1] != head:
            why = "it is another one than this machine has written"
            return Record(tuple(entries[:-1]), Broken(number, why), entry.previous)
    if known and known[0] > len(entries):
        why = f"the record ends here, and this machine has written {known[0]} entries"
        return Record(tuple(entries), Broken(len(entries) + 1, why), head)
    return Record(tuple(entries), None, head)


def _entry(value: Mapping[str, Any]) -> Entry:
    spots = tuple(Spot(**spot) for spot in value["spots"])
    return Entry(**{**value, "act": Act(value["act"]), "spots": spots})


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy of which the record knows.

    Attributes
    ----------
    spot
        Where.
    entry
        The entry that says so last.
    """

    spot: Spot
    entry: Entry


def kept(entries: Sequence[Entry], dataset: str) -> tuple[Kept, ...]:
    """Where a dataset lies by the record: what was put, moved or restored there and not retired since."""
    found: dict[tuple[str, str], Kept] = {}
    for entry in entries:
        if entry.dataset != dataset:
            continue
        for spot in entry.spots:
            if entry.act in {Act.PUT, Act.MOVE, Act.RESTORE}:
                found[spot.key] = Kept(spot, entry)
            elif entry.act is Act.RETIRE:
                found.pop(spot.key, None)
    return tuple(found.values())


def set_aside(entries: Sequence[Entry], dataset: str = "") -> tuple[Kept, ...]:
    """What was set aside and is neither brought back nor purged; of one dataset, or of all."""
    found: dict[str, Kept] = {}
    for entry in entries:
        if dataset and entry.dataset != dataset:
            continue
        if entry.act is Act.RETIRE:
            found[entry.aside] = Kept(entry.spots[0], entry)
        elif entry.act in {Act.RESTORE, Act.PURGE}:
            found.pop(entry.aside, None)
    return tuple(found.values())
