"""What a store of any kind answers about what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from slidebox.adoption.existing import Content, Existing

Counted = Callable[[int, int], None]
"""Is told, while something is counted, how many files and bytes there are so far."""


def counted_up(pages: Iterable[Iterable[int]], counted: Counted) -> Content:
    """How much there is, from the sizes of its files in bytes, page by page."""
    files = size = largest = 0
    for page in pages:
        for bytes_ in page:
            files, size, largest = files + 1, size + bytes_, max(largest, bytes_)
        counted(files, size)
    return Content(size, files, largest)


class Reader(Protocol):
    """Reads one store. Nothing is changed; credentials come from the store's own default chain.

    Every method raises `slidebox.errors.InputError` where something is not there or may not be looked at, and
    `slidebox.errors.UnreadableError` where the store does not answer.
    """

    def names(self) -> tuple[str, ...]:
        """The buckets, containers or folders that it has, sorted."""

    def existing(self, name: str) -> Existing:
        """One of them, as it is, without its content."""

    def content(self, name: str, counted: Counted) -> Content:
        """How much there is in it, counted object by object."""
