"""What the plan wants moved or retired now: a pure comparison of where a dataset lies and where it should."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from slidebox.flow.estimate import Estimate, estimate_move
from slidebox.flow.whereabouts import Copy
from slidebox.model import Lab, Level


class Why(StrEnum):
    """Why something is wanted, what matters most first."""

    LOST = "lost"
    """It was put, and no copy that could be read has it."""
    MISSING = "missing copy"
    """A planned place has no copy."""
    OUTDATED = "outdated copy"
    """A planned place has another version than was put last."""
    VISIT = "overdue visit"
    """A drive was not read back for longer than it may be."""
    WORN = "old drive"
    """A drive has served as long as was expected of it."""
    ENDED = "right ended"
    """The lab may not keep it any more."""
    LEFT_OVER = "left over"
    """A place that the plan does not have any more still holds it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to do.

    Attributes
    ----------
    dataset
        ``project/level``; empty where it is about a whole store.
    why
        Why.
    source, target
        The store to read from and the one to fill; empty where nothing is read or filled.
    files, bytes
        How much.
    hours, usd
        How long it takes and what it costs, as far as can be said.
    sentence
        For people: what is so.
    command
        What to type.
    """

    dataset: str
    why: Why
    source: str
    target: str
    files: int
    bytes: int
    hours: float
    usd: float
    sentence: str
    command: str


def wanted(
    lab: Lab, dataset_id: str, copies: Sequence[Copy], now: Copy | None, today: dt.date, *, was_put: bool = False
) -> tuple[Wanted, ...]:
    """What is to be done about one dataset, what matters most first.

    Parameters
    ----------
    lab
        What is declared.
    dataset_id
        ``project/level``.
    copies
        Where it lies or should lie.
    now
        The copy that is the dataset now; None where there is none.
    today
        The day.
    was_put
        Whether the record knows that it was put.
    """
    ended = _ended(lab, dataset_id, today)
    if ended:
        return tuple(_retire(copy, Why.ENDED, dataset_id, ended) for copy in copies if copy.complete)
    if now is None:
        lost = was_put and not any(copy.problem for copy in copies)
        return (_lost(dataset_id),) if lost else ()
    behind = [copy for copy in copies if copy.planned and not copy.problem and copy.crate != now.crate]
    found = [_move(lab, dataset_id, now, copy) for copy in behind]
    waits = " once the planned copies are whole" if behind else ""
    found += [
        _retire(copy, Why.LEFT_OVER, dataset_id, f"the plan does not have it there any more; it can go{waits}")
        for copy in copies
        if not copy.planned and copy.complete and (copy is not now or not behind)
    ]
    return tuple(in_order(found))


def in_order(found: Iterable[Wanted]) -> list[Wanted]:
    """What matters most first; of what matters as much, what is soonest done."""
    ranks = list(Why)
    return sorted(found, key=lambda one: (ranks.index(one.why), one.hours, one.dataset, one.target, one.source))


def _ended(lab: Lab, dataset_id: str, today: dt.date) -> str:
    """Why the lab may not keep a dataset any more; empty where it may."""
    project = lab.project_of(dataset_id)
    if project is None:
        return ""
    level = Level(dataset_id.partition("/")[2])
    dataset, name = project.datasets[level], project.agreement_of(level)
    reasons: Iterator[str] = iter(())
    if dataset.expires and dataset.expires < today:
        reasons = iter((f"the right to keep it ended on {dataset.expires}",))
    elif name and name in lab.file.agreements and lab.file.agreements[name].ends < today:
        reasons = iter((f"its agreement {name} ended on {lab.file.agreements[name].ends}",))
    return next(reasons, "")


def _lost(dataset_id: str) -> Wanted:
    sentence = "it was put, and no place has a whole copy of it"
    command = f"slidebox put {dataset_id} FOLDER, or slidebox reprocess {dataset_id}"
    return Wanted(dataset_id, Why.LOST, "", "", 0, 0, 0.0, 0.0, sentence, command)


def _move(lab: Lab, dataset_id: str, now: Copy, target: Copy) -> Wanted:
    manifest = now.manifest
    assert manifest is not None  # noqa: S101 - it is the dataset
    source, here = now.location.store, target.location.store
    cost = estimate_move(lab, now.location, here, len(manifest.files), manifest.bytes)
    why = Why.OUTDATED if target.complete else Why.MISSING
    has = "has another version of it" if target.complete else "has no copy of it"
    return Wanted(
        dataset_id,
        why,
        source,
        here,
        len(manifest.files),
        manifest.bytes,
        cost.hours,
        cost.usd,
        f"{here} {has}",
        f"slidebox move {dataset_id} --to {here}",
    )


def _retire(copy: Copy, why: Why, dataset_id: str, sentence: str) -> Wanted:
    manifest, store = copy.manifest, copy.location.store
    files, size = (len(manifest.files), manifest.bytes) if manifest else (0, 0)
    command = f"slidebox retire {dataset_id} --from {store}"
    nothing = Estimate(0.0, 0.0)
    return Wanted(dataset_id, why, store, "", files, size, nothing.hours, nothing.usd, sentence, command)
