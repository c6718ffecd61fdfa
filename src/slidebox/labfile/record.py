"""``adopted/PROJECT.yaml``: what was found of buckets and folders that were there before slidebox.

`slidebox adopt` writes it once. It is the list of what the engine imports, with each thing as it was on that day: as
long as a dataset stays ``as_is``, the program registers just this, and the rules judge it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from slidebox.errors import DeclarationError, Problem
from slidebox.labfile.complaints import complain
from slidebox.labfile.source import Document, write
from slidebox.model import Level
from slidebox.model.lab import Declared, Name, Text

ADOPTED = "adopted"
"""The folder of the records, beside ``projects``."""

_HEAD = """\
# What `slidebox adopt` found: each bucket or folder as it was on that day, and the id by which the engine imports it.
# Made by slidebox and not to be edited. It counts as long as its dataset says `as_is: true`.
"""
_AGAIN = "Write it anew with `slidebox adopt`, or take it from the repository's history."


class FoundResource(Declared):
    """One thing that the engine imports."""

    type: Text
    """Its type, such as ``slidebox:gcs:Bucket``."""
    name: Text
    """Its name in the stack."""
    id: Text
    """Its id, as its provider reads it."""
    inputs: Mapping[str, Any]
    """What would make it so."""


class FoundPlace(Declared):
    """A bucket, container or folder."""

    level: Level
    """The dataset that it holds."""
    store: Name
    """The store that it is in."""
    resources: tuple[FoundResource, ...] = Field(min_length=1)
    """It and its settings; the first is the place itself."""
    keys: tuple[Text, ...] = ()
    """Whose keys open it that do not end by themselves, as the cloud names them."""
    notes: tuple[Text, ...] = ()
    """What of it no input can say, and what a person should know."""


class Record(Declared):
    """All that was found for a project."""

    project: Name
    """The project."""
    found: dt.date
    """The day."""
    places: tuple[FoundPlace, ...] = Field(min_length=1)
    """What was there."""

    def place(self, level: Level, store: str) -> FoundPlace | None:
        """What was found for a dataset in a store."""
        return next((place for place in self.places if (place.level, place.store) == (level, store)), None)


def record_file(project: str) -> str:
    """The file of a project's record, below the lab's folder."""
    return f"{ADOPTED}/{project}.yaml"


def dump_record(record: Record) -> str:
    """The record as the text of its file."""
    return _HEAD + write(record.model_dump(mode="json", exclude_defaults=True))


def load_record(root: Path, project: str) -> Record:
    """Read a project's record.

    Raises
    ------
    DeclarationError
        If it is not there or not whole, or is of another project.
    """
    name = record_file(project)
    try:
        document = Document(name, (root / name).read_bytes())
    except OSError as error:
        said = f"the record of what was adopted cannot be read: {error.strerror or error}."
        raise DeclarationError((Problem(name, 0, 0, "", said, _AGAIN),)) from error
    if document.problems:
        raise DeclarationError(tuple(document.problems))
    if not isinstance(document.value, dict):
        raise DeclarationError((document.problem((), "expected a mapping of keys to values.", _AGAIN),))
    try:
        record = Record.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        raise DeclarationError(tuple(complain(document, Record, error))) from error
    if record.project != project:
        said = f"this is the record of the project {record.project!r}."
        raise DeclarationError((document.problem(("project",), said, _AGAIN),))
    return record
