"""Many small files on their way to a cluster together: one stream, one look at what arrived, one turn for the names."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import partial

from slidebox.cluster import Cluster, repeatable, wire
from slidebox.provenance import FileEntry
from slidebox.transfer.cluster_tree import ClusterTree
from slidebox.transfer.journal import Stamp
from slidebox.transfer.places import other_bytes

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

    @property
    def possible(self) -> bool:
        """Whether the server allows commands, and was not found to lack a program."""
        return self._failures < _FAILURES and "\n" not in self._tree.folder and self._cluster.commands

    def send(self, drafts: Mapping[str, tuple[FileEntry, bytes]], mode: int) -> dict[str, Stamp]:
        """Send files, compare the checksums that the server works out of what lies there, and name them.

        Parameters
        ----------
        drafts
            Each file and its bytes, by what it is called on its way.
        mode
            The mode that they get.

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
        if not self.possible:
            return {}
        folder = self._tree.absolute(self._partial)
        said = self._cluster.unpack(folder, {name: data for name, (_, data) in drafts.items()}, mode)
        self._failures = 0 if said else self._failures + 1
        arrived = [name for name in drafts if name in said]
        for name in arrived:
            if said[name].sha256 != drafts[name][0].sha256:
                draft = posixpath.join(folder, name)
                self._cluster.again(f"removing {draft}", partial(repeatable.remove, draft))
                raise other_bytes(drafts[name][0].path, self._name)
        names = [(posixpath.join(folder, name), self._tree.absolute(drafts[name][0].path)) for name in arrived]
        named = self._cluster.again("naming files", lambda sftp: wire.replace_each(sftp, names))
        # To the second, as the state of a small file is taken everywhere.
        return {
            name: (said[name].size, said[name].second * 10**9, 0, 0)
            for name, done in zip(arrived, named, strict=True)
            if done
        }
