"""From a plan to what is held where, in which months and classes, at which price."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from slidebox.access import UNKNOWN
from slidebox.cost import placement_cost, term_months
from slidebox.facts import NONE, FactBook
from slidebox.forecast.growth import arrivals, months_at, size_at, sizes_of
from slidebox.forecast.holding import MONTH_DAYS, Drive, During, Holding, Span, Tariff
from slidebox.forecast.use import during, readers, reads_at, unpriced
from slidebox.model import (
    CLOUDS,
    Cost,
    Dataset,
    Lab,
    Level,
    Placement,
    Plan,
    Rate,
    Reading,
    Store,
    StoreKind,
    System,
    Term,
)
from slidebox.prices import Book, Range, paid_once
from slidebox.systems import Systems
from slidebox.table_one import STANDARD
from slidebox.tiering import tierings

_PROVIDERS: Mapping[StoreKind, str] = {StoreKind.AWS: "aws", StoreKind.GCS: "google", StoreKind.AZURE: "azure"}
MONTHS = 120
"""For how many months growth is followed where nobody says it: as far as a forecast looks."""

_DRIVES = (System.INTERNAL_DRIVE, System.EXTERNAL_DRIVE)


@dataclass(frozen=True, slots=True)
class _Lab:
    """What all holdings are made from."""

    lab: Lab
    systems: Systems
    facts: FactBook
    books: Mapping[str, Book]
    now: dt.date
    filled: Mapping[str, int]


def holdings_of(
    plan: Plan, lab: Lab, systems: Systems, books: Mapping[str, Book], now: dt.date, months: int = MONTHS
) -> tuple[tuple[Holding, ...], tuple[str, ...]]:
    """What a plan holds.

    The walk starts at the beginning of each dataset's current term, as the plan's own costs do; a term begins with a
    whole month. What stays in its store when a term ends is not bought or written again.

    Parameters
    ----------
    plan
        The plan.
    lab, systems
        What it was made from.
    books
        The price book by provider.
    now
        Today.
    months
        For how many months growth is followed.

    Returns
    -------
    tuple
        The holdings, in the plan's order, and what could not be reckoned with as it should.
    """
    given = _Lab(lab, systems, FactBook(lab, systems), books, now, _filled(plan, lab))
    lengths = term_months(systems)
    by_dataset: dict[str, dict[Term, tuple[Placement, ...]]] = {}
    for entry in plan.terms:
        by_dataset.setdefault(entry.dataset, {})[entry.term] = entry.placements
    found: list[Holding] = []
    notes: list[str] = []
    for dataset, terms in by_dataset.items():
        name, _, level = dataset.partition("/")
        project = lab.projects[name]
        declared = project.datasets[Level(level)]
        spans = term_spans(project.activity_of(Level(level)).term, lengths)
        sizes = sizes_of(declared.size.bytes, during(declared.growth, spans), months)
        read = readers(lab, terms, declared.reads)
        for stay in _stays(terms, spans):
            use = _Use(sizes, during(declared.rewritten, spans), reads_at(stay.store, read, declared.reads, spans))
            held, said = _holding(given, stay, declared, project.grant or "", use)
            found.append(held)
            notes.extend(said)
    notes.extend(_nowhere(by_dataset))
    return tuple(found), tuple(notes)


@dataclass(frozen=True, slots=True)
class _Stay:
    """Placements of a dataset in one store, in terms that follow each other."""

    placements: tuple[tuple[int, Placement], ...]
    ends: int | None

    @property
    def begins(self) -> int:
        """The month in which it arrives."""
        return self.placements[0][0]

    @property
    def store(self) -> str:
        """The store."""
        return self.placements[0][1].candidate.store


@dataclass(frozen=True, slots=True)
class _Use:
    """How a dataset grows, is written again, and is read in one store."""

    sizes: Sequence[int | Decimal]
    rewritten: tuple[During[Rate], ...]
    reads: tuple[During[Reading], ...]


def term_spans(current: Term, lengths: Mapping[Term, Decimal | None]) -> dict[Term, tuple[int, int | None]]:
    """The months in which terms begin and end, from the current one on.

    Parameters
    ----------
    current
        The term that a dataset is in now: it begins in month 0.
    lengths
        Months of each term; None for one without an end.
    """
    order, at = list(Term), Decimal(0)
    spans: dict[Term, tuple[int, int | None]] = {}
    for term in order[order.index(current) :]:
        length = lengths.get(term)
        begin = int(at.to_integral_value(ROUND_CEILING))
        at += length or 0
        end = int(at.to_integral_value(ROUND_CEILING)) if length is not None else None
        if end is None or end > begin:
            spans[term] = (begin, end)
        if end is None:
            break
    return spans


def _stays(terms: Mapping[Term, Sequence[Placement]], spans: Mapping[Term, tuple[int, int | None]]) -> Iterator[_Stay]:
    """Every copy with the terms through which it stays where it is."""
    open_: dict[str, list[tuple[int, Placement]]] = {}
    for term, (begin, _) in spans.items():
        here = {p.candidate.store: p for p in terms.get(term, ())}
        for store in [store for store in open_ if store not in here]:
            yield _Stay(tuple(open_.pop(store)), begin)
        for store, placement in here.items():
            open_.setdefault(store, []).append((begin, placement))
    last = [end for _, end in spans.values()][-1] if spans else None
    for placements in open_.values():
        yield _Stay(tuple(placements), last)


def _nowhere(by_dataset: Mapping[str, Mapping[Term, Sequence[Placement]]]) -> Iterator[str]:
    for dataset, terms in by_dataset.items():
        if without := [term.value for term, placements in terms.items() if not placements]:
            yield f"{dataset} has no place in the {' and '.join(without)} term: nothing is counted for it there."


def _holding(given: _Lab, stay: _Stay, dataset: Dataset, grant: str, use: _Use) -> tuple[Holding, list[str]]:
    begin, first = stay.placements[0]
    project, _, level = first.candidate.dataset.partition("/")
    paid = given.lab.carrier(stay.store)
    declared = given.lab.file.stores[stay.store]
    store = declared.priced_as(given.lab.file.stores[paid])
    lifecycle = given.facts.lifecycle(first.candidate)
    # What is streamed is nowhere, however much of it there is.
    kept = store.system is not System.DELETION
    sizes = use.sizes if kept else (0,)
    tariff, spans, notes = _priced(given, stay, store, sizes)
    bought = store.system in _DRIVES and bool(first.cost.once)
    drive = _drive_of(given.lab, declared)

    def once(size: int | Decimal) -> Range:
        return _sure(store.system, _cost(given, store, first, size).once)

    sure = once(size_at(sizes, begin))
    ends = _ends(given.now, stay, dataset)
    held = Holding(
        dataset=first.candidate.dataset,
        project=project,
        level=level,
        grant=grant,
        store=stay.store,
        paid=paid,
        size=round(size_at(sizes, begin)),
        files=_files(dataset, sizes, begin) if kept else 0,
        spans=spans,
        ends=ends,
        lives=_lives(lifecycle["expire_days"] if store.kind in CLOUDS else NONE),
        tariff=tariff,
        once=sure,
        once_for="" if not sure else "purchase" if bought else "deposit",
        drive=_drive(given.now, drive, begin) if bought else None,
        bought=bool(bought and drive.bought),
        versions_for=0 if dataset.expire_after else _versions(lifecycle["noncurrent_days"]),
        later=arrivals(sizes, dataset.files, begin, ends, once),
        reads=use.reads if kept else (),
        rewritten=use.rewritten,
        download=None if tariff or store.price is not None else paid_once().download.get(store.system),
    )
    if tariff and (held.gone(begin) is not None or held.rewritten) and lifecycle["noncurrent_days"] == UNKNOWN:
        notes.append(f"{stay.store}: whether it keeps what was deleted is not known: nothing is counted for that.")
    return held, [*notes, *unpriced(stay.store, store, held)]


def _files(dataset: Dataset, sizes: Sequence[int | Decimal], month: int) -> int:
    """How many files there are in a month: they stay as large as they are."""
    size = size_at(sizes, month)
    return dataset.files if size == sizes[0] or not sizes[0] else round(dataset.files * Decimal(size) / sizes[0])


def _filled(plan: Plan, lab: Lab) -> dict[str, int]:
    """How far the volume of its store is filled before each placement, by its id: shared as in the plan's own costs."""
    filled: dict[tuple[Term, str], int] = {}
    found: dict[str, int] = {}
    for entry in plan.terms:
        project, _, level = entry.dataset.partition("/")
        for placement in entry.placements:
            place = (entry.term, lab.carrier(placement.candidate.store))
            found[placement.candidate.id] = filled.get(place, 0)
            filled[place] = found[placement.candidate.id] + lab.projects[project].datasets[Level(level)].size.bytes
    return found


