"""A snapshot's section ``azure``, put together from resources: whose account each of them is about.

Plans of Terraform and stacks of Pulumi both name accounts, containers and scopes either outright or by what makes
them; this is what both share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource

LATER: Final = "known after apply"
"""Why something is not known before it is made."""
_PLANNED: Final = "planned"
"""In place of a subscription or a resource group whose name nothing says."""
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_ACCOUNT_ID = re.compile(r"/storageAccounts/([^/]+)", re.IGNORECASE)
_CONTAINER_ID = re.compile(r"/containers/([^/]+)$", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?([a-z0-9-]+)\.(?:[a-z0-9-]+\.)*(?:blob|dfs|web)\.(?:[a-z0-9.-]+)/?", re.IGNORECASE)
ACCOUNT, CONTAINER, GROUP, SUBSCRIPTION, ELSE = "account", "container", "group", "subscription", ""


def known(value: Any) -> Any:
    """A value with what is known only later said to be so, at any depth."""
    if value == UNKNOWN:
        return unread(LATER)
    if isinstance(value, Mapping):
        return {name: known(item) for name, item in value.items()}
    return [known(item) for item in value] if isinstance(value, list) else value


def attribute(resource: Resource, name: str) -> Any:
    """An attribute; ``unknown`` where it is known only later, None where only the provider chooses it then."""
    if name not in resource.unknown:
        return resource.values.get(name)
    if resource.asked is not None and name not in resource.asked:
        return None
    return resource.whole().get(name)


class Making:
    """A section while it is put together.

    Parameters
    ----------
    found
        All resources.
    kinds
        What each type is: `ACCOUNT`, `CONTAINER`, `GROUP` or `SUBSCRIPTION`.
    """

    def __init__(self, found: Sequence[Resource], kinds: Mapping[str, str]) -> None:
        self.found = found
        self._kinds = kinds
        self._at = {one.address: one for one in found}
        self._subscription = _subscription_of(found)
        self.accounts: dict[str, dict[str, Any]] = {}
        self.unplaced: dict[str, str] = {}
        self._about: dict[str, list[dict[str, Any]]] = {}

    def add(self, part: str, entry: Mapping[str, Any]) -> None:
        """Add to a part of the subscription, such as ``roleAssignments``."""
        self._about.setdefault(part, []).append(dict(entry))

    def aside(self, resource: Resource, why: str) -> None:
        """Let something stand by itself that opens something, and nothing tells what."""
        self.unplaced[_key(resource, "")] = why

    def section(self) -> dict[str, Any] | None:
        """The section; None where there is nothing of it."""
        if not self.accounts and not self.unplaced:
            return None
        about: dict[str, Any] = {"roleAssignments": [], "roleDefinitions": [], **self._about}
        subscriptions = {self._subscription: about}
        for entry in self.accounts.values():
            account = entry["account"]
            said = _SUBSCRIPTION.match(str(account.get("id") or ""))
            subscriptions.setdefault(said[1].casefold() if said else self._subscription, about)
        return {"accounts": self.accounts, "subscriptions": subscriptions, "unplaced": self.unplaced}

    # Accounts

    def account(self, resource: Resource, name: str, account: Mapping[str, Any]) -> dict[str, Any]:
        """Add an account.

        Parameters
        ----------
        resource
            What makes it.
        name
            Its name; ``unknown`` or empty where it is known only later.
        account
            It as Resource Manager would answer it, without its id.
        """
        key = _key(resource, name)
        before = self.accounts.get(key, {})
        entry = {
            "containers": {},
            "localUsers": [],
            "replication": [],
            "staticWebsite": None,
            **before,
            "account": {"id": self.id_of(resource), "name": key, **account},
        }
        self.accounts[key] = entry
        return entry

    def entry(self, key: str, identity: str = "") -> dict[str, Any]:
        """What is said of an account; one that the resources only name is not known itself."""
        if key not in self.accounts:
            account: dict[str, Any] = {"name": key, "properties": unread("it is not among what is shown")}
            where = identity or self._account_id(_PLANNED, key)
            self.accounts[key] = {
                "account": {"id": where, **account},
                "containers": {},
                "localUsers": unread("it is not among what is shown"),
                "replication": unread("it is not among what is shown"),
                "staticWebsite": unread("it is not among what is shown"),
            }
        return self.accounts[key]

    def account_of(self, resource: Resource, *names: str) -> str | None:
        """The key of the account that attributes of a resource name; None where nothing tells it."""
        for name in names:
            value = attribute(resource, name)
            if isinstance(value, str) and value not in ("", UNKNOWN):
                match = _ACCOUNT_ID.search(value) or _HOST.match(value)
                key = match[1] if match else value
                self.entry(key, value if value.startswith("/subscriptions/") and _ACCOUNT_ID.search(value) else "")
                return key
        for name in names:
            for other in self.sources(resource, name):
                kind = self._kinds.get(other.type, ELSE)
                if kind == ACCOUNT:
                    return _key(other, self.name_of(other))
        return None

    def container(self, key: str | None, resource: Resource, name: str, said: Mapping[str, Any]) -> None:
        """Add a container of an account; one that has no name yet stands under its own address.

        Parameters
        ----------
        key
            The account's; None where nothing tells it.
        resource
            What makes it.
        name
            Its name.
        said
            What the section says of it.
        """
        if key is None:
            key = f"account of {_key(resource, '')}"
            self.accounts[key] = {
                "account": unread("nothing tells whose account it is in"),
                "containers": {},
                "localUsers": unread(LATER),
                "replication": unread(LATER),
            }
        named = _key(resource, name)
        before = self.entry(key)["containers"].get(named, {})
        self.entry(key)["containers"][named] = {**before, **said}

    # What is meant

    def sources(self, resource: Resource, name: str) -> Iterator[Resource]:
        """What an attribute comes from, as far as it is among the resources."""
        listed = resource.sources.get(name)
        if not listed:
            asked = set(resource.depends)
            listed = tuple(at for at in self._at if at in asked or re.sub(r"\[[^\]]*\]$", "", at) in asked)
        yield from (self._at[at] for at in listed if at in self._at)

    def scopes(self, resource: Resource, name: str) -> tuple[str, ...] | None:
        """The ids that a scope means: none where it is about something else; None where nothing tells."""
        value = attribute(resource, name)
        if isinstance(value, str) and value not in ("", UNKNOWN):
            return (value,)
        listed = list(self.sources(resource, name))
        found = [self.id_of(one) for one in listed if self._kinds.get(one.type, ELSE) != ELSE]
        return tuple(dict.fromkeys(found)) if found else () if listed and resource.sources.get(name) else None

    def name_of(self, resource: Resource) -> str:
        """The name of an account, a container or a group; ``unknown`` where it is known only later."""
        for name in ("name", "accountName", "containerName", "resourceGroupName"):
            value = attribute(resource, name)
            if isinstance(value, str) and value and self._fits(resource, name):
                return value
        return UNKNOWN

    def _fits(self, resource: Resource, name: str) -> bool:
        """Whether an attribute is a thing's own name, and not that of what it is in."""
        own = {ACCOUNT: "accountName", CONTAINER: "containerName", GROUP: "resourceGroupName"}
        return name in ("name", own.get(self._kinds.get(resource.type, ELSE), ""))

    def id_of(self, resource: Resource) -> str:
        """The id of something, or what it will come to, as far as that is known."""
        for name in ("resource_manager_id", "id"):
            said = attribute(resource, name)
            if isinstance(said, str) and said.startswith("/"):
                return said
        kind = self._kinds.get(resource.type, ELSE)
        key = _key(resource, self.name_of(resource)).replace("/", "_")
        if kind == CONTAINER:
            of = self.account_of(resource, "storage_account_id", "storage_account_name", "accountName") or _PLANNED
            account = self.accounts.get(of, {}).get("account", {}).get("id") or self._account_id(_PLANNED, of)
            return f"{account}/blobServices/default/containers/{key}"
        if kind == ACCOUNT:
            return self._account_id(self._group_of(resource), key)
        if kind == GROUP:
            return f"/subscriptions/{self._subscription}/resourceGroups/{key}"
        return f"/subscriptions/{self._subscription}"

    def _group_of(self, resource: Resource) -> str:
        for name in ("resource_group_name", "resourceGroupName"):
            said = attribute(resource, name)
            if isinstance(said, str) and said not in ("", UNKNOWN):
                return said
            for other in resource.sources.get(name, ()):
                if other in self._at:
                    return _key(self._at[other], self.name_of(self._at[other])).replace("/", "_")
        return _PLANNED

    def _account_id(self, group: str, key: str) -> str:
        where = f"/subscriptions/{self._subscription}/resourceGroups/{group}"
        return f"{where}/providers/Microsoft.Storage/storageAccounts/{key.replace('/', '_')}"

    def is_at(self, scope: str) -> bool:
        """Whether a scope can have an account in it, or be in one."""
        small = scope.casefold()
        return "/providers/" not in small or any(
            word in small for word in ("/microsoft.storage/storageaccounts/", "/microsoft.management/managementgroups/")
        )


def container_in(scope: str) -> str:
    """The container that an id is of; empty where it is of none."""
    match = _CONTAINER_ID.search(scope)
    return match[1] if match else ""


def _key(resource: Resource, name: str) -> str:
    if name not in ("", UNKNOWN):
        return name
    return resource.address.rpartition("::")[2] if "::" in resource.address else resource.address


def _subscription_of(found: Sequence[Resource]) -> str:
    """The one subscription that resources name; a placeholder where they name none, or several."""
    said = set()
    for one in found:
        for name in ("id", "scope", "subscription_id"):
            value = one.values.get(name)
            if isinstance(value, str):
                match = _SUBSCRIPTION.match(value)
                said.update({match[1].casefold()} if match else set())
    return said.pop() if len(said) == 1 else _PLANNED
