"""Policies that AWS itself keeps, and what those of them say of S3 that labs use most.

Source: AWS Managed Policy Reference Guide, as of 2026-11. Of a policy that is not here nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ARN = re.compile(r"^arn:aws[a-z-]*:iam::aws:policy/(?P<name>.+)$")

_READING = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*", "s3:Describe*"], "Resource": "*"}
_POLICIES: Mapping[str, Mapping[str, Any]] = {
    "AdministratorAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "PowerUserAccess": {
        "Effect": "Allow",
        "NotAction": ["iam:*", "organizations:*", "account:*"],
        "Resource": "*",
    },
    "AmazonS3FullAccess": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    "AmazonS3ReadOnlyAccess": _READING,
    "ReadOnlyAccess": _READING,
}
_NOTHING_OF_S3 = frozenset(
    {
        "AmazonEC2ContainerRegistryReadOnly",
        "AmazonSSMManagedInstanceCore",
        "CloudWatchAgentServerPolicy",
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "service-role/AmazonECSTaskExecutionRolePolicy",
    }
)


def managed(arn: str) -> dict[str, Any] | None:
    """What a policy of AWS says of S3, as a policy document; None where that is not known, or it is none."""
    match = _ARN.match(arn)
    if match is None:
        return None
    if match["name"] in _NOTHING_OF_S3:
        return {"Statement": []}
    said = _POLICIES.get(match["name"])
    return None if said is None else {"Statement": [{"Sid": "of AWS", **said}]}
