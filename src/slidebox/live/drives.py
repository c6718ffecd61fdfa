"""Folders on the lab's disks, as they are."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from slidebox import drives
from slidebox.errors import SlideboxError
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab
from slidebox.naming import folder_of
from slidebox.preview import FOLDER, Seen
from slidebox.provider.drive import Folder
from slidebox.provider.resource import Context

_ACCESS_LIST = "system.posix_acl_access"


class DriveStore:
    """A drive store.

    Parameters
    ----------
    lab
        What is declared.
    root
        The folder of the lab's files.
    name
        Name of the store.
    """

    def __init__(self, lab: Lab, root: Path, name: str) -> None:
        self._lab = lab
        self._name = name
        self._root = drives.drive_path(root, lab.file.stores[name])

    def look(self, asked: list[Asked]) -> Found:
        """The folders that are there, and those that should be."""
        try:
            drives.require(self._lab.file.lab, self._name, self._root)
        except SlideboxError as error:
            return none_read(FOLDER, asked, self._name, error)
        places = [self._folder(one) for one in asked]
        return Found(tuple(seen for seen in places if seen is not None))

    def _folder(self, asked: Asked) -> Seen | None:
        path = folder_of(self._lab, asked.dataset, self._name)
        folder = self._root / path
        given = {"store": self._name, "lab": self._lab.file.lab, "root": str(self._root), "path": path, "group": ""}
        try:
            found = Folder().read(Context(f"urn:pulumi:live::live::{FOLDER}::{folder}"), str(folder), {}, given)
        except SlideboxError as error:
            return unread(FOLDER, asked, self._name, error.message)
        if found is None:
            planned = self._name in asked.stores
            return unread(FOLDER, asked, self._name, f"there is no folder {folder}") if planned else None
        properties = {**found.state, "location": asked.location(self._name)}
        if _has_access_list(folder):
            # Then the group's bits of the mode say only what the list can give at most.
            properties["mode"] = f"{found.state['mode']} with an access control list"
        return Seen(f"folder {folder}", FOLDER, properties)


def _has_access_list(folder: Path) -> bool:
    """Whether a folder has more entries than its mode; only Linux says so in this way."""
    with contextlib.suppress(OSError, AttributeError):
        return _ACCESS_LIST in os.listxattr(folder)
    return False
