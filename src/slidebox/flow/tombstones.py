"""What is left of data that went: the list of its files with their checksums, `record/tombstones/NAME.json`."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from slidebox.errors import IntegrityError, UnreadableError
from slidebox.flow.book import FOLDER
from slidebox.home import replace_text
from slidebox.provenance import Manifest, decode, digest

_MEND = "Bring it back from the lab's own repository."


def name_of(today: dt.date, dataset: str, store: str, suffix: str) -> str:
    """The name of a tombstone: the day, the dataset, the store, and what no other has."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{dataset}-{store}")
    return f"{today:%Y%m%d}-{plain}-{suffix}"


class Tombstones:
    """The tombstones of a lab.

    Parameters
    ----------
    lab_root
        The folder of the lab's files.
    """

    def __init__(self, lab_root: Path) -> None:
        self._folder = lab_root / FOLDER / "tombstones"

    def set(self, name: str, manifest: bytes) -> None:
        """Write one, forced to the disk before anything goes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        replace_text(self._folder / f"{name}.json", manifest.decode("utf-8"), 0o644)

    def read(self, name: str, sha256: str) -> Manifest:
        """What it says.

        Raises
        ------
        IntegrityError
            If it is not what was written.
        UnreadableError
            If it is gone.
        """
        path = self._folder / f"{name}.json"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableError(f"{path} cannot be read: {error.strerror}.", _MEND) from error
        if digest(data) != sha256:
            raise IntegrityError(f"{path} is not what was written.", _MEND)
        return decode(data, str(path))
