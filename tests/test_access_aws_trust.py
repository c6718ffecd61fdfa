"""Who may become a role of AWS, by its trust policy, by a provider's token, and by way of other roles."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from slidebox.access.aws.grants import holders, trusted
from slidebox.access.snapshot import unread

A, B = "111122223333", "444455556666"
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
GITHUB = f"arn:aws:iam::{A}:oidc-provider/token.actions.githubusercontent.com"
HUB = "token.actions.githubusercontent.com"
GITLAB = f"arn:aws:iam::{A}:oidc-provider/gitlab.com"
EKS_HOST = "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
EKS = f"arn:aws:iam::{A}:oidc-provider/{EKS_HOST}"
OWN = f"arn:aws:iam::{A}:oidc-provider/idp.way.example"
CAMPUS = f"arn:aws:iam::{A}:saml-provider/campus"
COGNITO = "cognito-identity.amazonaws.com"
POOL = "eu-central-1:12345678-90ab-cdef-1234-567890abcdef"
MAIN = "repo:way-lab/nf1:ref:refs/heads/main"


def arn(name: str, kind: str = "role", account: str = A) -> str:
    """The ARN of an identity."""
    return f"arn:aws:iam::{account}:{kind}/{name}"


def trust(principal: Any, condition: Any = None, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    """A statement of a trust policy."""
    said = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return said if condition is None else {**said, "Condition": condition}


def who(*said: Any) -> set[str]:
    """Whom a trust policy of statements lets in."""
    return {grant.who for grant in trusted({"Version": "2012-10-17", "Statement": list(said)}, arn("r"), now=NOW)}


TRUST: list[tuple[Any, Any, set[str]]] = [
    ({"AWS": arn("ines", "user")}, None, {arn("ines", "user")}),
    ({"AWS": B}, None, {f"account:{B}"}),
    ({"AWS": [A, arn("x", account=B)]}, None, {f"account:{A}", arn("x", account=B)}),
    ({"AWS": "*"}, None, {"any_account"}),
    ("*", None, {"any_account"}),
    ({"AWS": "*"}, {"StringEquals": {"sts:ExternalId": "secret"}}, {"any_account"}),
    ({"AWS": B}, {"StringEquals": {"sts:ExternalId": "secret"}}, {f"account:{B}"}),
    ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}, {"org:o-abc"}),
    ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalArn": arn("x", account=B)}}, {arn("x", account=B)}),
    ({"AWS": "*"}, {"ArnLike": {"aws:PrincipalArn": arn("x-*", account=B)}}, {arn("x-*", account=B)}),
    ({"AWS": B}, {"StringEquals": {"aws:PrincipalArn": arn("x", account=B)}}, {arn("x", account=B)}),
    ({"AWS": B}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {f"account:{B}"}),
    ({"AWS": B}, {"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}, set()),
    ({"AWS": "AROAABCDEFGHIJKLMNOPQ"}, None, {"unknown"}),
    ({"Service": "ec2.amazonaws.com"}, None, {"service:ec2.amazonaws.com"}),
    (
        {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]},
        {"StringEquals": {"aws:SourceAccount": A}},
        {"service:lambda.amazonaws.com", "service:ec2.amazonaws.com"},
    ),
    ({"Galaxy": "x"}, None, {"unknown"}),
    (None, None, {"unknown"}),
]


@pytest.mark.parametrize(("principal", "condition", "expected"), TRUST, ids=[str(case[:2]) for case in TRUST])
def test_a_trust_policy_lets_in_whom_it_names(principal: Any, condition: Any, expected: set[str]) -> None:
    """Accounts, identities, services, and anybody with an account where it names everybody."""
    assert who(trust(principal, condition)) == expected


def hub(**asked: Any) -> dict[str, Any]:
    """Keys of GitHub's tokens."""
    return {f"{HUB}:{key}": value for key, value in asked.items()}


