"""Retire a copy: set it aside when the rules agree and the others were read, as long as it can be brought back.

Nothing here decides what may go: the rules are asked about what stays, or about deletion where nothing does. The order
of the steps is what keeps data safe whatever is killed when: what stays is read back; the tombstone is written; the
record says that the copy is set aside, and under which name; only then its files go, the manifest first.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slidebox.drives import OfflineError
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.flow.book import Book
from slidebox.flow.moving import read_back
from slidebox.flow.tombstones import Tombstones, name_of
from slidebox.flow.whereabouts import Copy
from slidebox.model import Candidate, Finding, Lab, Level, Store, System, Term
from slidebox.plan import Judge
from slidebox.provenance import Manifest, decode, digest
from slidebox.provenance.record import Act, Entry, Kept, Spot, kept, set_aside
from slidebox.transfer.aside import as_retirable
from slidebox.transfer.places import Place, Progress

GRACE_DAYS = 30
"""For so long a copy that was set aside can be brought back; then `slidebox retire --purge` deletes it."""

CAP = 0.10
"""The part of what a store holds that may go in one go without a second confirmation."""

DELETED = "deleted"
"""The store that stands for no store, when the rules are asked whether a dataset may be deleted altogether."""


@dataclass(frozen=True, slots=True)
class Retiring:
    """A retirement that is about to happen.

    Attributes
    ----------
    dataset
        ``project/level``.
    doomed
        The copies that go.
    stays
        The whole copies of the same version that stay.
    findings
        What the rules say of that.
    share
        The part of what its store holds that goes, by store.
    """

    dataset: str
    doomed: tuple[Copy, ...]
    stays: tuple[Copy, ...]
    findings: tuple[Finding, ...]
    share: Mapping[str, float]

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings that refuse it."""
        return tuple(finding for finding in self.findings if finding.refuses)

    @property
    def over_the_cap(self) -> tuple[str, ...]:
        """The stores that lose more than `CAP` of what they hold."""
        return tuple(sorted(store for store, part in self.share.items() if part > CAP))


def plan_retirement(
    lab: Lab,
    dataset: str,
    copies: Sequence[Copy],
    doomed: Sequence[Copy],
    judge: Callable[[Lab], Judge],
    held: Mapping[str, int],
) -> Retiring:
    """What retiring copies of a dataset would mean, as the rules see it.

    Parameters
    ----------
    lab
        What is declared.
    dataset
        ``project/level``.
    copies
        Where it lies.
    doomed
        The copies to retire.
    judge
        Asks the rules about a lab.
    held
        Bytes that each store holds by the records.

    Raises
    ------
    InputError
        If there is nothing to retire.
    UnreadableError
        If a copy cannot be read: nothing is known of it, and nothing goes.
    """
    if not doomed:
        raise InputError(f"No copy of {dataset} is there to be retired.", f"See `slidebox moves {dataset}`.")
    for copy in (*copies, *doomed):
        if copy.problem:
            raise UnreadableError(copy.problem)
    version = doomed[0].crate
    stays = tuple(copy for copy in copies if copy not in doomed and copy.crate == version)
    term = lab.projects[dataset.partition("/")[0]].activity_of(Level(dataset.partition("/")[2])).term
    findings = _asked(lab, dataset, term, sorted({copy.location.store for copy in stays}), judge)
    return Retiring(dataset, tuple(doomed), stays, findings, _shares(doomed, held))


def left_over(copies: Sequence[Copy], crate: str) -> tuple[Copy, ...]:
    """The copies that the plan has no more, where every planned one has the same version; none where one has not.

    Parameters
    ----------
    copies
        Where a dataset lies.
    crate
        SHA-256 of the manifest of the dataset as it is now.
    """
    planned = [copy for copy in copies if copy.planned]
    if not planned or any(copy.crate != crate for copy in planned):
        return ()
    return tuple(copy for copy in copies if not copy.planned and copy.crate == crate)


def _asked(
    lab: Lab, dataset: str, term: Term, stores: Sequence[str], judge: Callable[[Lab], Judge]
) -> tuple[Finding, ...]:
    """What the rules say of a dataset that is in these stores, or nowhere."""
    if not stores:
        gone = Store(system=System.DELETION, title="nowhere")
        file = lab.file.model_copy(update={"stores": {**lab.file.stores, DELETED: gone}})
        lab, stores = lab.model_copy(update={"file": file}), [DELETED]
    asking = judge(lab)
    candidates = tuple(Candidate(dataset, term, store) for store in stores)
    said = [finding for found in asking.candidates(list(candidates)).values() for finding in found]
    said += asking.chosen([(dataset, term, candidates)])[dataset, term]
    # What is wrong with a place that stays is no reason to keep another; a place that is none is all there is.
    about = said if stores == [DELETED] else [f for f in said if f.subject.count("@") < 2]
    return tuple(sorted(set(about), key=str))


def _shares(doomed: Iterable[Copy], held: Mapping[str, int]) -> dict[str, float]:
    going: dict[str, int] = {}
    for copy in doomed:
        size = copy.manifest.bytes if copy.manifest else 0
        going[copy.location.store] = going.get(copy.location.store, 0) + size
    return {store: size / max(held.get(store, 0), size, 1) for store, size in going.items()}


def held_by_store(records: Iterable[Sequence[Entry]]) -> dict[str, int]:
    """Bytes that each store holds, by the records of all projects."""
    held: dict[str, int] = {}
    for entries in records:
        for dataset in {entry.dataset for entry in entries}:
            for one in kept(entries, dataset):
                held[one.spot.store] = held.get(one.spot.store, 0) + one.entry.bytes
    return held


