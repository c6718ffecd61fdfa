"""What is asked of inventories, written once: Ibis expressions over the one table (`slidebox.inventory.table`).

They run unchanged on DuckDB and Spark, and are written out as SQL for Athena and BigQuery. Each takes the table and
gives back a small one, in a fixed order: what is summed is summed in the engine, and nothing asks for the rows
themselves. Where reports of several days lie in the table, all but `growth` speak of the newest of each place.

What is compared are moments with moments, as the caller gives them: no engine works out an age for each row, and none
is asked for the time or its time zone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import TYPE_CHECKING

from slidebox.inventory.bands import Bands, load_bands
from slidebox.inventory.found import Holding
from slidebox.inventory.table import ibis_module

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PLACE = ("store", "bucket")
_HOLDING = tuple(field.name for field in fields(Holding))


def summary(table: ir.Table, now: dt.datetime, bands: Bands | None = None) -> ir.Table:
    """Current versions by project, level, storage class and band of age.

    Parameters
    ----------
    table
        The one table.
    now
        When ages are asked about, with a time zone.
    bands
        The bands; slidebox's own by default.

    Returns
    -------
    Table
        ``project, level, storage_class, band, age, objects, bytes``; `band` is the place of `age` among the bands.
    """
    bands = bands or load_bands()
    groups = table.group_by(*_PLACE, "as_of", "project", "level", "storage_class", band=_band(table, now, bands))
    summed = _newest(groups.aggregate(**_counted(table, _current(table))))
    summed = summed.filter(summed.objects > 0)
    keys = ("project", "level", "storage_class", "band")
    summed = summed.group_by(*keys).aggregate(objects=summed.objects.sum(), bytes=summed.bytes.sum())
    return _named(summed, bands).select(*keys, "age", "objects", "bytes").order_by(*keys)


def holdings(table: ir.Table, bands: Bands | None = None) -> ir.Table:
    """What lies of each dataset in each class of each place: the columns of `slidebox.inventory.found.Holding`.

    Parameters
    ----------
    table
        The one table.
    bands
        Which objects are small; slidebox's own by default.
    """
    small = (bands or load_bands()).small
    current, earlier = _current(table), _earlier(table)
    little = current & (table.bytes < small)
    keys = (*_PLACE, "dataset", "storage_class", "as_of")
    summed = table.group_by(*keys).aggregate(
        **_counted(table, current),
        **_counted(table, little, "small", "small_bytes"),
        **_counted(table, earlier, "noncurrent", "noncurrent_bytes"),
        **_counted(table, table.incomplete, "incomplete", "incomplete_bytes"),
        noncurrent_since=table.modified.min(where=earlier),
        incomplete_since=table.modified.min(where=table.incomplete),
        newest=table.modified.max(where=current),
        last_read=table.last_read.max(where=_held(table)),
    )
    summed = _newest(summed)
    summed = summed.filter((summed.objects > 0) | (summed.noncurrent > 0) | (summed.incomplete > 0))
    return summed.select(*_HOLDING).order_by(*keys)


def small_objects(table: ir.Table, bands: Bands | None = None) -> ir.Table:
    """Where small objects lie, and what share of a dataset they are; the most first.

    Parameters
    ----------
    table
        The one table.
    bands
        Which objects are small; slidebox's own by default.

    Returns
    -------
    Table
        ``store, bucket, dataset, storage_class, small, small_bytes, objects, bytes``.
    """
    held = holdings(table, bands)
    keys = (*_PLACE, "dataset", "storage_class")
    held = held.filter(held.small > 0).select(*keys, "small", "small_bytes", "objects", "bytes")
    return held.order_by(held.small.desc(), *keys)


def leftovers(table: ir.Table, now: dt.datetime, bands: Bands | None = None) -> ir.Table:
    """Earlier versions and uploads that never ended, by how long ago they were last changed.

    Parameters
    ----------
    table
        The one table.
    now
        When ages are asked about, with a time zone.
    bands
        The bands; slidebox's own by default.

    Returns
    -------
    Table
        ``store, bucket, dataset, storage_class, what, band, age, objects, bytes``; `what` is ``incomplete`` or
        ``noncurrent``.
    """
    ibis, bands = ibis_module(), bands or load_bands()
    what = ibis.ifelse(table.incomplete, "incomplete", "noncurrent")
    keys = (*_PLACE, "dataset", "storage_class")
    groups = table.group_by(*keys, "as_of", what=what, band=_band(table, now, bands))
    summed = _newest(groups.aggregate(**_counted(table, _earlier(table) | table.incomplete)))
    summed = summed.filter(summed.objects > 0)
    order = (*keys, "what", "band")
    return _named(summed, bands).select(*order, "age", "objects", "bytes").order_by(*order)


def encryption(table: ir.Table) -> ir.Table:
    """How versions are encrypted, earlier ones and uploads with them.

    Returns
    -------
    Table
        ``store, bucket, dataset, encryption, objects, bytes``.
    """
    keys = (*_PLACE, "dataset", "encryption")
    summed = _newest(table.group_by(*keys, "as_of").aggregate(**_counted(table, _held(table))))
    return summed.filter(summed.objects > 0).select(*keys, "objects", "bytes").order_by(*keys)


def exposed(table: ir.Table) -> ir.Table:
    """Where lists of objects let anyone in, and where nobody knows; what is known to be closed is left out.

    An earlier version counts as well: with its name it can be read like the current one.

    Returns
    -------
    Table
        ``store, bucket, dataset, public, public_bytes, unknown, objects, example``; `example` is the first key, by
        name, that is public.
    """
    ended = _held(table) & ~table.incomplete
    public = ended & table.is_public.fill_null(False)
    keys = (*_PLACE, "dataset")
    summed = table.group_by(*keys, "as_of").aggregate(
        **_counted(table, public, "public", "public_bytes"),
        unknown=table.count(where=ended & table.is_public.isnull()),
        objects=table.count(where=ended),
        example=table.key.min(where=public),
    )
    summed = _newest(summed)
    summed = summed.filter((summed.public > 0) | (summed.unknown > 0))
    return summed.select(*keys, "public", "public_bytes", "unknown", "objects", "example").order_by(*keys)


def unread(table: ir.Table, since: dt.datetime) -> ir.Table:
    """Current versions that nobody has read since a moment, and that are older than it.

    Parameters
    ----------
    table
        The one table.
    since
        The moment, with a time zone.

    Returns
    -------
    Table
        ``store, bucket, dataset, storage_class, unread, unread_bytes, unknown, unknown_bytes, last_read``: those last
        read before it, those of which the report does not say, and when any of all was read last. What was changed
        since is in neither.
    """
    moment = ibis_module().literal(since)
    old = _current(table) & ((table.modified < moment) | table.modified.isnull())
    # Spark counts nothing as null where a condition is null of every row.
    before = (table.last_read < moment).fill_null(False)
    keys = (*_PLACE, "dataset", "storage_class")
    summed = table.group_by(*keys, "as_of").aggregate(
        **_counted(table, old & before, "unread", "unread_bytes"),
        **_counted(table, old & table.last_read.isnull(), "unknown", "unknown_bytes"),
        last_read=table.last_read.max(where=_current(table)),
    )
    summed = _newest(summed)
    summed = summed.filter((summed.unread > 0) | (summed.unknown > 0))
    return summed.select(*keys, "unread", "unread_bytes", "unknown", "unknown_bytes", "last_read").order_by(*keys)


def growth(table: ir.Table) -> ir.Table:
    """How current versions of each level grew between the days of reports.

    A day is compared, place by place, with the day before on which that place was reported: places whose reports come
    at other times never look like growth. A level that a place had before and has no longer shrinks to nothing. The
    first report of a place grows by nothing, and so `since` is null where no place was reported before.

    Returns
    -------
    Table
        ``level, as_of, since, objects, bytes, more_objects, more_bytes``: what was reported of that day, and how much
        more it is than each place's report before, of which `since` is the earliest.
    """
    ibis = ibis_module()
    totals = table.group_by(*_PLACE, "level", "as_of").aggregate(**_counted(table, _current(table)))
    days = totals.select(*_PLACE, "as_of").distinct()
    levels = totals.filter(totals.objects > 0).select(*_PLACE, "level").distinct()
    grid = days.join(levels, _PLACE).select(*_PLACE, "level", "as_of")
    held = grid.left_join(totals, (*_PLACE, "level", "as_of"))
    held = held.select(*_PLACE, "level", "as_of", objects=held.objects.fill_null(0), bytes=held.bytes.fill_null(0))
    window = ibis.window(group_by=(*_PLACE, "level"), order_by="as_of")
    held = held.mutate(
        since=held.as_of.lag().over(window),
        more_objects=held.objects - held.objects.lag().over(window),
        more_bytes=held.bytes - held.bytes.lag().over(window),
    )
    summed = held.group_by("level", "as_of").aggregate(
        since=held.since.min(),
        objects=held.objects.sum(),
        bytes=held.bytes.sum(),
        more_objects=held.more_objects.sum().fill_null(0),
        more_bytes=held.more_bytes.sum().fill_null(0),
    )
    return summed.order_by("level", "as_of")


def _held(table: ir.Table) -> ir.BooleanValue:
    """What holds bytes: everything that does not only say that an object was deleted."""
    return ~table.is_delete_marker


def _current(table: ir.Table) -> ir.BooleanValue:
    return _held(table) & table.is_latest & ~table.incomplete


def _earlier(table: ir.Table) -> ir.BooleanValue:
    return _held(table) & ~table.is_latest & ~table.incomplete


def _counted(
    table: ir.Table, where: ir.BooleanValue, objects: str = "objects", size: str = "bytes"
) -> dict[str, ir.IntegerValue]:
    """How many versions those are and how much they hold; rows that are not meant stay, as they tell of a report."""
    return {objects: table.count(where=where), size: table.bytes.sum(where=where).fill_null(0)}


def _band(table: ir.Table, now: dt.datetime, bands: Bands) -> ir.IntegerValue:
    """The number of a version's band of age; one past the last where it is not known."""
    ibis = ibis_module()
    known = [(table.modified > ibis.literal(moment), band) for band, moment in enumerate(bands.since(now))]
    last = len(bands.names) - 1
    return ibis.cases(*known, (table.modified.notnull(), last), else_=last + 1)


def _named(table: ir.Table, bands: Bands) -> ir.Table:
    """With the names of bands, once everything is summed."""
    names = [(band, name) for band, name in enumerate(bands.names)]
    return table.mutate(age=table.band.cases(*names, else_=bands.none))


def _newest(summed: ir.Table) -> ir.Table:
    """What is of the newest report of each place; asked of sums, which are few, and not of every row.

    By rank: of the latest day DuckDB makes a join, for which it sums everything a second time.
    """
    ibis = ibis_module()
    age = ibis.rank().over(ibis.window(group_by=_PLACE, order_by=summed.as_of.desc()))
    return summed.mutate(_age=age).filter(lambda t: t["_age"] == 0).drop("_age")
