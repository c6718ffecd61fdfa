"""The questions as SQL, for a lab whose inventories lie in Athena or BigQuery already. Pure.

The reports are one table there, of S3 Inventory or of Google's Storage Insights, with the columns that these have and
with what says of which report a row is. Each query makes the one table of it by itself, so that whoever asks needs to
make nothing. What a manifest would prove is not looked at: a report that is being written counts as far as it is there.

Sources: Amazon S3 User Guide, "Querying Amazon S3 Inventory with Amazon Athena"; Google Cloud, "Storage Insights
inventory reports" and "Query Cloud Storage data in external tables" (the pseudocolumn ``_FILE_NAME``), as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from slidebox.inventory import questions
from slidebox.inventory.columns import DAY, PLACE, Raw, is_folder, one_table
from slidebox.inventory.duplicates import beginnings, candidates, duplicates, newest
from slidebox.inventory.places import Place, named, places_of
from slidebox.inventory.reports import GOOGLE, PARQUET, S3
from slidebox.inventory.table import ibis_module, unbound
from slidebox.model import Lab, StoreKind

if TYPE_CHECKING:
    import ibis.expr.types as ir

ATHENA, BIGQUERY = "athena", "bigquery"
DIALECTS = (ATHENA, BIGQUERY)
"""Whose SQL is written."""

KINDS: Mapping[str, frozenset[StoreKind]] = {
    ATHENA: frozenset({StoreKind.AWS}),
    BIGQUERY: frozenset({StoreKind.GCS}),
}
"""Of which stores the inventories are."""

RECENT = dt.timedelta(days=35)
"""Only reports of so many days are read: five of one that comes every week."""

UNREAD = dt.timedelta(days=365)
"""For how long nobody has read what is called unread."""

ONE_TABLE = "objects"
"""What the one table is called in a query."""

_OBJECTS: Mapping[str, str] = {
    "bucket": "string",
    "key": "string",
    "version_id": "string",
    "is_latest": "boolean",
    "is_delete_marker": "boolean",
    "size": "int64",
    "last_modified_date": "timestamp",
    "storage_class": "string",
    "e_tag": "string",
    "is_multipart_uploaded": "boolean",
    "encryption_status": "string",
    "dt": "string",
}
_BLOBS: Mapping[str, str] = {
    "bucket": "string",
    "name": "string",
    "size": "int64",
    "timeCreated": "timestamp('UTC')",
    "timeDeleted": "timestamp('UTC')",
    "updated": "timestamp('UTC')",
    "storageClass": "string",
    "etag": "string",
    "md5Hash": "string",
    "generation": "int64",
    "_FILE_NAME": "string",
}
COLUMNS: Mapping[str, Mapping[str, str]] = {ATHENA: _OBJECTS, BIGQUERY: _BLOBS}
"""The columns that are read of the table of reports: those that slidebox has reports written with."""

_KINDS: Mapping[str, str] = {ATHENA: S3, BIGQUERY: GOOGLE}
_SNAPSHOT = r"_(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}_\d+\.parquet$"
"""The day in the name of a file of Storage Insights."""


def queries(
    dialect: str,
    places: Iterable[Place],
    now: dt.datetime,
    *,
    table: str = "inventory",
    only: Collection[str] = (),
) -> Mapping[str, str]:
    """Every question as a query, by its name.

    Parameters
    ----------
    dialect
        ``athena`` or ``bigquery``.
    places
        Where the lab's datasets lie in stores of that cloud.
    now
        This moment, from which ages count.
    table
        What the table of reports is called there.
    only
        Only these projects, datasets, stores or buckets.
    """
    ibis = ibis_module()
    made = ibis.to_sql(_objects(dialect, places, now, table), dialect=dialect)
    asked = unbound(ONE_TABLE)
    if only:
        names = sorted(only)
        asked = asked.filter(
            asked.project.isin(names) | asked.dataset.isin(names) | asked.store.isin(names) | asked.bucket.isin(names)
        )
    return {name: _with(made, ibis.to_sql(question, dialect=dialect)) for name, question in _asked(asked, now).items()}


def places_in(lab: Lab, dialect: str) -> tuple[Place, ...]:
    """Where the lab's datasets lie in stores of that cloud."""
    return tuple(place for place in places_of(lab) if lab.file.stores[place.store].kind in KINDS[dialect])


