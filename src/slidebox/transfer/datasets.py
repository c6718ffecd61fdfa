"""Put and get by a dataset's name: the places and keys come from what was provisioned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slidebox import drives, gateway
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.home import Home
from slidebox.model import CLOUDS, Audience, Keep, Lab, StoreKind
from slidebox.provenance import Manifest
from slidebox.quantities import human_bytes
from slidebox.transfer.describe import ReadParent, StepGiven, declared, draft, step_run
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.get import get, read_manifest
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Place, Progress, Quiet
from slidebox.transfer.put import Existing, Receipt, put
from slidebox.transfer.s3 import S3Place
from slidebox.transfer.s3_service import client
from slidebox.transfer.source import scan

Outputs = Callable[[str], Mapping[str, Any]]
"""Answers with the outputs of a stack, secrets included."""


@dataclass(frozen=True, slots=True)
class Location:
    """A location that was provisioned.

    Attributes
    ----------
    id
        ``project/level@term@store``.
    copy
        1 for the first copy.
    store
        The store it is in.
    kind
        ``drive`` or ``s3``.
    where
        The folder or the bucket.
    by_hand
        Whether slidebox only plans it.
    """

    id: str
    copy: int
    store: str
    kind: str
    where: str
    by_hand: bool = False

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"{self.store} ({self.where})"


@dataclass(frozen=True, slots=True)
class Ready:
    """A put that is about to happen.

    Attributes
    ----------
    dataset
        ``project/level``.
    source
        The folder.
    files, bytes
        What is in it.
    principal
        Whose keys are used; empty where no place needs any.
    locations
        Where it goes.
    manifest
        What will be written beside it, but for the files.
    notes
        What a person should know.
    """

    dataset: str
    source: Path
    files: int
    bytes: int
    principal: str
    locations: tuple[Location, ...]
    manifest: Manifest
    notes: tuple[str, ...]
    places: tuple[Place, ...] = field(repr=False)
    journal: Journal = field(repr=False)

    def put(self, existing: Existing = Existing.REFUSE, progress: Progress | None = None) -> Receipt:
        """Do it."""
        return put(self.source, self.places, self.manifest, existing=existing, journal=self.journal, progress=progress)


class Datasets:
    """The datasets of a lab, in the places that were provisioned for them.

    Parameters
    ----------
    lab
        What is declared.
    home
        The lab's folder of state.
    outputs
        Answers with a stack's outputs; asked once a stack.
    """

    def __init__(self, lab: Lab, home: Home, outputs: Outputs) -> None:
        self._lab = lab
        self._home = home
        self._ask = outputs
        self._answers: dict[str, Mapping[str, Any]] = {}

    def locations(self, dataset_id: str) -> tuple[Location, ...]:
        """Where a dataset lies, first copy first.

        Raises
        ------
        UnreadableError
            If nothing was provisioned for it, or only places that slidebox does not reach.
        """
        found = self._provisioned(dataset_id)
        reached = tuple(f for f in found if not f.by_hand and f.kind not in CLOUDS)
        if reached:
            return reached
        if found:
            stores = ", ".join(f.store for f in found)
            raise UnreadableError(
                f"{dataset_id} belongs into {stores}, which slidebox plans and does not reach yet.", "Put it by hand."
            )
        raise UnreadableError(
            f"No place was made for {dataset_id} yet.",
            f"Make it with `pulumi up -s {dataset_id.partition('/')[0]}`.",
        )

    def _provisioned(self, dataset_id: str) -> tuple[Location, ...]:
        """Where its stack has a dataset, first copy first."""
        project, _, _ = declared(self._lab, dataset_id)
        found = [
            Location(
                id=identifier,
                copy=int(entry.get("copy", 1)),
                store=str(entry["store"]),
                kind=str(entry.get("kind", "")),
                where=str(entry.get("bucket") or entry.get("path") or ""),
                by_hand=bool(entry.get("by_hand", False)),
            )
            for identifier, entry in self._outputs(project.project).get("locations", {}).items()
            if entry["dataset"] == dataset_id
        ]
        return tuple(sorted(found, key=lambda f: (f.copy, f.id)))

    def _outputs(self, stack: str) -> Mapping[str, Any]:
        if stack not in self._answers:
            self._answers[stack] = self._ask(stack)
        return self._answers[stack]

    def ready(
        self,
        dataset_id: str,
        source: Path,
        *,
        principal: str | None = None,
        step: StepGiven | None = None,
        metadata: Mapping[str, str] | None = None,
        reread: bool = False,
        today: dt.date | None = None,
    ) -> Ready:
        """Everything a put needs, read and checked; nothing is written.

        Parameters
        ----------
        dataset_id
            ``project/level``.
        source
            The folder to put.
        principal
            Whose keys to use: ``team:imaging`` or ``imaging``; the first contributor that has some where None.
        step
            What is said about the step.
        metadata
            What is known about the data.
        reread
            Read everything that is there back, instead of believing kept checksums.
        today
            The day; the system's where None.
        """
        day = today or dt.datetime.now(dt.UTC).date()
        project, level, dataset = declared(self._lab, dataset_id)
        run, notes = step_run(self._lab, dataset_id, step or StepGiven(), day)
        files = scan(source)
        total = sum(f.size for f in files)
        if total > dataset.size.bytes:
            notes += (
                f"{human_bytes(total)} are more than the {dataset.size} declared for {dataset_id}: "
                "plan and costs are too low until the project file says so",
            )
        locations = self.locations(dataset_id)
        notes += tuple(
            f"the copy in {place.store} is not reached from here: put it there with the cloud's own tools"
            for place in self._provisioned(dataset_id)
            if place.kind in CLOUDS
        )
        audience = project.audience_of(level)
        keys = self._outputs(project.project).get("keys") or {}
        stores = [place.store for place in locations if place.kind == StoreKind.S3]
        who = self._principal(keys, stores, (audience.contributor, audience.steward), principal)
        journal = Journal(self._home.root / "uploads" / f"{project.project}-{level}.jsonl")
        places = tuple(self._place(where, keys.get(who, {}), journal, reread=reread) for where in locations)
        for place in places:
            place.check()
        parents, more = self._parents(dataset_id, who)
        manifest = draft(self._lab, dataset_id, parents=parents, step=run, metadata=metadata or {}, today=day)
        return Ready(dataset_id, source, len(files), total, who, locations, manifest, (*notes, *more), places, journal)

    def get(
        self, dataset_id: str, dest: Path, *, principal: str | None = None, progress: Progress | None = None
    ) -> Receipt:
        """Bring a dataset into a folder, from whichever copy is whole."""
        places = self.readable(dataset_id, principal)
        return get(places, dataset_id, dest, progress=progress or Quiet())

    def peek(self, dataset_id: str, principal: str | None = None) -> Manifest:
        """The manifest of a dataset, without its files."""
        return read_manifest(self.readable(dataset_id, principal), dataset_id, [])[0]

    def readable(self, dataset_id: str, principal: str | None = None) -> tuple[Place, ...]:
        """The copies of a dataset, opened with the keys of somebody who may read it."""
        project, level, _ = declared(self._lab, dataset_id)
        keys = self._outputs(project.project).get("keys") or {}
        locations = self.locations(dataset_id)
        stores = [place.store for place in locations if place.kind == StoreKind.S3]
        who = self._principal(keys, stores, _readers(project.audience_of(level)), principal)
        return tuple(self._place(where, keys.get(who, {}), Journal(), reread=False) for where in locations)

    def _principal(
        self, keys: Mapping[str, Any], stores: Sequence[str], preferred: Sequence[Sequence[str]], asked: str | None
    ) -> str:
        """Whose keys to use; empty where no place needs any. `preferred` has names, role by role."""
        if asked is not None:
            name = asked if ":" in asked else self._qualified(asked)
            missing = [store for store in stores if store not in keys.get(name, {})]
            if missing:
                known = sorted(who for who, has in keys.items() if all(store in has for store in stores))
                raise InputError(
                    f"{name} has no key for {missing[0]}.", f"Those who have: {', '.join(known) or 'nobody'}."
                )
            return name
        # Within a role teams first: their keys outlast a person.
        ranked = [
            who
            for names in preferred
            for who in sorted(map(self._qualified, names), key=lambda who: not who.startswith("team:"))
        ]
        return next((who for who in ranked if stores and all(s in keys.get(who, {}) for s in stores)), "")

    def _qualified(self, name: str) -> str:
        return f"team:{name}" if name in self._lab.file.teams else f"person:{name}"

    def _place(self, where: Location, keys: Mapping[str, Any], journal: Journal, *, reread: bool) -> Place:
        store = self._lab.file.stores.get(where.store)
        if store is None:
            raise InputError(f"{where.id} is in store {where.store!r}, which lab.yaml does not have.", "Declare it.")
        if where.kind == StoreKind.DRIVE:
            root = drives.drive_path(self._home.lab_root, store)

            def guard() -> None:
                drives.require(self._lab.file.lab, where.store, root)

            # An absolute path stays as it is when it is joined.
            return DrivePlace(where.name, root / where.where, key=where.id, guard=guard, journal=journal, reread=reread)
        if store.over:
            endpoint, region = self._embedded(where.store)
            disk = drives.drive_path(self._home.lab_root, self._lab.file.stores[store.over])
        else:
            endpoint, region, disk = store.endpoint or "", store.region, None
        key = keys.get(where.store)
        if key is None and not store.profile:
            raise InputError(
                f"Nobody in the audience has a key for {where.store}.",
                "Run `pulumi up`, or name a principal that has one with --as.",
            )
        s3 = client(
            endpoint=endpoint,
            region=region,
            access_key=key["accessKeyId"] if key else None,
            secret_key=key["secretAccessKey"] if key else None,
            profile=None if key else store.profile,
        )
        return S3Place(where.name, s3, where.where, key=where.id, journal=journal, reread=reread, disk=disk)

    def _embedded(self, store: str) -> tuple[str, str]:
        end = gateway.endpoint(self._home, store)
        return end.s3_url, end.region

    def _parents(self, dataset_id: str, who: str) -> tuple[tuple[ReadParent, ...], tuple[str, ...]]:
        """The parents' manifests. One that should be readable and is not stops the put; others are noted."""
        project, level, _ = declared(self._lab, dataset_id)
        found, notes = [], []
        for parent in project.parents_of(level):
            source = declared(self._lab, parent)[2]
            if source.keep is Keep.STREAM:
                found.append(ReadParent(parent, None))
                continue
            try:
                places = self._parent_places(parent, who)
            except SlideboxError as error:
                found.append(ReadParent(parent, None))
                notes.append(f"the lineage names {parent} without its checksum: {error.message}")
                continue
            missing = f"{parent}, which {dataset_id} was made from, has to be put first"
            passed: list[str] = []
            try:
                found.append(ReadParent(parent, read_manifest(places, parent, passed)[0]))
            except UnreadableError as error:
                raise UnreadableError(f"{missing}: {error.message}", error.cure) from error
        return tuple(found), tuple(notes)

    def _parent_places(self, parent: str, who: str) -> tuple[Place, ...]:
        try:
            return self.readable(parent, who or None)
        except InputError:  # the child's contributor may not read the parent; somebody of its audience may
            return self.readable(parent)


def _readers(audience: Audience) -> tuple[tuple[str, ...], ...]:
    """Who may read, the least entitled role first."""
    return audience.reader, audience.contributor, audience.steward
