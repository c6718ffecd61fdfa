"""What the lab's files say that an audit is held against: who should have access, and whom identities stand for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from slidebox.access.compare import Declaration, Expected
from slidebox.access.declared import ROLE_ACTIONS
from slidebox.access.effective import Location
from slidebox.access.snapshot import Known
from slidebox.facts import NONE, FactBook, identities_at
from slidebox.model import CLOUDS, Candidate, Gate, Keep, Lab, Level, Role, StoreKind, Term
from slidebox.naming import bucket_of, folder_of, repository_name
from slidebox.policy import Rules
from slidebox.systems import Systems

_NEVER = NONE
_IN_BUCKETS = CLOUDS | {StoreKind.S3}


def known_to(lab: Lab, now: dt.datetime | None = None) -> Known:
    """Whom identities stand for: what people, teams and services are at each store, and addresses of e-mail.

    An identity that could be two is left out: then it is an account that nobody has named.
    """
    names: dict[str, set[str]] = {}
    for store in lab.file.stores:
        for identity, principal in identities_at(lab.file, store).items():
            names.setdefault(identity, set()).add(principal)
    for name, person in lab.file.people.items():
        if person.email:
            names.setdefault(person.email.casefold(), set()).add(f"person:{name}")
    groups: dict[str, tuple[str, ...]] = {name: (f"team:{name}",) for name in lab.file.teams}
    return Known({identity: next(iter(who)) for identity, who in names.items() if len(who) == 1}, groups, now)


def declarations_of(
    lab: Lab, systems: Systems, rules: Rules, projects: Collection[str], today: dt.date
) -> dict[str, Declaration]:
    """Who should have access to each dataset, as the rules work it out from the lab's files.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    rules
        The lab's rules, which know when an agreement ends somebody's access.
    projects
        Names of projects; all where empty.
    today
        The day.
    """
    return declarations_from(lab, explained_by(rules, lab, systems, projects, today), projects, today)


def explained_by(
    rules: Rules, lab: Lab, systems: Systems, projects: Collection[str], today: dt.date
) -> Mapping[str, Mapping[str, Any]]:
    """What the rules say of each dataset of some projects, or of all, and of what these were made from."""
    store = next(iter(lab.file.stores))
    candidates = [Candidate(dataset, term, store) for dataset, term in _datasets(lab, projects)]
    if not candidates:
        return {}
    return rules.explain(FactBook(lab, systems).document(candidates, gate=Gate.PLAN, now=today))


def declarations_from(
    lab: Lab, explained: Mapping[str, Mapping[str, Any]], projects: Collection[str], today: dt.date
) -> dict[str, Declaration]:
    """Who should have access to each dataset, by what the rules have said of it."""
    closed = dict(_closed(lab, today))
    return {
        dataset: _declaration(lab, dataset, term, explained[dataset], closed)
        for dataset, term in _datasets(lab, projects)
    }


def _datasets(lab: Lab, projects: Collection[str]) -> Iterator[tuple[str, Term]]:
    for name, project in lab.projects.items():
        if not projects or name in projects:
            for level in project.datasets:
                yield project.dataset_id(level), project.activity_of(level).term


def _declaration(
    lab: Lab, dataset: str, term: Term, explained: Mapping[str, Any], closed: Mapping[str, dt.date]
) -> Declaration:
    name, _, level = dataset.partition("/")
    project = lab.projects[name]
    agreement = lab.file.agreements.get(project.agreement_of(Level(level)) or "")
    expected = tuple(
        Expected(
            principal=principal,
            actions=frozenset(action for role in said["roles"] for action in _actions(Role(role))),
            people=tuple(said["people"]) if principal.startswith("team:") else (),
            until=_last_day(said["until"], agreement.ends if agreement else None),
        )
        for principal, said in explained["audience"].items()
    )
    return Declaration(
        dataset,
        expected,
        public=project.public_in(Level(level), term),
        streamed=project.datasets[Level(level)].keep is Keep.STREAM,
        closed=closed,
    )


def _actions(role: Role) -> Iterator[str]:
    """What a role may do: whoever reads also lists."""
    yield from ROLE_ACTIONS[role]
    yield "list"


def _last_day(until: str, agreement_ends: dt.date | None) -> dt.date | None:
    """The last day of access: an agreement says that itself, everything else the first day without."""
    if until == _NEVER:
        return None
    day = dt.date.fromisoformat(until)
    return day if day == agreement_ends else day - dt.timedelta(days=1)


def _closed(lab: Lab, today: dt.date) -> Iterator[tuple[str, dt.date]]:
    """Who has no access any more, whatever they are in."""
    for name, person in lab.file.people.items():
        days = [day for day in (person.left, person.until) if day is not None and day <= today]
        if days:
            yield f"person:{name}", min(days)
    for name, service in lab.file.services.items():
        if service.until is not None and service.until <= today:
            yield f"service:{name}", service.until


def placed(locations: Iterable[Location], lab: Lab) -> Iterator[Location]:
    """Locations with the store and the dataset that their names stand for, where nothing else has said it."""
    names = _names(lab)
    for location in locations:
        store, dataset = names.get(location.name, ("", ""))
        yield replace(location, store=location.store or store, dataset=location.dataset or dataset)


def _names(lab: Lab) -> dict[str, tuple[str, str]]:
    """Store and dataset by the name that a place of it has; a name that several have stands for none."""
    found: dict[str, set[tuple[str, str]]] = {}
    for dataset, _ in _datasets(lab, ()):
        for store, about in lab.file.stores.items():
            if about.kind in _IN_BUCKETS:
                found.setdefault(bucket_of(lab, dataset, store), set()).add((store, dataset))
            elif about.kind in (StoreKind.DRIVE, StoreKind.CLUSTER):
                found.setdefault(folder_of(lab, dataset, store), set()).add((store, dataset))
            elif about.kind is StoreKind.GITHUB:
                found.setdefault(f"{about.account}/{repository_name(dataset)}", set()).add((store, dataset))
    return {name: next(iter(those)) for name, those in found.items() if len(those) == 1}
