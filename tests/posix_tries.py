"""Folders at random, with modes, owners, groups and access control lists, and what accounts may really do there."""

from __future__ import annotations

import json
import os
import random
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from slidebox.access.effective import ACTIONS

USERS = (61001, 61002, 61003)
STRANGER = 61009
GROUPS = {62001: (61001, 61002), 62002: (61002, 61003), 62003: ()}
_NOBODYS = 60999
_ACCESS = "system.posix_acl_access"
_MODES = (0o755, 0o750, 0o700, 0o711, 0o770, 0o775, 0o1777, 0o1770, 0o2770, 0o710, 0o701, 0o705, 0o704, 0o740, 0o733)
_FILES = (0o644, 0o640, 0o600, 0o666, 0o660, 0o604, 0o064, 0o004, 0o060, 0o606)


@dataclass
class Tree:
    """Folders below a base that everybody passes."""

    base: Path
    modes: dict[Path, int] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The dataset's folder."""
        return self.base / "above/lab/data"

    @property
    def folders(self) -> list[Path]:
        """It, and the folders below it."""
        return [path for path in self.modes if path.suffix != ".tif" and path.is_relative_to(self.data)]

    @property
    def files(self) -> list[Path]:
        """Its files."""
        return [path for path in self.modes if path.suffix == ".tif"]

    @classmethod
    def make(cls, base: Path, rng: random.Random) -> Tree:
        """Make one at random."""
        tree = cls(base)
        for path in (base / "above", base / "above/lab", base / "above/lab/data"):
            path.mkdir()
            tree._set(path, rng, wide=0.6)
        places = [tree.data]
        for number in range(rng.choice([0, 1, 1, 2])):
            place = rng.choice(places) / f"sub{number}"
            place.mkdir()
            tree._set(place, rng, wide=0.4)
            places.append(place)
        for number in range(rng.choice([0, 1, 2, 3])):
            file = rng.choice(places) / f"image{number}.tif"
            file.write_bytes(b"II*\0")
            tree._set(file, rng, wide=0.2)
        return tree

    def _set(self, path: Path, rng: random.Random, wide: float) -> None:
        owner = rng.choice([0, 0, 0, *USERS])
        os.chown(path, owner, rng.choice(list(GROUPS)))
        choices = _MODES if path.is_dir() else _FILES
        mode = choices[0] if rng.random() < wide else rng.choice(choices)
        path.chmod(mode)
        if rng.random() < 0.3:
            os.setxattr(path, _ACCESS, _listed(rng, mode))
            if mode & 0o7000:
                path.chmod(mode & 0o7000 | path.stat().st_mode & 0o777)
        self.modes[path] = path.stat().st_mode & 0o7777

    def restore(self) -> None:
        """Take back what a try has changed."""
        for path, mode in self.modes.items():
            path.chmod(mode)
        for folder in self.folders:
            (folder / "written").unlink(missing_ok=True)


def _listed(rng: random.Random, mode: int) -> bytes:
    def bits() -> int:
        return rng.choice([0, 1, 4, 5, 7, 7, 3, 6])

    nobody = 0xFFFFFFFF
    users = sorted(rng.sample(USERS, rng.choice([0, 1, 1, 2])))
    groups = sorted(rng.sample(list(GROUPS), rng.choice([0, 1, 1, 2])))
    entries = [(1, mode >> 6 & 7, nobody), *((2, bits(), user) for user in users), (4, bits(), nobody)]
    entries += [(8, bits(), group) for group in groups]
    if users or groups or rng.random() < 0.5:
        entries.append((16, rng.choice([7, 7, 5, 4, 1, 0]), nobody))
    entries.append((32, mode & 7, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def really(tree: Tree, user: int) -> set[str]:
    """What an account may do, tried in a process of its own; whatever it owns it may open to itself first."""
    probes = [folder / "probe" for folder in tree.folders]
    for probe in probes:
        probe.touch()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.setgroups([group for group, members in GROUPS.items() if user in members])
            os.setgid(_NOBODYS)
            os.setuid(user)
            os.write(writing, json.dumps(sorted(_tried(tree, user))).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        found = said.read()
    os.waitpid(child, 0)
    for probe in probes:
        probe.unlink()
    tree.restore()
    return set(json.loads(found))


def _tried(tree: Tree, user: int) -> set[str]:
    for path in sorted(tree.modes, key=lambda one: len(one.parts)):
        with suppress(OSError):
            if path.stat().st_uid == user:
                path.chmod(tree.modes[path] | 0o700)
    found = {action for folder in tree.folders for action in _in_folder(tree, folder)}
    for file in tree.files:
        found |= {"read"} if _works(_opened, file, os.O_RDONLY) else set()
        found |= {"write"} if _works(_opened, file, os.O_WRONLY | os.O_APPEND) else set()
    if not tree.files and _works(_opened, f"{tree.data}/.", os.O_PATH):
        found.add("read")
    for above in (tree.base / "above", tree.base / "above/lab", tree.data):
        found |= {"delete"} if _works(_moved, above) else set()
    if _works(tree.data.chmod, tree.modes[tree.data] | 0o700):
        found |= set(ACTIONS)
    return found


def _in_folder(tree: Tree, folder: Path) -> Iterator[str]:
    if _works(os.scandir, folder):
        yield "list"
    if _works(_opened, folder / "written", os.O_WRONLY | os.O_CREAT):
        yield "write"
    entries = ["probe", *(path.name for path in tree.modes if path.parent == folder)]
    if any(_works(_moved, folder / entry) for entry in entries):
        yield "delete"


def _moved(path: Path) -> None:
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    aside.rename(path)


def _opened(path: Path | str, flags: int) -> None:
    os.close(os.open(path, flags, 0o600))


def _works(do: Callable[..., object], *arguments: object) -> bool:
    try:
        do(*arguments)
    except OSError:
        return False
    return True
