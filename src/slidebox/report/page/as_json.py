"""The page's values as a JSON document for programs: a record for each row, money in US dollars."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

from slidebox.prices import Range
from slidebox.report.page.data import Page


def as_json(page: Page) -> dict[str, Any]:
    """Everything that the page shows, for programs.

    Parameters
    ----------
    page
        The page.

    Returns
    -------
    dict
        The fields of `Page` by their names; an amount is ``{"low": …, "usual": …, "high": …}`` in US dollars.
    """
    found: dict[str, Any] = _plain(page)
    return found


def _plain(value: Any) -> Any:
    match value:
        case Range():
            return {"low": float(value.low), "usual": float(value.usual), "high": float(value.high)}
        case Decimal():
            return float(value)
        case dt.date():
            return value.isoformat()
        case tuple():
            return [_plain(one) for one in value]
        case _ if dataclasses.is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            return value
