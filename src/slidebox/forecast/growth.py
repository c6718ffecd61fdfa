"""How a dataset grows from now on, and what of it arrives when in a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from slidebox.forecast.holding import During, Later, Span
from slidebox.model import Rate
from slidebox.prices import Range

Number = int | Decimal


def sizes_of(size: int, growth: Sequence[During[Rate]], months: int) -> tuple[Number, ...]:
    """The bytes of a dataset at the beginning of each month.

    Parameters
    ----------
    size
        Bytes now.
    growth
        How it grows, in months that follow each other.
    months
        How far to look.

    Returns
    -------
    tuple
        One size a month, or a single one where it does not grow.
    """
    if not growth:
        return (size,)
    sizes: list[Number] = [size]
    start: Number = size
    for month in range(1, months):
        during = next((one for one in growth if one.holds(month - 1)), None)
        if during is None:
            sizes.append(sizes[-1])
            continue
        if during.begins == month - 1:
            start = sizes[-1]
        sizes.append(during.what.after(start, month - during.begins))
    return tuple(sizes)


def size_at(sizes: Sequence[Number], month: int) -> Number:
    """The bytes at the beginning of a month."""
    return sizes[min(month, len(sizes) - 1)]


def arrivals(
    sizes: Sequence[Number], files: int, begins: int, ends: int | None, once: Callable[[Number], Range]
) -> tuple[Later, ...]:
    """What arrives in a store after a copy has begun there.

    Parameters
    ----------
    sizes
        Bytes at the beginning of each month.
    files
        How many files there are at first: their mean size stays.
    begins, ends
        The month in which the copy arrives, and the one from which nothing comes any more.
    once
        What so many bytes cost once.
    """
    found = []
    last = len(sizes) if ends is None else min(len(sizes), ends)
    for month in range(begins + 1, last):
        before, after = sizes[month - 1], sizes[month]
        if after > before:
            more = Decimal(after - before)
            share = more / sizes[0] if sizes[0] else Decimal(0)
            found.append(Later(month, more, files * share, less(once(after), once(before))))
    return tuple(found)


def months_at(
    spans: Sequence[Span], sizes: Sequence[Number], monthly: Callable[[Span, Number], Range]
) -> Iterator[Span]:
    """Spans whose month costs what the size of the month does: one more whenever there is more.

    Parameters
    ----------
    spans
        The classes.
    sizes
        Bytes at the beginning of each month.
    monthly
        What a month of so many bytes costs in a class.
    """
    for span, following in pairwise((*spans, None)):
        assert span is not None  # noqa: S101 (only the last is)
        ends = following.begins if following else len(sizes)
        yield Span(span.begins, span.storage_class, monthly(span, size_at(sizes, span.begins)))
        for month in range(span.begins + 1, min(ends, len(sizes))):
            if sizes[month] != sizes[month - 1]:
                yield Span(month, span.storage_class, monthly(span, sizes[month]))


def less(more: Range, before: Range) -> Range:
    """What an amount is above another, never less than nothing."""
    nothing = Decimal(0)
    return Range(
        max(nothing, more.low - before.low),
        max(nothing, more.usual - before.usual),
        max(nothing, more.high - before.high),
    )
