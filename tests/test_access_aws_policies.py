"""Whom a resource's policy of AWS lets in: real cases, and tables of what AWS documents."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.aws.grants import Grant, denials, meant, resource_grants

CASES = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "bucket_policies.json"
BUCKET = "arn:aws:s3:::bkt"
OBJECTS = f"{BUCKET}/*"
BOTH = [BUCKET, OBJECTS]
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
A, B = "111122223333", "444455556666"
ROLE, USER = f"arn:aws:iam::{A}:role/reader", f"arn:aws:iam::{A}:user/ines"
SESSION = f"arn:aws:sts::{A}:assumed-role/reader/me"
ANYONE, ANY, NOBODY, UNKNOWN = {"anyone"}, {"any_account"}, set[str](), {"unknown"}
ACCOUNT = {f"account:{A}"}


def allow(**changes: Any) -> dict[str, Any]:
    """An Allow for everybody to read, with changes."""
    said = {"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}
    return {name: value for name, value in (said | changes).items() if value is not None}


def deny(**changes: Any) -> dict[str, Any]:
    """A Deny of everything for everybody, with changes."""
    said = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH}
    return {name: value for name, value in (said | changes).items() if value is not None}


def grants(*statements: Any, resource: str = BUCKET) -> tuple[Grant, ...]:
    """The grants of a policy of these statements."""
    return resource_grants({"Version": "2012-10-17", "Statement": list(statements)}, resource, now=NOW)


def who(*statements: Any, resource: str = BUCKET) -> set[str]:
    """Everybody whom a policy of these statements lets in."""
    return {grant.who for grant in grants(*statements, resource=resource)}


def cases() -> list[Any]:
    """The collected policies with the right answer to "public?"."""
    if not CASES.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{CASES} is not here"))]
    return [pytest.param(case, id=case["name"]) for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]]


@pytest.mark.parametrize("case", cases())
def test_collected_policies_are_public_exactly_where_they_are(case: dict[str, Any]) -> None:
    """Each of the collected policies gets the right answer to "public?", as an object and as text."""
    for policy in (case["policy"], json.dumps(case["policy"])):
        found = {grant.who for grant in resource_grants(policy, BUCKET, now=NOW)}
        assert case["public"] == bool(found & {"anyone", "any_account", "unknown"})


def pinned(value: str) -> set[str]:
    """One somebody."""
    return {value}


CONDITIONS: list[tuple[Any, set[str]]] = [
    # what everybody chooses holds nobody back
    ({"StringEquals": {"aws:Referer": "https://lab.example/"}}, ANYONE),
    ({"StringLike": {"aws:Referer": ["https://lab.example/*", "https://*.lab.example/*"]}}, ANYONE),
    ({"StringNotLike": {"aws:Referer": "https://else.example/*"}}, ANYONE),
    ({"StringEquals": {"aws:UserAgent": "secret-word"}}, ANYONE),
    ({"StringLike": {"aws:UserAgent": "*Mozilla*"}}, ANYONE),
    ({"Bool": {"aws:SecureTransport": "true"}}, ANYONE),
    ({"Bool": {"aws:SecureTransport": True}}, ANYONE),
    ({"Bool": {"aws:SecureTransport": "false"}}, ANYONE),
    ({"BoolIfExists": {"aws:SecureTransport": "true"}}, ANYONE),
    ({"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}}, ANYONE),
    ({"NumericLessThan": {"s3:max-keys": 10}}, ANYONE),
    ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, ANYONE),
    ({"StringEquals": {"s3:prefix": "open/"}}, ANYONE),
    ({"StringLike": {"s3:prefix": ["", "open/*"]}}, ANYONE),
    ({"StringEquals": {"s3:delimiter": "/"}}, ANYONE),
    ({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, ANYONE),
    ({"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, ANYONE),
    ({"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}, ANYONE),
    ({"StringEqualsIfExists": {"s3:ExistingObjectTag/phi": "no"}}, ANYONE),
    ({"StringEquals": {"s3:VersionId": "3sL4kqtJlcpXroDTDmJ"}}, ANYONE),
    ({"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}, ANYONE),
    ({"Null": {"aws:Referer": "false"}}, ANYONE),
    ({"Null": {"aws:Referer": "true"}}, ANYONE),
    ({"Null": {"aws:Referer": ["true", "false"]}}, ANYONE),
    ({"BinaryEquals": {"some:key": "QmluYXJ5VmFsdWU="}}, ANYONE),
    ({"StringEquals": {"some:key-that-nobody-knows": "x"}}, ANYONE),
    ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}, ANYONE),
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, ANYONE),
    # what needs an account, but no particular one
    ({"StringEquals": {"aws:PrincipalType": "User"}}, ANY),
    ({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, ANYONE),
    ({"StringNotEquals": {"aws:PrincipalType": "Anonymous"}}, ANYONE),
    ({"StringEquals": {"aws:username": "ines"}}, ANY),
    ({"StringLike": {"aws:username": "lab-*"}}, ANY),
    ({"StringEquals": {"aws:PrincipalTag/lab": "way"}}, ANY),
    ({"StringEqualsIfExists": {"aws:PrincipalTag/lab": "way"}}, ANYONE),
    ({"StringNotEquals": {"aws:PrincipalTag/lab": "way"}}, ANYONE),
    ({"Null": {"aws:PrincipalTag/lab": "true"}}, ANYONE),
    ({"Null": {"aws:PrincipalTag/lab": "false"}}, ANY),
    ({"Null": {"aws:PrincipalArn": "false"}}, ANY),
    ({"Null": {"aws:PrincipalArn": "true"}}, ANYONE),
    ({"Null": {"aws:PrincipalOrgID": "false"}}, ANY),
    ({"Null": {"aws:PrincipalOrgID": "true"}}, ANYONE),
    ({"StringEquals": {"s3:authType": "REST-HEADER"}}, ANY),
    ({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}, ANY),
    ({"StringNotEquals": {"s3:authType": "REST-HEADER"}}, ANYONE),
    ({"NumericLessThan": {"s3:signatureAge": "600000"}}, ANY),
    ({"NumericGreaterThan": {"s3:signatureAge": "600000"}}, ANY),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, ANY),
    ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, ANYONE),
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, ANY),
    ({"Bool": {"aws:ViaAWSService": "true"}}, ANY),
    ({"Bool": {"aws:ViaAWSService": "false"}}, ANYONE),
    ({"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}, ANY),
    ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, ANYONE),
    ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, ANY),
    ({"StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}}, {"service:cloudtrail.amazonaws.com"}),
    ({"StringLike": {"aws:PrincipalServiceName": "*.amazonaws.com"}}, ANY),
    # accounts
    ({"StringEquals": {"aws:PrincipalAccount": A}}, ACCOUNT),
    ({"StringEquals": {"AWS:PRINCIPALACCOUNT": A}}, ACCOUNT),
    ({"StringEquals": {"aws:PrincipalAccount": [A, B]}}, {f"account:{A}", f"account:{B}"}),
    ({"StringEqualsIgnoreCase": {"aws:PrincipalAccount": A}}, ACCOUNT),
    ({"StringLike": {"aws:PrincipalAccount": A}}, ACCOUNT),
    ({"StringLike": {"aws:PrincipalAccount": "1111*"}}, ANY),
    ({"StringLike": {"aws:PrincipalAccount": "*"}}, ANYONE),
    ({"StringLike": {"aws:PrincipalAccount": "????????????"}}, ANY),
    ({"StringEqualsIfExists": {"aws:PrincipalAccount": A}}, ANYONE),
    ({"StringNotEquals": {"aws:PrincipalAccount": A}}, ANYONE),
    ({"ForAnyValue:StringEquals": {"aws:PrincipalAccount": A}}, ACCOUNT),
    ({"ForAllValues:StringEquals": {"aws:PrincipalAccount": A}}, ANYONE),
    ({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}, ANYONE),
    ({"StringEquals": {"aws:PrincipalAccount": [A, "anonymous"]}}, ANYONE),
    ({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, ANYONE),
    ({"StringEquals": {"aws:PrincipalAccount": [A, "${aws:PrincipalAccount}"]}}, ANYONE),
    ({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}, {"account:${aws:ResourceAccount}"}),
    ({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, {"org:${aws:ResourceOrgID}"}),
    # identities
    ({"StringEquals": {"aws:PrincipalArn": ROLE}}, pinned(ROLE)),
    ({"ArnEquals": {"aws:PrincipalArn": ROLE}}, pinned(ROLE)),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{A}:role/lab-*"}}, pinned(f"arn:aws:iam::{A}:role/lab-*")),
    ({"StringLike": {"aws:PrincipalArn": [ROLE, f"arn:aws:iam::{B}:user/*"]}}, {ROLE, f"arn:aws:iam::{B}:user/*"}),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:*:*:*:{A}:*"}}, pinned(f"arn:*:*:*:{A}:*")),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{A}:*"}}, ACCOUNT),
    ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reader"}}, ANY),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reader"}}, ANY),
    ({"StringLike": {"aws:PrincipalArn": "*reader"}}, ANY),
    ({"StringLike": {"aws:PrincipalArn": f"*{A}*"}}, ANY),
    ({"ArnLikeIfExists": {"aws:PrincipalArn": ROLE}}, ANYONE),
    ({"ArnNotEquals": {"aws:PrincipalArn": ROLE}}, ANYONE),
    ({"ArnNotLike": {"aws:PrincipalArn": "*"}}, ANYONE),
    ({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/reader"}}, ANY),
    ({"StringLike": {"aws:userid": "AROAABCDEFGHIJKLMNOPQ:*"}}, {"userid:AROAABCDEFGHIJKLMNOPQ:*"}),
    ({"StringEquals": {"aws:userid": "AIDAABCDEFGHIJKLMNOPQ"}}, {"userid:AIDAABCDEFGHIJKLMNOPQ"}),
    ({"StringLike": {"aws:userid": ["AROA*:me", "*:me"]}}, ANY),
    ({"StringLike": {"aws:userid": "*"}}, ANYONE),
    ({"StringNotLike": {"aws:userid": ["AROAABCDEFGHIJKLMNOPQ:*", A]}}, ANYONE),
    # organisations
    ({"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, {"org:o-abc"}),
    ({"StringEquals": {"aws:PrincipalOrgID": ["o-abc", "o-def"]}}, {"org:o-abc", "org:o-def"}),
    ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, ANY),
    ({"StringLike": {"aws:PrincipalOrgID": "o-abc*"}}, ANY),
    ({"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}, ANYONE),
    ({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}}, ANYONE),
    ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}}, ANYONE),
    ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, ANYONE),
    (
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-abc"}, "Null": {"aws:PrincipalOrgID": "false"}},
        {"org:o-abc"},
    ),
    ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc/r-1/ou-1/*"}}, {"org:o-abc/r-1/ou-1/*"}),
    ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": ["o-abc/r-1/"]}}, {"org:o-abc/r-1/"}),
    ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/*"}}, ANY),
    ({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abc/*"}}, ANYONE),
    ({"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-abc/*"}}, ANY),
    ({"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-abc/*"}}, ANYONE),
    # networks
    ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, {"network:192.0.2.0/24"}),
    ({"IpAddress": {"aws:SourceIp": "192.0.2.7"}}, {"network:192.0.2.7/32"}),
    (
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/48"]}},
        {"network:192.0.2.0/24", "network:2001:db8::/48"},
    ),
    ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"network:10.0.0.0/8"}),
    ({"IpAddress": {"aws:SourceIp": "8.0.0.0/7"}}, ANYONE),
    ({"IpAddress": {"aws:SourceIp": ["12.0.0.0/8", "13.0.0.0/8"]}}, ANYONE),
    ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, ANYONE),
    ({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}, ANYONE),
    ({"IpAddress": {"aws:SourceIp": "::/0"}}, ANYONE),
    ({"IpAddress": {"aws:SourceIp": "2001::/16"}}, ANYONE),
    ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, {"network:2001:db8::/32"}),
    ({"IpAddress": {"aws:SourceIp": "nowhere"}}, ANYONE),
    ({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, ANYONE),
    ({"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}, ANYONE),
    ({"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}, ANYONE),
    ({"IpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}}, ANYONE),
    (
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/25"}},
        {"network:192.0.2.128/25"},
    ),
    ({"IpAddress": {"aws:SourceIp": "192.0.2.0/25"}, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, NOBODY),
    ({"StringEquals": {"aws:SourceIp": "192.0.2.7"}}, {"network:192.0.2.7"}),
    ({"StringLike": {"aws:SourceIp": "192.*"}}, ANYONE),
    ({"IpAddress": {"aws:VpcSourceIp": "10.1.0.0/16"}}, ANYONE),
    ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, {"vpce:vpce-1"}),
    ({"StringEquals": {"aws:sourceVpce": ["vpce-1", "vpce-2"]}}, {"vpce:vpce-1", "vpce:vpce-2"}),
    ({"StringLike": {"aws:SourceVpce": "vpce-*"}}, ANYONE),
    ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, ANYONE),
    ({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}, ANYONE),
    ({"Null": {"aws:SourceVpce": "false"}}, ANYONE),
    ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, {"vpc:vpc-1"}),
    ({"StringEquals": {"aws:VpceAccount": A}}, ACCOUNT),
    ({"StringEquals": {"aws:VpceOrgID": "o-abc"}}, {"org:o-abc"}),
    ({"StringEquals": {"aws:SourceVpc": "vpc-1"}, "IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, {"vpc:vpc-1"}),
    ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}, "Null": {"aws:SourceVpce": "false"}}, UNKNOWN),
    # services' own resources
    ({"StringEquals": {"aws:SourceAccount": A}}, ACCOUNT),
    ({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{A}:topic"}}, ACCOUNT),
    ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:topic"}}, ANY),
    ({"StringLike": {"aws:SourceArn": "arn:aws:sns:*"}}, ANY),
    ({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}}, UNKNOWN),
    ({"StringEquals": {"aws:SourceOrgID": "o-abc"}}, {"org:o-abc"}),
    ({"StringEqualsIfExists": {"aws:SourceAccount": A}}, ANYONE),
    # time
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, NOBODY),
    ({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, ANYONE),
    ({"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}, ANYONE),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}, ANYONE),
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01"}, "DateGreaterThan": {"aws:CurrentTime": "2019-01-01"}}, NOBODY),
    ({"DateLessThanIfExists": {"aws:CurrentTime": "2020-01-01"}}, NOBODY),
    ({"DateNotEquals": {"aws:CurrentTime": "2020-01-01"}}, ANYONE),
    ({"DateLessThan": {"aws:EpochTime": 1577836800}}, NOBODY),
    ({"NumericLessThan": {"aws:EpochTime": "4102444800"}}, ANYONE),
    ({"DateLessThan": {"aws:CurrentTime": "some day"}}, ANYONE),
    ({"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01"}}, ANY),
    # several parts hold together, several values one by one
    ({"StringEquals": {"aws:PrincipalOrgID": "o-abc", "aws:Referer": "x"}}, {"org:o-abc"}),
    ({"StringEquals": {"aws:PrincipalOrgID": "o-abc"}, "IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, {"org:o-abc"}),
    ({"StringEquals": {"aws:PrincipalOrgID": "o-abc", "aws:PrincipalAccount": A}}, ACCOUNT),
    ({"StringEquals": {"aws:PrincipalAccount": A, "aws:PrincipalArn": ROLE}}, pinned(ROLE)),
    ({"StringEquals": {"aws:PrincipalAccount": B, "aws:PrincipalArn": ROLE}}, NOBODY),
    ({"StringEquals": {"aws:PrincipalOrgID": "o-abc"}, "StringLike": {"aws:PrincipalOrgID": "o-x*"}}, NOBODY),
    ({"StringEquals": {"aws:PrincipalOrgID": "o-abc"}, "StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}, NOBODY),
    ({"StringEquals": {"aws:PrincipalOrgID": "o-abc"}, "Null": {"aws:PrincipalOrgID": "true"}}, NOBODY),
    ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}, "Null": {"aws:PrincipalOrgID": "false"}}, {"org:o-abc"}),
    ({"StringLike": {"aws:PrincipalOrgID": "o-*"}, "StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, {"org:o-abc"}),
    ({"Bool": {"aws:SecureTransport": "true"}, "BoolIfExists": {"aws:SecureTransport": "false"}}, NOBODY),
    ({"NumericLessThan": {"s3:max-keys": "5"}, "NumericGreaterThan": {"s3:max-keys": "5"}}, NOBODY),
    ({"StringLike": {"aws:Referer": "a*"}, "StringNotLike": {"aws:Referer": "*"}}, NOBODY),
    ({"StringLike": {"s3:prefix": "a*"}, "StringNotLike": {"s3:prefix": "ab*"}}, ANYONE),
    ({"StringLike": {"s3:prefix": "a*b"}, "StringNotLike": {"s3:prefix": "a*"}}, NOBODY),
    # what is not understood narrows nothing
    ({}, ANYONE),
    ("always", ANYONE),
    ({"StringEquals": "aws:PrincipalOrgID"}, ANYONE),
    ({"StringEquals": {"aws:PrincipalOrgID": []}}, ANYONE),
    ({"StringEquals": {"aws:PrincipalOrgID": {"a": 1}}}, ANYONE),
    ({"StringMatches": {"aws:PrincipalOrgID": "o-abc"}}, ANYONE),
    ({"ForSomeValue:StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, ANYONE),
    ({"StringMatches": {"aws:PrincipalOrgID": "o-abc"}, "StringEquals": {"aws:PrincipalAccount": A}}, ACCOUNT),
    ({"Null": {"aws:PrincipalOrgID": "perhaps"}}, ANYONE),
    # characters as they are
    ({"StringEquals": {"aws:PrincipalOrgID": "o-*"}}, {"org:o-*"}),
    ({"StringLike": {"s3:prefix": "${*}"}}, ANYONE),
    ({"StringLike": {"aws:PrincipalOrgID": "${aws:PrincipalTag/org, 'o-abc'}"}}, ANY),
    ({"stringequals": {"aws:principalorgid": "o-abc"}}, {"org:o-abc"}),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS, ids=[json.dumps(case[0]) for case in CONDITIONS])
def test_an_allow_for_everybody_is_for_whom_its_condition_leaves(condition: Any, expected: set[str]) -> None:
    """An Allow for everybody with each condition lets in exactly whom AWS would."""
    assert who(allow(Condition=condition)) == expected


PRINCIPALS: list[tuple[Any, set[str]]] = [
    ("*", ANYONE),
    ({"AWS": "*"}, ANYONE),
    ({"AWS": ["*"]}, ANYONE),
    ({"AWS": [ROLE, "*"]}, ANYONE),
    ({"AWS": A}, ACCOUNT),
    ({"AWS": f"arn:aws:iam::{A}:root"}, ACCOUNT),
    ({"AWS": f"arn:aws-cn:iam::{A}:root"}, ACCOUNT),
    ({"AWS": [A, B]}, {f"account:{A}", f"account:{B}"}),
    ({"AWS": ROLE}, pinned(ROLE)),
    ({"AWS": [ROLE, USER]}, {ROLE, USER}),
    ({"AWS": SESSION}, pinned(SESSION)),
    ({"AWS": f"arn:aws:sts::{A}:federated-user/me"}, {f"arn:aws:sts::{A}:federated-user/me"}),
    (
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
        {"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
    ),
    ({"AWS": "AIDAABCDEFGHIJKLMNOPQ"}, UNKNOWN),
    ({"AWS": ["AROAABCDEFGHIJKLMNOPQ", ROLE]}, {"unknown", ROLE}),
    ({"AWS": f"arn:aws:iam::{A}:user/*"}, ANYONE),
    ({"Service": "cloudtrail.amazonaws.com"}, {"service:cloudtrail.amazonaws.com"}),
    (
        {"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]},
        {"service:cloudtrail.amazonaws.com", "service:config.amazonaws.com"},
    ),
    ({"Service": "*"}, {"service:*"}),
    ({"CanonicalUser": "79a5"}, {"canonical:79a5"}),
    ({"Federated": "cognito-identity.amazonaws.com"}, {"federated:cognito-identity.amazonaws.com"}),
    ({"AWS": A, "Service": "s3.amazonaws.com"}, {f"account:{A}", "service:s3.amazonaws.com"}),
    ("everybody", UNKNOWN),
    ({}, UNKNOWN),
    ({"AWS": []}, UNKNOWN),
    ({"AWS": 7}, UNKNOWN),
    ({"AWS": "unknown"}, UNKNOWN),
    ({"Galaxy": "x"}, UNKNOWN),
    (None, UNKNOWN),
    ("**", UNKNOWN),
]


@pytest.mark.parametrize(("principal", "expected"), PRINCIPALS, ids=[str(case[0]) for case in PRINCIPALS])
def test_principals_are_named_in_every_form(principal: Any, expected: set[str]) -> None:
    """Accounts, identities, sessions, services and canonical users are told apart."""
    assert who(allow(Principal=principal)) == expected


def test_everybody_but_some_is_everybody() -> None:
    """An Allow by NotPrincipal is for all whom it does not name."""
    assert who(allow(Principal=None, NotPrincipal={"AWS": ROLE})) == ANYONE
    assert who(allow(Principal=None, NotPrincipal={"AWS": A})) == ANYONE
    assert who(allow(Principal=None, NotPrincipal={"Service": "s3.amazonaws.com"})) == ANYONE
    assert who(allow(NotPrincipal={"AWS": ROLE})) == UNKNOWN, "both are not valid together"


@pytest.mark.parametrize(
    "resource", ["arn:aws:kms:eu-central-1:111122223333:key/k", "arn:aws:iam::111122223333:role/r"]
)
def test_keys_and_roles_are_for_nobody_without_an_account(resource: str) -> None:
    """Their services take no anonymous requests."""
    action = "kms:Decrypt" if ":kms:" in resource else "sts:AssumeRole"
    assert who(allow(Action=action, Resource="*"), resource=resource) == ANY


ACTIONS: list[tuple[Any, set[str]]] = [
    ("s3:GetObject", {"s3:getobject"}),
    ("S3:gETobject", {"s3:getobject"}),
    (["s3:GetObject", "s3:PutObject"], {"s3:getobject", "s3:putobject"}),
    ("s3:?etObject", {"s3:getobject"}),
    ("s3:*Object", {"s3:getobject", "s3:putobject", "s3:deleteobject", "s3:replicateobject"}),
    ("s3:Delete*", {"s3:deleteobject", "s3:deleteobjectversion"}),
    ("s*:*t*bjectAcl", {"s3:putobjectacl"}),
    ("s3:GetBucketTagging", set()),
    ("ec2:*", set()),
    ("iam:*", set()),
]


@pytest.mark.parametrize(("action", "expected"), ACTIONS, ids=[str(case[0]) for case in ACTIONS])
def test_actions_match_with_wildcards_and_without_case(action: Any, expected: set[str]) -> None:
    """Wildcards may stand anywhere in an action."""
    found = [grant.actions for grant in grants(allow(Action=action))]
    assert (found[0] if found else frozenset()) == expected


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["s3:getobject"], ("read",)),
        (["s3:listbucket"], ("list",)),
        (["s3:putobject", "s3:deleteobject"], ("write", "delete")),
        (["s3:putbucketpolicy"], ("read", "list", "write", "delete", "admin")),
        (["s3:putobjectacl"], ("read", "list", "write", "delete", "admin")),
        (["iam:putuserpolicy"], ("read", "list", "write", "delete", "admin")),
        (["kms:decrypt"], ("read",)),
        (["sts:assumerole"], ()),
        ([], ()),
    ],
)
def test_actions_come_to_what_an_audit_says(actions: list[str], expected: tuple[str, ...]) -> None:
    """Who may change who has access has all of it."""
    assert meant(actions) == expected


def test_notaction_gives_everything_else() -> None:
    """An Allow by NotAction is for all it does not name; with Action it is not valid."""
    (grant,) = grants(allow(Action=None, NotAction=["s3:Put*", "s3:Del*", "s3:Repl*"]))
    assert "s3:getobject" in grant.actions
    assert "s3:putobject" not in grant.actions
    assert who(allow(Action=None, NotAction="*")) == NOBODY
    assert who(allow(NotAction="s3:PutObject")) == UNKNOWN


RESOURCES: list[tuple[Any, bool]] = [
    (OBJECTS, True),
    (f"{BUCKET}*", True),
    (f"{BUCKET}/a/*", True),
    (f"{BUCKET}/a.tif", True),
    (f"{BUCKET}/*.tif", True),
    ("arn:aws:s3:::b?t/*", True),
    ("arn:aws:s3:::*", True),
    ("arn:aws:s3:::*/a", True),
    ("arn:*:s3:::bkt/*", True),
    ("arn:aws-us-gov:s3:::bkt/*", True),
    ("arn:aws-cn:s3:::bkt/*", True),
    ("*", True),
    ("arn:aws:s3:::${aws:PrincipalTag/bucket}/*", True),
    (f"{BUCKET}/home/${{aws:username}}/*", True),
    ([f"{BUCKET}2/*", OBJECTS], True),
    ("bkt/*", True),
    (BUCKET, False),
    (f"{BUCKET}/", False),
    (f"{BUCKET}2/*", False),
    ("arn:aws:s3:::BKT/*", False),
    ("arn:aws:s3:::other*", False),
    ("arn:aws:s3:::bk/t", False),
    ("arn:aws:sns:::bkt/*", False),
]


@pytest.mark.parametrize(("resource", "about"), RESOURCES, ids=[str(case[0]) for case in RESOURCES])
def test_resources_are_matched_whole_and_with_case(resource: Any, about: bool) -> None:
    """Every pattern that may mean an object of the bucket counts, and no other."""
    assert who(allow(Resource=resource)) == (ANYONE if about else NOBODY)


def test_notresource_is_about_everything_else() -> None:
    """Of the bucket, whatever it does not name."""
    assert who(allow(Resource=None, NotResource=f"{BUCKET}/phi/*")) == ANYONE
    assert who(allow(Resource=None, NotResource=OBJECTS)) == NOBODY
    assert who(allow(Resource=None, NotResource="arn:aws:s3:::other/*")) == ANYONE
    assert who(allow(NotResource=OBJECTS)) == UNKNOWN


DENIALS: list[tuple[str, list[dict[str, Any]], set[str]]] = [
    ("all of it", [{}], NOBODY),
    ("the action alone", [{"Action": "s3:GetObject", "Resource": OBJECTS}], NOBODY),
    ("in any case of letters", [{"Action": "S3:GETOBJECT"}], NOBODY),
    ("all actions but another", [{"Action": None, "NotAction": "s3:PutObject"}], NOBODY),
    ("all actions but this one", [{"Action": None, "NotAction": "s3:GetObject"}], ANYONE),
    ("another action", [{"Action": "s3:PutObject"}], ANYONE),
    ("the bucket, not its objects", [{"Resource": BUCKET}], ANYONE),
    ("some objects", [{"Resource": f"{BUCKET}/phi/*"}], ANYONE),
    ("all objects but some", [{"Resource": None, "NotResource": f"{BUCKET}/open/*"}], ANYONE),
    (
        "some, and all others",
        [{"Resource": f"{BUCKET}/a/*"}, {"Resource": None, "NotResource": f"{BUCKET}/a/*"}],
        NOBODY,
    ),
    ("objects of any name", [{"Resource": f"{BUCKET}/?*"}], NOBODY),
    ("objects of names of one letter", [{"Resource": f"{BUCKET}/?"}], ANYONE),
    ("objects of short names and long", [{"Resource": f"{BUCKET}/?"}, {"Resource": f"{BUCKET}/??*"}], NOBODY),
    ("every bucket", [{"Resource": "arn:aws:s3:::*"}], NOBODY),
    ("everything", [{"Action": "*", "Resource": "*"}], NOBODY),
    ("another bucket", [{"Resource": "arn:aws:s3:::other/*"}], ANYONE),
    ("a name that comes with the request", [{"Resource": f"{BUCKET}/${{aws:username}}/*"}], ANYONE),
    ("one account", [{"Principal": {"AWS": A}}], ANYONE),
    ("all but an account", [{"Principal": None, "NotPrincipal": {"AWS": A}}], ACCOUNT),
    ("all but a role", [{"Principal": None, "NotPrincipal": {"AWS": ROLE}}], pinned(ROLE)),
    (
        "all but a role and its account",
        [{"Principal": None, "NotPrincipal": {"AWS": [ROLE, A]}}],
        {ROLE, f"account:{A}"},
    ),
    (
        "all but a service",
        [{"Principal": None, "NotPrincipal": {"Service": "s3.amazonaws.com"}}],
        {"service:s3.amazonaws.com"},
    ),
    ("all but a canonical user", [{"Principal": None, "NotPrincipal": {"CanonicalUser": "79a5"}}], {"canonical:79a5"}),
    ("without TLS", [{"Condition": {"Bool": {"aws:SecureTransport": "false"}}}], ANYONE),
    (
        "without TLS and with it",
        [
            {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Condition": {"BoolIfExists": {"aws:SecureTransport": "true"}}},
        ],
        NOBODY,
    ),
    ("with TLS, where TLS is said", [{"Condition": {"Bool": {"aws:SecureTransport": ["true", "false"]}}}], ANYONE),
    ("outside an organisation", [{"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}}], {"org:o-abc"}),
    (
        "outside two organisations",
        [{"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ["o-a", "o-b"]}}}],
        {"org:o-a", "org:o-b"},
    ),
    (
        "outside each of two organisations",
        [
            {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a"}}},
            {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-b"}}},
        ],
        NOBODY,
    ),
    (
        "outside an organisation, if in any",
        [{"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}}}],
        {"org:o-abc"},
    ),
    ("in an organisation", [{"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}}], ANYONE),
    ("in any organisation", [{"Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}}}], ANYONE),
    (
        "outside an organisation, services aside",
        [
            {
                "Condition": {
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                }
            }
        ],
        ANY,
    ),
    ("outside an endpoint", [{"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}], {"vpce:vpce-1"}),
    (
        "outside an endpoint, with an exception",
        [{"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "ArnNotEquals": {"aws:PrincipalArn": ROLE}}}],
        {"vpce:vpce-1", ROLE},
    ),
    (
        "outside an endpoint and a network",
        [
            {
                "Condition": {
                    "StringNotEquals": {"aws:SourceVpce": "vpce-1"},
                    "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"},
                }
            }
        ],
        {"vpce:vpce-1", "network:192.0.2.0/24"},
    ),
    (
        "outside a network",
        [{"Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}],
        {"network:192.0.2.0/24"},
    ),
    (
        "outside a network, if addresses are said",
        [{"Condition": {"NotIpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}}}],
        {"network:192.0.2.0/24"},
    ),
    ("outside half the internet", [{"Condition": {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}], ANYONE),
    (
        "in both halves of the internet",
        [{"Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}}],
        ANYONE,
    ),
    ("from every address", [{"Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}}], ANYONE),
    (
        "from every address and every endpoint",
        [
            {"Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}},
            {"Condition": {"Null": {"aws:SourceVpce": "false"}}},
        ],
        UNKNOWN,
    ),
    ("everybody anonymous", [{"Condition": {"Null": {"aws:PrincipalArn": "true"}}}], ANY),
    (
        "everybody anonymous and outside an organisation",
        [
            {"Condition": {"Null": {"aws:PrincipalArn": "true"}}},
            {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}},
        ],
        {"org:o-abc"},
    ),
    ("but for a tag", [{"Condition": {"StringNotEquals": {"aws:PrincipalTag/lab": "way"}}}], ANY),
    ("but for a referer", [{"Condition": {"StringNotLike": {"aws:Referer": "https://lab.example/*"}}}], ANYONE),
    (
        "but for a referer, or an organisation",
        [{"Condition": {"StringNotLike": {"aws:Referer": "x*"}, "StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}}],
        ANYONE,
    ),
    (
        "but for roles of an account",
        [{"Condition": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{A}:role/*"}}}],
        {f"arn:aws:iam::{A}:role/*"},
    ),
    (
        "but for accounts",
        [{"Condition": {"StringNotEquals": {"aws:PrincipalAccount": [A, B]}}}],
        {f"account:{A}", f"account:{B}"},
    ),
    (
        "but for the bucket's own account",
        [{"Condition": {"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}}],
        {"account:${aws:ResourceAccount}"},
    ),
    (
        "but for a unique id",
        [{"Condition": {"StringNotLike": {"aws:userId": ["AROAABCDEFGHIJKLMNOPQ:*", A]}}}],
        {"userid:AROAABCDEFGHIJKLMNOPQ:*", f"userid:{A}"},
    ),
    ("after a day", [{"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}}], ANYONE),
    (
        "after a day that is past",
        [{"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}}],
        NOBODY,
    ),
    ("before a day", [{"Condition": {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}}], ANYONE),
    ("all objects with a tag", [{"Condition": {"StringEquals": {"s3:ExistingObjectTag/phi": "yes"}}}], ANYONE),
    ("objects without a tag", [{"Condition": {"Null": {"s3:ExistingObjectTag/open": "true"}}}], ANYONE),
    ("with a condition that is not understood", [{"Condition": {"StringMatches": {"a": "b"}}}], ANYONE),
    ("with a condition that is none", [{"Condition": "sometimes"}], ANYONE),
    ("of whom is not understood", [{"Principal": {"Galaxy": "x"}}], ANYONE),
    ("of what is not understood", [{"Resource": 7}], ANYONE),
    ("of nobody", [{"Principal": None, "NotPrincipal": "*"}], ANYONE),
    (
        "for all values of a key that may not be there",
        [{"Condition": {"ForAllValues:StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}}],
        {"org:o-abc"},
    ),
    (
        "for any value of a key that may not be there",
        [{"Condition": {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-abc/*"}}}],
        ANYONE,
    ),
]


@pytest.mark.parametrize(("denials_of", "expected"), [case[1:] for case in DENIALS], ids=[case[0] for case in DENIALS])
def test_denies_leave_of_everybody_whom_they_do_not_take(denials_of: list[dict[str, Any]], expected: set[str]) -> None:
    """An Allow for everybody and each set of Denies leave exactly whom AWS would let in."""
    denied = [deny(**one) for one in denials_of]

    assert who(allow(), *denied) == expected
    assert who(*reversed(denied), allow()) == expected
    left = denials({"Statement": denied}, BUCKET, now=NOW).left(Grant("anyone", frozenset({"s3:getobject"}), ()))
    assert {grant.who for grant in left} == expected


OF_SOMEBODY: list[tuple[str, Any, Any, dict[str, Any], set[str]]] = [
    ("a role and everybody", {"AWS": ROLE}, None, {}, NOBODY),
    ("a role and itself", {"AWS": ROLE}, None, {"Principal": {"AWS": ROLE}}, NOBODY),
    ("a role and its account", {"AWS": ROLE}, None, {"Principal": {"AWS": A}}, NOBODY),
    ("a role and its account's root", {"AWS": ROLE}, None, {"Principal": {"AWS": f"arn:aws:iam::{A}:root"}}, NOBODY),
    ("a role and another", {"AWS": ROLE}, None, {"Principal": {"AWS": USER}}, pinned(ROLE)),
    ("a role and another account", {"AWS": ROLE}, None, {"Principal": {"AWS": B}}, pinned(ROLE)),
    ("a role and a session of it", {"AWS": ROLE}, None, {"Principal": {"AWS": SESSION}}, pinned(ROLE)),
    ("a session and a role that may be its own", {"AWS": SESSION}, None, {"Principal": {"AWS": ROLE}}, pinned(SESSION)),
    ("a session and itself", {"AWS": SESSION}, None, {"Principal": {"AWS": SESSION}}, NOBODY),
    ("a session and its account", {"AWS": SESSION}, None, {"Principal": {"AWS": A}}, NOBODY),
    ("an account and a role of it", {"AWS": A}, None, {"Principal": {"AWS": ROLE}}, ACCOUNT),
    (
        "an account and all but a role",
        {"AWS": A},
        None,
        {"Principal": None, "NotPrincipal": {"AWS": ROLE}},
        pinned(ROLE),
    ),
    (
        "a service and an account",
        {"Service": "s3.amazonaws.com"},
        None,
        {"Principal": {"AWS": A}},
        {"service:s3.amazonaws.com"},
    ),
    (
        "a service and all but it",
        {"Service": "s3.amazonaws.com"},
        None,
        {"Principal": None, "NotPrincipal": {"Service": "s3.amazonaws.com"}},
        {"service:s3.amazonaws.com"},
    ),
    (
        "a service and itself",
        {"Service": "s3.amazonaws.com"},
        None,
        {"Principal": {"Service": "s3.amazonaws.com"}},
        NOBODY,
    ),
    (
        "a service and everybody outside an organisation",
        {"Service": "s3.amazonaws.com"},
        None,
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}},
        NOBODY,
    ),
    (
        "a service and everybody outside, services aside",
        {"Service": "s3.amazonaws.com"},
        None,
        {
            "Condition": {
                "StringNotEquals": {"aws:PrincipalOrgID": "o-abc"},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            }
        },
        {"service:s3.amazonaws.com"},
    ),
    (
        "a role and who is no service",
        {"AWS": ROLE},
        None,
        {"Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}},
        pinned(ROLE),
    ),
    (
        "a role and who is a service",
        {"AWS": ROLE},
        None,
        {"Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}},
        pinned(ROLE),
    ),
    (
        "a role and all other roles",
        {"AWS": ROLE},
        None,
        {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}},
        pinned(ROLE),
    ),
    (
        "a role and all but another",
        {"AWS": ROLE},
        None,
        {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": USER}}},
        NOBODY,
    ),
    (
        "a role and all but a pattern it fits",
        {"AWS": ROLE},
        None,
        {"Condition": {"StringNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{A}:role/r*"}}},
        pinned(ROLE),
    ),
    (
        "a user and all but another name",
        {"AWS": USER},
        None,
        {"Condition": {"StringNotEquals": {"aws:username": "tomas"}}},
        NOBODY,
    ),
    (
        "a user and all but its name",
        {"AWS": USER},
        None,
        {"Condition": {"StringNotEquals": {"aws:username": "ines"}}},
        pinned(USER),
    ),
    (
        "a user and another account's",
        {"AWS": USER},
        None,
        {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": B}}},
        NOBODY,
    ),
    (
        "a user and who is in no organisation",
        {"AWS": USER},
        None,
        {"Condition": {"Null": {"aws:PrincipalOrgID": "true"}}},
        pinned(USER),
    ),
    ("two, of whom one is denied", {"AWS": [ROLE, USER]}, None, {"Principal": {"AWS": ROLE}}, pinned(USER)),
    (
        "an organisation and an account",
        "*",
        {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}},
        {"Principal": {"AWS": A}},
        {"org:o-abc"},
    ),
    (
        "an organisation and another",
        "*",
        {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}},
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-x"}}},
        NOBODY,
    ),
    (
        "a network and part of it",
        "*",
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/25"}}},
        {"network:192.0.2.128/25"},
    ),
    (
        "a network and all of it",
        "*",
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.0.0/16"}}},
        NOBODY,
    ),
    (
        "a network and outside an endpoint",
        "*",
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"vpce:vpce-1"},
    ),
    (
        "with TLS, and denied with it",
        "*",
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        NOBODY,
    ),
    (
        "a prefix, and denied all others",
        "*",
        {"StringLike": {"s3:prefix": "open/*"}},
        {"Condition": {"StringNotLike": {"s3:prefix": "open/*"}}},
        ANYONE,
    ),
    (
        "a prefix, and denied it",
        "*",
        {"StringLike": {"s3:prefix": "open/*"}},
        {"Condition": {"StringLike": {"s3:prefix": "open/*"}}},
        NOBODY,
    ),
    ("a canonical user and an account", {"CanonicalUser": "79a5"}, None, {"Principal": {"AWS": A}}, {"canonical:79a5"}),
    ("a canonical user and itself", {"CanonicalUser": "79a5"}, None, {"Principal": {"CanonicalUser": "79a5"}}, NOBODY),
    (
        "somebody deleted and itself",
        {"AWS": "AIDAABCDEFGHIJKLMNOPQ"},
        None,
        {"Principal": {"AWS": "AIDAABCDEFGHIJKLMNOPQ"}},
        NOBODY,
    ),
    ("two that are only known later", {"AWS": "unknown"}, None, {"Principal": {"AWS": "unknown"}}, UNKNOWN),
    (
        "an account narrowed to a role",
        {"AWS": A},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{A}:role/x-*"}},
        {"Action": "s3:PutObject"},
        {f"arn:aws:iam::{A}:role/x-*"},
    ),
    (
        "an account narrowed to another's role",
        {"AWS": A},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{B}:role/*"}},
        {"Action": "s3:PutObject"},
        NOBODY,
    ),
    (
        "a role in another organisation",
        {"AWS": ROLE},
        {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}},
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}},
        pinned(ROLE),
    ),
]


@pytest.mark.parametrize(
    ("principal", "condition", "denial", "expected"),
    [case[1:] for case in OF_SOMEBODY],
    ids=[c[0] for c in OF_SOMEBODY],
)
def test_denies_are_held_against_whom_an_allow_names(
    principal: Any, condition: Any, denial: dict[str, Any], expected: set[str]
) -> None:
    """What is known of somebody who is named decides whether a Deny is about them."""
    assert who(allow(Principal=principal, Condition=condition), deny(**denial)) == expected


def test_a_grant_says_its_actions_its_path_its_end_and_what_it_is_tied_to() -> None:
    """All that an audit needs is in it."""
    condition = {
        "StringEquals": {"AWS:SourceArn": f"arn:aws:cloudfront::{A}:distribution/E1"},
        "DateLessThan": {"aws:CurrentTime": "2027-01-01"},
    }
    said = allow(Sid="Cdn", Principal={"Service": "cloudfront.amazonaws.com"}, Condition=condition)
    assert resource_grants({"Statement": said}, BUCKET, ("bucket policy",), now=NOW) == (
        Grant(
            "service:cloudfront.amazonaws.com",
            frozenset({"s3:getobject"}),
            ("bucket policy", "statement Cdn"),
            "2027-01-01T00:00:00Z",
            (("aws:sourcearn", (f"arn:aws:cloudfront::{A}:distribution/E1",)),),
        ),
    )


def test_a_condition_that_holds_nobody_back_is_in_the_path() -> None:
    """So that whoever trusted in it sees that it does not."""
    (grant,) = grants(allow(Condition={"StringLike": {"aws:Referer": "https://lab.example/*"}}))
    assert grant.path == ("statement x", "condition aws:Referer does not hold anybody back")


def test_an_end_may_come_from_a_deny() -> None:
    """What a Deny forbids from some day on ends there."""
    denial = deny(Condition={"DateGreaterThanEquals": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}})
    assert [grant.until for grant in grants(allow(), denial)] == ["2027-01-01T00:00:00Z"]


def test_without_a_time_nothing_has_ended() -> None:
    """Dates are then only said."""
    said = allow(Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01"}})
    assert [grant.until for grant in resource_grants({"Statement": said}, BUCKET)] == ["2020-01-01T00:00:00Z"]


@pytest.mark.parametrize("key", ["s3:DataAccessPointAccount", "s3:DataAccessPointArn"])
def test_what_is_left_to_access_points_is_tied_to_them(key: str) -> None:
    """Who comes by them their own policies say; a pattern of any account's ties to nothing."""
    value = A if key.endswith("Account") else f"arn:aws:s3:eu-central-1:{A}:accesspoint/lab"
    (grant,) = grants(allow(Condition={"StringEquals": {key: value}}))
    assert (grant.who, grant.source) == ("anyone", ((key.lower(), (value,)),))
    assert [(one.who, one.source) for one in grants(allow(Condition={"StringLike": {key: "*"}}))] == [("anyone", ())]


