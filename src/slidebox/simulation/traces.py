"""Traces: which objects lie somewhere from when to when, and on which days they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """What is read of a group on one day.

    Attributes
    ----------
    day
        Days since the group was written.
    requests
        How many reads of objects.
    size
        Bytes that were read.
    """

    day: int
    requests: int
    size: int


@dataclass(frozen=True, slots=True)
class Group:
    """Objects of one size that are written, read and deleted on the same days.

    Attributes
    ----------
    files, size
        How many objects, and bytes of all of them.
    days
        For how many days they are looked at.
    reads
        What is read of them, in order of the days; one entry a day at most, of days before `days`.
    deleted
        Whether they go after those days; otherwise they stay, and nobody looks any further.
    """

    files: int
    size: int
    days: int
    reads: tuple[Read, ...] = ()
    deleted: bool = False

    def __post_init__(self) -> None:
        days = [read.day for read in self.reads]
        if days != sorted(set(days)) or (days and not 0 <= days[0] <= days[-1] < self.days):
            raise ValueError(f"reads have to be in order, one a day, within {self.days} days: {days}")

    @property
    def mean_size(self) -> float:
        """Bytes of an object on average."""
        return self.size / self.files


@dataclass(frozen=True, slots=True)
class Trace:
    """What happens to a dataset in one store.

    Attributes
    ----------
    groups
        Its objects; together they are the dataset.
    """

    groups: tuple[Group, ...]

    @property
    def files(self) -> int:
        """How many objects there are."""
        return sum(group.files for group in self.groups)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(group.size for group in self.groups)

    @property
    def read_size(self) -> int:
        """Bytes that are read in all."""
        return sum(read.size for group in self.groups for read in group.reads)


def whole_reads(files: int, size: int, days: Iterable[int]) -> tuple[Read, ...]:
    """Reads of every object of a group from its beginning to its end, once on each of some days.

    A day that is there twice is two reads of everything.
    """
    times: dict[int, int] = {}
    for day in days:
        times[day] = times.get(day, 0) + 1
    return tuple(Read(day, files * count, size * count) for day, count in sorted(times.items()))


def cohorts(files: int, size: int, wanted: int) -> tuple[tuple[int, int], ...]:
    """A dataset in parts that differ by one object at most: files and bytes of each, which add up to the whole."""
    parts = max(1, min(wanted, files))
    found, used, spent = [], 0, 0
    for part in range(1, parts + 1):
        upto = files * part // parts
        bytes_upto = size * upto // files
        found.append((upto - used, bytes_upto - spent))
        used, spent = upto, bytes_upto
    return tuple(found)
