"""The storage class that costs least, where the plan has another.

A colder class costs less to keep and more to write, to move into and to read, bills small files as larger ones, and is
paid for as long as its minimum even if data leave it sooner. What reading comes to is only known where `reads` are
declared: without them no colder class is advised, however cheap it is to keep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from slidebox.advice.given import YEARS, Given, copies, file_of, level_of
from slidebox.advice.piece import CURRENT, Advice, Kind
from slidebox.advice.thresholds import thresholds
from slidebox.advice.trying import Change, Outcome, tried
from slidebox.cost import cents
from slidebox.forecast import Forecast
from slidebox.model import Activity, Dataset, Keep, System, Term
from slidebox.prices import Range
from slidebox.table_one import STANDARD

_BY_WARMTH = (STANDARD, "infrequent", "archive")
"""The classes that a declaration can name, the warmest first."""


@dataclass(frozen=True, slots=True)
class Option:
    """Classes by term, and what the dataset costs in them over five years."""

    classes: Mapping[Term, str]
    told: Forecast

    @property
    def usd(self) -> Decimal:
        """US dollars."""
        return self.told.total(YEARS).usual

    @property
    def early(self) -> Decimal:
        """What is paid for days after data have left a class."""
        return self.told.by(lambda row: row.what, YEARS).get("early deletion", Range()).usual

    def __str__(self) -> str:
        return ", ".join(f"{name} in the {term} term" for term, name in self.classes.items())


def storage_classes(given: Given) -> Iterator[Advice]:
    """Datasets in clouds that would cost less in other classes."""
    waiting = {name: better for name in given.names if (better := options(given, name))}
    # The best of each first; the next best of those that the rules refuse.
    at = 0
    while ahead := {name: found[at + 1] for name, found in waiting.items() if at + 1 < len(found)}:
        changes = [_change(given, name, option, waiting[name][0]) for name, option in ahead.items()]
        done = {one.change.dataset: one for one in tried(given, changes) if one.stays(given)}
        for name, outcome in done.items():
            yield _advice(given, outcome, waiting.pop(name), ahead[name])
        waiting = {name: found for name, found in waiting.items() if name in ahead}
        at += 1


def options(given: Given, name: str) -> tuple[Option, ...]:
    """The plan's classes first, then those that cost noticeably less, the cheapest first; nothing where none does."""
    dataset = given.declared(name)
    now = {term: given.systems.class_of(System.CLOUD, dataset, term) for term in _terms(given, name)}
    if not now:
        return ()
    choices = [[c for c in _BY_WARMTH if _known(dataset, term, c, now[term])] for term in now]
    every = [Option(classes, _told(given, name, classes)) for classes in _combined(tuple(now), choices)]
    asis = next((option for option in every if option.classes == now), None)
    if asis is None:
        return ()
    least = thresholds().least_usd.value
    better = [option for option in every if asis.usd - option.usd >= least]
    return (asis, *sorted(better, key=lambda o: (o.usd, _differences(o.classes, now)))) if better else ()


def _combined(terms: tuple[Term, ...], choices: list[list[str]]) -> Iterator[dict[Term, str]]:
    for classes in product(*choices):
        yield dict(zip(terms, classes, strict=True))


def _terms(given: Given, name: str) -> list[Term]:
    """The terms from today's on in which the data rest, and lie in a cloud whose prices are known."""
    dataset, order = given.declared(name), list(Term)
    if dataset.keep is Keep.STREAM or not any(held.tariff and held.size for held in given.planned[name]):
        return []
    first = order.index(given.term(name)) + (given.project(name).activity_of(level_of(name)) is Activity.ACTIVE)
    as_is = {store for store, adopted in dataset.adopted.items() if adopted.as_is}
    stores = {term: [p.candidate.store for p in given.kept(name, term)] for term in order[first:]}
    return [term for term, held in stores.items() if any(_set_up(given, store, as_is) for store in held)]


def _set_up(given: Given, store: str, as_is: set[str]) -> bool:
    return given.system(store) is System.CLOUD and store not in as_is


def _known(dataset: Dataset, term: Term, storage_class: str, now: str) -> bool:
    """Whether it can be said what a class costs: of one that is colder than now only where reads are declared."""
    if storage_class == now or now not in _BY_WARMTH:
        return storage_class == now
    colder = _BY_WARMTH.index(storage_class) > _BY_WARMTH.index(now)
    return not colder or any(activity.term is term for activity in dataset.reads)


def _change(given: Given, name: str, option: Option, asis: Option) -> Change:
    new = {term: wanted for term, wanted in option.classes.items() if wanted != asis.classes[term]}
    return Change(name, {"storage_classes": {**given.declared(name).storage_classes, **new}})


def _told(given: Given, name: str, classes: Mapping[Term, str]) -> Forecast:
    dataset = given.declared(name)
    declared = dataset.model_copy(update={"storage_classes": {**dataset.storage_classes, **classes}})
    return given.told(name, given.would_hold(name, declared, given.reclassed(name, classes)))


def _differences(classes: Mapping[Term, str], now: Mapping[Term, str]) -> int:
    return sum(classes[term] != now[term] for term in now)


def _advice(given: Given, outcome: Outcome, found: tuple[Option, ...], chosen: Option) -> Advice:
    name = outcome.change.dataset
    asis, *better = found
    kind: Kind = "archive minimum" if asis.early > chosen.early else "storage class"
    new = {term: wanted for term, wanted in chosen.classes.items() if wanted != asis.classes[term]}
    words = ", ".join(
        f"{wanted} in the {term} term (the plan has {asis.classes[term]})" for term, wanted in new.items()
    )
    why = "they leave a class before its minimum is over" if kind == "archive minimum" else "that costs less in all"
    unread = "" if given.declared(name).reads else " How often they are read is not declared, and not counted."
    stores = sorted({p.candidate.store for e in outcome.entries.values() for p in e.placements})
    clouds = [store for store in stores if given.system(store) is System.CLOUD]
    every = ", ".join(f"${cents(option.usd)} with {option}" for option in (asis, *better))
    said = outcome.change.words["storage_classes"]
    spelled = ", ".join(f"{term}: {said[term]}" for term in Term if term in said)
    return Advice(
        dataset=name,
        store=", ".join(clouds),
        kind=kind,
        what=f"Keep them in {words}: {why}.{unread} {copies(len(given.kept(name)))}",
        saves=outcome.first,
        later=outcome.later,
        arithmetic="\n".join([*outcome.lines, f"classes, over 5 years: {every}"]),
        command=f"{file_of(name)}: storage_classes: {{{spelled}}}",
        parts=frozenset((name, store, CURRENT) for store in clouds),
    )
