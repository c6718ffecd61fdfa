"""Who comes to a bucket through its access points."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slidebox.access.snapshot import Known, unread

from .aws_estate import (
    ACCOUNT,
    ARN,
    BLOCKED,
    BUCKET,
    NOTHING,
    OTHER,
    allow,
    arn,
    bucket,
    deny,
    is_public,
    may,
    people,
    policy,
    principals,
    readers,
    section,
    user,
)

POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"
MANY = f"arn:aws:s3::{ACCOUNT}:accesspoint/abc.mrap"
ALICE = arn("user", "alice")
LEFT = allow(
    action="*",
    resource=[ARN, f"{ARN}/*"],
    Condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
)
"""A statement that leaves who comes to the access points of the account."""
INSIDE = f"{POINT}/object/*"
OPEN = policy(allow(resource=INSIDE))


def point(said: Any = OPEN, **more: Any) -> dict[str, Any]:
    """An access point of the bucket."""
    return {
        "Name": "door",
        "Bucket": BUCKET,
        "BucketAccountId": ACCOUNT,
        "AccessPointArn": POINT,
        "NetworkOrigin": "Internet",
        "PublicAccessBlockConfiguration": None,
        "Policy": said,
        **more,
    }


BOTH: dict[str, tuple[Any, Any, set[str]]] = {
    "both let everybody in": (policy(allow()), OPEN, {"anyone"}),
    "the bucket leaves it to its access points": (policy(LEFT), OPEN, {"anyone"}),
    "the bucket lets in nobody": (None, OPEN, set()),
    "the access point lets in nobody": (policy(LEFT), None, set()),
    "the bucket lets in somebody, the access point everybody": (
        policy(allow({"AWS": OTHER}, Condition={"StringEquals": {"s3:DataAccessPointArn": POINT}})),
        OPEN,
        {f"account:{OTHER}"},
    ),
    "the access point lets in somebody": (
        policy(LEFT),
        policy(allow({"AWS": arn("role", "r", OTHER)}, resource=INSIDE)),
        {f"account:{arn('role', 'r', OTHER)}"},
    ),
    "they let in different accounts": (
        policy(allow({"AWS": "444455556666"}, Condition={"StringEquals": {"s3:DataAccessPointArn": POINT}})),
        policy(allow({"AWS": OTHER}, resource=INSIDE)),
        set(),
    ),
    "the bucket leaves it to another access point": (
        policy(allow(Condition={"StringEquals": {"s3:DataAccessPointArn": f"{POINT}-2"}})),
        OPEN,
        set(),
    ),
    "the bucket leaves it to all access points of the account by a pattern": (
        policy(allow(Condition={"StringLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{ACCOUNT}:accesspoint/*"}})),
        OPEN,
        {"anyone"},
    ),
    "the access point denies everybody": (policy(LEFT), policy(allow(resource=INSIDE), deny(resource=INSIDE)), set()),
    "the bucket denies everybody": (policy(LEFT, deny()), OPEN, set()),
    "the bucket denies whoever comes directly": (
        policy(LEFT, allow(), deny(Condition={"StringNotEquals": {"s3:DataAccessPointAccount": ACCOUNT}})),
        OPEN,
        {"anyone"},
    ),
    "its policy was not read": (policy(LEFT), unread("AccessDenied"), {"unknown"}),
    "the bucket leaves it to access points of any account, in a network": (
        policy(allow(Condition={"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}})),
        None,
        {"anyone"},
    ),
}


@pytest.mark.parametrize(("own", "its", "who"), BOTH.values(), ids=BOTH)
def test_a_request_has_to_be_let_in_by_the_bucket_and_the_access_point(own: Any, its: Any, who: set[str]) -> None:
    """What one of them does not let in does not come in."""
    assert principals(section(bucket(policy=own), access_points=[point(its)])) == who


def test_the_path_has_the_access_point_and_the_bucket() -> None:
    """Both statements are in it, the access point first."""
    (found,) = readers(section(bucket(policy=policy(LEFT)), access_points=[point()]))

    assert found.path == ("access point door", "statement 1", "bucket policy", "statement 1")


def test_what_is_left_to_access_points_lets_in_nobody_directly() -> None:
    """Without any access point nobody comes in."""
    assert not readers(section(bucket(policy=policy(LEFT))))
    assert not readers(section(bucket(policy=json.dumps(policy(LEFT)))))


UNREAD: dict[str, tuple[Any, set[str]]] = {
    "left to the own ones": (LEFT, {"unknown"}),
    "left to those of another account": (
        allow(Condition={"StringEquals": {"s3:DataAccessPointAccount": OTHER}}),
        {f"account:{OTHER}"},
    ),
    "left to any": (
        allow(Condition={"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}}),
        {"anyone"},
    ),
    "left to none": (allow({"AWS": OTHER}), {f"account:{OTHER}"}),
}


@pytest.mark.parametrize(("said", "who"), UNREAD.values(), ids=UNREAD)
def test_access_points_that_were_not_read_count_where_something_is_left_to_them(said: Any, who: set[str]) -> None:
    """Somebody unknown comes by them only where the bucket leaves who comes to them."""
    found = section(bucket(policy=policy(said)), access_points=unread("AccessDenied"))

    assert principals(found) == who


BLOCKS: dict[str, tuple[dict[str, Any], dict[str, Any], Any, bool]] = {
    "none": ({}, {}, None, True),
    "of the access point": ({}, {}, BLOCKED, False),
    "of the bucket": ({"public_access_block": BLOCKED}, {}, None, False),
    "of the account": ({}, {"public_access_block": BLOCKED}, None, False),
    "of the access point, unread": ({}, {}, unread("later"), True),
}


@pytest.mark.parametrize(("own", "account", "its", "public"), BLOCKS.values(), ids=BLOCKS)
def test_each_block_stops_what_is_public_through_an_access_point(
    own: dict[str, Any], account: dict[str, Any], its: Any, public: bool
) -> None:
    """That of the access point, of the bucket and of the account."""
    doors = [point(PublicAccessBlockConfiguration=its)]

    assert is_public(section(bucket(policy=policy(LEFT), **own), access_points=doors, **account)) is public


def test_a_block_leaves_those_whom_an_access_point_names() -> None:
    """A bucket that leaves who comes to its account's access points is not public, so it is not restricted."""
    named = policy(allow({"AWS": OTHER}, resource=INSIDE))
    said = section(bucket(policy=policy(LEFT), public_access_block=BLOCKED), access_points=[point(named)])

    assert principals(said) == {f"account:{OTHER}"}


