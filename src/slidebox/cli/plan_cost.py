"""`slidebox plan --cost`: what the plan will cost, month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from slidebox.cli.console import Output
from slidebox.cli.pricing import books_of
from slidebox.forecast import Forecast, Row, forecast, holdings_of
from slidebox.forecast.undeclared import undeclared_of
from slidebox.model import Lab, Plan
from slidebox.prices import Book, Range
from slidebox.report import Told
from slidebox.systems import Systems, load_systems

YEARS = (1, 5, 10)
"""The years that are shown where nobody says for how many."""

_KEYS: Mapping[str, Callable[[Row], str]] = {
    "dataset": lambda row: row.dataset,
    "project": lambda row: row.project,
    "store": lambda row: row.store,
    "level": lambda row: row.level,
    "grant": lambda row: row.grant,
    "what": lambda row: row.what,
}


def forecast_of(
    plan: Plan, lab: Lab, systems: Systems, books: Mapping[str, Book], now: dt.date, years: int | None
) -> tuple[Forecast, tuple[int, ...]]:
    """What a plan will cost, and over how many years that is to be shown."""
    shown = (years,) if years else YEARS
    months = max(shown) * 12
    holdings, notes = holdings_of(plan, lab, systems, books, now, months)
    return forecast(holdings, now, months, notes, undeclared_of(lab, holdings)), shown


def told_of(root: Path, plan: Plan, lab: Lab, now: dt.date) -> Told:
    """What a plan will cost at the prices beside its lab's files.

    Raises
    ------
    SlideboxError
        If these cannot be read.
    """
    found, _ = forecast_of(plan, lab, load_systems(lab.file.playbook), books_of(root), now, None)
    return Told(plan, lab, found)


def show(output: Output, told: Forecast, years: tuple[int, ...]) -> None:
    """Print a forecast: by project and store, by grant and by what is paid for, with totals and what is not counted."""
    amounts = (*(_span(year) for year in years), f"between, {_span(years[-1])}")
    output.table("\nWhat it will cost, in US dollars", ("", *amounts), _nested(told, years), whole=("", *amounts))
    for title, key in (("grant", _KEYS["grant"]), ("for", _KEYS["what"])):
        columns = (title, *amounts)
        output.table(
            "", columns, (_row(name or "none", name, told, years, key) for name in told.by(key)), whole=columns
        )
    totals = [f"${_between(told.total(year * 12))} over {_span(year)}" for year in years]
    output.say()
    output.say(f"In all {', '.join(totals)}. A range stands where prices or what is kept are uncertain.")
    if told.undeclared:
        output.say(told.undeclared.sentence())
    for note in told.notes:
        output.kind("warning", note)


def document(told: Forecast, years: tuple[int, ...]) -> dict[str, Any]:
    """A forecast for programs: every row, and totals by everything that a row is of; money in US dollars."""
    return {
        "months": list(told.months),
        "rows": [
            {
                "dataset": row.dataset,
                "project": row.project,
                "store": row.store,
                "level": row.level,
                "grant": row.grant,
                "month": row.month,
                "what": row.what,
                **_usd(row.range),
            }
            for row in told.rows
        ],
        "totals": [
            {
                "years": year,
                **_usd(told.total(year * 12)),
                "by": {
                    name: {of: _usd(usd) for of, usd in told.by(key, year * 12).items()} for name, key in _KEYS.items()
                },
            }
            for year in years
        ],
        "not_counted": {key: list(ids) for key, ids in told.undeclared.by_key().items()},
        "notes": list(told.notes),
    }


def _nested(told: Forecast, years: tuple[int, ...]) -> Iterator[tuple[str, ...]]:
    """A row for each project, and below it one for each of its stores."""
    for project, group in groupby(told.by(_place), key=lambda place: place.partition("/")[0]):
        yield _row(project, project, told, years, _KEYS["project"])
        for place in group:
            yield _row(f"  {place.partition('/')[2]}", place, told, years, _place)


def _row(title: str, name: str, told: Forecast, years: tuple[int, ...], key: Callable[[Row], str]) -> tuple[str, ...]:
    found = [told.by(key, year * 12).get(name, Range()) for year in years]
    return (title, *(_dollars(usd.usual) for usd in found), _ends(found[-1]))


def _place(row: Row) -> str:
    return f"{row.project}/{row.store}"


def _span(years: int) -> str:
    return f"{years} year{'s' * (years != 1)}"


def _between(usd: Range) -> str:
    """An amount, with what it lies between where that is another one."""
    return f"{_dollars(usd.usual)} ({ends})" if (ends := _ends(usd)) else _dollars(usd.usual)


def _ends(usd: Range) -> str:
    """What an amount lies between; empty where that is the same in whole dollars."""
    low, high = _dollars(usd.low), _dollars(usd.high)
    return f"{low} to {high}" if low != high else ""


def _dollars(amount: Decimal) -> str:
    return "<1" if 0 < amount < Decimal("0.5") else f"{amount.quantize(Decimal(1), ROUND_HALF_UP):,f}"


def _usd(usd: Range) -> dict[str, float]:
    return {"usd_low": float(usd.low), "usd": float(usd.usual), "usd_high": float(usd.high)}
