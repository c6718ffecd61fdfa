"""What stands in front of accounts: Front Door, and the older networks that deliver content.

What goes through one comes from anyone. It opens nothing by itself where it comes to an account as anybody else does;
it does where it reaches the account by a private link, proves an identity of its own, or signs what it asks for.

Source: Microsoft, "Secure your origin with Private Link in Azure Front Door" and "Use managed identities to
authenticate to origins", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slidebox.access.azure.accounts import Account
from slidebox.access.azure.parts import flag, listed, value_of, word
from slidebox.access.azure.roles import Place
from slidebox.access.effective import Access, nobody_knows
from slidebox.access.reader import ANYONE, UNKNOWN
from slidebox.access.snapshot import why_unread

_OFF = "disabled"


@dataclass(frozen=True, slots=True)
class Front:
    """An origin that is an account.

    Attributes
    ----------
    title
        What it is, for the path.
    entry
        What the section says of it.
    is_certain
        Whether it is known to be this account, and reached.
    """

    title: str
    entry: Mapping[str, Any] = field(repr=False)
    is_certain: bool

    @property
    def is_private(self) -> bool:
        """Whether it reaches the account, or may, by a private link, whatever its network rules say."""
        link = value_of(self.entry, "privateLink")
        if link is None:
            return False
        status = word(link, "status")
        return status is None or status.casefold() not in ("pending", "rejected", "disconnected")

    def readers(self, account: Account, place: Place) -> Iterator[Access]:
        """Whom it lets read what only somebody with an identity may."""
        if flag(self.entry, "signs", absent=False) is not False and account.takes_keys is not False:
            yield Access(ANYONE, ("read",), (account.title, self.title, "which adds a signed link"))
        said = value_of(self.entry, "identity")
        if said is None:
            return
        identity = word(said, "principalId")
        if not identity:
            why = why_unread(said) or "its identity is not known"
            yield nobody_knows(why, account.title, self.title, actions=("read",))
            return
        for one in account.roles.of(identity, place):
            if "read" in one.actions:
                who = ANYONE if self.is_certain else UNKNOWN
                yield Access(who, ("read",), (account.title, self.title, *one.path), one.until)


def fronts(account: Account, container: str) -> tuple[Front, ...]:
    """What stands in front of a container."""
    entries, _ = listed(account.origins)
    return tuple(front for entry in entries if (front := _front(account, container, entry)))


def _front(account: Account, container: str, entry: Mapping[str, Any]) -> Front | None:
    host = word(entry, "hostName")
    endpoints, why = listed(entry.get("endpoints"))
    on = [one for one in endpoints if _is_on(one)]
    unused = why is None and entry.get("endpoints") is not None and not on
    if unused or not _is_on(entry) or not _is_of(account, entry, host) or not _is_for(container, entry, host):
        return None
    named = ", ".join(name for one in on if (name := word(one, "hostName")))
    title = f"{word(entry, 'kind') or 'Front Door'} {word(entry, 'name') or ''}".strip()
    return Front(f"{title} at {named}" if named else title, entry, host is not None and why is None)


def _is_on(entry: Mapping[str, Any]) -> bool:
    return (word(entry, "enabledState") or "").casefold() != _OFF


def _is_of(account: Account, entry: Mapping[str, Any], host: str | None) -> bool:
    """Whether an origin is an account; it may be where nothing says what it is."""
    key = entry.get("account")
    if key is not None:
        return bool(key == account.name)
    return host is None or host.casefold().partition(".")[0] == account.name.casefold()


def _is_for(container: str, entry: Mapping[str, Any], host: str | None) -> bool:
    """Whether an origin reaches a container: it may be about one only, or about the static website."""
    path = (word(entry, "originPath") or "").strip("/").partition("/")[0]
    if path and path.casefold() != container.casefold():
        return False
    return host is None or ".web." not in host.casefold() or container == "$web"
