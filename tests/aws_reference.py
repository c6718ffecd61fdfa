"""Whether one request is allowed by one policy, straight from the documented logic: slow, simple, on its own.

It shares nothing with `slidebox.access.aws`, which is held against it. Sources: AWS IAM User Guide, "Policy evaluation
logic", "IAM JSON policy elements reference" and "Single-valued vs. multivalued context keys", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from typing import Any


def decide(policy: dict[str, Any], request: dict[str, Any]) -> bool:
    """Whether a resource's policy allows a request: somebody allows it, and nobody denies it.

    A request has ``action``, ``resource``, ``keys`` (in small letters, each with a list of values) and
    ``principal``: None for an anonymous one, or its ``arn`` and ``account``, or a ``service``.
    """
    said = policy["Statement"]
    listed = said if isinstance(said, list) else [said]
    matching = [one["Effect"] for one in listed if _is_about(one, request)]
    return "Allow" in matching and "Deny" not in matching


def _is_about(said: dict[str, Any], request: dict[str, Any]) -> bool:
    return (
        _names(said, request)
        and _has(said, "Action", lambda one: glob(one.lower(), request["action"].lower()))
        and _has(said, "Resource", lambda one: glob(one, request["resource"], request["keys"]))
        and all(
            holds(operator, key, values, request["keys"])
            for operator, keys in said.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _has(said: dict[str, Any], element: str, fits: Any) -> bool:
    if element in said:
        return any(fits(one) for one in _list(said[element]))
    return not any(fits(one) for one in _list(said[f"Not{element}"]))


def _names(said: dict[str, Any], request: dict[str, Any]) -> bool:
    if "Principal" in said:
        return _is_named(said["Principal"], request["principal"])
    return not _is_named(said["NotPrincipal"], request["principal"])


def _is_named(element: Any, principal: dict[str, str] | None) -> bool:
    if element == "*":
        return True
    for kind, values in element.items():
        for value in _list(values):
            if kind == "AWS" and value == "*":
                return True
            if principal is None:
                continue
            if kind == "Service" and principal.get("service") == value:
                return True
            if kind == "AWS" and "arn" in principal:
                account = principal["account"]
                if value in (principal["arn"], account, f"arn:aws:iam::{account}:root"):
                    return True
    return False


def holds(operator: str, key: str, values: Any, keys: dict[str, Any]) -> bool:
    """Whether one part of a condition holds."""
    word, named = operator.lower(), [_text(value) for value in _list(values)]
    quantifier = ""
    if ":" in word:
        quantifier, word = word.split(":")
    if_exists = word.endswith("ifexists")
    word = word.removesuffix("ifexists")
    present = keys.get(key.lower())
    if word == "null":
        return any((not present) == (value == "true") for value in named)
    negated = "not" in word
    word = word.replace("not", "")
    if not present:
        return if_exists or (quantifier == "forallvalues" if quantifier else negated)
    fits = [any(_compare(word, value, one, keys) for one in named) != negated for value in present]
    return any(fits) if quantifier == "foranyvalue" or not (quantifier or negated) else all(fits)


def _compare(word: str, value: str, named: str, keys: dict[str, Any]) -> bool:
    if word in ("stringequals", "binaryequals"):
        filled = fill(named, keys)
        return filled is not None and value == filled
    if word in ("stringequalsignorecase", "bool"):
        filled = fill(named, keys)
        return filled is not None and value.lower() == filled.lower()
    if word == "stringlike":
        return glob(named, value, keys)
    if word in ("arnlike", "arnequals"):
        left, right = named.split(":", 5), value.split(":", 5)
        return len(left) == len(right) == 6 and all(glob(a, b, keys) for a, b in zip(left, right, strict=True))
    if word == "ipaddress":
        return _is_in(value, named)
    read = _number if word.startswith("numeric") else _moment
    mine, theirs = read(value), read(named)
    return {
        "equals": mine == theirs,
        "lessthan": mine < theirs,
        "lessthanequals": mine <= theirs,
        "greaterthan": mine > theirs,
        "greaterthanequals": mine >= theirs,
    }[word.removeprefix("numeric").removeprefix("date")]


def _is_in(value: str, named: str) -> bool:
    address, network = ipaddress.ip_address(value), ipaddress.ip_network(named, strict=False)
    return address.version == network.version and address in network


def _number(text: str) -> float:
    return float(text)


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        read = dt.datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).timestamp()


def fill(text: str, keys: dict[str, Any]) -> str | None:
    """A text with the values of keys in place of variables; None where one is not there."""
    found = text
    for whole, name, default in re.findall(r"(\$\{([^},]+?)(?:, *'([^']*)')?\})", text):
        if name in ("*", "?", "$"):
            found = found.replace(whole, name)
            continue
        values = keys.get(name.lower())
        if values is None and not default:
            return None
        found = found.replace(whole, values[0] if values else default)
    return found


def glob(pattern: str, text: str, keys: dict[str, Any] | None = None) -> bool:
    """Whether a pattern with ``*`` and ``?`` matches a text."""
    filled = fill(pattern, keys or {}) if "${" in pattern else pattern
    if filled is None:
        return False
    if not filled:
        return not text
    if filled[0] == "*":
        return glob(filled[1:], text) or (bool(text) and glob(filled, text[1:]))
    return bool(text) and filled[0] in ("?", text[0]) and glob(filled[1:], text[1:])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
