"""When objects move to a cheaper storage class: only where that saves money.

Classes have a price of their own for moving an object, a least size and a least time that they bill, so that a
class that is cheaper by the terabyte can be dearer for small files or for a short stay. What is chosen here is
judged by the rules all the same (`policies/cost/transitions_pay.rego`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slidebox.systems import StorageClass, tiering_usd

SETTLED_DAYS = 30
"""How long new objects stay in the standard class: as long as they are likely to be written again, and the least that
S3 asks for before Standard-IA (Amazon S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle")."""

_TERABYTE = 1e12
_MONTH_DAYS = 365 / 12
_YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Transition:
    """A move to another class.

    Attributes
    ----------
    days
        Age of an object at which it moves.
    storage_class
        The class, by Table 1's name.
    """

    days: int
    storage_class: str


def monthly_usd(files: int, total_bytes: int, at: StorageClass) -> float:
    """What a month of some files costs in a class, each billed at its least size and with its overhead."""
    if not files:
        return 0.0
    billed = max(total_bytes / files, at.min_object_bytes) + at.overhead_bytes
    return files * billed / _TERABYTE * at.usd_per_tb_month


def transitions(
    files: int,
    total_bytes: int,
    wanted: str,
    classes: Mapping[str, StorageClass],
    *,
    standard: str = "standard",
    stay_days: int | None = None,
) -> tuple[Transition, ...]:
    """The move to a wanted class; none where it would not save more than it costs.

    Parameters
    ----------
    files, total_bytes
        How many objects of which total size.
    wanted
        The class for the term.
    classes
        The store's classes by name.
    standard
        The class in which objects arrive.
    stay_days
        For how long the objects are there, in days from their arrival; without an end where None. Of what has no
        end a year is counted.

    Returns
    -------
    tuple
        At most one transition.
    """
    if wanted == standard or not files or wanted not in classes or standard not in classes:
        return ()
    target = classes[wanted]
    if target.tiered:
        # At once: what is not read for a while goes down by itself, and comes back when it is.
        days = _YEAR_DAYS if stay_days is None else min(_YEAR_DAYS, stay_days)
        fee, saved = tiering_usd(files, total_bytes, target, days)
        return (Transition(0, wanted),) if saved > fee else ()
    stay = min(_YEAR_DAYS, (stay_days - SETTLED_DAYS) if stay_days is not None else _YEAR_DAYS)
    if stay < target.min_days or total_bytes / files < target.min_object_bytes:
        return ()
    monthly = monthly_usd(files, total_bytes, classes[standard]) - monthly_usd(files, total_bytes, target)
    saved = monthly * stay / _MONTH_DAYS
    fee = files / 1000 * target.transition_usd_per_1000
    return (Transition(SETTLED_DAYS, wanted),) if saved > fee else ()
