"""A put, from the folder to the record: the one way, for the verb and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slidebox.flow.book import Book
from slidebox.flow.metadata import Refresh
from slidebox.provenance import encode
from slidebox.provenance.record import Act, Entry, Spot, kept
from slidebox.transfer import Existing, Progress, Quiet
from slidebox.transfer.put import Receipt
from slidebox.transfer.ready import Ready


def put(
    ready: Ready,
    book: Book,
    *,
    existing: Existing = Existing.REFUSE,
    progress: Progress | None = None,
    refresh: Refresh | None = None,
) -> Receipt:
    """Put a folder into every place of a dataset, write it down, and bring its manifest among the project's metadata.

    The record is looked at first: where its chain does not hold, nothing is put.

    Parameters
    ----------
    ready
        What is to be done.
    book
        Where it is written down.
    existing
        What to do about files that are already published.
    progress
        Who is told.
    refresh
        Brings the manifest into the project's repository of metadata; what keeps it from that is a note of the receipt.

    Raises
    ------
    InputError
        If the folder cannot be the dataset, or published files would change unasked.
    IntegrityError
        If the record does not hold, or a place has other bytes than were sent.
    UnreadableError
        If a place cannot be reached or is full, or the record cannot be written.
    """
    told = progress or Quiet()
    entries = book.entries(ready.dataset.partition("/")[0])
    receipt = ready.put(existing, told)
    if (entry := put_entry(ready, receipt, entries)) is not None:
        book.append(entry)
    if refresh is None or not (note := refresh(ready.dataset, ready.locations[0], encode(receipt.manifest))):
        return receipt
    told.note(note)
    return replace(receipt, notes=(*receipt.notes, note))


def put_entry(ready: Ready, receipt: Receipt, entries: Sequence[Entry]) -> Entry | None:
    """The entry for a put that was done; None where the record says it already.

    The folder that was put is left out: records are shared, and names of folders on somebody's desk can name patients.

    Parameters
    ----------
    ready, receipt
        What was to be done, and what was.
    entries
        The record before.
    """
    spots = tuple(Spot(where.id, where.store, where.kind, where.where) for where in ready.locations)
    known = {one.spot.key: one.entry.manifest for one in kept(entries, ready.dataset)}
    last = [entry.manifest for entry in entries if entry.act is Act.PUT and entry.dataset == ready.dataset]
    if last[-1:] == [receipt.crate_sha256] and all(known.get(s.key) == receipt.crate_sha256 for s in spots):
        return None
    return Entry(
        act=Act.PUT,
        dataset=ready.dataset,
        spots=spots,
        files=len(receipt.manifest.files),
        bytes=receipt.manifest.bytes,
        manifest=receipt.crate_sha256,
    )
