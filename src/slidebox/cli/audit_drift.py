"""`slidebox audit drift`: what is there and not declared, declared and not there, or different."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from slidebox.access.effective import Location
from slidebox.access.reader import UNKNOWN
from slidebox.cli.auditing import Scene, Source, locations_of, snapshot_of
from slidebox.cli.console import Output
from slidebox.engine import Engine
from slidebox.errors import InputError, SlideboxError
from slidebox.home import Home
from slidebox.model import CLOUDS, StoreKind
from slidebox.report.drift import DIFFERENT, KINDS, MISSING, UNDECLARED, Drift, Step, drifts
from slidebox.report.drift import UNKNOWN as NOT_KNOWN
from slidebox.report.found import counted, visible

_LISTED = CLOUDS | {StoreKind.S3}
"""The kinds of stores of which everything that is there can be listed."""


@click.command()
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--stores/--no-stores", default=True, help="Also look in the stores for what no project declares.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def drift(lab_dir: Path | None, projects: tuple[str, ...], stores: bool, as_json: bool) -> int:
    """What is there and not declared, declared and not there, or different, and what mends it.

    Has the engine look at everything that the stacks made, property by property, against the project files;
    changes nothing. Exits with 1 if anything differs, and with 3 if something could not be looked at.
    """
    output = Output(as_json)
    scene = Scene.of(lab_dir, dt.datetime.now(tz=dt.UTC), needed=True)
    assert scene.lab is not None
    assert scene.root is not None
    for name in projects:
        if name not in scene.lab.projects:
            raise InputError(f"The lab has no project {name!r}.", f"It has {', '.join(sorted(scene.lab.projects))}.")
    engine = Engine(Home(scene.root))
    made = engine.stacks()
    found = [one for name in projects or sorted(scene.lab.projects) for one in _of_project(output, engine, name, made)]
    if stores and not projects:
        found += _undeclared(output, scene, engine, made)
    found.sort(key=lambda one: (KINDS.index(one.kind), one.stack, one.what, one.property))
    for one in found:
        output.kind(one.kind, visible(_in_words(one)))
        if one.cure:
            output.line(f"  {visible(one.cure)}")
    output.say(_summary(found))
    output.document({"version": 1, "drifts": [one.document() for one in found]})
    kinds = {one.kind for one in found}
    return 1 if kinds - {NOT_KNOWN} else 3 if kinds else 0


def _of_project(output: Output, engine: Engine, project: str, made: Collection[str]) -> Iterator[Drift]:
    if project not in made:
        yield Drift(MISSING, project, project, "stack", cure=f"pulumi up -s {project}")
        return
    try:
        with output.working(f"looking at what {project} made") as say:
            steps = engine.steps(project, on_line=say)
    except SlideboxError as error:
        yield Drift(NOT_KNOWN, project, project, "stack", there=error.message, cure=error.cure)
        return
    yield from drifts(project, map(_step, steps))


def _step(said: Mapping[str, Any]) -> Step:
    """A step of the engine's, with what is there and what is declared."""
    old, new = said.get("old") or {}, said.get("new") or {}
    detailed = said.get("detailedDiff") or {}
    return Step(
        operation=str(said.get("op", "")),
        urn=str(said["urn"]),
        properties=tuple(sorted(detailed or said.get("diffs") or ())),
        there={**(old.get("inputs") or {}), **(old.get("outputs") or {})} if old else None,
        wanted=new.get("inputs") if new else None,
    )


def _undeclared(output: Output, scene: Scene, engine: Engine, made: Iterable[str]) -> list[Drift]:
    """What the stores hold that no stack made and no project declares."""
    assert scene.lab is not None
    ours = {str(one.get("id", "")) for stack in made for one in engine.resources(stack)}
    names = {part for identity in ours for part in (identity, identity.rpartition("/")[2])}
    listed = [name for name, store in scene.lab.file.stores.items() if store.kind in _LISTED]
    if not listed:
        return []
    locations = locations_of(snapshot_of(Source(), scene, listed, output), scene)
    return [
        Drift(NOT_KNOWN, "", name, "store", there=location.readers[0].path[-1], cure="Let slidebox read the store.")
        if _is_unread(name, location)
        else Drift(
            UNDECLARED, "", name, location.kind, cure=f"slidebox adopt {location.store or 'STORE'}, or take it away"
        )
        for name, location in locations.items()
        if not location.dataset and location.name not in names
    ]


def _is_unread(name: str, location: Location) -> bool:
    return name == location.store and [reader.principal for reader in location.readers] == [UNKNOWN]


def _in_words(one: Drift) -> str:
    where = f"{one.what} ({one.type})" if one.type and one.type != "stack" else one.what
    of = f" of {one.stack}" if one.stack and one.stack != one.what else ""
    if one.kind == DIFFERENT:
        values = (
            f" is {one.there or 'not set'}, declared {one.declared or 'not set'}" if one.property != "facts" else ""
        )
        what = "what is declared of its data has changed" if one.property == "facts" else f"{one.property}{values}"
        return f"{where}{of}: {what}"
    said = {
        MISSING: "is declared and not there",
        UNDECLARED: "is there and not declared",
        NOT_KNOWN: f"could not be looked at: {one.there}",
    }
    return f"{where}{of} {said[one.kind].rstrip('.')}"


def _summary(found: Sequence[Drift]) -> str:
    counts = Counter(one.kind for one in found)
    said = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    return f"{counted(len(found), 'drift')}: {said}." if found else "Everything is as it is declared."
