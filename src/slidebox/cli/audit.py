"""`slidebox audit`: who can read what, against what is declared; what drifted; what was decided; what was spent."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from slidebox.access.changes import changes
from slidebox.access.compare import UNKNOWN_ACCESS, Difference
from slidebox.access.effective import Location, document
from slidebox.access.review import rows_of
from slidebox.cli.audit_drift import drift
from slidebox.cli.audit_inventory import inventory
from slidebox.cli.audit_review import review as review_command
from slidebox.cli.audit_review import write_sheet
from slidebox.cli.audit_spend import spend
from slidebox.cli.audit_text import show_changes, show_differences, show_readers, summary
from slidebox.cli.auditing import (
    Logs,
    Scene,
    Source,
    declared_in,
    held_against,
    load_snapshot,
    locations_of,
    snapshot_of,
)
from slidebox.cli.console import Output
from slidebox.errors import InputError
from slidebox.report.found import counted

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Who can read what, by which path, against what is declared; what is not as it was made; what was spent."""


command.add_command(review_command)
command.add_command(drift)
command.add_command(spend)
command.add_command(inventory)


@command.command()
@click.argument("only", nargs=-1, metavar="[PROJECT|STORE]...")
@click.option(
    "--who", metavar="WHO", help="Only what this person, team, service or account can do, by name or identity."
)
@click.option(
    "--dataset", "datasets", multiple=True, metavar="PROJECT/LEVEL", help="Only this dataset; may be repeated."
)
@click.option("--snapshot", type=_FILE, metavar="FILE", help="Audit what --save wrote, with no credentials.")
@click.option("--preview", type=_FILE, metavar="FILE", help="Audit a saved `pulumi preview --json --show-sames`.")
@click.option("--state", type=_FILE, metavar="FILE", help="Audit an exported stack: `pulumi stack export`.")
@click.option("--terraform", type=_FILE, metavar="FILE", help="Audit `terraform show -json` of a plan or a state.")
@click.option(
    "--save", type=_FILE, metavar="FILE", help="Write what the stores answered into FILE; no secret is in it."
)
@click.option("--since", type=_FILE, metavar="FILE", help="Say what has changed since this snapshot.")
@click.option(
    "--log",
    "logs",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="PATH",
    help="A file or folder of logs (CloudTrail, Google's audit logs, Azure's): when somebody really read last.",
)
@click.option("--review", type=_FILE, metavar="SHEET.csv", help="Write a sheet on which stewards decide about readers.")
@click.option(
    "--calls-a-second", type=click.FloatRange(min=0.1), metavar="N", help="Ask each store no faster than this."
)
@click.option(
    "--full", is_flag=True, help="Ask stores for everything, keys, copies and websites too; takes more calls."
)
@click.option("--all", "every", is_flag=True, help="Show every reader, however many there are.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def access(
    lab_dir: Path | None,
    *,
    only: tuple[str, ...],
    who: str | None,
    datasets: tuple[str, ...],
    snapshot: Path | None,
    preview: Path | None,
    state: Path | None,
    terraform: Path | None,
    save: Path | None,
    since: Path | None,
    logs: tuple[Path, ...],
    review: Path | None,
    calls_a_second: float | None,
    full: bool,
    every: bool,
    as_json: bool,
) -> int:
    """Who can read and write what, by which path, against what the lab declares.

    Asks the running stores; with a file reads that instead, and needs neither credentials nor a lab. Public
    access comes first, then what has ended, what is too much, what is not known and what is missing. Exits
    with 1 if anything is not as declared, and with 3 if something could not be read and nothing else is wrong.
    """
    output = Output(as_json)
    source = Source(snapshot, preview, state, terraform)
    if source.count > 1:
        raise click.UsageError("--snapshot, --preview, --state and --terraform go alone.")
    scene = Scene.of(lab_dir, dt.datetime.now(tz=dt.UTC), needed=not source.file)
    projects, stores = _meant(scene, only, datasets)
    taken = snapshot_of(source, scene, stores, output, calls_a_second, fully=full)
    if save:
        save.write_text(json.dumps(taken.document(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    locations = _kept(locations_of(taken, scene), projects, stores, datasets)
    differences = held_against(locations, taken, scene, declared_in(scene, projects, output))
    read = Logs.of(logs, locations, output)
    changed = None
    if since:
        earlier = load_snapshot(since)
        changed = changes(_kept(locations_of(earlier, scene), projects, stores, datasets), locations)
        changed = read.told(changed, scene, earlier.taken) if read else changed
    done = read.activity(scene) if read else ()
    reads = read.reads(scene, done) if read else None
    unsure: tuple[Difference, ...] = ()
    if who:
        names = _standing_for(scene, who)
        unsure = tuple(one for one in differences if one.kind == UNKNOWN_ACCESS and one.principal not in names)
        locations = _of(locations, names)
        differences = tuple(one for one in differences if one.principal in names)
        changed = None if changed is None else tuple(one for one in changed if one.principal in names)
    if review:
        write_sheet(output, review, scene, rows_of(locations, differences, reads))
    show_readers(output, locations, reads, every=every)
    show_differences(output, differences)
    if changed is not None:
        show_changes(output, changed, str(since))
    notes = [*([_unsure(unsure, str(who))] if unsure else []), *taken.notes]
    output.say(summary(locations, differences, notes, whole=not unsure))
    answer = document(locations) | {
        "source": taken.source,
        "taken": taken.taken or None,
        "notes": notes,
        "differences": [one.document() for one in differences],
    }
    if changed is not None:
        answer["changes"] = [one.document() for one in changed]
    if read:
        answer["activity"] = [one.document() for one in done if one.location in locations]
    output.document(answer)
    return _exit_code((*differences, *unsure))


def _unsure(unknown: Sequence[Difference], who: str) -> str:
    """What is said where somebody alone was asked about, and somebody unknown may be they."""
    many = f"{counted(len(unknown), 'way')} in {'is' if len(unknown) == 1 else 'are'} unknown"
    return f"{many}: each may be open to {who} too. `slidebox audit access` says where and why."


def _meant(scene: Scene, only: Sequence[str], datasets: Sequence[str]) -> tuple[list[str], list[str]]:
    """The projects and the stores that were named.

    Raises
    ------
    InputError
        If a name is neither.
    """
    if scene.lab is None:
        if only:
            raise InputError(
                f"There is no lab here that would say what {only[0]!r} is.", "Name no project or store, or give --lab."
            )
        return [], []
    projects = [name for name in only if name in scene.lab.projects]
    stores = [name for name in only if name in scene.lab.file.stores]
    for name in only:
        if name not in projects and name not in stores:
            known = ", ".join([*scene.lab.projects, *scene.lab.file.stores])
            raise InputError(f"{name!r} is neither a project nor a store of the lab.", f"There are: {known}.")
    for dataset in datasets:
        if scene.lab.project_of(dataset) is None:
            raise InputError(f"There is no dataset {dataset!r} in this lab.", "Write it as PROJECT/LEVEL.")
    return projects, stores


def _kept(
    locations: Mapping[str, Location], projects: Collection[str], stores: Collection[str], datasets: Collection[str]
) -> dict[str, Location]:
    """The locations that were asked about."""
    return {
        name: location
        for name, location in locations.items()
        if (not projects or location.dataset.partition("/")[0] in projects)
        and (not stores or location.store in stores)
        and (not datasets or location.dataset in datasets)
    }


def _standing_for(scene: Scene, who: str) -> set[str]:
    """Every principal that somebody is: by themselves, by the teams they are in, and as anyone."""
    kinds = ("person", "team", "service", "account")
    asked = who if who.partition(":")[0] in kinds or who in ("anyone", "any_account", "unknown") else ""
    names = {asked} if asked else {scene.known.called(who), *(f"{kind}:{who}" for kind in kinds)}
    if scene.lab:
        people = {name.partition(":")[2] for name in names if name.startswith("person:")}
        names |= {f"team:{name}" for name, team in scene.lab.file.teams.items() if people & {*team.members}}
    return names if who == "unknown" else names | {"anyone", "any_account"}


def _of(locations: Mapping[str, Location], names: Collection[str]) -> dict[str, Location]:
    found = {}
    for name, location in locations.items():
        readers = tuple(one for one in location.readers if one.principal in names)
        if readers:
            found[name] = replace(location, readers=readers)
    return found


def _exit_code(differences: Iterable[Difference]) -> int:
    kinds = {one.kind for one in differences}
    if kinds - {UNKNOWN_ACCESS}:
        return 1
    return 3 if kinds else 0
