"""How long a move takes and what it costs, by what is known of the systems on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from slidebox.model import System

_MEGABYTE = 10**6
_GIGABYTE = 10**9
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Rate:
    """What is known of moving data into and out of a system.

    Attributes
    ----------
    read, write
        Megabytes (10^6 bytes) per second.
    out
        US dollars per gigabyte (10^9 bytes) that leaves it.
    source
        Where this comes from.
    """

    read: float
    write: float
    out: float
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a move comes to.

    Attributes
    ----------
    hours
        How long it takes, from the first to the last byte.
    usd
        What the store that is read charges for it.
    """

    hours: float
    usd: float


@cache
def rates() -> tuple[Mapping[System, Rate], float]:
    """What is known of every system, and the seconds that a file costs besides its bytes (data/transfers.yaml)."""
    text = (resources.files("slidebox") / "data" / "transfers.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    found = {System(name): Rate(**about) for name, about in document["systems"].items()}
    return MappingProxyType(found), float(document["per_file_seconds"])


def estimate(source: System, target: System, files: int, size: int) -> Estimate:
    """What moving a dataset from one system to another comes to.

    It is read once and written once, side by side, and read back from where it went.

    Parameters
    ----------
    source, target
        The systems.
    files, size
        How many files, and bytes in all.
    """
    known, per_file = rates()
    there, here = known[source], known[target]
    speed = min(there.read, here.write) * _MEGABYTE
    back = here.read * _MEGABYTE
    seconds = size / speed + size / back + files * per_file
    back_out = size / _GIGABYTE * here.out
    return Estimate(seconds / _HOUR, size / _GIGABYTE * there.out + back_out)
