"""How long a move takes and what it costs, by what is known of the systems on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from slidebox.model import CLOUDS, Lab, Level, System, Term
from slidebox.systems import load_systems
from slidebox.table_one import STANDARD
from slidebox.transfer.ready import Location

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


@dataclass(frozen=True, slots=True)
class Rates:
    """Everything that is known of moving data (data/transfers.yaml).

    Attributes
    ----------
    systems
        By system.
    per_file
        Seconds that a file costs besides its bytes.
    retrieval
        US dollars per gigabyte (10^9 bytes) that is read from a storage class, by its name.
    """

    systems: Mapping[System, Rate]
    per_file: float
    retrieval: Mapping[str, float]


@cache
def rates() -> Rates:
    """What is known, read once."""
    text = (resources.files("slidebox") / "data" / "transfers.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    found = {System(name): Rate(**about) for name, about in document["systems"].items()}
    classes = {name: float(usd) for name, usd in document["retrieval"]["usd"].items()}
    return Rates(MappingProxyType(found), float(document["per_file_seconds"]), MappingProxyType(classes))


def storage_class_of(lab: Lab, source: Location) -> str:
    """The class in which a dataset may lie in a store by now: that of the location's term, where it is a cloud's."""
    store = lab.file.stores[source.store]
    name, *term = source.id.split("@")[:2]
    project = lab.project_of(name)
    if store.kind not in CLOUDS or not term or project is None:
        return STANDARD
    dataset = project.datasets[Level(name.partition("/")[2])]
    return load_systems(lab.file.playbook).class_of(store.system, dataset, Term(term[0]), store.kind)


def estimate_move(lab: Lab, source: Location, target: str, files: int, size: int) -> Estimate:
    """What moving a dataset from a location into a store comes to.

    Parameters
    ----------
    lab
        What is declared.
    source
        Where it is read.
    target
        The store that is filled.
    files, size
        How many files, and bytes in all.
    """
    stores = lab.file.stores
    return estimate(stores[source.store].system, stores[target].system, files, size, storage_class_of(lab, source))


def estimate(source: System, target: System, files: int, size: int, storage_class: str = STANDARD) -> Estimate:
    """What moving a dataset from one system to another comes to.

    It is read once and written once, side by side, and read back from where it went.

    Parameters
    ----------
    source, target
        The systems.
    files, size
        How many files, and bytes in all.
    storage_class
        Where in the source it lies.
    """
    known = rates()
    there, here = known.systems[source], known.systems[target]
    speed = min(there.read, here.write) * _MEGABYTE
    back = here.read * _MEGABYTE
    seconds = size / speed + size / back + files * known.per_file
    a_gigabyte = there.out + known.retrieval.get(storage_class, 0.0) + here.out
    return Estimate(seconds / _HOUR, size / _GIGABYTE * a_gigabyte)
