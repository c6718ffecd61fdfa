"""`slidebox moves`: what the plan wants moved or retired now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import asked, desk, how_long
from slidebox.cli.wanting import Survey, survey
from slidebox.flow.wanted import Wanted
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
    here = survey(found, asked(found.lab, names), named=bool(names))
    _say(output, here)
    for sentence in here.offline.values():
        output.say(f"note: {sentence}")
    for store, why in sorted(here.silent.items()):
        output.say(f"note: {store} was not asked for copies that no record names: {why}")
    document: dict[str, object] = {"wanted": [asdict(one) for one in here.todo], "unread": list(here.unread)}
    document |= {"nowhere": list(here.nowhere), "offline": here.offline, "not_asked": here.silent}
    output.document(document)
    return 3 if here.unread else int(bool(here.todo))


def _say(output: Output, here: Survey) -> None:
    for one in here.todo:
        path = " → ".join(filter(None, (one.source, one.target))) if one.dataset else ""
        size = f"{human_bytes(one.bytes)}, {one.files} files" if one.files else ""
        cost = f"about {how_long(one.hours)}" if one.target else ""
        usd = f"${one.usd:,.2f}" if one.usd else ""
        output.say(f"{one.dataset or one.source}: {one.why}{f' ({path})' if path else ''}: {one.sentence}")
        if size:
            output.say(f"  {', '.join(filter(None, (size, cost, usd)))}")
        output.line(f"  {one.command}")
    if here.todo:
        output.say(_total(here.todo))
    for sentence in here.unread:
        output.kind("error", sentence)
    if here.nowhere:
        output.say(f"{counted(len(here.nowhere), 'dataset')} without a place yet: their stack was never made.")
    if not here.todo and not here.unread:
        output.say("Everything that was put lies where the plan has it, and nowhere else.")


def _total(todo: Sequence[Wanted]) -> str:
    """What all of it comes to."""
    copied = [one for one in todo if one.target]
    usd = sum(one.usd for one in todo)
    moved = (
        f", {human_bytes(sum(one.bytes for one in copied))} to copy in about {how_long(sum(o.hours for o in copied))}"
        if copied
        else ""
    )
    return f"In all {counted(len(todo), 'thing')} to do{moved}{f', ${usd:,.2f}' if usd else ''}."
