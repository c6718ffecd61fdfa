"""Who can read a bucket: real cases, and laws that hold for every policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.access.s3 import bucket_readers, user_readers

CASES = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "bucket_policies.json"
UNNAMED = {"anyone", "any_account", "unknown"}

OBJECTS = "arn:aws:s3:::bkt/*"
BOTH = ["arn:aws:s3:::bkt", OBJECTS]


def allow(**changes: Any) -> dict[str, Any]:
    """An Allow for everybody, with changes."""
    said = {"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}
    return {name: value for name, value in (said | changes).items() if value is not None}


def deny(**changes: Any) -> dict[str, Any]:
    """A Deny for everybody of everything, with changes."""
    return allow(Sid="no", Effect="Deny", Action="s3:*", Resource=BOTH) | changes


def principals(*statements: Any, names: dict[str, str] | None = None) -> set[str]:
    """Who has access by a policy of these statements."""
    return {r.principal for r in bucket_readers({"Version": "2012-10-17", "Statement": list(statements)}, "bkt", names)}


def cases() -> list[Any]:
    """The collected policies with the right answer to "public?"."""
    if not CASES.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{CASES} is not here"))]
    return [pytest.param(case, id=case["name"]) for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]]


@pytest.mark.parametrize("case", cases())
def test_collected_policies_are_public_exactly_where_they_are(case: dict[str, Any]) -> None:
    """Each of the collected policies gets the right answer to "public?"."""
    readers = bucket_readers(case["policy"], "bkt")

    assert case["public"] == bool(UNNAMED & {reader.principal for reader in readers})


def test_a_reader_has_its_principal_actions_and_path() -> None:
    """A statement's name is the end of the path, and the lab's name replaces the store's."""
    named = allow(Sid="team", Principal={"AWS": "imaging"}, Action=["s3:Get*", "s3:PutObject", "s3:ListBucket"])
    readers = bucket_readers({"Statement": [named]}, "bkt", {"imaging": "team:imaging"}, ("policy of bucket bkt",))

    assert [(r.principal, r.actions, r.path) for r in readers] == [
        ("team:imaging", ("read", "write"), ("policy of bucket bkt", "statement team"))
    ]


def test_no_policy_has_no_readers() -> None:
    """Without a policy nobody has access by it."""
    assert bucket_readers(None, "bkt") == ()


@pytest.mark.parametrize(
    "policy",
    ["unknown", "{", 7, [], {"Statement": ["x"]}, {"Statement": [None]}, {}, {"Statement": "all"}],
)
def test_what_is_no_policy_lets_in_somebody_unknown(policy: object) -> None:
    """A document that cannot be read is not the same as none."""
    assert {"unknown"} == {reader.principal for reader in bucket_readers(policy, "bkt")}


@pytest.mark.parametrize(
    "policy",
    [
        json.dumps({"Statement": []})[:-1] + f', "Statement": {json.dumps([allow()])}}}',
        {"Statement": [], "statement": [allow()]},
        {"Statement": [], "\u017ftatement": [allow()]},
        {"Statement": [{**allow(), "Effect": "Deny", "effect": "Allow"}]},
        {"Statement": [{**allow(), "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "condition": {}}]},
        "[" * 100_000,
    ],
)
def test_a_policy_that_servers_may_read_differently_lets_in_somebody_unknown(policy: object) -> None:
    """One that ignores case, or that takes another of two words of one name, sees other statements."""
    assert {"unknown"} == {reader.principal for reader in bucket_readers(policy, "bkt")}


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "allow"},
        {"Effect": None},
        {"Principal": None},
        {"Principal": {}},
        {"Principal": {"AWS": []}},
        {"Principal": {"AWS": 7}},
        {"Principal": "everybody"},
        {"Principal": {"Federated": "cognito-identity.amazonaws.com"}},
        {"Principal": {"Galaxy": "x"}},
        {"Action": None},
        {"Action": []},
        {"Action": {"a": 1}},
        {"NotAction": 7, "Action": None},
    ],
)
def test_an_allow_that_is_not_understood_lets_in_somebody_unknown(changes: dict[str, Any]) -> None:
    """Unknown constructs are never read as nobody."""
    assert "unknown" in principals(allow(**changes))


@pytest.mark.parametrize(
    "action",
    [
        "*",
        "s3:*",
        "S3:getobject",
        "s3:Get*",
        "s3:?etObject",
        "s3:List*",
        "s3:ListBucketVersions",
        "s3:PutBucketPolicy",
        "s3:PutObjectAcl",
    ],
)
def test_patterns_and_ways_to_help_oneself_are_access(action: str) -> None:
    """Wildcards match without regard to case; who may change the policy may read."""
    assert {"anyone"} == principals(allow(Action=action))


