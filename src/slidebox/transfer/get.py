"""Bring a dataset back from whichever copy is whole, verified against its manifest."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.provenance import CRATE_FILE, FileEntry, Manifest, decode, digest
from slidebox.quantities import human_bytes
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.places import Content, Held, Place, Progress, Quiet, verified
from slidebox.transfer.put import WORKERS, Receipt, in_parallel


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
        fetch = _Fetch(manifest, copies, folder, progress, notes)
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


class _Fetch:
    """One download."""

    def __init__(
        self, manifest: Manifest, copies: Sequence[Place], folder: DrivePlace, progress: Progress, notes: list[str]
    ) -> None:
        self._manifest, self._copies, self._folder = manifest, copies, folder
        self._progress, self._notes = progress, notes
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._wanted: list[FileEntry] = []
        self.written = 0
        self.skipped = 0

    def run(self, workers: int) -> None:
        """Fetch what is not there, after making sure that nothing has to be overwritten."""
        self._progress.start(self._manifest.dataset, self._manifest.bytes)
        in_parallel(self._manifest.files, self._compare, workers, self._stop)
        free = self._folder.free()
        needed = sum(entry.size for entry in self._wanted)
        if free is not None and needed > free:
            raise UnreadableError(
                f"{self._folder.name} has {human_bytes(free)} free, and {human_bytes(needed)} are to be fetched.",
                "Make room, or name a folder on a larger disk.",
            )
        in_parallel(sorted(self._wanted), self._fetch, workers, self._stop)

    def _compare(self, entry: FileEntry) -> None:
        held = self._folder.holds(Content(entry))
        with self._lock:
            if held is Held.NOTHING:
                self._wanted.append(entry)
            elif held is Held.SAME:
                self.skipped += 1
                self._progress.advance(entry.size)
                self._progress.finished(entry.path, self._folder.name, written=False)
            else:
                raise InputError(
                    f"{self._folder.folder / entry.path} exists with other bytes and is not overwritten.",
                    "Move it away, or name another folder.",
                )

    def _fetch(self, entry: FileEntry) -> None:
        failures: list[SlideboxError] = []
        for place in self._copies:
            try:
                self._copy(place, entry)
            except _DestinationError as error:
                raise error.cause from error
            except SlideboxError as error:
                failures.append(error)
                more = " Trying the next copy." if place is not self._copies[-1] else ""
                self._note(f"{error.message}{more}")
                continue
            with self._lock:
                self.written += 1
                self._progress.finished(entry.path, place.name, written=True)
            return
        reasons = " ".join(dict.fromkeys(f.message for f in failures))
        damaged = any(isinstance(f, IntegrityError) for f in failures)
        kind = IntegrityError if damaged else UnreadableError
        raise kind(
            f"{entry.path} of {self._manifest.dataset} could not be fetched whole from any copy. {reasons}",
            "Put the folder it came from again with --reread, or restore the file from a backup.",
        )

    def _copy(self, place: Place, entry: FileEntry) -> None:
        with place.read(entry.path) as chunks:
            watched = _Watched(verified(self._counted(chunks), entry, place.name))
            try:
                self._folder.write(Content(entry), watched)
            except SlideboxError as error:
                if watched.failed:
                    raise
                raise _DestinationError(error) from error

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._stop.is_set():
                raise InterruptedError
            yield chunk
            with self._lock:
                self._progress.advance(len(chunk))

    def _note(self, sentence: str) -> None:
        with self._lock:
            self._notes.append(sentence)
            self._progress.note(sentence)


class _Watched(Iterator[bytes]):
    """Chunks that remember whether it was their own source that failed."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.failed = False

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except SlideboxError:
            self.failed = True
            raise


class _DestinationError(Exception):
    """The folder on this machine failed: another copy would not help."""

    def __init__(self, cause: SlideboxError) -> None:
        super().__init__(str(cause))
        self.cause = cause
