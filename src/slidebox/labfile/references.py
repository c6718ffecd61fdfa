"""Whether the names in a lab's declarations mean something and the declarations agree with each other.

These are faults of the declaration itself, like an unknown key. What a lab is allowed to do with
its data is not judged here: that is what the rules are for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from slidebox.errors import InputError, Problem
from slidebox.labfile.complaints import nearest
from slidebox.labfile.source import Key, dotted
from slidebox.model import (
    PUBLIC,
    Dataset,
    Keep,
    Lab,
    LabFile,
    Level,
    Origin,
    Project,
    Role,
    StoreKind,
    System,
)
from slidebox.naming import bucket_name
from slidebox.quantities import human_bytes

_MOUNTED = {
    System.INTERNAL_DRIVE,
    System.EXTERNAL_DRIVE,
    System.LOCAL_CLUSTER,
    System.ONEDRIVE,
    System.DROPBOX,
    System.GOOGLE_DRIVE,
}
_SPEAKING_S3 = {System.INTERNAL_DRIVE, System.EXTERNAL_DRIVE, System.LOCAL_CLUSTER, System.CLOUD}


class Places(Protocol):
    """Knows where in the files a declared value stands."""

    def problem(self, file: str, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A fault of the value at a path of a file."""


class _Nowhere:
    """Places of a lab that was declared in Python: a file to look for, and no line."""

    def problem(self, file: str, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        return Problem(file, 0, 0, dotted(path), message, hint)


@dataclass(frozen=True, slots=True)
class Unread:
    """Names that are declared but could not be read, for a reason that is reported already."""

    people: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    agreements: frozenset[str] = frozenset()
    datasets: frozenset[str] = frozenset()
    """Ids of datasets, and names of whole projects."""


def check_lab(lab: Lab) -> tuple[Problem, ...]:
    """Every name that means nothing and every contradiction in a lab's declarations.

    For a lab declared in Python the problems carry no line; `load` reports the same ones with theirs.
    """
    return tuple(check_references(lab, _Nowhere(), Unread()))


def check_references(lab: Lab, places: Places, unread: Unread) -> Iterator[Problem]:
    """The problems of `check_lab`, with the places of the values in the files."""
    yield from _LabFileCheck(lab.file, places, unread).problems()
    for name, project in lab.projects.items():
        yield from _ProjectCheck(lab, name, project, places, unread).problems()
    yield from _cycles(lab, places)
    yield from _bucket_clashes(lab, places)


def file_of(project: str) -> str:
    """The file a project is declared in."""
    return f"projects/{project}.yaml"


@dataclass
class _LabFileCheck:
    """``lab.yaml`` by itself."""

    file: LabFile
    places: Places
    unread: Unread

    def problems(self) -> Iterator[Problem]:
        yield from self._names()
        yield from self._teams()
        yield from self._stores()

    def _say(self, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        return self.places.problem("lab.yaml", path, message, hint, key=key)

    def _names(self) -> Iterator[Problem]:
        try:
            bucket_name(self.file.lab, "project", Level.METADATA, "store")
        except InputError as error:
            yield self._say(("lab",), error.message, error.cure)
        for kind, names in (("people", self.file.people), ("teams", self.file.teams)):
            if PUBLIC in names:
                said = f"{PUBLIC!r} stands for anyone and can be nobody's name."
                yield self._say((kind, PUBLIC), said, "Choose another name.", key=True)
        for name in self.file.teams:
            if name in self.file.people:
                said = f"{name!r} is a person already, and an audience could mean either."
                yield self._say(("teams", name), said, "Rename the team.", key=True)

    def _teams(self) -> Iterator[Problem]:
        for name, team in self.file.teams.items():
            for index, member in enumerate(team.members):
                if member not in self.file.people and member not in self.unread.people:
                    path = ("teams", name, "members", index)
                    yield self._say(path, f"{member!r} is not one of the people.", nearest(member, self.file.people))

    def _stores(self) -> Iterator[Problem]:
        drives = {name for name, store in self.file.stores.items() if store.kind is StoreKind.DRIVE}
        by_path: dict[str, str] = {}
        for name, store in self.file.stores.items():
            at: tuple[Key, ...] = ("stores", name)
            if store.over is not None and store.over not in drives | self.unread.stores:
                said = f"{store.over!r} is a store, but not one of kind 'drive'."
                if store.over not in self.file.stores:
                    said = f"{store.over!r} is not one of the stores."
                listed = (
                    f"The drives are {', '.join(sorted(drives))}." if drives else "Declare a store of kind 'drive'."
                )
                yield self._say((*at, "over"), said, nearest(store.over, drives) or listed)
            fitting = {StoreKind.DRIVE: _MOUNTED, StoreKind.S3: _SPEAKING_S3}.get(store.kind)
            if fitting is not None and store.system not in fitting:
                said = f"a store of system '{store.system}' cannot be of kind '{store.kind}'."
                yield self._say((*at, "kind"), said, "Use kind 'by_hand'.")
            if store.kind is StoreKind.DRIVE and store.path is not None:
                first = by_path.setdefault(store.path.rstrip("/"), name)
                if first != name:
                    said = f"the store {first!r} has this path already."
                    yield self._say((*at, "path"), said, "Give each drive its own folder.")


@dataclass
class _ProjectCheck:
    """One project against the lab and the other projects."""

    lab: Lab
    name: str
    project: Project
    places: Places
    unread: Unread
    _principals: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        declared = self.lab.file
        self._principals = frozenset((*declared.people, *declared.teams, PUBLIC))

    def problems(self) -> Iterator[Problem]:
        if self.project.project != self.name:
            said = f"the file is named {self.name}.yaml, but the project {self.project.project!r}."
            yield self._say(("project",), said, "They have to be the same.")
        yield from self._owner()
        yield from self._agreement(("agreement",), self.project.agreement)
        yield from self._audience(())
        for level, dataset in self.project.datasets.items():
            yield from self._dataset(level, dataset)

    def _say(self, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        return self.places.problem(file_of(self.name), path, message, hint, key=key)

    def _owner(self) -> Iterator[Problem]:
        owner, declared = self.project.owner, self.lab.file
        if owner in declared.people or owner in self.unread.people:
            return
        if owner in declared.teams:
            said = f"{owner!r} is a team; one person answers for a project."
            yield self._say(("owner",), said, f"Its members are {', '.join(declared.teams[owner].members)}.")
        else:
            said = f"{owner!r} is not one of the people in lab.yaml."
            yield self._say(("owner",), said, nearest(owner, declared.people))

    def _agreement(self, path: tuple[Key, ...], agreement: str | None) -> Iterator[Problem]:
        known = self.lab.file.agreements
        if agreement is not None and agreement not in known and agreement not in self.unread.agreements:
            said = f"{agreement!r} is not one of the agreements in lab.yaml."
            yield self._say(path, said, nearest(agreement, known))

    def _audience(self, path: tuple[Key, ...], level: Level | None = None) -> Iterator[Problem]:
        audience = self.project.audience if level is None else self.project.datasets[level].audience
        if audience is None:
            return
        unread = self.unread.people | self.unread.teams
        for role in Role:
            for index, principal in enumerate(audience.of(role)):
                at = (*path, "audience", str(role), index)
                if principal == PUBLIC and role is not Role.READER:
                    yield self._say(at, f"{PUBLIC!r} may read, but not be a {role}.", "Name people or teams.")
                elif principal not in self._principals and principal not in unread:
                    said = f"{principal!r} is neither a person nor a team in lab.yaml."
                    yield self._say(at, said, nearest(principal, self._principals))

    def _dataset(self, level: Level, dataset: Dataset) -> Iterator[Problem]:
        at: tuple[Key, ...] = ("datasets", str(level))
        yield from self._agreement((*at, "agreement"), dataset.agreement)
        yield from self._audience(at, level)
        yield from self._origin(at, level, dataset)
        yield from self._sizes(at, dataset)
        yield from self._parents(at, level, dataset)

    def _origin(self, at: tuple[Key, ...], level: Level, dataset: Dataset) -> Iterator[Problem]:
        if dataset.origin is Origin.PUBLIC and not dataset.source:
            said = "data of public origin need a 'source': the accession or address to get them from again."
            yield self._say((*at, "origin"), said)
        if dataset.origin is Origin.INDUSTRY and self.project.agreement_of(level) is None:
            said = "data of industry origin come under an agreement."
            yield self._say((*at, "origin"), said, "Name it as 'agreement' of the dataset or of the project.")
        if dataset.keep is Keep.STREAM and dataset.origin is not Origin.PUBLIC:
            said = f"only data of public origin can be streamed; these are of origin '{dataset.origin}'."
            yield self._say((*at, "keep"), said, "Deleted once processed, they could not be had again.")

    def _sizes(self, at: tuple[Key, ...], dataset: Dataset) -> Iterator[Problem]:
        largest, whole = dataset.largest_file, dataset.size
        if largest is None:
            return
        if largest.bytes > whole.bytes:
            said = f"the largest file ({largest}) is larger than the whole dataset ({whole})."
            yield self._say((*at, "largest_file"), said)
        elif largest.bytes * dataset.files < whole.bytes:
            most = human_bytes(largest.bytes * dataset.files)
            said = f"{dataset.files} files of at most {largest} are {most} at most, not {whole}."
            yield self._say((*at, "largest_file"), said)

    def _parents(self, at: tuple[Key, ...], level: Level, dataset: Dataset) -> Iterator[Problem]:
        own = self.project.dataset_id(level)
        for index, (ref, parent) in enumerate(zip(dataset.parents, self.project.parents_of(level), strict=True)):
            path = (*at, "parents", index)
            other, _, wanted = parent.partition("/")
            if parent == own:
                yield self._say(path, "a dataset cannot be made from itself.")
            elif parent in self.unread.datasets or other in self.unread.datasets:
                continue
            elif other != self.project.project and other not in self.lab.projects:
                yield self._say(path, f"there is no project {other!r}.", nearest(other, self.lab.projects))
            elif wanted not in self._levels(other):
                said = f"the project {other!r} has no dataset {wanted!r}."
                prefix = f"{other}/" if "/" in ref else ""
                unread = (d.partition("/")[2] for d in self.unread.datasets if d.startswith(f"{other}/"))
                there = {*self._levels(other), *unread}
                yield self._say(path, said, nearest(ref, sorted(f"{prefix}{known}" for known in there)))

    def _levels(self, project: str) -> Mapping[Level, Dataset]:
        return self.project.datasets if project == self.project.project else self.lab.projects[project].datasets


def _cycles(lab: Lab, places: Places) -> Iterator[Problem]:
    """Datasets that are made from themselves in the end, each circle reported once."""
    parents = {
        project.dataset_id(level): tuple(p for p in project.parents_of(level) if p != project.dataset_id(level))
        for project in lab.projects.values()
        for level in project.datasets
    }
    done: set[str] = set()
    for start, its_parents in parents.items():
        trail: list[tuple[str, Iterator[tuple[int, str]]]] = [(start, enumerate(its_parents))]
        on_trail = {start}
        while trail:
            dataset, remaining = trail[-1]
            index, parent = next(remaining, (0, ""))
            if not parent:
                trail.pop()
                on_trail.discard(dataset)
                done.add(dataset)
            elif parent in on_trail:
                circle = [name for name, _ in trail]
                circle = [*circle[circle.index(parent) :], parent]
                project, _, level = dataset.partition("/")
                said = f"these datasets are made from each other in a circle: {' ← '.join(circle)}."
                path = ("datasets", level, "parents", _position(lab, project, level, parent, index))
                yield places.problem(file_of(project), path, said, "Remove the parent that is not one.")
            elif parent in parents and parent not in done:
                trail.append((parent, enumerate(parents[parent])))
                on_trail.add(parent)


def _position(lab: Lab, project: str, level: str, parent: str, fallback: int) -> int:
    """Where a parent stands in the declared list, in which the dataset itself may stand too."""
    declared: Iterable[str] = lab.projects[project].parents_of(Level(level)) if project in lab.projects else ()
    return list(declared).index(parent) if parent in declared else fallback


def _bucket_clashes(lab: Lab, places: Places) -> Iterator[Problem]:
    """Datasets that would be kept in one bucket of one service."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    stores = [
        (name, f"over {name}" if store.over else store.endpoint or "")
        for name, store in lab.file.stores.items()
        if store.kind is StoreKind.S3
    ]
    for name, project in lab.projects.items():
        for level in project.datasets:
            for store, service in stores:
                try:
                    bucket = bucket_name(lab.file.lab, project.project, level, store)
                except InputError:
                    return  # reported with the lab's name
                here = (project.dataset_id(level), store)
                first = owners.setdefault((service, bucket), here)
                if first != here:
                    said = (
                        f"the bucket {bucket!r} would be both {first[0]} in the store {first[1]!r} "
                        f"and {here[0]} in the store {here[1]!r}."
                    )
                    path = ("datasets", str(level))
                    yield places.problem(file_of(name), path, said, "Rename a project or a store.", key=True)
