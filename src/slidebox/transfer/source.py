"""The folder that is uploaded: what is in it, and whether it stays so while it is read."""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.provenance import CRATE_FILE, FileEntry, decode, why_unsafe
from slidebox.transfer.journal import Journal, Stamp, stamp_of
from slidebox.transfer.places import Content, part_size

# What Finder and Explorer leave behind. It changes by itself and is no data.
_LEAVINGS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})

_SHOWN = 5

Opener = Callable[[Path], BinaryIO]
"""How a source file is opened for reading."""


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading."""
    return path.open("rb")


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """A file to upload.

    Attributes
    ----------
    path
        Its path inside the dataset.
    folder
        The folder that is put.
    stamp
        Its state when the folder was listed.
    """

    path: str
    folder: Path
    stamp: Stamp

    @property
    def file(self) -> Path:
        """Where it lies."""
        return self.folder / self.path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.stamp[0]


def scan(folder: Path) -> tuple[SourceFile, ...]:
    """Every file below a folder, sorted by path.

    The manifest of a dataset that was fetched before, and what file managers leave behind, do not count.

    Raises
    ------
    InputError
        If there is no file, or one that cannot be part of a dataset: a symbolic link, a device, an unsafe name.
    UnreadableError
        If a folder cannot be listed.
    """
    faults: list[str] = []
    found = list(_files(folder, faults))
    faults += [f"{f.path!r}: {why}" for f in found if (why := why_unsafe(f.path)) and f.path != CRATE_FILE]
    faults += _twins([f.path for f in found])
    _require_no(faults, folder)
    if not found:
        raise InputError(f"{folder} is empty: there is nothing to put.")
    found.sort()
    return tuple(found)


def _require_no(faults: list[str], folder: Path) -> None:
    if faults:
        more = f" … and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise InputError(
            f"{folder} has files that cannot be part of a dataset: {'; '.join(faults[:_SHOWN])}{more}.",
            "Rename, move or copy them, then put the folder again.",
        )


def _files(folder: Path, faults: list[str]) -> Iterator[SourceFile]:
    """The files that count, as they are found; what cannot be part of a dataset is added to the faults."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder.", "Name the folder whose files are the dataset.")
    for file in _walk(folder, folder, "", faults):
        if file.path != CRATE_FILE or not _own_crate(file.file, faults):
            yield file


def _walk(top: Path, folder: Path, prefix: str, faults: list[str]) -> Iterator[SourceFile]:
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError as error:
        raise UnreadableError(f"{folder} cannot be listed: {error.strerror}.") from error
    for entry in entries:
        path = prefix + entry.name
        if entry.name in _LEAVINGS or entry.name.startswith("._"):
            continue
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(top, Path(entry.path), f"{path}/", faults)
        elif stat.S_ISREG(status.st_mode):
            yield SourceFile(path, top, stamp_of(status))
        else:
            kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a device, pipe or socket"
            faults.append(f"{path!r} is {kind}, not a file")


def _own_crate(file: Path, faults: list[str]) -> bool:
    """Whether a crate was written by slidebox, so that it is about to be written anew."""
    try:
        decode(file.read_bytes(), file.name)
    except SlideboxError:
        faults.append(f"{file.name!r} is somebody else's crate, and slidebox writes its own under that name")
        return False
    return True


def _twins(paths: list[str]) -> list[str]:
    """Names that are one name where case or accents do not count, as on most Macs' and external disks."""
    seen: dict[str, str] = {}
    faults = []
    for path in paths:
        plain = unicodedata.normalize("NFC", path).casefold()
        if plain in seen:
            faults.append(f"{path!r} and {seen[plain]!r} are one name on some disks")
        seen.setdefault(plain, path)
    return faults


class Reader:
    """Reads source files, and notices when they change.

    Parameters
    ----------
    journal
        Knows what was hashed before.
    opener
        How a file is opened.
    stopped
        Answers whether to give up.
    """

    def __init__(self, journal: Journal, opener: Opener = open_file, stopped: Callable[[], bool] = bool) -> None:
        self._journal = journal
        self._opener = opener
        self._stopped = stopped

    def content(self, source: SourceFile) -> Content:
        """The checksums of a file, read or remembered.

        Raises
        ------
        IntegrityError
            If it changes while it is read.
        UnreadableError
            If it cannot be read.
        """
        known = self._journal.hashed(source.path, source.stamp)
        if known is None:
            whole, parts = hashlib.sha256(), []
            for chunk in self._chunks(source):
                whole.update(chunk)
                parts.append(hashlib.sha256(chunk).digest())
            known = whole.hexdigest(), tuple(parts)
            self._journal.note_hashed(source.path, source.stamp, *known)
        return Content(FileEntry(source.path, source.size, known[0]), known[1])

    def chunks(self, source: SourceFile, content: Content) -> Iterator[bytes]:
        """The bytes of a file in parts, each compared with its checksum before it is passed on.

        Raises
        ------
        IntegrityError
            If a part is not what it was when the file was hashed.
        """
        for number, chunk in enumerate(self._chunks(source)):
            if hashlib.sha256(chunk).digest() != content.parts[number]:
                raise changed(source.path)
            yield chunk

    def _chunks(self, source: SourceFile) -> Iterator[bytes]:
        size, length = 0, part_size(source.size)
        try:
            with self._opener(source.file) as file:
                while chunk := file.read(length):
                    size += len(chunk)
                    if size > source.size or self._stopped():
                        break
                    yield chunk
            now = stamp_of(source.file.lstat())
        except FileNotFoundError as error:
            raise changed(source.path) from error
        except OSError as error:
            raise UnreadableError(f"{source.file} cannot be read: {error.strerror}.", "Check the disk.") from error
        if self._stopped():
            raise InterruptedError
        if size != source.size or now != source.stamp:
            raise changed(source.path)
        if not source.size:
            yield b""


def changed(path: str) -> IntegrityError:
    """The error for a file that did not stay as it was."""
    return IntegrityError(
        f"{path} changed while it was uploaded; nothing was published.",
        "Wait until nothing writes to it any more, then run the same command again: finished files are kept.",
    )


def require_unchanged(before: tuple[SourceFile, ...], folder: Path) -> None:
    """Insist that a folder is what it was when it was listed.

    Raises
    ------
    IntegrityError
        If a file changed, came or went.
    """
    gone = {file.path: file.stamp for file in before}
    faults: list[str] = []
    # File by file: a second list of a hundred thousand is not needed to compare them with the first.
    for file in _files(folder, faults):
        if gone.pop(file.path, None) != file.stamp:
            raise changed(file.path)
    _require_no(faults, folder)
    if gone:
        raise changed(min(gone))