@pytest.mark.parametrize(
    "policy",
    [
        "unknown",
        "{",
        7,
        [],
        {},
        {"Statement": ["x"]},
        {"Statement": [None]},
        {"Statement": "all"},
        json.dumps({"Statement": []})[:-1] + f', "Statement": {json.dumps([allow()])}}}',
        {"Statement": [], "statement": [allow()]},
        {"Statement": [{**allow(), "Effect": "Deny", "effect": "Allow"}]},
        {"Statement": [{**allow(), "condition": {}}]},
        {"Statement": [{**allow(), "Effect": "allow"}]},
        {"Statement": [{**allow(), "Effect": None}]},
        {"Statement": [{**allow(), "Action": None}]},
        {"Statement": [{**allow(), "Action": {"a": 1}}]},
        {"Statement": [{**allow(), "Action": "unknown"}]},
        {"Statement": [{**allow(), "Resource": None}]},
        "[" * 100_000,
    ],
    ids=lambda policy: str(policy)[:60],
)
def test_what_cannot_be_read_lets_in_somebody_unknown(policy: object) -> None:
    """It is not the same as nothing."""
    assert {grant.who for grant in resource_grants(policy, BUCKET, now=NOW)} >= UNKNOWN


def test_no_policy_lets_in_nobody() -> None:
    """Nor does one without statements."""
    assert resource_grants(None, BUCKET) == ()
    assert resource_grants({"Version": "2012-10-17", "Statement": []}, BUCKET) == ()


