"""Who can make a request that passes some tests: anybody, anybody with an account, or somebody in particular.

Some keys say who asks, and nobody can choose their values: an account, an organisation, an endpoint, a network. An
outsider is somebody for whom each of them has a value that no policy names. The others (a referer, a user agent, a
name, a tag) are whatever the one who asks wants them to be, so they hold nobody back.

Sources: AWS IAM User Guide, "AWS global condition context keys" (availability of each key) and "Principal key values";
Amazon S3 User Guide, 'The meaning of "public"', as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from slidebox.access.aws.conditions import ANYTHING, TEXTS, Test
from slidebox.access.aws.possible import NO, PERHAPS, YES, Answer, addresses, is_internet, possible
from slidebox.access.aws.principals import ACCOUNT, ARN, CANONICAL, PROVIDER, SERVICE, SESSION, UNIQUE
from slidebox.access.reader import ANY_ACCOUNT, ANYONE

Group: TypeAlias = tuple[Test, ...]
"""Tests of one key."""
Domain: TypeAlias = Callable[[str, Group], Answer]
"""Whether a kind of outsider can have a key as some tests of it want."""

_ARN_ACCOUNT: Final = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_PLAIN_ARN_ACCOUNT: Final = re.compile(r"^arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):")
_WILD: Final = re.compile(r"[*?]|\$\{")
_USER_ID: Final = re.compile(r"^(A[A-Z]{3}[A-Z0-9]{12,}|\d{12})(?![A-Z0-9])")
_ORG_PATH: Final = re.compile(r"^(o-[a-z0-9]+)/")


@lru_cache(maxsize=32768)
def owner(key: str, family: str, value: str) -> str | None:
    """What a value of a key belongs to for certain, as a pattern that all that belongs to it matches; else None."""
    kind = _KINDS.get(key, "")
    whole = value in _OF_THE_RESOURCE or (family in ("string", "folded") and "${" not in value)
    if value == "anonymous":
        return None
    literal = value if kind and (whole or not _WILD.search(value)) else None
    if literal and ("*" in literal or "?" in literal):
        literal = literal.replace("*", "${*}").replace("?", "${?}")
    if kind == "arn":
        found = (_ARN_ACCOUNT if family == "arn" else _PLAIN_ARN_ACCOUNT).match(value)
        return f"arn:*:{found[1]}:*" if found else literal
    if whole:
        return literal
    if kind == "user":
        found = _USER_ID.match(value)
        return f"{found[1]}*" if found else literal
    if kind == "path":
        found = _ORG_PATH.match(value)
        return f"{found[1]}/*" if found else None
    return literal


_OF_THE_RESOURCE: Final = frozenset({"${aws:ResourceAccount}", "${aws:ResourceOrgID}", "${s3:ResourceAccount}"})

_KINDS: Final[Mapping[str, str]] = {
    ARN: "arn",
    ACCOUNT: "account",
    "aws:principalorgid": "org",
    "aws:principalorgpaths": "path",
    "aws:userid": "user",
    "kms:calleraccount": "account",
    "aws:sourcevpc": "vpc",
    "aws:sourcevpce": "vpce",
    "aws:sourceip": "ip",
    "aws:vpceaccount": "account",
    "aws:vpceorgid": "org",
    "aws:vpceorgpaths": "path",
    "aws:ec2instancesourcevpc": "vpc",
    "aws:sourcearn": "arn",
    "aws:sourceaccount": "account",
    "aws:sourceowner": "account",
    "aws:sourceorgid": "org",
    "aws:sourceorgpaths": "path",
    "s3:dataaccesspointaccount": "account",
    "s3:dataaccesspointarn": "arn",
    CANONICAL: "canonical",
    UNIQUE: "id",
    SERVICE: "service",
    SESSION: "session",
    PROVIDER: "provider",
}
"""The keys that say who asks or by which way, and what kind of value they have."""

_SHAPES: Final[Mapping[str, str]] = {
    "account": "############",
    "org": "o-?*",
    "path": "o-?*/r-?*/*",
    "arn": "arn:aws*:?*:*:*:?*",
    "vpc": "vpc-?*",
    "vpce": "vpce-?*",
}
_PRINCIPAL_SHAPE: Final = "arn:aws*:iam::############:*"


def is_owned(test: Test) -> bool:
    """Whether a test holds only for what certainly belongs to somebody."""
    if not test.positive or test.absent or test.family not in TEXTS or test.key not in _KINDS:
        return False
    return all(owner(test.key, test.family, value) is not None for value in test.values)


@lru_cache(maxsize=32768)
def fresh(key: str, tests: Group) -> Answer:
    """Whether a key can have a value that belongs to nobody whom its tests name."""
    if key == "aws:sourceip" and all(one.family in ("ip", ANYTHING) for one in tests):
        if not possible(tests, present=True).verdict:
            return Answer(NO)
        ranges = addresses(tests)
        return possible(tests, present=True) if is_internet(ranges) else Answer(NO)
    if any(is_owned(one) for one in tests):
        return Answer(NO)
    named = {owner(key, one.family, value) for one in tests if one.family in TEXTS for value in one.values}
    shape = _PRINCIPAL_SHAPE if key == ARN else _SHAPES.get(_KINDS.get(key, ""), "?*")
    wanted = [Test(key, "digits", (shape,))]
    others = tuple(sorted(value for value in named if value is not None))
    if others:
        wanted.append(Test(key, "like", others, positive=False, absent=True, quantifier=""))
    return possible((*tests, *wanted), present=True)


def _absent(key: str, tests: Group) -> Answer:
    del key
    return Answer(YES, None) if all(one.holds(None) for one in tests) else Answer(NO)


def _free(key: str, tests: Group) -> Answer:
    del key
    return possible(tests)


def _fresh_or_absent(key: str, tests: Group) -> Answer:
    found = _absent(key, tests)
    return found if found.verdict == YES else fresh(key, tests)


def _only(*values: str) -> Domain:
    """One of some values, or none at all."""

    def answer(key: str, tests: Group) -> Answer:
        for value in values:
            if all(one.holds((value,)) for one in tests):
                return Answer(YES, (value,))
        return _absent(key, tests)

    return answer


class Outsider(NamedTuple):
    """A kind of somebody whom no policy names.

    Attributes
    ----------
    who
        As a grant calls them.
    way
        How they come: by ``internet``, by an ``endpoint`` of their own network, or by a ``service``.
    keys
        What the keys of their requests can be; any that is not here can be anything, or absent.
    """

    who: str
    way: str
    keys: Mapping[str, Domain]


_NOT_A_SERVICE: Final[Mapping[str, Domain]] = {
    "aws:principalisawsservice": _only("false"),
    SERVICE: _absent,
    "aws:principalservicenameslist": _absent,
    PROVIDER: _absent,
    "aws:sourcearn": _absent,
    "aws:sourceaccount": _absent,
    "aws:sourceowner": _absent,
    "aws:sourceorgid": _absent,
    "aws:sourceorgpaths": _absent,
    UNIQUE: _absent,
}
_BY_A_POINT: Final[Mapping[str, Domain]] = {
    "s3:dataaccesspointarn": _fresh_or_absent,
    "s3:dataaccesspointaccount": _fresh_or_absent,
    "s3:accesspointnetworkorigin": _free,
}
_BY_INTERNET: Final[Mapping[str, Domain]] = {
    "aws:sourceip": fresh,
    "aws:sourcevpc": _absent,
    "aws:sourcevpce": _absent,
    "aws:vpcsourceip": _absent,
    "aws:vpceaccount": _absent,
    "aws:vpceorgid": _absent,
    "aws:vpceorgpaths": _absent,
    "aws:ec2instancesourcevpc": _fresh_or_absent,
}
_BY_ENDPOINT: Final[Mapping[str, Domain]] = {
    "aws:sourceip": _absent,
    "aws:sourcevpc": fresh,
    "aws:sourcevpce": fresh,
    "aws:vpceaccount": fresh,
    "aws:vpceorgid": _fresh_or_absent,
    "aws:vpceorgpaths": _fresh_or_absent,
    "aws:ec2instancesourcevpc": _fresh_or_absent,
}
_ANONYMOUS: Final[Mapping[str, Domain]] = {
    **_NOT_A_SERVICE,
    ARN: _absent,
    ACCOUNT: _only("anonymous"),
    "kms:calleraccount": _absent,
    "aws:principalorgid": _absent,
    "aws:principalorgpaths": _absent,
    "aws:principaltype": _only("Anonymous"),
    "aws:userid": _only("anonymous"),
    "aws:username": _absent,
    "aws:sourceidentity": _absent,
    "aws:federatedprovider": _absent,
    "aws:tokenissuetime": _absent,
    "aws:multifactorauthage": _absent,
    "aws:multifactorauthpresent": _absent,
    "aws:calledvia": _absent,
    "aws:calledviafirst": _absent,
    "aws:calledvialast": _absent,
    "aws:viaawsservice": _only("false"),
    "s3:authtype": _absent,
    "s3:signatureage": _absent,
    CANONICAL: _absent,
    SESSION: _absent,
}
_STRANGER: Final[Mapping[str, Domain]] = {
    **_NOT_A_SERVICE,
    ARN: fresh,
    ACCOUNT: fresh,
    "kms:calleraccount": fresh,
    "aws:principalorgid": _fresh_or_absent,
    "aws:principalorgpaths": _fresh_or_absent,
    "aws:userid": fresh,
    CANONICAL: _fresh_or_absent,
    SESSION: _fresh_or_absent,
}
_SERVICE: Final[Mapping[str, Domain]] = {
    **dict.fromkeys((ARN, ACCOUNT, "aws:principalorgid", "aws:principalorgpaths", "aws:username"), _absent),
    **dict.fromkeys((CANONICAL, SESSION, UNIQUE, PROVIDER, "aws:sourcevpc", "aws:sourcevpce"), _absent),
    "aws:principalisawsservice": _only("true"),
    SERVICE: fresh,
    "kms:calleraccount": _absent,
    "aws:userid": _fresh_or_absent,
    "aws:sourceip": fresh,
    "aws:sourcearn": _fresh_or_absent,
    "aws:sourceaccount": _fresh_or_absent,
    "aws:sourceowner": _fresh_or_absent,
    "aws:sourceorgid": _fresh_or_absent,
    "aws:sourceorgpaths": _fresh_or_absent,
}

OUTSIDERS: Final = (
    Outsider(ANYONE, "internet", {**_ANONYMOUS, **_BY_INTERNET, **_BY_A_POINT}),
    Outsider(ANYONE, "endpoint", {**_ANONYMOUS, **_BY_ENDPOINT, **_BY_A_POINT}),
    Outsider(ANY_ACCOUNT, "internet", {**_STRANGER, **_BY_INTERNET, **_BY_A_POINT}),
    Outsider(ANY_ACCOUNT, "endpoint", {**_STRANGER, **_BY_ENDPOINT, **_BY_A_POINT}),
    Outsider(ANY_ACCOUNT, "service", {**_SERVICE, **_BY_A_POINT}),
)
"""Everybody whom no policy names, the widest first: without and with an account, over the internet and through a
network of their own, and by a service that they use."""


SAYING: Final = frozenset().union(*(one.keys for one in OUTSIDERS))
"""The keys that can make a difference between outsiders and others, tags aside."""


def key_domain(outsider: Outsider, key: str) -> Domain:
    """What a key can be for a kind of outsider."""
    if outsider.who == ANYONE and key.startswith("aws:principaltag/"):
        return _absent
    return outsider.keys.get(key, _free)


def can_be(outsider: Outsider, groups: Mapping[str, Group]) -> tuple[int, dict[str, tuple[str, ...] | None]]:
    """Whether a kind of outsider can make a request that passes tests, and the keys of such a request."""
    verdict, found = YES, {}
    for key, tests in groups.items():
        answer = key_domain(outsider, key)(key, tests)
        if answer.verdict == NO:
            return NO, {}
        verdict = min(verdict, answer.verdict)
        found[key] = answer.values
    if (arns := found.get(ARN)) and (accounts := found.get(ACCOUNT)):
        verdict = min(verdict, _agree(groups, found, arns[0], accounts[0]))
    return verdict, found


def _agree(groups: Mapping[str, Group], found: dict[str, tuple[str, ...] | None], arn: str, account: str) -> int:
    """Make the account of an ARN and the account beside it one; both were found by themselves."""
    named = _ARN_ACCOUNT.match(arn)
    if named and named[1] == account:
        return YES
    if named and all(one.holds((named[1],)) for one in groups[ACCOUNT]):
        found[ACCOUNT] = (named[1],)
        return YES
    answer = possible((*groups[ARN], Test(ARN, "like", (f"arn:aws:iam::{account}:*",))), present=True)
    if answer.verdict == YES:
        found[ARN] = answer.values
        return YES
    return PERHAPS
