"""An audit of spend as a person reads it, as JSON, and as CSV."""

from __future__ import annotations

import csv as csvs
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from slidebox.cli.console import Output
from slidebox.report.found import counted, visible
from slidebox.spend import Actual, Spent
from slidebox.spend.compare import ABOVE, Budgeted, Compared
from slidebox.spend.focus import BILLED, CHARGE, LINES, OTHER, focus
from slidebox.spend.words import notices, whose

KEYS: Mapping[str, Callable[[Actual], str]] = {
    "project": lambda one: one.project,
    "dataset": lambda one: one.dataset,
    "level": lambda one: one.level,
    "grant": lambda one: one.grant,
    "store": lambda one: one.store,
    "service": lambda one: one.service,
    "usage": lambda one: one.usage,
    "meter": lambda one: one.meter,
    "month": lambda one: one.month,
    "line": lambda one: one.line,
}
"""What a row is of, by the word for it."""

_NOBODY = "nobody's"
_NONE = "none"
_USAGES = 3
"""How many kinds of usage have a column of their own."""
_LONGEST = 40
"""A longer name of a resource is cut in tables, at its beginning."""
_MOST = 10
"""How many resources that belong to nobody are shown."""


def show(
    output: Output,
    found: Spent,
    held: Sequence[Compared],
    budgets: Sequence[Budgeted],
    keys: Sequence[str],
    limit: float,
) -> None:
    """Print what was spent: what was read, sums, months against forecast, nobody's, and what has to be read."""
    for report in found.reports:
        days = f"{report.first} to {report.last}" if report.first else "in no sum"
        files = f", {counted(report.files, 'file')}" if report.files > 1 else ""
        known = focus().flavours.get(report.flavour)
        title = known.title if known else "another provider"
        output.say(
            visible(f"{report.name}: {title}, FOCUS {report.version}{files}, {counted(report.rows, 'row')}, {days}")
        )
    if found.actuals:
        _sums(output, found, keys or ("project",))
        _months(output, found)
    _against(output, held, budgets)
    _nobodys(output, found)
    if told := notices(found, held, budgets, limit):
        output.say()
        for one in told:
            output.kind(one.kind, visible(one.said))


def _sums(output: Output, found: Spent, keys: Sequence[str]) -> None:
    """What was charged by some keys, with a column for each of the dearest usages."""
    paid = (
        "as invoiced (BilledCost)" if found.cost == BILLED else "with what was paid beforehand spread (EffectiveCost)"
    )
    lines = () if "line" in keys else (CHARGE,)
    usages = [] if len(keys) > 2 or {"usage", "meter"} & {*keys} else _usages(found)
    sums: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for one in found.actuals:
        if not lines or one.line in lines:
            row = sums.setdefault(tuple(KEYS[key](one) for key in keys), {})
            usage = one.usage if one.usage in usages else OTHER
            row[usage] = row.get(usage, Decimal(0)) + one.usd
    shown = [*usages, *([OTHER] if usages and any(OTHER in row for row in sums.values()) else [])]
    columns = (*keys, *shown, "total")

    def cells(names: Sequence[str], row: Mapping[str, Decimal]) -> tuple[str, ...]:
        return (*names, *(money(row.get(usage, Decimal(0))) for usage in shown), money(sum(row.values(), Decimal(0))))

    rows = [
        cells([_named(key, name) for key, name in zip(keys, names, strict=True)], row)
        for names, row in sorted(sums.items())
    ]
    whole = {
        usage: sum((row.get(usage, Decimal(0)) for row in sums.values()), Decimal(0)) for usage in (*usages, OTHER)
    }
    output.table(
        f"\nCharged from {found.first} to {found.last}, {paid}, in US dollars",
        columns,
        rows,
        totals=cells(["in all", *[""] * (len(keys) - 1)], whole),
    )


