"""Inventories in Athena and BigQuery: the queries say what slidebox says of the same reports read here."""

from __future__ import annotations

import base64
import datetime as dt
import importlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tests.inventories import md5, s3_object, s3_report, s3_table

from slidebox import labfile
from slidebox.cli import slidebox
from slidebox.inventory import gathered
from slidebox.inventory import questions as asked
from slidebox.inventory.answers import duplicated, open_duckdb, rows
from slidebox.inventory.duplicates import SEPARATOR
from slidebox.inventory.places import Place, places_of
from slidebox.inventory.warehouse import ATHENA, BIGQUERY, COLUMNS, MEANINGS, UNREAD, places_in, queries

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
DAYS = (dt.datetime(2026, 11, 15, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC))
LAB = {
    "lab.yaml": "lab: lab\ntitle: A lab\npeople: {ada: {name: Ada}}\nstores:\n"
    "  cloud: {system: cloud, kind: aws, region: us-east-1, account: '123456789012'}\n"
    "  gcs: {system: cloud, kind: gcs, account: lab-project, region: us-central1}\n",
    "projects/alpha.yaml": "project: alpha\ntitle: Alpha\nowner: ada\naudience: {contributor: [ada]}\ndatasets:\n"
    "  raw_images: {size: 1 TB, files: 1000, sensitivity: open, licence: CC0-1.0}\n"
    "  segmentation_masks: {size: 1 GB, files: 1000, sensitivity: open, licence: CC0-1.0}\n",
}
NOT_WRITTEN = {"ObjectAccessControlList", "IntelligentTieringAccessTier"}
"""Fields that slidebox does not have inventories written with."""
BUCKETS = ("lab-alpha-raw-images-cloud", "lab-alpha-segmentation-masks-cloud", "somebody-elses")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab with two datasets, a store at AWS and one at Google."""
    for name, text in LAB.items():
        path = tmp_path / "lab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "lab"


def run(lab: Path, *words: str) -> Result:
    """Run the verb."""
    runner = CliRunner(env={"COLUMNS": "80"})
    return runner.invoke(slidebox, ["--lab", str(lab), "audit", "inventory", *words], standalone_mode=False)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Any]:
    """DuckDB, which stands in for the warehouse."""
    made = open_duckdb(tmp_path / "aside", threads=1)
    yield made
    made.disconnect()


def objects(chance: random.Random, bucket: str) -> list[dict[str, Any]]:
    """Objects of a bucket as S3 Inventory has them: versions, markers, folders, parts, keys of every kind."""
    return [
        s3_object(
            chance.choice(["a/", "a/b.tiff", "c%2F", f"d{number}"]),
            None if marker else chance.choice([0, 1, 131071, 131072, 10**12]),
            Bucket=bucket,
            VersionId=chance.choice([None, "v1"]),
            IsLatest=chance.random() < 0.7,
            IsDeleteMarker=marker,
            LastModifiedDate=NOW - dt.timedelta(days=chance.choice([1, 30, 31, 400, 4000])),
            ETag=None if marker else chance.choice([md5("x"), md5("y"), md5("z") + "-2"]),
            StorageClass=None if marker else chance.choice(["STANDARD", "GLACIER_IR", "NEWEST"]),
            IsMultipartUploaded=chance.random() < 0.2,
            EncryptionStatus=chance.choice(["SSE-S3", "SSE-KMS", "NOT-SSE", None]),
        )
        for number in range(60)
        for marker in (chance.random() < 0.1,)
    ]


def answers(table: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every question but that for duplicates, asked of the one table."""
    made = {
        "summary": asked.summary(table, NOW),
        "holdings": asked.holdings(table),
        "small_objects": asked.small_objects(table),
        "leftovers": asked.leftovers(table, NOW),
        "encryption": asked.encryption(table),
        "exposed": asked.exposed(table),
        "growth": asked.growth(table),
        "unread": asked.unread(table, NOW - UNREAD),
    }
    return {name: [tuple(row.values()) for row in rows(question)] for name, question in made.items()}


