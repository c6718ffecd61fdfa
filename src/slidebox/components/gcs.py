"""Google Cloud: a dataset's bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from slidebox.clouds import CloudBucket, Grant, Transition, audit_name, auditors_of, principals_of
from slidebox.components.gcs_resources import (
    GoogleBucket,
    GoogleBucketArgs,
    GoogleBudget,
    GoogleBudgetArgs,
    GoogleInventory,
    GoogleInventoryArgs,
    GoogleKey,
    GoogleKeyArgs,
)
from slidebox.errors import InputError
from slidebox.model import Lab, Project, Role, Store
from slidebox.preview.gcs_buckets import LOG_WRITER, audit_location
from slidebox.provider.gcs_grants import INSIGHTS
from slidebox.provider.gcs_store import GcsRef

CLASSES: Mapping[str, str] = {"infrequent": "NEARLINE", "archive": "COLDLINE"}
"""Google's storage classes by Table 1's; objects of both can be read at once."""

ROLES: Mapping[Role, tuple[str, ...]] = {
    # It lists and reads; it cannot look at the bucket's own settings, which nobody needs for that.
    Role.READER: ("roles/storage.objectViewer",),
    # Creating is adding: what replaces an object needs the permission to delete it. Its own uploads it may abort.
    Role.CONTRIBUTOR: ("roles/storage.objectCreator", "roles/storage.objectViewer"),
    # Not objectAdmin, which could also change who may use an object.
    Role.STEWARD: ("roles/storage.objectUser",),
}
"""Google's predefined roles by the lab's (Google Cloud, "IAM roles for Cloud Storage")."""

EVERYBODY = "allUsers"
LOG_SOFT_DELETE_DAYS = 30
LOG_ABORT_DAYS = 7
ROTATION_DAYS = 90
INVENTORY = "inventory"
"""The folder of inventories in the bucket for logs."""
WRITER = "roles/storage.objectCreator"
_KINDS = ("user", "group", "serviceAccount", "principal", "principalSet")


class GcsLocation(pulumi.ComponentResource):
    """A dataset's bucket.

    Parameters
    ----------
    name
        Name of its resources.
    bucket
        What the dataset needs.
    ref
        The project that it is in.
    key
        Name of the lab's own key.
    facts
        What is declared of its data.
    opts
        Options of the component.

    Attributes
    ----------
    bucket
        The bucket.
    """

    def __init__(
        self,
        name: str,
        bucket: CloudBucket,
        ref: GcsRef,
        key: str,
        facts: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slidebox:index:GcsLocation", name, None, opts)
        self.bucket = GoogleBucket(
            name,
            GoogleBucketArgs(
                location=bucket.location,
                store=ref.document,
                bucket=bucket.name,
                public=bucket.public,
                # Google keeps either; what cannot be replaced has no earlier versions to keep.
                versioning=bucket.versioning and bucket.lock_days is None,
                soft_delete_days=bucket.soft_delete_days,
                retention=None if bucket.lock_days is None else {"days": bucket.lock_days, "locked": False},
                hold=bucket.hold,
                lifecycle=_lifecycle(bucket),
                own_key=bucket.own_key,
                kms_key=key if bucket.own_key else None,
                log={"bucket": bucket.audit, "prefix": bucket.name} if bucket.access_log else None,
                grants=[*_grants(bucket.store, bucket.grants), *_everybody(bucket)],
                identities=principals_of(bucket.grants, bucket.store),
                tags=bucket.tags,
                facts=facts,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        GoogleInventory(
            name,
            GoogleInventoryArgs(
                store=ref.document,
                bucket=self.bucket.bucket,
                destination=bucket.audit,
                prefix=f"{INVENTORY}/{bucket.name}",
                tags=bucket.tags,
            ),
            # The bucket cannot be read for it before it has its members.
            pulumi.ResourceOptions(parent=self, depends_on=[self.bucket]),
        )


def _lifecycle(bucket: CloudBucket) -> dict[str, Any] | None:
    """What happens to objects by themselves."""
    days = {
        "abortDays": bucket.abort_days,
        "noncurrentDays": bucket.noncurrent_days,
        "expireDays": bucket.expire_days,
    }
    moves = [{"days": move.days, "storageClass": _class(bucket, move)} for move in bucket.transitions]
    said: dict[str, Any] = {name: value for name, value in days.items() if value is not None}
    return said | ({"transitions": moves} if moves else {}) or None


def _class(bucket: CloudBucket, move: Transition) -> str:
    """Google's name of a storage class."""
    if move.storage_class not in CLASSES:
        raise InputError(
            f"{bucket.location} is to move to {move.storage_class!r}, which Google Cloud has no class for here.",
            f"There are {' and '.join(CLASSES)}.",
        )
    return CLASSES[move.storage_class]


