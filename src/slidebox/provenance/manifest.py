"""What is written beside a dataset: its files, the facts about it, its metadata and its lineage."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import mimetypes
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from slidebox.model import Level, Origin, Sensitivity, Step

CRATE_FILE = "ro-crate-metadata.json"
"""The name of the manifest, which is last to be written: a location without it is incomplete."""

RESERVED_PREFIX = ".slidebox-"
"""Beginning of the names of slidebox's own files inside a location."""

LONGEST_PATH = 1024
LONGEST_COMPONENT = 255

_SHA256 = re.compile(r"^[0-9a-f]{64}$")

# The library's own table, without the system's files: the same name has the same type on every machine.
_MEDIA_TYPES = mimetypes.MimeTypes()
for _type, _ending in {
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.sqlite3": ".sqlite",
    "application/yaml": ".yaml",
    "image/tiff": ".tif",
    "text/markdown": ".md",
}.items():
    _MEDIA_TYPES.add_type(_type, _ending)

Value: TypeAlias = str | int | float | bool
"""A parameter of a step."""


def why_unsafe(path: str) -> str | None:
    """Why a file may not have this path inside a dataset, or None if it may.

    A dataset lies on drives and in buckets and is fetched to other machines, so its paths are relative,
    use forward slashes, and keep to what all of them can hold: components of at most 255 bytes
    (ext4, XFS, APFS, exFAT) and 1,024 bytes in all (S3 keys).
    """
    components = path.split("/")
    reasons = {
        "it is empty": not path,
        "it is absolute": path.startswith("/"),
        "it leaves the folder": ".." in components,
        "it has an empty part": not path.startswith("/") and bool({"", "."} & set(components)),
        "it has a backslash": "\\" in path,
        "it has a control character": any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in path),
        "it is not Unicode text": any(unicodedata.category(c) == "Cs" for c in path),
        "that name is slidebox's own": path.casefold() == CRATE_FILE
        or any(c.startswith((RESERVED_PREFIX, ".sgwtmp")) for c in components),
    }
    reason = next((why for why, holds in reasons.items() if holds), None)
    if reason:
        return reason
    if len(path.encode()) > LONGEST_PATH:
        return f"it is longer than {LONGEST_PATH} bytes"
    if any(len(c.encode()) > LONGEST_COMPONENT for c in components):
        return f"a part of it is longer than {LONGEST_COMPONENT} bytes"
    return None


def media_type(path: str) -> str:
    """The media type of a file by its name; ``application/octet-stream`` where nothing is known."""
    return _MEDIA_TYPES.guess_type(path)[0] or "application/octet-stream"


@dataclass(frozen=True, slots=True, order=True)
class FileEntry:
    """One file of a dataset.

    Attributes
    ----------
    path
        Its path inside the dataset, with forward slashes.
    size
        Bytes.
    sha256
        Its SHA-256, as 64 hexadecimal digits.

    Raises
    ------
    ValueError
        If the path is not safe, or size or checksum cannot be.
    """

    path: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        reason = why_unsafe(self.path)
        if reason:
            raise ValueError(f"file name {self.path!r} is not safe: {reason}")
        if self.size < 0 or not _SHA256.match(self.sha256):
            raise ValueError(f"size or checksum of {self.path!r} cannot be")


@dataclass(frozen=True, slots=True, order=True)
class Property:
    """One piece of metadata, such as the organism; a name may have several values."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, order=True)
class Parent:
    """A dataset that this one was made from.

    Attributes
    ----------
    dataset
        Its id, ``project/level``.
    crate_sha256
        SHA-256 of its `ro-crate-metadata.json` when it was read, which fixes every byte of it; None where
        the lab keeps no bytes of the parent, or keeps them where slidebox does not read.
    """

    dataset: str
    crate_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class StepRun:
    """The step that made a dataset, as it ran.

    Attributes
    ----------
    repository, commit
        The pipeline, and its exact version.
    container
        The image that ran; empty where none did.
    parameters
        What it was told.
    date
        The day it ran.
    """

    repository: str
    commit: str
    container: str = ""
    parameters: tuple[tuple[str, Value], ...] = ()
    date: dt.date | None = None

    @property
    def in_short(self) -> str:
        """The pipeline's own name, with the beginning of the commit; empty where neither is known."""
        repository = self.repository.rstrip("/").removesuffix(".git").rpartition("/")[2]
        return "@".join(filter(None, (repository, self.commit[:7])))

    @classmethod
    def from_declared(cls, step: Step) -> StepRun:
        """The run that a project file records."""
        return cls(step.repository or "", step.commit or "", step.container or "", _values(step.parameters), step.date)


def _values(parameters: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Parameters in the order of their names; what JSON has no number for is written as text."""
    return tuple(
        (name, str(value) if isinstance(value, float) and not math.isfinite(value) else value)
        for name, value in sorted(parameters.items())
    )


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is written beside a dataset.

    Attributes
    ----------
    dataset
        Its id, ``project/level``.
    title, description
        For people.
    published
        When it was put there: an ISO 8601 date.
    origin, sensitivity
        As declared.
    licence
        SPDX name, or the address of a rights statement; None where nothing is granted.
    owner, owner_id
        The person who answers for it, and the ORCID iD, which may be empty.
    metadata
        What is known about the data, with all that came down from the parents, sorted.
    parents
        What it was made from, sorted.
    step
        How it was made from them.
    files
        Every file, sorted by path.
    """

    dataset: str
    title: str
    description: str
    published: str
    origin: Origin
    sensitivity: Sensitivity
    licence: str | None = None
    owner: str = ""
    owner_id: str = ""
    metadata: tuple[Property, ...] = ()
    parents: tuple[Parent, ...] = ()
    step: StepRun | None = None
    files: tuple[FileEntry, ...] = field(default=(), repr=False)

    @property
    def level(self) -> Level:
        """The level of the dataset."""
        return Level(self.dataset.partition("/")[2])

    @property
    def bytes(self) -> int:
        """Bytes of all files together."""
        return sum(f.size for f in self.files)

    @property
    def by_path(self) -> dict[str, FileEntry]:
        """The files by their paths."""
        return {f.path: f for f in self.files}


def inherit(own: Mapping[str, str], parents: Iterable[Manifest]) -> tuple[Property, ...]:
    """The metadata of a dataset: its own, and all of its parents' that it does not say anew.

    Where parents disagree every value is kept: nothing that was known about the data gets lost.
    """
    mine = {Property(name, value) for name, value in own.items()}
    theirs = {p for parent in parents for p in parent.metadata if p.name not in own}
    return tuple(sorted(mine | theirs))


def digest(data: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
