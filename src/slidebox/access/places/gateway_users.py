"""The users and roles of an embedded gateway, as a snapshot has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.effective import Access, nobody_knows
from slidebox.access.places.gateway_rules import Asker, Rule, user_rules
from slidebox.access.reader import account
from slidebox.access.snapshot import Known, why_unread


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


def users_of(gateway: Any, known: Known, where: str) -> tuple[list[User], list[Access]]:
    """The users and roles of a gateway, and somebody unknown for whatever of them could not be read.

    Parameters
    ----------
    gateway
        The gateway, as a snapshot has it.
    known
        What the lab says of identities.
    where
        What a path calls the gateway.
    """
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
