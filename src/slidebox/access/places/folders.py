"""Folders of drives and clusters: everybody who can do anything with them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slidebox.access.effective import ACTIONS, Access, Location, merged, nobody_knows
from slidebox.access.places.entries import Entry, Who, entry
from slidebox.access.places.exports import exported
from slidebox.access.places.tree import Tree, Way, can
from slidebox.access.reader import ANY_ACCOUNT, UNKNOWN
from slidebox.access.snapshot import Known, why_unread

ROOT = "root"
_MOST_GROUPS = 4
"""Of how many groups whose members are not all known every combination is looked at."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Who is on a machine.

    Attributes
    ----------
    members
        The accounts in each group, by primary group too; none of a group that nothing tells of.
    complete
        Whether a group that is told of has no other members.
    exports
        What it exports over the network (`slidebox.access.places.exports`).
    has_root
        Whether there is a superuser to name: on a machine that really is there.
    """

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    complete: bool = False
    exports: Any = None
    has_root: bool = False

    @classmethod
    def of(cls, said: Any) -> Machine:
        """A machine from a snapshot; nothing is known of one that is not there."""
        if not isinstance(said, Mapping) or why_unread(said) is not None:
            return cls(exports=said if why_unread(said) is not None else None)
        groups = said.get("groups")
        members = (
            {str(name): frozenset(map(str, who)) for name, who in groups.items() if isinstance(who, list)}
            if isinstance(groups, Mapping)
            else {}
        )
        return cls(members, said.get("complete") is True, said.get("exports"), has_root=True)

    def groups_of(self, account: str) -> frozenset[str]:
        """The groups that an account is in."""
        return frozenset(group for group, members in self.members.items() if account in members)

    def is_open(self, group: str) -> bool:
        """Whether a group may have members that nothing tells of."""
        return not self.complete or group not in self.members


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every folder of a section, with everybody who can do anything with it."""
    machines = section.get("machines") or {}
    for name, said in (section.get("folders") or {}).items():
        if not isinstance(said, Mapping) or why_unread(said) is not None:
            yield Location(name, kind="drive", readers=(nobody_knows(why_unread(said) or "it is not understood"),))
            continue
        machine = Machine.of(machines.get(str(said.get("machine") or "")))
        yield Location(
            name=str(said.get("path") or name),
            store=str(said.get("store") or ""),
            kind=str(said.get("kind") or "drive"),
            dataset=str(said.get("dataset") or ""),
            readers=merged(readers(said, machine, known)),
            within=str(said.get("machine") or ""),
        )


def readers(said: Mapping[str, Any], machine: Machine, known: Known) -> Iterator[Access]:
    """Everybody who can do anything with a folder.

    Parameters
    ----------
    said
        The folder, as a snapshot has it.
    machine
        Where it is.
    known
        What the lab says of accounts and groups.
    """
    path = str(said.get("path") or "of the dataset")
    if machine.has_root:
        yield Access(known.called(ROOT), ACTIONS, (f"folder {path}", "superuser of the machine"))
    folder = entry(said.get("folder"), path)
    if folder is None:
        yield nobody_knows(why_unread(said.get("folder")) or "its mode is not known", f"folder {path}")
        return
    yield from _doubts(said, path)
    tree = Tree(_above(said), folder, _ways(said.get("below")), said.get("read_only") is True)
    yield from (Access(who, actions, (f"folder {path}", how)) for who, actions, how in _everybody(tree, machine, known))
    if path.startswith("/"):
        yield from exported(machine.exports, path)


