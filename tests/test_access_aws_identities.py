"""What users and roles of AWS may do by their own policies, and what limits them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import quote

import pytest

from slidebox.access.aws.grants import Grant, identity_grants
from slidebox.access.snapshot import unread

A = "111122223333"
BUCKET, OBJECTS = "arn:aws:s3:::bkt", "arn:aws:s3:::bkt/*"
USER, ROLE = f"arn:aws:iam::{A}:user/ines", f"arn:aws:iam::{A}:role/reader"
EVERYTHING = {"read", "write", "control"}
MINE = f"arn:aws:iam::{A}:policy/mine"
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
READ = {"Sid": "read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS}
WRITE = {"Sid": "write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
ALL = {"Sid": "all", "Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*said: Any) -> dict[str, Any]:
    """A policy of statements."""
    return {"Version": "2012-10-17", "Statement": list(said)}


def deny(**changes: Any) -> dict[str, Any]:
    """A Deny of reading, with changes."""
    said = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"} | changes
    return {name: value for name, value in said.items() if value is not None}


def user(*said: Any, **more: Any) -> dict[str, Any]:
    """A user with one policy of their own."""
    own = [{"PolicyName": "own", "PolicyDocument": document(*said)}] if said else []
    return {"UserName": "ines", "UserId": "AIDAABCDEFGHIJKLMNOPQ", "Arn": USER, "UserPolicyList": own} | more


def managed(*said: Any, arn: str = MINE) -> dict[str, Any]:
    """A managed policy, with an older version that says everything."""
    old = {"VersionId": "v1", "IsDefaultVersion": False, "Document": document(ALL)}
    new = {"VersionId": "v2", "IsDefaultVersion": True, "Document": document(*said)}
    return {"Arn": arn, "DefaultVersionId": "v2", "PolicyVersionList": [old, new]}


def group(*said: Any, **more: Any) -> dict[str, Any]:
    """The group ``lab``, with one policy."""
    own = [{"PolicyName": "p", "PolicyDocument": document(*said)}] if said else []
    return {"GroupName": "lab", "GroupPolicyList": own} | more


BOUND = {"PermissionsBoundaryArn": MINE}


def attached(arn: str = MINE) -> list[dict[str, str]]:
    """An attached policy."""
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}]


def may(identity: dict[str, Any], authorization: Any = None, **more: Any) -> dict[str, set[str]]:
    """What of reading, writing and control each may do."""
    found: dict[str, set[str]] = {}
    known = {} if authorization is None else authorization
    for grant in identity_grants(identity, known, BUCKET, account=A, now=NOW, **more):
        words = {"s3:getobject": "read", "s3:putobject": "write", "iam:putuserpolicy": "control"}
        if done := {word for action, word in words.items() if action in grant.actions}:
            found.setdefault(grant.who, set()).update(done)
    return found


CASES: list[tuple[str, dict[str, Any], Any, dict[str, Any], dict[str, set[str]]]] = [
    ("nothing", user(), {}, {}, {}),
    ("a policy of its own", user(READ), {}, {}, {USER: {"read"}}),
    ("two statements", user(READ, WRITE), {}, {}, {USER: {"read", "write"}}),
    ("another bucket", user({**READ, "Resource": "arn:aws:s3:::other/*"}), {}, {}, {}),
    ("everything", user(ALL), {}, {}, {USER: EVERYTHING}),
    (
        "all but something",
        user({"Effect": "Allow", "NotAction": ["iam:*", "s3:Put*"], "Resource": "*"}),
        {},
        {},
        {USER: {"read"}},
    ),
    ("an explicit deny", user(READ, WRITE, deny()), {}, {}, {USER: {"write"}}),
    ("a deny elsewhere", user(READ, deny(Resource="arn:aws:s3:::other/*")), {}, {}, {USER: {"read"}}),
    ("a deny of some objects", user(READ, deny(Resource=f"{BUCKET}/phi/*")), {}, {}, {USER: {"read"}}),
    (
        "a deny without MFA",
        user(READ, deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
        {},
        {},
        {USER: {"read"}},
    ),
    (
        "a deny outside an organisation",
        user(READ, deny(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a"}})),
        {},
        {},
        {USER: {"read"}},
    ),
    (
        "a deny of all other accounts",
        user(READ, deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": A}})),
        {},
        {},
        {USER: {"read"}},
    ),
    ("a deny of this account", user(READ, deny(Condition={"StringEquals": {"aws:PrincipalAccount": A}})), {}, {}, {}),
    ("a deny of its name", user(READ, deny(Condition={"StringEquals": {"aws:username": "ines"}})), {}, {}, {}),
    (
        "a deny of another name",
        user(READ, deny(Condition={"StringEquals": {"aws:username": "tomas"}})),
        {},
        {},
        {USER: {"read"}},
    ),
    (
        "a condition that has ended",
        user({**READ, "Condition": {"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}}),
        {},
        {},
        {},
    ),
    (
        "a condition about another account",
        user({**READ, "Condition": {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}}),
        {},
        {},
        {},
    ),
    ("its own prefix", user({**READ, "Resource": f"{BUCKET}/${{aws:username}}/*"}), {}, {}, {USER: {"read"}}),
    ("its own bucket", user({**READ, "Resource": "arn:aws:s3:::${aws:username}/*"}), {}, {}, {}),
    (
        "the bucket of its tag",
        user(
            {**READ, "Resource": "arn:aws:s3:::${aws:PrincipalTag/Bucket}/*"}, Tags=[{"Key": "bucket", "Value": "bkt"}]
        ),
        {},
        {},
        {USER: {"read"}},
    ),
    (
        "the bucket of another tag",
        user(
            {**READ, "Resource": "arn:aws:s3:::${aws:PrincipalTag/Bucket}/*"},
            Tags=[{"Key": "bucket", "Value": "other"}],
        ),
        {},
        {},
        {},
    ),
    (
        "an attached policy",
        user(AttachedManagedPolicies=attached()),
        {"Policies": [managed(READ)]},
        {},
        {USER: {"read"}},
    ),
    (
        "an attached policy that was not read",
        user(AttachedManagedPolicies=attached()),
        {"Policies": []},
        {},
        {"unknown": EVERYTHING},
    ),
    (
        "an attached policy of AWS",
        user(AttachedManagedPolicies=attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")),
        {"Policies": []},
        {},
        {USER: {"read"}},
    ),
    ("a policy of a group", user(GroupList=["lab"]), {"GroupDetailList": [group(READ)]}, {}, {USER: {"read"}}),
    (
        "an attached policy of a group",
        user(GroupList=["lab"]),
        {"GroupDetailList": [group(AttachedManagedPolicies=attached())], "Policies": [managed(READ)]},
        {},
        {USER: {"read"}},
    ),
    ("a deny of a group", user(READ, GroupList=["lab"]), {"GroupDetailList": [group(deny())]}, {}, {}),
    ("a group that was not read", user(GroupList=["lab"]), {"GroupDetailList": []}, {}, {"unknown": EVERYTHING}),
    ("groups that were not read", user(GroupList=unread("AccessDenied")), {}, {}, {"unknown": EVERYTHING}),
    ("own policies that were not read", user(UserPolicyList=unread("AccessDenied")), {}, {}, {"unknown": EVERYTHING}),
    ("an account that was not read", user(READ), unread("AccessDenied"), {}, {"unknown": EVERYTHING}),
    (
        "a boundary that allows less",
        user(READ, WRITE, PermissionsBoundary=BOUND),
        {"Policies": [managed(READ)]},
        {},
        {USER: {"read"}},
    ),
    (
        "a boundary that allows nothing of it",
        user(READ, PermissionsBoundary=BOUND),
        {"Policies": [managed(WRITE)]},
        {},
        {},
    ),
    (
        "a boundary that denies",
        user(READ, WRITE, PermissionsBoundary=BOUND),
        {"Policies": [managed(ALL, deny())]},
        {},
        {USER: {"write"}},
    ),
    (
        "a boundary of other objects",
        user({**READ, "Resource": f"{BUCKET}/a/*"}, PermissionsBoundary=BOUND),
        {"Policies": [managed({**READ, "Resource": f"{BUCKET}/b/*"})]},
        {},
        {},
    ),
    (
        "a boundary of some of the objects",
        user(READ, PermissionsBoundary=BOUND),
        {"Policies": [managed({**READ, "Resource": f"{BUCKET}/b/*"})]},
        {},
        {USER: {"read"}},
    ),
    ("a boundary that was not read", user(READ, PermissionsBoundary=BOUND), {"Policies": []}, {}, {USER: {"read"}}),
    (
        "a service control policy that allows all",
        user(READ),
        {},
        {"service_control_policies": [document(ALL)]},
        {USER: {"read"}},
    ),
    (
        "a service control policy that denies",
        user(READ, WRITE),
        {},
        {"service_control_policies": [document(ALL), document(deny())]},
        {USER: {"write"}},
    ),
    (
        "a service control policy that allows another thing",
        user(READ),
        {},
        {"service_control_policies": [document(WRITE)]},
        {},
    ),
    (
        "two levels, of which one allows",
        user(READ),
        {},
        {"service_control_policies": [[document(ALL)], [document(WRITE)]]},
        {},
    ),
    (
        "two policies of one level",
        user(READ),
        {},
        {"service_control_policies": [document(READ), document(WRITE)]},
        {USER: {"read"}},
    ),
    (
        "a service control policy that cannot be read",
        user(READ),
        {},
        {"service_control_policies": ["{"]},
        {USER: {"read"}},
    ),
    (
        "service control policies that were not read",
        user(READ),
        {},
        {"service_control_policies": unread("AccessDenied")},
        {USER: {"read"}},
    ),
    (
        "a resource control policy that denies others",
        user(READ),
        {},
        {
            "resource_control_policies": [
                document(deny(Principal="*", Condition={"StringNotEquals": {"aws:PrincipalAccount": A}}))
            ]
        },
        {USER: {"read"}},
    ),
    (
        "a resource control policy that denies all",
        user(READ),
        {},
        {"resource_control_policies": [document(deny(Principal="*"))]},
        {},
    ),
    (
        "a policy that cannot be read",
        user(UserPolicyList=[{"PolicyName": "own", "PolicyDocument": "{"}]),
        {},
        {},
        {"unknown": EVERYTHING},
    ),
    (
        "a policy as text",
        user(UserPolicyList=[{"PolicyName": "own", "PolicyDocument": json.dumps(document(READ))}]),
        {},
        {},
        {USER: {"read"}},
    ),
    (
        "a policy as IAM answers it",
        user(UserPolicyList=[{"PolicyName": "own", "PolicyDocument": quote(json.dumps(document(READ)))}]),
        {},
        {},
        {USER: {"read"}},
    ),
    (
        "a statement that cannot be understood",
        user({"Effect": "Allow", "Action": 7, "Resource": "*"}),
        {},
        {},
        {"unknown": EVERYTHING},
    ),
    (
        "control over one identity",
        user({"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": USER}),
        {},
        {},
        {USER: {"control"}},
    ),
    (
        "control that is denied",
        user({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, deny(Action="iam:*")),
        {},
        {},
        {},
    ),
    (
        "control that is denied over one identity",
        user({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, deny(Action="iam:*", Resource=USER)),
        {},
        {},
        {USER: {"control"}},
    ),
    (
        "a condition that is not understood",
        user({**READ, "Condition": {"StringMatches": {"a": "b"}}}),
        {},
        {},
        {USER: {"read"}},
    ),
]


@pytest.mark.parametrize(
    ("identity", "authorization", "more", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_an_identity_may_do_what_is_allowed_not_denied_and_not_limited(
    identity: dict[str, Any], authorization: Any, more: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    """Each identity may do exactly what AWS would let it, or somebody unknown everything."""
    assert may(identity, authorization, **more) == expected


def test_the_path_says_by_which_policy() -> None:
    """The group, the policy and the statement."""
    details = {"GroupDetailList": [group(READ)]}
    assert identity_grants(user(GroupList=["lab"]), details, BUCKET, account=A) == (
        Grant(USER, frozenset({"s3:getobject"}), ("user ines", "group lab", "policy p", "statement read")),
    )


def test_an_end_is_said() -> None:
    """A grant with a last day has it."""
    said = {**READ, "Condition": {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}}
    assert [grant.until for grant in identity_grants(user(said), {}, BUCKET, account=A, now=NOW)] == [
        "2027-01-01T00:00:00Z"
    ]


def test_keys_of_ones_own_are_no_control() -> None:
    """Who may make keys for itself only becomes nobody else; who may for others does."""
    own = {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/${aws:username}"}
    assert identity_grants(user(own), {}, BUCKET, account=A) == ()
    for resource in ("*", f"arn:aws:iam::{A}:user/*", ["arn:aws:iam::*:user/${aws:username}", USER]):
        (grant,) = identity_grants(user({**own, "Resource": resource}), {}, BUCKET, account=A)
        assert grant.actions == {"iam:createaccesskey"}


def test_the_roles_of_services_are_not_limited_by_their_organisation() -> None:
    """Service control policies are not about service-linked roles."""
    arn = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    linked = {"RoleName": "AWSServiceRoleForX", "Arn": arn, "RolePolicyList": user(READ)["UserPolicyList"]}
    limits = [document(deny())]
    assert [one.who for one in identity_grants(linked, {}, BUCKET, account=A, service_control_policies=limits)] == [arn]
    plain = {**linked, "Arn": ROLE, "RoleName": "reader"}
    assert identity_grants(plain, {}, BUCKET, account=A, service_control_policies=limits) == ()


def test_a_deny_that_is_for_sessions_of_a_role_is_not_counted_on() -> None:
    """A tag may come with the session."""
    role = {
        "RoleName": "reader",
        "Arn": ROLE,
        "RolePolicyList": user(READ, deny(Condition={"StringNotEquals": {"aws:PrincipalTag/lab": "way"}}))[
            "UserPolicyList"
        ],
    }
    assert [one.who for one in identity_grants(role, {}, BUCKET, account=A)] == [ROLE]


@pytest.mark.parametrize("part", ["UserPolicyList", "AttachedManagedPolicies", "GroupList", "PermissionsBoundary"])
def test_no_part_that_is_unread_takes_away_what_is_known(part: str) -> None:
    """What the others say stays, and somebody unknown is there where an allowing part is unread."""
    details = {
        "Policies": [managed(WRITE)],
        "GroupDetailList": [group(WRITE)],
    }
    whole = user(READ, AttachedManagedPolicies=attached(), GroupList=["lab"])
    before = may(whole, details)
    after = may({**whole, part: unread("throttled")}, details)
    assert before == {USER: {"read", "write"}}
    assert "unknown" in after or part == "PermissionsBoundary"
    assert USER in after
