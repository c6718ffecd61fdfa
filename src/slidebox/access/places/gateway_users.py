"""The users and roles of an embedded gateway, as a snapshot has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slidebox.access.effective import Access, nobody_knows
from slidebox.access.places.gateway_rules import Asker, Rule, user_rules
from slidebox.access.reader import ANY_ACCOUNT, account
from slidebox.access.snapshot import Known, why_unread

_COLONS = 5
"""In an ARN, at least."""


@dataclass(frozen=True, slots=True)
class User:
    """A user or a role of a gateway.

    Attributes
    ----------
    called
        What a path calls it.
    principal
        Whom of the lab it stands for.
    asker
        It, as policies name it.
    keys
        Its access keys, as lists name it; ids, never secrets.
    rules
        The statements of its own policies.
    """

    called: str
    principal: str
    asker: Asker
    keys: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


class Gateway:
    """The users and roles of a gateway, found by the buckets that their policies can be about.

    Parameters
    ----------
    said
        The gateway, as a snapshot has it.
    known
        What the lab says of identities.
    name
        The store that it serves.

    Attributes
    ----------
    has_root
        Whether its root key is there.
    doubts
        Somebody unknown, for whatever of its users could not be read.
    """

    def __init__(self, said: Any, known: Known, name: str) -> None:
        self.has_root = isinstance(said, Mapping) and bool(said.get("root"))
        users, self.doubts = _users_of(said, known, f"gateway {name}")
        self._by_arn = {user.asker.arn: user for user in users}
        self._by_key = {key: user for user in users for key in user.keys}
        self._anywhere: list[User] = []
        self._by_bucket: dict[str, dict[str, list[Rule]]] = {}
        for user in users:
            for rule in user.rules:
                self._place(user, rule)
        numbers = {arn.split(":")[4] for arn in self._by_arn if arn.count(":") >= _COLONS}
        # An ARN that no statement can name, of the same account: what it may, every user may.
        arn = f"arn:aws:iam::{numbers.pop() if len(numbers) == 1 else ''}:"
        self.anybody = User("every user of the gateway", ANY_ACCOUNT, Asker(arn))

    def _place(self, user: User, rule: Rule) -> None:
        buckets = rule.buckets()
        if buckets is None:
            self._anywhere += [user] if user not in self._anywhere[-1:] else []
            return
        for bucket in buckets:
            self._by_bucket.setdefault(bucket, {}).setdefault(user.asker.arn, []).append(rule)

    def users(self, bucket: str, rules: Iterable[Rule], grantees: Iterable[str]) -> list[User]:
        """Those who may have something on a bucket that not every user has, with what of their policies is about it.

        Parameters
        ----------
        bucket
            The bucket's name.
        rules
            The statements of its policy.
        grantees
            Whom its list names.
        """
        found = {user.asker.arn: user for user in self._anywhere}
        near = self._by_bucket.get(bucket, {})
        for arn in (*near, *(name for rule in rules for name in rule.principals or ())):
            if arn in self._by_arn and arn not in found:
                found[arn] = replace(self._by_arn[arn], rules=tuple(near.get(arn, ())))
        for key in grantees:
            user = self._by_key.get(key)
            if user and user.asker.arn not in found:
                found[user.asker.arn] = replace(user, rules=tuple(near.get(user.asker.arn, ())))
        return list(found.values())


def _users_of(gateway: Any, known: Known, where: str) -> tuple[list[User], list[Access]]:
    """The users and roles of a gateway, and somebody unknown for whatever of them could not be read."""
    if not isinstance(gateway, Mapping) or why_unread(gateway) is not None:
        return [], [nobody_knows(why_unread(gateway) or "its users are not known", where)]
    found: list[User] = []
    doubts: list[Access] = []
    for part, what in (("users", "user"), ("roles", "role")):
        listed = gateway.get(part)
        if not isinstance(listed, Mapping) or why_unread(listed) is not None:
            doubts.append(nobody_knows(why_unread(listed) or f"its {part} are not known", where))
            continue
        for name, said in listed.items():
            user, why = _user(str(name), said, known, what)
            found += [user] if user else []
            doubts += [nobody_knows(why, where, f"{what} {name}")] if why else []
    return found, doubts


def _user(name: str, said: Any, known: Known, what: str) -> tuple[User | None, str]:
    """A user as far as it is known, and what of it is not."""
    if not isinstance(said, Mapping) or why_unread(said) is not None:
        return None, why_unread(said) or "it is not understood"
    arn, keys = str(said.get("arn") or ""), said.get("keys")
    whys = [] if arn else ["its ARN is not known"]
    rules, why = _rules(said, {"aws:username": name, "aws:principalarn": arn} if what == "user" else {})
    whys += [why] if why else []
    if said.get("others"):
        whys.append("it has policies of a kind that is not read")
    if what == "user" and not isinstance(keys, list):
        whys.append(why_unread(keys) or "its access keys are not known")
    principal = said.get("principal") or known.names.get(arn) or known.names.get(name) or account(arn or name)
    listed = tuple(map(str, keys)) if isinstance(keys, list) else ()
    return User(f"{what} {name}", str(principal), Asker(arn), listed, rules), "; ".join(whys)


def _rules(said: Mapping[str, Any], variables: Mapping[str, str]) -> tuple[tuple[Rule, ...], str]:
    policies = said.get("policies")
    if not isinstance(policies, Mapping) or why_unread(policies) is not None:
        return (), why_unread(policies) or "its own policies are not known"
    rules: list[Rule] = []
    why = ""
    for name, document in policies.items():
        unread = why_unread(document)
        listed = user_rules(document, str(name), variables) if unread is None else None
        if listed is None:
            why = unread or f"its policy {name} cannot be understood"
        rules += listed or []
    return tuple(rules), why
