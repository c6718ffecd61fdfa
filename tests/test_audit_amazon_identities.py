"""Users, groups, roles, keys of KMS and access points in plans of Terraform: joined by name, ARN or reference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slidebox.access.snapshot import why_unread

from .aws_plans import resource, section

BUCKET = resource("aws_s3_bucket.a", {"bucket": "lab-a"})
READ = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lab-a/*"}]})
TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
POLICY = resource("aws_iam_policy.p", {"name": "p", "policy": READ})
ROLE = resource("aws_iam_role.r", {"name": "r", "assume_role_policy": TRUST})


def to(address: str, attribute: str = "id") -> list[str]:
    """The references of an expression that names an attribute of a resource."""
    return [f"{address}.{attribute}", address]


def details(*resources: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The identities of a plan."""
    (account,) = section(BUCKET, *resources)["accounts"].values()
    return dict(account["authorization"])


def attached(kind: str, *resources: dict[str, Any]) -> dict[str, list[str]]:
    """The ARNs of the policies that each identity of a kind has, by its name."""
    listed = details(*resources)[f"{kind}DetailList"]
    return {one[f"{kind}Name"]: [said["PolicyArn"] for said in one["AttachedManagedPolicies"]] for one in listed}


def test_a_policy_is_attached_by_what_it_comes_from() -> None:
    """Neither the role's name nor the policy's ARN is known."""
    one = resource(
        "aws_iam_role_policy_attachment.x",
        {},
        {"role": True, "policy_arn": True},
        {"role": to("aws_iam_role.r", "name"), "policy_arn": to("aws_iam_policy.p", "arn")},
    )
    found = details(POLICY, ROLE, one)
    (arn,) = (said["Arn"] for said in found["Policies"])
    assert attached("Role", POLICY, ROLE, one) == {"r": [arn]}
    assert found["Policies"][0]["PolicyVersionList"][0]["Document"] == READ


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::123456789012:policy/q"]
)
def test_a_policy_of_somewhere_else_is_attached_by_its_arn(arn: str) -> None:
    """Whoever reads it knows the policies of AWS, and of others that they are not known."""
    one = resource("aws_iam_role_policy_attachment.x", {"role": "r", "policy_arn": arn})
    assert attached("Role", ROLE, one) == {"r": [arn]}


def test_a_policy_that_nothing_tells_is_one_that_is_not_known() -> None:
    """It comes from a local value."""
    one = resource("aws_iam_role_policy_attachment.x", {"role": "r"}, {"policy_arn": True}, {"policy_arn": ["local.p"]})
    assert attached("Role", ROLE, one) == {"r": ["unknown"]}


def test_one_attachment_may_be_for_several_of_each_kind() -> None:
    """As aws_iam_policy_attachment has them."""
    said = {"name": "x", "users": ["ada", "bob"], "groups": ["lab"], "roles": ["r"]}
    said |= {"policy_arn": "arn:aws:iam::123456789012:policy/q"}
    one = resource("aws_iam_policy_attachment.x", said)
    assert set(attached("User", ROLE, one)) == {"ada", "bob", "somebody in group lab"}
    assert set(attached("Role", ROLE, one)) == {"r"}


def test_of_a_role_that_is_not_in_the_plan_nobody_knows_who_takes_it_on() -> None:
    """Its policy is here, and its trust policy is somebody else's."""
    (one,) = details(resource("aws_iam_role_policy.x", {"name": "x", "role": "far", "policy": READ}))["RoleDetailList"]
    assert one["RoleName"] == "far"
    assert why_unread(one["AssumeRolePolicyDocument"])
    assert one["RolePolicyList"][0]["PolicyDocument"] == READ


def test_of_a_group_that_is_not_in_the_plan_nobody_knows_who_is_in_it() -> None:
    """Somebody is."""
    found = details(resource("aws_iam_group_policy.x", {"name": "x", "group": "far", "policy": READ}))
    (user,) = found["UserDetailList"]
    assert why_unread(user["Arn"])
    assert user["GroupList"] == ["far"]


