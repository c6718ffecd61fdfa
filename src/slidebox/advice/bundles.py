"""Small files that cost more than their bytes, and the bundle that pays.

In a cloud every file is a request when it arrives and when it moves to another class, is billed at the least size of
its class, and may be watched or have an overhead of its own. Files below the least size of a class do not move there.
Bundles (shards, in OME-Zarr's words; or stored ZIP files) cost all that once. What they save falls with their size, and
what a broken upload sends again rises with it: the smallest that saves nearly everything is advised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from slidebox.advice.given import YEARS, Given, copies, file_of
from slidebox.advice.piece import CURRENT, Advice
from slidebox.advice.thresholds import thresholds
from slidebox.advice.trying import Change, Outcome, plain, tried
from slidebox.cost import cents
from slidebox.forecast.months import Holding, Tariff
from slidebox.model import Keep
from slidebox.prices import Range
from slidebox.quantities import Size, human_bytes
from slidebox.table_one import STANDARD


@dataclass(frozen=True, slots=True)
class Step:
    """What bundles of a size come to.

    Attributes
    ----------
    size
        Bytes of a bundle; 0 for files as they are.
    files
        How many there are.
    usd
        What the dataset costs over five years.
    """

    size: int
    files: int
    usd: Decimal


def small_files(given: Given) -> Iterator[Advice]:
    """Datasets in clouds that would cost less in bundles."""
    found: dict[str, tuple[Step, ...]] = {}
    changes = []
    for name in given.names:
        steps = curve(given, name)
        if best := best_of(steps):
            found[name] = steps
            changes.append(_change(name, best))
    for outcome in tried(given, changes):
        # Where bundles would go elsewhere than the files, that is other advice.
        if outcome.stays(given):
            yield _advice(given, outcome, found[outcome.change.dataset])


def curve(given: Given, name: str) -> tuple[Step, ...]:
    """What a dataset costs as it is, and in bundles of each size that is tried; nothing where no cloud has it."""
    dataset = given.declared(name)
    if dataset.keep is Keep.STREAM or not _clouds(given.planned[name]):
        return ()
    asis = Step(0, dataset.files, _usd(given, name, None))
    sizes = [size for size in _ladder() if -(-dataset.size.bytes // size) < dataset.files]
    # Where the largest bundles save nothing to speak of, no others do.
    steps: list[Step] = []
    for size in reversed(sizes):
        step = Step(size, -(-dataset.size.bytes // size), Decimal(0))
        steps.insert(0, replace(step, usd=_usd(given, name, step)))
        if asis.usd - steps[-1].usd < thresholds().least_usd.value:
            return ()
    return (asis, *steps) if steps else ()


def best_of(steps: tuple[Step, ...]) -> Step | None:
    """The smallest bundle than which no larger one saves enough to be worth it; None where files are that already."""
    if not steps:
        return None
    best = next(step for at, step in enumerate(steps) if _is_enough(step, steps[at:]))
    return best if best.size and steps[0].usd - best.usd >= thresholds().least_usd.value else None


def _is_enough(step: Step, larger: tuple[Step, ...]) -> bool:
    return step.usd - min(other.usd for other in larger) <= thresholds().bundles.worth * step.usd


def _ladder() -> Iterator[int]:
    size = thresholds().bundles.smallest.bytes
    while size <= thresholds().bundles.largest.bytes:
        yield size
        size *= 2


def _change(name: str, step: Step) -> Change:
    return Change(name, {"files": step.files, "largest_file": _size(step.size)})


def _size(size: int) -> Size:
    unit = next(unit for unit in ("GiB", "MiB", "KiB", "B") if size >= Size.units[unit])
    return Size(Decimal(size) / Size.units[unit], unit)


def _usd(given: Given, name: str, step: Step | None) -> Decimal:
    return given.told(name, _held(given, name, step)).total(YEARS).usual


def _held(given: Given, name: str, step: Step | None) -> tuple[Holding, ...]:
    """What is held of the dataset in bundles, as far as the plan's places go."""
    if step is None:
        return given.planned[name]
    declared = _change(name, step).of(given.declared(name))
    return given.would_hold(name, declared, given.entries[name])


def _clouds(holdings: Iterable[Holding]) -> list[Holding]:
    return [held for held in holdings if held.tariff is not None and held.size]


def _advice(given: Given, outcome: Outcome, steps: tuple[Step, ...]) -> Advice:
    name, words = outcome.change.dataset, outcome.change.words
    dataset, size, files = given.declared(name), words["largest_file"], words["files"]
    stores = sorted({held.store for held in _clouds(given.planned[name])})
    again = _again(given, name, files)
    less = Range(-again.high, -again.usual, -again.low)
    mean = dataset.size.bytes // dataset.files
    bundled = _clouds(given.would_hold(name, outcome.change.of(dataset), outcome.entries))
    lines = [
        *outcome.lines,
        "bundles, over 5 years: "
        + ", ".join(
            f"${cents(step.usd)} {f'in {step.files:,} × {_size(step.size)}' if step.size else 'as they are'}"
            for step in steps
        ),
        *([f"reading and writing again what lies there: {plain(again)}, taken off"] if again else []),
        *(_reading(held, held.tariff, mean, size) for held in bundled if held.tariff),
    ]
    return Advice(
        dataset=name,
        store=", ".join(stores),
        kind="small files",
        what=f"Bundle the {dataset.files:,} files of {human_bytes(mean)} into {files:,} of {size}: shards of OME-Zarr, "
        "or ZIP files that are stored and not packed. What is lost: a file cannot be read, replaced or deleted by its "
        f"name alone. {copies(len(given.kept(name)))}",
        saves=outcome.first + less,
        later=outcome.later + less,
        arithmetic="\n".join(lines),
        command=f"{file_of(name)}: files: {files}, largest_file: {size}",
        parts=frozenset((name, store, CURRENT) for store in stores),
    )


def _again(given: Given, name: str, files: int) -> Range:
    """What it costs to bundle what an inventory has seen: all of it is read, in its class, and written again."""
    usd = Range()
    for held in _clouds(given.planned[name]):
        for row in given.seen(name):
            if held.tariff and row.store == held.store:
                prices, unit = held.tariff.prices(row.storage_class), held.tariff.book.unit.bytes
                usd += prices.get_1000.of(row.objects, 1000) if prices.get_1000 else Range()
                usd += prices.retrieval.of(row.bytes, unit) if prices.retrieval else Range()
        if held.tariff and held.store in given.there(name):
            put = held.tariff.prices(STANDARD).put_1000
            usd += put.of(files, 1000) if put else Range()
    return usd


def _reading(held: Holding, tariff: Tariff, mean: int, size: Size) -> str:
    """What it costs to read one file: as it is or by its place in a bundle, and if the whole bundle has to come."""
    last = held.spans[-1].storage_class
    piece, whole = (_read(tariff, last, count) for count in (mean, size.bytes))
    return (
        f"reading one file of {human_bytes(mean)} from {last} in {held.store}: ${_small(piece)}, by itself or by its "
        f"place in a bundle; ${_small(whole)} where the whole bundle has to be read"
    )


def _read(tariff: Tariff, storage_class: str, size: int) -> Range:
    prices = tariff.prices(storage_class)
    request = prices.get_1000.of(1, 1000) if prices.get_1000 else Range()
    return request + (prices.retrieval.of(size, tariff.book.unit.bytes) if prices.retrieval else Range())


def _small(usd: Range) -> str:
    return f"{usd.usual.quantize(Decimal('1e-7')).normalize():f}" if usd else "0"
