"""Folders in file services, as they are: whose they are, and who was let in where the service tells."""

from __future__ import annotations

from slidebox.errors import SlideboxError
from slidebox.home import Home
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab
from slidebox.naming import folder_of
from slidebox.preview.seen import SHARE, Seen
from slidebox.provider.resource import Context
from slidebox.provider.share import SharedFolder
from slidebox.rclone import RemoteFolder, shared


def look(lab: Lab, home: Home, name: str, asked: list[Asked]) -> Found:  # noqa: ARG001 - the table's signature
    """The folders that are there, and those that should be.

    Parameters
    ----------
    lab, home
        What is declared, and the lab's folder of state.
    name
        Name of the store.
    asked
        Which datasets are looked for.
    """
    store = lab.file.stores[name]
    try:
        RemoteFolder(shared(), store.remote or "", store.path or "").find("")
    except SlideboxError as error:
        return none_read(SHARE, asked, name, error)
    places = [_folder(lab, name, one) for one in asked]
    return Found(tuple(seen for seen in places if seen is not None))


def _folder(lab: Lab, name: str, asked: Asked) -> Seen | None:
    store = lab.file.stores[name]
    given = {
        "store": name,
        "system": store.system.value,
        "remote": store.remote,
        "root": (store.path or "").strip("/"),
        "path": folder_of(lab, asked.dataset, name),
        "lab": lab.file.lab,
    }
    where = f"{store.remote}:{given['root']}/{given['path']}"
    try:
        found = SharedFolder().read(Context(f"urn:pulumi:live::live::{SHARE}::{where}"), where, {}, given)
    except SlideboxError as error:
        return unread(SHARE, asked, name, error.message)
    if found is None:
        return unread(SHARE, asked, name, f"there is no folder {where}") if name in asked.stores else None
    return Seen(f"folder {where}", SHARE, {**found.state, "location": asked.location(name)})
