"""The facts document: what the rules are asked about. It is filled here and never judged.

Maps keyed by id; every field always present; what is not known spelled ``"unknown"``. The rules
(policies/) say what follows. The same document is made from a plan (here) and from a preview
(`slidebox.analyzer`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from slidebox.access import ANYONE, UNKNOWN, Reader, merged, person, team
from slidebox.model import (
    PUBLIC,
    Candidate,
    Gate,
    Lab,
    Level,
    Project,
    Role,
    Sensitivity,
    Store,
    StoreKind,
    System,
    Term,
)
from slidebox.systems import Limits, Systems

NONE = "none"
"""How the document spells that there is none."""

CAPABILITIES = ("versioning", "encryption", "public_access_block", "object_lock", "lifecycle")
"""What a dataset can need of a store."""

ROLE_ACTIONS = {
    Role.CONTRIBUTOR: ("read", "write"),
    Role.READER: ("read",),
    Role.STEWARD: ("read", "write", "delete"),
}
"""What each role may do with the data. Reading includes listing."""

_STEP = ("repository", "commit", "date")
_DEIDENTIFICATION = ("method", "by", "date", "evidence")
_AMAZON = "amazonaws.com"


class FactBook:
    """Facts of one lab, each worked out once.

    Parameters
    ----------
    lab
        What the lab has declared.
    systems
        Table 1 for this lab.
    """

    def __init__(self, lab: Lab, systems: Systems) -> None:
        self._lab = lab
        self._systems = systems
        self._datasets: dict[str, dict[str, Any]] = {}
        self._people = {
            name: {"organisation": p.organisation or "lab", "left": p.left.isoformat() if p.left else "never"}
            for name, p in lab.file.people.items()
        }
        self._teams = {name: {"members": list(t.members)} for name, t in lab.file.teams.items()}
        self._agreements = {
            name: {"party": a.party, "kind": a.kind.value, "ends": a.ends.isoformat()}
            for name, a in lab.file.agreements.items()
        }
        self._stores = {name: self._store(name, store) for name, store in lab.file.stores.items()}
        self._rows = {system.value: _limits(systems.limits(system)) for system in System}

    def document(self, candidates: Iterable[Candidate], *, gate: Gate, now: dt.date) -> dict[str, Any]:
        """The facts about candidates, with their datasets and all the ancestors of these."""
        asked = tuple(candidates)
        return {
            "gate": gate.value,
            "now": now.isoformat(),
            "lab": self._own(),
            "people": self._people,
            "teams": self._teams,
            "agreements": self._agreements,
            "stores": self._stores,
            "systems": self._rows,
            "datasets": self._with_ancestors(c.dataset for c in asked),
            "locations": {c.id: self.location(c) for c in asked},
            "waivers": {},
        }

    def fragment(self, dataset_id: str, candidates: Collection[Candidate] = ()) -> dict[str, Any]:
        """The declared part of the facts about one dataset, small enough to travel on a resource."""
        datasets = self._with_ancestors([dataset_id])
        stores = {c.store for c in candidates} or set(self._stores)
        named = {name for d in datasets.values() for who in d["audience"].values() for name in who}
        teams = {name: t for name, t in self._teams.items() if team(name) in named}
        people = {m for t in teams.values() for m in t["members"]} | {n for n in self._people if person(n) in named}
        agreements = {d["agreement"] for d in datasets.values()}
        return {
            "lab": self._own(),
            "people": {name: p for name, p in self._people.items() if name in people},
            "teams": teams,
            "agreements": {name: a for name, a in self._agreements.items() if name in agreements},
            "stores": {name: s for name, s in self._stores.items() if name in stores},
            "systems": {s: self._rows[s] for s in sorted({self._stores[n]["system"] for n in stores})},
            "datasets": datasets,
            "locations": {
                c.id: self.location(c) for c in candidates if self._lab.file.stores[c.store].kind is StoreKind.BY_HAND
            },
            "needs": list(needs(self._lab, dataset_id)),
        }

    def location(self, candidate: Candidate) -> dict[str, Any]:
        """The facts about one candidate, as if it were made."""
        store = self._stores[candidate.store]
        wanted = needs(self._lab, candidate.dataset)
        return {
            "dataset": candidate.dataset,
            "term": candidate.term.value,
            "store": candidate.store,
            "system": store["system"],
            "storage_class": candidate.storage_class,
            "failure_domain": store["failure_domain"],
            "readers": [reader.document() for reader in readers(self._lab, self._systems, candidate)],
            "tags": tags(self._lab, candidate.dataset),
            "needs": list(wanted),
            "lacks": list(lacks(self._lab, self._systems, candidate.store)) if wanted else [],
        }

    def dataset(self, dataset_id: str) -> dict[str, Any] | None:
        """The facts about a declared dataset, or None if there is no such dataset."""
        if dataset_id not in self._datasets:
            found = _find(self._lab, dataset_id)
            if found is None:
                return None
            self._datasets[dataset_id] = _dataset(self._lab, *found)
        return self._datasets[dataset_id]

    def _with_ancestors(self, dataset_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Datasets and everything they come from; what is not declared is left out, and missed by the rules."""
        found: dict[str, dict[str, Any]] = {}
        waiting = list(dataset_ids)
        while waiting:
            dataset_id = waiting.pop()
            facts = None if dataset_id in found else self.dataset(dataset_id)
            if facts is not None:
                found[dataset_id] = facts
                waiting.extend(facts["parents"])
        return found

    def _own(self) -> dict[str, Any]:
        return {"name": self._lab.file.lab, "required_tags": list(self._lab.file.required_tags)}

    def _store(self, name: str, store: Store) -> dict[str, Any]:
        below = self._lab.file.stores[store.over] if store.over else store
        capacity = store.capacity or below.capacity
        most = self._systems.limits(store.system).max_total_bytes
        return {
            "system": store.system.value,
            "kind": store.kind.value,
            "failure_domain": self._lab.failure_domain(name),
            "capacity": capacity.bytes if capacity else (NONE if most is None else most),
            "region": store.region,
            "group": store.group or below.group or NONE,
            "data_use_agreement": store.data_use_agreement,
            "lacks": list(lacks(self._lab, self._systems, name)),
        }


