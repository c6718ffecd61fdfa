"""Laws of who can do what with a bucket of AWS, for made-up accounts of every kind."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slidebox.access.effective import Access
from slidebox.access.snapshot import unread

from .aws_estate import (
    ACCOUNT,
    ALL_USERS,
    ANY_USER,
    ARN,
    BLOCKED,
    BUCKET,
    KEY,
    NOTHING,
    OTHER,
    acl,
    allow,
    arn,
    bucket,
    grant,
    may,
    people,
    policy,
    readers,
    role,
    section,
    user,
)

BOTH = [ARN, f"{ARN}/*"]
POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:show"
ROLES = ("analysis", "guest", "show", "proxy", "upload")

WHO = st.sampled_from(
    [
        "*",
        {"AWS": arn("user", "alice")},
        {"AWS": arn("role", "analysis")},
        {"AWS": [arn("role", "guest"), OTHER]},
        {"AWS": f"arn:aws:iam::{OTHER}:root"},
        {"AWS": ACCOUNT},
        {"Service": "cloudfront.amazonaws.com"},
        {"CanonicalUser": "c0ffee"},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EOAI"},
    ]
)
ACTION = st.sampled_from(["s3:GetObject", "s3:*", ["s3:ListBucket", "s3:Get*"], "s3:PutObject", "s3:PutBucketPolicy"])
RESOURCE = st.sampled_from([BOTH, [f"{ARN}/*"], [f"{ARN}/raw/*"], ["*"], [ARN]])
CONDITION = st.sampled_from(
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
        {"StringNotEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
        {"StringEquals": {"aws:SourceArn": DISTRIBUTION}},
        {"ArnNotLike": {"aws:PrincipalArn": arn("role", "*")}},
        {"StringLike": {"aws:Referer": "https://lab.example/*"}},
    ]
)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Allow", "Deny")) -> dict[str, Any]:
    """A statement of a bucket's policy."""
    said = allow(draw(WHO), draw(ACTION), draw(RESOURCE)) | {"Effect": draw(st.sampled_from(effects))}
    if draw(st.booleans()):
        said["Condition"] = draw(CONDITION)
    return said


@st.composite
def own_statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Allow", "Deny")) -> dict[str, Any]:
    """A statement of an identity's policy."""
    action = st.sampled_from(
        ["s3:GetObject", "s3:*", "sts:AssumeRole", "kms:Decrypt", "*", "ec2:*", "iam:PutUserPolicy"]
    )
    resource = st.sampled_from(["*", BOTH, f"{POINT}/object/*", KEY, arn("role", "analysis"), "arn:aws:s3:::other/*"])
    return may(draw(action), draw(resource), draw(st.sampled_from(effects)))


BLOCK = st.sampled_from([None, BLOCKED, dict.fromkeys(BLOCKED, False), {"RestrictPublicBuckets": True}])
LISTED = st.sampled_from([ALL_USERS, ANY_USER, "f00d", "c0ffee"])
TRUST = st.sampled_from(
    [
        {"AWS": arn("user", "alice")},
        {"AWS": arn("role", "guest")},
        {"AWS": ACCOUNT},
        {"AWS": OTHER},
        "*",
        {"Service": "lambda.amazonaws.com"},
        {"Service": "apigateway.amazonaws.com"},
        {"Service": "transfer.amazonaws.com"},
        {"Service": "ec2.amazonaws.com"},
    ]
)


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, Any]:
    """The parts of an account: identities, and what stands in front of the bucket."""
    names = draw(st.lists(st.sampled_from(ROLES), unique=True, max_size=3))
    few = st.lists(own_statements(), max_size=2)
    users = [user("alice", *draw(few)), user("bob", *draw(few))]
    roles = [role(name, draw(TRUST), *draw(few)) for name in names]
    behaviour = {"TargetOriginId": "o", "TrustedKeyGroups": {"Enabled": draw(st.booleans()), "Items": ["k"]}}
    origin = {
        "Id": "o",
        "DomainName": f"{BUCKET}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": "x/y/EOAI"},
    }
    named = draw(st.sampled_from(ROLES))
    found: dict[str, Any] = {
        "public_access_block": draw(BLOCK),
        "authorization": people(users, roles),
        "origin_access_identities": [{"Id": "EOAI", "S3CanonicalUserId": "c0ffee"}],
        "distributions": [
            {
                "Id": "E1",
                "Enabled": draw(st.booleans()),
                "Origins": {"Items": [origin]},
                "DefaultCacheBehavior": behaviour,
            }
        ],
        "functions": [
            {
                "FunctionName": "show",
                "FunctionArn": FUNCTION,
                "Role": arn("role", named),
                "Urls": [{"AuthType": draw(st.sampled_from(["NONE", "AWS_IAM"]))}],
                "Policy": policy(allow("*", "lambda:InvokeFunctionUrl", FUNCTION)),
            }
        ],
        "apis": [
            {
                "Id": "a",
                "Policy": None,
                "Integrations": [
                    {
                        "Uri": "arn:aws:apigateway:us-east-1:s3:path/{bucket}/{key}",
                        "Credentials": arn("role", named),
                        "Authorization": draw(st.sampled_from(["NONE", "AWS_IAM"])),
                    }
                ],
            }
        ],
        "transfer_servers": [
            {
                "ServerId": "s-1",
                "IdentityProviderType": "SERVICE_MANAGED",
                "Users": [{"UserName": "guest", "Role": arn("role", named), "HomeDirectoryType": "PATH"}],
            }
        ],
        "access_points": [
            {
                "Name": "door",
                "Bucket": BUCKET,
                "AccessPointArn": POINT,
                "NetworkOrigin": "Internet",
                "PublicAccessBlockConfiguration": draw(BLOCK),
                "Policy": draw(st.sampled_from([None, policy(allow(resource=f"{POINT}/object/*"))])),
            }
        ],
        "keys": {
            KEY: {
                "Policy": policy(allow({"AWS": draw(st.sampled_from([ACCOUNT, arn("user", "alice")]))}, "kms:*", "*")),
                "Grants": [],
            }
        },
    }
    return {name: part for name, part in found.items() if name == "authorization" or draw(st.booleans())}


