"""Shared keys, and the links that are signed with them: who holds one, no list says.

Source: Microsoft, "Prevent Shared Key authorization", "Define a stored access policy" and "Create a service SAS", as
of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slidebox.access.azure.accounts import Account
from slidebox.access.azure.parts import listed, moment, word
from slidebox.access.effective import ACTIONS, Access, nobody_knows
from slidebox.access.reader import UNKNOWN

_LETTERS: Mapping[str, tuple[str, ...]] = {
    "r": ("read",),
    "l": ("list",),
    "f": ("list",),
    "e": ("list",),
    "a": ("write",),
    "c": ("write",),
    "w": ("write",),
    "t": ("write",),
    "m": ("write", "delete"),
    "d": ("delete",),
    "x": ("delete",),
    "y": ("delete",),
    "o": ACTIONS,
    "p": ACTIONS,
    "i": (),
}
_OF_A_LINK = ACTIONS[:4]


def allowed(letters: str, account_has_folders: bool | None = None) -> tuple[str, ...]:
    """What the permissions of a link, or of a stored access policy, let its bearer do.

    Parameters
    ----------
    letters
        As links carry them, such as ``rl``. A letter that is not known lets the bearer do everything that a link can.
    account_has_folders
        Whether the account has folders: only there can a link change owners and lists of access.
    """
    found: set[str] = set()
    for letter in letters:
        gives = _LETTERS.get(letter, _OF_A_LINK)
        found.update(() if gives == ACTIONS and account_has_folders is False else gives)
    return tuple(action for action in ACTIONS if action in found)


def by_keys(account: Account, container: str, entry: Mapping[str, Any]) -> Iterator[Access]:
    """Who may hold a key or a link.

    Parameters
    ----------
    account, container
        The container.
    entry
        What the section says of it.
    """
    takes = account.takes_keys
    if takes is False:
        return  # such links are refused, and so are those by a stored access policy
    unsure = "it may take shared keys" if takes is None else "it takes shared keys"
    yield nobody_knows("who holds a key, or a link signed with one, no list says", account.title, unsure)
    policies, why = listed(entry.get("policies"))
    if why is not None:
        yield nobody_knows(why, account.title, "stored access policies", actions=_OF_A_LINK)
    for policy in policies:
        yield from _stored(account, policy)
    links, why = listed(account.entry.get("sas"))
    if why is not None:
        yield nobody_knows(why, account.title, "links", actions=_OF_A_LINK)
    for link in links:
        yield from _link(account, container, link)


def _stored(account: Account, policy: Mapping[str, Any]) -> Iterator[Access]:
    """Whoever has a link by a stored access policy; what the policy does not say, the link says."""
    about = policy.get("accessPolicy", policy)
    letters = word(about, "permission")
    actions = allowed(letters, account.has_folders) if letters else _OF_A_LINK
    # The text of its name is what links by it carry, and no secret.
    said = f"stored access policy {policy.get('id') or 'without a name'}"
    yield Access(UNKNOWN, actions, (account.title, said, "links by it"), moment(word(about, "expiry")))


def _link(account: Account, container: str, link: Mapping[str, Any]) -> Iterator[Access]:
    """Whoever has a link that is known of."""
    about = word(link, "container")
    if about and about.casefold() != container.casefold():
        return
    services, letters = word(link, "services"), word(link, "permissions")
    if services and "b" not in services.casefold():
        return
    actions = allowed(letters, account.has_folders) if letters else _OF_A_LINK
    kinds = word(link, "resourceTypes")
    actions = _of_kinds(actions, kinds) if kinds else actions
    if not actions:
        return
    ip = word(link, "ip")
    path = (account.title, f"link {word(link, 'name') or ''}".strip(), *((f"from {ip}",) if ip else ()))
    yield Access(UNKNOWN, actions, path, moment(word(link, "expiry")))


def _of_kinds(actions: Iterable[str], kinds: str) -> tuple[str, ...]:
    """What a link of an account can do with its kinds of resources.

    Containers are listed, objects read and written, and both deleted: a container with all that is in it.
    """
    small = kinds.casefold()
    needs = {"read": "o", "list": "c", "write": "o"}
    return tuple(action for action in actions if any(kind in small for kind in needs.get(action, "oc")))