def plan_facts(
    lab: Lab, systems: Systems, candidates: Iterable[Candidate], *, gate: Gate = Gate.PLAN, now: dt.date
) -> dict[str, Any]:
    """The facts document about candidates.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    candidates
        The locations to ask about; their datasets come along with all their ancestors.
    gate
        Where the rules are asked.
    now
        Today.
    """
    return FactBook(lab, systems).document(candidates, gate=gate, now=now)


def fragment(lab: Lab, systems: Systems, dataset_id: str, candidates: Collection[Candidate] = ()) -> dict[str, Any]:
    """The declared part of the facts about one dataset, to be carried by each resource that holds it.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    dataset_id
        ``project/level``.
    candidates
        Every placement of the dataset in its current term: their stores come along, and those that are made
        by hand come as locations, so that a preview counts the copies it does not make. All stores if empty.
    """
    return FactBook(lab, systems).fragment(dataset_id, candidates)


def readers(lab: Lab, systems: Systems, candidate: Candidate) -> tuple[Reader, ...]:
    """Who will have access to a candidate if it is made, with the path by which they have it."""
    found = _find(lab, candidate.dataset)
    if found is None:
        return (Reader(UNKNOWN, ("read",), (f"{candidate.dataset} is not declared",)),)
    project, level = found
    store = lab.file.stores[candidate.store]
    access = systems.limits(store.system).access
    if store.system is System.DELETION:
        return ()
    audience = project.audience_of(level)
    said = [
        Reader(principal(lab, name), ROLE_ACTIONS[role], (f"{role.value} of {candidate.dataset}",))
        for role in Role
        for name in audience.of(role)
        if name != PUBLIC
    ]
    if access == "public":
        said.append(Reader(ANYONE, ("read",), (f"{candidate.store} publishes what it holds",)))
    elif project.public_in(level, candidate.term) and (access == "both" or store.kind is not StoreKind.BY_HAND):
        said.append(
            Reader(ANYONE, ("read",), (f"{candidate.dataset} is declared public in the {candidate.term} term",))
        )
    return merged(said)


def principal(lab: Lab, name: str) -> str:
    """The principal that a name in an audience stands for; ``unknown`` if the lab file does not know it."""
    if name == PUBLIC:
        return ANYONE
    if name in lab.file.teams:
        return team(name)
    return person(name) if name in lab.file.people else UNKNOWN


def tags(lab: Lab, dataset_id: str) -> dict[str, str]:
    """The tags that every location of a dataset carries: whose it is, and what it holds."""
    found = _find(lab, dataset_id)
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