def test_an_access_point_of_a_network_lets_in_whoever_is_in_it() -> None:
    """Everybody is everybody of the network."""
    door = point(NetworkOrigin="VPC", VpcConfiguration={"VpcId": "vpc-1"})

    assert principals(section(bucket(policy=policy(LEFT)), access_points=[door])) == {"account:vpc:vpc-1"}


def test_an_identity_may_have_the_access_point_only() -> None:
    """A user whose policy names the access point comes by that."""
    alice = user("alice", may("s3:GetObject", INSIDE))
    said = section(bucket(policy=policy(LEFT)), authorization=people([alice]), access_points=[point(None)])

    (found,) = readers(said, Known(names={ALICE: "person:alice"}))

    assert (found.principal, found.path[-1]) == ("person:alice", "access point door")


def test_an_identity_that_has_the_bucket_is_not_named_again_for_its_access_points() -> None:
    """What it has anyway is no further path."""
    said = section(authorization=people([user("alice", may("s3:*"))]), access_points=[point(None)])

    assert len(readers(said)) == 1


def test_an_access_point_of_another_account_opens_the_bucket_that_leaves_it_to_that() -> None:
    """It counts where the bucket's policy says so, and not otherwise."""
    theirs = {
        **NOTHING,
        "access_points": [point(policy(allow(resource="*")), AccessPointArn=POINT.replace(ACCOUNT, OTHER))],
    }
    left = allow(Condition={"StringEquals": {"s3:DataAccessPointAccount": OTHER}})

    assert is_public(section(bucket(policy=policy(left)), {OTHER: theirs}))
    assert not is_public(section(bucket(policy=policy(LEFT)), {OTHER: theirs}))