def _asked(table: ir.Table, now: dt.datetime) -> dict[str, ir.Table]:
    latest = newest(table)
    return {
        "summary": questions.summary(table, now),
        "holdings": questions.holdings(table),
        "small_objects": questions.small_objects(table),
        "leftovers": questions.leftovers(table, now),
        "duplicates": duplicates(candidates(latest, beginnings(latest))),
        "encryption": questions.encryption(table),
        "exposed": questions.exposed(table),
        "growth": questions.growth(table),
        "unread": questions.unread(table, now - UNREAD),
    }


MEANINGS: Mapping[str, str] = {
    "summary": "current versions by project, level, storage class and age",
    "holdings": "what lies of each dataset in each class of each bucket",
    "small_objects": "where small objects lie",
    "leftovers": "earlier versions and uploads that never ended, by age",
    "duplicates": "contents that lie more than once, by checksum and size",
    "encryption": "how everything is encrypted",
    "exposed": "what objects' own lists open to anyone, and where the reports do not say",
    "growth": "how levels grew between reports",
    "unread": "what nobody has read for a year, and where the reports do not say",
}
"""What each query asks, by its name."""


def _objects(dialect: str, places: Iterable[Place], now: dt.datetime, table: str) -> ir.Table:
    """The one table, made of the table of reports."""
    raw = ibis_module().table(COLUMNS[dialect], name=table)
    since = (now - RECENT).date()
    if dialect == ATHENA:
        # Text is compared with text, by which Athena leaves out partitions.
        raw = raw.filter(raw["dt"] >= since.isoformat())
        day = raw["dt"].left(10)
    else:
        day = raw["_FILE_NAME"].re_extract(_SNAPSHOT, 1)
    # All columns by their names: BigQuery has no `_FILE_NAME` among those of `*`.
    own = (name for name in raw.columns if name not in {"dt", "_FILE_NAME"})
    raw = raw.select(*own, **{PLACE: raw["bucket"], DAY: day.cast("date")})
    kind = _KINDS[dialect]
    raw = raw.filter(raw[DAY] >= ibis_module().literal(since), ~is_folder(kind, Raw(raw)))
    one = one_table(kind, PARQUET, raw)
    said = _by_bucket(places)
    if not said:
        return one
    store = one["bucket"].cases(*((bucket, names[0]) for bucket, names in said.items()), else_="")
    dataset = one["bucket"].cases(*((bucket, names[1]) for bucket, names in said.items()), else_="")
    return named(one, store, dataset)


def _by_bucket(places: Iterable[Place]) -> Mapping[str, tuple[str, str]]:
    """Store and dataset of each bucket; an empty dataset where several are declared there."""
    found: dict[str, set[Place]] = {}
    for place in places:
        if place.bucket and not place.folder:
            found.setdefault(place.bucket, set()).add(place)
    said = {}
    for bucket, those in sorted(found.items()):
        stores, datasets = {one.store for one in those}, {one.dataset for one in those}
        said[bucket] = (
            stores.pop() if len(stores) == 1 else "",
            datasets.pop() if len(datasets) == 1 else "",
        )
    return said


def _with(made: str, question: str) -> str:
    """A question with the one table before it."""
    lines = "\n".join(f"  {line}" for line in made.splitlines())
    first, _, rest = question.partition(" ")
    if first == "WITH":
        return f"WITH {ONE_TABLE} AS (\n{lines}\n), {rest}"
    return f"WITH {ONE_TABLE} AS (\n{lines}\n)\n{question}"
