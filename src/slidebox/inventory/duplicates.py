"""Contents that lie more than once, within a place or in several: by checksum and size, exactly, in little memory.

Most contents lie once. So the whole table is first grouped by the beginning of the checksum alone: twelve characters,
which an engine keeps in place, counts and, where memory ends, writes aside. Only what shares that beginning is looked
at again with its whole checksum, kind and size. Places are gathered into lists, which engines cannot write aside; they
may be asked for in parts that have no content in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

BEGINNING = 12
"""Characters of a checksum that are counted first: 48 bits, and the most that DuckDB keeps in place of a string."""

SEPARATOR = "\n"
"""What stands between names in a list: no bucket, dataset or folder of a drive has one."""

_CONTENT = ("checksum_kind", "checksum", "bytes")


def newest(table: ir.Table) -> ir.Table:
    """The rows of the newest report of each place."""
    days = table.group_by("store", "bucket").aggregate(as_of=table.as_of.max())
    return table.semi_join(days, ("store", "bucket", "as_of"))


def beginnings(table: ir.Table) -> ir.Table:
    """With what more than one checksum begins; each with as much as is counted."""
    begun = _comparable(table).select(beginning=table.checksum.left(BEGINNING))
    often = begun.group_by("beginning").aggregate(copies=begun.count())
    return often.filter(often.copies > 1).select("beginning")


def candidates(table: ir.Table, often: ir.Table) -> ir.Table:
    """What may lie more than once: current versions whose checksums begin as others do.

    Empty ones and those without a checksum are left out.

    Parameters
    ----------
    table
        The one table, with one report of each place (`newest`).
    often
        The beginnings.

    Returns
    -------
    Table
        ``checksum_kind, checksum, bytes, store, bucket, dataset, copies``, a row for each content and dataset of a
        place.
    """
    keys = (*_CONTENT, "store", "bucket", "dataset")
    found = _comparable(table).select(*keys, beginning=table.checksum.left(BEGINNING))
    found = found.semi_join(often, "beginning")
    return found.group_by(*keys).aggregate(copies=found.count())


def duplicates(found: ir.Table, beginning: str = "") -> ir.Table:
    """Which places have how much in common, the most bytes first.

    Parameters
    ----------
    found
        The candidates.
    beginning
        How checksums begin that are looked at. Sums of parts that have nothing in common add up, row by row.

    Returns
    -------
    Table
        ``checksum_kind, places, datasets, groups, objects, bytes``: as `slidebox.inventory.found.Duplicates` has them,
        the names in a list with a line each.
    """
    if beginning:
        found = found.filter(found.checksum.startswith(beginning))
    again = found.group_by(*_CONTENT).aggregate(copies=found.copies.sum())
    again = again.filter(again.copies > 1)
    shared = found.semi_join(again, _CONTENT)
    places = _listed(shared.select(*_CONTENT, "store", "bucket").distinct(), "bucket").rename(places="bucket")
    named = shared.filter(shared.dataset != "").select(*_CONTENT, "dataset").distinct()
    datasets = _listed(named, "dataset").rename(datasets="dataset")
    contents = again.join(places, _CONTENT).left_join(datasets, _CONTENT)
    contents = contents.select(
        "checksum_kind",
        "places",
        datasets=contents.datasets.fill_null(""),
        objects=contents.copies - 1,
        held=(contents.copies - 1) * contents.bytes,
    )
    keys = ("checksum_kind", "places", "datasets")
    summed = contents.group_by(*keys).aggregate(
        groups=contents.count(), objects=contents.objects.sum(), bytes=contents.held.sum()
    )
    return summed.order_by(summed.bytes.desc(), *keys)


def _comparable(table: ir.Table) -> ir.Table:
    """Current versions whose contents can be compared."""
    return table.filter(
        table.is_latest,
        ~table.is_delete_marker,
        ~table.incomplete,
        table.bytes > 0,
        table.checksum.notnull(),
        table.checksum_kind.notnull(),
    )


def _listed(table: ir.Table, column: str) -> ir.Table:
    """The values of a column for each content, in order, a line each."""
    gathered = table.group_by(*_CONTENT).aggregate(**{column: table[column].collect()})
    return gathered.mutate(**{column: gathered[column].sort().join(SEPARATOR)})
