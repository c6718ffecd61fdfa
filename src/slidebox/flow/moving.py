"""Move a dataset into the places that the plan has for it, and prove that it arrived before anything old goes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.flow.book import Book
from slidebox.flow.metadata import Refresh
from slidebox.flow.whereabouts import Copy, current
from slidebox.provenance import FileEntry, Manifest, digest
from slidebox.provenance.record import Act, Entry
from slidebox.transfer.copying import Copying
from slidebox.transfer.places import Place, Progress, verified
from slidebox.transfer.put import WORKERS, in_parallel
from slidebox.transfer.whole import GivesWhole, SumsThere

_SUMMED = 1000
"""So many files are summed at the place before the next ones: what is told of the progress comes in such steps."""


@dataclass(frozen=True, slots=True)
class Moving:
    """A move that is about to happen.

    Attributes
    ----------
    dataset
        ``project/level``.
    now
        The copy that is the dataset now.
    sources
        Every copy with the same manifest, the planned ones first.
    targets
        The planned places that it goes into.
    left
        The places that the plan does not have any more.
    """

    dataset: str
    now: Copy
    sources: tuple[Copy, ...]
    targets: tuple[Copy, ...]
    left: tuple[Copy, ...]

    @property
    def manifest(self) -> Manifest:
        """What it has to become."""
        assert self.now.manifest is not None  # noqa: S101 - it is the dataset
        return self.now.manifest


def plan_move(dataset: str, copies: Sequence[Copy], entries: Iterable[Entry], to: str | None = None) -> Moving:
    """What a move of a dataset would do.

    Parameters
    ----------
    dataset
        ``project/level``.
    copies
        Where it lies or should lie.
    entries
        The project's record.
    to
        The one store to fill; every planned one where None.

    Raises
    ------
    InputError
        If the plan has no place for it in that store.
    UnreadableError
        If there is no whole copy, or a place to fill cannot be read.
    """
    now = current(copies, entries, dataset)
    if now is None:
        problems = " ".join(copy.problem for copy in copies if copy.problem)
        raise UnreadableError(
            f"No whole copy of {dataset} was found. {problems}".rstrip(),
            f"Put it with `slidebox put {dataset} FOLDER`.",
        )
    planned = [copy for copy in copies if copy.planned and to in (None, copy.location.store)]
    if not planned:
        places = ", ".join(sorted({c.location.store for c in copies if c.planned})) or "no store"
        raise InputError(
            f"The stack has {dataset} in {places}, and not in {to}.",
            "Move it there in the project file or lab.yaml, look at `slidebox plan`, and run `pulumi up` first.",
        )
    # What is on a drive that is not plugged in is not asked for, unless by its name.
    targets = tuple(copy for copy in planned if copy.crate != now.crate and (to or not copy.offline))
    for copy in targets:
        if copy.problem:
            raise UnreadableError(copy.problem)
    sources = [copy for copy in copies if copy.crate == now.crate and copy.place]
    left = tuple(copy for copy in copies if not copy.planned and copy.complete)
    return Moving(dataset, now, tuple(sorted(sources, key=lambda copy: copy is not now)), targets, left)


@dataclass(slots=True)
class Moved:
    """What a move did.

    Attributes
    ----------
    written, skipped
        Files that were written, and that were there and verified, by the store.
    notes
        What a person should know.
    """

    written: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def move(
    moving: Moving, book: Book, progress: Progress, workers: int = WORKERS, refresh: Refresh | None = None
) -> Moved:
    """Copy a dataset into each place, read it back there, and write it down.

    A file is compared with the manifest by a SHA-256 that is worked out here as it is read, and once more as it is
    read back from where it went. A move that was stopped goes on where it was.

    Parameters
    ----------
    moving
        What to do.
    book
        Where it is written down.
    progress
        Who is told.
    workers
        Files in transfer at once.
    refresh
        Brings the manifest into the project's repository of metadata; what keeps it from that is a note.

    Raises
    ------
    IntegrityError
        If a file is damaged in every copy, or is read back with other bytes.
    UnreadableError
        If a place cannot be reached or is full.
    """
    done = Moved()
    sources = [copy.place for copy in moving.sources if copy.place]
    data = moving.now.place.manifest() if moving.now.place else None
    if data is None:
        raise UnreadableError(f"The manifest of {moving.dataset} is gone from {moving.now.location.name}.")
    if digest(data) != moving.now.crate:
        raise IntegrityError(
            f"The manifest of {moving.dataset} in {moving.now.location.name} is read otherwise than a moment ago.",
            "Run the same command again; if it happens again, look at the place.",
        )
    for copy in moving.targets:
        place = copy.place
        if place is None:
            raise UnreadableError(copy.problem)
        with place.writing():
            before = place.manifest()
            copying = Copying(moving.manifest, sources, place, progress, done.notes, own=True)
            copying.run(workers)
            read_back(place, moving.manifest, progress, workers)
            if before != data:
                place.publish(data, before)
        name = copy.location.store
        done.written[name], done.skipped[name] = copying.written, copying.skipped
        book.append(
            Entry(
                act=Act.MOVE,
                dataset=moving.dataset,
                spots=(copy.spot,),
                files=len(moving.manifest.files),
                bytes=moving.manifest.bytes,
                manifest=moving.now.crate,
                source=moving.now.location.name,
            )
        )
    lies_in = (*moving.targets, moving.now)[0].location
    if refresh is not None and (note := refresh(moving.dataset, lies_in, data)):
        progress.note(note)
        done.notes.append(note)
    return done


def read_back(place: Place, manifest: Manifest, progress: Progress, workers: int = WORKERS) -> None:
    """Read every file of a place and compare it with the manifest; or have it summed there, where the place can.

    Raises
    ------
    IntegrityError
        If one is missing or has other bytes.
    UnreadableError
        If the place cannot be read.
    """
    lock, stop = threading.Lock(), threading.Event()
    progress.start(f"reading {place.name} back", manifest.bytes)

    def advance(count: int) -> None:
        with lock:
            progress.advance(count)

    def compare(entry: FileEntry) -> None:
        with place.read(entry.path) as chunks:
            for _ in verified(chunks, entry, place.name):
                pass
        advance(entry.size)

    if isinstance(place, GivesWhole):
        entries = manifest.by_path
        for path, chunks in place.each(tuple(entries)):
            for _ in verified(chunks, entries[path], place.name):
                pass
            progress.advance(entries[path].size)
        return
    in_parallel(_not_summed(place, manifest, advance), compare, workers, stop)


def _not_summed(place: Place, manifest: Manifest, advance: Callable[[int], None]) -> Iterator[FileEntry]:
    """The files that are still to be read, where a place sums the others itself; its sums are compared as they come."""
    if not isinstance(place, SumsThere):
        yield from manifest.files
        return
    for start in range(0, len(manifest.files), _SUMMED):
        entries = manifest.files[start : start + _SUMMED]
        sums = place.summed_there(entries)
        for entry in entries:
            if entry.path not in sums:
                yield entry
            elif sums[entry.path] != entry.sha256:
                raise IntegrityError(
                    f"{entry.path} in {place.name} is damaged: its bytes are not the ones that were put."
                )
            else:
                advance(entry.size)
