"""Whom a cloud lets in: the lab's people, teams and services by the names that the cloud has for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.declared import principal as principal_of
from slidebox.errors import InputError
from slidebox.model import Lab, LabFile, Role, StoreKind

_NEVER = "none"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One identity's access to a bucket.

    Attributes
    ----------
    identity
        As the cloud names it.
    role
        What it may do.
    until
        The first day without access; it stands in the grant itself, so that access ends by itself. None if it has
        no end.
    principal
        Whom of the lab it stands for: ``person:NAME``, ``team:NAME`` or ``service:NAME``.
    """

    identity: str
    role: Role
    until: dt.date | None
    principal: str


def grants_of(
    lab: LabFile, store: str, audience: Mapping[str, Mapping[str, Any]], agreement_ends: dt.date | None = None
) -> tuple[tuple[Grant, ...], tuple[str, ...]]:
    """The grants of an audience at a store, and the people and services that have no identity there.

    Parameters
    ----------
    lab
        The lab's own file.
    store
        Name of the store.
    audience
        Roles and end of access by principal, as the rules answer (`slidebox.policy.Rules.explain`).
    agreement_ends
        The last day of the agreement that the data are under: access ends on the day after it.

    Returns
    -------
    grants, nameless
        Sorted; a team is let in as a group where it has an identity, else member by member.
    """
    grants: set[Grant] = set()
    nameless: set[str] = set()
    for principal, access in audience.items():
        for who, identity, end in _identities(lab, store, principal):
            if identity is None:
                nameless.add(who)
                continue
            said = _day(access["until"])
            if said == agreement_ends and said is not None and said != end:
                said += dt.timedelta(days=1)
            until = min((day for day in (end, said) if day), default=None)
            grants |= {Grant(identity, Role(role), until, who) for role in access["roles"]}
    ordered = sorted(grants, key=lambda g: (g.identity, g.role, g.until or dt.date.max, g.principal))
    return tuple(ordered), tuple(sorted(nameless))


def auditors_of(lab: Lab, store: str) -> tuple[Grant, ...]:
    """The grants of whoever reads the logs and reports of a store, without an end.

    Parameters
    ----------
    lab
        What is declared.
    store
        Name of the store.

    Raises
    ------
    InputError
        If one of them has no identity there.
    """
    audience = {principal_of(lab, who): {"roles": [Role.READER], "until": _NEVER} for who in lab.file.auditors}
    grants, nameless = grants_of(lab.file, store, audience)
    if nameless:
        raise InputError(
            f"{', '.join(nameless)} audits the lab, but nothing says who that is at {store}.",
            f"Write `identities: {{{store}: …}}` for each in lab.yaml.",
        )
    return grants


def principals_of(grants: Iterable[Grant], store: str) -> dict[str, str]:
    """Whom of the lab each identity stands for.

    Raises
    ------
    InputError
        If one stands for two, who could not be told apart.
    """
    found: dict[str, str] = {}
    for grant in grants:
        other = found.setdefault(grant.identity, grant.principal)
        if other != grant.principal:
            raise InputError(
                f"{other} and {grant.principal} are both {grant.identity} at {store}.",
                "Give each an identity of its own, or the team of both this one.",
            )
    return found


def _identities(lab: LabFile, store: str, principal: str) -> Iterable[tuple[str, str | None, dt.date | None]]:
    """Who is behind a principal, what the store calls them, and when their own access ends."""
    kind, _, name = principal.partition(":")
    if kind == "team":
        team = lab.teams[name]
        if store in team.identities:
            yield principal, team.identities[store], None
            return
        for member in team.members:
            yield from _identities(lab, store, f"person:{member}")
    elif kind == "service":
        service = lab.services[name]
        yield principal, service.identities.get(store), service.until
    elif kind == "person":
        person = lab.people[name]
        if person.left is None:
            google = lab.stores[store].kind is StoreKind.GCS
            usual = f"user:{person.email}" if google and person.email else None
            yield principal, person.identities.get(store, usual), person.until


def _day(text: str) -> dt.date | None:
    return None if text == _NEVER else dt.date.fromisoformat(text)
