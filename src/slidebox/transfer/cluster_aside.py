"""Folders on clusters whose files can be set aside, and the way into them."""

from __future__ import annotations

import errno
import posixpath
import stat as modes
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from slidebox.cluster import Cluster, marker, repeatable, shared
from slidebox.cluster.faults import RefusedError
from slidebox.errors import InputError, UnreadableError
from slidebox.provenance import CRATE_FILE
from slidebox.provider.cluster_store import ClusterRef
from slidebox.transfer.aside import BIN
from slidebox.transfer.cluster import ClusterPlace

if TYPE_CHECKING:
    from paramiko import SFTPClient

    from slidebox.transfer.doors import Way


class RetirableClusterFolder(ClusterPlace):
    """A folder on a cluster: what is set aside is renamed into another folder of the store.

    Parameters
    ----------
    name, cluster, folder, more
        As for `ClusterPlace`.
    root
        The store's folder.
    """

    def __init__(self, name: str, cluster: Cluster, folder: str, root: str, **more: Any) -> None:
        super().__init__(name, cluster, folder, **more)
        self._root = root

    def _bin(self, token: str) -> str:
        return posixpath.join(self._root, BIN, token)

    def set_aside(self, token: str, files: Sequence[str]) -> None:
        """Rename the files into the store's own bin, the manifest first."""
        self.check()
        for path in (CRATE_FILE, *sorted(files)):
            self._tree.insist_on_folders(path)
            self._move(self._tree.absolute(path), posixpath.join(self._bin(token), path))
        self._remove_empty(self.folder, files)
        self._tree.forget()

    def bring_back(self, token: str, files: Sequence[str]) -> None:
        """Rename the files back, the manifest last."""
        self.check()
        for path in (*sorted(files, reverse=True), CRATE_FILE):
            kept = posixpath.join(self._bin(token), path)
            if not self._is_file(kept):
                continue
            if self._is_file(self._tree.absolute(path)):
                raise UnreadableError(
                    f"{path} is in {self.name} again, so the one that was set aside cannot come back.",
                    f"It lies in {kept}: compare the two, and move one of them away.",
                )
            self._tree.forget_folders()
            self._tree.insist_on_folders(path, make=True)
            self._move(kept, self._tree.absolute(path))
        self._remove_empty(self._bin(token), files)
        self._tree.forget()

    def purge(self, token: str, files: Sequence[str]) -> None:
        """Delete the files in the bin."""
        self._guard()
        for path in (CRATE_FILE, *sorted(files)):
            doomed = posixpath.join(self._bin(token), path)
            if self._is_file(doomed):
                self._cluster.again(f"deleting {doomed}", partial(repeatable.remove, doomed))
        self._remove_empty(self._bin(token), files)

    def _is_file(self, path: str) -> bool:
        found = self._cluster.status(path)
        return found is not None and modes.S_ISREG(found.st_mode or 0)

    def _move(self, old: str, new: str) -> None:
        """Rename a file that is there, with the folders that it needs."""
        if not self._is_file(old):
            return
        above = posixpath.dirname(new)
        waiting = []
        while self._cluster.status(above) is None:
            waiting.append(above)
            above = posixpath.dirname(above)
        for folder in reversed(waiting):
            self._cluster.again(f"making {folder}", partial(repeatable.mkdir, folder), path=self._root)
        self._cluster.again(f"moving {old}", partial(repeatable.rename, old, new))

    def _remove_empty(self, top: str, files: Sequence[str]) -> None:
        """Remove the folders of files that have nothing in them any more; the bin's own too."""
        folders = {folder for path in files for folder in _above(path)}
        doomed = [posixpath.join(top, folder) for folder in sorted(folders, key=len, reverse=True)]
        if top != self.folder:
            doomed += [top, posixpath.dirname(top)]
        for folder in doomed:
            try:
                self._cluster.tried(partial(_rmdir, folder))
            except RefusedError as error:
                if error.number == errno.EACCES:
                    return


def _above(path: str) -> list[str]:
    """The folders above a file, the nearest first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _rmdir(path: str, sftp: SFTPClient) -> None:
    sftp.rmdir(path)


def open_way(way: Way) -> ClusterPlace:
    """The way into a location of a cluster.

    Raises
    ------
    InputError
        If the location is not in the folder of its store.
    """
    where = way.where
    ref = ClusterRef.of(where.store, way.store)
    cluster = shared(ref.address)
    if not posixpath.normpath(where.where).startswith(f"{ref.root.rstrip('/')}/"):
        raise InputError(
            f"{where.id} lies in {where.where}, which is not in the folder of its store, {ref.root}.",
            "Correct `path` in lab.yaml, or run `pulumi up` again.",
        )
    return RetirableClusterFolder(
        where.name,
        cluster,
        where.where,
        ref.root,
        key=where.id,
        guard=partial(marker.require, cluster, way.lab.file.lab, where.store, ref.root),
        group=way.store.group,
        journal=way.journal,
        reread=way.reread,
    )
