"""One file on its way to a cluster, from where an earlier run left it."""

from __future__ import annotations

import hashlib
import posixpath
import stat as modes
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from slidebox.cluster import Cluster, small, wire
from slidebox.errors import InputError
from slidebox.transfer.journal import Stamp
from slidebox.transfer.places import MEBIBYTE

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

SMALL = 128 * 1024
"""Up to here reading a file back costs less than a process on the server that hashes it."""

AT_ONCE = 8 * MEBIBYTE
"""So much is read or sent in one go: after a break it is asked for again from there."""


class Sending:
    """One file on its way into a partial one.

    Parameters
    ----------
    cluster
        The server.
    path
        The partial file.
    place
        What to call the place.
    mode
        The mode that it gets.
    """

    def __init__(self, cluster: Cluster, path: str, place: str, mode: int) -> None:
        self._cluster = cluster
        self._path = path
        self._place = place
        self._mode = mode
        self._there = 0

    def send(self, chunks: Iterator[bytes], size: int, *, begun: bool) -> tuple[str, Stamp] | None:
        """Send a file's bytes but for those at its beginning that are there; a piece is sent again after a break.

        Parameters
        ----------
        chunks
            The bytes.
        size
            How many they are.
        begun
            Whether an earlier run may have begun.

        Returns
        -------
        tuple or None
            SHA-256 and state of what the server has, of a small file that was read back in the same turn.
        """
        found = self._cluster.status(self._path) if begun else None
        if found is not None and not is_file(found):
            raise InputError(f"{self._path} in {self._place} is no file.", "Remove it.")
        if found is None and size <= AT_ONCE:
            data = b"".join(chunks)
            back = size <= SMALL
            doing = f"writing a file of {self._place}"
            there, second = self._cluster.again(
                doing,
                lambda sftp: small.whole(sftp, self._path, data, self._mode, back=back),
                path=posixpath.dirname(self._path),
            )
            return (hashlib.sha256(there).hexdigest(), (len(there), second * 10**9, 0, 0)) if back else None
        self._there = min((found.st_size or 0) if found else 0, size)
        offset = 0
        for chunk in chunks:
            if offset + len(chunk) > self._there or not self._is_there(offset, chunk):
                self._there = min(self._there, offset)
                self._send_piece(offset, chunk)
            offset += len(chunk)
        self._finish(offset)
        return None

    def _do(self, doing: str, work: Callable[[SFTPClient], None]) -> None:
        said = f"{doing} a file of {self._place}"
        self._cluster.again(said, work, path=posixpath.dirname(self._path))

    def _is_there(self, offset: int, chunk: bytes) -> bool:
        """Whether the partial file has these bytes: asked of the server where it allows commands, read where not."""
        said = self._cluster.in_shell(lambda shell: shell.part(self._path, offset, len(chunk)))
        if said:
            return said == hashlib.sha256(chunk).hexdigest()

        def work(sftp: SFTPClient) -> bytes:
            with wire.OpenFile(sftp, self._path, wire.READ) as file:
                return b"".join(file.read(offset, len(chunk)))

        return self._cluster.again(f"reading {self._path}", work) == chunk

    def _send_piece(self, offset: int, chunk: bytes) -> None:
        def work(sftp: SFTPClient) -> None:
            with wire.OpenFile(sftp, self._path, wire.WRITE | wire.CREATE) as file:
                file.write(offset, chunk)

        self._do("writing", work)

    def _finish(self, size: int) -> None:
        def work(sftp: SFTPClient) -> None:
            with wire.OpenFile(sftp, self._path, wire.WRITE | wire.CREATE) as file:
                file.cut(size)
                file.chmod(self._mode)
                file.sync()

        self._do("finishing", work)


def is_file(found: SFTPAttributes | None) -> bool:
    """Whether something is a file, and no link, folder or device."""
    return found is not None and modes.S_ISREG(found.st_mode or 0)
