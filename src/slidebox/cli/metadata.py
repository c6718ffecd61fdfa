"""`slidebox metadata`: the manifests of a project's data, in its repository of metadata."""

from __future__ import annotations

from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import desk
from slidebox.errors import InputError
from slidebox.flow.metadata import FOLDER, gather
from slidebox.systems import load_systems


@click.command(name="metadata")
@click.argument("project", metavar="PROJECT")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, project: str, dry_run: bool, as_json: bool) -> int:
    """Write the manifests of a project's data into the repository that holds its metadata.

    Each comes from the copy that is the dataset now. One is left out where somebody reads the repository who may not
    read the data: names of files can tell something about people.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    if project not in found.lab.projects:
        raise InputError(f"The lab has no project {project!r}.", f"It has {', '.join(sorted(found.lab.projects))}.")
    systems = load_systems(found.lab.file.playbook)
    gathered = gather(found.lab, systems, project, found.whereabouts.copies, found.book.entries(project))
    changed = False if dry_run else gathered.push()
    for path in gathered.files:
        output.say(f"{FOLDER}/{path}")
    for sentence in gathered.left_out:
        output.say(f"left out: {sentence}")
    said = "Nothing was written." if dry_run else f"{gathered.place.name} has them{'' if changed else ' already'}."
    output.say(said)
    output.document({"files": sorted(gathered.files), "left_out": gathered.left_out, "changed": changed})
    return 0
