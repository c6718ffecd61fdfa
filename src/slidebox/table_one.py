"""The playbook's Table 1 and Figure 1 as the package has them.

Every figure carries its source and date, so that a plan can say where a number comes from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

import yaml
from pydantic import Field

from slidebox.model import Declared, Level, StoreKind, System, Term
from slidebox.quantities import Duration, Size

Longevity = Literal["none", "low", "intermediate", "high"]
Access = Literal["private", "public", "both"]
Speed = Literal["instant", "download", "none"]

STANDARD = "standard"

T_co = TypeVar("T_co", covariant=True)


class Source(Declared):
    """Where a figure comes from."""

    title: str
    """What it is."""
    url: str
    """Its public address."""
    as_of: dt.date
    """The day it was published or looked at."""

    def __str__(self) -> str:
        return f"{self.title}, {self.as_of}"


class Cell(Declared, Generic[T_co]):
    """One value of Table 1, with its source and date."""

    value: T_co
    """What it means here."""
    source: Source
    """Where it comes from."""
    as_of: dt.date
    """The day it was true."""
    written: str = ""
    """The playbook's own wording; empty for today's values."""
    note: str = ""
    """What is uncertain, or how it is read."""


class Column(Declared, Generic[T_co]):
    """One column of one row: what the playbook wrote, and what holds today."""

    playbook: Cell[T_co]
    """The playbook's value."""
    today: Cell[T_co]
    """Today's value."""


class Rate(Declared):
    """A monthly price of one unit, up to an amount."""

    usd: float = Field(ge=0)
    """US dollars per unit and month."""
    up_to: Size | None = None
    """The amount above which the next rate holds; none for the last rate."""


class Price(Declared):
    """What storing costs: nothing where every field is empty."""

    monthly: tuple[Rate, ...] = ()
    """Rates, in order of their amounts."""
    once: float = Field(default=0, ge=0)
    """US dollars per unit, once."""
    per: Size = Size.parse("1 TB")
    """The unit."""
    whole: bool = False
    """Whether a started unit counts as a whole one."""
    free: Size | None = None
    """What the whole account has free of charge."""
    like: System | None = None
    """The system whose price holds, where this one stores nothing itself."""


class Tier(Price):
    """What a storage class costs, and what it asks of what is kept in it."""

    min_days: int = Field(default=0, ge=0)
    """The days that are paid for at least."""
    min_object: Size | None = None
    """What a smaller object is paid as."""
    overhead: Size | None = None
    """What is paid for on top of each object."""
    transition_usd_per_1000: float = Field(default=0, ge=0)
    """US dollars for moving 1,000 objects into it by a lifecycle rule."""
    watching_usd_per_1000: float = Field(default=0, ge=0)
    """US dollars for watching 1,000 objects for a month, in a class that moves them by itself."""


class SizeLimits(Declared):
    """The column Size limits, as numbers; what is absent is not limited."""

    max_bytes: Size | None = None
    """The largest dataset."""
    min_bytes: Size | None = None
    """The smallest dataset."""
    max_total_bytes: Size | None = None
    """The whole store."""
    max_files: int | None = None
    """The most files of a dataset."""
    max_file_bytes: Size | None = None
    """The largest file."""


class CostColumn(Declared):
    """The column Cost: today's can always be computed with, the playbook's wording not always."""

    playbook: Cell[Price | None]
    """The playbook's value; none where it gives a range or nothing."""
    today: Cell[Price]
    """Today's value."""


class Besides(Declared):
    """What Table 1 has no column for, and rules ask."""

    shared: Cell[bool]
    """Whether several people can work with it at once."""
    licence: Cell[str | None]
    """The one licence that it publishes under; none where who publishes chooses."""


class Row(Declared):
    """One row of Table 1."""

    title: str
    """What people call it."""
    longevity: Column[Longevity]
    """How long data last there."""
    version_control: Column[bool]
    """Whether earlier versions are kept."""
    access: Column[Access]
    """Whether it can be private, public, or either."""
    speed: Column[Speed]
    """Whether data are at hand, or fetched first."""
    size: Column[SizeLimits]
    """Limits."""
    cost: CostColumn
    """Price of the standard class."""
    besides: Besides
    """What the table has no column for."""
    classes: Mapping[str, Cell[Tier]] = Field(default_factory=dict)
    """The other storage classes."""


class Figure(Declared):
    """Figure 1 and what belongs to it."""

    source: Source
    """Where it comes from."""
    preferences: Mapping[Level, Mapping[Term, tuple[System, ...]]]
    """Systems in order of preference, by level and term."""
    terms: Mapping[Term, Duration]
    """Lengths of the terms that end."""
    storage_classes: Mapping[System, Mapping[Term, str]]
    """The class inside a system by term, where it is not ``standard``."""
    tiered_classes: Mapping[StoreKind, Mapping[Term, str]] = Field(default_factory=dict)
    """The class that moves objects by itself, by kind of store and term: where that pays."""


@cache
def table() -> Mapping[System, Row]:
    """Table 1 as the package has it, in its order."""
    document = _read("systems.yaml")
    sources = document["sources"]
    rows = {System(name): Row.model_validate(_with_sources(row, sources)) for name, row in document["systems"].items()}
    return MappingProxyType({system: rows[system] for system in System})


@cache
def figure_one() -> Figure:
    """Figure 1 as the package has it."""
    return Figure.model_validate(_read("playbook.yaml"))


def _read(name: str) -> Any:
    text = files("slidebox").joinpath("data", name).read_text(encoding="utf-8")
    # libyaml is ten times as quick; a PyYAML built without it reads the same.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 -- a safe loader


def _with_sources(row: dict[str, Any], sources: dict[str, Any]) -> dict[str, Any]:
    """Write the named source and its date into every cell."""

    def cell(content: dict[str, Any]) -> dict[str, Any]:
        source = sources[content.get("source", "playbook")]
        return {"as_of": source["as_of"], **content, "source": source}

    filled: dict[str, Any] = {"title": row["title"]}
    for name, column in row.items():
        if name != "title":
            filled[name] = {key: cell(content) for key, content in column.items()}
    return filled
