"""Shapes of use from which traces are made, each by a random generator that the caller has seeded.

A shape gives each part of a dataset (a cohort) the days on which all of it is read. Days are counted from the day on
which the data were written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slidebox.simulation.traces import Group, Trace, cohorts, whole_reads

COHORTS = 12
"""Into how many parts a dataset is taken apart of which not everything is read at once."""

MONTH = 365 / 12
"""Days of a month."""

Days = Sequence[Sequence[int]]
"""For each cohort the days on which it is read."""


@dataclass(frozen=True, slots=True)
class Use:
    """A time in which data are read at random times, but as often on average at all of them.

    Attributes
    ----------
    begins, ends
        The first day, and the day after the last.
    monthly
        How many times a month somebody reads, on average.
    share
        The share of the data that is read each time, from 0 to 1.
    """

    begins: int
    ends: int
    monthly: float
    share: float = 1.0


def at_random(generator: random.Random, days: int, uses: Sequence[Use]) -> Days:
    """Reads at random times: every part with the chance of the share that is read."""
    parts = 1 if all(use.share >= 1 for use in uses) else COHORTS
    found: list[list[int]] = [[] for _ in range(parts)]
    for use in uses:
        for day in _times(generator, use.begins, min(use.ends, days), use.monthly):
            for part in found:
                if use.share >= 1 or generator.random() < use.share:
                    part.append(day)
    return found


def _times(generator: random.Random, begins: int, ends: int, monthly: float) -> Iterator[int]:
    """Days of a Poisson process."""
    day = float(begins)
    while monthly > 0:
        day += generator.expovariate(monthly / MONTH)
        if day >= ends:
            return
        yield int(day)


def _nobody(_generator: random.Random, _days: int) -> Days:
    return [[]]


def _steady(generator: random.Random, days: int) -> Days:
    return [sorted(int(month * MONTH + generator.random() * MONTH) for month in range(int(days / MONTH)))]


def _hot_then_cold(generator: random.Random, days: int) -> Days:
    return at_random(generator, days, [Use(0, 180, 4, 0.5)])


def _periodic(generator: random.Random, days: int) -> Days:
    return [[day + generator.randint(-15, 15) for day in range(182, days - 15, 182)]]


def _long_tail(generator: random.Random, days: int) -> Days:
    # The n-th most popular part is read a n-th as often: Zipf's law, as requests to archives follow it.
    return [sorted(_times(generator, 0, days, 1 / part)) for part in range(1, COHORTS + 1)]


def _burst(generator: random.Random, days: int) -> Days:
    out = generator.randint(days // 5, days // 2)
    return at_random(generator, days, [Use(0, 90, 2), Use(out, out + 90, 8, 0.5), Use(out + 90, days, 0.25, 0.2)])


def _late_surprise(generator: random.Random, days: int) -> Days:
    return [[generator.randrange(days * 3 // 5, days)]]


Shape = Callable[[random.Random, int], Days]

SHAPES: Mapping[str, Shape] = {
    "nobody reads": _nobody,
    "hot, then cold": _hot_then_cold,
    "every half year": _periodic,
    "long tail": _long_tail,
    "burst when published": _burst,
    "every month": _steady,
    "all once, late": _late_surprise,
}
"""Shapes by what they are called in tables: parts read half the time for half a year and never again; everything anew
about every half year; some parts often and most seldom; little until a publication and much after it; everything once a
month; and everything once, after years without a read."""


def trace(files: int, size: int, days: int, read: Days, *, deleted: bool = False) -> Trace:
    """A dataset whose parts are read on some days.

    Parameters
    ----------
    files, size
        Objects and bytes of the dataset.
    days
        For how long it is looked at.
    read
        The days for each part; a dataset with fewer files than parts has as many parts as files.
    deleted
        Whether the data go after those days.
    """
    parts = cohorts(files, size, len(read))
    groups = (
        Group(count, amount, days, whole_reads(count, amount, sorted(on)), deleted)
        for (count, amount), on in zip(parts, read, strict=False)
    )
    return Trace(tuple(groups))


def shaped(name: str, seed: str, files: int, size: int, days: int) -> Trace:
    """A trace of a shape; the same for the same seed.

    Parameters
    ----------
    name
        The shape, of `SHAPES`.
    seed
        What the random generator begins with.
    files, size, days
        The dataset, and for how long it is looked at.
    """
    # Not for secrets: the same seed has to give the same trace.
    generator = random.Random(f"{seed}/{name}")  # noqa: S311
    return trace(files, size, days, SHAPES[name](generator, days))
