"""Folders at random, with modes, owners, groups and access control lists, and what accounts may really do there."""

from __future__ import annotations

import json
import os
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from slidebox.access.effective import ACTIONS

if TYPE_CHECKING:
    from paramiko import SFTPClient

USERS = (61001, 61002, 61003)
STRANGER = 61009
GROUPS = {62001: (61001, 61002), 62002: (61002, 61003), 62003: ()}
_NOBODYS = 60999
_ACCESS = "system.posix_acl_access"
_MODES = (0o755, 0o750, 0o700, 0o711, 0o770, 0o775, 0o1777, 0o1770, 0o2770, 0o710, 0o701, 0o705, 0o704, 0o740, 0o733)
_FILES = (0o644, 0o640, 0o600, 0o666, 0o660, 0o604, 0o064, 0o004, 0o060, 0o606)


@dataclass
class Tree:
    """Folders below a base that everybody passes, given to some accounts and groups."""

    base: Path
    users: Sequence[int] = USERS
    groups: Sequence[int] = tuple(GROUPS)
    modes: dict[Path, int] = field(default_factory=dict)
    owners: dict[Path, int] = field(default_factory=dict)

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
    def make(
        cls, base: Path, rng: random.Random, users: Sequence[int] = USERS, groups: Sequence[int] = tuple(GROUPS)
    ) -> Tree:
        """Make one at random."""
        tree = cls(base, users, groups)
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
        owner = rng.choice([0, 0, 0, *self.users])
        os.chown(path, owner, rng.choice(self.groups))
        choices = _MODES if path.is_dir() else _FILES
        mode = choices[0] if rng.random() < wide else rng.choice(choices)
        path.chmod(mode)
        if rng.random() < 0.3:
            os.setxattr(path, _ACCESS, self._listed(rng, mode))
            if mode & 0o7000:
                path.chmod(mode & 0o7000 | path.stat().st_mode & 0o777)
        self.modes[path] = path.stat().st_mode & 0o7777
        self.owners[path] = owner

    def _listed(self, rng: random.Random, mode: int) -> bytes:
        def bits() -> int:
            return rng.choice([0, 1, 4, 5, 7, 7, 3, 6])

        nobody = 0xFFFFFFFF
        users = sorted(rng.sample(self.users, rng.choice([0, 1, 1, 2])))
        groups = sorted(rng.sample(self.groups, rng.choice([0, 1, 1, 2])))
        entries = [(1, mode >> 6 & 7, nobody), *((2, bits(), user) for user in users), (4, bits(), nobody)]
        entries += [(8, bits(), group) for group in groups]
        if users or groups or rng.random() < 0.5:
            entries.append((16, rng.choice([7, 7, 5, 4, 1, 0]), nobody))
        entries.append((32, mode & 7, nobody))
        return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)

    def restore(self) -> None:
        """Take back what a try has changed."""
        for path, mode in self.modes.items():
            path.chmod(mode)
        for folder in self.folders:
            (folder / "written").unlink(missing_ok=True)


class Local:
    """What a process does with files of its machine."""

    def list(self, path: Path) -> object:
        """List a folder."""
        return list(os.scandir(path))

    def open(self, path: Path | str, flags: int) -> None:
        """Open a file, or get to a folder."""
        os.close(os.open(path, flags, 0o600))

    def move(self, path: Path) -> None:
        """Give something another name, and its own again."""
        aside = path.with_name(f"{path.name}.aside")
        path.rename(aside)
        aside.rename(path)

    def chmod(self, path: Path, mode: int) -> None:
        """Change a mode."""
        path.chmod(mode)


class OverSftp:
    """What an account does through SFTP."""

    def __init__(self, sftp: SFTPClient) -> None:
        self._sftp = sftp

    def list(self, path: Path) -> object:
        """List a folder."""
        return self._sftp.listdir(str(path))

    def open(self, path: Path | str, flags: int) -> None:
        """Open a file, or get to a folder."""
        if flags & os.O_PATH:
            self._sftp.stat(str(path))
            return
        self._sftp.open(str(path), "a" if flags & os.O_WRONLY else "r").close()

    def move(self, path: Path) -> None:
        """Give something another name, and its own again."""
        self._sftp.posix_rename(str(path), f"{path}.aside")
        self._sftp.posix_rename(f"{path}.aside", str(path))

    def chmod(self, path: Path, mode: int) -> None:
        """Change a mode."""
        self._sftp.chmod(str(path), mode)


def really(tree: Tree, user: int) -> set[str]:
    """What an account may do, tried in a process of its own; whatever it owns it may open to itself first."""
    with _probes(tree):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                os.setgroups([group for group, members in GROUPS.items() if user in members])
                os.setgid(_NOBODYS)
                os.setuid(user)
                os.write(writing, json.dumps(sorted(tried(tree, user, Local()))).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as said:
            found = said.read()
        os.waitpid(child, 0)
    return set(json.loads(found))


def over_sftp(tree: Tree, user: int, sftp: SFTPClient) -> set[str]:
    """What an account may do that is signed in to a server."""
    with _probes(tree):
        return tried(tree, user, OverSftp(sftp))


@contextmanager
def _probes(tree: Tree) -> Iterator[None]:
    """Something in each folder that can be taken away; afterwards all is as it was."""
    probes = [folder / "probe" for folder in tree.folders]
    for probe in probes:
        probe.touch()
    yield
    for probe in probes:
        probe.unlink()
    tree.restore()


def tried(tree: Tree, user: int, way: Local | OverSftp) -> set[str]:
    """What can be done, having opened whatever the account owns."""
    for path in sorted(tree.modes, key=lambda one: len(one.parts)):
        if tree.owners[path] == user:
            _works(way.chmod, path, tree.modes[path] | 0o700)
    found = {action for folder in tree.folders for action in _in_folder(tree, folder, way)}
    for file in tree.files:
        found |= {"read"} if _works(way.open, file, os.O_RDONLY) else set()
        found |= {"write"} if _works(way.open, file, os.O_WRONLY | os.O_APPEND) else set()
    if not tree.files and _works(way.open, f"{tree.data}/.", os.O_PATH):
        found.add("read")
    for above in (tree.base / "above", tree.base / "above/lab", tree.data):
        found |= {"delete"} if _works(way.move, above) else set()
    if _works(way.chmod, tree.data, tree.modes[tree.data] | 0o700):
        found |= set(ACTIONS)
    return found


def _in_folder(tree: Tree, folder: Path, way: Local | OverSftp) -> Iterator[str]:
    if _works(way.list, folder):
        yield "list"
    if _works(way.open, folder / "written", os.O_WRONLY | os.O_CREAT):
        yield "write"
    entries = ["probe", *(path.name for path in tree.modes if path.parent == folder)]
    if any(_works(way.move, folder / entry) for entry in entries):
        yield "delete"


def _works(do: Callable[..., object], *arguments: object) -> bool:
    try:
        do(*arguments)
    except OSError:
        return False
    return True
