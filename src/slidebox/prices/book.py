"""The dated price book: what each cloud charges by region and storage class, with source and date of every figure.

A figure that sources disagree about is a range, and stays one in everything that is worked out from it. Nothing here
knows the clock or a disk: a lab's own price files are handed in as text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from slidebox.errors import InputError
from slidebox.model import Declared, System
from slidebox.quantities import Size
from slidebox.table_one import Source

PROVIDERS = ("aws", "google", "azure")
"""The providers of the book, in its order; a file of data/prices each."""

OLD_DAYS = 365
"""Prices are held to be old after this many days."""

CHARGES = (
    "storage", "put_1000", "get_1000", "retrieval", "restore_1000", "transition_1000", "monitoring_1000",
)  # fmt: skip
"""What a class can be charged for, in the order of the files."""

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Range:
    """An amount of US dollars, or what it lies between.

    Attributes
    ----------
    low, usual, high
        The least, what is reckoned with, and the most; all the same where nothing is uncertain.
    """

    low: Decimal = _ZERO
    usual: Decimal = _ZERO
    high: Decimal = _ZERO

    @classmethod
    def of(cls, usd: Decimal) -> Self:
        """An amount that is certain."""
        return cls(usd, usd, usd)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.usual + other.usual, self.high + other.high)

    def __mul__(self, factor: Decimal | int) -> Range:
        return Range(self.low * factor, self.usual * factor, self.high * factor)

    def __bool__(self) -> bool:
        return bool(self.high)

    @property
    def certain(self) -> bool:
        """Whether it is one amount."""
        return self.low == self.high


class Charge(Declared):
    """A price, up to an amount."""

    low: Decimal = Field(ge=0)
    """The least that sources say, in US dollars."""
    usual: Decimal = Field(ge=0)
    """What is reckoned with: in the middle where the file does not say."""
    high: Decimal = Field(ge=0)
    """The most that sources say."""
    up_to: Size | None = None
    """The amount above which the next price holds; none for the last."""

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        """A price may be written as one number, or as low and high."""
        if not isinstance(value, Mapping) or "usd" not in value:
            return value
        usd, rest = value["usd"], {key: held for key, held in value.items() if key != "usd"}
        if not isinstance(usd, Mapping):
            return {**rest, "low": usd, "usual": usd, "high": usd}
        if not {"low", "high"} <= set(usd):
            raise ValueError("a range needs 'low' and 'high'")
        try:
            middle = (Decimal(str(usd["low"])) + Decimal(str(usd["high"]))) / 2
        except InvalidOperation as error:
            raise ValueError("'low' and 'high' have to be numbers") from error
        return {"usual": middle, **rest, **usd}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.usual <= self.high:
            raise ValueError(f"low, usual and high are not in order: {self.low}, {self.usual}, {self.high}")
        return self

    @property
    def range(self) -> Range:
        """The price as an amount."""
        return Range(self.low, self.usual, self.high)


class Figure(Declared):
    """A figure of the book: a price, or several by volume, with its source and date."""

    tiers: tuple[Charge, ...] = Field(min_length=1)
    """Prices, in order of their amounts."""
    source: Source
    """Where it comes from."""
    as_of: dt.date
    """The day it was true."""
    note: str = ""
    """What is uncertain, or how it is read."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        limits = [tier.up_to.bytes if tier.up_to else None for tier in self.tiers]
        known = [limit for limit in limits[:-1] if limit is not None]
        if len(known) != len(limits) - 1 or known != sorted(set(known)) or limits[-1] is not None:
            raise ValueError("tiers need a rising 'up_to' each, and the last one none")
        return self

    @property
    def first(self) -> Range:
        """The price of the first amount that is not free."""
        return next((tier.range for tier in self.tiers if tier.high), self.tiers[0].range)

    def of(self, amount: int | Decimal, unit: int, already: int | Decimal = 0) -> Range:
        """What an amount costs.

        Parameters
        ----------
        amount
            Bytes.
        unit
            Bytes that the price is for.
        already
            Bytes that have used up the first prices.

        Returns
        -------
        Range
            US dollars.
        """
        total, floor, end = Range(), already, already + amount
        for tier in self.tiers:
            ceiling = tier.up_to.bytes if tier.up_to else end
            if (inside := min(end, ceiling) - floor) > 0:
                total += tier.range * (Decimal(inside) / unit)
                floor += inside
        return total


