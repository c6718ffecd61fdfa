"""One folder behind an rclone remote: what is in it, and writing, moving and deleting single files."""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from slidebox.errors import InputError
from slidebox.rclone.daemon import Rclone
from slidebox.rclone.faults import NotThereError
from slidebox.rclone.sums import SUMS

REMOTE = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+@ -]*[A-Za-z0-9_.+@-]|[A-Za-z0-9_.]")
"""Names of remotes (rclone, "Valid remote names"); never a connection string, which could hold a password."""

_HALF_DIGITS = 15  # of a checksum, to tell one state of a file from another: 60 bits


@dataclass(frozen=True, slots=True)
class Item:
    """A file or a folder, as the service shows it.

    Attributes
    ----------
    path
        Below the folder that was asked.
    size
        Bytes; -1 of a folder.
    modified
        When it was last changed, in nanoseconds since 1970.
    folder
        Whether it is one.
    sums
        The checksums that were asked for, by rclone's names.
    metadata
        What else the service says, where it was asked for.
    """

    path: str
    size: int
    modified: int
    folder: bool = False
    sums: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Item:
        """From what rclone says."""
        return cls(
            str(said.get("Path", "")),
            int(said.get("Size", -1)),
            nanoseconds(str(said.get("ModTime", ""))),
            bool(said.get("IsDir")),
            {name: value for name, value in (said.get("Hashes") or {}).items() if value},
            said.get("Metadata") or {},
        )

    @property
    def stamp(self) -> tuple[int, int, int, int]:
        """What tells one state of a file from another."""
        sums = "".join(self.sums[name] for name in sorted(self.sums))
        return self.size, self.modified, int(sums[:_HALF_DIGITS] or "0", 16), 0


