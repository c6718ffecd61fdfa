"""The key of a bucket whose data need one of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pulumi
from pulumi_aws import kms

from slidebox.clouds import CloudBucket
from slidebox.components.aws.policy import key_policy

WINDOW_DAYS = 30
"""How long a key that is taken away can be had back: the longest that AWS has, as all data go with it."""


def make_key(
    bucket: CloudBucket,
    name: str,
    tags: Mapping[str, str],
    after: Iterable[pulumi.Resource],
    options: pulumi.ResourceOptions,
) -> kms.Key:
    """A key that is replaced every year, and its alias, which is the bucket's name.

    Parameters
    ----------
    bucket
        What the dataset needs.
    name
        Name of the resources.
    tags
        Whose it is.
    after
        The roles that its policy names: KMS takes only those that are there.
    options
        Of what belongs to the component.
    """
    key = kms.Key(
        name,
        kms.KeyArgs(
            description=f"Objects of {bucket.name}",
            enable_key_rotation=True,
            deletion_window_in_days=WINDOW_DAYS,
            policy=json.dumps(key_policy(bucket)),
            tags=tags,
        ),
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=list(after))),
    )
    kms.Alias(name, kms.AliasArgs(name=f"alias/{bucket.name}", target_key_id=key.key_id), options)
    return key
