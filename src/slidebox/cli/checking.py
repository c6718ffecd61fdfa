"""What `check` and `explain` share: the lab's rules, asked of a plan, of what is public, or of a stack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from slidebox import labfile, revision
from slidebox.errors import UnreadableError
from slidebox.facts import FactBook
from slidebox.home import Home
from slidebox.labfile import Record
from slidebox.model import Candidate, Finding, Gate, Lab, LabFile, Level, Plan, Project, TermPlan
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, RuleInfo, Rules
from slidebox.preview import Preview, facts_of, held_against
from slidebox.preview.adopted import adopted_resources
from slidebox.report import Places, Report
from slidebox.report.found import ordered
from slidebox.systems import load_systems

BATCH = 600
"""How many placements go into one question."""

ANYBODY = {"anyone", "any_account", "unknown"}
"""Readers that no audience names: whoever they are, data that they read are public."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say.

    Attributes
    ----------
    findings
        Each once, gravest first.
    rules
        All that could have been asked.
    plan
        The whole plan, where there is one.
    public
        What of it anyone could read now, where that was asked about.
    facts
        The documents that were asked about.
    urns
        The resource behind a subject, where that was a stack.
    notes
        What could not be read.
    """

    findings: tuple[Finding, ...]
    rules: tuple[RuleInfo, ...]
    plan: Plan | None = None
    public: tuple[TermPlan, ...] = ()
    facts: tuple[Mapping[str, Any], ...] = ()
    urns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def asked_at(self, gate: Gate) -> tuple[RuleInfo, ...]:
        """The rules that are asked at a gate."""
        return tuple(rule for rule in self.rules if gate in rule.gates)


def own_rules(root: Path, file: LabFile) -> Path | None:
    """The folder of the lab's own rules."""
    return root / file.rules if file.rules else None


def lab_of(lab_dir: Path | None) -> tuple[Path, Lab]:
    """The nearest lab and its folder."""
    root = labfile.find_root(lab_dir or Path.cwd())
    return root, labfile.load(root)


def plan_of(lab: Lab, projects: Sequence[str], now: dt.date, rules: Rules) -> Plan:
    """The plan of some projects, or of all."""
    systems = load_systems(lab.file.playbook)
    return make_plan(lab, systems, PolicyJudge(rules, lab, systems, now), now=now, projects=projects)


Records = Mapping[str, Record]
"""What was found before slidebox, by project: of each project of which anything stays as it is."""


def records_of(root: Path, lab: Lab, projects: Sequence[str]) -> Records:
    """The records that some projects need, or all.

    Raises
    ------
    DeclarationError
        If one is not there or not whole.
    """
    named = [name for name in lab.projects if not projects or name in projects]
    return {name: labfile.load_record(root, name) for name in named if _stays(lab.projects[name])}


def _stays(project: Project) -> bool:
    return any(adopted.as_is for dataset in project.datasets.values() for adopted in dataset.adopted.values())


def check(lab: Lab, projects: Sequence[str], now: dt.date, rules: Rules, records: Records | None = None) -> Answer:
    """Everything the rules say about the plan and what it would make.

    The plan says what stands in the way of a placement; asking again about all that was chosen adds what is
    only a warning there, and what is said of people, budgets and waivers. What was there before slidebox and stays
    as it is, is judged by what was found.
    """
    systems = load_systems(lab.file.playbook)
    plan = plan_of(lab, projects, now, rules)
    book = FactBook(lab, systems)
    found = set(plan.findings)
    asked = {term.dataset for term in plan.terms}
    for batch in _batches(plan.terms):
        facts = book.document(batch, gate=Gate.PLAN, now=now)
        found.update(f for f in rules.ask(facts) if _is_asked(f.subject, asked, lab))
    for record in (records or {}).values():
        there = adopted_facts(lab, book, plan, record, now)
        found.update(f for f in rules.ask(there) if _is_asked(f.subject, asked, lab))
    return Answer(_ordered(found), rules.catalogue(), plan)


def adopted_facts(lab: Lab, book: FactBook, plan: Plan, record: Record, now: dt.date) -> Mapping[str, Any]:
    """The facts about what stays as it was found, as the engine will import it."""
    project = lab.projects[record.project]
    placed = [
        place.candidate
        for entry in plan.terms
        if entry.dataset.partition("/")[0] == record.project and _is_current(lab, entry)
        for place in entry.placements
        if (adopted := project.adopted_in(Level(entry.dataset.partition("/")[2]), place.candidate.store))
        and adopted.as_is
    ]
    files = book.declared()
    seen = adopted_resources(lab, book, record, placed)
    return held_against(facts_of(seen, now, Gate.PREVIEW, files=files).facts, files)


