"""A visit: everything on a drive is read back while it is on the desk, and the result is written down.

A drive in a cupboard loses bits unseen. A visit reads every byte of every dataset on it, compares it with the dataset's
manifest, and a bag with its own manifests too; what is damaged is restored from another copy if that is asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from slidebox import drives
from slidebox.drives import Drive
from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.flow.book import Book
from slidebox.flow.drives import WHOLE, on_store
from slidebox.home import Home
from slidebox.model import Lab, Level
from slidebox.naming import folder_of
from slidebox.provenance import CRATE_FILE, FileEntry, Manifest, decode, digest
from slidebox.provenance.bag import Sums
from slidebox.provenance.record import Act, Entry, Kept, Spot, kept
from slidebox.transfer.bag import BagPlace, is_bag
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Content, Place, Progress, verified

GOES_ON_DAYS = 7
"""A visit that was interrupted goes on for so long; after that it begins anew: what was read then is read again."""


@dataclass(frozen=True, slots=True)
class Visited:
    """What a visit found of one dataset.

    Attributes
    ----------
    spot
        Where it lies.
    files, bytes
        How much it is.
    manifest
        SHA-256 of its manifest; empty where there is none that can be read.
    damaged
        The files that are missing, cannot be read, or have other bytes.
    faults
        What else is wrong, in sentences without a full stop.
    elsewhere
        The other copies of the same version, by the record.
    read
        Bytes that were read now, and not earlier in the same visit.
    """

    spot: Spot
    files: int = 0
    bytes: int = 0
    manifest: str = ""
    damaged: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    elsewhere: tuple[Spot, ...] = ()
    read: int = field(default=0, compare=False)

    @property
    def dataset(self) -> str:
        """``project/level``."""
        return self.spot.id.partition("@")[0]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.damaged and not self.faults

    @property
    def note(self) -> str:
        """The result as the record has it; without names of files, which can name patients."""
        if self.whole:
            return WHOLE
        if self.damaged:
            return f"damaged: {len(self.damaged)} of {self.files} files"
        return "damaged: its manifests" if self.files else "damaged: no dataset can be read there"


class Visit:
    """A visit to one drive.

    Parameters
    ----------
    lab, home
        What is declared, and the lab's folder of state.
    book
        Where the results are written down.
    opened
        The way into a place of the record.
    drive
        The drive, which has to be there.
    progress
        Who is told.
    today
        The day.
    """

    def __init__(
        self,
        lab: Lab,
        home: Home,
        book: Book,
        opened: Callable[[Spot], Place],
        drive: Drive,
        *,
        progress: Progress,
        today: dt.date,
    ) -> None:
        self._lab, self._home, self._book, self._opened = lab, home, book, opened
        self._drive, self._progress, self._today = drive, progress, today
        self._root = drive.require()

    def run(self, *, mend: bool = False) -> Iterator[Visited]:
        """Read everything back; answers what was found, dataset by dataset, and writes it down.

        Parameters
        ----------
        mend
            Whether to restore what is damaged from the other copies.

        Raises
        ------
        InputError
            If another visit to the drive runs on this machine.
        UnreadableError
            If the drive is not there any more: the same visit goes on when it is.
        """
        begun, path = self._journal()
        journal = Journal(path, f"Another visit to {self._drive.store} runs on this machine.")
        bad = 0
        with journal.open():
            spots = self.spots()
            for spot in spots:
                found = self._visited(spot, journal)
                self._write_down(found, begun)
                if mend and not found.whole:
                    found = self._mended(found, journal)
                    if found.whole:
                        self._write_down(found, begun)
                bad += not found.whole
                yield found
            drives.note_visit(self._root, self._today, f"{bad} of {len(spots)} datasets damaged" if bad else WHOLE)
        path.unlink(missing_ok=True)

    def _journal(self) -> tuple[dt.date, Path]:
        """When the visit began that goes on now, and what it has read so far."""
        folder = self._home.root / "visits"
        for file in sorted(folder.glob(f"{self._drive.store}@*.jsonl"), reverse=True):
            with suppress(ValueError):
                begun = dt.date.fromisoformat(file.stem.rpartition("@")[2])
                if 0 <= (self._today - begun).days < GOES_ON_DAYS:
                    return begun, file
            file.unlink(missing_ok=True)
        return self._today, folder / f"{self._drive.store}@{self._today}.jsonl"

    # What lies there

    def spots(self) -> tuple[Spot, ...]:
        """Where something lies on the drive, or should: by the records, under its own name, or as any folder."""
        name = self._drive.store
        found: dict[Path, Spot] = {}
        for project in sorted(self._lab.projects):
            for one in on_store(self._entries(project), name):
                found.setdefault(self._root / one.spot.where, one.spot)
        for folder in self._folders():
            if folder not in found and (dataset := _dataset_in(folder)):
                found[folder] = self._spot(dataset, folder)
        return tuple(sorted(found.values()))

    def _folders(self) -> Iterator[Path]:
        for name, project in sorted(self._lab.projects.items()):
            for level in project.datasets:
                yield self._root / folder_of(self._lab, f"{name}/{level}", self._drive.store)
        with suppress(OSError):
            yield from sorted(f for f in self._root.glob("*/*") if not f.parent.name.startswith(".") and f.is_dir())

    def _spot(self, dataset: str, folder: Path) -> Spot:
        project, _, level = dataset.partition("/")
        term = ""
        if project in self._lab.projects and level in self._lab.projects[project].datasets:
            term = self._lab.projects[project].activity_of(Level(level)).term
        where = folder.relative_to(self._root).as_posix() if self._drive.registered else str(folder)
        return Spot(f"{dataset}@{term}@{self._drive.store}", self._drive.store, "drive", where)

    def _entries(self, project: str) -> tuple[Entry, ...]:
        return self._book.entries(project) if project in self._lab.projects else ()

    # Reading

    def _visited(self, spot: Spot, journal: Journal) -> Visited:
        dataset = spot.id.partition("@")[0]
        recorded = kept(self._entries(dataset.partition("/")[0]), dataset)
        expected = next((one.entry.manifest for one in recorded if one.spot.key == spot.key), "")
        place = self._place(spot)
        try:
            manifest, data = _manifest_of(place, dataset)
        except SlideboxError as error:
            self._drive.require()
            missing = Visited(spot, faults=(error.message.rstrip("."),))
            return replace(missing, elsewhere=_others(recorded, spot, expected), manifest=expected)
        damaged, faults, read = self._read(place, manifest, journal)
        faults += place.faults(manifest, data) if isinstance(place, BagPlace) else ()
        crate = digest(data)
        if expected and crate != expected:
            # A version that only the record does not know yet is whole by itself: that one is not to be mended away.
            faults += (f"its manifest is another than the record has ({crate[:12]}, not {expected[:12]})",)
            crate = expected if len(faults) > 1 or damaged else crate
        elsewhere = _others(recorded, spot, crate)
        return Visited(spot, len(manifest.files), manifest.bytes, crate, damaged, faults, elsewhere, read)

    def _place(self, spot: Spot) -> DrivePlace:
        place = self._opened(spot)
        if not isinstance(place, DrivePlace):
            raise UnreadableError(f"{spot.name} is no folder of a drive that is there.", "Plug the drive in.")
        return place

    def _read(
        self, place: DrivePlace, manifest: Manifest, journal: Journal
    ) -> tuple[tuple[str, ...], tuple[str, ...], int]:
        """The files that are damaged, what the bag says wrongly, and how many bytes were read to find that out."""
        self._progress.start(place.name, manifest.bytes)
        listed = place.listed() if isinstance(place, BagPlace) else {}
        damaged, faults, read = [], [], 0
        for entry in manifest.files:
            stamp = self._stamp(place, entry)
            if stamp is not None and journal.stored(place.key, entry.path) == (stamp, entry.sha256):
                self._progress.advance(entry.size)
                continue
            sums = self._sums(place, entry) if stamp is not None else None
            read += entry.size
            if stamp is None or sums is None or sums.sha256 != entry.sha256:
                damaged.append(entry.path)
            elif listed.get(entry.path, sums).sha512 != sums.sha512:
                faults.append(f"manifest-sha512.txt has another checksum for {entry.path}")
            else:
                journal.note_stored(place.key, entry.path, stamp, entry.sha256)
        return tuple(damaged), tuple(faults), read

    def _stamp(self, place: DrivePlace, entry: FileEntry) -> tuple[int, int, int, int] | None:
        try:
            return place.looked(entry.path)
        except (UnreadableError, InputError):
            self._drive.require()  # a drive that was pulled out is no damaged file
            return None

    def _sums(self, place: DrivePlace, entry: FileEntry) -> Sums | None:
        try:
            return place.sums(entry.path, self._progress.advance)
        except UnreadableError:
            self._drive.require()
            return None

    # Writing down, and mending

    def _write_down(self, found: Visited, begun: dt.date) -> None:
        """Into the project's record, unless an earlier part of the same visit has done so."""
        project = found.dataset.partition("/")[0]
        if project not in self._lab.projects:
            return
        same = (
            entry.act is Act.VISIT
            and entry.at[:10] >= begun.isoformat()
            and found.spot in entry.spots
            and (entry.manifest, entry.note) == (found.manifest, found.note)
            for entry in self._entries(project)
        )
        if not found.read and any(same):
            return
        self._book.append(
            Entry(
                act=Act.VISIT,
                dataset=found.dataset,
                spots=(found.spot,),
                files=found.files,
                bytes=found.bytes,
                manifest=found.manifest,
                note=found.note,
            )
        )

    def _mended(self, found: Visited, journal: Journal) -> Visited:
        """What a dataset is after it was restored from the other copies, as far as that can be done."""
        try:
            self._mend(found, journal)
        except SlideboxError as error:
            self._drive.require()
            self._progress.note(str(error))
        return self._visited(found.spot, journal)

    def _mend(self, found: Visited, journal: Journal) -> None:
        place = self._place(found.spot)
        sources = list(self._sources(found))
        own = _bytes_of(place, found)
        data = own or next((data for _, data in sources), None)
        if data is None:
            return
        manifest = decode(data, f"The manifest for {place.name}")
        with place.writing():
            damaged = found.damaged if own else self._read(place, manifest, journal)[0]
            copies = [source for source, _ in sources]
            restored = [self._restore(place, entry, copies) for entry in manifest.files if entry.path in damaged]
            if not all(restored):
                return
            if isinstance(place, BagPlace) and (found.faults or not own):
                place.believe_nothing()
            if not own or found.faults:
                place.publish(data, place.manifest())

    def _sources(self, found: Visited) -> Iterator[tuple[Place, bytes]]:
        """The other copies that can be read now, each with the bytes of its manifest."""
        for spot in found.elsewhere:
            try:
                place = self._opened(spot)
                place.check()
                data = place.manifest()
            except SlideboxError as error:
                self._progress.note(error.message)
                continue
            if data is not None and digest(data) == found.manifest:
                yield place, data

    def _restore(self, place: DrivePlace, entry: FileEntry, sources: Iterable[Place]) -> bool:
        """Write a file again from the first copy that has it whole; answers whether there was one."""
        for source in sources:
            try:
                with source.read(entry.path) as chunks:
                    place.write(Content(entry), verified(chunks, entry, source.name))
            except SlideboxError as error:
                self._drive.require()
                self._progress.note(error.message)
                continue
            self._progress.note(f"{entry.path} was restored from {source.name}")
            return True
        return False


