"""The planner's judge: candidates become facts, and the rules' findings come back by candidate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from slidebox.errors import UnreadableError
from slidebox.facts import FactBook
from slidebox.model import Candidate, Finding, Gate, Lab, Term
from slidebox.policy.rules import Rules
from slidebox.systems import Systems

# What a rule of datasets may speak of besides.
_TOPS = ("datasets", "projects", "waivers", "people", "teams", "agreements", "stores")


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

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        """What the rules say about each candidate by itself, by its id; every id is answered.

        Raises
        ------
        UnreadableError
            If the rules cannot be asked, or speak of something they were not asked about.
        """
        facts = self._book.document(candidates, gate=self._gate, now=self._now)
        answers: dict[str, list[Finding]] = {candidate.id: [] for candidate in candidates}
        for finding in self._rules.ask(facts, "location"):
            _of(answers, finding).append(finding)
        return {key: tuple(findings) for key, findings in answers.items()}

    def chosen(
        self, chosen: list[tuple[str, Term, tuple[Candidate, ...]]]
    ) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """What the rules say about all that was chosen for a dataset and term; every pair is answered.

        A finding about a dataset as such answers for each of its terms that were asked about. Findings about
        ancestors that were not asked about are theirs, and left out; so are those about projects, people and
        waivers, which no placement can mend.

        Raises
        ------
        UnreadableError
            If the rules cannot be asked.
        """
        asked = [candidate for _, _, candidates in chosen for candidate in candidates]
        facts = self._book.document(asked, gate=self._gate, now=self._now)
        answers: dict[tuple[str, Term], list[Finding]] = {(dataset, term): [] for dataset, term, _ in chosen}
        by_subject: dict[str, list[tuple[str, Term]]] = {}
        for dataset, term in answers:
            by_subject.setdefault(dataset, []).append((dataset, term))
            by_subject.setdefault(f"{dataset}@{term}", []).append((dataset, term))
        services = {f"service:{name}" for name in facts["services"]}
        for finding in self._rules.ask(facts, "dataset"):
            _must_be_known(finding, by_subject, *(facts[top] for top in _TOPS), services)
            for key in by_subject.get(finding.subject, ()):
                answers[key].append(finding)
        return {key: tuple(findings) for key, findings in answers.items()}


def _of(answers: Mapping[str, list[Finding]], finding: Finding) -> list[Finding]:
    if finding.subject not in answers:
        raise UnreadableError(f"a rule spoke of something it was not asked about: {finding}")
    return answers[finding.subject]


def _must_be_known(finding: Finding, *known: Iterable[str]) -> None:
    if not any(finding.subject in place for place in known):
        raise UnreadableError(f"a rule spoke of something it was not asked about: {finding}")
