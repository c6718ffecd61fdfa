"""What a cloud charges in a month for what is there, moves, is read and is gone: arithmetic over its price book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from slidebox.forecast.holding import MONTH_DAYS, Holding, Span, Tariff
from slidebox.forecast.parts import Part
from slidebox.forecast.tiers import fallen, moving
from slidebox.model import ReadFrom, Reading
from slidebox.prices import Figure, Range, paid_once
from slidebox.table_one import STANDARD

Number = int | Decimal
Charge = tuple[str, Range]
"""What is paid for, and how much."""


@dataclass(slots=True)
class Volumes:
    """How far the volume of each store and class is filled in a month, and what has left each region."""

    filled: dict[tuple[str, str], Number] = field(default_factory=dict)
    left: dict[tuple[str, str], Number] = field(default_factory=dict)
    known: dict[tuple[int, Number, Number], Range] = field(default_factory=dict)

    def of(self, figure: Figure, unit: int, amount: Number, already: Number) -> Range:
        """What an amount costs. Most months are as the one before: their sums are not worked out again."""
        asked = (id(figure), amount, already)
        if asked not in self.known:
            self.known[asked] = figure.of(amount, unit, already)
        return self.known[asked]

    def clear(self) -> None:
        """Begin a month."""
        self.filled.clear()
        self.left.clear()


def charges(held: Holding, tariff: Tariff, parts: Iterable[Part], month: int, volumes: Volumes) -> Iterator[Charge]:
    """What the parts of a holding cost in a month.

    Parameters
    ----------
    held, tariff
        The holding, and what its cloud charges.
    parts
        Its parts in that month.
    month
        The month, from 0.
    volumes
        What others have of the month; added to.

    Returns
    -------
    Iterator
        Each charge; the same thing can come more than once.
    """
    here: dict[str, tuple[Number, Number]] = {}
    ages: dict[str, list[tuple[int, Number]]] = {}
    gone: list[Part] = []
    for part in parts:
        if part.gone(month):
            gone.append(part)
            continue
        number = part.at(month)
        span = part.spans[number]
        size, files = here.get(span.storage_class, (0, 0))
        here[span.storage_class] = (size + part.size, files + part.files)
        ages.setdefault(span.storage_class, []).append((month - span.begins, part.size))
        for at in range(number + 1):
            # What moves at once is written into another class first.
            if part.spans[at].begins == month:
                yield from _comes(tariff, part, part.spans[at - 1] if at else None, part.spans[at])
    often = _often(held, month, sum(size for size, _ in here.values()))
    for storage_class, (size, files) in here.items():
        usd = _storage(tariff, held.paid, storage_class, size, files, volumes)
        yield from _stays(tariff, storage_class, usd, ages[storage_class], files, often)
    for part in gone:
        yield from _afterwards(held, tariff, part, month, volumes)
    for reads in held.reads:
        if here and reads.holds(month):
            yield from _read(tariff, here, reads.what, volumes)


def _stays(
    tariff: Tariff,
    storage_class: str,
    usd: Range,
    ages: Sequence[tuple[int, Number]],
    files: Number,
    often: Decimal | None,
) -> Iterator[Charge]:
    """A month in a class at its price of storage, or by how often they are read where it moves objects by itself."""
    rule, watched = moving(tariff, storage_class), True
    if rule:
        watched = sum(size for _, size in ages) >= files * rule.smallest.bytes
        cold = fallen(tariff, rule, usd, ages, often)
        # Objects that are too small on average stay where they are; some of them may be larger.
        usd = cold if watched else Range(cold.low, usd.usual, usd.high)
    yield "storage", usd
    if monitoring := tariff.prices(storage_class).monitoring_1000:
        yield "watching", _requests(monitoring, files if watched else 0)


def _often(held: Holding, month: int, here: Number) -> Decimal | None:
    """How many times a month each of so many bytes of a copy is read on average; None where nobody says it."""
    found = [reads.what for reads in held.reads if reads.holds(month)]
    return sum((one.monthly * one.share(here) for one in found), Decimal(0)) if found else None


def downloads(held: Holding, figure: Figure, month: int, volumes: Volumes) -> Iterator[Charge]:
    """What reading costs at a service that is no cloud: all of it shares the volume of a store."""
    here = held.size + sum(later.size for later in held.later if later.month <= month)
    for reads in held.reads:
        if reads.holds(month):
            read = here * reads.what.monthly * reads.what.share(here)
            already = volumes.left.get((held.store, ""), 0)
            volumes.left[held.store, ""] = already + read
            yield "download", volumes.of(figure, paid_once().download_unit.bytes, read, already)


def _comes(tariff: Tariff, part: Part, before: Span | None, span: Span) -> Iterator[Charge]:
    """What writing a part costs in the month in which it arrives, or moving it from one class to another."""
    prices = tariff.prices(span.storage_class)
    if before is None:
        yield "arrival", _requests(prices.put_1000, part.files)
    elif before.storage_class != span.storage_class:
        yield "transition", _requests(prices.transition_1000 or prices.put_1000, part.files)
        yield "early deletion", _early(tariff, part, before, span.begins)


def _afterwards(held: Holding, tariff: Tariff, part: Part, month: int, volumes: Volumes) -> Iterator[Charge]:
    """What is gone costs as long as it is kept as an earlier version, and what was paid for too shortly."""
    assert part.ends is not None  # noqa: S101 (of what is gone)
    span, versions = part.spans[part.at(month)], held.versions_for
    last = None if versions is None else part.ends + versions
    if last is None or month < last:
        usd = _storage(tariff, held.paid, span.storage_class, part.size, part.files, volumes)
        # A location that is taken down takes its earlier versions with it.
        yield "earlier versions", usd if part.overwritten else Range(Decimal(0), usd.usual, usd.high)
    if month == last:
        yield "early deletion", _early(tariff, part, span, month)


def _read(
    tariff: Tariff, here: dict[str, tuple[Number, Number]], reading: Reading, volumes: Volumes
) -> Iterator[Charge]:
    """What reading costs: each class's own price and requests, archives asked for first, and what leaves."""
    whole = sum(size for size, _ in here.values())
    times = reading.monthly * reading.share(whole)
    unit = tariff.book.unit.bytes
    for storage_class, (size, files) in here.items():
        prices = tariff.prices(storage_class)
        if prices.retrieval:
            yield "retrieval", volumes.of(prices.retrieval, unit, size * times, 0)
        if prices.get_1000:
            yield "retrieval", volumes.of(prices.get_1000, 1000, files * times, 0)
        if prices.restore_1000:
            yield "restoring", volumes.of(prices.restore_1000, 1000, files * times, 0)
    figure = {ReadFrom.OUTSIDE: tariff.egress, ReadFrom.ELSEWHERE: tariff.inter_region}.get(reading.where)
    if figure:
        way = (f"{tariff.book.provider} {tariff.region}", reading.where.value)
        already = volumes.left.get(way, 0)
        volumes.left[way] = already + whole * times
        yield "download", volumes.of(figure, unit, whole * times, already)


