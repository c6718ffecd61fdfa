"""Everybody who can do anything with one container: all the ways in, put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.azure.accounts import Account
from slidebox.access.azure.folders import by_lists
from slidebox.access.azure.keys import by_keys
from slidebox.access.azure.local_users import by_sftp
from slidebox.access.azure.public import by_nobody
from slidebox.access.azure.rights import FOLDERS, KEYS, PUBLIC, SFTP
from slidebox.access.azure.roles import Place
from slidebox.access.effective import Access, merged, nobody_knows


def readers(account: Account, container: str, entry: Mapping[str, Any]) -> tuple[Access, ...]:
    """Everybody who can do anything with a container.

    Parameters
    ----------
    account
        The storage account that it is in.
    container
        Its name.
    entry
        What the section says of it.
    """
    return merged(one for one in _ways(account, container, entry) if not account.names.is_over(one.until))


def place_of(account: Account, container: str) -> Place:
    """A container as roles see it."""
    allows = {
        KEYS: account.takes_keys,
        PUBLIC: account.lets_public,
        FOLDERS: account.has_folders,
        SFTP: account.takes_sftp,
    }
    maybe = frozenset(name for name, allowed in allows.items() if allowed is not False)
    return Place(account.id, account.name, container, maybe)


def _ways(account: Account, container: str, entry: Mapping[str, Any]) -> Iterator[Access]:
    if account.why_unread is not None:
        yield nobody_knows(account.why_unread, account.title)
    place = place_of(account, container)
    yield from by_nobody(account, container, entry, place)
    yield from by_keys(account, container, entry)
    yield from account.roles.readers(place)
    yield from by_sftp(account, container)
    yield from by_lists(account, entry)
