"""Whom the element ``Principal`` of a policy names, each as tests of what comes with their requests.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from slidebox.access.aws.conditions import ANYTHING, MISUNDERSTOOD, Test
from slidebox.access.reader import ANYONE, UNKNOWN

ARN: Final = "aws:principalarn"
ACCOUNT: Final = "aws:principalaccount"
SERVICE: Final = "aws:principalservicename"
PROVIDER: Final = "aws:federatedprovider"
SESSION: Final = "principal:session"
CANONICAL: Final = "principal:canonical"
UNIQUE: Final = "principal:id"

_ID: Final = re.compile(r"^(\d{12})$")
_ROOT: Final = re.compile(r"^arn:aws[a-z-]*:iam::(\d{12}):root$")
_SESSION_ARN: Final = re.compile(r"^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([^/]+)/.+$")
_UNIQUE_ID: Final = re.compile(r"^A[A-Z]{3}[A-Z0-9]{12,}$")
_WILD: Final = re.compile(r"[*?]")


class Principal(NamedTuple):
    """Somebody whom a policy names.

    Attributes
    ----------
    label
        As in `slidebox.access.aws.grants.Grant.who`.
    tests
        What holds for their requests and for nobody else's; none for everybody.
    """

    label: str
    tests: tuple[Test, ...] = ()


EVERYBODY: Final = Principal(ANYONE)
_NOT_UNDERSTOOD: Final = Test("", MISUNDERSTOOD)


def same(key: str, *values: str) -> Test:
    """The test that a key has one of some values."""
    return Test(key, "string", values, written=key)


@lru_cache(maxsize=65536)
def _of_aws(value: str) -> Principal:
    if value == "*":
        return EVERYBODY
    account = _ROOT.match(value) or _ID.match(value)
    if account is not None:
        return Principal(f"account:{account[1]}", (same(ACCOUNT, account[1]),))
    if _WILD.search(value) or "${" in value:
        # AWS takes only the whole "*"; what another server makes of a pattern is not known to be less.
        return Principal(ANYONE, (_NOT_UNDERSTOOD,))
    if _UNIQUE_ID.match(value):
        return Principal(UNKNOWN, (same(UNIQUE, value),))
    if session := _SESSION_ARN.match(value):
        partition, number, role = session.groups()
        arns = tuple(f"arn:{partition}:iam::{number}:role/{path}{role}" for path in ("", "*/"))
        return Principal(value, (same(SESSION, value), Test(ARN, "like", arns, written=ARN)))
    return Principal(value, (same(ARN, value),))


def _of_service(value: str) -> Principal:
    if not _WILD.search(value):
        return Principal(f"service:{value}", (same(SERVICE, value),))
    some = Test("aws:principalisawsservice", "folded", ("true",))
    return Principal("service:*", (some,) if value == "*" else (some, _NOT_UNDERSTOOD))


_OF_KINDS: Final[Mapping[str, Callable[[str], Principal]]] = {
    "AWS": _of_aws,
    "Service": _of_service,
    "CanonicalUser": lambda value: Principal(f"canonical:{value}", (same(CANONICAL, value),)),
    "Federated": lambda value: Principal(f"federated:{value}", (same(PROVIDER, value),)),
}


def _of_kind(kind: str, value: str) -> Principal:
    if value == UNKNOWN or kind not in _OF_KINDS:
        return Principal(UNKNOWN, (_NOT_UNDERSTOOD,))  # two that are known only later are not one and the same
    return _OF_KINDS[kind](value)


def named(element: object) -> tuple[Principal, ...] | None:
    """Whom an element ``Principal`` or ``NotPrincipal`` names; None where it cannot be understood."""
    if element == "*":
        return (EVERYBODY,)
    if not isinstance(element, Mapping) or not element:
        return None
    found: dict[Principal, None] = {}
    for kind, value in element.items():
        if value == "*" and kind == "AWS":
            found[EVERYBODY] = None
            continue
        listed = value if isinstance(value, list | tuple) else (value,)
        if not listed or not all(isinstance(one, str) for one in listed):
            return None
        for one in listed:
            found[_of_kind(str(kind), one)] = None
    return tuple(found)


def everybody_but(spared: tuple[Principal, ...]) -> tuple[Test, ...] | None:
    """The tests that hold for everybody but some; None where these are everybody.

    Whoever is named with the whole account is spared with all of it, so a Deny of this kind is not counted on within
    an account that it spares.
    """
    found: list[Test] = []
    for one in spared:
        if not one.tests:
            return None
        if _NOT_UNDERSTOOD in one.tests:
            return (_NOT_UNDERSTOOD,)
        # A session is spared with its role, as one test has to say it.
        found.append(next((test for test in one.tests if test.key == ARN), one.tests[0]).negated())
    return tuple(found)


def denied(listed: tuple[Principal, ...]) -> tuple[tuple[Test, ...], ...]:
    """Those a Deny names, as alternatives; those told apart by one key are one alternative."""
    if any(not one.tests for one in listed):
        return ((),)
    joined: dict[str, list[str]] = {}
    found: list[tuple[Test, ...]] = []
    for one in listed:
        if len(one.tests) == 1 and one.tests[0].family == "string":
            joined.setdefault(one.tests[0].key, []).extend(one.tests[0].values)
        else:
            found.append(one.tests)
    return (*((same(key, *values),) for key, values in joined.items()), *found)


@lru_cache(maxsize=65536)
def follows(label: str) -> tuple[Test, ...]:
    """What holds for every request of somebody who is named, beside the tests by which they are told."""
    if label.startswith("service:"):
        lacking = (ARN, ACCOUNT, "aws:principalorgid", "aws:principalorgpaths", "aws:username", "aws:userid")
        service = Test("aws:principalisawsservice", "folded", ("true",))
        return (*(Test(key, ANYTHING, positive=False, absent=True) for key in lacking), service)
    kind, _, rest = label.partition(":")
    account = rest if kind == "account" else (label.split(":", 5)[4] if label.count(":") >= 5 else "")
    if not _ID.match(account):
        return ()
    own = (
        Test(SERVICE, ANYTHING, positive=False, absent=True),
        Test("aws:principalisawsservice", "folded", ("true",), positive=False, absent=True),
    )
    if kind == "account":
        return (*own, Test(ARN, "like", (f"arn:aws*:iam::{account}:*", f"arn:aws*:sts::{account}:*")))
    found = [*own, same(ACCOUNT, account)]
    what, _, name = label.split(":", 5)[5].partition("/")
    if what == "user":
        found.append(same("aws:username", name.rpartition("/")[2]))
    elif what in ("role", "assumed-role"):
        found.append(Test("aws:username", ANYTHING, positive=False, absent=True))
    return tuple(found)
