"""A report as a comment on a pull request, in GitHub's Markdown.

What findings say comes from files that anybody can propose: it is shown as it is, and never as markup, as a link,
or as the mention of a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from slidebox.report.changes import Change
from slidebox.report.costs import CostChange, Shift, differences, signed, span
from slidebox.report.found import Located, Report, counted, sentence, visible
from slidebox.report.sarif import page_of

MARK = "<!-- slidebox check -->"
"""The first line, by which a workflow finds its own comment again."""

LARGEST = 65_536
"""How long GitHub lets a comment be, in characters."""

_ROOM = 60_000
"""Bytes used: fewer than characters may be, with room for what a workflow puts around it."""

_PLACES = 10
"""How many places are named of which a finding says the same; all others are counted."""

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def markdown(report: Report) -> str:
    """The report as Markdown, shorter than a comment may be: what has no room is counted instead."""
    page = _Page(_ROOM)
    mark = "❌" if report.refusals else "✅"
    page.add(MARK, f"### {mark} slidebox check", "", escape(report.verdict), "")
    for note in report.notes:
        page.add(f"> {escape(note)}", "")
    if report.base:
        _add_changes(page, report)
    if report.costs:
        _add_costs(page, report.costs)
    for title, found in (("Refused", report.refusals), ("Warnings", report.warnings), ("Waived", report.waived)):
        if found:
            _add_findings(page, report, title, found)
    _add_rules(page, report)
    return page.text()


class _Page:
    """Lines up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lines: list[str] = []

    def add(self, *lines: str) -> None:
        """Add lines that have to be there."""
        self._lines += lines
        self._room -= sum(len(line.encode()) + 1 for line in lines)

    def rows(self, rows: Iterable[str], keep: int = 0) -> int:
        """Add lines while there is room, but for some bytes to keep; answer how many had none."""
        left = 0
        for row in rows:
            if left or len(row.encode()) + 1 > self._room - keep:
                left += 1
            else:
                self.add(row)
        return left

    def text(self) -> str:
        """The page."""
        return "\n".join(self._lines).rstrip("\n") + "\n"


