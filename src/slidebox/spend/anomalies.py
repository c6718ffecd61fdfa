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
from statistics import median

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
    usual: list[tuple[dt.date, float]] = []
    found: list[Rise] = []
    run: _Run | None = None
    for day in days:
        value = series[day]
        base = _Baseline.of(usual, day, limits)
        expected = base.expected(day)
        if len(usual) < limits.warm_up or value <= base.limit(day) or _monthly(series, day, base):
            usual.append((day, value))
            if run is not None:
                run.since_last += 1
                if run.since_last > limits.gap:
                    found.append(_rise(run, ongoing=False))
                    run = None
            continue
        run = run or _Run([])
        run.days.append((day, value, expected))
        run.since_last = 0
        if len(run.days) >= limits.warm_up:
            # It stays: from here on it is what is usual.
            found.append(_settled(run, series, [one for one in days if one > day], limits))
            usual, run = [(one, cost) for one, cost, _ in run.days], None
    if run is not None:
        found.append(_rise(run, ongoing=run.since_last == 0))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Baseline:
    """What days usually cost, seen from one of them.

    Attributes
    ----------
    limits
        From where on something is a rise.
    middles, every
        The median of each weekday, and of all days.
    away
        The median of how far days are from theirs.
    lately
        The most that each weekday cost in the last two weeks.
    """

    limits: Thresholds
    middles: Mapping[int, float]
    every: float
    away: float
    lately: Mapping[int, float]

    @classmethod
    def of(cls, usual: Sequence[tuple[dt.date, float]], day: dt.date, limits: Thresholds) -> _Baseline:
        """The baseline of a day, from days as usual before it."""
        window = [(one, value) for one, value in usual if (day - one).days <= limits.window]
        if not window:
            return cls(limits, {}, 0.0, 0.0, {})
        by_weekday: dict[int, list[float]] = {}
        for one, value in window:
            by_weekday.setdefault(one.weekday(), []).append(value)
        middles = {weekday: median(values) for weekday, values in by_weekday.items()}
        away = median(abs(value - middles[one.weekday()]) for one, value in window)
        lately = {weekday: max(values[-2:]) for weekday, values in by_weekday.items()}
        return cls(limits, middles, median(value for _, value in window), away, lately)

    def expected(self, day: dt.date) -> float:
        """What a day usually costs."""
        return self.middles.get(day.weekday(), self.every)

    def limit(self, day: dt.date) -> float:
        """From where on a day costs too much; what it cost in one of the last two weeks is not too much."""
        expected = self.expected(day)
        far = expected + max(self.limits.deviations * _NORMAL * self.away, self.limits.rise * expected)
        return max(far, self.lately.get(day.weekday(), 0.0))


def _monthly(series: Mapping[dt.date, float], day: dt.date, base: _Baseline) -> bool:
    """Whether the same day of the month before was above its weekday by as much."""
    before = _month_before(day)
    if before not in series:
        return False
    more, then = series[day] - base.expected(day), series[before] - base.expected(before)
    return more <= then * (1 + base.limits.rise)


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
        usual=median(before),
        now=median(costs),
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
