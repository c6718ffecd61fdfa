"""Whether a request can have a key as several tests of it want: the small question that all others come down to.

Answers are `NO`, `YES` and `PERHAPS`. `NO` is given only where no value can do, so what is not decided is never taken
for closed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from slidebox.access.aws.conditions import (
    ANYTHING,
    MISUNDERSTOOD,
    TEXTS,
    Test,
    globs,
    moment,
    networks,
    number,
)
from slidebox.access.aws.matching import Glob, Undecided, text_of
from slidebox.access.conditions import WIDEST_NETWORKS

NO: Final = 0
PERHAPS: Final = 1
YES: Final = 2

Ranges: TypeAlias = tuple[tuple[int, int, int], ...]
"""Addresses from first to last, each with the version of the protocol."""

_ALL_ADDRESSES: Final[Ranges] = ((4, 0, 2**32 - 1), (6, 0, 2**128 - 1))
SEVERAL: Final = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:vpceorgpaths",
    }
)
"""Keys of which a request may have several values."""

TRUTHS: Final = frozenset(
    {"aws:multifactorauthpresent", "aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice"}
)
"""Keys that are true or false where a request has them."""


class Answer(NamedTuple):
    """Whether there is a value, and one: None where the key is to be absent."""

    verdict: int
    values: tuple[str, ...] | None = None


_NO: Final = Answer(NO)


def is_possible(tests: tuple[Test, ...]) -> bool:
    """Whether a request can perhaps have a key so that all tests of it hold."""
    if len(tests) == 1 and (tests[0].positive or tests[0].absent):
        return True
    if len(tests) == 2 and tests[0].key not in SEVERAL and tests[0].family == tests[1].family == "string":
        left, right = tests if tests[0].positive else (tests[1], tests[0])
        if left.positive and not left.absent and not left.quantifier and not right.quantifier and _is_plain(left):
            # Of the values that one names, one is left that the other names, or does not.
            return any((value in right.values) is right.positive for value in left.values) or not _is_plain(right)
    return possible(tests).verdict != NO


def _is_plain(test: Test) -> bool:
    return "${" not in (test.values[0] if len(test.values) == 1 else "".join(test.values))


@lru_cache(maxsize=65536)
def possible(tests: tuple[Test, ...], present: bool = False) -> Answer:
    """Whether a request can have a key so that all tests of it hold.

    Parameters
    ----------
    tests
        Tests of one key.
    present
        Whether the request has to have the key.
    """
    heard = tuple(one for one in tests if one.family != MISUNDERSTOOD)
    if not present and all(one.absent for one in heard):
        return Answer(YES, None)
    if all(not one.quantifier and one.key not in SEVERAL for one in heard):
        return _single(heard)
    # Of several values, one has to do for each "any", and all have to do for every "all".
    heard = tuple(one if one.quantifier else one._replace(quantifier="any" if one.positive else "all") for one in heard)
    every = tuple(one for one in heard if one.quantifier == "all")
    found = [_single((*every, one)) for one in heard if one.quantifier == "any"] or [_single(every)]
    if any(answer.verdict == NO for answer in found):
        return _NO
    values = tuple(dict.fromkeys(value for answer in found for value in answer.values or ()))
    return Answer(min(answer.verdict for answer in found), values)


def _single(tests: tuple[Test, ...]) -> Answer:
    """Whether one value can make all tests hold."""
    if any(one.family == ANYTHING and not one.positive for one in tests):
        return _NO
    tests = tuple(one for one in tests if one.family != ANYTHING)
    if (few := _few(tests)) is not None:
        return next((Answer(YES, (value,)) for value in few if all(one.holds((value,)) for one in tests)), _NO)
    families = {one.family for one in tests}
    if families <= TEXTS:
        return _text(tests)
    if families == {"ip"}:
        ranges = addresses(tests)
        return Answer(YES, (_shown(*ranges[0][:2]),)) if ranges else _NO
    if families <= {"number", "date"}:
        return _number(tests)
    return Answer(PERHAPS, ("?",))


def _few(tests: tuple[Test, ...]) -> tuple[str, ...] | None:
    """The only values that can do, where they can be counted."""
    if tests and tests[0].key in TRUTHS:
        return ("true", "false")
    for one in tests:
        if one.family == "string" and one.positive and _is_plain(one):
            return one.values
    return None


def _text(tests: tuple[Test, ...]) -> Answer:
    required = tuple(globs(one) for one in tests if one.positive)
    refused = tuple(pattern for one in tests if not one.positive for pattern in globs(one))
    # What a variable stands for comes with the request, and may be something else.
    surely = tuple(tuple(one for one in group if one.sure) for group in required)
    sure = all(surely) and all(one.sure for one in refused)
    try:
        if sure and (found := text_of(surely or ((Glob("?*"),),), refused)) is not None:
            return Answer(YES, (found,))
        if sure and surely == required:
            return _NO
        found = text_of(required or ((Glob("?*"),),), refused)
    except Undecided:
        return Answer(PERHAPS, ("?",))
    return _NO if found is None else Answer(PERHAPS, (found,))


def _number(tests: tuple[Test, ...]) -> Answer:
    """Numbers are tried at, below and above each that a test names; between those nothing changes."""
    named = {
        at
        for one in tests
        for value in one.values
        if (at := number(value) if one.family == "number" else moment(value)) is not None
    }
    ordered = sorted(named)
    tried = [*named, *((left + right) / 2 for left, right in pairwise(ordered))]
    tried += [ordered[0] - 1, ordered[-1] + 1] if ordered else [0.0]
    for at in sorted(tried, key=lambda at: (at < 0, at != int(at), at)):
        if all(one.holds((repr(at),)) for one in tests):
            return Answer(YES, (repr(at),))
    return _NO


def addresses(tests: Iterable[Test]) -> Ranges:
    """The addresses for which tests of one key hold."""
    left = _ALL_ADDRESSES
    for one in tests:
        if one.family != "ip":
            continue
        named = _joined((net.version, int(net[0]), int(net[-1])) for net in networks(one.values))
        left = _overlap(left, named if one.positive else _others(named))
    return left


def is_internet(ranges: Ranges) -> bool:
    """Whether so many addresses are no network of somebody's any more."""
    count = {4: 0, 6: 0}
    for version, first, last in ranges:
        count[version] += last - first + 1
    return any(count[version] > widest for version, widest in WIDEST_NETWORKS.items())


