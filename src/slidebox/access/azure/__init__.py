"""Who can read what in Azure, from a snapshot's section ``azure``.

The section has what Resource Manager and the blob service answer, with the names that they have there, and never a key
nor the token of a link::

    {
      "accounts": {NAME: {
        "account": {"id", "name", "properties": {…}},        # the storage account as Resource Manager answers it
        "containers": {CONTAINER: {
          "container": {"name", "properties": {"publicAccess", "metadata", …}},
          "policies": [{"id", "accessPolicy": {"permission", "start", "expiry"}}],   # stored access policies
          "acl": {"owner", "group", "acl"},                  # of the root folder, where the account has folders
          "store": …, "dataset": …                           # what the lab calls it, where that is known
        }},
        "staticWebsite": {"enabled": …} | None,
        "localUsers": [{"name", "properties": {"permissionScopes": […], …}}],
        "replication": [{"properties": {"sourceAccount", "destinationAccount", "rules": […]}}],
        "sas": [{"permissions", "services", "resourceTypes", "container", "expiry", "ip"}],   # links that are known of
        "roles": {…},                                        # as of a subscription, where it was asked of this account
        "store": …
      }},
      "subscriptions": {ID: {
        "roleAssignments": [{"id", "properties": {"scope", "roleDefinitionId", "principalId", "condition", …}}],
        "roleDefinitions": [{"name", "properties": {"roleName", "permissions": […]}}],
        "denyAssignments": […], "eligible": […], "schedules": […],
        "origins": [{"name", "hostName", "originPath", "privateLink", "identity", "endpoints": […], …}]
      }},
      "principals": {OBJECT ID: {"userPrincipalName", "mail", "displayName", "tenant"}},
      "unplaced": {ADDRESS: WHY}                             # what opens something, and nothing says what
    }

``account``, ``containers`` and a subscription's ``roleAssignments`` are essential: where one is absent, somebody
unknown has access. So it is with ``localUsers`` where the account lets in users by SFTP, ``staticWebsite`` where there
is a container ``$web``, ``acl`` where it has folders, and ``policies`` and ``replication`` where they could not be
read. What is absent from an account's properties is what Azure took it for when that property was new, which is the
open way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.azure.accounts import Account, accounts_of
from slidebox.access.azure.containers import readers
from slidebox.access.azure.replication import with_copies
from slidebox.access.effective import Location, nobody_knows
from slidebox.access.snapshot import Known, why_unread

__all__ = ["locations"]

_KIND = "azure"


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every location of the section, with everybody who can do anything with it.

    Parameters
    ----------
    section
        As the module says.
    known
        What the lab says of identities: object ids, with or without ``user:``, ``group:`` and ``service:``.

    Yields
    ------
    Location
        Every container; an account whose containers are not known stands under its own name.
    """
    accounts, why = accounts_of(section, known)
    if why is not None:
        yield Location(_KIND, kind=_KIND, readers=(nobody_knows(why, "storage accounts"),))
    found = [one for account in accounts for one in _of_account(account)]
    yield from with_copies(found, accounts)
    for address, said in _unplaced(section):
        yield Location(address, kind=_KIND, readers=(nobody_knows(said),))


def _of_account(account: Account) -> Iterator[Location]:
    containers, why = account.containers()
    for name, entry in containers.items():
        yield Location(
            name,
            store=str(entry.get("store") or account.entry.get("store") or ""),
            kind=_KIND,
            dataset=str(entry.get("dataset") or ""),
            readers=readers(account, name, entry),
            within=account.name,
        )
    if why is not None:
        yield Location(
            account.name,
            store=str(account.entry.get("store") or ""),
            kind=_KIND,
            readers=(nobody_knows(why, account.title, "its containers"),),
            within=account.name,
        )


def _unplaced(section: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    unplaced = section.get("unplaced")
    if isinstance(unplaced, Mapping) and why_unread(unplaced) is None:
        for address, said in unplaced.items():
            yield str(address), why_unread(said) or str(said)
    elif unplaced is not None:
        yield _KIND, why_unread(unplaced) or "what opens something is in no form that is known"