THEIRS = POINT.replace(ACCOUNT, OTHER)
TO_THEM = allow(Condition={"StringEquals": {"s3:DataAccessPointAccount": OTHER}})
CAROL = user("carol", may("s3:GetObject", f"{THEIRS}/object/*"), account=OTHER)
OF_OTHERS: dict[str, tuple[Any, dict[str, Any], dict[str, Any], set[str]]] = {
    "their identities by their own policies": (
        TO_THEM,
        {"Policy": None},
        {"authorization": people([CAROL])},
        {f"account:{arn('user', 'carol', OTHER)}"},
    ),
    "the access point denies them": (
        TO_THEM,
        {"Policy": policy(deny(resource=f"{THEIRS}/object/*"))},
        {"authorization": people([CAROL])},
        set(),
    ),
    "the bucket does not leave it to them": (LEFT, {"Policy": None}, {"authorization": people([CAROL])}, set()),
    "their identities were not read": (
        TO_THEM,
        {"Policy": None},
        {"authorization": unread("AccessDenied")},
        {"unknown"},
    ),
    "blocked there, their own identities stay": (
        TO_THEM,
        {"Policy": policy(allow(resource=f"{THEIRS}/object/*")), "PublicAccessBlockConfiguration": BLOCKED},
        {"authorization": people()},
        {f"account:{OTHER}"},
    ),
}


@pytest.mark.parametrize(("said", "more", "account", "who"), OF_OTHERS.values(), ids=OF_OTHERS)
def test_an_access_point_of_another_account_lets_in_that_accounts_identities(
    said: Any, more: dict[str, Any], account: dict[str, Any], who: set[str]
) -> None:
    """As far as the bucket leaves it to that account."""
    theirs = {**NOTHING, **account, "access_points": [point(AccessPointArn=THEIRS, **{"Policy": None, **more})]}

    assert principals(section(bucket(policy=policy(said)), {OTHER: theirs})) == who


def many(said: Any, **more: Any) -> dict[str, Any]:
    """A multi-region access point of the bucket."""
    return {
        "Name": "everywhere",
        "Alias": "abc.mrap",
        "PublicAccessBlock": None,
        "Regions": [{"Bucket": "elsewhere"}, {"Bucket": BUCKET}],
        "Policy": said,
        **more,
    }


EVERYWHERE = policy(allow(resource=f"{MANY}/object/*"))
MANY_REGIONS: dict[str, tuple[Any, Any, set[str]]] = {
    "left to it": (policy(LEFT), many(EVERYWHERE), {"anyone"}),
    "not left to it": (None, many(EVERYWHERE), set()),
    "blocked": (
        policy(LEFT),
        many(EVERYWHERE, PublicAccessBlock=BLOCKED),
        {f"account:{ACCOUNT}"},
    ),
    "not read": (policy(LEFT), many(unread("AccessDenied")), {"unknown"}),
}


@pytest.mark.parametrize(("own", "its", "who"), MANY_REGIONS.values(), ids=MANY_REGIONS)
def test_a_multi_region_access_point_is_a_door_to_each_of_its_buckets(own: Any, its: Any, who: set[str]) -> None:
    """It opens what the bucket leaves to it."""
    assert principals(section(bucket(policy=own), multi_region_access_points=[its])) == who


def test_an_access_point_whose_bucket_is_not_known_may_be_of_any() -> None:
    """Somebody unknown may come by it."""
    assert "unknown" in principals(section(access_points=[point(Bucket=unread("later"))]))
