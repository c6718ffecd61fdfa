"""Who can do what with buckets of the embedded gateway and of other S3 services, by each part of what they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.access.effective import ACTIONS, Location
from slidebox.access.places import locations
from slidebox.access.snapshot import Known, unread

ARN = "arn:aws:iam::000000000000:user/"
BUCKET = "arn:aws:s3:::images"
LIST = {"read", "list"}
OWNER = {"Grantee": {"ID": "ROOTKEY", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}


def allow(action: Any, resource: Any = f"{BUCKET}/*", principal: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Sid": "S", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = f"{BUCKET}/*", principal: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that denies."""
    return {**allow(action, resource, principal, **more), "Effect": "Deny", "Sid": "D"}


def own(*statements: dict[str, Any]) -> dict[str, Any]:
    """A user's own policy."""
    listed = [{k: v for k, v in one.items() if k not in ("Principal", "Sid")} for one in statements]
    return {"slidebox": {"Version": "2012-10-17", "Statement": listed}}


def section(*statements: Any, grants: Any = (), users: Any = None, **more: Any) -> dict[str, Any]:
    """A section with one bucket."""
    policy = {"Version": "2012-10-17", "Statement": list(statements)} if statements else None
    people = {
        name: {"arn": ARN + name, "keys": [f"AKIA{name.upper()}"], "policies": policies}
        for name, policies in (users or {"eve": {}}).items()
    }
    bucket = {
        "name": "images",
        "store": "nas-s3",
        "dataset": "first/raw_images",
        "gateway": "nas-s3",
        "policy": policy,
        "acl": {"Owner": {"ID": "ROOTKEY"}, "Grants": [OWNER, *grants]},
        "ownership": "BucketOwnerPreferred",
        "files": None,
        **more,
    }
    return {
        "gateways": {"nas-s3": {"root": True, "users": people, "roles": {}}},
        "buckets": {"nas-s3/images": bucket},
    }


def audit(part: dict[str, Any], known: Known | None = None) -> Location:
    """The one location of a section, through JSON."""
    (found,) = locations(json.loads(json.dumps(part)), known or Known(names={ARN + "eve": "person:eve"}))
    return found


def who(part: dict[str, Any], known: Known | None = None) -> dict[str, set[str]]:
    """What each may do, but for whoever has the root key."""
    found: dict[str, set[str]] = {}
    for one in audit(part, known).readers:
        if one.principal != "account:root of the gateway":
            found.setdefault(one.principal, set()).update(one.actions)
    return found


def grant(permission: str, key: str = "AKIAEVE") -> dict[str, Any]:
    """A grant of a list."""
    return {"Grantee": {"ID": key, "Type": "CanonicalUser"}, "Permission": permission}


EVERYBODY = "all-users"
THERE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], {}),
        ([allow("s3:GetObject")], {"anyone": {"read"}}),
        ([allow("s3:GetObject", principal={"AWS": "*"})], {"anyone": {"read"}}),
        ([allow("s3:ListBucket", BUCKET)], {"anyone": {"list"}}),
        ([allow("s3:GetObject", BUCKET)], {}),
        ([allow("s3:getobject")], {}),
        ([allow("s3:Get*")], {"anyone": {"read"}}),
        ([allow("s3:GetObject", "arn:aws:s3:::other/*")], {}),
        ([allow("s3:GetObject", f"{BUCKET}/secret/*")], {"anyone": {"read"}}),
        ([allow("s3:PutObject")], {"anyone": {"write"}}),
        ([allow("s3:DeleteObject")], {"anyone": {"delete"}}),
        # Never the policy, to whoever brings no key; but every user changes it then.
        ([allow("s3:PutBucketPolicy", BUCKET)], {"any_account": set(ACTIONS)}),
        ([allow("s3:GetObjectVersion")], {"any_account": {"read"}}),
        ([allow("s3:GetObject"), deny("s3:GetObject")], {}),
        ([allow("s3:GetObject"), deny("s3:GetObject", f"{BUCKET}/a/*")], {"anyone": {"read"}}),
        ([allow("s3:GetObject", f"{BUCKET}/a/b"), deny("s3:GetObject", f"{BUCKET}/a/*")], {}),
        ([allow("s3:GetObject", f"{BUCKET}/a*"), deny("s3:GetObject", f"{BUCKET}/a?*")], {"anyone": {"read"}}),
        ([allow("s3:GetObject"), deny("s3:GetObject", principal={"AWS": ARN + "eve"})], {"anyone": {"read"}}),
        ([allow("s3:GetObject", principal={"AWS": ARN + "eve"})], {"person:eve": {"read"}}),
        ([allow("s3:GetObject", principal=ARN + "eve")], {"person:eve": {"read"}}),
        ([allow("s3:GetObject", principal=[ARN + "eve"])], {"person:eve": {"read"}}),
        ([allow("s3:GetObject", principal={"AWS": "arn:aws:iam::000000000000:root"})], {}),
        ([allow("s3:GetObject", principal={"AWS": "000000000000"})], {}),
        ([allow("s3:GetObject", Condition={"StringLike": {"aws:Referer": "https://lab/*"}})], {"anyone": {"read"}}),
        ([allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "true"}})], {"anyone": {"read"}}),
        ([allow("s3:GetObject", Condition=THERE)], {"account:network:192.0.2.0/24": {"read"}}),
        (
            [allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}})],
            {"anyone": {"read"}},
        ),
        (
            [allow("s3:GetObject"), deny("s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})],
            {"account:network:192.0.2.0/24": {"read"}},
        ),
    ],
)
def test_a_bucket_policy_is_read_as_the_gateway_reads_it(statements: list[Any], expected: dict[str, set[str]]) -> None:
    """Which is not always as Amazon does."""
    assert who(section(*statements)) == expected