def _everybody(bucket: CloudBucket) -> list[dict[str, Any]]:
    """Everybody, where the data are public."""
    return [{"member": EVERYBODY, "role": role} for role in ROLES[Role.READER] if bucket.public]


def _grants(store: str, grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Each role of each identity, once."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for grant in grants:
        _check(store, grant.identity)
        for role in ROLES[grant.role]:
            until = grant.until.isoformat() if grant.until else None
            about = {"member": grant.identity, "role": role, "until": until, "principal": grant.principal}
            found.setdefault((grant.identity, role, until or ""), about)
    return [found[key] for key in sorted(found)]


def _check(store: str, identity: str) -> None:
    """Insist that an identity is a member as Google names them, and no whole project, domain or world."""
    kind, _, name = identity.partition(":")
    if kind not in _KINDS or not name:
        raise InputError(
            f"{identity!r} is no identity of Google Cloud that slidebox lets in at {store}.",
            "Write it as user:EMAIL, group:EMAIL, serviceAccount:EMAIL, or as principal:// or principalSet:// of a "
            "workload identity pool.",
        )


def location(name: str, bucket: CloudBucket, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register a dataset's bucket; answers how it is used."""
    ref = GcsRef.of(bucket.store, store)
    made = GcsLocation(name, bucket, ref, store.key or ref.key_name(bucket.tags["lab"]), facts)
    return {"bucket": made.bucket.bucket, "region": ref.region, "project": ref.project, "url": made.bucket.url}


def lab(lab: Lab, name: str, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register what a lab has once in a project of Google's.

    The bucket for logs, which its auditors read; its key, where the store names none; a budget for each project that
    declares one.

    Raises
    ------
    InputError
        If an auditor has no identity at the store.
    """
    file = lab.file
    grants = auditors_of(lab, name)
    ref = GcsRef.of(name, store)
    audit = GoogleBucket(
        f"audit@{name}",
        GoogleBucketArgs(
            location=audit_location(name),
            store=ref.document,
            bucket=audit_name(file.lab, name),
            soft_delete_days=LOG_SOFT_DELETE_DAYS,
            lifecycle={"abortDays": LOG_ABORT_DAYS},
            grants=[*_grants(name, grants), *({"member": who, "role": WRITER} for who in (LOG_WRITER, INSIGHTS))],
            identities=principals_of(grants, name),
            tags={"lab": file.lab},
            facts=facts,
        ),
    )
    key = store.key or _key(file.lab, ref).key
    for project in lab.projects.values():
        _budget(lab, project, ref)
    return {"bucket": audit.bucket, "region": ref.region, "project": ref.project, "url": audit.url, "key": key}


def _budget(lab: Lab, project: Project, ref: GcsRef) -> None:
    """The budget of a project, if it declares one."""
    budget, people = project.budget, lab.file.people
    if budget is None:
        return
    addresses = {address for who in budget.notify if who in people and (address := people[who].email)}
    args = GoogleBudgetArgs(
        store=ref.document,
        project=project.project,
        monthly=budget.monthly,
        currency=lab.file.currency,
        alerts=sorted(set(budget.alerts)),
        # Who is told, is told at a percent.
        notify=sorted(addresses) if budget.alerts else [],
    )
    GoogleBudget(f"{project.project}@{ref.name}", args)


def _key(lab: str, ref: GcsRef) -> GoogleKey:
    """The lab's own key for data about people."""
    args = GoogleKeyArgs(store=ref.document, key=ref.key_name(lab), rotation_days=ROTATION_DAYS, tags={"lab": lab})
    return GoogleKey(f"key@{ref.name}", args)
