"""`slidebox record`: what was done to a project's data, and whether the record still says what was written."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from slidebox import labfile
from slidebox.audit.decisions import OUTSIDE
from slidebox.cli.console import Output
from slidebox.errors import InputError
from slidebox.flow.book import Book
from slidebox.home import Home
from slidebox.provenance.record import Entry
from slidebox.quantities import human_bytes


@click.command(name="record")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, projects: tuple[str, ...], as_json: bool) -> int:
    """Show what was put, moved and retired, and follow the chain: a changed or missing entry shows.

    Exit code 1 where a record is not what was written.
    """
    output = Output(as_json)
    root = labfile.find_root(lab_dir or Path.cwd())
    lab = labfile.load(root)
    for name in projects:
        if name not in lab.projects:
            raise InputError(f"The lab has no project {name!r}.", f"It has {', '.join(sorted(lab.projects))}.")
    book = Book(Home(root))
    document: dict[str, object] = {}
    broken = 0
    names = projects or (*sorted(lab.projects), *([OUTSIDE] if book.path(OUTSIDE).is_file() else []))
    for project in names:
        record = book.read(project)
        for entry in record.entries:
            output.say(f"{entry.at} {entry.by}: {_in_words(entry)}{f': {entry.note}' if entry.note else ''}")
        if record.broken:
            broken += 1
            output.kind("error", f"{book.path(project)}:{record.broken.line}: {record.broken.why}.")
        elif record.entries:
            output.say(f"{project}: {len(record.entries)} entries, and the chain holds")
        document[project] = {
            "entries": [asdict(entry) for entry in record.entries],
            "broken": asdict(record.broken) if record.broken else None,
        }
    if not broken and not any(book.read(p).entries for p in names):
        output.say("Nothing was recorded yet.")
    output.document(document)
    return int(bool(broken))


def _in_words(entry: Entry) -> str:
    """What was done to what; a decision about readers has no places and no files."""
    said = f"{entry.act} {entry.dataset}"
    if not entry.spots:
        return said
    places = ", ".join(spot.name for spot in entry.spots)
    return f"{said} in {places}, {entry.files} files, {human_bytes(entry.bytes)}"
