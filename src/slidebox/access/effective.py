"""What an audit of access says: locations, who can do what with each, until when, and by which path.

The shape is documented and has a version (docs/audit.md, schemas/access.schema.json). It is the same for what is
really there, a snapshot of that, a preview, a stack and a plan of Terraform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

VERSION: Final = 1
"""The version of the shape."""

ACTIONS: Final = ("read", "list", "write", "delete", "admin")
"""What a principal can do, in order; ``admin`` is to change who can do what."""

KINDS: Final = (ANYONE, ANY_ACCOUNT, UNKNOWN, "account", "service", "team", "person")
"""What a principal is, the widest first."""


def kind_of(principal: str) -> str:
    """What a principal is, from how it is spelled (`slidebox.access.reader`)."""
    before, colon, _ = principal.partition(":")
    if principal in KINDS and not colon:
        return principal
    return before if colon and before in KINDS else "account"


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """What one principal can do with a location, by one path.

    Attributes
    ----------
    principal
        As in the facts that rules are asked about: ``person:…``, ``team:…``, ``service:…``, ``account:…``,
        ``any_account``, ``anyone`` or ``unknown``.
    actions
        Some of `ACTIONS`, in that order.
    path
        How it comes by the access, outermost first: the statement, grant, role, group or link.
    until
        The last day or moment of it, in ISO 8601; empty where it has no end.
    """

    principal: str
    actions: tuple[str, ...]
    path: tuple[str, ...] = ()
    until: str = ""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return kind_of(self.principal)

    def document(self) -> dict[str, Any]:
        """The access as JSON has it."""
        return {
            "principal": self.principal,
            "kind": self.kind,
            "actions": list(self.actions),
            "until": self.until or None,
            "path": list(self.path),
        }


@dataclass(frozen=True, slots=True)
class Location:
    """A place where data lie, and who can do what with it.

    Attributes
    ----------
    name
        The bucket's, container's, folder's, repository's or deposit's own name. What exposes something whose place
        cannot be told stands under its own address, with somebody unknown as its reader.
    store
        The store of the lab that it is in; empty where the lab names none.
    kind
        What kind of place: ``s3``, ``gcs``, ``azure``, ``drive``, ``cluster``, ``github``, ``zenodo``, ….
    dataset
        ``project/level``; empty where nothing says what lies there.
    readers
        Everybody who can do anything.
    within
        What the name is unique in, such as a storage account; tells two places of one name apart.
    """

    name: str
    store: str = ""
    kind: str = ""
    dataset: str = ""
    readers: tuple[Access, ...] = ()
    within: str = ""

    def document(self) -> dict[str, Any]:
        """The location as JSON has it."""
        return {
            "store": self.store or None,
            "kind": self.kind,
            "dataset": self.dataset or None,
            "readers": [reader.document() for reader in self.readers],
        }


def nobody_knows(why: str, *path: str, actions: Iterable[str] = ACTIONS) -> Access:
    """Somebody unknown, where something could not be read or decided: why, and the path to it."""
    return Access(UNKNOWN, _ordered(actions), (*path, why))


def merged(found: Iterable[Access]) -> tuple[Access, ...]:
    """One access per principal, path and end, with all its actions; the widest first, in a fixed order."""
    actions: dict[tuple[str, tuple[str, ...], str], set[str]] = {}
    for one in found:
        if one.actions:
            actions.setdefault((one.principal, one.path, one.until), set()).update(one.actions)
    listed = [Access(who, _ordered(done), path, until) for (who, path, until), done in actions.items()]
    return tuple(sorted(listed, key=lambda one: (KINDS.index(one.kind), one)))


def named(locations: Iterable[Location]) -> dict[str, Location]:
    """Locations by their names; two of one name have what they are in before it."""
    listed = list(locations)
    counted: dict[str, int] = {}
    for one in listed:
        counted[one.name] = counted.get(one.name, 0) + 1
    found: dict[str, Location] = {}
    for one in listed:
        name = one.name
        if counted[name] > 1:
            name = "/".join(word for word in (one.within or one.store or one.kind, one.name) if word)
        number = 2
        while name in found:
            name, number = f"{one.name} ({number})", number + 1
        found[name] = one
    return dict(sorted(found.items()))


def document(locations: Mapping[str, Location]) -> dict[str, Any]:
    """An audit of access as JSON: ``{"version": 1, "locations": {NAME: {…}}}``.

    Parameters
    ----------
    locations
        Some or all locations of an audit, by the names that `named` gave them among all.
    """
    return {"version": VERSION, "locations": {name: one.document() for name, one in locations.items()}}


def _ordered(actions: Iterable[str]) -> tuple[str, ...]:
    done = set(actions)
    return tuple(action for action in ACTIONS if action in done)
