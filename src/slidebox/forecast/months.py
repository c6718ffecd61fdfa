"""Month by month: what holding data costs, from what is held where in which class.

Pure arithmetic in decimals. A month is a twelfth of a year, and whatever changes does so at the beginning of one.
Nothing is invented: what nobody declared (how often data are read, how much they grow, how often they are written
again) is not counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from slidebox.prices import Book, Class, Figure, Prices, Range
from slidebox.table_one import STANDARD

MONTH_DAYS = Decimal(365) / 12
"""Days of a month, as clouds reckon a year."""

NOT_COUNTED = (
    "Not counted, because nothing declares it: retrieval and download by use, growth, and versions of data that are "
    "written again."
)

_NANO = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a cloud charges in a region.

    Attributes
    ----------
    book
        The provider's price book.
    region
        As the provider names it; the book has it.
    """

    book: Book
    region: str

    def prices(self, storage_class: str) -> Prices:
        """What a class costs here."""
        return self.book.regions[self.region].classes.get(storage_class, Prices())

    def asks(self, storage_class: str) -> Class | None:
        """What a class asks of what is kept in it."""
        return self.book.classes.get(storage_class)

    def knows(self, storage_class: str) -> bool:
        """Whether there is a price of storage."""
        return self.region in self.book.regions and self.prices(storage_class).storage is not None


@dataclass(frozen=True, slots=True)
class Span:
    """Some months in one class.

    Attributes
    ----------
    begins
        The first month, from 0.
    storage_class
        The class.
    monthly
        What a month costs, where no tariff says it.
    """

    begins: int
    storage_class: str = STANDARD
    monthly: Range = field(default_factory=Range)


@dataclass(frozen=True, slots=True)
class Drive:
    """When drives are bought anew.

    Attributes
    ----------
    at
        The month in which the present one has served; None where its life is not known.
    every
        Months that a drive serves.
    lives
        Of a drive of which no life is known: months by the shortest, usual and longest life.
    since
        The month from which such a life counts.
    """

    at: int | None = None
    every: int = 1
    lives: tuple[int, int, int] = (1, 1, 1)
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A copy of a dataset in a store, from its arrival until it goes.

    Attributes
    ----------
    dataset, project, level, grant, store
        Whose it is; the grant is empty where none pays.
    paid
        The store that its volume counts in.
    size, files
        Bytes, and how many files.
    spans
        Its classes, one after another; the first begins when it arrives.
    ends
        The month from which it is gone; None where it stays.
    tariff
        What the cloud charges; None where `spans` say what a month costs.
    once, once_for
        What is paid when it arrives, and for what.
    drive
        When what was bought for it is bought anew; None where nothing is.
    bought
        Whether what is paid when it arrives has been paid already.
    versions_for
        For how many months deleted data are still kept, and paid for, as earlier versions; None without an end.
    """

    dataset: str
    project: str
    level: str
    grant: str
    store: str
    paid: str
    size: int
    files: int
    spans: tuple[Span, ...]
    ends: int | None = None
    tariff: Tariff | None = None
    once: Range = field(default_factory=Range)
    once_for: str = ""
    drive: Drive | None = None
    bought: bool = False
    versions_for: int | None = 0


@dataclass(frozen=True, slots=True)
class Row:
    """What one thing costs in a month.

    Attributes
    ----------
    dataset, project, store, level, grant
        Whose it is.
    month
        ``YYYY-MM``.
    usd_low, usd, usd_high
        US dollars: the least, what is reckoned with, and the most.
    what
        ``storage``, ``arrival``, ``transition``, ``early deletion``, ``earlier versions``, ``watching``, ``purchase``,
        ``replacement`` or ``deposit``.
    """

    dataset: str
    project: str
    store: str
    level: str
    grant: str
    month: str
    usd_low: Decimal
    usd: Decimal
    usd_high: Decimal
    what: str

    @property
    def range(self) -> Range:
        """The amount."""
        return Range(self.usd_low, self.usd, self.usd_high)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan will cost.

    Attributes
    ----------
    months
        The months, in order, as ``YYYY-MM``.
    rows
        What each thing costs in each month, by month.
    notes
        What could not be reckoned with as it should.
    """

    months: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def total(self, months: int | None = None) -> Range:
        """What everything costs over the first months, or over all."""
        return sum((row.range for row in self._until(months)), Range())

    def by(self, key: Callable[[Row], str], months: int | None = None) -> dict[str, Range]:
        """What things cost over the first months, by what a row is said to be of, in order of the names."""
        found: dict[str, Range] = {}
        for row in self._until(months):
            found[key(row)] = found.get(key(row), Range()) + row.range
        return dict(sorted(found.items()))

    def _until(self, months: int | None) -> Iterator[Row]:
        if months is None or months >= len(self.months):
            return iter(self.rows)
        last = self.months[months]
        return (row for row in self.rows if row.month < last)


@dataclass(slots=True)
class _Volumes:
    """How far the volume of each store and class is filled in a month, and what volumes cost."""

    filled: dict[tuple[str, str], int] = field(default_factory=dict)
    known: dict[tuple[int, int, int], Range] = field(default_factory=dict)


