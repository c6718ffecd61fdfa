"""Which locations are reached, and the way into each of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from slidebox import drives, gateway
from slidebox.biostudies import ArchiveRef, BioStudies
from slidebox.cluster import address_of
from slidebox.cluster.dialling import config_file, require_paramiko, way_to
from slidebox.deposits.opening import DepositRef
from slidebox.drives import Drive
from slidebox.errors import InputError, UnreadableError
from slidebox.home import Home
from slidebox.model import CLOUDS, Dataset, Lab, Level, Store, StoreKind, System
from slidebox.mounts import Looking, this_machine
from slidebox.naming import dvc_path, dvc_remote, dvc_ssh_url
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_store import GcsRef
from slidebox.provider.github_api import PUBLIC_API, git_host, token_for
from slidebox.provider.github_files import limits_of
from slidebox.repositories import repository_of
from slidebox.systems import load_systems
from slidebox.transfer import aws, azure_service, cluster_aside
from slidebox.transfer.archive import ArchivePlace
from slidebox.transfer.aside import RetirableBucket
from slidebox.transfer.azure import AzurePlace
from slidebox.transfer.deposits import DepositPlace
from slidebox.transfer.dvc import DvcPlace
from slidebox.transfer.dvc_program import Dvc
from slidebox.transfer.gcs import RetirableGcs
from slidebox.transfer.git import GitPlace
from slidebox.transfer.git_program import Git
from slidebox.transfer.journal import Journal
from slidebox.transfer.lane import Lane
from slidebox.transfer.lfs import Tracking
from slidebox.transfer.places import Place
from slidebox.transfer.ready import Location
from slidebox.transfer.s3_service import client
from slidebox.transfer.shares import open_share
from slidebox.transfer.shelf import Unreached, on_drive

_NEEDED: Mapping[str, str] = {StoreKind.AWS: "roles", StoreKind.AZURE: "url", StoreKind.GCS: "bucket"}
"""What the output of a stack says of a bucket in a cloud that is reached; without it, the bucket is not."""


@dataclass(frozen=True, slots=True)
class Way:
    """All that it takes to open a location of a store that is neither a drive, an S3 service nor a cloud.

    Attributes
    ----------
    where, store
        The location, and its store as it is declared.
    lab, home
        What is declared, and the lab's folder of state.
    journal
        What an earlier run has done.
    reread
        Read everything that is there back, instead of believing kept checksums.
    writing
        Whether to come as somebody who writes.
    below
        Opens it in the store in which its bytes lie, where that is another one.
    keys
        Somebody's keys to that store; empty where they are found otherwise.
    """

    where: Location
    store: Store
    lab: Lab
    home: Home
    journal: Journal
    reread: bool = False
    writing: bool = False
    below: Callable[[], Place] | None = field(default=None, repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


def _dvc(way: Way) -> Place:
    """A remote of DVC, by its names: nothing but them is in the record."""
    where, dataset = way.where, way.where.id.partition("@")[0]
    carrier = way.lab.carrier(where.store)
    root = repository_of(way.lab, way.home.lab_root, dataset, where.store)
    if way.below is None:
        raise InputError(f"Store {where.store!r} is over no other store.", "Declare one with `over`.")
    lies_in, known = way.lab.file.stores[carrier], None
    if lies_in.kind is StoreKind.DRIVE:
        url = where.where
    elif lies_in.kind is StoreKind.CLUSTER:
        try:
            require_paramiko(carrier)
            url, known = dvc_ssh_url(lies_in, where.where), way_to(address_of(carrier, lies_in), config_file()).known
        except InputError as error:
            return Unreached(where.name, where.id, error)  # another copy may do
    else:
        url = f"s3://{where.where}"
    return DvcPlace(
        where.name,
        key=where.id,
        repository=root,
        tracked=dvc_path(dataset),
        remote=dvc_remote(dataset, where.store),
        url=url,
        below=way.below,
        dvc=Dvc(root, way.keys, known_hosts=known),
    )


def _github(way: Way) -> Place:
    """A repository at GitHub, by its names; the token goes to the host of the API that the lab declares."""
    where, store = way.where, way.store
    endpoint = store.endpoint or PUBLIC_API
    url = f"{git_host(endpoint)}/{where.where}.git"
    try:
        token = token_for(where.store, endpoint)
    except UnreadableError as error:
        return Unreached(where.name, where.id, error)
    root = way.home.root / "repositories" / where.store / where.where
    limits = limits_of(load_systems(way.lab.file.playbook), store.system)
    return GitPlace(
        where.name,
        key=where.id,
        git=Git(root, url, token),
        branch=str(where.details.get("branch") or "main"),
        largest=limits.get("max_file_bytes"),
        lfs=Tracking(_formats(way.lab, where.id.partition("@")[0]), limits.get("max_lfs_file_bytes"))
        if store.system is System.GITHUB_LFS
        else None,
    )


def _formats(lab: Lab, dataset: str) -> tuple[str, ...]:
    """The declared formats of a dataset; none of what is declared no more and only in the record."""
    project, _, level = dataset.partition("/")
    found = lab.projects[project].datasets.get(Level(level)) if project in lab.projects else None
    return found.formats if found else ()


def _archive(way: Way) -> Place:
    service = BioStudies(ArchiveRef.of(way.where.store, way.store))
    where = way.where
    return ArchivePlace(where.name, service, where.where, key=where.id, journal=way.journal, reread=way.reread)


def _deposit(way: Way) -> Place:
    """The deposit of a dataset in a repository."""
    ref = DepositRef.of(way.where.store, way.store)
    today = dt.datetime.now(dt.UTC).date()
    return DepositPlace(way.where.name, partial(ref.open, today), way.where.where, key=way.where.id)


ELSEWHERE: Mapping[str, Callable[[Way], Place]] = {
    StoreKind.ARCHIVE: _archive,
    StoreKind.CLUSTER: cluster_aside.open_way,
    StoreKind.DVC: _dvc,
    StoreKind.GITHUB: _github,
    StoreKind.RCLONE: open_share,
    StoreKind.ZENODO: _deposit,
    StoreKind.FIGSHARE: _deposit,
}
"""Who opens a location, by the kind of its store."""


def keyed(lab: Lab, where: Location) -> str:
    """The S3 store whose keys open a location; empty where it takes none."""
    store = lab.carrier(where.store) if where.store in lab.file.stores else where.store
    kind = lab.file.stores[store].kind if store != where.store else where.kind
    return store if kind == StoreKind.S3 else ""


def is_reached(where: Location) -> bool:
    """Whether slidebox reads and writes a location itself."""
    if where.kind in CLOUDS:
        return where.kind in _NEEDED and bool(where.details.get(_NEEDED[where.kind]))
    return not where.by_hand


def kept_by_s3(locations: Sequence[Location], dataset: Dataset) -> tuple[Location, ...]:
    """The buckets into which S3 itself copies what is written into the first one of AWS.

    S3 copies nothing where no versions are kept, as of data that go by themselves: these are put into each bucket.

    Parameters
    ----------
    locations
        Where the dataset lies, first copy first.
    dataset
        Its declaration.
    """
    return tuple(where for where in locations if where.kind == StoreKind.AWS)[1:] if not dataset.expire_after else ()


class Doors:
    """The way into the places of a lab.

    Parameters
    ----------
    lab
        What is declared.
    home
        The lab's folder of state.
    machine
        Looks at the drives that are plugged in.
    """

    def __init__(self, lab: Lab, home: Home, machine: Looking = this_machine) -> None:
        self._lab = lab
        self._home = home
        self._google = GcsConnections()
        self._machine = machine

    def open(
        self,
        where: Location,
        keys: Mapping[str, Any],
        journal: Journal,
        *,
        reread: bool = False,
        writing: bool = False,
        admin: bool = False,
    ) -> Place:
        """The place of a location.

        Parameters
        ----------
        where
            The location.
        keys
            Somebody's keys, by store.
        journal
            What an earlier run has done.
        reread
            Read everything that is there back, instead of believing kept checksums.
        writing
            Whether to come as somebody who writes.
        admin
            Whether to come to the lab's own gateways as their root, and to read everything back that was written:
            whoever looks after the lab's data does.

        Raises
        ------
        InputError
            If nobody has a key for it.
        """
        store = self._lab.file.stores.get(where.store)
        if store is None:
            raise InputError(f"{where.id} is in store {where.store!r}, which lab.yaml does not have.", "Declare it.")
        if where.kind in ELSEWHERE:
            below = self._lab.carrier(where.store)
            through = Way(where, store, self._lab, self._home, journal, reread=reread, writing=writing)
            if below != where.store:
                under = replace(where, store=below, kind=self._lab.file.stores[below].kind)
                # What is known of files in the place is not known of what lies below.
                carried = partial(self.open, under, keys, Journal(), writing=writing, admin=admin)
                through = replace(through, below=carried, keys=self._key(below, keys.get(below), admin=admin) or {})
            return ELSEWHERE[where.kind](through)
        if where.kind == StoreKind.DRIVE:
            return self._drive(where, store, journal, reread=reread)
        if where.kind == StoreKind.AWS:
            # In which role, is found out when it is first used: another copy may do where there is none.
            into = partial(aws.connect, where, store, aws.WRITING if writing else aws.READING)
            return RetirableBucket(
                where.name, into, where.where, key=where.id, journal=journal, reread=reread, advice=aws.AT_AWS
            )
        if where.kind == StoreKind.AZURE:
            url = str(where.details["url"])
            there = partial(azure_service.connect, where.name, url)
            return AzurePlace(where.name, there, url, key=where.id, reread=reread)
        if where.kind == StoreKind.GCS:
            ref, bucket = GcsRef.of(where.store, store), str(where.details["bucket"])
            return RetirableGcs(where.name, bucket, ref, self._google, key=where.id, journal=journal, reread=reread)
        return self._s3(where, store, keys.get(where.store), journal, reread=reread, admin=admin)

    def _drive(self, where: Location, store: Store, journal: Journal, *, reread: bool) -> Place:
        drive = Drive.of(self._lab.file.lab, self._home.lab_root, where.store, store, self._machine)
        try:
            root = drive.root()
        except UnreadableError as error:
            return Unreached(where.name, where.id, error)

        def guard() -> None:
            if drive.require() != root:
                raise UnreadableError(
                    f"The {drive.name} was mounted elsewhere meanwhile.", "Run the same command again."
                )

        return on_drive(
            where.name,
            # An absolute path stays as it is when it is joined.
            root / where.where,
            root,
            bags=store.bags,
            organisation=self._lab.file.title,
            key=where.id,
            guard=guard,
            journal=journal,
            reread=reread,
        )

    def _s3(
        self,
        where: Location,
        store: Store,
        key: Mapping[str, str] | None,
        journal: Journal,
        *,
        reread: bool,
        admin: bool,
    ) -> Place:
        endpoint, region, disk = store.endpoint or "", store.region, None
        if store.over:
            end = gateway.endpoint(self._home, where.store)
            endpoint, region = end.s3_url, end.region
            disk = drives.drive_path(self._home.lab_root, self._lab.file.stores[store.over])
        key = self._key(where.store, key, admin=admin)
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
        bucket = RetirableBucket(where.name, s3, where.where, key=where.id, journal=journal, reread=reread, disk=disk)
        if key:
            bucket.lane = Lane(
                endpoint=endpoint,
                region=region,
                bucket=where.where,
                access_key=key["accessKeyId"],
                secret_key=key["secretAccessKey"],
            )
        bucket.read_back = admin
        return bucket

    def _key(self, name: str, key: Mapping[str, str] | None, *, admin: bool) -> Mapping[str, str] | None:
        """The key with which to come to an S3 store: whoever has the lab's passphrase is its gateway's own root."""
        store = self._lab.file.stores[name]
        if not (admin and store.kind is StoreKind.S3 and store.over):
            return key
        end = gateway.endpoint(self._home, name)
        return {"accessKeyId": end.access_key, "secretAccessKey": end.secret_key}
