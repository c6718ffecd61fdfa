"""Many small files on their way to a cluster together: in one stream, or where it allows no commands some a turn."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from slidebox.cluster import Cluster, repeatable, small, wire
from slidebox.cluster.unpacking import Seen
from slidebox.provenance import FileEntry, digest
from slidebox.transfer.cluster_tree import ClusterTree
from slidebox.transfer.journal import Stamp
from slidebox.transfer.places import other_bytes

if TYPE_CHECKING:
    from paramiko import SFTPClient

_MOST_A_TURN = 32
_MOST_BYTES_A_TURN = 512 * 1024
"""What comes back of one turn has to fit into a channel before any of it is heard (2 MiB)."""
_FAILURES = 3
"""After so many streams of which nothing arrived no more are tried: the server lacks a program."""


class ManyFiles:
    """The way of small files into a dataset's folder, many at a time.

    Parameters
    ----------
    name
        What to call the place in a sentence.
    cluster
        The server.
    tree
        The dataset's folder.
    partial_folder
        The folder in it where files are until they are verified.
    """

    def __init__(self, name: str, cluster: Cluster, tree: ClusterTree, partial_folder: str) -> None:
        self._name = name
        self._cluster = cluster
        self._tree = tree
        self._partial = partial_folder
        self._failures = 0

    def send(
        self, drafts: Mapping[str, tuple[FileEntry, bytes]], mode: int, name_one: Callable[[str, str], None]
    ) -> dict[str, Stamp]:
        """Send files, compare the checksum of what lies there, and name those that are whole.

        It is worked out on the server; where that cannot be, of what is read back.

        Parameters
        ----------
        drafts
            Each file and its bytes, by what it is called on its way.
        mode
            The mode that they get.
        name_one
            Gives a file its name that did not get it with the others, or says why it cannot have it.

        Returns
        -------
        dict
            The state of each file that has its own name now, by what it was called; with a size of -1 where the server
            does not say it.

        Raises
        ------
        IntegrityError
            If the server has other bytes than were sent.
        """
        folder = self._tree.absolute(self._partial)
        files = {name: data for name, (_, data) in drafts.items()}
        said = self._unpacked(folder, files, mode) or self._side_by_side(folder, files, mode)
        arrived = [name for name in drafts if name in said]
        for name in arrived:
            if said[name].sha256 != drafts[name][0].sha256:
                draft = posixpath.join(folder, name)
                self._cluster.again(f"removing {draft}", partial(repeatable.remove, draft))
                raise other_bytes(drafts[name][0].path, self._name)
        names = [(posixpath.join(folder, name), self._tree.absolute(drafts[name][0].path)) for name in arrived]
        named = self._cluster.again("naming files", lambda sftp: wire.replace_each(sftp, names))
        for (draft, target), done in zip(names, named, strict=True):
            if not done:
                name_one(draft, target)
        # To the second, as the state of a small file is taken everywhere.
        return {name: (said[name].size, said[name].second * 10**9, 0, 0) for name in arrived}

    def _unpacked(self, folder: str, files: Mapping[str, bytes], mode: int) -> dict[str, Seen]:
        """What the server says of files that it has unpacked from one stream."""
        if self._failures >= _FAILURES or "\n" in folder or not self._cluster.commands:
            return {}
        said = self._cluster.unpack(folder, files, mode)
        self._failures = 0 if said else self._failures + 1
        return said

    def _side_by_side(self, folder: str, files: Mapping[str, bytes], mode: int) -> dict[str, Seen]:
        """What is read back of files that are written over SFTP, several in each turn."""
        said: dict[str, Seen] = {}
        for group in _groups(files):
            wanted = [(posixpath.join(folder, name), files[name]) for name in group]
            found = self._cluster.again("writing files", partial(_write_each, wanted, mode))
            for name, one in zip(group, found, strict=True):
                if one is not None:
                    said[name] = Seen(digest(one[0]), len(one[0]), one[1])
        return said


def _groups(files: Mapping[str, bytes]) -> Iterator[list[str]]:
    """Names of files that are on their way at once: far less than what a channel holds."""
    group, size = list[str](), 0
    for name, data in files.items():
        if group and (len(group) >= _MOST_A_TURN or size + len(data) > _MOST_BYTES_A_TURN):
            yield group
            group, size = [], 0
        group.append(name)
        size += len(data)
    if group:
        yield group


def _write_each(files: list[tuple[str, bytes]], mode: int, sftp: SFTPClient) -> list[tuple[bytes, int] | None]:
    return small.each(sftp, files, mode)