def test_users_are_in_the_groups_that_either_resource_says() -> None:
    """One for a user, one for a group."""
    people = [resource(f"aws_iam_user.{name}", {"name": name}) for name in ("ada", "bob")]
    group = resource("aws_iam_group.lab", {"name": "lab"})
    of_user = resource("aws_iam_user_group_membership.x", {"user": "ada", "groups": ["lab"]})
    of_group = resource("aws_iam_group_membership.x", {"users": ["bob"], "group": "lab"})
    found = details(*people, group, of_user, of_group)["UserDetailList"]
    assert {one["UserName"]: one["GroupList"] for one in found} == {"ada": ["lab"], "bob": ["lab"]}


def test_policies_of_the_role_itself_count() -> None:
    """Older configurations have them there."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    inline = [{"name": "own", "policy": READ}]
    one = resource(
        "aws_iam_role.r",
        {"name": "r", "assume_role_policy": TRUST, "inline_policy": inline, "managed_policy_arns": [arn]},
    )
    (found,) = details(one)["RoleDetailList"]
    assert found["RolePolicyList"] == [{"PolicyName": "own", "PolicyDocument": READ}]
    assert [said["PolicyArn"] for said in found["AttachedManagedPolicies"]] == [arn]


def test_a_boundary_is_found_by_what_it_comes_from() -> None:
    """It is a policy of the same plan."""
    one = resource(
        "aws_iam_role.r",
        {"name": "r", "assume_role_policy": TRUST},
        {"permissions_boundary": True},
        {"permissions_boundary": to("aws_iam_policy.p", "arn")},
    )
    found = details(POLICY, one)
    (arn,) = (said["Arn"] for said in found["Policies"])
    assert found["RoleDetailList"][0]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn


def test_of_an_access_key_it_is_said_that_there_is_one_and_never_which() -> None:
    """A state holds its secret in the clear."""
    user = resource("aws_iam_user.ada", {"name": "ada"}, made=True)
    key = resource("aws_iam_access_key.k", {"user": "ada", "id": "AKIAX", "secret": "hush-hush"}, made=True)
    found = section(BUCKET, user, key)
    assert "hush-hush" not in json.dumps(found)
    (one,) = found["accounts"][""]["authorization"]["UserDetailList"]
    assert one["AccessKeys"] == [{"Status": "Active"}]


def test_the_account_is_that_of_the_arns_of_what_is_made() -> None:
    """Of two accounts none is meant."""
    first = resource("aws_iam_user.a", {"name": "a", "arn": "arn:aws:iam::123456789012:user/a"}, made=True)
    second = resource("aws_iam_user.b", {"name": "b", "arn": "arn:aws:iam::210987654321:user/b"}, made=True)
    assert list(section(BUCKET, first)["accounts"]) == ["123456789012"]
    assert section(BUCKET, first)["buckets"]["lab-a"]["account"] == "123456789012"
    assert list(section(BUCKET, first, second)["accounts"]) == [""]


def test_an_identity_policy_with_a_pattern_may_be_about_a_bucket_whose_name_is_not_known() -> None:
    """How the name will begin is known, and so is the pattern."""
    unnamed = resource("aws_s3_bucket.p", {"bucket_prefix": "lab-"}, {"bucket": True}, {"bucket_prefix": ["var.p"]})
    for pattern, meant in (("lab-*", True), ("*", True), ("lab-raw-*", True), ("other-*", False)):
        said = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{pattern}/*"}]}
        own = resource("aws_iam_role_policy.x", {"name": "x", "role": "r", "policy": json.dumps(said)})
        (account,) = section(unnamed, ROLE, own)["accounts"].values()
        document = account["authorization"]["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"]
        assert ("arn:aws:s3:::aws_s3_bucket.p/*" in json.dumps(document)) is meant, pattern


@pytest.mark.parametrize(
    ("management", "target", "holds"),
    [
        ("210987654321", "123456789012", True),
        ("123456789012", "123456789012", False),
        ("210987654321", "ou-1", False),
        ("210987654321", "111122223333", False),
    ],
)
def test_a_control_policy_counts_where_it_certainly_holds(management: str, target: str, holds: bool) -> None:
    """Attached to the account itself, which is not the one that manages the organisation."""
    user = resource("aws_iam_user.a", {"name": "a", "arn": "arn:aws:iam::123456789012:user/a"}, made=True)
    said = {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    arn = f"arn:aws:organizations::{management}:policy/o-1/service_control_policy/p-1"
    own = {"arn": arn, "id": "p-1", "type": "SERVICE_CONTROL_POLICY", "content": json.dumps(said)}
    policy = resource("aws_organizations_policy.p", own, made=True)
    attached = resource("aws_organizations_policy_attachment.p", {"policy_id": "p-1", "target_id": target})
    (account,) = section(BUCKET, user, policy, attached)["accounts"].values()
    listed = account.get("service_control_policies", [])
    assert [one["Effect"] for document in listed for one in document["Statement"]] == ["Allow", "Deny"] * holds


# Keys of KMS


def keys(*resources: dict[str, Any]) -> dict[str, Any]:
    """The keys of a plan."""
    (account,) = section(BUCKET, *resources)["accounts"].values()
    return dict(account["keys"])


def test_a_key_has_the_policy_that_is_beside_it() -> None:
    """Joined by reference; a grant and an alias too."""
    of_key = {"key_id": to("aws_kms_key.k", "key_id")}
    grant = {"name": "g", "grantee_principal": "arn:aws:iam::123456789012:role/r", "operations": ["Decrypt"]}
    (found,) = keys(
        resource("aws_kms_key.k"),
        resource("aws_kms_key_policy.k", {"policy": TRUST}, {"key_id": True}, of_key),
        resource("aws_kms_grant.g", grant, {"key_id": True}, of_key),
        resource(
            "aws_kms_alias.a", {"name": "alias/lab"}, {"target_key_id": True}, {"target_key_id": of_key["key_id"]}
        ),
    ).values()
    assert found["Policy"] == TRUST
    assert [one["Operations"] for one in found["Grants"]] == [["Decrypt"]]
    assert found["Aliases"] == ["alias/lab"]


def test_a_key_that_is_made_without_a_policy_leaves_it_to_its_account() -> None:
    """As KMS makes it."""
    (found,) = keys(resource("aws_kms_key.k")).values()
    (said,) = found["Policy"]["Statement"]
    assert said["Action"] == "kms:*"


def test_a_policy_of_a_key_that_is_known_later_is_unread() -> None:
    """Somebody has asked for it."""
    (found,) = keys(resource("aws_kms_key.k", {}, {"policy": True}, {"policy": ["local.p"]})).values()
    assert why_unread(found["Policy"])


# Access points


def test_the_policy_of_an_access_point_may_be_beside_it() -> None:
    """Joined by the access point's ARN or by reference."""
    point = resource("aws_s3_access_point.p", {"name": "door", "bucket": "lab-a"})
    arn = "arn:aws:s3:us-east-1:123456789012:accesspoint/door"
    by_name = resource("aws_s3control_access_point_policy.p", {"access_point_arn": arn, "policy": TRUST})
    by_reference = resource(
        "aws_s3control_access_point_policy.p",
        {"policy": TRUST},
        {"access_point_arn": True},
        {"access_point_arn": to("aws_s3_access_point.p", "arn")},
    )
    for one in (by_name, by_reference):
        (account,) = section(BUCKET, point, one)["accounts"].values()
        (found,) = account["access_points"]
        assert (found["Name"], found["Bucket"], found["Policy"]) == ("door", "lab-a", TRUST)
        assert set(found["PublicAccessBlockConfiguration"].values()) == {True}


