"""What a month costs in a class that moves objects by itself, which depends on how often they are read."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

from slidebox.forecast.holding import MONTH_DAYS, Tariff
from slidebox.prices import Range
from slidebox.tiering import Tier, Tiering, providers

Number = int | Decimal


def moving(tariff: Tariff, storage_class: str) -> Tiering | None:
    """The rules of a class that moves objects by itself, where the price of each of its tiers is known; else None."""
    provider = providers().get(tariff.book.provider)
    rule = provider.moving(storage_class) if provider else None
    return rule if rule and all(tariff.knows(tier.like) for tier in rule.tiers) else None


def fallen(
    tariff: Tariff, rule: Tiering, warm: Range, ages: Iterable[tuple[int, Number]], often: Decimal | None
) -> Range:
    """What a month of some objects costs in such a class.

    At least what it costs if nobody has read them since they came, at most the price of the first tier. What is usual
    is known where it is declared how often they are read: then at random times, so that of objects that are read `n`
    times a month on average e to the power of -n has not been read for a month. Where nobody says it, it is the price
    of the first tier.

    Parameters
    ----------
    tariff
        What the cloud charges.
    rule
        The class.
    warm
        What all of it costs in the first tier.
    ages
        For how many months each part is there, and its bytes.
    often
        How many times a month each byte is read on average; None where nobody says it.
    """
    parts = [(age, Decimal(size)) for age, size in ages]
    whole = sum((size for _, size in parts), Decimal(0))
    if not whole:
        return warm
    unread = _share(tariff, rule, parts, Decimal(0)) / whole
    usual = Decimal(1) if often is None else _share(tariff, rule, parts, often) / whole
    return Range(warm.low * unread, warm.usual * usual, warm.high)


def _share(tariff: Tariff, rule: Tiering, parts: Iterable[tuple[int, Decimal]], often: Decimal) -> Decimal:
    """The bytes that would cost as much in the first tier."""
    steps = [
        (_by_first(tariff, rule, before) - _by_first(tariff, rule, after), after)
        for before, after in pairwise(rule.tiers)
    ]
    total = Decimal(0)
    for age, size in parts:
        less = Decimal(0)
        for step, tier in steps:
            days = min(MONTH_DAYS, max(Decimal(0), (age + 1) * MONTH_DAYS - tier.after_days))
            less += step * days / MONTH_DAYS * (-often * tier.after_days / MONTH_DAYS).exp()
        total += size * (1 - less)
    return total


def _by_first(tariff: Tariff, rule: Tiering, tier: Tier) -> Decimal:
    """What a tier costs, by the first one: at the prices of the first volume."""
    here, first = (tariff.prices(one.like).storage for one in (tier, rule.tiers[0]))
    if here is None or first is None or not first.first.usual:
        return Decimal(1)
    return here.first.usual / first.first.usual
