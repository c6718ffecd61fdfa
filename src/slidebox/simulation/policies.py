"""The policies that are compared, each as a schedule of classes."""

from __future__ import annotations

from collections.abc import Iterable

from slidebox.forecast.months import MONTH_DAYS, Span
from slidebox.simulation.bill import Schedule, Stay
from slidebox.table_one import STANDARD

ALL_HOT: Schedule = (Stay(0, STANDARD),)
"""Everything stays in the standard class."""


def managed(name: str) -> Schedule:
    """Everything is written into a class that moves objects by itself."""
    return (Stay(0, name),)


def planned(spans: Iterable[Span]) -> Schedule:
    """The classes that the plan has for a holding, from its arrival on.

    Parameters
    ----------
    spans
        The holding's classes by month, as the forecast has them.
    """
    stays: list[Stay] = []
    begins = None
    for span in spans:
        begins = span.begins if begins is None else begins
        day = int((span.begins - begins) * MONTH_DAYS)
        # What moves on the day on which it comes still comes in another class first, and is moved for a fee.
        if len(stays) > 1 and stays[-1].day == day:
            stays.pop()
        if not stays or stays[-1].storage_class != span.storage_class:
            stays.append(Stay(day, span.storage_class))
    return tuple(stays)
