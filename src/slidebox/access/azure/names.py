"""Whom identities of Entra ID stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slidebox.access.azure.parts import time_of
from slidebox.access.reader import UNKNOWN, account
from slidebox.access.snapshot import Known, why_unread

_GUEST = re.compile(r"(?P<name>.+)_(?P<domain>[^_@]+)#EXT#@.+", re.IGNORECASE)


def home_of(name: str) -> str:
    """The address that a guest has at home, by what the inviting tenant calls the guest; empty for a member."""
    match = _GUEST.fullmatch(name)
    return f"{match['name']}@{match['domain']}" if match else ""


class Names:
    """Whom object ids stand for.

    Parameters
    ----------
    known
        What the lab says.
    principals
        What the directory says of object ids, where it was asked.
    """

    def __init__(self, known: Known, principals: object = None) -> None:
        self._known = known
        said = principals if isinstance(principals, Mapping) and why_unread(principals) is None else {}
        self._about: dict[str, Mapping[str, Any]] = {
            str(name).casefold(): about for name, about in said.items() if isinstance(about, Mapping)
        }
        self._names: dict[str, str | None] = {}
        for identity, principal in known.names.items():
            bare = identity.rpartition(":")[2].casefold()
            # An id that the lab gives to two is nobody's name.
            self._names[bare] = principal if self._names.get(bare, principal) == principal else None

    def called(self, identity: object) -> str:
        """The principal that an object id stands for; unknown where there is none."""
        if not isinstance(identity, str) or not identity:
            return UNKNOWN
        for name in (identity, *self._addresses(identity)):
            if found := self._names.get(name.casefold()):
                return found
        about = self._about.get(identity.casefold(), {})
        return account(str(about.get("userPrincipalName") or identity))

    def members(self, identity: object) -> tuple[str, ...]:
        """Who is in a group, where the lab says."""
        if not isinstance(identity, str):
            return ()
        return tuple(self._known.groups.get(identity) or self._known.groups.get(identity.casefold()) or ())

    def said(self, identity: object) -> tuple[str, ...]:
        """What of an identity belongs in a path: that it is a guest's, or another tenant's."""
        about = self._about.get(str(identity).casefold(), {})
        words = []
        if home := home_of(str(about.get("userPrincipalName") or "")):
            words.append(f"guest {home}")
        if about.get("tenant"):
            words.append(f"of tenant {about['tenant']}")
        return tuple(words)

    def is_over(self, until: str) -> bool:
        """Whether an end has come."""
        end = time_of(until) if until else None
        return end is not None and self._known.now is not None and end <= self._known.now

    def _addresses(self, identity: str) -> tuple[str, ...]:
        about = self._about.get(identity.casefold(), {})
        said = [str(about.get(name) or "") for name in ("userPrincipalName", "mail")]
        return tuple(name for name in (*said, home_of(said[0])) if name)
