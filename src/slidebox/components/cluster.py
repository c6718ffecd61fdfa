"""A dataset's folder on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from slidebox.access.declared import declared, principal
from slidebox.clouds import grants_of, principals_of
from slidebox.cluster import parse_entry
from slidebox.cluster.dialling import require_paramiko
from slidebox.components.elsewhere import Elsewhere
from slidebox.components.grants import folder_mode
from slidebox.components.resources import Document, _Named, _options, _properties
from slidebox.errors import InputError
from slidebox.model import PUBLIC, Role
from slidebox.naming import folder_of
from slidebox.provider.cluster_store import ClusterRef

_BITS: Mapping[Role, str] = {Role.READER: "r-x", Role.CONTRIBUTOR: "rwx", Role.STEWARD: "rwx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFolderArgs:
    """A folder on a cluster.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store
        The store, as `slidebox.provider.cluster_store.ClusterRef` reads it.
    lab
        The lab in the mark of the store's folder.
    path
        The folder below it.
    mode
        Octal, such as ``2770``.
    group
        The POSIX group that shares it; nobody but the account where None.
    acl
        Named accounts and groups that get in, where no group does.
    identities
        Whom of the lab each of them stands for.
    quota, capacity
        Bytes meant to lie in it, and bytes the store holds for the lab.
    purge_days
        After how many days the file system deletes what lies there; never where None.
    tags, facts
        Whose it is, and what is declared of it.
    """

    location: str
    store: Document
    lab: str
    path: str
    mode: str
    group: str | None = None
    acl: list[str] = field(default_factory=list)
    identities: Mapping[str, str] = field(default_factory=dict)
    quota: int | None = None
    capacity: int | None = None
    purge_days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class ClusterFolder(_Named):
    """`slidebox:cluster:Folder`."""

    absolute_path: pulumi.Output[str]
    """The folder."""
    owner: pulumi.Output[str]
    """The account that owns it."""
    group_name: pulumi.Output[str]
    """The group it has."""

    names: ClassVar = {"absolute_path": "absolutePath", "group_name": "groupName", "purge_days": "purgeDays"}

    def __init__(self, name: str, args: ClusterFolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = _properties(args, ("absolute_path", "owner", "group_name"))
        super().__init__("slidebox:cluster:Folder", name, properties, _options(opts))


class ClusterLocation(pulumi.ComponentResource):
    """A dataset's folder on a cluster."""

    def __init__(self, name: str, args: ClusterFolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:index:ClusterLocation", name, None, opts)
        self.folder = ClusterFolder(name, args, pulumi.ResourceOptions(parent=self))


def location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register a dataset's folder; answers how it is reached.

    Raises
    ------
    InputError
        If the SSH library is not installed, or an identity is no account's name.
    """
    return cluster_folder(name, place)[1]


def cluster_folder(name: str, place: Elsewhere) -> tuple[ClusterFolder, Mapping[str, Any]]:
    """Register a folder for what has its bytes on a cluster: the dataset itself, or its remote of DVC.

    Returns
    -------
    tuple
        The folder, and how it is reached.

    Raises
    ------
    InputError
        If the SSH library is not installed, or an identity is no account's name.
    """
    carrier, about = place.lab.carrier(place.candidate.store), place.args
    require_paramiko(carrier)
    store = place.lab.file.stores[carrier]
    ref = ClusterRef.of(carrier, store)
    entries, identities = ([], {}) if store.group else access_list(place)
    mode = folder_mode(group=store.group, public=False, writers=about.writers, irreplaceable=about.irreplaceable)
    if entries and about.irreplaceable:
        mode = f"1{mode[1:]}"  # who gets in by name does not delete what others have added either
    if about.public:
        pulumi.log.warn(f"{about.location} is declared public, and a cluster lets in its audience only.")
    made = ClusterLocation(
        name,
        ClusterFolderArgs(
            location=about.location,
            store=ref.document,
            lab=place.lab.file.lab,
            path=folder_of(place.lab, place.candidate.dataset, place.candidate.store),
            mode=mode,
            group=store.group,
            acl=entries,
            identities=identities,
            quota=about.quota,
            capacity=store.capacity.bytes if store.capacity else None,
            purge_days=store.purge_after.days if store.purge_after else None,
            tags=about.tags,
            facts=about.facts,
        ),
    )
    return made.folder, {"path": made.folder.absolute_path, "host": ref.host, "root": ref.root}


def access_list(place: Elsewhere) -> tuple[list[str], dict[str, str]]:
    """Who gets into a folder by name, and whom of the lab each name stands for.

    Whoever of the audience has no identity at the store gets in only by the store's group.

    Raises
    ------
    InputError
        If an identity is no account's name.
    """
    name, file = place.lab.carrier(place.candidate.store), place.lab.file
    found = declared(place.lab, place.candidate.dataset)
    if found is None:
        return [], {}
    audience = found[0].audience_of(found[1])
    roles: dict[str, list[Role]] = {}
    for role in Role:
        for who in audience.of(role):
            if who != PUBLIC:
                roles.setdefault(principal(place.lab, who), []).append(role)
    said = {who: {"roles": held, "until": "none"} for who, held in roles.items()}
    grants, _ = grants_of(file, name, said)
    whom = principals_of(grants, name)
    bits: dict[str, str] = {}
    for grant in grants:
        kind = "group" if grant.principal.startswith("team:") else "user"
        key = f"{kind}:{grant.identity}"
        bits[key] = max(bits.get(key, ""), _BITS[grant.role])
    entries = sorted(f"{key}:{given}" for key, given in bits.items())
    if bad := [entry for entry in entries if parse_entry(entry) is None]:
        raise InputError(
            f"{bad[0].split(':', 1)[1].rpartition(':')[0]!r} is no account's name on a cluster.",
            f"Correct `identities` for {name!r} in lab.yaml.",
        )
    return entries, {f"{entry.rpartition(':')[0]}": whom[entry.split(":")[1]] for entry in entries}
