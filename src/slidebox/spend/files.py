"""The files of bills: which belong together, and whether all that their manifests name are there and whole.

Sources: AWS Data Exports User Guide, "Data Exports manifest file reference" and "Understanding export delivery";
Microsoft Cost Management, "Tutorial: create and manage exports" (manifest.json); BigQuery, "Exporting table
data", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from slidebox.errors import InputError
from slidebox.spend.found import Excluded

SUFFIXES = (".parquet", ".csv", ".csv.gz")
"""What files of bills end in."""

_MANIFEST = re.compile(r"manifest\.json$", re.IGNORECASE)
_PART = re.compile(r"(-\d{5}|part_\d+_\d{4}|part-\d{5}|-?\d{12})(?=\.|$)")
"""How AWS, Azure, Spark and BigQuery number the files of one export."""
_RUN = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):?(\d{2}):?(\d{2})(?:\.\d+)?Z")
_LARGEST_MANIFEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a bill.

    Attributes
    ----------
    path
        Where it is.
    report
        What it belongs to: files of one report are added up, those of two are held against each other.
    made
        When the report was written.
    version
        The version of FOCUS that its manifest says; empty where it says none.
    bytes, rows
        How large it has to be by its manifest; None where that says nothing.
    """

    path: Path
    report: str
    made: dt.datetime
    version: str = ""
    bytes: int | None = None
    rows: int | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What a manifest says of its files: their addresses, each with bytes and rows where it has them."""

    path: Path
    made: dt.datetime
    version: str
    files: tuple[tuple[str, int | None, int | None], ...]


def parts_of(paths: Iterable[Path]) -> tuple[tuple[Part, ...], tuple[Excluded, ...]]:
    """The files at some paths, each with the report that it is of, and what of them is not to be had.

    Parameters
    ----------
    paths
        Files, manifests, and folders as exports write them.

    Raises
    ------
    InputError
        If there is no file of a bill.
    """
    files, manifests, excluded = _listed(paths)
    parts: dict[Path, Part] = {}
    for manifest in manifests:
        for part, fault in _named(manifest, files):
            if fault:
                excluded.append(fault)
            if part and (part.path not in parts or parts[part.path].made < part.made):
                parts[part.path] = part
    for path in files:
        parts.setdefault(path, Part(path, _report_of(path), _made(path)))
    if not parts and not excluded:
        listed = ", ".join(map(str, paths))
        raise InputError(f"There is no bill in {listed}.", f"Bills are files that end in {', '.join(SUFFIXES)}.")
    return _same_time(parts.values()), tuple(excluded)


def _listed(paths: Iterable[Path]) -> tuple[list[Path], list[_Manifest], list[Excluded]]:
    """All files once, all manifests, and manifests that cannot be read."""
    files: dict[Path, Path] = {}
    manifests: dict[Path, _Manifest] = {}
    excluded: list[Excluded] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} is not there.", "Name a file of a bill, a manifest, or a folder of them.")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for one in _with_named(inside):
            # What is linked to twice is one file.
            whole = one.resolve()
            if _MANIFEST.search(one.name):
                try:
                    manifests[whole] = _manifest(one)
                except ValueError as error:
                    said = f"{one} is no manifest that can be read: {error}."
                    excluded.append(Excluded(what="unreadable", said=said, file=str(one), unread=True))
            elif one.is_file() and one.name.casefold().endswith(SUFFIXES) and not one.name.startswith((".", "_")):
                files.setdefault(whole, one)
            elif one is path and one.is_file():
                said = f"{one} does not end in {', '.join(SUFFIXES)}."
                excluded.append(Excluded(what="unreadable", said=said, file=str(one), unread=True))
    return list(files.values()), list(manifests.values()), excluded


def _with_named(inside: Sequence[Path]) -> Iterator[Path]:
    """Some files, and beside a manifest that is named alone the files around it."""
    yield from inside
    if len(inside) == 1 and _MANIFEST.search(inside[0].name):
        names = {PurePosixPath(name).name for name, _, _ in _files_or_none(inside[0])}
        yield from (one for one in sorted(_export_of(inside[0]).rglob("*")) if one.name in names)


def _export_of(manifest: Path) -> Path:
    """The folder of a manifest's export: AWS has ``metadata`` beside ``data``."""
    for folder in manifest.parents:
        if folder.name == "metadata":
            return folder.parent
    return manifest.parent


