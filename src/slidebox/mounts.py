"""Which disks this machine has and where they are mounted, as Linux says it.

``/dev/disk/by-uuid`` and ``by-label`` name the file systems that are plugged in (udev(7)); ``/proc/self/mountinfo``
says where each is mounted (proc_pid_mountinfo(5)). They are read here and nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from slidebox.errors import UnreadableError

_OCTAL = re.compile(r"\\([0-7]{3})")
_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the table of mounts.

    Attributes
    ----------
    point
        Where it is mounted.
    device
        What is mounted, with symbolic links followed.
    whole
        Whether it is the whole file system and not a folder of it.
    """

    point: Path
    device: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Machine:
    """The file systems of a machine.

    Attributes
    ----------
    uuids, labels
        The device of each file system that is plugged in, by its UUID in small letters, and by its label.
    mounts
        What is mounted, in the order of the table; of two at one place the later is on top.
    speaks
        Whether the system says which file systems are plugged in.
    """

    uuids: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    speaks: bool = True

    def at(self, point: Path) -> str:
        """The device that is mounted at a place; empty where nothing is."""
        return next((one.device for one in reversed(self.mounts) if one.point == point), "")

    def points(self, device: str) -> tuple[Path, ...]:
        """Where a device is mounted and can be seen: places of the whole file system only."""
        return tuple(m.point for m in self.mounts if m.device == device and m.whole and self.at(m.point) == device)

    def uuid_of(self, device: str) -> str:
        """The UUID of a device's file system; empty where nothing says it."""
        return next((uuid for uuid, one in self.uuids.items() if one == device), "")

    def label_of(self, device: str) -> str:
        """The label of a device's file system; empty where it has none."""
        return next((label for label, one in self.labels.items() if one == device), "")


Looking: TypeAlias = Callable[[], Machine]
"""Looks at the machine: drives are plugged in and out while a program runs."""


def this_machine(root: Path = Path("/")) -> Machine:
    """What this machine has now.

    Parameters
    ----------
    root
        The folder that has ``dev`` and ``proc``.

    Raises
    ------
    UnreadableError
        If the table of mounts is there and cannot be read.
    """
    table = root / "proc" / "self" / "mountinfo"
    try:
        lines = table.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise UnreadableError(f"{table} cannot be read: {error.strerror}.") from error
    mounts = tuple(mount for line in lines if (mount := _mount(line, root)))
    disks = root / "dev" / "disk"
    uuids = {uuid.lower(): device for uuid, device in _named(disks / "by-uuid").items()}
    return Machine(uuids, _named(disks / "by-label"), mounts, disks.is_dir())


def _named(folder: Path) -> dict[str, str]:
    """The devices that a folder of symbolic links names."""
    try:
        links = sorted(folder.iterdir())
    except OSError:
        return {}
    # udev writes a character that is not safe in a name as \xNN.
    return {_HEX.sub(_byte, link.name): os.path.realpath(link) for link in links}


def _byte(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _mount(line: str, root: Path) -> Mount | None:
    """A mount from a line: ``42 27 7:0 / /mnt rw - ext4 /dev/sdb1 rw``; None where it is another kind of line."""
    before, dash, after = line.partition(" - ")
    words, more = before.split(" "), after.split(" ")
    if not dash or len(words) < 5 or len(more) < 2:
        return None
    source = _plain(more[1])
    device = os.path.realpath(root / source.lstrip("/")) if source.startswith("/") else source
    return Mount(Path(_plain(words[4])), device, words[3] == "/")


def _plain(text: str) -> str:
    """A path of the table, in which space, tab, end of line and backslash are written in octal."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
