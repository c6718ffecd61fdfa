"""Random tables of inventories, and every question answered in plain Python, row by row, as a reference."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slidebox.inventory.bands import Bands, load_bands

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
DAYS = (dt.date(2026, 10, 18), dt.date(2026, 10, 25), dt.date(2026, 11, 1))
CONTENTS = ("0a" * 16, "0a" * 6 + "0b" * 10, "ff" * 16, "Zq" * 16, "0a" * 15 + "0c", "1" * 32)
"""Checksums, of which three begin alike and one is no hexadecimal."""

Row = dict[str, Any]
Rows = Sequence[Row]


def random_row(chance: random.Random) -> Row:
    """A row of the one table in which everything that can be happens often."""
    marker = chance.random() < 0.1
    incomplete = not marker and chance.random() < 0.1
    bands = load_bands()
    edges = [NOW - dt.timedelta(days=days) for days in bands.ends]
    moments = [*edges, *(edge - dt.timedelta(microseconds=1) for edge in edges), NOW, NOW - dt.timedelta(days=4000)]
    checksum = None if incomplete or chance.random() < 0.2 else chance.choice(CONTENTS)
    project, level = chance.choice([("", ""), ("cells", "raw_images"), ("cells", "masks"), ("Äpfel", "raw_images")])
    return {
        "store": chance.choice(["", "aws", "drive"]),
        "bucket": chance.choice(["one", "two", "Three"]),
        "key": f"k/{chance.randrange(50)}",
        "version": chance.choice([None, "v1", "v2"]),
        "is_latest": not incomplete and chance.random() < 0.7,
        "is_delete_marker": marker,
        "bytes": 0 if marker else chance.choice([0, 1, bands.small - 1, bands.small, 10**13]),
        "modified": chance.choice([*moments, None]),
        "storage_class": chance.choice(["standard", "archive", "tiered"]),
        "tier": None,
        "etag": chance.choice([None, "x-2"]),
        "checksum_kind": chance.choice(["MD5", "SHA256"]) if checksum else None,
        "checksum": checksum,
        "encryption": chance.choice(["none", "provider", "kms", "customer", "unknown"]),
        "is_public": chance.choice([None, False, False, True]),
        "last_read": chance.choice([None, *moments]),
        "project": project,
        "level": level,
        "dataset": f"{project}/{level}" if project else "",
        "incomplete": incomplete,
        "as_of": chance.choice(DAYS),
    }


def random_rows(seed: int, count: int) -> list[Row]:
    """So many random rows, the same for the same seed."""
    chance = random.Random(seed)
    return [random_row(chance) for _ in range(count)]


def summary(rows: Rows) -> list[tuple[Any, ...]]:
    """Current versions by project, level, class and band."""
    bands = load_bands()
    current = [row for row in _newest(rows) if _current(row)]
    found = _groups(current, lambda row: (row["project"], row["level"], row["storage_class"], _band(row, bands)))
    return sorted((*key, bands.name(key[3]), len(group), _bytes(group)) for key, group in found.items())


def holdings(rows: Rows) -> list[tuple[Any, ...]]:
    """What lies where, in the order of `slidebox.inventory.found.Holding`."""
    small = load_bands().small
    made = []
    keys = ("store", "bucket", "dataset", "storage_class", "as_of")
    for key, group in _groups(_held(_newest(rows)), lambda row: tuple(row[name] for name in keys)).items():
        current = [row for row in group if _current(row)]
        little = [row for row in current if row["bytes"] < small]
        earlier = [row for row in group if _earlier(row)]
        begun = [row for row in group if row["incomplete"]]
        counts: list[Any] = []
        for some in (current, little, earlier, begun):
            counts += [len(some), _bytes(some)]
        made.append(
            (
                *key[:4],
                *counts[:6],
                _first(earlier, "modified"),
                *counts[6:],
                _first(begun, "modified"),
                _last(current, "modified"),
                _last(group, "last_read"),
                key[4],
            )
        )
    return sorted(made, key=lambda one: (*one[:4], one[-1]))


def small_objects(rows: Rows) -> list[tuple[Any, ...]]:
    """Where small objects lie, the most first."""
    found = [(*one[:4], one[6], one[7], one[4], one[5]) for one in holdings(rows) if one[6]]
    return sorted(found, key=lambda one: (-one[4], *one[:4]))


def leftovers(rows: Rows) -> list[tuple[Any, ...]]:
    """Earlier versions and uploads that never ended."""
    bands = load_bands()
    left = [row for row in _newest(rows) if _earlier(row) or row["incomplete"]]

    def key(row: Row) -> tuple[Any, ...]:
        what = "incomplete" if row["incomplete"] else "noncurrent"
        return (*_names(row), row["storage_class"], what, _band(row, bands))

    found = _groups(left, key).items()
    return sorted((*where, bands.name(where[5]), len(group), _bytes(group)) for where, group in found)


def encryption(rows: Rows) -> list[tuple[Any, ...]]:
    """How versions are encrypted."""
    found = _groups(_held(_newest(rows)), lambda row: (*_names(row), row["encryption"]))
    return sorted((*key, len(group), _bytes(group)) for key, group in found.items())


def exposed(rows: Rows) -> list[tuple[Any, ...]]:
    """Where lists of objects let anyone in, and where nobody knows."""
    made = []
    ended = [row for row in _held(_newest(rows)) if not row["incomplete"]]
    for key, group in _groups(ended, _names).items():
        public = [row for row in group if row["is_public"]]
        unknown = sum(row["is_public"] is None for row in group)
        if public or unknown:
            example = min((row["key"] for row in public), default=None)
            made.append((*key, len(public), _bytes(public), unknown, len(group), example))
    return sorted(made, key=lambda one: one[:3])


def unread(rows: Rows, since: dt.datetime) -> list[tuple[Any, ...]]:
    """Current versions that nobody has read since, and that are older."""
    made = []
    found = _groups([row for row in _newest(rows) if _current(row)], lambda row: (*_names(row), row["storage_class"]))
    for key, group in found.items():
        old = [row for row in group if row["modified"] is None or row["modified"] < since]
        untouched = [row for row in old if row["last_read"] is not None and row["last_read"] < since]
        untold = [row for row in old if row["last_read"] is None]
        if untouched or untold:
            counts = (len(untouched), _bytes(untouched), len(untold), _bytes(untold))
            made.append((*key, *counts, _last(group, "last_read")))
    return sorted(made, key=lambda one: one[:4])


def growth(rows: Rows) -> list[tuple[Any, ...]]:
    """How levels grew, each place compared with its own report before."""
    current = [row for row in rows if _current(row)]
    days: dict[Any, set[dt.date]] = defaultdict(set)
    levels: dict[Any, set[str]] = defaultdict(set)
    for row in rows:
        days[row["store"], row["bucket"]].add(row["as_of"])
    for row in current:
        levels[row["store"], row["bucket"]].add(row["level"])
    sums: dict[tuple[str, dt.date], list[Any]] = {}
    for place, reported in days.items():
        for level in levels[place]:
            before: tuple[dt.date, int, int] | None = None
            for day in sorted(reported):
                here = [
                    row
                    for row in current
                    if ((row["store"], row["bucket"]), row["level"], row["as_of"]) == (place, level, day)
                ]
                said = sums.setdefault((level, day), [None, 0, 0, 0, 0])
                said[1] += len(here)
                said[2] += _bytes(here)
                if before is not None:
                    said[0] = min(before[0], said[0] or before[0])
                    said[3] += len(here) - before[1]
                    said[4] += _bytes(here) - before[2]
                before = (day, len(here), _bytes(here))
    return sorted(((*key, *said) for key, said in sums.items()), key=lambda one: one[:2])


def duplicates(rows: Rows) -> list[tuple[Any, ...]]:
    """Which places have how much in common: kind, places, datasets, contents, objects, bytes."""
    known = [row for row in _newest(rows) if _current(row) and row["checksum"] and row["bytes"]]
    sums: dict[tuple[Any, ...], list[int]] = {}
    contents = _groups(known, lambda row: (row["checksum_kind"], row["checksum"], row["bytes"]))
    for (kind, _, size), group in contents.items():
        if len(group) == 1:
            continue
        places = sorted(bucket for _, bucket in {(row["store"], row["bucket"]) for row in group})
        datasets = sorted({row["dataset"] for row in group if row["dataset"]})
        said = sums.setdefault((kind, tuple(places), tuple(datasets)), [0, 0, 0])
        for at, more in enumerate((1, len(group) - 1, (len(group) - 1) * size)):
            said[at] += more
    found = [(*key, *said) for key, said in sums.items()]
    return sorted(found, key=lambda one: (-one[5], one[0], one[1], one[2]))


def _held(rows: Rows) -> list[Row]:
    return [row for row in rows if not row["is_delete_marker"]]


def _current(row: Row) -> bool:
    return bool(row["is_latest"] and not row["incomplete"] and not row["is_delete_marker"])


def _earlier(row: Row) -> bool:
    return not row["is_latest"] and not row["incomplete"] and not row["is_delete_marker"]


def _newest(rows: Rows) -> list[Row]:
    """The rows of the newest report of each place."""
    days: dict[Any, dt.date] = {}
    for row in rows:
        place = (row["store"], row["bucket"])
        days[place] = max(row["as_of"], days.get(place, row["as_of"]))
    return [row for row in rows if row["as_of"] == days[row["store"], row["bucket"]]]


def _names(row: Row) -> tuple[str, str, str]:
    return row["store"], row["bucket"], row["dataset"]


def _band(row: Row, bands: Bands) -> int:
    if row["modified"] is None:
        return len(bands.names)
    age = NOW - row["modified"]
    return next((band for band, end in enumerate(bands.ends) if age < dt.timedelta(days=end)), len(bands.ends))


def _groups(rows: Rows, key: Callable[[Row], tuple[Any, ...]]) -> Mapping[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _bytes(rows: Rows) -> int:
    return sum(row["bytes"] for row in rows)


def _first(rows: Rows, name: str) -> Any:
    return min((row[name] for row in rows if row[name] is not None), default=None)


def _last(rows: Rows, name: str) -> Any:
    return max((row[name] for row in rows if row[name] is not None), default=None)
