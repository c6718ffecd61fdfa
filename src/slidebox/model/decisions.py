"""What slidebox concludes from declarations: candidates, placements, costs and findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slidebox.model.words import Severity, Term


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A store that a dataset could be placed in for a term.

    Attributes
    ----------
    dataset
        ``project/level``.
    term
        The span of life it is for.
    store
        Name of the store.
    storage_class
        The class inside the store, such as ``standard``.
    """

    dataset: str
    term: Term
    store: str
    storage_class: str = "standard"

    @property
    def id(self) -> str:
        """The id of the location it would be: ``project/level@store``, with the term before the store."""
        return f"{self.dataset}@{self.term}@{self.store}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says.

    Attributes
    ----------
    rule
        Id of the rule.
    severity
        Errors refuse; warnings are shown. A waiver leaves it as it is.
    subject
        Id of the location or dataset it is about.
    message
        One sentence: what is wrong.
    path
        The path by which a reader can read, outermost first; empty where no reader is involved.
    cure
        What to do about it.
    wants
        What a planner may do about it by itself: ``another_copy``, ``another_site`` (a further copy, elsewhere),
        or empty.
    waived
        ``until DATE by WHO: REASON`` where the lab has accepted it for a while; empty where it has not.
    """

    rule: str
    severity: Severity
    subject: str
    message: str
    path: tuple[str, ...] = ()
    cure: str = ""
    wants: str = ""
    waived: str = ""

    @property
    def refuses(self) -> bool:
        """Whether this finding stops what was asked: an error that nobody has waived."""
        return self.severity is Severity.ERROR and not self.waived

    def __str__(self) -> str:
        path = f" By: {' → '.join(self.path)}." if self.path else ""
        cure = f" {self.cure}" if self.cure else ""
        stop = "" if self.message.endswith((".", "!", "?")) else "."
        waived = f" (waived {self.waived})" if self.waived else ""
        return f"[{self.rule}] {self.subject}: {self.message}{stop}{path}{cure}{waived}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a placement costs, in US dollars.

    Attributes
    ----------
    monthly
        USD per month while it lasts.
    once
        USD at its start.
    why
        The arithmetic in words, with the price's source.
    """

    monthly: float
    once: float
    why: str


@dataclass(frozen=True, slots=True)
class Placement:
    """A location that the plan has chosen for a term.

    Attributes
    ----------
    candidate
        What was chosen.
    copy
        1 for the first copy, 2 for the second.
    readers
        Principals that will be able to read it: ``person:…``, ``team:…`` or ``anyone``.
    cost
        What it costs.
    why
        Why this store.
    """

    candidate: Candidate
    copy: int
    readers: tuple[str, ...]
    cost: Cost
    why: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A store that was not chosen, with the reason: a rule's own message, or a preference."""

    candidate: Candidate
    reason: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class TermPlan:
    """Where one dataset goes in one term; without placements the findings say why."""

    dataset: str
    term: Term
    placements: tuple[Placement, ...]
    rejections: tuple[Rejection, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Where every dataset goes in every term.

    Attributes
    ----------
    terms
        One entry per dataset and term, sorted by project, level and term.
    horizon_cost
        USD over 1 and 5 years from today, by dataset id.
    """

    terms: tuple[TermPlan, ...]
    horizon_cost: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in order."""
        return tuple(f for t in self.terms for f in t.findings)

    def of(self, dataset: str, term: Term) -> TermPlan:
        """The plan of one dataset and term.

        Raises
        ------
        KeyError
            If the plan does not know it.
        """
        for entry in self.terms:
            if entry.dataset == dataset and entry.term is term:
                return entry
        raise KeyError(f"{dataset}@{term}")