@st.composite
def sections(draw: st.DrawFn) -> dict[str, Any]:
    """A section with one bucket."""
    rules = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": draw(st.sampled_from([KEY, ""]))}
    ownership = st.sampled_from(["BucketOwnerEnforced", "ObjectWriter"])
    own = bucket(
        policy=draw(st.none() | st.lists(statements(), min_size=1, max_size=3).map(lambda said: policy(*said))),
        public_access_block=draw(BLOCK),
        ownership={"Rules": [{"ObjectOwnership": draw(ownership)}]},
        acl=acl(*draw(st.lists(st.builds(grant, LISTED, st.sampled_from(["READ", "WRITE_ACP"])), max_size=2))),
        encryption=draw(st.none() | st.just({"Rules": [{"ApplyServerSideEncryptionByDefault": rules}]})),
        all_encrypted=draw(st.booleans()),
        replication=draw(
            st.none()
            | st.just({"Rules": [{"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::x", "Account": OTHER}}]})
        ),
    )
    return section(own, **draw(accounts()))


WIDE = {"anyone": 3, "unknown": 2, "any_account": 1}
"""How wide a principal is that is nobody in particular."""


def covers(found: tuple[Access, ...], one: Access, action: str, widths: Mapping[str, int]) -> bool:
    """Whether a reader is named among others, or taken in by a wider one, such as its whole account."""
    return any(
        action in other.actions
        and (
            other.principal == one.principal
            or widths.get(other.principal, 0) > widths.get(one.principal, 0)
            or (
                other.principal == f"account:{ACCOUNT}" and one.principal.startswith(f"account:arn:aws:iam::{ACCOUNT}:")
            )
        )
        for other in found
    )


def missing(
    few: tuple[Access, ...], many: tuple[Access, ...], widths: Mapping[str, int] = WIDE
) -> list[tuple[Access, str]]:
    """What some readers can do that others cannot."""
    return [(one, action) for one in few for action in one.actions if not covers(many, one, action, widths)]