TOKENS: list[tuple[str, Any, set[str]]] = [
    (GITHUB, {"StringEquals": hub(aud="sts.amazonaws.com", sub=MAIN)}, {"github:way-lab/nf1@main"}),
    (GITHUB, {"StringEquals": hub(sub=MAIN)}, {"github:way-lab/nf1@main"}),
    (
        GITHUB,
        {"StringEquals": hub(sub=[MAIN, MAIN.replace("main", "dev")])},
        {"github:way-lab/nf1@main", "github:way-lab/nf1@dev"},
    ),
    (GITHUB, {"StringLike": hub(sub="repo:way-lab/nf1:*")}, {"github:way-lab/nf1@*"}),
    (GITHUB, {"StringLike": hub(sub="repo:way-lab/*")}, {"github:way-lab/*@*"}),
    (GITHUB, {"StringLike": hub(sub="repo:way-lab/nf*:ref:refs/heads/main")}, {"github:way-lab/nf*@main"}),
    (GITHUB, {"StringEquals": hub(sub="repo:way-lab/nf1:environment:prod")}, {"github:way-lab/nf1@environment:prod"}),
    (GITHUB, {"StringEquals": hub(sub="repo:way-lab/nf1:pull_request")}, {"github:way-lab/nf1@pull_request"}),
    (GITHUB, {"ForAnyValue:StringLike": hub(sub="repo:way-lab/nf1:*")}, {"github:way-lab/nf1@*"}),
    (GITHUB, None, {"any_account"}),
    (GITHUB, {"StringEquals": hub(aud="sts.amazonaws.com")}, {"any_account"}),
    (GITHUB, {"StringLike": hub(sub="*")}, {"any_account"}),
    (GITHUB, {"StringLike": hub(sub="repo:*")}, {"any_account"}),
    (GITHUB, {"StringLike": hub(sub="repo:way-lab*")}, {"any_account"}),
    (GITHUB, {"StringLike": hub(sub="repo:*/nf1:*")}, {"any_account"}),
    (GITHUB, {"StringLike": hub(sub=["repo:way-lab/nf1:*", "*"])}, {"github:way-lab/nf1@*", "any_account"}),
    (GITHUB, {"StringLike": hub(sub="repo:${aws:username}/nf1:*")}, {"any_account"}),
    (GITHUB, {"StringEqualsIfExists": hub(sub=MAIN)}, {"any_account"}),
    (GITHUB, {"ForAllValues:StringLike": hub(sub=MAIN)}, {"any_account"}),
    (GITHUB, {"StringNotEquals": hub(sub=MAIN)}, {"any_account"}),
    (GITHUB, {"StringEquals": hub(repository="way-lab/nf1")}, {"github:way-lab/nf1@*"}),
    (GITHUB, {"StringEquals": hub(repository_owner="way-lab")}, {"github:way-lab/*@*"}),
    (GITLAB, None, {"any_account"}),
    (
        GITLAB,
        {"StringEquals": {"gitlab.com:sub": "project_path:way/nf1:ref_type:branch:ref:main"}},
        {"oidc:gitlab.com#project_path:way/nf1:ref_type:branch:ref:main"},
    ),
    (GITLAB, {"StringLike": {"gitlab.com:sub": "project_path:way/*"}}, {"oidc:gitlab.com#project_path:way/*"}),
    (GITLAB, {"StringLike": {"gitlab.com:sub": "project_path:way*"}}, {"any_account"}),
    (EKS, None, {f"oidc:{EKS_HOST}"}),
    (
        EKS,
        {"StringEquals": {f"{EKS_HOST}:sub": "system:serviceaccount:lab:flow"}},
        {f"oidc:{EKS_HOST}#system:serviceaccount:lab:flow"},
    ),
    (OWN, None, {"unknown"}),
    (OWN, {"StringEquals": {"idp.way.example:sub": "ines"}}, {"oidc:idp.way.example#ines"}),
    ("accounts.google.com", None, {"anyone"}),
    ("accounts.google.com", {"StringEquals": {"accounts.google.com:sub": "1234"}}, {"oidc:accounts.google.com#1234"}),
    ("www.amazon.com", None, {"anyone"}),
    ("somebody.example", None, {"unknown"}),
    (CAMPUS, None, {f"saml:{CAMPUS}"}),
    (CAMPUS, {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, {f"saml:{CAMPUS}"}),
    (CAMPUS, {"StringEquals": {"SAML:sub": "ines@way.example"}}, {f"saml:{CAMPUS}#ines@way.example"}),
    (COGNITO, None, {"anyone"}),
    (COGNITO, {"StringLike": {f"{COGNITO}:aud": "*"}}, {"anyone"}),
    (COGNITO, {"StringEquals": {f"{COGNITO}:aud": POOL}}, {f"cognito:{POOL}"}),
]


@pytest.mark.parametrize(("provider", "condition", "expected"), TOKENS, ids=[str(case[:2]) for case in TOKENS])
def test_a_provider_lets_in_those_whose_tokens_are_asked_for(provider: str, condition: Any, expected: set[str]) -> None:
    """One repository, subject or pool; or whoever can have an account there."""
    said = trust({"Federated": provider}, condition, "sts:AssumeRoleWithWebIdentity")
    assert who(said) == expected


@pytest.mark.parametrize(
    ("amr", "tied"),
    [
        ("authenticated", (("authenticated",),)),
        ("unauthenticated", (("unauthenticated",),)),
        (["authenticated", "unauthenticated"], ()),
        (None, ()),
    ],
)
def test_a_pool_says_whether_who_has_not_signed_in_comes_too(amr: Any, tied: tuple[Any, ...]) -> None:
    """Without a condition both do."""
    condition: dict[str, Any] = {"StringEquals": {f"{COGNITO}:aud": POOL}}
    if amr:
        condition["ForAnyValue:StringLike"] = {f"{COGNITO}:amr": amr}
    said = trust({"Federated": COGNITO}, condition, "sts:AssumeRoleWithWebIdentity")
    (grant,) = trusted({"Statement": said}, arn("r"))
    assert (grant.who, tuple(values for _, values in grant.source)) == (f"cognito:{POOL}", tied)


def test_everybody_with_a_token_is_anyone() -> None:
    """Everybody can have a pool of their own, so a trust policy for all tokens is for all."""
    assert who(trust("*", None, "sts:AssumeRoleWithWebIdentity")) == {"anyone"}
    assert who(trust("*", None, "sts:*")) == {"anyone", "any_account"}


def test_a_deny_takes_from_a_trust_policy() -> None:
    """All but an organisation, or one account of two."""
    outside = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
               "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc"}}}  # fmt: skip
    assert who(trust({"AWS": "*"}), outside) == {"org:o-abc"}
    one = {"Effect": "Deny", "Principal": {"AWS": B}, "Action": "sts:*"}
    assert who(trust({"AWS": [A, B]}), one) == {f"account:{A}"}