def _manifest_of(place: DrivePlace, dataset: str) -> tuple[Manifest, bytes]:
    place.check()
    data = place.manifest()
    if data is None:
        raise IntegrityError(f"{place.name} has no manifest, so no complete copy of {dataset}.")
    manifest = decode(data, f"The manifest in {place.name}")
    if manifest.dataset != dataset:
        raise IntegrityError(f"{place.name} holds {manifest.dataset}, not {dataset}.")
    return manifest, data


def _bytes_of(place: DrivePlace, found: Visited) -> bytes | None:
    """The bytes of a place's own manifest, where it is the one that counts."""
    with suppress(SlideboxError):
        data = place.manifest()
        return data if data is not None and digest(data) == found.manifest else None
    return None


def _others(recorded: Sequence[Kept], spot: Spot, manifest: str) -> tuple[Spot, ...]:
    """The other places of a version, by the record."""
    return tuple(one.spot for one in recorded if one.spot.key != spot.key and one.entry.manifest == manifest)


def _dataset_in(folder: Path) -> str:
    """The dataset that a folder says it holds; empty where it says nothing that can be read."""
    crate = folder / "data" / CRATE_FILE if is_bag(folder) else folder / CRATE_FILE
    try:
        return decode(crate.read_bytes(), str(crate)).dataset
    except (OSError, SlideboxError):
        return ""