def _named(key: str, name: str) -> str:
    return visible(name) or (_NOBODY if key in ("project", "dataset") else _NONE)


def _usages(found: Spent) -> list[str]:
    """The dearest kinds of usage, dearest first."""
    sums = found.by(lambda one: one.usage, CHARGE)
    dearest = sorted((usage for usage in sums if usage != OTHER), key=lambda usage: (-sums[usage], usage))
    return dearest if len(dearest) <= _USAGES else dearest[:_USAGES]


def _months(output: Output, found: Spent) -> None:
    """Each month with the lines of the bill: charges, what came back, taxes."""
    lines = [line for line in LINES if any(one.line == line for one in found.actuals)]
    sums = found.by(lambda one: f"{one.month} {one.line}")

    def cells(month: str, amounts: Sequence[Decimal]) -> tuple[str, ...]:
        return (month, *map(money, amounts), money(sum(amounts, Decimal(0))))

    rows = [cells(month, [sums.get(f"{month} {line}", Decimal(0)) for line in lines]) for month in found.months]
    output.table(
        "\nLines of the bills",
        ("month", *lines, "in all"),
        rows,
        totals=cells("in all", [found.total(line) for line in lines]),
    )


def _against(output: Output, held: Sequence[Compared], budgets: Sequence[Budgeted]) -> None:
    """Each month of each project against its forecast and its budget."""
    known = {(one.project, one.month): one for one in budgets}
    rows = []
    for one in held:
        budget = known.get((one.project, one.month))
        rows.append(
            (
                one.project,
                one.month,
                money(one.actual),
                _between(money(one.forecast.low), money(one.forecast.high)) if one.forecast else _NONE,
                f"{one.verdict} by {money(one.by)}" if one.by else one.verdict,
                money(budget.monthly) if budget else "",
            )
        )
    if rows:
        output.table(
            "\nAgainst the forecast, in US dollars",
            ("project", "month", "charged", "forecast", "is", "budget"),
            rows,
            whole=("month", "charged"),
        )


def _between(low: str, high: str) -> str:
    return high if low == high else f"{low} to {high}"


def _nobodys(output: Output, found: Spent) -> None:
    """What belongs to nobody, with a guess whose it is."""
    if not found.untagged:
        return
    rows = [
        (visible(_short(one.resource)) or f"no name: {one.service}", one.store, money(one.usd), visible(whose(one)))
        for one in found.untagged[:_MOST]
    ]
    rest = sum((one.usd for one in found.untagged[_MOST:]), Decimal(0))
    if rest:
        rows.append((f"{len(found.untagged) - _MOST:,} others", "", money(rest), ""))
    whole = sum((one.usd for one in found.untagged), Decimal(0))
    output.table(
        "\nBelongs to no project by tags or names, in US dollars",
        ("resource", "store", "charged", "perhaps of"),
        rows,
        whole=("charged",),
        totals=("in all", "", money(whole), ""),
    )


def _short(resource: str) -> str:
    """The end of a long address, which is what tells it from others; JSON has all of it."""
    if len(resource) <= _LONGEST:
        return resource
    parts = resource.split("/")
    return f"…/{'/'.join(parts[-2:])}" if len(parts) > 2 else f"…{resource[-_LONGEST:]}"


def summary(found: Spent, held: Sequence[Compared], budgets: Sequence[Budgeted]) -> str:
    """The whole in one paragraph, for a mail."""
    over = sum(1 for one in budgets if one.over)
    above = sum(1 for one in held if one.verdict == ABOVE)
    charged = f"{money(found.total(CHARGE))} USD charged, {money(found.total())} with credits, corrections and taxes"
    parts = [
        charged if found.actuals or not found.unread else "Nothing could be counted",
        *([f"{counted(over, 'month')} over budget"] if over else []),
        *([f"{counted(above, 'month')} above the forecast"] if above else []),
        *([f"{counted(len(found.anomalies), 'rise')}"] if found.anomalies else []),
        *([f"{found.untagged_share:.0%} nobody's"] if found.untagged else []),
        *([f"{counted(len(found.excluded), 'exclusion')}"] if found.excluded else []),
    ]
    return f"{'; '.join(parts)}."


