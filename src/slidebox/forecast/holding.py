"""What is held: a copy of a dataset in a store, its classes, what arrives later, and how it is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Generic, TypeVar

from slidebox.model import Rate, Reading
from slidebox.prices import Book, Class, Figure, Prices, Range
from slidebox.table_one import STANDARD

MONTH_DAYS = Decimal(365) / 12
"""Days of a month, as clouds reckon a year."""

T = TypeVar("T")


@cache
def _unknown() -> Prices:
    """What nothing is known of."""
    return Prices()


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a cloud charges in a region.

    Attributes
    ----------
    book
        The provider's price book.
    region
        As the provider names it; the book has it.
    """

    book: Book
    region: str

    def prices(self, storage_class: str) -> Prices:
        """What a class costs here."""
        return self.book.regions[self.region].classes.get(storage_class) or _unknown()

    def asks(self, storage_class: str) -> Class | None:
        """What a class asks of what is kept in it."""
        return self.book.classes.get(storage_class)

    def knows(self, storage_class: str) -> bool:
        """Whether there is a price of storage."""
        return self.region in self.book.regions and self.prices(storage_class).storage is not None

    @property
    def egress(self) -> Figure | None:
        """Per unit that leaves for the internet."""
        return self.book.regions[self.region].egress

    @property
    def inter_region(self) -> Figure | None:
        """Per unit that leaves for another region."""
        return self.book.regions[self.region].inter_region


@dataclass(frozen=True, slots=True)
class Span:
    """Some months in one class.

    Attributes
    ----------
    begins
        The first month, from 0.
    storage_class
        The class.
    monthly
        What a month costs, where no tariff says it.
    age
        Months for which data have to have been there before they move into it: what arrives later moves later.
    """

    begins: int
    storage_class: str = STANDARD
    monthly: Range = field(default_factory=Range)
    age: int = 0


@dataclass(frozen=True, slots=True)
class Drive:
    """When drives are bought anew.

    Attributes
    ----------
    at
        The month in which the present one has served; None where its life is not known.
    every
        Months that a drive serves.
    lives
        Of a drive of which no life is known: months by the shortest, usual and longest life.
    since
        The month from which such a life counts.
    """

    at: int | None = None
    every: int = 1
    lives: tuple[int, int, int] = (1, 1, 1)
    since: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """What arrives in a later month, because the dataset grows.

    Attributes
    ----------
    month
        The month, from 0.
    size, files
        Bytes, and files of the same mean size: parts of one too.
    once
        What more is paid for it when it arrives.
    """

    month: int
    size: Decimal
    files: Decimal
    once: Range = field(default_factory=Range)


@dataclass(frozen=True, slots=True)
class During(Generic[T]):
    """What holds during some months.

    Attributes
    ----------
    begins, ends
        The first month, and the first one after; None without an end.
    what
        What holds.
    """

    begins: int
    ends: int | None
    what: T

    def holds(self, month: int) -> bool:
        """Whether it holds in a month."""
        return self.begins <= month and (self.ends is None or month < self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A copy of a dataset in a store, from its arrival until it goes.

    Attributes
    ----------
    dataset, project, level, grant, store
        Whose it is; the grant is empty where none pays.
    paid
        The store that its volume counts in.
    size, files
        Bytes, and how many files, when it arrives.
    spans
        Its classes, one after another; the first begins when it arrives.
    ends
        The month from which nothing of it is there; None where it stays.
    lives
        Months after which each part of it is deleted by itself; None where nothing is.
    tariff
        What the cloud charges; None where `spans` say what a month costs.
    once, once_for
        What is paid when it arrives, and for what.
    drive
        When what was bought for it is bought anew; None where nothing is.
    bought
        Whether what is paid when it arrives has been paid already.
    versions_for
        Months for which what was deleted is still kept, and paid for, as earlier versions; None without an end.
    later
        What arrives afterwards, month by month.
    reads
        How often it is read, where this copy is the one that is read.
    rewritten
        How much of it is written again.
    download
        What a service that is no cloud takes for what is read; None where reading is free or a tariff says it.
    """

    dataset: str
    project: str
    level: str
    grant: str
    store: str
    paid: str
    size: int
    files: int
    spans: tuple[Span, ...]
    ends: int | None = None
    lives: int | None = None
    tariff: Tariff | None = None
    once: Range = field(default_factory=Range)
    once_for: str = ""
    drive: Drive | None = None
    bought: bool = False
    versions_for: int | None = 0
    later: tuple[Later, ...] = ()
    reads: tuple[During[Reading], ...] = ()
    rewritten: tuple[During[Rate], ...] = ()
    download: Figure | None = None

    def gone(self, arrived: int) -> int | None:
        """The month from which what arrived in a month is gone; None where it stays."""
        lives = None if self.lives is None else arrived + self.lives
        return min((end for end in (self.ends, lives) if end is not None), default=None)
