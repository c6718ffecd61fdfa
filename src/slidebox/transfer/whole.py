"""Places that take or give a dataset only as a whole: its files lie there in bundles, in the order of the bundles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from slidebox.provenance import FileEntry

Opened = Callable[[FileEntry], AbstractContextManager[Iterator[bytes]]]
"""Opens a file to be written, anew each time; what it gives is compared with its checksum."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a place has of a dataset now.

    Attributes
    ----------
    written, skipped
        Paths of the files that were sent, and of those that were there already.
    """

    written: Collection[str]
    skipped: Collection[str]


@runtime_checkable
class TakesWhole(Protocol):
    """A place into which all files of a dataset are written in one go."""

    def write_whole(
        self, files: Sequence[FileEntry], opened: Opened, advance: Callable[[int], None], *, replace: bool
    ) -> Arrived:
        """Write every file and verify it; what arrived in an earlier run is not sent again.

        Parameters
        ----------
        files
            All of them.
        opened
            Opens one.
        advance
            Is told of bytes that are done.
        replace
            Whether files that slidebox did not put there may be taken out.
        """


@runtime_checkable
class GivesWhole(Protocol):
    """A place whose files are read best in the order in which they lie."""

    def each(self, paths: Collection[str]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The wanted files with their bytes; each is to be read before the next one comes."""


@runtime_checkable
class SumsThere(Protocol):
    """A place that works out checksums itself, where the bytes lie."""

    def summed_there(self, entries: Sequence[FileEntry]) -> Mapping[str, str]:
        """SHA-256 of files, by path, worked out of the bytes that are there now; a file without one is to be read."""
