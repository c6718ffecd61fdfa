"""Data that nobody has read for long: the playbook would have them rest, or finished, and elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from slidebox.advice.given import Given, copies, file_of, level_of
from slidebox.advice.piece import CURRENT, Advice
from slidebox.advice.thresholds import thresholds
from slidebox.advice.trying import Change, Outcome, is_open, tried
from slidebox.forecast.months import MONTH_DAYS
from slidebox.model import Activity
from slidebox.prices import Range
from slidebox.tiering import tierings

_NEXT: Mapping[Activity, Activity] = {Activity.ACTIVE: Activity.RESTING, Activity.RESTING: Activity.FINISHED}


def unread(given: Given) -> Iterator[Advice]:
    """Datasets that are read less than they are declared to be worked on, where moving them saves something."""
    changes = []
    for name in given.names:
        activity, last = _activity(given, name), last_read(given, name)
        after = thresholds().unread.after(level_of(name), activity.term)
        if last is None or after is None or activity not in _NEXT or _written(given, name, after):
            continue
        if _months(given, last.date()) >= after:
            changes.append(Change(name, {"activity": _NEXT[activity]}))
    for outcome in tried(given, changes):
        first, later = _saves(given, outcome)
        if max(first.usual, later.usual) > 0 and not _opens(given, outcome):
            yield _advice(given, outcome)


def last_read(given: Given, name: str) -> dt.datetime | None:
    """When a dataset was last read; None where nothing says so of all that an inventory has seen of it."""
    if name in given.read:
        return given.read[name]
    moments = [held.last_read for held in given.seen(name) if held.bytes]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def _activity(given: Given, name: str) -> Activity:
    return given.project(name).activity_of(level_of(name))


def _months(given: Given, since: dt.date) -> int:
    return int((given.now - since).days / MONTH_DAYS)


def _written(given: Given, name: str, months: int) -> bool:
    """Whether data are too new to have gone unread: they were complete, or last written, in the same months."""
    days = [held.newest.date() for held in given.seen(name) if held.newest]
    created = given.declared(name).created
    return any(_months(given, day) < months for day in [*days, *([created] if created else [])])


def _opens(given: Given, outcome: Outcome) -> bool:
    """Whether anyone could read tomorrow what is closed today."""
    name = outcome.change.dataset
    then = outcome.entries[outcome.change.words["activity"].term]
    return is_open(then) and not is_open(given.entries[name][given.term(name)])


def _saves(given: Given, outcome: Outcome) -> tuple[Range, Range]:
    """What it saves in the first year and over five: unread objects are cheap already where they move by themselves."""
    spans = [span for held in given.planned[outcome.change.dataset] for span in held.spans]
    if not any(span.storage_class in tierings() for span in spans):
        return outcome.first, outcome.later
    first, later = (Range(usd.low, usd.low, usd.high) for usd in (outcome.first, outcome.later))
    return first, later


def _advice(given: Given, outcome: Outcome) -> Advice:
    first, later = _saves(given, outcome)
    name, activity = outcome.change.dataset, outcome.change.words["activity"]
    last = last_read(given, name)
    places = outcome.entries[activity.term].placements
    stores = ", ".join(p.candidate.store for p in places) or "nowhere"
    held = {p.candidate.store for p in given.kept(name)}
    since = f"{last.date()}, {_months(given, last.date())} months ago" if last else "nobody knows when"
    return Advice(
        dataset=name,
        store=", ".join(sorted(held)),
        kind="unread",
        what=f"Say that they are {activity}: they were last read on {since}, and are declared "
        f"{_activity(given, name)}. They then go to {stores}. {copies(len(places))}",
        saves=first,
        later=later,
        arithmetic="\n".join(outcome.lines),
        command=f"{file_of(name)}: activity: {activity}; then slidebox moves {name}",
        parts=frozenset((name, store, CURRENT) for store in held),
    )