class Class(Declared):
    """What a storage class asks of what is kept in it, wherever it is."""

    title: str
    """The provider's name of it."""
    source: Source
    """Where this comes from."""
    min_days: int = Field(default=0, ge=0)
    """The days that are paid for at least."""
    min_object: Size | None = None
    """What a smaller object is paid as."""
    overhead: Size | None = None
    """What is paid for on top of each object."""
    overhead_in_standard: Size | None = None
    """How much of that is paid for at the price of the standard class."""


class Prices(Declared):
    """What a storage class costs in a region; what is absent is not known."""

    storage: Figure | None = None
    """Per unit and month."""
    put_1000: Figure | None = None
    """Per 1,000 writes."""
    get_1000: Figure | None = None
    """Per 1,000 reads."""
    retrieval: Figure | None = None
    """Per unit that is read, besides `get_1000` and egress."""
    restore_1000: Figure | None = None
    """Per 1,000 requests to have archived objects back."""
    transition_1000: Figure | None = None
    """Per 1,000 objects that a lifecycle rule moves into it."""
    monitoring_1000: Figure | None = None
    """Per 1,000 objects and month that are watched."""

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """What is known, by name."""
        for name in CHARGES:
            if (figure := getattr(self, name)) is not None:
                yield name, figure


class Region(Declared):
    """What a provider charges in a region."""

    classes: Mapping[str, Prices] = Field(default_factory=dict)
    """By storage class."""
    egress: Figure | None = None
    """Per unit that leaves for the internet in a month."""
    inter_region: Figure | None = None
    """Per unit that leaves for another region."""

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """What is known, by a name such as ``archive.storage``."""
        for name, prices in self.classes.items():
            yield from ((f"{name}.{what}", figure) for what, figure in prices.figures())
        for what, own in (("egress", self.egress), ("inter_region", self.inter_region)):
            if own is not None:
                yield what, own


class Book(Declared):
    """What a provider charges."""

    provider: str
    """Its name here: ``aws``, ``google`` or ``azure``."""
    title: str
    """The name of the service."""
    unit: Size
    """What prices by amount are for."""
    classes: Mapping[str, Class] = Field(default_factory=dict)
    """What each storage class asks."""
    regions: Mapping[str, Region] = Field(default_factory=dict)
    """Prices by region, as the provider names it."""

    def figures(self) -> Iterator[tuple[str, str, Figure]]:
        """Every figure with its region and its name."""
        for region, prices in self.regions.items():
            yield from ((region, name, figure) for name, figure in prices.figures())

    def old(self, today: dt.date) -> dict[Source, list[str]]:
        """The figures that are older than a year, by their source: the names of their regions."""
        found: dict[Source, list[str]] = {}
        for region, _, figure in self.figures():
            if (today - figure.as_of).days > OLD_DAYS and region not in found.setdefault(figure.source, []):
                found[figure.source].append(region)
        return found


def parse(text: str, name: str) -> Book:
    """Read a price file in the book's own form.

    Parameters
    ----------
    text
        The YAML document.
    name
        What the file is called in messages.

    Raises
    ------
    InputError
        If it is no such file; the message names every fault.
    """
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 -- a safe loader
        if not isinstance(document, dict):
            raise InputError(f"{name}: this is no price file: it has no keys.", _FORM)
        return Book.model_validate(_with_sources(document))
    except yaml.YAMLError as error:
        raise InputError(f"{name}: this is no YAML: {error}", _FORM) from error
    except KeyError as error:
        raise InputError(f"{name}: {error.args[0]}", _FORM) from error
    except (AttributeError, TypeError) as error:
        raise InputError(f"{name}: a part of it has the wrong form: {error}", _FORM) from error
    except ValidationError as error:
        faults = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise InputError("\n".join(f"{name}: {fault}" for fault in faults), _FORM) from error


_FORM = "docs/cost.md says what a price file looks like."