@pytest.mark.parametrize("word", ["Principal", "Action", "Resource"])
def test_a_word_with_not_before_it_is_not_read(word: str) -> None:
    """A statement without its word says nothing to the gateway."""
    statement = allow("s3:GetObject")
    statement[f"Not{word}"] = statement.pop(word)
    assert who(section(statement)) == {}


@pytest.mark.parametrize(
    ("grants", "policy", "expected"),
    [
        ([grant("READ", EVERYBODY)], False, {"anyone": LIST}),
        (
            [grant("WRITE", EVERYBODY)],
            False,
            {"anyone": {"write", "delete"}, "any_account": set(ACTIONS)},
        ),
        ([grant("READ")], False, {"person:eve": LIST}),
        ([grant("WRITE")], False, {"person:eve": set(ACTIONS)}),
        ([grant("READ_ACP")], False, {}),
        ([grant("WRITE_ACP")], False, {"person:eve": set(ACTIONS)}),
        ([grant("FULL_CONTROL")], False, {"person:eve": set(ACTIONS)}),
        ([grant("READ", "AKIANOBODY")], False, {}),
        # Beside a policy the list counts for whoever brings no key.
        ([grant("READ")], True, {}),
        ([grant("READ", EVERYBODY)], True, {"anyone": LIST}),
    ],
)
def test_a_list_is_read_as_the_gateway_reads_it(grants: list[Any], policy: bool, expected: dict[str, set[str]]) -> None:
    """Whatever the ownership controls say: they only hold off its next change."""
    statements = [allow("s3:GetBucketTagging", BUCKET)] if policy else []
    assert who(section(*statements, grants=grants)) == expected


def test_a_denial_takes_from_whoever_brings_no_key_what_the_list_gives() -> None:
    """But only what it is about."""
    assert who(section(deny("s3:GetObject"), grants=[grant("READ", EVERYBODY)])) == {"anyone": {"list"}}