def money(usd: Decimal) -> str:
    """An amount of money, to the hundredth; what is less, but something, is said to be."""
    if usd and abs(usd) < Decimal("0.005"):
        return "<0.01" if usd > 0 else "-<0.01"
    return f"{usd:,.2f}"


def document(found: Spent, held: Sequence[Compared], budgets: Sequence[Budgeted], limit: float) -> dict[str, Any]:
    """An audit of spend for programs: every sum, what is in none, and what was held against it; money in US dollars."""
    return {
        "version": 1,
        "cost": found.cost,
        "first": found.first,
        "last": found.last,
        "reports": [
            {
                "name": one.name,
                "files": one.files,
                "flavour": one.flavour,
                "focus": one.version,
                "rows": one.rows,
                "first": one.first,
                "last": one.last,
            }
            for one in found.reports
        ],
        "rows": list(_rows(found)),
        "totals": {
            "charged": float(found.total(CHARGE)),
            "all": float(found.total()),
            "by": {
                word: {name: float(usd) for name, usd in found.by(key, *(() if word == "line" else (CHARGE,))).items()}
                for word, key in KEYS.items()
            },
        },
        "foreign": [
            {
                "currency": one.currency,
                "month": one.month,
                "project": one.project,
                "line": one.line,
                "amount": float(one.amount),
            }
            for one in found.foreign
        ],
        "untagged": {
            "share": found.untagged_share,
            "limit": limit,
            "resources": [
                {
                    "resource": one.resource,
                    "service": one.service,
                    "store": one.store,
                    "usd": float(one.usd),
                    "likely": one.likely,
                    "why": one.why,
                }
                for one in found.untagged
            ],
        },
        "excluded": [
            {
                "what": one.what,
                "file": one.file,
                "said": one.said,
                "amount": None if one.amount is None else float(one.amount),
                "currency": one.currency,
                "rows": one.rows,
                "unread": one.unread,
            }
            for one in found.excluded
        ],
        "anomalies": [
            {
                "project": one.project,
                "service": one.service,
                "usage": one.usage,
                "meter": one.meter,
                "resource": one.resource,
                "share": one.share,
                "since": one.since,
                "until": one.until,
                "usual": float(one.usual),
                "now": float(one.now),
                "usd": float(one.usd),
            }
            for one in found.anomalies
        ],
        "forecast": [
            {
                "project": one.project,
                "month": one.month,
                "actual": float(one.actual),
                "usd_low": float(one.forecast.low),
                "usd": float(one.forecast.usual),
                "usd_high": float(one.forecast.high),
                "is": one.verdict,
                "by": float(one.by),
                "why": one.why,
            }
            for one in held
        ],
        "budgets": [
            {
                "project": one.project,
                "month": one.month,
                "actual": float(one.actual),
                "monthly": float(one.monthly),
                "over": float(one.over),
            }
            for one in budgets
        ],
        "notices": [
            {"kind": one.kind, "said": one.said, "usd": None if one.usd is None else float(one.usd)}
            for one in notices(found, held, budgets, limit)
        ],
    }


_COLUMNS = ("month", "project", "dataset", "level", "grant", "store", "service", "usage", "meter", "line", "by")


def _rows(found: Spent) -> Iterator[dict[str, Any]]:
    for one in found.actuals:
        yield {name: getattr(one, name) for name in _COLUMNS} | {"usd": float(one.usd)}


def csv(found: Spent) -> str:
    """Every sum as CSV, in US dollars."""
    text = io.StringIO(newline="")
    writer = csvs.DictWriter(text, (*_COLUMNS, "usd"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(found))
    return text.getvalue()
