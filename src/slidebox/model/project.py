"""One lab project: its datasets, by level, with where they came from and who needs them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from slidebox.model.lab import PUBLIC, Declared, LabFile, Name, Principal, Text
from slidebox.model.study import Study
from slidebox.model.use import Rates, Readings
from slidebox.model.words import (
    Activity,
    Determination,
    Identifier,
    Keep,
    Level,
    Origin,
    Role,
    Sensitivity,
    StoreKind,
    System,
    Term,
    Use,
)
from slidebox.quantities import Duration, Size

DatasetRef = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9-]*/)?[a-z_]+$")]
"""A level of the same project (``raw_images``), or of another (``nf1-schwann/raw_images``)."""

# The systems that stand where the lab is.
_OWN = {System.INTERNAL_DRIVE, System.EXTERNAL_DRIVE, System.LOCAL_CLUSTER}

Format = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=40)]
"""How a name ends, in small letters and without the first dot."""

StorageClassName = Literal["standard", "infrequent", "archive"]
"""The classes that slidebox sets up in every cloud."""

DuoTerm = Annotated[str, StringConstraints(pattern=r"^DUO:\d{7}$")]


class Step(Declared):
    """How a dataset was made from its parents."""

    repository: str | None = None
    """Address of the pipeline's repository."""
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    """The commit that ran."""
    container: str | None = None
    """The image that ran, with its digest."""
    parameters: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    """What it was told."""
    date: dt.date | None = None
    """The day it ran."""


class Deidentification(Declared):
    """A recorded de-identification: it lowers the sensitivity that comes from parents."""

    method: Determination | None = None
    """``safe_harbor`` (45 CFR 164.514(b)(2)) or ``expert_determination`` (45 CFR 164.514(b)(1))."""
    identifiers: tuple[Identifier, ...] = ()
    """What is not in the data any more: a safe harbor names all eighteen."""
    by: str | None = None
    """Who decided."""
    date: dt.date | None = None
    """When."""
    evidence: str | None = None
    """Where the record lies."""


class Scan(Declared):
    """A search for what names a person in files of images: labels, file names, metadata of the microscope."""

    passed: bool
    """Whether nothing was found."""
    tool: str | None = None
    """What searched, with its version."""
    date: dt.date | None = None
    """When."""
    evidence: str | None = None
    """Where its report lies."""


class Budget(Declared):
    """What a project may spend on storage."""

    monthly: Annotated[float, Field(ge=0)]
    """What it may come to in a month, in USD."""
    alerts: tuple[Annotated[int, Field(ge=1, le=200)], ...] = ()
    """The percents of it at which somebody is told."""
    notify: tuple[Name, ...] = ()
    """The people who are told."""


class Waiver(Declared):
    """A finding that the lab accepts for a while, with a reason. It is still shown."""

    rule: Text
    """The id of the rule, as findings name it."""
    location: Text
    """What it holds for: a dataset of the project (``raw_images``), a dataset in a store
    (``raw_images@bench``), or in a term and a store (``raw_images@mid@bench``)."""
    reason: Text
    """Why this is acceptable."""
    by: Name
    """The person who decided."""
    until: dt.date
    """The last day on which it holds, at most 180 days from now."""


class Audience(Declared):
    """Who needs the data, by role: names of people and teams, or ``public``."""

    contributor: tuple[Principal, ...] = ()
    """They add and read."""
    reader: tuple[Principal, ...] = ()
    """They read. ``public`` is anyone."""
    steward: tuple[Principal, ...] = ()
    """They also delete and decide."""

    def of(self, role: Role) -> tuple[str, ...]:
        """The principals of one role."""
        return {Role.CONTRIBUTOR: self.contributor, Role.READER: self.reader}.get(role, self.steward)

    @property
    def everyone(self) -> frozenset[str]:
        """All principals of all roles."""
        return frozenset((*self.contributor, *self.reader, *self.steward))


class Adopted(Declared):
    """A bucket, container or folder that was there before slidebox, and has the data."""

    name: Text
    """Its name at the store; of a folder, its path below the drive's."""
    as_is: bool = True
    """Whether it stays just as it was found (``adopted/PROJECT.yaml``): nothing of it is changed, nothing is made
    beside it, and it stays when the stack goes. ``false`` lets slidebox bring it to what the declaration asks for."""


