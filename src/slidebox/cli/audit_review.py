"""`slidebox audit review`: what stewards decided about readers, recorded, and as edits of the project files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from slidebox import labfile
from slidebox.access.review import CONFIRM, REVOKE, Row, SheetError, from_csv, to_csv
from slidebox.audit.decisions import Edited, about, edited, may_decide
from slidebox.cli.auditing import Scene
from slidebox.cli.checking import lab_of
from slidebox.cli.console import Output
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.flow.book import Book
from slidebox.home import Home, replace_text
from slidebox.model import Lab
from slidebox.provenance.record import Act, Entry
from slidebox.report import review as review_page
from slidebox.report.found import counted, visible

_FILE_MODE = 0o644


def write_sheet(output: Output, path: Path, scene: Scene, rows: Sequence[Row]) -> None:
    """Write the sheet of a review, and the same as a page beside it.

    Raises
    ------
    InputError
        If it is there already: somebody may have decided on it.
    """
    page = path.with_suffix(".html")
    for file in (path, page):
        if file.exists():
            raise InputError(f"{file} is there already, and may hold decisions.", "Give the sheet another name.")
    lab = scene.lab.file.title if scene.lab else "stores"
    path.write_text(to_csv(rows), encoding="utf-8", newline="")
    title = f"Who has access: {lab}, {scene.today}"
    page.write_text(review_page.page(rows, title, path.name), encoding="utf-8")
    output.say(f"{counted(len(rows), 'reader')} to decide about: {path}, and as a page {page}.")


@click.command()
@click.argument("sheet", type=click.Path(path_type=Path, dir_okay=False), metavar="SHEET.csv")
@click.option("--by", metavar="NAME", help="Who decided, where the sheet does not say it: a person of lab.yaml.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded and changed, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def review(lab_dir: Path | None, sheet: Path, by: str | None, dry_run: bool, as_json: bool) -> int:
    """Read a sheet back: record who decided what, and take what was revoked out of the project files.

    Access itself changes when `pulumi up` is run for the projects whose files were changed. Exits with 1 where
    somebody has not decided yet, or something has to be done by hand.
    """
    output = Output(as_json)
    root, lab = lab_of(lab_dir)
    rows = [replace(row, by=row.by or (by or "")) for row in _read(sheet)]
    decided = [row for row in rows if row.decision]
    for number, row in enumerate(rows, 2):
        if row.decision:
            _require_entitled(lab, row, f"{sheet}:{number}")
    changed = _edits(root, lab, decided)
    recorded = _record(root, decided, dry_run=dry_run)
    if not dry_run:
        _write(root, changed)
    _say(output, rows, decided, changed, recorded, dry_run=dry_run)
    left = [said for one in changed.values() for said in one.left] + _outside(lab, decided)
    for said in left:
        output.kind("warning", visible(said))
    output.document(
        {
            "decided": len(decided),
            "undecided": len(rows) - len(decided),
            "recorded": recorded,
            "edits": {name: list(one.done) for name, one in changed.items() if one.done},
            "byHand": left,
            "dryRun": dry_run,
        }
    )
    return int(bool(left) or len(decided) < len(rows))


def _read(sheet: Path) -> tuple[Row, ...]:
    cure = "Write one with `slidebox audit access --review SHEET.csv`."
    try:
        return from_csv(sheet.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnreadableError(f"{sheet} cannot be read: {error.strerror or error}.", cure) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{sheet} is not written in UTF-8.", "Save it as CSV in UTF-8.") from error
    except SheetError as error:
        raise InputError(f"{sheet}:{error.line}: {error.why}.", cure) from error


def _require_entitled(lab: Lab, row: Row, where: str) -> None:
    """Insist that whoever decided is somebody, and answers for the data."""
    if not row.by:
        raise InputError(f"{where}: nothing says who decided.", "Write their name under 'by', or give --by NAME.")
    if row.by not in lab.file.people or lab.file.people[row.by].left is not None:
        known = ", ".join(sorted(lab.file.people))
        raise InputError(f"{where}: {row.by!r} is nobody of the lab.", f"People of lab.yaml: {known}.")
    if not may_decide(lab, row.by, row):
        raise InputError(
            f"{where}: {row.by} does not answer for {row.dataset or row.location}.",
            "Its owner, its stewards and the lab's auditors decide about it.",
        )


def _edits(root: Path, lab: Lab, decided: Sequence[Row]) -> dict[str, Edited]:
    """The project files that change, by the project's name."""
    found = {}
    for name in sorted({row.dataset.partition("/")[0] for row in decided if row.decision == REVOKE and row.dataset}):
        if name in lab.projects:
            file = _file(root, name)
            found[name] = edited(file.read_text(encoding="utf-8"), lab, lab.projects[name], decided)
    return found


