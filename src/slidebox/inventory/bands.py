"""Bands of age and the size below which an object is small (data/inventory.yaml)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from slidebox.quantities import Size


@dataclass(frozen=True, slots=True)
class Bands:
    """What inventories are summed up by.

    Attributes
    ----------
    names
        The bands of age, youngest first.
    ends
        Where each of them but the last ends: an age in days that is no longer in it.
    none
        What stands for a version whose age is not known.
    small
        Bytes below which an object is small.
    """

    names: tuple[str, ...]
    ends: tuple[int, ...]
    none: str
    small: int

    def since(self, now: dt.datetime) -> tuple[dt.datetime, ...]:
        """The moments after which a version was changed that is in a band or a younger one; the last has none.

        Parameters
        ----------
        now
            When ages are asked about, with a time zone.
        """
        return tuple(now - dt.timedelta(days=days) for days in self.ends)

    def name(self, band: int) -> str:
        """What a band is called; a number past the last one stands for an age that is not known."""
        return self.names[band] if band < len(self.names) else self.none


@cache
def load_bands() -> Bands:
    """The bands and the size of slidebox's own data."""
    text = (resources.files("slidebox") / "data" / "inventory.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    bands = found["ages"]["bands"]
    return Bands(
        names=tuple(band["name"] for band in bands),
        ends=tuple(int(band["days"]) for band in bands[:-1]),
        none=found["ages"]["none"],
        small=Size.parse(found["small"]["below"]).bytes,
    )
