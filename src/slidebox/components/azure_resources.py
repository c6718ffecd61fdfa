"""The resources of slidebox's own provider that are in Azure, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from slidebox.components.resources import Document, _Named, _options, _properties


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountArgs:
    """A storage account.

    Attributes
    ----------
    store
        The account, as `slidebox.provider.azure_store.AzureRef` reads it.
    soft_delete_days
        For how long deleted blobs and containers can be had back.
    change_feed
        Whether a log of what is written and deleted is kept.
    roles
        Whether roles of slidebox's own are defined, for its containers to give; None for yes.
    grants
        Who reads all of it; None where that is not for this program to say.
    log_of
        The account whose log it has; None where it has data.
    tags
        Whose it is.
    """

    store: Document
    soft_delete_days: int = 30
    change_feed: bool = False
    roles: bool | None = None
    grants: Sequence[Document] | None = None
    log_of: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Account(_Named):
    """`slidebox:azure:Account`."""

    account_id: pulumi.Output[str]
    """Its id."""
    blob_endpoint: pulumi.Output[str]
    """Where its blobs are."""

    names: ClassVar = {
        "soft_delete_days": "softDeleteDays",
        "change_feed": "changeFeed",
        "log_of": "logOf",
        "account_id": "accountId",
        "blob_endpoint": "blobEndpoint",
    }

    def __init__(self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = ("account_id", "blob_endpoint", "settings", "drift")
        super().__init__("slidebox:azure:Account", name, _properties(args, outputs), _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogArgs:
    """A log of who reads, writes and deletes the blobs of an account.

    Attributes
    ----------
    store
        The account, as `slidebox.provider.azure_store.AzureRef` reads it.
    """

    store: Document


class AccessLog(_Named):
    """`slidebox:azure:AccessLog`."""

    log_id: pulumi.Output[str]
    """Id of the account that the log is in."""

    names: ClassVar = {"setting_id": "settingId", "log_id": "logId"}

    def __init__(self, name: str, args: AccessLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = ("setting_id", "log_id", "on")
        super().__init__("slidebox:azure:AccessLog", name, _properties(args, outputs), _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetArgs:
    """What the storage of an account may come to in a month.

    Attributes
    ----------
    store
        The account, as `slidebox.provider.azure_store.AzureRef` reads it.
    budget
        Its name.
    monthly
        The amount.
    alerts
        The percents of it at which somebody is told.
    notify
        The addresses of mail that are told.
    """

    store: Document
    budget: str
    monthly: float
    alerts: Sequence[int] = ()
    notify: Sequence[str] = ()


class Budget(_Named):
    """`slidebox:azure:Budget`."""

    budget_id: pulumi.Output[str]
    """Its id."""

    names: ClassVar = {"budget_id": "budgetId", "start_date": "startDate"}

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = ("budget_id", "start_date")
        super().__init__("slidebox:azure:Budget", name, _properties(args, outputs), _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerArgs:
    """A container.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store
        Its account, as `slidebox.provider.azure_store.AzureRef` reads it.
    container
        Its name.
    public
        Whether anyone may read it.
    own_key, key_uri
        Whether the data need a key of the lab's own, and where that is.
    lock_days
        For how long a blob cannot be changed or deleted.
    hold
        Why nothing may be deleted at all.
    lifecycle
        ``transitions``, ``noncurrentDays`` and ``expireDays``.
    grants
        Who may do what until when.
    identities
        Whom of the lab each identity stands for.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: Document
    container: str
    public: bool = False
    own_key: bool = False
    key_uri: str | None = None
    lock_days: int | None = None
    hold: str | None = None
    lifecycle: Document = field(default_factory=dict)
    grants: Sequence[Document] = ()
    identities: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Container(_Named):
    """`slidebox:azure:Container`."""

    container: pulumi.Output[str]
    """Its name."""
    url: pulumi.Output[str]
    """Where its blobs are."""
    foreign: pulumi.Output[Mapping[str, Any]]
    """What others have set on it."""

    names: ClassVar = {
        "own_key": "ownKey",
        "key_uri": "keyUri",
        "lock_days": "lockDays",
        "container_id": "containerId",
        "encryption_scope": "encryptionScope",
    }

    def __init__(self, name: str, args: ContainerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = ("container_id", "url", "encryption_scope", "owner", "foreign")
        super().__init__("slidebox:azure:Container", name, _properties(args, outputs), _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArgs:
    """A container for reports.

    Attributes
    ----------
    store
        Its account, as `slidebox.provider.azure_store.AzureRef` reads it.
    container
        Its name.
    grants
        Who reads the reports.
    identities
        Whom of the lab each identity stands for.
    tags, facts
        Whose it is, and what is declared of the lab.
    """

    store: Document
    container: str
    grants: Sequence[Document] = ()
    identities: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Audit(_Named):
    """`slidebox:azure:Audit`."""

    container: pulumi.Output[str]
    """Its name."""
    url: pulumi.Output[str]
    """Where the reports are."""

    names: ClassVar = {"container_id": "containerId", "encryption_scope": "encryptionScope"}

    def __init__(self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = ("container_id", "url", "encryption_scope", "owner", "foreign", "inventory")
        super().__init__("slidebox:azure:Audit", name, _properties(args, outputs), _options(opts))
