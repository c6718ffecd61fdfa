"""What a place that holds a dataset can do, and the words that put and get share."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from slidebox.errors import IntegrityError
from slidebox.provenance import CRATE_FILE, FileEntry, media_type

MEBIBYTE = 2**20

# An S3 upload has at most 10,000 parts of at least 5 MiB (Amazon S3 User Guide, "Multipart upload limits").
SMALLEST_PART = 8 * MEBIBYTE
MOST_PARTS = 9_000


def part_size(size: int) -> int:
    """Bytes of each part in which a file of so many bytes is read, checked and sent; always the same for one size."""
    needed = -(-size // MOST_PARTS)
    return max(SMALLEST_PART, -(-needed // MEBIBYTE) * MEBIBYTE)


class Held(StrEnum):
    """What a place has under the name of a file."""

    NOTHING = "nothing"
    SAME = "same"
    """The same bytes, verified."""
    OTHER = "other"
    """Other bytes, which slidebox itself wrote there."""
    FOREIGN = "foreign"
    """Other bytes, and nothing says that slidebox wrote them."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, by their checksums.

    Attributes
    ----------
    entry
        Path, size and SHA-256 of the whole.
    parts
        SHA-256 of each part of `part_size` bytes; empty where they are not known.
    """

    entry: FileEntry
    parts: tuple[bytes, ...] = ()


class Progress(Protocol):
    """Who is told how far a transfer is; called from one thread at a time."""

    def start(self, title: str, total: int) -> None:
        """A transfer of so many bytes begins."""

    def advance(self, count: int) -> None:
        """So many more bytes are done."""

    def finished(self, path: str, place: str, written: bool) -> None:
        """A file is in a place and verified; it was written now, or it was there."""

    def note(self, sentence: str) -> None:
        """Something that a person should know, and that stops nothing."""


class Quiet:
    """A progress that tells nobody."""

    def start(self, title: str, total: int) -> None:
        """Say nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""

    def finished(self, path: str, place: str, written: bool) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        """Say nothing."""


class Place(Protocol):
    """A location that holds one dataset: a folder or a bucket.

    Every failure of the outside world is raised as a `SlideboxError` with one sentence. `name` is what a person calls
    the place, `key` what the journal does.
    """

    @property
    def name(self) -> str:
        """What to call the place in a sentence."""

    @property
    def key(self) -> str:
        """A stable id."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold the place for writing: what an earlier, killed run left half-written is cleaned at both ends."""

    def check(self) -> None:
        """Insist that the place is there and can be read.

        Raises
        ------
        UnreadableError
            If it is not.
        """

    def free(self) -> int | None:
        """Bytes that can still be written; None where nobody knows."""

    def manifest(self) -> bytes | None:
        """The bytes of `ro-crate-metadata.json`, or None where there is none yet."""

    def size(self, path: str) -> int | None:
        """Bytes of a file, or None where there is none."""

    def holds(self, content: Content) -> Held:
        """What the place has under the name of a file."""

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Write a file and verify it; what stood under its name is replaced at once, or not at all.

        Parameters
        ----------
        content
            What it has to be.
        chunks
            Its bytes, in parts of `part_size`.
        """

    def read(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file, in chunks."""

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write `ro-crate-metadata.json`, which makes the dataset complete.

        Parameters
        ----------
        manifest
            Its new bytes.
        before
            Its bytes when the transfer began.

        Raises
        ------
        IntegrityError
            If somebody else has written it meanwhile.
        """


@runtime_checkable
class Choosy(Protocol):
    """A place that does not keep every name or size: it is asked before the first file is sent."""

    def require(self, files: Mapping[str, int]) -> None:
        """Insist that all of some files can be kept.

        Parameters
        ----------
        files
            The size of each, by its path.

        Raises
        ------
        InputError
            If one cannot.
        """


def require_welcome(place: object, files: Mapping[str, int]) -> None:
    """Ask a place that does not keep every name whether it keeps these.

    Parameters
    ----------
    place
        The place.
    files
        The size of each, by its path.
    """
    if isinstance(place, Choosy):
        place.require(files)


def verified(chunks: Iterator[bytes], entry: FileEntry, place: str) -> Iterator[bytes]:
    """Pass a file's bytes on, and raise after the last one if they are not what the manifest says.

    Raises
    ------
    IntegrityError
        If size or checksum differ. Whoever writes the bytes gives them their name only after the last one.
    """
    hasher, size = hashlib.sha256(), 0
    for chunk in chunks:
        hasher.update(chunk)
        size += len(chunk)
        yield chunk
    if (size, hasher.hexdigest()) != (entry.size, entry.sha256):
        raise IntegrityError(f"{entry.path} in {place} is damaged: its bytes are not the ones that were put there.")


def in_parts(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in parts of `part_size`, as `Place.write` takes them, from chunks of any length.

    A file that has one part only goes on in the chunks in which it comes.

    Parameters
    ----------
    chunks
        The bytes.
    size
        How many there are.
    """
    length = part_size(size)
    if size <= length:
        yield from chunks
        return
    held: list[bytes] = []
    missing = length
    for chunk in chunks:
        rest = chunk
        while rest:
            held.append(rest[:missing])
            rest = rest[missing:]
            missing -= len(held[-1])
            if not missing:
                part = b"".join(held)
                held.clear()
                missing = length
                yield part
    if held:
        yield b"".join(held)


def read_ahead(chunks: Iterator[bytes], size: int) -> Generator[bytes]:
    """The same parts, of a file that has several: the next one is read while the last one is written.

    Parameters
    ----------
    chunks
        The parts; they are read by one thread at a time.
    size
        Bytes of the file.
    """
    if size <= part_size(size):
        yield from chunks
        return
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk


def sha256_of(chunks: Iterator[bytes]) -> str:
    """The SHA-256 of what is read, in hexadecimal digits."""
    hasher = hashlib.sha256()
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.hexdigest()


def stored_type(path: str) -> str:
    """The media type under which a service keeps a file; the manifest is JSON-LD."""
    return "application/ld+json" if path == CRATE_FILE else media_type(path)


def other_bytes(path: str, place: str) -> IntegrityError:
    """The error for a file that a place has otherwise than it was sent."""
    return IntegrityError(
        f"{path} was sent to {place}, which has other bytes under that name.",
        "Run the same command again; if it happens again, tell whoever runs the store.",
    )


def somebody_else(place: str) -> IntegrityError:
    """The error for a manifest that was written by another hand during a transfer."""
    return IntegrityError(
        f"Somebody else has put files into {place} meanwhile; nothing was published over theirs.",
        "Run the same command again: finished files are kept.",
    )
