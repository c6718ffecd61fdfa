"""What rose: a robust baseline of each weekday, and days above it.

The usual of a day is the median of the same weekday in the weeks before; how much days vary is the median of what they
are away from theirs (MAD). A rise is far above both. What is always dearer on the same day of the month, such as a fee
on the first, is no rise either. A rise that stays becomes the usual after a while, and is said once.

Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", 1993, for the factor of the MAD.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slidebox.spend.focus import Thresholds, focus

_NORMAL = 1.4826
"""A MAD times this is the standard deviation of values that are normally distributed."""


@dataclass(frozen=True, slots=True)
class Rise:
    """Some days above what was usual.

    Attributes
    ----------
    since, until
        The first and the last of them.
    ongoing
        Whether it goes on at the end of the series, or became the usual.
    usual, now
        The median before it, of the same weekdays, and during it.
    more
        How much more than usual it came to in all.
    """

    since: dt.date
    until: dt.date
    ongoing: bool
    usual: float
    now: float
    more: float


@dataclass(slots=True)
class _Run:
    """A rise while it is gone through: its days, with what would have been usual, and the days as usual since."""

    days: list[tuple[dt.date, float, float]]
    since_last: int = 0


def rises(series: Mapping[dt.date, float], limits: Thresholds | None = None) -> tuple[Rise, ...]:
    """The rises in what something costs a day.

    Parameters
    ----------
    series
        What each day cost, in any unit; days that nothing is known of are left out.
    limits
        From where on something is a rise; those of `data/focus.yaml` where empty.

    Returns
    -------
    tuple
        In order of their days. They are the same days whatever the unit is.
    """
    limits = limits or focus().thresholds
    days = sorted(series)
    usual = _Usual(limits)
    found: list[Rise] = []
    run: _Run | None = None
    for day in days:
        value = series[day]
        if usual.has(day, value) or _monthly(series, day, usual):
            usual.add(day, value)
            if run is not None:
                run.since_last += 1
                if run.since_last > limits.gap:
                    found.append(_rise(run, ongoing=False))
                    run = None
            continue
        run = run or _Run([])
        run.days.append((day, value, usual.expected(day)))
        run.since_last = 0
        if len(run.days) >= limits.warm_up:
            # It stays: from here on it is what is usual.
            found.append(_settled(run, series, [one for one in days if one > day], limits))
            usual = _Usual(limits)
            for one, cost, _ in run.days:
                usual.add(one, cost)
            run = None
    if run is not None:
        found.append(_rise(run, ongoing=run.since_last == 0))
    return tuple(found)


class _Usual:
    """Days as usual, by their weekdays.

    Parameters
    ----------
    limits
        From where on something is a rise.
    """

    def __init__(self, limits: Thresholds) -> None:
        self.limits = limits
        self._days: dict[int, list[tuple[dt.date, float]]] = {weekday: [] for weekday in range(7)}
        self._count = 0

    def add(self, day: dt.date, value: float) -> None:
        """One more of them; days come in their order."""
        self._days[day.weekday()].append((day, value))
        self._count += 1

    def _window(self, weekday: int, day: dt.date) -> list[float]:
        """What a weekday cost in the weeks before a day."""
        return [value for one, value in self._days[weekday][-self._weeks :] if (day - one).days <= self.limits.window]

    @property
    def _weeks(self) -> int:
        return self.limits.window // 7 + 1

    def expected(self, day: dt.date, seen_from: dt.date | None = None) -> float:
        """What a day usually costs, as it is seen from it or from another one."""
        seen_from = seen_from or day
        values = self._window(day.weekday(), seen_from)
        if not values:
            values = [value for weekday in range(7) for value in self._window(weekday, seen_from)]
        return _median(values) if values else 0.0

    def has(self, day: dt.date, value: float) -> bool:
        """Whether a day costs what is usual: less than it did in one of the last two weeks, or not far above."""
        if self._count < self.limits.warm_up:
            return True
        expected = self.expected(day)
        if value <= max(expected * (1 + self.limits.rise), *(cost for _, cost in self._days[day.weekday()][-2:]), 0.0):
            return True
        return value <= expected + self.limits.deviations * _NORMAL * self._away(day)

    def _away(self, day: dt.date) -> float:
        """The median of how far days are from the median of their weekday."""
        away: list[float] = []
        for weekday in range(7):
            if values := self._window(weekday, day):
                middle = _median(values)
                away += [abs(value - middle) for value in values]
        return _median(away) if away else 0.0


def _median(values: Sequence[float]) -> float:
    # As `statistics.median`, which takes three times as long.
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _monthly(series: Mapping[dt.date, float], day: dt.date, usual: _Usual) -> bool:
    """Whether the same day of the month before was above its weekday by as much."""
    before = _month_before(day)
    if before not in series:
        return False
    more, then = series[day] - usual.expected(day), series[before] - usual.expected(before, day)
    return more <= then * (1 + usual.limits.rise)


def _month_before(day: dt.date) -> dt.date:
    """The same day of the month before; the last of both where a month ends."""
    first = day.replace(day=1) - dt.timedelta(days=1)
    last_of = calendar.monthrange(first.year, first.month)[1]
    ends = day.day == calendar.monthrange(day.year, day.month)[1]
    return first.replace(day=last_of if ends else min(day.day, last_of))


def _rise(run: _Run, *, ongoing: bool) -> Rise:
    costs = [value for _, value, _ in run.days]
    before = [expected for _, _, expected in run.days]
    return Rise(
        since=run.days[0][0],
        until=run.days[-1][0],
        ongoing=ongoing,
        usual=_median(before),
        now=_median(costs),
        more=sum(costs) - sum(before),
    )


def _settled(run: _Run, series: Mapping[dt.date, float], later: Sequence[dt.date], limits: Thresholds) -> Rise:
    """A rise that stayed, as far as days are nearer to it than to what was usual before."""
    rise = _rise(run, ongoing=True)
    expected = {day.weekday(): value for day, _, value in run.days}
    until, more, below = rise.until, rise.more, 0
    for day in later:
        before = expected.get(day.weekday(), rise.usual)
        if series[day] - before <= (rise.now - rise.usual) / 2:
            below += 1
            if below > limits.gap:
                return Rise(rise.since, until, False, rise.usual, rise.now, more)
            continue
        until, more, below = day, more + series[day] - before, 0
    return Rise(rise.since, until, True, rise.usual, rise.now, more)
