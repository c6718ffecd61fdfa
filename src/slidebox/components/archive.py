"""BioStudies: a project's submission, and a folder for each of its datasets in the account's own space."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor

from slidebox.biostudies import ArchiveRef
from slidebox.components.elsewhere import Elsewhere
from slidebox.components.resources import Document, _Named, _options, _properties
from slidebox.model import Lab, Level
from slidebox.submission import mark_of, page, release_of, root_of, to_json

_made: MutableMapping[Any, dict[str, Submission]] = WeakKeyDictionary()
"""The submission that all datasets of a store share, of each running program: by store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionArgs:
    """A project's submission.

    Attributes
    ----------
    store
        The store, as `slidebox.biostudies.ArchiveRef` reads it.
    mark
        What it is found again by.
    title, content
        Its title, and its PageTab as far as it is declared.
    tags
        Whose it is.
    """

    store: Document
    mark: str
    title: str
    content: str
    tags: Mapping[str, str] = field(default_factory=dict)


class Submission(_Named):
    """`slidebox:archive:Submission`."""

    draft: pulumi.Output[str]
    """What the archive calls the draft."""
    accession: pulumi.Output[str]
    """What the archive calls the submission."""
    status: pulumi.Output[str]
    """How far it is."""
    released: pulumi.Output[str]
    """The day on which it opens."""

    def __init__(self, name: str, args: SubmissionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = _properties(args, ("draft", "accession", "status", "released"))
        super().__init__("slidebox:archive:Submission", name, properties, _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderArgs:
    """A dataset's folder in the account's own space.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store
        The store, as `slidebox.biostudies.ArchiveRef` reads it.
    path
        The folder.
    release
        The day on which a submission of it opens; empty where none is declared.
    quota
        Bytes meant to lie in it.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: Document
    path: str
    release: str = ""
    quota: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Folder(_Named):
    """`slidebox:archive:Folder`."""

    names: ClassVar = {}

    def __init__(self, name: str, args: FolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:archive:Folder", name, _properties(args, ("owner",)), _options(opts))


class ArchiveLocation(pulumi.ComponentResource):
    """A dataset's folder."""

    def __init__(self, name: str, args: FolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:index:ArchiveLocation", name, None, opts)
        Folder(name, args, pulumi.ResourceOptions(parent=self))


def location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register a dataset's folder, and the project's submission with the first of them; answers where they are."""
    project, _, level = place.candidate.dataset.partition("/")
    ref = ArchiveRef.of(place.candidate.store, place.store)
    submission = _submission(place.lab, project, ref)
    release = release_of(place.lab.projects[project], [Level(level)])
    path = f"{root_of(place.lab, project)}/{level}"
    args = FolderArgs(
        location=place.args.location,
        store=ref.document,
        path=path,
        release=release.isoformat() if release else "",
        quota=place.args.quota,
        tags=place.args.tags,
        facts=place.args.facts,
    )
    ArchiveLocation(name, args)
    return {"path": path, "accession": submission.accession, "status": submission.status}


def _submission(lab: Lab, project: str, ref: ArchiveRef) -> Submission:
    """The submission of a project, whichever of its datasets comes first.

    Its parts for the datasets, with their lists of files, are written when it is submitted.
    """
    made = _made.setdefault(get_monitor(), {})
    if ref.name not in made:
        mark = mark_of(lab, project, ref.name)
        whole = page(lab, project, (), mark=mark)
        args = SubmissionArgs(
            store=ref.document,
            mark=mark,
            title=whole.value("Title"),
            content=to_json(whole),
            tags={"lab": lab.file.lab, "project": project},
        )
        made[ref.name] = Submission(f"submission@{ref.name}", args)
    return made[ref.name]
