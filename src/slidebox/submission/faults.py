"""What is wrong with a file of a submission, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to put right.

    Attributes
    ----------
    file, line, column
        Where it is; both count from 1, and a column is a cell, as a spreadsheet shows it.
    cause
        What it is.
    cure
        What to do about it.
    """

    file: str
    line: int
    column: int
    cause: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.cause}. {self.cure}."


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults by file, line and column, each once."""
    return tuple(sorted(set(faults)))


def decoded(file: str, data: bytes) -> tuple[str, tuple[Fault, ...]]:
    """The text of a file, and what speaks against it; the text is empty where it is none.

    Parameters
    ----------
    file
        Its name in faults.
    data
        Its bytes.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = before.rpartition(b"\n")[2].count(b"\t") + 1
        return "", (Fault(file, line, column, "not UTF-8 text", "Save the file as UTF-8"),)
    if text.startswith("\ufeff"):
        cause = "the file begins with a byte order mark, which becomes a part of the first name"
        return text[1:], (Fault(file, 1, 1, cause, "Save the file as UTF-8 without it"),)
    return text, ()
