"""The bill of a group of objects under a schedule of classes: the one cost function of all policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from slidebox.simulation.charges import Charges
from slidebox.simulation.traces import Group


@dataclass(frozen=True, slots=True)
class Stay:
    """From a day on in a class.

    Attributes
    ----------
    day
        The first day, counted from the day on which the objects were written.
    storage_class
        The class, or the name of a rule by which objects move by themselves.
    """

    day: int
    storage_class: str


Schedule = tuple[Stay, ...]
"""Classes one after another; the first from day 0."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a schedule costs, in US dollars, by what it is for."""

    storage: float = 0.0
    arrival: float = 0.0
    moves: float = 0.0
    early_deletion: float = 0.0
    reads: float = 0.0
    watching: float = 0.0

    def __add__(self, other: Bill) -> Bill:
        return Bill(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Bill)))

    @property
    def total(self) -> float:
        """All of it."""
        return self.storage + self.arrival + self.moves + self.early_deletion + self.reads + self.watching


def bill(group: Group, schedule: Schedule, charges: Charges) -> Bill:
    """What a group costs under a schedule.

    A class is changed at the beginning of a day, before what is read on it. Downloading costs the same in every class
    and is left out.

    Parameters
    ----------
    group
        The objects, and when they are read.
    schedule
        Their classes.
    charges
        What the provider charges.
    """
    total = Bill(arrival=group.files * charges.rates[schedule[0].storage_class].put)
    for stay, ends, following in _spans(schedule, group.days, charges):
        total += stay_bill(group, stay.storage_class, stay.day, ends, charges)
        if following or group.deleted:
            total += Bill(early_deletion=early_deletion(group, stay.storage_class, ends - stay.day, charges))
        if following:
            total += Bill(moves=move(group, stay.storage_class, following, charges))
    return total


def _spans(schedule: Schedule, days: int, charges: Charges) -> Iterator[tuple[Stay, int, str]]:
    """Every stay with the day on which it ends and the class that follows, as far as anybody looks."""
    kept = [stay for stay in schedule if stay.day < days]
    ends = [*(stay.day for stay in kept[1:]), days]
    then = [*(stay.storage_class for stay in kept[1:]), ""]
    for stay, end, following in zip(kept, ends, then, strict=True):
        if following == stay.storage_class:
            raise ValueError(f"two stays in {following} follow each other")
        if following and any(is_first_only(name, charges) for name in (stay.storage_class, following)):
            raise ValueError(f"objects cannot move from {stay.storage_class} to {following}")
        yield stay, end, following


def is_first_only(name: str, charges: Charges) -> bool:
    """Whether objects can only be in a class from the day they are written until they go."""
    return name in charges.tiering and charges.tiering[name].first_only


def stay_bill(group: Group, name: str, begins: int, ends: int, charges: Charges) -> Bill:
    """What some days in a class cost: storage, reading and watching."""
    if name in charges.tiering:
        return _tiered(group, name, begins, ends, charges)
    reads = sum(read_usd(group, number, name, charges) for number in _within(group, begins, ends))
    day = charges.storage_day(name, group.files, group.size)
    return Bill(
        storage=day * (ends - begins), reads=reads, watching=watching_day(group, name, charges) * (ends - begins)
    )


def _within(group: Group, begins: int, ends: int) -> Sequence[int]:
    return [number for number, read in enumerate(group.reads) if begins <= read.day < ends]


def read_usd(group: Group, number: int, name: str, charges: Charges) -> float:
    """What one day's reads cost in a class that does not move objects by itself."""
    read, rates = group.reads[number], charges.rates[name]
    return read.requests * (rates.get + rates.restore) + read.size * rates.byte_out


def watching_day(group: Group, name: str, charges: Charges) -> float:
    """What watching a group costs a day."""
    rule = charges.tiering.get(name)
    small = rule is not None and group.mean_size < rule.smallest.bytes
    return 0.0 if small else group.files * charges.rates[name].watch_day


def _tiered(group: Group, name: str, begins: int, ends: int, charges: Charges) -> Bill:
    storage, reads, last = 0.0, 0.0, begins
    for number in _within(group, begins, ends):
        day = group.reads[number].day
        storage += idle_usd(group, name, day - last, charges)
        reads += tiered_read_usd(group, number, name, day - last, charges)
        last = day
    storage += idle_usd(group, name, ends - last, charges)
    return Bill(storage=storage, reads=reads, watching=watching_day(group, name, charges) * (ends - begins))


def idle_usd(group: Group, name: str, days: int, charges: Charges) -> float:
    """Storage of some days without a read in a class that moves objects by itself, from the first tier on."""
    rule, total = charges.tiering[name], 0.0
    if group.mean_size < rule.smallest.bytes:
        return days * group.size * charges.rates[rule.tiers[0].like].byte_day
    for number, tier in enumerate(rule.tiers):
        until = rule.tiers[number + 1].after_days if number + 1 < len(rule.tiers) else days
        inside = min(days, until) - tier.after_days
        if inside <= 0:
            break
        total += inside * group.size * charges.rates[tier.like].byte_day
    return total


def tiered_read_usd(group: Group, number: int, name: str, idle: int, charges: Charges) -> float:
    """What one day's reads cost in such a class, and the way back to the first tier, after some days without a read."""
    rule, read = charges.tiering[name], group.reads[number]
    usd = read.requests * charges.rates[name].get
    if group.mean_size >= rule.smallest.bytes:
        tier = [tier for tier in rule.tiers if tier.after_days <= idle][-1]
        usd += group.files * charges.rates[rule.tiers[0].like].put if tier.back_put else 0.0
    return usd


def early_deletion(group: Group, name: str, days: int, charges: Charges) -> float:
    """The days that a class is paid for although the objects leave it after fewer."""
    if name in charges.tiering:
        return 0.0
    left = charges.rates[name].min_days - days
    return left * charges.storage_day(name, group.files, group.size) if left > 0 else 0.0


def move(group: Group, before: str, after: str, charges: Charges) -> float:
    """What moving a group costs: down by a lifecycle rule, and up by writing it again, which reads it first."""
    was, becomes = charges.rates[before], charges.rates[after]
    if _byte_day(after, charges) <= _byte_day(before, charges):
        return group.files * becomes.move
    return group.files * (becomes.put + was.restore) + group.size * was.byte_out


def _byte_day(name: str, charges: Charges) -> float:
    """What a byte costs a day; in a class that moves objects by itself, what it costs at first."""
    rule = charges.tiering.get(name)
    return charges.rates[rule.tiers[0].like if rule else name].byte_day
