"""Bills read with DuckDB: file by file, summed as they are read, so that a bill of any size takes little memory.

What cannot be counted is kept beside what can, with its amount where it has one.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import importlib
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slidebox.errors import InputError
from slidebox.extras import literal
from slidebox.spend.files import Part
from slidebox.spend.focus import (
    ADJUSTMENT,
    CHARGE,
    CORRECTION,
    CREDIT,
    REFUND,
    SUPPORT,
    TAX,
    Layout,
    focus,
    layout_of,
)

MEMORY = "1GB"
"""How much DuckDB may use; what is more goes to a temporary folder."""

_NEEDED = ("BillingCurrency", "ChargeCategory", "ChargePeriodStart")
_LONGEST_LINE = 16 * 1024 * 1024
_EMPTY = "''"
_DELIMITERS = ",;\t|"

_TABLE = """
create temp table charge (
  file integer, fault varchar, outside boolean, style varchar, day date, currency varchar, provider varchar,
  account varchar, sub varchar, line varchar, purchase boolean, service varchar, meter varchar, resource varchar,
  tags varchar, usd double, n bigint
)
"""


@dataclass(frozen=True, slots=True)
class Read:
    """What one file says of itself.

    Attributes
    ----------
    part, layout
        Which file, and its columns.
    provider
        What it says its provider is; empty where it does not.
    rows
        How many rows it has.
    exported
        The first and last `x_ExportTime`, where it has that.
    ends
        Whether its last line is whole.
    """

    part: Part
    layout: Layout
    provider: str
    rows: int
    exported: tuple[Any, Any] | None = None
    ends: bool = True


class NotReadError(Exception):
    """A file that cannot be counted.

    Parameters
    ----------
    what, said
        As in `slidebox.spend.found.Excluded`.
    amounts
        What of it could be read, by currency.
    """

    def __init__(self, what: str, said: str, amounts: Sequence[tuple[str, float, int]] = ()) -> None:
        super().__init__(said)
        self.what = what
        self.said = said
        self.amounts = tuple(amounts)


@contextmanager
def opened(memory: str = MEMORY, threads: int | None = None) -> Iterator[Any]:
    """A connection to DuckDB with little memory, in UTC.

    Raises
    ------
    InputError
        If DuckDB is not installed.
    """
    duckdb = _duckdb()
    with tempfile.TemporaryDirectory(prefix="slidebox-spend-") as spill, duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        # All that is needed is built in: nothing is fetched.
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute("set autoload_known_extensions = false")
        connection.execute(f"set memory_limit = '{memory}'")
        connection.execute(f"set temp_directory = '{spill}'")
        if threads:
            connection.execute(f"set threads = {int(threads)}")
        connection.execute(_TABLE)
        yield connection


def _duckdb() -> Any:
    try:
        return importlib.import_module("duckdb")
    except ModuleNotFoundError as error:
        raise InputError(
            "Bills are read with DuckDB, which is not installed.", "pip install 'slidebox[analytics]'"
        ) from error


def read(connection: Any, number: int, part: Part, cost: str, today: dt.date) -> Read:
    """Sum one file into the table ``charge``.

    Parameters
    ----------
    connection
        As of `opened`.
    number
        What the file is in the table.
    part
        The file.
    cost
        ``BilledCost`` or ``EffectiveCost``.
    today
        Charges that begin later than the day after are from the future.

    Raises
    ------
    NotReadError
        If it is not whole, or no bill.
    """
    duckdb = _duckdb()
    if part.bytes is not None and part.path.stat().st_size != part.bytes:
        found = part.path.stat().st_size
        raise NotReadError(
            "cut off",
            f"{part.name} has {found:,} bytes, and {part.bytes:,} by its manifest: it is not counted. Fetch it again.",
        )
    try:
        source = _Source.of(connection, part.path)
    except (duckdb.Error, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise NotReadError(
            "unreadable", f"{part.name} cannot be read: {_said(error, part.path)}. Fetch it again."
        ) from error
    layout = layout_of(source.types)
    _fits(part, layout, cost)
    statement = _statement(source, layout, cost)
    try:
        connection.execute(f"create or replace temp table one as {statement}", [today, *source.values])
    except duckdb.Error as error:
        if isinstance(error, (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)):
            raise  # of the statement, not of the file
        amounts = _readable(connection, source, layout, cost)
        said = f"{part.name} is not whole: {_said(error, part.path)}. It is not counted. Fetch it again."
        raise NotReadError("cut off", said, amounts) from error
    rows, provider = connection.execute("select coalesce(sum(n), 0)::bigint, max(provider) from one").fetchone()
    if part.rows is not None and rows != part.rows:
        said = f"{part.name} has {rows:,} rows, and {part.rows:,} by its manifest: it is not counted. Fetch it again."
        raise NotReadError("cut off", said, _amounts(connection))
    tags = _tags_again(source, layout)
    connection.execute(
        f"insert into charge select {int(number)}, fault, outside, style, day, currency, provider, account, sub, line, "  # noqa: S608 -- our own words
        f"purchase, service, meter, resource, {tags}, usd, n from one"
    )
    return Read(part, layout, provider or "", rows, _exported(connection, source, layout), source.ends)


def _fits(part: Part, layout: Layout, cost: str) -> None:
    """Whether a file is a bill that can be counted.

    Raises
    ------
    NotReadError
        If it is none.
    """
    if layout.draft:
        raise NotReadError(
            "version",
            f"{part.name} is of a draft of FOCUS before 1.0, whose costs mean something else. Export 1.0 to 1.3.",
        )
    if not layout.version:
        raise NotReadError("columns", f"{part.name} is no bill in FOCUS: it has neither BilledCost nor EffectiveCost.")
    if missing := layout.missing((cost, *_NEEDED)):
        raise NotReadError(
            "columns",
            f"{part.name} has no {' and no '.join(missing)}: it is not counted. Export it with these columns.",
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """A file as DuckDB reads it.

    Attributes
    ----------
    text
        The table function.
    values
        Its parameters.
    types
        The type of each column.
    ends
        Whether its last line ends.
    lenient
        The same function, which leaves out what is broken.
    """

    text: str
    values: tuple[Any, ...]
    types: dict[str, str]
    ends: bool = True
    lenient: str = ""

    @classmethod
    def of(cls, connection: Any, path: Path) -> _Source:
        """What a file's columns are."""
        name = literal(path)
        if path.name.casefold().endswith(".parquet"):
            described = connection.execute(
                "describe select * from read_parquet(?, hive_partitioning = false)", [name]
            ).fetchall()
            return cls(
                "read_parquet(?, hive_partitioning = false)", (name,), {str(row[0]): str(row[1]) for row in described}
            )
        header, delimiter = _header(path)
        columns = dict.fromkeys(header, "VARCHAR")
        if len(columns) != len(header):
            raise csv.Error("a column is there twice")
        options = (
            "header = false, skip = 1, auto_detect = false, columns = ?, delim = ?, quote = '\"', escape = '\"', "
            f"max_line_size = {_LONGEST_LINE}, buffer_size = {4 * _LONGEST_LINE}"
        )
        if _is_packed(path):
            # DuckDB looks for `.gz` before the first `?` of a path, which it takes for the query of an address.
            options += ", compression = 'gzip'"
        return cls(
            f"read_csv(?, {options})",
            (name, columns, delimiter),
            columns,
            _ends(path),
            f"read_csv(?, {options}, ignore_errors = true)",
        )


