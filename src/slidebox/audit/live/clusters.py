"""Who can read the datasets on a cluster: modes, lists and owners along the whole path, and of what is in them.

Nothing is changed there. Where the server allows commands, three of them say what is in a folder, however much that
is (find(1) of GNU, getfacl(1)); else every folder is listed through SFTP, up to a number. What the servers of its file
systems export to other machines, no login node says: that is not looked at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from slidebox.access.snapshot import unread
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.drives import datasets_of
from slidebox.audit.live.remote import RemoteFolders
from slidebox.cluster import Address, Cluster, marker, shared
from slidebox.errors import SlideboxError
from slidebox.naming import folder_of
from slidebox.provider.cluster_store import ClusterRef


def collect(asked: Asked, connect: Callable[[Address], Cluster] = shared) -> Sections:
    """The folders of the lab's datasets on a cluster.

    Parameters
    ----------
    asked
        The store.
    connect
        The server of an address.

    Raises
    ------
    SlideboxError
        If the server does not answer, or the lab's folder there is another's.
    """
    carrier = asked.lab.carrier(asked.store)
    ref = ClusterRef.of(carrier, asked.lab.file.stores[carrier])
    cluster = connect(ref.address)
    marker.require(cluster, asked.lab.file.lab, carrier, ref.root)
    remote = RemoteFolders(cluster)
    found = dict(_folders(asked, ref.root, remote))
    return {"places": {"machines": {str(cluster): remote.machine(found.values())}, "folders": found}}


def _folders(asked: Asked, root: str, remote: RemoteFolders) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = asked.lab.file.stores[asked.store].kind.value
    for dataset in datasets_of(asked):
        path = posixpath.join(root, folder_of(asked.lab, dataset, asked.store))
        about = {"kind": kind, "store": asked.store, "dataset": dataset, "machine": remote.name, "path": path}
        try:
            if remote.exists(path):
                yield f"{remote.name}:{path}", {**about, **remote.folder(path)}
        except SlideboxError as error:
            yield f"{remote.name}:{path}", {**about, "folder": unread(error.message)}
