"""Sizes and durations as people write them, with their unit kept.

``2.4 TB`` stays ``2.4 TB`` when it is written back; arithmetic uses bytes and days.
Decimal units are powers of 1000 and binary units powers of 1024 (IEC 80000-13).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_NUMBER = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$")

# A year of 365.25 days and a month of a twelfth of it: retention clocks count whole days.
_DAYS_PER_YEAR = Decimal("365.25")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A value that is written as one text."""

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read the text."""
        raise NotImplementedError

    @classmethod
    def pattern(cls) -> str:
        """What the text has to match."""
        raise NotImplementedError

    @classmethod
    def examples(cls) -> tuple[str, ...]:
        """Texts that are right."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": cls.pattern(), "examples": list(cls.examples())}


@dataclass(frozen=True, slots=True)
class _Quantity(Spelled):
    """A positive number with a unit."""

    number: Decimal
    unit: str

    units: ClassVar[dict[str, Decimal]] = {}
    noun: ClassVar[str] = "quantity"
    example: ClassVar[str] = ""

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a quantity such as ``2.4 TB`` or ``18 months``.

        Raises
        ------
        ValueError
            If the text is not a number and a known unit; the message names the units.
        """
        if isinstance(text, cls):
            return text
        match = _NUMBER.match(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"expected a {cls.noun} such as {cls.example!r}, got {text!r}")
        number, unit = Decimal(match[1]), cls.unit_of(match[2])
        if unit is None:
            raise ValueError(f"unknown unit {match[2]!r} in {text!r}; the units are {', '.join(cls.units)}")
        return cls(number, unit)

    @classmethod
    def pattern(cls) -> str:
        """What the text has to match."""
        return rf"^\s*\d+(\.\d+)?\s*({'|'.join(cls.units)})\s*$"

    @classmethod
    def examples(cls) -> tuple[str, ...]:
        """A text that is right."""
        return (cls.example,)

    @classmethod
    def unit_of(cls, word: str) -> str | None:
        """The unit that a word stands for; None where it stands for none."""
        return word if word in cls.units else None

    @property
    def _base(self) -> int:
        return int(self.number * self.units[self.unit])

    def __str__(self) -> str:
        return f"{self.number:f} {self.unit}"


class Size(_Quantity):
    """An amount of data; `bytes` is the exact number of bytes."""

    __slots__ = ()
    units: ClassVar[dict[str, Decimal]] = {
        "B": Decimal(1),
        **{f"{p}B": Decimal(1000) ** n for n, p in enumerate(("k", "M", "G", "T", "P"), 1)},
        **{f"{p}iB": Decimal(1024) ** n for n, p in enumerate(("K", "M", "G", "T", "P"), 1)},
    }
    noun: ClassVar[str] = "size"
    example: ClassVar[str] = "2.4 TB"

    @classmethod
    def unit_of(cls, word: str) -> str | None:
        """The unit that a word stands for; None where it stands for none."""
        # KB is everyday spelling of kB; everything else is case-sensitive (Mb would be megabits).
        return "kB" if word == "KB" else (word if word in cls.units else None)

    @property
    def bytes(self) -> int:
        """The size in bytes."""
        return self._base


class Duration(_Quantity):
    """A span of time; `days` is the number of whole days."""

    __slots__ = ()
    units: ClassVar[dict[str, Decimal]] = {
        "days": Decimal(1),
        "weeks": Decimal(7),
        "months": _DAYS_PER_YEAR / 12,
        "years": _DAYS_PER_YEAR,
        "day": Decimal(1),
        "week": Decimal(7),
        "month": _DAYS_PER_YEAR / 12,
        "year": _DAYS_PER_YEAR,
    }
    noun: ClassVar[str] = "duration"
    example: ClassVar[str] = "18 months"

    @property
    def days(self) -> int:
        """The span in whole days."""
        return self._base

    @property
    def months(self) -> Decimal:
        """The span in months of a twelfth of a year."""
        return self.number * self.units[self.unit] / self.units["month"]


def human_bytes(count: int | float) -> str:
    """Write a number of bytes with a decimal unit and at most three digits: ``1.14 TB``."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if value < 999.5 or unit == "PB":
            break
        value /= 1000
    return f"{value:.3g} {unit}" if unit != "B" else f"{int(value)} B"
