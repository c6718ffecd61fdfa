"""Where in a lab's files a fault is said to be, and what of them could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from slidebox.errors import Problem
from slidebox.labfile.source import Key, dotted


class Places(Protocol):
    """Knows where in the files a declared value stands."""

    def problem(self, file: str, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A fault of the value at a path of a file."""


class Nowhere:
    """Places of a lab that was declared in Python: a file to look for, and no line."""

    def problem(self, file: str, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A fault of the value at a path of a file."""
        return Problem(file, 0, 0, dotted(path), message, hint)


@dataclass(frozen=True, slots=True)
class Unread:
    """Names that are declared but could not be read, for a reason that is reported already."""

    people: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    agreements: frozenset[str] = frozenset()
    datasets: frozenset[str] = frozenset()
    """Ids of datasets, and names of whole projects."""


class Say(Protocol):
    """Makes a problem of a path in the one file that is checked."""

    def __call__(self, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A fault of the value at a path."""


def file_of(project: str) -> str:
    """The file a project is declared in."""
    return f"projects/{project}.yaml"
