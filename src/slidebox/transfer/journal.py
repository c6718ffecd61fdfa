"""What an upload has done so far, kept on this machine so that a killed upload goes on where it stopped.

One JSON object a line is only ever appended, so a `kill -9` costs at most the last line. A line is believed
only while the file it speaks of has the same size, times and inode.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias

from slidebox.errors import InputError, UnreadableError

Stamp: TypeAlias = tuple[int, int, int, int]
"""Size in bytes, times of change of content and of inode in ns, and inode number."""


def stamp_of(status: os.stat_result) -> Stamp:
    """What tells one state of a file from another."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


_DIGEST = 32
"""Bytes of a SHA-256."""


class Journal:
    """What is known about files that were hashed, stored or begun.

    Parameters
    ----------
    path
        The file to keep it in; None keeps it in memory only.
    busy
        What to say where another process has it.
    """

    def __init__(
        self, path: Path | None = None, busy: str = "Another upload of this dataset runs on this machine."
    ) -> None:
        self.path = path
        self._busy = busy
        self._known: dict[tuple[str, ...], tuple[Any, ...]] = {}
        self._file: IO[str] | None = None
        self._lock = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Read what is known and keep the file for this process alone.

        Raises
        ------
        InputError
            If another process has it.
        UnreadableError
            If it cannot be written.
        """
        if self.path is None:
            yield
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a+", encoding="utf-8", errors="replace")  # a torn line may end within a letter
        except OSError as error:
            raise UnreadableError(f"{self.path} cannot be written: {error.strerror}.") from error
        with file:
            lock(file, self._busy)
            self._read(file)
            self._file = file
            try:
                yield
            finally:
                self._file = None

    def _read(self, file: IO[str]) -> None:
        file.seek(0)
        text = file.read()
        if text and not text.endswith("\n"):
            file.write("\n")  # ends the line that a killed process left half-written
        for line in text.splitlines():
            try:
                key, value = json.loads(line)
                self._known[tuple(map(str, key))] = _held(value)
            except (ValueError, TypeError):
                continue

    def _note(self, key: tuple[str, ...], value: tuple[Any, ...]) -> None:
        with self._lock:
            if self._known.get(key) == value:
                return
            self._known[key] = value
            if self._file is not None:
                self._file.write(json.dumps([key, value], default=_written) + "\n")
                self._file.flush()

    def hashed(self, path: str, stamp: Stamp) -> tuple[str, tuple[bytes, ...]] | None:
        """Checksums of a source file, if it was hashed in this very state."""
        known = self._known.get(("hashed", path))
        if known is None or known[0] != stamp:
            return None
        parts = known[2]
        return str(known[1]), tuple(parts[at : at + _DIGEST] for at in range(0, len(parts), _DIGEST))

    def note_hashed(self, path: str, stamp: Stamp, sha256: str, parts: tuple[bytes, ...]) -> None:
        """Remember the checksums of a source file."""
        self._note(("hashed", path), (stamp, sha256, b"".join(parts)))

    def stored(self, place: str, path: str) -> tuple[Stamp, str] | None:
        """State and checksum of a file when it was last written to a place and verified."""
        known = self._known.get(("stored", place, path))
        return (known[0], str(known[1])) if known else None

    def note_stored(self, place: str, path: str, stamp: Stamp, sha256: str) -> None:
        """Remember that a file is in a place and verified."""
        self._note(("stored", place, path), (stamp, sha256))

    def begun(self, place: str, path: str) -> tuple[str, str] | None:
        """Id and file's checksum of an upload in parts that was begun."""
        known = self._known.get(("begun", place, path))
        return (str(known[0]), str(known[1])) if known else None

    def note_begun(self, place: str, path: str, upload: str, sha256: str) -> None:
        """Remember that an upload in parts was begun."""
        self._note(("begun", place, path), (upload, sha256))


def _held(value: list[Any]) -> tuple[Any, ...]:
    """A line's value as it is held: of the checksums of parts the bytes, for there is one such line for each file."""
    first, *more = value
    stamp = tuple(first) if isinstance(first, list) else first
    return (stamp, *(b"".join(map(bytes.fromhex, one)) if isinstance(one, list) else one for one in more))


def _written(parts: bytes) -> list[str]:
    """Checksums of parts as they are written down."""
    return [parts[at : at + _DIGEST].hex() for at in range(0, len(parts), _DIGEST)]


def lock(file: IO[Any], busy: str) -> None:
    """Hold a file for this process until it is closed.

    Raises
    ------
    InputError
        If another process holds it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(busy, "Wait until it has ended, or stop it.") from error
    except OSError:
        return  # a file system without locks: exFAT over FUSE, some network shares
