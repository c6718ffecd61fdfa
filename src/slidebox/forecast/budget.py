"""The months in which a forecast is above what a project may spend."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from slidebox.forecast.months import Forecast
from slidebox.model import Lab


@dataclass(frozen=True, slots=True)
class OverBudget:
    """A project that is going to cost more than its budget.

    Attributes
    ----------
    project
        The project.
    monthly
        What it may spend in a month, in US dollars.
    months
        The months in which it is above that, in order.
    worst, usd, what
        The dearest month, what it comes to in US dollars, and what most of that is for.
    """

    project: str
    monthly: Decimal
    months: tuple[str, ...]
    worst: str
    usd: Decimal
    what: str


def over_budget(told: Forecast, lab: Lab) -> tuple[OverBudget, ...]:
    """The projects whose forecast is above their budget in some month, in the lab's order.

    Parameters
    ----------
    told
        The forecast; what is reckoned with counts, not what it lies between.
    lab
        What is declared.
    """
    sums: dict[str, dict[str, dict[str, Decimal]]] = {}
    for row in told.rows:
        month = sums.setdefault(row.project, {}).setdefault(row.month, {})
        month[row.what] = month.get(row.what, Decimal(0)) + row.usd
    found = []
    for name, project in lab.projects.items():
        if project.budget is None or name not in sums:
            continue
        monthly = Decimal(str(project.budget.monthly))
        totals = {month: sum(parts.values(), Decimal(0)) for month, parts in sums[name].items()}
        if months := tuple(month for month, usd in totals.items() if usd > monthly):
            worst = max(months, key=lambda month: totals[month])
            parts = sums[name][worst]
            found.append(OverBudget(name, monthly, months, worst, totals[worst], max(parts, key=lambda w: parts[w])))
    return tuple(found)
