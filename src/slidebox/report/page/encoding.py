"""The page's values as columns of numbers, and each string once: what twenty thousand rows need to load at once.

A table is ``{"rows": n, "fields": [[name, kind], …], "columns": [[…], …]}``, where a kind is

``text``
    numbers of strings;
``number``
    numbers, or null;
``flag``
    0 or 1;
``range``
    three columns one after the other: low, usual, high, in US dollars;
``words``
    numbers of lists, each of which is numbers of strings;
``pairs``
    the same, in which strings come two by two.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final, get_type_hints

from slidebox.prices import Range
from slidebox.report.page.data import Page

_KINDS: Final[dict[Any, str]] = {
    str: "text",
    dt.date: "text",
    int: "number",
    float: "number",
    float | None: "number",
    bool: "flag",
    Range: "range",
    tuple[str, ...]: "words",
    tuple[tuple[str, str], ...]: "pairs",
}


def document(page: Page) -> dict[str, Any]:
    """The page as values for JSON.

    Parameters
    ----------
    page
        What is shown; secrets have been taken out of it.
    """
    strings, lists = _Numbers(), _Numbers()
    hints = get_type_hints(Page)
    tables = {
        field.name: _table(hints[field.name].__args__[0], getattr(page, field.name), strings, lists)
        for field in dataclasses.fields(page)
        if field.name not in ("lab", "made", "version", "unknown")
    }
    return {
        "lab": page.lab,
        "made": page.made.isoformat(timespec="minutes"),
        "version": page.version,
        "unknown": list(page.unknown),
        "strings": list(strings),
        "lists": list(lists),
        "tables": tables,
    }


def embedded(value: Any) -> str:
    """A value as JSON that nothing in HTML can end: ``<``, ``>`` and ``&`` are spelled with their numbers."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


class _Numbers(dict[Any, int]):
    """The number of each thing, in the order in which they came."""

    def __missing__(self, key: Any) -> int:
        self[key] = number = len(self)
        return number


def _table(record: type, rows: Sequence[Any], strings: _Numbers, lists: _Numbers) -> dict[str, Any]:
    columns: list[list[Any]] = []
    for name, kind in _fields(record):
        values = [getattr(row, name) for row in rows]
        columns += _columns(kind, values, strings, lists)
    return {"rows": len(rows), "fields": _fields(record), "columns": columns}


@cache
def _fields(record: type) -> tuple[tuple[str, str], ...]:
    """The fields of a record, each with its kind; a type without one is an error of whoever wrote the record."""
    hints = get_type_hints(record)
    return tuple((field.name, _KINDS[hints[field.name]]) for field in dataclasses.fields(record))


def _columns(kind: str, values: list[Any], strings: _Numbers, lists: _Numbers) -> Iterable[list[Any]]:
    match kind:
        case "text":
            return ([strings[str(value)] for value in values],)
        case "flag":
            return ([int(value) for value in values],)
        case "range":
            return (
                [_number(value.low) for value in values],
                [_number(value.usual) for value in values],
                [_number(value.high) for value in values],
            )
        case "words":
            return ([lists[tuple([strings[word] for word in value])] for value in values],)
        case "pairs":
            return ([lists[tuple([strings[word] for pair in value for word in pair])] for value in values],)
        case _:
            return ([_number(value) for value in values],)


def _number(value: float | Decimal | None) -> float | None:
    """A number as JSON has it: whole where it is whole, to a millionth, and null where it is none."""
    if value is None or isinstance(value, int):
        return value
    short = round(float(value), 6)
    if not math.isfinite(short):
        return None
    return int(short) if short.is_integer() else short
