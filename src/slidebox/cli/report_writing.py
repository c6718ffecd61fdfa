"""Where `report` writes the page: whole or not at all, readable by its owner alone, and over nobody else's file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from slidebox.errors import InputError, UnreadableError
from slidebox.home import PRIVATE_FILE, PRIVATE_FOLDER, replace_text

NAME: Final = "index.html"
"""The name of the page in its folder."""

MARK: Final = '<meta name="generator" content="slidebox '
"""What a page of ours has near its beginning, and nobody else's has."""

_NEAR: Final = 4096


def write(folder: Path, html: str, *, force: bool = False) -> Path:
    """Write the page into a folder, which is made where it is not there.

    The page says who can read what, so a folder that is made and the file are for their owner alone; whoever wants
    others to read a page that is there already has changed its mode, and that stays.

    Parameters
    ----------
    folder
        Where to.
    html
        The page.
    force
        Whether an index.html that `report` did not write is replaced.

    Raises
    ------
    InputError
        If the folder is a file, or has an index.html of somebody else's.
    UnreadableError
        If it cannot be written.
    """
    target = folder / NAME
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, and the page is written into a folder.", "Name a folder.")
    try:
        if target.exists() and not force and not is_ours(target):
            raise InputError(
                f"{target} was not written by `slidebox report`, and stays as it is.",
                "Name another folder, or say --force.",
            )
        mode = target.stat().st_mode & 0o777 if target.exists() and is_ours(target) else PRIVATE_FILE
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        return replace_text(target, html, mode)
    except OSError as error:
        raise UnreadableError(f"{target} cannot be written: {error.strerror or error}.") from error


def is_ours(file: Path) -> bool:
    """Whether `report` wrote a file."""
    with file.open("rb") as begins:
        return MARK.encode() in begins.read(_NEAR)
