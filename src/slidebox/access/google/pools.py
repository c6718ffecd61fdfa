"""Whom pools of workload identities let in: everybody for whom a provider that many people use vouches, or few.

A pool for GitHub without a condition is open to everybody who has an account there: a token for it is issued to each
workflow of each repository, and its audience is whatever the workflow asks for.

Sources: Google Cloud, "Workload Identity Federation", "Configure Workload Identity Federation with deployment
pipelines" and "Best practices for using Workload Identity Federation"; GitHub, "OpenID Connect reference"; GitLab,
"OpenID Connect (OIDC) authentication using ID tokens"; as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from slidebox.access.google.expressions import Node, parsed
from slidebox.access.reader import ANY_ACCOUNT, UNKNOWN, account
from slidebox.access.snapshot import why_unread

MEMBER = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/"
    r"(?P<pool>projects/(?P<project>[^/]+)/locations/global/workloadIdentityPools/[^/]+)/(?P<rest>.+)"
)
"""A member that comes through a pool."""

_SHARED: Mapping[str, frozenset[str]] = {
    "token.actions.githubusercontent.com": frozenset(
        {
            "actor",
            "actor_id",
            "enterprise",
            "enterprise_id",
            "job_workflow_ref",
            "repository",
            "repository_id",
            "repository_owner",
            "repository_owner_id",
            "sub",
            "workflow_ref",
        }
    ),
    "gitlab.com": frozenset(
        {
            "namespace_id",
            "namespace_path",
            "project_id",
            "project_path",
            "sub",
            "user_email",
            "user_id",
            "user_login",
        }
    ),
    "app.terraform.io": frozenset({"sub", "terraform_organization_id", "terraform_organization_name"}),
    "accounts.google.com": frozenset({"email", "hd", "sub"}),
    "agent.buildkite.com": frozenset({"organization_id", "organization_slug", "sub"}),
    "api.bitbucket.org": frozenset({"sub", "repositoryUuid", "workspaceUuid"}),
    "cognito-identity.amazonaws.com": frozenset({"sub"}),
    "login.microsoftonline.com": frozenset({"sub", "tid"}),
    "securetoken.google.com": frozenset({"sub"}),
    "vercel.com": frozenset({"owner", "owner_id", "project_id", "sub"}),
    "oidc.vercel.com": frozenset({"owner", "owner_id", "project_id", "sub"}),
    "token.oidc.circleci.com": frozenset({"sub"}),
}
"""Who vouches for everybody who signs up, and what of their tokens nobody but its owner can have said."""
_TENANTS = frozenset({"login.microsoftonline.com", "sts.windows.net"})
_ANY_TENANT = re.compile(r"^(common|organizations|consumers)?$")
_OWN = re.compile(
    r"^(container\.googleapis\.com/v1/projects/|oidc\.eks\.[\w-]+\.amazonaws\.com/id/|oidc\.circleci\.com/org/"
    r"|[\w-]+\.(okta|oktapreview|auth0|[a-z]{2}\.auth0)\.com(/|$))"
)
"""Issuers of one cluster or one organisation; those of GitHub with a path are one enterprise's."""
_NAMES_OWNER = re.compile(r"\w")


