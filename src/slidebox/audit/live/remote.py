"""Folders of a server that is reached over SSH, and who is on it, as an audit of access needs them."""

from __future__ import annotations

import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from slidebox.access.snapshot import unread
from slidebox.audit.live.machine import groups_in, may_be_passed, switched_to_files
from slidebox.audit.live.posix import Entry, Ways, list_unread
from slidebox.cluster import Cluster
from slidebox.cluster.accounts import group_name, user_name
from slidebox.errors import SlideboxError
from slidebox.provider.drive import RECORD

if TYPE_CHECKING:
    from paramiko import SFTPClient

_MOST_BYTES = 3_000_000
"""Of one command's answer; a shell's longer answers are none (`slidebox.cluster.shell`)."""

_MOST_LISTED = 5_000
"""Files and folders that are listed through SFTP, where a server allows no commands."""

_FOLDERS = (
    r"""find "$1" -mindepth 1 -type d \( ! -readable -o ! -executable \) -printf '! %p\n' -o -mindepth 1 -type d """
)
_FOLDERS += r"""-printf 'd %m %u %g %p\n' | head -c "$2" """
_ALIKE = r"""find "$1" -mindepth 1 ! -type d ! -type l ! -name "$3" -printf '%m %u %g %h\n' | sort | uniq -c | """
_ALIKE += r"""head -c "$2" """
_EACH = r"""find "$1" -mindepth 1 ! -type d ! -type l ! -name "$3" -printf '1 %m %u %g %p\n' | head -c "$2" """
_LISTS = r"""getfacl -R -P -s -p -- "$1" | head -c "$2" """

_ESCAPED = re.compile(r"\\([0-7]{3})")
_NO_PROGRAM = "the server has no getfacl, or allows no commands: nobody can ask for access control lists there"


