"""Traces of what really happened, from server access logs of S3 and from inventories that say when objects were read.

Source: Amazon S3 User Guide, "Amazon S3 server access log format", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from slidebox.simulation.traces import Group, Read, Trace

_FIELD = r'("(?:[^"\\]|\\.)*"|\[[^\]]*\]|\S+)'
_LINE = re.compile(r"\s+".join([_FIELD] * 14))
_TIME = re.compile(r"\[(\d{1,2})/([A-Z][a-z]{2})/(\d{4}):\d\d:\d\d:\d\d [+-]\d{4}\]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_READS = frozenset({"REST.GET.OBJECT", "WEBSITE.GET.OBJECT", "REST.COPY.OBJECT_GET", "REST.COPY.PART_GET"})
_WRITES = frozenset({"REST.PUT.OBJECT", "REST.POST.OBJECT", "REST.POST.UPLOAD", "REST.COPY.OBJECT"})
_DELETES = frozenset({"REST.DELETE.OBJECT", "BATCH.DELETE.OBJECT", "S3.EXPIRE.OBJECT"})


@dataclass(frozen=True, slots=True)
class Event:
    """What a log says of an object.

    Attributes
    ----------
    bucket, key
        The object.
    day
        The day, as the log has it (UTC).
    does
        ``read``, ``write`` or ``delete``.
    moved
        Bytes that were sent.
    size
        Bytes of the object; 0 where the log does not say it.
    """

    bucket: str
    key: str
    day: dt.date
    does: str
    moved: int
    size: int


@dataclass(slots=True)
class Counted:
    """How many lines were read, and how many of them are none of a server access log."""

    lines: int = 0
    wrong: int = 0


def events(lines: Iterable[str], counted: Counted) -> Iterator[Event]:
    """What lines of a server access log say of objects.

    Calls that were refused or found nothing count for nothing, nor does what only asks for properties.

    Parameters
    ----------
    lines
        Lines of one or several logs, in any order.
    counted
        Where lines are counted, those too that cannot be read.
    """
    for line in lines:
        if not line.strip():
            continue
        counted.lines += 1
        found = _LINE.match(line)
        day = _day(found[3]) if found else None
        if found is None or day is None:
            counted.wrong += 1
            continue
        bucket, operation, key, status, sent, size = (found[number] for number in (2, 7, 8, 10, 12, 13))
        does = _does(operation)
        if does and key != "-" and (status.startswith("2") or status == "-"):
            yield Event(bucket, key, day, does, _number(sent), _number(size))


def _does(operation: str) -> str:
    kinds = ((_READS, "read"), (_WRITES, "write"), (_DELETES, "delete"))
    return next((word for operations, word in kinds if operation in operations), "")


def _day(text: str) -> dt.date | None:
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    try:
        return dt.date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Listed:
    """What an inventory says of an object.

    Attributes
    ----------
    as_of
        The day of the inventory.
    bucket, key, size
        The object, and its bytes.
    written, read
        The days on which it was written and read last; None where the inventory does not say it.
    """

    as_of: dt.date
    bucket: str
    key: str
    size: int
    written: dt.date | None
    read: dt.date | None


@dataclass(slots=True)
class Seen:
    """What is known of an object."""

    size: int = 0
    written: dt.date | None = None
    deleted: dt.date | None = None
    reads: dict[dt.date, tuple[int, int]] = field(default_factory=dict)
    """Requests and bytes, by day."""
    listed: dt.date | None = None
    """The last inventory that has it."""

    def take(self, event: Event) -> None:
        """Add what a log says."""
        self.size = max(self.size, event.size)
        if event.does == "write":
            # Written again, it is still the same object: only the first time counts.
            self.written = min(self.written or event.day, event.day)
        elif event.does == "delete":
            self.deleted = max(self.deleted or event.day, event.day)
        else:
            requests, moved = self.reads.get(event.day, (0, 0))
            self.reads[event.day] = (requests + 1, moved + event.moved)


@dataclass(slots=True)
class History:
    """What is known of some buckets, from the first to the last day of which something is known.

    Attributes
    ----------
    buckets
        By bucket the objects, by key.
    first, last
        The days.
    """

    buckets: dict[str, dict[str, Seen]] = field(default_factory=dict)
    first: dt.date = dt.date.max
    last: dt.date = dt.date.min

    def take(self, event: Event) -> None:
        """Add what a log says of an object."""
        self.first, self.last = min(self.first, event.day), max(self.last, event.day)
        self.buckets.setdefault(event.bucket, {}).setdefault(event.key, Seen()).take(event)

    def add(self, row: Listed) -> None:
        """Add what an inventory says of an object, in any order: its last read is a read of all of it.

        An inventory that is made once a week does not see reads in between, so that there were at least as many.
        """
        seen = self.buckets.setdefault(row.bucket, {}).setdefault(row.key, Seen())
        seen.size = max(seen.size, row.size)
        seen.written = min((day for day in (seen.written, row.written) if day), default=None)
        seen.listed = max(seen.listed or row.as_of, row.as_of)
        if row.read is not None:
            seen.reads.setdefault(row.read, (1, row.size))
        known = [day for day in (row.as_of, row.written, row.read) if day]
        self.first, self.last = min(self.first, *known), max(self.last, *known)

    def settle(self) -> None:
        """Once all is listed: what the last inventory of a bucket lacks went after the last one that had it."""
        for objects in self.buckets.values():
            newest = max((seen.listed for seen in objects.values() if seen.listed), default=None)
            for seen in objects.values():
                if newest and seen.listed and seen.listed < newest:
                    seen.deleted = seen.listed

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1 if self.buckets else 0

    def trace(self, bucket: str, files: int = 0, size: int = 0) -> Trace:
        """What happened to a bucket.

        Objects of about one size that were written, read and deleted on the same days are one group. What a log does
        not say is written before its first day; an object whose size nobody says is left out.

        Parameters
        ----------
        bucket
            The bucket.
        files, size
            How many objects there are, and their bytes: those that the log never names are read by nobody.
        """
        found: dict[tuple[int, int, bool, tuple[int, ...], int], list[Seen]] = {}
        for seen in self.buckets.get(bucket, {}).values():
            if seen.size:
                found.setdefault(self._alike(seen), []).append(seen)
        groups = [self._group(key, together) for key, together in found.items()]
        more, bytes_more = files - sum(g.files for g in groups), size - sum(g.size for g in groups)
        if more > 0 and bytes_more > 0:
            groups.append(Group(more, bytes_more, self.days))
        return Trace(tuple(groups))

    def _alike(self, seen: Seen) -> tuple[int, int, bool, tuple[int, ...], int]:
        begins = (seen.written - self.first).days if seen.written else 0
        gone = seen.deleted is not None and (seen.written is None or seen.deleted >= seen.written)
        ends = (seen.deleted - self.first).days + 1 if gone and seen.deleted else self.days
        on = ((day - self.first).days - begins for day in sorted(seen.reads))
        return begins, ends, gone, tuple(day for day in on if 0 <= day < ends - begins), seen.size.bit_length()

    def _group(self, key: tuple[int, int, bool, tuple[int, ...], int], together: list[Seen]) -> Group:
        begins, ends, gone, on, _ = key
        reads = []
        for day in on:
            date = self.first + dt.timedelta(days=begins + day)
            reads.append(Read(day, sum(s.reads[date][0] for s in together), sum(s.reads[date][1] for s in together)))
        return Group(len(together), sum(s.size for s in together), ends - begins, tuple(reads), gone)
