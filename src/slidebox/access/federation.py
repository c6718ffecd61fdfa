"""Who comes in through an identity provider, by a statement of a role's trust policy.

A provider vouches for thousands, and GitHub's for everybody who has a repository there. Only a statement that asks
for one subject, and for a token that was issued for AWS, lets in somebody who can be told.

Sources: AWS IAM User Guide, "Create a role for OpenID Connect federation" and "Available keys for SAML-based AWS
STS federation", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slidebox.access.reader import UNKNOWN, account
from slidebox.access.s3_statements import texts

_GITHUB = "token.actions.githubusercontent.com"
_PROVIDER = re.compile(rf"^arn:aws[a-z-]*:iam::\d{{12}}:oidc-provider/{re.escape(_GITHUB)}$")
_SAML = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:saml-provider/[\w.-]+$")
_BRANCH = re.compile(r"^repo:(?P<repository>[\w.-]+/[\w.-]+):ref:refs/heads/(?P<branch>[\w./-]+)$")
_SIGN_IN = "https://signin.aws.amazon.com/saml"


def federated(said: Mapping[Any, Any]) -> tuple[str, ...] | None:
    """Whom a statement lets in from identity providers; None where it names nobody else than others are.

    Parameters
    ----------
    said
        A statement of a role's trust policy.

    Returns
    -------
    tuple of str
        ``account:github:OWNER/REPOSITORY@BRANCH``, ``account:saml:PROVIDER-ARN`` with ``#SUBJECT`` where one is asked
        for, or somebody unknown.
    """
    named = said.get("Principal")
    if not isinstance(named, Mapping) or set(named) != {"Federated"}:
        return None
    providers = texts(named["Federated"]) or (UNKNOWN,)
    asked = _asked(said.get("Condition"))
    return tuple(dict.fromkeys(who for provider in providers for who in _through(provider, asked)))


def _through(provider: str, asked: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Whom one provider lets in, of those who can bring what is asked for."""
    if _PROVIDER.match(provider) and asked.get(f"{_GITHUB}:aud") == ("sts.amazonaws.com",):
        branches = [_BRANCH.match(subject) for subject in asked.get(f"{_GITHUB}:sub", ())]
        found = [account(f"github:{branch['repository']}@{branch['branch']}") for branch in branches if branch]
        return tuple(found) if found and len(found) == len(branches) else (UNKNOWN,)
    if _SAML.match(provider) and asked.get("saml:aud") == (_SIGN_IN,):
        subjects = asked.get("saml:sub")
        return (
            tuple(account(f"saml:{provider}#{one}") for one in subjects) if subjects else (account(f"saml:{provider}"),)
        )
    return (UNKNOWN,)


def _asked(condition: object) -> dict[str, tuple[str, ...]]:
    """What a call has to carry exactly, by keys in small letters."""
    equals = condition.get("StringEquals") if isinstance(condition, Mapping) else None
    if not isinstance(equals, Mapping):
        return {}
    found = {str(key).lower(): texts(value) for key, value in equals.items()}
    return {key: values for key, values in found.items() if values is not None and not any("${" in v for v in values)}
