"""Who is let in by a box: outsiders, or those whom its tests name, each as a grant calls them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from slidebox.access.aws.actions import ANONYMOUS
from slidebox.access.aws.boxes import Box, by_key
from slidebox.access.aws.conditions import ANYTHING, Test, moment, networks
from slidebox.access.aws.outsiders import OUTSIDERS, SAYING, Group, can_be, is_owned
from slidebox.access.aws.possible import NO, YES, addresses, is_internet, is_possible
from slidebox.access.aws.principals import ACCOUNT, ARN, CANONICAL, PROVIDER, SERVICE, SESSION, UNIQUE, follows
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

_TIMES: Final = ("aws:currenttime", "aws:epochtime")
_POINTS: Final = frozenset({"s3:dataaccesspointaccount", "s3:dataaccesspointarn"})
_SOURCES: Final = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", *sorted(_POINTS))
_MOST_NETWORKS: Final = 64
_FOLLOWED: Final = frozenset({ARN, SESSION, ACCOUNT, SERVICE})
_WHOLE_ACCOUNT: Final = re.compile(r"^arn:[^:]*:(?:iam|sts|\*)::(\d{12}):\*$")
_ARN_OF: Final = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(\d{12}):")

_NAMES: Final[Mapping[str, str]] = {
    ARN: "",
    SESSION: "",
    "aws:userid": "userid:",
    ACCOUNT: "account:",
    "kms:calleraccount": "account:",
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


_TELLING: Final = SAYING | set(_NAMES) | set(_TIMES) | set(_SOURCES)


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
    tests = box.tests
    if not tests or all(map(says_nothing, tests)):
        if len(tests) < 2 or all(map(is_possible, by_key(tests).values())):
            who = ANY_ACCOUNT if label == ANYONE and not box.actions & ANONYMOUS else label
            yield Somebody(who, "", (), box.doubtful)
        return
    if len(tests) == 1 and label != ANYONE and tests[0].key in _FOLLOWED:
        yield Somebody(label, "", (), box.doubtful)  # that is they themselves
        return
    groups = _groups(tests, label, now)
    if not all(map(is_possible, groups.values())):
        return
    until, source = _until(groups), _tied(groups)
    if label != ANYONE:
        for who in _closer(label, groups):
            yield Somebody(who, until, source, box.doubtful)
        return
    points = {key for key, _ in source} & _POINTS
    for who, sure in _outside({key: group for key, group in groups.items() if key not in points}, box.actions):
        yield Somebody(who, until, source, box.doubtful or not sure)


def _groups(tests: tuple[Test, ...], label: str, now: dt.datetime | None) -> dict[str, Group]:
    """Tests by their keys, with what follows from whom a statement names and from the time."""
    groups = {key: _present(group) for key, group in by_key(tests).items()}
    if label != ANYONE:
        for test in follows(label):
            if (beside := groups.get(test.key)) is not None:
                groups[test.key] = (*beside, test)
    if now is not None:
        for key in _TIMES:
            if key in groups:
                groups[key] = (*groups[key], Test(key, "date", (str(now.timestamp()),), ">="))
    return groups


def says_nothing(test: Test) -> bool:
    """Whether a test by itself makes no difference to who is let in, and until when."""
    key = test.key
    return (
        (test.positive or test.absent)
        and key not in _TELLING
        and not key.startswith("aws:principaltag/")
        and not any("${" in value for value in test.values)
    )


def _present(group: Group) -> Group:
    """Tests of one key, none of which holds for its absence where one of them does not."""
    if len(group) == 1 or all(test.absent for test in group) or not any(test.absent for test in group):
        return group
    return tuple(test._replace(absent=False) if test.absent else test for test in group)


def _outside(groups: dict[str, Group], actions: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Who is let in of everybody, and whether that is sure."""
    addressed = groups.get("aws:sourceip")
    if any(is_owned(test) for group in groups.values() for test in group) or (addressed and _networks(addressed)):
        yield from _named(groups)
        return
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
        if key not in groups:
            continue
        if key == "aws:sourceip" and (nets := _networks(groups[key])):
            yield from ((f"network:{net}", True) for net in nets)
            return
        for test in groups[key]:
            if is_owned(test):
                yield from ((_called(key, value), True) for value in test.values if _agrees(groups, test, value))
                return
    yield UNKNOWN, False


def _agrees(groups: Mapping[str, Group], test: Test, value: str) -> bool:
    """Whether tests can hold together where one of them does for one of its values, and with what follows from that."""
    beside = [one for one in groups[test.key] if one is not test]
    if beside and not is_possible((*beside, test._replace(values=(value,)))):
        return False
    if len(groups) == 1 or test.key not in _FOLLOWED:
        return True
    return all(
        is_possible((*groups[one.key], one))
        for one in follows(_called(test.key, value))
        if one.key in groups and one.key != test.key
    )


def _networks(group: Group) -> list[str]:
    """The networks that tests of addresses leave, as the policy names them where there is one test; none if none do."""
    if any(one.family not in ("ip", ANYTHING) for one in group) or all(one.absent for one in group):
        return []
    if is_internet(addresses(group)):
        return []
    if len(group) == 1:
        return [str(net) for net in networks(group[0].values)]
    found = [str(net) for version, first, last in addresses(group) for net in _between(version, first, last)]
    return found if len(found) <= _MOST_NETWORKS else []


def _between(version: int, first: int, last: int) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    if version == 4:
        yield from ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))
    else:
        yield from ipaddress.summarize_address_range(ipaddress.IPv6Address(first), ipaddress.IPv6Address(last))


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
        if is_owned(test):
            yield from (_called(ARN, value) for value in test.values if _agrees(groups, test, value))
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
    return tuple(
        (key, tuple(sorted(test.values))) for key in _SOURCES for test in groups.get(key, ()) if is_owned(test)
    )