def through_pool(member: str, pool: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who comes in as a member of a pool, and how, in words.

    Parameters
    ----------
    member
        ``principal://…`` or ``principalSet://…``.
    pool
        What is known of the pool; None where that is nothing.
    """
    match = MEMBER.fullmatch(member)
    if match is None or match["pool"].endswith(".svc.id.goog"):
        yield account(member), ()
        return
    name, rest = match["pool"].rpartition("/")[2], match["rest"]
    words = f"workload identity pool {name}"
    providers = pool.get("providers") if isinstance(pool, Mapping) else None
    why = why_unread(pool) or why_unread(providers)
    if why is not None or not isinstance(providers, list):
        # A single subject is a name, whoever vouches for it; a set of them can be everybody.
        yield (
            (account(member), (words,))
            if rest.startswith("subject/")
            else (
                UNKNOWN,
                (words, why or "what lets people in there is not part of this"),
            )
        )
        return
    if pool.get("disabled") is True or pool.get("state") == "DELETED":
        return
    for provider in providers:
        said = provider if isinstance(provider, Mapping) else {}
        if said.get("disabled") is not True and said.get("state") != "DELETED":
            yield from _through(said, rest, member, words)


def _through(provider: Mapping[str, Any], rest: str, member: str, words: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    name = str(provider.get("name") or "").rpartition("/")[2]
    path = (words, f"provider {name}") if name else (words,)
    if why := why_unread(provider) or why_unread(provider.get("oidc")):
        yield UNKNOWN, (*path, why)
        return
    host, owners, shared = _issuer(provider)
    if not owners:
        # One organisation's own: an account of AWS, a tenant, a cluster, a directory.
        yield account(member), (*path, f"of {host}" if host else "of the organisation's own")
        return
    later = why_unread(provider.get("attributeCondition"))
    narrow = _narrow(provider, rest, owners)
    if not narrow and (later or rest == UNKNOWN):
        yield UNKNOWN, (*path, later or "which of its identities is not known yet")
    elif narrow:
        yield account(narrow if narrow.startswith("principal") else f"{host}:{narrow}"), path
    elif shared:
        yield ANY_ACCOUNT, (*path, f"any account of {host}")
    else:
        yield UNKNOWN, (*path, f"whom {host} vouches for is not known")


def _issuer(provider: Mapping[str, Any]) -> tuple[str, frozenset[str], bool]:
    """Who vouches, what of its tokens names an owner, and whether it vouches for everybody who signs up.

    Nothing names an owner where the issuer is one organisation's own.
    """
    if isinstance(aws := provider.get("aws"), Mapping):
        return f"account {aws.get('accountId')} of AWS", frozenset(), False
    if provider.get("saml") or provider.get("x509"):
        return "", frozenset(), False
    oidc = provider.get("oidc")
    parts = urlsplit(str(oidc.get("issuerUri") or "")) if isinstance(oidc, Mapping) else urlsplit("")
    host = (parts.hostname or "").lower()
    if not host:
        return "an issuer that is not known", frozenset({"sub"}), False
    inner = parts.path.strip("/")
    if host in _TENANTS and not _ANY_TENANT.match(inner.partition("/")[0]):
        return f"tenant {inner.partition('/')[0]}", frozenset(), False
    if (host == "token.actions.githubusercontent.com" and inner) or _OWN.search(f"{host}/{inner}"):
        return f"{host}/{inner}", frozenset(), False
    return host, _SHARED.get(host, frozenset({"sub"})), host in _SHARED


def _narrow(provider: Mapping[str, Any], rest: str, owners: frozenset[str]) -> str:
    """What of one owner is let in; empty where everybody is."""
    mapping = provider.get("attributeMapping")
    claims = _claims(mapping if isinstance(mapping, Mapping) else {})
    kind, _, value = rest.partition("/")
    if kind == "subject" and claims.get("google.subject") in owners and value:
        return value
    if kind.startswith("attribute.") and claims.get(kind) in owners and _NAMES_OWNER.search(value):
        return f"{kind.removeprefix('attribute.')} {value}"
    condition = provider.get("attributeCondition")
    node = parsed(condition) if isinstance(condition, str) and condition.strip() else None
    return _named(node, claims, owners) if node is not None else ""


def _claims(mapping: Mapping[str, Any]) -> dict[str, str]:
    """What of a token each attribute is, where it is one claim as it stands."""
    plain = {str(name): re.fullmatch(r"\s*assertion\.(\w+)\s*", str(said)) for name, said in mapping.items()}
    return {name: match[1] for name, match in plain.items() if match}


def _named(node: Node, claims: Mapping[str, str], owners: frozenset[str]) -> str:
    """Whom a condition asks for by name; empty where it asks for nobody, or in a way that is not understood.

    Of two that have to hold one is enough; of two of which one has to hold both must ask for somebody.
    """
    kind = node[0]
    if kind == "and":
        return _named(node[1], claims, owners) or _named(node[2], claims, owners)
    if kind == "or":
        one, other = (_named(part, claims, owners) for part in node[1:])
        return f"{one} or {other}" if one and other else ""
    if kind == "compare" and node[1] == "==":
        for one, other in ((node[2], node[3]), (node[3], node[2])):
            if (claim := _claim(one, claims)) in owners and _plain_text(other):
                return f"{claim} {other[1]}"
    if kind == "compare" and node[1] == "in" and node[3][0] == "list" and node[3][1]:
        claim = _claim(node[2], claims)
        if claim in owners and all(map(_plain_text, node[3][1])):
            return " or ".join(f"{claim} {one[1]}" for one in node[3][1])
    if kind == "call" and node[1] is not None and node[2] == "startsWith" and len(node[3]) == 1:
        claim, (wanted,) = _claim(node[1], claims), node[3]
        if claim in owners and _plain_text(wanted) and _whole_owner(wanted[1]):
            return f"{claim} {wanted[1]}*"
    return ""


def _claim(node: Node, claims: Mapping[str, str]) -> str:
    """The claim of a token that a part of a condition is."""
    if node[0] != "member" or node[1][0] != "name":
        return ""
    if node[1][1] == "assertion":
        return str(node[2])
    return claims.get(f"{node[1][1]}.{node[2]}", "")


def _plain_text(node: Node) -> bool:
    return node[0] == "value" and isinstance(node[1], str) and bool(_NAMES_OWNER.search(node[1]))


def _whole_owner(start: str) -> bool:
    """Whether a beginning has the whole name of an owner: without a mark behind it others begin with it too."""
    return bool(re.match(r"(\w+:)?[\w.-]+[/:@]", start)) and not re.fullmatch(r"\w+:", start)
