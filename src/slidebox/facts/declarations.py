"""The declared part of the facts: people, agreements, projects, waivers and datasets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.declared import declared, principal
from slidebox.model import Agreement, Dataset, Lab, LabFile, Level, Person, Project, Role, Service, StoreKind, Term
from slidebox.quantities import Duration

NONE = "none"
"""How the document spells that there is none."""

_STEP = ("repository", "commit", "date")
_DEIDENTIFICATION = ("method", "by", "date", "evidence")
_SCAN = ("tool", "date", "evidence")
_BUDGET = ("monthly", "alerts", "notify")


def lab_facts(file: LabFile) -> dict[str, Any]:
    """What holds for the whole lab."""
    return {
        "name": file.lab,
        "required_tags": [tag for tag in file.required_tags if tag.strip()],
        "retention_days": _days(file.retention),
        "region": file.region or NONE,
    }


def person_facts(person: Person) -> dict[str, Any]:
    """The facts about a person."""
    return {
        "organisation": person.organisation or "lab",
        "left": person.left.isoformat() if person.left else "never",
        "until": _day(person.until),
    }


def service_facts(service: Service) -> dict[str, Any]:
    """The facts about a service account."""
    return {"owner": service.owner or NONE, "until": _day(service.until)}


def _named(file: LabFile) -> list[tuple[str, Mapping[str, str]]]:
    """The identities of everybody at the lab's stores."""
    # Google knows a person by the address of e-mail where nothing else is declared.
    google = [name for name, store in file.stores.items() if store.kind is StoreKind.GCS]
    named: list[tuple[str, Mapping[str, str]]] = [
        (f"person:{name}", {**(dict.fromkeys(google, f"user:{p.email}") if p.email else {}), **p.identities})
        for name, p in file.people.items()
    ]
    named += [(f"team:{name}", team.identities) for name, team in file.teams.items()]
    named += [(f"service:{name}", service.identities) for name, service in file.services.items()]
    return named


def identities_at(file: LabFile, store: str) -> dict[str, str]:
    """Whom of the lab each identity at one store stands for; one that could be two is left out."""
    found: dict[str, set[str]] = {}
    for who, said in _named(file):
        if store in said:
            found.setdefault(said[store], set()).add(who)
    return {identity: next(iter(whom)) for identity, whom in sorted(found.items()) if len(whom) == 1}


def identities(file: LabFile) -> dict[str, dict[str, Any]]:
    """Whom of the lab each identity at a cloud stands for, by the cloud's name for it."""
    found: dict[str, list[str]] = {}
    for who, said in _named(file):
        for identity in said.values():
            found.setdefault(identity, []).append(who)
    return {identity: {"principals": sorted(set(everybody))} for identity, everybody in found.items()}


def agreement_facts(agreement: Agreement) -> dict[str, Any]:
    """The facts about an agreement."""
    return {
        "party": agreement.party or UNKNOWN,
        "kind": agreement.kind.value,
        "allows": [use.value for use in agreement.allows],
        "ends": agreement.ends.isoformat(),
        "retention_days": _days(agreement.retention),
        "regions": list(agreement.regions),
    }


def project_facts(project: Project) -> dict[str, Any]:
    """The facts about a project as such."""
    budget = project.budget
    return {
        "owner": project.owner,
        "uses": [use.value for use in project.uses],
        "levels": [level.value for level in Level if level in project.datasets],
        "grant": project.grant or NONE,
        "grant_ends": _day(project.grant_ends),
        "budget": {**_record(budget, _BUDGET), "monthly_usd": budget.monthly if budget else 0},
    }


def waiver_facts(project: Project) -> dict[str, dict[str, Any]]:
    """The waivers of a project, by their place in its file."""
    return {
        f"{project.project}#{number}": {
            "project": project.project,
            "rule": waiver.rule,
            "location": waiver.location,
            "reason": waiver.reason,
            "by": waiver.by,
            "until": waiver.until.isoformat(),
        }
        for number, waiver in enumerate(project.waivers, 1)
    }


def dataset_facts(lab: Lab, project: Project, level: Level) -> dict[str, Any]:
    """The facts about a declared dataset."""
    dataset = project.datasets[level]
    activity = project.activity_of(level)
    audience = project.audience_of(level)
    return {
        "project": project.project,
        "level": level.value,
        "origin": dataset.origin.value,
        "sensitivity": dataset.sensitivity.value,
        "activity": activity.value,
        "term": activity.term.value,
        "bytes": dataset.size.bytes,
        "files": dataset.files,
        "largest_file_bytes": dataset.largest_file_bytes,
        "keep": dataset.keep.value,
        "licence": dataset.licence or NONE,
        "duo": list(dataset.duo),
        "parents": list(project.parents_of(level)),
        "replaces": project.replaces_of(level) or NONE,
        "source": dataset.source or NONE,
        "patient_derived": dataset.patient_derived,
        "agreement": project.agreement_of(level) or NONE,
        "regions": list(dataset.regions),
        "created": _day(dataset.created),
        "embargo": _day(project.embargo_of(level)),
        "expires": _day(dataset.expires),
        "scratch_days": _days(dataset.expire_after),
        "retention_days": _days(dataset.retention),
        "hold": dataset.hold or NONE,
        **_records(dataset),
        "audience": {role.value: [principal(lab, name) for name in audience.of(role)] for role in Role},
        "public_terms": [term.value for term in Term if project.public_in(level, term)],
    }


def tags(lab: Lab, dataset_id: str) -> dict[str, str]:
    """The tags that every location of a dataset carries: whose it is, and what it holds."""
    found = declared(lab, dataset_id)
    if found is None:
        return {}
    project, level = found
    own = {
        "lab": lab.file.lab,
        "project": project.project,
        "dataset": dataset_id,
        "level": level.value,
        "owner": project.owner,
        "sensitivity": project.datasets[level].sensitivity.value,
    }
    return own | ({"grant": project.grant} if project.grant else {})


def _records(dataset: Dataset) -> dict[str, Any]:
    """What somebody has written down about a dataset: how it was made, who looked at it, what they found."""
    step, judged, scan = dataset.step, dataset.deidentification, dataset.scan
    return {
        "step": {**_record(step, _STEP), "date": _day(step.date if step else None)},
        "deidentification": {
            **_record(judged, _DEIDENTIFICATION),
            "method": judged.method.value if judged and judged.method else NONE,
            "identifiers": [identifier.value for identifier in judged.identifiers] if judged else [],
            "date": _day(judged.date if judged else None),
        },
        "scan": {
            **_record(scan, _SCAN),
            "passed": scan.passed if scan else False,
            "date": _day(scan.date if scan else None),
        },
    }


def _record(value: object, fields: tuple[str, ...]) -> dict[str, Any]:
    """Whether something is recorded, and which of its fields are empty; one of blanks says nothing."""
    given = {name: getattr(value, name, None) for name in fields}
    empty = [name for name in fields if given[name] in (None, ()) or not str(given[name]).strip()]
    return {"recorded": value is not None, "missing": empty}


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else NONE


def _days(length: Duration | None) -> int | str:
    return length.days if length else NONE
