"""`slidebox mark STORE`: say once which mounted disk a drive store means."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from slidebox import drives, labfile
from slidebox.cli.console import Output
from slidebox.drives import Drive
from slidebox.errors import InputError
from slidebox.model import StoreKind


@click.command(short_help="Mark a mounted disk as the one a drive store means.")
@click.argument("store")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, store: str, yes: bool, as_json: bool) -> int:
    """Mark the disk that is mounted at STORE's path, or has its UUID or label, as the one STORE means.

    slidebox writes to a drive store only where it finds this mark, so an unmounted disk is an error
    and never a full system disk. A disk that carries another mark is refused.
    """
    out = Output(as_json)
    root = labfile.find_root(ctx.obj or Path.cwd())
    lab = labfile.load_lab_file(root)
    declared = lab.stores.get(store)
    if declared is None or declared.kind is not StoreKind.DRIVE:
        known = ", ".join(sorted(n for n, s in lab.stores.items() if s.kind is StoreKind.DRIVE)) or "none"
        what = "is not declared" if declared is None else f"is of kind {str(declared.kind)!r}"
        raise InputError(f"Store {store!r} {what}; a mark is for a drive.", f"The lab's drives: {known}.")
    folder = Drive.of(lab.lab, root, store, declared).root()
    if not declared.registered and not folder.is_dir() and folder.is_relative_to(root.absolute()):
        # An ordinary folder beside lab.yaml is no mount point: nothing can be mistaken for it.
        folder.mkdir(parents=True)
    before = drives.read_marker(folder)
    out.say(f"store  {store} ({declared.title or declared.system})")
    out.say(f"folder {folder}")
    out.say(f"disk   {drives.disk(folder)}")
    if before is None and not yes:
        if not sys.stdin.isatty():
            raise InputError(f"Is {folder} the disk of store {store!r}? Nobody is there to ask.", "Answer with --yes.")
        click.confirm("Is this the right disk?", abort=True)
    marker = drives.mark(lab.lab, store, folder)
    out.say("marked" if before is None else f"already marked on {marker.made}")
    out.document({**asdict(marker), "folder": str(folder), "disk": asdict(drives.disk(folder))})
    return 0