def test_actions_that_do_not_touch_data_give_no_access() -> None:
    """Reading a bucket's tags reads no data."""
    assert set() == principals(allow(Action=["s3:GetBucketTagging", "s3:GetBucketLocation"]))


def test_notaction_gives_everything_else() -> None:
    """An Allow by NotAction is for all it does not name."""
    assert {"anyone"} == principals(allow(Action=None, NotAction="s3:DeleteObject"))
    assert set() == principals(allow(Action=None, NotAction="s3:*"))


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"AWS": "111122223333"}, {"account:arn:aws:iam::111122223333:root"}),
        ({"AWS": ["a", "b"]}, {"account:a", "account:b"}),
        ({"AWS": "arn:aws:iam::111122223333:user/*"}, {"anyone"}),
        ({"Service": "cloudtrail.amazonaws.com"}, {"account:service cloudtrail.amazonaws.com"}),
        ({"CanonicalUser": "79a5"}, {"account:canonical user 79a5"}),
    ],
)
def test_principals_are_named_in_every_form(principal: object, expected: set[str]) -> None:
    """Accounts, users, services and canonical users are told apart."""
    assert expected == principals(allow(Principal=principal))


NARROW: list[dict[str, Any]] = [
    {"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
    {"StringEquals": {"AWS:principalorgid": ["o-abc", "o-def"]}},
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
    {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:topic"}},
    {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    {"StringLike": {"aws:userid": "AROAABCDEFGHIJKLMNOPQ:*"}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
    {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}},
    {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalOrgID": "o-abc"}},
]

WIDE: list[Any] = [
    {},
    "always",
    {"StringEquals": "aws:PrincipalOrgID"},
    {"StringEquals": {"aws:PrincipalOrgID": []}},
    {"StringEquals": {"aws:PrincipalOrgID": 7}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"StringLike": {"aws:PrincipalOrgID": "*"}},
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}},
    {"StringLike": {"aws:PrincipalArn": "*role/x"}},
    {"StringLike": {"aws:userid": "AROA*"}},
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}},
    {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-abc"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/*"}},
    {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}},
    {"Null": {"aws:PrincipalOrgID": "false"}},
    {"StringEquals": {"aws:Referer": "https://example.org"}},
    {"StringEquals": {"aws:username": "imaging"}},
    {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}},
    {"StringEquals": {"aws:PrincipalOrgID": ["o-abc", "${aws:PrincipalOrgID}"]}},
    {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/28"}},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": "::/0"}},
    {"IpAddress": {"aws:SourceIp": "nowhere"}},
    {"IpAddress": {"aws:SourceIp": ["12.0.0.0/8", "13.0.0.0/8"]}},
]


@pytest.mark.parametrize("condition", NARROW)
def test_a_condition_narrows_where_it_names_an_owner(condition: dict[str, Any]) -> None:
    """Organisation, account, principal and network leave nobody unnamed."""
    found = principals(allow(Condition=condition))

    assert found
    assert all(principal.startswith("account:") for principal in found)


@pytest.mark.parametrize("condition", WIDE)
def test_a_condition_that_proves_nothing_narrows_nothing(condition: object) -> None:
    """A wildcard, an absent key, a policy variable or half the internet is still anyone."""
    assert {"anyone"} == principals(allow(Condition=condition))


def test_a_deny_takes_away_what_it_covers() -> None:
    """A Deny without a condition on the whole bucket leaves nobody."""
    assert set() == principals(allow(), deny())
    assert set() == principals(allow(), deny(Action="s3:GetObject", Resource=OBJECTS))
    assert set() == principals(allow(Principal={"AWS": "a"}), deny(Principal={"AWS": "a"}))


@pytest.mark.parametrize(
    "denial",
    [
        {"Resource": "arn:aws:s3:::bkt/private/*"},
        {"Action": "s3:PutObject"},
        {"Principal": {"AWS": "111122223333"}},
        {"Principal": None, "NotPrincipal": {"AWS": "111122223333"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}},
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc", "aws:SourceVpce": "vpce-1"}}},
        {"Condition": "sometimes"},
        {"Resource": None},
        {"Resource": None, "NotResource": "arn:aws:s3:::bkt/public/*"},
    ],
)
def test_a_deny_that_leaves_a_way_takes_nothing_away(denial: dict[str, Any]) -> None:
    """A partial Deny is not counted on."""
    assert {"anyone"} == principals(allow(), {k: v for k, v in (deny() | denial).items() if v is not None})


def test_a_negated_deny_spares_only_whom_it_names() -> None:
    """Everybody but an organisation denied is that organisation allowed."""
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ["o-abc", "o-def"]}}

    assert {"account:organisation o-abc", "account:organisation o-def"} == principals(
        allow(), deny(Condition=condition)
    )


def test_federated_users_denied_elsewhere_stay_unknown() -> None:
    """Two principals that are not understood are not the same one."""
    assert {"unknown"} == principals(
        allow(Principal={"Federated": "a.example"}), deny(Principal={"Federated": "b.example"})
    )


