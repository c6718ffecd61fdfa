"""What was spent, as frozen values, whoever read the bills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from slidebox.spend.focus import BILLED, CHARGE

NO_TAG, BY_TAG, BY_NAME, BY_STORE = "", "tag", "name", "store"
"""How a charge came to its owner: not at all; by tags; by the name of its bucket; as its store has nothing else."""

CURRENCY = "USD"
"""The currency of forecasts and budgets, and the only one that is held against them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """What was spent on one thing in a month, summed.

    Attributes
    ----------
    project, dataset, level, grant
        Whose it is; the dataset is ``project/level``. All empty where nothing says it.
    month
        ``YYYY-MM``, in UTC, of the beginning of the charges' periods.
    usd
        US dollars; negative for what came back.
    service
        As the provider calls it.
    usage
        What for: ``storage``, ``requests``, ``retrieval``, ``egress``, ``watching``, ``early deletion``,
        ``purchase`` or ``other``.
    meter
        The provider's own word for the usage.
    store
        The lab's store; empty where nothing says it.
    line
        The line of the bill (`slidebox.spend.focus.LINES`).
    by
        How it came to its owner: ``tag``, ``name``, ``store``; empty where it has none.
    """

    project: str
    dataset: str
    level: str
    grant: str
    month: str
    usd: Decimal
    service: str
    usage: str
    meter: str = ""
    store: str = ""
    line: str = CHARGE
    by: str = NO_TAG


@dataclass(frozen=True, slots=True, kw_only=True)
class Untagged:
    """Charges for a resource that belongs to nobody.

    Attributes
    ----------
    resource
        As the bill names it, without what could be a secret; empty for charges without one.
    service, store
        Of what, and in which of the lab's stores, where that is known.
    usd
        US dollars, charges alone.
    likely
        The project, dataset or lab that it is by its name, a guess; empty where there is none.
    why
        What the guess goes by.
    """

    resource: str
    service: str
    store: str
    usd: Decimal
    likely: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """Something of the bills that is in no sum.

    Attributes
    ----------
    what
        In a word or two: ``unreadable``, ``counted already``, ``currency``, ``cost``, ``date``, ``future``, …
    said
        What and why, as a sentence.
    file
        Of which file; empty where it is of several.
    amount, currency
        How much that is, where it is known.
    rows
        How many rows; 0 where that is not known.
    unread
        Whether something could not be read, so that sums may be too low.
    """

    what: str
    said: str
    file: str = ""
    amount: Decimal | None = None
    currency: str = CURRENCY
    rows: int = 0
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """What was spent in another currency: summed by itself, and held against nothing.

    Attributes
    ----------
    currency, month, project, line
        Which, when, whose, and what kind of line.
    amount
        In that currency.
    """

    currency: str
    month: str
    project: str
    line: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Files that belong together: one run of an export, or one file.

    Attributes
    ----------
    name
        Its manifest, or what its files have in common.
    files
        How many files of it were read.
    flavour, version
        Whose export it is, and of which version of FOCUS.
    rows
        How many rows were read.
    first, last
        The days that its charges begin on; None where it has none.
    made
        When it was written, as far as that is known.
    """

    name: str
    files: int
    flavour: str
    version: str
    rows: int
    first: dt.date | None
    last: dt.date | None
    made: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A rise above what was usual.

    Attributes
    ----------
    project, service, usage
        Of what; an empty project is spend that belongs to nobody.
    since, until
        The first day, and the last; the last is None while it goes on.
    usual, now
        US dollars a day before, and since.
    usd
        How much more than usual it came to in all.
    meter, resource, share
        The provider's own word for the usage that rose most, the resource, and its share of the rise (0 to 1).
    """

    project: str
    service: str
    usage: str
    since: dt.date
    until: dt.date | None
    usual: Decimal
    now: Decimal
    usd: Decimal
    meter: str = ""
    resource: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Everything that the bills say.

    Attributes
    ----------
    cost
        Which of FOCUS's costs it is: ``BilledCost`` or ``EffectiveCost``.
    actuals
        What was spent, in US dollars.
    untagged
        What of the charges belongs to nobody, by resource, most first.
    excluded
        What is in no sum.
    foreign
        What was spent in other currencies.
    anomalies
        What rose, the dearest first.
    reports
        What was read.
    notes
        How it was read, where there was more than one way.
    first, last
        The days that charges begin on.
    """

    cost: str = BILLED
    actuals: tuple[Actual, ...] = ()
    untagged: tuple[Untagged, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    reports: tuple[Report, ...] = ()
    notes: tuple[str, ...] = ()
    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def months(self) -> tuple[str, ...]:
        """The months that have charges, in order."""
        return tuple(sorted({one.month for one in self.actuals}))

    @property
    def unread(self) -> bool:
        """Whether something could not be read, so that sums may be too low."""
        return any(one.unread for one in self.excluded)

    def total(self, *lines: str) -> Decimal:
        """US dollars of some lines; of all where none is named."""
        return sum((one.usd for one in self.actuals if not lines or one.line in lines), Decimal(0))

    def by(self, key: Callable[[Actual], str], *lines: str) -> dict[str, Decimal]:
        """US dollars by something that a row is of, in order of the names; of some lines, or of all."""
        found: dict[str, Decimal] = {}
        for one in self.actuals:
            if not lines or one.line in lines:
                found[key(one)] = found.get(key(one), Decimal(0)) + one.usd
        return dict(sorted(found.items()))

    @property
    def untagged_share(self) -> float:
        """The share of what was charged that belongs to nobody."""
        charged = self.total(CHARGE)
        return float(sum((one.usd for one in self.untagged), Decimal(0)) / charged) if charged else 0.0
