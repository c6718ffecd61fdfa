"""A reader: a principal, what it can do, and the path by which it can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ANYONE = "anyone"
"""Everybody, without an account."""

ANY_ACCOUNT = "any_account"
"""Everybody who has some account of the service or the machine."""

UNKNOWN = "unknown"
"""Somebody, but nothing says who."""

ACTIONS = ("read", "write", "delete")
"""What a principal can do with the data, in order."""


def person(name: str) -> str:
    """The principal that stands for a person of the lab file."""
    return f"person:{name}"


def team(name: str) -> str:
    """The principal that stands for a team of the lab file."""
    return f"team:{name}"


def service(name: str) -> str:
    """The principal that stands for a service account of the lab file."""
    return f"service:{name}"


def account(name: str) -> str:
    """The principal that stands for an account the lab file does not name."""
    return f"account:{name}"


@dataclass(frozen=True, slots=True, order=True)
class Reader:
    """A principal that has access to a location.

    Attributes
    ----------
    principal
        ``person:…``, ``team:…``, ``service:…``, ``account:…``, ``any_account``, ``anyone`` or ``unknown``.
    actions
        Some of `ACTIONS`, in that order.
    path
        How it comes by the access, outermost first.
    """

    principal: str
    actions: tuple[str, ...]
    path: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The reader as the facts document has it."""
        return {"principal": self.principal, "actions": list(self.actions), "path": list(self.path)}


def merged(readers: Iterable[Reader]) -> tuple[Reader, ...]:
    """One reader per principal and path with all its actions, in a fixed order."""
    actions: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for reader in readers:
        actions.setdefault((reader.principal, reader.path), set()).update(reader.actions)
    return tuple(
        sorted(Reader(who, tuple(a for a in ACTIONS if a in done), path) for (who, path), done in actions.items())
    )
