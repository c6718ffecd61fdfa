"""Copy the files of a dataset from whichever copy is whole into one place, each verified as it is read and written."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.provenance import FileEntry, Manifest
from slidebox.quantities import human_bytes
from slidebox.transfer.places import Content, Held, Place, Progress, in_parts, read_ahead, require_welcome, verified
from slidebox.transfer.put import in_parallel
from slidebox.transfer.whole import GivesWhole, TakesMany, TakesWhole, together


class Copying:
    """One copy of a dataset on its way into a place.

    Parameters
    ----------
    manifest
        What it has to become.
    copies
        Where it can be read, in order of preference.
    target
        Where it goes.
    progress
        Who is told.
    notes
        Gets a sentence for each thing that a person should know.
    own
        Whether what slidebox itself has left there under the same name is written over.

    Attributes
    ----------
    written, skipped
        Files that were written, and that were there and verified.
    """

    def __init__(
        self,
        manifest: Manifest,
        copies: Sequence[Place],
        target: Place,
        progress: Progress,
        notes: list[str],
        *,
        own: bool = False,
    ) -> None:
        self._manifest, self._copies, self._target = manifest, copies, target
        self._progress, self._notes = progress, notes
        self._own = own
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._wanted: list[FileEntry] = []
        self.written = 0
        self.skipped = 0

    def run(self, workers: int) -> None:
        """Copy what is not there, after making sure that nothing has to be overwritten.

        Parameters
        ----------
        workers
            Files in transfer at once.

        Raises
        ------
        InputError
            If the place has other files under the same names.
        IntegrityError
            If a file is damaged in every copy that can be read.
        UnreadableError
            If no copy can be read, or the place is full or cannot be reached.
        """
        require_welcome(self._target, {entry.path: entry.size for entry in self._manifest.files})
        self._progress.start(self._manifest.dataset, self._manifest.bytes)
        if isinstance(self._target, TakesWhole):
            self._into_whole(self._target)
            return
        in_parallel(self._manifest.files, self._compare, workers, self._stop)
        free = self._target.free()
        needed = sum(entry.size for entry in self._wanted)
        if free is not None and needed > free:
            raise UnreadableError(
                f"{self._target.name} has {human_bytes(free)} free, and {human_bytes(needed)} are to be fetched.",
                "Make room, or name a larger place.",
            )
        self._from_whole()
        jobs = together(sorted(self._wanted), lambda entry: entry.size, [self._target])
        in_parallel(jobs, self._fetch_some, workers, self._stop)

    def _into_whole(self, target: TakesWhole) -> None:
        """Write everything into a place that takes it only together."""
        arrived = target.write_whole(self._manifest.files, self._opened, self._progress.advance, replace=False)
        self.written, self.skipped = len(arrived.written), len(arrived.skipped)
        for entry in self._manifest.files:
            self._progress.finished(entry.path, self._target.name, entry.path in arrived.written)

    @contextmanager
    def _opened(self, entry: FileEntry) -> Iterator[Iterator[bytes]]:
        """A file from the first copy that opens it; a copy that fails later ends the transfer, which can go on."""
        failures: list[SlideboxError] = []
        for place in self._copies:
            opened = place.read(entry.path)
            try:
                chunks = opened.__enter__()
            except SlideboxError as error:
                failures.append(error)
                continue
            try:
                yield verified(chunks, entry, place.name)
            finally:
                opened.__exit__(None, None, None)
            return
        raise failures[0]

    def _from_whole(self) -> None:
        """Fetch what is wanted from the first copy as it lies there; what fails is left to others."""
        first = self._copies[0]
        if not isinstance(first, GivesWhole) or not self._wanted:
            return
        wanted = {entry.path: entry for entry in self._wanted}
        try:
            for path, chunks in first.each(tuple(wanted)):
                self._write(first, wanted[path], chunks)
                del wanted[path]
                self.written += 1
                self._progress.finished(path, first.name, written=True)
        except _DestinationError as error:
            raise error.cause from error
        except SlideboxError as error:
            self._note(f"{error.message} Trying it by itself.")
        finally:
            self._wanted = list(wanted.values())

    def _compare(self, entry: FileEntry) -> None:
        held = self._target.holds(Content(entry))
        with self._lock:
            if held is Held.NOTHING or (self._own and held is Held.OTHER):
                self._wanted.append(entry)
            elif held is Held.SAME:
                self.skipped += 1
                self._progress.advance(entry.size)
                self._progress.finished(entry.path, self._target.name, written=False)
            else:
                raise InputError(
                    f"{self._target.name}/{entry.path} exists with other bytes and is not overwritten.",
                    "Move it away, or name another place.",
                )

    def _fetch_some(self, entries: tuple[FileEntry, ...]) -> None:
        """Fetch one file, or small ones that are written together; one that the first copy lacks is left to others."""
        target = self._target
        if len(entries) == 1 or not isinstance(target, TakesMany):
            for entry in entries:
                self._fetch(entry)
            return
        first, read = self._copies[0], list[tuple[Content, bytes]]()
        for entry in entries:
            try:
                with first.read(entry.path) as chunks:
                    read.append((Content(entry), b"".join(verified(self._unless_stopped(chunks), entry, first.name))))
            except SlideboxError:
                self._fetch(entry)
        target.write_many(read)
        with self._lock:
            self.written += len(read)
            for content, data in read:
                self._progress.advance(len(data))
                self._progress.finished(content.entry.path, first.name, written=True)

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
            self._write(place, entry, chunks)

    def _write(self, place: Place, entry: FileEntry, chunks: Iterator[bytes]) -> None:
        watched = _Watched(verified(self._counted(chunks), entry, place.name))
        try:
            with closing(read_ahead(in_parts(watched, entry.size), entry.size)) as parts:
                self._target.write(Content(entry), parts)
        except SlideboxError as error:
            if watched.failed:
                raise
            raise _DestinationError(error) from error

    def _unless_stopped(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._stop.is_set():
                raise InterruptedError
            yield chunk

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in self._unless_stopped(chunks):
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
    """The place that is written to failed: another copy would not help."""

    def __init__(self, cause: SlideboxError) -> None:
        super().__init__(str(cause))
        self.cause = cause
