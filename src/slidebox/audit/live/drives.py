"""Who can read the datasets on a drive: modes, lists and owners along the whole path, and of what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slidebox.access.snapshot import unread
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.machine import LocalFolders
from slidebox.drives import Drive
from slidebox.mounts import Looking, this_machine
from slidebox.naming import folder_of


def collect(asked: Asked, machine: Looking = this_machine, folders: LocalFolders | None = None) -> Sections:
    """The folders of the lab's datasets on a drive.

    Parameters
    ----------
    asked
        The store.
    machine
        Looks at what is plugged in.
    folders
        The folders of this machine.

    Raises
    ------
    UnreadableError
        If the drive is not plugged in, or is another one.
    """
    lab = asked.lab
    disk = lab.carrier(asked.store)
    drive = Drive.of(lab.file.lab, asked.home.lab_root, disk, lab.file.stores[disk], machine)
    root = drive.require()
    local = folders or LocalFolders()
    found = dict(_folders(asked, root, local))
    return {"places": {"machines": {"": local.machine(found.values())}, "folders": found}}


def _folders(asked: Asked, root: Path, local: LocalFolders) -> Iterator[tuple[str, dict[str, Any]]]:
    for dataset in datasets_of(asked):
        folder = root / folder_of(asked.lab, dataset, asked.store)
        kind = asked.lab.file.stores[asked.store].kind.value
        about = {"kind": kind, "store": asked.store, "dataset": dataset}
        try:
            folder.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            why = unread(f"it could not be read ({error.strerror or error})")
            yield str(folder), {**about, "machine": "", "path": str(folder), "folder": why}
            continue
        yield str(folder), {**about, **local.folder(folder)}


def datasets_of(asked: Asked) -> Iterator[str]:
    """Every dataset of the lab, each as ``project/level``: any may lie in any store."""
    for project in asked.lab.projects.values():
        for level in project.datasets:
            yield project.dataset_id(level)
