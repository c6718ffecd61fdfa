"""A report as a JSON document of our own: everything, for programs."""

from __future__ import annotations

from typing import Any

from slidebox.report.changes import Change, State
from slidebox.report.costs import CostChange, Shift
from slidebox.report.found import Located, Report


def document(report: Report) -> dict[str, Any]:
    """The report as values for JSON; money in US dollars."""
    said: dict[str, Any] = {
        "lab": report.lab,
        "gate": report.gate.value,
        "checked": report.what,
        "findings": [_finding(one) for one in report.found],
        "errors": len(report.refusals),
        "warnings": len(report.warnings),
        "waived": len(report.waived),
        "notes": list(report.notes),
    }
    if report.base:
        said |= {"base": report.base, "changes": change_documents(report)}
    if report.costs:
        said["costs"] = cost_document(report.costs)
    return said


def cost_document(costs: CostChange) -> dict[str, Any]:
    """What the change does to what everything will cost, over each of the years; the largest difference first."""
    return {
        "years": list(costs.years),
        "whole": _shift(costs.whole),
        "projects": [{"project": shift.name, **_shift(shift)} for shift in costs.projects],
        "grants": [{"grant": shift.name, **_shift(shift)} for shift in costs.grants],
        "datasets": [{"dataset": shift.name, "why": list(shift.why), **_shift(shift)} for shift in costs.datasets],
    }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "before": [round(float(usd.usual), 6) for usd in shift.before],
        "after": [round(float(usd.usual), 6) for usd in shift.after],
        "more": [round(float(usd), 6) for usd in shift.more],
        "more_low": [round(float(low), 6) for low, _ in shift.between],
        "more_high": [round(float(high), 6) for _, high in shift.between],
    }


def change_documents(report: Report) -> list[dict[str, Any]]:
    """What the change does, dataset by dataset."""
    return [_change(change) for change in report.changes]


def _finding(one: Located) -> dict[str, Any]:
    finding, position = one.finding, one.position
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "path": list(finding.path),
        "cure": finding.cure,
        "waived": finding.waived,
        "refuses": finding.refuses,
        "file": position.file,
        "line": position.line,
        "column": position.column,
        "resource": one.resource,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "dataset": change.dataset,
        "kind": change.kind,
        "before": _state(change.before),
        "after": _state(change.after),
        "readers_gained": list(change.gained),
        "readers_lost": list(change.lost),
        "monthly_more": round(change.dearer, 6),
    }


def _state(state: State | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "places": {term.value: list(stores) for term, stores in state.places},
        "readers": sorted(state.readers),
        "monthly": round(state.monthly, 6),
    }
