"""What there is to say of spending, in sentences: for a terminal, a page, a mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from slidebox.spend.compare import ABOVE, BELOW, Budgeted, Compared
from slidebox.spend.found import Anomaly, Excluded, Spent, Untagged

ANOMALY, EXCLUDED, UNTAGGED, BUDGET, NOTE = KINDS = ("anomaly", "excluded", "untagged", "budget", "note")
"""What a notice is of."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about money that has to be read.

    Attributes
    ----------
    kind
        One of `KINDS`.
    said
        In words.
    usd
        How many US dollars are concerned; None where that cannot be said, or where it is another currency.
    """

    kind: str
    said: str
    usd: Decimal | None = None


def notices(
    spent: Spent, compared: Iterable[Compared] = (), budgets: Iterable[Budgeted] = (), share: float = 0.0
) -> tuple[Notice, ...]:
    """Everything that has to be read, what asks for something to be done first.

    Parameters
    ----------
    spent
        What the bills say.
    compared, budgets
        That held against forecasts and budgets.
    share
        The share of what was charged from which spend that belongs to nobody is said.
    """
    return (
        *(Notice(BUDGET, over_budget(one), one.over) for one in budgets if one.over),
        *(Notice(ANOMALY, rose(one), one.usd) for one in spent.anomalies),
        *_nobodys(spent, share),
        *(Notice(EXCLUDED, left_out(one), one.amount if one.currency == "USD" else None) for one in spent.excluded),
        *_away(compared),
        *(Notice(NOTE, said) for said in (*_foreign(spent), *spent.notes)),
    )


def _nobodys(spent: Spent, share: float) -> Iterator[Notice]:
    if spent.untagged and spent.untagged_share >= share:
        whole = sum((one.usd for one in spent.untagged), Decimal(0))
        yield Notice(
            UNTAGGED,
            f"{whole:,.2f} USD, {spent.untagged_share:.0%} of what was charged, belong to no project by tags or names.",
            whole,
        )


def _away(compared: Iterable[Compared]) -> Iterator[Notice]:
    """By how much each project is above or below its forecast, and why in its worst month."""
    projects: dict[tuple[str, str], list[Compared]] = {}
    for one in compared:
        if one.verdict in (ABOVE, BELOW):
            projects.setdefault((one.project, one.verdict), []).append(one)
    for (name, verdict), months in projects.items():
        whole, worst = sum((one.by for one in months), Decimal(0)), max(months, key=lambda one: one.by)
        when = f"in {worst.month}" if len(months) == 1 else f"in {len(months)} months, most in {worst.month}"
        yield Notice(NOTE, f"{name} was charged {whole:,.2f} USD {verdict} its forecast {when}: {worst.why}.", whole)


def _foreign(spent: Spent) -> Iterator[str]:
    amounts: dict[str, Decimal] = {}
    for one in spent.foreign:
        amounts[one.currency] = amounts.get(one.currency, Decimal(0)) + one.amount
    for currency, amount in sorted(amounts.items()):
        yield (
            f"{amount:,.2f} {currency} are summed by themselves: they are in no sum of US dollars, and held against no "
            "forecast and no budget."
        )


def rose(one: Anomaly) -> str:
    """What rose, since when, which usage, by how much a day, and which resource."""
    whose = one.project or "Nobody's"
    what = f"{whose}: {one.usage} of {one.service}" if one.service else f"{whose}: {one.usage}"
    when = f"since {one.since}" if one.until is None else _between(one)
    by = f"cost {one.now:,.2f} USD a day {when}, and {one.usual:,.2f} before: {one.usd:,.2f} more than usual in all"
    mostly = ""
    if one.resource or one.meter:
        meter = f" by {one.meter}" if one.meter and one.meter != one.usage else ""
        of = f" of {one.resource}" if one.resource else ""
        mostly = f". {one.share:.0%} of the rise is{of}{meter}"
    return f"{what} {by}{mostly}."


def _between(one: Anomaly) -> str:
    return f"on {one.since}" if one.since == one.until else f"from {one.since} to {one.until}"


def over_budget(one: Budgeted) -> str:
    """By how much a project is over its budget."""
    return (
        f"{one.project} was charged {one.actual:,.2f} USD in {one.month}, {one.over:,.2f} more than its budget of "
        f"{one.monthly:,.2f}."
    )


def left_out(one: Excluded) -> str:
    """What is in no sum, with its amount."""
    if one.amount is None:
        return f"{one.said} How much that is, is not known." if one.unread else one.said
    rows = f" in {one.rows:,} row{'s' * (one.rows != 1)}" if one.rows else ""
    known = "At least" if one.what == "cut off" else "That is"
    return f"{one.said} {known} {one.amount:,.2f} {one.currency}{rows}."


def whose(one: Untagged) -> str:
    """Who may own what belongs to nobody: a guess, and said to be one."""
    return f"{one.likely}? ({one.why})" if one.likely else ""
