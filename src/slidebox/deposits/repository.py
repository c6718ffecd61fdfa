"""What slidebox asks of a repository that takes deposits, whichever it is."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from slidebox.deposits.about import About
from slidebox.errors import InputError, IntegrityError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a deposit.

    Attributes
    ----------
    name
        Its name there.
    size
        Bytes.
    md5
        As the service says; empty where it has not said yet.
    id
        The service's own id of it.
    whole
        Whether all of it has arrived.
    url
        Where it is read, if the service says so.
    """

    name: str
    size: int
    md5: str
    id: str = ""
    whole: bool = True
    url: str = ""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A deposit as the service has it.

    Attributes
    ----------
    id
        The service's id of it.
    doi
        The DOI that is reserved or registered; empty where there is none yet.
    url
        Its page.
    published
        Whether it is published, and so stays for ever.
    marks
        What it is found again by.
    title, licence, embargo, confidential, notes
        As it says; the licence in the service's own word.
    files
        What it holds, by name.
    raw
        All that the service said.
    """

    id: str
    doi: str
    url: str
    published: bool
    marks: frozenset[str]
    title: str = ""
    licence: str = ""
    embargo: str = ""
    confidential: str = ""
    notes: str = ""
    files: Mapping[str, Stored] = field(default_factory=dict, repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Repository(Protocol):
    """A service with deposits, spoken to by one account."""

    service: str
    """What to call it."""
    most_files: int
    """How many files a deposit has at most."""
    largest_file: int
    """Bytes that one has at most."""

    def find(self, mark: str, title: str) -> Deposit | None:
        """The account's deposit with a mark; None where there is none.

        Raises
        ------
        UnreadableError
            If there are several, or the service cannot be asked.
        """

    def search(self, marks: Mapping[str, str]) -> dict[str, Deposit]:
        """The account's deposits with some marks, by mark, in one pass over its lists.

        Parameters
        ----------
        marks
            The title of each.

        Raises
        ------
        UnreadableError
            If several have one mark, or the service cannot be asked.
        """

    def get(self, deposit: str) -> Deposit | None:
        """A deposit by its id; None where it is gone."""

    def ask(self, path: str) -> Any:
        """What the service answers to a GET below its API, as JSON."""

    def create(self, about: About, mark: str) -> Deposit:
        """Make a draft that has its mark from the first moment."""

    def change(self, deposit: Deposit, about: About, mark: str) -> Deposit:
        """Bring what a draft says to what is declared."""

    def delete(self, deposit: Deposit) -> None:
        """Delete a draft."""

    def latest(self, deposit: Deposit) -> tuple[Deposit, ...]:
        """The versions of it that count, newest first: the draft that is being worked on, then what is published."""

    def draft(self, deposit: Deposit) -> Deposit:
        """A draft to write into: the one there is, or that of a new version of what is published."""

    def send(self, deposit: Deposit, file: Sending) -> None:
        """Send a file; what stood under its name is replaced. Parts that have arrived are not sent again.

        Raises
        ------
        IntegrityError
            If the service has other bytes.
        """

    def remove(self, deposit: Deposit, file: Stored) -> None:
        """Take a file out of a draft."""

    def read(
        self, deposit: Deposit, file: Stored, start: int = 0, end: int | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file, or a part of them."""

    def publish(self, deposit: Deposit, about: About, today: dt.date) -> Deposit:
        """Publish a draft: its DOI is registered, and it stays for ever."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A file to be sent.

    Attributes
    ----------
    name, size
        Its name there, and its bytes.
    open
        Gives its bytes from the start.
    """

    name: str
    size: int
    open: Callable[[], Iterator[bytes]] = field(repr=False)

    def md5(self) -> str:
        """Its MD5, which is what services compare; every byte is read for it."""
        hasher = hashlib.md5(usedforsecurity=False)
        for piece in self.open():
            hasher.update(piece)
        return hasher.hexdigest()


def require_private(name: str, endpoint: str) -> str:
    """An endpoint that a token may travel to.

    Raises
    ------
    InputError
        If others on the way could read it.
    """
    parts = urlsplit(endpoint)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return endpoint
    raise InputError(
        f"The endpoint of store {name!r} is neither https nor on this machine, and its token would travel to it in "
        "the clear.",
        "Correct `endpoint` in lab.yaml, or leave it out for the service's own.",
    )


def wrong_bytes(service: str, name: str, said: str) -> IntegrityError:
    """The error for a file that a service has otherwise than it was sent."""
    return IntegrityError(
        f"{name} was sent to {service}, which has other bytes under that name ({said or 'no checksum'}).",
        "Run the same command again; if it happens again, tell whoever runs the service.",
    )