def _shown(version: int, at: int) -> str:
    return str(ipaddress.IPv4Address(at) if version == 4 else ipaddress.IPv6Address(at))


def _joined(ranges: Iterable[tuple[int, int, int]]) -> Ranges:
    found: list[tuple[int, int, int]] = []
    for version, first, last in sorted(ranges):
        if found and found[-1][0] == version and first <= found[-1][2] + 1:
            found[-1] = (version, found[-1][1], max(found[-1][2], last))
        else:
            found.append((version, first, last))
    return tuple(found)


def _others(ranges: Ranges) -> Ranges:
    found: list[tuple[int, int, int]] = []
    for version, lowest, highest in _ALL_ADDRESSES:
        taken = [one for one in ranges if one[0] == version]
        starts = [lowest, *(last + 1 for _, _, last in taken)]
        ends = [*(first - 1 for _, first, _ in taken), highest]
        found += [(version, first, last) for first, last in zip(starts, ends, strict=True) if first <= last]
    return tuple(found)


def _overlap(left: Ranges, right: Ranges) -> Ranges:
    return tuple(_overlapping(left, right))


def _overlapping(left: Ranges, right: Ranges) -> Iterator[tuple[int, int, int]]:
    for version, first, last in left:
        for other, start, end in right:
            if version == other and max(first, start) <= min(last, end):
                yield version, max(first, start), min(last, end)
