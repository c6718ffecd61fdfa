"""When datasets were last read, by the logs of clouds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from slidebox.cli.replaying import files_of, lines_of
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Lab, Plan
from slidebox.naming import bucket_of
from slidebox.simulation.logs import Counted, events

_LOOKS = ("list", "head", "properties")
"""Calls that look at names and read no data, by what is in their names."""

Call = tuple[str, dt.datetime, bool]
"""A bucket, a moment, and whether data of it were read."""


def reads_of(logs: Iterable[Path], plan: Plan, lab: Lab) -> dict[str, dt.datetime]:
    """When datasets were last read.

    What is in a log and was never read there, was not read since the logs begin. What is in none is left out: whether
    it is logged is not known.

    Parameters
    ----------
    logs
        Files and folders: server access logs of S3, and logs of CloudTrail, Google Cloud and Azure.
    plan, lab
        What is planned and declared: they say whose a bucket is.

    Raises
    ------
    InputError
        If a file is no log, or DuckDB is needed and not installed.
    UnreadableError
        If one cannot be read.
    """
    texts: list[Path] = []
    documents: list[Path] = []
    for file in files_of(logs):
        (documents if _is_json(file) else texts).append(file)
    buckets = _buckets(plan, lab)
    begins: dt.datetime | None = None
    last: dict[str, dt.datetime] = {}
    named: set[str] = set()
    for bucket, moment, read in (*_accesses(texts), *_calls(documents)):
        begins = min(begins or moment, moment)
        name = buckets.get(bucket)
        if name is None:
            continue
        named.add(name)
        if read:
            last[name] = max(last.get(name, moment), moment)
    return {name: last.get(name, begins) for name in sorted(named) if begins}


def _buckets(plan: Plan, lab: Lab) -> Mapping[str, str]:
    return {
        bucket_of(lab, entry.dataset, place.candidate.store): entry.dataset
        for entry in plan.terms
        for place in entry.placements
    }


def _is_json(file: Path) -> bool:
    """Whether a log is of documents; server access logs have lines of words."""
    return next((line.strip()[:1] in ("{", "[") for line in lines_of(file) if line.strip()), False)


def _accesses(files: Iterable[Path]) -> Iterator[Call]:
    for file in files:
        counted = Counted()
        for event in events(lines_of(file), counted):
            yield event.bucket, dt.datetime.combine(event.day, dt.time(), dt.UTC), event.does == "read"
        if counted.lines and counted.wrong == counted.lines:
            raise InputError(
                f"{file}: it is no log that is known here.",
                "Logs are server access logs of S3, and those of CloudTrail, Google Cloud and Azure.",
            )


def _calls(files: list[Path]) -> Iterator[Call]:
    if not files:
        return
    from slidebox.audit.logs import READ, calls  # noqa: PLC0415 (who has no such log does not wait for what reads them)

    for call in calls(files):
        first, last = (_moment(text, files) for text in (call.first, call.last))
        yield call.place, first, False
        yield call.place, last, call.does == READ and not any(word in call.operation.casefold() for word in _LOOKS)


def _moment(text: str, files: Iterable[Path]) -> dt.datetime:
    """A moment as a log has it; one without a zone is one of UTC."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        from slidebox.audit.logs import calls  # noqa: PLC0415 (as above)

        # All files are read as one: which of them has it is asked only where it has to be said.
        file = next(file for file in files if any(text in (call.first, call.last) for call in calls([file])))
        raise UnreadableError(
            f"{file}: {text!r} is no moment at which something was called.", "Fetch it again, or leave it out."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
