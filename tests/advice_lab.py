"""A small lab in clouds, for tests of advice: with a judge that refuses only what it is told to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slidebox import labfile
from slidebox.advice import Given, Told, examine
from slidebox.advice.given import Judges
from slidebox.inventory.found import Inventory
from slidebox.model import Candidate, Finding, Lab, Plan, Severity, Term
from slidebox.plan import Chosen, make_plan
from slidebox.prices import built_in
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)
GIB, TIB = 2**30, 2**40

LAB: dict[str, Any] = {
    "lab": "small",
    "title": "Small lab",
    "people": {"ann": {"name": "Ann"}},
    "stores": {
        "s3": {"system": "cloud", "kind": "aws", "account": "123456789012", "region": "us-east-1"},
        "gone": {"system": "deletion", "kind": "drive", "path": "gone"},
    },
    "playbook": {"terms": {"short": "12 months", "mid": "24 months"}},
}


def lab_of(folder: Path, datasets: Mapping[str, Any], *, project: Mapping[str, Any] | None = None, **lab: Any) -> Lab:
    """A lab with one project, whose data of every level all go into its cloud."""
    (folder / "projects").mkdir(parents=True, exist_ok=True)
    everywhere = {term.value: ["cloud"] for term in Term}
    playbook = {**LAB["playbook"], "preferences": dict.fromkeys(datasets, everywhere)}
    file = {**LAB, "playbook": playbook, **lab}
    of_project = {"project": "atlas", "title": "Atlas", "owner": "ann", "audience": {"reader": ["ann"]}}
    # Plain classes, whose price does not depend on reading.
    plain = {"short": "standard", "mid": "infrequent", "long": "archive"}
    usual = {"sensitivity": "open", "storage_classes": plain}
    declared = {level: {**usual, **dataset} for level, dataset in datasets.items()}
    (folder / "lab.yaml").write_text(yaml.safe_dump(file, sort_keys=False), encoding="utf-8")
    atlas = {**of_project, **(project or {}), "datasets": declared}
    (folder / "projects" / "atlas.yaml").write_text(yaml.safe_dump(atlas), encoding="utf-8")
    return labfile.load(folder)


@dataclass(frozen=True)
class Refusing:
    """Refuses some stores, and data that are declared in some way."""

    lab: Lab
    stores: frozenset[str] = frozenset()
    keep: str = ""
    classes: frozenset[str] = frozenset()

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        """What is refused."""
        return {c.id: (finding(c.id),) if self._refuses(c) else () for c in candidates}

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """Nothing more."""
        return {(dataset, term): () for dataset, term, _ in chosen}

    def _refuses(self, candidate: Candidate) -> bool:
        project, _, level = candidate.dataset.partition("/")
        keep = {str(one): dataset.keep for one, dataset in self.lab.projects[project].datasets.items()}[level]
        return candidate.store in self.stores or keep == self.keep or candidate.storage_class in self.classes


def finding(subject: str) -> Finding:
    """A refusal."""
    return Finding("test/refused", Severity.ERROR, subject, "it is refused")


def given(lab: Lab, judges: Judges = Refusing, **more: Any) -> Given:
    """Everything that advice is worked out from."""
    systems = load_systems(lab.file.playbook)
    plan = make_plan(lab, systems, judges(lab), now=NOW)
    return Given(plan=plan, lab=lab, systems=systems, books=built_in(), now=NOW, judges=judges, **more)


def told(lab: Lab, inventory: Inventory | None = None, **more: Any) -> Told:
    """What is advised."""
    return examine(given(lab, inventory=inventory, **more))


def plan_of(lab: Lab) -> Plan:
    """The plan of a lab in which everything is allowed."""
    return make_plan(lab, load_systems(lab.file.playbook), Refusing(lab), now=NOW)
