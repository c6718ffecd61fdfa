"""Reports of all kinds, gathered into the one table with the lab's own names, and summed."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from slidebox.errors import InputError
from slidebox.inventory.answers import inventory_of
from slidebox.inventory.choosing import chosen
from slidebox.inventory.engine import Batch, Engine, batches, opened, whole
from slidebox.inventory.finding import Looked, reports_in, reports_of_stores
from slidebox.inventory.found import Inventory
from slidebox.inventory.places import Place, claims_on, near, placed, places_of
from slidebox.inventory.reports import Report
from slidebox.inventory.table import ibis_module, schema
from slidebox.model import Lab, StoreKind

if TYPE_CHECKING:
    import ibis.expr.types as ir

AHEAD = dt.timedelta(days=2)
"""How much later than a report something in it may have been changed: reports are not of one moment (Amazon S3 User
Guide, "Amazon S3 Inventory list", "Inventory consistency"), and one day is that of time zones."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Reports in the one table.

    Attributes
    ----------
    table
        The one table, which is read when it is asked.
    reports
        The reports in it, the oldest first.
    excluded
        What could not be taken, each in words with its file and why.
    notes
        What else is to be known, each a whole sentence.
    """

    table: ir.Table
    reports: tuple[Report, ...]
    excluded: tuple[str, ...]
    notes: tuple[str, ...]


@contextmanager
def gathered(
    paths: Iterable[Path],
    lab: Lab | None,
    *,
    root: Path,
    now: dt.datetime,
    stores: Mapping[str, Path] | None = None,
) -> Iterator[Gathered]:
    """Reports as the one table, for as long as the context lasts.

    Parameters
    ----------
    paths
        Manifests, lists of files, and folders with manifests (`slidebox.inventory.finding.reports_in`).
    lab
        What the lab has declared; None where there is no lab, and so nothing says whose data are.
    root
        The lab's folder, from which paths of drives count.
    now
        This moment, with a time zone.
    stores
        For a store of the lab, a list of its files, or the folder in which it is mounted now.

    Raises
    ------
    InputError
        If a path has no report, or there is no such store, or DuckDB is not installed.
    """
    given = dict(stores or {})
    for name in given:
        if lab is None or name not in lab.file.stores:
            known = ", ".join(lab.file.stores) if lab else "there is no lab here"
            raise InputError(f"{name!r} is no store of the lab.", f"Stores: {known}.")
    with opened() as engine:
        first = reports_in(paths, engine.folder)
        second = reports_of_stores(given, engine.folder, now)
        both = Looked(first.reports + second.reports, first.refused + second.refused, first.notes)
        yield _gathered(engine, both, lab, root)


def _gathered(engine: Engine, looked: Looked, lab: Lab | None, root: Path) -> Gathered:
    # A report that is not whole must not stand in for one that is: it goes before one is chosen.
    found, refused, notes = whole(engine, looked.reports)
    kept, others = chosen(found)
    places: dict[str, list[Place]] = {}
    for place in places_of(lab) if lab else ():
        places.setdefault(place.bucket, []).append(place)
    tables = [_placed(engine, batch, lab, places, root) for batch in batches(kept)]
    if not tables:
        table = ibis_module().memtable([], schema=schema())
    else:
        table = ibis_module().union(*tables) if len(tables) > 1 else tables[0]
    return Gathered(table, kept, (*looked.refused, *refused), (*looked.notes, *notes, *others))


def _placed(
    engine: Engine, batch: Batch, lab: Lab | None, places: Mapping[str, Sequence[Place]], root: Path
) -> ir.Table:
    table = engine.table(batch)
    if lab is None:
        return table
    roots = _roots(lab, root)
    claims = {claim for report in batch for claim in claims_on(report, lab, near(report, places), roots)}
    table = placed(table, sorted(claims))
    return table.mutate(store=ibis_module().literal(batch[0].store)) if batch[0].store else table


def _roots(lab: Lab, root: Path) -> dict[str, str]:
    """The absolute folder of each store that says one; a drive's counts from the lab's folder."""
    found = {}
    for name, store in lab.file.stores.items():
        if store.path and store.kind is not StoreKind.RCLONE:
            found[name] = os.path.normpath(root.absolute() / Path(store.path).expanduser())
    return found


def read(
    paths: Iterable[Path],
    lab: Lab | None,
    *,
    root: Path,
    now: dt.datetime,
    stores: Mapping[str, Path] | None = None,
) -> Inventory:
    """What reports say, summed: what lies where, what lies more than once, and what could not be taken.

    Parameters
    ----------
    paths, lab, root, now, stores
        As of `gathered`.

    Raises
    ------
    InputError
        As of `gathered`.
    """
    with gathered(paths, lab, root=root, now=now, stores=stores) as found:
        return summed(found)


def summed(found: Gathered) -> Inventory:
    """What gathered reports say."""
    inventory = inventory_of(found.table, found.excluded)
    return replace(inventory, notes=(*found.notes, *_ahead(inventory)))


def _ahead(inventory: Inventory) -> Iterator[str]:
    """Places with objects that were changed after their report."""
    said = set()
    for one in inventory.holdings:
        if one.newest and one.as_of and one.newest.date() - one.as_of > AHEAD and one.bucket not in said:
            said.add(one.bucket)
            yield (
                f"{one.bucket} has objects that were changed on {one.newest:%Y-%m-%d}, after its report of "
                f"{one.as_of}: a clock was wrong, and their age counts as none."
            )
