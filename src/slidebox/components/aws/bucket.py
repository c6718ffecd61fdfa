"""A dataset's bucket at AWS with everything beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws import iam, s3

from slidebox.clouds import CloudBucket, principals_of
from slidebox.components.aws import settings
from slidebox.components.aws.connection import inside, provider_of
from slidebox.components.aws.key import make_key
from slidebox.components.aws.lifecycle import rules
from slidebox.components.aws.log import log_access, take_inventory
from slidebox.components.aws.policy import bucket_policy, external_id
from slidebox.components.aws.replication import Copying, copier_of, make_copier, start, take_copies
from slidebox.components.aws.roles import make_roles
from slidebox.components.declaration import Declaration
from slidebox.model import Store
from slidebox.preview import LOCATION_TAG

_NO_TAG = re.compile(r"[^\w\s.:/=+@-]")
"""What the value of a tag cannot have (AWS Tagging, "Tag naming limits and requirements")."""


class AwsLocation(pulumi.ComponentResource):
    """A dataset's bucket.

    Parameters
    ----------
    name
        Name of its resources.
    bucket
        What the dataset needs.
    provider
        The way to its account.
    facts
        What is declared of its data.
    opts
        Options of the component.

    Attributes
    ----------
    bucket
        The bucket.
    roles
        The roles in which it is used, by what they are for.
    """

    def __init__(
        self,
        name: str,
        bucket: CloudBucket,
        provider: aws.Provider,
        facts: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slidebox:index:AwsLocation", name, None, opts)
        options = inside(self, provider)
        tags = tags_of(bucket)
        Declaration(name, facts, pulumi.ResourceOptions(parent=self), principals_of(bucket.grants, bucket.store))
        self.bucket = s3.Bucket(
            name,
            # Locks are turned on by a setting of their own: said here, a dataset that comes to rest would need
            # another bucket.
            s3.BucketArgs(bucket=bucket.name, region=bucket.region, force_destroy=False, tags=tags),
            options,
        )
        self.roles, policies = make_roles(bucket, tags, options)
        copier = make_copier(bucket, tags, options) if bucket.copies_to else ()
        versions = self._settings(name, bucket, [*self.roles.values(), *policies, *copier], options)
        if copier:
            start(Copying(name, bucket, self.bucket, [versions, *copier], options))
        take_inventory(name, bucket, self.bucket, options)
        if bucket.access_log:
            log_access(name, bucket, self.bucket, options)

    def _settings(
        self,
        name: str,
        bucket: CloudBucket,
        identities: list[iam.Role | iam.RolePolicy],
        options: pulumi.ResourceOptions,
    ) -> s3.BucketVersioning:
        made = self.bucket
        copier = copier_of(bucket)
        named = [*identities, *copier]
        key = make_key(bucket, name, tags_of(bucket), named, options) if bucket.own_key else None
        block = settings.block_public_access(name, made, options, public=bucket.public)
        settings.own_objects(name, made, options)
        settings.encrypt(name, made, options, key)
        policy = settings.attach_policy(name, made, bucket_policy(bucket), [block, *copier], options)
        versions = settings.keep_versions(name, made, options, kept=bucket.versioning)
        if bucket.lock_days is not None:
            settings.lock_objects(name, made, bucket.lock_days, versions, options)
        if listed := rules(bucket):
            settings.tidy_by_itself(name, made, listed, versions, options)
        take_copies(bucket, key, [made, versions, policy, *([key] if key else [])])
        return versions


def tags_of(bucket: CloudBucket) -> dict[str, str]:
    """Whose it is and which location it is, in the characters that tags have."""
    return {name: _NO_TAG.sub("-", value) for name, value in {**bucket.tags, LOCATION_TAG: bucket.location}.items()}


def location(name: str, bucket: CloudBucket, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register a dataset's bucket with everything beside it; answers how it is used."""
    made = AwsLocation(name, bucket, provider_of(bucket.store, store), facts)
    return {
        "bucket": made.bucket.bucket,
        "region": bucket.region,
        "roles": {role: one.arn for role, one in made.roles.items()},
        "external_id": external_id(bucket.location),
    }
