"""`slidebox rules`: what the lab's rules demand."""

from __future__ import annotations

from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.policy import list_rules
from slidebox.policy.handbook import write_handbook


@click.command(name="rules")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.option(
    "--markdown",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a page for each rule into DIR.",
)
def command(as_json: bool, folder: Path | None) -> int:
    """List the rules: what each demands, of what, and how grave it is."""
    output = Output(as_json)
    if folder is not None:
        written = write_handbook(folder)
        output.document([rule.id for rule in written])
        output.say(f"{len(written)} rules have a page in {folder}.")
        return 0
    rules = list_rules()
    output.document([rule.document() for rule in rules])
    output.table(
        "The lab's rules",
        ("rule", "demands", "judges", "severity", "waivable"),
        (
            (r.id.replace("/", "/\n"), r.title, " and\n".join(r.scope), r.severity, "yes" if r.waivable else "no")
            for r in rules
        ),
        whole=("rule", "judges", "severity", "waivable"),
    )
    output.say("Each in full, with its cure and why: slidebox rules --markdown DIR.")
    return 0
