"""Files that Git LFS keeps: a pointer in git, and the bytes with the host, by the SHA-256 that a manifest has already.

The pointer is written as the specification has it (github.com/git-lfs/git-lfs, docs/spec.md); ``git lfs`` itself sends
and brings the bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from slidebox.errors import UnreadableError
from slidebox.provenance import FileEntry
from slidebox.provider.github_files import is_tracked
from slidebox.sizes import pointed
from slidebox.transfer.git_program import Git

_AT_ONCE = 200
"""So many objects in one command."""

_LARGEST = 1024
"""Bytes of the largest pointer (docs/spec.md, "The Pointer")."""

_OID = b"oid sha256:"


@dataclass(frozen=True, slots=True)
class Pointer:
    """What git has in a file's place: SHA-256 and size of the file."""

    oid: str
    size: int

    @property
    def text(self) -> bytes:
        """The pointer as git keeps it."""
        version = "version https://git-lfs.github.com/spec/v1"
        return f"{version}\noid sha256:{self.oid}\nsize {self.size}\n".encode()


@dataclass(frozen=True, slots=True)
class Tracking:
    """What Git LFS keeps of a dataset.

    Attributes
    ----------
    formats
        How the names of its files end; all files where empty.
    largest
        Bytes of the largest file that it takes; None where nothing says.
    """

    formats: tuple[str, ...] = ()
    largest: int | None = None

    def keeps(self, path: str) -> bool:
        """Whether it keeps a file, by its path in the dataset."""
        return is_tracked(path, self.formats)


def pointer_of(entry: FileEntry) -> Pointer:
    """The pointer of a file of a manifest."""
    return Pointer(entry.sha256, entry.size)


def read_pointer(content: bytes) -> Pointer | None:
    """A pointer from what git has; None where that is the file itself."""
    size = pointed(content)
    oid = next((line.removeprefix(_OID).decode() for line in content.splitlines() if line.startswith(_OID)), "")
    return Pointer(oid, size) if size is not None and len(oid) == 64 else None


class Lfs:
    """Git LFS in one working copy.

    Parameters
    ----------
    git
        Runs git there.
    """

    def __init__(self, git: Git) -> None:
        self._git = git

    def require(self) -> None:
        """Insist that it is installed.

        Raises
        ------
        UnreadableError
            If it is not.
        """
        if not shutil.which("git-lfs", path=self._git.environment.get("PATH")):
            raise UnreadableError(
                "Git LFS is not installed: there is no program `git-lfs`.", "Install it: https://git-lfs.com."
            )

    def pointers(self, blobs: Mapping[str, tuple[str, int]]) -> dict[str, Pointer]:
        """The pointers among some blobs, by path."""
        small = {path: id_ for path, (id_, size) in blobs.items() if size <= _LARGEST}
        said = self._git.run("cat-file", "--batch", given="".join(f"{id_}\n" for id_ in small.values()).encode())
        found, at = {}, 0
        for path in small:
            head, _, _ = said[at:].partition(b"\n")
            begin = at + len(head) + 1
            at = begin + int(head.split()[2]) + 1
            if pointer := read_pointer(said[begin : at - 1]):
                found[path] = pointer
        return found

    def _object(self, oid: str) -> Path:
        return self._git.root / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid

    def keep(self, pointer: Pointer, file: Path) -> None:
        """Have a file where Git LFS looks for what it is to send."""
        target = self._object(pointer.oid)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            target.hardlink_to(file)
        except OSError:  # a file system without links
            shutil.copyfile(file, target)

    def push(self, pointers: Sequence[Pointer]) -> None:
        """Send the bytes of some files, and keep none of them here.

        Raises
        ------
        UnreadableError
            If the host refuses: its quota or its budget is used up, or a file is too large for its plan.
        """
        oids = sorted({pointer.oid for pointer in pointers})
        for start in range(0, len(oids), _AT_ONCE):
            self._git.run("lfs", "push", "--object-id", "there", *oids[start : start + _AT_ONCE])
        for oid in oids:
            self._object(oid).unlink(missing_ok=True)

    @contextmanager
    def read(self, pointer: Pointer) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, as the host gives them; no copy of them stays here."""
        try:
            with self._git.pieces("lfs", "smudge", given=pointer.text) as pieces:
                yield pieces
        finally:
            with suppress(OSError):
                self._object(pointer.oid).unlink(missing_ok=True)
