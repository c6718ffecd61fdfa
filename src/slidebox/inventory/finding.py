"""Reports found on a disk and held against their checksums: the edge between files and `slidebox.inventory.reports`."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from slidebox.errors import InputError
from slidebox.inventory.listing import is_list, listed, scanned
from slidebox.inventory.manifests import hive_report, report_of
from slidebox.inventory.reports import FOLDER, GOOGLE, RCLONE, OtherReportError, Part, RefusedError, Report

SYMLINKS = "symlink.txt"
"""The name of S3's list of files for Hive."""

_TABLES = (b"PAR1", b"ORC")
"""How files of Parquet and ORC begin: tables that a manifest names, and never manifests."""
_START = 4096
"""Bytes by which a list is told from a manifest."""

_LARGEST_MANIFEST = 64 * 2**20
"""Bytes of a manifest; S3's names 200 bytes a file, and a file holds about a million objects."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found.

    Attributes
    ----------
    reports
        The reports that are whole, as far as their manifests say.
    refused
        What cannot be taken, each in words with its file and why.
    notes
        What else is to be known, each a whole sentence.
    """

    reports: tuple[Report, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...] = ()


def reports_in(paths: Iterable[Path], into: Path) -> Looked:
    """The reports at some paths: manifests themselves, and folders in which they lie as their clouds wrote them.

    Every file is read once here where its manifest says its MD5.

    Parameters
    ----------
    paths
        Manifests, lists of files, and folders with manifests.
    into
        The folder in which to keep lists of files.

    Raises
    ------
    InputError
        If a path has no report.
    """
    reports: list[Report] = []
    refused: list[str] = []
    notes: list[str] = []
    for path in paths:
        manifests = list(_manifests(path)) if path.is_dir() else [path]
        before = len(reports) + len(refused) + len(notes)
        for manifest in manifests:
            try:
                report = _read(manifest, into)
                if report is not None:
                    _hold(report)
                    reports.append(report)
            except OtherReportError as why:
                notes.append(str(why))
            except RefusedError as why:
                refused.append(str(why))
        if len(reports) + len(refused) + len(notes) == before:
            raise InputError(
                f"There is no report of what a store holds in {path}.",
                "A report is a manifest of S3 Inventory, of Google's Storage Insights or of Azure's blob inventory, a "
                "folder with some, or a list of files as docs/audit/inventory.md says it.",
            )
    return Looked(tuple(reports), tuple(refused), tuple(notes))


def reports_of_stores(stores: Mapping[str, Path], into: Path, now: dt.datetime) -> Looked:
    """The reports of stores of the lab: a list of files of each, or the folder in which it is mounted.

    Parameters
    ----------
    stores
        The list or the folder, by the store's name.
    into
        The folder in which to keep lists of files.
    now
        This moment.

    Raises
    ------
    InputError
        If a file is no list.
    """
    reports: list[Report] = []
    refused: list[str] = []
    for store, path in stores.items():
        try:
            report = scanned(path, into, now, store) if path.is_dir() else _read(path, into, store)
        except RefusedError as why:
            refused.append(str(why))
            continue
        if report is None:
            raise InputError(f"{path} is no list of files.", "docs/audit/inventory.md says how to write one.")
        reports.append(report)
    return Looked(tuple(reports), tuple(refused))


def _manifests(folder: Path) -> Iterator[Path]:
    """What may be a manifest below a folder, in order; a list for Hive only where no manifest is of the same moment."""
    dated: set[tuple[Path, str]] = set()
    lists: list[Path] = []
    for above, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(above) / name
            if name == "manifest.json":
                dated.add((path.parent.parent, path.parent.name))
            if name == "manifest.json" or name.endswith(("-manifest.json", "_manifest.json")):
                yield path
            elif name == SYMLINKS:
                lists.append(path)
    for path in lists:
        # hive/dt=2026-11-29-01-00 beside 2026-11-29T01-00Z
        day = path.parent.name.removeprefix("dt=")
        if (path.parents[2], f"{day[:10]}T{day[11:]}Z") not in dated:
            yield path


def _read(path: Path, into: Path, store: str = "") -> Report | None:
    """The report of a manifest or of a list of files; None where the file is neither."""
    try:
        with path.open("rb") as file:
            start = file.read(_START)
        if is_list(start):
            return listed(path, into, store)
        if start.startswith(_TABLES):
            raise RefusedError(path, "is a table of a report: name the report's manifest.")
        if start.lstrip().startswith(b"["):
            return _rclone(path, store)
        if path.stat().st_size > _LARGEST_MANIFEST:
            return None
        text = path.read_bytes()
    except OSError as error:
        raise RefusedError(path, f"cannot be read: {error.strerror or error}.") from error
    where = _Where(path)
    if path.name == SYMLINKS:
        lines = tuple(line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip())
        return hive_report(path, lines, where)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        # Only a whole document says whose manifest it is.
        raise RefusedError(path, "is no whole JSON document.") from error
    report = report_of(path, document, where)
    if report is not None and report.kind != GOOGLE:
        _hold_manifest(path, text)
    return report


def _rclone(path: Path, store: str) -> Report:
    """The report that ``rclone lsjson -R --hash`` wrote of a store."""
    if not store:
        raise RefusedError(path, "does not say whose files it lists: write it as STORE=FILE.")
    taken = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC)
    return Report(kind=FOLDER, source=path, place=store, taken=taken, form=RCLONE, parts=(Part(path),), store=store)


class _Where:
    """Where files are here that a manifest names by their keys: as much of a key's end as there is beside it."""

    def __init__(self, manifest: Path) -> None:
        self._above = list(manifest.parents)
        self._before: tuple[Path, int] | None = None

    def __call__(self, name: str) -> Path | None:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts:
            return None
        if self._before and (known := self._before[0].joinpath(*parts[self._before[1] :])).is_file():
            return known
        for start in range(len(parts)):
            for folder in self._above[: len(parts) + 2]:
                if (path := folder.joinpath(*parts[start:])).is_file():
                    self._before = (folder, start)
                    return path
        return None


def _hold_manifest(path: Path, text: bytes) -> None:
    """Hold a manifest against the checksum beside it, which is written last."""
    beside = path.with_name(path.name.removesuffix(".json") + ".checksum")
    try:
        said = beside.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            path, f"has no checksum beside it ({beside.name}), which is written when a report is whole."
        ) from (error)
    digest = hashlib.md5(text, usedforsecurity=False)
    if said.lower() != digest.hexdigest() and _bytes(said) != digest.digest():
        raise RefusedError(path, f"is not what {beside.name} says it is: their MD5 differ.")


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return b""


def _hold(report: Report) -> None:
    """Hold the files of a report against what its manifest says of them."""
    for part in report.parts:
        try:
            size = part.path.stat().st_size
            if part.size is not None and size != part.size:
                raise RefusedError(
                    report.source, f"says that {part.path} has {part.size:,} bytes, and it has {size:,}."
                )
            if part.md5:
                with part.path.open("rb") as file:
                    digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
                if digest != part.md5:
                    raise RefusedError(report.source, f"has another MD5 for {part.path} than the file.")
        except OSError as error:
            raise RefusedError(part.path, f"cannot be read: {error.strerror or error}.") from error