def _files_or_none(path: Path) -> tuple[tuple[str, int | None, int | None], ...]:
    try:
        return _manifest(path).files
    except ValueError:
        return ()


def _manifest(path: Path) -> _Manifest:
    """A manifest of AWS (``dataFiles``) or of Azure (``blobs``)."""
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise ValueError("it is too large for one")
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from error
    if not isinstance(document, Mapping):
        raise ValueError("it is no JSON object")
    if isinstance(document.get("dataFiles"), list):
        named = tuple((str(name), None, None) for name in document["dataFiles"])
        return _Manifest(path, _made(path), "", named)
    if isinstance(document.get("blobs"), list):
        files = tuple(
            (str(blob.get("blobName", "")), _number(blob.get("byteCount")), _number(blob.get("dataRowCount")))
            for blob in document["blobs"]
            if isinstance(blob, Mapping)
        )
        run, config = _object(document, "runInfo"), _object(document, "exportConfig")
        made = _moment(str(run.get("submittedTime", ""))) or _made(path)
        return _Manifest(path, made, str(config.get("dataVersion", "")), files)
    raise ValueError("it lists no files, neither as `dataFiles` (AWS) nor as `blobs` (Azure)")


def _object(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(text: str) -> dt.datetime | None:
    # Azure writes seven digits of a second, of which Python reads six.
    try:
        found = dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def _named(manifest: _Manifest, files: Sequence[Path]) -> Iterator[tuple[Part | None, Excluded | None]]:
    """The files of a manifest: those that are there and as large as they should be, and what is wrong with others."""
    by_name: dict[str, list[Path]] = {}
    for path in files:
        by_name.setdefault(path.name, []).append(path)
    for name, size, rows in manifest.files:
        found = _closest(PurePosixPath(name), by_name.get(PurePosixPath(name).name, ()), manifest.path)
        if found is None:
            said = (
                f"{manifest.path} names {PurePosixPath(name).name}, which is not there: "
                "what it holds is in no sum. Fetch it too."
            )
            yield None, Excluded(what="missing", said=said, file=str(manifest.path), unread=True)
            continue
        yield Part(found, str(manifest.path), manifest.made, manifest.version, size, rows), None


def _closest(named: PurePosixPath, found: Sequence[Path], manifest: Path) -> Path | None:
    """The file that a manifest means, by as much of its address as there is here."""
    best: tuple[int, bool, Path] | None = None
    for path in found:
        shared = 0
        for ours, theirs in zip(reversed(path.parts), reversed(named.parts), strict=False):
            if ours != theirs:
                break
            shared += 1
        near = path.parent == manifest.parent
        # Another month's file has the same name, in another folder such as BILLING_PERIOD=2026-10.
        other = shared == 1 and "=" in path.parent.name and "=" in named.parent.name
        if not other and (best is None or (shared, near) > best[:2]):
            best = (shared, near, path)
    return best[2] if best else None


def _report_of(path: Path) -> str:
    """What a file without a manifest belongs to: those that differ in the number of a part alone."""
    stem = path.name[: -len(next(end for end in SUFFIXES if path.name.casefold().endswith(end)))]
    return str(path.parent / (_PART.sub("", stem) or "*")) if _PART.search(stem) else str(path)


def _made(path: Path) -> dt.datetime:
    """When a run was, by the folder that it is named for, or when a file was written."""
    if found := _RUN.search(path.parent.as_posix()):
        return dt.datetime(*map(int, found.groups()), tzinfo=dt.UTC)  # type: ignore[misc, arg-type]
    return dt.datetime.fromtimestamp(int(path.stat().st_mtime), tz=dt.UTC)


def _same_time(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts in order, those of one report with the time of its newest."""
    newest: dict[str, dt.datetime] = {}
    for part in parts:
        newest[part.report] = max(newest.get(part.report, part.made), part.made)
    return tuple(sorted((replace(p, made=newest[p.report]) for p in parts), key=lambda p: (p.made, str(p.path))))
