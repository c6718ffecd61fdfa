"""Put and get by a dataset's name: the places and keys come from what was provisioned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from slidebox.drives import OfflineError
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.home import Home
from slidebox.model import CLOUDS, Audience, Keep, Lab, StoreKind
from slidebox.mounts import Looking, this_machine
from slidebox.provenance import Manifest
from slidebox.quantities import human_bytes
from slidebox.transfer.describe import ReadParent, StepGiven, declared, draft, step_run
from slidebox.transfer.doors import Doors, is_reached, kept_by_s3, keyed
from slidebox.transfer.get import get, read_manifest
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Place, Progress, Quiet
from slidebox.transfer.put import Receipt
from slidebox.transfer.ready import Location, Ready
from slidebox.transfer.source import scan

Outputs = Callable[[str], Mapping[str, Any]]
"""Answers with the outputs of a stack, secrets included."""


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
    machine
        Looks at the drives that are plugged in.
    """

    def __init__(self, lab: Lab, home: Home, outputs: Outputs, machine: Looking = this_machine) -> None:
        self._lab = lab
        self._home = home
        self._doors = Doors(lab, home, machine)
        self._ask = outputs
        self._answers: dict[str, Mapping[str, Any]] = {}

    def locations(self, dataset_id: str) -> tuple[Location, ...]:
        """Where a dataset lies, first copy first.

        Raises
        ------
        UnreadableError
            If nothing was provisioned for it, or only places that slidebox does not reach.
        """
        found = self.provisioned(dataset_id)
        reached = tuple(f for f in found if is_reached(f))
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

    def provisioned(self, dataset_id: str) -> tuple[Location, ...]:
        """Where its stack has a dataset, first copy first; what slidebox does not reach is among it."""
        project, _, _ = declared(self._lab, dataset_id)
        found = [
            Location(
                id=identifier,
                copy=int(entry.get("copy", 1)),
                store=str(entry["store"]),
                kind=str(entry.get("kind", "")),
                where=str(entry.get("bucket") or entry.get("path") or ""),
                by_hand=bool(entry.get("by_hand", False)),
                details=entry,
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
        if dataset.keep is Keep.STREAM:
            raise InputError(
                f"The lab keeps no bytes of {dataset_id} (keep: stream).",
                "Read it with `slidebox stream`, or say `keep: copy` in the project file.",
            )
        run, notes = step_run(self._lab, dataset_id, step or StepGiven(), day)
        files = scan(source)
        total = sum(f.size for f in files)
        if total > dataset.size.bytes:
            notes += (
                f"{human_bytes(total)} are more than the {dataset.size} declared for {dataset_id}: "
                "plan and costs are too low until the project file says so",
            )
        every = self.locations(dataset_id)
        kept = kept_by_s3(every, dataset)
        locations = tuple(place for place in every if place not in kept)
        notes += tuple(
            f"the copy in {place.store} is not reached from here: put it there with the cloud's own tools"
            for place in self.provisioned(dataset_id)
            if place.kind in CLOUDS and not is_reached(place)
        )
        notes += tuple(f"S3 itself copies what is put on into {place.name}" for place in kept)
        notes += tuple(
            f"--as chooses keys, and there are none for {place.store}: you come as whoever the cloud's own tools say"
            for place in every
            if principal and place.kind in CLOUDS
        )
        notes += tuple(
            f"DVC keeps it from now on: commit {place.details.get('tracked')}.dvc and .dvc/config in "
            f"{place.details.get('repository')}, so that others find it"
            for place in locations
            if place.kind == StoreKind.DVC
        )
        audience = project.audience_of(level)
        keys = self._outputs(project.project).get("keys") or {}
        stores = self._keyed(locations)
        who = self._principal(keys, stores, (audience.contributor, audience.steward), principal)
        journal = Journal(self._home.root / "uploads" / f"{project.project}-{level}.jsonl")
        places = tuple(
            self._doors.open(where, keys.get(who, {}), journal, reread=reread, writing=True) for where in locations
        )
        copies = tuple(self._doors.open(where, {}, journal, reread=reread) for where in kept)
        locations, places, waiting = _present(locations, places)
        notes += tuple(
            f"{error} The copy for {where.name} waits: when the drive is there, "
            f"`slidebox move {dataset_id} --to {where.store}` makes it"
            for where, error in waiting
        )
        parents, more = self._parents(dataset_id, who)
        manifest = draft(self._lab, dataset_id, parents=parents, step=run, metadata=metadata or {}, today=day)
        notes += more
        return Ready(dataset_id, source, len(files), total, who, locations, manifest, notes, places, journal, copies)

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
        stores = self._keyed(locations)
        who = self._principal(keys, stores, _readers(project.audience_of(level)), principal)
        return tuple(self._doors.open(where, keys.get(who, {}), Journal()) for where in locations)

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

    def _keyed(self, locations: Sequence[Location]) -> list[str]:
        """The stores that take a key."""
        return [store for place in locations if (store := keyed(self._lab, place))]

    def _qualified(self, name: str) -> str:
        return f"team:{name}" if name in self._lab.file.teams else f"person:{name}"

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


def _present(
    locations: Sequence[Location], places: Sequence[Place]
) -> tuple[tuple[Location, ...], tuple[Place, ...], list[tuple[Location, OfflineError]]]:
    """The places that can be written now, and those whose drive is not plugged in.

    Raises
    ------
    UnreadableError
        If another place cannot be reached, or every drive is offline.
    """
    there, waiting = [], []
    for where, place in zip(locations, places, strict=True):
        try:
            place.check()
        except OfflineError as error:
            waiting.append((where, error))
        else:
            there.append((where, place))
    if waiting and not there:
        raise waiting[0][1]
    return tuple(where for where, _ in there), tuple(place for _, place in there), waiting


def _readers(audience: Audience) -> tuple[tuple[str, ...], ...]:
    """Who may read, the least entitled role first."""
    return audience.reader, audience.contributor, audience.steward
