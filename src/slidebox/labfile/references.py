"""Whether the names in a lab's declarations mean something and the declarations agree with each other.

These are faults of the declaration itself, like an unknown key. What a lab is allowed to do with
its data is not judged here: that is what the rules are for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from slidebox.errors import InputError, Problem
from slidebox.labfile.adoptions import adoptions
from slidebox.labfile.complaints import nearest
from slidebox.labfile.places import Nowhere, Places, Say, Unread, file_of
from slidebox.labfile.source import Key
from slidebox.labfile.together import bucket_clashes, circles
from slidebox.model import (
    CLOUDS,
    PUBLIC,
    Dataset,
    Keep,
    Lab,
    LabFile,
    Level,
    Origin,
    Project,
    Role,
    Store,
    StoreKind,
    System,
)
from slidebox.naming import bucket_name, dvc_ssh_url
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
_UNDER_DVC = (StoreKind.DRIVE, StoreKind.S3, StoreKind.CLUSTER)
_FITTING = {
    # Of data that are streamed a drive has the piece that is worked on.
    StoreKind.DRIVE: {*_MOUNTED, System.DELETION},
    StoreKind.S3: _SPEAKING_S3,
    StoreKind.DVC: {System.DVC},
    StoreKind.GITHUB: {System.GITHUB, System.GITHUB_LFS},
    StoreKind.ARCHIVE: {System.IDR},
    StoreKind.CLUSTER: {System.LOCAL_CLUSTER},
    StoreKind.RCLONE: {System.ONEDRIVE, System.DROPBOX, System.GOOGLE_DRIVE},
    StoreKind.ZENODO: {System.ZENODO},
    StoreKind.FIGSHARE: {System.FIGSHARE, System.FIGSHARE_PLUS},
    **{kind: {System.CLOUD} for kind in CLOUDS},
}


def check_lab(lab: Lab) -> tuple[Problem, ...]:
    """Every name that means nothing and every contradiction in a lab's declarations.

    For a lab declared in Python the problems carry no line; `load` reports the same ones with theirs.
    """
    return tuple(check_references(lab, Nowhere(), Unread()))


def check_references(lab: Lab, places: Places, unread: Unread) -> Iterator[Problem]:
    """The problems of `check_lab`, with the places of the values in the files."""
    yield from _LabFileCheck(lab.file, places, unread).problems()
    for name, project in lab.projects.items():
        yield from _ProjectCheck(lab, name, project, places, unread).problems()
    yield from circles(lab, places)
    yield from bucket_clashes(lab, places)
    yield from adoptions(lab, places, unread)


@dataclass
class _LabFileCheck:
    """``lab.yaml`` by itself."""

    file: LabFile
    places: Places
    unread: Unread

    def problems(self) -> Iterator[Problem]:
        yield from self._names()
        yield from self._teams()
        yield from self._services()
        yield from self._stores()
        yield from self._folders_of_services()
        yield from self._clouds()

    def _say(self, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        return self.places.problem("lab.yaml", path, message, hint, key=key)

    def _names(self) -> Iterator[Problem]:
        try:
            bucket_name(self.file.lab, "project", Level.METADATA, "store")
        except InputError as error:
            yield self._say(("lab",), error.message, error.cure)
        # Whoever an audience can name, in the order in which a name is taken.
        taken: dict[str, str] = {}
        kinds = (
            ("people", "person", self.file.people),
            ("teams", "team", self.file.teams),
            ("services", "service", self.file.services),
        )
        for kind, noun, names in kinds:
            for name in names:
                if name == PUBLIC:
                    said = f"{PUBLIC!r} stands for anyone and can be nobody's name."
                    yield self._say((kind, PUBLIC), said, "Choose another name.", key=True)
                elif taken.setdefault(name, noun) != noun:
                    said = f"{name!r} is a {taken[name]} already, and an audience could mean either."
                    yield self._say((kind, name), said, f"Rename the {noun}.", key=True)

    def _teams(self) -> Iterator[Problem]:
        for name, team in self.file.teams.items():
            for index, member in enumerate(team.members):
                if member not in self.file.people and member not in self.unread.people:
                    path = ("teams", name, "members", index)
                    yield self._say(path, f"{member!r} is not one of the people.", nearest(member, self.file.people))

    def _services(self) -> Iterator[Problem]:
        duty = "one person answers for a service account"
        for name, service in self.file.services.items():
            yield from _person(self._say, ("services", name, "owner"), service.owner, duty, self.file, self.unread)

    def _stores(self) -> Iterator[Problem]:
        by_path: dict[str, str] = {}
        by_drive: dict[tuple[str, str], str] = {}
        for name, store in self.file.stores.items():
            at: tuple[Key, ...] = ("stores", name)
            yield from self._over(name, store)
            for key in ("uuid", "label"):
                value = getattr(store, key)
                first = by_drive.setdefault((key, value.lower()), name) if value else name
                if first != name:
                    said = f"the store {first!r} is this drive already, and one drive is no second copy."
                    yield self._say((*at, key), said, "Declare each drive once.")
            fitting = _FITTING.get(store.kind)
            if fitting is not None and store.system not in fitting:
                said = f"a store of system '{store.system}' cannot be of kind '{store.kind}'."
                yield self._say((*at, "kind"), said, "Use kind 'by_hand'.")
            if store.kind in (StoreKind.DRIVE, StoreKind.CLUSTER) and store.path is not None:
                first = by_path.setdefault(f"{store.host or ''}:{store.path.rstrip('/')}", name)
                if first != name:
                    said = f"the store {first!r} has this path already."
                    yield self._say((*at, "path"), said, "Give each store its own folder.")

    def _over(self, name: str, store: Store) -> Iterator[Problem]:
        """What is wrong with the store below another."""
        at: tuple[Key, ...] = ("stores", name)
        by_kind = {
            kind: {name for name, store in self.file.stores.items() if store.kind is kind} for kind in _UNDER_DVC
        }
        kinds = _UNDER_DVC if store.kind is StoreKind.DVC else (StoreKind.DRIVE,)
        below = set[str]().union(*(by_kind[kind] for kind in kinds))
        if store.over is not None and store.over not in below | self.unread.stores:
            words = _alternatives([f"'{kind}'" for kind in kinds])
            said = f"{store.over!r} is a store, but not one of kind {words}."
            if store.over not in self.file.stores:
                said = f"{store.over!r} is not one of the stores."
            listed = (
                f"{'The drives are' if len(kinds) == 1 else 'Those are'} {', '.join(sorted(below))}."
                if below
                else f"Declare a store of kind {words}."
            )
            yield self._say((*at, "over"), said, nearest(store.over, below) or listed)
        elif store.over in by_kind[StoreKind.DRIVE] and not self.file.stores[store.over].path:
            what = "a remote is in" if store.kind is StoreKind.DVC else "a gateway serves"
            said = f"the drive {store.over!r} has no path, and {what} a folder that stays where it is."
            yield self._say((*at, "over"), said, f"Give {store.over!r} a path.")
        elif store.kind is StoreKind.DVC and store.over in {n for n, s in self.file.stores.items() if s.bags}:
            said = f"data on the drive {store.over!r} are bags, and a remote of DVC is none."
            yield self._say((*at, "over"), said, "Declare another drive.")
        elif store.kind is StoreKind.DVC and store.over in by_kind[StoreKind.CLUSTER]:
            cluster = self.file.stores[store.over]
            try:
                dvc_ssh_url(cluster, cluster.path or "/")
            except InputError as error:
                yield self._say((*at, "over"), error.message, error.cure)

    def _folders_of_services(self) -> Iterator[Problem]:
        """Folders of file services that two stores name: neither would know what is the other's."""
        by_folder: dict[tuple[str, str], str] = {}
        for name, store in self.file.stores.items():
            if store.kind is StoreKind.RCLONE and store.remote and store.path:
                first = by_folder.setdefault((store.remote, store.path.strip("/")), name)
                if first != name:
                    said = f"the store {first!r} has this folder of the remote already."
                    yield self._say(("stores", name, "path"), said, "Give each store its own folder.")

    def _clouds(self) -> Iterator[Problem]:
        """Who people are at stores that the lab has, and who reads the logs."""
        for kind, entries in (
            ("people", self.file.people),
            ("teams", self.file.teams),
            ("services", self.file.services),
        ):
            for name, entry in entries.items():
                for store in entry.identities:
                    if store not in self.file.stores and store not in self.unread.stores:
                        said = f"{store!r} is not one of the stores."
                        hint = nearest(store, self.file.stores)
                        yield self._say((kind, name, "identities", store), said, hint, key=True)
        known = {*self.file.people, *self.file.teams, *self.unread.people, *self.unread.teams}
        for index, name in enumerate(self.file.auditors):
            if name not in known:
                said = f"{name!r} is neither one of the people nor a team."
                yield self._say(("auditors", index), said, nearest(name, known))
        known |= {*self.file.services, *self.unread.services}
        for index, name in enumerate(self.file.operators):
            if name not in known:
                said = f"{name!r} is neither one of the people nor a team or a service."
                yield self._say(("operators", index), said, nearest(name, known))


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
        self._principals = frozenset((*declared.people, *declared.teams, *declared.services, PUBLIC))

    def problems(self) -> Iterator[Problem]:
        if self.project.project != self.name:
            said = f"the file is named {self.name}.yaml, but the project {self.project.project!r}."
            yield self._say(("project",), said, "They have to be the same.")
        yield from self._people()
        yield from self._agreement(("agreement",), self.project.agreement)
        yield from self._audience(())
        for level, dataset in self.project.datasets.items():
            yield from self._dataset(level, dataset)

    def _say(self, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        return self.places.problem(file_of(self.name), path, message, hint, key=key)

    def _people(self) -> Iterator[Problem]:
        named: list[tuple[tuple[Key, ...], str, str]] = [
            (("owner",), self.project.owner, "one person answers for a project")
        ]
        if self.project.budget is not None:
            told = "people are told by name about a budget"
            named += [(("budget", "notify", n), name, told) for n, name in enumerate(self.project.budget.notify)]
        decides = "one person decides on a waiver"
        named += [(("waivers", n, "by"), waiver.by, decides) for n, waiver in enumerate(self.project.waivers)]
        if self.project.study is not None:
            listed = "people are authors by name"
            named += [(("study", "authors", n), name, listed) for n, name in enumerate(self.project.study.authors)]
        for path, name, duty in named:
            yield from _person(self._say, path, name, duty, self.lab.file, self.unread)

    def _agreement(self, path: tuple[Key, ...], agreement: str | None) -> Iterator[Problem]:
        known = self.lab.file.agreements
        if agreement is not None and agreement not in known and agreement not in self.unread.agreements:
            said = f"{agreement!r} is not one of the agreements in lab.yaml."
            yield self._say(path, said, nearest(agreement, known))

    def _audience(self, path: tuple[Key, ...], level: Level | None = None) -> Iterator[Problem]:
        audience = self.project.audience if level is None else self.project.datasets[level].audience
        if audience is None:
            return
        unread = self.unread.people | self.unread.teams | self.unread.services
        for role in Role:
            for index, principal in enumerate(audience.of(role)):
                at = (*path, "audience", str(role), index)
                if principal == PUBLIC and role is not Role.READER:
                    yield self._say(at, f"{PUBLIC!r} may read, but not be a {role}.", "Name people or teams.")
                elif principal not in self._principals and principal not in unread:
                    said = f"{principal!r} is no person, team or service in lab.yaml."
                    yield self._say(at, said, nearest(principal, self._principals))

    def _dataset(self, level: Level, dataset: Dataset) -> Iterator[Problem]:
        at: tuple[Key, ...] = ("datasets", str(level))
        yield from self._agreement((*at, "agreement"), dataset.agreement)
        yield from self._audience(at, level)
        yield from self._origin(at, level, dataset)
        yield from self._scratch(at, dataset)
        yield from self._sizes(at, dataset)
        yield from self._parents(at, level, dataset)
        yield from self._replaces(at, level, dataset)

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

    def _scratch(self, at: tuple[Key, ...], dataset: Dataset) -> Iterator[Problem]:
        if dataset.keep is Keep.SCRATCH and dataset.expire_after is None:
            said = "scratch data need an 'expire_after': how long they are kept, such as '30 days'."
            yield self._say((*at, "keep"), said)
        if dataset.expire_after is not None and dataset.keep is not Keep.SCRATCH:
            said = f"only scratch data expire; these are kept as '{dataset.keep}'."
            yield self._say((*at, "expire_after"), said, "Write 'keep: scratch', or leave it out.")

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
            if parent == own:
                yield self._say(path, "a dataset cannot be made from itself.")
            else:
                yield from self._reference(path, ref, parent)

    def _replaces(self, at: tuple[Key, ...], level: Level, dataset: Dataset) -> Iterator[Problem]:
        ref, replaced, path = dataset.replaces, self.project.replaces_of(level), (*at, "replaces")
        if ref is None or replaced is None:
            return
        if replaced == self.project.dataset_id(level):
            said = "a dataset cannot replace itself."
            yield self._say(path, said, f"Name another project's, such as 'old-project/{level}'.")
        elif replaced.partition("/")[2] != level:
            wanted = f"{replaced.partition('/')[0]}/{level}"
            said = f"only a dataset of the same level can be replaced, got {ref!r}."
            yield self._say(path, said, f"Did you mean {wanted!r}?" if wanted in self._ids() else "")
        else:
            yield from self._reference(path, ref, replaced)

    def _ids(self) -> set[str]:
        """Every dataset but the project's own."""
        others = (p for name, p in self.lab.projects.items() if name != self.name)
        return {project.dataset_id(level) for project in others for level in project.datasets}

    def _reference(self, path: tuple[Key, ...], ref: str, dataset: str) -> Iterator[Problem]:
        """What is wrong with the name of another dataset, as written and in full."""
        other, _, wanted = dataset.partition("/")
        if dataset in self.unread.datasets or other in self.unread.datasets:
            return
        if other != self.project.project and other not in self.lab.projects:
            yield self._say(path, f"there is no project {other!r}.", nearest(other, self.lab.projects))
        elif wanted not in self._levels(other):
            said = f"the project {other!r} has no dataset {wanted!r}."
            prefix = f"{other}/" if "/" in ref else ""
            unread = (d.partition("/")[2] for d in self.unread.datasets if d.startswith(f"{other}/"))
            there = {*self._levels(other), *unread}
            yield self._say(path, said, nearest(ref, sorted(f"{prefix}{known}" for known in there)))

    def _levels(self, project: str) -> Mapping[Level, Dataset]:
        return self.project.datasets if project == self.project.project else self.lab.projects[project].datasets


def _alternatives(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if words[1:] else words[0]


def _person(say: Say, path: tuple[Key, ...], name: str, duty: str, file: LabFile, unread: Unread) -> Iterator[Problem]:
    """What is wrong with a name that has to be one person's."""
    if name in file.people or name in unread.people:
        return
    if name in file.teams:
        members = ", ".join(file.teams[name].members)
        yield say(path, f"{name!r} is a team; {duty}.", f"Its members are {members}.")
    elif name in file.services:
        yield say(path, f"{name!r} is a service account; {duty}.")
    else:
        yield say(path, f"{name!r} is not one of the people in lab.yaml.", nearest(name, file.people))
