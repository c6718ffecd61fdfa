"""Reports as frozen values: of which place, of when, and which files they are in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

S3, GOOGLE, AZURE, FOLDER = "s3", "google", "azure", "folder"
"""Whose report it is; ``folder`` is a list of files on a drive, a cluster or another mounted place."""

CSV, PARQUET, ORC, RCLONE = "csv", "parquet", "orc", "rclone"
"""How it is written; the last is what ``rclone lsjson`` writes."""

TEXT = frozenset({CSV, RCLONE})
"""Forms whose values are text, so that a row may hold anything."""


class RefusedError(Exception):
    """A report that cannot be taken.

    Parameters
    ----------
    where
        The file.
    why
        What is wrong with it, as the rest of a sentence that begins with the file.
    """

    def __init__(self, where: Path | str, why: str) -> None:
        super().__init__(f"{where} {why}")


class OtherReportError(RefusedError):
    """A report that is whole and lists no objects."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that a report is in.

    Attributes
    ----------
    path
        Where it is here.
    size, md5
        Its size in bytes and its MD5 in hexadecimal, as the manifest says; None and empty where it does not.
    """

    path: Path
    size: int | None = None
    md5: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of what one place holds.

    Attributes
    ----------
    kind
        Whose it is: ``s3``, ``google``, ``azure`` or ``folder``.
    source
        The file that says what belongs to it.
    place
        The bucket; of Azure the storage account, of files the folder.
    taken
        When it was begun, in UTC.
    form
        How it is written: ``csv``, ``parquet``, ``orc`` or ``rclone``.
    parts
        Its files.
    columns
        The columns of CSV without a first line that names them; empty where the files say it.
    delimiter
        What stands between values of CSV.
    prefixes
        What it covers of the place; all where empty.
    objects, bytes
        How many rows and how many bytes there have to be, as the manifest says; None where it does not.
    store
        The lab's store that it is of, where somebody has said it.
    notes
        What is to be known of it, each a whole sentence.
    """

    kind: str
    source: Path
    place: str
    taken: dt.datetime
    form: str
    parts: tuple[Part, ...]
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    prefixes: tuple[str, ...] = ()
    objects: int | None = None
    bytes: int | None = None
    store: str = ""
    notes: tuple[str, ...] = ()

    @property
    def day(self) -> dt.date:
        """Of which day it is, in UTC."""
        return self.taken.date()

    def overlaps(self, other: Report) -> bool:
        """Whether both may list the same object."""
        if (self.kind, self.place) != (other.kind, other.place):
            return False
        mine, theirs = self.prefixes or ("",), other.prefixes or ("",)
        return any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs)

    def __str__(self) -> str:
        return f"the report of {self.place} of {self.taken:%Y-%m-%d %H:%M} UTC ({self.source})"
