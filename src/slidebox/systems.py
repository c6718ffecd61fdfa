"""The playbook's Table 1 and Figure 1, read from package data and changed by the lab's own overrides.

Every figure carries its source and date, so that a plan can say where a number comes from.
Nothing here judges: limits are facts for the rules, preferences are an order for the planner.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

import yaml
from pydantic import Field

from slidebox.errors import InputError
from slidebox.model import Declared, Level, Playbook, System, Term
from slidebox.quantities import Duration, Size

Longevity = Literal["none", "low", "intermediate", "high"]
Access = Literal["private", "public", "both"]
Speed = Literal["instant", "download", "none"]

STANDARD = "standard"
_TB = Size.parse("1 TB")

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


@dataclass(frozen=True, slots=True)
class Limits:
    """What a system can do, as the rules are told; sizes in bytes, None for unlimited."""

    max_bytes: int | None
    min_bytes: int | None
    max_total_bytes: int | None
    max_files: int | None
    max_file_bytes: int | None
    access: Access
    speed: Speed
    versioned: bool
    longevity: Longevity
    shared: bool
    licence: str | None


@dataclass(frozen=True, slots=True)
class StorageClass:
    """A storage class, as the rules are told; sizes in bytes, prices in US dollars."""

    usd_per_tb_month: float
    min_days: int
    min_object_bytes: int
    overhead_bytes: int
    transition_usd_per_1000: float


@dataclass(frozen=True, slots=True)
class Systems:
    """Table 1 and Figure 1 as they hold for one lab.

    Attributes
    ----------
    rows
        Table 1, in its order.
    figure
        Figure 1, as the playbook has it.
    lab_limits
        Today's limits with the lab's overrides.
    lab_preferences
        The lab's own preferences, by level and term.
    lab_terms
        Lengths of the short and mid term for this lab.
    """

    rows: Mapping[System, Row]
    figure: Figure
    lab_limits: Mapping[System, Limits]
    lab_preferences: Mapping[tuple[Level, Term], tuple[System, ...]]
    lab_terms: Mapping[Term, Duration]

    def limits(self, system: System) -> Limits:
        """Today's limits of a system, with the lab's overrides."""
        return self.lab_limits[system]

    def price(self, system: System, storage_class: str = STANDARD) -> Cell[Price]:
        """Today's price of a system and class, with its source; that of another system where it says so.

        Raises
        ------
        KeyError
            If the system has no such class.
        """
        row = self.rows[system]
        cell = row.cost.today if storage_class == STANDARD else row.classes[storage_class]
        return self.price(cell.value.like, storage_class) if cell.value.like else cell

    def classes(self, system: System) -> dict[str, StorageClass]:
        """The storage classes of a system by name; none where it has only one way to keep data."""
        row = self.rows[system]
        if not row.classes:
            return {}
        standard = Tier.model_validate(row.cost.today.value.model_dump())
        tiers = {STANDARD: standard, **{name: cell.value for name, cell in row.classes.items()}}
        return {name: _storage_class(tier) for name, tier in tiers.items()}

    def preference(self, level: Level, term: Term) -> tuple[System, ...]:
        """The systems in order of preference: the lab's, or Figure 1's."""
        return self.lab_preferences.get((level, term)) or self.figure.preferences[level][term]

    def preferred_by(self, level: Level, term: Term) -> Literal["the lab", "the playbook"]:
        """Who prefers: the lab where it overrides Figure 1."""
        return "the lab" if (level, term) in self.lab_preferences else "the playbook"

    def term_length(self, term: Term) -> Duration | None:
        """How long a term lasts; None for the long term, which has no end."""
        return self.lab_terms.get(term)

    def storage_class(self, system: System, term: Term) -> str:
        """The class inside a system for a term."""
        return self.figure.storage_classes.get(system, {}).get(term, STANDARD)


def load_systems(overrides: Playbook | None = None) -> Systems:
    """Read Table 1 and Figure 1 and apply a lab's overrides.

    Raises
    ------
    InputError
        If an override is wrong; the message names every wrong key.
    """
    playbook = overrides or Playbook()
    rows, figure = table(), figure_one()
    problems: list[str] = []
    limits = {
        system: _override(_today(row), playbook.limits.get(system, {}), f"playbook.limits.{system}", problems)
        for system, row in rows.items()
    }
    preferences = {
        (level, term): tuple(systems)
        for level, by_term in playbook.preferences.items()
        for term, systems in by_term.items()
    }
    for (level, term), systems in preferences.items():
        problems.extend(_preference_problems(f"playbook.preferences.{level}.{term}", systems))
    if problems:
        raise InputError("\n".join(f"lab.yaml: {problem}" for problem in problems))
    own = {Term.SHORT: playbook.terms.short, Term.MID: playbook.terms.mid}
    terms = {term: own.get(term) or length for term, length in figure.terms.items()}
    return Systems(
        rows=rows,
        figure=figure,
        lab_limits=MappingProxyType(limits),
        lab_preferences=MappingProxyType(preferences),
        lab_terms=MappingProxyType(terms),
    )


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


def _today(row: Row) -> Limits:
    size = row.size.today.value
    return Limits(
        max_bytes=size.max_bytes.bytes if size.max_bytes else None,
        min_bytes=size.min_bytes.bytes if size.min_bytes else None,
        max_total_bytes=size.max_total_bytes.bytes if size.max_total_bytes else None,
        max_files=size.max_files,
        max_file_bytes=size.max_file_bytes.bytes if size.max_file_bytes else None,
        access=row.access.today.value,
        speed=row.speed.today.value,
        versioned=row.version_control.today.value,
        longevity=row.longevity.today.value,
        shared=row.besides.shared.value,
        licence=row.besides.licence.value,
    )


def _storage_class(tier: Tier) -> StorageClass:
    dearest = tier.monthly[0].usd if tier.monthly else 0.0
    return StorageClass(
        usd_per_tb_month=round(dearest * _TB.bytes / tier.per.bytes, 6),
        min_days=tier.min_days,
        min_object_bytes=tier.min_object.bytes if tier.min_object else 0,
        overhead_bytes=tier.overhead.bytes if tier.overhead else 0,
        transition_usd_per_1000=tier.transition_usd_per_1000,
    )


_COLUMNS = tuple(field.name for field in fields(Limits))
_WORDS: dict[str, tuple[str, ...]] = {
    "access": ("private", "public", "both"),
    "speed": ("instant", "download", "none"),
    "longevity": ("none", "low", "intermediate", "high"),
}
_FLAGS = ("versioned", "shared")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _override(limits: Limits, own: Mapping[str, Size | int | str], key: str, problems: list[str]) -> Limits:
    changes: dict[str, Any] = {}
    for column, value in own.items():
        try:
            changes[column] = _column_value(column, value)
        except ValueError as error:
            problems.append(f"{key}.{column}: {error}")
    return replace(limits, **changes)


def _column_value(column: str, value: Size | int | str) -> int | str | bool | None:
    """What a lab wrote for a column of Table 1, as the rules are told it."""
    text = str(value).strip().lower()
    if column not in _COLUMNS:
        near = difflib.get_close_matches(column, _COLUMNS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(_COLUMNS)}"
        raise ValueError(f"Table 1 has no column {column!r}; {hint}")
    if column in _WORDS:
        if text not in _WORDS[column]:
            raise ValueError(f"expected one of {', '.join(_WORDS[column])}, got {value!r}")
        return text
    if column == "licence":
        return None if text == "none" else str(value).strip()
    if column in _FLAGS:
        if text not in _YES_NO:
            raise ValueError(f"expected yes or no, got {value!r}")
        return _YES_NO[text]
    return _amount(column, value)


def _amount(column: str, value: Size | int | str) -> int | None:
    if isinstance(value, str) and value.strip().lower() in ("none", "unlimited"):
        return None
    if column == "max_files":
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"expected a number of files such as 100, or 'none', got {str(value)!r}")
        return value
    if isinstance(value, int):
        raise ValueError(f"expected a size with its unit such as '50 GB', or 'none', got {value}")
    return Size.parse(value).bytes


def _preference_problems(key: str, systems: tuple[System, ...]) -> list[str]:
    if not systems:
        return [f"{key}: names no system; leave the key out to keep the playbook's preference"]
    twice = sorted({system for system in systems if systems.count(system) > 1})
    return [f"{key}: names {system} twice" for system in twice]
