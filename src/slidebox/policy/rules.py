"""The rules as something to ask: facts in, findings out, and nothing in between is taken on trust."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from slidebox.errors import UnreadableError
from slidebox.model import Finding, Severity
from slidebox.policy.catalogue import pack_dir
from slidebox.policy.opa import Opa, find_opa

Scope = Literal["all", "location", "dataset", "alone"]
"""What to judge: locations one by one; datasets with all their locations; a location and what is declared
about its dataset, without the other locations (``alone``); or everything."""

_ENTRY = {
    "all": "main/findings",
    "location": "main/location_findings",
    "dataset": "main/dataset_findings",
    "alone": "main/alone_findings",
}
_WORDS = ("rule", "severity", "subject", "message", "cure", "wants")


class Rules:
    """The rules, while OPA runs; a context manager.

    Parameters
    ----------
    pack
        Folder of the rules; the built-in ones if not given.
    opa
        The OPA program; looked for if not given (`find_opa`).
    """

    def __init__(self, pack: Path | None = None, opa: Path | None = None) -> None:
        self._pack = pack
        self._binary = opa
        self._opa: Opa | None = None

    def __enter__(self) -> Self:
        self._opa = Opa.start(self._binary or find_opa(), self._pack or pack_dir())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opa is not None:
            self._opa.close()
            self._opa = None

    def ask(self, facts: Mapping[str, Any], scope: Scope = "all") -> tuple[Finding, ...]:
        """What the rules say about the facts, in a fixed order.

        Parameters
        ----------
        facts
            The facts document (`slidebox.facts`).
        scope
            What to judge.

        Raises
        ------
        UnreadableError
            If OPA is not running, stops, or answers anything but a set of well-formed findings.
        """
        if self._opa is None:
            raise UnreadableError("the rules are not running.", "Use `with Rules() as rules:`.")
        return findings_of(self._opa.query(_ENTRY[scope], facts))


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