LAW = settings(
    max_examples=int(os.environ.get("SLIDEBOX_LAWS", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@LAW
@given(sections(), statements(effects=("Deny",)))
def test_a_deny_of_the_bucket_never_adds_a_reader(said: dict[str, Any], more: dict[str, Any]) -> None:
    """Whoever can do something with one more Deny could without it."""
    before = readers(said)
    document = said["buckets"][BUCKET]["policy"] or policy()
    document["Statement"] = [*document["Statement"], more]
    said["buckets"][BUCKET]["policy"] = document

    assert missing(readers(said), before) == []


@LAW
@given(sections(), own_statements(effects=("Deny",)), st.integers(0, 10))
def test_a_deny_of_an_identity_never_adds_a_reader(said: dict[str, Any], more: dict[str, Any], number: int) -> None:
    """Nor does one in the policy of a user or a role."""
    before = readers(said)
    changed = copy.deepcopy(said)
    details = changed["accounts"][ACCOUNT]["authorization"]
    listed = [*details["UserDetailList"], *details["RoleDetailList"]]
    one = listed[number % len(listed)]
    name = "UserPolicyList" if "UserName" in one else "RolePolicyList"
    one[name] = [*one[name], {"PolicyName": "no", "PolicyDocument": policy(more)}]

    assert missing(readers(changed), before) == []


@LAW
@given(sections(), st.sampled_from(["account", "bucket", "access point"]))
def test_a_block_never_adds_a_reader(said: dict[str, Any], where: str) -> None:
    """Whoever can do something behind one more block could without it."""
    before = readers(said)
    account = said["accounts"][ACCOUNT]
    if where == "account":
        account["public_access_block"] = BLOCKED
    elif where == "bucket":
        said["buckets"][BUCKET]["public_access_block"] = BLOCKED
    else:
        account["access_points"] = [
            {**one, "PublicAccessBlockConfiguration": BLOCKED} for one in account["access_points"]
        ]

    assert missing(readers(said), before) == []


@LAW
@given(sections(), CONDITION, st.integers(0, 10))
def test_a_condition_more_never_adds_a_reader(said: dict[str, Any], more: dict[str, Any], number: int) -> None:
    """A narrower Allow lets in nobody whom the wider one did not.

    Behind a public access block it may: S3 then does not call the policy public any more, and lets in whom it names.
    """
    said["accounts"][ACCOUNT]["public_access_block"] = said["buckets"][BUCKET]["public_access_block"] = None
    said["accounts"][ACCOUNT]["access_points"] = []
    document = said["buckets"][BUCKET]["policy"]
    allowed = [
        one for one in (document or policy())["Statement"] if one["Effect"] == "Allow" and "Condition" not in one
    ]
    if not allowed:
        return
    before = readers(said)
    allowed[number % len(allowed)]["Condition"] = more

    after = [one for one in readers(said) if one.principal != f"account:{OTHER}" or before]
    assert missing(tuple(after), before) == []


def places(part: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a section that an answer could lack."""
    if path and path[-1] not in ("region", "store", "dataset"):
        yield path
    if isinstance(part, dict):
        for name, value in part.items():
            yield from places(value, *path, name)
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from places(value, *path, number)


def without(said: dict[str, Any], path: tuple[Any, ...], put: Any) -> dict[str, Any]:
    """A section with something else in one place."""
    changed = copy.deepcopy(said)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = put
    return changed


@LAW
@given(sections(), st.data())
def test_a_part_that_is_not_read_never_takes_a_reader_away(said: dict[str, Any], data: st.DataObject) -> None:
    """Whoever could do something still can, or somebody unknown can."""
    path = data.draw(st.sampled_from([one for one in places(said) if one[0] != "unplaced" and len(one) > 1]))
    before = readers(said)

    after = readers(without(said, path, unread("AccessDenied")))

    # Somebody unknown may be anybody.
    assert missing(before, after, {**WIDE, "unknown": 4}) == [], path


@LAW
@given(sections(), st.randoms(use_true_random=False))
def test_the_order_of_anything_listed_does_not_matter(said: dict[str, Any], dice: random.Random) -> None:
    """Statements, grants, identities and doors in any order give the same readers."""
    assert names(readers(shuffled(said, dice))) == names(readers(said))


def names(found: tuple[Access, ...]) -> set[tuple[str, str]]:
    """Who can do what."""
    return {(one.principal, action) for one in found for action in one.actions}


def shuffled(part: Any, dice: random.Random) -> Any:
    """Everything that is a list in another order."""
    if isinstance(part, dict):
        return {name: shuffled(value, dice) for name, value in part.items()}
    if isinstance(part, list):
        listed = [shuffled(one, dice) for one in part]
        dice.shuffle(listed)
        return listed
    return part


FOUR = ("policy", "public_access_block", "acl", "ownership")


@LAW
@given(sections(), st.sampled_from([*FOUR, "authorization"]), st.booleans())
def test_no_bucket_is_closed_of_which_something_essential_was_not_read(
    said: dict[str, Any], name: str, absent: bool
) -> None:
    """Whichever of the essential parts is missing, somebody unknown is a reader, if not everybody."""
    part = said["buckets"][BUCKET] if name in FOUR else said["accounts"][ACCOUNT]
    if absent:
        del part[name]
    else:
        part[name] = unread("timeout")

    assert {"unknown", "anyone"} & {one.principal for one in readers(said)}


@LAW
@given(sections(), st.data(), st.sampled_from([None, [], {}, "?", 7, True, [[]], {"a": []}]))
def test_whatever_is_malformed_is_no_fault(said: dict[str, Any], data: st.DataObject, put: Any) -> None:
    """Any value may be of any kind; the audit of the rest goes on."""
    path = data.draw(st.sampled_from([one for one in places(said) if one[0] != "unplaced" and len(one) > 1]))

    readers(without(said, path, put))


def test_the_made_up_accounts_have_every_part() -> None:
    """What the laws are tried on has everything that an account has."""
    assert set(NOTHING) >= {"distributions", "functions", "apis", "transfer_servers", "access_points", "keys"}