class Dataset(Declared):
    """One level of one project."""

    size: Size
    """How much there is, or will be."""
    files: Annotated[int, Field(ge=1)]
    """How many files."""
    largest_file: Size | None = None
    """The largest single file; the mean is assumed where empty."""
    formats: tuple[Format, ...] = ()
    """How the names of its large files end, such as `parquet` or `ome.tiff`: these are what Git LFS keeps where the
    dataset is in a repository; all files where empty."""
    origin: Origin = Origin.LAB
    """Where it came from."""
    sensitivity: Sensitivity
    """Who could be harmed by a reader."""
    patient_derived: bool = False
    """Whether it comes from a patient's or donor's material."""
    activity: Activity | None = None
    """How much it is worked on; the project's where empty."""
    growth: Rates = Field(default_factory=dict)
    """How much it grows: an amount (``2 TB/year``) or a share of what there is (``10 %/year``). One value holds until
    the data are finished; `{active: 2 TB/year, resting: 100 GB/year}` says it by activity."""
    rewritten: Rates = Field(default_factory=dict)
    """How much of it is written again, over what there was (``20 %/year``, ``50 GB/month``); by activity as for
    'growth'. A store that keeps earlier versions keeps what was there."""
    reads: Readings = Field(default_factory=dict)
    """How often it is read: all of it (``4/month``) or a part each time (``4/month of 5 %``), over the internet unless
    it says ``from inside`` (the store's own cloud and region) or ``from elsewhere`` (another region of that cloud). One
    value holds for all activities; `{active: 4/month of 5 %, finished: 1/year}` says it by activity."""
    parents: tuple[DatasetRef, ...] = ()
    """The datasets it was made from."""
    step: Step | None = None
    """How it was made from them."""
    deidentification: Deidentification | None = None
    """Why it is less sensitive than its parents."""
    source: str | None = None
    """Accession or address of data of public origin."""
    licence: str | None = None
    """SPDX name of the licence."""
    duo: tuple[DuoTerm, ...] = ()
    """Data Use Ontology terms."""
    created: dt.date | None = None
    """The day on which it was complete: retention counts from it."""
    retention: Duration | None = None
    """How long it has to be kept."""
    hold: Text | None = None
    """Why it must not be deleted whatever its clocks say, such as a litigation or an audit."""
    expires: dt.date | None = None
    """The day on which the right to keep it ends."""
    embargo: dt.date | None = None
    """The first day on which it may be public; the project's where empty."""
    regions: tuple[Text, ...] = ()
    """The regions in which it may lie; anywhere where empty."""
    replaces: DatasetRef | None = None
    """The dataset of another project and the same level that it supersedes."""
    scan: Scan | None = None
    """The search of its files for names and codes of patients."""
    keep: Keep = Keep.COPY
    """Whether the lab keeps bytes of it."""
    expire_after: Duration | None = None
    """keep scratch: after how long what lies there is deleted."""
    storage_classes: Mapping[Term, StorageClassName] = Field(default_factory=dict)
    """The class in which it lies in a cloud, by term, such as `{long: standard}`; the playbook's where empty. What each
    cloud calls `infrequent` and `archive`, `slidebox prices` shows."""
    agreement: Name | None = None
    """The agreement it came under; the project's where empty."""
    audience: Audience | None = None
    """Who needs it; the project's where empty."""
    public_from: Term | None = None
    """The term from which anyone may read it; the project's where empty."""
    adopted: Mapping[Name, Adopted] = Field(default_factory=dict)
    """Where the data lay before slidebox, by store."""

    @property
    def largest_file_bytes(self) -> int:
        """Size of the largest file in bytes; the mean size, rounded up, where it is not declared."""
        return self.largest_file.bytes if self.largest_file else -(-self.size.bytes // self.files)


class Project(Declared):
    """The contents of ``projects/NAME.yaml``: one lab project, which is one Pulumi stack."""

    project: Name
    """Its name, the same as the file's and the stack's."""
    title: str
    """What it is about."""
    owner: Name
    """The person who answers for it."""
    grant: str | None = None
    """Award number that pays for it."""
    grant_ends: dt.date | None = None
    """The day of the award's last financial report: the funder's retention counts from it."""
    uses: tuple[Use, ...] = Field(default=(Use.RESEARCH,), min_length=1)
    """What the data are used for."""
    budget: Budget | None = None
    """What its storage may cost."""
    activity: Activity = Activity.ACTIVE
    """How much it is worked on."""
    agreement: Name | None = None
    """The agreement that holds for all its data."""
    audience: Audience
    """Who needs the data."""
    public_from: Term | None = None
    """The term from which anyone may read the data; never where empty."""
    embargo: dt.date | None = None
    """The first day on which the data may be public."""
    repository: Text | None = None
    """The working copy of the project's git repository, absolute or relative to the lab file."""
    datasets: Mapping[Level, Dataset] = Field(min_length=1)
    """The data, by level."""
    study: Study | None = None
    """What an archive of images publishes about it."""
    waivers: tuple[Waiver, ...] = ()
    """Findings that the lab accepts for a while."""

    def dataset_id(self, level: Level) -> str:
        """The name of a dataset everywhere outside this file: ``project/level``."""
        return f"{self.project}/{level}"

    def activity_of(self, level: Level) -> Activity:
        """How much a dataset is worked on."""
        return self.datasets[level].activity or self.activity

    def audience_of(self, level: Level) -> Audience:
        """Who needs a dataset."""
        return self.datasets[level].audience or self.audience

    def agreement_of(self, level: Level) -> str | None:
        """The agreement a dataset came under."""
        return self.datasets[level].agreement or self.agreement

    def embargo_of(self, level: Level) -> dt.date | None:
        """The first day on which a dataset may be public."""
        return self.datasets[level].embargo or self.embargo

    def parents_of(self, level: Level) -> tuple[str, ...]:
        """The ids of the datasets that a dataset was made from."""
        return tuple(self._id(ref) for ref in self.datasets[level].parents)

    def replaces_of(self, level: Level) -> str | None:
        """The id of the dataset that a dataset supersedes."""
        replaces = self.datasets[level].replaces
        return self._id(replaces) if replaces else None

    def _id(self, ref: str) -> str:
        return ref if "/" in ref else f"{self.project}/{ref}"

    def adopted_in(self, level: Level, store: str) -> Adopted | None:
        """What was there before slidebox, where a store is the one that had a dataset."""
        return self.datasets[level].adopted.get(store)

    def public_in(self, level: Level, term: Term) -> bool:
        """Whether anyone may read a dataset in a term, as declared."""
        first = self.datasets[level].public_from or self.public_from
        terms = list(Term)
        late_enough = first is not None and terms.index(term) >= terms.index(first)
        return PUBLIC in self.audience_of(level).everyone or late_enough


class Lab(Declared):
    """Everything a lab has declared: its own file and its projects."""

    file: LabFile
    """``lab.yaml``."""
    projects: Mapping[Name, Project]
    """``projects/*.yaml``, by name."""

    def project_of(self, dataset_id: str) -> Project | None:
        """The project of a dataset, or None if it is not declared."""
        return self.projects.get(dataset_id.partition("/")[0])

    def carrier(self, store: str) -> str:
        """The store whose service holds what lies in a store: the one below DVC's, any other itself."""
        declared = self.file.stores[store]
        return declared.over if declared.kind is StoreKind.DVC and declared.over else store

    def failure_domain(self, store: str) -> str:
        """What fails together with a store: its own domain, its drive's, or itself."""
        declared = self.file.stores[store]
        if declared.failure_domain:
            return declared.failure_domain
        return self.failure_domain(declared.over) if declared.over else store

    def site(self, store: str) -> str:
        """Which place a store is lost with: its own, its drive's, ``lab``, or the service and its region."""
        declared = self.file.stores[store]
        if declared.site:
            return declared.site
        if declared.over:
            return self.site(declared.over)
        if declared.system in _OWN:
            return "lab"
        return f"{declared.system}:{declared.region}" if declared.system is System.CLOUD else str(declared.system)

    def members(self, principal: str) -> frozenset[str]:
        """The people that a person's or team's name stands for; empty for a service and ``public``."""
        if principal in self.file.teams:
            return frozenset(self.file.teams[principal].members)
        return frozenset({principal} if principal in self.file.people else ())

    def present(self, today: dt.date) -> Lab:
        """The same lab without who has no access any more: they are in no team and no audience.

        These are people who have left, and outside people and services whose access has ended.
        """
        ends = {name: (person.left, person.until) for name, person in self.file.people.items()}
        ends |= {name: (service.until, None) for name, service in self.file.services.items()}
        left = {name for name, days in ends.items() if any(day is not None and day <= today for day in days)}
        if not left:
            return self
        teams = {
            name: team.model_copy(update={"members": tuple(m for m in team.members if m not in left)})
            for name, team in self.file.teams.items()
        }
        projects = {name: _without(project, left) for name, project in self.projects.items()}
        return self.model_copy(update={"file": self.file.model_copy(update={"teams": teams}), "projects": projects})


def _without(project: Project, left: set[str]) -> Project:
    def stay(audience: Audience) -> Audience:
        return Audience(**{role.value: tuple(n for n in audience.of(role) if n not in left) for role in Role})

    datasets = {
        level: dataset.model_copy(update={"audience": stay(dataset.audience)}) if dataset.audience else dataset
        for level, dataset in project.datasets.items()
    }
    return project.model_copy(update={"audience": stay(project.audience), "datasets": datasets})
