"""Reading what really happened, for `slidebox simulate`: server access logs of S3, and inventories."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from slidebox.errors import InputError, UnreadableError
from slidebox.forecast.months import Holding
from slidebox.model import Lab
from slidebox.naming import bucket_of
from slidebox.simulation.compare import Case
from slidebox.simulation.logs import Counted, History, Listed, events
from slidebox.simulation.policies import planned
from slidebox.simulation.traces import Trace


def history_of(
    logs: Iterable[Path], inventories: Sequence[Path], lab: Lab, root: Path, now: dt.datetime
) -> tuple[History, tuple[str, ...]]:
    """What logs and inventories say, and what has to be said of them.

    Parameters
    ----------
    logs
        Server access logs of S3: files and folders.
    inventories
        Reports as `slidebox audit inventory` takes them.
    lab, root, now
        What is declared, where, and this moment.

    Raises
    ------
    InputError
        If no line of a file is one of a server access log, or no inventory says when objects were read.
    UnreadableError
        If a file cannot be read, or is cut off.
    """
    history = History()
    notes = [*_logged(history, logs), *(_inventoried(history, inventories, lab, root, now) if inventories else ())]
    return history, tuple(notes)


def _inventoried(history: History, paths: Sequence[Path], lab: Lab, root: Path, now: dt.datetime) -> Iterator[str]:
    # Its libraries take a second to import, for which who has no inventory does not wait.
    from slidebox.inventory import gathered  # noqa: PLC0415

    said = False
    with gathered(paths, lab, root=root, now=now) as found:
        table = found.table
        current = table.filter(table.is_latest & ~table.is_delete_marker & ~table.incomplete)
        # What inventories say alike of an object is one row: as many as it has last reads.
        rows = current.group_by("bucket", "key", "last_read").aggregate(
            size=current.bytes.max(),
            written=current.modified.min(),
            first=current.as_of.min(),
            last=current.as_of.max(),
        )
        for batch in rows.to_pyarrow().to_batches():
            for row in batch.to_pylist():
                written, read = (row[name].date() if row[name] else None for name in ("written", "last_read"))
                said = said or read is not None
                for as_of in {row["first"], row["last"]}:
                    history.add(Listed(as_of, row["bucket"], row["key"], row["size"], written, read))
        yield from (*found.excluded, *found.notes)
    history.settle()
    if not said:
        raise InputError(
            "No inventory says when an object was read.",
            "Azure's do where last access time tracking is on. For all others there is --log.",
        )


def _logged(history: History, paths: Iterable[Path]) -> Iterator[str]:
    for file in files_of(paths):
        counted = Counted()
        for event in events(lines_of(file), counted):
            history.take(event)
        if counted.lines and counted.wrong == counted.lines:
            raise InputError(
                f"{file}: no line of it is one of a server access log of S3.",
                "slidebox audit review reads the logs of CloudTrail, Google Cloud and Azure.",
            )
        if counted.wrong:
            yield f"{file}: {counted.wrong} of {counted.lines} lines cannot be read, and count for nothing."


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, and all files of folders."""
    for path in paths:
        if path.is_dir():
            yield from (one for one in sorted(path.rglob("*")) if one.is_file() and not one.name.startswith("."))
        else:
            yield path


def lines_of(file: Path) -> Iterator[str]:
    """Lines of a file, one after another, packed or not."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
            for line in stream:
                yield line.decode("utf-8", "replace")
    except (OSError, EOFError) as error:
        raise UnreadableError(f"{file} cannot be read: {error}", "Fetch it again, or leave it out.") from error


def replayed(
    history: History, holdings: Sequence[Holding], lab: Lab, named: Mapping[str, str]
) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """What happened to each holding, and what has to be said of buckets.

    Parameters
    ----------
    history
        What happened.
    holdings
        What the plan holds.
    lab
        What is declared.
    named
        Datasets by the name of a bucket, where that is not the one that slidebox gives it.

    Raises
    ------
    InputError
        If a bucket is named that no log has, or a dataset that is in no cloud; or if nothing is left.
    """
    _known(history, {held.dataset for held in holdings if held.tariff}, named)
    cases: list[Case] = []
    taken: set[str] = set()
    notes: list[str] = []
    for held in holdings:
        if held.tariff is None or not held.files:
            continue
        own = [bucket for bucket, dataset in named.items() if dataset == held.dataset]
        for bucket in own or {bucket_of(lab, held.dataset, held.store)} - named.keys():
            if bucket in taken:
                # What happened in it happened once, though several copies are planned.
                continue
            if bucket in history.buckets and (trace := history.trace(bucket, held.files, held.size)).groups:
                taken.add(bucket)
                cases.append(Case(held.dataset, held.store, held.tariff, planned(held.spans), (trace,)))
                notes.extend(_apart(bucket, trace, held))
    if not cases:
        raise InputError(
            f"There is {_listed(history.buckets)}, and the plan has none of them.",
            "--bucket BUCKET=PROJECT/LEVEL says whose one is; --at REGION puts every dataset into a cloud.",
        )
    if others := sorted(set(history.buckets) - taken):
        notes.append(f"{_listed(others)}: nothing says whose, so it is left out. --bucket BUCKET=PROJECT/LEVEL does.")
    return tuple(cases), tuple(notes)


def _known(history: History, datasets: Container[str], named: Mapping[str, str]) -> None:
    """Refuse a bucket that no log has, and a dataset that is in no cloud."""
    for bucket, dataset in named.items():
        if bucket not in history.buckets:
            raise InputError(f"There is no bucket {bucket!r} in it.", f"There is {_listed(history.buckets)}.")
        if dataset not in datasets:
            raise InputError(f"The plan has no {dataset!r} in a cloud.", "--at REGION puts every dataset into one.")


def _apart(bucket: str, trace: Trace, held: Holding) -> Iterator[str]:
    if trace.files > held.files or trace.size > held.size:
        yield f"{bucket}: there is more of it than {held.dataset} declares: {trace.files:,} files."


def _listed(buckets: Iterable[str]) -> str:
    first, *rest = sorted(buckets) or ["no bucket"]
    return f"the bucket {first}" if not rest else f"the buckets {', '.join([first, *rest[:4]])}{'…' * (len(rest) > 4)}"
