"""Who needs no identity: public containers, static websites, NFS, and what stands in front of an account.

Source: Microsoft, "Configure anonymous read access for containers and blobs", "Static website hosting in Azure
Storage", "Network File System (NFS) 3.0 protocol support", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.azure.accounts import Account
from slidebox.access.azure.networks import Way, nfs_ways, ways
from slidebox.access.azure.origins import Front, fronts
from slidebox.access.azure.parts import NOT_READ, flag, listed, properties, value_of, word
from slidebox.access.azure.roles import Place
from slidebox.access.effective import ACTIONS, Access, nobody_knows
from slidebox.access.reader import ANYONE, UNKNOWN
from slidebox.access.snapshot import why_unread

WEBSITE = "$web"
_PUBLIC: Mapping[str, tuple[str, ...]] = {"blob": ("read",), "container": ("read", "list")}


def by_nobody(account: Account, container: str, entry: Mapping[str, Any], place: Place) -> Iterator[Access]:
    """Whoever can do something without an identity of their own.

    Parameters
    ----------
    account, container
        The container.
    entry
        What the section says of it.
    place
        The same, as roles see it.
    """
    found = fronts(account, container)
    yield from _public(account, entry, found)
    if container == WEBSITE:
        yield from _website(account, found)
    for way in nfs_ways(account.settings):
        yield Access(way.principal, ACTIONS[:4], _path((account.title, "NFS, which asks for no identity"), way))
    _, why = listed(account.origins)
    if why is not None:
        yield nobody_knows(why, account.title, "what stands in front of it", actions=("read", "list"))
    for front in found:
        yield from front.readers(account, place)


def _public(account: Account, entry: Mapping[str, Any], found: tuple[Front, ...]) -> Iterator[Access]:
    """What the container's public level lets anyone do."""
    if account.lets_public is False:
        return
    said = properties(entry.get("container", entry.get("properties")))
    level = word(said, "publicAccess")
    if level is None:
        why = why_unread(value_of(said, "publicAccess")) or NOT_READ
        yield nobody_knows(why, "public level of the container", actions=("read", "list"))
        return
    if level.casefold() in ("", "none"):
        return
    # A level that is not known counts for the widest one.
    actions = _PUBLIC.get(level.casefold(), ("read", "list"))
    yield from _anonymous(account, f"public level {level} of the container", actions, found)


def _website(account: Account, found: tuple[Front, ...]) -> Iterator[Access]:
    """A static website: no setting of the account or the container keeps anybody from it."""
    said = account.entry.get("staticWebsite", {"$unread": NOT_READ})
    on = False if said is None else flag(said, "enabled", absent=False)
    if on is None:
        yield nobody_knows(why_unread(said) or NOT_READ, "static website", actions=("read",))
    elif on:
        domain = word(value_of(account.settings, "customDomain"), "name")
        yield from _anonymous(account, f"static website{f' at {domain}' if domain else ''}", ("read",), found)


def _anonymous(account: Account, said: str, actions: tuple[str, ...], found: tuple[Front, ...]) -> Iterator[Access]:
    """What is open to anyone who can reach the account, and to everybody whom something in front of it lets there."""
    for way in ways(account.settings):
        yield Access(way.principal, actions, _path((account.title, said), way))
    for front in found:
        if front.is_private:
            yield Access(ANYONE if front.is_certain else UNKNOWN, actions, (account.title, said, front.title))


def _path(path: tuple[str, ...], way: Way) -> tuple[str, ...]:
    return (*path, way.said) if way.said else path
