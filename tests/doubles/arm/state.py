"""What the server keeps: things by their path, and how a body is put into them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import validation
from .faults import RefusedError, not_found


@dataclass(frozen=True)
class Call:
    """One request: its path, what the path names, its query, headers and body."""

    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass
class State:
    """Everything there is. Paths are kept in lower case, as Resource Manager does not tell cases apart."""

    url: str = ""
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    blobs: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    policies: dict[tuple[str, str], dict[str, tuple[str, str]]] = field(default_factory=dict)
    folders: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    websites: dict[str, bool] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    waiting: dict[str, int] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    changes: int = 0

    def find(self, path: str) -> dict[str, Any] | None:
        """A thing, if it is there."""
        return self.things.get(path.lower().rstrip("/"))

    def need(self, path: str) -> dict[str, Any]:
        """A thing that has to be there."""
        found = self.find(path)
        if found is None:
            raise not_found(path)
        return found

    def keep(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Store a thing, with a new ETag."""
        self.changes += 1
        self.things[path.lower().rstrip("/")] = {**body, "etag": f'"{self.changes:016x}"'}
        return self.things[path.lower().rstrip("/")]

    def drop(self, path: str) -> bool:
        """Remove a thing and everything below it; whether it was there."""
        key = path.lower().rstrip("/")
        there = key in self.things
        for name in [n for n in self.things if n == key or n.startswith(f"{key}/")]:
            del self.things[name]
        return there

    def below(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The things directly in a folder of paths."""
        start = f"{path.lower().rstrip('/')}/"
        for key, thing in sorted(self.things.items()):
            if key.startswith(start) and "/" not in key[len(start) :]:
                yield key, thing


def valid(model: str, body: Any) -> dict[str, Any]:
    """A body that is what its model says.

    Raises
    ------
    RefusedError
        As the service refuses it.
    """
    if found := validation.faults(model, body):
        raise RefusedError(400, "InvalidRequestContent", f"The request content was invalid: {'; '.join(found)}.")
    return dict(body)


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A document with another's values put in, object by object, as PATCH does."""
    whole = dict(old)
    for name, value in new.items():
        before = whole.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        whole[name] = merged(before or {}, value) if both and name not in ("tags", "metadata") else value
    return whole
