"""One file or folder as POSIX sees it, and whether somebody may read, write or pass it.

Source: acl(5), "ACCESS CHECK ALGORITHM"; POSIX.1-2017, 4.5 "File Access Permissions"; IEEE 1003.1e draft 17, 23.1.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.snapshot import why_unread

READ, WRITE, PASS = 4, 2, 1
_MODE = re.compile(r"^(?:0o)?([0-7]{3,4})$")
_LISTED = re.compile(r"(user|group|mask|other):([^:]*):([r-])([w-])([x-])")


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody of a machine.

    Attributes
    ----------
    account
        The account's name, or its number where it has none; empty for one that nothing names.
    groups
        The groups that it is in.
    """

    account: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder.

    Attributes
    ----------
    mode
        Its mode.
    owner, group
        The account and the group that it belongs to; empty where nothing says it.
    listed
        The entries of its access control list, as kind, name and bits; empty where it has none.
    doubt
        Why its access control list is not known; empty where it is.
    path
        Where it is, for a sentence.
    mounted
        Whether a file system is mounted there, so that nobody can move it.
    """

    mode: int
    owner: str
    group: str
    listed: tuple[tuple[str, str, int], ...] = ()
    doubt: str = ""
    path: str = ""
    mounted: bool = False

    @property
    def sticky(self) -> bool:
        """Whether only the owner of what is in it, or its own, takes that away."""
        return bool(self.mode & 0o1000)

    @property
    def mask(self) -> int:
        """The most that a named account, a named group and its own group have."""
        return next((bits for kind, _, bits in self.listed if kind == "mask"), 7)

    def words(self) -> str:
        """What it is called in a path of access."""
        return f"mode {self.mode:04o}" + (" with an access control list" if self.listed else "")

    def allows(self, who: Who, wanted: int) -> bool:
        """Whether somebody has all of the wanted bits."""
        return self.decided(who, wanted)[0]

    def decided(self, who: Who, wanted: int) -> tuple[bool, str]:
        """Whether somebody has all of the wanted bits, and what decides it.

        One entry decides: the owner's, a named account's, then any of a group that has all bits, then everybody's.
        """
        if who.account and who.account == self.owner:
            return _has(self.mode >> 6, wanted), f"owner {self.owner}"
        for kind, name, bits in self.listed:
            if kind == "user" and name and name == who.account:
                return _has(bits & self.mask, wanted), f"access control list: account {name}"
        found = [(name, bits) for name, bits in self.group_bits() if name in who.groups]
        if found:
            fitting = next((name for name, bits in found if _has(bits, wanted)), None)
            return fitting is not None, f"group {fitting or found[0][0]}"
        return _has(self.mode, wanted), "every account of the machine"

    def group_bits(self) -> Iterator[tuple[str, int]]:
        """Every group that has an entry, with what its members have by it."""
        own = next((bits for kind, name, bits in self.listed if kind == "group" and not name), self.mode >> 3 & 7)
        yield self.group, own & self.mask
        for kind, name, bits in self.listed:
            if kind == "group" and name:
                yield name, bits & self.mask

    def at_most(self, wanted: int) -> bool:
        """Whether anybody but the owner could have the wanted bits, whoever that is."""
        named = [bits & self.mask for kind, name, bits in self.listed if kind == "user" and name]
        doubtful = [self.mode >> 3 & 7] if self.doubt else []
        return any(
            _has(bits, wanted) for bits in (self.mode, *named, *doubtful, *(bits for _, bits in self.group_bits()))
        )

    def accounts(self) -> Iterator[str]:
        """The accounts that it names."""
        if self.owner:
            yield self.owner
        yield from (name for kind, name, _ in self.listed if kind == "user" and name)

    def groups(self) -> Iterator[str]:
        """The groups that it names."""
        yield from (name for name, _ in self.group_bits() if name)


def entry(said: object, path: str = "") -> Entry | None:
    """A file or folder from a snapshot; None where nothing is known of it.

    Parameters
    ----------
    said
        Its ``mode`` (octal), ``owner``, ``group``, and ``acl``: its list as ``getfacl`` writes it, None where it has
        none.
    path
        Where it is.
    """
    if not isinstance(said, Mapping) or why_unread(said) is not None:
        return None
    match = _MODE.match(said["mode"]) if isinstance(said.get("mode"), str) else None
    owner, group = said.get("owner"), said.get("group")
    if match is None or not isinstance(owner, str | None) or not isinstance(group, str | None):
        return None
    listed, doubt = _listed(said.get("acl"))
    if not int(match[1], 8) & 0o070:
        # Linux does not look at a list whose mask is empty (fs/namei.c, acl_permission_check): whom it names has
        # what everybody has.
        listed, doubt = (), ""
    where = str(said.get("path") or path)
    return Entry(int(match[1], 8), owner or "", group or "", listed, doubt, where, said.get("mounted") is True)


def _listed(said: Any) -> tuple[tuple[tuple[str, str, int], ...], str]:
    """The entries of a list; what is not understood makes all of it doubtful."""
    if said is None:
        return (), ""
    if (why := why_unread(said)) is not None:
        return (), why
    if not isinstance(said, list):
        return (), "its access control list is not understood"
    found = []
    for text in said:
        match = _LISTED.fullmatch(str(text))
        if match is None:
            return (), "its access control list is not understood"
        bits = sum(bit for letter, bit in zip(match.group(3, 4, 5), (4, 2, 1), strict=True) if letter != "-")
        found.append((match[1], match[2], bits))
    if any(name for kind, name, _ in found if kind in ("user", "group")) or any(k == "mask" for k, _, _ in found):
        return tuple(found), ""
    return (), ""  # a list of three entries says what the mode says


def _has(bits: int, wanted: int) -> bool:
    return bits & wanted == wanted
