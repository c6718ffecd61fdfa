"""What FOCUS is: its versions and columns, and how the exports of the clouds differ; recognised by columns alone.

Source: FinOps Open Cost and Usage Specification, versions 1.0 to 1.3; the providers' own pages in `data/focus.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import yaml
from pydantic import Field

from slidebox.model import Declared

BILLED, EFFECTIVE = "BilledCost", "EffectiveCost"
"""What is on the invoice, and the same with prepaid purchases spread over what they pay for."""

OTHER = "other"
"""The flavour of an export that is of none of the three clouds, and the kind of a charge that is for nothing known."""

CHARGE, REFUND, CORRECTION, CREDIT, ADJUSTMENT, TAX, SUPPORT = LINES = (
    "charge",
    "refund",
    "correction",
    "credit",
    "adjustment",
    "tax",
    "support",
)
"""The lines of a bill. A charge is usage or a purchase; a refund is a negative one; all others are as FOCUS has
them."""

PURCHASE = "purchase"
"""The kind of a charge that buys something beforehand."""


class Source(Declared):
    """Where something is said."""

    title: str
    """What it is."""
    url: str
    """Where it is."""
    as_of: str
    """When it was read."""


class Flavour(Declared):
    """How a provider's export is told."""

    title: str
    """The provider, for people."""
    names: tuple[str, ...]
    """What it calls itself, in small letters."""
    columns: tuple[str, ...]
    """Columns of its own."""


class Thresholds(Declared):
    """From where on something is worth saying."""

    untagged: float = Field(ge=0, le=1)
    """Share of what was charged that belongs to nobody."""
    tolerance: float = Field(ge=0)
    """Share of a forecast's upper end by which a month may be above it."""
    warm_up: int = Field(ge=7)
    """Days of a series before anything can be said."""
    window: int = Field(ge=7)
    """Days that a baseline looks back."""
    deviations: float = Field(gt=0)
    """Robust standard deviations above what is usual."""
    rise: float = Field(gt=0)
    """Share of the usual that a rise has at least."""
    gap: int = Field(ge=0)
    """Days as usual within a rise that do not end it."""
    usd_a_day: float = Field(ge=0)
    """US dollars a day below which a rise is not shown."""


class Focus(Declared):
    """Everything about FOCUS that is data."""

    sources: Mapping[str, Source]
    """Where it is from."""
    versions: Mapping[str, tuple[str, ...]]
    """The columns that came with each version, oldest first."""
    drafts: tuple[str, ...]
    """Columns that only drafts before 1.0 had."""
    flavours: Mapping[str, Flavour]
    """The clouds' exports."""
    columns: Mapping[str, tuple[str, ...]]
    """Where each thing stands, the first that is there."""
    kinds: Mapping[str, str]
    """What a charge was for, by a pattern of its meter; the first that fits."""
    support: str
    """A pattern of services that are help by people."""
    prefixes: tuple[str, ...]
    """What may stand before the name of a tag."""
    thresholds: Thresholds
    """From where on something is worth saying."""


@cache
def focus() -> Focus:
    """What slidebox knows of FOCUS (`data/focus.yaml`)."""
    document = yaml.safe_load(resources.files("slidebox").joinpath("data", "focus.yaml").read_text("utf-8"))
    for source in document["sources"].values():
        source["as_of"] = str(source["as_of"])
    return Focus.model_validate(document)


class Layout(Declared):
    """What a file's columns say of it.

    Names are matched whatever their letters' case is: Athena and others make all of them small.
    """

    version: str
    """Of FOCUS; empty where it is none."""
    flavour: str
    """Whose columns it has: ``aws``, ``azure``, ``google`` or ``other``."""
    names: Mapping[str, str]
    """The file's own spelling of each column, by FOCUS's in small letters."""
    foreign: tuple[str, ...]
    """Columns that no version has and that are not marked as a provider's own (``x_``)."""
    draft: bool
    """Whether it is of a draft before 1.0."""

    def own(self, column: str) -> str | None:
        """The file's own spelling of a column; None where it has none."""
        return self.names.get(column.casefold())

    def first(self, role: str) -> tuple[str, ...]:
        """The file's own columns for a role, in the order in which they are asked."""
        return tuple(own for column in focus().columns[role] if (own := self.own(column)))

    def missing(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Which of some columns are not there."""
        return tuple(column for column in columns if self.own(column) is None)


def layout_of(columns: Iterable[str]) -> Layout:
    """What a file's columns say of its version and its provider."""
    known = focus()
    names = {column.strip().casefold(): column for column in columns}
    version = ""
    for name, added in known.versions.items():
        if any(column.casefold() in names for column in added):
            version = name
    everything = {column.casefold() for added in known.versions.values() for column in added}
    counts = {
        name: sum(column.casefold() in names for column in flavour.columns) for name, flavour in known.flavours.items()
    }
    best = max(counts, key=lambda name: counts[name])
    return Layout(
        version=version if BILLED.casefold() in names or EFFECTIVE.casefold() in names else "",
        flavour=best if counts[best] else OTHER,
        names=names,
        foreign=tuple(own for name, own in names.items() if name not in everything and not name.startswith("x_")),
        draft=any(column.casefold() in names for column in known.drafts) and "chargeclass" not in names,
    )


def flavour_of(provider: str) -> str:
    """Whose export it is by the provider's name; ``other`` for one that is none of the three clouds."""
    plain = provider.strip().casefold()
    return next((name for name, flavour in focus().flavours.items() if plain in flavour.names), OTHER)


@cache
def kind_of(meter: str, service: str = "") -> str:
    """What a charge was for: storage, requests, retrieval, egress, watching, early deletion, or other.

    Parameters
    ----------
    meter
        The provider's own word, such as ``USE1-TimedStorage-ByteHrs``.
    service
        The service, which is asked where the meter says nothing.
    """
    for words in (meter, service):
        for kind, pattern in focus().kinds.items():
            if re.search(pattern, words, re.IGNORECASE):
                return kind
    return OTHER
