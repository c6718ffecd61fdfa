"""A report for a person at a terminal: grouped by rule, each cure once, and where to change what."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from slidebox.model import Severity, Term
from slidebox.report.changes import Change
from slidebox.report.costs import CostChange, differences, signed, span
from slidebox.report.found import Located, Report, counted, sentence, visible


class Line(NamedTuple):
    """One line, and what kind it is: ``error``, ``warning``, ``waived``, or plain."""

    words: str
    kind: str = ""


FEW = 20
"""As many warnings are read one by one; more are counted."""


def text(report: Report, width: int = 80, *, every: bool = True) -> Iterator[Line]:
    """The report line by line, no line wider than `width` but where one word is.

    What the lab has waived is shown apart, last. Of the rules that refuse, the one that says most comes first:
    where a dataset has no place, every store is refused by something.

    Parameters
    ----------
    report
        What was found.
    width
        Columns.
    every
        Whether each warning is shown; if not, more than `FEW` are counted by rule, so that they hide no refusal.
    """
    writer = Writer(width)
    brief = not every and sum(1 for one in report.found if _is_warning(one)) > FEW
    standing = [one for one in report.found if not one.finding.waived]
    for kind, found in (("", standing), ("waived", report.waived)):
        shown = [one for one in found if kind or not (brief and _is_warning(one))]
        groups = [(key, list(group)) for key, group in groupby(sorted(shown, key=_rule), key=_rule)]
        for (severity, rule), group in sorted(groups, key=lambda item: (item[0][0], -len(item[1]), item[0][1])):
            yield from writer.lines(f"{kind or severity}: {report.title(rule)} [{rule}]", 0, 2, kind or severity)
            yield from _group(writer, report, group)
            yield Line("")
    if brief:
        yield from _counted(writer, report, [one for one in standing if _is_warning(one)])
    if report.base:
        yield from _changes(writer, report)
    if report.costs:
        yield from _costs(writer, report.costs)
    for note in report.notes:
        yield from writer.lines(f"note: {note}", 0, 2)
    yield from writer.lines(report.verdict, 0, 0)


class Writer:
    """Breaks lines at words; a word that is wider than the line stays whole, so that it can be copied."""

    def __init__(self, width: int) -> None:
        self.width = max(width, 20)

    def lines(self, words: str, first: int, rest: int, kind: str = "") -> Iterator[Line]:
        """Text with the indentation of its first and of its further lines."""
        wrapped = textwrap.wrap(
            visible(words),
            self.width,
            initial_indent=" " * first,
            subsequent_indent=" " * rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, line in enumerate(wrapped):
            yield Line(line, kind if number == 0 else "")


def _rule(one: Located) -> tuple[str, str]:
    return one.finding.severity, one.finding.rule


def _is_warning(one: Located) -> bool:
    return one.finding.severity is Severity.WARNING and not one.finding.waived


def _counted(writer: Writer, report: Report, warnings: Sequence[Located]) -> Iterator[Line]:
    """A line for each rule that warns, the most frequent first."""
    yield Line("warnings:", "warning")
    groups = [list(group) for _, group in groupby(sorted(warnings, key=_rule), key=_rule)]
    for group in sorted(groups, key=lambda group: (-len(group), _rule(group[0]))):
        rule = group[0].finding.rule
        yield from writer.lines(f"{len(group):4} {report.title(rule)} [{rule}]", 2, 7)
    yield from writer.lines("Each with its place and its cure: the same command with --all.", 2, 2)
    yield Line("")


def _group(writer: Writer, report: Report, group: Sequence[Located]) -> Iterator[Line]:
    """What one rule says: each message once with its places, and each cure once."""
    ordered = sorted(group, key=lambda one: (one.finding.cure, one.finding.message, one.finding.path))
    for cure, of_cure in groupby(ordered, key=lambda one: one.finding.cure):
        for message, alike in groupby(of_cure, key=lambda one: one.finding.message):
            yield from writer.lines(sentence(message), 2, 2)
            for path, places in groupby(alike, key=lambda one: one.finding.path):
                yield from _places(writer, report, list(places))
                if path:
                    yield from writer.lines(f"by: {' → '.join(path)}", 6, 10)
        if cure:
            yield from writer.lines(f"Cure: {cure}", 2, 8)


def _places(writer: Writer, report: Report, found: Sequence[Located]) -> Iterator[Line]:
    """The subjects of one declaration together, below its place in the file."""
    by_place = sorted(found, key=lambda one: (one.position, one.finding.waived))
    for (position, waived), group in groupby(by_place, key=lambda one: (one.position, one.finding.waived)):
        alike = list(group)
        subjects = list(_subjects(one.finding.subject for one in alike))
        yield from writer.lines(f"{report.folder}{position} {subjects[0]}", 4, 6)
        for subject in subjects[1:]:
            yield from writer.lines(subject, 6, 8)
        for resource in dict.fromkeys(one.resource for one in alike if one.resource):
            yield from writer.lines(f"resource {resource}", 6, 8)
        if waived:
            yield from writer.lines(f"waived {waived}", 6, 8)


def _subjects(subjects: Iterable[str]) -> Iterator[str]:
    """A line for each dataset and the terms in which it is about the same stores; another subject as it is."""
    terms: dict[tuple[str, str], list[str]] = {}
    for subject in sorted(set(subjects)):
        dataset, _, place = subject.partition("@")
        term, _, store = place.partition("@")
        terms.setdefault((dataset, store) if store else (subject, ""), []).append(term)
    stores: dict[tuple[str, tuple[Term, ...]], list[str]] = {}
    for (dataset, store), found in terms.items():
        span = tuple(term for term in Term if term in found)
        stores.setdefault((dataset, span), []).append(store)
    for (dataset, span), names in stores.items():
        yield f"{dataset} in {', '.join(names)} ({', '.join(span)})" if span else dataset


def _changes(writer: Writer, report: Report) -> Iterator[Line]:
    """What the change does to each dataset."""
    if not report.changes:
        yield from writer.lines(
            f"Against {report.base}: no dataset moves, no reader comes or goes, same cost a month.", 0, 2
        )
        yield Line("")
        return
    more = sum(change.dearer for change in report.changes)
    said = f"{counted(len(report.changes), 'dataset')} changed, {_signed(more)} USD a month."
    yield from writer.lines(f"Against {report.base}: {said}", 0, 2)
    for change in report.changes:
        kind = "" if change.kind == "changed" else f" ({change.kind})"
        yield from writer.lines(f"{change.dataset}{kind}", 2, 4)
        for line in _effects(change):
            yield from writer.lines(line, 4, 8)
    yield Line("")


def _effects(change: Change) -> Iterator[str]:
    for term, old, new in change.placements:
        yield f"{term}: {', '.join(old) or 'nowhere'} → {', '.join(new) or 'nowhere'}"
    if change.gained:
        yield f"can read now: {', '.join(change.gained)}"
    if change.lost:
        yield f"cannot read any more: {', '.join(change.lost)}"
    before, after = change.monthly
    if abs(change.dearer) >= 0.005:
        yield f"${before:,.2f} → ${after:,.2f} a month ({_signed(change.dearer)})"


def _costs(writer: Writer, costs: CostChange) -> Iterator[Line]:
    """What the change does to what everything will cost: in all, by project and grant, and which datasets cause it."""
    yield from writer.lines(f"What it will cost: {differences(costs, costs.whole)}.", 0, 2)
    named = [(f"grant {shift.name}", shift) for shift in costs.grants if shift.name]
    rows = [(f"project {shift.name}", shift) for shift in costs.projects] + named
    wide = max((len(name) for name, _ in rows), default=0)
    for name, shift in [("", None), *rows] if rows else []:
        amounts = [signed(usd) for usd in shift.more] if shift else [span(year) for year in costs.years]
        row = f"  {name:{wide}}  {'  '.join(f'{amount:>9}' for amount in amounts)}"
        # A name that leaves no room for the columns has its amounts in a sentence.
        if shift and len(row) > writer.width:
            yield from writer.lines(f"{name}: {differences(costs, shift)}", 2, 4)
        elif len(row) <= writer.width:
            yield Line(visible(row))
    for shift in costs.datasets:
        yield from writer.lines(f"{shift.name}: {signed(shift.more[-1])} in {span(costs.years[-1])}", 2, 4)
        for why in shift.why:
            yield from writer.lines(why, 4, 8)
    yield Line("")


def _signed(value: float) -> str:
    return f"+{value:,.2f}" if value >= 0 else f"−{-value:,.2f}"
