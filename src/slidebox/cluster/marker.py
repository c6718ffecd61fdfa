"""The mark at the top of a cluster's folder: it proves that the right file system is mounted there.

It is the same file as on a drive (`slidebox.drives`), written once by ``slidebox mark``.
"""

from __future__ import annotations

import datetime as dt
import json
import posixpath
import uuid
from dataclasses import asdict

from slidebox.cluster.session import Cluster
from slidebox.drives import MARKER, Marker
from slidebox.errors import InputError, UnreadableError


def read_marker(cluster: Cluster, root: str) -> Marker | None:
    """The mark of a folder, or None where there is none.

    Raises
    ------
    UnreadableError
        If it cannot be read or understood.
    """
    file = posixpath.join(root, MARKER)
    data = cluster.read(file)
    if data is None:
        return None
    try:
        found = json.loads(data)
        return Marker(**{name: str(found[name]) for name in ("lab", "store", "id", "made")})
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(
            f"{file} on {cluster} is damaged: it does not say which lab's folder this is.",
            "If this is the right folder, delete that file and run `slidebox mark STORE` again.",
        ) from error


def mark(cluster: Cluster, lab: str, store: str, root: str, *, today: dt.date) -> Marker:
    """Mark a folder as the one that a store means; one that is already marked so stays as it is.

    Parameters
    ----------
    cluster
        The server.
    lab, store
        Whose folder it is.
    root
        The folder, which has to be there.
    today
        The day to write down.

    Raises
    ------
    InputError
        If it is not there, or carries another's mark.
    """
    if not cluster.is_folder(root):
        raise InputError(
            f"Folder {root} of store {store!r} is not there on {cluster}.",
            "Let whoever runs the cluster make it, or correct `path` in lab.yaml.",
        )
    found = read_marker(cluster, root)
    if found is None:
        found = Marker(lab, store, str(uuid.uuid4()), today.isoformat())
        cluster.write(posixpath.join(root, MARKER), (json.dumps(asdict(found), indent=2) + "\n").encode(), 0o640)
    elif (found.lab, found.store) != (lab, store):
        raise InputError(
            f"{root} on {cluster} is already marked as store {found.store!r} of lab {found.lab!r}.",
            f"Name another folder; or, to give this one to {store!r} all the same, delete its {MARKER} first.",
        )
    return found


def require(cluster: Cluster, lab: str, store: str, root: str) -> None:
    """Insist that a folder is the one that the store means.

    Raises
    ------
    UnreadableError
        If the folder or its mark is not there, or the mark is another's.
    """
    found = read_marker(cluster, root)
    if found is None:
        raise UnreadableError(
            f"The file system of store {store!r} is not there: {root} on {cluster} has no mark {MARKER}.",
            f"Ask whether it is mounted; if the store is new, mark its folder once with `slidebox mark {store}`.",
        )
    if (found.lab, found.store) != (lab, store):
        raise UnreadableError(
            f"{root} on {cluster} is store {found.store!r} of lab {found.lab!r}, not store {store!r} of lab {lab!r}.",
            "Correct `host` or `path` in lab.yaml.",
        )