def test_what_is_no_way_to_become_a_role_lets_in_nobody() -> None:
    """Tagging a session is none."""
    assert who(trust({"AWS": B}, None, "sts:TagSession")) == set()


@pytest.mark.parametrize("policy", [None, "{", 7, {"Statement": ["x"]}, unread("AccessDenied")])
def test_a_trust_policy_that_cannot_be_read_lets_in_somebody_unknown(policy: Any) -> None:
    """It is not the same as nobody."""
    assert {grant.who for grant in trusted(policy, arn("r"))} == {"unknown"}
    assert {grant.who for grant in holders({"Arn": arn("r"), "AssumeRolePolicyDocument": policy}, {})} == {"unknown"}


def role(name: str, *said: Any, may: Any = ()) -> dict[str, Any]:
    """A role with a trust policy, and with what it may do."""
    own = [{"PolicyName": "own", "PolicyDocument": {"Statement": list(may)}}] if may else []
    document = {"Version": "2012-10-17", "Statement": list(said)}
    return {"RoleName": name, "Arn": arn(name), "AssumeRolePolicyDocument": document, "RolePolicyList": own}


def person(name: str, *may: Any) -> dict[str, Any]:
    """A user, and what they may do."""
    own = [{"PolicyName": "own", "PolicyDocument": {"Statement": list(may)}}]
    return {"UserName": name, "Arn": arn(name, "user"), "UserPolicyList": own}


