"""Google Cloud: a dataset's bucket."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import pulumi

from slidebox.clouds import CloudBucket, Transition
from slidebox.components.gcs_resources import GoogleBucket, GoogleBucketArgs
from slidebox.errors import InputError
from slidebox.model import Role, Store
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
        Name of the lab's own key; None where the lab has none.
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
        key: str | None,
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
                grants=_grants(bucket),
                identities=_identities(bucket),
                tags=bucket.tags,
                facts=facts,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"bucket": self.bucket.bucket, "url": self.bucket.url})


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


def _grants(bucket: CloudBucket) -> list[dict[str, Any]]:
    """Each role of each identity, once; and everybody, where the data are public."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for grant in bucket.grants:
        _check(bucket, grant.identity)
        for role in ROLES[grant.role]:
            until = grant.until.isoformat() if grant.until else None
            about = {"member": grant.identity, "role": role, "until": until, "principal": grant.principal}
            found.setdefault((grant.identity, role, until or ""), about)
    listed = [found[key] for key in sorted(found)]
    if bucket.public:
        listed += [{"member": EVERYBODY, "role": role} for role in ROLES[Role.READER]]
    return listed


def _check(bucket: CloudBucket, identity: str) -> None:
    """Insist that an identity is a member as Google names them, and no whole project, domain or world."""
    kind, _, name = identity.partition(":")
    if kind not in _KINDS or not name:
        raise InputError(
            f"{identity!r} is no identity of Google Cloud that slidebox lets in at {bucket.store}.",
            "Write it as user:EMAIL, group:EMAIL, serviceAccount:EMAIL, or as principal:// or principalSet:// of a "
            "workload identity pool.",
        )


def _identities(bucket: CloudBucket) -> dict[str, str]:
    """Whom of the lab each identity stands for: one and the same for two could not be told apart."""
    found: dict[str, str] = {}
    for grant in bucket.grants:
        other = found.setdefault(grant.identity, grant.principal)
        if other != grant.principal:
            raise InputError(
                f"{other} and {grant.principal} are both {grant.identity} at {bucket.store}.",
                "Give each an identity of its own, or the team of both this one.",
            )
    return found


def _installed() -> bool:
    try:
        return importlib.util.find_spec("google.cloud.storage") is not None
    except ModuleNotFoundError:
        return False


def location(name: str, bucket: CloudBucket, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register a dataset's bucket; answers how it is used.

    Raises
    ------
    InputError
        If the extra for Google Cloud is not installed: the provider will need it.
    """
    if not _installed():
        raise InputError(
            f"The store {bucket.store!r} is of kind 'gcs', and google-cloud-storage is not installed.",
            "Install it: pip install 'slidebox[gcs]'.",
        )
    ref = GcsRef.of(bucket.store, store)
    made = GcsLocation(name, bucket, ref, store.key, facts)
    return {"bucket": made.bucket.bucket, "region": ref.region, "project": ref.project, "url": made.bucket.url}
