"""What keeping data costs: per month, once, and over the years to come.

Pure arithmetic in decimals over the prices of `slidebox.systems`. Storage alone is counted:
requests, retrieval and download are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from slidebox.model import Cost, Store, System, Term
from slidebox.quantities import Size, human_bytes
from slidebox.systems import Systems
from slidebox.table_one import STANDARD, Cell, Price

_MICRO = Decimal("0.000001")
_TB = Size.parse("1 TB")

HORIZONS = (12, 60)
"""The months over which a plan adds up costs: one year and five years."""


@dataclass(frozen=True, slots=True)
class Held:
    """A placement as far as its cost goes: the store it is in, and what that costs."""

    store: str
    cost: Cost


def placement_cost(
    systems: Systems, store: Store, size: int, *, storage_class: str = STANDARD, already: int = 0
) -> Cost:
    """What a dataset costs in a store.

    Parameters
    ----------
    systems
        The prices.
    store
        The store; its own `price` in USD per TB and month replaces Table 1's.
    size
        Bytes of the dataset.
    storage_class
        The class inside the store.
    already
        Bytes of other datasets in the store, which have used up the free allowance and the first rates.

    Returns
    -------
    Cost
        USD per month, USD once, and the arithmetic with the price's source and date.
    """
    if store.price is not None:
        monthly = Decimal(size) / _TB.bytes * _decimal(store.price)
        why = f"{human_bytes(size)} × ${_money(store.price)} per TB and month = ${cents(monthly)} (the lab's own price)"
        return Cost(monthly=_micro(monthly), once=0.0, why=why)
    return _cost(systems.price(store.system, storage_class), store.system, size, already)


def horizon(
    terms: Mapping[Term, Sequence[Held]], lengths: Mapping[Term, Decimal | None], current: Term, months: int
) -> float:
    """What all copies of a dataset cost over some months from today.

    The walk starts at the beginning of the current term and goes through the terms that follow.
    What is paid once is paid when a store is first used, and not again while the data stay there.

    Parameters
    ----------
    terms
        Placements by term.
    lengths
        Months of each term; None for a term without end.
    current
        The term of today.
    months
        How far to look.

    Returns
    -------
    float
        US dollars.
    """
    order = list(Term)
    left, total = Decimal(months), Decimal(0)
    stays: set[str] = set()
    for term in order[order.index(current) :]:
        if left <= 0:
            break
        length = lengths.get(term)
        span = left if length is None else min(left, length)
        held = terms.get(term, ())
        total += span * sum((_decimal(h.cost.monthly) for h in held), Decimal(0))
        if span > 0:
            total += sum((_decimal(h.cost.once) for h in held if h.store not in stays), Decimal(0))
            stays = {h.store for h in held}
        left -= span
    return _micro(total)


def term_months(systems: Systems) -> dict[Term, Decimal | None]:
    """Months of each term; None for the long term."""
    lengths = {term: systems.term_length(term) for term in Term}
    return {term: length.months if length else None for term, length in lengths.items()}


def _cost(cell: Cell[Price], system: System, size: int, already: int) -> Cost:
    price, source = cell.value, f"({cell.source.title}, {cell.as_of})"
    if not price.monthly and not price.once:
        said = "nothing is kept" if system is System.DELETION else f"{human_bytes(size)} free"
        return Cost(monthly=0.0, once=0.0, why=f"{said} {source}")
    if price.once:
        once = _units(size, price) * _decimal(price.once)
        why = f"{_priced(size, price, price.once)} = ${cents(once)} once {source}"
        return Cost(monthly=0.0, once=_micro(once), why=why)
    monthly, parts = _monthly(price, size, already)
    return Cost(monthly=_micro(monthly), once=0.0, why=f"{' + '.join(parts)} = ${cents(monthly)} a month {source}")


def _monthly(price: Price, size: int, already: int) -> tuple[Decimal, list[str]]:
    """Walk the free allowance and the rates over the bytes from `already` to `already + size`."""
    total, parts = Decimal(0), []
    floor, end = already, already + size
    free = price.free.bytes if price.free else 0
    if free > floor:
        inside = min(end, free) - floor
        parts.append(f"{_amount(inside, price.per)} free")
        floor += inside
    for rate in price.monthly:
        ceiling = rate.up_to.bytes if rate.up_to else end
        inside = min(end, ceiling) - floor
        if inside <= 0:
            continue
        total += _units(inside, price) * _decimal(rate.usd)
        parts.append(_priced(inside, price, rate.usd))
        floor += inside
    return total, parts


def _units(size: int, price: Price) -> Decimal:
    units = Decimal(size) / Decimal(price.per.bytes)
    return units.to_integral_value(ROUND_CEILING) if price.whole else units


def _priced(size: int, price: Price, usd: float) -> str:
    """``34 GB × $15 per TB``, or ``3 × 250 GB at $1,225`` where started units count as whole ones."""
    if price.whole:
        return f"{_units(size, price)} × {price.per} at ${_money(usd)}"
    unit = price.per.unit if price.per.number == 1 else str(price.per)
    return f"{_amount(size, price.per)} × ${_money(usd)} per {unit}"


def _amount(size: int, per: Size) -> str:
    """An amount in a price's own family of units, decimal or binary."""
    if per.unit.endswith("iB"):
        return f"{_short(Decimal(size) / Size.units[per.unit])} {per.unit}"
    return human_bytes(size)


def _short(number: Decimal) -> str:
    """A number with four significant digits and no exponent."""
    if number == number.to_integral_value():
        return f"{number:.0f}"
    digits = max(0, 3 - number.adjusted())
    return f"{number:.{digits}f}".rstrip("0").rstrip(".")


def _money(value: float) -> str:
    """A price as it is listed: ``1,225``, ``0.023``, ``4.80``."""
    number = _decimal(value)
    if number == number.to_integral_value():
        return f"{number:,.0f}"
    return f"{number:,.2f}" if number == number.quantize(Decimal("0.01")) else f"{number.normalize():,f}"


def cents(value: Decimal) -> str:
    """An amount in dollars and cents, or in enough digits to be more than zero."""
    if 0 < value < Decimal("0.005"):
        return f"{value.quantize(_MICRO, ROUND_HALF_UP).normalize():f}" if value >= _MICRO else "0.00"
    return f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):,f}"


def _decimal(value: float) -> Decimal:
    # Through its shortest text: 0.023 is 0.023 and not the binary fraction next to it.
    return Decimal(str(value))


def _micro(value: Decimal) -> float:
    return float(value.quantize(_MICRO, ROUND_HALF_UP))
