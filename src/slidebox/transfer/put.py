"""Put a folder into every place of a dataset, verified, and only then publish it.

The manifest is written last: a place without one is incomplete, whatever lies there. Files that are there and
verified are not sent again, so a transfer that was killed goes on where it stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from slidebox.errors import InputError, UnreadableError
from slidebox.provenance import FileEntry, Manifest, decode, digest, encode
from slidebox.quantities import human_bytes
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Content, Held, Place, Progress, Quiet, require_welcome
from slidebox.transfer.source import Opener, Reader, SourceFile, open_file, require_unchanged, scan
from slidebox.transfer.whole import TakesMany, TakesWhole, together

WORKERS = 4
"""Files in transfer at once: more than a disk likes, fewer than a gateway minds."""

_T = TypeVar("_T")


class Existing(StrEnum):
    """What to do about files that the dataset already has."""

    REFUSE = "refuse"
    """Add new files; refuse where published files would change or vanish."""
    ADD = "add"
    """Add new files to the published ones; refuse where these would change."""
    REPLACE = "replace"
    """The folder becomes the dataset; what it lacks is no longer listed, but stays until a steward deletes it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transfer did.

    Attributes
    ----------
    manifest
        What is published now.
    crate_sha256
        SHA-256 of the published manifest's bytes.
    written, skipped
        Files that were written, and that were there and verified, by the place's name.
    notes
        What a person should know.
    """

    manifest: Manifest
    crate_sha256: str
    written: Mapping[str, int]
    skipped: Mapping[str, int]
    notes: tuple[str, ...] = ()


def put(
    source: Path,
    places: Sequence[Place],
    draft: Manifest,
    *,
    existing: Existing = Existing.REFUSE,
    journal: Journal | None = None,
    progress: Progress | None = None,
    opener: Opener = open_file,
    workers: int = WORKERS,
) -> Receipt:
    """Put every file of a folder into every place, verify each, and publish the manifest.

    Parameters
    ----------
    source
        The folder.
    places
        Every copy of the dataset.
    draft
        The manifest but for its files.
    existing
        What to do about files that are already published.
    journal
        What an earlier run has done.
    progress
        Who is told.
    opener
        How source files are opened.
    workers
        Files in transfer at once.

    Raises
    ------
    InputError
        If the folder or a name in it cannot be a dataset, or published files would change unasked.
    IntegrityError
        If a file changes while it is uploaded, or a place has other bytes than were sent.
    UnreadableError
        If a place cannot be reached, refuses or is full.
    """
    if not places:
        raise InputError(f"{draft.dataset} has no place to be put into.", "Run `pulumi up -s PROJECT` first.")
    files = scan(source)
    journal = journal or Journal()
    with ExitStack() as held:
        held.enter_context(journal.open())
        for place in places:
            held.enter_context(place.writing())
        upload = _Upload(files, places, draft, existing, journal, progress or Quiet(), opener)
        upload.run(workers)
        require_unchanged(files, source)
        return upload.publish()


class _Upload:
    """One upload, from what is there to what is published."""

    def __init__(
        self,
        files: Sequence[SourceFile],
        places: Sequence[Place],
        draft: Manifest,
        existing: Existing,
        journal: Journal,
        progress: Progress,
        opener: Opener,
    ) -> None:
        self._files, self._places, self._draft, self._existing = files, places, draft, existing
        self._whole = [place for place in places if isinstance(place, TakesWhole)]
        self._by_file = [place for place in places if not isinstance(place, TakesWhole)]
        self._progress = progress
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._reader = Reader(journal, opener, self._stop.is_set)
        self._entries: dict[str, FileEntry] = {}
        self._written = {place.name: 0 for place in places}
        self._skipped = {place.name: 0 for place in places}
        self._notes: list[str] = []
        self._before = {place.key: place.manifest() for place in places}
        self._published = {place.key: self._decode(place) for place in places}
        self._kept = self._files_to_keep()

    def _decode(self, place: Place) -> Manifest | None:
        data = self._before[place.key]
        if data is None:
            return None
        manifest = decode(data, f"The manifest in {place.name}")
        if manifest.dataset != self._draft.dataset:
            raise InputError(
                f"{place.name} holds {manifest.dataset}, not {self._draft.dataset}.", "Check the lab's files."
            )
        return manifest

    def _files_to_keep(self) -> dict[str, FileEntry]:
        """Published files that the folder lacks and that stay part of the dataset."""
        new = {f.path for f in self._files}
        lacking = {
            path: entry
            for manifest in self._published.values()
            if manifest
            for path, entry in manifest.by_path.items()
            if path not in new
        }
        if lacking and self._existing is Existing.REFUSE:
            raise InputError(
                f"{len(lacking)} published file(s) of {self._draft.dataset} are not in the folder, "
                f"such as {min(lacking)}.",
                "--add keeps them and adds the folder's files; --replace makes the folder the dataset.",
            )
        if self._existing is Existing.REPLACE:
            return {}
        if lacking and self._whole:
            raise InputError(
                f"{self._whole[0].name} takes a dataset only as a whole, and the folder lacks published files.",
                f"Bring the whole dataset back with `slidebox get {self._draft.dataset}`, add to it, and put that.",
            )
        short = [p.name for p in self._places if not self._has_all(p, lacking)]
        if short:
            raise InputError(
                f"{short[0]} lacks published files that the folder lacks too, such as {min(lacking)}.",
                f"Bring the whole dataset back with `slidebox get {self._draft.dataset}`, add to it, and put that.",
            )
        return lacking

    def _has_all(self, place: Place, entries: Mapping[str, FileEntry]) -> bool:
        manifest = self._published[place.key]
        listed = manifest.by_path if manifest else {}
        return all(listed.get(path) == entry for path, entry in entries.items())

    def run(self, workers: int) -> None:
        """Write and verify every file in every place."""
        for place in self._places:
            require_welcome(place, {f.path: f.size for f in self._files})
        self._require_room()
        self._progress.start(self._draft.dataset, sum(f.size for f in self._files) * len(self._places))
        if self._existing is Existing.REPLACE:
            self._withdraw_changed()
        jobs = together(self._files, lambda file: file.size, self._by_file)
        in_parallel(jobs, self._put_files, workers, self._stop)
        for place in self._whole:
            self._put_whole(place)

    def _put_whole(self, place: Place) -> None:
        """Write all files into a place that takes them only together; every one has been hashed by now."""
        assert isinstance(place, TakesWhole)  # noqa: S101 - sorted out at the beginning
        sources = {source.path: source for source in self._files}
        published = self._published[place.key]
        listed = published.by_path if published and self._existing is not Existing.REPLACE else {}
        for path, entry in listed.items():
            if self._entries.get(path) not in (None, entry):
                raise _would_change(path, place.name)

        def opened(entry: FileEntry) -> AbstractContextManager[Iterator[bytes]]:
            source = sources[entry.path]
            return nullcontext(self._reader.chunks(source, self._reader.content(source)))

        replacing = self._existing is Existing.REPLACE
        arrived = place.write_whole(sorted(self._entries.values()), opened, self._advance, replace=replacing)
        # Where anything had to be sent, the manifest was taken out first.
        self._before[place.key] = place.manifest()
        with self._lock:
            for path in sorted(sources):
                self._progress.finished(path, place.name, path in arrived.written)
            self._written[place.name] += len(arrived.written)
            self._skipped[place.name] += len(arrived.skipped)

    def _require_room(self) -> None:
        for place in self._places:
            free = place.free()
            if free is None:
                continue
            needed = sum(f.size for f in self._files if place.size(f.path) != f.size)
            if needed > free:
                raise UnreadableError(
                    f"{place.name} has {human_bytes(free)} free, and {human_bytes(needed)} are to be written.",
                    "Make room on its disk, or move the dataset to a larger store.",
                )

    def _withdraw_changed(self) -> None:
        """Publish the dataset without the files that are about to change: what is listed is always right."""
        new = {f.path: self._reader.content(f).entry for f in self._files}
        for place in self._by_file:
            manifest = self._published[place.key]
            stays = tuple(f for f in manifest.files if new.get(f.path) == f) if manifest else ()
            if manifest and len(stays) < len(manifest.files):
                data = encode(replace(manifest, files=stays))
                place.publish(data, self._before[place.key])
                self._before[place.key] = data
                self._published[place.key] = replace(manifest, files=stays)

    def _put_files(self, sources: tuple[SourceFile, ...]) -> None:
        """Put one file, or small ones that a place takes together, into every place."""
        contents = {source: self._reader.content(source) for source in sources}
        with self._lock:
            self._entries.update((source.path, content.entry) for source, content in contents.items())
        for place in self._by_file:
            missing = {source: content for source, content in contents.items() if self._must_write(place, content)}
            self._write(place, missing)
            for source in sources:
                written = source in missing
                if not written:
                    self._advance(source.size)
                with self._lock:
                    self._progress.finished(source.path, place.name, written)
                    (self._written if written else self._skipped)[place.name] += 1

    def _write(self, place: Place, missing: Mapping[SourceFile, Content]) -> None:
        if len(missing) > 1 and isinstance(place, TakesMany):
            place.write_many([(content, b"".join(self._bytes(source, content))) for source, content in missing.items()])
            return
        for source, content in missing.items():
            place.write(content, self._bytes(source, content))

    def _bytes(self, source: SourceFile, content: Content) -> Iterator[bytes]:
        return self._counted(self._reader.chunks(source, content))

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            self._advance(len(chunk))

    def _advance(self, count: int) -> None:
        with self._lock:
            self._progress.advance(count)

    def _must_write(self, place: Place, content: Content) -> bool:
        entry, manifest = content.entry, self._published[place.key]
        listed = manifest.by_path.get(entry.path) if manifest else None
        if listed and listed != entry:
            raise _would_change(entry.path, place.name)
        held = place.holds(content)
        if held is Held.FOREIGN and not listed and self._existing is not Existing.REPLACE:
            raise InputError(
                f"{place.name} already has another file {entry.path}, which slidebox did not put there.",
                "Rename one of the two, or say --replace.",
            )
        if listed and held is not Held.SAME:
            self._note(f"{entry.path} was missing or damaged in {place.name} and is written again")
        return held is not Held.SAME

    def _note(self, sentence: str) -> None:
        with self._lock:
            self._notes.append(sentence)
            self._progress.note(sentence)

    def publish(self) -> Receipt:
        """Write the same manifest into every place, unless it is there."""
        files = tuple(sorted({**self._kept, **self._entries}.values()))
        manifest = replace(self._draft, files=files)
        # The same data under another date are the same dataset: the manifest, whose checksum the
        # children have written down, stays.
        same = (m for m in self._published.values() if m and _undated(m) == _undated(manifest))
        manifest = next(same, manifest)
        data = encode(manifest)
        for place in self._places:
            if self._before[place.key] != data:
                place.publish(data, self._before[place.key])
        return Receipt(manifest, digest(data), self._written, self._skipped, tuple(self._notes))


def _would_change(path: str, place: str) -> InputError:
    return InputError(
        f"{path} is published in {place} with other bytes than the folder has.",
        "Published files do not change unasked: give it another name, or say --replace.",
    )


def _undated(manifest: Manifest) -> Manifest:
    step = replace(manifest.step, date=None) if manifest.step else None
    return replace(manifest, published="", step=step)


def in_parallel(jobs: Iterable[_T], work: Callable[[_T], None], workers: int, stop: threading.Event) -> None:
    """Do jobs in a few threads; the first failure stops the others, and is raised.

    Parameters
    ----------
    jobs
        What to do.
    work
        Does one.
    workers
        How many at once.
    stop
        Set when the jobs that run have to give up.
    """
    pending: set[Future[None]] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="transfer") as pool:
        try:
            for job in jobs:
                if len(pending) >= 4 * workers:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
                pending.add(pool.submit(work, job))
            for future in as_completed(pending):
                future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
