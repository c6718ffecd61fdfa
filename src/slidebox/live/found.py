"""What is looked for in a store, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass

from slidebox.errors import SlideboxError
from slidebox.model import Term
from slidebox.preview import UNREAD, Seen


@dataclass(frozen=True, slots=True)
class Asked:
    """A dataset to look for.

    Attributes
    ----------
    dataset
        ``project/level``.
    term
        Its current term.
    stores
        Where the plan has it.
    """

    dataset: str
    term: Term
    stores: frozenset[str]

    def location(self, store: str) -> str:
        """The id of its location in a store."""
        return f"{self.dataset}@{self.term}@{store}"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a store.

    Attributes
    ----------
    resources
        Its places and users, as the engine would show them.
    notes
        What could not be read.
    offline
        What nobody can read now, as its drive is not plugged in: no fault, but good to know.
    """

    resources: tuple[Seen, ...] = ()
    notes: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()


def unread(kind: str, asked: Asked, store: str, why: str) -> Seen:
    """A place that could not be read, or is not there: nothing is known of it."""
    location = asked.location(store)
    return Seen(f"{location}, which was not read", kind, {"location": location, "store": store, UNREAD: why})


def none_read(kind: str, asked: list[Asked], store: str, error: SlideboxError) -> Found:
    """What is found in a store that cannot be read at all: only that what is planned there is not known."""
    places = tuple(unread(kind, one, store, error.message) for one in asked if store in one.stores)
    return Found(places, (f"Store {store!r} was not read: {error}",))
