"""Who comes in through an identity provider, by what a role's trust policy asks of the token.

A provider vouches for thousands, and GitHub's for everybody who has a repository there. Only what asks for one subject,
repository or pool lets in somebody who can be told; a pattern of subjects has to name the owner in full.

Sources: AWS IAM User Guide, "Create a role for OpenID Connect federation", "Available keys for AWS OIDC federation" and
"Available keys for SAML-based AWS STS federation"; Amazon Cognito Developer Guide, "Role trust and permissions"; GitHub
Docs, "Configuring OpenID Connect in Amazon Web Services", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from slidebox.access.aws.conditions import TEXTS, Test
from slidebox.access.aws.outsiders import Group
from slidebox.access.aws.possible import NO, possible
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

_OIDC: Final = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:oidc-provider/(?P<host>.+)$")
_SAML: Final = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:saml-provider/.+$")
_GITHUB: Final = "token.actions.githubusercontent.com"
_COGNITO: Final = "cognito-identity.amazonaws.com"
_OPEN: Final = frozenset({_GITHUB, "gitlab.com", "app.terraform.io", "agent.buildkite.com", "accounts.google.com"})
"""Providers where everybody can have an account."""
_SIGN_IN: Final = frozenset({"accounts.google.com", "graph.facebook.com", "www.amazon.com"})
"""Providers that AWS knows by itself: whoever has an account there comes by an application of their own."""
_OF_A_CLUSTER: Final = re.compile(r"^oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/id/[A-Z0-9]+$")
_WILD: Final = re.compile(r"[*?]|\$\{")
_GITHUB_SUBJECT: Final = re.compile(r"^repo:(?P<repository>[\w.-]+/[\w.*?-]+?)(?::(?P<rest>.*))?$")
_OWNED: Final = re.compile(r"^[\w.-]+:[^/:*?$]+[/:]")
_BRANCH: Final = "ref:refs/heads/"
Tied = tuple[tuple[str, tuple[str, ...]], ...]


def federated(provider: str, groups: Mapping[str, Group]) -> Iterator[tuple[str, Tied]]:
    """Whom a provider lets in, of those whose tokens pass tests, and what they are tied to.

    Parameters
    ----------
    provider
        As the trust policy names it.
    groups
        Tests by their keys, those of the token among them.
    """
    if _SAML.match(provider):
        subjects = _asked("saml:sub", groups)
        yield from ((f"saml:{provider}#{one.values[0]}", ()) for one in subjects)
        if not subjects:
            yield f"saml:{provider}", ()
        return
    if provider == _COGNITO:
        yield from _of_pool(groups)
        return
    found = _OIDC.match(provider)
    host = found["host"] if found else provider
    if host == _GITHUB:
        yield from ((who, ()) for who in _of_github(groups))
    elif found is None and host not in _SIGN_IN:
        yield UNKNOWN, ()
    else:
        yield from ((who, ()) for who in _of_host(host, groups))


def _of_pool(groups: Mapping[str, Group]) -> Iterator[tuple[str, Tied]]:
    pools = _asked(f"{_COGNITO}:aud", groups)
    if not pools or any(_WILD.search(one.values[0]) for one in pools if one.family != "string"):
        yield ANYONE, ()  # anybody can have a pool of their own
        return
    key = f"{_COGNITO}:amr"
    ways = groups.get(key, ())
    open_to = tuple(
        way
        for way in ("authenticated", "unauthenticated")
        if all(one.holds((way,)) or (way == "authenticated" and one.holds((way, "x"))) for one in ways)
    )
    tied: Tied = ((key, open_to),) if len(open_to) == 1 else ()
    yield from ((f"cognito:{one.values[0]}", tied) for one in pools)


def _of_github(groups: Mapping[str, Group]) -> Iterator[str]:
    subjects = _asked(f"{_GITHUB}:sub", groups)
    if not subjects:
        owners = [*_asked(f"{_GITHUB}:repository", groups), *_asked(f"{_GITHUB}:repository_owner", groups)]
        plain = [one.values[0] for one in owners if one.family == "string" or not _WILD.search(one.values[0])]
        yield from (f"github:{value if '/' in value else f'{value}/*'}@*" for value in plain)
        if not plain:
            yield ANY_ACCOUNT
        return
    for one in subjects:
        subject = one.values[0]
        named = None if "${" in subject else _GITHUB_SUBJECT.match(subject)
        # Without an end to the repository's name, a pattern takes in others of the same owner only.
        if named is None or _WILD.search(named["repository"].partition("/")[0]):
            exact = one.family == "string" and "${" not in subject
            yield f"github:{subject}" if exact else ANY_ACCOUNT
            continue
        rest = named["rest"] if named["rest"] is not None else "*"
        yield f"github:{named['repository']}@{rest.removeprefix(_BRANCH)}"


def _of_host(host: str, groups: Mapping[str, Group]) -> Iterator[str]:
    subjects = _asked(f"{host}:sub".lower(), groups)
    for one in subjects:
        subject = one.values[0]
        whole = (one.family == "string" and "${" not in subject) or not _WILD.search(subject)
        if whole or (_OWNED.match(_WILD.split(subject)[0]) and "${" not in subject):
            yield f"oidc:{host}#{subject}"
        else:
            yield _everybody_of(host)
    if not subjects:
        yield _everybody_of(host)


def _everybody_of(host: str) -> str:
    if host in _SIGN_IN:
        return ANYONE
    if host in _OPEN:
        return ANY_ACCOUNT
    return f"oidc:{host}" if _OF_A_CLUSTER.match(host) else UNKNOWN


def _asked(key: str, groups: Mapping[str, Group]) -> list[Test]:
    """One test for each value that a key has to have; none where it may have any."""
    group = groups.get(key, ())
    for test in group:
        if test.positive and not test.absent and test.family in TEXTS:
            single = [test._replace(values=(value,)) for value in test.values]
            return [one for one in single if possible(tuple(sorted({*group, one}))).verdict != NO]
    return []
