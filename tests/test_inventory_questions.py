"""What is asked of inventories: DuckDB, Spark, and the SQL for Athena and BigQuery say what plain Python says."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import random
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import inventory_reference as reference
from tests.inventories import s3_object, s3_report
from tests.inventory_reference import NOW, Row, random_rows

from slidebox.errors import UnreadableError
from slidebox.inventory import gathered, questions
from slidebox.inventory.answers import duplicated, inventory_of, open_duckdb, rows
from slidebox.inventory.bands import load_bands
from slidebox.inventory.duplicates import beginnings, candidates, duplicates, newest
from slidebox.inventory.found import Duplicates
from slidebox.inventory.table import NAME, arrow_schema, unbound
from slidebox.quantities import Size

SINCE = NOW - dt.timedelta(days=90)
Ask = Callable[[Any], Any]

ASKED: Mapping[str, tuple[Ask, Callable[[Sequence[Row]], list[tuple[Any, ...]]]]] = {
    "summary": (lambda table: questions.summary(table, NOW), reference.summary),
    "holdings": (questions.holdings, reference.holdings),
    "small_objects": (questions.small_objects, reference.small_objects),
    "leftovers": (lambda table: questions.leftovers(table, NOW), reference.leftovers),
    "encryption": (questions.encryption, reference.encryption),
    "exposed": (questions.exposed, reference.exposed),
    "unread": (lambda table: questions.unread(table, SINCE), lambda table: reference.unread(table, SINCE)),
    "growth": (questions.growth, reference.growth),
}
"""Every question but that for duplicates, with its answer in plain Python."""


def arrow(given_rows: Sequence[Row]) -> Any:
    """Rows as the one table."""
    return importlib.import_module("pyarrow").Table.from_pylist(list(given_rows), schema=arrow_schema())


def answered(question: Any) -> list[tuple[Any, ...]]:
    """An answer as tuples."""
    return [tuple(row.values()) for row in rows(question)]


def ran(engine: Any, query: str) -> list[tuple[Any, ...]]:
    """What a query of DuckDB's own gives back."""
    found: list[tuple[Any, ...]] = engine.con.execute(query).fetchall()
    return found


def flat(found: Sequence[Duplicates]) -> list[tuple[Any, ...]]:
    """Duplicates as the reference has them."""
    return [(one.checksum, one.places, one.datasets, one.groups, one.objects, one.bytes) for one in found]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """DuckDB by way of Ibis."""
    made = open_duckdb(tmp_path_factory.mktemp("aside"), threads=1)
    yield made
    made.disconnect()


def loaded(engine: Any, given_rows: Sequence[Row]) -> Any:
    """Rows as a table of DuckDB."""
    engine.con.register(NAME, arrow(given_rows))
    return engine.table(NAME)


@given(seed=st.integers(0, 2**32), count=st.integers(0, 60))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_duckdb_answers_every_question_as_plain_python_does(engine: Any, seed: int, count: int) -> None:
    """Of any table, also an empty one, row for row and in the same order."""
    given_rows = random_rows(seed, count)
    table = loaded(engine, given_rows)
    for name, (ask, wanted) in ASKED.items():
        assert (name, answered(ask(table))) == (name, wanted(given_rows))
    assert flat(duplicated(table)) == reference.duplicates(given_rows)


def test_duplicates_are_the_same_in_parts_as_at_once(engine: Any) -> None:
    """However few rows may be gathered at once, and whatever checksums begin with."""
    given_rows = random_rows(7, 400)
    table = loaded(engine, given_rows)
    wanted = reference.duplicates(given_rows)
    assert len(wanted) > 10
    assert [flat(duplicated(table, at_once)) for at_once in (1, 10, 10**9)] == [wanted] * 3


def test_checksums_that_only_begin_alike_are_no_duplicates(engine: Any) -> None:
    """Twelve characters are a first look; the whole checksum, its kind and the size decide."""
    one = {**reference.random_row(random.Random(1)), "is_delete_marker": False, "is_latest": True}
    one |= {"incomplete": False, "bytes": 5, "checksum_kind": "MD5", "as_of": reference.DAYS[0]}
    begun = "0a" * 6
    others = [
        one | {"checksum": begun + "0" * 20},
        one | {"checksum": begun + "1" * 20},
        one | {"checksum": begun + "1" * 20, "bytes": 6},
        one | {"checksum": begun + "1" * 20, "checksum_kind": "SHA256"},
    ]
    assert duplicated(loaded(engine, others)) == ()
    assert [found.objects for found in duplicated(loaded(engine, [*others, others[0]]))] == [1]


def test_what_a_newer_report_lacks_is_not_taken_from_an_older_one(engine: Any) -> None:
    """An upload that was cleared away since is gone, though the report before has it."""
    (begun,) = [row for row in random_rows(3, 200) if row["incomplete"] and row["store"] == "aws"][:1]
    begun |= {"as_of": reference.DAYS[0]}
    later = begun | {"as_of": reference.DAYS[1], "incomplete": False, "is_latest": True}
    table = loaded(engine, [begun, later])
    assert answered(questions.leftovers(table, NOW)) == []
    assert [(one.objects, one.incomplete) for one in inventory_of(table).holdings] == [(1, 0)]


def test_places_that_are_reported_on_other_days_are_not_growth(engine: Any) -> None:
    """A place without a report that day neither shrinks nor grows then."""
    (row,) = [
        row for row in random_rows(5, 100) if row["is_latest"] and row["level"] == "masks" and row["bytes"] == 10**13
    ][:1]
    first, second, third = reference.DAYS
    table = loaded(
        engine,
        [
            row | {"bucket": "weekly", "as_of": first},
            row | {"bucket": "daily", "as_of": first},
            row | {"bucket": "daily", "as_of": second},
            row | {"bucket": "weekly", "as_of": third, "bytes": 10**13 + 5},
        ],
    )
    assert [
        (one["as_of"], one["since"], one["more_objects"], one["more_bytes"]) for one in rows(questions.growth(table))
    ] == [
        (first, None, 0, 0),
        (second, first, 0, 0),
        (third, first, 0, 5),
    ]