def _add_changes(page: _Page, report: Report) -> None:
    page.add(f"#### Against {_code(report.base)}", "")
    if not report.changes:
        page.add("No dataset moves, no reader comes or goes, and nothing costs more or less a month.", "")
        return
    page.add(
        escape(_sum_of(report.changes)),
        "",
        "| dataset | places | readers | $ a month |",
        "| --- | --- | --- | ---: |",
    )
    left = page.rows((_change_row(change) for change in report.changes), keep=_ROOM * 2 // 3)
    page.add("", *([f"{counted(left, 'more dataset')} in the output of the run.", ""] if left else []))


def _add_costs(page: _Page, costs: CostChange) -> None:
    """What the change does to what everything will cost, and which datasets cause it."""
    page.add("#### What it will cost", "", escape(f"Against the base: {differences(costs, costs.whole)}."), "")
    if not (costs.projects or costs.grants or costs.datasets):
        return
    spans = [span(year) for year in costs.years]
    page.add(
        f"| | {' | '.join(spans)} | between, {spans[-1]} | {spans[-1]}, before → after |",
        f"|{' --- |'}{' ---: |' * (len(spans) + 2)}",
    )
    page.add(_cost_row("all", costs.whole))
    rows = [_cost_row(f"project {_code(shift.name)}", shift) for shift in costs.projects]
    rows += [_cost_row(f"grant {_code(shift.name)}" if shift.name else "no grant", shift) for shift in costs.grants]
    left = page.rows(rows, keep=_ROOM * 7 // 12)
    page.add("", *([f"{counted(left, 'more row')} in the output of the run.", ""] if left else []))
    page.add(f"| dataset | {spans[-1]} | why |", "| --- | ---: | --- |")
    left = page.rows((_cause_row(shift) for shift in costs.datasets), keep=_ROOM // 2)
    page.add("", *([f"{counted(left, 'more dataset')} in the output of the run.", ""] if left else []))


def _cost_row(name: str, shift: Shift) -> str:
    low, high = (signed(end) for end in shift.between[-1])
    before, after = (f"${usd[-1].usual:,.0f}" for usd in (shift.before, shift.after))
    between = f"{low} to {high}" if low != high else ""
    return _row((name, *(escape(signed(more)) for more in shift.more), escape(between), escape(f"{before} → {after}")))


def _cause_row(shift: Shift) -> str:
    return _row((_code(shift.name), escape(signed(shift.more[-1])), "<br>".join(map(escape, shift.why))))


def _sum_of(changes: Sequence[Change]) -> str:
    more = sum(change.dearer for change in changes)
    return f"{counted(len(changes), 'dataset')} changed; {_signed(more)} USD a month."


def _change_row(change: Change) -> str:
    places = [
        f"{escape(term)}: {_stores(before)} → {_stores(after)}"
        if change.kind == "changed"
        else f"{term}: {_stores(now)}"
        for term, before, after in change.placements
        for now in [after or before]
    ]
    readers = [f"+ {_code(who)}" for who in change.gained] + [f"− {_code(who)}" for who in change.lost]
    before, after = change.monthly
    cost = _usd(after) if abs(change.dearer) < 0.005 else f"{_usd(before)} → {_usd(after)} ({_signed(change.dearer)})"
    kind = "" if change.kind == "changed" else f" ({change.kind})"
    cells = (
        f"{_code(change.dataset)}{kind}",
        "<br>".join(places) or "same",
        "<br>".join(readers) or "same",
        escape(cost),
    )
    return _row(cells)


def _stores(stores: Sequence[str]) -> str:
    return ", ".join(_code(store) for store in stores) or "nowhere"


def _usd(value: float) -> str:
    return "<0.01" if 0 < value < 0.005 else f"{value:,.2f}"


def _signed(value: float) -> str:
    return f"+{value:,.2f}" if value >= 0 else f"−{-value:,.2f}"


def _add_findings(page: _Page, report: Report, title: str, found: Sequence[Located]) -> None:
    shown = title == "Refused"
    page.add(f"<details{' open' * shown}><summary>{title}: {len(found)}</summary>", "")
    page.add("| rule | where | what |", "| --- | --- | --- |")
    kinds = _kinds(found)
    rows = page.rows((_kind_row(report, kind) for kind in kinds), keep=2_000)
    left = sum(len(kind) for kind in kinds[len(kinds) - rows :])
    page.add("", *([f"{counted(left, 'more finding')} in the output of the run.", ""] if left else []))
    page.add("</details>", "")


def _kinds(found: Sequence[Located]) -> list[list[Located]]:
    """Findings that say the same of several places, each kind where its first one stands."""
    kinds: dict[tuple[object, ...], list[Located]] = {}
    for one in found:
        said = one.finding
        kinds.setdefault((said.rule, said.message, said.path, said.cure, said.waived), []).append(one)
    return list(kinds.values())


def _kind_row(report: Report, kind: Sequence[Located]) -> str:
    finding = kind[0].finding
    what = [escape(sentence(finding.message))]
    what += [f"By: {escape(' → '.join(finding.path))}"] if finding.path else []
    what += [f"Cure: {escape(finding.cure)}"] if finding.cure else []
    what += [f"Waived {escape(finding.waived)}"] if finding.waived else []
    if len(kind) == 1:
        where = [_code(word) for word in _where(report, kind[0])]
    else:
        where = [f"{len(kind)} places"]
        where += [" ".join(map(_code, _where(report, one))) for one in kind[:_PLACES]]
        where += [f"and {len(kind) - _PLACES} more"] if len(kind) > _PLACES else []
    return _row((_rule_link(report, finding.rule), "<br>".join(where), "<br>".join(what)))


def _where(report: Report, one: Located) -> list[str]:
    position = f"{report.folder}{one.position.file}:{one.position.line}"
    return [one.finding.subject, position, *([one.resource] if one.resource else [])]


def _rule_link(report: Report, rule: str) -> str:
    known = any(info.id == rule for info in report.rules)
    page = page_of(rule) if known else ""
    return f"[{_code(rule)}]({page})" if page else _code(rule)


def _add_rules(page: _Page, report: Report) -> None:
    spoken = {one.finding.rule for one in report.found}
    held = [info for info in report.rules if info.id not in spoken]
    if not held:
        return
    page.add(f"<details><summary>Rules that hold: {len(held)}</summary>", "")
    left = page.rows((f"- {_code(info.id)}: {escape(info.title)}" for info in held), keep=200)
    page.add("", *([f"{counted(left, 'more rule')}.", ""] if left else []), "</details>")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(words: str) -> str:
    """Text in a fixed width. A tag instead of backticks: any text fits between, in a table too."""
    return f"<code>{escape(words)}</code>"


def escape(words: str) -> str:
    """Text that Markdown shows as it is: no markup, no link, nobody mentioned, no issue referred to."""
    return "".join(_escaped(visible(words)))


def _escaped(words: str) -> Iterator[str]:
    for part in _PUNCTUATION.split(words):
        if part in ("@", "#"):
            # GitHub looks for mentions in the finished text: an empty comment parts the sign from the name.
            yield f"\\{part}<!-- -->"
        elif part in ("<", ">", "&", "|"):
            yield {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}[part]
        else:
            yield _PUNCTUATION.sub(r"\\\1", part)
