"""The lab's own file: people, teams, stores, agreements and overrides of the playbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from slidebox.model.words import AgreementKind, Level, StoreKind, System, Term, Use
from slidebox.quantities import Duration, Size

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""A lower-case name of letters, digits and single hyphens: safe in paths, buckets and stacks."""

Principal = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""The name of a person, a team or a service of the lab file, or ``public`` for anyone."""

Text = Annotated[str, StringConstraints(pattern=r"\S")]
"""Text that says something."""

Host = Annotated[str, StringConstraints(pattern=r"^(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*)(:[0-9]{1,5})?$")]
"""The name or address of a server, with its port if need be."""

PUBLIC = "public"


class Declared(BaseModel):
    """Base of everything read from a lab's files: frozen, and strict about unknown keys."""

    # Most verbs need few of the models: each is put together when it is first used.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Person(Declared):
    """Somebody who works with the lab's data."""

    name: str
    """Full name."""
    email: str | None = None
    """Where findings about this person's data go."""
    organisation: str | None = None
    """The organisation of an outside person; empty for the lab's own people."""
    orcid: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$")] | None = None
    """ORCID iD, written into provenance."""
    left: dt.date | None = None
    """The day on which this person left; from then on no access."""
    until: dt.date | None = None
    """The day on which the access of an outside person ends; from then on none."""
    identities: Mapping[Name, Text] = Field(default_factory=dict)
    """Who this is at a cloud, by store: an ARN at AWS, ``user:ADDRESS`` at Google, an object id at Azure."""


class Team(Declared):
    """Several people who share access."""

    title: str | None = None
    """What the team does."""
    members: tuple[Name, ...] = Field(min_length=1)
    """Names of people."""
    identities: Mapping[Name, Text] = Field(default_factory=dict)
    """A group of the same people at a cloud, by store; each member by itself where there is none."""


class Service(Declared):
    """A service account: a program that reads or writes data by itself, such as an instrument's uploader."""

    title: str | None = None
    """What it does."""
    owner: Name
    """The person who answers for it."""
    until: dt.date | None = None
    """The day on which its access ends; from then on none."""
    identities: Mapping[Name, Text] = Field(default_factory=dict)
    """What it is at a cloud, by store, as for a person; never a key."""


class Agreement(Declared):
    """What a collaborator and the lab have agreed about data."""

    party: str
    """The other side, as in the organisation of its people."""
    kind: AgreementKind
    """The kind of paper."""
    purpose: str
    """What the data may be used for, in the paper's own words."""
    allows: tuple[Use, ...] = Field(default=(Use.RESEARCH,), min_length=1)
    """What the data may be used for, in words that rules can compare with a project's uses."""
    ends: dt.date
    """The last day on which it holds."""
    retention: Duration | None = None
    """How long it asks the lab to keep the data."""
    regions: tuple[Text, ...] = ()
    """The regions in which the data may lie; anywhere where empty."""
    document: str | None = None
    """Where the signed paper lies: a number or an address."""


_REMOTE = r"^[A-Za-z0-9_.]([A-Za-z0-9_.+@ -]*[A-Za-z0-9_.+@-])?$"
"""Names of remotes (rclone, "Valid remote names"); never a connection string, which could hold a password."""

_NEEDED: Mapping[StoreKind, tuple[str, ...]] = {
    StoreKind.AWS: ("account", "region"),
    StoreKind.GCS: ("account", "region"),
    StoreKind.AZURE: ("account", "region", "subscription", "resource_group"),
    StoreKind.DVC: ("over",),
    StoreKind.ARCHIVE: ("account",),
    StoreKind.RCLONE: ("remote", "path"),
    StoreKind.GITHUB: ("account",),
    StoreKind.CLUSTER: ("host", "path"),
}
"""What has to be said of a store of a kind; nothing of it is a secret."""

_OF_DRIVES = ("uuid", "label", "bought", "life", "visit_every", "bags")
"""What only a drive has."""