def ran(engine: Any, dialect: str, query: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers to a query in another dialect, read back from it and turned into its own."""
    (own,) = importlib.import_module("sqlglot").transpile(query, read=dialect, write="duckdb")
    found: list[tuple[Any, ...]] = engine.con.execute(own).fetchall()
    return found


def listed(found: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Duplicates as a query has them, with the names apart."""
    return [
        (*(tuple(names.split(SEPARATOR)) if names else () for names in row[1:3]), *row[3:], row[0]) for row in found
    ]


def test_athena_says_what_slidebox_says_of_the_same_reports(engine: Any, lab: Path, tmp_path: Path) -> None:
    """Row for row, of three buckets and two days, one bucket of which is nobody's."""
    chance = random.Random(3)
    pyarrow = importlib.import_module("pyarrow")
    parts = []
    for taken in DAYS:
        for bucket in BUCKETS:
            held = objects(chance, bucket)
            fields = [name for name in held[0] if name not in NOT_WRITTEN]
            s3_report(tmp_path, held, bucket=bucket, taken=taken, fields=fields)
            day = pyarrow.array([f"{taken:%Y-%m-%d-%H-%M}"] * len(held))
            parts.append(s3_table(held, fields).append_column("dt", day))
    engine.con.register("inventory", pyarrow.concat_tables(parts))
    declared = labfile.load(lab)
    made = queries(ATHENA, places_in(declared, ATHENA), NOW)
    with gathered([tmp_path / "inventory"], declared, root=lab, now=NOW) as found:
        assert found.excluded == ()
        for name, wanted in answers(found.table).items():
            assert wanted
            assert (name, ran(engine, ATHENA, made[name])) == (name, wanted)
        again = duplicated(found.table)
    assert again
    assert listed(ran(engine, ATHENA, made["duplicates"])) == [
        (one.places, one.datasets, one.groups, one.objects, one.bytes, one.checksum) for one in again
    ]


def test_bigquery_reads_storage_insights_by_the_names_of_its_files(engine: Any) -> None:
    """The day is in the file's name, the MD5 becomes hexadecimal, and old reports are left out."""
    pyarrow = importlib.import_module("pyarrow")
    content = base64.b64encode(bytes.fromhex(md5("x"))).decode()

    def blob(bucket: str, name: str, day: str, **more: Any) -> dict[str, Any]:
        moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        file = f"gs://lab-logs/inventory/{bucket}/1a-2b_{day}T06:00_3.parquet"
        row = {"bucket": bucket, "name": name, "size": 5, "timeCreated": moment, "timeDeleted": None, "updated": moment}
        row |= {"storageClass": "COLDLINE", "etag": "e", "md5Hash": content, "generation": 7, "_FILE_NAME": file}
        return row | more

    given = [
        blob("one", "a", "2026-11-29"),
        blob("one", "old/", "2026-11-29", size=0, md5Hash=None),
        blob("one", "was", "2026-11-29", timeDeleted=NOW),
        blob("two", "a", "2026-11-29"),
        blob("two", "gone", "2026-11-22"),
        blob("two", "long-gone", "2026-09-01"),
    ]
    types = {name: pyarrow.timestamp("us", tz="UTC") for name in ("timeCreated", "timeDeleted", "updated")}
    types |= {name: pyarrow.int64() for name in ("size", "generation")}
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in COLUMNS[BIGQUERY]])
    engine.con.register("inventory", pyarrow.Table.from_pylist(given, schema=schema))
    made = queries(BIGQUERY, [Place("gcs", "one", "", "alpha/raw_images")], NOW)
    held = {(row[0], row[1], row[2], row[3]): row[4:] for row in ran(engine, BIGQUERY, made["holdings"])}
    assert {key: (row[0], row[4]) for key, row in held.items()} == {
        ("", "two", "", "archive"): (1, 0),
        ("gcs", "one", "alpha/raw_images", "archive"): (1, 1),
    }
    assert listed(ran(engine, BIGQUERY, made["duplicates"])) == [
        (("one", "two"), ("alpha/raw_images",), 1, 1, 5, "MD5")
    ]
    assert ran(engine, BIGQUERY, made["growth"]) == [
        ("", dt.date(2026, 11, 22), None, 1, 5, 0, 0),
        ("", dt.date(2026, 11, 29), dt.date(2026, 11, 22), 1, 5, 0, 0),
        ("raw_images", dt.date(2026, 11, 29), None, 1, 5, 0, 0),
    ]


@pytest.mark.parametrize("dialect", [ATHENA, BIGQUERY])
def test_every_query_can_be_read_in_its_own_dialect(dialect: str) -> None:
    """Sqlglot reads each as one statement that asks and changes nothing."""
    sqlglot = importlib.import_module("sqlglot")
    made = queries(dialect, [Place("s", "one", "", "p/raw_images")], NOW, only=["p"])
    assert set(made) == set(MEANINGS)
    for query in made.values():
        (read,) = sqlglot.parse(query, read=dialect)
        assert isinstance(read, sqlglot.exp.Select)


def test_only_buckets_of_that_cloud_are_named(lab: Path) -> None:
    """A query for Athena knows nothing of Google's buckets, and the other way round."""
    declared = labfile.load(lab)
    assert {place.store for place in places_in(declared, ATHENA)} == {"cloud"}
    assert {place.store for place in places_in(declared, BIGQUERY)} == {"gcs"}
    assert {place.store for place in places_of(declared)} == {"cloud", "gcs"}


def test_the_verb_writes_queries_and_reads_nothing(lab: Path) -> None:
    """What is asked for, with the lab's buckets in it; as SQL, or as one JSON document."""
    arguments = ["--sql", "athena", "--ask", "summary", "--ask", "growth"]
    done = run(lab, *arguments)
    assert done.return_value == 0, done.output
    assert [line for line in done.stdout.splitlines() if line.startswith("-- ") and ":" in line][1:] == [
        "-- summary: current versions by project, level, storage class and age",
        "-- growth: how levels grew between reports",
    ]
    assert done.stdout.count("WHEN 'lab-alpha-raw-images-cloud'") > 1
    as_json = run(lab, *arguments, "--json")
    assert set(json.loads(as_json.stdout)["queries"]) == {"summary", "growth"}


@pytest.mark.parametrize("arguments", [["--sql", "athena", "report"], ["--ask", "growth", "report"]])
def test_sql_and_reports_do_not_go_together(lab: Path, arguments: list[str]) -> None:
    """Either reports are read, or SQL is written."""
    assert isinstance(run(lab, *arguments).exception, click.UsageError)


def test_the_tables_of_the_page_have_the_columns_that_queries_read(repository: Path) -> None:
    """docs/audit/inventory.md makes the tables that the queries are asked of."""
    sqlglot = importlib.import_module("sqlglot")
    text = (repository / "docs" / "audit" / "inventory.md").read_text(encoding="utf-8")
    athena, bigquery = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    (made,) = sqlglot.parse(athena, read=ATHENA)
    named = {column.name for column in made.find_all(sqlglot.exp.ColumnDef)}
    assert named == {*COLUMNS[ATHENA], "source"}
    (made,) = sqlglot.parse(bigquery, read=BIGQUERY)
    assert made.find(sqlglot.exp.Table).name == "inventory"
