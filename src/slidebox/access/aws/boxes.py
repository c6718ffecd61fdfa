"""What an Allow gives, as boxes that a Deny cuts pieces from.

A box is some actions, some of a resource, and tests of what comes with a request: somebody is let in by it whose
request passes all of them. A Deny leaves of a box what one of its own parts does not take: other actions, the rest of
the resource, whoever it does not name, and those with whom one of its conditions fails. So the answer to "is there a
request that an Allow takes and no Deny refuses" is whether a box is left whose tests can hold together.

Source: AWS IAM User Guide, "Policy evaluation logic", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from slidebox.access.aws.actions import CONTROL
from slidebox.access.aws.conditions import MISUNDERSTOOD, Test
from slidebox.access.aws.documents import Statement
from slidebox.access.aws.possible import is_possible
from slidebox.access.aws.principals import denied as named_by
from slidebox.access.aws.principals import everybody_but
from slidebox.access.aws.regions import ALL, NONE, Region, denied

MOST: Final = 96
"""A Deny that would leave more boxes than this is not counted on."""


class Box(NamedTuple):
    """Requests that are let in.

    Attributes
    ----------
    actions
        What they do, in small letters.
    region
        What they do it with.
    tests
        What holds of each of them.
    doubtful
        Whether something about them was not understood, so that they may be fewer.
    """

    actions: frozenset[str]
    region: Region
    tests: tuple[Test, ...] = ()
    doubtful: bool = False


class Denial(NamedTuple):
    """A Deny for one kind of principals.

    Attributes
    ----------
    actions
        What it forbids.
    statement
        Where it is said.
    tests
        What holds of each request that it is about, its principals included.
    """

    actions: frozenset[str]
    statement: Statement
    tests: tuple[Test, ...]


def denials_of(statements: Iterable[Statement], principals: bool = True) -> tuple[Denial, ...]:
    """Every Deny of some statements that can be counted on, in an order that is not theirs.

    Parameters
    ----------
    statements
        Those of a policy.
    principals
        Whether they name principals; those of an identity's policy are about the identity.
    """
    found: list[Denial] = []
    for one in statements:
        if one.allows is not False or not one.actions or one.resources is None:
            continue
        if any(test.family == MISUNDERSTOOD for test in one.tests):
            continue
        found += [
            Denial(one.actions, one, (*alternative, *one.tests))
            for alternative in (_alternatives(one) if principals else ((),))
            if not any(test.family == MISUNDERSTOOD for test in alternative)
        ]
    if len(found) > 1:
        found.sort(key=lambda denial: (len(denial.tests), denial.tests, denial.statement.resources or ()))
    return tuple(found)


def _alternatives(statement: Statement) -> tuple[tuple[Test, ...], ...]:
    if statement.principals is None:
        return ()
    if not statement.others:
        return named_by(statement.principals)
    but = everybody_but(statement.principals)
    return () if but is None else (but,)


def left_of(boxes: Iterable[Box], denials: Iterable[Denial]) -> tuple[Box, ...]:
    """What is left of boxes after every Deny."""
    left = tuple(boxes)
    for denial in denials:
        if not left:
            break
        cut = tuple([piece for box in left for piece in _cut(box, denial)])
        if len(cut) > len(left):
            cut = tuple(dict.fromkeys(cut))
        # Counting on fewer of them lets in more, so it is said.
        left = cut if len(cut) <= MOST else tuple(box._replace(doubtful=True) for box in left)
    return left


def _cut(box: Box, denial: Denial) -> Iterator[Box]:
    taken = box.actions & denial.actions
    if not taken:
        yield box
        return
    tests = denial.tests
    if tests and box.tests and any(_excludes(box, test) for test in tests):
        yield box
        return
    how, rest = (ALL, box.region) if taken <= CONTROL else denied(denial.statement, box.region.domain)
    if taken & CONTROL and denial.statement.resources != ("*",):
        how = NONE
    if how == NONE:
        yield box
        return
    if kept := box.actions - taken:
        yield box._replace(actions=kept)
    box = box._replace(actions=taken)
    if how != ALL:
        region = Region(
            box.region.domain,
            (*box.region.required, *rest.required),
            tuple(sorted({*box.region.refused, *rest.refused})),
        )
        if not region.is_empty:
            yield box._replace(region=region)
    for test in tests:
        if (left := _tested(box, test.negated())) is not None:
            yield left


def _excludes(box: Box, test: Test) -> bool:
    """Whether a test certainly fails for every request of a box."""
    beside = [one for one in box.tests if one.key == test.key]
    return bool(beside) and not is_possible((*beside, test))


def _tested(box: Box, test: Test) -> Box | None:
    """A box with one more test; None where its tests then cannot hold together."""
    beside = [one for one in box.tests if one.key == test.key]
    if test in beside:
        return box
    if not is_possible((*beside, test)):
        return None
    return Box(box.actions, box.region, (*box.tests, test), box.doubtful)


def within(boxes: Iterable[Box], others: Iterable[Box]) -> tuple[Box, ...]:
    """The requests that are in some boxes and in others too, as a boundary has it."""
    limits = tuple(others)
    found: dict[Box, None] = {}
    for box in boxes:
        for limit in limits:
            if box.region.domain != limit.region.domain or not (actions := box.actions & limit.actions):
                continue
            region = Region(
                box.region.domain,
                tuple(sorted({*box.region.required, *limit.region.required})),
                tuple(sorted({*box.region.refused, *limit.region.refused})),
            )
            tests = tuple(sorted({*box.tests, *limit.tests}))
            if not region.is_empty and not _contradict(tests):
                found[Box(actions, region, tests, box.doubtful or limit.doubtful)] = None
    if len(found) > MOST:
        return tuple(box._replace(doubtful=True) for box in boxes)
    return tuple(found)


def _contradict(tests: Iterable[Test]) -> bool:
    return not all(map(is_possible, by_key(tests).values()))


def by_key(tests: Iterable[Test]) -> dict[str, tuple[Test, ...]]:
    """Tests by the keys that they are of, those not understood left out."""
    found: dict[str, tuple[Test, ...]] = {}
    for test in tests:
        if test.family != MISUNDERSTOOD:
            beside = found.get(test.key)
            found[test.key] = (test,) if beside is None else (*beside, test)
    return found
