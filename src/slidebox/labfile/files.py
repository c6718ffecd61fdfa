"""Reading a lab's folder, all of it or nothing, and writing it back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from slidebox.errors import DeclarationError, InputError, Problem
from slidebox.labfile.complaints import complain, nearest
from slidebox.labfile.places import Unread
from slidebox.labfile.references import check_references
from slidebox.labfile.source import Document, Key, dotted, write
from slidebox.model import Lab, LabFile, Level, Project, Rate, Reading
from slidebox.quantities import Duration, Size

LAB_FILE = "lab.yaml"
PROJECTS = "projects"

_START = "`slidebox init DIR` writes a commented starter lab."
_STAND_IN = {"metadata": {"size": "1 B", "files": 1, "sensitivity": "open"}}

M = TypeVar("M", bound=BaseModel)


class Sources:
    """The files of a lab, and where in them each value stands.

    Parameters
    ----------
    documents
        The files by their name relative to the lab's folder.
    """

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = dict(documents)

    def problem(self, file: str, path: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A fault of the value at a path of a file, such as ``("datasets", "raw_images", "size")``."""
        if file not in self._documents:
            return Problem(file, 0, 0, dotted(path), message, hint)
        return self._documents[file].problem(path, message, hint, key=key)

    def place(self, file: str, path: Sequence[Key]) -> tuple[int, int]:
        """Line and column, from 1, of a value; of the nearest thing around it where it is not written.

        Raises
        ------
        KeyError
            If the lab has no such file.
        """
        return self._documents[file].place(path)


