"""What a tree of folders is, in few words: the different ways through it, each once (`slidebox.access.places`)."""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Mapping
from typing import Any, Final

from slidebox.access.snapshot import unread
from slidebox.provider.drive import RECORD

MOST = 500_000
"""How many files and folders of a dataset are looked at."""

_MOST_WAYS = 2_000
"""A tree that needs more is as good as not looked at."""

_VERSION = 2
_TAGS: Final[Mapping[int, str]] = {1: "user", 2: "user", 4: "group", 8: "group", 16: "mask", 32: "other"}
_NAMED = frozenset({2, 8})

Entry = dict[str, Any]
"""A file or folder, as a snapshot has it."""


def access_list(value: bytes, user: Mapping[int, str], group: Mapping[int, str]) -> list[str]:
    """The entries of an access control list as Linux keeps it, as ``getfacl -c`` writes them.

    Parameters
    ----------
    value
        The extended attribute ``system.posix_acl_access``.
    user, group
        Names by number; whatever has none stands there as its number.

    Raises
    ------
    ValueError
        If it is no such list.
    """
    if len(value) % 8 != 4 or struct.unpack_from("<I", value)[0] != _VERSION:
        raise ValueError("an access control list of a form that is not known")
    found = []
    for tag, bits, number in struct.iter_unpack("<HHI", value[4:]):
        if tag not in _TAGS:
            raise ValueError("an access control list with an entry that is not known")
        names = user if tag == 2 else group
        name = names.get(number, str(number)) if tag in _NAMED else ""
        letters = "".join(letter if bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
        found.append(f"{_TAGS[tag]}:{name}:{letters}")
    return found


class Ways:
    """Gathers what lies below a dataset's folder.

    Parameters
    ----------
    root
        The dataset's folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        # What leads to each folder: the different folders on the way, itself last, and whether all are known.
        self._folders: dict[str, tuple[tuple[str, ...], bool]] = {root: ((), True)}
        self._ways: dict[tuple[frozenset[str], str], dict[str, Entry]] = {}
        self._entries: dict[str, Entry] = {}
        self._seen = 0
        self._left: str | None = None

    @property
    def full(self) -> bool:
        """Whether no more is taken."""
        return self._seen >= MOST or len(self._ways) > _MOST_WAYS

    def folder(self, path: str, entry: Entry) -> None:
        """Take a folder, after the one that it lies in."""
        self._seen += 1
        above, known = self._folders.get(posixpath.dirname(path), ((), False))
        here = (*above, self._key(entry))
        self._folders[path] = here, known
        if known:
            self._way(here)
        else:
            self.left(f"{posixpath.dirname(path)} was not read")

    def file(self, path: str, entry: Entry, number: int = 1) -> None:
        """Take a file, or several of one folder that are alike; slidebox's own record is no data."""
        self._seen += number
        if posixpath.basename(path) == RECORD:
            return
        here, known = self._folders.get(posixpath.dirname(path), ((), False))
        if not known:
            self.left(f"{posixpath.dirname(path)} was not read")
            return
        self._way(here)[self._key(entry)] = entry

    def left(self, why: str) -> None:
        """Say that something was not looked at."""
        self._left = self._left or why

    def _way(self, here: tuple[str, ...]) -> dict[str, Entry]:
        return self._ways.setdefault((frozenset(here[:-1]), here[-1] if here else ""), {})

    def _key(self, entry: Entry) -> str:
        key = repr(sorted(entry.items()))
        self._entries[key] = entry
        return key

    def document(self) -> dict[str, Any]:
        """What was gathered, as a snapshot has it."""
        if self.full:
            self.left(f"more than {MOST} files and folders are in it, or they differ too much")
        ways = [
            {
                "folders": [self._entries[key] for key in (*sorted(above), last) if key],
                "files": [files[key] for key in sorted(files)],
            }
            for (above, last), files in sorted(self._ways.items(), key=lambda one: (sorted(one[0][0]), one[0][1]))
        ]
        return {"ways": ways, **({"left": self._left} if self._left else {})}


def list_unread(mode: int, why: str) -> Any:
    """In place of a list that nobody can ask for: none where the mode's group has nothing, as it is the list's mask."""
    return unread(why) if mode >> 3 & 7 else None
