"""Folders on the lab's disks, as they are."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from slidebox.drives import Drive, OfflineError
from slidebox.errors import SlideboxError
from slidebox.facts import tags
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab
from slidebox.mounts import Looking, this_machine
from slidebox.naming import folder_of
from slidebox.preview import FOLDER, Seen
from slidebox.provider.drive import Folder
from slidebox.provider.resource import Context

_ACCESS_LIST = "system.posix_acl_access"


class DriveStore:
    """A drive store, or one of DVC whose remotes lie in one.

    Parameters
    ----------
    lab
        What is declared.
    root
        The folder of the lab's files.
    name
        Name of the store.
    machine
        Looks at what is plugged in.
    """

    def __init__(self, lab: Lab, root: Path, name: str, machine: Looking = this_machine) -> None:
        self._lab = lab
        self._name = name
        self._disk = lab.carrier(name)
        self._drive = Drive.of(lab.file.lab, root, self._disk, lab.file.stores[self._disk], machine)

    def look(self, asked: list[Asked]) -> Found:
        """The folders that are there, and those that should be."""
        try:
            root = self._drive.require()
        except OfflineError as error:
            return self._offline(asked, error)
        except SlideboxError as error:
            return none_read(FOLDER, asked, self._name, error)
        places = [self._folder(root, one) for one in asked]
        return Found(tuple(seen for seen in places if seen is not None))

    def _offline(self, asked: list[Asked], error: OfflineError) -> Found:
        """The folders that are planned on a drive that is not plugged in: nobody reads them there."""
        planned = [one for one in asked if self._name in one.stores]
        return Found(tuple(map(self._shelved, planned)), offline=(str(error),) if planned else ())

    def _shelved(self, asked: Asked) -> Seen:
        properties = {
            "location": asked.location(self._name),
            "store": self._disk,
            "path": folder_of(self._lab, asked.dataset, self._name),
            "mode": "0000",
            "group": "",
            "tags": tags(self._lab, asked.dataset),
        }
        return Seen(f"{asked.location(self._name)}, whose drive is offline", FOLDER, properties)

    def _folder(self, root: Path, asked: Asked) -> Seen | None:
        path = folder_of(self._lab, asked.dataset, self._name)
        folder = root / path
        given = {"store": self._disk, "lab": self._lab.file.lab, "root": str(root), "path": path, "group": ""}
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
