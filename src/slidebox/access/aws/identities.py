"""What a user or a role may do with a resource by its own policies.

Its own policies, those attached to it and those of its groups are taken together; what any of them, a service control
policy or a resource control policy denies is taken off; and a permission boundary and service control policies have to
allow it too. A boundary that cannot be read limits nothing. (A resource's own policy that names a user is not limited
by that user's boundary: `slidebox.access.aws.grants.resource_grants` is of the resource's side, and counts on none.)

Sources: AWS IAM User Guide, "Policy evaluation logic", "Permissions boundaries for IAM entities"; AWS Organizations
User Guide, "SCP evaluation" and "Resource control policies", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from slidebox.access.aws.actions import CONTROL, OWN_KEYS, WATCHED
from slidebox.access.aws.boxes import Box, Denial, denials_of, left_of, within
from slidebox.access.aws.conditions import Test, understood
from slidebox.access.aws.documents import Statement, statements
from slidebox.access.aws.principals import named, same
from slidebox.access.aws.regions import allowed, everything
from slidebox.access.aws.resource_policies import Grant
from slidebox.access.aws.somebody import let_in
from slidebox.access.aws_managed import managed
from slidebox.access.reader import UNKNOWN
from slidebox.access.snapshot import why_unread

_INLINE: Final = ("UserPolicyList", "RolePolicyList", "GroupPolicyList")
_VARIABLE: Final = re.compile(r"\$\{([^},]+)(?:,[^}]*)?\}")
_OWN_USER: Final = re.compile(r"^arn:[^:]*:iam::[^:]*:user/(.*/)?\$\{aws:username\}$", re.IGNORECASE)
_SERVICE_LINKED: Final = "/aws-service-role/"


class Written(NamedTuple):
    """A policy that an identity has: what it is called in a path, and its statements; None where it cannot be read."""

    called: tuple[str, ...]
    said: tuple[Statement, ...] | None
    why: str = "it cannot be read"


class Prepared(NamedTuple):
    """The policies of an identity, made ready to be asked about resources."""

    arn: str
    tests: tuple[Test, ...]
    written: tuple[Written, ...]
    boundary: tuple[Statement, ...] | None
    denied: tuple[Denial, ...]


def identity_grants(
    identity: Mapping[str, Any],
    authorization: object,
    resource: str,
    *,
    account: str,
    service_control_policies: object = (),
    resource_control_policies: object = (),
    now: dt.datetime | None = None,
) -> tuple[Grant, ...]:
    """What a user or a role may do with a resource by its own policies.

    Parameters
    ----------
    identity
        One of ``UserDetailList`` or ``RoleDetailList`` of IAM's ``GetAccountAuthorizationDetails``.
    authorization
        That answer, with the groups and the managed policies.
    resource
        The resource's ARN; a bucket's stands for the bucket and all that is in it.
    account
        The account's number; empty where it is not known.
    service_control_policies, resource_control_policies
        Those that hold for the account: documents, or lists of them by level, of which each level has to allow. Where
        they are all in one list, one that allows is enough.
    now
        The time from which requests count; all times where None.

    Returns
    -------
    tuple of Grant
        Of the identity by its ARN, and of somebody unknown where a policy cannot be read: the identity may then have
        everything. Control over identities themselves (``iam:…``) is counted whatever identity it is about.
    """
    asked = prepared(identity, authorization)
    scps = () if _SERVICE_LINKED in asked.arn else levels(service_control_policies)
    rcps = levels(resource_control_policies)
    denied = (
        *asked.denied,
        *(one for level in scps for said in level for one in denials_of(said or (), principals=False)),
        *(one for level in rcps for said in level for one in denials_of(said or ())),
    )
    limits = [asked.boundary] if asked.boundary is not None else []
    limits += [tuple(one for said in level for one in said or ()) for level in scps if None not in level]
    found: list[Grant] = []
    for policy in asked.written:
        if policy.said is None:
            everywhere = everything(resource) | CONTROL
            path = (_called(identity), *policy.called, policy.why)
            found.append(Grant(UNKNOWN, everywhere, path, doubtful=True))
            continue
        for said in policy.said:
            path = (_called(identity), *policy.called, said.name)
            found += _of_statement(said, asked, resource, path, denied, limits, now)
    del account
    return tuple(dict.fromkeys(found))


def _of_statement(
    said: Statement,
    asked: Prepared,
    resource: str,
    path: tuple[str, ...],
    denied: tuple[Denial, ...],
    limits: Sequence[tuple[Statement, ...]],
    now: dt.datetime | None,
) -> Iterator[Grant]:
    if said.allows is False:
        return
    if said.allows is None or said.actions is None or said.resources is None:
        yield Grant(UNKNOWN, everything(resource) | CONTROL, (*path, "it cannot be understood"), doubtful=True)
        return
    boxes: tuple[Box, ...] = tuple(_boxes(said, resource, asked.tests))
    for limit in limits:
        if boxes:
            boxes = within(boxes, [box for one in limit if one.allows for box in _boxes(one, resource)])
    ends: dict[tuple[str, bool], frozenset[str]] = {}
    for box in left_of(boxes, denied) if denied else boxes:
        for one in let_in(box, asked.arn, now):
            ends[one.until, one.doubtful] = ends.get((one.until, one.doubtful), frozenset()) | box.actions
    for (until, doubtful), actions in ends.items():
        yield Grant(asked.arn, actions, path, until, (), doubtful)


def _boxes(said: Statement, resource: str, beside: tuple[Test, ...] = ()) -> Iterator[Box]:
    """What an Allow gives; one that is not understood gives everything, as only limits are asked in that way."""
    if said.actions is None or said.resources is None:
        said = said._replace(actions=said.actions if said.actions is not None else WATCHED, resources=("*",))
    tests, doubtful = understood((*beside, *said.tests))
    only_itself = bool(said.resources) and all(map(_OWN_USER.match, said.resources or ())) and not said.elsewhere
    for actions, region in allowed(said, resource, control=True):
        done = actions - OWN_KEYS if only_itself else actions
        if done and not region.is_empty:
            yield Box(done, region, tests, doubtful)


def levels(policies: object) -> tuple[tuple[tuple[Statement, ...] | None, ...], ...]:
    """Policies of an organisation by level; what was not read is none, and one that cannot be read limits nothing."""
    if not isinstance(policies, Sequence) or isinstance(policies, str) or not policies:
        return ()
    nested = [one for one in policies if isinstance(one, list | tuple)]
    flat = [one for one in policies if not isinstance(one, list | tuple)]
    return tuple(tuple(map(statements, level)) for level in (*nested, flat) if level)


_READY: dict[tuple[int, int], tuple[object, object, Prepared]] = {}
_MOST_READY: Final = 20_000


def prepared(identity: Mapping[str, Any], authorization: object) -> Prepared:
    """The policies of an identity, made ready; the same objects are made ready once."""
    key = (id(identity), id(authorization))
    held = _READY.get(key)
    if held is not None and held[0] is identity and held[1] is authorization:
        return held[2]
    if len(_READY) >= _MOST_READY:
        _READY.clear()
    ready = _prepare(identity, authorization)
    _READY[key] = (identity, authorization, ready)
    return ready


def _prepare(identity: Mapping[str, Any], authorization: object) -> Prepared:
    arn = str(identity.get("Arn") or "")
    variables = _variables(identity)
    written = tuple(
        policy if policy.said is None else policy._replace(said=_filled(policy.said, variables))
        for policy in _written(identity, authorization)
    )
    boundary = _boundary(identity, authorization)
    if boundary is not None:
        boundary = _filled(boundary, variables)
    denied = [one for policy in written if policy.said for one in denials_of(policy.said, principals=False)]
    denied += denials_of(boundary or (), principals=False)
    principals = named({"AWS": arn}) if arn else None
    tests = principals[0].tests if principals else ()
    if identifier := identity.get("UserId"):
        tests = (*tests, same("aws:userid", str(identifier)))
    return Prepared(arn or UNKNOWN, tests, written, boundary, tuple(denied))


def _written(identity: Mapping[str, Any], authorization: object) -> Iterator[Written]:
    """Every policy of an identity, those of its groups included."""
    why = why_unread(authorization) or why_unread(identity)
    if why is not None or not isinstance(authorization, Mapping):
        yield Written((), None, why or "its account's policies were not read")
        return
    yield from _own(identity, authorization)
    groups = identity.get("GroupList")
    if (why := why_unread(groups)) is not None:
        yield Written(("its groups",), None, why)
        return
    known = authorization.get("GroupDetailList")
    details = {one.get("GroupName"): one for one in _listed(known) if isinstance(one, Mapping)}
    for group in _listed(groups):
        if group not in details:
            why = why_unread(known) or "it was not read"
            yield Written((f"group {group}",), None, why)
            continue
        for policy in _own(details[group], authorization):
            yield policy._replace(called=(f"group {group}", *policy.called))


def _own(holder: Mapping[str, Any], authorization: Mapping[str, Any]) -> Iterator[Written]:
    for name in _INLINE:
        part = holder.get(name)
        if (why := why_unread(part)) is not None:
            yield Written(("its own policies",), None, why)
        for one in _listed(part):
            if not isinstance(one, Mapping):
                yield Written(("its own policies",), None)
                continue
            document = one.get("PolicyDocument")
            yield _read((f"policy {one.get('PolicyName')}",), document)
    attached = holder.get("AttachedManagedPolicies")
    if (why := why_unread(attached)) is not None:
        yield Written(("its attached policies",), None, why)
    for one in _listed(attached):
        arn = str(one.get("PolicyArn")) if isinstance(one, Mapping) else str(one)
        yield _read((f"policy {arn.rpartition('/')[2]}",), document_of(arn, authorization))


def _read(called: tuple[str, ...], document: object) -> Written:
    if (why := why_unread(document)) is not None:
        return Written(called, None, why)
    said = statements(document) if document is not None else None
    return Written(called, said)


def document_of(arn: str, authorization: Mapping[str, Any]) -> object:
    """The document of a managed policy that is in force; None where nothing has it."""
    listed = authorization.get("Policies")
    for policy in _listed(listed):
        if not isinstance(policy, Mapping) or policy.get("Arn") != arn:
            continue
        versions = _listed(policy.get("PolicyVersionList"))
        default = policy.get("DefaultVersionId")
        for version in versions:
            if isinstance(version, Mapping) and (
                version.get("IsDefaultVersion") is True or (default and version.get("VersionId") == default)
            ):
                return version.get("Document")
    return managed(arn)


def _boundary(identity: Mapping[str, Any], authorization: object) -> tuple[Statement, ...] | None:
    said = identity.get("PermissionsBoundary")
    if not isinstance(said, Mapping) or not isinstance(authorization, Mapping):
        return None
    arn = said.get("PermissionsBoundaryArn")
    document = document_of(str(arn), authorization) if arn else None
    return statements(document) if document is not None else None


def _listed(part: object) -> Iterable[Any]:
    return part if isinstance(part, list | tuple) else ()


def _called(identity: Mapping[str, Any]) -> str:
    if name := identity.get("UserName"):
        return f"user {name}"
    if name := identity.get("RoleName"):
        return f"role {name}"
    return f"identity {identity.get('Arn')}"


def _variables(identity: Mapping[str, Any]) -> dict[str, str]:
    """What the variables stand for of which an identity says it."""
    arn = str(identity.get("Arn") or "")
    found = {}
    if identity.get("UserName"):
        found = {"aws:username": str(identity["UserName"]), "aws:principalarn": arn}
        if identity.get("UserId"):
            found["aws:userid"] = str(identity["UserId"])
        for tag in _listed(identity.get("Tags")):
            if isinstance(tag, Mapping) and "Key" in tag and "Value" in tag:
                found[f"aws:principaltag/{tag['Key']}".lower()] = str(tag["Value"])
    if arn.count(":") >= 5:
        found["aws:principalaccount"] = arn.split(":")[4]
    return found


def _filled(said: tuple[Statement, ...], variables: Mapping[str, str]) -> tuple[Statement, ...]:
    """Statements with what is known in place of variables."""
    return tuple(
        one._replace(
            resources=one.resources
            if one.resources is None or all(map(_OWN_USER.match, one.resources))
            else tuple(_in_place(text, variables) for text in one.resources),
            tests=tuple(
                test._replace(values=tuple(_in_place(value, variables) for value in test.values)) for test in one.tests
            ),
        )
        if _has_variables(one)
        else one
        for one in said
    )


def _has_variables(said: Statement) -> bool:
    return any("${" in text for text in said.resources or ()) or any(
        "${" in value for test in said.tests for value in test.values
    )


def _in_place(text: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1].lower(), found[0]), text) if "${" in text else text


@lru_cache(maxsize=1024)
def account_of(arn: str) -> str:
    """The account in an ARN; empty where it has none."""
    return arn.split(":")[4] if arn.count(":") >= 5 else ""
