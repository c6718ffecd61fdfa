"""Month by month: what holding data costs, from what is held where in which class.

Pure arithmetic in decimals. A month is a twelfth of a year, and whatever changes does so at the beginning of one.
Nothing is invented: what nobody declared (how often data are read, how much they grow, how often they are written
again) is not counted, and `Forecast.undeclared` says of which datasets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from slidebox.forecast.charges import Volumes, charges, downloads
from slidebox.forecast.holding import MONTH_DAYS, Drive, Holding, Later, Span, Tariff
from slidebox.forecast.parts import Parts
from slidebox.forecast.undeclared import Undeclared
from slidebox.prices import Range

__all__ = ["MONTH_DAYS", "Drive", "Forecast", "Holding", "Later", "Row", "Span", "Tariff", "Undeclared", "forecast"]

_NANO = Decimal("1e-9")


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
        ``storage``, ``arrival``, ``transition``, ``early deletion``, ``earlier versions``, ``watching``, ``retrieval``,
        ``restoring``, ``download``, ``purchase``, ``replacement`` or ``deposit``.
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
    undeclared
        What nobody declares of some datasets, and so is not counted.
    """

    months: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    undeclared: Undeclared = field(default_factory=Undeclared)

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


def forecast(
    holdings: Sequence[Holding],
    start: dt.date,
    months: int,
    notes: Iterable[str] = (),
    undeclared: Undeclared | None = None,
    beside: Sequence[Volumes] = (),
) -> Forecast:
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
    undeclared
        What nobody declares of some datasets, and so is not counted.
    beside
        What others have used up of prices by volume in each month (`volumes_of`); nothing where empty.

    Returns
    -------
    Forecast
        Only what costs something has a row.
    """
    names = tuple(month_name(start, month) for month in range(months))
    rows: list[Row] = []
    volumes = Volumes()
    parts = [Parts(held) for held in holdings]
    for month, name in enumerate(names):
        volumes.clear()
        if beside:
            volumes.filled.update(beside[month].filled)
            volumes.left.update(beside[month].left)
        for held, its in zip(holdings, parts, strict=True):
            sums: dict[str, Range] = {}
            for what, usd in _charges(held, its, month, volumes):
                if usd:
                    sums[what] = sums[what] + usd if what in sums else usd
            rows.extend(_row(held, name, what, usd) for what, usd in sums.items())
    return Forecast(names, tuple(rows), tuple(dict.fromkeys(notes)), undeclared or Undeclared())


def volumes_of(holdings: Sequence[Holding], months: int) -> tuple[Volumes, ...]:
    """What holdings use up of prices by volume, month by month; it is the same in whatever order they come."""
    found: list[Volumes] = []
    parts = [Parts(held) for held in holdings]
    for month in range(months):
        volumes = Volumes()
        for held, its in zip(holdings, parts, strict=True):
            for _ in _charges(held, its, month, volumes):
                pass
        found.append(volumes)
    return tuple(found)


def _row(held: Holding, month: str, what: str, usd: Range) -> Row:
    low, usual, high = (amount.quantize(_NANO, ROUND_HALF_UP) for amount in (usd.low, usd.usual, usd.high))
    return Row(held.dataset, held.project, held.store, held.level, held.grant, month, low, usual, high, what)


def month_name(start: dt.date, month: int) -> str:
    """A month by its number from the first, as ``YYYY-MM``."""
    years, index = divmod(start.month - 1 + month, 12)
    return f"{start.year + years:04d}-{index + 1:02d}"


def _charges(held: Holding, parts: Parts, month: int, volumes: Volumes) -> Iterator[tuple[str, Range]]:
    """What a holding costs in a month, by what it is for."""
    begins = held.spans[0].begins
    gone = held.gone(begins)
    if month < begins or gone == begins:
        return
    if held.tariff:
        yield from charges(held, held.tariff, parts.at(month), month, volumes)
    elif gone is None or month < gone:
        yield "storage", [span for span in held.spans if span.begins <= month][-1].monthly
        if held.download:
            yield from downloads(held, held.download, month, volumes)
    if gone is None or month < gone:
        yield from _paid_once(held, month)


def _paid_once(held: Holding, month: int) -> Iterator[tuple[str, Range]]:
    """What is paid when data arrive, and when what was bought for them has served."""
    begins = held.spans[0].begins
    if month == begins and not held.bought:
        yield held.once_for, held.once
    if held.drive:
        yield "replacement", _replacement(held.drive, held.once, held.drive.since, month)
    for later in held.later:
        if later.month == month and not held.bought:
            yield held.once_for, later.once
        if later.month <= month and held.drive:
            # On a drive that was there it ages with the drive.
            since = held.drive.since if held.bought else later.month
            yield "replacement", _replacement(held.drive, later.once, since, month)


def _replacement(drive: Drive, once: Range, since: int, month: int) -> Range:
    """A dataset's share of a new drive: when the old one has served, or put by for it where nobody knows when."""
    if drive.at is not None:
        due = month >= drive.at and (month - drive.at) % drive.every == 0
        return once if due else Range()
    served = month - since
    shortest, usual, longest = drive.lives
    return Range(
        once.low / longest if served >= longest else Decimal(0),
        once.usual / usual if served >= usual else Decimal(0),
        once.high / shortest if served >= shortest else Decimal(0),
    )
