"""What a project's stack is to be: its lab, its plan, and what the rules say before anything is registered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from slidebox import labfile
from slidebox.access import ANYONE
from slidebox.errors import DeclarationError, InputError
from slidebox.facts import FactBook
from slidebox.model import Finding, Gate, Lab, LabFile, Project, TermPlan
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules, own_dir
from slidebox.systems import Systems


def lab_of(project: Project, file: LabFile | None, start: Path) -> tuple[Lab, Path]:
    """The lab around a project, and its folder.

    Parameters
    ----------
    project
        The project, which counts in place of a declared one of the same name.
    file
        The lab's own file; the nearest one upwards where None. A lab that is not that one stands alone.
    start
        The folder to look from; the relative paths of a lab without files count from it.

    Raises
    ------
    DeclarationError
        If the declarations contradict one another.
    InputError
        If there is neither a lab file nor a lab.
    """
    declared, root = _declared(start, needed=file is None)
    if declared is None or (file is not None and file != declared.file):
        if file is None:  # `_declared` has raised
            raise AssertionError
        lab, root = Lab(file=file, projects={project.project: project}), start
    else:
        lab = Lab(file=declared.file, projects={**declared.projects, project.project: project})
    if problems := labfile.check_lab(lab):
        raise DeclarationError(problems)
    return lab, root


def _declared(start: Path, *, needed: bool) -> tuple[Lab | None, Path]:
    try:
        root = labfile.find_root(start)
    except InputError:
        if needed:
            raise
        return None, start
    return labfile.load(root), root


Explained = Mapping[str, Mapping[str, Any]]
"""What holds for each dataset, by its id, as the rules answer."""


def decide(
    lab: Lab, systems: Systems, root: Path, project: str, today: dt.date
) -> tuple[tuple[TermPlan, ...], Explained]:
    """The plan of a project's datasets in their current terms, by the lab's own rules too, and what holds for them.

    Whatever anyone will be able to read is asked about once more at the gate of publishing.

    Raises
    ------
    InputError
        If a rule refuses any of them: then nothing at all is made.
    """
    declared = lab.projects[project]
    current = {declared.dataset_id(level): declared.activity_of(level).term for level in declared.datasets}
    with Rules(own=own_dir(root, lab.file.rules)) as rules:
        plan = make_plan(lab, systems, PolicyJudge(rules, lab, systems, today), now=today, projects=[project])
        entries = tuple(entry for entry in plan.terms if current.get(entry.dataset) is entry.term)
        placed = [place.candidate for entry in entries for place in entry.placements]
        explained = rules.explain(FactBook(lab, systems).document(placed, gate=Gate.PLAN, now=today))
        published = _published(entries, PolicyJudge(rules, lab, systems, today, gate=Gate.PUBLISH))
    planned = {f for entry in entries for f in entry.findings}
    refusals = sorted({f for f in planned | published if f.refuses}, key=str)
    if refusals:
        raise InputError(_refusal(project, refusals))
    return entries, explained


def _published(entries: Iterable[TermPlan], judge: PolicyJudge) -> set[Finding]:
    """What the rules say of what becomes public: of each place that anyone can read, and of its dataset."""
    opened = [entry for entry in entries if any(ANYONE in place.readers for place in entry.placements)]
    if not opened:
        return set()
    places = judge.candidates([p.candidate for entry in opened for p in entry.placements if ANYONE in p.readers])
    together = judge.chosen([(e.dataset, e.term, tuple(p.candidate for p in e.placements)) for e in opened])
    return {finding for said in (*places.values(), *together.values()) for finding in said}


def _refusal(project: str, findings: Iterable[Finding]) -> str:
    """What is refused and why; where a rule says the same of several, it is said once."""
    alike: dict[Finding, list[str]] = {}
    for finding in findings:
        alike.setdefault(replace(finding, subject=""), []).append(finding.subject)
    lines = "\n".join(f"  {replace(said, subject=', '.join(subjects))}" for said, subjects in alike.items())
    return f"The lab's rules refuse {project}, and nothing of it is made:\n{lines}"
