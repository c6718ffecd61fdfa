"""Who comes in through an identity provider: one branch of one repository, one subject, or nobody knows who."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.federation import federated
from slidebox.access.iam import trusted

ACCOUNT = "123456789012"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
CAMPUS = f"arn:aws:iam::{ACCOUNT}:saml-provider/campus"
AUD = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
SUB = "token.actions.githubusercontent.com:sub"
MAIN = "repo:way-lab/nf1:ref:refs/heads/main"
SIGN_IN = {"SAML:aud": "https://signin.aws.amazon.com/saml"}


def statement(provider: Any, equals: Any = None, **more: Any) -> dict[str, Any]:
    """A statement of a trust policy."""
    condition = {"Condition": {"StringEquals": equals}} if equals is not None else {}
    return {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "x", **condition, **more}


@pytest.mark.parametrize(
    ("provider", "equals", "who"),
    [
        (GITHUB, {**AUD, SUB: MAIN}, ("account:github:way-lab/nf1@main",)),
        (
            GITHUB,
            {**AUD, SUB: [MAIN, MAIN.replace("main", "dev")]},
            ("account:github:way-lab/nf1@main", "account:github:way-lab/nf1@dev"),
        ),
        (CAMPUS, {**SIGN_IN, "SAML:sub": "ines@way.example"}, (f"account:saml:{CAMPUS}#ines@way.example",)),
        (CAMPUS, SIGN_IN, (f"account:saml:{CAMPUS}",)),
    ],
)
def test_whoever_is_asked_for_exactly_is_known(provider: str, equals: Any, who: tuple[str, ...]) -> None:
    """By the identity that the lab file has for them."""
    assert federated(statement(provider, equals)) == who


@pytest.mark.parametrize(
    ("provider", "equals"),
    [
        (GITHUB, None),
        (GITHUB, AUD),
        (GITHUB, {SUB: MAIN}),
        (GITHUB, {**AUD, SUB: "repo:way-lab/nf1:pull_request"}),
        (GITHUB, {**AUD, SUB: [MAIN, "repo:way-lab/nf1:*"]}),
        (GITHUB, {**AUD, SUB: "repo:way-lab/${aws:username}:ref:refs/heads/main"}),
        (GITHUB, {"token.actions.githubusercontent.com:aud": ["sts.amazonaws.com", "other"], SUB: MAIN}),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com", {**AUD, SUB: MAIN}),
        ("accounts.google.com", {**AUD, SUB: MAIN}),
        (CAMPUS, None),
        (CAMPUS, {"SAML:sub": "ines@way.example"}),
        ([], {**AUD, SUB: MAIN}),
    ],
)
def test_anybody_else_is_somebody_unknown(provider: Any, equals: Any) -> None:
    """Any branch, any repository, any audience, any other provider."""
    assert federated(statement(provider, equals)) == ("unknown",)


def test_a_pattern_of_subjects_is_not_counted_on() -> None:
    """``StringLike`` may let in forks and pull requests."""
    like = {"Condition": {"StringEquals": AUD, "StringLike": {SUB: "repo:way-lab/*"}}}
    assert federated(statement(GITHUB, None, **like)) == ("unknown",)


def test_accounts_are_not_read_here() -> None:
    """Nor a statement that names both."""
    assert federated({"Principal": {"AWS": "*"}}) is None
    assert federated({"Principal": {"AWS": ACCOUNT, "Federated": GITHUB}}) is None


def test_a_role_s_trust_policy_is_read_so() -> None:
    """With the statement in the path."""
    policy = {"Statement": [statement(GITHUB, {**AUD, SUB: MAIN}, Sid="Flow"), statement(GITHUB, AUD)]}
    assert [(holder.principal, holder.path) for holder in trusted(policy, "r")] == [
        ("account:github:way-lab/nf1@main", ("trust policy of role r", "statement Flow")),
        ("unknown", ("trust policy of role r", "statement 2")),
    ]
