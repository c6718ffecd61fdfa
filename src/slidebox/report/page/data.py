"""What the page shows, as frozen values: a record for each row of each view."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from slidebox.prices import Range


@dataclass(frozen=True, slots=True)
class Source:
    """Something that the page was made from, or could not be.

    Attributes
    ----------
    what
        In words: ``the declarations``, ``an audit of access``, ``bills``, ``inventories``, ``the records of moves``.
    read
        Whether it could be read.
    said
        Of when it is, how much it covers, or why it is not there.
    """

    what: str
    read: bool
    said: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as it is declared.

    Attributes
    ----------
    name, project, level
        ``project/level``, and both by themselves.
    origin, sensitivity, activity, audience, owner, grant
        As declared or worked out; empty where there is none.
    bytes, files
        How much is declared.
    monthly
        What this month costs, in US dollars, in all its places.
    """

    name: str
    project: str
    level: str
    origin: str
    sensitivity: str
    activity: str
    audience: str
    owner: str
    grant: str
    bytes: int
    files: int
    monthly: Range


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the plan has a dataset in a term.

    Attributes
    ----------
    dataset, term, store, system, storage_class
        What is where, and when; ``system`` is the row of Table 1.
    now
        Whether the term is the current one.
    there
        Whether it really lies there now: ``yes``, ``no``, ``other version``, ``unknown``, or
        ``nothing is kept`` where the plan keeps nothing on purpose.
    monthly
        US dollars.
    why
        The plan's reason.
    """

    dataset: str
    term: str
    store: str
    system: str
    storage_class: str
    now: bool
    there: str
    monthly: Range
    why: str


@dataclass(frozen=True, slots=True)
class Reader:
    """What one principal can do with one place, by one path.

    Attributes
    ----------
    place, store, kind, dataset
        The location; the dataset is empty where nothing says what lies there.
    principal, who
        As in an audit of access (`slidebox.access.effective.KINDS`): spelled whole, and its kind.
    actions
        Some of read, list, write, delete, admin.
    path
        How, outermost first.
    until
        The end; empty where there is none.
    verdict
        ``declared``, or what differs: ``public``, ``expired``, ``extra``, ``unknown``, ``missing``.
    outside
        Whether the principal is not of the lab: anyone, any account, a collaborator, another account.
    """

    place: str
    store: str
    kind: str
    dataset: str
    principal: str
    who: str
    actions: tuple[str, ...]
    path: tuple[str, ...]
    until: str
    verdict: str
    outside: bool

    @property
    def comes_from_outside(self) -> bool:
        """Whether somebody who is not of the lab has a way in; who is missing has none."""
        return self.outside and self.verdict != "missing"


@dataclass(frozen=True, slots=True)
class Node:
    """A dataset in the graph of what was made from what.

    Attributes
    ----------
    name
        ``project/level``, or the name of a source outside.
    standing
        ``kept``, ``at source``, ``absent``, ``unknown`` or ``undeclared``.
    said
        What stands below its name.
    parents
        What it was made from, each with the step in a few words.
    """

    name: str
    standing: str
    said: str
    parents: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Spend:
    """What a project and grant cost in a month.

    Attributes
    ----------
    project, grant, level, month
        Whose, and when (``YYYY-MM``); an empty project is spend that nothing could be told of.
    forecast
        US dollars, with what it lies between.
    actual
        US dollars of the bills; None where no bill covers the month.
    """

    project: str
    grant: str
    level: str
    month: str
    forecast: Range
    actual: float | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about money that has to be read: an anomaly, an exclusion, untagged spend, a budget.

    Attributes
    ----------
    kind
        ``anomaly``, ``excluded``, ``untagged``, ``budget`` or ``note``.
    said
        In words.
    usd
        How much is concerned; None where that cannot be said.
    """

    kind: str
    said: str
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change, and what that would save.

    Attributes
    ----------
    dataset, store, kind, what
        What, where, and the advice in one sentence.
    saves, later
        US dollars in the first year and over five years, with what they lie between.
    arithmetic
        How that was reckoned.
    command
        What to type or write; may be empty.
    """

    dataset: str
    store: str
    kind: str
    what: str
    saves: Range
    later: Range
    arithmetic: str
    command: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says.

    Attributes
    ----------
    rule, title, page
        Its name, what it is about, and where it is described.
    severity
        ``refusal``, ``warning`` or ``waived``.
    subject, message, cure
        About what, what is so, and what mends it.
    where
        File and line.
    """

    rule: str
    title: str
    page: str
    severity: str
    subject: str
    message: str
    cure: str
    where: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A rule that the lab has set aside for a while.

    Attributes
    ----------
    rule, dataset, by, reason
        What, of what, who answers for it, and why.
    until
        The last day.
    """

    rule: str
    dataset: str
    by: str
    reason: str
    until: dt.date


@dataclass(frozen=True, slots=True)
class Due:
    """A move, a retirement or a visit that is due.

    Attributes
    ----------
    dataset, why, source, target
        What, why, from where, to where; a visit of a drive has no dataset and no target.
    bytes, files, hours, usd
        How much, how long, at what cost.
    said
        For people: what is so.
    command
        What to type.
    """

    dataset: str
    why: str
    source: str
    target: str
    bytes: int
    files: int
    hours: float
    usd: float
    said: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that the page shows.

    Attributes
    ----------
    lab, made, version
        Whose, when, and by which slidebox.
    sources
        What it was made from, and what could not be read.
    moves, visits
        What is due, and which drives are overdue, worn or behind.
    unknown
        What could not be read or decided, in words.
    """

    lab: str
    made: dt.datetime
    version: str
    sources: tuple[Source, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    placements: tuple[Placement, ...] = ()
    readers: tuple[Reader, ...] = ()
    lineage: tuple[Node, ...] = ()
    spend: tuple[Spend, ...] = ()
    notices: tuple[Notice, ...] = ()
    advice: tuple[Advice, ...] = ()
    findings: tuple[Finding, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    moves: tuple[Due, ...] = ()
    visits: tuple[Due, ...] = ()
    unknown: tuple[str, ...] = ()
