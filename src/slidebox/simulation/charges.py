"""What a provider charges for one dataset, class by class, as rates that every policy is billed by.

Money is in floating-point US dollars here: sums are compared with each other, and agree with the forecast's exact
decimals to a millionth. What is reckoned with is the usual figure of each price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slidebox.forecast.months import MONTH_DAYS, Tariff
from slidebox.prices import Figure
from slidebox.table_one import STANDARD
from slidebox.tiering import Tiering


@dataclass(frozen=True, slots=True)
class Rates:
    """What a class costs.

    Attributes
    ----------
    byte_day
        A byte for a day, at the average price of the dataset's volume.
    put, get, move
        A write, a read, and a move into it by a lifecycle rule, of one object.
    byte_out
        A byte that is read, besides the request.
    restore
        To have one object back first.
    watch_day
        Watching an object for a day.
    min_days, min_object
        The least days and bytes that are billed.
    beside, beside_day
        Bytes beside each object at the price of the class, and what a day of those at the standard class's price costs.
    """

    byte_day: float
    put: float = 0.0
    get: float = 0.0
    move: float = 0.0
    byte_out: float = 0.0
    restore: float = 0.0
    watch_day: float = 0.0
    min_days: int = 0
    min_object: int = 0
    beside: int = 0
    beside_day: float = 0.0


@dataclass(frozen=True, slots=True)
class Charges:
    """What a provider charges for a dataset.

    Attributes
    ----------
    rates
        By class.
    tiering
        The rules of the classes that move objects by themselves, by the name that stays have for them.
    """

    rates: Mapping[str, Rates]
    tiering: Mapping[str, Tiering]

    def storage_day(self, storage_class: str, files: int, size: int) -> float:
        """A day of some objects in a class that does not move them."""
        rates = self.rates[storage_class]
        billed = max(size, files * rates.min_object) + files * rates.beside
        return billed * rates.byte_day + files * rates.beside_day


def charges_of(tariff: Tariff, files: int, size: int, classes: Sequence[str], tiering: Sequence[Tiering]) -> Charges:
    """What a provider charges for a dataset.

    Prices that fall with the volume are averaged over the dataset, whichever part of it lies in a class.

    Parameters
    ----------
    tariff
        The price book and the region.
    files, size
        Objects and bytes of the dataset.
    classes
        The classes to look at; those without a price of storage are left out. The standard one has to have one.
    tiering
        The classes that move objects by themselves, likewise.
    """
    rates = {name: _rates(tariff, name, files, size) for name in classes if tariff.knows(name)}
    rules = {}
    for rule in tiering:
        if tariff.knows(rule.storage_class) and all(tier.like in rates for tier in rule.tiers):
            rules[rule.name] = rule
            rates[rule.name] = _rates(tariff, rule.storage_class, files, size, rates[STANDARD])
    return Charges(rates, rules)


def _rates(tariff: Tariff, storage_class: str, files: int, size: int, standard: Rates | None = None) -> Rates:
    """The rates of a class; where it has none of requests, those of the standard class if that one is given."""
    prices, asks = tariff.prices(storage_class), tariff.asks(storage_class)
    unit = tariff.book.unit.bytes
    least = asks.min_object.bytes if asks and asks.min_object else 0
    beside = asks.overhead.bytes if asks and asks.overhead else 0
    in_standard = asks.overhead_in_standard.bytes if asks and asks.overhead_in_standard else 0
    billed = max(1, max(size, files * least) + files * (beside - in_standard))
    month = float(prices.storage.of(billed, unit).usual) / billed if prices.storage else 0.0
    hot = tariff.prices(STANDARD).storage
    put = _each(prices.put_1000, standard.put if standard else 0.0)
    return Rates(
        byte_day=month / float(MONTH_DAYS),
        put=put,
        get=_each(prices.get_1000, standard.get if standard else 0.0),
        move=_each(prices.transition_1000, put),
        byte_out=float(prices.retrieval.first.usual) / unit if prices.retrieval else 0.0,
        restore=_each(prices.restore_1000, 0.0),
        watch_day=_each(prices.monitoring_1000, 0.0) / float(MONTH_DAYS),
        min_days=asks.min_days if asks else 0,
        min_object=least,
        beside=beside - in_standard,
        beside_day=float(hot.first.usual) * in_standard / unit / float(MONTH_DAYS) if hot else 0.0,
    )


def _each(figure: Figure | None, otherwise: float) -> float:
    """The price of one of a thousand."""
    return float(figure.first.usual) / 1000 if figure else otherwise
