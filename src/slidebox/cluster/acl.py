"""POSIX access control lists: who else gets into a folder, beside its group (acl(5), setfacl(1), getfacl(1)).

An entry is written ``user:NAME:rwx`` or ``group:NAME:r-x``. Nothing here gives anything to everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slidebox.cluster.session import Cluster
from slidebox.errors import InputError, UnreadableError

_ENTRY = re.compile(r"(?P<kind>user|group):(?P<name>[A-Za-z0-9_][A-Za-z0-9._@+$-]*):(?P<bits>[r-][w-][x-])")


@dataclass(frozen=True, slots=True)
class Listed:
    """The access control list of a folder.

    Attributes
    ----------
    group
        What its own group may do, by itself: where there is a list, the mode says only what all together may at most.
    entries
        Named accounts and groups, each with what it really has.
    """

    group: str
    entries: tuple[str, ...] = ()


def parse_entry(text: str) -> tuple[str, str, str] | None:
    """Kind, name and bits of an entry; None if it is none."""
    match = _ENTRY.fullmatch(text)
    return (match["kind"], match["name"], match["bits"]) if match else None


def read(cluster: Cluster, path: str) -> Listed | None:
    """The list of a folder; None where nobody can ask for it.

    Raises
    ------
    UnreadableError
        If the answer is not understood.
    """
    answer = cluster.ask("getfacl", "-p", "--", path)
    if answer is None or answer.code != 0:
        return None
    found = parsed(answer.text)
    if found is None:
        raise UnreadableError(f"The access control list of {path} on {cluster} is not understood.", "Look at it there.")
    return found


def parsed(text: str) -> Listed | None:
    """The list that getfacl(1) has printed; None if that is no list."""
    bits: dict[tuple[str, str], str] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].strip().split(":")
        if len(words) == 3 and re.fullmatch("[r-][w-][x-]", words[2]):
            bits[words[0], words[1]] = words[2]
    own = bits.get(("group", ""))
    if own is None or ("other", "") not in bits:
        return None
    mask = bits.get(("mask", ""), "rwx")
    named = sorted(f"{kind}:{name}:{_both(b, mask)}" for (kind, name), b in bits.items() if name)
    return Listed(_both(own, mask), tuple(entry for entry in named if not entry.endswith(":---")))


def _both(one: str, other: str) -> str:
    return "".join(letter if letter == also else "-" for letter, also in zip(one, other, strict=True))


def write(cluster: Cluster, path: str, mode: int, entries: Sequence[str]) -> None:
    """Set the list of a folder and of whatever will be made in it; without entries, take it away.

    Parameters
    ----------
    cluster
        The server.
    path
        The folder.
    mode
        Its mode: what its owner and its group have by themselves.
    entries
        Named accounts and groups.

    Raises
    ------
    InputError
        If the server allows no commands.
    UnreadableError
        If it refuses.
    """
    if entries:
        said = ",".join(_whole(mode, entries))
        answer = cluster.ask("setfacl", "-b", "-k", "-m", said, "--", path)
    else:
        answer = cluster.ask("setfacl", "-b", "-k", "--", path)
    if answer is None:
        raise InputError(
            f"{cluster} allows no commands, so {path} can have no access control list.",
            "Name the POSIX `group` of the store in lab.yaml instead.",
        )
    if answer.code != 0:
        raise UnreadableError(
            f"{cluster} does not set the access control list of {path}.",
            "Check that the file system has POSIX ACLs, that setfacl is there, and that each account has that name "
            "there.",
        )


def pass_through(cluster: Cluster, path: str, entries: Iterable[str]) -> None:
    """Let named accounts and groups pass through a folder, without listing it.

    Raises
    ------
    UnreadableError
        If the server refuses.
    """
    said = ",".join(f"{entry.rpartition(':')[0]}:--x" for entry in entries)
    if said:
        answer = cluster.ask("setfacl", "-m", said, "--", path)
        if answer is None or answer.code != 0:
            raise UnreadableError(f"{cluster} does not set the access control list of {path}.", "Look at it there.")


def _whole(mode: int, entries: Sequence[str]) -> list[str]:
    """The list itself and the default for what will be made, each with the same."""
    own = [f"{kind}::{_bits(mode >> shift)}" for kind, shift in (("user", 6), ("group", 3))]
    every = [*own, "other::---", "mask::rwx", *entries]
    return [*every, *(f"default:{entry}" for entry in every)]


def _bits(number: int) -> str:
    return "".join(letter if number & bit else "-" for letter, bit in zip("rwx", (4, 2, 1), strict=True))
