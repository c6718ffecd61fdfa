"""Azure: a dataset's container, the storage account that it is in, and the reports of what that holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor

from slidebox.clouds import CloudBucket, Grant, Transition, audit_name, auditors_of, principals_of
from slidebox.components.azure_budget import make_budget
from slidebox.components.azure_resources import (
    AccessLog,
    AccessLogArgs,
    Account,
    AccountArgs,
    Audit,
    AuditArgs,
    Container,
    ContainerArgs,
)
from slidebox.errors import InputError
from slidebox.model import Lab, Store
from slidebox.provider.azure_store import AzureRef

SOFT_DELETE_DAYS = 30
"""For how long what was deleted can be had back, in the whole account: Azure has no such setting for one container."""

TIERS: Mapping[str, str] = {"infrequent": "Cool", "archive": "Cold"}
"""Azure's access tiers by Table 1's storage classes; blobs of both can be read at once."""

_made: MutableMapping[Any, dict[tuple[str, str], pulumi.Resource]] = WeakKeyDictionary()
"""What all datasets of a store share, of each running program: by store and what it is."""


class AzureLocation(pulumi.ComponentResource):
    """A dataset's container.

    Parameters
    ----------
    name
        Name of its resources.
    bucket
        What the dataset needs.
    ref
        The storage account.
    key
        Address of the lab's own key; None where the lab has none.
    facts
        What is declared of its data.
    opts
        Options of the component.

    Attributes
    ----------
    container
        The container.
    """

    def __init__(
        self,
        name: str,
        bucket: CloudBucket,
        ref: AzureRef,
        key: str | None,
        facts: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slidebox:index:AzureLocation", name, None, opts)
        self.container = Container(
            name,
            ContainerArgs(
                location=bucket.location,
                store=ref.document,
                container=bucket.name,
                public=bucket.public,
                own_key=bucket.own_key,
                key_uri=key if bucket.own_key else None,
                lock_days=bucket.lock_days,
                hold=bucket.hold,
                lifecycle=_lifecycle(bucket),
                grants=_grants(bucket.grants),
                identities=principals_of(bucket.grants, bucket.store),
                tags=bucket.tags,
                facts=facts,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _lifecycle(bucket: CloudBucket) -> dict[str, Any]:
    """What happens to blobs by themselves; unfinished uploads go after a week in every account of Azure."""
    moves = [{"days": move.days, "tier": _tier(bucket, move)} for move in bucket.transitions]
    days = {"noncurrentDays": bucket.noncurrent_days, "expireDays": bucket.expire_days}
    said: dict[str, Any] = {"transitions": moves} if moves else {}
    return said | {name: value for name, value in days.items() if value is not None}


def _tier(bucket: CloudBucket, move: Transition) -> str:
    if move.storage_class not in TIERS:
        raise InputError(
            f"{bucket.location} is to move to the class {move.storage_class!r}, which Azure has not.",
            f"It has {' and '.join(TIERS)}.",
        )
    return TIERS[move.storage_class]


def _grants(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Who may do what, until when."""
    return [
        {
            "identity": grant.identity,
            "role": grant.role.value,
            "until": grant.until.isoformat() if grant.until else None,
            "principal": grant.principal,
        }
        for grant in grants
    ]


def _once(ref: AzureRef, what: str, make: Callable[[], pulumi.Resource]) -> pulumi.Resource:
    """What a store has once in a program, whichever of its datasets comes first."""
    made = _made.setdefault(get_monitor(), {})
    if (ref.name, what) not in made:
        made[ref.name, what] = make()
    return made[ref.name, what]


def _account(ref: AzureRef) -> pulumi.Resource:
    """The account of a store."""
    args = AccountArgs(store=ref.document, soft_delete_days=SOFT_DELETE_DAYS, tags={"lab": ref.lab})
    return _once(ref, "account", lambda: Account(f"account@{ref.name}", args))


def _log_account(ref: AzureRef, readers: Iterable[Grant] | None = None) -> pulumi.Resource:
    """The account that has the log of another; the lab's own stack says who reads it."""
    args = AccountArgs(
        store=ref.log.document,
        soft_delete_days=SOFT_DELETE_DAYS,
        roles=False,
        grants=None if readers is None else _grants(readers),
        log_of=ref.account,
        tags={"lab": ref.lab},
    )
    return _once(ref, "log account", lambda: Account(f"log@{ref.name}", args))


def _access_log(ref: AzureRef) -> pulumi.Resource:
    """The log of who reads what in the account of a store."""
    options = pulumi.ResourceOptions(depends_on=[_account(ref), _log_account(ref)])
    return _once(ref, "log", lambda: AccessLog(f"log@{ref.name}", AccessLogArgs(store=ref.document), options))


def location(name: str, bucket: CloudBucket, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register a dataset's container and, once in a program, its account and log; answers how it is used."""
    ref = AzureRef.of(bucket.store, store, bucket.tags["lab"])
    needed = [_account(ref), *([_access_log(ref)] if bucket.access_log else [])]
    options = pulumi.ResourceOptions(depends_on=needed)
    made = AzureLocation(name, bucket, ref, store.key, facts, options)
    return {"bucket": made.container.container, "account": ref.account, "region": ref.region, "url": made.container.url}


def lab(lab: Lab, name: str, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register what a lab has once in an account: the container for reports and the account for logs, for its auditors.

    Raises
    ------
    InputError
        If an auditor has no identity at the store.
    """
    file = lab.file
    grants = auditors_of(lab, name)
    ref = AzureRef.of(name, store, file.lab)
    _log_account(ref, grants)
    make_budget(lab, ref, pulumi.ResourceOptions(depends_on=[_account(ref)]))
    audit = Audit(
        f"audit@{name}",
        AuditArgs(
            store=ref.document,
            container=audit_name(file.lab, name),
            grants=_grants(grants),
            identities=principals_of(grants, name),
            tags={"lab": file.lab},
            facts=facts,
        ),
        pulumi.ResourceOptions(depends_on=[_account(ref)]),
    )
    return {"bucket": audit.container, "account": ref.account, "region": ref.region, "url": audit.url}
