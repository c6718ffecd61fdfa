"""`slidebox get`: bring a dataset back and verify it."""

from __future__ import annotations

from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.transferring import datasets, document, files, in_words, listening
from slidebox.quantities import human_bytes


@click.command(name="get")
@click.argument("dataset", metavar="PROJECT/LEVEL")
@click.argument("dest", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@click.option("--as", "principal", metavar="NAME", help="Whose keys to use; the first reader's if not given.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and fetch nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, dataset: str, dest: Path, principal: str | None, dry_run: bool, as_json: bool) -> int:
    """Bring a dataset into a folder and verify every file.

    A damaged file is fetched from the next copy. Files that are there and verified are not fetched
    again; other files are never overwritten.
    """
    output = Output(as_json)
    lab_datasets = datasets(lab_dir)
    if dry_run:
        manifest = lab_datasets.peek(dataset, principal)
        output.say(f"{dataset}: {files(len(manifest.files))}, {human_bytes(manifest.bytes)} into {dest}")
        output.say("Nothing was fetched: this was a dry run.")
        output.document({"dataset": dataset, "files": len(manifest.files), "bytes": manifest.bytes})
        return 0
    with listening(as_json) as progress:
        receipt = lab_datasets.get(dataset, dest, principal=principal, progress=progress)
    for line in in_words(receipt):
        output.say(line)
    got = receipt.manifest
    output.say(f"{dataset}: {files(len(got.files))}, {human_bytes(got.bytes)}, all verified")
    if receipt.notes:
        output.say(f"A copy that is damaged or lacks files is mended by: slidebox put {dataset} {dest} --reread")
    output.document(document(receipt))
    return 0
