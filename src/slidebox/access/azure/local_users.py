"""Local users of an account, who come in by SFTP with a key or a password of their own.

Source: Microsoft, "SSH File Transfer Protocol support for Azure Blob Storage" and "Access control model for SFTP", as
of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.azure.accounts import Account
from slidebox.access.azure.keys import allowed
from slidebox.access.azure.parts import flag, listed, properties, word
from slidebox.access.effective import ACTIONS, Access, nobody_knows
from slidebox.access.reader import UNKNOWN

_DATA = ACTIONS[:4]


def by_sftp(account: Account, container: str) -> Iterator[Access]:
    """The local users that reach a container."""
    takes = account.takes_sftp
    if takes is False:
        return
    users, why = listed(account.entry.get("localUsers"), absent="localUsers" in account.entry)
    if why is not None:
        yield nobody_knows(why, account.title, "SFTP" if takes else "SFTP, which it may have", actions=_DATA)
    for user in users:
        yield from _of_user(account, container, user)


def _of_user(account: Account, container: str, user: Mapping[str, Any]) -> Iterator[Access]:
    about = properties(user)
    name = (word(user, "name") or "").rpartition("/")[2]
    ways = {
        "key": flag(about, "hasSshKey", absent=bool(about.get("sshAuthorizedKeys"))),
        "password": flag(about, "hasSshPassword", absent=False),
    }
    if all(has is False for has in ways.values()):
        return  # nobody can come in as this user
    who = account.names.called(f"{account.name}.{name}") if name else UNKNOWN
    words = " or ".join(word for word, has in ways.items() if has is not False)
    path = (account.title, "SFTP", f"local user {name or 'without a name'}, with a {words}")
    scopes, why = listed(about.get("permissionScopes"))
    if why is not None:
        yield Access(who, _DATA, (*path, f"of whose permissions nothing is known: {why}"))
    for scope in scopes:
        named = word(scope, "resourceName")
        if (word(scope, "service") or "blob").casefold() != "blob":
            continue
        if named and named.strip("/").partition("/")[0].casefold() != container.casefold():
            continue
        letters = word(scope, "permissions")
        yield Access(who, allowed(letters, account_has_folders=True) if letters else _DATA, path)
    if flag(about, "allowAclAuthorization", absent=False) is not False:
        yield Access(who, _DATA, (*path, "as far as access lists of folders allow"))
