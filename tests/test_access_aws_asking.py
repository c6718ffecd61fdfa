"""A thousand identities are asked about a thousand buckets together, with the same answers as one by one."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slidebox.access.aws import locations
from slidebox.access.aws import people as asking
from slidebox.access.aws.grants import identity_grants
from slidebox.access.aws.people import People
from slidebox.access.snapshot import Known

from .aws_estate import ACCOUNT, arn, bucket, deny, may, people, policy, role, section, user

BUCKETS = ("a", "ab", "abc-1", "b", "lab-1", "lab-11", "x.y")
POINTS = tuple(f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/{name}" for name in ("a", "door"))
RESOURCES = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::*/*",
        "arn:aws:s3:::a",
        "arn:aws:s3:::a/*",
        "arn:aws:s3:::a*",
        "arn:aws:s3:::a*/raw/*",
        "arn:aws:s3:::*b/*",
        "arn:aws:s3:::?b*",
        "arn:aws:s3:::lab-?",
        "arn:aws:s3:::lab-1/*",
        "arn:aws:s3:::lab-1*",
        "arn:aws:s3:::lab-${aws:username}/*",
        "arn:aws-cn:s3:::b/*",
        "arn:aws:s3:*:*:accesspoint/*",
        f"{POINTS[0]}/object/*",
        "arn:*",
        "arn:aws:iam::*:role/*",
        arn("role", "r"),
        "arn:aws:kms:*:*:key/*",
    ]
)
ACTIONS = st.sampled_from(["s3:GetObject", "s3:*", "*", "sts:AssumeRole", "kms:Decrypt", "ec2:*"])
STATEMENTS = st.builds(
    may, ACTIONS, RESOURCES | st.lists(RESOURCES, min_size=1, max_size=3), st.sampled_from(["Allow", "Deny"])
)
ASKED = (*(f"arn:aws:s3:::{name}" for name in BUCKETS), *POINTS, arn("role", "r"), arn("role", "s"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(STATEMENTS, min_size=1, max_size=3), min_size=1, max_size=4),
    st.permutations(ASKED),
    st.none() | st.lists(STATEMENTS, min_size=1, max_size=2),
)
def test_what_is_asked_once_for_many_is_what_each_would_have_said(
    policies: list[list[Any]], asked: list[str], limit: list[Any] | None
) -> None:
    """In whichever order buckets are asked about, every identity has what it has of each of them by itself."""
    authorization = people([user(f"u{number}", *said) for number, said in enumerate(policies)])
    limits = [policy(may("*", "*"), *limit)] if limit else None
    found = People(ACCOUNT, {"authorization": authorization, "service_control_policies": limits}, None)

    for resource in asked:
        together = {(one.arn, grant.actions, grant.path) for one, grant in found.on(resource)}
        alone = {
            (detail["Arn"], grant.actions, grant.path)
            for detail in authorization["UserDetailList"]
            for grant in identity_grants(
                detail, authorization, resource, account=ACCOUNT, service_control_policies=limits or ()
            )
        }
        by_one = {
            (one.arn, grant.actions, grant.path) for one in found.about_data for grant in found.may(one, resource)
        }
        assert together == alone == by_one


def crowd(size: int) -> dict[str, Any]:
    """Many identities and as many buckets: some may do everything, most one bucket, some nothing with data."""
    users = [user("admin", may("*"))]
    roles = []
    for number in range(size // 2):
        mine = [f"arn:aws:s3:::lab-{number}", f"arn:aws:s3:::lab-{number}/*"]
        users.append(user(f"u{number}", may(["s3:GetObject", "s3:ListBucket"], mine)))
        roles.append(role(f"r{number}", {"AWS": arn("user", f"u{number}")}, may("ec2:*")))
    said = section(authorization=people(users, roles))
    only_tls = policy(deny(Condition={"Bool": {"aws:SecureTransport": "false"}}))
    said["buckets"] = {f"lab-{number}": bucket(policy=only_tls) for number in range(size)}
    return said


def test_identities_are_asked_no_more_often_than_their_policies_tell_buckets_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """400 buckets and 400 identities take two questions an identity at most, and none where nothing is about data."""
    calls = []

    def counted(identity: Any, *rest: Any, **more: Any) -> Any:
        calls.append(identity["Arn"])
        return identity_grants(identity, *rest, **more)

    monkeypatch.setattr(asking, "identity_grants", counted)

    found = list(locations(crowd(400), Known()))

    assert len(calls) <= 2 * 201
    assert not any(":role/" in one for one in calls)
    assert {len(one.readers) for one in found} == {2, 3}  # the root user, the admin, and whose bucket it is


def test_four_times_as_much_takes_no_more_than_six_times_as_long() -> None:
    """Time grows with buckets and identities, and not with their product."""
    took = []
    for size in (150, 600):
        said = crowd(size)
        started = time.process_time()
        assert len(list(locations(said, Known()))) == size
        took.append(time.process_time() - started)

    assert took[1] < 6 * took[0] + 0.5
