"""What a deposit says of a dataset: title, people, licence and dates, from what the lab has declared."""

from __future__ import annotations

import datetime as dt
import html
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from slidebox.errors import InputError
from slidebox.model import Audience, Lab, Level, Person, Project

_MARKS = uuid.UUID("8e0fd7c4-6f0e-5e0b-9b86-3a4f5c0f1d52")
"""The namespace of slidebox's marks (RFC 9562, section 5.5: a UUID of a name is always the same)."""


@dataclass(frozen=True, slots=True)
class Creator:
    """Somebody who made the data.

    Attributes
    ----------
    name
        As the lab file has it: ``Family, Given``, or the name as it is spoken.
    affiliation
        Where the person works.
    orcid
        The ORCID iD; may be empty.
    """

    name: str
    affiliation: str
    orcid: str = ""

    @property
    def spoken(self) -> str:
        """The name with the given name first."""
        family, comma, given = self.name.partition(", ")
        return f"{given} {family}" if comma else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a deposit says of its dataset.

    Attributes
    ----------
    title, description
        For people; the description is HTML.
    creators
        Who made the data, the owner first.
    keywords
        To find it by.
    licence
        SPDX name; empty where there is none.
    embargo
        The first day on which its files may be read by anyone, as an ISO date; empty where there is none.
    collected
        The day on which the data were complete, as an ISO date; may be empty.
    notes
        Whose it is, in the lab's own tags.
    community
        The community of the service that it is meant for; may be empty.
    categories
        The numbers of the service's categories that it is filed under.
    confidential
        Why its files stay closed for good; empty where they do not.
    """

    title: str
    description: str
    creators: tuple[Creator, ...]
    keywords: tuple[str, ...]
    licence: str = ""
    embargo: str = ""
    collected: str = ""
    notes: str = ""
    community: str = ""
    categories: tuple[int, ...] = ()
    confidential: str = ""

    @classmethod
    def read(cls, value: Any) -> About:
        """Read the input of a resource.

        Raises
        ------
        InputError
            If it is none.
        """
        try:
            creators = tuple(Creator(**one) for one in value["creators"])
            many = {name: tuple(value.get(name) or ()) for name in ("keywords", "categories")}
            found = cls(**{**value, **many, "creators": creators})
        except (TypeError, KeyError):
            raise InputError(
                "'about' is not what a deposit says of a dataset.", "Take it from the component."
            ) from None
        if not (found.title and found.creators):
            raise InputError("A deposit has a title and creators.", "Name them in the project file.")
        return found

    @property
    def document(self) -> dict[str, Any]:
        """As an input of a resource."""
        many = {"keywords": list(self.keywords), "categories": list(self.categories)}
        return {**asdict(self), **many, "creators": [asdict(one) for one in self.creators]}

    def embargoed(self, today: dt.date) -> bool:
        """Whether its files are still closed on a day."""
        return bool(self.embargo) and today < dt.date.fromisoformat(self.embargo)


def mark_of(lab: str, dataset: str, store: str) -> str:
    """The mark by which the deposit of a dataset in a store is found again: a URN that nothing else has."""
    return uuid.uuid5(_MARKS, f"{lab}/{dataset}/{store}").urn


def title_of(lab: Lab, dataset_id: str) -> str:
    """The title of the deposit of a dataset."""
    project, _, level = dataset_id.partition("/")
    return f"{lab.projects[project].title}: {level.replace('_', ' ')}"


def about_of(lab: Lab, dataset_id: str, store: str, tags: Mapping[str, str]) -> About:
    """What the deposit of a dataset says.

    Parameters
    ----------
    lab
        What is declared.
    dataset_id
        ``project/level``.
    store
        The store; its community counts.
    tags
        The lab's tags of the dataset.
    """
    project = lab.projects[dataset_id.partition("/")[0]]
    level = Level(dataset_id.partition("/")[2])
    dataset = project.datasets[level]
    words = level.replace("_", " ")
    source = f", from {dataset.source}" if dataset.source else ""
    text = f"The {words} of project {project.project} of {lab.file.title}{source}."
    embargo = project.embargo_of(level)
    return About(
        title=title_of(lab, dataset_id),
        description=f"<p>{html.escape(text)}</p>",
        creators=tuple(_creators(lab, project, project.audience_of(level))),
        keywords=("microscopy", words),
        licence=dataset.licence or "",
        embargo=embargo.isoformat() if embargo else "",
        collected=dataset.created.isoformat() if dataset.created else "",
        notes="; ".join(f"{name}: {value}" for name, value in sorted(tags.items())),
        community=lab.file.stores[store].community or "",
        categories=lab.file.stores[store].categories,
        confidential=lab.file.stores[store].confidential or "",
    )


def about_project(lab: Lab, project: str, store: str) -> About:
    """What the collection of a project's deposits in a store says."""
    declared = lab.projects[project]
    text = f"The data of project {project} of {lab.file.title}."
    return About(
        title=declared.title,
        description=f"<p>{html.escape(text)}</p>",
        creators=tuple(_creators(lab, declared, declared.audience)),
        keywords=("microscopy",),
        notes=f"lab: {lab.file.lab}; project: {project}",
        categories=lab.file.stores[store].categories,
    )


def _creators(lab: Lab, project: Project, audience: Audience) -> Iterator[Creator]:
    """The owner, and the people among the contributors."""
    names = [project.owner]
    for principal in audience.contributor:
        names += sorted(lab.members(principal))
    for name in dict.fromkeys(names):
        person: Person | None = lab.file.people.get(name)
        if person is not None:
            yield Creator(person.name, person.organisation or lab.file.title, person.orcid or "")