def become(*names: str) -> dict[str, Any]:
    """Leave to become roles."""
    return {"Sid": "become", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": [arn(name) for name in names]}


def held(name: str, *identities: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Who may become a role of an account, with the path."""
    roles = [one for one in identities if "RoleName" in one]
    users = [one for one in identities if "UserName" in one]
    details = {"UserDetailList": users, "RoleDetailList": roles, "GroupDetailList": [], "Policies": []}
    (asked,) = [one for one in roles if one["RoleName"] == name]
    return {grant.who: grant.path for grant in holders(asked, details, now=NOW)}


def test_an_account_stands_for_those_of_it_whose_policies_let_them() -> None:
    """Of the role's own account; of another one nobody knows whom its policies let."""
    asked = role("r", trust({"AWS": [A, B]}))
    found = held("r", asked, person("ines", become("r")), person("tomas", become("other")), person("cora"))
    assert set(found) == {arn("ines", "user"), f"account:{B}"}
    assert found[arn("ines", "user")] == (
        *("trust policy of role r", "statement 1"),
        *("user ines", "policy own", "statement become"),
    )


def test_an_account_that_was_not_read_stays() -> None:
    """Then all of it counts."""
    asked = role("r", trust({"AWS": A}))
    assert {grant.who for grant in holders(asked, {})} == {f"account:{A}"}
    assert {grant.who for grant in holders(asked, unread("AccessDenied"))} == {f"account:{A}"}
    assert "unknown" in {grant.who for grant in holders(asked, {"RoleDetailList": [asked]})}


def test_who_may_become_a_role_by_another_is_named() -> None:
    """Through two roles, with the whole way in the path."""
    far = role("far", trust({"AWS": arn("middle")}))
    middle = role("middle", trust({"AWS": arn("near")}))
    near = role("near", trust({"AWS": arn("ines", "user")}))
    found = held("far", far, middle, near)
    assert set(found) == {arn("middle"), arn("near"), arn("ines", "user")}
    assert found[arn("ines", "user")] == tuple(
        part for name in ("far", "middle", "near") for part in (f"trust policy of role {name}", "statement 1")
    )


def test_roles_that_become_each_other_end() -> None:
    """A loop of roles is followed once."""
    one = role("one", trust({"AWS": [arn("two"), arn("ines", "user")]}))
    two = role("two", trust({"AWS": arn("one")}))
    assert set(held("one", one, two)) == {arn("two"), arn("ines", "user")}
    assert set(held("two", one, two)) == {arn("one"), arn("ines", "user")}


def test_a_public_role_makes_what_it_may_become_public() -> None:
    """By GitHub, by a pool, by everybody."""
    inner = role("inner", trust({"AWS": A}))
    for principal, action, expected in (
        ({"AWS": "*"}, "sts:AssumeRole", "any_account"),
        ({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", "any_account"),
        ({"Federated": COGNITO}, "sts:AssumeRoleWithWebIdentity", "anyone"),
    ):
        outer = role("outer", trust(principal, None, action), may=[become("inner")])
        assert expected in held("inner", inner, outer)
        assert expected not in held("inner", inner, role("outer", trust(principal, None, action)))


def test_a_session_and_a_pattern_stand_for_their_roles() -> None:
    """Who may become the role may be the session."""
    near = role("near", trust({"AWS": arn("ines", "user")}))
    session = {"AWS": f"arn:aws:sts::{A}:assumed-role/near/me"}
    pattern = {"StringLike": {"aws:PrincipalArn": arn("n*")}}
    assert arn("ines", "user") in held("r", role("r", trust(session)), near)
    assert arn("ines", "user") in held("r", role("r", trust({"AWS": "*"}, pattern)), near)


def test_a_chain_that_is_too_long_ends_in_somebody_unknown() -> None:
    """It is not followed for ever, and not forgotten."""
    roles = [role(f"r{n}", trust({"AWS": arn(f"r{n + 1}")})) for n in range(12)]
    assert "unknown" in held("r0", *roles)


def test_an_end_of_any_part_of_the_way_is_the_end() -> None:
    """The first of them."""
    far = role("far", trust({"AWS": arn("near")}, {"DateLessThan": {"aws:CurrentTime": "2028-01-01T00:00:00Z"}}))
    near = role("near", trust({"AWS": B}, {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}))
    found = {
        grant.who: grant.until for grant in holders(far, {"RoleDetailList": [far, near], "UserDetailList": []}, now=NOW)
    }
    assert found == {arn("near"): "2028-01-01T00:00:00Z", f"account:{B}": "2027-01-01T00:00:00Z"}
