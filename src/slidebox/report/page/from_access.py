"""Who can read what, from an audit of access or from what is planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slidebox.access.compare import MISSING, UNKNOWN_ACCESS, Difference
from slidebox.access.effective import KINDS, Location, kind_of
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN
from slidebox.model import CLOUDS, Candidate, Lab, StoreKind
from slidebox.naming import bucket_of, folder_of
from slidebox.report.page.data import Reader
from slidebox.report.page.nameless import nameless

DECLARED = "declared"
"""The verdict of what is as it should be."""


def readers(
    locations: Mapping[str, Location], differences: Iterable[Difference], lab: Lab, own: Iterable[str] = ()
) -> tuple[Reader, ...]:
    """Everybody who can do anything with a place that was audited, and whoever should and cannot.

    Parameters
    ----------
    locations
        The places, by name.
    differences
        What is not as it is declared.
    lab
        What is declared.
    own
        Accounts of whoever runs the stores: these are of the lab.
    """
    listed = list(differences)
    verdicts = {(one.location, one.principal, one.path): one.kind for one in listed if one.kind != MISSING}
    inside = frozenset(own)
    found = [
        Reader(
            place=name,
            store=location.store,
            kind=location.kind,
            dataset=location.dataset,
            principal=access.principal,
            who=access.kind,
            actions=access.actions,
            path=nameless(access.path, location.name),
            until=access.until,
            verdict=verdicts.get((name, access.principal, access.path), DECLARED),
            outside=is_outside(access.principal, lab, inside),
        )
        for name, location in locations.items()
        for access in location.readers
    ]
    found += [_missing(one, locations[one.location], lab) for one in listed if one.kind == MISSING]
    return ordered(found)


def _missing(one: Difference, location: Location, lab: Lab) -> Reader:
    return Reader(
        place=one.location,
        store=location.store,
        kind=location.kind,
        dataset=one.dataset,
        principal=one.principal,
        who=kind_of(one.principal),
        actions=one.actions,
        path=(f"audience of {one.dataset}", "not given there"),
        until="",
        verdict=MISSING,
        outside=is_outside(one.principal, lab),
    )


def planned(
    places: Iterable[tuple[Candidate, Mapping[str, Any]]], lab: Lab, ends: Mapping[tuple[str, str], str]
) -> Iterator[Reader]:
    """Who will have access to places that nobody has looked at, as the plan has them.

    Parameters
    ----------
    places
        Placements, each with its facts.
    lab
        What is declared.
    ends
        The last day of somebody's access to a dataset, by both, where there is one.
    """
    for candidate, facts in places:
        store = lab.file.stores[candidate.store]
        for one in facts["readers"]:
            who = str(one["principal"])
            yield Reader(
                place=_name(lab, candidate),
                store=candidate.store,
                kind=store.kind.value,
                dataset=candidate.dataset,
                principal=who,
                who=kind_of(who),
                actions=tuple(one["actions"]),
                path=("as planned", *one["path"]),
                until=ends.get((candidate.dataset, who), ""),
                verdict=UNKNOWN_ACCESS if who == UNKNOWN else DECLARED,
                outside=is_outside(who, lab),
            )


def _name(lab: Lab, candidate: Candidate) -> str:
    """What a place will be called, where its name is slidebox's own."""
    kind = lab.file.stores[candidate.store].kind
    if kind in CLOUDS or kind is StoreKind.S3:
        return bucket_of(lab, candidate.dataset, candidate.store)
    if kind in (StoreKind.DRIVE, StoreKind.CLUSTER):
        return folder_of(lab, candidate.dataset, candidate.store)
    return candidate.dataset


def is_outside(principal: str, lab: Lab, own: frozenset[str] = frozenset()) -> bool:
    """Whether somebody is not of the lab: anyone, any account, a collaborator, an account that nobody has named.

    Parameters
    ----------
    principal
        As an audit spells it.
    lab
        What is declared.
    own
        Accounts of whoever runs the stores.
    """
    kind, _, name = principal.partition(":")
    file = lab.file
    if principal in (ANYONE, ANY_ACCOUNT):
        return True
    if kind == "team" and name in file.teams:
        return any(_from_outside(lab, member) for member in file.teams[name].members)
    if kind == "service" and name in file.services:
        return _from_outside(lab, file.services[name].owner)
    if kind == "person":
        return _from_outside(lab, name)
    return kind == "account" and principal not in own


def _from_outside(lab: Lab, person: str) -> bool:
    """Whether a person has an organisation of their own, or is nobody whom the lab knows."""
    known = lab.file.people.get(person)
    return known is None or known.organisation is not None


def ordered(found: Iterable[Reader]) -> tuple[Reader, ...]:
    """The public first, then who is not of the lab, then by place; the same for the same readers in any order."""
    return tuple(
        sorted(
            found,
            key=lambda one: (
                KINDS.index(one.who) if one.who in KINDS[:2] else len(KINDS),
                not one.outside,
                one.dataset,
                one.place,
                one.principal,
                one.path,
                one.until,
                one.actions,
            ),
        )
    )
