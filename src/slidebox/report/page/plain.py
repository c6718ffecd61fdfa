"""The page without JavaScript: what matters most, as plain tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from slidebox.prices import Range
from slidebox.quantities import human_bytes
from slidebox.report.found import counted
from slidebox.report.page.data import Page

MOST: Final = 200
"""Rows of a table that are written out; the rest is counted."""

_TABLES: Final = (
    ("findings", "Findings"),
    ("sources", "What this page was made from"),
    ("visits", "Drives to look at"),
    ("moves", "Moves due"),
    ("waivers", "Waivers"),
    ("advice", "Advice"),
    ("notices", "Notices about money"),
    ("datasets", "Datasets"),
    ("placements", "Placements"),
    ("readers", "Readers"),
    ("lineage", "What was made from what"),
    ("spend", "Spend"),
)


def plain(page: Page) -> str:
    """The overview, what is unknown, and the first rows of every table, as HTML.

    Parameters
    ----------
    page
        What is shown; secrets have been taken out of it.
    """
    parts = [f"<p>{escape(overview(page))}</p>"]
    if page.unknown:
        said = "".join(f"<li>{escape(words)}</li>" for words in page.unknown[:MOST])
        parts.append(f"<h2>Not known ({len(page.unknown):,})</h2><ul>{said}</ul>")
    parts += [_table(title, _urgent(name, getattr(page, name))) for name, title in _TABLES]
    return "\n".join(filter(None, parts))


def overview(page: Page) -> str:
    """The page in a sentence or two."""
    monthly = sum((dataset.monthly for dataset in page.datasets), Range())
    graves = [finding.severity for finding in page.findings]
    outside = sum(reader.comes_from_outside for reader in page.readers)
    unread = sum(not source.read for source in page.sources)
    return (
        f"{counted(len(page.datasets), 'dataset')}, {human_bytes(sum(one.bytes for one in page.datasets))}, "
        f"{_cell(monthly)} US dollars a month. "
        f"{counted(graves.count('refusal'), 'refusal')}, {counted(graves.count('warning'), 'warning')}, "
        f"{graves.count('waived')} waived. "
        f"{counted(len(page.unknown), 'thing')} unknown, {counted(unread, 'source')} not read, "
        f"{counted(outside, 'way')} in from outside the lab."
    )


def _urgent(name: str, rows: Sequence[Any]) -> Sequence[Any]:
    """Rows with what is bad or not known first, so that what is not written out is the least of it."""
    match name:
        case "findings":
            return sorted(rows, key=lambda row: (row.severity != "refusal", row.severity == "waived"))
        case "readers":
            return sorted(rows, key=lambda row: (row.verdict == "declared", not row.outside))
        case "waivers":
            return sorted(rows, key=lambda row: row.until)
        case _:
            return rows


def _table(title: str, rows: Sequence[Any]) -> str:
    if not rows:
        return ""
    names = [field.name for field in dataclasses.fields(rows[0])]
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(getattr(row, name)))}</td>" for name in names) + "</tr>\n"
        for row in rows[:MOST]
    )
    more = f"<p>And {len(rows) - MOST:,} more.</p>" if len(rows) > MOST else ""
    return (
        f"<h2>{escape(title)} ({len(rows):,})</h2>\n"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>{more}'
    )


def _cell(value: Any) -> str:
    """A value in words."""
    match value:
        case None:
            words = "not known"
        case bool():
            words = "yes" if value else "no"
        case Range():
            words = f"{value.usual:,.2f}" + ("" if value.certain else f" ({value.low:,.2f} to {value.high:,.2f})")
        case int():
            words = f"{value:,}"
        case float():
            words = f"{value:,.2f}"
        case dt.date():
            words = value.isoformat()
        case tuple():
            words = " → ".join(_cell(one) for one in value)
        case _:
            words = str(value)
    return words
