"""With whom the datasets' folders in a file service are shared, where rclone is told; and by which links.

What is shared inside of a folder, file by file, is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from slidebox.access.snapshot import unread
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.asking import Asking
from slidebox.audit.live.drives import datasets_of
from slidebox.audit.live.pace import Pace
from slidebox.naming import folder_of
from slidebox.provider.resource import Context
from slidebox.provider.share import SharedFolder
from slidebox.rclone import Rclone, RemoteFolder, shared

_TOKEN = SharedFolder.token


def collect(asked: Asked, rclone: Callable[[], Rclone] = shared) -> Sections:
    """The folders of the lab's datasets in a file service.

    Parameters
    ----------
    asked
        The store.
    rclone
        Reaches the file service.

    Raises
    ------
    SlideboxError
        If the remote cannot be asked.
    """
    store = asked.lab.file.stores[asked.store]
    root = (store.path or "").strip("/")
    RemoteFolder(rclone(), store.remote or "", root).find("")
    asking = Asking(Pace(asked.a_second))
    found: dict[str, Any] = {}
    for dataset in datasets_of(asked):
        path = folder_of(asked.lab, dataset, asked.store)
        where = f"{store.remote}:{root}/{path}"
        about = {"name": where, "store": asked.store, "dataset": dataset, "planned": None}
        given = {
            "store": asked.store,
            "system": store.system.value,
            "remote": store.remote,
            "root": root,
            "path": path,
            "lab": asked.lab.file.lab,
        }
        sharing = asking.part(partial(_sharing, SharedFolder(rclone), where, given))
        if sharing is not None:
            found[where] = {**about, "sharing": sharing}
    return {"places": {"shares": found}}


def _sharing(kind: SharedFolder, where: str, given: dict[str, Any]) -> Any:
    """With whom a folder is shared; None where there is none."""
    read = kind.read(Context(f"urn:pulumi:live::live::{_TOKEN}::{where}"), where, {}, given)
    if read is None:
        return None
    told = read.state["sharing"]
    return told if isinstance(told, list) else unread("nothing tells who it is shared with")
