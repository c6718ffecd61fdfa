"""What nobody sees and everybody pays for: earlier versions, and uploads that were never finished.

An inventory says how much there is and since when the oldest. How old the rest is nobody says: it is taken to have come
evenly since then; the least that goes is nothing, and the most is all of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from slidebox.advice.charges import a_month, days_since, monthly
from slidebox.advice.given import YEAR, YEARS, Given, level_of
from slidebox.advice.piece import EARLIER, UNFINISHED, Advice, Kind
from slidebox.advice.thresholds import thresholds
from slidebox.advice.trying import plain, signed
from slidebox.cost import cents
from slidebox.facts.places import ABORT_DAYS
from slidebox.forecast import tariff_of
from slidebox.forecast.months import MONTH_DAYS
from slidebox.inventory.found import Holding
from slidebox.model import CLOUDS, Candidate
from slidebox.prices import Range
from slidebox.quantities import human_bytes
from slidebox.table_one import STANDARD


@dataclass(frozen=True, slots=True)
class _Old:
    """What of some bytes is older than a number of days, and what that costs."""

    size: int
    age: int
    saves: Range
    later: Range
    lines: tuple[str, ...]


def earlier_versions(given: Given) -> Iterator[Advice]:
    """Earlier versions that are older than they are wanted, where none of them has to be kept."""
    facts = given.facts
    for rows in _by_bucket(given):
        name, store, bucket = rows[0].dataset, rows[0].store, rows[0].bucket
        limit = facts.lifecycle(Candidate(name, given.term(name), store))["noncurrent_days"]
        # Where they stay on purpose, or it is not known, there is no number.
        if not isinstance(limit, int):
            continue
        old = _old(given, rows, limit, lambda held: (held.noncurrent_bytes, held.noncurrent_since), _min_days(given))
        if old:
            what = (
                f"Let earlier versions expire after {limit} days: {human_bytes(old.size)} of them lie in {bucket}, the "
                f"oldest for {old.age} days. The current versions remain; an earlier one cannot be had back."
            )
            rule = f"earlier versions expire after {limit} days"
            yield _advice(given, rows[0], "earlier versions", what, rule, old)


def unfinished_uploads(given: Given) -> Iterator[Advice]:
    """Parts of uploads that nobody will finish."""
    for rows in _by_bucket(given):
        # An upload that is aborted is not billed for the minimum of its class.
        billed = [_as_billed(given, held) for held in rows]
        old = _old(given, billed, ABORT_DAYS, lambda held: (held.incomplete_bytes, held.incomplete_since), _no_days)
        if old:
            what = (
                f"Let uploads be aborted that are not finished after {ABORT_DAYS} days: {human_bytes(old.size)} of "
                f"parts lie in {rows[0].bucket}, the oldest for {old.age} days. No data go: a part cannot be read."
            )
            rule = f"incomplete uploads are aborted after {ABORT_DAYS} days"
            yield _advice(given, rows[0], "unfinished uploads", what, rule, old)


def _by_bucket(given: Given) -> Iterator[list[Holding]]:
    found: dict[tuple[str, str, str], list[Holding]] = {}
    for held in given.holdings():
        found.setdefault((held.dataset, held.store, held.bucket), []).append(held)
    yield from found.values()


def _old(
    given: Given,
    rows: Sequence[Holding],
    limit: int,
    of: Callable[[Holding], tuple[int, dt.datetime | None]],
    min_days: Callable[[Holding], int],
) -> _Old | None:
    """What is older than a limit in a bucket, over all its classes; None where nothing is, or no price is known."""
    size, oldest, saves, later, lines = 0, 0, Range(), Range(), []
    for held in rows:
        bytes_, since = of(held)
        age = days_since(since, held, given.now)
        usd = monthly(given, held.store, held.storage_class, bytes_)
        if not bytes_ or age is None or age <= limit or usd is None:
            continue
        share = Decimal(age - limit) / age
        # What has been there for less than its class bills is paid for until then.
        early = max(Decimal(0), (min_days(held) - limit) / MONTH_DAYS)
        year, years = (_gone(usd, share, months - early) for months in (YEAR, YEARS))
        size, oldest, saves, later = size + bytes_, max(oldest, age), saves + year, later + years
        minimum = f" less the {early:.2f} that {held.storage_class} bills at least" if early else ""
        lines += [
            a_month(held, bytes_, usd),
            f"of them are older than {limit} days, if they came evenly: ({age} − {limit}) ÷ {age} = {share:.3f}",
            f"{plain(usd)} × {share:.3f} × {YEAR} months{minimum} = {signed(year.usual)}; at the least nothing, at the "
            f"most all of it: ${cents(year.high)}",
        ]
    return _Old(size, oldest, saves, later, tuple(lines)) if size else None


def _gone(usd: Range, share: Decimal, months: Decimal) -> Range:
    return Range(Decimal(0), usd.usual * share * months, usd.high * months)


def _min_days(given: Given) -> Callable[[Holding], int]:
    """What days the class of a holding bills at least."""

    def days(held: Holding) -> int:
        tariff = tariff_of(given.books, given.lab.file.stores[given.lab.carrier(held.store)])
        asks = tariff.asks(held.storage_class) if tariff else None
        return asks.min_days if asks else 0

    return days


def _as_billed(given: Given, held: Holding) -> Holding:
    """Parts of an upload in the class in which they are billed."""
    tariff = tariff_of(given.books, given.lab.file.stores[given.lab.carrier(held.store)])
    standard = thresholds().unfinished.as_standard.get(tariff.book.provider, ()) if tariff else ()
    return replace(held, storage_class=STANDARD) if held.storage_class in standard else held


def _no_days(held: Holding) -> int:  # noqa: ARG001 (of whatever class)
    return 0


def _advice(given: Given, held: Holding, kind: Kind, what: str, rule: str, old: _Old) -> Advice:
    part = EARLIER if kind == "earlier versions" else UNFINISHED
    return Advice(
        dataset=held.dataset,
        store=held.store,
        kind=kind,
        what=what,
        saves=old.saves,
        later=old.later,
        arithmetic="\n".join(old.lines),
        command=lifecycle_command(given, held, rule),
        parts=frozenset({(held.dataset, held.store, part, held.bucket)}),
    )


def lifecycle_command(given: Given, held: Holding, rule: str) -> str:
    """What sets a rule of a bucket's lifecycle: slidebox, where it set the bucket up, else the lab."""
    adopted = given.project(held.dataset).adopted_in(level_of(held.dataset), held.store)
    ours = given.lab.file.stores[held.store].kind in CLOUDS and not (adopted and adopted.as_is)
    project = held.dataset.partition("/")[0]
    return f"pulumi up -s {project}" if ours else f"the lifecycle of the bucket {held.bucket}: {rule}"
