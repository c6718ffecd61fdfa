"""The parts of a holding: what arrived together, is written over together, and ages together.

A dataset that grows arrives month by month. Each part has an age of its own, which decides when a lifecycle rule moves
it and for how long a class is paid for at least. Parts that have nothing before them any more are one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from slidebox.forecast.holding import MONTH_DAYS, Holding, Later, Span
from slidebox.model import Rate


@dataclass(slots=True)
class Part:
    """Bytes that arrived together.

    Attributes
    ----------
    size, files
        Bytes, and how many files.
    spans
        Its classes; the first begins when it arrives.
    ends
        The month from which it is gone; None where it stays.
    overwritten
        Whether it is gone because something else was written in its place.
    """

    size: int | Decimal
    files: int | Decimal
    spans: tuple[Span, ...]
    ends: int | None = None
    overwritten: bool = False

    def gone(self, month: int) -> bool:
        """Whether it is not there any more."""
        return self.ends is not None and month >= self.ends

    def at(self, month: int) -> int:
        """Which of its spans a month is in, or the last month in which it was there."""
        last = month if self.ends is None else min(month, self.ends - 1)
        for number in range(len(self.spans) - 1, 0, -1):
            if self.spans[number].begins <= last:
                return number
        return 0


class Parts:
    """The parts of a holding at a cloud, month by month.

    Parameters
    ----------
    held
        The holding.
    """

    def __init__(self, held: Holding) -> None:
        self._held = held
        ends = held.gone(held.spans[0].begins)
        base = Part(held.size, held.files, held.spans, ends)
        self._parts = [base] if ends is None or ends > held.spans[0].begins else []
        self._coming = [part for later in held.later if (part := _arriving(held, later))][::-1]
        self._alone = not held.later and not held.rewritten

    def at(self, month: int) -> list[Part]:
        """What is there in a month, or still costs something; months are asked for in their order, and each once."""
        if self._alone:
            return self._parts if self._parts and self._parts[0].spans[0].begins <= month else []
        while self._coming and self._coming[-1].spans[0].begins <= month:
            self._parts.append(self._coming.pop())
        here = [part for part in self._parts if self._counts(part, month)]
        for rewriting in self._held.rewritten:
            if rewriting.holds(month) and month > self._held.spans[0].begins:
                here += self._written_over(here, rewriting.what, month)
        self._parts = self._together(here, month)
        return [part for part in self._parts if part.spans[0].begins <= month]

    def _counts(self, part: Part, month: int) -> bool:
        """Whether a part is there, will be, or is kept as an earlier version until this month."""
        kept = self._held.versions_for
        return part.ends is None or kept is None or month <= part.ends + kept

    def _written_over(self, parts: list[Part], rate: Rate, month: int) -> list[Part]:
        """Take from every part what a month writes over, and answer that: what went, and what came."""
        live = [p for p in parts if not p.gone(month) and p.spans[0].begins < month]
        whole = _added(p.size for p in live)
        share = min(Decimal(1), rate.monthly(whole) / whole) if whole else Decimal(0)
        if not share:
            return []
        went = [
            Part(p.size * share, p.files * share, (p.spans[p.at(month - 1)],), month, overwritten=True) for p in live
        ]
        for part in live:
            part.size, part.files = part.size * (1 - share), part.files * (1 - share)
        size, files = _added(p.size for p in went), _added(p.files for p in went)
        came = _arriving(self._held, Later(month, size, files))
        return [*went, came] if came else went

    def _together(self, parts: list[Part], month: int) -> list[Part]:
        """The parts, those with the same future as one."""
        found: dict[tuple[object, ...], Part] = {}
        for part in parts:
            future = self._future(part, month)
            if future in found:
                found[future].size += part.size
                found[future].files += part.files
            else:
                found[future] = part
        return list(found.values())

    def _future(self, part: Part, month: int) -> tuple[object, ...]:
        """What decides what becomes of a part: where it is, since when if that matters, where it goes, how it ends."""
        if part.spans[0].begins >= month:
            return (id(part),)
        number = part.at(month)
        span = part.spans[number]
        asks = self._held.tariff.asks(span.storage_class) if self._held.tariff else None
        least = int(((asks.min_days if asks else 0) / MONTH_DAYS).to_integral_value(ROUND_CEILING))
        settled = month > span.begins and min(month, part.ends or month) - span.begins >= least
        since = None if settled else span.begins
        return (span.storage_class, since, part.spans[number + 1 :], part.ends, part.overwritten)


def _added(amounts: Iterable[int | Decimal]) -> Decimal:
    return sum((Decimal(amount) for amount in amounts), Decimal(0))


def _arriving(held: Holding, later: Later) -> Part | None:
    """What arrives later as a part with its own way through the classes; None where the copy is gone by then."""
    ends = held.gone(later.month)
    if ends is not None and ends <= later.month:
        return None
    spans: list[Span] = []
    for number, span in reversed([*enumerate(held.spans)]):
        if 0 < number < len(held.spans) - 1 and held.spans[number + 1].begins <= later.month:
            # The rule that moved data there is not in force any more.
            continue
        begins = max(span.begins, later.month + span.age)
        if not spans or begins < spans[0].begins:
            spans.insert(0, replace(span, begins=begins))
    first, *others = held.spans
    if others and others[0].begins == first.begins and spans[0].storage_class == others[0].storage_class:
        # What moves at once is written into another class first.
        spans.insert(0, replace(first, begins=later.month))
    return Part(later.size, later.files, tuple(spans), ends)
