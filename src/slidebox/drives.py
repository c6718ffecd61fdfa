"""Mounted disks: a marker file on each proves that the right one is there.

An empty mount point looks like an empty disk, and a path under it then silently fills the system disk.
So a drive store is used only where its folder holds the marker that `mark` wrote once. A drive that is registered by
the UUID or label of its file system is found wherever it is mounted; one that is not plugged in is offline.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import uuid
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from slidebox.errors import InputError, UnreadableError
from slidebox.model import Store, System
from slidebox.mounts import Looking, Machine, this_machine
from slidebox.quantities import human_bytes

MARKER = ".slidebox-drive.json"


class OfflineError(UnreadableError):
    """A drive that is not plugged in: what lies on it is not lost, and cannot be read now."""


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
    visited, result
        The day on which everything on it was last read back, and what came of it; empty before the first time.
    """

    lab: str
    store: str
    id: str
    made: str
    visited: str = ""
    result: str = ""


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
        visit = {name: str(found.get(name, "")) for name in ("visited", "result")}
        return Marker(**{name: str(found[name]) for name in ("lab", "store", "id", "made")}, **visit)
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
    _write(root, marker)
    return marker


def note_visit(root: Path, day: dt.date, result: str) -> None:
    """Write onto a drive when everything on it was read back, and what came of it.

    Raises
    ------
    UnreadableError
        If the drive has no marker, or cannot be written.
    """
    marker = read_marker(root)
    if marker is None:
        raise UnreadableError(f"{root} has no marker any more.", "Check that the drive is still mounted.")
    _write(root, replace(marker, visited=day.isoformat(), result=result))


def _write(root: Path, marker: Marker) -> None:
    # Written beside and renamed: a crash leaves either no marker or a whole one.
    draft = root / f"{MARKER}.{marker.id}"
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(marker), indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(root / MARKER)
    except OSError as error:
        raise UnreadableError(
            f"{root} cannot be marked: {error.strerror}.", "Check that the disk is mounted writable and not full."
        ) from error


def require(lab_name: str, store_name: str, path: Path, absent: type[UnreadableError] = UnreadableError) -> None:
    """Insist that a folder is on the disk that the store means.

    Parameters
    ----------
    lab_name, store_name
        Whose disk it has to be.
    path
        The folder.
    absent
        What is raised where the disk is not there.

    Raises
    ------
    UnreadableError
        If the folder or its marker is missing, or the marker is another lab's or store's.
    """
    mount = f"Mount the disk of store {store_name!r} there"
    if not path.is_dir():
        raise absent(
            f"The disk of store {store_name!r} is not mounted: {path} does not exist.",
            f"{mount}; if it is new, mark it once with `slidebox mark {store_name}`.",
        )
    found = read_marker(path)
    if found is None:
        raise absent(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """A drive store, wherever its drive is now.

    Attributes
    ----------
    lab, store
        Whose disk it is, as in its marker.
    path
        Its folder as declared, absolute; None where only its file system is known.
    uuid, label
        Of its file system; empty where it is not registered.
    external
        Whether it is one that is plugged in and out.
    machine
        Looks at what is plugged in.
    """

    lab: str
    store: str
    path: Path | None
    uuid: str = ""
    label: str = ""
    external: bool = False
    machine: Looking = field(default=this_machine, repr=False, compare=False)

    @classmethod
    def of(cls, lab: str, lab_root: Path, name: str, store: Store, machine: Looking = this_machine) -> Drive:
        """The drive of a declared store.

        Raises
        ------
        InputError
            If it is no drive.
        """
        return cls(
            lab=lab,
            store=name,
            path=None if store.registered and not store.path else drive_path(lab_root, store),
            uuid=store.uuid or "",
            label=store.label or "",
            external=store.system is System.EXTERNAL_DRIVE,
            machine=machine,
        )

    @property
    def registered(self) -> bool:
        """Whether it is known by its file system."""
        return bool(self.uuid or self.label)

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        said = [f"UUID {self.uuid}"] if self.uuid else []
        said += [f"label {self.label!r}"] if self.label else []
        return f"drive of store {self.store!r}" + (f" ({', '.join(said)})" if said else "")

    def root(self) -> Path:
        """Where its files are now; whether it carries its mark is another question.

        Raises
        ------
        OfflineError
            If it is not plugged in, or not mounted.
        UnreadableError
            If another drive is mounted in its place, or the system does not say.
        """
        if not self.registered:
            assert self.path is not None  # noqa: S101 - the model insists on it
            return self.path
        machine = self.machine()
        if not machine.speaks:
            if self.path is None:
                raise UnreadableError(
                    f"This system does not say where the {self.name} is mounted.", "Give the store a 'path' as well."
                )
            return self.path
        device = machine.uuids.get(self.uuid.lower(), "") if self.uuid else machine.labels.get(self.label, "")
        if device and self.uuid and self.label and machine.label_of(device) != self.label:
            raise UnreadableError(
                f"The drive with UUID {self.uuid} has the label {machine.label_of(device)!r} and not {self.label!r}.",
                f"Correct 'uuid' or 'label' of store {self.store!r} in lab.yaml.",
            )
        points = machine.points(device) if device else ()
        if not points:
            raise self._absent(machine, device)
        return self.path if self.path in points else points[0]

    def _absent(self, machine: Machine, device: str) -> UnreadableError:
        """What to say of a drive that is mounted nowhere: another in its place is worse than none."""
        other = machine.at(self.path) if self.path else ""
        if other:
            known = machine.uuid_of(other)
            return UnreadableError(
                f"Another drive is mounted at {self.path}: {other}{f' (UUID {known})' if known else ''}, "
                f"and not the {self.name}.",
                "Take it out, or mount it elsewhere, and plug in the right one.",
            )
        if device:
            return OfflineError(f"The {self.name} is plugged in as {device}, but not mounted.", "Mount it.")
        return OfflineError(f"The {self.name} is not plugged in.", "Plug it in and mount it.")

    def require(self) -> Path:
        """Where its files are now, with its mark.

        Raises
        ------
        OfflineError
            If it is registered or external, and not there.
        UnreadableError
            If it is not the right one, or cannot be read.
        """
        root = self.root()
        # A drive that is found by its file system is there, marked or not.
        if self.registered and self.machine().speaks and read_marker(root) is None:
            raise UnreadableError(
                f"The {self.name} is mounted at {root}, and has no mark yet.",
                f"If it is the right one, mark it once with `slidebox mark {self.store}`.",
            )
        require(self.lab, self.store, root, OfflineError if self.external else UnreadableError)
        return root
