"""The edge to DuckDB: the files of reports as tables that are read when they are asked, and never held as a whole."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from slidebox.inventory.answers import open_duckdb
from slidebox.inventory.columns import KNOWN, NEEDED, Raw, is_folder, one_table, plain
from slidebox.inventory.reports import CSV, ORC, RCLONE, TEXT, RefusedError, Report
from slidebox.inventory.table import ibis_module

if TYPE_CHECKING:
    import ibis.expr.types as ir

_AT_LINE = re.compile(r"CSV Error on Line: (\d+)")
_ZONE = r"(Z|GMT|UTC|[+-]\d\d:?(\d\d)?)$"


class Engine:
    """Reports as tables, in one session of DuckDB.

    Parameters
    ----------
    connection
        A connection of Ibis to DuckDB.
    folder
        A folder for what is written meanwhile.
    """

    def __init__(self, connection: Any, folder: Path) -> None:
        self._connection = connection
        self._raw: dict[Report, ir.Table] = {}
        self._peculiar: dict[Report, dict[str, int]] = {}
        self.folder = folder
        self.error: type[Exception] = importlib.import_module("duckdb").Error

    def table(self, report: Report) -> ir.Table:
        """A report as the one table has it, without the lab's own names.

        Raises
        ------
        RefusedError
            If its files cannot be read.
        """
        raw = self._rows(report)
        columns, size = Raw(raw), _asked(report)[0]
        # Names of all objects are looked at only where there are folders.
        if self._peculiar.get(report, {}).get("folders", 1):
            raw = raw.filter(~is_folder(report.kind, columns))
        if self._peculiar.get(report, {}).get("sizeless", 1):
            raw = raw.filter(_has_size(columns, size))
        return one_table(report.kind, report.form, report.place, report.day, raw)

    def _rows(self, report: Report) -> ir.Table:
        """The rows of a report, with the columns that it has."""
        if report not in self._raw:
            name = f"report{len(self._raw)}"
            try:
                if report.form == ORC:
                    dataset = importlib.import_module("pyarrow.dataset")
                    files = dataset.dataset([str(part.path) for part in report.parts], format="orc")
                    self._connection.con.register(name, files)
                else:
                    self._connection.raw_sql(f"create view {name} as {_scan(report)}")
                self._raw[report] = self._connection.table(name)
            except (self.error, OSError, ValueError) as error:
                raise self._refused(report, error) from error
        return self._raw[report]

    def check(self, report: Report) -> tuple[str, ...]:
        """Hold a report against what its manifest says of it, and say what is peculiar about its rows.

        Returns
        -------
        tuple
            What is to be known, each a whole sentence.

        Raises
        ------
        RefusedError
            If it cannot be read, lacks a column that sums need, or holds something else than its manifest says.
        """
        raw = self._rows(report)
        columns = Raw(raw)
        if lacking := [name for name in NEEDED[report.kind] if not columns.has(name)]:
            raise RefusedError(report.source, f"lacks the column {lacking[0]!r}: nothing can be summed.")
        try:
            counts = self._counts(report, columns)
        except (self.error, OSError) as error:
            raise self._refused(report, error) from error
        if report.objects is not None and counts["rows"] != report.objects:
            raise RefusedError(
                report.source, f"says that there are {report.objects:,} rows, and its files have {counts['rows']:,}."
            )
        if report.bytes is not None and counts["bytes"] != report.bytes:
            raise RefusedError(
                report.source, f"says that there are {report.bytes:,} bytes, and its rows have {counts['bytes']:,}."
            )
        self._peculiar[report] = counts
        unknown = [name for name in raw.columns if plain(name) not in KNOWN[report.kind]]
        return (*report.notes, *_peculiar(report, counts, unknown))

    def _counts(self, report: Report, columns: Raw) -> dict[str, int]:
        """What is counted in one pass: over all columns that may hold anything, or over those that cost little."""
        table, size, time = columns.table, *_asked(report)
        number = columns.number(size)
        counted: dict[str, Any] = {
            "rows": table.count(),
            "bytes": number.sum().fill_null(0),
            "sizeless": (~_has_size(columns, size) & ~_marked_folder(report, columns)).sum().fill_null(0),
        }
        if report.form in TEXT and columns.has(time):
            text = columns.text(time)
            counted["timeless"] = (text.notnull() & columns.time(time).isnull()).sum().fill_null(0)
            counted["zoneless"] = (text.notnull() & ~text.re_search(_ZONE)).sum().fill_null(0)
        elif columns.has(time) and (kind := table[columns.name(time)].type()).is_timestamp() and kind.timezone is None:
            counted["zoneless"] = columns.time(time).notnull().sum().fill_null(0)
        answer = self._connection.execute(table.aggregate(**counted)).iloc[0].to_dict()
        # Names are read of what has no bytes alone, which Parquet's own statistics find quickly.
        empty = table.filter(number.fill_null(0) <= 0)
        answer["folders"] = self._connection.execute(empty.filter(is_folder(report.kind, Raw(empty))).count())
        return {name: int(value) for name, value in answer.items()}

    def prove(self, report: Report) -> None:
        """Read everything of a report once.

        Raises
        ------
        RefusedError
            If some of it cannot be read.
        """
        table = self.table(report)
        try:
            self._connection.execute(table.aggregate([table[name].count().name(name) for name in table.columns]))
        except (self.error, OSError) as error:
            raise self._refused(report, error) from error

    def _refused(self, report: Report, error: Exception) -> RefusedError:
        """Why a report cannot be read, without anything of its rows: a key can name a patient."""
        said = str(error)
        where = next((part.path for part in report.parts if str(part.path) in said), report.source)
        if "GZIP" in said or "gzip" in said:
            return RefusedError(where, "is cut off: its compressed data do not end.")
        if line := _AT_LINE.search(said):
            return RefusedError(f"{where}:{line[1]}", "cannot be read as CSV.")
        if "magic bytes" in said or "Parquet" in said or "parquet" in said or "footer" in said:
            return RefusedError(where, "is no whole Parquet file.")
        return RefusedError(where, f"cannot be read: {type(error).__name__}.")


def _asked(report: Report) -> tuple[str, str]:
    """The columns with size and time."""
    return {
        "s3": ("Size", "LastModifiedDate"),
        "google": ("size", "updated"),
        "azure": ("Content-Length", "Last-Modified"),
    }.get(report.kind, ("size", "modified"))


def _has_size(columns: Raw, size: str) -> Any:
    """Whether a row has a size, or needs none."""
    number = columns.number(size)
    return (number >= 0).fill_null(False) | columns.flag("IsDeleteMarker", otherwise=False)


def _marked_folder(report: Report, columns: Raw) -> Any:
    """Whether a row is marked as a folder, which has no size."""
    marked = {"azure": "hdi_isfolder", "folder": "isdir"}.get(report.kind, "")
    return columns.flag(marked, otherwise=False) if columns.has(marked) else ibis_module().literal(False)


def _peculiar(report: Report, counts: dict[str, int], unknown: Sequence[str]) -> Iterator[str]:
    """What is to be said of a report's rows."""
    of = f"{report.place}, {report.day}"
    said = (
        ("sizeless", "rows without a size that is a number", "They are left out."),
        ("timeless", "rows without a time that can be read", "Their age is not known."),
        ("zoneless", "rows whose time names no zone", "It is taken for UTC."),
        ("folders", "rows that are folders and not objects", "They are not counted."),
    )
    for name, what, then in said:
        if number := counts.get(name, 0):
            yield f"{of}: {what}: {number:,}. {then}"
    if unknown:
        names = ", ".join(repr(name) for name in unknown)
        yield f"{of}: columns that are not known were not read: {names}."


