"""The facts of one lab as documents: about candidates of a plan, and what travels on a resource."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from slidebox.access import person, service, team
from slidebox.access.declared import audience_readers, declared, opened, untold
from slidebox.facts import declarations, places
from slidebox.model import CLOUDS, Candidate, Gate, Lab, StoreKind, System, Term
from slidebox.systems import Systems
from slidebox.table_one import STANDARD


class FactBook:
    """Facts of one lab, each worked out once.

    Documents share their parts: they are to be read, not changed.

    Parameters
    ----------
    lab
        What the lab has declared.
    systems
        Table 1 for this lab.
    """

    def __init__(self, lab: Lab, systems: Systems) -> None:
        file = lab.file
        self._lab = lab
        self._systems = systems
        self._own = declarations.lab_facts(file)
        self._people = {name: declarations.person_facts(p) for name, p in file.people.items()}
        self._teams = {name: {"members": list(t.members)} for name, t in file.teams.items()}
        self._services = {name: declarations.service_facts(s) for name, s in file.services.items()}
        self._agreements = {name: declarations.agreement_facts(a) for name, a in file.agreements.items()}
        self._projects = {name: declarations.project_facts(p) for name, p in lab.projects.items()}
        self._waivers = {name: declarations.waiver_facts(p) for name, p in lab.projects.items()}
        self._stores = {name: places.store_facts(lab, systems, name) for name in file.stores}
        self._rows = {system.value: places.system_facts(systems, system) for system in System}
        self._datasets: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._audiences: dict[str, list[dict[str, Any]]] = {}

    def document(self, candidates: Iterable[Candidate], *, gate: Gate, now: dt.date) -> dict[str, Any]:
        """The facts about candidates, with their datasets and all the ancestors of these."""
        asked = tuple(candidates)
        datasets = self._with_ancestors(c.dataset for c in asked)
        projects = sorted({d["project"] for d in datasets.values()})
        concerned = {c.dataset.partition("/")[0] for c in asked} & set(projects)
        return {
            "gate": gate.value,
            "now": now.isoformat(),
            "lab": self._own,
            "people": self._people,
            "teams": self._teams,
            "services": self._services,
            "agreements": self._agreements,
            "projects": {name: self._projects[name] for name in projects},
            "stores": self._stores,
            "systems": self._rows,
            "datasets": datasets,
            "locations": {c.id: self.location(c, now) for c in asked},
            "waivers": {id_: w for name in sorted(concerned) for id_, w in self._waivers[name].items()},
        }

    def fragment(self, dataset_id: str, candidates: Collection[Candidate] = ()) -> dict[str, Any]:
        """The declared part of the facts about one dataset, small enough to travel on a resource.

        Nothing in it depends on the day, or a resource would change every day: whoever reads its locations
        adds when their terms begin.
        """
        datasets = self._with_ancestors([dataset_id])
        projects = {d["project"] for d in datasets.values()}
        waivers = self._waivers.get(dataset_id.partition("/")[0], {}) if datasets else {}
        stores = {c.store for c in candidates} or set(self._stores)
        # What lies in a store of DVC is read in the store below it.
        stores |= {self._lab.carrier(name) for name in stores} & set(self._stores)
        stores |= {part for w in waivers.values() for part in w["location"].split("@") if part in self._stores}
        named = {name for d in datasets.values() for who in d["audience"].values() for name in who}
        teams = {name: t for name, t in self._teams.items() if team(name) in named}
        services = {name: s for name, s in self._services.items() if service(name) in named}
        people = {m for t in teams.values() for m in t["members"]} | {n for n in self._people if person(n) in named}
        people |= {s["owner"] for s in services.values()} | {w["by"] for w in waivers.values()}
        people |= {self._projects[name]["owner"] for name in projects}
        agreements = {d["agreement"] for d in datasets.values()}
        return {
            "lab": self._own,
            "people": {name: p for name, p in self._people.items() if name in people},
            "teams": teams,
            "services": services,
            "agreements": {name: a for name, a in self._agreements.items() if name in agreements},
            "projects": {name: p for name, p in self._projects.items() if name in projects},
            "stores": {name: s for name, s in self._stores.items() if name in stores},
            "systems": {s: self._rows[s] for s in sorted({self._stores[n]["system"] for n in stores})},
            "datasets": datasets,
            "locations": {
                c.id: self._place(c) for c in candidates if self._lab.file.stores[c.store].kind is StoreKind.BY_HAND
            },
            "waivers": waivers,
        }

    def lab_fragment(self) -> dict[str, Any]:
        """The declared part of the facts about the lab itself: its people, teams and stores, and no data."""
        return {**self.fragment(""), "people": self._people, "teams": self._teams}

    def location(self, candidate: Candidate, now: dt.date) -> dict[str, Any]:
        """The facts about one candidate, as if it were made."""
        return self._place(candidate, now) | {"starts": self._starts(candidate, now).isoformat()}

    def lifecycle(self, candidate: Candidate) -> dict[str, Any]:
        """What happens to the bytes of a candidate by themselves."""
        return places.lifecycle(self._lab, self._systems, candidate, self.dataset(candidate.dataset))

    def declared(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The facts about everything that decides who may have data, by what it is and its id."""
        return {
            "datasets": self.datasets(),
            "people": self._people,
            "teams": self._teams,
            "services": self._services,
            "agreements": self._agreements,
            "waivers": {id_: waiver for waivers in self._waivers.values() for id_, waiver in waivers.items()},
            "identities": declarations.identities(self._lab.file),
        }

    def datasets(self) -> dict[str, dict[str, Any]]:
        """The facts about every dataset that the lab declares, by id."""
        ids = [project.dataset_id(level) for project in self._lab.projects.values() for level in project.datasets]
        return {dataset_id: facts for dataset_id in ids if (facts := self.dataset(dataset_id)) is not None}

    def dataset(self, dataset_id: str) -> dict[str, Any] | None:
        """The facts about a declared dataset, or None if there is no such dataset."""
        if dataset_id not in self._datasets:
            found = declared(self._lab, dataset_id)
            if found is None:
                return None
            self._datasets[dataset_id] = declarations.dataset_facts(self._lab, *found)
        return self._datasets[dataset_id]

    def _place(self, candidate: Candidate, now: dt.date | None = None) -> dict[str, Any]:
        """The facts about a candidate: those that hold on any day, where none is given."""
        store = self._stores[candidate.store]
        carrier = self._lab.file.stores[self._lab.carrier(candidate.store)]
        s3 = carrier.kind is StoreKind.S3
        gone = store["system"] == System.DELETION and self.dataset(candidate.dataset) is not None
        audience = [] if gone else self._audience(candidate.dataset)
        everybody = [reader.document() for reader in opened(self._lab, self._systems, candidate, now)]
        somebody = [reader.document() for reader in untold(self._lab, candidate)]
        return {
            "dataset": candidate.dataset,
            "term": candidate.term.value,
            "store": candidate.store,
            "system": store["system"],
            "storage_class": self._class(candidate),
            "failure_domain": store["failure_domain"],
            "readers": [*everybody, *audience, *somebody],
            # Each user of an embedded gateway gets one access key, and nothing ends it.
            "keys": sorted({r["principal"] for r in audience}) if s3 and carrier.over else [],
            # A bucket is opened to anyone by its policy, and that names everybody.
            "wildcards": [_everybody(candidate)] if s3 and everybody else [],
            "tags": self._tags_of(candidate.dataset),
            "has": store["has"],
            "lifecycle": self.lifecycle(candidate),
        }

    def _audience(self, dataset_id: str) -> list[dict[str, Any]]:
        if dataset_id not in self._audiences:
            self._audiences[dataset_id] = [r.document() for r in audience_readers(self._lab, dataset_id)]
        return self._audiences[dataset_id]

    def _tags_of(self, dataset_id: str) -> dict[str, str]:
        if dataset_id not in self._tags:
            self._tags[dataset_id] = declarations.tags(self._lab, dataset_id)
        return self._tags[dataset_id]

    def _class(self, candidate: Candidate) -> str:
        """The class in which objects arrive: in a cloud that slidebox sets up, they move from there."""
        return STANDARD if self._lab.file.stores[candidate.store].kind in CLOUDS else candidate.storage_class

    def _starts(self, candidate: Candidate, now: dt.date) -> dt.date:
        """The day on which a candidate's term begins: today, but for the terms that follow the dataset's own."""
        dataset = self.dataset(candidate.dataset)
        if dataset is None:
            return now
        terms = list(Term)
        before = terms[terms.index(Term(dataset["term"])) : terms.index(candidate.term)]
        days = sum(length.days for term in before if (length := self._systems.term_length(term)))
        return now + dt.timedelta(days=min(days, (dt.date.max - now).days))

    def _with_ancestors(self, dataset_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Datasets with everything they come from or replace; what is not declared is left out, and missed by rules."""
        found: dict[str, dict[str, Any]] = {}
        waiting = list(dataset_ids)
        while waiting:
            dataset_id = waiting.pop()
            facts = None if dataset_id in found else self.dataset(dataset_id)
            if facts is not None:
                found[dataset_id] = facts
                waiting.extend([*facts["parents"], facts["replaces"]])
        return found


def _everybody(candidate: Candidate) -> dict[str, str]:
    return {"where": f"policy of the bucket of {candidate.id}", "what": "principal", "value": "*"}


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
