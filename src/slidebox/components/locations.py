"""One component for each location: a folder of a drive, a bucket of an S3 store, the users of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from slidebox.components.grants import bucket_policy, folder_mode, user_name, user_policy
from slidebox.components.resources import Bucket, BucketArgs, Folder, FolderArgs, User, UserArgs
from slidebox.model import Role
from slidebox.provider.stores import StoreRef

_LIFECYCLE = {"abort_days": "abortMultipartDays", "noncurrent_days": "oldVersionsDays", "expire_days": "expireDays"}
"""The inputs of a bucket, by what the facts call them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationArgs:
    """What every location has.

    Attributes
    ----------
    location
        Its id: ``project/level@term@store``.
    store
        Name of the store.
    quota
        Bytes that are meant to lie there.
    public
        Whether anyone may read it.
    writers
        Whether anybody but the owner adds data.
    irreplaceable
        Whether the data cannot be made again.
    lifecycle
        What happens to them by themselves, as the facts have it.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: str
    quota: int
    public: bool
    writers: bool
    irreplaceable: bool
    lifecycle: Mapping[str, Any]
    tags: Mapping[str, str]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveArgs:
    """The drive that a folder is on.

    Attributes
    ----------
    root
        Its folder on this machine; empty where only its file system is known.
    lab
        The lab in its mark.
    uuid, label, external
        By what its file system is known, and whether it is plugged in and out.
    group
        The POSIX group that shares it.
    capacity
        Bytes it holds for the lab.
    """

    root: str
    lab: str
    uuid: str | None = None
    label: str | None = None
    external: bool | None = None
    group: str | None = None
    capacity: int | None = None


class DriveLocation(pulumi.ComponentResource):
    """A dataset's folder on a drive."""

    def __init__(
        self,
        name: str,
        args: LocationArgs,
        drive: DriveArgs,
        path: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slidebox:index:DriveLocation", name, None, opts)
        self.folder = Folder(
            name,
            FolderArgs(
                location=args.location,
                store=args.store,
                root=drive.root,
                lab=drive.lab,
                path=path,
                uuid=drive.uuid,
                label=drive.label,
                external=drive.external,
                mode=folder_mode(
                    group=drive.group, public=args.public, writers=args.writers, irreplaceable=args.irreplaceable
                ),
                group=drive.group,
                quota=args.quota,
                capacity=drive.capacity,
                tags=args.tags,
                facts=args.facts,
            ),
            pulumi.ResourceOptions(parent=self),
        )


class BucketLocation(pulumi.ComponentResource):
    """A dataset's bucket in an S3 store."""

    def __init__(
        self,
        name: str,
        args: LocationArgs,
        store: StoreRef,
        bucket: str,
        lock_days: int | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slidebox:index:BucketLocation", name, None, opts)
        # The embedded gateway keeps none of these: asking it for them would only be a warning at every run.
        served = store.endpoint is not None
        self.bucket = Bucket(
            name,
            BucketArgs(
                location=args.location,
                store=store.document,
                bucket=bucket,
                versioning=True,
                object_lock={"mode": "GOVERNANCE", "days": lock_days} if lock_days else None,
                encryption="AES256" if served else None,
                public_access_block=not args.public if served else None,
                lifecycle=_rules(args.lifecycle) if served else None,
                policy=bucket_policy(bucket, public=args.public),
                quota=args.quota,
                tags=args.tags,
                facts=args.facts,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _rules(lifecycle: Mapping[str, Any]) -> dict[str, int]:
    """The rules of a bucket's lifecycle that the facts ask for."""
    return {theirs: lifecycle[ours] for ours, theirs in _LIFECYCLE.items() if isinstance(lifecycle[ours], int)}


class StoreUsers(pulumi.ComponentResource):
    """The users of one project in one embedded S3 store: one for each person or team.

    Attributes
    ----------
    users
        By principal.
    """

    def __init__(
        self,
        name: str,
        store: StoreRef,
        project: str,
        roles: Mapping[str, Mapping[str, Iterable[Role]]],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slidebox:index:StoreUsers", name, None, opts)
        self.users = {
            principal: User(
                f"{principal.partition(':')[2]}@{store.name}",
                UserArgs(
                    store=store.document,
                    user=user_name(project, principal),
                    principal=principal,
                    policy=user_policy(held),
                    tags=tags,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for principal, held in sorted(roles.items())
        }

    @property
    def keys(self) -> dict[str, dict[str, pulumi.Output[str]]]:
        """The access keys, by principal."""
        return {
            principal: {"accessKeyId": user.access_key_id, "secretAccessKey": user.secret_access_key}
            for principal, user in self.users.items()
        }
