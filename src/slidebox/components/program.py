"""From a project to a Pulumi stack: plan it, make its locations, say where they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from slidebox import drives, facts, labfile
from slidebox.clouds import cloud_bucket
from slidebox.components.adopted import AdoptedLocation
from slidebox.components.clouds import cloud_location, cloud_provider
from slidebox.components.deciding import Explained, decide, lab_of
from slidebox.components.elsewhere import Elsewhere, elsewhere_location, is_made
from slidebox.components.locations import BucketLocation, DriveArgs, DriveLocation, LocationArgs, StoreUsers
from slidebox.components.running import running
from slidebox.facts import FactBook
from slidebox.model import (
    CLOUDS,
    PUBLIC,
    Candidate,
    Lab,
    LabFile,
    Level,
    Placement,
    Project,
    Role,
    StoreKind,
    System,
    Term,
    TermPlan,
)
from slidebox.naming import bucket_of, folder_of
from slidebox.preview.adopted import declared_of, place_of
from slidebox.provider.stores import StoreRef
from slidebox.systems import Systems, load_systems


@dataclass(frozen=True, slots=True)
class Chosen:
    """A placement of the current term, with its dataset."""

    level: Level
    placement: Placement

    @property
    def candidate(self) -> Candidate:
        """The location."""
        return self.placement.candidate


class Program:
    """Registers the resources of one project's stack.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    project
        Name of the project.
    root
        The folder of the lab's files.
    entries
        Its plan, for the current terms.
    explained
        What holds for its datasets.
    """

    def __init__(
        self,
        lab: Lab,
        systems: Systems,
        project: str,
        root: Path,
        entries: Iterable[TermPlan],
        explained: Explained,
    ) -> None:
        self._lab = lab
        self._project = lab.projects[project]
        self._root = root
        self._entries = tuple(entries)
        self._explained = explained
        self._book = FactBook(lab, systems)
        self._found = self._record()

    def _record(self) -> labfile.Record | None:
        """What was found before slidebox, where any of it stays as it is."""
        datasets = self._project.datasets.values()
        as_is = any(adopted.as_is for dataset in datasets for adopted in dataset.adopted.values())
        return labfile.load_record(self._root, self._project.project) if as_is else None

    def register(self) -> dict[str, Any]:
        """Register every component; answers the stack's outputs."""
        keys, users = self._users()
        locations: dict[str, Any] = {}
        by_hand: list[dict[str, str]] = []
        for chosen in self._chosen():
            candidate, store = chosen.candidate, self._lab.file.stores[chosen.candidate.store]
            about = self._about(chosen)
            adopted = self._project.adopted_in(chosen.level, candidate.store)
            if adopted and adopted.as_is:
                about |= self._as_is(chosen, adopted.name)
            elif store.kind is StoreKind.DRIVE:
                folder = self._drive(chosen).folder
                # Where a registered drive is mounted changes: its folders are known by their place on it.
                below = folder_of(self._lab, candidate.dataset, candidate.store)
                about["path"] = below if store.registered else folder.absolute_path
            elif store.kind is StoreKind.S3:
                location = self._bucket(chosen, users.get(candidate.store))
                about |= {"bucket": location.bucket.bucket, "region": store.region}
            elif store.kind in CLOUDS:
                about |= self._cloud(chosen)
            elif is_made(store.kind):
                about |= elsewhere_location(self._name(chosen), self._elsewhere(chosen, users))
            else:
                about["by_hand"] = True
                by_hand.append({"location": candidate.id, "how": self._how(chosen)})
            locations[candidate.id] = about
        if by_hand:
            listed = "".join(f"\n  {entry['location']}: {entry['how']}" for entry in by_hand)
            pulumi.log.warn(f"Not made by slidebox, but by hand:{listed}")
        return {"locations": locations, "byHand": by_hand, "keys": pulumi.Output.secret(keys)}

    def _chosen(self) -> Iterator[Chosen]:
        for entry in self._entries:
            level = Level(entry.dataset.partition("/")[2])
            for placement in entry.placements:
                yield Chosen(level, placement)

    def _about(self, chosen: Chosen) -> dict[str, Any]:
        candidate = chosen.candidate
        return {
            "dataset": candidate.dataset,
            "term": candidate.term.value,
            "copy": chosen.placement.copy,
            "store": candidate.store,
            "kind": self._lab.file.stores[candidate.store].kind.value,
            "by_hand": False,
        }

    def _name(self, chosen: Chosen) -> str:
        """Name of a location's resources. Without the term: a dataset that comes to rest stays where it lies."""
        return f"{chosen.level}@{chosen.candidate.store}"

    def _args(self, chosen: Chosen) -> LocationArgs:
        candidate = chosen.candidate
        store = self._lab.file.stores[candidate.store]
        siblings = [c.candidate for c in self._chosen() if c.level is chosen.level]
        audience = self._project.audience_of(chosen.level)
        return LocationArgs(
            location=candidate.id,
            store=candidate.store,
            # Of data that are streamed, only the pieces that are worked on lie there at any time.
            quota=0 if store.system is System.DELETION else self._project.datasets[chosen.level].size.bytes,
            public=self._project.public_in(chosen.level, candidate.term),
            writers=bool(audience.contributor or audience.steward),
            irreplaceable=chosen.level is Level.RAW_IMAGES,
            lifecycle=self._book.lifecycle(candidate),
            tags=facts.tags(self._lab, candidate.dataset),
            facts=self._book.fragment(candidate.dataset, siblings),
        )

    def _drive(self, chosen: Chosen) -> DriveLocation:
        store = self._lab.file.stores[chosen.candidate.store]
        drive = DriveArgs(
            root=str(drives.drive_path(self._root, store)) if store.path else "",
            lab=self._lab.file.lab,
            uuid=store.uuid,
            label=store.label,
            # Where it is not, nothing is said: the stacks of before stay as they are.
            external=store.system is System.EXTERNAL_DRIVE or None,
            group=store.group,
            capacity=store.capacity.bytes if store.capacity else None,
        )
        path = folder_of(self._lab, chosen.candidate.dataset, chosen.candidate.store)
        return DriveLocation(self._name(chosen), self._args(chosen), drive, path)

    def _cloud(self, chosen: Chosen) -> dict[str, Any]:
        candidate, args = chosen.candidate, self._args(chosen)
        bucket = cloud_bucket(
            self._lab,
            candidate,
            self._explained[candidate.dataset],
            self._book.lifecycle(candidate),
            args.tags,
            self._copies(chosen.level),
        )
        store = self._lab.file.stores[candidate.store]
        return dict(cloud_location(self._name(chosen), bucket, store, args.facts))

    def _elsewhere(self, chosen: Chosen, users: Mapping[str, StoreUsers]) -> Elsewhere:
        return Elsewhere(
            lab=self._lab,
            root=self._root,
            candidate=chosen.candidate,
            args=self._args(chosen),
            readers=tuple(chosen.placement.readers),
            copy=chosen.placement.copy,
            users=users.get(self._lab.carrier(chosen.candidate.store)),
        )

    def _copies(self, level: Level) -> list[Candidate]:
        """The placements of a dataset that slidebox sets up, and does not leave as they were found."""
        placed = [c.candidate for c in self._chosen() if c.level is level]
        adopted = {c: self._project.adopted_in(level, c.store) for c in placed}
        return [c for c, found in adopted.items() if not (found and found.as_is)]

    def _as_is(self, chosen: Chosen, name: str) -> dict[str, Any]:
        """Register what was there before, as it was found."""
        candidate = chosen.candidate
        store = self._lab.file.stores[candidate.store]
        found = place_of(self._lab, self._project.project, self._found, chosen.level, candidate.store)
        siblings = [other.candidate for other in self._chosen() if other.level is chosen.level]
        declared = declared_of(self._lab, self._book, candidate, siblings, found)
        AdoptedLocation(self._name(chosen), store.kind, found, declared, cloud_provider(candidate.store, store))
        if store.kind is StoreKind.DRIVE:
            return {"path": name if store.registered else str(drives.drive_path(self._root, store) / name)}
        return {"bucket": name, "region": store.region}

    def _store(self, name: str) -> StoreRef:
        return StoreRef.declared(self._lab.file, self._root, name)

    def _bucket_name(self, chosen: Chosen) -> str:
        return bucket_of(self._lab, chosen.candidate.dataset, chosen.candidate.store)

    def _bucket(self, chosen: Chosen, users: StoreUsers | None) -> BucketLocation:
        retention = self._project.datasets[chosen.level].retention
        lock = retention.days if retention and chosen.candidate.term is Term.LONG else None
        # After the users, so that a destroy begins with the buckets: one that still holds data stops it
        # before anybody has lost a key.
        return BucketLocation(
            self._name(chosen),
            self._args(chosen),
            self._store(chosen.candidate.store),
            self._bucket_name(chosen),
            lock,
            pulumi.ResourceOptions(depends_on=[users]) if users else None,
        )

    def _roles(self) -> dict[str, dict[str, dict[str, set[Role]]]]:
        """The roles of each principal, by S3 store, principal and bucket."""
        roles: dict[str, dict[str, dict[str, set[Role]]]] = {}
        for chosen in self._chosen():
            store = chosen.candidate.store
            adopted = self._project.adopted_in(chosen.level, store)
            carrier = self._lab.carrier(store)
            if self._lab.file.stores[carrier].kind is not StoreKind.S3 or (adopted and adopted.as_is):
                continue
            principals = roles.setdefault(carrier, {})
            audience = self._project.audience_of(chosen.level)
            for role in Role:
                for name in audience.of(role):
                    if name != PUBLIC:
                        held = principals.setdefault(facts.principal(self._lab, name), {})
                        held.setdefault(self._bucket_name(chosen), set()).add(role)
        return roles

    def _users(self) -> tuple[dict[str, Any], dict[str, StoreUsers]]:
        """Make the users; answers their keys by principal and store, and the components by store."""
        keys: dict[str, dict[str, Any]] = {}
        made: dict[str, StoreUsers] = {}
        tags = {"lab": self._lab.file.lab, "project": self._project.project}
        for store, principals in sorted(self._roles().items()):
            ref = self._store(store)
            if ref.over is None:
                pulumi.log.warn(
                    f"slidebox makes no users at the service of store {store!r}: give "
                    f"{', '.join(sorted(principals)) or 'nobody'} access there by hand, as the plan says."
                )
                continue
            made[store] = StoreUsers(f"users@{store}", ref, self._project.project, principals, tags)
            for principal, key in made[store].keys.items():
                keys.setdefault(principal, {})[store] = key
        return keys, made

    def _how(self, chosen: Chosen) -> str:
        """What a person has to do for a location that slidebox does not make."""
        candidate = chosen.candidate
        store = self._lab.file.stores[candidate.store]
        title = store.title or candidate.store
        if store.system is System.DELETION:
            return "keep nothing: read the data from their source and delete each piece once it has been processed"
        readers = ", ".join(chosen.placement.readers) or "nobody"
        return f"make a place for {candidate.dataset} in {title}, readable by {readers}"


def provision(project: Project, lab: LabFile | None = None) -> None:
    """Provision one project in the current Pulumi stack.

    Plans the datasets of the project in their current terms, registers one component for each location
    and one user for each person or team and store, and exports ``locations``, ``byHand`` and ``keys``.

    Parameters
    ----------
    project
        The project, from ``labfile.load`` or written in Python.
    lab
        The lab's own file; the nearest ``lab.yaml`` upwards where None.

    Raises
    ------
    pulumi.RunError
        If the declarations are wrong, or a rule refuses: the engine shows it as one message, and nothing is made.
    """
    with running():
        today = dt.datetime.now(dt.UTC).date()
        declared, root = lab_of(project, lab, Path.cwd())
        whole = declared.present(today)
        systems = load_systems(whole.file.playbook)
        entries, explained = decide(whole, systems, root, project.project, today)
        outputs = Program(whole, systems, project.project, root, entries, explained).register()
        for name, value in outputs.items():
            pulumi.export(name, value)
