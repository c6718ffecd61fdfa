"""A judge that is asked again only about what a change can concern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slidebox.model import Candidate, Finding, Lab, Term
from slidebox.plan import Chosen, Judge

_Findings = tuple[Finding, ...]


@dataclass(slots=True)
class Memory:
    """What the rules have said of projects that no change concerns."""

    alone: dict[str, _Findings] = field(default_factory=dict)
    together: dict[Chosen, _Findings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remembering:
    """A judge that remembers (`slidebox.plan.Judge`).

    Attributes
    ----------
    judge
        Who is asked.
    concerned
        The projects about which it is asked every time.
    memory
        What it has said of the others.
    """

    judge: Judge
    concerned: frozenset[str]
    memory: Memory

    @classmethod
    def of(cls, judge: Judge, lab: Lab, changed: Iterable[str], memory: Memory) -> Remembering:
        """A judge of a lab in which some datasets are declared otherwise."""
        return cls(judge, concerned(lab, changed), memory)

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, _Findings]:
        """What the rules say about each candidate by itself."""
        known = {c.id: self.memory.alone[c.id] for c in candidates if self._rests(c.dataset, c.id in self.memory.alone)}
        asked = [candidate for candidate in candidates if candidate.id not in known]
        said = self.judge.candidates(asked) if asked else {}
        self.memory.alone |= {c.id: said[c.id] for c in asked if self._rests(c.dataset, c.id in said)}
        return {**known, **said}

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], _Findings]:
        """What the rules say about all that was chosen for a dataset and term."""
        known = {(c[0], c[1]): self.memory.together[c] for c in chosen if self._rests(c[0], c in self.memory.together)}
        asked = [one for one in chosen if (one[0], one[1]) not in known]
        said = self.judge.chosen(asked) if asked else {}
        self.memory.together |= {c: said[c[0], c[1]] for c in asked if self._rests(c[0], (c[0], c[1]) in said)}
        return {**known, **said}

    def _rests(self, dataset: str, known: bool) -> bool:
        return known and dataset.partition("/")[0] not in self.concerned


def concerned(lab: Lab, changed: Iterable[str]) -> frozenset[str]:
    """The projects that a change of some datasets can concern: their own, and those that have data from these.

    Rules about a dataset are told its project, what it comes from and what it replaces.
    """
    found = {name.partition("/")[0] for name in changed}
    while True:
        more = {
            name
            for name, project in lab.projects.items()
            if name not in found and any(other.partition("/")[0] in found for other in _named(lab, name))
        }
        if not more:
            return frozenset(found)
        found |= more


def _named(lab: Lab, name: str) -> Iterable[str]:
    """The datasets that those of a project name."""
    project = lab.projects[name]
    for level in project.datasets:
        yield from project.parents_of(level)
        if replaced := project.replaces_of(level):
            yield replaced