def _cost(given: _Lab, store: Store, placement: Placement, size: int | Decimal) -> Cost:
    """What a placement costs by the plan; of another size, what that costs where it is."""
    project, _, level = placement.candidate.dataset.partition("/")
    if size == given.lab.projects[project].datasets[Level(level)].size.bytes:
        return placement.cost
    already = given.filled[placement.candidate.id]
    return placement_cost(
        given.systems, store, round(size), storage_class=placement.candidate.storage_class, already=already
    )


def _priced(
    given: _Lab, stay: _Stay, store: Store, sizes: Sequence[int | Decimal]
) -> tuple[Tariff | None, tuple[Span, ...], list[str]]:
    """The tariff of a cloud, and the classes; or what the plan says a month costs."""
    by_month = dict(stay.placements)

    def monthly(span: Span, size: int | Decimal) -> Range:
        placed = by_month[max(begin for begin in by_month if begin <= span.begins)]
        return Range.of(Decimal(str(_cost(given, store, placed, size).monthly)))

    plain = [Span(begin, placement.candidate.storage_class) for begin, placement in stay.placements]
    fixed, name = tuple(months_at(plain, sizes, monthly)), stay.store
    if store.system is not System.CLOUD or store.price is not None:
        return None, fixed, []
    if (book := _book(given.books, store)) is None:
        return (
            None,
            fixed,
            [f"{name}: the price book has no provider for it, so that Table 1's price is reckoned with."],
        )
    tariff, spans = Tariff(book, store.region), _classes(given, stay, store)
    notes = []
    for tiered in sorted({s.storage_class for s in spans if s.storage_class in tierings()}):
        if not tariff.knows(tiered):
            spans = tuple(replace(s, storage_class=STANDARD) if s.storage_class == tiered else s for s in spans)
            where = f"{book.title} in {store.region}"
            notes.append(f"{name}: the price book has no price of {where} for {tiered}: that of {STANDARD} is counted.")
    unknown = sorted({span.storage_class for span in spans if not tariff.knows(span.storage_class)})
    if unknown:
        what = f"{book.title} in {store.region} for {' and '.join(unknown)}"
        return None, fixed, [f"{name}: the price book has no price of {what}, so that Table 1's is reckoned with."]
    return tariff, spans, [*notes, *_without_requests(name, tariff, spans)]


