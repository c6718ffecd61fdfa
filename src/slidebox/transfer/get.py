"""Bring a dataset back from whichever copy is whole, verified against its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.provenance import CRATE_FILE, Manifest, decode, digest
from slidebox.transfer.copying import Copying
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.places import Place, Progress, Quiet
from slidebox.transfer.put import WORKERS, Receipt


def read_manifest(places: Sequence[Place], dataset: str, notes: list[str]) -> tuple[Manifest, bytes, tuple[Place, ...]]:
    """The manifest of a dataset, from the first copy whose manifest is whole.

    Parameters
    ----------
    places
        The copies, in order of preference.
    dataset
        Its id.
    notes
        Gets a sentence for each copy that was passed over.

    Returns
    -------
    tuple
        The manifest, its bytes, and the copies from the one it was read from on.

    Raises
    ------
    UnreadableError
        If no copy can be read, or nothing was put yet.
    IntegrityError
        If a copy can be read, but none is whole.
    """
    failures: list[SlideboxError] = []
    for number, place in enumerate(places):
        try:
            place.check()
            data = place.manifest()
            if data is None:
                notes.append(f"{place.name} has no complete copy of {dataset}")
                continue
            manifest = decode(data, f"The manifest in {place.name}")
        except SlideboxError as error:
            failures.append(error)
            notes.append(f"{place.name} was passed over: {error.message}")
            continue
        if manifest.dataset != dataset:
            raise InputError(f"{place.name} holds {manifest.dataset}, not {dataset}.", "Check the lab's files.")
        return manifest, data, tuple(places[number:])
    if failures:
        raise failures[0]
    raise UnreadableError(
        f"{dataset} has not been put yet: no copy of it is complete.", f"Put it with `slidebox put {dataset} FOLDER`."
    )


def get(
    places: Sequence[Place],
    dataset: str,
    dest: Path,
    *,
    progress: Progress | None = None,
    workers: int = WORKERS,
) -> Receipt:
    """Bring a dataset into a folder; files that are there and verified are not fetched again.

    Parameters
    ----------
    places
        Its copies, in order of preference.
    dataset
        Its id, ``project/level``.
    dest
        The folder; made where it is not there.
    progress
        Who is told.
    workers
        Files in transfer at once.

    Raises
    ------
    InputError
        If the folder holds other files under the same names, or another dataset.
    IntegrityError
        If a file is damaged in every copy that can be read.
    UnreadableError
        If no copy can be read, or the folder's disk is full.
    """
    notes: list[str] = []
    progress = progress or Quiet()
    manifest, data, copies = read_manifest(places, dataset, notes)
    for sentence in notes:
        progress.note(sentence)
    folder = _destination(dest, dataset)
    with folder.writing():
        fetch = Copying(manifest, copies, folder, progress, notes)
        fetch.run(workers)
        before = folder.manifest()
        if before != data:
            folder.publish(data, before)
    name = folder.name
    return Receipt(manifest, digest(data), {name: fetch.written}, {name: fetch.skipped}, tuple(notes))


def _destination(dest: Path, dataset: str) -> DrivePlace:
    try:
        dest.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{dest} cannot be made: {error.strerror}.", "Name another folder.") from error
    folder = DrivePlace(str(dest), dest)
    data = folder.manifest()
    if data is not None:
        there = decode(data, str(dest / CRATE_FILE)).dataset
        if there != dataset:
            raise InputError(f"{dest} holds {there}, not {dataset}.", "Name another folder.")
    return folder
