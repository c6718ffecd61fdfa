"""`slidebox put`: upload a dataset into the places the plan gave it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import desk
from slidebox.cli.transferring import document, files, in_words, listening, pairs
from slidebox.flow.putting import put
from slidebox.provenance import Value
from slidebox.quantities import human_bytes
from slidebox.transfer import Existing
from slidebox.transfer.describe import StepGiven
from slidebox.transfer.ready import Ready


@click.command(name="put")
@click.argument("dataset", metavar="PROJECT/LEVEL")
@click.argument("source", metavar="FOLDER", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--as", "principal", metavar="NAME", help="Whose keys to use; the first contributor's if not given.")
@click.option("--metadata", multiple=True, callback=pairs, metavar="NAME=VALUE", help="What is known about the data.")
@click.option(
    "--pipeline",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Clone of the pipeline that made the data: its commit is written down.",
)
@click.option("--step-repository", default="", metavar="ADDRESS", help="The pipeline's repository.")
@click.option("--step-commit", default="", metavar="COMMIT", help="The commit that ran.")
@click.option("--step-container", default="", metavar="IMAGE", help="The container image that ran.")
@click.option("--step-date", type=click.DateTime(["%Y-%m-%d"]), help="The day it ran; today if not given.")
@click.option("--parameter", multiple=True, callback=pairs, metavar="NAME=VALUE", help="What the pipeline was told.")
@click.option("--add", "existing", flag_value="add", help="Keep published files that the folder lacks.")
@click.option("--replace", "existing", flag_value="replace", help="The folder becomes the dataset.")
@click.option("--reread", is_flag=True, help="Read back what is there, instead of believing kept checksums.")
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    *,
    dataset: str,
    source: Path,
    principal: str | None,
    metadata: dict[str, str],
    pipeline: Path | None,
    step_repository: str,
    step_commit: str,
    step_container: str,
    step_date: dt.datetime | None,
    parameter: dict[str, str],
    existing: str | None,
    reread: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Upload a folder into every place of a dataset, verify each file, and publish it.

    The step that made the data is taken from the project file; options go before it. A broken upload
    goes on where it stopped when the same command is run again.
    """
    output = Output(as_json)
    parameters: dict[str, Value] = {name: _value(text) for name, text in parameter.items()}
    step = StepGiven(
        repository=step_repository,
        commit=step_commit,
        container=step_container,
        parameters=parameters,
        date=step_date.date() if step_date else None,
        pipeline=pipeline,
    )
    found = desk(lab_dir)
    found.entries(dataset)  # where the record does not hold, that is said before anything is read
    ready = found.whereabouts.datasets.ready(
        dataset, source, principal=principal, step=step, metadata=metadata, reread=reread
    )
    _announce(output, ready)
    if dry_run:
        output.say("Nothing was written: this was a dry run.")
        output.document({"dataset": dataset, "files": ready.files, "bytes": ready.bytes, **_where(ready)})
        return 0
    with listening(as_json) as progress:
        receipt = put(
            ready, found.book, existing=Existing(existing or "refuse"), progress=progress, refresh=found.refresh
        )
    for line in in_words(receipt):
        output.say(line)
    if any(receipt.skipped.values()) and not reread:
        output.say("What was there already was compared by kept checksums; --reread reads every byte of it.")
    output.say(f"{dataset} is published: {files(len(receipt.manifest.files))}, crate {receipt.crate_sha256[:12]}")
    output.document({**document(receipt), **_where(ready)})
    return 0


def _announce(output: Output, ready: Ready) -> None:
    who = f" as {ready.principal}" if ready.principal else ""
    output.say(f"{ready.dataset}: {files(ready.files)}, {human_bytes(ready.bytes)}{who}")
    for place in ready.locations:
        output.say(f"  copy {place.copy}: {place.name}")
    for note in ready.notes:
        output.say(f"note: {note}")


def _where(ready: Ready) -> dict[str, object]:
    return {
        "principal": ready.principal or None,
        "locations": [place.id for place in ready.locations],
        "warnings": list(ready.notes),
    }


def _value(text: str) -> Value:
    """A parameter as a number or truth where it is written as one."""
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
