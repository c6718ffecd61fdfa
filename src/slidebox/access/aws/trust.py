"""Who may become a role: whom its trust policy lets, and by which chain of roles.

Sources: AWS IAM User Guide, "How to use trust policies with IAM roles", "IAM roles: terms and concepts" (role chaining)
and "AWS JSON policy elements: Principal", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from slidebox.access.aws.actions import ROLE
from slidebox.access.aws.boxes import Box, Denial, by_key, denials_of, left_of
from slidebox.access.aws.conditions import understood
from slidebox.access.aws.documents import Statement, statements
from slidebox.access.aws.federated import federated
from slidebox.access.aws.identities import account_of, identity_grants, prepared
from slidebox.access.aws.matching import Glob, matches
from slidebox.access.aws.possible import NO, possible
from slidebox.access.aws.regions import Region
from slidebox.access.aws.resource_policies import Grant, everybody_named
from slidebox.access.aws.somebody import let_in
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN
from slidebox.access.snapshot import why_unread

_ASSUME: Final = "sts:assumerole"
_BY_TOKEN: Final = frozenset(ROLE) - {_ASSUME}
_DEEPEST: Final = 8
"""Chains longer than this are not followed: somebody unknown stands at their end."""


def trusted(
    policy: object, role: str, path: tuple[str, ...] = (), *, now: dt.datetime | None = None
) -> tuple[Grant, ...]:
    """Whom a role's trust policy lets in.

    Parameters
    ----------
    policy
        The document, as an object or as JSON text.
    role
        The role's ARN.
    path
        What comes before the statement in each grant's path.
    now
        The time from which requests count; all times where None.
    """
    del role
    if (why := why_unread(policy)) is not None:
        return (Grant(UNKNOWN, frozenset(ROLE), (*path, why), doubtful=True),)
    said = statements(policy) if policy is not None else None
    if said is None:
        return (Grant(UNKNOWN, frozenset(ROLE), (*path, "it cannot be read"), doubtful=True),)
    # A trust policy is about the role that it stands at, so its statements name no resource.
    said = tuple(one._replace(resources=("*",), elsewhere=False) for one in said)
    denied = denials_of(said)
    found: dict[Grant, None] = {}
    for one in said:
        if one.allows is not False:
            found.update(dict.fromkeys(_of_statement(one, (*path, one.name), denied, now)))
    return tuple(sorted(found, key=lambda grant: (grant.who, grant.path, grant.until, sorted(grant.actions))))


def _of_statement(
    said: Statement, path: tuple[str, ...], denied: tuple[Denial, ...], now: dt.datetime | None
) -> Iterator[Grant]:
    if said.allows is None or said.principals is None or said.actions is None:
        yield Grant(UNKNOWN, frozenset(ROLE), (*path, "it cannot be understood"), doubtful=True)
        return
    actions = said.actions & frozenset(ROLE)
    if not actions:
        return
    for somebody in everybody_named(said):
        tests, doubtful = understood((*somebody.tests, *said.tests))
        box = Box(actions, Region("*"), tests, doubtful)
        for left in left_of([box], denied):
            yield from _let_in(left, somebody.label, path, now)


def _let_in(box: Box, label: str, path: tuple[str, ...], now: dt.datetime | None) -> Iterator[Grant]:
    kind, _, provider = label.partition(":")
    if kind == "federated":
        groups = by_key(box.tests)
        if any(possible(group).verdict == NO for group in groups.values()):
            return
        for one in let_in(box, label, now):
            for who, tied in federated(provider, groups):
                yield Grant(who, box.actions, path, one.until, (*one.source, *tied), one.doubtful)
        return
    if label == ANYONE and box.actions & _BY_TOKEN:
        # Everybody has a provider that AWS takes tokens from: a pool of their own.
        pools = federated("cognito-identity.amazonaws.com", by_key(box.tests))
        yield from (Grant(who, box.actions & _BY_TOKEN, path, "", tied, box.doubtful) for who, tied in pools)
    if _ASSUME in box.actions:
        for one in let_in(box._replace(actions=frozenset({_ASSUME})), label, now):
            yield Grant(one.who, frozenset({_ASSUME}), path, one.until, one.source, one.doubtful)


def holders(role: Mapping[str, Any], authorization: object, *, now: dt.datetime | None = None) -> tuple[Grant, ...]:
    """Who may become a role, themselves or by way of other roles.

    Parameters
    ----------
    role
        One of ``RoleDetailList`` of IAM's ``GetAccountAuthorizationDetails``.
    authorization
        That answer: those of the role's own account whose policies let them become it are found there.
    now
        The time from which requests count; all times where None.

    Returns
    -------
    tuple of Grant
        Of everybody whom the trust policy lets in; for ``account:ID`` of the role's own account those of its identities
        whose policies let them, and ``account:ID`` itself only where these could not be read; and for each role of
        the account among them those who may become that.
    """
    return tuple(dict.fromkeys(_held(role, authorization, now, frozenset())))


def _held(
    role: Mapping[str, Any], authorization: object, now: dt.datetime | None, above: frozenset[str]
) -> Iterator[Grant]:
    arn = str(role.get("Arn") or "")
    above |= {arn}
    path = (f"trust policy of role {role.get('RoleName') or arn}",)
    roles = _roles(authorization)
    for grant in trusted(role.get("AssumeRolePolicyDocument"), arn, path, now=now):
        named = [grant]
        if grant.who == f"account:{account_of(arn)}" and account_of(arn) and roles is not None:
            named = list(_of_account(grant, arn, authorization, now))
        for one in named:
            yield one
            if one.who in (ANYONE, ANY_ACCOUNT, UNKNOWN):
                continue
            for between in _meant(one.who, roles or {}):
                yield from _by_way_of(between, one, authorization, now, above)


def _by_way_of(
    between: Mapping[str, Any], grant: Grant, authorization: object, now: dt.datetime | None, above: frozenset[str]
) -> Iterator[Grant]:
    """Those who become a role by becoming another first."""
    name = str(between.get("Arn"))
    if name in above:
        return
    if len(above) >= _DEEPEST:
        yield replace(grant, who=UNKNOWN, path=(*grant.path, "the chain of roles is too long"), doubtful=True)
        return
    for one in _held(between, authorization, now, above):
        if one.who in above:
            continue
        ends = sorted(end for end in (grant.until, one.until) if end)
        yield Grant(
            one.who,
            grant.actions,
            (*grant.path, *one.path),
            ends[0] if ends else "",
            one.source,
            grant.doubtful or one.doubtful,
        )


def _of_account(grant: Grant, arn: str, authorization: object, now: dt.datetime | None) -> Iterator[Grant]:
    """The identities of a role's own account whose own policies let them become it."""
    details = authorization if isinstance(authorization, Mapping) else {}
    for part in ("UserDetailList", "RoleDetailList"):
        listed = details.get(part)
        if not isinstance(listed, list | tuple):
            why = why_unread(listed) or f"{part} was not read"
            yield replace(grant, who=UNKNOWN, path=(*grant.path, why), doubtful=True)
            continue
        for identity in listed:
            if not isinstance(identity, Mapping):
                yield replace(grant, who=UNKNOWN, path=(*grant.path, "an identity cannot be read"), doubtful=True)
                continue
            if identity.get("Arn") == arn or not _may_assume(identity, authorization):
                continue
            for one in identity_grants(identity, authorization, arn, account=account_of(arn), now=now):
                if _ASSUME in one.actions:
                    yield Grant(
                        one.who,
                        frozenset({_ASSUME}),
                        (*grant.path, *one.path),
                        min((end for end in (grant.until, one.until) if end), default=""),
                        grant.source,
                        grant.doubtful or one.doubtful,
                    )


def _may_assume(identity: Mapping[str, Any], authorization: object) -> bool:
    """Whether any policy of an identity may let it become a role."""
    return any(
        policy.said is None
        or any(one.allows is not False and (one.actions is None or _ASSUME in one.actions) for one in policy.said)
        for policy in prepared(identity, authorization).written
    )


def _roles(authorization: object) -> Mapping[str, Mapping[str, Any]] | None:
    """Every role of an account by its ARN; None where they were not read."""
    listed = authorization.get("RoleDetailList") if isinstance(authorization, Mapping) else None
    if not isinstance(listed, list | tuple):
        return None
    return {str(one.get("Arn")): one for one in listed if isinstance(one, Mapping)}


def _meant(who: str, roles: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The roles of the account that an ARN names, itself or by a session."""
    if who in roles:
        return [roles[who]]
    if ":assumed-role/" in who:
        account, name = account_of(who), who.split("/")[1]
        return [one for arn, one in roles.items() if account_of(arn) == account and arn.rpartition("/")[2] == name]
    if "*" in who and ":role/" in who:
        return [one for arn, one in roles.items() if matches(Glob(who), arn)]
    return []
