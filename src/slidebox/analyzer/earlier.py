"""What the analyzer has been shown since the stack began, resource by resource, before any is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable
from dataclasses import replace

from slidebox.access import UNKNOWN
from slidebox.preview import AWS_BUCKETS, DECLARATION, Declared, Preview, Seen, one, opened, settled
from slidebox.preview.adopted import OWN
from slidebox.preview.aws_buckets import OPENING, bucket_name, part_kind
from slidebox.provider.as_is import AS_IS, DECLARED, stays


class Earlier:
    """Resources by themselves, and what has to be remembered of them.

    The engine shows what a resource asks for only with the resource itself. With the whole stack it shows what
    the provider has made of it: in a preview everything that the service could choose is not known there, and
    of a component nothing is left.
    """

    def __init__(self) -> None:
        self.declarations: list[Seen] = []
        self._declared = Declared()
        self._asked_for: dict[str, Seen] = {}
        self._ignored: dict[str, frozenset[str]] = {}
        self._adopted: dict[str, Seen] = {}
        self._by_name: dict[str, Seen] = {}

    @staticmethod
    def remembers(kind: str, names: Container[str]) -> bool:
        """Whether anything is remembered of a resource of this type, with properties of these names."""
        return kind == DECLARATION or kind.startswith("aws:") or AS_IS in names

    def take(self, seen: Seen, ignored: Iterable[str] = ()) -> None:
        """Take note of one more resource.

        Parameters
        ----------
        seen
            The resource.
        ignored
            Its inputs whose changes are ignored: an import, for one, does not bring them about.
        """
        if seen.type == DECLARATION:
            self.declarations.append(seen)
            self._declared.add(seen)
        elif seen.type.startswith(OWN) and stays(seen.properties):
            # Another's provider knows no such input, and makes the thing all the same.
            self._adopted[seen.urn] = seen
        elif self.remembers(seen.type, seen.properties):
            self._asked_for[seen.urn] = seen
            self._ignored[seen.urn] = frozenset(map(_first, ignored))
            if seen.type in AWS_BUCKETS and bucket_name(seen) != UNKNOWN:
                self._by_name[bucket_name(seen)] = seen

    def judged(self, seen: Seen, now: dt.date) -> Preview | None:
        """The facts that can be judged with this resource alone; None where there are none, or not yet."""
        if seen.type in AWS_BUCKETS:
            return opened(seen, seen, self._declared, now)
        if part_kind(seen) in OPENING:
            bucket = self._by_name.get(bucket_name(seen))
            return opened(seen, bucket, self._declared, now) if bucket else None
        return one(seen, now) if seen.holds_data else None

    def settled(self, seen: Seen) -> Seen:
        """A resource of the whole stack, with what it asked for."""
        if (adopted := self._adopted.get(seen.urn)) is not None:
            # Of what is being imported the engine shows what its provider has read, which knows no declaration.
            declared = {name: value for name, value in adopted.properties.items() if name in DECLARED}
            return replace(seen, properties={**seen.properties, **declared})
        asked_for = self._asked_for.get(seen.urn)
        if asked_for is None:
            return seen
        ignored, known = self._ignored[seen.urn], seen.properties
        # What is there counts, and not what a program says of it, where the engine does not make the one the other.
        asked = {
            name: value
            for name, value in asked_for.properties.items()
            if name not in ignored or known.get(name, UNKNOWN) == UNKNOWN
        }
        return replace(seen, properties=settled(asked, known))


def _first(path: str) -> str:
    """The input that a path of an ignored change begins with."""
    return path.partition(".")[0].partition("[")[0]