def _file(root: Path, project: str) -> Path:
    return root / "projects" / f"{project}.yaml"


def _outside(lab: Lab, decided: Iterable[Row]) -> list[str]:
    """What to do about readers of places that nothing declares."""
    return [
        f"{row.principal} has access to {row.location}, which no project declares: take it away where it stands."
        for row in decided
        if row.decision == REVOKE and row.dataset.partition("/")[0] not in lab.projects
    ]


def _record(root: Path, decided: Iterable[Row], *, dry_run: bool) -> int:
    """Write decisions into the records, each once; how many were not there yet."""
    book = Book(Home(root))
    entries: dict[str, tuple[Entry, ...]] = {}
    number = 0
    for row in decided:
        act = Act.CONFIRM if row.decision == CONFIRM else Act.REVOKE
        reason = f": {row.reason}" if row.reason else ""
        note = f"{row.principal} ({row.actions}) at {row.location}, decided by {row.by}{reason}"
        dataset = about(row)
        project = dataset.partition("/")[0]
        if project not in entries:
            entries[project] = book.entries(project)
        before = [(entry.act, entry.note) for entry in entries[project] if _is_about(entry, dataset, row)]
        if before[-1:] == [(act, note)]:
            continue
        number += 1
        entry = Entry(act=act, dataset=dataset, spots=(), files=0, bytes=0, manifest="", note=note)
        if not dry_run:
            entries[project] = (*entries[project], book.append(entry))
    return number


def _is_about(entry: Entry, dataset: str, row: Row) -> bool:
    """Whether an entry is a decision about the same reader of the same place."""
    return (
        entry.act in {Act.CONFIRM, Act.REVOKE}
        and entry.dataset == dataset
        and entry.note.startswith(f"{row.principal} (")
        and f" at {row.location}, " in entry.note
    )


def _write(root: Path, changed: dict[str, Edited]) -> None:
    """Write the changed files; where the lab does not hold together any more, all of them are as they were."""
    before = {name: _file(root, name).read_text(encoding="utf-8") for name, one in changed.items() if one.done}
    try:
        for name in before:
            replace_text(_file(root, name), changed[name].text, _FILE_MODE)
        labfile.load(root)
    except SlideboxError as error:
        for name, text in before.items():
            replace_text(_file(root, name), text, _FILE_MODE)
        raise InputError(
            f"Without whoever was revoked the lab's files do not hold together: {error}",
            "The files are as they were; the decisions are recorded. Name somebody else, and read the sheet again.",
        ) from error


def _say(
    output: Output,
    rows: Sequence[Row],
    decided: Sequence[Row],
    changed: dict[str, Edited],
    recorded: int,
    *,
    dry_run: bool,
) -> None:
    confirmed = sum(row.decision == CONFIRM for row in decided)
    output.say(
        f"{counted(len(rows), 'reader')}: {confirmed} confirmed, {len(decided) - confirmed} revoked, "
        f"{len(rows) - len(decided)} not decided."
    )
    for name, one in changed.items():
        for said in one.done:
            output.say(f"projects/{name}.yaml: {said}")
    if dry_run:
        output.say("Nothing was written: this was a dry run.")
        return
    output.say(f"{counted(recorded, 'decision')} recorded.")
    if projects := [name for name, one in changed.items() if one.done]:
        output.say("Now run " + ", ".join(f"`pulumi up -s {name}`" for name in projects) + ".")
