"""Accounts and groups of the machine that an audit runs on, what it exports, and its folders as they are."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from slidebox.access.places.exports import parsed
from slidebox.access.snapshot import unread
from slidebox.audit.live.posix import Entry, Ways, access_list

_ACCESS = "system.posix_acl_access"
_NO_LIST = frozenset({errno.ENODATA, errno.ENOTSUP, errno.EOPNOTSUPP})
_LOCAL = frozenset({"files", "compat", "systemd", "altfiles"})


class LocalFolders:
    """The folders of this machine, and whoever is on it.

    Parameters
    ----------
    root
        The folder that stands for the root of the file system: its ``etc`` says who is there and what is exported.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._users: dict[int, str] = {}
        self._groups: dict[int, str] = {}
        for user in pwd.getpwall():
            self._users.setdefault(user.pw_uid, user.pw_name)
        for group in grp.getgrall():
            self._groups.setdefault(group.gr_gid, group.gr_name)

    # Folders

    def folder(self, path: Path) -> dict[str, Any]:
        """A folder with what leads to it and what is in it, as a snapshot has it; links on the way are followed."""
        real = Path(os.path.realpath(path))
        folder = self._entry(real)
        return {
            "machine": "",
            "path": str(real),
            "above": [self._entry(above) for above in reversed(real.parents)],
            "folder": folder,
            # Where only the owner gets in, and that one may do anything, nothing in it says more.
            "below": self._below(str(real)) if may_be_passed(folder) else None,
            "read_only": self._read_only(real),
        }

    def _read_only(self, path: Path) -> Any:
        try:
            return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
        except OSError as error:
            return unread(_sentence(error))

    def _entry(self, path: Path) -> Entry:
        try:
            found = {**self._described(str(path), path.lstat()), "path": str(path)}
        except OSError as error:
            return unread(_sentence(error))
        return {**found, "mounted": True} if os.path.ismount(path) else found

    def _described(self, path: str, found: os.stat_result) -> Entry:
        mode = stat.S_IMODE(found.st_mode)
        entry: Entry = {
            "mode": f"{mode:04o}",
            "owner": self._user(found.st_uid),
            "group": self._group(found.st_gid),
        }
        listed = self._list(path)
        return entry if listed is None else {**entry, "acl": listed}

    def _list(self, path: str) -> Any:
        try:
            value = os.getxattr(path, _ACCESS, follow_symlinks=False)
        except OSError as error:
            return None if error.errno in _NO_LIST else unread(_sentence(error))
        except AttributeError:
            return unread("this system does not show access control lists in this way")
        try:
            return access_list(value, _Names(self._user), _Names(self._group))
        except ValueError as error:
            return unread(str(error))

    def _below(self, root: str) -> Any:
        """What lies below a folder; nothing behind a link, which may lead anywhere."""
        ways = Ways(root)
        waiting = [root]
        while waiting and not ways.full:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as listed:
                    inside = sorted(listed, key=lambda one: one.name)
            except OSError as error:
                if folder == root:
                    return unread(_sentence(error))
                ways.left(f"{folder}: {_sentence(error)}")
                continue
            for one in inside:
                self._take(ways, one, waiting)
        return ways.document()

    def _take(self, ways: Ways, one: os.DirEntry[str], waiting: list[str]) -> None:
        try:
            found = one.stat(follow_symlinks=False)
        except OSError as error:
            ways.left(f"{one.path}: {_sentence(error)}")
            return
        if stat.S_ISDIR(found.st_mode):
            ways.folder(one.path, self._described(one.path, found))
            waiting.append(one.path)
        elif not stat.S_ISLNK(found.st_mode):
            ways.file(one.path, self._described(one.path, found))

    # Who is there

    def _user(self, number: int) -> str:
        if number not in self._users:
            try:
                self._users[number] = pwd.getpwuid(number).pw_name
            except KeyError:
                self._users[number] = str(number)
        return self._users[number]

    def _group(self, number: int) -> str:
        if number not in self._groups:
            try:
                self._groups[number] = grp.getgrgid(number).gr_name
            except KeyError:
                self._groups[number] = str(number)
        return self._groups[number]

    def machine(self, folders: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Who is on this machine, as far as folders name groups, and what it exports."""
        wanted = groups_in(list(folders))
        members: dict[str, set[str]] = {group: set() for group in wanted}
        for group in self._all_groups(wanted):
            for name in group.gr_mem:
                members[self._group(group.gr_gid)].add(self._canonical(name))
        for user in pwd.getpwall():
            if (primary := self._group(user.pw_gid)) in members:
                members[primary].add(self._user(user.pw_uid))
        return {
            "groups": {group: sorted(found) for group, found in sorted(members.items())},
            "complete": self._complete(),
            "exports": self._exports(),
        }

    def _all_groups(self, wanted: set[str]) -> list[grp.struct_group]:
        """The groups that are asked for; a directory may know some that it does not list."""
        found = {group.gr_gid: group for group in grp.getgrall() if self._group(group.gr_gid) in wanted}
        for name in wanted:
            try:
                group = grp.getgrgid(int(name)) if name.isdecimal() else grp.getgrnam(name)
            except (KeyError, OverflowError):
                continue
            found.setdefault(group.gr_gid, group)
        return list(found.values())

    def _canonical(self, name: str) -> str:
        """The name of an account that its number has, where several have one number."""
        try:
            return self._user(pwd.getpwnam(name).pw_uid)
        except KeyError:
            return name

    def _complete(self) -> bool:
        """Whether all accounts are in this machine's own files (nsswitch.conf(5)); a directory need not list them."""
        try:
            lines = (self._root / "etc/nsswitch.conf").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return True  # then the files are all there is
        except (OSError, UnicodeDecodeError):
            return False
        return switched_to_files(lines)

    def _exports(self) -> Any:
        found: list[dict[str, Any]] = []
        try:
            files = [self._root / "etc/exports", *sorted((self._root / "etc/exports.d").glob("*.exports"))]
            for file in files:
                if file.exists():
                    found += parsed(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            return unread(f"{file}: {_sentence(error) if isinstance(error, OSError) else 'it is no text'}")
        return found or None


def may_be_passed(folder: Mapping[str, Any]) -> bool:
    """Whether anybody but its owner could get into a folder; the group's bits are the most that a list gives."""
    return "mode" not in folder or bool(int(folder["mode"], 8) & 0o011)


def switched_to_files(lines: Iterable[str]) -> bool:
    """Whether accounts and groups come from a machine's own files alone, by the lines of its nsswitch.conf(5)."""
    sources: set[str] = set()
    for line in lines:
        what, _, rest = line.partition("#")[0].partition(":")
        if what.strip() in ("passwd", "group", "initgroups"):
            sources |= {word for word in rest.split() if not word.startswith("[")}
    return sources <= _LOCAL


def groups_in(part: Any) -> set[str]:
    """Every group that files and folders of a snapshot name."""
    found: set[str] = set()
    if isinstance(part, Mapping):
        if "mode" in part and isinstance(part.get("group"), str):
            found.add(part["group"])
            listed = part.get("acl")
            words = [str(one).split(":") for one in listed] if isinstance(listed, list) else []
            found |= {word[1] for word in words if len(word) > 1 and word[0] == "group" and word[1]}
        for value in part.values():
            found |= groups_in(value)
    elif isinstance(part, list):
        for value in part:
            found |= groups_in(value)
    return found


class _Names(Mapping[int, str]):
    """Names by number, asked for one by one."""

    def __init__(self, ask: Callable[[int], str]) -> None:
        self._ask = ask

    def __getitem__(self, number: int) -> str:
        return self._ask(number)

    def __iter__(self) -> Any:
        raise TypeError("they are only asked for")

    def __len__(self) -> int:
        raise TypeError("they are only asked for")


def _sentence(error: OSError) -> str:
    return f"it could not be read ({error.strerror or error})"