def test_bands_are_in_order_and_the_youngest_is_the_first() -> None:
    """Each end is later than the one before, and each band but the last has one."""
    bands = load_bands()
    assert list(bands.ends) == sorted(set(bands.ends))
    assert len(bands.names) == len(bands.ends) + 1
    assert bands.name(len(bands.names)) == bands.none


def test_what_does_not_fit_into_memory_is_written_aside(tmp_path: Path) -> None:
    """Duplicates among 500,000 objects are found exactly in less memory than their checksums alone take."""
    engine = open_duckdb(tmp_path / "aside", memory=Size.parse("16 MB"), threads=1)
    engine.raw_sql(
        "create view inventory as select 'aws' as store, 'b' || (n % 3) as bucket, true as is_latest, false as "
        "is_delete_marker, false as incomplete, 10::bigint as bytes, 'MD5' as checksum_kind, "
        "md5((n % 499990)::varchar) as checksum, 'p/masks' as dataset, date '2026-11-01' as as_of "
        "from range(500000) as numbers(n)"
    )
    found = duplicated(engine.table(NAME))
    engine.disconnect()
    pairs = (("b0", "b1"), ("b0", "b2"), ("b1", "b2"))
    assert {one.places for one in found} == set(pairs)
    assert (sum(one.groups for one in found), sum(one.bytes for one in found)) == (10, 100)


def test_a_summary_reads_a_report_once_and_only_the_columns_that_it_needs(tmp_path: Path) -> None:
    """Keys and checksums are most of an inventory's bytes; a sum by age and class needs neither."""
    ibis = importlib.import_module("ibis")
    chance = random.Random(5)
    made = [
        s3_object(f"k{number}", LastModifiedDate=NOW - dt.timedelta(days=chance.randrange(3000)))
        for number in range(1000)
    ]
    s3_report(tmp_path, made)
    with gathered([tmp_path / "inventory"], None, root=tmp_path, now=NOW) as found:
        query = ibis.to_sql(questions.summary(found.table, NOW), dialect="duckdb")
        ((_, plan),) = found.table.get_backend().con.execute(f"explain (format json) {query}").fetchall()
    scans = list(_scans(json.loads(plan)))
    assert len(scans) == 1
    assert set(scans[0]) == {"is_latest", "is_delete_marker", "size", "last_modified_date", "storage_class"}


def _scans(steps: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """The columns of each time that a file is read in a plan."""
    for step in steps:
        if step["name"].strip() == "READ_PARQUET":
            named = step["extra_info"].get("Projections", [])
            yield [named] if isinstance(named, str) else named
        yield from _scans(step["children"])


def test_a_file_that_is_cut_off_is_said_to_be_unreadable(tmp_path: Path) -> None:
    """What DuckDB says of it is passed on as a sentence, not as an error of its own."""
    parquet = importlib.import_module("pyarrow.parquet")
    parquet.write_table(arrow(random_rows(1, 1000)), tmp_path / "whole.parquet")
    engine = open_duckdb(tmp_path / "aside", threads=1)
    table = engine.read_parquet(tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "whole.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableError, match=r"The inventory cannot be read: .*whole\.parquet"):
        rows(questions.encryption(table))
    engine.disconnect()


@pytest.mark.parametrize("dialect", ["athena", "bigquery"])
def test_the_sql_for_a_warehouse_says_what_duckdb_says(engine: Any, dialect: str) -> None:
    """Written out for it, read back in its dialect, turned into DuckDB's and run: the same rows in the same order."""
    ibis, sqlglot = importlib.import_module("ibis"), importlib.import_module("sqlglot")
    given_rows = random_rows(11, 500)
    loaded(engine, given_rows)
    for name, (ask, wanted) in ASKED.items():
        written = ibis.to_sql(ask(unbound()), dialect=dialect)
        (run,) = sqlglot.transpile(written, read=dialect, write="duckdb")
        assert (name, ran(engine, run)) == (name, wanted(given_rows))
    table = newest(unbound())
    question = duplicates(candidates(table, beginnings(table)))
    (run,) = sqlglot.transpile(ibis.to_sql(question, dialect=dialect), read=dialect, write="duckdb")
    found = [
        (one[0], *(tuple(names.split("\n")) if names else () for names in one[1:3]), *one[3:])
        for one in ran(engine, run)
    ]
    assert found == reference.duplicates(given_rows)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark of its own, on this machine, with one thread."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not on the PATH")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    ibis = importlib.import_module("ibis")
    folder = tmp_path_factory.mktemp("spark")
    settings_of = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
    }
    builder = sql.SparkSession.builder.master("local[1]").appName("slidebox")
    for name, value in settings_of.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySpark says of every release of pandas that it is not the one it knows
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield ibis.pyspark.connect(session)
        session.stop()


def test_spark_answers_every_question_as_duckdb_does(engine: Any, spark: Any, tmp_path: Path) -> None:
    """The same expressions, over the same file: the same rows in the same order."""
    importlib.import_module("pyarrow.parquet").write_table(arrow(random_rows(13, 400)), tmp_path / "rows.parquet")
    here, there = (one.read_parquet(tmp_path / "rows.parquet") for one in (engine, spark))
    for name, (ask, _) in ASKED.items():
        wanted = answered(ask(here))
        assert wanted
        assert (name, answered(ask(there))) == (name, wanted)
    assert duplicated(there) == duplicated(here)
