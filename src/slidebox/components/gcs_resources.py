"""The resources of slidebox's own provider that are in Google Cloud, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pulumi

from slidebox.components.resources import Document, _Named, _options, _properties


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleBucketArgs:
    """A bucket of Google Cloud Storage.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store
        The store, as `slidebox.provider.gcs_store.GcsRef` reads it.
    bucket
        Its name.
    public
        Whether anyone may be let in; else public access is prevented.
    versioning
        Whether earlier versions are kept; not together with a retention.
    soft_delete_days
        For how long deleted objects can be had back: 0, or 7 to 90.
    retention
        ``days`` for which objects cannot change or go, and ``locked``, which nothing takes back.
    hold
        Why nothing may be deleted at all.
    lifecycle
        ``abortDays``, ``noncurrentDays``, ``expireDays`` and ``transitions``.
    own_key, kms_key
        Whether the data need a key of the lab's own, and its name.
    log
        Where it is written who read what: ``bucket`` and ``prefix``.
    grants
        Who may do what until when: ``member``, ``role``, ``until``, ``principal``.
    identities
        Whom of the lab each member stands for.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: Document
    bucket: str
    public: bool = False
    versioning: bool = True
    soft_delete_days: int = 7
    retention: Document | None = None
    hold: str | None = None
    lifecycle: Document | None = None
    own_key: bool = False
    kms_key: str | None = None
    log: Document | None = None
    grants: Sequence[Document] = ()
    identities: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class GoogleBucket(_Named):
    """`slidebox:gcs:Bucket`."""

    bucket: pulumi.Output[str]
    """Its name."""
    url: pulumi.Output[str]
    """Its address: ``gs://…``."""
    foreign_members: pulumi.Output[Sequence[str]]
    """Whom others have let in."""

    names: ClassVar = {
        "soft_delete_days": "softDeleteDays",
        "own_key": "ownKey",
        "kms_key": "kmsKey",
        "foreign_members": "foreignMembers",
    }

    def __init__(self, name: str, args: GoogleBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = ("url", "granted", "foreign_members", "owner")
        super().__init__("slidebox:gcs:Bucket", name, _properties(args, outputs), _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleKeyArgs:
    """A key in Cloud KMS.

    Attributes
    ----------
    store
        The store, as `slidebox.provider.gcs_store.GcsRef` reads it.
    key
        Its name: ``projects/…/locations/…/keyRings/…/cryptoKeys/…``.
    rotation_days
        After how many days it gets a new version.
    tags
        Whose it is.
    """

    store: Document
    key: str
    rotation_days: int = 90
    tags: Mapping[str, str] = field(default_factory=dict)


class GoogleKey(_Named):
    """`slidebox:gcs:Key`."""

    key: pulumi.Output[str]
    """Its name."""
    agent: pulumi.Output[str]
    """The storage service's account, which may use it."""
    state: pulumi.Output[str]
    """``ENABLED``, or what else its version is that encrypts."""

    names: ClassVar = {"rotation_days": "rotationDays"}

    def __init__(self, name: str, args: GoogleKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = ("agent", "state", "owner")
        super().__init__("slidebox:gcs:Key", name, _properties(args, outputs), _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleInventoryArgs:
    """Regular reports of what a bucket holds.

    Attributes
    ----------
    store
        The store, as `slidebox.provider.gcs_store.GcsRef` reads it.
    bucket
        The bucket that they are about.
    destination, prefix
        Where they are written.
    frequency
        ``daily`` or ``weekly``.
    tags
        Whose they are.
    """

    store: Document
    bucket: pulumi.Input[str]
    destination: str
    prefix: str
    frequency: str = "weekly"
    tags: Mapping[str, str] = field(default_factory=dict)


class GoogleInventory(_Named):
    """`slidebox:gcs:Inventory`."""

    def __init__(self, name: str, args: GoogleInventoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:gcs:Inventory", name, _properties(args, ("agent", "owner")), _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleBudgetArgs:
    """What a project of the lab may spend in Google Cloud.

    Attributes
    ----------
    store
        The store, as `slidebox.provider.gcs_store.GcsRef` reads it.
    project
        The project of the lab.
    monthly, currency
        What it may come to in a month.
    alerts
        The percents of it at which somebody is told.
    notify
        The addresses of those who are told.
    """

    store: Document
    project: str
    monthly: float
    currency: str
    alerts: Sequence[int] = ()
    notify: Sequence[str] = ()


class GoogleBudget(_Named):
    """`slidebox:gcs:Budget`."""

    def __init__(self, name: str, args: GoogleBudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:gcs:Budget", name, _properties(args, ("account", "channels")), _options(opts))
