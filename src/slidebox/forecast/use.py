"""How a dataset is used from now on: what is declared by activity, in months, and which copy is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from slidebox.forecast.holding import During, Holding
from slidebox.model import Activity, Lab, Placement, ReadFrom, Reading, Store, System, Term

T = TypeVar("T")

Spans = Mapping[Term, tuple[int, int | None]]
"""The months in which terms begin and end."""


def during(declared: Mapping[Activity, T], spans: Spans) -> tuple[During[T], ...]:
    """What is declared by activity, in the months of the terms that follow from it."""
    by_term = {activity.term: what for activity, what in declared.items()}
    return tuple(During(begin, end, by_term[term]) for term, (begin, end) in spans.items() if term in by_term)


def readers(
    lab: Lab, terms: Mapping[Term, Sequence[Placement]], declared: Mapping[Activity, Reading]
) -> dict[Term, str]:
    """The store in which a dataset is read, by term.

    It is the first copy of the term; what is read from inside a cloud, or from elsewhere in it, is read from the first
    copy that a cloud has.
    """
    found: dict[Term, str] = {}
    for activity, reading in declared.items():
        stores = [placement.candidate.store for placement in terms.get(activity.term, ())]
        in_clouds = [store for store in stores if lab.file.stores[lab.carrier(store)].system is System.CLOUD]
        if reading.where is not ReadFrom.OUTSIDE:
            stores = in_clouds or stores
        if stores:
            found[activity.term] = stores[0]
    return found


def reads_at(
    store: str, read: Mapping[Term, str], declared: Mapping[Activity, Reading], spans: Spans
) -> tuple[During[Reading], ...]:
    """How often a dataset is read in a store, and when."""
    here = {activity: reading for activity, reading in declared.items() if read.get(activity.term) == store}
    return during(here, spans)


def unpriced(name: str, store: Store, held: Holding) -> Iterator[str]:
    """What the price book does not know of how a copy is read."""
    wanted = {one.what.where for one in held.reads if one.what.times}
    if not wanted:
        return
    if held.tariff is None:
        if store.system is System.CLOUD and store.price is None:
            yield f"{name}: the price book has no price of reading it: nothing of that is counted."
        return
    where = f"{held.tariff.book.title} in {held.tariff.region}"
    if ReadFrom.OUTSIDE in wanted and held.tariff.egress is None:
        yield f"{name}: the price book has no price of what leaves {where}: no download is counted."
    if ReadFrom.ELSEWHERE in wanted and held.tariff.inter_region is None:
        yield f"{name}: the price book has no price of what goes to another region from {where}: none is counted."
    for storage_class in dict.fromkeys(span.storage_class for span in held.spans):
        prices = held.tariff.prices(storage_class)
        missing = [word for word, figure in (("retrieval", prices.retrieval), ("reads", prices.get_1000)) if not figure]
        if missing:
            yield f"{name}: the price book has no price of {' and '.join(missing)} of {where} for {storage_class}."