def test_an_access_point_to_a_bucket_that_nothing_tells_stands_by_itself() -> None:
    """It leads somewhere."""
    point = resource("aws_s3_access_point.p", {"name": "door"}, {"bucket": True}, {"bucket": ["local.b"]})
    assert list(section(BUCKET, point)["unplaced"]) == ["aws_s3_access_point.p"]


def test_an_access_point_of_several_regions_leads_to_each_of_its_buckets() -> None:
    """One of them by its name, the other by reference."""
    other = resource("aws_s3_bucket.b", {}, {"bucket": True})
    details_of = {"name": "many", "region": [{"bucket": "lab-a"}, {}]}
    one = resource(
        "aws_s3control_multi_region_access_point.m",
        {"details": [details_of]},
        {"details": [{"region": [{}, {"bucket": True}]}]},
        {"details": to("aws_s3_bucket.b")},
    )
    said = {"details": [{"name": "many", "policy": TRUST}]}
    (account,) = section(BUCKET, other, one, resource("aws_s3control_multi_region_access_point_policy.m", said))[
        "accounts"
    ].values()
    (found,) = account["multi_region_access_points"]
    assert found["Regions"] == [{"Bucket": "lab-a"}, {"Bucket": "aws_s3_bucket.b"}]
    assert found["Policy"] == TRUST
