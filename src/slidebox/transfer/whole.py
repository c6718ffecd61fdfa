"""Places that take or give files together: all of a dataset, in bundles and in their order; or many small ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from slidebox.provenance import FileEntry
from slidebox.transfer.places import MEBIBYTE, Content, Place

_MOST_TOGETHER = 100
_MOST_BYTES_TOGETHER = 2 * MEBIBYTE
"""What each worker holds in memory of files that are written together."""

_T = TypeVar("_T")

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


@runtime_checkable
class TakesMany(Protocol):
    """A place that takes many small files in one go in less time than one after the other."""

    @property
    def small(self) -> int:
        """Up to so many bytes a file is a small one; none is where -1."""

    def write_many(self, files: Sequence[tuple[Content, bytes]]) -> None:
        """Write files and verify each, as `Place.write` does; those before one that fails may have arrived."""


def together(files: Iterable[_T], size: Callable[[_T], int], places: Sequence[Place]) -> Iterator[tuple[_T, ...]]:
    """Files in the order in which they come, small ones together where a place takes many at once.

    Parameters
    ----------
    files
        The files.
    size
        Bytes of one.
    places
        Where they go.
    """
    small = max((place.small for place in places if isinstance(place, TakesMany)), default=-1)
    held: list[_T] = []
    held_bytes = 0
    for file in files:
        count = size(file)
        if count > small:
            yield (file,)
            continue
        if held and (len(held) >= _MOST_TOGETHER or held_bytes + count > _MOST_BYTES_TOGETHER):
            yield tuple(held)
            held, held_bytes = [], 0
        held.append(file)
        held_bytes += count
    if held:
        yield tuple(held)