def test_where_the_list_is_fixed_a_permission_to_change_it_is_none() -> None:
    """The gateway holds to its ownership controls then."""
    part = section(grants=[grant("WRITE_ACP")], ownership="BucketOwnerEnforced")
    assert who(part) == {}


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (own(allow("s3:GetObject")), {"read"}),
        (own(allow("s3:getobject")), {"read"}),
        (own(allow("*", "*")), set(ACTIONS)),
        (own(allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*")), set()),
        (own(allow("s3:GetObject", "arn:aws:s3:::images/${aws:username}/*")), {"read"}),
        (
            own(allow("s3:*", [BUCKET, f"{BUCKET}/*"]), deny("s3:Put*", "*")),
            {"read", "list", "write", "delete", "admin"},
        ),
        (own(allow("s3:*", f"{BUCKET}/*"), deny("s3:DeleteObject*", "*")), {"read", "write"}),
        (own({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": f"{BUCKET}/*"}), {"read", "write", "delete"}),
        (own({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/a/*"}), {"read"}),
        (own({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "*"}), set()),
    ],
)
def test_a_users_own_policy_gives_what_it_says(policies: Any, expected: set[str]) -> None:
    """As identity policies of Amazon do."""
    assert who(section(users={"eve": policies})).get("person:eve", set()) == expected


def test_a_users_own_denial_stands_against_the_bucket() -> None:
    """And leaves everybody else as they are."""
    statement = allow("s3:GetObject", principal={"AWS": [ARN + "eve", ARN + "bob"]})
    part = section(statement, users={"eve": own(deny("s3:GetObject")), "bob": {}})
    assert who(part) == {f"account:{ARN}bob": {"read"}}


def test_a_user_of_slidebox_is_whom_its_mark_says() -> None:
    """By the resource that made it."""
    part = section(allow("s3:GetObject", principal={"AWS": ARN + "eve"}))
    part["gateways"]["nas-s3"]["users"]["eve"]["principal"] = "team:imaging"
    assert who(part) == {"team:imaging": {"read"}}


def test_a_role_gives_what_its_policies_say() -> None:
    """Whoever its trust lets in."""
    part = section()
    part["gateways"]["nas-s3"]["roles"] = {
        "r": {"arn": "arn:aws:iam::0:role/r", "policies": own(allow("s3:GetObject"))}
    }
    assert who(part) == {"account:arn:aws:iam::0:role/r": {"read"}}


def test_whoever_reads_the_files_below_reads_the_objects() -> None:
    """Past the gateway."""
    folder = {"mode": "0755", "owner": "slidebox", "group": "slidebox"}
    files: list[Any] = [{"machine": "", "path": "/drive/nas-s3/images", "above": [], "folder": folder, "below": None}]
    part = section(files=files)
    part["machines"] = {"": {"groups": {"slidebox": []}, "complete": True, "exports": None}}
    assert who(part)["any_account"] == LIST
    folder["mode"] = "0700"
    assert "any_account" not in who(part)
    part["buckets"]["nas-s3/images"]["files"] = [unread("no such folder")]
    assert who(part)["unknown"] == set(ACTIONS)


@pytest.mark.parametrize("why", ["AccessDenied", "timeout", "throttled", "malformed"])
@pytest.mark.parametrize(
    "way",
    [
        ("buckets", "nas-s3/images"),
        ("buckets", "nas-s3/images", "policy"),
        ("buckets", "nas-s3/images", "acl"),
        ("buckets", "nas-s3/images", "files"),
        ("gateways", "nas-s3"),
        ("gateways", "nas-s3", "users"),
        ("gateways", "nas-s3", "roles"),
        ("gateways", "nas-s3", "users", "eve"),
        ("gateways", "nas-s3", "users", "eve", "policies"),
        ("gateways", "nas-s3", "users", "eve", "policies", "slidebox"),
        ("gateways", "nas-s3", "users", "eve", "keys"),
    ],
)
def test_where_a_part_is_unread_somebody_unknown_may_be_let_in(way: tuple[str, ...], why: str) -> None:
    """Whichever it is; and what is public stays so where the policy was read."""
    part = section(allow("s3:GetObject"), users={"eve": own(allow("s3:PutObject"))})
    place = part
    for name in way[:-1]:
        place = place[name]
    place[way[-1]] = unread(why)
    found = who(part)
    assert "unknown" in found
    if way[0] == "gateways" or way[-1] in ("acl", "files"):
        assert found["anyone"] == {"read"}


@pytest.mark.parametrize("name", ["policy", "acl"])
def test_a_part_that_nobody_asked_for_is_not_known(name: str) -> None:
    """It is no answer that there is none."""
    part = section()
    del part["buckets"]["nas-s3/images"][name]
    assert "unknown" in who(part)


def test_of_another_service_nobody_knows_the_users() -> None:
    """But what its policy and its list say counts."""
    part = section(allow("s3:GetObject"), gateway=None, endpoint="https://s3.example.org")
    found = who(part)
    assert "unknown" in found
    assert "read" in found["anyone"]
    assert "anyone" not in who(section(gateway=None, endpoint="https://s3.example.org"))


actions = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "s3:DeleteObject", "s3:ListBucket"])
resources = st.sampled_from([BUCKET, f"{BUCKET}/*", f"{BUCKET}/a/*", f"{BUCKET}/b?", f"{BUCKET}*"])
people = st.sampled_from(["*", {"AWS": ARN + "eve"}, {"AWS": ARN + "bob"}])
conditions = st.sampled_from([None, None, THERE, {"StringEquals": {"aws:Referer": "x"}}])
allows = st.builds(
    lambda a, r, p, c: allow(a, r, p, **({"Condition": c} if c else {})), actions, resources, people, conditions
)
denies = st.builds(deny, actions, resources, people)
statements = st.lists(st.one_of(allows, denies), min_size=1, max_size=4)


def everything(part: dict[str, Any]) -> set[tuple[str, str]]:
    """Each principal with each of its actions."""
    return {(name, action) for name, actions in who(part).items() for action in actions}


@given(statements, denies)
def test_a_deny_never_adds_a_reader(listed: list[Any], denial: dict[str, Any]) -> None:
    """Somebody whom everybody's access stood for may be named, but nobody may do what nobody could."""
    users: dict[str, Any] = {"eve": {}, "bob": {}}
    before, after = (everything(section(*some, users=users)) for some in (listed, [*listed, denial]))
    for name, action in after - before:
        assert {("anyone", action), ("any_account", action)} & before, (name, action)


@given(statements, st.randoms())
def test_the_order_of_statements_does_not_matter(listed: list[Any], random: Any) -> None:
    """Nor that of users."""
    turned = list(listed)
    random.shuffle(turned)
    assert everything(section(*listed)) == everything(section(*turned))


@given(st.lists(allows, min_size=1, max_size=3), st.integers(0, 2))
def test_narrowing_a_condition_never_adds_a_reader(listed: list[Any], number: int) -> None:
    """But for those whom it narrows everybody to."""
    before = everything(section(*listed))
    listed = [dict(one) for one in listed]
    listed[number % len(listed)]["Condition"] = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    for name, action in everything(section(*listed)) - before:
        assert name.startswith("account:network:") or name == "person:eve", (name, action)
        assert ("anyone", action) in before or ("any_account", action) in before