def _above(said: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The folders above, as far as they are known: one that is not holds nobody back."""
    listed = said.get("above")
    return tuple(e for e in map(entry, listed) if e is not None) if isinstance(listed, list) else ()


def _ways(below: Any) -> tuple[Way, ...]:
    listed = below.get("ways") if isinstance(below, Mapping) else None
    if not isinstance(listed, list):
        return ()
    return tuple(sorted((_way(way) for way in listed if isinstance(way, Mapping)), key=repr))


def _way(said: Mapping[str, Any]) -> Way:
    parts = []
    for name in ("folders", "files"):
        listed = said.get(name)
        parts.append([e for e in map(entry, listed) if e is not None] if isinstance(listed, list) else [])
    return Way(tuple(parts[0]), tuple(sorted(parts[1], key=repr)))


def _doubts(said: Mapping[str, Any], path: str) -> Iterator[Access]:
    """Somebody unknown, for each part that could not be read."""
    above = said.get("above")
    if (why := why_unread(above)) is not None:
        # Folders above only ever hold somebody back, but whoever writes to one can move the data away.
        yield nobody_knows(why, f"folder {path}", "the folders above it", actions=("delete",))
    elif isinstance(above, list):
        for one in above:
            if entry(one) is None:
                yield nobody_knows(
                    why_unread(one) or "its mode is not known",
                    f"folder {path}",
                    "a folder above it",
                    actions=("delete",),
                )
    below = said.get("below")
    if (why := why_unread(below)) is not None:
        yield nobody_knows(why, f"folder {path}", "what is in it")
    elif isinstance(below, Mapping):
        if (why := below.get("left")) is not None:
            yield nobody_knows(str(why), f"folder {path}", "what is in it")
        listed = below.get("ways")
        if not isinstance(listed, list) or any(not _is_whole(way) for way in listed):
            yield nobody_knows("some of it could not be read", f"folder {path}", "what is in it")
    if said.get("read_only") not in (True, False, None):
        yield nobody_knows("whether it is mounted for reading only is not known", f"folder {path}", actions=("write",))


def _is_whole(way: Any) -> bool:
    if not isinstance(way, Mapping):
        return False
    parts = [way.get(name, []) for name in ("folders", "files")]
    return all(isinstance(part, list) and all(entry(one) is not None for one in part) for part in parts)


# Everybody


def _everybody(tree: Tree, machine: Machine, known: Known) -> Iterator[tuple[str, tuple[str, ...], str]]:
    groups = sorted({group for one in tree.entries() for group in one.groups()})
    accounts = {account for one in tree.entries() for account in one.accounts()}
    accounts |= {account for group in groups for account in machine.members.get(group, ())}
    anybody = can(tree, Who())
    yield from _said(ANY_ACCOUNT, anybody)
    for name in sorted(accounts - {ROOT}):
        by = can(tree, Who(name, machine.groups_of(name)))
        # What everybody may is said once.
        yield from _said(known.called(name), {k: v for k, v in by.items() if anybody.get(k) != v}, name)
    yield from _by_groups(tree, groups, machine, known, anybody)
    yield from _by_doubt(tree, sorted(accounts - {ROOT}), machine)


def _said(who: str, by: Mapping[str, str], account: str = "") -> Iterator[tuple[str, tuple[str, ...], str]]:
    for how in sorted(set(by.values())):
        named = f"{how}: account {account}" if account and not _names(how, account) else how
        yield who, tuple(action for action, said in by.items() if said == how), named


def _names(how: str, account: str) -> bool:
    return account in how.replace(":", " ").replace(",", " ").split()


def _by_groups(
    tree: Tree, groups: list[str], machine: Machine, known: Known, anybody: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Whoever is in a group: the lab's team of its name, and somebody unknown where not all members are known."""
    for group in groups:
        for team in _teams(group, known):
            by = can(tree, Who("", frozenset({group})))
            yield from _said(team, {k: v for k, v in by.items() if anybody.get(k) != v})
    doubtful = [group for group in groups if machine.is_open(group) and not _teams(group, known)]
    sizes = range(1, len(doubtful) + 1) if len(doubtful) <= _MOST_GROUPS else (1, len(doubtful))
    for size in sizes:
        for some in itertools.combinations(doubtful, size):
            by = can(tree, Who("", frozenset(some)))
            more = {k: f"{v}, whose members are not all known" for k, v in by.items() if k not in anybody}
            yield from _said(UNKNOWN, more)


def _teams(group: str, known: Known) -> tuple[str, ...]:
    """The principals that the lab says a group is."""
    said = known.names.get(group)
    return (said,) if said else tuple(known.groups.get(group, ()))


def _by_doubt(tree: Tree, accounts: Iterable[str], machine: Machine) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Somebody unknown, where a list could not be read: it gives at most what the group's bits of the mode say."""
    why = next((one.doubt for one in tree.entries() if one.doubt), "")
    if not why:
        return
    widest, more = _widened(tree), set(can(_widened(tree), Who()))
    for name in accounts:
        who = Who(name, machine.groups_of(name))
        # Whoever owns something may get to it by such a list.
        more |= can(widest, who).keys() - can(tree, who).keys()
    yield from _said(UNKNOWN, dict.fromkeys(more, f"an access control list that was not read: {why}"))


def _widened(tree: Tree) -> Tree:
    """A tree in which everybody may what anybody but an owner may."""

    def wide(one: Entry) -> Entry:
        bits = sum(bit for bit in (4, 2, 1) if one.at_most(bit))
        mode = one.mode & 0o7700 | bits << 3 | bits
        return Entry(mode, one.owner, one.group, path=one.path, mounted=one.mounted)

    return Tree(
        tuple(map(wide, tree.above)),
        wide(tree.folder),
        tuple(Way(tuple(map(wide, way.folders)), tuple(map(wide, way.files))) for way in tree.ways),
        tree.read_only,
    )
