"""What a change of the declarations does to what everything will cost, by project, grant and dataset, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from slidebox.forecast import Forecast, Row
from slidebox.model import Plan
from slidebox.model.project import Lab
from slidebox.prices import Range
from slidebox.report.reasons import reasons

_SAME_USD = Decimal("0.005")
"""Amounts that differ by less are the same to the cent."""


@dataclass(frozen=True, slots=True)
class Told:
    """A plan with its lab and what it will cost."""

    plan: Plan
    lab: Lab
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Shift:
    """What something costs before and after a change.

    Attributes
    ----------
    name
        Of a dataset, a project, or a grant; empty for everything together, or for what no grant pays.
    before, after
        US dollars, over each of the years that are looked at.
    why
        Of a dataset, what makes the difference.
    """

    name: str
    before: tuple[Range, ...]
    after: tuple[Range, ...]
    why: tuple[str, ...] = ()

    @property
    def more(self) -> tuple[Decimal, ...]:
        """How many US dollars more; less than nothing where it becomes cheaper."""
        return tuple(after.usual - before.usual for before, after in zip(self.before, self.after, strict=True))

    @property
    def between(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """What each of `more` lies between: what is uncertain is so before and after in the same way."""
        pairs = zip(self.before, self.after, self.more, strict=True)
        found = ((after.low - before.low, more, after.high - before.high) for before, after, more in pairs)
        return tuple((min(ends), max(ends)) for ends in found)

    @property
    def differs(self) -> bool:
        """Whether anything is different to the cent."""
        return any(abs(end) >= _SAME_USD for ends in self.between for end in ends)


@dataclass(frozen=True, slots=True)
class CostChange:
    """What a change does to what everything will cost.

    Attributes
    ----------
    years
        Over how many years each amount is.
    whole
        Everything together.
    projects, grants, datasets
        Those that cost something else now, the largest difference first.
    notes
        What could not be reckoned with as it should, and was not so before.
    """

    years: tuple[int, ...]
    whole: Shift
    projects: tuple[Shift, ...] = ()
    grants: tuple[Shift, ...] = ()
    datasets: tuple[Shift, ...] = ()
    notes: tuple[str, ...] = ()


def costs_between(before: Told | None, after: Told, years: tuple[int, ...]) -> CostChange:
    """What a change does to what everything will cost.

    Parameters
    ----------
    before
        The base, at its own prices; None where it has no lab.
    after
        The change.
    years
        Over how many years, in order.
    """
    old = before.forecast if before else Forecast(after.forecast.months, ())
    new = after.forecast

    def shifts(key: Callable[[Row], str]) -> tuple[Shift, ...]:
        return _largest(_shifts(old, new, key, years))

    datasets = (
        Shift(shift.name, shift.before, shift.after, (*_reasons(shift.name, before, after), *_for(old, new, shift)))
        for shift in shifts(lambda row: row.dataset)
    )
    return CostChange(
        years,
        Shift("", tuple(old.total(y * 12) for y in years), tuple(new.total(y * 12) for y in years)),
        shifts(lambda row: row.project),
        shifts(lambda row: row.grant),
        tuple(datasets),
        tuple(note for note in new.notes if note not in old.notes),
    )


def _shifts(old: Forecast, new: Forecast, key: Callable[[Row], str], years: tuple[int, ...]) -> Iterator[Shift]:
    before, after = ([told.by(key, year * 12) for year in years] for told in (old, new))
    for name in dict.fromkeys(name for amounts in (*before, *after) for name in amounts):
        was, now = (tuple(amounts.get(name, Range()) for amounts in side) for side in (before, after))
        yield Shift(name, was, now)


def _largest(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Those that differ, the largest difference over the longest time first."""
    return tuple(sorted((s for s in shifts if s.differs), key=lambda s: (-abs(s.more[-1]), s.name)))


def _reasons(dataset: str, before: Told | None, after: Told) -> tuple[str, ...]:
    return reasons(dataset, (before.plan, before.lab) if before else None, (after.plan, after.lab))


def _for(old: Forecast, new: Forecast, shift: Shift) -> tuple[str, ...]:
    """What is paid for more or less, over the longest time: the largest two."""
    before, after = (told.by(lambda row: row.what if row.dataset == shift.name else "") for told in (old, new))
    more = {
        what: after.get(what, Range()).usual - before.get(what, Range()).usual for what in {*before, *after} if what
    }
    largest = sorted((w for w in more if abs(more[w]) >= Decimal("0.5")), key=lambda w: (-abs(more[w]), w))[:2]
    return (", ".join(f"{what} {signed(more[what])}" for what in largest),) if largest else ()


def differences(costs: CostChange, shift: Shift) -> str:
    """What is more or less over each of the years, with what the last lies between where that is another amount."""
    if not shift.differs:
        return "the same as before"
    parts = [f"{signed(more)} over {span(year)}" for year, more in zip(costs.years, shift.more, strict=True)]
    return f"{', '.join(parts)}{ends(shift)}"


def span(years: int) -> str:
    """``1 year``, ``5 years``."""
    return f"{years} year{'s' * (years != 1)}"


def ends(shift: Shift) -> str:
    """What the last amount lies between, in parentheses; empty where that is the same."""
    low, high = (signed(end) for end in shift.between[-1])
    return f" (between {low} and {high})" if low != high else ""


def signed(usd: Decimal) -> str:
    """A difference in whole dollars, or in cents where it is small: ``+$1,225``, ``−$0.40``."""
    amount = abs(usd)
    if round(amount, 2) == 0:
        return "±$0"
    words = f"{amount:,.0f}" if amount >= 100 else f"{amount:,.2f}"
    return f"{'−' if usd < 0 else '+'}${words}"
