"""What an inventory says, summed: frozen values, whoever counted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What lies of one dataset in one storage class of one bucket, container, folder or drive.

    Attributes
    ----------
    store, bucket
        The lab's name of the store (empty where it names none), and the place's own name.
    dataset
        ``project/level``; empty where nothing says what lies there.
    storage_class
        As the price books name it (`slidebox.prices`), such as ``standard``, ``infrequent``, ``archive``,
        ``deep_archive`` or ``intelligent_tiering``; the provider's own word where they have no such name.
    objects, bytes
        Current versions.
    small, small_bytes
        Those below 128 KiB.
    noncurrent, noncurrent_bytes
        Earlier versions.
    noncurrent_since
        When the oldest of them was last changed; None where there is none.
    incomplete, incomplete_bytes, incomplete_since
        Uploads that were begun and never ended, where the report says so.
    newest
        When the newest current version was last changed.
    last_read
        When anything was last read; None where the report does not say.
    as_of
        Of which day the report is.
    """

    store: str
    bucket: str
    dataset: str
    storage_class: str
    objects: int = 0
    bytes: int = 0
    small: int = 0
    small_bytes: int = 0
    noncurrent: int = 0
    noncurrent_bytes: int = 0
    noncurrent_since: dt.datetime | None = None
    incomplete: int = 0
    incomplete_bytes: int = 0
    incomplete_since: dt.datetime | None = None
    newest: dt.datetime | None = None
    last_read: dt.datetime | None = None
    as_of: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """The same bytes in two places, or twice in one: by checksum and size.

    Attributes
    ----------
    places
        The buckets, in order; one where it has them twice.
    datasets
        The datasets that they are of, in order; none where nothing says.
    groups, objects, bytes
        How many different contents, how many objects have them beyond the first, and how much those hold.
    checksum
        What they agree in, such as ``MD5``.
    """

    places: tuple[str, ...]
    datasets: tuple[str, ...]
    groups: int
    objects: int
    bytes: int
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that the reports said.

    Attributes
    ----------
    holdings
        What lies where.
    duplicates
        What lies more than once, as far as checksums say.
    excluded
        What could not be taken, each in words with its file and why.
    notes
        What else is to be known: what was not counted because a later report holds, what is peculiar about rows.
    """

    holdings: tuple[Holding, ...] = ()
    duplicates: tuple[Duplicates, ...] = ()
    excluded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
