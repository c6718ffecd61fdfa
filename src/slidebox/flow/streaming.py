"""Immediate deletion: read public data piece by piece, take from each what is wanted, and keep none of it.

A piece is read into a scratch folder, compared with what the list says of it, worked on, and deleted. What was done is
written down piece by piece, so that a run that was stopped goes on; at the end the record says what was deleted, and
where it can be had again (playbook, "Immediate deletion").
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from slidebox.errors import IntegrityError, SlideboxError, UnreadableError
from slidebox.flow.pieces import Piece
from slidebox.provenance import FileEntry
from slidebox.transfer.journal import Journal, Stamp
from slidebox.transfer.places import Progress
from slidebox.transfer.put import in_parallel

LEFT_DAYS = 7
"""What a run that was stopped has left in the scratch folder is deleted after so many days."""

_PART = ".part"
_SECONDS_A_DAY = 86_400

Fetch = Callable[[str], Iterator[bytes]]
"""The bytes of an address."""

Derive = Callable[[Path], None]
"""Takes from a piece what is wanted; raises where it cannot."""


@dataclass(slots=True)
class Streamed:
    """What a run has done.

    Attributes
    ----------
    files
        What was read, worked on and deleted, in this run and before it.
    now
        How many of them in this run.
    failed
        What could not be, each with why.
    """

    files: list[FileEntry] = field(default_factory=list)
    now: int = 0
    failed: dict[str, str] = field(default_factory=dict)


class Streaming:
    """Streams the pieces of one dataset through a scratch folder.

    Parameters
    ----------
    scratch
        The folder: slidebox's own, with nothing else in it.
    fetch
        Reads an address.
    derive
        Works on a piece.
    journal
        What an earlier run has done; to be held open.
    progress
        Who is told.
    """

    def __init__(self, scratch: Path, fetch: Fetch, derive: Derive, journal: Journal, progress: Progress) -> None:
        self._scratch = scratch
        self._fetch = fetch
        self._derive = derive
        self._journal = journal
        self._progress = progress
        self._lock = threading.Lock()

    def run(self, pieces: Sequence[Piece], *, workers: int = 1, keep_going: bool = False) -> Streamed:
        """Stream every piece that is not done yet.

        Parameters
        ----------
        pieces
            What to stream.
        workers
            Pieces in work, and so on the disk, at once.
        keep_going
            Go on with the others where one fails.

        Raises
        ------
        IntegrityError
            If a piece is not what the list says.
        UnreadableError
            If a piece cannot be read or worked on, or does not fit on the disk.
        """
        done, stop = Streamed(), threading.Event()
        todo = []
        for piece in pieces:
            if (entry := self._done(piece)) is not None:
                done.files.append(entry)
            else:
                todo.append(piece)
        self._progress.start(f"{len(todo)} of {len(pieces)} pieces", sum(piece.size or 0 for piece in todo))

        def one(piece: Piece) -> None:
            try:
                entry = self._one(piece)
            except SlideboxError as error:
                if not keep_going:
                    raise
                with self._lock:
                    done.failed[piece.path] = str(error)
                return
            with self._lock:
                done.files.append(entry)
                done.now += 1

        in_parallel(todo, one, workers, stop)
        done.files.sort()
        return done

    def _done(self, piece: Piece) -> FileEntry | None:
        known = self._journal.stored("stream", f"{piece.address} {piece.path}")
        if known is None or piece.sha256 not in ("", known[1]) or piece.size not in (None, known[0][0]):
            return None
        return FileEntry(piece.path, known[0][0], known[1])

    def _one(self, piece: Piece) -> FileEntry:
        self._require_room(piece)
        target = self._scratch / piece.path
        part = target.with_name(target.name + _PART)
        try:
            with _told(piece.path):
                target.parent.mkdir(parents=True, exist_ok=True)
                entry = self._read(piece, part)
                part.rename(target)
            self._derive(target)
        finally:
            # Also of a piece that failed nothing is kept: it is read again from its source.
            for path in (part, target):
                path.unlink(missing_ok=True)
            _remove_empty(target.parent, self._scratch)
        stamp: Stamp = (entry.size, 0, 0, 0)
        self._journal.note_stored("stream", f"{piece.address} {piece.path}", stamp, entry.sha256)
        return entry

    def _read(self, piece: Piece, part: Path) -> FileEntry:
        hasher, size = hashlib.sha256(), 0
        with part.open("wb") as file:
            for chunk in self._fetch(piece.address):
                hasher.update(chunk)
                size += len(chunk)
                file.write(chunk)
                with self._lock:
                    self._progress.advance(len(chunk))
        found = hasher.hexdigest()
        if piece.size not in (None, size) or piece.sha256 not in ("", found):
            raise IntegrityError(
                f"{piece.path} is not what the list says: {size} bytes with SHA-256 {found} came from {piece.address}.",
                "Run the same command again; if it happens again, the source or the list has changed.",
            )
        return FileEntry(piece.path, size, found)

    def _require_room(self, piece: Piece) -> None:
        free = shutil.disk_usage(self._scratch).free
        if piece.size is not None and piece.size > free:
            raise UnreadableError(
                f"{piece.path} has {piece.size} bytes, and {self._scratch} has {free} free.",
                "Make room there, or work on fewer pieces at once (--workers).",
            )


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableError(
            f"{path} cannot be read into the scratch folder: {error.strerror or error}.",
            "Run the same command again: finished pieces are not read a second time.",
        ) from error


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and root in folder.parents:
        with suppress(OSError):
            folder.rmdir()
        folder = folder.parent


def sweep(scratch: Path, now: float, days: int = LEFT_DAYS) -> tuple[str, ...]:
    """Delete what stopped runs have left for too long; answers what that was.

    Parameters
    ----------
    scratch
        The scratch folder.
    now
        The time, in seconds since 1970.
    days
        How old it may be.
    """
    gone = []
    for here, _, names in os.walk(scratch):
        for name in names:
            file = Path(here) / name
            if name.startswith(".slidebox") or now - file.lstat().st_mtime < days * _SECONDS_A_DAY:
                continue
            file.unlink()
            gone.append(str(file.relative_to(scratch)))
        if Path(here) != scratch:
            _remove_empty(Path(here), scratch)
    return tuple(sorted(gone))
