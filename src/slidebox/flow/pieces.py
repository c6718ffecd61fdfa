"""The list of what is streamed: one address a line, or a table with a header."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from slidebox.errors import InputError
from slidebox.provenance import why_unsafe

COLUMNS = ("address", "path", "size", "sha256")
"""What a table may have; ``address`` is needed."""

_SCHEMES = ("https", "http", "ftp", "file")


@dataclass(frozen=True, slots=True)
class Piece:
    """One file to read from its source.

    Attributes
    ----------
    address
        Where it is: https, http, ftp or file.
    path
        What it is called here, with forward slashes.
    size
        Bytes, where the list says it.
    sha256
        Its checksum, where the list says it.
    """

    address: str
    path: str
    size: int | None = None
    sha256: str = ""


def read_pieces(text: str, name: str) -> tuple[Piece, ...]:
    """The pieces of a list, in its order.

    Parameters
    ----------
    text
        One address a line; or comma- or tab-separated values with a header of `COLUMNS`.
    name
        What to call the list in an error.

    Raises
    ------
    InputError
        With every fault of the list, each with its line.
    """
    faults: list[str] = []
    pieces: dict[str, Piece] = {}
    lines = text.splitlines()
    for number, row in _rows(lines, faults):
        try:
            piece = _piece(row)
        except ValueError as error:
            faults.append(f"{name}:{number}: {error}.")
            continue
        if piece.path in pieces:
            faults.append(f"{name}:{number}: {piece.path!r} is there twice; give the two a `path` of their own.")
        pieces[piece.path] = piece
    if not faults and not pieces:
        faults.append(f"{name}: it names nothing.")
    if faults:
        more = f"\n… and {len(faults) - 20} more" if len(faults) > 20 else ""
        raise InputError(
            "\n".join(faults[:20]) + more, f"Each line has an address, or a table has {', '.join(COLUMNS)}."
        )
    return tuple(pieces.values())


def _rows(lines: list[str], faults: list[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    first = lines[0] if lines else ""
    delimiter = "\t" if "\t" in first else ","
    header = [word.strip().lower() for word in next(csv.reader([first], delimiter=delimiter), [])]
    if "address" not in header:
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                yield number, {"address": line.strip()}
        return
    if strange := [word for word in header if word not in COLUMNS]:
        faults.append(f"1: nobody knows the column {strange[0]!r}.")
        return
    reader = csv.reader(lines[1:], delimiter=delimiter)
    for row in reader:
        if any(word.strip() for word in row):
            yield reader.line_num + 1, dict(zip(header, (word.strip() for word in row), strict=False))


def _piece(row: Mapping[str, str]) -> Piece:
    address = row.get("address", "")
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"{address!r} is no address of {', '.join(_SCHEMES)}")
    if parts.password:
        # It would stand in the record and in every message.
        raise ValueError("an address with a password in it")
    path = row.get("path") or unquote(parts.path).lstrip("/")
    if why := why_unsafe(path):
        raise ValueError(f"the path {path!r} is not safe: {why}")
    size, sha256 = row.get("size", ""), row.get("sha256", "").lower()
    if size and not (size.isascii() and size.isdigit()):
        raise ValueError(f"{size!r} is no number of bytes")
    if sha256 and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"{sha256!r} is no SHA-256 of 64 hexadecimal digits")
    return Piece(address, path, int(size) if size else None, sha256)