def test_a_policy_quoted_as_in_a_url_is_read() -> None:
    """IAM answers so."""
    assert {grant.who for grant in resource_grants("%7B%22Statement%22%3A%20%5B%5D%7D", BUCKET)} == set()


API = "arn:aws:execute-api:eu-central-1:1:abc123"
POINT = f"arn:aws:s3:eu-central-1:{A}:accesspoint/lab"


@pytest.mark.parametrize(
    ("resource", "said", "expected"),
    [
        (POINT, allow(Resource=f"{POINT}/object/*"), ANYONE),
        (POINT, allow(Resource=f"{POINT}/object/open/*"), ANYONE),
        (POINT, allow(Resource=POINT), NOBODY),
        (POINT, allow(Resource=POINT, Action="s3:ListBucket"), ANYONE),
        (POINT, allow(Resource=f"{POINT}2/object/*"), NOBODY),
        ("arn:aws:lambda:eu-central-1:1:function:f", allow(Action="lambda:InvokeFunctionUrl", Resource="*"), ANYONE),
        (
            "arn:aws:lambda:eu-central-1:1:function:f",
            allow(Action="lambda:InvokeFunctionUrl", Resource="arn:aws:lambda:eu-central-1:1:function:f"),
            ANYONE,
        ),
        (
            "arn:aws:lambda:eu-central-1:1:function:f",
            allow(Action="lambda:InvokeFunction", Resource="arn:aws:lambda:eu-central-1:1:function:f:live"),
            ANY,
        ),
        ("arn:aws:kms:eu-central-1:1:key/k", allow(Action="kms:*", Resource="*", Principal={"AWS": A}), ACCOUNT),
        ("arn:aws:kms:eu-central-1:1:key/k", allow(Action="kms:Describe*", Resource="*"), NOBODY),
        (
            "arn:aws:kms:eu-central-1:1:key/k",
            allow(
                Action="kms:Decrypt",
                Resource="*",
                Principal={"AWS": "*"},
                Condition={"StringEquals": {"kms:CallerAccount": A, "kms:ViaService": "s3.eu-central-1.amazonaws.com"}},
            ),
            ACCOUNT,
        ),
        (API, allow(Action="execute-api:Invoke", Resource="execute-api:/*"), ANYONE),
        (API, allow(Action="execute-api:Invoke", Resource=f"{API}/prod/GET/*"), ANYONE),
        (API, allow(Action="execute-api:Invoke", Resource="arn:aws:execute-api:eu-central-1:1:other/*"), NOBODY),
    ],
)
def test_other_resources_have_policies_too(resource: str, said: dict[str, Any], expected: set[str]) -> None:
    """Access points, functions and keys."""
    assert who(said, resource=resource) == expected


