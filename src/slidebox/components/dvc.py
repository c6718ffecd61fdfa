"""DVC: a dataset's remote in a drive, an S3 store or a cluster, and its name in the repository's `.dvc/config`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pulumi

from slidebox import drives, gateway
from slidebox.components.cluster import cluster_folder
from slidebox.components.elsewhere import Elsewhere
from slidebox.components.locations import BucketLocation, DriveArgs, DriveLocation
from slidebox.components.resources import _Named, _options, _properties
from slidebox.home import Home
from slidebox.model import Store, StoreKind, System
from slidebox.naming import bucket_of, dvc_path, dvc_remote, dvc_ssh_url, folder_of
from slidebox.provider.stores import StoreRef
from slidebox.repositories import repository_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteArgs:
    """A remote of DVC.

    Attributes
    ----------
    location, store
        Id of the location, and the store of DVC.
    repository
        The working copy of the git repository.
    remote
        Its name.
    url, endpointurl, region, profile, user
        Where it lies, and how it is reached; never a key.
    """

    location: str
    store: str
    repository: str
    remote: str
    url: pulumi.Input[str]
    endpointurl: str | None = None
    region: str | None = None
    profile: str | None = None
    user: str | None = None


class Remote(_Named):
    """`slidebox:dvc:Remote`."""

    names: ClassVar[Mapping[str, str]] = {}

    def __init__(self, name: str, args: RemoteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:dvc:Remote", name, _properties(args, ()), _options(opts))


def location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register the place in the store below, and the remote that names it.

    Parameters
    ----------
    name
        Name of the resources.
    place
        The location.

    Returns
    -------
    Mapping
        ``path`` or ``bucket`` of the remote, its name, the repository, and the path in it.

    Raises
    ------
    InputError
        If neither the store nor the project names a repository.
    """
    candidate, carrier = place.candidate, place.lab.carrier(place.candidate.store)
    below = place.lab.file.stores[carrier]
    repository = str(repository_of(place.lab, place.root, candidate.dataset, candidate.store))
    remote = dvc_remote(candidate.dataset, candidate.store)
    where, args = _below(
        name,
        place,
        carrier,
        below,
        RemoteArgs(location=candidate.id, store=candidate.store, repository=repository, remote=remote, url=""),
    )
    Remote(name, args)
    return {
        **where,
        "over": carrier,
        "repository": repository,
        "remote": remote,
        "tracked": dvc_path(candidate.dataset),
    }


def _below(
    name: str, place: Elsewhere, carrier: str, below: Store, args: RemoteArgs
) -> tuple[Mapping[str, Any], RemoteArgs]:
    """The folder or the bucket of a remote: what the outputs say of it, and what the remote does."""
    lab, dataset, store = place.lab, place.candidate.dataset, place.candidate.store
    if below.kind is StoreKind.DRIVE:
        drive = DriveArgs(
            root=str(drives.drive_path(place.root, below)),
            lab=lab.file.lab,
            uuid=below.uuid,
            label=below.label,
            external=below.system is System.EXTERNAL_DRIVE or None,
            group=below.group,
            capacity=below.capacity.bytes if below.capacity else None,
        )
        made = DriveLocation(name, replace(place.args, store=carrier), drive, folder_of(lab, dataset, store))
        path = made.folder.absolute_path
        return {"path": path}, replace(args, url=path)
    if below.kind is StoreKind.CLUSTER:
        folder, reached = cluster_folder(name, place)
        url = folder.absolute_path.apply(lambda path: dvc_ssh_url(below, path))
        return reached, replace(args, url=url, user=below.user)
    ref = StoreRef.declared(lab.file, place.root, carrier)
    opts = pulumi.ResourceOptions(depends_on=[place.users]) if place.users else None
    bucket = BucketLocation(name, place.args, ref, bucket_of(lab, dataset, store), opts=opts).bucket.bucket
    profile = place.store.profile or below.profile
    endpoint, region = below.endpoint, below.region
    if below.over:
        end = gateway.endpoint(Home(place.root), carrier)
        endpoint, region = end.s3_url, end.region
    said = {"bucket": bucket, "region": region}
    url = bucket.apply("s3://{}".format)
    return said, replace(args, url=url, endpointurl=endpoint, region=region, profile=profile)
