"""The conditions of a policy's statement, as tests of what comes with a request.

A test can be turned round, so what a Deny leaves over is again tests. What is not understood is a test that always
holds, both as it stands and turned round: it narrows no Allow, and no Deny that has it is counted on.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context
keys", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from slidebox.access.aws.matching import Glob, matches

MISUNDERSTOOD: Final = "?"
ANYTHING: Final = "any"
TEXTS: Final = frozenset({"string", "folded", "like", "arn", "digits"})

_OPERATORS: Final[Mapping[str, tuple[str, str, bool]]] = {
    "stringequals": ("string", "", True),
    "stringnotequals": ("string", "", False),
    "stringequalsignorecase": ("folded", "", True),
    "stringnotequalsignorecase": ("folded", "", False),
    "stringlike": ("like", "", True),
    "stringnotlike": ("like", "", False),
    "binaryequals": ("string", "", True),
    "bool": ("folded", "", True),
    "arnequals": ("arn", "", True),
    "arnlike": ("arn", "", True),
    "arnnotequals": ("arn", "", False),
    "arnnotlike": ("arn", "", False),
    "ipaddress": ("ip", "", True),
    "notipaddress": ("ip", "", False),
    "null": (ANYTHING, "", True),
    **{
        f"{kind}{word}": (family, relation, positive)
        for kind, family in (("numeric", "number"), ("date", "date"))
        for word, relation, positive in (
            ("equals", "=", True),
            ("notequals", "=", False),
            ("lessthan", "<", True),
            ("lessthanequals", "<=", True),
            ("greaterthan", ">", True),
            ("greaterthanequals", ">=", True),
        )
    },
}


class Test(NamedTuple):
    """One test of a key.

    Attributes
    ----------
    key
        The key in small letters.
    family
        How values are compared: one of `TEXTS`, ``ip``, ``number``, ``date``, `ANYTHING` (the key is there) or
        `MISUNDERSTOOD`.
    values
        What the policy names; one that fits is enough.
    relation
        Of numbers and dates: ``=``, ``<``, ``<=``, ``>`` or ``>=``.
    positive
        Whether it holds for what fits; otherwise for what does not.
    absent
        Whether it holds where the request does not have the key.
    quantifier
        ``all`` values of the request have to hold, or ``any``; empty for keys with a single value.
    written
        The key as the policy has it.
    """

    key: str
    family: str
    values: tuple[str, ...] = ()
    relation: str = ""
    positive: bool = True
    absent: bool = False
    quantifier: str = ""
    written: str = ""

    def negated(self) -> Test:
        """The test that holds exactly where this one does not."""
        turned = {"all": "any", "any": "all"}.get(self.quantifier, "")
        return self._replace(positive=not self.positive, absent=not self.absent, quantifier=turned)

    def holds(self, values: tuple[str, ...] | None) -> bool:
        """Whether it holds for the values that a request has of the key; None where it has none."""
        if self.family == MISUNDERSTOOD:
            return True
        if not values:
            return self.absent
        if self.quantifier == "any" or (not self.quantifier and self.positive):
            return any(self._fits(value) is self.positive for value in values)
        return all(self._fits(value) is self.positive for value in values)

    def _fits(self, value: str) -> bool:
        if self.family in TEXTS:
            if self.family == "string" and value in self.values:
                return True
            return any(matches(one, value) for one in globs(self))
        if self.family == "ip":
            return _is_in(value, networks(self.values))
        if self.family in ("number", "date"):
            read = number if self.family == "number" else moment
            return any(_related(read(value), self.relation, read(one)) for one in self.values)
        return True


def _is_in(value: str, among: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    try:
        at = ipaddress.ip_address(value)
    except ValueError:
        return False
    return any(at in network for network in among if network.version == at.version)


def _related(left: float | None, relation: str, right: float | None) -> bool:
    if left is None or right is None:
        return False
    return {
        "=": left == right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[relation]


@lru_cache(maxsize=32768)
def globs(test: Test) -> tuple[Glob, ...]:
    """The patterns of a test of texts."""
    kind = "string" if test.family == "folded" else test.family
    return tuple(Glob(value, kind, test.family == "folded") for value in test.values)


@lru_cache(maxsize=8192)
def networks(values: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """The networks that values name.

    Raises
    ------
    ValueError
        If one names none.
    """
    return tuple(ipaddress.ip_network(value, strict=False) for value in values)


def number(text: str) -> float | None:
    """A number of a policy; None where it is none."""
    try:
        return float(text)
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def moment(text: str) -> float | None:
    """A date of a policy in seconds since 1970, UTC where it does not say; None where it is none."""
    if (seconds := number(text)) is not None:
        return seconds
    try:
        read = dt.datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def tests(condition: object) -> tuple[Test, ...]:
    """The tests of a statement's condition; all of them have to hold.

    Parameters
    ----------
    condition
        The element ``Condition`` of a statement; None where it has none.
    """
    if condition is None:
        return ()
    if not isinstance(condition, Mapping):
        return (Test("", MISUNDERSTOOD),)
    found: list[Test] = []
    for operator, keys in condition.items():
        if not isinstance(keys, Mapping):
            found.append(Test("", MISUNDERSTOOD, written=str(operator)))
            continue
        found += [_test(str(operator), str(key), value) for key, value in keys.items()]
    return tuple(one for one in found if one is not _ALWAYS)


def understood(tests: tuple[Test, ...]) -> tuple[tuple[Test, ...], bool]:
    """The tests that are understood, and whether there are others."""
    for one in tests:
        if one.family == MISUNDERSTOOD:
            return tuple(test for test in tests if test.family != MISUNDERSTOOD), True
    return tests, False


_ALWAYS: Final = Test("", ANYTHING, absent=True)


def _test(operator: str, key: str, value: object) -> Test:
    values = _values(value)
    if values is None:
        return Test(key.lower(), MISUNDERSTOOD, written=key)
    return _read(operator, key, values)


@lru_cache(maxsize=32768)
def _read(operator: str, key: str, values: tuple[str, ...]) -> Test:
    word = operator.lower()
    quantifier = ""
    for prefix, name in (("forallvalues:", "all"), ("foranyvalue:", "any")):
        if word.startswith(prefix):
            word, quantifier = word[len(prefix) :], name
    if_exists = word.endswith("ifexists")
    word = word.removesuffix("ifexists")
    if word not in _OPERATORS:
        return Test(key.lower(), MISUNDERSTOOD, written=key)
    family, relation, positive = _OPERATORS[word]
    if family == ANYTHING:
        return _null(key, values)
    if not _readable(family, values):
        return Test(key.lower(), MISUNDERSTOOD, written=key)
    # A key that is not there: no value of it fails "all", none holds for "any", and nothing equals nothing.
    absent = if_exists or quantifier == "all" or (not positive and not quantifier)
    return Test(key.lower(), family, values, relation, positive, absent, quantifier, key)


def _null(key: str, values: tuple[str, ...]) -> Test:
    said = {value.lower() for value in values}
    if not said <= {"true", "false"}:
        return Test(key.lower(), MISUNDERSTOOD, written=key)
    if len(said) > 1:
        return _ALWAYS
    wanted = said == {"true"}
    return Test(key.lower(), ANYTHING, positive=not wanted, absent=wanted, written=key)


def _readable(family: str, values: tuple[str, ...]) -> bool:
    if family == "ip":
        try:
            networks(values)
        except ValueError:
            return False
    if family in ("number", "date"):
        read = number if family == "number" else moment
        return all(read(value) is not None for value in values)
    return True


def _values(value: object) -> tuple[str, ...] | None:
    """Values as texts, as a policy's JSON may also have numbers and truth values; None for anything else."""
    if isinstance(value, str):
        return (value,)
    listed = value if isinstance(value, list | tuple) else [value]
    found: list[str] = []
    for one in listed:
        if isinstance(one, bool):
            found.append("true" if one else "false")
        elif isinstance(one, str | int | float):
            found.append(str(one))
        else:
            return None
    return tuple(found) or None