class Store(Declared):
    """A storage system the lab has: one row of Table 1 with its path, account or endpoint."""

    system: System
    """The row of Table 1 whose limits and prices hold."""
    kind: StoreKind = StoreKind.BY_HAND
    """How slidebox provisions it."""
    title: str | None = None
    """What people call it."""
    path: str | None = None
    """kind drive: the mounted folder, absolute or relative to the lab file; not needed with 'uuid' or 'label'; kind
    rclone: the lab's folder in the remote; kind cluster: its folder there, absolute."""
    uuid: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]*$")] | None = None
    """kind drive: the UUID of its file system, as ``lsblk -o NAME,UUID`` shows it; the drive is then found wherever it
    is mounted, and the store is the whole drive."""
    label: Text | None = None
    """kind drive: the label of its file system; found like 'uuid', and held against it where both are given."""
    bought: dt.date | None = None
    """kind drive: the day it was bought."""
    life: Duration | None = None
    """kind drive: how long it is expected to serve, from the day it was bought."""
    visit_every: Duration | None = None
    """kind drive: how often everything on it has to be read back (``slidebox visit STORE``)."""
    bags: bool = False
    """kind drive: whether a dataset lies there as a bag (BagIt 1.0, RFC 8493), which anybody can check without
    slidebox."""
    remote: Annotated[str, StringConstraints(pattern=_REMOTE)] | None = None
    """kind rclone: name of the remote in rclone's own configuration, which keeps the sign-in."""
    host: Host | None = None
    """kind cluster: the server, as ``host`` or ``host:port``; it may be a Host of ``~/.ssh/config``."""
    user: Text | None = None
    """kind cluster: the account there; as ``~/.ssh/config`` says, or this one's name, where empty."""
    purge_after: Duration | None = None
    """kind cluster and by_hand: after how long the file system deletes by itself what lies on it, as scratch space
    does."""
    over: Name | None = None
    """kind s3: the drive store under an embedded gateway; the gateway is then run by slidebox. kind dvc: the drive,
    S3 store or cluster in which the remotes lie."""
    repository: Text | None = None
    """kind dvc: the working copy of the git repository whose `.dvc/config` names the remotes, absolute or relative to
    the lab file; a project's own where it declares one."""
    endpoint: str | None = None
    """kind s3: the address of the S3 service, such as ``https://s3.example.org``; of a cloud, an archive or a
    repository, where it is not the service's own, such as ``https://sandbox.zenodo.org``; github: that of the API,
    where it is not github.com's."""
    profile: str | None = None
    """kind s3, dvc: the profile of the shared AWS credentials file; the usual chain where empty."""
    account: Text | None = None
    """kind aws: the twelve digits of the account; gcs: the project; azure: the storage account; archive: the address
    for mail with which one logs in; github: the organisation."""
    community: Text | None = None
    """kind zenodo: the community that deposits are meant for."""
    categories: tuple[int, ...] = ()
    """kind figshare: the numbers of the categories that items are filed under; Figshare publishes nothing without."""
    collection: bool = False
    """kind figshare: whether the items of a project are put together in a collection, which has a DOI of its own."""
    confidential: Text | None = None
    """kind figshare: why files of its items stay closed for good, so that only what is said of them is published."""
    private_link: Duration | None = None
    """kind figshare: for how long a link to each draft holds, for whoever reviews it; none is made where empty."""
    subscription: Text | None = None
    """kind azure: the id of the subscription that pays."""
    resource_group: Text | None = None
    """kind azure: the resource group of the storage account."""
    key: Text | None = None
    """The lab's own key, which data about people need; kind azure: its address in a Key Vault; gcs: its name in Cloud
    KMS, ``projects/…/locations/…/keyRings/…/cryptoKeys/…``."""
    capacity: Size | None = None
    """How much it holds in all."""
    group: str | None = None
    """kind drive and cluster: the POSIX group that shares the folders."""
    region: str = "us-east-1"
    """Region, as the service names it; the lab's own systems are in the lab's where they name none."""
    place: str | None = None
    """Where it physically is: a room, a building, a country."""
    site: Name | None = None
    """Which place is lost by one fire or flood: a building, a campus, a region of a cloud. `lab` for the lab's own
    drives and cluster if empty, and the service for everything else."""
    failure_domain: Name | None = None
    """What fails together: copies in one domain count as one. The store's own name if empty."""
    encrypted: bool | None = None
    """Whether what lies on it is encrypted at rest; not known where empty."""
    data_use_agreement: bool = False
    """Whether the institution has a data-use agreement with whoever runs it."""
    price: Annotated[float, Field(ge=0)] | None = None
    """The lab's own price in USD per TB and month; Table 1's price where empty."""

    @property
    def registered(self) -> bool:
        """Whether a drive is known by its file system and found wherever it is mounted."""
        return bool(self.uuid or self.label)

    @property
    def life_ends(self) -> dt.date | None:
        """The last day for which a drive was expected to serve; None where nothing says it."""
        if self.bought is None or self.life is None:
            return None
        return self.bought + dt.timedelta(days=min(self.life.days, (dt.date.max - self.bought).days))

    def priced_as(self, carrier: Store) -> Store:
        """The store whose price holds for what lies in a carrier: it, at this one's own price if there is one."""
        return carrier.model_copy(update={"price": self.price}) if self.price is not None else carrier

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind is StoreKind.DRIVE and not (self.path or self.registered):
            raise ValueError("a store of kind 'drive' needs a path, or the 'uuid' or 'label' of its file system")
        of_drives = [key for key in _OF_DRIVES if key in self.model_fields_set]
        if self.kind is not StoreKind.DRIVE and of_drives:
            raise ValueError(f"only a store of kind 'drive' has {of_drives[0]!r}")
        if self.life and not self.bought:
            raise ValueError("'life' counts from the day on which the drive was bought: add 'bought'")
        if self.kind is StoreKind.S3 and bool(self.over) == bool(self.endpoint):
            raise ValueError("a store of kind 's3' needs either 'endpoint', or 'over' with the name of a drive store")
        if self.purge_after and self.kind not in (StoreKind.CLUSTER, StoreKind.BY_HAND):
            raise ValueError(f"a store of kind '{self.kind}' cannot say 'purge_after'; kind 'cluster' can")
        if self.kind is StoreKind.CLUSTER and self.path and not self.path.startswith("/"):
            raise ValueError("the path of a store of kind 'cluster' has to be absolute: it begins with '/'")
        needed = _NEEDED.get(self.kind, ())
        if missing := [key for key in needed if not getattr(self, key) or key not in self.model_fields_set]:
            raise ValueError(f"a store of kind '{self.kind}' needs {' and '.join(repr(key) for key in missing)}")
        return self


