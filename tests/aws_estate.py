"""A small account of AWS as a snapshot has it, for tests of who can do what with its bucket."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access.aws import locations
from slidebox.access.effective import Access
from slidebox.access.snapshot import Known

ACCOUNT = "111122223333"
OTHER = "999988887777"
BUCKET = "bkt"
ARN = f"arn:aws:s3:::{BUCKET}"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
ANY_USER = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k1"
BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
NOTHING: Mapping[str, Any] = {
    "public_access_block": None,
    "canonical_user": "owner",
    "authorization": {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []},
    "service_control_policies": None,
    "resource_control_policies": None,
    "access_points": [],
    "multi_region_access_points": [],
    "keys": {},
    "distributions": [],
    "origin_access_identities": [],
    "functions": [],
    "apis": [],
    "transfer_servers": [],
    "identity_pools": [],
}
"""An account in which there is nothing."""


def allow(who: Any = "*", action: Any = "s3:GetObject", resource: Any = f"{ARN}/*", **more: Any) -> dict[str, Any]:
    """A statement that allows somebody something."""
    return {"Effect": "Allow", "Principal": who, "Action": action, "Resource": resource, **more}


def deny(who: Any = "*", action: Any = "s3:*", resource: Any = (ARN, f"{ARN}/*"), **more: Any) -> dict[str, Any]:
    """A statement that denies somebody something."""
    listed = list(resource) if isinstance(resource, tuple) else resource
    return {"Effect": "Deny", "Principal": who, "Action": action, "Resource": listed, **more}


def may(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    """A statement of an identity's policy."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """A policy of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def arn(kind: str, name: str, account: str = ACCOUNT) -> str:
    """The ARN of a user or a role."""
    return f"arn:aws:iam::{account}:{kind}/{name}"


def user(name: str, *statements: Mapping[str, Any], account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    """A user with a policy of its own."""
    return {
        "UserName": name,
        "UserId": f"AIDA{name.upper():X<17}"[:21],
        "Arn": arn("user", name, account),
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*statements)}] if statements else [],
        "GroupList": [],
        "AttachedManagedPolicies": [],
        **more,
    }


def role(
    name: str, trust: Any, *statements: Mapping[str, Any], account: str = ACCOUNT, **condition: Any
) -> dict[str, Any]:
    """A role with a policy of its own, which a principal can take on."""
    said = {"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole", **condition}
    if isinstance(trust, Mapping) and "Federated" in trust:
        said["Action"] = "sts:AssumeRoleWithWebIdentity"
    return {
        "RoleName": name,
        "RoleId": f"AROA{name.upper():X<17}"[:21],
        "Arn": arn("role", name, account),
        "AssumeRolePolicyDocument": policy(said),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*statements)}] if statements else [],
        "AttachedManagedPolicies": [],
    }


def people(users: Iterable[Any] = (), roles: Iterable[Any] = ()) -> dict[str, Any]:
    """What IAM says of an account with some users and roles."""
    return {
        "UserDetailList": list(users),
        "GroupDetailList": [],
        "RoleDetailList": list(roles),
        "Policies": [],
    }


def bucket(**parts: Any) -> dict[str, Any]:
    """A bucket that nobody but its owner can do anything with, with parts in place of its own."""
    return {
        "account": ACCOUNT,
        "region": "us-east-1",
        "policy": None,
        "public_access_block": None,
        "acl": {"Owner": {"ID": "owner"}, "Grants": [grant("owner", "FULL_CONTROL")]},
        "ownership": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        **parts,
    }


def grant(who: str, permission: str) -> dict[str, Any]:
    """A grant of an access control list, to a group by its address or to an account by its canonical id."""
    grantee = {"Type": "Group", "URI": who} if who.startswith("http") else {"Type": "CanonicalUser", "ID": who}
    return {"Grantee": grantee, "Permission": permission}


def acl(*grants: Mapping[str, Any]) -> dict[str, Any]:
    """An access control list."""
    return {"Owner": {"ID": "owner"}, "Grants": list(grants)}


def section(
    said: Mapping[str, Any] | None = None, accounts: Mapping[str, Any] | None = None, **account: Any
) -> dict[str, Any]:
    """A section with one bucket in one account, with parts of the account in place of its own."""
    own = {**copy.deepcopy(dict(NOTHING)), **account}
    return {"accounts": {ACCOUNT: own, **(accounts or {})}, "buckets": {BUCKET: dict(said or bucket())}, "unplaced": {}}


def readers(said: Mapping[str, Any], known: Known | None = None, name: str = BUCKET) -> tuple[Access, ...]:
    """Everybody who can do anything with the bucket of a section, but for the root user of its account."""
    found = {one.name: one for one in locations(said, known or Known())}[name].readers
    return tuple(one for one in found if not one.path[0].startswith("root user"))


def principals(said: Mapping[str, Any], action: str = "read", known: Known | None = None) -> set[str]:
    """The principals that can do something with the bucket of a section."""
    return {one.principal for one in readers(said, known) if action in one.actions}


def is_public(said: Mapping[str, Any]) -> bool:
    """Whether everybody can read the bucket of a section."""
    return "anyone" in principals(said)


CLOUDFRONT = "cloudfront.amazonaws.com"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
SHOWN = allow({"Service": CLOUDFRONT}, Condition={"StringEquals": {"AWS:SourceArn": DISTRIBUTION}})
SIGNED: dict[str, Any] = {"TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": ["kg"]}}


def origin(domain: Any = f"{BUCKET}.s3.us-east-1.amazonaws.com", **more: Any) -> dict[str, Any]:
    """An origin that is the bucket."""
    return {"Id": "o", "DomainName": domain, "OriginAccessControlId": "oac", **more}


def behaviour(target: str = "o", **more: Any) -> dict[str, Any]:
    """A behaviour that shows an origin."""
    return {"TargetOriginId": target, "TrustedKeyGroups": {"Enabled": False, "Quantity": 0}, **more}


def distribution(*origins: Any, default: Any = None, others: Any = (), **more: Any) -> dict[str, Any]:
    """A distribution that is switched on."""
    return {
        "Id": "E1",
        "ARN": DISTRIBUTION,
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": list(origins) or [origin()]},
        "DefaultCacheBehavior": default or behaviour(),
        "CacheBehaviors": {"Quantity": len(others), "Items": list(others)},
        **more,
    }
