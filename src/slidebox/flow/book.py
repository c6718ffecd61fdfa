"""The record of a project as a file: `record/PROJECT.jsonl` beside the lab's files, only ever appended to."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from slidebox import __version__
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.home import PRIVATE_FILE, Home, replace_text
from slidebox.provenance.record import Entry, Record, hashed, read_record
from slidebox.transfer.journal import lock

FOLDER = "record"
"""Where the records lie, beside lab.yaml: they belong to the lab and are committed with its files."""


def now() -> str:
    """The present moment, as entries have it."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat()


def who() -> str:
    """The account and the machine."""
    with suppress(OSError, KeyError):
        return f"{getpass.getuser()}@{platform.node()}"
    return f"{os.getuid()}@{platform.node()}"


class Book:
    """The records of a lab.

    Parameters
    ----------
    home
        The lab's folder of state, which remembers how far each record was written on this machine.
    clock
        Answers with the present moment.
    author
        Answers with who works.
    """

    def __init__(self, home: Home, clock: Callable[[], str] = now, author: Callable[[], str] = who) -> None:
        self._home = home
        self._clock = clock
        self._author = author

    def path(self, project: str) -> Path:
        """The file of a project's record."""
        return self._home.lab_root / FOLDER / f"{project}.jsonl"

    def _head(self, project: str) -> Path:
        return self._home.root / FOLDER / project

    def read(self, project: str) -> Record:
        """The record of a project, as far as it holds.

        Raises
        ------
        UnreadableError
            If the file is there and cannot be read.
        """
        try:
            data = self.path(project).read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise UnreadableError(f"{self.path(project)} cannot be read: {error.strerror}.") from error
        # What a killed process left without its end was never said to be written.
        whole = data[: data.rfind(b"\n") + 1]
        return read_record(whole.decode("utf-8", "replace").split("\n")[:-1], self._known(project))

    def _known(self, project: str) -> tuple[int, str] | None:
        try:
            number, _, head = self._head(project).read_text(encoding="utf-8").strip().partition(" ")
            return int(number), head
        except (OSError, ValueError):
            return None

    def entries(self, project: str) -> tuple[Entry, ...]:
        """The entries of a project's record.

        Raises
        ------
        IntegrityError
            If its chain does not hold: then nothing that it says counts.
        """
        return self._whole(project, self.read(project)).entries

    def _whole(self, project: str, record: Record) -> Record:
        if record.broken:
            raise IntegrityError(
                f"{self.path(project)}:{record.broken.line}: {record.broken.why}.",
                "Bring the file back from the lab's own repository (`git log -p` shows what changed).",
            )
        return record

    def append(self, said: Entry) -> Entry:
        """Write one entry, forced to the disk before it counts.

        Parameters
        ----------
        said
            What was done; when, by whom and after which entry is added here.

        Raises
        ------
        IntegrityError
            If the chain before it does not hold.
        UnreadableError
            If it cannot be written.
        """
        project = said.dataset.partition("/")[0]
        path = self.path(project)
        with self._opened(project) as file:
            record = self._whole(project, self.read(project))
            entry = record.next(replace(said, at=self._clock(), by=self._author(), version=__version__))
            line = entry.line()
            try:
                _append(file, line)
            except OSError as error:
                raise UnreadableError(f"{path} cannot be written: {error.strerror}.", "Make room for it.") from error
        head = self._head(project)
        head.parent.mkdir(parents=True, exist_ok=True)
        replace_text(head, f"{entry.number} {hashed(line)}\n", PRIVATE_FILE)
        return entry

    @contextmanager
    def _opened(self, project: str) -> Iterator[BinaryIO]:
        """The file, held for this process alone; others are waited for, as an entry is soon written."""
        path = self.path(project)
        try:
            path.parent.mkdir(exist_ok=True)
            file = path.open("a+b")
        except OSError as error:
            raise UnreadableError(f"{path} cannot be written: {error.strerror}.") from error
        with file:
            _wait_for(file, path)
            yield file


def _wait_for(file: BinaryIO, path: Path) -> None:
    for _ in range(100):
        try:
            lock(file, f"Another process writes {path} and does not end.")
        except InputError:
            time.sleep(0.1)
        else:
            return
    lock(file, f"Another process writes {path} and does not end.")


def _append(file: BinaryIO, line: str) -> None:
    """Write a line at the end; what was left half-written there goes."""
    file.seek(0)
    data = file.read()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        file.truncate(end)
    try:
        file.write(line.encode("utf-8") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            file.truncate(end)
        raise
