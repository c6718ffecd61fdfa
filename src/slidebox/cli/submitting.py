"""What the parts of `slidebox submission` share: what lacks of a project, and where it is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from slidebox import labfile
from slidebox.cli.checking import lab_of
from slidebox.cli.console import Output
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Lab, Level, System, Term
from slidebox.submission import Fault, check_files, kind_of, lacks
from slidebox.systems import load_systems

LARGEST = 200_000_000
"""Bytes of a table that are read: a million wells and more."""


def project_of(lab_dir: Path | None, name: str) -> tuple[Path, Lab]:
    """The nearest lab, which has a project.

    Raises
    ------
    InputError
        If it has not.
    """
    root, lab = lab_of(lab_dir)
    if name not in lab.projects:
        raise InputError(f"The lab has no project {name!r}.", f"It has {', '.join(sorted(lab.projects)) or 'none'}.")
    return root, lab


def levels_of(lab: Lab, name: str, asked: Sequence[str]) -> tuple[Level, ...]:
    """The datasets that are submitted: those asked for, else those that the playbook sends to the archive.

    Raises
    ------
    InputError
        If there are none.
    """
    datasets = lab.projects[name].datasets
    if wrong := [level for level in asked if level not in datasets]:
        raise InputError(f"{name} has no dataset {wrong[0]!r}.", f"It has {', '.join(datasets)}.")
    if asked:
        return tuple(level for level in datasets if level in asked)
    systems = load_systems(lab.file.playbook)
    found = tuple(level for level in datasets if any(System.IDR in systems.preference(level, term) for term in Term))
    if not found:
        raise InputError(f"The playbook sends no dataset of {name} to the archive.", "Name them with --dataset.")
    return found


def faults_of(root: Path, lab: Lab, name: str, levels: Sequence[Level]) -> tuple[Fault, ...]:
    """Everything that stands between a project and its submission, in its declaration and in its tables."""
    positions = labfile.positions(root)
    found = []
    for lack in lacks(lab, name, levels):
        place = positions.of(lack.subject, lack.keys)
        found.append(Fault(place.file, place.line, place.column, lack.cause, lack.cure))
    return (*sorted(found), *check_files(tables_of(root, lab, name)))


def tables_of(root: Path, lab: Lab, name: str) -> Mapping[str, bytes]:
    """The files in the folder of tables that a study names; none where it names none."""
    study = lab.projects[name].study
    if study is None or study.tables is None:
        return {}
    folder = root / study.tables
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", f"Make it, or correct 'tables' in projects/{name}.yaml.")
    return read_folder(folder, study.tables.rstrip("/") + "/")


def read_folder(folder: Path, prefix: str = "") -> dict[str, bytes]:
    """The files of a submission in a folder, by their names behind a prefix.

    Raises
    ------
    UnreadableError
        If one cannot be read.
    """
    found = {}
    for path in sorted(folder.iterdir()):
        if kind_of(path.name) is None or not path.is_file():
            continue
        try:
            if path.stat().st_size > LARGEST:
                raise UnreadableError(f"{path} is larger than any table of a study.", "Move it to another folder.")
            found[prefix + path.name] = path.read_bytes()
        except OSError as error:
            raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
    return found


def show(output: Output, faults: Iterable[Fault]) -> None:
    """Print each fault, wrapped."""
    for fault in faults:
        output.kind("error", str(fault))
