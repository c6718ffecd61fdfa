"""From bills to what was spent: everything read, counted once, told apart and summed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from slidebox.spend.anomalies import Rise, rises
from slidebox.spend.files import Part, parts_of
from slidebox.spend.focus import BILLED, CHARGE, EFFECTIVE, PURCHASE, flavour_of, focus, kind_of
from slidebox.spend.found import CURRENCY, Actual, Anomaly, Excluded, Foreign, Report, Spent, Untagged
from slidebox.spend.overlap import counted_once
from slidebox.spend.owners import Places, owner_of, shown
from slidebox.spend.reading import MEMORY, NotReadError, Read, opened, read

_MOST = 1000
"""Resources that belong to nobody, beyond which the rest is one sum."""

_FAULTS: Mapping[str, str] = {
    "cost": "without a number as cost",
    "currency": "without a currency",
    "date": "without a date that can be read as the beginning of the period",
    "future": "of the future",
    "category": "of a category that FOCUS has not",
}


def spent(
    paths: Iterable[Path],
    now: dt.datetime,
    places: Places | None = None,
    *,
    amortized: bool = False,
    since: dt.date | None = None,
    memory: str = MEMORY,
) -> Spent:
    """What bills in FOCUS say was spent.

    Parameters
    ----------
    paths
        Files (Parquet, CSV, CSV in gzip), manifests, or folders of them.
    now
        This moment: charges that begin after tomorrow are not counted.
    places
        The names of a lab's buckets and accounts; without them tags alone tell whose a charge is.
    amortized
        Count EffectiveCost, in which what was paid beforehand is spread over what it pays for. Otherwise BilledCost is
        counted, which is what the invoices say: a grant pays invoices.
    since
        Sum only what was charged from this day on; what is usual is told by everything before too.
    memory
        How much memory the reading may take, as DuckDB writes it.

    Raises
    ------
    InputError
        If there is no bill at the paths, or DuckDB is not installed.
    """
    cost = EFFECTIVE if amortized else BILLED
    parts, missing = parts_of(paths)
    excluded = list(missing)
    with opened(memory) as connection:
        reads = list(_read_all(connection, parts, cost, now.date(), excluded))
        excluded += counted_once(connection, reads)
        excluded += _faults(connection, reads)
        _tell(connection, places, since or dt.date.min)
        first, last = connection.execute("select min(day), max(day) from shown").fetchone()
        return Spent(
            cost=cost,
            actuals=tuple(_actuals(connection)),
            untagged=tuple(_untagged(connection)),
            excluded=tuple(excluded),
            foreign=tuple(_foreign(connection)),
            anomalies=tuple(sorted(_anomalies(connection, since), key=lambda one: (-one.usd, one.since, one.project))),
            reports=tuple(_reports(connection, reads)),
            notes=tuple(_notes(connection, reads)),
            first=first,
            last=last,
        )


def _read_all(
    connection: Any, parts: Sequence[Part], cost: str, today: dt.date, excluded: list[Excluded]
) -> Iterator[Read]:
    number = 0
    for part in parts:
        try:
            if part.version and part.version.removesuffix("-preview").partition("r")[0] not in focus().versions:
                raise NotReadError(
                    "version",
                    f"{part.name} is of FOCUS {part.version} by its manifest, which slidebox does not know: it is not "
                    "counted. Export 1.0 to 1.3.",
                )
            one = read(connection, number, part, cost, today)
        except NotReadError as error:
            amounts = error.amounts or (("", None, 0),)
            for currency, amount, rows in amounts:
                excluded.append(
                    Excluded(
                        what=error.what,
                        said=error.said,
                        file=part.name,
                        amount=None if amount is None else _money(amount),
                        currency=currency or CURRENCY,
                        rows=rows,
                        unread=True,
                    )
                )
            continue
        yield one
        number += 1


def _money(amount: float) -> Decimal:
    """An amount to a millionth: finer than any provider bills, coarser than sums of floating point err."""
    return Decimal(str(round(amount, 6)))


def _faults(connection: Any, reads: Sequence[Read]) -> Iterator[Excluded]:
    """Rows that cannot be counted, by file and why."""
    found = connection.execute(
        "select file, fault, currency, sum(usd), sum(n)::bigint, min(day), max(day) from charge "
        "where fault is not null group by 1, 2, 3 order by 1, 2, 3"
    ).fetchall()
    for file, fault, currency, amount, rows, first, last in found:
        name = reads[file].part.name
        when = f" (the first on {first}, the last on {last})" if fault == "future" else ""
        many = f"{rows:,} rows" if rows != 1 else "1 row"
        yield Excluded(
            what=fault,
            said=f"{many} of {name} {_FAULTS[fault]}{when}: not counted.",
            file=name,
            amount=None if amount is None else _money(amount),
            currency=currency or "without a currency",
            rows=rows,
            unread=fault in ("cost", "date", "currency", "category"),
        )


def _tell(connection: Any, places: Places | None, since: dt.date) -> None:
    """Write into the table ``told`` whose each resource and set of tags is, and into ``meant`` what meters are for.

    The views are of what is summed: everything from a day on, what of it is in US dollars, and charges alone; and of
    the charges of all days, by which it is told what rose.
    """
    kinds = connection.execute("select distinct meter, service from charge where fault is null").fetchall()
    _put(
        connection,
        "meant",
        {
            "meter": [meter for meter, _ in kinds],
            "service": [service for _, service in kinds],
            "kind": [kind_of(meter, service) for meter, service in kinds],
        },
    )
    rows = connection.execute("select distinct resource, tags, sub, service from charge where fault is null").fetchall()
    owners = [owner_of(resource, tags, sub, service, places) for resource, tags, sub, service in rows]
    _put(
        connection,
        "told",
        {
            "resource": [row[0] for row in rows],
            "tags": [row[1] for row in rows],
            "sub": [row[2] for row in rows],
            "service": [row[3] for row in rows],
            "project": [owner.project for owner in owners],
            "dataset": [owner.dataset for owner in owners],
            "level": [owner.level for owner in owners],
            "grants": [owner.grant for owner in owners],
            "store": [owner.store for owner in owners],
            "by": [owner.by for owner in owners],
            "likely": [owner.likely for owner in owners],
            "why": [owner.why for owner in owners],
            "shown": [shown(row[0]) for row in rows],
        },
    )
    connection.execute(
        f"""
        create temp table counted as
        select file, outside, style, day, strftime(day, '%Y-%m') as month, currency, account, line, service, meter,
          shown as resource, case when purchase then '{PURCHASE}' else kind end as kind,
          project, dataset, level, grants, store, "by", likely, why, sum(usd) as usd, sum(n) as n
        from charge join told using (resource, tags, sub, service) join meant using (meter, service)
        where fault is null
        group by all
        """  # noqa: S608 -- our own words
    )
    connection.execute(
        f"""
        create temp view shown as select * from counted where day >= '{since.isoformat()}';
        create temp view dollars as select * from shown where currency = '{CURRENCY}';
        create temp view charged as select * from dollars where line = '{CHARGE}';
        create temp view series as select * from counted where currency = '{CURRENCY}' and line = '{CHARGE}';
        """  # noqa: S608 -- a day and our own words
    )


def _put(connection: Any, table: str, columns: Mapping[str, list[str]]) -> None:
    """Make a table of texts."""
    cells = ", ".join(f'unnest(?::varchar[]) as "{name}"' for name in columns)
    connection.execute(f"create temp table {table} as select {cells}", list(columns.values()))


def _actuals(connection: Any) -> Iterator[Actual]:
    found = connection.execute(
        'select project, dataset, level, grants, month, sum(usd), service, kind, meter, store, line, "by" from dollars '
        "group by all order by all"
    ).fetchall()
    for project, dataset, level, grant, month, usd, service, kind, meter, store, line, by in found:
        yield Actual(
            project=project,
            dataset=dataset,
            level=level,
            grant=grant,
            month=month,
            usd=_money(usd),
            service=service,
            usage=kind,
            meter=meter,
            store=store,
            line=line,
            by=by,
        )


def _untagged(connection: Any) -> Iterator[Untagged]:
    found = connection.execute(
        "select resource, service, store, likely, why, sum(usd) as usd from charged where project = '' group by all "
        "having usd <> 0 order by usd desc, resource, service, store, likely, why"
    ).fetchall()
    for resource, service, store, likely, why, usd in found[:_MOST]:
        yield Untagged(resource=resource, service=service, store=store, usd=_money(usd), likely=likely, why=why)
    if rest := found[_MOST:]:
        yield Untagged(resource=f"{len(rest):,} others", service="", store="", usd=_money(sum(row[-1] for row in rest)))


def _foreign(connection: Any) -> Iterator[Foreign]:
    found = connection.execute(
        "select currency, month, project, line, sum(usd) from shown anti join dollars using (currency) "
        "group by all order by all"
    ).fetchall()
    for currency, month, project, line, amount in found:
        yield Foreign(currency=currency, month=month, project=project, line=line, amount=_money(amount))


def _reports(connection: Any, reads: Sequence[Read]) -> Iterator[Report]:
    spans = {
        file: (first, last)
        for file, first, last in connection.execute(
            "select file, min(day), max(day) from charge where fault is null group by 1"
        ).fetchall()
    }
    together: dict[str, list[int]] = {}
    for number, one in enumerate(reads):
        together.setdefault(one.part.report, []).append(number)
    for name, numbers in together.items():
        one = reads[numbers[0]]
        days = [spans[number] for number in numbers if number in spans]
        by_name = next((flavour_of(reads[number].provider) for number in numbers if reads[number].provider), "")
        yield Report(
            name=name,
            files=len(numbers),
            flavour=by_name if by_name in focus().flavours else one.layout.flavour,
            version=one.layout.version,
            rows=sum(reads[number].rows for number in numbers),
            first=min((first for first, _ in days), default=None),
            last=max((last for _, last in days), default=None),
            made=one.part.made,
        )


def _notes(connection: Any, reads: Sequence[Read]) -> Iterator[str]:
    """How things were read that could be read in more than one way."""
    styles = dict(
        connection.execute(
            "select style, sum(n)::bigint from charge where fault is null and style <> '' group by 1"
        ).fetchall()
    )
    if styles.get("naive"):
        yield f"{_rows(styles['naive'])} with times without a zone: they are read as UTC, as FOCUS has all times."
    if styles.get("day"):
        yield f"{_rows(styles['day'])} with a day alone: it is read as beginning at midnight, UTC."
    if styles.get("offset"):
        yield f"{_rows(styles['offset'])} with times of another zone: they are counted in the month that it was in UTC."
    outside = connection.execute(
        "select currency, sum(n)::bigint, sum(usd) from charge where fault is null and outside group by 1 order by 1"
    ).fetchall()
    for currency, rows, amount in outside:
        yield (
            f"{_rows(rows)} ({_money(amount):,.2f} {currency}) of charges before or after the billing period that they "
            "are on the bill of: they are counted in the month in which they were made."
        )
    days = connection.execute(
        "select count(distinct day), count(distinct day) filter (day(day) <> 1) from charge"
    ).fetchone()
    if days[0] > 1 and not days[1]:
        yield "All charges are those of whole months: what rose within one cannot be told. Export by the day."
    for one in reads:
        yield from _of_file(one)


def _of_file(one: Read) -> Iterator[str]:
    """What one file lacks, and what follows from that."""
    name, layout = one.part.name, one.layout
    if not one.ends:
        yield f"{name} does not end with the end of a line: its last row may be cut off. Compare its total."
    if layout.foreign:
        yield (
            f"{name} has columns that no version of FOCUS up to {list(focus().versions)[-1]} has "
            f"({', '.join(sorted(layout.foreign)[:4])}): it is read as {layout.version}."
        )
    if not layout.first("tags"):
        yield f"{name} has no tags: what it says is told apart by names alone."
    if not layout.first("resource"):
        yield f"{name} has no ResourceId and no ResourceName: nothing of it is told apart by names."
    if layout.own("ChargeClass") is None:
        yield f"{name} has no ChargeClass: corrections of earlier bills cannot be told from charges."


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _anomalies(connection: Any, since: dt.date | None) -> Iterator[Anomaly]:
    """Rises of what was charged a day, by project, service and what it was for, that are not over before a day."""
    known: dict[str, list[dt.date]] = {}
    for account, day in connection.execute("select distinct account, day from counted order by all").fetchall():
        known.setdefault(account, []).append(day)
    series: dict[tuple[str, str, str, str], dict[dt.date, float]] = {}
    found = connection.execute(
        "select account, project, service, kind, day, sum(usd) from series group by all order by all"
    ).fetchall()
    for account, project, service, kind, day, usd in found:
        series.setdefault((account, project, service, kind), {})[day] = usd
    for (account, project, service, kind), costs in series.items():
        whole = {day: costs.get(day, 0.0) for day in known[account]}
        for rise in rises(whole):
            over = since is not None and rise.until < since
            if rise.now - rise.usual >= focus().thresholds.usd_a_day and not over:
                meter, resource, share = _cause(connection, (account, project, service, kind), rise)
                yield Anomaly(
                    project=project,
                    service=service,
                    usage=kind,
                    since=rise.since,
                    until=None if rise.ongoing else rise.until,
                    usual=_money(rise.usual),
                    now=_money(rise.now),
                    usd=_money(rise.more),
                    meter=meter,
                    resource=resource,
                    share=share,
                )


def _cause(connection: Any, of: tuple[str, str, str, str], rise: Rise) -> tuple[str, str, float]:
    """The meter and the resource whose cost a day rose most, and their share of the whole rise."""
    before = rise.since - dt.timedelta(days=focus().thresholds.window)
    asked = [*of, before, rise.until]
    days = connection.execute(
        "select count(distinct day) filter (day < ?), count(distinct day) filter (day >= ?) from counted "
        "where account = ? and day between ? and ?",
        [rise.since, rise.since, of[0], before, rise.until],
    ).fetchone()
    found = connection.execute(
        "select meter, resource, coalesce(sum(usd) filter (day >= ?), 0) / ? "
        "- coalesce(sum(usd) filter (day < ?), 0) / ? as more "
        "from series where account = ? and project = ? and service = ? and kind = ? and day between ? and ? "
        "group by all order by more desc, meter, resource",
        [rise.since, max(days[1], 1), rise.since, max(days[0], 1), *asked],
    ).fetchall()
    whole = sum(more for _, _, more in found if more > 0)
    meter, resource, more = found[0]
    return meter, resource, round(more / whole, 3) if whole > 0 else 0.0