def check_public(lab: Lab, projects: Sequence[str], now: dt.date, rules: Rules) -> Answer:
    """Everything the rules say about what anyone could read in the current term.

    What is declared public and finds no place has its plan's refusals instead: it must not pass unseen.
    """
    systems = load_systems(lab.file.playbook)
    plan = plan_of(lab, projects, now, rules)
    book = FactBook(lab, systems)
    current = [entry for entry in plan.terms if _is_current(lab, entry)]
    open_places = {
        entry.dataset: [p.candidate for p in entry.placements if _is_open(book.location(p.candidate, now))]
        for entry in current
    }
    public = [e for e in current if open_places[e.dataset] or (not e.placements and _is_declared_public(lab, e))]
    found = {finding for entry in public for finding in entry.findings}
    documents = []
    for batch in _batches(public, open_places):
        facts = book.document(batch, gate=Gate.PUBLISH, now=now)
        asked = {candidate.dataset for candidate in batch}
        found.update(f for f in rules.ask(facts) if _is_asked(f.subject, asked, lab))
        documents.append(facts)
    return Answer(_ordered(found), rules.catalogue(), plan, tuple(public), tuple(documents))


def check_live(root: Path, lab: Lab, projects: Sequence[str], now: dt.date, rules: Rules) -> Answer:
    """Everything the rules say about what the lab's running stores really hold.

    Raises
    ------
    UnreadableError
        If a store could not be read and nothing else refuses: what was not seen is not said to be right.
    """
    from slidebox import live  # noqa: PLC0415 (the clients of stores take half a second to import)

    systems = load_systems(lab.file.playbook)
    plan = plan_of(lab, projects, now, rules)
    placed = [p.candidate for entry in plan.terms if _is_current(lab, entry) for p in entry.placements]
    found = live.facts_of(lab, systems, Home(root), projects, now, candidates=placed)
    findings = rules.ask(found.facts)
    if found.notes and not any(finding.refuses for finding in findings):
        raise UnreadableError("Something could not be read, so nothing was decided.", " ".join(found.notes))
    urns = {finding.subject: found.urn_of(finding.subject) for finding in findings}
    notes = (*found.notes, *found.offline)
    return Answer(_ordered(findings), rules.catalogue(), facts=(found.facts,), urns=urns, notes=notes)


def check_stack(stack: Preview, rules: Rules) -> Answer:
    """Everything the rules say about a saved preview or an exported stack."""
    findings = rules.ask(stack.facts)
    urns = {finding.subject: stack.urn_of(finding.subject) for finding in findings}
    return Answer(_ordered(findings), rules.catalogue(), facts=(stack.facts,), urns=urns)


def reported(
    root: Path,
    lab: Lab,
    answer: Answer,
    gate: Gate,
    what: str,
    changed: Mapping[str, frozenset[int]] | None = None,
) -> Report:
    """What was found, each finding with the place in the lab's files that it comes from.

    Parameters
    ----------
    root, lab
        The lab's folder and what its files declare.
    answer
        What the rules say.
    gate, what
        Where they were asked, and about what, in words.
    changed
        Lines that a change has touched, by file.
    """
    rules = answer.asked_at(gate)
    places = Places(root, lab, rules, changed)
    found = ordered(places.locate(finding, answer.urns.get(finding.subject, "")) for finding in answer.findings)
    folder = revision.folder_in_repository(root)
    return Report(lab.file.lab, gate, what, found, rules, folder, notes=answer.notes)


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(set(findings), key=lambda f: (f.severity, f.rule, f.subject, f.message, f.path)))


def _batches(
    terms: Sequence[TermPlan], only: Mapping[str, Sequence[Candidate]] | None = None
) -> Iterator[list[Candidate]]:
    """The placements, or only some of each dataset, all of a dataset in one batch."""
    batch: list[Candidate] = []
    for dataset, entries in groupby(terms, key=lambda term: term.dataset):
        placed = [placement.candidate for term in entries for placement in term.placements]
        batch += placed if only is None else only[dataset]
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_asked(subject: str, asked: set[str], lab: Lab) -> bool:
    """Whether a finding is about what was asked: what is said of an ancestor in another project is that project's."""
    dataset = subject.partition("@")[0]
    project = dataset.partition("/")[0].partition("#")[0]
    if "/" in dataset and project in lab.projects:
        return dataset in asked
    return project not in lab.projects or project in {known.partition("/")[0] for known in asked}


def _is_current(lab: Lab, entry: TermPlan) -> bool:
    project, _, level = entry.dataset.partition("/")
    return lab.projects[project].activity_of(Level(level)).term is entry.term


def _is_open(location: Mapping[str, Any]) -> bool:
    return any(reader["principal"] in ANYBODY for reader in location["readers"])


def _is_declared_public(lab: Lab, entry: TermPlan) -> bool:
    project, _, level = entry.dataset.partition("/")
    return lab.projects[project].public_in(Level(level), entry.term)
