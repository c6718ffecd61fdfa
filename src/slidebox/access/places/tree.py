"""What somebody may do with a folder: along the whole path to it, and in what is below.

Whoever may change a mode counts as having what it may give itself: the owner of a folder, of one above, of a file.
Source: POSIX.1-2017, 4.5 "File Access Permissions"; path_resolution(7); unlink(2) and rename(2) on the sticky bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from slidebox.access.effective import ACTIONS
from slidebox.access.places.entries import PASS, READ, WRITE, Entry, Who

CHANGES = frozenset({"write", "delete", "admin"})
"""What nobody does where nothing can be written."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to some of the files below a dataset's folder.

    Attributes
    ----------
    folders
        The different folders on it, in no order, but for the last, which the files lie in.
    files
        The different files at its end.
    """

    folders: tuple[Entry, ...] = ()
    files: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A dataset's folder, with what leads to it and what is in it.

    Attributes
    ----------
    above
        The folders from the root of the machine down to the one that it is in.
    folder
        Itself.
    ways
        What is below it; empty where nothing is, or nobody looked: then the folder's own mode decides.
    read_only
        Whether nothing can be written there, whatever the modes say.
    """

    above: tuple[Entry, ...]
    folder: Entry
    ways: tuple[Way, ...] = ()
    read_only: bool = False

    def entries(self) -> Iterator[Entry]:
        """All that is known of it."""
        yield from self.above
        yield self.folder
        for way in self.ways:
            yield from way.folders
            yield from way.files


def can(tree: Tree, who: Who) -> dict[str, str]:
    """What somebody may do with a folder and what is in it: each action, with what gives it.

    Parameters
    ----------
    tree
        The folder.
    who
        An account of the machine that is not its superuser.
    """
    found = _moving(tree, who)
    if all(_passes(above, who, tree) for above in tree.above):
        found |= _inside(tree, who)
    return {action: found[action] for action in ACTIONS if action in found}


def _inside(tree: Tree, who: Who) -> dict[str, str]:
    folder = tree.folder
    if _owns(folder, who, tree):
        return dict.fromkeys(ACTIONS, f"owner {folder.owner}")
    allowed, by = folder.decided(who, READ)
    found = {"list": by} if allowed else {}
    allowed, by = folder.decided(who, PASS)
    if not allowed:
        return found
    found |= _changing(folder, who, tree)
    if not any(way.files for way in tree.ways):
        found["read"] = by  # nothing is in it yet: whoever passes it reads what will be
    for way in tree.ways:
        found = _in_way(way, who, tree) | found
    return found


def _passes(folder: Entry, who: Who, tree: Tree) -> bool:
    """Whether somebody gets through a folder; its owner may let itself."""
    return folder.allows(who, PASS) or _owns(folder, who, tree)


def _owns(one: Entry, who: Who, tree: Tree) -> bool:
    """Whether somebody owns a thing whose mode can be changed."""
    return bool(who.account) and who.account == one.owner and not tree.read_only


def _changing(folder: Entry, who: Who, tree: Tree) -> dict[str, str]:
    """Making and taking away in a folder takes both bits; the sticky one leaves the second to owners."""
    allowed, by = folder.decided(who, WRITE | PASS)
    if tree.read_only or not allowed:
        return {}
    return {"write": by} if folder.sticky and not _owns(folder, who, tree) else {"write": by, "delete": by}


def _moving(tree: Tree, who: Who) -> dict[str, str]:
    """Whoever writes to a folder above can move away what is in it, the data with it."""
    for above, below in itertools.pairwise((*tree.above, tree.folder)):
        owns = _owns(above, who, tree)
        changes = (above.allows(who, WRITE | PASS) and not tree.read_only) or owns
        if changes and not below.mounted and (not above.sticky or owns or _owns(below, who, tree)):
            return {"delete": f"can move it away in {above.path or 'a folder above'}"}
        if not _passes(above, who, tree):
            break
    return {}


def _in_way(way: Way, who: Who, tree: Tree) -> dict[str, str]:
    """What somebody who passes the dataset's folder may do in a way below it."""
    if not all(_passes(folder, who, tree) for folder in way.folders[:-1]):
        return {}
    last = way.folders[-1] if way.folders else tree.folder
    found: dict[str, str] = {}
    if way.folders and _owns(last, who, tree):
        found = dict.fromkeys(("list", "write", "delete"), f"owner {last.owner} of folders below")
    elif way.folders:
        allowed, by = last.decided(who, READ)
        found = {"list": f"{by}, folders below with {last.words()}"} if allowed else {}
        if not last.allows(who, PASS):
            return found
        found |= {name: f"{how}, folders below with {last.words()}" for name, how in _changing(last, who, tree).items()}
    for file in way.files:
        found = _of_file(file, who, tree, last) | found
    return found


def _of_file(file: Entry, who: Who, tree: Tree, folder: Entry) -> dict[str, str]:
    """What somebody may do with files that it gets to."""
    owns = _owns(file, who, tree)
    found = {}
    for action, bit in (("read", READ), ("write", WRITE)):
        allowed, by = file.decided(who, bit)
        if (allowed and not (bit == WRITE and tree.read_only)) or owns:
            found[action] = f"{f'owner {file.owner}' if owns else by}, files with {file.words()}"
    if owns and folder.sticky and folder.allows(who, WRITE | PASS):
        found["delete"] = f"owner {file.owner}, files with {file.words()}"
    return found
