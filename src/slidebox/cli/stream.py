"""`slidebox stream`: read public data piece by piece, take from each what is wanted, and keep none of it."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.flowing import Desk, desk
from slidebox.cli.transferring import listening
from slidebox.errors import InputError
from slidebox.flow.pieces import Piece, read_pieces
from slidebox.flow.sources import read_address, worker
from slidebox.flow.streaming import LEFT_DAYS, Streamed, Streaming, sweep
from slidebox.flow.tombstones import Tombstones, name_of
from slidebox.model import Keep, System
from slidebox.provenance import digest, encode
from slidebox.provenance.record import Act, Entry, Spot
from slidebox.quantities import human_bytes
from slidebox.transfer.describe import declared, draft
from slidebox.transfer.journal import Journal
from slidebox.transfer.ready import Location


@click.command(name="stream")
@click.argument("dataset", metavar="PROJECT/LEVEL")
@click.argument("listed", metavar="LIST", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("into", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@click.argument("words", metavar="-- COMMAND...", nargs=-1, type=click.UNPROCESSED)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Pieces at once.")
@click.option("--keep-going", is_flag=True, help="Go on with the other pieces where one fails.")
@click.option("--again", is_flag=True, help="Stream also what was done before.")
@click.option("--dry-run", is_flag=True, help="Read the list, say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    *,
    dataset: str,
    listed: Path,
    into: Path,
    words: tuple[str, ...],
    workers: int,
    keep_going: bool,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Read public data piece by piece, run a command on each, and delete it.

    LIST has an address a line, or is a table with the columns address, path, size and sha256. In the COMMAND
    {piece} is the piece's file, and {into} the FOLDER for what comes of it. A run that was stopped goes on where it
    was. Exit code 1 where pieces failed.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    where = _scratch(found, dataset)
    pieces = read_pieces(listed.read_text(encoding="utf-8"), str(listed))
    if not words:
        raise InputError(
            "Nothing says what to do with a piece.", "Add -- and a command, such as -- ./features {piece} {into}."
        )
    _announce(output, dataset, pieces, where)
    if dry_run:
        output.say("Nothing was read: this was a dry run.")
        output.document({"dataset": dataset, "pieces": len(pieces), "dry_run": True})
        return 0
    into.mkdir(parents=True, exist_ok=True)
    folder = Path(where.where)
    project, _, level = dataset.partition("/")
    journal = Journal(found.home.root / "streams" / f"{project}-{level}.jsonl")
    with journal.open(), listening(as_json) as progress:
        for name in sweep(folder, time.time()):
            output.say(f"deleted: {name}, left behind for more than {LEFT_DAYS} days")
        streaming = Streaming(
            folder, read_address, worker(words, into.resolve()), Journal() if again else journal, progress
        )
        done = streaming.run(pieces, workers=workers, keep_going=keep_going)
    entry = None if done.failed else _write_down(found, dataset, where, done)
    return _report(output, dataset, done, entry)


def _scratch(found: Desk, dataset: str) -> Location:
    """The scratch folder of a dataset that is streamed."""
    _, _, about = declared(found.lab, dataset)
    if about.keep is not Keep.STREAM:
        raise InputError(
            f"The lab keeps {dataset} (keep: {about.keep}), and slidebox streams only what it does not keep.",
            "Say `keep: stream` in the project file if its source is public and stays.",
        )
    for where in found.whereabouts.provisioned(dataset):
        if found.lab.file.stores[where.store].system is System.DELETION and not where.by_hand:
            return where
    raise InputError(
        f"No scratch folder was made for {dataset}.",
        "Give the store of system 'deletion' the kind 'drive' and a `path`, mark it with `slidebox mark`, and run "
        f"`pulumi up -s {dataset.partition('/')[0]}`.",
    )


def _announce(output: Output, dataset: str, pieces: tuple[Piece, ...], where: Location) -> None:
    known = sum(piece.size or 0 for piece in pieces)
    size = f", {human_bytes(known)} as far as the list says" if known else ""
    output.say(f"{dataset}: {len(pieces)} pieces{size}, through {where.where}")


def _write_down(found: Desk, dataset: str, where: Location, done: Streamed) -> Entry | None:
    """Say in the record what was deleted and where it can be had again; None where nothing was since."""
    _, _, about = declared(found.lab, dataset)
    known = any(entry.act is Act.STREAM and entry.dataset == dataset for entry in found.entries(dataset))
    if known and not done.now:
        return None
    plain = draft(found.lab, dataset, parents=(), step=None, metadata={}, today=found.today)
    manifest = replace(plain, files=tuple(done.files))
    data = encode(manifest)
    name = name_of(found.today, dataset, where.store, digest(data)[:8])
    Tombstones(found.home.lab_root).set(name, data)
    return found.book.append(
        Entry(
            act=Act.STREAM,
            dataset=dataset,
            spots=(Spot(where.id, where.store, where.kind, where.where),),
            files=len(manifest.files),
            bytes=manifest.bytes,
            manifest=digest(data),
            source=about.source or "",
            aside=name,
            note="worked on piece by piece and deleted; it can be read again from its source",
        )
    )


def _report(output: Output, dataset: str, done: Streamed, entry: Entry | None) -> int:
    size = human_bytes(sum(file.size for file in done.files))
    output.say(f"{dataset}: {len(done.files)} pieces streamed and deleted, {size}; {done.now} of them now")
    for path, why in sorted(done.failed.items()):
        output.kind("error", f"{path}: {why}")
    if entry is not None:
        output.say(
            f"recorded as entry {entry.number}: what was deleted is listed in record/tombstones/{entry.aside}.json"
        )
    output.document(
        {
            "dataset": dataset,
            "pieces": [asdict(file) for file in done.files],
            "now": done.now,
            "failed": done.failed,
            "entry": asdict(entry) if entry else None,
        }
    )
    return int(bool(done.failed))
