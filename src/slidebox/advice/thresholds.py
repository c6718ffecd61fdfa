"""From when advice is worth a line, as the package has it (data/advice.yaml), each figure with its source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import Field

from slidebox.model import Declared, Level, Term
from slidebox.quantities import Size
from slidebox.table_one import Source


class Least(Declared):
    """An amount below which nothing is said."""

    value: Decimal = Field(ge=0)
    """US dollars."""
    source: Source
    """Where it comes from."""


class Bundles(Declared):
    """Which bundles are tried, and until when larger ones are worth it."""

    smallest: Size
    """The smallest that is tried."""
    largest: Size
    """The largest."""
    worth: Decimal = Field(ge=0, le=1)
    """What a larger bundle has to save at least: a share of what the data cost in smaller ones."""
    source: Source
    """Where it comes from."""


class Unread(Declared):
    """After how many months nobody works on data any more."""

    months: Mapping[Term, int]
    """By term."""
    levels: Mapping[Level, Mapping[Term, int]] = Field(default_factory=dict)
    """Of a level by itself."""
    never: tuple[Level, ...] = ()
    """The levels that are not asked about."""
    source: Source
    """Where it comes from."""

    def after(self, level: Level, term: Term) -> int | None:
        """Months without a read, or None where that says nothing."""
        return None if level in self.never else self.levels.get(level, self.months).get(term)


class Free(Declared):
    """A public source that charges nothing for reading."""

    begins: str
    """How its addresses or accessions begin."""
    source: Source
    """Where that is said."""


class Public(Declared):
    """Public data that the lab need not hold."""

    never: tuple[Level, ...] = ()
    """The levels of which a copy stays."""
    free: tuple[Free, ...] = ()
    """The sources that charge nothing."""
    source: Source
    """Where it comes from."""

    def charges_nothing(self, source: str) -> Source | None:
        """What says that reading from a source is free of charge; None where nothing does."""
        return next((free.source for free in self.free if source.startswith(free.begins)), None)


class Unfinished(Declared):
    """What parts of unfinished uploads are billed as."""

    as_standard: Mapping[str, tuple[str, ...]]
    """By provider, the classes in which they are billed as in the standard one."""
    source: Source
    """Where that is said."""


class Thresholds(Declared):
    """Everything that advice takes for granted."""

    least_usd: Least
    """What is worth a line."""
    bundles: Bundles
    """For small files."""
    unread: Unread
    """For what nobody reads."""
    public: Public
    """For public data."""
    unfinished: Unfinished
    """For unfinished uploads."""


@cache
def thresholds() -> Thresholds:
    """The thresholds, read once."""
    document = yaml.safe_load(resources.files("slidebox").joinpath("data", "advice.yaml").read_text("utf-8"))
    sources = document.pop("sources")
    return Thresholds.model_validate(_with_sources(document, sources))


def _with_sources(content: Any, sources: Mapping[str, Any]) -> Any:
    """Write the named source into everything that names one."""
    if isinstance(content, list):
        return [_with_sources(one, sources) for one in content]
    if not isinstance(content, dict):
        return content
    return {key: sources[value] if key == "source" else _with_sources(value, sources) for key, value in content.items()}
