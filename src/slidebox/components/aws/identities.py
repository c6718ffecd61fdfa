"""Who may take a role on, from what a lab calls its people, teams and services at AWS. Pure.

Three kinds of identities, none of which has a key that would not end by itself::

    arn:aws:iam::123456789012:role/mira       a role or a user of any account, such as one of IAM Identity Center
    github:OWNER/REPOSITORY@BRANCH            a workflow of GitHub, on one branch of one repository
    saml:PROVIDER-ARN#SUBJECT                 somebody whom an identity provider of the account vouches for

Sources: AWS IAM User Guide, "AWS JSON policy elements: Principal", "Configuring a role for GitHub OIDC identity
provider" and "Available keys for SAML-based AWS STS federation", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.errors import InputError

GITHUB = "token.actions.githubusercontent.com"
"""The host that vouches for GitHub's workflows."""
AUDIENCE = "sts.amazonaws.com"
"""For whom GitHub's tokens are issued."""

_SIGN_IN = "https://signin.aws.amazon.com/saml"
_ARN = re.compile(r"^arn:aws:iam::(?P<account>\d{12}):(?:role|user)/[\w+=,.@/-]+$")
_WORKFLOW = re.compile(r"^github:(?P<repository>[\w.-]+/[\w.-]+)@(?P<branch>[\w./-]+)$")
_SAML = re.compile(r"^saml:(?P<provider>arn:aws:iam::\d{12}:saml-provider/[\w.-]+)(?:#(?P<subject>[^*?$]+))?$")


@dataclass(frozen=True, slots=True)
class Trusted:
    """How a role's trust policy names somebody.

    Attributes
    ----------
    kind, name
        The kind of principal, ``AWS`` or ``Federated``, and its ARN.
    action
        The call by which the role is taken on.
    equals
        What the call has to carry.
    """

    kind: str
    name: str
    action: str
    equals: Mapping[str, str]


def trusted(identity: str, principal: str, account: str, external_id: str) -> Trusted:
    """How a trust policy names an identity.

    Parameters
    ----------
    identity
        As the lab file has it.
    principal
        Whom of the lab it stands for.
    account
        The account of the role.
    external_id
        What somebody of another account has to say, so that a service that works for many is not talked into
        taking this role on for the wrong one. It is no secret.

    Raises
    ------
    InputError
        If it is none of the kinds that there are, or may be more than one person.
    """
    if match := _ARN.match(identity):
        foreign = match["account"] != account
        return Trusted("AWS", identity, "sts:AssumeRole", {"sts:ExternalId": external_id} if foreign else {})
    if match := _WORKFLOW.match(identity):
        said = {
            f"{GITHUB}:aud": AUDIENCE,
            f"{GITHUB}:sub": f"repo:{match['repository']}:ref:refs/heads/{match['branch']}",
        }
        return Trusted("Federated", github_provider(account), "sts:AssumeRoleWithWebIdentity", said)
    match = _SAML.match(identity)
    if match is None:
        raise InputError(
            f"{identity!r} of {principal} is no identity of AWS.",
            "Write the ARN of a role or a user, github:OWNER/REPOSITORY@BRANCH, or saml:PROVIDER-ARN#SUBJECT.",
        )
    if not match["subject"] and principal.startswith("person:"):
        raise InputError(
            f"{identity!r} of {principal} is everybody whom the provider vouches for.",
            "Write who it is after a '#', as the provider's assertions have it: saml:PROVIDER-ARN#SUBJECT.",
        )
    said = {"SAML:aud": _SIGN_IN} | ({"SAML:sub": match["subject"]} if match["subject"] else {})
    return Trusted("Federated", match["provider"], "sts:AssumeRoleWithSAML", said)


def github_provider(account: str) -> str:
    """The ARN of an account's provider for GitHub's workflows."""
    return f"arn:aws:iam::{account}:oidc-provider/{GITHUB}"


def is_workflow(identity: str) -> bool:
    """Whether an identity is a workflow of GitHub."""
    return bool(_WORKFLOW.match(identity))


def statement(one: Trusted, names: list[str], sid: str, more: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A statement of a trust policy for several of one kind.

    Parameters
    ----------
    one
        The first of them.
    names
        The ARNs of all.
    sid
        What the statement is called.
    more
        What has to hold beside what the identity itself asks for.
    """
    condition = ({"StringEquals": dict(one.equals)} if one.equals else {}) | dict(more)
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {one.kind: names[0] if len(names) == 1 else names},
        "Action": one.action,
        **({"Condition": condition} if condition else {}),
    }