@contextmanager
def opened() -> Iterator[Engine]:
    """An engine with a temporary folder, which goes when it is closed.

    Raises
    ------
    InputError
        If Ibis or DuckDB is not installed.
    """
    with TemporaryDirectory(prefix="slidebox-inventory-") as folder:
        connection = open_duckdb(Path(folder) / "aside")
        # What names no zone is taken for UTC, wherever this runs.
        connection.raw_sql("set TimeZone = 'UTC'")
        try:
            yield Engine(connection, Path(folder))
        finally:
            connection.disconnect()


def _scan(report: Report) -> str:
    """How DuckDB reads a report's files."""
    files = "[" + ", ".join(_quoted(str(part.path)) for part in report.parts) + "]"
    if not report.parts:
        # An empty bucket's report has no files.
        key, size = NEEDED[report.kind]
        return f'select null::varchar as "{key}", null::bigint as "{size}" where false'
    if report.form == CSV:
        return (
            f"from read_csv({files}, delim={_quoted(report.delimiter)}, quote='\"', escape='\"', {_csv_shape(report)})"
        )
    if report.form == RCLONE:
        columns = "{Path: 'VARCHAR', Size: 'BIGINT', ModTime: 'VARCHAR', IsDir: 'BOOLEAN', Hashes: 'JSON'}"
        return f"from read_json({files}, format='array', columns={columns}) {_OF_RCLONE}"
    return f"from read_parquet({files}, union_by_name=true, hive_partitioning=false)"


_OF_RCLONE = (
    "select Path as path, Size as size, ModTime as modified, IsDir as isdir, "
    "lower(coalesce(Hashes->>'md5', Hashes->>'MD5')) as md5"
)


def _csv_shape(report: Report) -> str:
    if report.columns:
        columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in report.columns)
        return f"header=false, auto_detect=false, columns={{{columns}}}"
    return "header=true, all_varchar=true, hive_partitioning=false"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
