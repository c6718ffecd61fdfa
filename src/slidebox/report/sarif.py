"""A report as SARIF 2.1.0, the format in which code scanning shows findings on the lines that cause them.

References: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html and
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from slidebox.labfile.positions import Position
from slidebox.model import Severity
from slidebox.policy import RuleInfo
from slidebox.report.document import change_documents
from slidebox.report.found import Located, Report, sentence

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/WayScience/slidebox"

_ROOT = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def sarif(report: Report, version: str) -> dict[str, Any]:
    """The report as a SARIF log with one run.

    Parameters
    ----------
    report
        What was found.
    version
        Of slidebox.
    """
    rules = [_rule(info) for info in report.rules] + [_unlisted(rule) for rule in _unlisted_rules(report)]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    properties: dict[str, Any] = {"lab": report.lab, "gate": report.gate.value, "checked": report.what}
    if report.base:
        properties |= {"base": report.base, "changes": change_documents(report)}
    run = {
        "tool": {
            "driver": {
                "name": "slidebox",
                "informationUri": HOME,
                "version": version,
                "rules": rules,
            }
        },
        "automationDetails": {"id": f"slidebox/{report.gate}/{quote(report.folder)}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(report, one, index, seen) for one in report.found],
        "properties": properties,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(info: RuleInfo) -> dict[str, Any]:
    lines = [info.description, f"Cure: {info.cure}", *(f"Because of: {reference}" for reference in info.references)]
    rule: dict[str, Any] = {
        "id": info.id,
        "name": "".join(word.capitalize() for word in info.id.rpartition("/")[2].split("_")),
        "shortDescription": {"text": sentence(info.title)},
        "fullDescription": {"text": info.description},
        "help": {"text": "\n".join(lines), "markdown": "\n\n".join(lines)},
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
        "properties": {"tags": [info.id.partition("/")[0]], "waivable": info.waivable, "precision": "very-high"},
    }
    page = page_of(info.id)
    return rule | ({"helpUri": page} if page else {})


def page_of(rule: str) -> str:
    """The address of a built-in rule's page; empty for a rule of the lab's own."""
    return "" if rule.startswith("lab/") else f"{HOME}/blob/main/docs/rules/{quote(rule)}.md"


def _unlisted_rules(report: Report) -> list[str]:
    """Ids of findings that no listed rule has made: the planner's own, such as that there is no store."""
    known = {info.id for info in report.rules}
    return sorted({one.finding.rule for one in report.found} - known)


def _unlisted(rule: str) -> dict[str, Any]:
    return {"id": rule, "shortDescription": {"text": rule}, "defaultConfiguration": {"level": "error"}}


def _result(report: Report, one: Located, index: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    finding = one.finding
    cure = f" Cure: {finding.cure}" if finding.cure else ""
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.subject}: {sentence(finding.message)}{cure}"},
        "locations": [
            {
                **_location(report, one.position),
                "logicalLocations": [
                    {"fullyQualifiedName": name, "kind": "resource"} for name in (finding.subject, one.resource) if name
                ],
            }
        ],
        "partialFingerprints": _fingerprints(one, seen),
        "properties": {
            "subject": finding.subject,
            "message": finding.message,
            "path": list(finding.path),
            "cure": finding.cure,
        },
    }
    if one.related:
        result["relatedLocations"] = [
            {"id": number, **_location(report, position), "message": {"text": what}}
            for number, (position, what) in enumerate(one.related, 1)
        ]
    if finding.path:
        steps = [{**_location(report, one.position), "message": {"text": step}} for step in finding.path]
        flow = {"locations": [{"location": step} for step in steps]}
        result["codeFlows"] = [
            {"message": {"text": "The path by which it can be read."}, "threadFlows": [flow]},
        ]
    if finding.waived:
        justification = f"Waived {finding.waived}"
        result["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": justification}]
    return result


def _location(report: Report, position: Position) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(report.folder + position.file), "uriBaseId": _ROOT},
            "region": {"startLine": max(position.line, 1), "startColumn": max(position.column, 1)},
        }
    }


def _fingerprints(one: Located, seen: Counter[str]) -> dict[str, str]:
    """What identifies a finding wherever its lines move to; alike findings are numbered.

    Code scanning compares ``primaryLocationLineHash`` alone.
    """
    finding = one.finding
    digest = _digest([finding.rule, finding.subject, finding.message, *finding.path])
    seen[digest] += 1
    value = f"{digest}:{seen[digest]}"
    return {"primaryLocationLineHash": value, "slideboxFinding/v1": value}


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(words)).encode("ascii")).hexdigest()[:32]
