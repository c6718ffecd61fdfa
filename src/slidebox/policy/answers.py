"""Reads what the rules answered: all of it has the right form, or none of it is an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.model import Finding, Severity

_WORDS = ("rule", "severity", "subject", "message", "cure", "wants", "waived")

_EACH = "each"
"""The key of a map's shape that stands for all of the map's keys."""

_EXPLAINED: Mapping[str, Any] = {
    _EACH: {
        "sensitivity": {"declared": str, "effective": str, "because": str, "path": [[str]], "deidentified": bool},
        "retention": {"until": str, "hold": str, "clocks": [[str]]},
        "audience": {_EACH: {"roles": [str], "people": [str], "until": str}},
        "public": {"terms": [str], "embargo": str},
        "duo": {_EACH: {"meaning": str, "from": [str]}},
        "needs": {_EACH: [str]},
    }
}
"""What holds for each dataset, as policies/lib/explained.rego says it."""


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
    wrong = _unlike(answer, _EXPLAINED)
    if wrong is not None:
        raise UnreadableError(f"the rules explained {wrong}, which is not what holds for a dataset.")
    explained: Mapping[str, Mapping[str, Any]] = answer
    return explained


def _unlike(value: Any, shape: Any, place: str = "the datasets") -> str | None:
    """The first place at which a value has another shape, and what is there; None where it has the shape."""
    if isinstance(shape, list):
        parts = [(item, shape[0], place) for item in value] if isinstance(value, list) else None
    elif isinstance(shape, dict):
        expected = dict.fromkeys(value, shape[_EACH]) if _EACH in shape and isinstance(value, dict) else shape
        alike = isinstance(value, dict) and set(value) == set(expected)
        parts = [(value[key], expected[key], f"{place}, {key}") for key in expected] if alike else None
    else:
        parts = [] if isinstance(value, shape) else None
    if parts is None:
        return f"{place} as {_short(value)}"
    return next((wrong for part in parts if (wrong := _unlike(*part)) is not None), None)


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
