"""The roles in which people, teams and services work with a bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
from pulumi_aws import iam

from slidebox.clouds import CloudBucket
from slidebox.components.aws import policy

SESSION_SECONDS = 3600
"""For how long a role is taken on at a time: the shortest that AWS has."""

LONGEST_TRUST = 2048
"""Characters of a trust policy, unless the account has asked for more (IAM and AWS STS quotas)."""


def make_roles(
    bucket: CloudBucket, tags: Mapping[str, str], options: pulumi.ResourceOptions
) -> tuple[dict[str, iam.Role], list[iam.RolePolicy]]:
    """One role for each of reader, contributor and steward that somebody has.

    Parameters
    ----------
    bucket
        What the dataset needs.
    tags
        Whose they are.
    options
        Of what belongs to the component.

    Returns
    -------
    roles, policies
        The roles by what they are for, and what may be done in them.
    """
    roles: dict[str, iam.Role] = {}
    policies: list[iam.RolePolicy] = []
    for role, grants in policy.held(bucket.grants).items():
        name = policy.role_name(bucket.name, role.value)
        trust = json.dumps(policy.trust_policy(grants, bucket.account, policy.external_id(bucket.location)))
        if len(trust) > LONGEST_TRUST:
            pulumi.log.warn(
                f"The trust policy of {name} has {len(trust)} characters, and AWS takes {LONGEST_TRUST} unless asked "
                "for more. Give its teams a role of their own in `identities`, in place of each member."
            )
        made = iam.Role(
            name,
            iam.RoleArgs(
                name=name,
                description=f"{role.value} of {bucket.location.partition('@')[0]}",
                assume_role_policy=trust,
                max_session_duration=SESSION_SECONDS,
                tags=tags,
            ),
            options,
        )
        may = policy.role_policy(bucket.name, role, policy.last_day(grants), locked=bucket.lock_days is not None)
        allowed = iam.RolePolicyArgs(name="bucket", role=made.name, policy=json.dumps(may))
        policies.append(iam.RolePolicy(name, allowed, options))
        roles[role.value] = made
    return roles, policies
