"""Two reports of one day: what both have is counted once, from the newer of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

from slidebox.spend.found import Excluded
from slidebox.spend.reading import Read

_SCOPE = """
create or replace temp table scope as
select distinct r.report, account, sub, currency, day from charge join reported r using (file) where fault is null
"""

_TWICE = """
create or replace temp table twice as
select account, sub, currency, day from scope group by all having count(*) > 1
"""

_PAIRS = """
create or replace temp table pairs as
with keys as (
  select distinct r.report, account, sub, currency, day, service, meter, resource, line
  from charge join reported r using (file) semi join twice using (account, sub, currency, day)
  where fault is null
)
select distinct a.report as older, b.report as newer, account, sub, currency
from keys a join keys b using (account, sub, currency, day, service, meter, resource, line)
where a.report < b.report
"""

_GONE = """
create or replace temp table gone as
select o.report as older, max(n.report) as newer, account, sub, currency, day
from scope o
join pairs p using (account, sub, currency)
join scope n using (account, sub, currency, day)
where p.older = o.report and p.newer = n.report
group by all
"""


def counted_once(connection: Any, reads: Sequence[Read]) -> tuple[Excluded, ...]:
    """Take out of ``charge`` what a newer report says again, and say how much that was.

    Reports are of the same charges where they have a charge in common: the same account, day, service, usage and
    resource. Then the newer one is taken for every day that both have. Exports that have nothing in common, such as one
    for each service, and those that go on where another ended (by `x_ExportTime`) are added up.

    Parameters
    ----------
    connection
        As of `slidebox.spend.reading.opened`.
    reads
        The files, in the order of their numbers: those of older reports first.
    """
    order = _numbers(reads)
    if len(set(order)) < 2:
        return ()
    connection.execute("create or replace temp table reported (file integer, report integer)")
    connection.executemany("insert into reported values (?, ?)", [list(pair) for pair in enumerate(order)])
    connection.execute(_SCOPE)
    connection.execute(_TWICE)
    if not connection.execute("select count(*) from twice").fetchone()[0]:
        return ()
    connection.execute(_PAIRS)
    names = dict(zip(order, reads, strict=True))
    for older, newer in _continued(order, reads):
        connection.execute("delete from pairs where older = ? and newer = ?", [older, newer])
    connection.execute(_GONE)
    found = connection.execute(
        "select older, newer, gone.currency, sum(usd), sum(n)::bigint, min(gone.day), max(gone.day) from charge "
        "join reported using (file) join gone on older = report and gone.account = charge.account "
        "and gone.sub = charge.sub and gone.currency = charge.currency and gone.day = charge.day "
        "where fault is null group by 1, 2, 3 order by 1, 2, 3"
    ).fetchall()
    connection.execute(
        "delete from charge using reported r, gone g where charge.file = r.file and g.older = r.report "
        "and g.account = charge.account and g.sub = charge.sub and g.currency = charge.currency "
        "and g.day = charge.day and charge.fault is null"
    )
    return tuple(_excluded(names, row) for row in found)


def _numbers(reads: Sequence[Read]) -> list[int]:
    """The number of each file's report, older ones first."""
    seen: dict[str, int] = {}
    return [seen.setdefault(read.part.report, len(seen)) for read in reads]


def _continued(order: Sequence[int], reads: Sequence[Read]) -> list[tuple[int, int]]:
    """Pairs of reports of which one has only what was exported after the other."""
    spans: dict[int, tuple[Any, Any] | None] = {}
    for number, read in zip(order, reads, strict=True):
        known = spans.get(number, read.exported)
        both = known is not None and read.exported is not None
        spans[number] = (min(known[0], read.exported[0]), max(known[1], read.exported[1])) if both else None  # type: ignore[index]
    return [
        (a, b)
        for a, b in combinations(sorted(spans), 2)
        if spans[a] and spans[b] and (spans[a][1] < spans[b][0] or spans[b][1] < spans[a][0])  # type: ignore[index]
    ]


def _excluded(names: Mapping[int, Read], row: Sequence[Any]) -> Excluded:
    older, newer, currency, amount, rows, first, last = row
    old, new = names[older].part, names[newer].part
    days = f"on {first}" if first == last else f"from {first} to {last}"
    how = (
        "which is the newer one"
        if old.made < new.made
        else "which is as old, so that nothing but its name says which to take"
    )
    said = (
        f"{old.report} and {new.report} are of the same charges {days}: those of the first are not counted again, "
        f"but those of the second, {how}."
    )
    return Excluded(
        what="counted already",
        said=said,
        file=old.report,
        amount=Decimal(str(round(amount, 6))),
        currency=currency,
        rows=rows,
    )
