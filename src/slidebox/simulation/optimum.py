"""The cheapest schedule for a trace, by dynamic programming over days, classes, and the time in a class.

A stay in a class costs the same each day but for its reads and the least days that are billed. So the best day for a
change is one on which something is read, the day after, the first day, the day on which the least days are over, or
the day from which they last until one of these: no other day has to be looked at, as long as writing into a class costs
no more than moving into it, as in every price book. `tests/test_simulation_optimum.py` holds this against every
schedule there is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from slidebox.simulation.bill import (
    Schedule,
    Stay,
    idle_usd,
    is_first_only,
    move,
    read_usd,
    tiered_read_usd,
    watching_day,
)
from slidebox.simulation.charges import Charges
from slidebox.simulation.traces import Group

_NEVER = float("inf")

Way = tuple[float, int]
"""What it costs at least to be here, and the decision at which the last stay began."""


def optimum(group: Group, charges: Charges) -> Schedule:
    """The cheapest schedule for a group, knowing all its reads beforehand.

    Parameters
    ----------
    group
        The objects, and when they are read.
    charges
        What the provider charges; every class in it may be used, and so may every class that moves objects by itself.
    """
    days = decision_days(group, charges)
    walks = {name: (_Tiered if name in charges.tiering else _Plain)(group, name, charges) for name in charges.rates}
    moves = {(a, b): move(group, a, b, charges) for a in walks for b in walks if a != b and _can_move(a, b, charges)}
    came: dict[tuple[int, str], tuple[int, str]] = {}
    for number, day in enumerate(days):
        if number == 0:
            entered = {name: group.files * charges.rates[name].put for name in walks}
        else:
            left = {name: walk.left(day) for name, walk in walks.items()}
            entered = {}
            for (before, after), usd in moves.items():
                total = left[before][0] + usd
                if total < entered.get(after, _NEVER):
                    entered[after] = total
                    came[number, after] = (left[before][1], before)
        for name, usd in entered.items():
            walks[name].enter(number, day, usd)
        for walk in walks.values():
            walk.read(day)
    best = min(((walk.over(group.days), name) for name, walk in walks.items()), key=lambda end: end[0][0])
    return _followed(days, came, best[0][1], best[1])


def decision_days(group: Group, charges: Charges) -> list[int]:
    """The days on which changing the class can be best."""
    reads = [read.day for read in group.reads]
    begins = {0, *reads, *(day + 1 for day in reads)}
    days = set(begins)
    least = {rates.min_days for rates in charges.rates.values() if rates.min_days}
    for day in begins:
        for length in least:
            # What is billed anyway is only used up to its end if the class was chosen for a read.
            if bisect_left(reads, day + length) > bisect_left(reads, day):
                days.add(day + length)
            # A class that is cheap to leave may be passed through before a read, for no longer than its least days.
            if day - length > 0:
                days.add(day - length)
    return sorted(day for day in days if day < group.days)


def _can_move(before: str, after: str, charges: Charges) -> bool:
    return not is_first_only(before, charges) and not is_first_only(after, charges)


def _followed(days: list[int], came: dict[tuple[int, str], tuple[int, str]], number: int, name: str) -> Schedule:
    """The stays that lead to the last one."""
    stays = [Stay(days[number], name)]
    while (number, name) in came:
        number, name = came[number, name]
        stays.append(Stay(days[number], name))
    return tuple(reversed(stays))


@dataclass(slots=True)
class _Plain:
    """All stays so far in a class that leaves objects where they are: those whose least days are over, and the others.

    `enter`, `left` and `read` are called with days that never fall.
    """

    group: Group
    name: str
    charges: Charges
    day_usd: float = 0.0
    least: int = 0
    young: list[tuple[int, int, float]] = field(default_factory=list)
    old: Way = (_NEVER, 0)
    past: float = 0.0
    """What reading everything that was read so far cost in this class."""
    done: int = 0

    def __post_init__(self) -> None:
        self.day_usd = self.charges.storage_day(self.name, self.group.files, self.group.size)
        self.least = self.charges.rates[self.name].min_days

    def enter(self, number: int, day: int, usd: float) -> None:
        """Begin a stay that it has cost some amount to come to."""
        self.young.append((number, day, usd - self.past))

    def read(self, day: int) -> None:
        """Serve what is read on a day."""
        while self.done < len(self.group.reads) and self.group.reads[self.done].day <= day:
            self.past += read_usd(self.group, self.done, self.name, self.charges)
            self.done += 1

    def left(self, day: int) -> Way:
        """The cheapest way to have left it on the morning of a day, with the least days paid."""
        while self.young and self.young[0][1] + self.least < day:
            number, began, usd = self.young.pop(0)
            self.old = min(self.old, (usd - began * self.day_usd, number))
        best = min(((usd, number) for number, _, usd in self.young), default=(_NEVER, 0))
        best = (best[0] + self.least * self.day_usd, best[1])
        long = (self.old[0] + day * self.day_usd, self.old[1])
        return _later(min(best, long), self.past)

    def over(self, day: int) -> Way:
        """The cheapest way to be in it when nobody looks any further, or when the objects go."""
        if self.group.deleted:
            return self.left(day)
        stays = ((usd - began * self.day_usd, number) for number, began, usd in self.young)
        return _later(min([self.old, *stays]), self.past + day * self.day_usd)


@dataclass(slots=True)
class _Tiered:
    """All stays so far in a class that moves objects by itself: those since the last read, and the best before it."""

    group: Group
    name: str
    charges: Charges
    young: list[tuple[int, int, float]] = field(default_factory=list)
    old: Way = (_NEVER, 0)
    since: int = 0
    done: int = 0
    watching: float = 0.0

    def __post_init__(self) -> None:
        self.watching = watching_day(self.group, self.name, self.charges)

    def enter(self, number: int, day: int, usd: float) -> None:
        """Begin a stay that it has cost some amount to come to."""
        self.young.append((number, day, usd))

    def read(self, day: int) -> None:
        """Serve what is read on a day: all stays are in the first tier after it."""
        while self.done < len(self.group.reads) and self.group.reads[self.done].day <= day:
            on = self.group.reads[self.done].day
            ways = [
                (usd + tiered_read_usd(self.group, self.done, self.name, on - since, self.charges), number)
                for number, since, usd in self._until(on)
            ]
            self.old, self.since, self.young = min(ways), on, []
            self.done += 1

    def left(self, day: int) -> Way:
        """The cheapest way to have left it on the morning of a day."""
        return min((usd, number) for number, _, usd in self._until(day))

    def over(self, day: int) -> Way:
        """The cheapest way to be in it when nobody looks any further."""
        return self.left(day)

    def _until(self, day: int) -> Iterable[tuple[int, int, float]]:
        """Every stay with the day of its last read and what it has cost until a day."""
        stays = [*self.young, (self.old[1], self.since, self.old[0])]
        for number, since, usd in stays:
            kept = idle_usd(self.group, self.name, day - since, self.charges)
            yield number, since, usd + kept + self.watching * (day - since)


def _later(way: Way, usd: float) -> Way:
    return way[0] + usd, way[1]
