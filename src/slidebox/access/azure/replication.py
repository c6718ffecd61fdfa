"""Copies of blobs in other accounts: whoever reads the copy reads the data.

Source: Microsoft, "Object replication for block blobs" and "Prevent replication across Microsoft Entra tenants", as of
2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from slidebox.access.azure.accounts import Account
from slidebox.access.azure.parts import listed, properties, word
from slidebox.access.effective import Access, Location, merged, nobody_knows
from slidebox.access.reader import account as account_called
from slidebox.access.snapshot import why_unread

_COPIED = ("read", "list")


def with_copies(found: Sequence[Location], accounts: Iterable[Account]) -> Iterator[Location]:
    """Locations with the readers that their copies have, and those who write copies to them.

    Parameters
    ----------
    found
        Containers without that.
    accounts
        The accounts that they are in.
    """
    more: dict[tuple[str, str], list[Access]] = {}
    there = {(one.within.casefold(), one.name): one for one in found}
    for account in accounts:
        policies, why = listed(account.entry.get("replication"))
        if why is not None:
            for place in (key for key in there if key[0] == account.name.casefold()):
                more.setdefault(place, []).append(nobody_knows(why, account.title, "replication", actions=_COPIED))
        for policy in policies:
            for place, access in _of_policy(account, policy, there):
                more.setdefault(place, []).append(access)
    for one in found:
        added = more.get((one.within.casefold(), one.name))
        yield replace(one, readers=merged((*one.readers, *added))) if added else one


def _of_policy(
    account: Account, policy: Mapping[str, Any], there: Mapping[tuple[str, str], Location]
) -> Iterator[tuple[tuple[str, str], Access]]:
    about = properties(policy)
    source, target = _name(word(about, "sourceAccount")), _name(word(about, "destinationAccount"))
    rules, why = listed(about.get("rules"), absent=False)
    here = account.name.casefold()
    if why_unread(about) is not None or why is not None or source is None or target is None:
        for place in (key for key in there if key[0] == here):
            said = why_unread(about) or why or "where it goes is not known"
            yield place, nobody_knows(said, account.title, "replication", actions=_COPIED)
        return
    for rule in rules:
        from_, to = word(rule, "sourceContainer"), word(rule, "destinationContainer")
        if source == here:
            yield from _copied(account, (source, from_), (target, to), there)
        if target == here and source != here and to is not None and (target, to) in there:
            who = account_called(source)
            yield (target, to), Access(who, ("write", "delete"), (account.title, f"replication from account {source}"))


def _copied(
    account: Account,
    source: tuple[str, str | None],
    target: tuple[str, str | None],
    there: Mapping[tuple[str, str], Location],
) -> Iterator[tuple[tuple[str, str], Access]]:
    """Who reads the copies of a container; of any, where nothing says of which."""
    places = [key for key in there if key[0] == source[0] and source[1] in (None, key[1])]
    path = (account.title, f"replication to {'/'.join(part for part in target if part)}")
    copy = there.get((target[0], target[1] or ""))
    for place in places:
        if copy is None:
            yield place, Access(account_called(target[0]), _COPIED, path)
            continue
        for one in copy.readers:
            if actions := tuple(action for action in one.actions if action in _COPIED):
                yield place, Access(one.principal, actions, (*path, *one.path), one.until)


def _name(said: str | None) -> str | None:
    """An account's name, by its name or its id."""
    return said.rstrip("/").rpartition("/")[2].casefold() if said else None
