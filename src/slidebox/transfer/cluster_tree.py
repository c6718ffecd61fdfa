"""The folders of a dataset on a cluster: what lies in them, asked once for each, and the way to make them."""

from __future__ import annotations

import errno
import posixpath
import stat as modes
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from slidebox.cluster import Cluster
from slidebox.cluster.faults import RefusedError, sentence
from slidebox.errors import InputError
from slidebox.transfer.cluster_sending import is_file

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

FOLDER, OTHER = -1, -2
"""What is no file, in place of its size: a folder, and a link, device or pipe."""
_LISTED = 8
"""So many folders are remembered with what lies in them."""


class ClusterTree:
    """The folder of a dataset on a server, and those below it.

    Parameters
    ----------
    name
        What to call the place in a sentence.
    cluster
        The server.
    folder
        The folder.
    """

    def __init__(self, name: str, cluster: Cluster, folder: str) -> None:
        self._name = name
        self._cluster = cluster
        self.folder = folder
        self._lock = threading.Lock()
        self._lists: OrderedDict[str, dict[str, int] | None] = OrderedDict()
        self._folders: set[str] = set()
        self._mode: int | None = None

    def absolute(self, path: str) -> str:
        """The path of a file on the server."""
        return posixpath.join(self.folder, path)

    def about(self, path: str) -> int | None:
        """Bytes of a file, `FOLDER` or `OTHER`, from the list of its folder: one question for all that is in it."""
        folder, name = posixpath.split(path)
        with self._lock:
            known = folder in self._lists
            listed = self._lists.get(folder)
            if known:
                self._lists.move_to_end(folder)
        if known:
            return listed.get(name) if listed is not None else None
        self.insist_on_folders(path)
        found = self.list(folder)
        with self._lock:
            self._lists[folder] = found
            while len(self._lists) > _LISTED:
                self._lists.popitem(last=False)
        return found.get(name) if found is not None else None

    def list(self, folder: str) -> dict[str, int] | None:
        """Every name in a folder as it is now, with what `about` says of it; None where there is no folder."""
        path = self.absolute(folder).rstrip("/")
        try:
            # Only numbers are kept: a folder may hold a million files.
            return self._cluster.tried(lambda sftp: {one.filename: _kind(one) for one in sftp.listdir_iter(path)})
        except RefusedError as error:
            if error.number == errno.ENOENT:
                return None
            raise sentence(error, self._cluster, f"listing {path}") from error

    def note(self, path: str, size: int) -> None:
        """Keep the list of a folder right after a file in it was written."""
        folder, name = posixpath.split(path)
        with self._lock:
            listed = self._lists.get(folder)
            if listed is not None:
                listed[name] = size
            else:
                self._lists.pop(folder, None)

    def forget(self) -> None:
        """Forget what was listed: what lies there is asked anew."""
        with self._lock:
            self._lists.clear()

    def forget_folders(self) -> None:
        """Forget which folders are there too."""
        self.forget()
        self._folders.clear()

    def insist_on_folders(self, path: str, *, make: bool = False) -> None:
        """Refuse to follow a symbolic link out of the folder, or to take a file for a folder.

        Parameters
        ----------
        path
            The file.
        make
            Whether folders that are not there are made.

        Raises
        ------
        InputError
            If one of the folders above is no folder.
        """
        parts = path.split("/")[:-1]
        for length in range(1, len(parts) + 1):
            folder = "/".join(parts[:length])
            if folder in self._folders:
                continue
            found = self._cluster.status(self.absolute(folder))
            if found is not None and not modes.S_ISDIR(found.st_mode or 0):
                raise InputError(
                    f"{self.absolute(folder)} in {self._name} is not a folder, so {path} cannot lie in it.",
                    "Rename one of the two.",
                )
            if found is None:
                if not make:
                    return
                self.make(folder, self.mode())
            self._folders.add(folder)

    def mode(self) -> int:
        """The mode of the dataset's folder, from which all others are taken."""
        if self._mode is None:
            found = self._cluster.again(f"looking at {self.folder}", lambda sftp: sftp.stat(self.folder))
            self._mode = modes.S_IMODE(found.st_mode or 0)
        return self._mode

    def make(self, folder: str, mode: int) -> None:
        """Make a folder, with no more rights than the dataset's own gives; one that is there stays."""
        path = self.absolute(folder)

        def work(sftp: SFTPClient) -> None:
            try:
                sftp.mkdir(path, mode & 0o777)
            except OSError:
                # Another thread, or another run, was first.
                if not modes.S_ISDIR(sftp.lstat(path).st_mode or 0):
                    raise
                return
            sftp.chmod(path, mode & self.mode())

        self._cluster.again(f"making {path}", work, path=self.folder)

    def require_free_of_folder(self, path: str) -> None:
        """Make the folders above a file, and insist that no folder has its name.

        Raises
        ------
        InputError
            If one has, or one of those above is none.
        """
        self.insist_on_folders(path, make=True)
        if self.about(path) == FOLDER:
            raise self.is_a_folder(self.absolute(path))

    def is_a_folder(self, path: str) -> InputError:
        """The error for a folder that stands where a file has to be."""
        return InputError(f"{path} in {self._name} is a folder, and has to be a file.", "Rename one of the two.")


def _kind(found: SFTPAttributes) -> int:
    """Bytes of a file, `FOLDER` or `OTHER`."""
    if is_file(found):
        return found.st_size or 0
    return FOLDER if modes.S_ISDIR(found.st_mode or 0) else OTHER
