"""The playbook's Table 1 and Figure 1, changed by the lab's own overrides.

Nothing here judges: limits are facts for the rules, preferences are an order for the planner.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from slidebox.errors import InputError
from slidebox.model import Dataset, Level, Playbook, StoreKind, System, Term
from slidebox.quantities import Duration, Size
from slidebox.table_one import STANDARD, Access, Cell, Figure, Longevity, Price, Row, Speed, Tier, figure_one, table
from slidebox.tiering import tierings

_TB = Size.parse("1 TB")
_MONTH_DAYS = 365 / 12
_YEAR_DAYS = 365


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
class Fall:
    """A colder tier of a class that moves objects by itself: after how many days without a read, at which price."""

    after_days: int
    usd_per_tb_month: float


@dataclass(frozen=True, slots=True)
class Tiered:
    """What is particular to a class that moves objects by itself.

    Attributes
    ----------
    watching_usd_per_1000
        What watching a thousand objects costs a month.
    unread
        The share of the data that nobody has to read for it to pay, from 0 to 1.
    falls
        Its colder tiers, warmest first.
    """

    watching_usd_per_1000: float
    unread: float
    falls: tuple[Fall, ...]


@dataclass(frozen=True, slots=True)
class StorageClass:
    """A storage class, as the rules are told; sizes in bytes, prices in US dollars."""

    usd_per_tb_month: float
    min_days: int
    min_object_bytes: int
    overhead_bytes: int
    transition_usd_per_1000: float
    tiered: Tiered | None = None


def tiering_usd(files: int, total_bytes: int, to: StorageClass, days: float) -> tuple[float, float]:
    """What it costs to move objects into a class that moves them on by itself and to watch them, and what it saves.

    Against a class of the price of its first tier, where the share of the data that has to be left unread is.

    Parameters
    ----------
    files, total_bytes
        How many objects of which total size.
    to
        The class; one that does not move objects by itself saves nothing.
    days
        For how long they are there.
    """
    if to.tiered is None:
        return 0.0, 0.0
    watching = to.tiered.watching_usd_per_1000 * days / _MONTH_DAYS
    saved, price = 0.0, to.usd_per_tb_month
    for fall in to.tiered.falls:
        saved += (price - fall.usd_per_tb_month) * max(0.0, days - fall.after_days) / _MONTH_DAYS
        price = fall.usd_per_tb_month
    return files / 1000 * (to.transition_usd_per_1000 + watching), to.tiered.unread * total_bytes / _TB.bytes * saved


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
        found = {name: _storage_class(tier) for name, tier in tiers.items()}
        for name, rule in tierings().items():
            if name in found:
                colder = tuple(Fall(tier.after_days, found[tier.like].usd_per_tb_month) for tier in rule.tiers[1:])
                about = Tiered(tiers[name].watching_usd_per_1000, rule.unread or 1.0, colder)
                found[name] = replace(found[name], tiered=about)
        return found

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

    def class_of(self, system: System, dataset: Dataset, term: Term, kind: StoreKind | None = None) -> str:
        """The class inside a system for a dataset in a term.

        Its own, where the system has classes; else one that moves objects by itself, where a store of its kind has one
        for the term and that pays; else the playbook's.
        """
        own = dataset.storage_classes.get(term) if self.rows[system].classes else None
        if own is None and kind is not None and (tiered := self._tiered(system, dataset, term, kind)):
            return tiered
        return own or self.storage_class(system, term)

    def _tiered(self, system: System, dataset: Dataset, term: Term, kind: StoreKind) -> str | None:
        """The class that moves objects by itself, where a kind of store has one for a term and it pays."""
        name = self.figure.tiered_classes.get(kind, {}).get(term)
        target = self.classes(system).get(name) if name else None
        if target is None:
            return None
        ends = [length.days for length in (self.term_length(term), dataset.expire_after) if length]
        fee, saved = tiering_usd(dataset.files, dataset.size.bytes, target, min([_YEAR_DAYS, *ends]))
        return name if saved > fee else None


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
