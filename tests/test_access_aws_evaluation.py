"""The evaluation of policies against a slow evaluator of single requests, and laws that hold for every policy."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aws_reference import decide, glob

from slidebox.access.aws.examples import example
from slidebox.access.aws.grants import WATCHED, Grant, denials, resource_grants

BUCKET = "arn:aws:s3:::bkt"
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
A, B, STRANGER = "111122223333", "444455556666", "606060606060"
WIDE = frozenset({"anyone", "any_account", "unknown"})
MANY = settings(max_examples=int(os.environ.get("SLIDEBOX_POLICY_EXAMPLES", "60")), deadline=None)

ROLE, USER = f"arn:aws:iam::{A}:role/reader", f"arn:aws:iam::{A}:user/ines"
OTHER = f"arn:aws:iam::{B}:role/reader"

TEXT_KEYS: dict[str, list[str]] = {
    "aws:PrincipalArn": [ROLE, USER, OTHER, f"arn:aws:iam::{A}:*", "arn:aws:iam::*:role/reader", "*"],
    "aws:PrincipalAccount": [A, B, "1*", "*", "${aws:PrincipalAccount}"],
    "aws:PrincipalOrgID": ["o-abc", "o-xyz", "o-*"],
    "aws:PrincipalOrgPaths": ["o-abc/r-1/*", "o-*/r-1/*", "o-abc/*"],
    "aws:SourceVpce": ["vpce-1", "vpce-2", "vpce-*"],
    "aws:SourceVpc": ["vpc-1", "vpc-*"],
    "aws:Referer": ["https://lab.example/", "https://lab.example/*", "*"],
    "aws:username": ["ines", "in*"],
    "aws:PrincipalTag/lab": ["way", "w?y", "${aws:username}"],
    "aws:SourceArn": [f"arn:aws:cloudfront::{A}:distribution/E1", f"arn:aws:cloudfront::{A}:*"],
    "aws:SourceAccount": [A, B],
    "s3:prefix": ["open/", "open/*", "home/${aws:username}/*"],
    "aws:PrincipalType": ["User", "Anonymous", "A*"],
    "aws:CalledVia": ["athena.amazonaws.com"],
}
NETWORKS = ["192.0.2.0/24", "198.51.100.0/24", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/0", "::/0", "2001:db8::/32"]
PATTERNS = [
    f"{BUCKET}/*",
    f"{BUCKET}/open/*",
    f"{BUCKET}/phi/*",
    f"{BUCKET}/a.tif",
    f"{BUCKET}*",
    BUCKET,
    "arn:aws:s3:::*",
    "*",
    f"{BUCKET}/*.tif",
    "arn:aws:s3:::bk?/o*",
    "arn:aws:s3:::other/*",
]
ACTIONS = ["s3:GetObject", "s3:Get*", "s3:*", "S3:getobject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject", "*"]


def _part(operators: list[str], key: str, values: list[Any]) -> st.SearchStrategy[tuple[str, str, Any]]:
    listed = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
    return st.tuples(st.sampled_from(operators), st.just(key), listed)


def _texts() -> st.SearchStrategy[tuple[str, str, Any]]:
    plain = ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"]
    exists = [f"{one}IfExists" for one in plain]
    several = [f"{which}:{one}" for which in ("ForAnyValue", "ForAllValues") for one in plain[:4]]
    parts = []
    for key, values in TEXT_KEYS.items():
        operators = [*plain, *exists, *(several if key in ("aws:PrincipalOrgPaths", "aws:CalledVia") else [])]
        if key in ("aws:PrincipalArn", "aws:SourceArn"):
            arns = [value for value in values if value.startswith("arn:")]
            parts.append(_part(["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "ArnLikeIfExists"], key, arns))
        parts.append(_part(operators, key, values))
        parts.append(_part(["Null"], key, ["true", "false"]))
    return st.one_of(parts)


PARTS = st.one_of(
    _texts(),
    _part(["IpAddress", "NotIpAddress", "IpAddressIfExists", "NotIpAddressIfExists"], "aws:SourceIp", NETWORKS),
    _part(["Null"], "aws:SourceIp", ["true", "false"]),
    _part(["Bool", "BoolIfExists"], "aws:SecureTransport", ["true", "false"]),
    _part(["Bool", "BoolIfExists"], "aws:PrincipalIsAWSService", ["true", "false"]),
    _part(
        ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"],
        "s3:max-keys",
        ["10", "20", 20],
    ),
    _part(
        ["DateLessThan", "DateGreaterThan", "DateLessThanEquals", "DateGreaterThanEquals"],
        "aws:CurrentTime",
        ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"],
    ),
)


def _condition(parts: list[tuple[str, str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for operator, key, values in parts:
        found.setdefault(operator, {}).setdefault(key, values)
    return found


PRINCIPALS = st.sampled_from(
    [
        "*",
        "*",
        "*",
        {"AWS": "*"},
        {"AWS": A},
        {"AWS": f"arn:aws:iam::{A}:root"},
        {"AWS": ROLE},
        {"AWS": [USER, OTHER]},
        {"Service": "cloudfront.amazonaws.com"},
        {"AWS": [B], "Service": "cloudfront.amazonaws.com"},
    ]
)


@st.composite
def statements(draw: Any, effect: str | None = None) -> dict[str, Any]:
    """A statement that AWS would take."""
    said: dict[str, Any] = {
        "Sid": draw(st.sampled_from("pqrs")),
        "Effect": effect or draw(st.sampled_from(["Allow", "Deny"])),
    }
    few = st.integers(0, 9)
    said["NotPrincipal" if draw(few) == 0 else "Principal"] = draw(PRINCIPALS)
    said["NotAction" if draw(few) == 0 else "Action"] = draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2))
    said["NotResource" if draw(few) == 0 else "Resource"] = draw(
        st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)
    )
    if condition := _condition(draw(st.lists(PARTS, max_size=3))):
        said["Condition"] = condition
    return said


POLICIES = st.lists(statements(), min_size=1, max_size=4).map(lambda said: {"Version": "2012-10-17", "Statement": said})


@st.composite
def askers(draw: Any) -> tuple[dict[str, str] | None, dict[str, list[str]]]:
    """Somebody who asks, and the keys that say so."""
    who = draw(st.sampled_from([None, None, ROLE, USER, OTHER, f"arn:aws:iam::{STRANGER}:user/ines", "service"]))
    if who is None:
        keys = {"aws:principaltype": ["Anonymous"]}
        return None, keys | ({"aws:principalaccount": ["anonymous"]} if draw(st.booleans()) else {})
    if who == "service":
        account = draw(st.sampled_from([A, B, STRANGER]))
        return {"service": "cloudfront.amazonaws.com"}, {
            "aws:principalisawsservice": ["true"],
            "aws:principalservicename": ["cloudfront.amazonaws.com"],
            "aws:sourceaccount": [account],
            "aws:sourcearn": [f"arn:aws:cloudfront::{account}:distribution/E1"],
        }
    account = who.split(":")[4]
    keys = {
        "aws:principalarn": [who],
        "aws:principalaccount": [account],
        "aws:principalisawsservice": ["false"],
        "aws:principaltype": ["User" if ":user/" in who else "AssumedRole"],
    }
    if ":user/" in who:
        keys["aws:username"] = ["ines"]
    if org := {A: "o-abc", B: "o-xyz", STRANGER: draw(st.sampled_from(["", "o-else"]))}[account]:
        keys |= {"aws:principalorgid": [org], "aws:principalorgpaths": [f"{org}/r-1/ou-1/"]}
    keys |= {"aws:principaltag/lab": [draw(st.sampled_from(["way", "ines", "else"]))]} if draw(st.booleans()) else {}
    keys |= {"aws:calledvia": ["athena.amazonaws.com"]} if draw(st.integers(0, 4)) == 0 else {}
    return {"arn": who, "account": account}, keys


ADDRESSES = ["192.0.2.7", "198.51.100.7", "8.8.8.8", "200.1.2.3", "2001:db8::7"]
ENDPOINTS = {"vpc-1": ["vpce-1", "vpce-2"], "vpc-9": ["vpce-9"]}
FREE = {
    "aws:referer": ["https://lab.example/", "https://lab.example/x", "https://else.example/"],
    "s3:prefix": ["open/", "open/x", "home/ines/x", ""],
    "s3:max-keys": ["5", "20", "30"],
}


@st.composite
def requests(draw: Any) -> dict[str, Any]:
    """A request that can happen: the keys of who asks and by which way agree."""
    principal, keys = draw(askers())
    way = "internet" if principal and "service" in principal else draw(st.sampled_from(["internet", *ENDPOINTS]))
    if way == "internet":
        keys["aws:sourceip"] = [draw(st.sampled_from(ADDRESSES))]
    else:
        keys |= {"aws:sourcevpc": [way], "aws:sourcevpce": [draw(st.sampled_from(ENDPOINTS[way]))]}
    keys |= {key: [draw(st.sampled_from(values))] for key, values in FREE.items() if draw(st.booleans())}
    keys["aws:securetransport"] = [draw(st.sampled_from(["true", "true", "false"]))]
    keys["aws:currenttime"] = [draw(st.sampled_from(["2026-11-29T00:00:00Z", "2031-01-01T00:00:00Z"]))]
    inside = draw(st.sampled_from(["a.tif", "open/a.tif", "open/b", "phi/x.tif", "x"]))
    about = {
        "s3:GetObject": f"{BUCKET}/{inside}",
        "s3:PutObject": f"{BUCKET}/{inside}",
        "s3:DeleteObject": f"{BUCKET}/{inside}",
        "s3:ListBucket": BUCKET,
        "s3:PutBucketPolicy": BUCKET,
    }
    action = draw(st.sampled_from(sorted(about)))
    return {"action": action, "resource": about[action], "keys": keys, "principal": principal}


def covers(grant: Grant, request: dict[str, Any]) -> bool:
    """Whether a grant says that somebody can make a request."""
    if request["action"].lower() not in grant.actions:
        return False
    principal, keys = request["principal"], request["keys"]
    if grant.until and keys["aws:currenttime"][0] > grant.until:
        return False
    who = grant.who
    if who in ("anyone", "unknown"):
        return True
    if who == "any_account":
        return principal is not None
    kind, _, rest = who.partition(":")
    first = {key: values[0] for key, values in keys.items()}
    return {
        "account": rest in (first.get("aws:principalaccount"), first.get("aws:sourceaccount")),
        "arn": glob(who, first.get("aws:principalarn", "")),
        "org": rest == first.get("aws:principalorgid") or glob(rest, first.get("aws:principalorgpaths", "")),
        "vpce": rest == first.get("aws:sourcevpce"),
        "vpc": rest == first.get("aws:sourcevpc"),
        "service": rest in ("*", (principal or {}).get("service")),
        "network": kind == "network"
        and "aws:sourceip" in first
        and ipaddress.ip_address(first["aws:sourceip"]) in ipaddress.ip_network(rest),
    }[kind]


@MANY
@given(POLICIES, st.lists(requests(), min_size=1, max_size=12))
def test_whoever_is_allowed_a_request_is_named(policy: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    """Whenever a request is allowed, somebody who can make it is among the grants, with its action."""
    grants = resource_grants(policy, BUCKET, now=NOW)
    for request in asked:
        if decide(policy, request):
            assert any(covers(grant, request) for grant in grants), request


@MANY
@given(POLICIES)
def test_whoever_is_named_an_outsider_can_make_a_request(policy: dict[str, Any]) -> None:
    """For each grant to outsiders that is not doubtful there is a request, and it is allowed."""
    for grant in resource_grants(policy, BUCKET, now=NOW):
        if grant.who not in ("anyone", "any_account") or grant.doubtful or grant.source:
            continue
        found = example(policy, BUCKET, grant, now=NOW)
        assert found is not None, grant
        keys = {key: list(values) for key, values in found.keys.items()}
        principal: dict[str, str] | None = None
        if "aws:principalservicename" in keys:
            principal = {"service": keys["aws:principalservicename"][0]}
        elif grant.who == "any_account":
            principal = {"arn": keys["aws:principalarn"][0], "account": keys["aws:principalaccount"][0]}
            assert principal["account"] not in (A, B)
        request = {"action": found.action, "resource": found.resource, "keys": keys, "principal": principal}
        assert decide(policy, request), (grant, request)


def _brief(policy: dict[str, Any]) -> set[Any]:
    return {
        (grant.who, action, grant.until, grant.source)
        for grant in resource_grants(policy, BUCKET, now=NOW)
        for action in grant.actions
    }


@MANY
@given(POLICIES, st.randoms())
def test_the_order_of_statements_does_not_matter(policy: dict[str, Any], chance: Any) -> None:
    """The same statements in another order let the same in."""
    shuffled = list(policy["Statement"])
    chance.shuffle(shuffled)

    assert _brief(policy) == _brief({"Statement": shuffled})


def _may_become(before: set[str], after: str) -> bool:
    """Whether somebody can be what is left of others: an outsider of outsiders, somebody named of anybody."""
    if after not in WIDE or after in before:
        return True
    return bool(before & (WIDE if after == "unknown" else {"anyone", "unknown"}))


@MANY
@given(POLICIES, statements("Deny"))
def test_adding_a_deny_never_adds_a_reader(policy: dict[str, Any], denial: dict[str, Any]) -> None:
    """Whoever is there afterwards was there before, or is some of whoever was."""
    before: dict[str, set[str]] = {}
    for who, action, _, _ in _brief(policy):
        before.setdefault(action, set()).add(who)
    for who, action, _, _ in _brief({"Statement": [*policy["Statement"], denial]}):
        assert action in before
        assert _may_become(before[action], who)


@MANY
@given(statements("Allow"), PARTS)
def test_narrowing_a_condition_never_adds_a_reader(said: dict[str, Any], part: tuple[str, str, Any]) -> None:
    """One more part of a condition lets in nobody who was not let in without it."""
    operator, key, values = part
    condition = dict(said.get("Condition", {}))
    if key in condition.get(operator, {}):
        return
    condition[operator] = {**condition.get(operator, {}), key: values}
    before: dict[str, set[str]] = {}
    for who, action, _, _ in _brief({"Statement": said}):
        before.setdefault(action, set()).add(who)
    for who, action, _, _ in _brief({"Statement": {**said, "Condition": condition}}):
        assert action in before
        assert _may_become(before[action], who)


@MANY
@given(
    POLICIES,
    st.integers(0, 3),
    st.sampled_from(["Condition", "Principal", "Action", "Resource", "Effect"]),
    st.sampled_from([7, None, [], "$", {"x": 1}]),
)
def test_a_part_that_cannot_be_read_takes_nobody_away(
    policy: dict[str, Any], at: int, element: str, garbage: object
) -> None:
    """Each Allow's readers stay, or somebody unknown is there; a Deny that cannot be read takes nothing."""
    listed = policy["Statement"]
    at %= len(listed)
    if element == "Action" and garbage == "$":
        return  # that is an action, of no service
    broken = [{**one, element: garbage} if number == at else one for number, one in enumerate(listed)]
    before, after = _brief(policy), _brief({"Statement": broken})
    unknown = {action for who, action, _, _ in after if who == "unknown"}
    for who, action, _, _ in before:
        left = {one for one, done, _, _ in after if done == action}
        assert action in unknown or who in left or left & WIDE or _is_wider(left, who), (who, action, after)


