"""Where a dataset really lies: as its stack says, as the record says, and wherever its names would put it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from slidebox.drives import OfflineError
from slidebox.errors import SlideboxError, UnreadableError
from slidebox.flow.book import Book
from slidebox.flow.unrecorded import Unrecorded
from slidebox.home import Home
from slidebox.model import Lab
from slidebox.mounts import Looking, this_machine
from slidebox.provenance import Manifest, decode, digest
from slidebox.provenance.record import Act, Entry, Spot, kept
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.doors import Doors, is_reached
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Place
from slidebox.transfer.ready import Location


@dataclass(frozen=True, slots=True)
class Copy:
    """One place of a dataset, and what it holds.

    Attributes
    ----------
    location
        The place.
    planned
        Whether the plan has the dataset there now.
    manifest
        What it holds by its own manifest; None where it is empty or incomplete.
    crate
        SHA-256 of that manifest's bytes.
    problem
        Why it could not be read; empty where it could.
    offline
        Whether that is because its drive is not plugged in.
    place
        The way in; None where it could not be read.
    """

    location: Location
    planned: bool
    manifest: Manifest | None = field(default=None, repr=False)
    crate: str = ""
    problem: str = ""
    offline: bool = False
    place: Place | None = field(default=None, repr=False, compare=False)

    @property
    def complete(self) -> bool:
        """Whether it says to have a whole copy."""
        return self.manifest is not None

    @property
    def spot(self) -> Spot:
        """The place as the record has it."""
        where = self.location
        return Spot(where.id, where.store, where.kind, where.where)


class Whereabouts:
    """Looks for the copies of a lab's datasets.

    Parameters
    ----------
    lab, home
        What is declared, and the lab's folder of state.
    datasets
        The datasets as they were provisioned.
    book
        The records.
    machine
        Looks at the drives that are plugged in.
    """

    def __init__(self, lab: Lab, home: Home, datasets: Datasets, book: Book, machine: Looking = this_machine) -> None:
        self._lab = lab
        self._home = home
        self._datasets = datasets
        self._book = book
        self._doors = Doors(lab, home, machine)
        self._unrecorded = Unrecorded(lab, home, machine)

    def journal(self, dataset_id: str) -> Journal:
        """What moves of a dataset have written on this machine so far; to be held open while one runs."""
        return Journal(self._home.root / "moves" / f"{dataset_id.replace('/', '-')}.jsonl")

    @property
    def datasets(self) -> Datasets:
        """The datasets as they were provisioned."""
        return self._datasets

    def provisioned(self, dataset_id: str) -> tuple[Location, ...]:
        """Where its stack has a dataset, first copy first."""
        return self._datasets.provisioned(dataset_id)

    def copies(self, dataset_id: str, *, writing: bool = False, journal: Journal | None = None) -> tuple[Copy, ...]:
        """Every place that has a dataset, should have it, or may have it; planned ones first.

        Parameters
        ----------
        dataset_id
            ``project/level``.
        writing
            Whether something will be written.
        journal
            Knows what slidebox itself has written; everything that is there is read all the same.

        Raises
        ------
        IntegrityError
            If the project's record does not hold.
        UnreadableError
            If its stack was never made.
        """
        planned = self._datasets.provisioned(dataset_id)
        known_to = journal or Journal()
        known = {(where.store, where.where) for where in planned}
        found = [self._look(where, known_to, planned=True, writing=writing) for where in planned if is_reached(where)]
        project = dataset_id.partition("/")[0]
        spots = [one.spot for one in kept(self._book.entries(project), dataset_id)]
        for where in self._others(dataset_id, spots, {where.store for where in planned}):
            if (where.store, where.where) not in known:
                known.add((where.store, where.where))
                copy = self._look(where, known_to, planned=False, writing=writing)
                if copy.complete or copy.problem:
                    found.append(copy)
        return tuple(found)

    def _others(self, dataset_id: str, spots: Iterable[Spot], planned: Collection[str]) -> Iterator[Location]:
        """Where it may lie besides: as the record says, and under its own name in each store."""
        for spot in spots:
            if spot.store in self._lab.file.stores:
                yield Location(spot.id, 0, spot.store, spot.kind, spot.where)
        for name in self._lab.file.stores:
            # Within one store, its own name is where the plan has it.
            where = self._unrecorded.look(dataset_id, name) if name not in planned else None
            if where is not None:
                yield where

    @property
    def silent(self) -> Mapping[str, str]:
        """The stores that could not be asked for copies that no record names, and why."""
        return self._unrecorded.silent

    def at(self, where: Location) -> Copy:
        """What a planned place holds, for somebody who writes."""
        return self._look(where, Journal(), planned=True, writing=True)

    def open(self, spot: Spot) -> Place:
        """The way into a place of the record, as somebody who writes.

        Raises
        ------
        SlideboxError
            If there is none.
        """
        where = Location(spot.id, 0, spot.store, spot.kind, spot.where)
        return self._doors.open(where, {}, Journal(), writing=True, admin=True)

    def _look(self, where: Location, journal: Journal, *, planned: bool, writing: bool) -> Copy:
        copy = Copy(where, planned)
        try:
            # No checksum is believed from a journal: who copies or retires reads what is really there.
            place = self._doors.open(where, {}, journal, reread=True, writing=writing, admin=True)
            place.check()
            data = place.manifest()
            if data is None:
                return replace(copy, place=place)
            manifest = decode(data, f"The manifest in {place.name}")
        except SlideboxError as error:
            return replace(copy, problem=str(error), offline=isinstance(error, OfflineError))
        dataset = where.id.partition("@")[0]
        if manifest.dataset != dataset:
            return replace(copy, problem=f"{place.name} holds {manifest.dataset}, not {dataset}.")
        return replace(copy, place=place, manifest=manifest, crate=digest(data))


def current(copies: Iterable[Copy], entries: Iterable[Entry], dataset_id: str) -> Copy | None:
    """The complete copy that is the dataset now: what was put last; where the record does not know, the latest.

    Parameters
    ----------
    copies
        Where it lies.
    entries
        The project's record.
    dataset_id
        ``project/level``.
    """
    put = [entry.manifest for entry in entries if entry.act is Act.PUT and entry.dataset == dataset_id]
    whole = [copy for copy in copies if copy.manifest]
    return max(
        whole,
        key=lambda copy: (copy.crate in put[-1:], _published(copy), copy.planned, -copy.location.copy),
        default=None,
    )


def _published(copy: Copy) -> str:
    return copy.manifest.published if copy.manifest else ""


def require_read(copies: Iterable[Copy]) -> None:
    """Insist that every copy that may be there could be read.

    Raises
    ------
    UnreadableError
        If one could not.
    """
    for copy in copies:
        if copy.problem:
            raise UnreadableError(copy.problem)
