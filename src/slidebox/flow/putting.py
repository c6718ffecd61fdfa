"""What the record says of a put."""

from __future__ import annotations

from collections.abc import Sequence

from slidebox.provenance.record import Act, Entry, Spot, kept
from slidebox.transfer.put import Receipt
from slidebox.transfer.ready import Ready


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
