"""`slidebox move`: bring a dataset into the places that the plan has for it."""

from __future__ import annotations

from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import Desk, asked, desk, how_long
from slidebox.cli.transferring import files, listening
from slidebox.flow.estimate import estimate_move
from slidebox.flow.moving import Moved, Moving, move, plan_move
from slidebox.flow.retiring import left_over
from slidebox.flow.whereabouts import Copy
from slidebox.quantities import human_bytes
from slidebox.transfer import Progress
from slidebox.transfer.aside import Retirable


@click.command(name="move")
@click.argument("dataset", metavar="PROJECT/LEVEL")
@click.option("--to", metavar="STORE", help="Fill this store only; every planned one if not given.")
@click.option("--keep-old", is_flag=True, help="Leave what the plan does not have any more where it is.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, dataset: str, to: str | None, keep_old: bool, dry_run: bool, as_json: bool) -> int:
    """Copy a dataset into the places that the plan has for it, prove that it arrived, and set the old copies aside.

    Every file is compared with its checksum as it is read, and once more as it is read back from where it
    went. An old copy goes only if the rules agree with what stays; it can be brought back for 30 days
    (`slidebox retire --undo`). A move that was stopped goes on where it was.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    asked(found.lab, [dataset])
    with (journal := found.whereabouts.journal(dataset)).open():
        copies = found.whereabouts.copies(dataset, writing=True, journal=journal)
        moving = plan_move(dataset, copies, found.entries(dataset), to)
        _announce(output, found, moving, keep_old)
        if dry_run:
            output.say("Nothing was moved: this was a dry run.")
            output.document(_document(moving, Moved(), [], []))
            return 0
        with listening(as_json) as progress:
            done = move(moving, found.book, progress, refresh=found.refresh)
            gone, refused = ([], []) if keep_old or to else _retire(found, dataset, moving, progress)
    for copy in moving.targets:
        name = copy.location.store
        output.say(f"{name}: {files(done.written[name])} written and read back, {done.skipped[name]} there already")
    for token in gone:
        output.say(f"set aside: {token}; `slidebox retire {dataset} --undo` brings it back for 30 days")
    for sentence in refused:
        output.kind("warning", f"an old copy stays: {sentence}")
    output.document(_document(moving, done, gone, refused))
    return int(bool(refused))


def _announce(output: Output, found: Desk, moving: Moving, keep_old: bool) -> None:
    manifest = moving.manifest
    output.say(f"{moving.dataset}: {files(len(manifest.files))}, {human_bytes(manifest.bytes)}")
    output.say(f"  from {', '.join(copy.location.name for copy in moving.sources)}")
    for copy in moving.targets:
        cost = estimate_move(found.lab, moving.now.location, copy.location.store, len(manifest.files), manifest.bytes)
        output.say(
            f"  into {copy.location.name}, about {how_long(cost.hours)}{f', ${cost.usd:.2f}' if cost.usd else ''}"
        )
    if not moving.targets:
        output.say("  it is whole wherever the plan has it")
    for copy in moving.left:
        output.say(
            f"  {'stays in' if keep_old else 'is set aside in'} {copy.location.name}, which the plan has no more"
        )


def _retire(found: Desk, dataset: str, moving: Moving, progress: Progress) -> tuple[list[str], list[str]]:
    """Set aside what the plan has no more; answers the names of that, and why the rest stays."""
    retirer = found.retirer(progress)
    retirer.finish(found.entries(dataset), dataset)
    copies = found.whereabouts.copies(dataset, writing=True)
    doomed = left_over(copies, moving.now.crate)
    if not doomed:
        if unread := [copy.problem for copy in copies if copy.problem and not copy.offline]:
            return [], unread
        others = [copy.location.name for copy in copies if not copy.planned and copy.complete]
        return [], [f"{name} has another version than the planned copies; see `slidebox moves`" for name in others]
    stay = [f"slidebox sets nothing aside in {c.location.name}" for c in doomed if not isinstance(c.place, Retirable)]
    doomed = tuple(copy for copy in doomed if isinstance(copy.place, Retirable))
    if not doomed:
        return [], stay
    retiring = found.retirement(dataset, copies, doomed)
    if retiring.refused:
        return [], [*stay, *map(str, retiring.refused)]
    just_read = {copy.location.id for copy in moving.targets}
    verified = [copy for copy in copies if copy.location.id in just_read]
    done = retirer.retire(retiring, "moved to where the plan has it", verified)
    return [entry.aside for entry in done], stay


def _document(moving: Moving, done: Moved, gone: list[str], refused: list[str]) -> dict[str, object]:
    def names(copies: tuple[Copy, ...]) -> list[str]:
        return [copy.location.name for copy in copies]

    return {
        "dataset": moving.dataset,
        "files": len(moving.manifest.files),
        "bytes": moving.manifest.bytes,
        "sources": names(moving.sources),
        "targets": names(moving.targets),
        "left": names(moving.left),
        "written": done.written,
        "skipped": done.skipped,
        "set_aside": gone,
        "stays_because": refused,
        "notes": done.notes,
    }