class TermLengths(Declared):
    """How long the short and the mid term last; the long term follows."""

    short: Duration | None = None
    """From the first image until the analysis rests."""
    mid: Duration | None = None
    """From rest until the project is finished."""


class Playbook(Declared):
    """The lab's overrides of the playbook's defaults."""

    preferences: Mapping[Level, Mapping[Term, tuple[System, ...]]] = Field(default_factory=dict)
    """Figure 1: systems in order of preference, by level and term."""
    limits: Mapping[System, Mapping[str, Size | int | str]] = Field(default_factory=dict)
    """Table 1: today's values, by row and column, where the lab's account differs."""
    terms: TermLengths = TermLengths()
    """How long each term lasts."""


class LabFile(Declared):
    """The contents of ``lab.yaml``."""

    lab: Name
    """Short name: the first part of every bucket's name."""
    title: str
    """Full name."""
    organisation: Text | None = None
    """The institution it belongs to: the affiliation of its own people in what is published."""
    region: Text | None = None
    """The region the lab is in, by the names that its cloud stores use; its own stores are there."""
    retention: Duration | None = None
    """How long the institution asks the lab to keep research data."""
    rules: Text | None = None
    """The folder of the lab's own rules, relative to this file; they are asked beside the built-in ones."""
    currency: Literal["USD"] = "USD"
    """Prices are kept in US dollars."""
    required_tags: tuple[str, ...] = ("lab", "project", "dataset", "level", "owner")
    """Tags that every provisioned location must carry."""
    people: Mapping[Name, Person]
    """Everybody who is named anywhere."""
    teams: Mapping[Name, Team] = Field(default_factory=dict)
    """Groups of people."""
    services: Mapping[Name, Service] = Field(default_factory=dict)
    """Service accounts."""
    auditors: tuple[Name, ...] = ()
    """Who reads the logs and reports of the lab's clouds: names of people and teams."""
    operators: tuple[Name, ...] = ()
    """Who runs the stores themselves and so can do everything there: names of people, teams and services. An audit of
    access expects them everywhere."""
    stores: Mapping[Name, Store] = Field(min_length=1)
    """Every storage system the lab can use."""
    agreements: Mapping[Name, Agreement] = Field(default_factory=dict)
    """Papers with collaborators."""
    playbook: Playbook = Playbook()
    """Overrides of Table 1 and Figure 1."""
