"""A dataset in a folder on a mounted disk."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.provenance import CRATE_FILE, RESERVED_PREFIX, FileEntry, digest
from slidebox.provenance.bag import Sums
from slidebox.transfer.journal import Journal, Stamp, lock, stamp_of
from slidebox.transfer.places import MEBIBYTE, Content, Held, somebody_else
from slidebox.transfer.remembered import compared

_PARTIAL = f"{RESERVED_PREFIX}partial"
_READ_AT_ONCE = 4 * MEBIBYTE

_AGAIN = "then run the same command again: finished files are kept."


def _no_guard() -> None:
    """Nothing to insist on: an ordinary folder."""


class DrivePlace:
    """A folder that holds one dataset.

    A file is written beside its place, in `.slidebox-partial`, forced to the disk, read back from it, compared and
    only then given its name. So a name always stands for whole, verified bytes, whatever is killed when.

    Parameters
    ----------
    name
        What to call it in a sentence.
    folder
        The folder, which has to exist.
    key
        A stable id; the folder's path where not given.
    guard
        Insists that the right disk is mounted, and raises if not.
    journal
        Knows what was verified before, and in which state it was left.
    reread
        Read every file back instead of believing the journal.
    work
        Where files are while they are written, on the same disk; the folder itself where not given.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        work: Path | None = None,
        key: str = "",
        guard: Callable[[], None] = _no_guard,
        journal: Journal | None = None,
        reread: bool = False,
    ) -> None:
        self.name = name
        self.key = key or str(folder)
        self.folder = folder
        self._work = work or folder
        self._guard = guard
        self._journal = journal or Journal()
        self._reread = reread

    def __repr__(self) -> str:
        return f"DrivePlace({self.name!r}, {str(self.folder)!r})"

    def check(self) -> None:
        """Insist that the disk is mounted and the folder there.

        Raises
        ------
        UnreadableError
            If it is not.
        """
        self._guard()
        if not self.folder.is_dir() or self.folder.is_symlink():
            raise UnreadableError(
                f"The folder of {self.name} is not there: {self.folder}.",
                "Mount its disk, or make it with `pulumi up -s PROJECT`.",
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder, and clean what an earlier run left half-written, before and after."""
        self.check()
        partial = self._work / _PARTIAL
        with self._errors():
            partial.mkdir(exist_ok=True)
            held = (partial / "lock").open("w", encoding="utf-8")
        with held:
            lock(held, f"Another upload into {self.name} runs.")
            with self._errors():
                for left in partial.iterdir():
                    if left.name != "lock":
                        left.unlink()
            try:
                yield
            finally:
                with suppress(OSError):
                    shutil.rmtree(partial)

    def free(self) -> int | None:
        """Bytes that can still be written to the disk."""
        with self._errors():
            return shutil.disk_usage(self._work).free

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        with self._errors():
            file = self.folder / CRATE_FILE
            return file.read_bytes() if self._is_file(file) else None

    def size(self, path: str) -> int | None:
        """Bytes of a file, or None where there is none."""
        with self._errors():
            file = self._resolve(path)
            return file.lstat().st_size if self._is_file(file) else None

    def holds(self, content: Content) -> Held:
        """What lies under the name of a file: re-read, but where it is as it was left when it was verified."""
        entry = content.entry
        with self._errors():
            file = self._resolve(entry.path)
            if not self._is_file(file):
                return Held.NOTHING
            stamp = stamp_of(file.lstat())
            return compared(
                self._journal,
                self.key,
                entry,
                stamp[0],
                lambda: stamp,
                lambda: (self._sha256(file, entry.path), stamp),
                reread=self._reread,
            )

    def looked(self, path: str) -> Stamp | None:
        """The state of a file; None where there is none."""
        with self._errors():
            file = self._resolve(path)
            return stamp_of(file.lstat()) if self._is_file(file) else None

    def sums(self, path: str, count: Callable[[int], None] = lambda _: None) -> Sums:
        """The checksums of what lies in a file on the disk itself, as far as the system lets one ask for that.

        Parameters
        ----------
        path
            The file.
        count
            Is told of bytes that were read.
        """
        with self._errors(), self._resolve(path).open("rb") as file:
            forget(file)
            return sums_of(file, count)

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Copy, force to the disk, read back, compare, name.

        Raises
        ------
        IntegrityError
            If the disk gives back other bytes than were written.
        UnreadableError
            If it cannot be written: full, read-only, not allowed, gone.
        """
        entry = content.entry
        with self._errors():
            target = self._resolve(entry.path, make=True)
            self._replace(target, entry, chunks)
            self._journal.note_stored(self.key, entry.path, stamp_of(target.lstat()), entry.sha256)

    def _replace(self, target: Path, entry: FileEntry, chunks: Iterator[bytes]) -> None:
        partial = self._work / _PARTIAL / digest(entry.path.encode())[:32]
        try:
            with partial.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fchmod(file.fileno(), stat.S_IMODE(self.folder.stat().st_mode) & 0o666)
                os.fsync(file.fileno())
            if self._sha256(partial, entry.path, from_disk=True) != entry.sha256:
                raise IntegrityError(
                    f"{entry.path} was written to {self.name} and read back damaged: its disk or cable is failing.",
                    "Check the disk before anything else is put there.",
                )
            try:
                partial.replace(target)
            except PermissionError:
                # In a folder of raw images (sticky bit) nobody replaces another's file. The manifest is everybody's
                # to bring up to date: it is written over in place, as its mode allows its group.
                if target not in self._everybodys() or not self.folder.stat().st_mode & stat.S_ISVTX:
                    raise
                _write_over(target, partial.read_bytes())
            _sync_folder(target.parent)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _everybodys(self) -> frozenset[Path]:
        """The files that whoever puts data brings up to date, whoever wrote them."""
        return frozenset({self.folder / CRATE_FILE})

    def _sha256(self, file: Path, path: str, *, from_disk: bool = False) -> str:
        """SHA-256 of what lies in a file; `from_disk` asks the system to forget what it has in memory, where it can."""
        with file.open("rb") as opened:
            if from_disk:
                forget(opened)
            return hashlib.file_digest(opened, "sha256").hexdigest()

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, in chunks."""
        with self._errors():
            file = self._resolve(path).open("rb")
        with file:
            yield self._chunks(file)

    def _chunks(self, file: BinaryIO) -> Iterator[bytes]:
        # Here and not around the reader: what fails on the writing side is not this place's failure.
        with self._errors():
            while chunk := file.read(_READ_AT_ONCE):
                yield chunk

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write the manifest, if it still is what it was.

        Raises
        ------
        IntegrityError
            If it is not.
        """
        self.check()
        if self.manifest() != before:
            raise somebody_else(self.name)
        with self._errors():
            self._replace(
                self.folder / CRATE_FILE, FileEntry("manifest", len(manifest), digest(manifest)), iter([manifest])
            )

    def _resolve(self, path: str, *, make: bool = False) -> Path:
        """Where a file lies; refuses to follow a symbolic link out of the folder."""
        *folders, name = path.split("/")
        here = self.folder
        for folder in folders:
            here /= folder
            if here.is_symlink() or (here.exists() and not here.is_dir()):
                raise InputError(
                    f"{here} in {self.name} is not a folder, so {path} cannot lie in it.", "Rename one of the two."
                )
            if make and not here.exists():
                here.mkdir(exist_ok=True)
                here.chmod(stat.S_IMODE(self.folder.stat().st_mode))
        here /= name
        if make and here.is_dir():
            raise InputError(f"{here} in {self.name} is a folder, and {path} a file.", "Rename one of the two.")
        return here

    @staticmethod
    def _is_file(file: Path) -> bool:
        return file.is_file() and not file.is_symlink()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Say in one sentence what the system says in a number."""
        try:
            yield
        except InterruptedError:
            raise
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> SlideboxError:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            what = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota is used up"}.get(
                error.errno, "the file is larger than the disk or the system allows"
            )
            return UnreadableError(
                f"{self.name} cannot take the files: {what}. Nothing was published there.", f"Make room, {_AGAIN}"
            )
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            why = "the disk is mounted read-only" if error.errno == errno.EROFS else "this user is not allowed to"
            return UnreadableError(
                f"{self.name} refuses: {why} ({error.filename or self.folder}).",
                "Ask the owner of the folder, or join its group.",
            )
        return UnreadableError(
            f"{self.name} cannot be read or written: {error.strerror or error} ({error.filename or self.folder}).",
            f"Check that its disk is mounted and healthy, {_AGAIN}",
        )


def sums_of(file: BinaryIO, count: Callable[[int], None] = lambda _: None) -> Sums:
    """Both checksums of a bag, from one reading."""
    sha512, sha256 = hashlib.sha512(), hashlib.sha256()
    while chunk := file.read(_READ_AT_ONCE):
        sha512.update(chunk)
        sha256.update(chunk)
        count(len(chunk))
    return Sums(sha512.hexdigest(), sha256.hexdigest())


def forget(file: BinaryIO) -> None:
    """Ask the system to read a file from the disk itself, where it can."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _write_over(file: Path, data: bytes) -> None:
    """Write a file's new content into the file itself, and force it to the disk."""
    with file.open("r+b") as opened:
        opened.write(data)
        opened.truncate()
        opened.flush()
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    """Force a renamed name to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
