"""Where in the lab's files something is declared, for those who have to change it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slidebox.labfile.source import Document, Key

_LAB_FILE = "lab.yaml"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in one of the lab's files.

    Attributes
    ----------
    file
        The file's name relative to the lab's folder.
    line, column
        Both counted from 1.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Positions:
    """Answers where a project, a dataset, a location or a waiver is declared.

    Parameters
    ----------
    root
        The lab's folder. A file is read when the first question about it is asked.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._documents: dict[str, Document | None] = {}

    def of(self, subject: str, keys: tuple[str, ...] = ()) -> Position:
        """The place of a subject's declaration, or of a key below it.

        Parameters
        ----------
        subject
            A project, a dataset (``project/level``), a location (``project/level@term@store``: its dataset),
            a waiver (``project#1``: the first of the project), or the lab itself: ``lab`` or nothing.
        keys
            A more specific key below the subject, such as ``("step", "commit")``; indexes of lists as digits.

        Returns
        -------
        Position
            Of the key; of the nearest thing around it where it is not written. What is declared in no file, as
            projects written in Python are, is answered with the beginning of ``lab.yaml``.
        """
        file, path = self._path(subject)
        document = self._document(file)
        if document is None:
            return Position(_LAB_FILE, 1, 1)
        known = _known(document, (*path, *keys))
        if not known:
            # A project's own line is the one that names it; the lab is the whole file.
            return Position(file, *((1, 1) if file == _LAB_FILE else document.place(("project",), key=True)))
        return Position(file, *document.place(known, key=True))

    def _path(self, subject: str) -> tuple[str, tuple[str, ...]]:
        dataset = subject.partition("@")[0]
        project, _, waiver = dataset.partition("#")
        project, _, level = project.partition("/")
        file = f"projects/{project}.yaml"
        if not project or (project == "lab" and self._document(file) is None):
            return _LAB_FILE, ()
        if waiver.isdigit():
            return file, ("waivers", str(int(waiver) - 1))
        return file, ("datasets", level) if level else ()

    def _document(self, file: str) -> Document | None:
        if file not in self._documents:
            try:
                self._documents[file] = Document(file, (self._root / file).read_bytes())
            except OSError:
                self._documents[file] = None
        return self._documents[file]


def positions(root: Path) -> Positions:
    """Where things are declared in a lab's folder."""
    return Positions(root)


def _known(document: Document, path: tuple[str, ...]) -> tuple[Key, ...]:
    """The part of a path that the file has, with indexes as numbers."""
    value, known = document.value, []
    for step in path:
        if isinstance(value, dict) and step in value:
            key: Key = step
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            key = int(step)
        else:
            break
        known.append(key)
        value = value[key]
    return tuple(known)