class RemoteFolders:
    """The folders of a server.

    Parameters
    ----------
    cluster
        The server.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._users: dict[int, str] = {}
        self._groups: dict[int, str] = {}
        self.name = str(cluster)

    def exists(self, path: str) -> bool:
        """Whether something is there.

        Raises
        ------
        SlideboxError
            If the server does not say.
        """
        return self._cluster.status(path) is not None

    def folder(self, path: str) -> dict[str, Any]:
        """A folder with what leads to it and what is in it, as a snapshot has it; links on the way are followed.

        Raises
        ------
        SlideboxError
            If the server does not say where it is.
        """
        real = self._cluster.again(f"looking at {path}", lambda sftp: sftp.normalize(path))
        parents = ["/"]
        for name in [part for part in posixpath.dirname(real).split("/") if part]:
            parents.append(posixpath.join(parents[-1], name))
        folder = self._entry(real)
        return {
            "path": real,
            "above": [self._entry(one) for one in parents],
            "folder": folder,
            "below": self._below(real) if may_be_passed(folder) else None,
            "read_only": False,  # a server does not say it; then nothing is taken off
        }

    def _entry(self, path: str) -> Entry:
        try:
            found = self._cluster.status(path)
        except SlideboxError as error:
            return unread(error.message)
        if found is None or found.st_mode is None or found.st_uid is None or found.st_gid is None:
            return unread(f"the server says nothing of {path}")
        entry = self._described(found.st_mode, self._user(found.st_uid), self._group(found.st_gid), path)
        return {**entry, "path": path}

    def _described(self, mode: int, owner: str, group: str, path: str) -> Entry:
        mode = stat.S_IMODE(mode)
        entry: Entry = {"mode": f"{mode:04o}", "owner": owner, "group": group}
        listed = self._list(path, mode)
        return entry if listed is None else {**entry, "acl": listed}

    def _list(self, path: str, mode: int) -> Any:
        answer = self._cluster.ask("getfacl", "-p", "-c", "--", path) if mode >> 3 & 7 else None
        if answer is None or answer.code != 0:
            return list_unread(mode, _NO_PROGRAM)
        return listed_in(answer.text.splitlines()) or None

    def _user(self, number: int) -> str:
        if number not in self._users:
            self._users[number] = user_name(self._cluster, number)
        return self._users[number]

    def _group(self, number: int) -> str:
        if number not in self._groups:
            self._groups[number] = group_name(self._cluster, number)
        return self._groups[number]

    # What is in a folder

    def _below(self, path: str) -> Any:
        try:
            return self._found(path) if self._cluster.commands else self._walked(path)
        except SlideboxError as error:
            return unread(error.message)

    def _has(self, *words: str) -> bool:
        answer = self._cluster.ask(*words)
        return answer is not None and answer.code == 0

    def _script(self, text: str, path: str) -> str:
        """What a few commands say of a folder; what is longer is cut off in its last line."""
        answer = self._cluster.ask("sh", "-c", text, "sh", path, str(_MOST_BYTES), RECORD)
        return answer.text if answer is not None else ""

    def _found(self, path: str) -> Any:
        ways = Ways(path)
        if not self._has("find", "--version"):
            return self._walked(path)
        known = self._has("getfacl", "--version")
        lists = _lists_of(self._script(_LISTS, path)) if known else {}
        for words in self._lines(ways, _FOLDERS, path, 5):
            if words[0] == "!":
                ways.left(f"{words[1]} could not be read")
            else:
                ways.folder(words[4], _told(words[1:4], lists.get(words[4]), known=known))
        for words in self._lines(ways, _EACH if lists else _ALIKE, path, 5):
            # Files that are alike are counted in their folder; where one has a list, each stands by itself.
            file = words[4] if lists else posixpath.join(words[4], "a file")
            ways.file(file, _told(words[1:4], lists.get(words[4]) if lists else None, known=known), int(words[0]))
        return ways.document()

    def _lines(self, ways: Ways, script: str, path: str, most: int) -> Iterator[list[str]]:
        text = self._script(script, path)
        lines = text.split("\n")
        if len(text.encode()) >= _MOST_BYTES:
            ways.left(f"more is in {path} than one answer of the server holds")
            lines = lines[:-1]
        for line in lines:
            words = line.strip().split(" ", most - 1)
            if words[0] == "!" and len(words) > 1:
                yield ["!", line.strip()[2:]]
            elif len(words) == most and re.fullmatch("[0-7]+", words[1]):
                yield words
            elif line.strip():
                ways.left(f"a line about {path} is not understood")

    def _walked(self, path: str) -> Any:
        ways = Ways(path)
        waiting, seen = [path], 0
        while waiting:
            folder = waiting.pop()
            try:
                listed = self._cluster.again(f"listing {folder}", _listing(folder))
            except SlideboxError as error:
                ways.left(error.message)
                continue
            for name, mode, user, group in listed:
                seen += 1
                if seen > _MOST_LISTED:
                    ways.left(
                        f"more than {_MOST_LISTED} files and folders are in it, and the server allows no commands"
                    )
                    return ways.document()
                where = posixpath.join(folder, name)
                entry: Entry = {
                    "mode": f"{stat.S_IMODE(mode):04o}",
                    "owner": self._user(user),
                    "group": self._group(group),
                }
                doubt = list_unread(mode, _NO_PROGRAM)
                entry |= {"acl": doubt} if doubt is not None else {}
                if stat.S_ISDIR(mode):
                    ways.folder(where, entry)
                    waiting.append(where)
                elif not stat.S_ISLNK(mode):
                    ways.file(where, entry)
        return ways.document()

    # Who is there

    def machine(self, folders: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Who is on the server, as far as folders name groups."""
        wanted = sorted(groups_in(list(folders)))
        try:
            members, complete = self._members(wanted)
        except SlideboxError as error:
            return unread(error.message)
        return {"groups": members, "complete": complete, "exports": None}

    def _members(self, wanted: list[str]) -> tuple[dict[str, list[str]], bool]:
        accounts = self._directory("passwd")
        found: dict[str, list[str]] = {}
        for name in wanted:
            lines = self._directory("group", name)
            for fields in (line.split(":") for line in lines):
                if len(fields) < 4 or name not in (fields[0], fields[2]):
                    continue
                primary = [line.split(":") for line in accounts]
                primary_names = [one[0] for one in primary if len(one) > 3 and one[3] == fields[2]]
                found[name] = sorted({*(who for who in fields[3].split(",") if who), *primary_names})
        return found, self._complete()

    def _directory(self, what: str, *keys: str) -> list[str]:
        """Lines of the server's directory, or of its file where it allows no commands."""
        answer = self._cluster.ask("getent", what, *keys)
        if answer is not None and answer.code == 0:
            return answer.text.splitlines()
        return (self._cluster.read(f"/etc/{what}") or b"").decode("utf-8", "replace").splitlines()

    def _complete(self) -> bool:
        """Whether all accounts are in the server's own files."""
        said = self._cluster.read("/etc/nsswitch.conf")
        return said is not None and switched_to_files(said.decode("utf-8", "replace").splitlines())


def _told(words: list[str], listed: list[str] | None, *, known: bool) -> Entry:
    """An entry from mode, owner and group as find(1) prints them."""
    mode = int(words[0], 8)
    entry: Entry = {"mode": f"{mode:04o}", "owner": words[1], "group": words[2]}
    if listed is not None:
        return {**entry, "acl": listed}
    doubt = None if known else list_unread(mode, _NO_PROGRAM)
    return {**entry, "acl": doubt} if doubt is not None else entry


def listed_in(lines: Iterable[str]) -> list[str]:
    """The entries that getfacl(1) has printed; none where they say what the mode says."""
    found = []
    for line in lines:
        words = line.partition("#")[0].strip().split(":")
        if len(words) == 3 and re.fullmatch("[r-][w-][x-]", words[2]):
            found.append(":".join(words))
    return found if any(not one.startswith(("user::", "group::", "other:")) for one in found) else []


def _lists_of(text: str) -> dict[str, list[str]]:
    """The lists that ``getfacl -R -s`` has printed, by path."""
    found: dict[str, list[str]] = {}
    for block in text.split("\n\n"):
        lines = block.strip().splitlines()
        if lines and lines[0].startswith("# file: "):
            path = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), lines[0].removeprefix("# file: "))
            if listed := listed_in(lines):
                found[path] = listed
    return found


def _listing(folder: str) -> Any:
    def work(sftp: SFTPClient) -> list[tuple[str, int, int, int]]:
        return [(one.filename, one.st_mode or 0, one.st_uid or 0, one.st_gid or 0) for one in sftp.listdir_attr(folder)]

    return work
