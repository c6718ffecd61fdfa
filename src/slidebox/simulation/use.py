"""How a dataset is used over its terms: as it is declared, and as it is assumed where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from slidebox.model import Activity, Dataset, Reading, Term
from slidebox.simulation.shapes import MONTH, Use


@cache
def assumed() -> Mapping[Activity, Reading]:
    """How often data are read of which nobody says it (data/tiering.yaml)."""
    text = resources.files("slidebox").joinpath("data", "tiering.yaml").read_text(encoding="utf-8")
    reads = yaml.safe_load(text)["assumed"]["reads"]
    return MappingProxyType({Activity(name): Reading.parse(said) for name, said in reads.items()})


def uses_of(
    dataset: Dataset, activity: Activity, lengths: Mapping[Term, Decimal | None], begins: int, days: int
) -> tuple[Use, ...]:
    """How a dataset is used while it lies somewhere.

    Parameters
    ----------
    dataset
        The dataset.
    activity
        How much it is worked on now.
    lengths
        Months of each term; None for a term without end.
    begins
        The month, counted from now, in which it comes there.
    days
        For how many days it is looked at from then on.

    Returns
    -------
    tuple
        In order, with days counted from the day on which it comes there.
    """
    order, found, at = list(Activity), [], -begins * MONTH
    for one in order[order.index(activity) :]:
        length = lengths.get(one.term)
        ends = at + float(length) * MONTH if length is not None else float(days)
        reading = dataset.reads.get(one) or (assumed()[one] if not dataset.reads else None)
        first, last = max(0, round(at)), min(days, round(ends))
        if reading and last > first:
            share = float(reading.share(dataset.size.bytes))
            found.append(Use(first, last, float(reading.monthly), share))
        at = ends
    return tuple(found)
