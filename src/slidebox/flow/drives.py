"""What is to be done about the lab's drives: those that are overdue for a visit, worn, or behind while offline.

Everything here is by the records and the declarations alone: a drive in a cupboard cannot be asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from slidebox.flow.estimate import estimate_move
from slidebox.flow.wanted import Wanted, Why
from slidebox.flow.whereabouts import Copy
from slidebox.model import Lab
from slidebox.provenance.record import Act, Entry, Kept, kept

WHOLE = "whole"
"""What the record notes of a visit that found nothing wrong."""


def on_store(entries: Sequence[Entry], store: str) -> Iterator[Kept]:
    """What a store holds of one project, by its record."""
    for dataset in sorted({entry.dataset for entry in entries}):
        yield from (one for one in kept(entries, dataset) if one.spot.store == store)


def last_read(entries: Iterable[Entry], one: Kept) -> dt.date:
    """The day on which every byte of a copy was last known to be right: written and read back, or visited.

    Parameters
    ----------
    entries
        The project's record.
    one
        The copy.
    """
    days = [
        entry.at
        for entry in entries
        if entry.dataset == one.entry.dataset and one.spot.key in {spot.key for spot in entry.spots}
        if entry.act in {Act.PUT, Act.MOVE, Act.RESTORE} or (entry.act is Act.VISIT and entry.note == WHOLE)
    ]
    return dt.datetime.fromisoformat(max(days)).date()


def overdue(lab: Lab, records: Iterable[Sequence[Entry]], today: dt.date) -> tuple[Wanted, ...]:
    """The drives on which something was not read back for longer than it may be.

    Parameters
    ----------
    lab
        What is declared.
    records
        The record of each project.
    today
        The day.
    """
    found = []
    whole = list(records)
    for name, store in lab.file.stores.items():
        if store.visit_every is None:
            continue
        held = [(one, last_read(entries, one)) for entries in whole for one in on_store(entries, name)]
        late = [(one, day) for one, day in held if (today - day).days > store.visit_every.days]
        if late:
            first = min(day for _, day in late)
            sentence = (
                f"{len(late)} of its {len(held)} dataset(s) were last read back {(today - first).days} days ago, on "
                f"{first}, and it is to be visited every {store.visit_every}"
            )
            found.append(_store(name, Why.VISIT, [one for one, _ in held], sentence, f"slidebox visit {name}"))
    return tuple(found)


def worn(lab: Lab, records: Iterable[Sequence[Entry]], today: dt.date) -> tuple[Wanted, ...]:
    """The drives with data on them that have served as long as was expected of them.

    Parameters
    ----------
    lab
        What is declared.
    records
        The record of each project.
    today
        The day.
    """
    found = []
    whole = list(records)
    for name, store in lab.file.stores.items():
        held = [one for entries in whole for one in on_store(entries, name)]
        ends = store.life_ends
        if ends is not None and ends < today and held:
            sentence = f"it was bought on {store.bought} for {store.life}, which ended on {ends}"
            command = f"declare a new drive in lab.yaml, `pulumi up`, and slidebox move each dataset off {name}"
            found.append(_store(name, Why.WORN, held, sentence, command))
    return tuple(found)


def _store(name: str, why: Why, held: Sequence[Kept], sentence: str, command: str) -> Wanted:
    files, size = sum(one.entry.files for one in held), sum(one.entry.bytes for one in held)
    return Wanted("", why, name, "", files, size, 0.0, 0.0, sentence, command)


def behind_offline(
    lab: Lab, dataset_id: str, copies: Sequence[Copy], now: Copy | None, entries: Sequence[Entry]
) -> tuple[Wanted, ...]:
    """The planned copies on drives that are not plugged in and that, by the record, are missing or of before.

    Parameters
    ----------
    lab
        What is declared.
    dataset_id
        ``project/level``.
    copies
        Where it lies or should lie.
    now
        The copy that is the dataset now; None where there is none that can be read.
    entries
        The project's record.
    """
    if now is None or now.manifest is None:
        return ()
    known = {one.spot.key: one.entry.manifest for one in kept(entries, dataset_id)}
    files, size = len(now.manifest.files), now.manifest.bytes
    source = now.location.store
    found = []
    for copy in copies:
        has, store = known.get(copy.spot.key), copy.location.store
        if not (copy.offline and copy.planned) or has == now.crate:
            continue
        cost = estimate_move(lab, now.location, store, files, size)
        why = Why.OUTDATED if has else Why.MISSING
        said = f"{store}, which is not plugged in, has {'another version of it' if has else 'no copy of it'}"
        command = f"plug in {store}, then slidebox move {dataset_id} --to {store}"
        found.append(Wanted(dataset_id, why, source, store, files, size, cost.hours, cost.usd, said, command))
    return tuple(found)
