"""Copies that no record names: a dataset lies under its own name wherever slidebox has put it, so each store is asked.

A store that does not answer is asked once and passed over: what is planned or recorded there is looked at all the same,
and a copy that nobody knows of can wait until it answers again. Which ones those were is said.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from slidebox import drives, rclone
from slidebox.cluster import shared
from slidebox.deposits.about import mark_of, title_of
from slidebox.deposits.opening import DepositRef
from slidebox.drives import Drive
from slidebox.errors import SlideboxError, UnreadableError
from slidebox.home import Home
from slidebox.model import Lab, Level, Store, StoreKind
from slidebox.mounts import Looking, this_machine
from slidebox.naming import bucket_of, folder_of, repository_name
from slidebox.provider.cluster_store import ClusterRef
from slidebox.provider.drive import RECORD
from slidebox.provider.github_api import PUBLIC_API, connect
from slidebox.rclone import NotThereError, RemoteFolder
from slidebox.transfer.ready import Location

_OURS = re.compile(r" \[slidebox [0-9a-f]{16}\]$")
"""How the description ends of a repository that slidebox has made."""


class Unrecorded:
    """Where each store would have a dataset, and has it.

    Not asked are clouds and S3 services, whose buckets may be anybody's; the lab's own gateways are. Nor are archives,
    where a dataset is part of its project's one submission.

    Parameters
    ----------
    lab, home
        What is declared, and the lab's folder of state.
    machine
        Looks at the drives that are plugged in.
    """

    def __init__(self, lab: Lab, home: Home, machine: Looking = this_machine) -> None:
        self._lab = lab
        self._home = home
        self._machine = machine
        self._silent: dict[str, str] = {}
        self._lists: dict[tuple[str, str], Mapping[str, str]] = {}
        self._ways: Mapping[StoreKind, Callable[[str, str, Store], Location | None]] = {
            StoreKind.DRIVE: self._on_drive,
            StoreKind.S3: self._behind_gateway,
            StoreKind.CLUSTER: self._on_cluster,
            StoreKind.RCLONE: self._in_share,
            StoreKind.GITHUB: self._at_github,
            StoreKind.ZENODO: self._deposited,
            StoreKind.FIGSHARE: self._deposited,
        }

    @property
    def silent(self) -> Mapping[str, str]:
        """The stores that could not be asked so far, and why."""
        return MappingProxyType(self._silent)

    def look(self, dataset_id: str, name: str) -> Location | None:
        """Where a store has something under a dataset's own name; None where it has nothing, or does not answer.

        Parameters
        ----------
        dataset_id
            ``project/level``.
        name
            The store.
        """
        store = self._lab.file.stores[name]
        way = self._ways.get(store.kind)
        if way is None or name in self._silent:
            return None
        try:
            return way(dataset_id, name, store)
        except SlideboxError as error:
            self._silent[name] = str(error)
            return None

    def _at(self, dataset_id: str, name: str, where: str) -> Location:
        project, _, level = dataset_id.partition("/")
        term = self._lab.projects[project].activity_of(Level(level)).term
        return Location(f"{dataset_id}@{term}@{name}", 0, name, self._lab.file.stores[name].kind.value, where)

    def _listed(self, name: str, what: str, ask: Callable[[], Mapping[str, str]]) -> Mapping[str, str]:
        """What a store answers, asked once."""
        if (name, what) not in self._lists:
            self._lists[name, what] = ask()
        return self._lists[name, what]

    def _on_drive(self, dataset_id: str, name: str, store: Store) -> Location | None:
        below = folder_of(self._lab, dataset_id, name)
        try:
            folder = Drive.of(self._lab.file.lab, self._home.lab_root, name, store, self._machine).root() / below
        except UnreadableError:
            return None  # `slidebox moves` says of drives in its own way what is on those that are not there
        return self._at(dataset_id, name, below if store.registered else str(folder)) if folder.is_dir() else None

    def _behind_gateway(self, dataset_id: str, name: str, store: Store) -> Location | None:
        if not store.over:
            return None
        bucket = bucket_of(self._lab, dataset_id, name)
        there = drives.drive_path(self._home.lab_root, self._lab.file.stores[store.over]) / name / bucket
        return self._at(dataset_id, name, bucket) if there.is_dir() else None

    def _on_cluster(self, dataset_id: str, name: str, store: Store) -> Location | None:
        ref = ClusterRef.of(name, store)
        folder = posixpath.join(ref.root, dataset_id)
        return self._at(dataset_id, name, folder) if shared(ref.address).is_folder(folder) else None

    def _in_share(self, dataset_id: str, name: str, store: Store) -> Location | None:
        root = RemoteFolder(rclone.shared(), store.remote or "", store.path or "")
        folder = folder_of(self._lab, dataset_id, name)
        above, last = posixpath.split(folder)

        def ask() -> Mapping[str, str]:
            try:
                return {posixpath.basename(item.path): "" for item in root.list(above) if item.folder}
            except NotThereError:
                return {}

        if last not in self._listed(name, above, ask) or root.find(posixpath.join(folder, RECORD)) is None:
            return None  # nothing, or somebody else's folder of that name
        return self._at(dataset_id, name, f"{root.remote}:{posixpath.join(root.path, folder)}")

    def _at_github(self, dataset_id: str, name: str, store: Store) -> Location | None:
        account = str(store.account)

        def ask() -> Mapping[str, str]:
            every = connect(name, store.endpoint or PUBLIC_API).all(f"orgs/{account}/repos")
            ours = (said for said in every if _OURS.search(str(said.get("description") or "")))
            return {str(said["name"]): str(said.get("default_branch") or "main") for said in ours}

        branch = self._listed(name, "", ask).get(repository_name(dataset_id))
        if branch is None:
            return None
        found = self._at(dataset_id, name, f"{account}/{repository_name(dataset_id)}")
        return replace(found, details={"branch": branch})

    def _deposited(self, dataset_id: str, name: str, store: Store) -> Location | None:
        lab = self._lab

        def ask() -> Mapping[str, str]:
            service = DepositRef.of(name, store).open(dt.datetime.now(dt.UTC).date())
            every = [one.dataset_id(level) for one in lab.projects.values() for level in one.datasets]
            marks = {mark_of(lab.file.lab, dataset, name): title_of(lab, dataset) for dataset in every}
            return {mark: deposit.id for mark, deposit in service.search(marks).items()}

        found = self._listed(name, "", ask).get(mark_of(lab.file.lab, dataset_id, name))
        return self._at(dataset_id, name, found) if found else None