RESOURCES = st.sampled_from([OBJECTS, "arn:aws:s3:::bkt", "arn:aws:s3:::bkt/a/*", "*", "arn:aws:s3:::*"])
ACTIONS = st.sampled_from(["s3:*", "s3:GetObject", "s3:Get*", "s3:ListBucket", "s3:PutObject", "s3:GetBucketTagging"])
PRINCIPALS = st.sampled_from(["*", {"AWS": "*"}, {"AWS": "a"}, {"AWS": ["a", "b"]}, {"Federated": "x"}, 3])
CONDITIONS = st.sampled_from(
    [None, *NARROW, *WIDE[1:8], {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}, {"Null": {"a": "true"}}]
)


def statements(effect: str) -> st.SearchStrategy[dict[str, Any]]:
    """Statements of one effect."""
    return st.fixed_dictionaries(
        {
            "Effect": st.just(effect),
            "Sid": st.sampled_from("pqr"),
            "Principal": PRINCIPALS,
            "Action": st.lists(ACTIONS, min_size=1, max_size=2),
            "Resource": st.lists(RESOURCES, min_size=1, max_size=2),
            "Condition": CONDITIONS,
        }
    ).map(lambda said: {k: v for k, v in said.items() if v is not None})


POLICIES = st.lists(statements("Allow") | statements("Deny"), min_size=1, max_size=4)


@given(POLICIES, statements("Deny"))
def test_adding_a_deny_never_adds_a_reader(policy: list[dict[str, Any]], denial: dict[str, Any]) -> None:
    """A Deny may narrow anyone down to somebody; whoever is there afterwards was there before."""
    before, after = principals(*policy), principals(*policy, denial)

    assert after <= before or ("anyone" in before and all(p.startswith("account:") for p in after - before))


@given(st.permutations(range(4)), st.lists(statements("Allow") | statements("Deny"), min_size=4, max_size=4))
def test_the_order_of_statements_does_not_matter(order: list[int], policy: list[dict[str, Any]]) -> None:
    """The same statements in another order have the same readers."""
    document = {"Statement": policy}
    shuffled = {"Statement": [policy[i] for i in order]}

    assert bucket_readers(document, "bkt") == bucket_readers(shuffled, "bkt")


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["Statement", "Effect", "Principal", "Action", "Allow"]), inner)
        ),
    )
)
def test_no_document_is_too_strange(policy: Any) -> None:
    """Whatever a policy is, the answer is readers and not a crash."""
    assert isinstance(bucket_readers(policy, "bkt"), tuple)


@pytest.mark.parametrize(
    ("resource", "touches"),
    [
        ("arn:aws:s3:::bkt/*", True),
        ("arn:aws:s3:::bkt/a.tif", True),
        ("arn:aws:s3:::b*/x", True),
        ("arn:aws:s3:::*x*", True),
        ("arn:aws:s3:::bk?/*", True),
        ("arn:aws-us-gov:s3:::bkt/*", True),
        ("arn:aws:s3:::${aws:PrincipalTag/bucket}/*", True),
        ("bkt/*", True),
        ("*", True),
        ("arn:aws:s3:::bkt2/*", False),
        ("arn:aws:s3:::other*", False),
        ("arn:aws:s3:::bkt", False),
    ],
)
def test_a_users_policy_reaches_a_bucket_where_its_pattern_can(resource: str, touches: bool) -> None:
    """Every pattern that may mean an object of the bucket counts."""
    policy = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}}

    assert touches == bool(user_readers(policy, "team:imaging", ["bkt"])["bkt"])


def test_a_users_policy_gives_each_bucket_its_own_actions() -> None:
    """Listing one bucket and writing another are two readers."""
    policy = {
        "Statement": [
            {"Sid": "list", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::a"},
            {"Sid": "put", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::c", "arn:aws:s3:::c/*"]},
            {"Sid": "read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::c/*"},
        ]
    }
    found = user_readers(json.dumps(policy), "team:imaging", ["a", "b", "c"], ("user imaging",))

    assert {bucket: [(r.principal, r.actions, r.path) for r in readers] for bucket, readers in found.items()} == {
        "a": [("team:imaging", ("read",), ("user imaging", "statement list"))],
        "b": [("team:imaging", ("write",), ("user imaging", "statement put"))],
        "c": [],
    }


@pytest.mark.parametrize(
    "policy", ["unknown", {"Statement": {"Effect": "Allow", "Action": "s3:*"}}, {"Statement": [1]}]
)
def test_a_users_policy_that_cannot_be_read_gives_it_everything(policy: object) -> None:
    """What is not understood is full access on every bucket."""
    found = user_readers(policy, "team:imaging", ["a"])["a"]

    assert [(r.principal, r.actions) for r in found] == [("team:imaging", ("read", "write", "delete"))]
