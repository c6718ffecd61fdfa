"""Folders on clusters, as they are."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from slidebox.cluster import Address, Cluster, acl, marker, shared
from slidebox.errors import SlideboxError
from slidebox.home import Home
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab
from slidebox.naming import folder_of
from slidebox.preview import CLUSTER_FOLDER, Seen
from slidebox.provider.cluster import ClusterFolder
from slidebox.provider.cluster_store import ClusterRef
from slidebox.provider.resource import Context


class ClusterStore:
    """A store of kind ``cluster``, or one of DVC whose remotes lie in one.

    Parameters
    ----------
    lab
        What is declared.
    name
        Name of the store.
    connect
        The server of an address.
    """

    def __init__(self, lab: Lab, name: str, connect: Callable[[Address], Cluster] = shared) -> None:
        self._lab = lab
        self._name = name
        self._carrier = lab.carrier(name)
        self._connect = connect

    def look(self, asked: list[Asked]) -> Found:
        """The folders that are there, and those that should be."""
        try:
            ref = ClusterRef.of(self._carrier, self._lab.file.stores[self._carrier])
            cluster = self._connect(ref.address)
            marker.require(cluster, self._lab.file.lab, self._carrier, ref.root)
        except SlideboxError as error:
            return none_read(CLUSTER_FOLDER, asked, self._name, error)
        places = [self._folder(cluster, ref, one) for one in asked]
        return Found(tuple(seen for seen in places if seen is not None))

    def _folder(self, cluster: Cluster, ref: ClusterRef, asked: Asked) -> Seen | None:
        path = folder_of(self._lab, asked.dataset, self._name)
        folder = posixpath.join(ref.root, path)
        given = {"store": ref.document, "lab": self._lab.file.lab, "path": path, "group": ""}
        kind = ClusterFolder(self._connect)
        try:
            found = kind.read(Context(f"urn:pulumi:live::live::{CLUSTER_FOLDER}::{folder}"), "", {}, given)
            if found is None:
                planned = self._name in asked.stores
                why = f"there is no folder {folder} on {cluster}"
                return unread(CLUSTER_FOLDER, asked, self._name, why) if planned else None
            properties = {**found.state, "location": asked.location(self._name), "group": found.state["groupName"]}
            properties |= self._hidden(cluster, folder, str(properties["mode"]))
        except SlideboxError as error:
            return unread(CLUSTER_FOLDER, asked, self._name, error.message)
        properties["identities"] = self._whom()
        store = self._lab.file.stores[self._carrier]
        properties["purgeDays"] = store.purge_after.days if store.purge_after else None
        return Seen(f"folder {folder} on {cluster}", CLUSTER_FOLDER, properties)

    def _hidden(self, cluster: Cluster, folder: str, mode: str) -> dict[str, Any]:
        """What is not known of a folder whose access control list nobody can ask for.

        The group's bits of a mode are the most that anybody in a list has (acl(5)): without them a list gives nothing.
        """
        if mode[-2] == "0" or acl.read(cluster, folder) is not None:
            return {}
        return {"mode": f"{mode}, with an access control list or without: nobody can ask for it there"}

    def _whom(self) -> dict[str, str]:
        """Whom of the lab each account and group of the store stands for."""
        file = self._lab.file
        found: dict[str, set[str]] = {}
        for kind, who, entries in (
            ("user", "person", file.people),
            ("user", "service", file.services),
            ("group", "team", file.teams),
        ):
            for name, entry in entries.items():
                if identity := entry.identities.get(self._carrier):
                    found.setdefault(f"{kind}:{identity}", set()).add(f"{who}:{name}")
        return {key: next(iter(whom)) for key, whom in found.items() if len(whom) == 1}


def look(lab: Lab, _home: Home, name: str, asked: list[Asked]) -> Found:
    """Look into a store of kind ``cluster``, or of DVC over one, for datasets."""
    return ClusterStore(lab, name).look(asked)
