"""Months of spend and advice, as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slidebox.advice import Advice as Advised
from slidebox.forecast import Row
from slidebox.prices import Range
from slidebox.report.page.data import Advice, Spend


def advice(found: Iterable[Advised]) -> tuple[Advice, ...]:
    """Advice, the largest saving first; what saves by the same bytes as other advice adds nothing to the total.

    Parameters
    ----------
    found
        In this order already.
    """
    return tuple(_advice(one) for one in found)


def _advice(one: Advised) -> Advice:
    instead = f" By itself it would save ${one.later.usual:,.2f} in five years; {one.instead} counts in its place."
    return Advice(
        dataset=one.dataset,
        store=one.store,
        kind=one.kind,
        what=one.what + instead if one.instead else one.what,
        saves=Range() if one.instead else one.saves,
        later=Range() if one.instead else one.later,
        arithmetic=one.arithmetic,
        command=one.command,
    )


Key = tuple[str, str, str, str]
"""Project, grant, level and month."""


def spend(rows: Iterable[Row], actual: Mapping[Key, float], billed: Iterable[str]) -> tuple[Spend, ...]:
    """What each project, grant and level costs in each month: as forecast, and by the bills.

    Parameters
    ----------
    rows
        Rows of forecasts.
    actual
        US dollars of the bills, by project, grant, level and month.
    billed
        The months that bills cover: what is forecast for one and on none of its bills cost nothing.
    """
    forecast: dict[Key, Range] = {}
    for row in rows:
        key = (row.project, row.grant, row.level, row.month)
        forecast[key] = forecast.get(key, Range()) + row.range
    covered = set(billed)
    found = []
    for key in sorted({*forecast, *actual}, key=lambda key: (key[3], *key[:3])):
        project, grant, level, month = key
        usd = actual.get(key, 0.0 if month in covered else None)
        found.append(Spend(project, grant, level, month, forecast.get(key, Range()), usd))
    return tuple(found)