def nanoseconds(text: str) -> int:
    """A time of RFC 3339 in nanoseconds since 1970; 0 where it is none."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", text)
    if not found:
        return 0
    whole = dt.datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    return int(whole.timestamp()) * 10**9 + int((found[2] or "0").ljust(9, "0"))


class RemoteFolder:
    """A folder behind a remote; nothing is asked before it is needed.

    Parameters
    ----------
    rclone
        How it is reached.
    remote
        Name of the remote.
    path
        The folder in it; everything in the remote where empty.
    """

    def __init__(self, rclone: Rclone, remote: str, path: str = "") -> None:
        if not REMOTE.fullmatch(remote):
            raise InputError(
                f"{remote!r} is no name of an rclone remote.",
                "Give the name alone, as `rclone listremotes` shows it, without a colon.",
            )
        if any(character in path for character in "[]\n\r\0"):
            raise InputError(f"{path!r} cannot be a folder's path here: it has a bracket.", "Choose another folder.")
        self.rclone = rclone
        self.remote = remote
        self.path = path.strip("/")

    @property
    def fs(self) -> str:
        """As rclone writes it."""
        return f"{self.remote}:{self.path}"

    @cached_property
    def _about(self) -> dict[str, Any]:
        return self.rclone.call("operations/fsinfo", self.remote, f"looking at {self.fs}", fs=self.fs)

    def can(self, feature: str) -> bool:
        """Whether rclone can do something there by itself, such as ``Move``."""
        return bool((self._about.get("Features") or {}).get(feature))

    @cached_property
    def sum(self) -> str:
        """The checksum that is compared after a file was written; empty where the remote has none."""
        offered = self._about.get("Hashes") or []
        return next((name for name in SUMS if name in offered), "")

    def _asked(self, sums: tuple[str, ...]) -> dict[str, Any]:
        return {"noMimeType": True, **({"showHash": True, "hashTypes": list(sums)} if sums else {})}

    def find(self, path: str, *sums: str, metadata: bool = False) -> Item | None:
        """A file or folder, or None where there is none.

        Parameters
        ----------
        path
            Below this folder.
        sums
            The checksums to ask for.
        metadata
            Whether to ask for whatever else the service says of it.
        """
        options = {**self._asked(sums), "metadata": metadata}
        try:
            found = self.rclone.call(
                "operations/stat", self.remote, f"looking for {path}", fs=self.fs, remote=path, opt=options
            )
        except NotThereError:
            return None
        return Item.read(found["item"]) if found.get("item") else None

    def list(self, path: str = "", *sums: str, recurse: bool = False) -> list[Item]:
        """What is in a folder; a path can be there twice where the service allows that.

        Raises
        ------
        NotThereError
            If there is no such folder.
        """
        options = {**self._asked(sums), "recurse": recurse}
        found = self.rclone.call(
            "operations/list", self.remote, f"listing {self.fs}/{path}", fs=self.fs, remote=path, opt=options
        )
        return [Item.read(said) for said in found.get("list") or []]

    def read(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file, in chunks."""
        return self.rclone.read(self.fs, path, self.remote)

    def bytes_of(self, path: str) -> bytes:
        """All bytes of a small file."""
        with self.read(path) as chunks:
            return b"".join(chunks)

    def document(self, path: str) -> Mapping[str, Any] | None:
        """A small JSON file; None where there is none.

        Raises
        ------
        ValueError
            If it is no JSON object.
        """
        if self.find(path) is None:
            return None
        found = json.loads(self.bytes_of(path))
        if not isinstance(found, dict):
            raise ValueError(path)
        return found

    def send(self, path: str, size: int, chunks: Iterator[bytes]) -> None:
        """Write a file; the folders above it are made."""
        self.rclone.send(self.fs, path, self.remote, size, chunks)

    def write(self, path: str, data: bytes) -> None:
        """Write a small file."""
        self.send(path, len(data), iter([data]))

    def make(self, path: str) -> None:
        """Make a folder; one that is there stays."""
        self.rclone.call("operations/mkdir", self.remote, f"making {path}", fs=self.fs, remote=path)

    def move(self, path: str, to: str) -> None:
        """Give a file another path, by the service itself; there must be nothing under it.

        rclone compares before it moves, and takes two files of one size for one where the service says no more.
        """
        self.rclone.call(
            "operations/movefile",
            self.remote,
            f"moving {path}",
            patient=True,
            srcFs=self.fs,
            srcRemote=path,
            dstFs=self.fs,
            dstRemote=to,
            _config={"IgnoreTimes": True},
        )

    def move_folder(self, path: str, to: str) -> None:
        """Give a folder another path, with what is in it; there must be nothing under it."""
        below = f"{self.fs.rstrip('/')}/" if self.path else self.fs
        self.rclone.call(
            "sync/move",
            self.remote,
            f"moving {path}",
            patient=True,
            srcFs=f"{below}{path}",
            dstFs=f"{below}{to}",
            createEmptySrcDirs=True,
            deleteEmptySrcDirs=True,
        )

    def let_in(self, path: str, permissions: str) -> None:
        """Let people into a folder of OneDrive or Google Drive; whoever is in stays.

        rclone takes permissions as metadata of a folder that is copied: an empty one of that name is copied onto it.
        Of a folder it reads none before it writes some, so it adds these and takes none away (rclone 1.76, `updateDir`
        of ``backend/onedrive`` and ``backend/drive``).

        Parameters
        ----------
        path
            The folder, not this one itself.
        permissions
            The new ones, in the service's own words.
        """
        above, _, name = f"{self.path}/{path}".strip("/").rpartition("/")
        with tempfile.TemporaryDirectory(prefix="slidebox-") as empty:
            (Path(empty) / name).mkdir()
            self.rclone.call(
                "sync/copy",
                self.remote,
                f"sharing {path}",
                srcFs=empty,
                dstFs=f'{self.remote},metadata_permissions="read,write":{above}',
                createEmptySrcDirs=True,
                # Also where both folders are of one second, which rclone takes for the same.
                _config={"IgnoreTimes": True, "Metadata": True, "MetadataSet": {"permissions": permissions}},
            )

    def delete(self, path: str) -> None:
        """Delete a file; one that is not there is deleted."""
        try:
            self.rclone.call("operations/deletefile", self.remote, f"deleting {path}", fs=self.fs, remote=path)
        except NotThereError:
            return

    def remove(self, path: str) -> None:
        """Remove an empty folder; one that has anything in it stays, and so does one that is not there."""
        try:
            if self.list(path):
                return
            self.rclone.call("operations/rmdir", self.remote, f"removing {path}", fs=self.fs, remote=path)
        except NotThereError:
            return

    def free(self) -> int | None:
        """Bytes that can still be written; None where the service does not say."""
        if not self.can("About"):
            return None
        found = self.rclone.call("operations/about", self.remote, "asking for free space", fs=self.fs)
        free = found.get("free")
        return int(free) if isinstance(free, int) else None
