"""What a place has under a file's name, where nothing but its bytes can tell and a journal remembers those it read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from slidebox.provenance import FileEntry
from slidebox.transfer.journal import Journal, Stamp
from slidebox.transfer.places import Held, sha256_of


class Readable(Protocol):
    """Whatever gives the bytes of files."""

    def read(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file, in chunks."""


def sha256_in(place: Readable, path: str) -> str:
    """The SHA-256 of a file that is read back from a place, in hexadecimal digits."""
    with place.read(path) as chunks:
        return sha256_of(chunks)


def compared(
    journal: Journal,
    place: str,
    entry: FileEntry,
    size: int,
    state: Callable[[], Stamp],
    look: Callable[[], tuple[str, Stamp]],
    *,
    reread: bool = False,
) -> Held:
    """What lies under the name of a file: by the journal while it is as it was left, else by its bytes.

    Parameters
    ----------
    journal
        What was verified before, and in which state it was left.
    place
        What the journal calls the place.
    entry
        The file as it should be.
    size
        Its bytes there.
    state
        Answers with its state now; asked only where the journal knows the file.
    look
        Reads it back: its SHA-256, and the state that this was in.
    reread
        Read it back whatever the journal says.
    """
    known = journal.stored(place, entry.path)
    ours = known is not None and known[0] == state()
    if known is not None and ours and not reread:
        return Held.SAME if known[1] == entry.sha256 else Held.OTHER
    if size == entry.size:
        sha256, stamp = look()
        if sha256 == entry.sha256:
            journal.note_stored(place, entry.path, stamp, entry.sha256)
            return Held.SAME
    return Held.OTHER if ours else Held.FOREIGN
