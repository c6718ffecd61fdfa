"""What was spent, held against what was forecast and against what projects may spend."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from slidebox.forecast import Forecast
from slidebox.model import CLOUDS, Lab, StoreKind, System
from slidebox.prices import Range
from slidebox.spend.focus import CHARGE, focus
from slidebox.spend.found import Spent

ABOVE, WITHIN, BELOW, SO_FAR = VERDICTS = ("above", "within", "below", "so far")
"""What a month is against its forecast; a month that the bills do not cover whole is never below it."""

_FLAVOURS: Mapping[StoreKind, str] = {StoreKind.AWS: "aws", StoreKind.GCS: "google", StoreKind.AZURE: "azure"}
_FOR: Mapping[str, str] = {
    "arrival": "requests",
    "transition": "requests",
    "earlier versions": "storage",
    "restoring": "retrieval",
    "download": "egress",
}
"""What a forecast's charges are for, where bills say it otherwise."""
_MAYBE = frozenset({"arrival", "transition", "early deletion"})
"""What a month costs only if something happens in it: not in the least that is forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A month of a project against its forecast.

    Attributes
    ----------
    project, month
        Which.
    actual
        US dollars, charges alone: a forecast knows nothing of credits and taxes.
    forecast
        US dollars, with what it lies between.
    verdict
        One of `VERDICTS`.
    by
        How far above or below what it lies between; 0 where it is within.
    why
        For what the difference is most, in words; empty where it is within.
    """

    project: str
    month: str
    actual: Decimal
    forecast: Range
    verdict: str
    by: Decimal
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgeted:
    """A month of a project against its budget.

    Attributes
    ----------
    project, month
        Which.
    actual, monthly
        US dollars: what was charged, and what the budget is.
    """

    project: str
    month: str
    actual: Decimal
    monthly: Decimal

    @property
    def over(self) -> Decimal:
        """US dollars above it; 0 where it is not."""
        return max(self.actual - self.monthly, Decimal(0))


def billed_stores(lab: Lab, spent: Spent) -> frozenset[str]:
    """The stores whose costs these bills would have: those of the clouds that the bills are of."""
    flavours = {report.flavour for report in spent.reports}
    return frozenset(
        name
        for name, store in lab.file.stores.items()
        if (store.kind in CLOUDS and _FLAVOURS[store.kind] in flavours)
        or (store.kind is StoreKind.BY_HAND and store.system is System.CLOUD and flavours)
    )


def compared(spent: Spent, forecast: Forecast, stores: Collection[str]) -> tuple[Compared, ...]:
    """Each month of each project against its forecast.

    Parameters
    ----------
    spent
        What the bills say.
    forecast
        What was forecast, for the same months.
    stores
        The stores that the bills are of: what others cost is on no bill.
    """
    actual: dict[tuple[str, str], dict[str, Decimal]] = {}
    for one in spent.actuals:
        if one.line == CHARGE and one.project:
            of = actual.setdefault((one.project, one.month), {})
            of[one.usage] = of.get(one.usage, Decimal(0)) + one.usd
    expected: dict[tuple[str, str], dict[str, Range]] = {}
    where: dict[str, set[str]] = {}
    for row in forecast.rows:
        if row.store in stores and row.month in spent.months:
            usage = _FOR.get(row.what, row.what)
            low = Decimal(0) if row.what in _MAYBE else row.usd_low
            where.setdefault(row.project, set()).add(row.store)
            by = expected.setdefault((row.project, row.month), {})
            by[usage] = by.get(usage, Range()) + Range(low, row.usd, row.usd_high)
    found = (
        _compared(spent, key, actual.get(key, {}), expected.get(key, {}))
        for key in sorted(actual.keys() | expected.keys(), key=lambda key: (key[1], key[0]))
    )
    return tuple(_perhaps(spent, one, where.get(one.project, set())) for one in found)


def _perhaps(spent: Spent, one: Compared, stores: Collection[str]) -> Compared:
    """A month that is below, with what belongs to nobody in the stores that the project's data are in."""
    nobodys: dict[str, Decimal] = {}
    for actual in spent.actuals:
        if not actual.project and actual.line == CHARGE and actual.store in stores and actual.month == one.month:
            nobodys[actual.store] = nobodys.get(actual.store, Decimal(0)) + actual.usd
    if one.verdict != BELOW or not nobodys:
        return one
    said = " and ".join(f"{usd:,.2f} in {store}" for store, usd in sorted(nobodys.items()))
    return replace(one, why=f"{one.why}; {said}, where its data are, belong to nobody")


def _compared(
    spent: Spent, key: tuple[str, str], actual: Mapping[str, Decimal], expected: Mapping[str, Range]
) -> Compared:
    project, month = key
    came, told = sum(actual.values(), Decimal(0)), sum(expected.values(), Range())
    verdict, by = WITHIN, Decimal(0)
    if came > told.high * (1 + Decimal(str(focus().thresholds.tolerance))):
        verdict, by = ABOVE, came - told.high
    elif came < told.low:
        verdict, by = (BELOW, told.low - came) if _whole(spent, month) else (SO_FAR, Decimal(0))
    return Compared(
        project=project,
        month=month,
        actual=came,
        forecast=told,
        verdict=verdict,
        by=by,
        why=_why(verdict, actual, expected),
    )


def _why(verdict: str, actual: Mapping[str, Decimal], expected: Mapping[str, Range]) -> str:
    """For what a difference is most."""
    if verdict not in (ABOVE, BELOW):
        return ""

    def away(usage: str) -> Decimal:
        came, told = actual.get(usage, Decimal(0)), expected.get(usage, Range())
        return came - told.high if verdict == ABOVE else told.low - came

    usage = max(sorted(actual.keys() | expected.keys()), key=away)
    came, told = actual.get(usage, Decimal(0)), expected.get(usage, Range())
    if not told:
        return f"{usage}: {came:,.2f}, and none was forecast"
    return f"{usage}: {came:,.2f}, and {between(told)} forecast"


def between(told: Range) -> str:
    """An amount that was forecast, or what it lies between, with its verb."""
    low, high = f"{told.low:,.2f}", f"{told.high:,.2f}"
    return f"{high} was" if low == high else f"{low} to {high} were"


def _whole(spent: Spent, month: str) -> bool:
    """Whether the bills go through all days of a month."""
    if spent.first is None or spent.last is None or spent.unread:
        return False
    year, number = map(int, month.split("-"))
    first, last = dt.date(year, number, 1), dt.date(year, number, calendar.monthrange(year, number)[1])
    return spent.first <= first and spent.last >= last


def budgeted(spent: Spent, lab: Lab) -> tuple[Budgeted, ...]:
    """Each month of each project that has a budget, against it.

    Charges count, without what credits take off: a credit ends, and the charges stay.
    """
    charged = spent.by(lambda one: f"{one.month} {one.project}", CHARGE)
    return tuple(
        Budgeted(
            project=name,
            month=month,
            actual=charged.get(f"{month} {name}", Decimal(0)),
            monthly=Decimal(str(project.budget.monthly)),
        )
        for month in spent.months
        for name, project in sorted(lab.projects.items())
        if project.budget
    )