def needs(lab: Lab, dataset_id: str) -> tuple[str, ...]:
    """What a dataset needs of a store, of `CAPABILITIES`.

    Raw images need earlier versions, as they cannot be made again; people's data need encryption at rest;
    what is not open needs a block on public access.
    """
    found = _find(lab, dataset_id)
    if found is None:
        return ()
    project, level = found
    sensitivity = project.datasets[level].sensitivity
    wanted = {
        "versioning": level is Level.RAW_IMAGES,
        "encryption": sensitivity in (Sensitivity.IDENTIFIABLE, Sensitivity.CODED),
        "public_access_block": sensitivity is not Sensitivity.OPEN,
    }
    return tuple(name for name in CAPABILITIES if wanted.get(name))


def lacks(lab: Lab, systems: Systems, store_name: str) -> tuple[str, ...]:
    """What a store is known to lack of `CAPABILITIES`; ``unknown:NAME`` where nothing says whether it has it.

    An S3 endpoint is asked when a preview comes to it; this is what can be said without asking.
    """
    store = lab.file.stores[store_name]
    if store.system is System.DELETION:
        return ()
    encrypted = (
        store.encrypted if store.encrypted is not None or not store.over else lab.file.stores[store.over].encrypted
    )
    amazon = store.kind is StoreKind.S3 and _AMAZON in (store.endpoint or "")
    limits = systems.limits(store.system)
    has: dict[str, bool | None] = {"encryption": amazon or encrypted}
    if store.kind is StoreKind.DRIVE:
        # A folder has no public address that would have to be blocked.
        has |= {"versioning": False, "public_access_block": True, "object_lock": False, "lifecycle": False}
    elif store.over:
        # The embedded gateway stores these settings nowhere and enforces none (docs of versitygw 1.8).
        has |= {"versioning": True, "object_lock": True, "public_access_block": False, "lifecycle": False}
        has["encryption"] = bool(encrypted)
    elif store.kind is StoreKind.S3:
        has |= dict.fromkeys(("versioning", "public_access_block", "object_lock", "lifecycle"), amazon or None)
    else:
        has |= {"versioning": limits.versioned, "public_access_block": True if limits.access == "private" else None}
    return tuple(
        name if has.get(name) is False else f"{UNKNOWN}:{name}" for name in CAPABILITIES if has.get(name) is not True
    )


def _find(lab: Lab, dataset_id: str) -> tuple[Project, Level] | None:
    project = lab.project_of(dataset_id)
    level = dataset_id.partition("/")[2]
    if project is None or level not in project.datasets:
        return None
    return project, Level(level)


def _dataset(lab: Lab, project: Project, level: Level) -> dict[str, Any]:
    declared = project.datasets[level]
    activity = project.activity_of(level)
    audience = project.audience_of(level)
    return {
        "project": project.project,
        "level": level.value,
        "origin": declared.origin.value,
        "sensitivity": declared.sensitivity.value,
        "activity": activity.value,
        "term": activity.term.value,
        "bytes": declared.size.bytes,
        "files": declared.files,
        "largest_file_bytes": declared.largest_file_bytes,
        "licence": declared.licence or NONE,
        "duo": list(declared.duo),
        "parents": list(project.parents_of(level)),
        "keep": declared.keep.value,
        "source": declared.source or NONE,
        "patient_derived": declared.patient_derived,
        "agreement": project.agreement_of(level) or NONE,
        "retention_days": declared.retention.days if declared.retention else NONE,
        "step": _record(declared.step, _STEP),
        "deidentification": _record(declared.deidentification, _DEIDENTIFICATION),
        "audience": {role.value: [principal(lab, name) for name in audience.of(role)] for role in Role},
        "public_terms": [term.value for term in Term if project.public_in(level, term)],
    }


def _record(value: object, fields: tuple[str, ...]) -> dict[str, Any]:
    """Whether something is recorded, and which of its fields are empty."""
    return {"recorded": value is not None, "missing": [name for name in fields if not getattr(value, name, None)]}


def _limits(limits: Limits) -> dict[str, Any]:
    amounts = ("max_bytes", "min_bytes", "max_total_bytes", "max_files", "max_file_bytes")
    return {
        "access": limits.access,
        "speed": limits.speed,
        "versioned": limits.versioned,
        **{name: NONE if getattr(limits, name) is None else getattr(limits, name) for name in amounts},
    }
