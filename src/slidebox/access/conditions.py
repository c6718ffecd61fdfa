"""Which conditions of an S3 policy statement narrow "everybody" down to somebody.

Conservative: a condition counts only if it is proven to hold for nobody but the members of a named
account, organisation or network. Everything else (a referer, a user agent, TLS, ``…IfExists``, a
policy variable, a wildcard in the wrong place) narrows nothing.

Sources: AWS IAM User Guide, "IAM JSON policy elements: Condition operators" and "AWS global condition
context keys"; Amazon S3 User Guide, 'The meaning of "public"', as of 2026-11.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

from slidebox.access.reader import ANYONE, account

WIDEST_NETWORKS = {4: 2**24, 6: 2**96}
"""More addresses than these are the internet: an IPv4 /8 and an IPv6 /32, where S3 draws the line."""

_EQUALS = frozenset({"stringequals", "stringequalsignorecase", "arnequals"})
_LIKE = frozenset({"stringlike", "arnlike", "arnequals"})
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequals",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
}
_FIXED_ARN = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{12}:")
_FIXED_PATH = re.compile(r"^o-[a-z0-9]+/")
_WILD = re.compile(r"[*?]")


def _whole(value: str) -> bool:
    return bool(value) and not _WILD.search(value)


def _arn(value: str) -> bool:
    return bool(_FIXED_ARN.match(value))


def _org_path(value: str) -> bool:
    return bool(_FIXED_PATH.match(value))


def _user_id(value: str) -> bool:
    # AROA… or AIDA… and at least the whole identifier: 21 characters before any wildcard.
    return len(_WILD.split(value)[0]) >= 21


# Keys whose values belong to one account, organisation or network, with what makes a value a fixed one.
_KEYS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "aws:principalorgid": ("organisation", _whole),
    "aws:principalorgpaths": ("organisation", _org_path),
    "aws:principalaccount": ("account", _whole),
    "aws:principalarn": ("principal", _arn),
    "aws:userid": ("user", _user_id),
    "aws:sourcevpc": ("network", _whole),
    "aws:sourcevpce": ("network", _whole),
    "aws:sourcearn": ("source", _arn),
    "aws:sourceaccount": ("source account", _whole),
    "aws:sourceowner": ("source account", _whole),
    "s3:dataaccesspointaccount": ("access point of account", _whole),
    "s3:dataaccesspointarn": ("access point", _arn),
}


def narrowed(principals: tuple[str, ...], condition: object) -> tuple[str, ...]:
    """The principals of an Allow; where it is for everybody, whom its condition leaves."""
    if ANYONE not in principals:
        return principals
    left = narrowed_by_allow(condition)
    return principals if left is None else (*(p for p in principals if p != ANYONE), *left)


def narrowed_by_allow(condition: object) -> tuple[str, ...] | None:
    """The accounts that an Allow for everybody is narrowed to by its condition, or None.

    All parts of a condition have to hold, so one part that narrows is enough.
    """
    if not isinstance(condition, Mapping):
        return None
    for operator, key, values in _parts(condition):
        accounts = _accounts(operator, key, values)
        if accounts:
            return accounts
    return None


def narrowed_by_deny(condition: object) -> tuple[str, ...] | None:
    """The accounts that a Deny for everybody leaves over, or None if it may leave others too.

    Only a Deny with a single, negated part says whom it spares: with more parts it applies to fewer.
    A negated operator also holds where the key is absent, so who comes without it is denied.
    """
    if not isinstance(condition, Mapping):
        return None
    parts = list(_parts(condition))
    if len(parts) != 1 or len(condition) != 1:
        return None
    operator, key, values = parts[0]
    positive = _NEGATED.get(operator.removesuffix("ifexists"))
    return _accounts(positive, key, values) if positive else None


def _parts(condition: Mapping[object, object]) -> list[tuple[str, str, tuple[str, ...] | None]]:
    """Operator, key and values of each part; values are None where they are not texts."""
    parts: list[tuple[str, str, tuple[str, ...] | None]] = []
    for operator, keys in condition.items():
        if not isinstance(keys, Mapping):
            parts.append((str(operator).lower(), "", None))
            continue
        for key, value in keys.items():
            values = value if isinstance(value, list) else [value]
            texts = tuple(values) if values and all(isinstance(v, str) for v in values) else None
            parts.append((str(operator).lower(), str(key).lower(), texts))
    return parts


def _accounts(operator: str, key: str, values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if values is None or any("${" in value for value in values):
        return None
    # ForAnyValue needs at least one value that matches; ForAllValues also holds where the key is absent.
    operator = operator.removeprefix("foranyvalue:")
    if operator == "ipaddress" and key == "aws:sourceip":
        return _networks(values)
    if key not in _KEYS or operator not in _EQUALS | _LIKE:
        return None
    noun, fixed = _KEYS[key]
    # Where the operator knows no wildcards they are plain characters; they are still not taken for fixed.
    if not all(fixed(value) for value in values):
        return None
    return tuple(account(f"{noun} {value}") for value in values)


def _networks(values: tuple[str, ...]) -> tuple[str, ...] | None:
    total = {4: 0, 6: 0}
    for value in values:
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return None
        total[network.version] += network.num_addresses
    if any(total[version] > widest for version, widest in WIDEST_NETWORKS.items()):
        return None
    return tuple(account(f"network {value}") for value in values)
