"""A dataset in a folder of the account's own space at BioStudies, where it waits for its submission."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slidebox.biostudies import BioStudies
from slidebox.errors import UnreadableError
from slidebox.provenance import CRATE_FILE, RESERVED_PREFIX
from slidebox.transfer.journal import Journal, Stamp
from slidebox.transfer.places import MEBIBYTE, Content, Held, other_bytes, somebody_else
from slidebox.transfer.remembered import compared, sha256_in

KEPT_IN_MEMORY = 16 * MEBIBYTE
"""A file up to this size is sent again by itself where the archive asks for patience; a larger one by the next run."""


class ArchivePlace:
    """A folder that holds one dataset.

    The archive says a file's size and no checksum. So every file is read back once it was sent, and compared; what was
    verified so is remembered in the journal on this machine, and believed while its size stays.

    Parameters
    ----------
    name
        What to call it in a sentence.
    service
        The account.
    folder
        The folder.
    key
        A stable id.
    journal
        Knows what was verified before.
    reread
        Read every file back instead of believing the journal.
    """

    def __init__(
        self,
        name: str,
        service: BioStudies,
        folder: str,
        *,
        key: str = "",
        journal: Journal | None = None,
        reread: bool = False,
    ) -> None:
        self.name = name
        self.key = key or folder
        self.folder = folder
        self.service = service
        self._journal = journal or Journal()
        self._reread = reread
        self._sizes: dict[str, int] | None = None

    def __repr__(self) -> str:
        return f"ArchivePlace({self.name!r}, {self.folder!r})"

    def check(self) -> None:
        """Insist that the folder is there.

        Raises
        ------
        UnreadableError
            If it is not.
        """
        if not self.service.has_folder(self.folder):
            raise UnreadableError(
                f"The folder of {self.name} is not there: {self.folder}.",
                "Make it with `pulumi up -s PROJECT`. What was submitted is no longer read from there.",
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """List what is there; nothing is held: each file is whole or replaced."""
        self._sizes = self.sizes()
        yield

    def sizes(self) -> dict[str, int]:
        """Bytes of every file of the dataset that is there, by path; slidebox's own are left out."""
        return {
            path: size
            for path, size in self.service.walk(self.folder)
            if path != CRATE_FILE and not path.split("/")[-1].startswith(RESERVED_PREFIX)
        }

    def free(self) -> int | None:
        """Nobody knows."""
        return None

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        if not any(one.name == CRATE_FILE for one in self.service.listing(self.folder)):
            return None
        with self.read(CRATE_FILE) as chunks:
            return b"".join(chunks)

    def size(self, path: str) -> int | None:
        """Bytes of a file, or None where there is none."""
        if self._sizes is None:
            self._sizes = self.sizes()
        return self._sizes.get(path)

    def holds(self, content: Content) -> Held:
        """What lies under a name: read back, but where it was verified before and has its size."""
        entry = content.entry
        size = self.size(entry.path)
        if size is None:
            return Held.NOTHING
        stamp = _stamp(size)
        found = compared(
            self._journal,
            self.key,
            entry,
            size,
            lambda: stamp,
            lambda: (sha256_in(self, entry.path), stamp),
            reread=self._reread,
        )
        # What was sent in part by a run that was killed is nobody else's: its name was noted before.
        return Held.OTHER if found is Held.FOREIGN and self._journal.begun(self.key, entry.path) else found

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Send a file, read it back and compare.

        Raises
        ------
        IntegrityError
            If the archive has other bytes.
        UnreadableError
            If it cannot be reached or refuses.
        """
        entry = content.entry
        folder = f"{self.folder}/{entry.path}".rpartition("/")[0]
        if folder != self.folder:
            self.service.make_folder(folder)
        self._journal.note_begun(self.key, entry.path, "whole", entry.sha256)
        self.service.send(f"{self.folder}/{entry.path}", entry.size, _again(entry.size, chunks))
        if sha256_in(self, entry.path) != entry.sha256:
            raise other_bytes(entry.path, self.name)
        self._journal.note_stored(self.key, entry.path, _stamp(entry.size), entry.sha256)
        if self._sizes is not None:
            self._sizes[entry.path] = entry.size

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, in chunks."""
        with self.service.read(f"{self.folder}/{path}") as pieces:
            yield pieces

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write the manifest, unless somebody else has written it meanwhile.

        Raises
        ------
        IntegrityError
            If somebody has, or the archive has other bytes.
        """
        if self.manifest() != before:
            raise somebody_else(self.name)
        self.service.send(f"{self.folder}/{CRATE_FILE}", len(manifest), lambda: iter([manifest]))
        if sha256_in(self, CRATE_FILE) != hashlib.sha256(manifest).hexdigest():
            raise other_bytes(CRATE_FILE, self.name)


def _stamp(size: int) -> Stamp:
    """All that the archive says of a file's state."""
    return size, 0, 0, 0


def _again(size: int, chunks: Iterator[bytes]) -> Callable[[], Iterator[bytes]]:
    """Gives the bytes of a file, from the start each time where it is small."""
    if size > KEPT_IN_MEMORY:
        return lambda: chunks
    kept: list[bytes] = []

    def give() -> Iterator[bytes]:
        if not kept:
            kept.extend(chunks)
        return iter(kept)

    return give
