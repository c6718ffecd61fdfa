"""Questions answered: by DuckDB here, in bounded memory, or by whichever engine the table is in."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slidebox.errors import UnreadableError
from slidebox.inventory import questions
from slidebox.inventory.bands import Bands
from slidebox.inventory.duplicates import SEPARATOR, beginnings, candidates, duplicates
from slidebox.inventory.found import Duplicates, Holding, Inventory
from slidebox.inventory.table import ibis_module
from slidebox.quantities import Size

if TYPE_CHECKING:
    import ibis.expr.types as ir

MEMORY = Size.parse("2 GB")
"""What DuckDB may hold; what does not fit is written aside."""

AT_ONCE = 2_000_000
"""How many rows of candidates are gathered into lists at once: about 1 GB."""

_MEASURES = ("groups", "objects", "bytes")


def open_duckdb(aside: Path, *, memory: Size = MEMORY, threads: int | None = None) -> Any:
    """An engine that holds little: Ibis on DuckDB, in memory, which writes aside what does not fit.

    Parameters
    ----------
    aside
        A folder for what does not fit, made if need be; DuckDB removes what it wrote there.
    memory
        How much it may hold. The process has some hundred megabytes besides.
    threads
        How many; one for each processor by default.

    Raises
    ------
    InputError
        If Ibis or DuckDB is not installed.
    """
    ibis = ibis_module()
    aside.mkdir(parents=True, exist_ok=True)
    return ibis.duckdb.connect(
        memory_limit=f"{memory.bytes}B",
        threads=threads or os.cpu_count() or 1,
        temp_directory=str(aside),
        preserve_insertion_order=False,
    )


def rows(question: ir.Table) -> list[dict[str, Any]]:
    """The answer to a question, row by row; every moment in UTC, whatever the engine says of its time zone.

    Raises
    ------
    UnreadableError
        If DuckDB cannot read what the table is made of, or has nowhere to write what does not fit.
    """
    try:
        found = question.to_pyarrow().to_pylist()
    except Exception as error:
        if not _of_duckdb(error):
            raise
        said = str(error).splitlines()[0]
        raise UnreadableError(
            f"The inventory cannot be read: {said}", "Fetch the report again, or leave it out."
        ) from error
    return [{name: _utc(value) for name, value in row.items()} for row in found]


def holdings(table: ir.Table, bands: Bands | None = None) -> tuple[Holding, ...]:
    """What lies where, of the newest report of each place."""
    return tuple(Holding(**row) for row in rows(questions.holdings(table, bands)))


def duplicated(table: ir.Table, at_once: int = AT_ONCE) -> tuple[Duplicates, ...]:
    """What lies more than once, the most bytes first.

    What may lie more than once is looked for first and kept by the engine; if that is much, it is then asked about in
    parts, by how checksums begin.

    Parameters
    ----------
    table
        The one table.
    at_once
        How many rows may be gathered at once.
    """
    table = _of_newest_days(table)
    often = beginnings(table).cache()
    found = candidates(table, often).cache()
    count = int(found.count().to_pyarrow().as_py())
    summed: dict[tuple[str, str, str], list[int]] = {}
    for beginning in _beginnings(found, count, at_once):
        for row in rows(duplicates(found, beginning)):
            key = (row["checksum_kind"], row["places"], row["datasets"])
            sums = summed.setdefault(key, [0] * len(_MEASURES))
            for at, measure in enumerate(_MEASURES):
                sums[at] += int(row[measure])
    made = [_made(key, sums) for key, sums in summed.items()]
    return tuple(sorted(made, key=lambda one: (-one.bytes, one.checksum, one.places, one.datasets)))


def inventory_of(table: ir.Table, excluded: Iterable[str] = (), bands: Bands | None = None) -> Inventory:
    """Everything that the reports in the table say, of the newest report of each place.

    Parameters
    ----------
    table
        The one table, in any engine.
    excluded
        What could not be taken into it, in words.
    bands
        Which objects are small; slidebox's own by default.
    """
    return Inventory(holdings=holdings(table, bands), duplicates=duplicated(table), excluded=tuple(excluded))


def _of_newest_days(table: ir.Table) -> ir.Table:
    """The rows of the newest report of each place.

    The days are asked for first: `slidebox.inventory.duplicates.newest` says the same in one question, for which an
    engine may hold all rows at once.
    """
    days = rows(table.group_by("store", "bucket").aggregate(first=table.as_of.min(), last=table.as_of.max()))
    older: dict[dt.date, list[str]] = {}
    for row in days:
        if row["first"] != row["last"]:
            older.setdefault(row["last"], []).append(row["store"] + SEPARATOR + row["bucket"])
    place = table.store.concat(SEPARATOR, table.bucket)
    for last, places in older.items():
        table = table.filter((table.as_of == ibis_module().literal(last)) | ~place.isin(sorted(places)))
    return table


def _beginnings(found: ir.Table, count: int, at_once: int) -> Sequence[str]:
    """How the checksums of each part begin; one empty word where there is one part."""
    length = next(length for length in range(5) if length == 4 or count <= at_once * 16**length)
    if length == 0:
        return ("",)
    begun = found.select(beginning=found.checksum.left(length)).distinct().order_by("beginning")
    return tuple(row["beginning"] for row in rows(begun))


def _made(key: tuple[str, str, str], sums: Sequence[int]) -> Duplicates:
    kind, places, datasets = key
    counted: Mapping[str, int] = dict(zip(_MEASURES, sums, strict=True))
    return Duplicates(
        places=tuple(places.split(SEPARATOR)),
        datasets=tuple(datasets.split(SEPARATOR)) if datasets else (),
        checksum=kind,
        **counted,
    )


def _of_duckdb(error: Exception) -> bool:
    duckdb = sys.modules.get("duckdb")
    return duckdb is not None and isinstance(error, duckdb.Error)


def _utc(value: Any) -> Any:
    if not isinstance(value, dt.datetime):
        return value
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
