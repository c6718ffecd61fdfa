r"""Lists of files on a drive, a cluster or any mounted folder, as Parquet in a temporary folder: streamed, never held.

A list is what ``find FOLDER -type f -printf '%s\t%T@\t%H\t%P\n'`` of GNU findutils writes, on whichever machine the
files are: size in bytes, when it was last changed in seconds since 1970, the folder that was listed, and the path below
it (find(1), "-printf format"). When a file was last read is left out: most disks are mounted so that this is written
rarely or never (mount(8), "relatime"), and who copies or verifies a drive reads everything.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from slidebox.errors import InputError
from slidebox.inventory.reports import FOLDER, PARQUET, Part, RefusedError, Report

_BATCH = 65_536
"""Files that are held at once."""
_FIELDS = 4
_MARK = re.compile(r"(^|/)(\.slidebox-[a-z]+\.json$|\.vgwlocks/)")
"""slidebox's own marks of a drive and of a folder, and the locks of the gateway over it, which are no data."""


@dataclass(frozen=True, slots=True)
class File:
    """A file in a list.

    Attributes
    ----------
    path
        Below the folder, with ``/``.
    size
        In bytes.
    modified
        When it was last changed, in seconds since 1970-01-01 UTC.
    """

    path: str
    size: int
    modified: float


def is_list(start: bytes) -> bool:
    """Whether a file that begins so is a list of files."""
    fields = start.partition(b"\n")[0].split(b"\t")
    return len(fields) >= _FIELDS and fields[0].isdigit()


def listed(source: Path, into: Path, store: str = "") -> Report:
    """The report that a list is.

    Parameters
    ----------
    source
        What ``find`` wrote.
    into
        The folder in which to keep it as Parquet.
    store
        The lab's store that it is of, where somebody has said it.

    Raises
    ------
    RefusedError
        If it is cut off, or no such list.
    """
    roots: set[str] = set()
    try:
        taken = dt.datetime.fromtimestamp(source.stat().st_mtime, tz=dt.UTC)
        with source.open("rb") as lines:
            path = _written(_files(source, lines, roots), into)
    except OSError as error:
        raise RefusedError(source, f"cannot be read: {error.strerror or error}.") from error
    if len(roots) > 1:
        raise RefusedError(source, f"lists {len(roots)} folders: write a list for each.")
    return Report(
        kind=FOLDER,
        source=source,
        place=store or roots.pop().rstrip("/") or "/",
        taken=taken,
        form=PARQUET,
        parts=(Part(path),),
        store=store,
    )


def _files(source: Path, lines: Iterable[bytes], roots: set[str]) -> Iterator[File]:
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            raise RefusedError(f"{source}:{number}", "is cut off: the line has no end.")
        # A name of a file is bytes; a tab in it is kept, and a line's end makes two lines of it.
        fields = line[:-1].decode("utf-8", "backslashreplace").split("\t", _FIELDS - 1)
        try:
            size, modified, root, path = fields
            roots.add(root)
            yield File(path, int(size), float(modified))
        except ValueError as error:
            raise RefusedError(
                f"{source}:{number}", "is no line of `find FOLDER -type f -printf '%s\\t%T@\\t%H\\t%P\\n'`."
            ) from error
    if not number:
        raise RefusedError(source, "is empty: nothing says which folder it is of.")


def scanned(folder: Path, into: Path, now: dt.datetime, store: str = "") -> Report:
    """The report of a folder that is mounted here, as it is now; links are not followed.

    Parameters
    ----------
    folder
        The folder.
    into
        The folder in which to keep the list as Parquet.
    now
        This moment.
    store
        The lab's store that it is, where somebody has said it.

    Raises
    ------
    RefusedError
        If a folder below cannot be read: what is in it would be missing from the sums.
    """
    try:
        path = _written(_below(folder), into)
    except OSError as error:
        # The name of a folder below can be that of a patient.
        why = (
            f"cannot be read as a whole: {error.strerror or 'a folder below it fails'}. Which part it is says find(1)."
        )
        raise RefusedError(folder, why) from error
    return Report(
        kind=FOLDER,
        source=folder,
        place=store or str(folder.absolute()),
        taken=now,
        form=PARQUET,
        parts=(Part(path),),
        store=store,
    )


def _below(folder: Path) -> Iterator[File]:
    waiting = [os.fspath(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(about.st_mode):
                    shown = os.fsencode(os.path.relpath(entry.path, folder)).decode("utf-8", "backslashreplace")
                    yield File(shown, about.st_size, about.st_mtime)


def _written(files: Iterable[File], into: Path) -> Path:
    """Write files into a table of Parquet, piece by piece."""
    try:
        pyarrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise InputError(
            "Lists of files are read with PyArrow, which is not installed.", "pip install 'slidebox[analytics]'"
        ) from error
    path = into / f"files-{len(list(into.iterdir()))}.parquet"
    moments = pyarrow.timestamp("us", tz="UTC")
    schema = pyarrow.schema([("path", pyarrow.string()), ("size", pyarrow.int64()), ("modified", moments)])
    rest = (file for file in files if not _MARK.search(file.path))
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rest, _BATCH)):
            columns = [
                pyarrow.array([file.path for file in batch], pyarrow.string()),
                pyarrow.array([file.size for file in batch], pyarrow.int64()),
                pyarrow.array([round(file.modified * 1_000_000) for file in batch], pyarrow.int64()).cast(moments),
            ]
            writer.write_batch(pyarrow.record_batch(columns, schema=schema))
    return path
