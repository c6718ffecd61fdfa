"""The planner's judge: candidates become facts, and the rules' findings come back by candidate."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.facts import FactBook
from slidebox.model import Candidate, Finding, Gate, Lab, Term
from slidebox.policy.rules import Rules
from slidebox.systems import Systems

# What a rule of datasets may speak of besides.
_TOPS = ("datasets", "projects", "waivers", "people", "teams", "agreements", "stores")

_OTHERS = ("people", "teams", "services", "agreements", "stores", "systems")
"""What a rule can speak of besides datasets, projects and waivers."""

AT_ONCE = min(4, os.cpu_count() or 1)
"""How many questions are asked side by side."""

WORTH_ASKING = 50
"""How few candidates are one question: each question says again who the lab's people are."""


class PolicyJudge:
    """Answers the planner with what the rules say (`slidebox.plan.Judge`).

    Parameters
    ----------
    rules
        The running rules.
    lab, systems
        What is declared, and Table 1.
    now
        Today.
    gate
        Where the rules are asked.
    """

    def __init__(self, rules: Rules, lab: Lab, systems: Systems, now: dt.date, gate: Gate = Gate.PLAN) -> None:
        self._rules = rules
        self._book = FactBook(lab, systems)
        self._now = now
        self._gate = gate
        self.aside: set[Finding] = set()
        """What was said of no place that was asked about, and refuses nothing: `chosen` leaves it out."""

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        """What the rules say about each candidate by itself, by its id; every id is answered.

        Raises
        ------
        UnreadableError
            If the rules cannot be asked, or speak of something they were not asked about.
        """
        size = max(WORTH_ASKING, -(-len(candidates) // AT_ONCE))
        parts = [candidates[start : start + size] for start in range(0, len(candidates), size)]
        if len(parts) == 1:
            return self._alone(parts[0])
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return {key: findings for part in pool.map(self._alone, parts) for key, findings in part.items()}

    def _alone(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        facts = self._book.document(candidates, gate=self._gate, now=self._now)
        answers: dict[str, list[Finding]] = {candidate.id: [] for candidate in candidates}
        for finding in self._rules.ask(facts, "location"):
            _of(answers, finding).append(finding)
        return {key: tuple(findings) for key, findings in answers.items()}

    def chosen(
        self, chosen: list[tuple[str, Term, tuple[Candidate, ...]]]
    ) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """What the rules say about all that was chosen for a dataset and term; every pair is answered.

        A finding about a dataset as such answers for each of its terms that were asked about. What refuses a
        project, a waiver, a person, a service or an agreement answers for all that it could concern; where it
        is only a warning it is not about a place, and left out, as are findings about ancestors that were not
        asked about.

        Raises
        ------
        UnreadableError
            If the rules cannot be asked, or speak of something that is not in the facts.
        """
        asked = [candidate for _, _, candidates in chosen for candidate in candidates]
        facts = self._book.document(asked, gate=self._gate, now=self._now)
        answers: dict[tuple[str, Term], list[Finding]] = {(dataset, term): [] for dataset, term, _ in chosen}
        keys: dict[str, list[tuple[str, Term]]] = {}
        for key in answers:
            keys.setdefault(key[0], []).append(key)
        for finding in self._rules.ask(facts, "dataset"):
            concerned = _concerned(finding, facts, keys)
            if not concerned and finding.subject.partition("@")[0] not in facts["datasets"]:
                self.aside.add(finding)
            for key in concerned:
                answers[key].append(finding)
        return {key: tuple(findings) for key, findings in answers.items()}


def _concerned(
    finding: Finding, facts: Mapping[str, Any], asked: Mapping[str, list[tuple[str, Term]]]
) -> Sequence[tuple[str, Term]]:
    """The datasets and terms, of those that were asked about by dataset, that a finding is about."""
    dataset, _, place = finding.subject.partition("@")
    if dataset in facts["datasets"]:
        term = place.partition("@")[0]
        return [key for key in asked.get(dataset, ()) if term in ("", key[1])]
    project = facts["waivers"].get(finding.subject, {}).get("project", finding.subject)
    name = finding.subject.rpartition(":")[2]
    if project not in facts["projects"] and not any(name in facts[top] for top in _OTHERS) and name != "facts":
        raise _unasked(finding)
    if not finding.refuses:
        return ()
    everything = project not in facts["projects"]
    return [
        key
        for name, keys in asked.items()
        if everything or facts["datasets"][name]["project"] == project
        for key in keys
    ]


def _of(answers: Mapping[str, list[Finding]], finding: Finding) -> list[Finding]:
    if finding.subject not in answers:
        raise _unasked(finding)
    return answers[finding.subject]


def _unasked(finding: Finding) -> UnreadableError:
    return UnreadableError(f"a rule spoke of something it was not asked about: {finding}")
