"""Where a lab's own price files lie, and the price book that holds for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slidebox.errors import UnreadableError
from slidebox.prices import Book, load

FOLDER = "prices"
"""The folder of a lab's own price files, beside lab.yaml."""


def books_of(root: Path | None) -> Mapping[str, Book]:
    """The price book by provider: a lab's own figures before the built-in ones.

    Raises
    ------
    InputError
        If one of the lab's files is wrong.
    UnreadableError
        If one cannot be read.
    """
    files = sorted((root / FOLDER).glob("*.yaml")) if root else []
    return load({f"{FOLDER}/{file.name}": text_of(file) for file in files})


def text_of(file: Path) -> str:
    """The text of a file.

    Raises
    ------
    UnreadableError
        If it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{file} cannot be read: {error}.") from error
