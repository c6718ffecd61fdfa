"""`slidebox audit inventory`: what lies in stores by their own inventories, and whose it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from slidebox.cli.audit_inventory_text import show
from slidebox.cli.auditing import Scene
from slidebox.cli.console import Output
from slidebox.cli.inventory_sql import write_sql
from slidebox.drives import Drive
from slidebox.errors import InputError
from slidebox.inventory import Gathered, gathered, summed
from slidebox.inventory.judging import Answers, findings_of, may_be_named, open_datasets
from slidebox.inventory.warehouse import DIALECTS, MEANINGS
from slidebox.model import Lab, StoreKind

VERSION = 1
"""Of the JSON document (docs/audit/inventory.md)."""


_NO_LAB = (
    "There is no lab here: whose anything is, is not known. Say where it is: slidebox --lab DIR audit inventory ..."
)


@click.command()
@click.argument("reports", nargs=-1, metavar="REPORT...")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Only this project, dataset, store or bucket; may be repeated."
)
@click.option(
    "--sql",
    type=click.Choice(DIALECTS),
    help="Read nothing: write the questions as SQL, for reports that lie in Athena or BigQuery.",
)
@click.option(
    "--ask",
    multiple=True,
    type=click.Choice(list(MEANINGS)),
    metavar="QUESTION",
    help=f"With --sql: only this, of {', '.join(MEANINGS)}; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def inventory(
    lab_dir: Path | None,
    reports: tuple[str, ...],
    only: tuple[str, ...],
    sql: str | None,
    ask: tuple[str, ...],
    as_json: bool,
) -> int:
    """What lies in stores by their own inventories: how much of what, how old, and whose.

    A REPORT is a manifest of S3 Inventory, Google's Storage Insights or Azure's blob inventory, a folder with
    some, or a list of files (docs/audit/inventory.md). STORE=FILE is a list of a store's files, STORE=FOLDER the
    folder in which it is mounted now, and STORE alone a drive as it is now. Exits with 1 if anything is open to
    anyone that is not declared so, not encrypted, or nobody's, and with 3 if a report could not be taken.
    """
    output = Output(as_json)
    scene = Scene.of(lab_dir, dt.datetime.now(tz=dt.UTC), needed=False)
    if sql:
        if reports:
            raise click.UsageError("With --sql no report is read: name none.")
        return write_sql(output, scene, sql, ask, only)
    if ask:
        raise click.UsageError("--ask goes with --sql.")
    if not reports:
        raise click.UsageError("Name at least one report.")
    paths, stores = given(reports, scene.lab, scene.root)
    with (
        output.working("reading inventories"),
        gathered(paths, scene.lab, root=scene.root or Path.cwd(), now=scene.now, stores=stores) as found,
    ):
        kept = _kept(found, only, scene.lab)
        answers = Answers.of(kept.table, scene.now)
        total = summed(kept)
    if scene.lab is None:
        total = replace(total, notes=(*total.notes, _NO_LAB))
    named = open_datasets(scene.lab) if scene.lab else frozenset()
    findings = findings_of(answers, scene.lab, named)
    show(output, kept.reports, total, answers, findings)
    output.document(
        {
            "version": VERSION,
            "reports": [
                {
                    "kind": one.kind,
                    "place": one.place,
                    "store": one.store,
                    "taken": one.taken.isoformat(),
                    "source": str(one.source),
                    "files": len(one.parts),
                }
                for one in kept.reports
            ],
            "findings": [{"kind": kind, "message": said} for kind, said in findings],
            "holdings": [asdict(one) for one in total.holdings],
            "duplicates": [asdict(one) for one in total.duplicates],
            **_rows(answers, named),
            "excluded": list(total.excluded),
            "notes": list(total.notes),
        }
    )
    return 3 if total.excluded else int(bool(findings))


def given(reports: Iterable[str], lab: Lab | None, root: Path | None) -> tuple[list[Path], dict[str, Path]]:
    """The paths, and those of stores: a drive's name is the drive, and what is there with an equals sign is a path.

    Parameters
    ----------
    reports
        As they were named.
    lab, root
        What is declared, and the lab's folder, from which paths of drives count; None where there is no lab.

    Raises
    ------
    InputError
        If one is not there, or a store is named twice.
    UnreadableError
        If a drive is not there, or another one is in its place.
    """
    paths: list[Path] = []
    stores: dict[str, Path] = {}
    for report in reports:
        store, equals, path = report.partition("=")
        drive = _drive(report, lab, root)
        if drive is None and (Path(report).exists() or not equals):
            paths.append(Path(report))
        elif store in stores:
            raise InputError(f"{store!r} is named twice.", "Give one list of each store.")
        else:
            stores[store] = drive or Path(path)
    for one in (*paths, *stores.values()):
        if not one.exists():
            raise InputError(f"There is no file or folder {one}.", "Name a report, or a drive of the lab.")
    return paths, stores


def _drive(name: str, lab: Lab | None, root: Path | None) -> Path | None:
    """Where a drive of the lab is mounted now, with its mark; None where that is no drive's name."""
    if lab is None or root is None:
        return None
    store = lab.file.stores.get(name)
    if store is None or store.kind is not StoreKind.DRIVE:
        return None
    return Drive.of(lab.file.lab, root, name, store).require()


def _kept(found: Gathered, only: Sequence[str], lab: Lab | None) -> Gathered:
    """What was asked for.

    Raises
    ------
    InputError
        If neither the lab nor a report has one of the names.
    """
    if not only:
        return found
    table = found.table
    names = list(only)
    known = {one.place for one in found.reports} | {one.store for one in found.reports}
    if lab is not None:
        known |= {*lab.projects, *lab.file.stores}
        known |= {f"{name}/{level}" for name, project in lab.projects.items() for level in project.datasets}
    for name in names:
        named = table.filter((table.bucket == name) | (table.dataset == name)).count()
        if name not in known and not named.to_pyarrow().as_py():
            raise InputError(
                f"Neither the lab nor a report has a project, dataset, store or bucket {name!r}.",
                "--only takes one of them, as they are written in the tables.",
            )
    asked = table.project.isin(names) | table.dataset.isin(names) | table.store.isin(names) | table.bucket.isin(names)
    return replace(found, table=table.filter(asked))


def _rows(answers: Answers, named: frozenset[str]) -> Mapping[str, Any]:
    """The rows of each answer; an object is named only where it may be."""
    exposed = [{**row, "example": row["example"] if may_be_named(row, named) else None} for row in answers.exposed]
    return {**asdict(answers), "exposed": exposed}
