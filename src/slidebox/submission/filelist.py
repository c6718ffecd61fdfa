"""The list of a submission's files, with size and checksum of each: written from a dataset's manifest, and read.

Its first cell is ``Files`` (BioStudies, "Page Tab Specification"); a JSON list has the same as attributes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from slidebox.provenance import FileEntry
from slidebox.submission.pagetab import PageTabError

_COLUMNS = ("Files", "Size", "SHA-256")


def files_to_tsv(files: Iterable[FileEntry], below: str = "") -> str:
    """Write a list of files as a table with tabs.

    Parameters
    ----------
    files
        The files.
    below
        The folder in the submission's root that they lie in.
    """
    rows = (f"{_path(below, one.path)}\t{one.size}\t{one.sha256}" for one in sorted(files))
    return "\n".join(["\t".join(_COLUMNS), *rows]) + "\n"


def files_to_json(files: Iterable[FileEntry], below: str = "") -> str:
    """Write a list of files as JSON."""
    listed = [
        {
            "path": _path(below, one.path),
            "attributes": [
                {"name": _COLUMNS[1], "value": str(one.size)},
                {"name": _COLUMNS[2], "value": one.sha256},
            ],
        }
        for one in sorted(files)
    ]
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


def files_from_tsv(text: str, below: str = "") -> tuple[FileEntry, ...]:
    """Read what `files_to_tsv` has written.

    Raises
    ------
    PageTabError
        If it is no such list, with the line.
    """
    lines = text.split("\n")
    if tuple(lines[0].rstrip("\r").split("\t")[:3]) != _COLUMNS:
        raise PageTabError("The first row is not Files, Size and SHA-256.", "Write the list anew.")
    found = []
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            cells = line.rstrip("\r").split("\t")
            found.append(_entry(cells[0], *(cells[1:3] if len(cells) >= 3 else ("", "")), below=below, line=number))
    return tuple(found)


def files_from_json(text: str, below: str = "") -> tuple[FileEntry, ...]:
    """Read what `files_to_json` has written."""
    try:
        found = []
        for one in json.loads(text):
            about = {str(said["name"]): str(said["value"]) for said in one.get("attributes") or ()}
            size, checksum = about.get(_COLUMNS[1], ""), about.get(_COLUMNS[2], "")
            found.append(_entry(str(one["path"]), size, checksum, below=below, line=1))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PageTabError("The list of files is not what slidebox writes.", "Write it anew.") from None
    return tuple(found)


def _path(below: str, path: str) -> str:
    return f"{below}/{path}" if below else path


def _entry(path: str, size: str, checksum: str, *, below: str, line: int) -> FileEntry:
    prefix = f"{below}/" if below else ""
    if not path.startswith(prefix):
        raise PageTabError(f"{path!r} is not below {below!r}.", "Write the list anew.", line)
    try:
        return FileEntry(path.removeprefix(prefix), int(size), checksum)
    except ValueError:
        cause = f"The list says no size and checksum of {path!r}, or none that can be."
        raise PageTabError(cause, "Write the list anew.", line) from None
