"""A dataset on a drive, as files or as a bag; and the place of one whose drive is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

from slidebox.errors import SlideboxError
from slidebox.provenance import CRATE_FILE
from slidebox.transfer.aside import RetirableFolder
from slidebox.transfer.bag import BagPlace, is_bag
from slidebox.transfer.places import Content, Held


def on_drive(name: str, folder: Path, root: Path, *, bags: bool, organisation: str, **more: Any) -> RetirableFolder:
    """The place of a dataset's folder on a drive: a bag where one lies there, or where the store is to have bags.

    What is there stays as it is when `bags` changes; what comes from then on is as declared.

    Parameters
    ----------
    name
        What to call it in a sentence.
    folder, root
        The folder, and that of the drive.
    bags
        Whether the store is to have bags.
    organisation
        Whose data they are, for ``bag-info.txt``.
    more
        As for `slidebox.transfer.drive.DrivePlace`.
    """
    if is_bag(folder) or (bags and not (folder / CRATE_FILE).is_file()):
        return BagPlace(name, folder, root, organisation=organisation, **more)
    return RetirableFolder(name, folder, root, **more)


class Unreached:
    """A place whose drive is not there: whatever it is asked, it says why.

    Parameters
    ----------
    name, key
        As for every place.
    error
        Why it is not reached.
    """

    def __init__(self, name: str, key: str, error: SlideboxError) -> None:
        self.name = name
        self.key = key
        self._error = error

    def _refuse(self) -> NoReturn:
        raise self._error

    def check(self) -> None:
        """Say why."""
        self._refuse()

    def writing(self) -> AbstractContextManager[None]:
        """Say why."""
        self._refuse()

    def free(self) -> int | None:
        """Say why."""
        self._refuse()

    def manifest(self) -> bytes | None:
        """Say why."""
        self._refuse()

    def size(self, path: str) -> int | None:
        """Say why."""
        self._refuse()

    def holds(self, content: Content) -> Held:
        """Say why."""
        self._refuse()

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Say why."""
        self._refuse()

    def read(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """Say why."""
        self._refuse()

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Say why."""
        self._refuse()

    def set_aside(self, token: str, files: Sequence[str]) -> None:
        """Say why."""
        self._refuse()

    def bring_back(self, token: str, files: Sequence[str]) -> None:
        """Say why."""
        self._refuse()

    def purge(self, token: str, files: Sequence[str]) -> None:
        """Say why."""
        self._refuse()
