"""`slidebox report`: the page for whoever runs a lab's storage, as one HTML file."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import click

from slidebox import labfile
from slidebox.cli.console import Output
from slidebox.cli.report_gather import Asked, Gathered, gather
from slidebox.cli.report_serve import Renewed, Server, ended_by_signals, files_of
from slidebox.cli.report_writing import write
from slidebox.prices import Range
from slidebox.quantities import human_bytes
from slidebox.report.found import counted
from slidebox.report.page import render
from slidebox.report.page.as_json import as_json
from slidebox.report.page.data import Page
from slidebox.report.page.withheld import without_secrets

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(name="report")
@click.argument("folder", type=click.Path(path_type=Path), metavar="[OUT]", required=False)
@click.option("--live", is_flag=True, help="Ask every store who has access, as `audit access` does.")
@click.option("--access", type=_FILE, metavar="FILE", help="Take who has access from what `audit access --save` wrote.")
@click.option(
    "--spend", type=click.Path(path_type=Path), multiple=True, metavar="PATH", help="Bills in FOCUS; may be repeated."
)
@click.option("--inventory", multiple=True, metavar="REPORT", help="An inventory of a store; may be repeated.")
@click.option(
    "--log",
    "logs",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Logs of when data were read; may be repeated.",
)
@click.option("--files-only", is_flag=True, help="Read the lab's files alone: no engine and no store is asked.")
@click.option("--force", is_flag=True, help="Replace an OUT/index.html that is not such a page.")
@click.option("--serve", is_flag=True, help="Serve it to this machine, and renew it when the lab's files change.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="With --serve: where; a free one if not given.")
@click.option("--json", "as_document", is_flag=True, help="Write the page's values as one JSON document.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    *,
    folder: Path | None,
    live: bool,
    access: Path | None,
    spend: tuple[Path, ...],
    inventory: tuple[str, ...],
    logs: tuple[Path, ...],
    files_only: bool,
    force: bool,
    serve: bool,
    port: int,
    as_document: bool,
) -> int:
    """Write one static page for whoever runs the lab's storage: OUT/index.html.

    Datasets and where they are in each term, who can read what and by which path, what was made from what, cost,
    findings with their cures, waivers, moves and drives that are due, and what is not known. The file needs no
    network and can be mailed; it says who can read what, so only its owner can open it. Exits with 3 if
    something that was asked for could not be read: the page is written all the same, and says so.
    """
    output = Output(as_document)
    if live and access:
        raise click.UsageError("--live asks the stores and --access reads a file: name one of them.")
    if live and files_only:
        raise click.UsageError("--live asks the stores and --files-only does not: name one of them.")
    if serve and (folder or as_document or force):
        raise click.UsageError("--serve writes nothing: leave out OUT, --force and --json.")
    if port and not serve:
        raise click.UsageError("--port goes with --serve.")
    if folder is None and not as_document and not serve:
        raise click.UsageError("Name the folder to write into, such as report/, or say --serve.")
    asked = Asked(lab_dir, dt.datetime.now(tz=dt.UTC), files_only, live, access, spend, inventory, logs)
    if serve:
        return _serve(output, asked, port)
    found = gather(asked, output)
    if folder is not None:
        html = render(found.page)
        target = write(folder, html, force=force)
        alone = not target.stat().st_mode & 0o077
        output.line(str(target))
        output.say(f"{human_bytes(len(html.encode()))}{', for its owner alone' if alone else ''}.")
    _say(output, found)
    output.document(as_json(without_secrets(found.page)))
    return 3 if found.failures else 0


def _serve(output: Output, asked: Asked, port: int) -> int:
    """Serve the page until somebody ends it."""
    root = labfile.find_root(asked.lab_dir or Path.cwd())

    def build() -> str:
        return render(gather(replace(asked, now=dt.datetime.now(tz=dt.UTC)), output).page)

    renewed = Renewed(build, lambda: files_of(root, *asked.files))
    with Server(renewed, port) as server:
        output.line(server.url)
        output.say("Served to this machine alone, and renewed when the lab's files change. Ctrl-C ends it.")
        renewed.start()
        try:
            with ended_by_signals():
                server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            output.say("Ended.")
        finally:
            renewed.end()
    return 0


def _say(output: Output, found: Gathered) -> None:
    """The page in a few lines, and what could not be read."""
    for sentence in summary(found.page):
        output.say(sentence)
    for failure in found.failures:
        output.error(f"could not be read: {failure}")


def summary(page: Page) -> tuple[str, ...]:
    """What the page says, in a few sentences for a terminal."""
    monthly = sum((one.monthly for one in page.datasets), Range())
    kinds = [one.severity for one in page.findings]
    outside = len({one.principal for one in page.readers if one.comes_from_outside})
    places = sum(one.now for one in page.placements)
    return (
        f"{counted(len(page.datasets), 'dataset')} with {human_bytes(sum(one.bytes for one in page.datasets))} in "
        f"{counted(places, 'place')}, ${monthly.usual:,.2f} a month.",
        f"{counted(kinds.count('refusal'), 'refusal')}, {counted(kinds.count('warning'), 'warning')}, "
        f"{kinds.count('waived')} waived; {counted(len(page.moves), 'move')} and "
        f"{counted(len(page.visits), 'drive')} due; {counted(outside, 'reader')} from outside.",
        *([f"{counted(len(page.unknown), 'thing')} not known; the page says what."] if page.unknown else []),
    )
