"""Files that wait on this machine until all of a dataset is pushed: verified, and out of the way of git and DVC."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from slidebox.errors import UnreadableError
from slidebox.provenance import FileEntry
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.places import Content


class Waiting:
    """The folder in which files of a place wait.

    Parameters
    ----------
    name
        What to call the place in a sentence.
    folder
        On the disk of the working copy, where neither git nor DVC looks.
    key
        The place's stable id.
    """

    def __init__(self, name: str, folder: Path, key: str) -> None:
        self.folder = folder
        self._place = DrivePlace(name, folder, key=f"{key}#staged")
        self._held = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder; what an earlier run has verified there is used.

        Raises
        ------
        InputError
            If another process holds it.
        UnreadableError
            If it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnreadableError(f"{self.folder} cannot be made: {error.strerror}.") from error
        with self._place.writing():
            self._held = True
            try:
                yield
            finally:
                self._held = False

    def free(self) -> int | None:
        """Bytes that can still be written there; None before it was made."""
        return self._place.free() if self.folder.is_dir() else None

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Write a file and verify it; it raises as `DrivePlace.write` does."""
        self._place.write(content, chunks)

    def has(self, entry: FileEntry) -> bool:
        """Whether the bytes of a file wait, whoever has written them."""
        return has_bytes(self.folder / entry.path, entry)

    def read(self, path: str, beside: Path | None = None) -> AbstractContextManager[Iterator[bytes]] | None:
        """The bytes of a file that waits, while the place is written to; None where none does.

        Parameters
        ----------
        path
            Of the file, in the dataset.
        beside
            Another folder in which it may wait.
        """
        if not self._held:
            return None
        places = [self._place, *([DrivePlace(self._place.name, beside)] if beside else [])]
        return next((place.read(path) for place in places if place.size(path) is not None), None)


def has_bytes(file: Path, entry: FileEntry) -> bool:
    """Whether a file of this machine has the bytes of an entry."""
    try:
        if file.stat().st_size != entry.size:
            return False
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == entry.sha256
    except (FileNotFoundError, NotADirectoryError):
        return False
