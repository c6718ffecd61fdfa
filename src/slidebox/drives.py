"""Mounted disks: a marker file on each proves that the right one is there.

An empty mount point looks like an empty disk, and a path under it then silently fills the system disk.
So a drive store is used only where its folder holds the marker that `mark` wrote once.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from slidebox.errors import InputError, UnreadableError
from slidebox.model import Store
from slidebox.quantities import human_bytes

MARKER = ".slidebox-drive.json"


@dataclass(frozen=True, slots=True)
class Marker:
    """What the marker file says.

    Attributes
    ----------
    lab, store
        Whose disk it is, and which store of that lab.
    id
        A random id: two disks marked for the same store can be told apart.
    made
        The day it was marked, in ISO 8601.
    """

    lab: str
    store: str
    id: str
    made: str


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system under a folder.

    Attributes
    ----------
    mount
        Where it is mounted.
    device
        Its device as the system names it; empty where the system does not say.
    total, free
        Bytes in all, and bytes an ordinary user can still write.
    """

    mount: Path
    device: str
    total: int
    free: int

    def __str__(self) -> str:
        device = f"{self.device} on " if self.device else ""
        return f"{device}{self.mount} ({human_bytes(self.free)} of {human_bytes(self.total)} free)"


def drive_path(lab_root: Path, store: Store) -> Path:
    """The folder of a drive store, absolute; a relative path counts from the lab's folder.

    Raises
    ------
    InputError
        If the store declares no path: it is not of kind ``drive``.
    """
    if not store.path:
        raise InputError("A store without a path is not a drive.", "Give it kind 'drive' and a path in lab.yaml.")
    return Path(os.path.normpath(lab_root.absolute() / Path(store.path).expanduser()))


def disk(path: Path) -> Disk:
    """The file system that a folder, or its nearest existing parent, lies on."""
    folder = path.absolute()
    while not folder.exists():
        folder = folder.parent
    mount = folder.resolve()
    while not mount.is_mount():
        mount = mount.parent
    usage = shutil.disk_usage(folder)
    return Disk(mount, _device(mount), usage.total, usage.free)


def _device(mount: Path) -> str:
    """The device of a mount point, from Linux's table of mounts; empty elsewhere."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    # The last line of a mount point is the one that is on top.
    return next((w[0] for w in map(str.split, reversed(lines)) if w[1] == str(mount).replace(" ", "\\040")), "")


def read_marker(root: Path) -> Marker | None:
    """The marker of a folder, or None where there is none.

    Raises
    ------
    UnreadableError
        If there is one and it cannot be read or understood.
    """
    file = root / MARKER
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return Marker(**{name: str(found[name]) for name in ("lab", "store", "id", "made")})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableError(f"{file} cannot be read: {error.strerror}.", "Check the disk and its mount.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(
            f"{file} is damaged: it does not say which lab's disk this is.",
            "If this is the right disk, delete that file and run `slidebox mark STORE` again.",
        ) from error


def mark(lab: str, store_name: str, root: Path, *, today: dt.date | None = None) -> Marker:
    """Mark a folder's disk as the one a store means; a disk that is already marked so stays as it is.

    Parameters
    ----------
    lab
        Short name of the lab.
    store_name
        Name of the drive store.
    root
        Its folder, which has to exist.
    today
        The day to write down; the system's where not given.

    Raises
    ------
    InputError
        If the folder does not exist, or carries another lab's or store's mark.
    UnreadableError
        If the marker cannot be written.
    """
    if not root.is_dir():
        raise InputError(
            f"Folder {root} of store {store_name!r} does not exist.",
            "Mount the disk, or make the folder where the store is an ordinary folder.",
        )
    found = read_marker(root)
    if found is not None:
        if (found.lab, found.store) == (lab, store_name):
            return found
        raise InputError(
            f"{root} is already marked as store {found.store!r} of lab {found.lab!r}; "
            f"it is not the disk of store {store_name!r} of lab {lab!r}.",
            f"Mount the right disk. To give this one to {store_name!r} all the same, delete {root / MARKER} first.",
        )
    day = today or dt.datetime.now(dt.UTC).date()
    marker = Marker(lab, store_name, str(uuid.uuid4()), day.isoformat())
    # Written beside and renamed: a crash leaves either no marker or a whole one.
    draft = root / f"{MARKER}.{marker.id}"
    try:
        draft.write_text(json.dumps(asdict(marker), indent=2) + "\n", encoding="utf-8")
        draft.chmod(0o644)
        draft.replace(root / MARKER)
    except OSError as error:
        raise UnreadableError(
            f"{root} cannot be marked: {error.strerror}.", "Check that the disk is mounted writable and not full."
        ) from error
    return marker


def require(lab_name: str, store_name: str, path: Path) -> None:
    """Insist that a folder is on the disk that the store means.

    Raises
    ------
    UnreadableError
        If the folder or its marker is missing, or the marker is another lab's or store's.
    """
    mount = f"Mount the disk of store {store_name!r} there"
    if not path.is_dir():
        raise UnreadableError(
            f"The disk of store {store_name!r} is not mounted: {path} does not exist.",
            f"{mount}; if it is new, mark it once with `slidebox mark {store_name}`.",
        )
    found = read_marker(path)
    if found is None:
        raise UnreadableError(
            f"The disk of store {store_name!r} is not mounted at {path}: "
            f"the folder is there, but not the marker {MARKER}.",
            f"{mount}; if it is new, mark it once with `slidebox mark {store_name}`.",
        )
    if (found.lab, found.store) != (lab_name, store_name):
        raise UnreadableError(
            f"The disk at {path} is store {found.store!r} of lab {found.lab!r}, "
            f"not store {store_name!r} of lab {lab_name!r}.",
            f"{mount}.",
        )
