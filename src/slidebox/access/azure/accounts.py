"""Storage accounts of a snapshot: their settings, three-valued, and what stands above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slidebox.access.azure.names import Names
from slidebox.access.azure.parts import NOT_READ, STRANGE, flag, properties
from slidebox.access.azure.roles import Roles
from slidebox.access.snapshot import Known, why_unread

_SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True)
class Account:
    """A storage account.

    Attributes
    ----------
    name
        Its name.
    entry
        What the section says of it.
    names
        Whom identities stand for.
    roles
        The roles of its subscription.
    origins
        What stands in front of accounts in its subscription.
    """

    name: str
    entry: Mapping[str, Any] = field(repr=False)
    names: Names = field(repr=False)
    roles: Roles = field(repr=False)
    origins: object = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """The account in a path."""
        return f"storage account {self.name}"

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """Its properties; unread where they are not known."""
        return properties(self.entry.get("account"))

    @property
    def why_unread(self) -> str | None:
        """Why its properties are not known; None where they are."""
        return why_unread(self.settings)

    @property
    def id(self) -> str:
        """Its id at Resource Manager, in small letters; empty where it is not known."""
        said = self.entry.get("account")
        found = said.get("id") if isinstance(said, Mapping) else None
        return found.casefold().rstrip("/") if isinstance(found, str) else ""

    @property
    def lets_public(self) -> bool | None:
        """Whether it lets containers be public: it does where it does not say."""
        return flag(self.settings, "allowBlobPublicAccess", absent=True)

    @property
    def takes_keys(self) -> bool | None:
        """Whether it takes shared keys, and links that are signed with them: it does where it does not say."""
        return flag(self.settings, "allowSharedKeyAccess", absent=True)

    @property
    def has_folders(self) -> bool | None:
        """Whether it has folders with lists of access of their own."""
        return flag(self.settings, "isHnsEnabled", absent=False)

    @property
    def takes_sftp(self) -> bool | None:
        """Whether local users come in by SFTP."""
        has = flag(self.settings, "isSftpEnabled", absent=False)
        local = flag(self.settings, "isLocalUserEnabled", absent=True)
        if has is False or local is False:
            return False
        return True if has and local else None

    def containers(self) -> tuple[dict[str, Mapping[str, Any]], str | None]:
        """Its containers by their names, and why it is not known whether those are all; None where they are."""
        said = self.entry.get("containers", {"$unread": NOT_READ})
        if said is None:
            return {}, None
        if not isinstance(said, Mapping) or why_unread(said) is not None:
            return {}, why_unread(said) or STRANGE
        more = why_unread(self.entry.get("moreContainers"))
        return {str(name): one if isinstance(one, Mapping) else {} for name, one in said.items()}, more


def accounts_of(section: Mapping[str, Any], known: Known) -> tuple[list[Account], str | None]:
    """The accounts of a section, and why it is not known whether those are all.

    Parameters
    ----------
    section
        A snapshot's section ``azure``.
    known
        What the lab says of identities.
    """
    said = section.get("accounts")
    if said is not None and (not isinstance(said, Mapping) or why_unread(said) is not None):
        return [], why_unread(said) or STRANGE
    names = Names(known, section.get("principals"))
    of: dict[str, tuple[Roles, object]] = {}
    found = []
    for key, entry in (said or {}).items():
        whole: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
        if (why := why_unread(entry)) is not None:
            whole = {"account": {"$unread": why}, "containers": {"$unread": why}}
        own = whole.get("roles")
        subscription = f"of {key}" if own is not None else _subscription(whole.get("account"))
        if subscription not in of:
            about = _whole(own) if own is not None else _about(section.get(_SUBSCRIPTIONS), subscription)
            of[subscription] = Roles(about, names), about.get("origins")
        roles, origins = of[subscription]
        found.append(Account(str(key), whole, names, roles, origins))
    return found, None


def _subscription(said: object) -> str:
    found = said.get("id") if isinstance(said, Mapping) else None
    steps = found.casefold().strip("/").split("/") if isinstance(found, str) else []
    return steps[1] if len(steps) > 1 and steps[0] == _SUBSCRIPTIONS else ""


def _about(said: object, subscription: str) -> Mapping[str, Any]:
    """What is known of a subscription; of one that nothing is known of, its roles are not known."""
    if not isinstance(said, Mapping) or why_unread(said) is not None:
        return {"roleAssignments": {"$unread": why_unread(said) or NOT_READ}}
    for name, about in said.items():
        if str(name).casefold() == subscription:
            return _whole(about)
    return {"roleAssignments": {"$unread": NOT_READ}}


def _whole(about: object) -> Mapping[str, Any]:
    if isinstance(about, Mapping) and why_unread(about) is None:
        return about
    return {"roleAssignments": {"$unread": why_unread(about) or STRANGE}}