def _is_wider(left: set[str], who: str) -> bool:
    return any(one.startswith("account:") and one.split(":")[1] in who for one in left)


@MANY
@given(st.lists(statements("Deny"), max_size=3))
def test_what_denies_leave_is_the_same_apart_and_together(denied: list[dict[str, Any]]) -> None:
    """`Denials.left` of anyone is what an Allow to everybody and the same Denies leave."""
    allow = {"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    together = {(who, action) for who, action, _, _ in _brief({"Statement": [allow, *denied]})}
    actions = frozenset(one for one in WATCHED if one.startswith("s3:"))
    left = denials({"Statement": denied}, BUCKET, now=NOW).left(Grant("anyone", actions, ()))

    assert {(grant.who, action) for grant in left for action in grant.actions} == together


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers() | st.sampled_from(["Allow", "Deny", "*", "s3:*", BUCKET]),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["Statement", "Effect", "Principal", "Action", "Resource", "Condition", "AWS", "Null"]),
                inner,
            )
        ),
    )
)
def test_no_document_is_too_strange(policy: Any) -> None:
    """Whatever a policy is, the answer is grants and not a crash."""
    assert isinstance(resource_grants(policy, BUCKET, now=NOW), tuple)
    assert isinstance(resource_grants({"Statement": policy}, BUCKET, now=NOW), tuple)
