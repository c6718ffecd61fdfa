"""How data are used over time: how fast they grow, how much of them is written again, how often they are read.

Each is declared by activity, or once for all: ``growth: 2 TB/year``, ``reads: {active: 4/month of 5 %}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from slidebox.model.words import Activity
from slidebox.quantities import Duration, Size, Spelled

_PERIODS = ("day", "week", "month", "year")
_NUMBER, _PERIOD, _SIZES = r"\d+(?:\.\d+)?", "|".join(_PERIODS), "|".join(Size.units)
_PERCENT = r"(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)\s*%"
# Any word is read as a unit, so that a wrong one can be named.
_AMOUNT = rf"({_NUMBER})\s*(%|\w+)"


class ReadFrom(StrEnum):
    """Where data are read, as seen from the store that has them; it decides what a cloud charges.

    ``inside`` is the same cloud and region, ``elsewhere`` another region of the same cloud, and ``outside`` everywhere
    else, over the internet: the lab's own computers too.
    """

    INSIDE = "inside"
    ELSEWHERE = "elsewhere"
    OUTSIDE = "outside"


_WHERES = "|".join(ReadFrom)
_RATE = re.compile(rf"^\s*{_AMOUNT}\s*/\s*({_PERIOD})\s*$")
_READING = re.compile(rf"^\s*({_NUMBER})\s*/\s*({_PERIOD})(?:\s+of\s+{_AMOUNT})?(?:\s+from\s+({_WHERES}))?\s*$")


@dataclass(frozen=True, slots=True)
class Rate(Spelled):
    """An amount of data over time: ``2 TB/year``, or ``10 %/year`` of what there is.

    Attributes
    ----------
    number, unit
        How much: percent (``%``), or a unit of sizes.
    per
        ``day``, ``week``, ``month`` or ``year``.
    """

    number: Decimal
    unit: str
    per: str

    @classmethod
    def pattern(cls) -> str:
        """What the text has to match."""
        return rf"^\s*{_NUMBER}\s*(%|{_SIZES})\s*/\s*({_PERIOD})\s*$"

    @classmethod
    def examples(cls) -> tuple[str, ...]:
        """Texts that are right."""
        return ("2 TB/year", "10 %/year")

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a rate such as ``2 TB/year``.

        Raises
        ------
        ValueError
            If the text is none.
        """
        if isinstance(text, cls):
            return text
        match = _RATE.match(text) if isinstance(text, str) else None
        if match is None:
            first, second = cls.examples()
            raise ValueError(f"expected a rate such as {first!r} or {second!r}, got {text!r}")
        return cls(Decimal(match[1]), _unit(match[2], text), match[3])

    @property
    def share(self) -> Decimal | None:
        """The share of what there is, per period; None for an amount of its own."""
        return self.number / 100 if self.unit == "%" else None

    def monthly(self, size: int | Decimal) -> Decimal:
        """The bytes of a month, of so many bytes that there are."""
        share = self.share
        amount = self.number * Size.units[self.unit] if share is None else share * size
        return amount * _periods(self.per)

    def after(self, size: int | Decimal, months: int) -> Decimal:
        """The bytes that there are after some months of growth; a share of what there is grows along with it."""
        if self.share is None:
            return size + self.monthly(size) * months
        return Decimal((1 + self.share) ** (months * _periods(self.per)) * size)

    def __str__(self) -> str:
        return f"{self.number:f} {self.unit}/{self.per}"


@dataclass(frozen=True, slots=True)
class Reading(Spelled):
    """How often data are read: ``4/month``, ``4/month of 5 %``, ``1/year of 200 GB from inside``.

    Attributes
    ----------
    times, per
        How often in a ``day``, ``week``, ``month`` or ``year``.
    number, unit
        How much of the data each time: percent (``%``), or a unit of sizes; all of them where nothing is said.
    where
        From where.
    """

    times: Decimal
    per: str
    number: Decimal = Decimal(100)
    unit: str = "%"
    where: ReadFrom = ReadFrom.OUTSIDE

    @classmethod
    def pattern(cls) -> str:
        """What the text has to match."""
        part = rf"({_PERCENT}|{_NUMBER}\s*({_SIZES}))"
        return rf"^\s*{_NUMBER}\s*/\s*({_PERIOD})(\s+of\s+{part})?(\s+from\s+({_WHERES}))?\s*$"

    @classmethod
    def examples(cls) -> tuple[str, ...]:
        """Texts that are right."""
        return ("4/month", "4/month of 5 %", "1/year of 200 GB from inside")

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read how often data are read.

        Raises
        ------
        ValueError
            If the text does not say it.
        """
        if isinstance(text, cls):
            return text
        match = _READING.match(text) if isinstance(text, str) else None
        if match is None:
            *first, last = map(repr, cls.examples())
            raise ValueError(f"expected how often data are read, such as {', '.join(first)} or {last}, got {text!r}")
        number, unit = (Decimal(match[3]), _unit(match[4], text)) if match[3] else (Decimal(100), "%")
        if unit == "%" and number > 100:
            raise ValueError(f"more than 100 % cannot be read at once, got {text!r}")
        return cls(Decimal(match[1]), match[2], number, unit, ReadFrom(match[5] or ReadFrom.OUTSIDE))

    @property
    def monthly(self) -> Decimal:
        """How many times a month."""
        return self.times * _periods(self.per)

    def share(self, size: int | Decimal) -> Decimal:
        """The share that is read each time, of so many bytes that there are: from 0 to 1."""
        if self.unit == "%":
            return self.number / 100
        part = self.number * Size.units[self.unit]
        return Decimal(1) if part >= size else part / size

    def __str__(self) -> str:
        part = "" if self.unit == "%" and self.number == 100 else f" of {self.number:f} {self.unit}"
        where = "" if self.where is ReadFrom.OUTSIDE else f" from {self.where}"
        return f"{self.times:f}/{self.per}{part}{where}"


def _unit(word: str, text: object) -> str:
    unit = word if word == "%" else Size.unit_of(word)
    if unit is None:
        raise ValueError(f"unknown unit {word!r} in {text!r}; the units are {', '.join(('%', *Size.units))}")
    return unit


def _periods(per: str) -> Decimal:
    """How many periods a month has."""
    return Duration.units["month"] / Duration.units[per]


@dataclass(frozen=True, slots=True)
class _ByActivity:
    """Lets one value stand for several activities.

    Attributes
    ----------
    activities
        Those for which it stands.
    """

    activities: tuple[Activity, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._spread, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        inner = handler(schema)
        return {"anyOf": [inner["additionalProperties"], inner]}

    def _spread(self, value: Any) -> Any:
        return value if isinstance(value, Mapping) else {activity.value: value for activity in self.activities}


Rates = Annotated[Mapping[Activity, Rate], _ByActivity((Activity.ACTIVE, Activity.RESTING))]
"""A rate by activity. One value holds until the data are finished: what is finished does not change."""

Readings = Annotated[Mapping[Activity, Reading], _ByActivity(tuple(Activity))]
"""How often data are read, by activity. One value holds for all."""
