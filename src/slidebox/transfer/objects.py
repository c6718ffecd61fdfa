"""What places in clouds share that keep a file's SHA-256 in the metadata of its object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from slidebox.transfer.places import Content, Held
from slidebox.transfer.remembered import sha256_in


@dataclass(frozen=True, slots=True)
class Kept:
    """What a service says of an object.

    Attributes
    ----------
    size
        Its bytes.
    sha256
        What its metadata say; None where slidebox has not written it.
    crc32c
        What the service worked out itself, where it does.
    """

    size: int
    sha256: str | None = None
    crc32c: str | None = None


class ObjectPlace:
    """A place whose objects say their own checksums; each kind of service has a subclass.

    Parameters
    ----------
    reread
        Read every object back instead of believing the checksum in its metadata.
    """

    def __init__(self, *, reread: bool) -> None:
        self._reread = reread
        self._sizes: dict[str, int] | None = None

    def _list(self) -> dict[str, int]:
        """The bytes of every object, by its name."""
        raise NotImplementedError

    def _look(self, path: str) -> Kept | None:
        """What the service says of an object, or None where there is none."""
        raise NotImplementedError

    def read(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of an object, in chunks."""
        raise NotImplementedError

    @contextmanager
    def writing(self) -> Iterator[None]:
        """List what is there; nothing is held, as the manifest is written only if it still is what it was."""
        self._sizes = self._list()
        yield

    def free(self) -> int | None:
        """Nobody knows."""
        return None

    def size(self, path: str) -> int | None:
        """Bytes of an object, or None where there is none."""
        if self._sizes is None:
            self._sizes = self._list()
        return self._sizes.get(path)

    def holds(self, content: Content) -> Held:
        """What lies under a name, by the checksum beside it; read back where there is none."""
        found = self._look(content.entry.path) if self.size(content.entry.path) is not None else None
        if found is None:
            return Held.NOTHING
        if self._is(content, found):
            return Held.SAME
        return Held.FOREIGN if found.sha256 is None else Held.OTHER

    def _is(self, content: Content, found: Kept) -> bool:
        if found.size != content.entry.size:
            return False
        said = None if self._reread else found.sha256
        return (said or sha256_in(self, content.entry.path)) == content.entry.sha256


def said_in(metadata: Any, name: str) -> str | None:
    """The checksum in an object's metadata."""
    found = (metadata or {}).get(name)
    return str(found) if found else None