def forecast(holdings: Sequence[Holding], start: dt.date, months: int, notes: Iterable[str] = ()) -> Forecast:
    """What holdings cost, month by month.

    Parameters
    ----------
    holdings
        What is held; a price that falls with the volume is shared in their order.
    start
        Today: the first month is its own.
    months
        How many months.
    notes
        What has to be said of the holdings.

    Returns
    -------
    Forecast
        Only what costs something has a row.
    """
    names = tuple(_name(start, month) for month in range(months))
    rows: list[Row] = []
    volumes = _Volumes()
    for month, name in enumerate(names):
        volumes.filled.clear()
        for held in holdings:
            for what, usd in _charges(held, month, volumes):
                if usd:
                    rows.append(_row(held, name, what, usd))
    return Forecast(names, tuple(rows), tuple(dict.fromkeys(notes)))


def _row(held: Holding, month: str, what: str, usd: Range) -> Row:
    low, usual, high = (amount.quantize(_NANO, ROUND_HALF_UP) for amount in (usd.low, usd.usual, usd.high))
    return Row(held.dataset, held.project, held.store, held.level, held.grant, month, low, usual, high, what)


def _name(start: dt.date, month: int) -> str:
    years, index = divmod(start.month - 1 + month, 12)
    return f"{start.year + years:04d}-{index + 1:02d}"


def _charges(held: Holding, month: int, volumes: _Volumes) -> Iterator[tuple[str, Range]]:
    """What a holding costs in a month, by what it is for."""
    begins, gone = held.spans[0].begins, held.ends is not None and month >= held.ends
    if month < begins or (held.ends is not None and held.ends <= begins):
        return
    if gone:
        yield from _afterwards(held, month, volumes)
        return
    span = _span(held, month)
    yield "storage", _storage(held, span, volumes)
    if month == begins and not held.bought:
        yield held.once_for, held.once
    if held.drive:
        yield "replacement", _replacement(held.drive, held.once, month)
    if held.tariff:
        yield from _moves(held, held.tariff, span, month)


def _span(held: Holding, month: int) -> Span:
    return [span for span in held.spans if span.begins <= month][-1]


def _moves(held: Holding, tariff: Tariff, span: Span, month: int) -> Iterator[tuple[str, Range]]:
    """What requests of a month cost: writing what arrives, moving between classes, watching."""
    prices = tariff.prices(span.storage_class)
    if prices.monitoring_1000:
        yield "watching", _requests(prices.monitoring_1000, held.files)
    if month != span.begins:
        return
    before = held.spans[held.spans.index(span) - 1] if span is not held.spans[0] else None
    if before is None:
        yield "arrival", _requests(prices.put_1000, held.files)
    elif before.storage_class != span.storage_class:
        yield "transition", _requests(prices.transition_1000 or prices.put_1000, held.files)
        yield "early deletion", _early(held, before, month)


def _afterwards(held: Holding, month: int, volumes: _Volumes) -> Iterator[tuple[str, Range]]:
    """What deleted data cost: as long as they are kept as earlier versions, and for what was paid too shortly."""
    if held.tariff is None or held.ends is None:
        return
    span, versions = _span(held, held.ends - 1), held.versions_for
    last = None if versions is None else held.ends + versions
    if last is None or month < last:
        usd = _storage(held, span, volumes)
        # A location that is taken down takes its earlier versions with it.
        yield "earlier versions", Range(Decimal(0), usd.usual, usd.high)
    if month == last:
        yield "early deletion", _early(held, span, month)


def _early(held: Holding, span: Span, month: int) -> Range:
    """The days that a class is paid for although the data have left it, at the price of the first volume."""
    asks = held.tariff.asks(span.storage_class) if held.tariff else None
    left = Decimal(asks.min_days if asks else 0) - (month - span.begins) * MONTH_DAYS
    return _storage(held, span, _Volumes()) * (left / MONTH_DAYS) if left > 0 else Range()


def _storage(held: Holding, span: Span, volumes: _Volumes) -> Range:
    """A month of a holding in a class: each file at its least size, and with what is billed beside it."""
    if held.tariff is None:
        return span.monthly
    asks = held.tariff.asks(span.storage_class)
    least = asks.min_object.bytes if asks and asks.min_object else 0
    beside = asks.overhead.bytes if asks and asks.overhead else 0
    standard = asks.overhead_in_standard.bytes if asks and asks.overhead_in_standard else 0
    billed = max(held.size, held.files * least) + held.files * (beside - standard)
    usd = _volume(held, span.storage_class, billed, volumes)
    return usd + _volume(held, STANDARD, held.files * standard, volumes) if standard else usd


def _volume(held: Holding, storage_class: str, billed: int, volumes: _Volumes) -> Range:
    if held.tariff is None or (figure := held.tariff.prices(storage_class).storage) is None:
        return Range()
    place = (held.paid, storage_class)
    already = volumes.filled.get(place, 0)
    volumes.filled[place] = already + billed
    # Most months are as the one before: their sums are not worked out again.
    sum_of = (id(figure), billed, already)
    if sum_of not in volumes.known:
        volumes.known[sum_of] = figure.of(billed, held.tariff.book.unit.bytes, already)
    return volumes.known[sum_of]


def _requests(figure: Figure | None, count: int) -> Range:
    return figure.of(count, 1000) if figure else Range()


def _replacement(drive: Drive, once: Range, month: int) -> Range:
    """A dataset's share of a new drive: when the old one has served, or put by for it where nobody knows when."""
    if drive.at is not None:
        due = month >= drive.at and (month - drive.at) % drive.every == 0
        return once if due else Range()
    served = month - drive.since
    shortest, usual, longest = drive.lives
    return Range(
        once.low / longest if served >= longest else Decimal(0),
        once.usual / usual if served >= usual else Decimal(0),
        once.high / shortest if served >= shortest else Decimal(0),
    )
