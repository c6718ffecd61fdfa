"""Who is let in by a box: outsiders, or those whom its tests name, each as a grant calls them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from slidebox.access.aws.actions import ANONYMOUS
from slidebox.access.aws.boxes import Box, by_key
from slidebox.access.aws.conditions import TEXTS, Test, moment
from slidebox.access.aws.outsiders import OUTSIDERS, Group, can_be, owner
from slidebox.access.aws.possible import NO, YES, addresses, possible
from slidebox.access.aws.principals import ACCOUNT, ARN, CANONICAL, PROVIDER, SERVICE, SESSION, UNIQUE, follows
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

_TIMES: Final = ("aws:currenttime", "aws:epochtime")
_POINTS: Final = ("s3:dataaccesspointaccount", "s3:dataaccesspointarn")
_SOURCES: Final = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", *_POINTS)
_WHOLE_ACCOUNT: Final = re.compile(r"^arn:[^:]*:(?:iam|sts|\*)::(\d{12}):\*$")
_ARN_OF: Final = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(\d{12}):")

_NAMES: Final[Mapping[str, str]] = {
    ARN: "",
    SESSION: "",
    "aws:userid": "userid:",
    ACCOUNT: "account:",
    SERVICE: "service:",
    CANONICAL: "canonical:",
    UNIQUE: "unknown",
    PROVIDER: "federated:",
    "aws:principalorgpaths": "org:",
    "aws:principalorgid": "org:",
    "aws:sourcevpce": "vpce:",
    "aws:sourcevpc": "vpc:",
    "aws:ec2instancesourcevpc": "vpc:",
    "aws:vpceaccount": "account:",
    "aws:vpceorgpaths": "org:",
    "aws:vpceorgid": "org:",
    "aws:sourceip": "network:",
    "aws:sourcearn": "",
    "aws:sourceaccount": "account:",
    "aws:sourceowner": "account:",
    "aws:sourceorgpaths": "org:",
    "aws:sourceorgid": "org:",
}
"""The keys that can say who it is, those that say it most closely first, and what stands before their values."""


class Somebody(NamedTuple):
    """Who is let in, until when, and what they are tied to."""

    who: str
    until: str
    source: tuple[tuple[str, tuple[str, ...]], ...]
    doubtful: bool


def let_in(box: Box, label: str = ANYONE, now: dt.datetime | None = None) -> Iterator[Somebody]:
    """Who can make a request that is in a box.

    Parameters
    ----------
    box
        What is left of an Allow.
    label
        Whom it names.
    now
        The time from which requests count; all times where None.
    """
    if not box.tests:
        who = ANY_ACCOUNT if label == ANYONE and not box.actions & ANONYMOUS else label
        yield Somebody(who, "", (), box.doubtful)
        return
    tests = (*box.tests, *(follows(label) if label != ANYONE else ()))
    groups = by_key(tests)
    if now is not None:
        for key in _TIMES:
            if key in groups:
                groups[key] = (*groups[key], Test(key, "date", (str(now.timestamp()),), ">="))
    if any(possible(group).verdict == NO for group in groups.values()):
        return
    doubtful = box.doubtful or len(groups) < len({test.key for test in tests})
    until, source = _until(groups), _tied(groups)
    if label != ANYONE:
        for who in _closer(label, groups):
            yield Somebody(who, until, source, doubtful)
        return
    points = {key for key, _ in source} & set(_POINTS)
    for who, sure in _outside({key: group for key, group in groups.items() if key not in points}, box.actions):
        yield Somebody(who, until, source, doubtful or not sure)


def _outside(groups: dict[str, Group], actions: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Who is let in of everybody, and whether that is sure."""
    perhaps = None
    for outsider in OUTSIDERS:
        if outsider.who == ANYONE and not actions & ANONYMOUS:
            continue
        verdict, _ = can_be(outsider, groups)
        if verdict == YES:
            yield outsider.who, True
            return
        if verdict != NO and perhaps is None:
            perhaps = outsider.who
    if perhaps is not None:
        yield perhaps, False
        return
    yield from _named(groups)


def _named(groups: dict[str, Group]) -> Iterator[tuple[str, bool]]:
    """Those whom the tests name, by the key that says it most closely."""
    for key in _NAMES:
        for test in groups.get(key, ()):
            if key == "aws:sourceip" and test.family == "ip" and test.positive and not test.absent:
                yield from ((f"network:{net}", True) for net in _networks(groups[key], test))
                return
            if fixed := _fixed(test):
                for value in fixed:
                    one = test._replace(values=(value,))
                    if _is_possible(groups, one):
                        yield _called(key, value), True
                return
    yield UNKNOWN, False


def _fixed(test: Test) -> tuple[str, ...]:
    """The values of a test that holds only for what belongs to somebody; none if it is no such test."""
    if not test.positive or test.absent or test.family not in TEXTS:
        return ()
    return test.values if all(owner(test.key, test.family, value) for value in test.values) else ()


def _is_possible(groups: Mapping[str, Group], one: Test) -> bool:
    """Whether tests can hold together with one that is closer, and with what follows from that."""
    called = _called(one.key, one.values[0])
    more = (one, *(follows(called) if one.key in (ARN, SESSION, ACCOUNT, SERVICE) else ()))
    for test in more:
        beside = (*groups.get(test.key, ()), *(other for other in more if other.key == test.key))
        if possible(tuple(sorted(set(beside)))).verdict == NO:
            return False
    return True


def _networks(group: Group, test: Test) -> list[str]:
    """The networks that a test names, as far as the others leave something of them."""
    return [
        str(ipaddress.ip_network(value, strict=False))
        for value in test.values
        if addresses((*group, test._replace(values=(value,))))
    ]


def _called(key: str, value: str) -> str:
    if key == UNIQUE:
        return UNKNOWN
    if key in (ARN, "aws:sourcearn"):
        if whole := _WHOLE_ACCOUNT.match(value):
            return f"account:{whole[1]}"
        if key == "aws:sourcearn":
            named = _ARN_OF.match(value)
            return f"account:{named[1]}" if named else UNKNOWN
    return f"{_NAMES[key]}{value}"


def _closer(label: str, groups: dict[str, Group]) -> Iterator[str]:
    """Whom of those it names a statement lets in: of an account it may be one role only."""
    if not label.startswith("account:"):
        yield label
        return
    for test in groups.get(ARN, ()):
        if values := _fixed(test):
            for value in values:
                if _is_possible(groups, test._replace(values=(value,))):
                    yield _called(ARN, value)
            return
    yield label


def _until(groups: Mapping[str, Group]) -> str:
    """The last moment at which the tests can hold, in ISO 8601; empty where there is none."""
    ends: list[float] = []
    for key in _TIMES:
        for test in groups.get(key, ()):
            if test.family not in ("date", "number") or not test.values:
                continue
            found = [at for value in test.values if (at := moment(value)) is not None]
            if found and test.positive and test.relation in ("<", "<=", "=") and not test.absent:
                ends.append(max(found))
            elif found and not test.positive and test.relation in (">", ">="):
                ends.append(min(found))
    if not ends:
        return ""
    try:
        return dt.datetime.fromtimestamp(min(ends), dt.UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return ""


def _tied(groups: Mapping[str, Group]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What has to stand between those let in and the resource: a service's own resource, or an access point."""
    return tuple((key, tuple(sorted(test.values))) for key in _SOURCES for test in groups.get(key, ()) if _fixed(test))
