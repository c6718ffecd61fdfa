"""Who stands behind a member of a policy: people, groups, whoever can act as a service account, pools."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.google.conditions import moment_of
from slidebox.access.google.estate import Estate, no_targets
from slidebox.access.google.grants import NOBODY_KNOWN, Grant, grants_of, sooner
from slidebox.access.google.pools import MEMBER, through_pool
from slidebox.access.google.roles import ACT_AS, MAKE_HMAC
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN
from slidebox.access.snapshot import why_unread

_EVERYBODY: Mapping[str, str] = {"allUsers": ANYONE, "allAuthenticatedUsers": ANY_ACCOUNT}
_BASIC: Mapping[str, str] = {
    "projectOwner": "roles/owner",
    "projectEditor": "roles/editor",
    "projectViewer": "roles/viewer",
}
_OPEN_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
"""Domains in which everybody can have an account."""
_SERVICE = "serviceAccount"
_NEVER = "9999"
"""How the end of a key begins that has none (IAM API, ``ServiceAccountKey.validBeforeTime``)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody behind a member.

    Attributes
    ----------
    principal
        As audits call it.
    path
        How one comes from the member to it.
    until
        From when on it is not behind the member any more; empty where that has no end.
    """

    principal: str
    path: tuple[str, ...] = ()
    until: str = ""


class People:
    """Who stands behind members, worked out once for each.

    Parameters
    ----------
    estate
        What is around the buckets.
    """

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._behind: dict[str, tuple[Person, ...]] = {}
        self._holders: dict[str, tuple[Grant, ...]] = {}

    def behind(self, member: str) -> tuple[Person, ...]:
        """Everybody who stands behind a member; nobody where it is one that was deleted."""
        if member not in self._behind:
            self._behind[member] = tuple(dict.fromkeys(self._all(member)))
        return self._behind[member]

    def _all(self, member: str) -> Iterator[Person]:
        """Breadth first: each member by its shortest path, and once more where only a longer one has no end."""
        waiting: deque[tuple[str, tuple[str, ...], str]] = deque([(member, (), "")])
        seen = {(member, "")}
        while waiting:
            one, path, until = waiting.popleft()
            for found in self._one(one):
                if isinstance(found, Person):
                    yield Person(found.principal, (*path, *found.path), sooner(until, found.until))
                    continue
                end = sooner(until, found.until)
                if (found.member, "") not in seen and (found.member, end) not in seen:
                    seen.add((found.member, end))
                    waiting.append((found.member, (*path, *found.path), end))

    def _one(self, member: str) -> Iterator[Person | Grant]:
        """Who a member is, and the members behind it."""
        kind, _, name = member.partition(":")
        if member in _EVERYBODY:
            yield Person(_EVERYBODY[member])
        elif member == NOBODY_KNOWN:
            yield Person(UNKNOWN)
        elif kind == "deleted":
            return
        elif kind == "domain" and name.casefold() in _OPEN_DOMAINS:
            yield Person(ANY_ACCOUNT, (f"domain {name}",))
        elif kind in _BASIC:
            yield from self._basic(member, kind, name)
        elif kind == "group":
            yield from self._group(member)
        elif kind == _SERVICE:
            yield from self._service(member, name)
        elif match := MEMBER.fullmatch(member):
            yield from self._pool(member, match["project"], match["pool"].rpartition("/")[2])
        elif kind in ("user", "domain", "principal", "principalSet"):
            yield self._called(member)
        else:
            yield Person(UNKNOWN, (f"{member!r} is a member of a kind that is not known",))

    def _called(self, member: str, *path: str) -> Person:
        """Somebody by the lab's name for them: by the whole member, or by the address in it."""
        known = self._estate.known
        address = member.partition(":")[2]
        if member not in known.names and member.casefold() not in known.names and "@" in address:
            for name in (address, address.casefold()):
                if name in known.names:
                    return Person(known.names[name], path)
        return Person(known.called(member.rstrip(":")), path)

    def _basic(self, member: str, kind: str, name: str) -> Iterator[Person | Grant]:
        estate, role = self._estate, _BASIC[kind]
        project = estate.project_named(name)
        for grant in estate.holders(project, role):
            if grant.member == NOBODY_KNOWN:
                yield Person(UNKNOWN, grant.path)
            elif grant.member.partition(":")[0] not in _BASIC:
                yield grant
        if estate.elsewhere(project):
            yield self._called(f"{kind}:{project}")

    def _group(self, member: str) -> Iterator[Person | Grant]:
        groups = self._estate.section.get("groups")
        said = groups.get(member) if isinstance(groups, Mapping) else None
        if (why := why_unread(said) or why_unread(groups)) is not None:
            yield self._called(member)
            yield Person(UNKNOWN, (f"group {member.partition(':')[2]}", why))
        elif isinstance(said, list):
            for one in said:
                yield Grant(str(one), frozenset(), (f"group {member.partition(':')[2]}",))
        else:
            yield self._called(member)

    def _pool(self, member: str, project: str, wanted: str) -> Iterator[Person]:
        pools = self._estate.project(project).get("workload_identity_pools")
        pool: Any = pools
        if isinstance(pools, Mapping) and why_unread(pools) is None:
            pool = next((said for name, said in pools.items() if name.rpartition("/")[2] == wanted), None)
        for principal, path in through_pool(member, pool):
            named = principal.removeprefix("account:")
            yield Person(self._estate.known.called(named) if named != principal else principal, path)

    # Service accounts

    def _service(self, member: str, email: str) -> Iterator[Person | Grant]:
        email = email.partition("?")[0]
        project, said = self._estate.service_account(email)
        if isinstance(said, Mapping) and said.get("disabled") is True:
            return
        yield self._called(member)
        words = f"service account {email}"
        if (why := why_unread(said)) is not None:
            yield Person(UNKNOWN, (words, why))
        about: Mapping[str, Any] = said if isinstance(said, Mapping) and why is None else {}
        yield from self._keys(member, words, about.get("keys"))
        yield from self._hmac(member, words, email, self._estate.project(project).get("hmac_keys") if project else None)
        for grant in self.acting(email):
            path = (f"acts as {email}", *grant.path)
            if grant.member == NOBODY_KNOWN:
                yield Person(UNKNOWN, path, grant.until)
            else:
                yield Grant(grant.member, frozenset(), path, grant.until)

    def acting(self, email: str) -> tuple[Grant, ...]:
        """Who can act as a service account, by its own policy or by that of its project and what that is in."""
        if email not in self._holders:
            self._holders[email] = tuple(self._acting(email))
        return self._holders[email]

    def _acting(self, email: str) -> Iterator[Grant]:
        estate = self._estate
        project, said = estate.service_account(email)
        if isinstance(said, Mapping) and why_unread(said) is None and said.get("policy") is not None:
            path = ("policy of the service account",)
            for grant in grants_of(said["policy"], path, estate.roles(), no_targets, estate.known.now):
                if grant.permissions & ACT_AS:
                    yield grant
        if project:
            for grant in estate.given(project, no_targets):
                if grant.permissions & (ACT_AS | {MAKE_HMAC}):
                    yield grant

    def _keys(self, member: str, words: str, keys: Any) -> Iterator[Person]:
        if (why := why_unread(keys)) is not None:
            yield Person(UNKNOWN, (words, f"whether it has keys in files is not known: {why}"))
            return
        for key in keys if isinstance(keys, list) else ():
            if (why := why_unread(key)) is not None:
                yield Person(UNKNOWN, (words, f"whether it has keys in files is not known: {why}"))
                continue
            if not isinstance(key, Mapping) or key.get("keyType") == "SYSTEM_MANAGED" or key.get("disabled") is True:
                continue
            end = str(key.get("validBeforeTime") or _NEVER)
            until = "" if end.startswith(_NEVER) else end
            if until and self._past(until):
                continue
            name, made = str(key.get("name") or "").rpartition("/")[2][:12], str(key.get("validAfterTime") or "")[:10]
            told = " ".join(filter(None, ("key", name, "in a file", made and f"since {made}")))
            path = self._called(member, words, told if until else f"{told}, which does not end")
            yield Person(path.principal, path.path, until)

    def _hmac(self, member: str, words: str, email: str, keys: Any) -> Iterator[Person]:
        if (why := why_unread(keys)) is not None:
            yield Person(UNKNOWN, (words, f"whether it has HMAC keys is not known: {why}"))
            return
        for key in keys if isinstance(keys, list) else ():
            if (why := why_unread(key)) is not None:
                yield Person(UNKNOWN, (words, f"whether it has HMAC keys is not known: {why}"))
                continue
            if (
                isinstance(key, Mapping)
                and key.get("serviceAccountEmail") == email
                and key.get("state") in (None, "ACTIVE")
            ):
                told = f"HMAC key {key.get('accessId') or ''}".strip()
                yield self._called(member, words, f"{told}, which does not end")

    def _past(self, moment: str) -> bool:
        now: dt.datetime | None = self._estate.known.now
        try:
            return now is not None and moment_of(moment) <= now
        except ValueError:
            return False
