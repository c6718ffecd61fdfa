"""What was known when data were let out: the record of the publish gate, for those who ask later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from slidebox.model import Finding, Lab, Level, Project, TermPlan


def evidence(
    lab: Lab,
    public: Sequence[TermPlan],
    findings: Sequence[Finding],
    explained: Mapping[str, Mapping[str, Any]],
    *,
    now: dt.date,
    rules: Mapping[str, str],
) -> dict[str, Any]:
    """The record as values for JSON.

    Parameters
    ----------
    lab
        What is declared.
    public
        The public datasets in their current term.
    findings
        What the publish gate says.
    explained
        The effective values of each dataset, by its id.
    now
        The day on which the gate was asked.
    rules
        Which rules were asked: the version of slidebox, and the hash of their text.
    """
    datasets = {entry.dataset: _dataset(lab, entry.dataset, findings, explained) for entry in public}
    for entry in public:
        datasets[entry.dataset] |= {
            "term": entry.term.value,
            "locations": [placement.candidate.id for placement in entry.placements],
        }
    return {
        "lab": lab.file.lab,
        "gate": "publish",
        "date": now.isoformat(),
        "rules": dict(rules),
        "allowed": not any(finding.refuses for finding in findings),
        "datasets": datasets,
        "findings": [_finding(finding) for finding in findings],
    }


def _dataset(
    lab: Lab, dataset: str, findings: Sequence[Finding], explained: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    name, _, word = dataset.partition("/")
    project, level = lab.projects[name], Level(word)
    declared = project.datasets[level]
    held = project.agreement_of(level)
    own = [finding for finding in findings if finding.subject.partition("@")[0] == dataset]
    return {
        "allowed": not any(finding.refuses for finding in own),
        "sensitivity": declared.sensitivity.value,
        "effective": dict(explained.get(dataset, {})),
        "determination": _plain(declared.deidentification),
        "scan": _plain(declared.scan),
        "licence": declared.licence,
        "duo": list(declared.duo),
        "agreement": {"name": held, **(_plain(lab.file.agreements[held]) or {})} if held else None,
        "lineage": _lineage(lab, dataset),
        "waivers": [_plain(waiver) for waiver in project.waivers if waiver.location.partition("@")[0] == level],
        "findings": [_finding(finding) for finding in own],
    }


def _lineage(lab: Lab, dataset: str) -> dict[str, Any]:
    """Everything that a dataset comes from, itself included: origin, source, parents, and the step between."""
    found: dict[str, Any] = {}
    waiting = [dataset]
    while waiting:
        one = waiting.pop(0)
        project = lab.project_of(one)
        level = one.partition("/")[2]
        if one in found:
            continue
        if project is None or level not in project.datasets:
            found[one] = None  # not declared: said, and not left out
            continue
        found[one] = _origin(project, Level(level))
        waiting += project.parents_of(Level(level))
    return found


def _origin(project: Project, level: Level) -> dict[str, Any]:
    declared = project.datasets[level]
    return {
        "origin": declared.origin.value,
        "source": declared.source,
        "sensitivity": declared.sensitivity.value,
        "parents": list(project.parents_of(level)),
        "step": _plain(declared.step),
        "determination": _plain(declared.deidentification),
    }


def _plain(value: BaseModel | None) -> dict[str, Any] | None:
    return value.model_dump(mode="json") if value is not None else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "path": list(finding.path),
        "waived": finding.waived,
        "refuses": finding.refuses,
    }