def _is_packed(path: Path) -> bool:
    return path.name.casefold().endswith(".gz")


def _header(path: Path) -> tuple[list[str], str]:
    with gzip.open(path) if _is_packed(path) else path.open("rb") as raw:
        line = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="").readline(_LONGEST_LINE)
    delimiter = max(_DELIMITERS, key=line.count)
    return next(csv.reader([line], delimiter=delimiter), []), delimiter


def _ends(path: Path) -> bool:
    """Whether the last line of a file ends; one that is packed says by itself whether it is whole."""
    if _is_packed(path) or not path.stat().st_size:
        return True
    with path.open("rb") as raw:
        raw.seek(-1, io.SEEK_END)
        return raw.read(1) in b"\r\n"


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(source: _Source, column: str | None) -> str:
    if column is None:
        return "null::varchar"
    quoted = _quoted(column)
    return quoted if source.types[column] == "VARCHAR" else f"cast({quoted} as varchar)"


def _first(source: _Source, columns: Sequence[str]) -> str:
    """The first of some columns that is not empty."""
    texts = [_text(source, column) for column in columns]
    if len(texts) < 2:
        return texts[0] if texts else "null::varchar"
    return f"coalesce({', '.join(f'nullif({text}, {_EMPTY})' for text in texts)})"


def _number(source: _Source, column: str) -> str:
    quoted = _quoted(column)
    number = f"try_cast({quoted} as double)" if source.types[column] == "VARCHAR" else f"cast({quoted} as double)"
    return f"case when isfinite({number}) then {number} end"


def _moment(source: _Source, column: str | None) -> str:
    """A moment in UTC."""
    if column is None:
        return "null::timestamp"
    quoted, kind = _quoted(column), source.types[column]
    if kind == "VARCHAR":
        return f"try_cast(try_cast({quoted} as timestamptz) as timestamp)"
    if kind.startswith("TIMESTAMP WITH TIME ZONE"):
        return f"cast({quoted} as timestamp)"
    return f"try_cast({quoted} as timestamp)"


def _style(source: _Source, column: str) -> str:
    """How a moment is written: a day alone, without a zone, in another zone; empty for UTC."""
    quoted, kind = _quoted(column), source.types[column]
    if kind == "DATE":
        return "'day'"
    if kind != "VARCHAR":
        return "''" if "TIME ZONE" in kind else "'naive'"
    return (
        f"case when length({quoted}) = 10 then 'day' "
        f"when regexp_matches({quoted}, '(Z|UTC|[+-]00(:?00)?)$') and length({quoted}) > 16 then '' "
        f"when regexp_matches({quoted}, '[+-]\\d\\d:?(\\d\\d)?$') and length({quoted}) > 16 then 'offset' "
        "else 'naive' end"
    )


