"""Reports held against what their manifests say of them, and what is peculiar about their rows.

What is counted is written as expressions over a report's own columns; nothing here reads a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slidebox.inventory.columns import REPORT, Raw, is_folder
from slidebox.inventory.reports import AZURE, FOLDER, GOOGLE, S3, TEXT, RefusedError, Report
from slidebox.inventory.table import ibis_module

if TYPE_CHECKING:
    import ibis.expr.types as ir

_SIZE: Mapping[str, str] = {S3: "Size", GOOGLE: "size", AZURE: "Content-Length", FOLDER: "size"}
_TIME: Mapping[str, str] = {S3: "LastModifiedDate", GOOGLE: "updated", AZURE: "Last-Modified", FOLDER: "modified"}
_FOLDER_MARK: Mapping[str, str] = {AZURE: "hdi_isfolder", FOLDER: "isdir"}
_ZONE = r"(Z|GMT|UTC|[+-]\d\d:?(\d\d)?)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted in a report.

    Attributes
    ----------
    rows, bytes
        How many rows there are, and the sum of their sizes.
    sizeless, timeless, zoneless
        Rows without a size that is a number, without a time that can be read, or whose time names no zone.
    folders
        Rows that are folders and not objects.
    """

    rows: int = 0
    bytes: int = 0
    sizeless: int = 0
    timeless: int = 0
    zoneless: int = 0
    folders: int = 0


def has_size(kind: str, columns: Raw) -> Any:
    """Whether a row has a size, or needs none."""
    number = columns.number(_SIZE[kind])
    return (number >= 0).fill_null(False) | columns.flag("IsDeleteMarker", otherwise=False)


def counts_of(report: Report, columns: Raw) -> ir.Table:
    """What is counted in one pass, for each report of those that are read together.

    Parameters
    ----------
    report
        One of them.
    columns
        Their columns.

    Returns
    -------
    Table
        The number of the report, and all of `Counts` but folders.
    """
    ibis, kind, table = ibis_module(), report.kind, columns.table
    time, nothing = _TIME[kind], ibis_module().literal(0)
    mark = _FOLDER_MARK.get(kind, "")
    marked = columns.flag(mark, otherwise=False) if columns.has(mark) else ibis.literal(False)
    timeless = zoneless = nothing
    if columns.has(time):
        if report.form in TEXT:
            text = columns.text(time)
            timeless = (text.notnull() & columns.time(time).isnull()).sum()
            zoneless = (text.notnull() & ~text.re_search(_ZONE)).sum()
        elif (type_ := table[columns.name(time)].type()).is_timestamp() and type_.timezone is None:
            zoneless = columns.time(time).notnull().sum()
    counted: ir.Table = table.group_by(REPORT).aggregate(
        rows=table.count(),
        bytes=columns.number(_SIZE[kind]).sum().fill_null(0).cast("int64"),
        sizeless=(~has_size(kind, columns) & ~marked).sum().fill_null(0),
        timeless=timeless,
        zoneless=zoneless,
    )
    return counted


def empty_of(report: Report, columns: Raw) -> ir.Table:
    """How many rows are folders, for each report: names are read of what has no bytes alone, which Parquet finds fast.

    Parameters
    ----------
    report, columns
        As of `counts_of`.
    """
    table = columns.table.filter(columns.number(_SIZE[report.kind]).fill_null(0) <= 0)
    table = table.filter(is_folder(report.kind, Raw(table)))
    counted: ir.Table = table.group_by(REPORT).aggregate(folders=table.count())
    return counted


def held_against(report: Report, counts: Counts) -> None:
    """Hold what was counted against what the manifest says.

    Raises
    ------
    RefusedError
        If they differ.
    """
    for what, said, there in (("rows", report.objects, counts.rows), ("bytes", report.bytes, counts.bytes)):
        if said is not None and said != there:
            raise RefusedError(report.source, f"says that there are {said:,} {what}, and its files have {there:,}.")


def peculiar(report: Report, counts: Counts) -> Iterator[str]:
    """What is to be said of a report's rows, each a whole sentence with their number."""
    said = (
        (counts.sizeless, "rows without a size that is a number", "They are left out."),
        (counts.timeless, "rows without a time that can be read", "Their age is not known."),
        (counts.zoneless, "rows whose time names no zone", "It is taken for UTC."),
        (counts.folders, "rows that are folders and not objects", "They are not counted."),
    )
    for number, what, then in said:
        if number:
            yield f"{report.place}, {report.day}: {what}: {number:,}. {then}"
