"""Reads what the rules answered: all of it has the right form, or none of it is an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.model import Finding, Severity

_WORDS = ("rule", "severity", "subject", "message", "cure", "wants", "waived")

_EXPLAINED: Mapping[str, type] = {
    "sensitivity": dict,
    "retention": dict,
    "audience": dict,
    "public": dict,
    "duo": dict,
    "needs": dict,
}
"""What is said of each dataset, and as what (policies/lib/explained.rego)."""


def findings_of(answer: Any) -> tuple[Finding, ...]:
    """Read OPA's answer as findings, in a fixed order.

    Raises
    ------
    UnreadableError
        If it is not a list of well-formed findings.
    """
    if not isinstance(answer, list):
        raise UnreadableError(f"the rules answered {_short(answer)} instead of findings.")
    return tuple(sorted((_finding(entry) for entry in answer), key=_order))


def explained_of(answer: Any) -> Mapping[str, Mapping[str, Any]]:
    """Read OPA's answer as what holds for each dataset, by its id.

    Raises
    ------
    UnreadableError
        If it is anything else.
    """
    if not isinstance(answer, dict):
        raise UnreadableError(f"the rules answered {_short(answer)} instead of what holds for each dataset.")
    for dataset, said in answer.items():
        if not isinstance(said, dict) or set(said) != set(_EXPLAINED):
            raise UnreadableError(f"the rules explained {dataset} as {_short(said)}, which is not complete.")
        for part, kind in _EXPLAINED.items():
            if not isinstance(said[part], kind):
                raise UnreadableError(f"the rules explained the {part} of {dataset} as {_short(said[part])}.")
    return answer


def _finding(entry: Any) -> Finding:
    if not isinstance(entry, dict) or set(entry) != {*_WORDS, "path"}:
        raise UnreadableError(f"a rule answered {_short(entry)}, which is not a finding.")
    path = entry["path"]
    texts = all(isinstance(entry[word], str) for word in _WORDS) and isinstance(path, list)
    if not texts or not all(isinstance(part, str) for part in path):
        raise UnreadableError(f"a rule answered {_short(entry)}, whose parts are not texts.")
    if entry["severity"] not in set(Severity) or not (entry["rule"] and entry["subject"] and entry["message"]):
        raise UnreadableError(f"a rule answered {_short(entry)}, which lacks a rule, a subject or a severity.")
    return Finding(**{**entry, "severity": Severity(entry["severity"]), "path": tuple(path)})


def _order(finding: Finding) -> tuple[str, ...]:
    return (finding.severity, finding.rule, finding.subject, finding.message, *finding.path)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