def _statement(source: _Source, layout: Layout, cost: str, function: str = "") -> str:
    """The sums of a file: a row for each day, line, usage, resource and tags, and one for each fault."""
    own = {column: layout.own(column) for column in (cost, *_NEEDED)}
    start = str(own["ChargePeriodStart"])
    # What is summed first is grouped by columns as they are: words are looked at once for each group, not for each row.
    rows = f"""
      select
        {_number(source, str(own[cost]))} as usd,
        {_moment(source, start)} as started,
        {_moment(source, layout.own("BillingPeriodStart"))} as first,
        {_moment(source, layout.own("BillingPeriodEnd"))} as beyond,
        {_style(source, start)} as style,
        {_text(source, own["BillingCurrency"])} as currency,
        {_first(source, layout.first("provider"))} as provider,
        {_text(source, layout.own("BillingAccountId"))} as account,
        {_text(source, layout.own("SubAccountId"))} as sub,
        {_text(source, own["ChargeCategory"])} as category,
        {_text(source, layout.own("ChargeClass"))} as class,
        {_first(source, layout.first("service"))} as service,
        {_first(source, layout.first("meter"))} as meter,
        {_first(source, layout.first("resource"))} as resource,
        {_text(source, next(iter(layout.first("tags")), None))} as tags
      from {function or source.text}
    """  # noqa: S608 -- columns are quoted, and the words are our own
    sums = f"""
      select
        usd is null as bad, usd < 0 as back, cast(started as date) as day,
        coalesce(started < first or started >= beyond, false) as outside,
        style, currency, provider, account, sub, category, class, service, meter, resource, tags,
        sum(usd) as usd, count(*) as n
      from ({rows}) group by all
    """  # noqa: S608 -- as above
    return f"""
    select
      case
        when bad then 'cost'
        when coalesce(currency, '') = '' then 'currency'
        when day is null then 'date'
        when day > ?::date + 1 then 'future'
        when category is null or lower(category) not in ('usage', 'purchase', 'tax', 'credit', 'adjustment')
        then 'category'
      end as fault,
      outside, style, day, upper(coalesce(currency, '')) as currency, coalesce(provider, '') as provider,
      coalesce(account, '') as account, coalesce(sub, '') as sub,
      case
        when lower(class) = 'correction' then '{CORRECTION}'
        when lower(category) = 'tax' then '{TAX}'
        when lower(category) = 'credit' then '{CREDIT}'
        when lower(category) = 'adjustment' then '{ADJUSTMENT}'
        when back then '{REFUND}'
        when contains(lower(service), '{focus().support}') then '{SUPPORT}'
        else '{CHARGE}'
      end as line,
      lower(category) = 'purchase' as purchase,
      coalesce(service, '') as service, coalesce(meter, '') as meter, coalesce(resource, '') as resource,
      coalesce(tags, '') as tags, sum(usd) as usd, sum(n)::bigint as n
    from ({sums}) group by all
    """  # noqa: S608 -- as above


def _tags_again(source: _Source, layout: Layout) -> str:
    """Tags as JSON: a map or a list of pairs that was grouped by as text, read back by its own type."""
    columns = layout.first("tags")[:1]
    if not columns or source.types[columns[0]] == "VARCHAR":
        return "tags"
    return f"coalesce(cast(to_json(try_cast(nullif(tags, '') as {source.types[columns[0]]})) as varchar), '')"


def _exported(connection: Any, source: _Source, layout: Layout) -> tuple[Any, Any] | None:
    if (column := layout.own("x_ExportTime")) is None:
        return None
    moment = _moment(source, column)
    asked = f"select min({moment}), max({moment}) from {source.text}"  # noqa: S608 -- a quoted column
    found = connection.execute(asked, list(source.values)).fetchone()
    return found if found and found[0] is not None else None


def _readable(connection: Any, source: _Source, layout: Layout, cost: str) -> list[tuple[str, float, int]]:
    """What of a broken file can be read all the same, by currency; nothing where that fails too."""
    if not source.lenient:
        return []
    statement = _statement(source, layout, cost, source.lenient)
    try:
        connection.execute(f"create or replace temp table one as {statement}", [dt.date(9000, 1, 1), *source.values])
    except _duckdb().Error:
        return []
    return _amounts(connection)


def _amounts(connection: Any) -> list[tuple[str, float, int]]:
    found = connection.execute(
        "select currency, sum(usd), sum(n)::bigint from one where fault is null group by 1 order by 1"
    ).fetchall()
    return [(str(currency), float(usd), int(rows)) for currency, usd, rows in found]


def _said(error: Exception, path: Path) -> str:
    """What went wrong, in the first line of an error, without its kind and the file: further lines may be of a bill."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    plain = re.sub(r"^[A-Z][A-Za-z ]+ Error: ", "", first.replace(f"'{path}'", "").replace(literal(path), ""))
    return re.sub(r"\s+", " ", plain).strip(" .:\"'")
