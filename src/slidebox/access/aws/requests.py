"""A policy as it is for one kind of request: directly to a bucket, or through one of its access points.

Whether a request comes through an access point is in three keys of its context, which are known: so conditions on them
are decided before anything else is asked of the policy. What cannot be decided stays as it is.

Sources: Amazon S3 User Guide, "Configuring IAM policies for using access points" (condition keys, delegating access
control to access points); AWS IAM User Guide, "IAM JSON policy elements: Condition operators", as of 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from slidebox.access.aws.conditions import MISUNDERSTOOD, TEXTS, Test, globs, tests
from slidebox.access.s3_statements import statements, texts

ARN: Final = "s3:dataaccesspointarn"
ACCOUNT: Final = "s3:dataaccesspointaccount"
ORIGIN: Final = "s3:accesspointnetworkorigin"
DIRECT: Final[Mapping[str, str]] = {}
"""The keys of a request that comes through no access point."""

_KEYS: Final = (ARN, ACCOUNT, ORIGIN)
_POSITIVE: Final = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")
_PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")
_NOBODY: Final = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::-"}
"""In place of a statement that is not about the request: it denies what no bucket has."""


def through(arn: str, account: str, origin: str = "Internet") -> dict[str, str]:
    """The keys of a request that comes through an access point."""
    return {ARN: arn, ACCOUNT: account, ORIGIN: origin}


def mentions_points(policy: object) -> bool:
    """Whether a policy makes any difference between access points, and between them and the bucket."""
    written = policy if isinstance(policy, str) else json.dumps(policy, default=str)
    written = written.lower()
    return "accesspoint" in written or "\\u" in written


def as_seen(policy: object, keys: Mapping[str, str]) -> object:
    """A policy with the conditions decided that the keys of access points decide.

    Parameters
    ----------
    policy
        The document.
    keys
        `DIRECT`, or what `through` returns.

    Returns
    -------
    object
        The document without the conditions that hold, and without the statements of which one does not hold. Their
        names and numbers stay.
    """
    if not mentions_points(policy):
        return policy
    said = statements(policy)
    document = json.loads(policy) if isinstance(policy, str) and said is not None else policy
    if said is None or not isinstance(document, Mapping):
        return policy
    listed = [_statement(number, one, keys) for number, one in enumerate(said, 1)]
    return {**document, "Statement": listed}


def _statement(number: int, said: object, keys: Mapping[str, str]) -> object:
    condition = said.get("Condition") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(condition, Mapping):
        return said
    left: dict[str, Any] = {}
    for operator, entries in condition.items():
        if not isinstance(entries, Mapping):
            return said
        for key, value in entries.items():
            holds = _holds(str(operator), str(key), value, keys)
            if holds is False:
                return {**_NOBODY, "Sid": _name(number, said)}
            if holds is None:
                left.setdefault(operator, {})[key] = value
    named = {**said, "Sid": _name(number, said)}
    del named["Condition"]
    return {**named, "Condition": left} if left else named


def _name(number: int, said: Mapping[Any, Any]) -> str:
    name = said.get("Sid")
    return name if isinstance(name, str) and name else str(number)


def _holds(operator: str, key: str, value: object, keys: Mapping[str, str]) -> bool | None:
    """Whether a condition on one key holds; None where that is not decided here."""
    if key.lower() not in _KEYS:
        return None
    asked = tests({operator: {key: value}})
    if any(one.family == MISUNDERSTOOD or (one.family in TEXTS and not _sure(one)) for one in asked):
        return None
    has = keys.get(key.lower())
    return all(one.holds(None if has is None else (has,)) for one in asked)


def _sure(one: Test) -> bool:
    return all(pattern.sure for pattern in globs(one))


_POINT: Final = re.compile(r"^arn:[^:]*:s3:[^:]*:(?P<account>[^:]*):")


def without_own(policy: object, account: str) -> object:
    """A policy without what it leaves to its own account: there the policies of identities decide by themselves.

    Parameters
    ----------
    policy
        The document.
    account
        The account of the bucket; empty where it is not known, and then the policy stays as it is.
    """
    said = statements(policy) if account else None
    document = json.loads(policy) if isinstance(policy, str) and said is not None else policy
    if said is None or not isinstance(document, Mapping):
        return policy
    own = {account, *(f"arn:{partition}:iam::{account}:root" for partition in _PARTITIONS)}
    listed = [_without(number, one, own) for number, one in enumerate(said, 1)]
    return (
        policy
        if all(one is other for one, other in zip(listed, said, strict=True))
        else {**document, "Statement": listed}
    )


def _without(number: int, said: object, own: Container[str]) -> object:
    named = said.get("Principal") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or said.get("Effect") != "Allow" or not isinstance(named, Mapping):
        return said
    listed = texts(named.get("AWS")) or ()
    left = [one for one in listed if one not in own]
    if len(left) == len(listed):
        return said
    others = {kind: value for kind, value in named.items() if kind != "AWS"} | ({"AWS": left} if left else {})
    return {**(said if others else _NOBODY), **({"Principal": others} if others else {}), "Sid": _name(number, said)}


def as_left_to(policy: object, account: str) -> object:
    """A policy as it is for requests through some access point of an account, of which nothing else is known.

    Parameters
    ----------
    policy
        The document.
    account
        The account; ``*`` for any.

    Returns
    -------
    object
        The document with only those of its Allows that leave who comes to such access points, and with every Deny
        that makes no difference between access points.
    """
    said = statements(policy)
    document = json.loads(policy) if isinstance(policy, str) and said is not None else policy
    if said is None or not isinstance(document, Mapping):
        return policy
    return {**document, "Statement": [_left_to(number, one, account) for number, one in enumerate(said, 1)]}


def _left_to(number: int, said: object, account: str) -> object:
    if not isinstance(said, Mapping) or said.get("Effect") not in ("Allow", "Deny"):
        return said
    condition = said.get("Condition")
    named = {**said, "Sid": _name(number, said)}
    if said["Effect"] == "Deny":
        return {**_NOBODY, "Sid": _name(number, said)} if mentions_points(condition) else named
    if account not in set(_delegated(condition)) or not isinstance(condition, Mapping):
        return {**_NOBODY, "Sid": _name(number, said)}
    named["Condition"] = {
        operator: {key: value for key, value in entries.items() if str(key).lower() not in _KEYS}
        for operator, entries in condition.items()
        if isinstance(entries, Mapping)
    }
    return named


def delegated(policy: object) -> frozenset[str]:
    """The accounts to whose access points some Allow of a policy leaves who comes; ``*`` where it may be any."""
    found: set[str] = set()
    for said in statements(policy) or () if mentions_points(policy) else ():
        if isinstance(said, Mapping) and said.get("Effect") == "Allow":
            found.update(_delegated(said.get("Condition")))
    return frozenset(found)


def _delegated(condition: object) -> Iterator[str]:
    """The accounts of one statement: where several keys narrow it, those that each of them names."""
    named: list[set[str]] = []
    for operator, entries in condition.items() if isinstance(condition, Mapping) else ():
        for key, value in entries.items() if isinstance(entries, Mapping) else ():
            name = str(key).lower()
            if name not in _KEYS:
                continue
            plain = str(operator).lower() in _POSITIVE and name != ORIGIN
            values = (texts(value) or ("*",)) if plain else ("*",)
            named.append({_account(name, one) for one in values})
    narrow = [one for one in named if "*" not in one]
    if narrow:
        yield from set.intersection(*narrow)
    elif named:
        yield "*"


def _account(key: str, value: str) -> str:
    match = _POINT.match(value) if key == ARN else None
    account = match["account"] if match else ("*" if key == ARN else value)
    return account if re.fullmatch(r"\d{12}", account) else "*"
