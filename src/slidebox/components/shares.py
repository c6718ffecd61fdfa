"""A dataset's folder in OneDrive, Dropbox or Google Drive, made through rclone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from slidebox.access.shared import EDIT, VIEW
from slidebox.components.elsewhere import Elsewhere
from slidebox.components.resources import Document, _Named, _options, _properties
from slidebox.facts import principal
from slidebox.model import PUBLIC, Lab, Level, Role
from slidebox.naming import folder_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFolderArgs:
    """A folder behind an rclone remote.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store, system
        The store, and its row of Table 1.
    remote
        Name of the remote.
    root, path
        The lab's folder in it, and the dataset's folder below that.
    lab
        The lab.
    quota
        Bytes meant to lie in it.
    shares
        Whom to let in: ``principal``, ``address``, and what it ``may``.
    identities
        Whom of the lab each address stands for.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: str
    system: str
    remote: str
    root: str
    path: str
    lab: str
    quota: int | None = None
    shares: Sequence[Document] = ()
    identities: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class SharedFolder(_Named):
    """`slidebox:share:Folder`."""

    folder: pulumi.Output[str]
    """Where it is: ``remote:path``."""

    names: ClassVar[Mapping[str, str]] = {}

    def __init__(self, name: str, args: SharedFolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:share:Folder", name, _properties(args, ("folder",)), _options(opts))


class SharedLocation(pulumi.ComponentResource):
    """A dataset's folder in a file service."""

    def __init__(self, name: str, args: SharedFolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:index:SharedLocation", name, None, opts)
        self.folder = SharedFolder(name, args, pulumi.ResourceOptions(parent=self))


def location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register the folder.

    Parameters
    ----------
    name
        Name of the component's resources.
    place
        The location.
    """
    store, lab = place.store, place.lab
    root, path = (store.path or "").strip("/"), folder_of(lab, place.candidate.dataset, place.candidate.store)
    args = SharedFolderArgs(
        location=place.args.location,
        store=place.args.store,
        system=store.system.value,
        remote=store.remote or "",
        root=root,
        path=path,
        lab=lab.file.lab,
        quota=place.args.quota,
        shares=list(shares(lab, place)),
        identities=_identities(lab, place.candidate.store),
        tags=place.args.tags,
        facts=place.args.facts,
    )
    made = SharedLocation(name, args)
    return {"path": made.folder.folder, "remote": store.remote}


def shares(lab: Lab, place: Elsewhere) -> Iterator[dict[str, str]]:
    """Whom to let into a dataset's folder.

    Whoever edits a folder there can also delete: of what cannot be made again only stewards get that, and
    contributors put files through slidebox.

    Parameters
    ----------
    lab
        What is declared.
    place
        The location.
    """
    project, _, level = place.candidate.dataset.partition("/")
    audience = lab.projects[project].audience_of(Level(level))
    editing = [Role.STEWARD] if place.args.irreplaceable else [Role.STEWARD, Role.CONTRIBUTOR]
    may = {
        name: EDIT if any(name in audience.of(role) for role in editing) else VIEW
        for role in Role
        for name in audience.of(role)
        if name != PUBLIC
    }
    store = place.candidate.store
    each: dict[str, str] = {}
    for name in sorted(may):
        team = lab.file.teams.get(name)
        # A group that the service knows is let in as one, and any other team by its members.
        for who in (name,) if team is None or _address(lab, name, store) else team.members:
            each[who] = EDIT if EDIT in (may[name], each.get(who)) else VIEW
    for name, allowed in sorted(each.items()):
        yield {"principal": principal(lab, name), "address": _address(lab, name, store), "may": allowed}


def _address(lab: Lab, name: str, store: str) -> str:
    """What somebody signs in with at a service: what is declared for the store, else a person's own address."""
    file = lab.file
    for entry in (file.teams.get(name), file.people.get(name), file.services.get(name)):
        if entry is not None:
            return str(entry.identities.get(store) or getattr(entry, "email", None) or "")
    return ""


def _identities(lab: Lab, store: str) -> dict[str, str]:
    named = (*lab.file.people, *lab.file.teams, *lab.file.services)
    found = {_address(lab, name, store).casefold(): principal(lab, name) for name in named}
    return {address: who for address, who in sorted(found.items()) if address}