@cache
def built_in() -> Mapping[str, Book]:
    """The book as the package has it, by provider."""
    folder = resources.files("slidebox").joinpath("data", "prices")
    books = {
        name: parse(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml") for name in PROVIDERS
    }
    return MappingProxyType(books)


class Years(Declared):
    """For how long something serves."""

    low: int = Field(gt=0)
    """The shortest that sources say, in years."""
    usual: int = Field(gt=0)
    """What is reckoned with."""
    high: int = Field(gt=0)
    """The longest that sources say."""
    source: Source
    """Where it comes from."""


class Once(Declared):
    """What is paid once, for how long what is bought serves, and what is read from services that are no clouds."""

    once: Mapping[System, Figure]
    """By system: per unit of Table 1."""
    drive_years: Years
    """The life of a drive that nothing is said of."""
    download: Mapping[System, Figure]
    """What is read from a service that is no cloud, by system: per `download_unit`, and in a month."""
    download_unit: Size
    """What these prices are for."""


@cache
def paid_once() -> Once:
    """What is paid once, as the package has it."""
    document = yaml.safe_load(resources.files("slidebox").joinpath("data", "prices", "once.yaml").read_text("utf-8"))
    read = document["download"]
    classes = {"once": document["once"], "download": read["systems"]}
    filled = _with_sources({"sources": document["sources"], "regions": {"": {"classes": classes}}})
    years = {**document["drive_years"], "source": document["sources"][document["drive_years"]["source"]]}
    return Once.model_validate(
        {**filled["regions"][""]["classes"], "drive_years": years, "download_unit": read["unit"]}
    )


def load(own: Mapping[str, str]) -> Mapping[str, Book]:
    """The book for a lab: its own figures before the built-in ones.

    Parameters
    ----------
    own
        Texts of the lab's own price files, by their names (``prices/aws.yaml``).

    Raises
    ------
    InputError
        If one is wrong, or of a provider that the book does not have.
    """
    books = dict(built_in())
    for name, text in own.items():
        book = parse(text, name)
        if book.provider not in books:
            raise InputError(f"{name}: the providers are {', '.join(books)}, not {book.provider!r}.", _FORM)
        if name.rpartition("/")[2] != f"{book.provider}.yaml":
            raise InputError(
                f"{name}: it has the prices of {book.provider}, which belong into {book.provider}.yaml.", _FORM
            )
        if book.unit.bytes != books[book.provider].unit.bytes:
            raise InputError(f"{name}: its unit has to be {books[book.provider].unit}, as in the built-in book.", _FORM)
        books[book.provider] = merged(books[book.provider], book)
    return MappingProxyType(books)


def merged(below: Book, above: Book) -> Book:
    """A book with the figures of another before its own, figure by figure."""
    regions = {name: _region(below.regions.get(name), above.regions.get(name)) for name in _names(below, above)}
    return below.model_copy(update={"classes": {**below.classes, **above.classes}, "regions": regions})


def _names(below: Book, above: Book) -> list[str]:
    return list(dict.fromkeys([*below.regions, *above.regions]))


def _region(below: Region | None, above: Region | None) -> Region:
    if below is None or above is None:
        return above or below or Region()
    classes = dict(below.classes)
    for name, prices in above.classes.items():
        classes[name] = classes.get(name, Prices()).model_copy(update=dict(prices.figures()))
    own = {"egress": above.egress or below.egress, "inter_region": above.inter_region or below.inter_region}
    return below.model_copy(update={"classes": classes, **own})


def _with_sources(document: dict[str, Any]) -> dict[str, Any]:
    """Write the named source and its date into every figure, and a single price as the only tier."""
    named = document.get("sources") or {}

    def source(name: str | None) -> Any:
        if name not in named:
            raise KeyError(f"it has no source {name!r}" if name else "a figure has no source")
        return named[name]

    def figure(content: dict[str, Any], default: str | None) -> dict[str, Any]:
        held = source(content.get("source", default))
        rest = {key: value for key, value in content.items() if key != "usd"}
        tiers = [{"usd": content["usd"]}] if "usd" in content else content.get("tiers", [])
        return {"as_of": held.get("as_of"), **rest, "tiers": tiers, "source": held}

    def region(content: dict[str, Any]) -> dict[str, Any]:
        default = content.get("source")
        filled: dict[str, Any] = {key: figure(value, default) for key, value in content.items() if key in _OF_REGIONS}
        filled["classes"] = {
            name: {
                what: figure(value, prices.get("source", default)) for what, value in prices.items() if what != "source"
            }
            for name, prices in (content.get("classes") or {}).items()
        }
        unknown = {key: value for key, value in content.items() if key not in {*_OF_REGIONS, "classes", "source"}}
        return {**unknown, **filled}

    classes = {
        name: {**about, "source": source(about.get("source"))}
        for name, about in (document.get("classes") or {}).items()
    }
    regions = {name: region(content) for name, content in (document.get("regions") or {}).items()}
    rest = {key: value for key, value in document.items() if key != "sources"}
    return {**rest, "classes": classes, "regions": regions}


_OF_REGIONS = ("egress", "inter_region")