def test_an_interface_may_be_closed_to_all_but_a_network() -> None:
    """As API Gateway's own examples have it, without the beginning of ARNs."""
    allowed = allow(Action="execute-api:Invoke", Resource="execute-api:/*")
    outside = {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    denied = deny(Action="execute-api:Invoke", Resource="execute-api:/*/*/*", Condition=outside)
    assert who(allowed, denied, resource=API) == {"network:192.0.2.0/24"}


def test_denies_of_another_policy_take_from_a_grant() -> None:
    """Of whatever source it is, and only what they are about."""
    denied = denials({"Statement": deny(Principal={"AWS": A}, Action="s3:Put*")}, BUCKET)
    grant = Grant(ROLE, frozenset({"s3:getobject", "s3:putobject", "iam:putuserpolicy"}), ("role reader",))

    assert denied.left(grant) == (Grant(ROLE, frozenset({"s3:getobject", "iam:putuserpolicy"}), ("role reader",)),)
    assert denials(None, BUCKET).left(grant) == (grant,)
    assert denials("{", BUCKET).left(grant) == (grant,)


@pytest.mark.parametrize(
    "somebody",
    [
        *(
            "anyone",
            "any_account",
            "unknown",
            ROLE,
            f"account:{A}",
            f"arn:aws:iam::{A}:role/lab-*",
            "github:way/lab@main",
        ),
        *("org:o-abc", "org:o-abc/r-1/*", "vpce:vpce-1", "vpc:vpc-1", "network:192.0.2.0/24", "canonical:79a5"),
        *("service:s3.amazonaws.com", "userid:AIDAABCDEFGHIJKLMNOPQ", "github:way/lab@main"),
    ],
)
def test_denies_of_nobody_leave_a_grant_as_it_is_and_of_everybody_nothing(somebody: str) -> None:
    """In whatever form somebody is named."""
    grant = Grant(somebody, frozenset({"s3:getobject"}), ("somewhere",), source=(("aws:sourceaccount", (A,)),))

    other = denials({"Statement": deny(Principal={"AWS": B}, Action="s3:GetObject")}, BUCKET).left(grant)
    assert [(one.who, one.path) for one in other] == [(somebody, ("somewhere",))]
    assert denials({"Statement": deny()}, BUCKET).left(grant) == ()
    outside = denials({"Statement": deny(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}})}, BUCKET)
    assert len(outside.left(grant)) <= 1
