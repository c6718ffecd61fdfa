"""`slidebox plan --cost`: what the plan will cost, month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from slidebox.cli.console import Output
from slidebox.cli.pricing import books_of
from slidebox.forecast import Forecast, Row, forecast, holdings_of
from slidebox.forecast.budget import OverBudget
from slidebox.forecast.room import outgrown
from slidebox.forecast.undeclared import undeclared_of
from slidebox.model import Lab, Level, Plan
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
_TITLES: Mapping[str, str] = {"what": "for", "project": ""}

BY = tuple(_KEYS)
"""What a forecast can be shown by."""


def forecast_of(
    plan: Plan, lab: Lab, systems: Systems, books: Mapping[str, Book], now: dt.date, years: int | None
) -> tuple[Forecast, tuple[int, ...]]:
    """What a plan will cost, and over how many years that is to be shown."""
    shown = (years,) if years else YEARS
    months = max(shown) * 12
    holdings, notes = holdings_of(plan, lab, systems, books, now, months)
    notes = (*notes, *outgrown(lab, holdings, now, months))
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


def show(
    output: Output,
    told: Forecast,
    years: tuple[int, ...],
    by: str | None = None,
    budgets: Sequence[OverBudget] = (),
) -> None:
    """Print a forecast: by one thing, or by those that say most of it; with totals and what is not counted."""
    projects = told.by(_KEYS["project"])
    shown = (by,) if by else ("level", "what") if len(projects) == 1 else ("project", "level", "grant", "what")
    for number, name in enumerate(shown):
        title = "\nWhat it will cost, in US dollars" if number == 0 else ""
        if number:
            output.say()
        columns = (_TITLES.get(name, name), *map(_span, years), f"between, {_span(years[-1])}")
        whole = _amounts("total", [told.total(year * 12) for year in years])
        output.table(title, columns, _rows(told, years, name, parts=by is None), columns, () if number else whole)
    totals = [f"${_between(told.total(year * 12))} over {_span(year)}" for year in years]
    output.say()
    output.say(f"In all {', '.join(totals)}. A range stands where prices or what is kept are uncertain.")
    if told.undeclared:
        output.say(told.undeclared.sentence())
    for one in budgets:
        output.kind("budget", _above(one, len(told.months)))
    for note in told.notes:
        output.kind("warning", note)


def _above(one: OverBudget, months: int) -> str:
    worst = f"${_dollars(one.usd)} in {one.worst}, most of it {one.what}"
    where = f"in {len(one.months)} of {months} months from {one.months[0]} on" if len(one.months) > 1 else "once"
    return f"{one.project} may cost ${_dollars(one.monthly)} a month and comes to more {where}: {worst}."


def document(told: Forecast, years: tuple[int, ...], budgets: Sequence[OverBudget] = ()) -> dict[str, Any]:
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
        "over_budget": [
            {
                "project": one.project,
                "monthly": float(one.monthly),
                "months": list(one.months),
                "worst": one.worst,
                "usd": float(one.usd),
                "what": one.what,
            }
            for one in budgets
        ],
        "notes": list(told.notes),
    }


def _rows(told: Forecast, years: tuple[int, ...], name: str, *, parts: bool) -> Iterator[tuple[str, ...]]:
    """A row for each thing of a kind, and below it one for each of its parts, where it has some to show.

    Projects have stores, and so have the levels of a single project; datasets stand below their projects.
    """
    key, inner = _KEYS[name], None
    if name == "dataset":
        key, inner = _KEYS["project"], _KEYS["level"]
    elif parts and (name == "project" or (name == "level" and len(told.by(_KEYS["project"])) == 1)):
        inner = _KEYS["store"]
    outer = [told.by(key, year * 12) for year in years]
    below = [told.by(lambda row: f"{key(row)}\n{inner(row)}", year * 12) if inner else {} for year in years]
    for group in sorted(outer[-1], key=_order):
        yield _amounts(group or "none", [found.get(group, Range()) for found in outer])
        for pair in sorted((pair for pair in below[-1] if pair.split("\n")[0] == group), key=_order):
            yield _amounts(f"  {pair.partition(chr(10))[2]}", [found.get(pair, Range()) for found in below])


def _order(name: str) -> tuple[int, str]:
    """Levels in the order of their making, everything else by its name."""
    levels = [level.value for level in Level]
    last = name.rpartition("\n")[2]
    return (levels.index(last), name) if last in levels else (0, name)


def _amounts(title: str, found: Sequence[Range]) -> tuple[str, ...]:
    return (title, *(_dollars(usd.usual) for usd in found), _ends(found[-1]))


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
