"""`slidebox moves`: what the plan wants moved or retired now."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import asked, desk, how_long, looked_for
from slidebox.flow.drives import behind_offline, overdue, worn
from slidebox.flow.wanted import Wanted, in_order, wanted
from slidebox.flow.whereabouts import current
from slidebox.provenance.record import Act
from slidebox.quantities import human_bytes
from slidebox.report.found import counted


@click.command(name="moves")
@click.argument("names", nargs=-1, metavar="[PROJECT[/LEVEL]]...")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, names: tuple[str, ...], as_json: bool) -> int:
    """List what the plan wants moved or retired now, what matters most first.

    Every place that has a dataset, should have it or may have it is looked at; of a drive that is not plugged in the
    record says what is on it. Drives that are overdue for a visit, or older than was expected of them, are listed
    too. Exit code 1 where there is something to do, 3 where a place could not be read.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    todo: list[Wanted] = []
    unread: list[str] = []
    nowhere: list[str] = []
    offline: dict[str, str] = {}
    for dataset in asked(found.lab, names):
        entries = found.entries(dataset)
        was_put = any(entry.act is Act.PUT and entry.dataset == dataset for entry in entries)
        copies, problem = looked_for(found, dataset)
        if problem:
            (unread if was_put or names else nowhere).append(f"{dataset}: {problem}")
            continue
        unread += [f"{dataset}: {copy.problem}" for copy in copies if copy.problem and not copy.offline]
        now = current(copies, entries, dataset)
        todo += wanted(found.lab, dataset, copies, now, found.today, was_put=was_put)
        todo += behind_offline(found.lab, dataset, copies, now, entries)
        offline |= {copy.location.store: copy.problem for copy in copies if copy.offline}
    if not names:
        records = [found.book.entries(project) for project in sorted(found.lab.projects)]
        todo += [*overdue(found.lab, records, found.today), *worn(found.lab, records, found.today)]
    todo = in_order(todo)
    _say(output, todo, unread, nowhere)
    for sentence in offline.values():
        output.say(f"note: {sentence}")
    silent = dict(found.whereabouts.silent)
    for store, why in sorted(silent.items()):
        output.say(f"note: {store} was not asked for copies that no record names: {why}")
    document: dict[str, object] = {"wanted": [asdict(one) for one in todo], "unread": unread, "nowhere": nowhere}
    document |= {"offline": offline, "not_asked": silent}
    output.document(document)
    return 3 if unread else int(bool(todo))


def _say(output: Output, todo: list[Wanted], unread: list[str], nowhere: list[str]) -> None:
    for one in todo:
        path = " → ".join(filter(None, (one.source, one.target))) if one.dataset else ""
        size = f"{human_bytes(one.bytes)}, {one.files} files" if one.files else ""
        cost = f"about {how_long(one.hours)}" if one.target else ""
        usd = f"${one.usd:,.2f}" if one.usd else ""
        output.say(f"{one.dataset or one.source}: {one.why}{f' ({path})' if path else ''}: {one.sentence}")
        if size:
            output.say(f"  {', '.join(filter(None, (size, cost, usd)))}")
        output.line(f"  {one.command}")
    if todo:
        output.say(_total(todo))
    for sentence in unread:
        output.kind("error", sentence)
    if nowhere:
        output.say(f"{len(nowhere)} dataset(s) have no place yet, as their stacks were never made.")
    if not todo and not unread:
        output.say("Everything that was put lies where the plan has it, and nowhere else.")


def _total(todo: list[Wanted]) -> str:
    """What all of it comes to."""
    copied = [one for one in todo if one.target]
    usd = sum(one.usd for one in todo)
    moved = (
        f", {human_bytes(sum(one.bytes for one in copied))} to copy in about {how_long(sum(o.hours for o in copied))}"
        if copied
        else ""
    )
    return f"In all {counted(len(todo), 'thing')} to do{moved}{f', ${usd:,.2f}' if usd else ''}."