def find_root(start: Path) -> Path:
    """The nearest folder upwards from a folder that has a ``lab.yaml``.

    Raises
    ------
    InputError
        If there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / LAB_FILE).is_file():
            return folder
    raise InputError(f"There is no {LAB_FILE} in {start} or in a folder above it.", _START)


def load(root: Path) -> Lab:
    """Read ``lab.yaml`` and ``projects/*.yaml`` of a folder.

    Raises
    ------
    DeclarationError
        With every fault of every file; nothing is half loaded.
    """
    return load_with_sources(root)[0]


def load_with_sources(root: Path) -> tuple[Lab, Sources]:
    """Read a lab's folder, and keep the place of every value.

    Raises
    ------
    DeclarationError
        With every fault of every file.
    """
    reading = _Reading(root)
    lab = reading.lab()
    if lab is None or reading.problems:
        raise DeclarationError(_sorted(reading.problems))
    return lab, Sources(reading.documents)


def load_lab_file(root: Path) -> LabFile:
    """Read ``lab.yaml`` alone, for projects that are declared in Python.

    Raises
    ------
    DeclarationError
        With every fault of the file.
    """
    reading = _Reading(root)
    file = reading.model(LAB_FILE, LabFile)
    if file is not None and not reading.problems:
        lab = Lab(file=file, projects={})
        reading.problems += check_references(lab, Sources(reading.documents), Unread())
    if file is None or reading.problems:
        raise DeclarationError(_sorted(reading.problems))
    return file


def dump(lab: Lab) -> dict[str, str]:
    """The files of a lab by name, as text that `load` reads back to an equal lab.

    What nobody wrote is left out; sizes and durations keep the unit they were written with.
    """
    files = {LAB_FILE: write(_plain(lab.file))}
    for name, project in lab.projects.items():
        files[f"{PROJECTS}/{name}.yaml"] = write(_plain(project))
    return files


def _plain(value: Any) -> Any:
    """A declared value as mappings, lists, text, numbers and truth values, without what nobody wrote."""
    if isinstance(value, BaseModel):
        told = {name: getattr(value, name) for name, field in type(value).model_fields.items() if _said(value, name)}
        return {name: _plain(inner) for name, inner in told.items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    # Words, dates and quantities are written as what they are called; numbers and truth values are themselves.
    return str(value) if isinstance(value, StrEnum | dt.date | Size | Duration | Rate | Reading) else value


def _said(model: BaseModel, name: str) -> bool:
    """Whether a key has to be written: to write a default can mean more than to say nothing, as a region does."""
    field, value = type(model).model_fields[name], getattr(model, name)
    if name in model.model_fields_set and value not in (None, (), {}):
        return True
    return field.is_required() or value != field.get_default(call_default_factory=True, validated_data={})


def _sorted(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Problems by file and line, lab.yaml first."""
    return tuple(sorted(problems, key=lambda p: (p.file != LAB_FILE, p.file, p.line, p.column, p.key)))


class _Reading:
    """One pass over a lab's folder that collects faults and goes on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.documents: dict[str, Document] = {}
        self._unread: dict[str, set[str]] = {
            kind: set() for kind in ("people", "teams", "services", "stores", "agreements", "datasets")
        }

    def lab(self) -> Lab | None:
        """Everything that could be read; None if too little could to say more about it."""
        file = self.model(LAB_FILE, LabFile)
        projects: dict[str, Project] = {}
        for path in self._project_files():
            project = self.model(f"{PROJECTS}/{path.name}", Project)
            if project is None:
                self._unread["datasets"].add(path.stem)
            else:
                projects[path.stem] = project
        if file is None:
            return None
        lab = Lab.model_construct(file=file, projects=projects)
        unread = Unread(**{kind: frozenset(names) for kind, names in self._unread.items()})
        self.problems += check_references(lab, Sources(self.documents), unread)
        return lab

    def model(self, name: str, model: type[M]) -> M | None:
        """Read one file; what is wrong with it is noted, and what is left of it is given back."""
        document = self._document(name)
        if document is None or document.value is None:
            return None
        if not isinstance(document.value, dict):
            hint = f"It begins with '{next(iter(model.model_fields))}: …'."
            self.problems.append(document.problem((), "expected a mapping of keys to values.", hint))
            return None
        # JSON in strict mode: no truth value passes for a number and no number for a date.
        text = json.dumps(document.value)
        try:
            return model.model_validate_json(text, strict=True)
        except ValidationError as error:
            self.problems += complain(document, model, error)
            return self._rest(json.loads(text), model, error, document.name)

    def _document(self, name: str) -> Document | None:
        try:
            data = (self.root / name).read_bytes()
        except FileNotFoundError:
            # A link to nowhere is a file that cannot be read, not one that was forgotten.
            missing = not (self.root / name).is_symlink()
            said = "there is no such file." if missing else "this link leads nowhere."
            self.problems.append(Problem(name, 0, 0, "", said, _START if name == LAB_FILE and missing else ""))
            return None
        except OSError as error:
            said = f"the file cannot be read: {error.strerror}."
            self.problems.append(Problem(name, 0, 0, "", said, "Check that it is a file that you may read."))
            return None
        document = Document(name, data)
        self.documents[name] = document
        self.problems += document.problems
        return document

    def _project_files(self) -> list[Path]:
        folder = self.root / PROJECTS
        if not folder.is_dir():
            said = "there is no such folder."
            self.problems.append(Problem(PROJECTS, 0, 0, "", said, "Make it, with one NAME.yaml for each project."))
            return []
        files = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
        for path in files:
            if path.suffix in (".yml", ".YAML", ".YML", ".json"):
                name, hint = f"{PROJECTS}/{path.name}", f"Rename it to {path.stem}.yaml."
                self.problems.append(Problem(name, 0, 0, "", "only files named NAME.yaml are read here.", hint))
        found = [p for p in files if p.suffix == ".yaml"]
        if not found and not any(p.file.startswith(PROJECTS) for p in self.problems):
            said = "there is no project in this folder."
            self.problems.append(Problem(PROJECTS, 0, 0, "", said, "Write one NAME.yaml for each project."))
        return found

    def _rest(self, value: Any, model: type[M], error: ValidationError, name: str) -> M | None:
        """Leave out what a model refuses, so that names in the rest can be checked in the same run."""
        current: ValidationError = error
        for _ in range(12):
            for detail in current.errors(include_url=False, include_context=False, include_input=False):
                location = _unit(detail["loc"], detail["type"])
                if not location or not _remove(value, location, self._note(name)):
                    return None
            if not value.get("datasets", True):
                # Owner and audience can be checked although no dataset can.
                value["datasets"] = _STAND_IN
                self._unread["datasets"].add(name.removeprefix(f"{PROJECTS}/").removesuffix(".yaml"))
            try:
                return model.model_validate_json(json.dumps(value), strict=True)
            except ValidationError as again:
                current = again
        return None

    def _note(self, name: str) -> _Note:
        return _Note(self._unread, name.removeprefix(f"{PROJECTS}/").removesuffix(".yaml"))


class _Note:
    """Notes the names that are declared but left out."""

    def __init__(self, unread: dict[str, set[str]], project: str) -> None:
        self._unread = unread
        self._project = project

    def __call__(self, path: Sequence[Key], value: Any) -> None:
        kind = str(path[0])
        names = [str(path[1])] if len(path) > 1 else [str(n) for n in value] if isinstance(value, dict) else []
        if kind == "datasets":
            self._unread[kind].update(f"{self._project}/{name}" for name in names)
            # A level that is misspelt may be the parent that others rightly name.
            for name in names:
                meant = nearest(name, Level)
                self._unread[kind].update(f"{self._project}/{level}" for level in Level if f"'{level}'" in meant)
        elif kind in self._unread and len(path) <= 2:
            self._unread[kind].update(names)


def _unit(location: tuple[Key, ...], kind: str) -> tuple[Key, ...]:
    """What has to be left out whole: half a dataset would raise complaints that are not true."""
    if location[0] == "datasets" and len(location) > 2 and kind != "extra_forbidden":
        return location[:2]
    return location[:-1] if kind == "missing" else location


def _remove(value: Any, location: Sequence[Key], note: _Note) -> bool:
    """Delete the value at a location; what unions and keys add to a location's end does not count."""
    path: list[Key] = []
    holder, step = None, None
    for key in location:
        if isinstance(value, dict) and key in value:
            holder, step, value = value, key, value[key]
        elif isinstance(value, list):
            break  # lists are left out whole: the others' indexes stay true
        else:
            break
        path.append(key)
    if holder is None:
        # Already left out, with something around it.
        return True
    if len(path) < len(location) and isinstance(value, dict) and not str(location[-1]).startswith("["):
        return True
    del holder[step]
    note(path, value)
    return True
