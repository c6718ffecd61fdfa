"""The edge to DuckDB: the files of reports as tables that are read when they are asked, and never held as a whole."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from slidebox.extras import literal
from slidebox.inventory.answers import open_duckdb
from slidebox.inventory.checking import Counts, counts_of, empty_of, has_size, held_against, peculiar
from slidebox.inventory.columns import DAY, NEEDED, PLACE, REPORT, Raw, is_folder, one_table
from slidebox.inventory.reports import AZURE, CSV, FOLDER, ORC, RCLONE, RefusedError, Report

if TYPE_CHECKING:
    import ibis.expr.types as ir

MANY = 32
"""How many reports are each read by themselves; of more, those that are written alike are read together."""

Batch = tuple[Report, ...]
"""Reports that are read together: of one kind, in one form, with the same columns."""

_AT_LINE = re.compile(r"CSV Error on Line: (\d+)")


def batches(reports: Sequence[Report]) -> tuple[Batch, ...]:
    """Reports as they are read: each by itself where they are few, else those together that are written alike."""
    if len(reports) <= MANY:
        return tuple((report,) for report in reports)
    return tuple(tuple(group) for _, group in groupby(sorted(reports, key=_alike), key=_alike))


def _alike(report: Report) -> tuple[str, ...]:
    # Containers of two accounts can have one name. Of files there are few lists, each of another place.
    alone = str(report.source) if report.kind == FOLDER or report.form == ORC or not report.parts else ""
    account = report.place if report.kind == AZURE else ""
    return (report.kind, report.form, alone, account, report.delimiter, *report.columns)


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
        self._raw: dict[Batch, ir.Table] = {}
        self._counts: dict[Report, Counts] = {}
        self.folder = folder
        self.error: type[Exception] = importlib.import_module("duckdb").Error

    def table(self, batch: Batch) -> ir.Table:
        """Reports as the one table has them, without the lab's own names.

        Raises
        ------
        RefusedError
            If their files cannot be read.
        """
        raw, first = self._rows(batch), batch[0]
        known = [self._counts.get(report) for report in batch]
        # Names of all objects are looked at only where there are folders.
        if any(counts is None or counts.folders for counts in known):
            raw = raw.filter(~is_folder(first.kind, Raw(raw)))
        if any(counts is None or counts.sizeless for counts in known):
            raw = raw.filter(has_size(first.kind, Raw(raw)))
        return one_table(first.kind, first.form, raw)

    def check(self, batch: Batch) -> tuple[str, ...]:
        """Hold reports against what their manifests say of them, and say what is peculiar about their rows.

        Returns
        -------
        tuple
            What is to be known, each a whole sentence.

        Raises
        ------
        RefusedError
            If one cannot be read, lacks a column that sums need, or holds something else than its manifest says.
        """
        raw = self._rows(batch)
        columns = Raw(raw)
        if lacking := [name for name in NEEDED[batch[0].kind] if not columns.has(name)]:
            raise RefusedError(batch[0].source, f"lacks the column {lacking[0]!r}: nothing can be summed.")
        with self._told(batch):
            rows = counts_of(batch[0], columns).to_pyarrow().to_pylist()
            empty = empty_of(batch[0], columns).to_pyarrow().to_pylist()
            if any(not part.md5 for report in batch for part in report.parts):
                self._read_through(raw)
        folders = {row[REPORT]: row["folders"] for row in empty}
        found = {
            number: Counts(**row, folders=folders.get(number, 0)) for row in rows if (number := row.pop(REPORT)) >= 0
        }
        said: list[str] = []
        for number, report in enumerate(batch):
            counts = found.get(number, Counts())
            held_against(report, counts)
            self._counts[report] = counts
            said += [*report.notes, *peculiar(report, counts)]
        return (*said, *columns.unknown(batch[0]))

    def _read_through(self, raw: ir.Table) -> None:
        """Read every value once, of what no checksum proves."""
        raw.aggregate([raw[name].hash().max().name(name) for name in raw.columns]).to_pyarrow()

    def _rows(self, batch: Batch) -> ir.Table:
        """The rows of reports, with the columns that they have, and of which report each is."""
        if batch not in self._raw:
            name = f"reports{len(self._raw)}"
            with self._told(batch):
                if batch[0].form == ORC and batch[0].parts:
                    dataset = importlib.import_module("pyarrow.dataset")
                    files = dataset.dataset([str(part.path) for part in batch[0].parts], format="orc")
                    self._connection.con.register(f"{name}_files", files)
                    scan = f"from {name}_files"
                else:
                    scan = _scan(batch)
                if len(batch) == 1:
                    whose = f"{_quoted(batch[0].place)} as {PLACE}, date '{batch[0].day}' as {DAY}, 0 as {REPORT}"
                    view = f"from ({scan}) select *, {whose}"
                else:
                    self._connection.con.register(f"{name}_files", _files_of(batch))
                    view = f"from ({scan}) join {name}_files using (filename) select * exclude (filename)"
                self._connection.raw_sql(f"create view {name} as {view}")
                self._raw[batch] = self._connection.table(name)
        return self._raw[batch]

    @contextmanager
    def _told(self, batch: Batch) -> Iterator[None]:
        """Say why files cannot be read, without anything of their rows: a key can name a patient."""
        try:
            yield
        except (self.error, OSError, ValueError) as error:
            said = str(error)
            parts = (part.path for report in batch for part in report.parts)
            where = next((path for path in parts if str(path) in said or literal(path) in said), batch[0].source)
            if "gzip" in said.lower():
                raise RefusedError(where, "is cut off: its compressed data do not end.") from error
            if line := _AT_LINE.search(said):
                raise RefusedError(f"{where}:{line[1]}", "cannot be read as CSV.") from error
            if "magic bytes" in said or "parquet" in said.lower() or "footer" in said:
                raise RefusedError(where, "is no whole Parquet file.") from error
            raise RefusedError(where, f"cannot be read: {type(error).__name__}.") from error


def whole(engine: Engine, reports: Iterable[Report]) -> tuple[list[Report], list[str], list[str]]:
    """The reports that are whole; why others are not; and what is to be known of those that are.

    Parameters
    ----------
    engine
        What reads them.
    reports
        The reports.
    """
    kept: list[Report] = []
    refused: list[str] = []
    notes: list[str] = []
    waiting = list(reversed(batches(list(reports))))
    while waiting:
        batch = waiting.pop()
        try:
            notes += engine.check(batch)
            kept += batch
        except RefusedError as why:
            if len(batch) == 1:
                refused.append(str(why))
            else:
                # Which of them it is shows when each is read by itself.
                half = len(batch) // 2
                waiting += [batch[half:], batch[:half]]
    return kept, refused, notes


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


def _files_of(batch: Batch) -> Any:
    """Of which report each file is."""
    rows = [
        (str(part.path), report.place, report.day, number)
        for number, report in enumerate(batch)
        for part in report.parts
    ]
    files, places, days, numbers = zip(*rows, strict=True)
    return importlib.import_module("pyarrow").table({"filename": files, PLACE: places, DAY: days, REPORT: numbers})


def _scan(batch: Batch) -> str:
    """How DuckDB reads the files of reports."""
    first, together = batch[0], ", filename=true" if len(batch) > 1 else ""
    files = "[" + ", ".join(_quoted(literal(part.path)) for report in batch for part in report.parts) + "]"
    if not first.parts:
        # An empty bucket's report has no files.
        key, size = NEEDED[first.kind]
        return f'select null::varchar as "{key}", null::bigint as "{size}" where false'
    if first.form == CSV:
        shape = f"delim={_quoted(first.delimiter)}, quote='\"', escape='\"', {_csv_shape(first)}"
        # DuckDB looks for `.gz` before the first `?` of a path, which it takes for the query of an address.
        if all(part.path.suffix == ".gz" for report in batch for part in report.parts):
            shape += ", compression='gzip'"
        return f"from read_csv({files}, {shape}{together})"
    if first.form == RCLONE:
        columns = "{Path: 'VARCHAR', Size: 'BIGINT', ModTime: 'VARCHAR', IsDir: 'BOOLEAN', Hashes: 'JSON'}"
        return f"from read_json({files}, format='array', columns={columns}) {_OF_RCLONE}"
    return f"from read_parquet({files}, union_by_name=true, hive_partitioning=false{together})"


_OF_RCLONE = (
    "select Path as path, Size as size, ModTime as modified, IsDir as isdir, "
    "lower(coalesce(Hashes->>'md5', Hashes->>'MD5')) as md5"
)


def _csv_shape(report: Report) -> str:
    if report.columns:
        columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in report.columns)
        return f"header=false, auto_detect=false, columns={{{columns}}}"
    return "header=true, all_varchar=true, union_by_name=true, hive_partitioning=false"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