def _early(tariff: Tariff, part: Part, span: Span, month: int) -> Range:
    """The days that a class is paid for although the data have left it, at the price of the first volume."""
    asks = tariff.asks(span.storage_class)
    left = Decimal(asks.min_days if asks else 0) - (month - span.begins) * MONTH_DAYS
    if left <= 0:
        return Range()
    return _storage(tariff, "", span.storage_class, part.size, part.files, Volumes()) * (left / MONTH_DAYS)


def _storage(tariff: Tariff, paid: str, storage_class: str, size: Number, files: Number, volumes: Volumes) -> Range:
    """A month in a class: each file at its least size, and with what is billed beside it."""
    asks = tariff.asks(storage_class)
    least = asks.min_object.bytes if asks and asks.min_object else 0
    beside = asks.overhead.bytes if asks and asks.overhead else 0
    standard = asks.overhead_in_standard.bytes if asks and asks.overhead_in_standard else 0
    billed = max(size, files * least) + files * (beside - standard)
    usd = _volume(tariff, (paid, storage_class), billed, volumes)
    return usd + _volume(tariff, (paid, STANDARD), files * standard, volumes) if standard else usd


def _volume(tariff: Tariff, place: tuple[str, str], billed: Number, volumes: Volumes) -> Range:
    if (figure := tariff.prices(place[1]).storage) is None:
        return Range()
    already = volumes.filled.get(place, 0)
    volumes.filled[place] = already + billed
    return volumes.of(figure, tariff.book.unit.bytes, billed, already)


def _requests(figure: Figure | None, count: Number) -> Range:
    return figure.of(count, 1000) if figure else Range()
