"""`slidebox visit STORE`: read back everything on a drive that is on the desk."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import desk
from slidebox.cli.transferring import files, listening
from slidebox.drives import Drive
from slidebox.errors import InputError, IntegrityError
from slidebox.flow.visiting import Visit, Visited
from slidebox.model import StoreKind
from slidebox.quantities import human_bytes

_SHOWN = 5


@click.command(name="visit", short_help="Read back everything on a drive, and write down what came of it.")
@click.argument("store")
@click.option("--mend", is_flag=True, help="Restore what is damaged from another copy.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, store: str, mend: bool, as_json: bool) -> int:
    """Read back every byte of every dataset on STORE's drive, compare it, and write down what came of it.

    A bag is checked as a bag too. The day and the result go into the record of each project and onto the drive. A
    visit that was interrupted goes on where it was when it is run again within a week. Exit code 3 where anything is
    damaged; --mend restores it from another copy that is whole.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    stores = found.lab.file.stores
    declared = stores.get(store)
    if declared is None or declared.kind is not StoreKind.DRIVE:
        known = ", ".join(sorted(n for n, s in stores.items() if s.kind is StoreKind.DRIVE)) or "none"
        raise InputError(f"Store {store!r} is no drive of this lab; a visit is to a drive.", f"Its drives: {known}.")
    drive = Drive.of(found.lab.file.lab, found.home.lab_root, store, declared)
    seen: list[Visited] = []
    with listening(as_json) as progress:
        visit = Visit(
            found.lab, found.home, found.book, found.whereabouts.open, drive, progress=progress, today=found.today
        )
        for one in visit.run(mend=mend):
            seen.append(one)
            _say(output, one)
    if not seen:
        output.say(f"Nothing lies on {store}.")
    output.document({"store": store, "visited": [{**asdict(one), "whole": one.whole} for one in seen]})
    if damaged := [one for one in seen if not one.whole]:
        raise IntegrityError(
            f"{len(damaged)} of {len(seen)} datasets on {store} are damaged: {', '.join(d.dataset for d in damaged)}.",
            _cure(store, damaged),
        )
    return 0


def _say(output: Output, one: Visited) -> None:
    if one.whole:
        output.say(f"{one.dataset}: whole, {files(one.files)}, {human_bytes(one.bytes)}")
        return
    shown = [*one.damaged[:_SHOWN], *one.faults[:_SHOWN]]
    more = len(one.damaged) + len(one.faults) - len(shown)
    listed = "; ".join(shown) + (f"; and {more} more" if more else "")
    copies = ", ".join(spot.name for spot in one.elsewhere)
    restore = f"It can be restored from {copies}." if copies else "The record knows no other copy of it."
    output.kind("error", f"{one.dataset} is damaged: {listed}. {restore}")


def _cure(store: str, damaged: list[Visited]) -> str:
    if all(one.elsewhere for one in damaged):
        return f"`slidebox visit {store} --mend` restores them from the other copies. Then replace the drive soon."
    return (
        f"`slidebox visit {store} --mend` restores what another copy has. For the rest, put the folder that it came "
        "from again with --reread, or see `slidebox reprocess`."
    )