def _without_requests(name: str, tariff: Tariff, spans: Sequence[Span]) -> list[str]:
    missing = dict.fromkeys(span.storage_class for span in spans if tariff.prices(span.storage_class).put_1000 is None)
    where = f"{tariff.book.title} in {tariff.region}"
    return [f"{name}: the price book has no price of requests of {where} for {c}: none is counted." for c in missing]


def tariff_of(books: Mapping[str, Book], store: Store) -> Tariff | None:
    """What a cloud charges for what lies in a store; None where it is none, or the book does not have its region."""
    book = _book(books, store) if store.system is System.CLOUD and store.price is None else None
    return Tariff(book, store.region) if book and store.region in book.regions else None


def _book(books: Mapping[str, Book], store: Store) -> Book | None:
    """The book of a store's provider: by its kind, or by its region where only one provider has that."""
    if store.kind in _PROVIDERS:
        return books.get(_PROVIDERS[store.kind])
    if store.kind is not StoreKind.BY_HAND:
        return None
    having = [book for book in books.values() if store.region in book.regions]
    return having[0] if len(having) == 1 else None


def _classes(given: _Lab, stay: _Stay, store: Store) -> tuple[Span, ...]:
    """The class in each month: where slidebox writes the lifecycle, objects arrive in the standard one and move."""
    if store.kind not in CLOUDS:
        return tuple(Span(begin, placement.candidate.storage_class) for begin, placement in stay.placements)
    spans = [Span(stay.placements[0][0], STANDARD)]
    for number, (begin, placement) in enumerate(stay.placements):
        for move in given.facts.lifecycle(placement.candidate)["transitions"]:
            age = _months(move["days"])
            # What has been there for a term is old enough to move at once.
            wait = 0 if number else age
            if spans[-1].storage_class != move["storage_class"]:
                spans.append(Span(begin + wait, move["storage_class"], age=age))
    return tuple(spans)


def _ends(now: dt.date, stay: _Stay, dataset: Dataset) -> int | None:
    """The month from which a copy is gone: its terms are over, or the right to it ends."""
    begin = stay.placements[0][0]
    ends = [stay.ends] if stay.ends is not None else []
    if dataset.expires is not None:
        ends.append(max(begin, _months(max(0, (dataset.expires - now).days))))
    return min(ends, default=None)


def _lives(expire_days: int | str) -> int | None:
    """The months after which a lifecycle rule deletes what has arrived."""
    return _months(expire_days) if isinstance(expire_days, int) else None


def _versions(days: int | str) -> int | None:
    """For how many months earlier versions are kept: without an end where nothing deletes them."""
    if days == UNKNOWN:
        return 0
    return _months(days) if isinstance(days, int) else None


def _months(days: int) -> int:
    return int((Decimal(days) / MONTH_DAYS).to_integral_value(ROUND_CEILING))


def _sure(system: System, once: float) -> Range:
    """What is paid once, with what it lies between where that is known."""
    usd = Decimal(str(once))
    if not usd or system not in paid_once().once:
        return Range.of(usd)
    price = paid_once().once[system].first
    return Range(usd * price.low / price.usual, usd, usd * price.high / price.usual)


def _drive_of(lab: Lab, store: Store) -> Store:
    """The drive under a gateway, or the store itself."""
    return lab.file.stores[store.over] if store.over else store


def _drive(now: dt.date, drive: Store, begin: int) -> Drive:
    """When a drive is bought anew: by its own life, or by how long drives serve."""
    if drive.bought is not None and drive.life is not None and drive.life_ends is not None:
        every = max(1, int(drive.life.months.to_integral_value(ROUND_CEILING)))
        return Drive(at=_next(max(0, _months(max(0, (drive.life_ends - now).days))), every, begin), every=every)
    years = paid_once().drive_years
    since = begin if drive.bought is None else -int((now - drive.bought).days / MONTH_DAYS)
    return Drive(lives=(years.low * 12, years.usual * 12, years.high * 12), since=since)


def _next(at: int, every: int, begin: int) -> int:
    """The first month, not before a holding begins, in which a drive has served."""
    return at if at >= begin else at + -(-(begin - at) // every) * every
