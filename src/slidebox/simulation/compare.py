"""Policies against each other on the same traces, at the same prices, by the same bill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from slidebox.forecast.months import Tariff
from slidebox.simulation.bill import Schedule, bill
from slidebox.simulation.charges import Charges, charges_of
from slidebox.simulation.optimum import optimum
from slidebox.simulation.policies import ALL_HOT, managed
from slidebox.simulation.traces import Trace
from slidebox.tiering import providers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trace costs under each policy, in US dollars.

    Attributes
    ----------
    hot
        Everything in the standard class.
    managed
        The cheapest class of the provider that moves objects by itself; None where there is none.
    plan
        The plan's classes.
    optimum
        The cheapest classes for this very trace, known beforehand.
    """

    hot: float
    managed: float | None
    plan: float
    optimum: float

    @property
    def best_simple(self) -> float:
        """The cheaper of the first two."""
        return self.hot if self.managed is None else min(self.hot, self.managed)

    @property
    def to_best_simple(self) -> float:
        """The plan's cost by that of the cheaper of the first two."""
        return _ratio(self.plan, self.best_simple)

    @property
    def to_optimum(self) -> float:
        """The plan's cost by the cheapest there could have been."""
        return _ratio(self.plan, self.optimum)

    def __add__(self, other: Outcome) -> Outcome:
        both = self.managed is not None or other.managed is not None
        together = _managed(self) + _managed(other) if both else None
        return Outcome(self.hot + other.hot, together, self.plan + other.plan, self.optimum + other.optimum)


def _managed(outcome: Outcome) -> float:
    """What the provider's own way costs; where it has none everything stays in the standard class."""
    return outcome.hot if outcome.managed is None else outcome.managed


def _ratio(usd: float, by: float) -> float:
    return usd / by if by else 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """A dataset in a store, with what may happen to it.

    Attributes
    ----------
    dataset, store
        Which, and where.
    tariff
        What the provider charges there.
    plan
        The classes that the plan has for it.
    traces
        What may happen.
    """

    dataset: str
    store: str
    tariff: Tariff
    plan: Schedule
    traces: tuple[Trace, ...]


def charges_for(tariff: Tariff, trace: Trace, plan: Schedule) -> Charges:
    """What the provider charges for a trace: in its classes at hand, those of the plan, and those that move objects."""
    provider = providers()[tariff.book.provider]
    tiering = provider.tiering
    names = dict.fromkeys([*provider.at_hand, *(stay.storage_class for stay in plan)])
    own = {rule.storage_class for rule in tiering}
    return charges_of(tariff, trace.files, trace.size, [name for name in names if name not in own], tiering)


def outcome(tariff: Tariff, trace: Trace, plan: Schedule) -> Outcome:
    """What a trace costs under each policy.

    Parameters
    ----------
    tariff
        What the provider charges.
    trace
        What happens.
    plan
        The plan's classes.
    """
    charges = charges_for(tariff, trace, plan)

    def total(schedule: Schedule) -> float:
        return sum(bill(group, schedule, charges).total for group in trace.groups)

    return Outcome(
        hot=total(ALL_HOT),
        managed=min((total(managed(name)) for name in charges.tiering), default=None),
        plan=total(plan),
        optimum=sum(bill(group, optimum(group, charges), charges).total for group in trace.groups),
    )


def outcomes(case: Case) -> tuple[Outcome, ...]:
    """What each trace of a case costs under each policy."""
    return tuple(outcome(case.tariff, trace, case.plan) for trace in case.traces)


def added(found: Iterable[Sequence[Outcome]]) -> tuple[Outcome, ...]:
    """Cases together, trace by trace: the first traces of all of them are one course of events."""
    columns = list(found)
    return tuple(sum(row[1:], row[0]) for row in zip(*columns, strict=True)) if columns else ()


def middle(found: Sequence[Outcome], of: Callable[[Outcome], float]) -> float:
    """The median of something over traces."""
    return median(of(one) for one in found)


def worst(found: Sequence[Outcome], of: Callable[[Outcome], float]) -> float:
    """The largest of something over traces."""
    return max(of(one) for one in found)
