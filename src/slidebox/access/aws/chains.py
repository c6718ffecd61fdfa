"""Who is behind an identity: a user, or whoever can take on a role, over any number of roles.

Source: AWS IAM User Guide, "Roles terms and concepts" (role chaining, delegation) and "How to use trust policies with
IAM roles", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
from collections import deque
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from slidebox.access.aws.grants import Grant
from slidebox.access.aws.identities import account_of
from slidebox.access.aws.parts import objects, text
from slidebox.access.aws.people import Identity, People
from slidebox.access.aws.trust import trusted
from slidebox.access.reader import UNKNOWN
from slidebox.access.s3_statements import pattern

_SESSION: Final = re.compile(r"^arn:(?P<partition>aws[a-z-]*):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/")
_ASSUME: Final = "sts:assumerole"


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody who is an identity, or can become it.

    Attributes
    ----------
    who
        As in `slidebox.access.aws.grants.Grant`; no role of which it is known who takes it on.
    path
        How, outermost first.
    until
        The last moment of it; empty where it has no end.
    role
        The role that a service or a pool takes on; empty for others.
    source
        What it is tied to.
    """

    who: str
    path: tuple[str, ...] = ()
    until: str = ""
    role: str = ""
    source: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Trust:
    """Who is behind the identities of some accounts.

    Parameters
    ----------
    people
        The identities of each account, by its id.
    now
        The moment asked about.
    named
        The ARNs by which the lab knows somebody: a role among them is that person, and whoever can take it on besides.
    """

    def __init__(
        self, people: Mapping[str, People], now: dt.datetime | None, named: Container[str] = frozenset()
    ) -> None:
        self._people = people
        self._now = now
        self._named = named
        self._known: dict[str, tuple[Held, ...]] = {}

    def behind(self, arn: str) -> tuple[Held, ...]:
        """Who is behind what a grant names by an ARN, which may be a pattern or a session of a role."""
        if arn not in self._known:
            self._known[arn] = tuple(self._behind(arn))
        return self._known[arn]

    def identity(self, arn: str) -> Identity | None:
        """An identity that was read."""
        people = self._people.get(account_of(arn))
        return people.by_arn.get(arn) if people else None

    def _behind(self, arn: str) -> Iterator[Held]:
        found = list(self._meant(arn))
        if not found:
            yield Held(arn)
            people = self._people.get(account_of(arn))
            if people is not None and people.why:
                yield Held(UNKNOWN, (f"who is behind {arn.rpartition(':')[2]} was not read: {people.why}",))
        for one in found:
            yield from self._of_role(one) if one.is_role else (Held(one.arn, _keys(one)),)

    def _meant(self, arn: str) -> Iterator[Identity]:
        """The identities that were read and that an ARN is about."""
        people = self._people.get(account_of(arn))
        if people is None:
            return
        if session := _SESSION.match(arn):
            arn = f"arn:{session['partition']}:iam::{session['account']}:role/*{session['role']}"
        if "*" not in arn and "?" not in arn:
            if one := people.by_arn.get(arn):
                yield one
            return
        for one in people.by_arn.values():
            if fnmatch.fnmatchcase(one.arn, pattern(arn)) and (not session or one.name == session["role"]):
                yield one

    def _of_role(self, role: Identity) -> Iterator[Held]:
        """Whoever can take on a role, by the shortest chain of roles."""
        waiting: deque[tuple[Identity, tuple[str, ...], str]] = deque([(role, (), "")])
        seen: set[str] = {role.arn}
        told: set[tuple[str, str]] = set()
        if role.arn in self._named:
            yield Held(role.arn)
        while waiting:
            at, path, until = waiting.popleft()
            for grant in self._holders(at):
                way, end = (*grant.path, *path), min(filter(None, (grant.until, until)), default="")
                nearer = list(self._meant(grant.who)) if grant.who.startswith("arn:") else []
                for one in nearer:
                    if one.arn not in seen and one.is_role:
                        seen.add(one.arn)
                        waiting.append((one, way, end))
                        if one.arn in self._named:
                            yield Held(one.arn, way, end)
                    elif not one.is_role and (one.arn, "") not in told:
                        told.add((one.arn, ""))
                        yield Held(one.arn, (*_keys(one), *way), end)
                if not nearer and (grant.who, at.arn) not in told:
                    told.add((grant.who, at.arn))
                    yield Held(grant.who, way, end, at.arn, grant.source)

    def _holders(self, role: Identity) -> Iterator[Grant]:
        """Who may take on a role; of an account that lets its people, those whom their own policies let."""
        account = account_of(role.arn)
        own = f"trust policy of role {role.name or role.arn}"
        for grant in trusted(role.detail.get("AssumeRolePolicyDocument"), role.arn, (own,), now=self._now):
            let = grant.who.removeprefix("account:")
            people = self._people.get(let) if grant.who.startswith("account:") else None
            if people is None or let != account:
                yield grant
            if people is None:
                continue
            for _, may in people.on(role.arn):
                if _ASSUME in may.actions:
                    yield Grant(may.who, may.actions, (*may.path, *grant.path), grant.until, doubtful=may.doubtful)
            if people.why:
                why = f"identities of account {let} were not read: {people.why}"
                yield Grant(UNKNOWN, grant.actions, (why, *grant.path), doubtful=True)


def _keys(identity: Identity) -> tuple[str, ...]:
    """What is to be said of a user: keys that do not expire."""
    listed, _ = objects(identity.detail, "AccessKeys")
    active = [one for one in listed if text(one, "Status") != "Inactive"]
    return ("access keys that do not expire",) if active else ()
