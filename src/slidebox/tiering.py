"""The rules of classes that move objects by themselves, as data with their sources (data/tiering.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Self

import yaml
from pydantic import Field, model_validator

from slidebox.model import Declared
from slidebox.quantities import Size
from slidebox.table_one import STANDARD, Source


class Tier(Declared):
    """A tier inside of such a class."""

    after_days: int = Field(ge=0)
    """The days since an object was read last, or written, from which it is in this tier."""
    like: str
    """The class whose price of storage it has."""
    back_put: bool = False
    """Whether the way back to the first tier costs a write of the standard class."""


class Tiering(Declared):
    """A class that moves objects by itself: down where nobody reads them, and back to its first tier when one is."""

    name: str
    """What schedules call it: its class, or another word where a class can be set up in several ways."""
    storage_class: str
    """Its class in the price book."""
    smallest: Size
    """Smaller objects stay in the first tier, and are not watched."""
    first_only: bool = False
    """Whether objects can only be in it from the day they are written until they go."""
    tiers: tuple[Tier, ...] = Field(min_length=1)
    """The tiers, warmest first."""
    source: Source
    """Where this is documented."""
    note: str = ""
    """How it is read."""
    unread: float | None = Field(default=None, gt=0, le=1)
    """Where slidebox chooses it: the share of the data of which nobody reads anything, with which it has to pay."""

    @model_validator(mode="after")
    def _colder(self) -> Self:
        days = [tier.after_days for tier in self.tiers]
        if days[0] != 0 or days != sorted(set(days)) or self.tiers[0].like != STANDARD:
            raise ValueError("the first tier is like the standard class from day 0, and the days of the others rise")
        return self


class Provider(Declared):
    """What a provider offers."""

    at_hand: tuple[str, ...]
    """The classes as durable as the standard one that can be read at once, the standard one first."""
    source: Source
    """Where this is documented."""
    tiering: tuple[Tiering, ...] = ()
    """The classes that move objects by themselves; none where the book has no price of it."""
    note: str = ""
    """What is left out, and why."""

    def moving(self, storage_class: str) -> Tiering | None:
        """The rules of a class of the price book that moves objects by itself; None of any other."""
        return next((one for one in self.tiering if one.storage_class == storage_class), None)


@cache
def tierings() -> Mapping[str, Tiering]:
    """The classes that slidebox chooses and that move objects by themselves, as Table 1 calls them."""
    chosen = (one for provider in providers().values() for one in provider.tiering if one.unread is not None)
    return MappingProxyType({one.storage_class: one for one in chosen})


@cache
def providers() -> Mapping[str, Provider]:
    """The rules by provider, as the price book calls them."""
    text = resources.files("slidebox").joinpath("data", "tiering.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    sources = document["sources"]
    found = {}
    for name, content in document["providers"].items():
        tiering = [{**one, "source": sources[one["source"]]} for one in content["tiering"]]
        found[name] = Provider.model_validate({**content, "source": sources[content["source"]], "tiering": tiering})
    return MappingProxyType(found)
