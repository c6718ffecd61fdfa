"""`slidebox retire`: set copies aside that the rules let go, bring them back, delete them when their days are over."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import Desk, asked, confirm, desk, say_copies
from slidebox.cli.transferring import listening
from slidebox.drives import OfflineError
from slidebox.errors import InputError
from slidebox.flow.retiring import CAP, GRACE_DAYS, Retiring
from slidebox.flow.whereabouts import Copy
from slidebox.provenance.record import Kept
from slidebox.quantities import human_bytes


@click.command(name="retire")
@click.argument("dataset", metavar="[PROJECT/LEVEL]", required=False)
@click.option("--from", "store", metavar="STORE", help="Retire the copy in this store; all copies if not given.")
@click.option("--because", default="", metavar="TEXT", help="Why, for the record.")
@click.option("--delete", is_flag=True, help="Do it; without this, only say what would be done.")
@click.option("--yes", metavar="PROJECT/LEVEL", help="The dataset's name, where nobody is there to type it.")
@click.option("--most-of", metavar="STORE", help="Confirm that more than a tenth of what this store holds goes.")
@click.option("--undo", is_flag=True, help="Bring back what was set aside.")
@click.option("--purge", is_flag=True, help="Delete for good what has been set aside for long enough.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    *,
    dataset: str | None,
    store: str | None,
    because: str,
    delete: bool,
    yes: str | None,
    most_of: str | None,
    undo: bool,
    purge: bool,
    as_json: bool,
) -> int:
    """Set copies of a dataset aside, if the rules let them go: a list first, and nothing is done without --delete.

    What stays is read back and compared before anything goes. What goes is kept for 30 days where its store
    can: `--undo` brings it back, `--purge` deletes what is past that. Exit code 1 where the rules refuse.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    if purge:
        return _purge(output, found, dataset, delete=delete, as_json=as_json)
    if dataset is None:
        raise InputError("Which dataset is it about?", "Name it: `slidebox retire PROJECT/LEVEL`.")
    asked(found.lab, [dataset])
    if undo:
        return _undo(output, found, dataset, store, as_json=as_json)
    copies = found.whereabouts.copies(dataset, writing=delete)
    if delete:
        with listening(as_json) as progress:
            for one in found.retirer(progress).finish(found.entries(dataset), dataset):
                output.say(f"finished what was stopped: {one.entry.aside}")
        copies = found.whereabouts.copies(dataset, writing=True)
    doomed = [copy for copy in copies if copy.complete and store in (None, copy.location.store)]
    retiring = found.retirement(dataset, copies, doomed)
    _announce(output, retiring)
    if retiring.refused:
        output.findings(retiring.findings)
        output.document(_document(retiring, []))
        return 1
    if not delete:
        output.say("Nothing was retired: say --delete to do it.")
        output.document(_document(retiring, []))
        return 0
    confirm(dataset, f"{len(doomed)} copies of {dataset} go.", yes, "--yes")
    for name in retiring.over_the_cap:
        confirm(name, f"That is more than {CAP:.0%} of what {name} holds.", most_of, "--most-of")
    with listening(as_json) as progress:
        done = found.retirer(progress).retire(retiring, because)
    for entry in done:
        output.say(f"{entry.spots[0].name}: set aside until {entry.until} as {entry.aside}")
    output.document(_document(retiring, [entry.aside for entry in done]))
    return 0


def _announce(output: Output, retiring: Retiring) -> None:
    output.say(f"{retiring.dataset}: to be set aside for {GRACE_DAYS} days")
    say_copies(output, retiring.doomed)
    for store, part in sorted(retiring.share.items()):
        output.say(f"  that is {part:.0%} of what {store} holds, as far as the records know")
    if retiring.stays:
        output.say("What stays, and is read back first:")
        say_copies(output, retiring.stays)
    else:
        output.say("No copy of it stays. `slidebox reprocess` says what it could be made from again.")


def _undo(output: Output, found: Desk, dataset: str, store: str | None, *, as_json: bool) -> int:
    with listening(as_json) as progress:
        done = found.retirer(progress).undo(found.entries(dataset), dataset, store)
    for entry in done:
        output.say(f"{entry.spots[0].name}: {entry.files} files are back, and were read")
    output.document({"dataset": dataset, "restored": [entry.aside for entry in done]})
    return 0


def _purge(output: Output, found: Desk, dataset: str | None, *, delete: bool, as_json: bool) -> int:
    projects = [dataset.partition("/")[0]] if dataset else sorted(found.lab.projects)
    waiting: list[Kept] = []
    with listening(as_json) as progress:
        retirer = found.retirer(progress)
        due = [
            one
            for project in projects
            for one in retirer.due(found.book.entries(project))
            if dataset in (None, one.entry.dataset)
        ]
        for one in due:
            size = human_bytes(one.entry.bytes)
            output.say(
                f"{one.spot.name}: {one.entry.dataset}, {one.entry.files} files, {size}, until {one.entry.until}"
            )
            if delete:
                try:
                    retirer.purge(one)
                except OfflineError as error:
                    waiting.append(one)
                    output.kind("warning", f"it is deleted when its drive is there: {error}")
    if not due:
        output.say("Nothing has been set aside for long enough.")
    elif delete:
        output.say(f"{len(due) - len(waiting)} of them are deleted for good.")
    else:
        output.say("Nothing was deleted: say --delete to do it.")
    left = [one.entry.aside for one in waiting]
    output.document({"due": [asdict(one.entry) for one in due], "deleted": delete, "waiting": left})
    return 0


def _document(retiring: Retiring, done: list[str]) -> dict[str, object]:
    def about(copies: tuple[Copy, ...]) -> list[dict[str, object]]:
        return [
            {"place": c.location.name, "files": len(c.manifest.files), "bytes": c.manifest.bytes}
            for c in copies
            if c.manifest
        ]

    return {
        "dataset": retiring.dataset,
        "goes": about(retiring.doomed),
        "stays": about(retiring.stays),
        "share": dict(retiring.share),
        "findings": [asdict(finding) for finding in retiring.findings],
        "set_aside": done,
    }