class Retirer:
    """Sets copies aside, brings them back, and deletes them when their days are over.

    Parameters
    ----------
    lab_root
        The folder of the lab's files: tombstones lie in ``record/tombstones``.
    book
        Where everything is written down.
    opened
        The way into a place of the record.
    progress
        Who is told.
    today
        The day.
    """

    def __init__(
        self, lab_root: Path, book: Book, opened: Callable[[Spot], Place], progress: Progress, today: dt.date
    ) -> None:
        self._stones = Tombstones(lab_root)
        self._book = book
        self._opened = opened
        self._progress = progress
        self._today = today

    def retire(self, retiring: Retiring, why: str, verified: Iterable[Copy] = ()) -> tuple[Entry, ...]:
        """Set the doomed copies aside.

        Parameters
        ----------
        retiring
            What to do; the rules must not refuse it.
        why
            Why, for the record.
        verified
            Copies that were read back just now.

        Returns
        -------
        tuple of Entry
            What was written down.

        Raises
        ------
        InputError
            If the rules refuse it.
        IntegrityError
            If a copy that stays is damaged: then nothing goes.
        UnreadableError
            If a place cannot be read, or cannot set anything aside.
        """
        if retiring.refused:
            raise InputError("\n".join(map(str, retiring.refused)))
        targets = [(copy, as_retirable(copy.place, copy.location.name)) for copy in retiring.doomed]
        for copy in retiring.stays:
            if copy not in verified and copy.place and copy.manifest:
                read_back(copy.place, copy.manifest, self._progress)
        done = []
        for copy, place in targets:
            manifest, data = self._present(copy)
            dataset, store = copy.location.id.partition("@")[0], copy.location.store
            token = name_of(self._today, dataset, store, secrets.token_hex(4))
            self._stones.set(token, data)
            entry = Entry(
                act=Act.RETIRE,
                dataset=retiring.dataset,
                spots=(copy.spot,),
                files=len(manifest.files),
                bytes=manifest.bytes,
                manifest=copy.crate,
                aside=token,
                until=(self._today + dt.timedelta(days=GRACE_DAYS)).isoformat(),
                note=why,
            )
            done.append(self._book.append(entry))
            place.set_aside(token, [f.path for f in manifest.files])
        return tuple(done)

    def _present(self, copy: Copy) -> tuple[Manifest, bytes]:
        """The manifest of a copy, if it still is what the rules were asked about."""
        data = copy.place.manifest() if copy.place else None
        if data is None or digest(data) != copy.crate or copy.manifest is None:
            raise IntegrityError(
                f"{copy.location.name} has changed meanwhile, and nothing of it was retired.", "Look at it again."
            )
        return copy.manifest, data

    def stone(self, entry: Entry) -> Manifest:
        """The manifest of what was set aside; it raises as `Tombstones.read` does."""
        return self._stones.read(entry.aside, entry.manifest)

    def finish(self, entries: Sequence[Entry], dataset: str) -> tuple[Kept, ...]:
        """Go on with what was stopped between the record and the last file; answers what that was.

        Whatever was put into a place since then stays.
        """
        done = []
        for one in set_aside(entries, dataset):
            later = [e for e in entries[one.entry.number :] if one.spot.key in {s.key for s in e.spots}]
            if any(e.act in {Act.PUT, Act.MOVE, Act.RESTORE} for e in later):
                continue
            place = self._opened(one.spot)
            try:
                data = place.manifest()
            except OfflineError:
                continue  # it goes on when the drive is there
            if data is not None and digest(data) != one.entry.manifest:
                # Another one was put since; one that cannot be read says nothing, and stops it.
                decode(data, f"The manifest in {place.name}")
                continue
            files = [f.path for f in self.stone(one.entry).files]
            if data is not None or any(place.size(path) is not None for path in files):
                as_retirable(place, one.spot.name).set_aside(one.entry.aside, files)
                done.append(one)
        return tuple(done)

    def undo(self, entries: Sequence[Entry], dataset: str, store: str | None = None) -> tuple[Entry, ...]:
        """Bring back what was set aside of a dataset, and read it back.

        Raises
        ------
        InputError
            If nothing of it is set aside.
        """
        aside = [one for one in set_aside(entries, dataset) if store in (None, one.spot.store)]
        if not aside:
            raise InputError(f"Nothing of {dataset} is set aside{f' in {store}' if store else ''}.")
        done = []
        for one in aside:
            manifest, place = self.stone(one.entry), self._opened(one.spot)
            as_retirable(place, one.spot.name).bring_back(one.entry.aside, [f.path for f in manifest.files])
            read_back(place, manifest, self._progress)
            done.append(self._book.append(_after(one, Act.RESTORE)))
        return tuple(done)

    def due(self, entries: Sequence[Entry]) -> tuple[Kept, ...]:
        """What can be deleted for good: its days are over."""
        return tuple(one for one in set_aside(entries) if one.entry.until < self._today.isoformat())

    def purge(self, one: Kept) -> Entry:
        """Delete for good what was set aside, and say so in the record."""
        files = [f.path for f in self.stone(one.entry).files]
        as_retirable(self._opened(one.spot), one.spot.name).purge(one.entry.aside, files)
        return self._book.append(_after(one, Act.PURGE))


def _after(one: Kept, act: Act) -> Entry:
    before = one.entry
    return Entry(
        act=act,
        dataset=before.dataset,
        spots=(one.spot,),
        files=before.files,
        bytes=before.bytes,
        manifest=before.manifest,
        aside=before.aside,
    )
