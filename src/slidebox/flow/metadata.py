"""The manifests of a project's data, in the repository that holds its metadata.

All of them are gathered by a verb; each is brought there by the put or move that wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from slidebox.access import ANYONE
from slidebox.access.declared import readers
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.flow.whereabouts import Copy, Whereabouts, current
from slidebox.model import Candidate, Lab, Level, StoreKind
from slidebox.provenance import CRATE_FILE
from slidebox.provenance.record import Entry
from slidebox.systems import Systems, load_systems
from slidebox.transfer.git import GitPlace
from slidebox.transfer.ready import Location

FOLDER = "manifests"
"""Where they are in the repository: one folder for each level, so that a crate is named as in its own place."""

Copies = Callable[[str], Sequence[Copy]]
"""Answers with the copies of a dataset."""

Refresh = Callable[[str, Location, bytes], str]
"""Brings a dataset's manifest, which lies in a location, where it belongs; answers why not, or with nothing."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What goes into a project's repository of metadata.

    Attributes
    ----------
    place
        The repository.
    files
        The manifests, by their path below `FOLDER`.
    left_out
        A sentence for each dataset without one.
    gone
        Paths that must not be there; what is neither here nor in `files` stays as it is there.
    """

    place: GitPlace
    files: dict[str, bytes]
    left_out: tuple[str, ...]
    gone: tuple[str, ...] = ()

    def push(self) -> bool:
        """Write them; whether anything was new.

        Raises
        ------
        UnreadableError
            If git fails.
        IntegrityError
            If the repository has other bytes than were pushed.
        """
        files: dict[str, bytes | None] = {**dict.fromkeys(self.gone), **self.files}
        return self.place.beside(FOLDER, files, f"slidebox: {len(self.files)} manifest(s)")


def gather(lab: Lab, systems: Systems, project: str, copies: Copies, entries: Iterable[Entry]) -> Gathered:
    """The manifests of everything that a project keeps, as far as whoever reads the repository may know them.

    A manifest names files, and names of files can tell something about people.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    project
        Its name.
    copies
        Looks for the copies of a dataset.
    entries
        The project's record.

    Raises
    ------
    InputError
        If the project's metadata are in no repository.
    UnreadableError
        If the repository cannot be read.
    """
    declared, known = lab.projects[project], tuple(entries)
    repository = _repository(project, copies)
    place = _reached(repository)
    files, left_out = {}, []
    gone = [_path(level) for level in Level if level not in declared.datasets]
    for level in declared.datasets:
        dataset = declared.dataset_id(level)
        if level is Level.METADATA:
            continue  # its own manifest lies beside it
        now = current(copies(dataset), known, dataset)
        if now is None or now.place is None:
            left_out.append(f"{dataset} has no complete copy that can be read")
        elif more := _who_else(lab, systems, repository.location, now.location):
            left_out.append(_not_theirs(more, dataset))
            gone.append(_path(level))
        else:
            files[_path(level)] = now.place.manifest() or b""
    return Gathered(place, files, tuple(left_out), tuple(gone))


def refresher(lab: Lab, whereabouts: Whereabouts) -> Refresh:
    """What a put or a move tells of a manifest that it has written, for a lab.

    It never fails: the data and their record are written by then. Where the project's metadata are in no repository,
    it does nothing.

    Parameters
    ----------
    lab
        What is declared.
    whereabouts
        Finds the repository.
    """
    return partial(_refresh, lab, whereabouts)


def _refresh(lab: Lab, whereabouts: Whereabouts, dataset: str, where: Location, crate: bytes) -> str:
    project, _, level = dataset.partition("/")
    if Level(level) is Level.METADATA or Level.METADATA not in lab.projects[project].datasets:
        return ""
    late = f"`slidebox metadata {project}` brings the manifest of {dataset} into the repository of metadata later"
    try:
        locations = whereabouts.provisioned(f"{project}/{Level.METADATA}")
        location = next((one for one in locations if one.kind == StoreKind.GITHUB and not one.by_hand), None)
        if location is None:
            return ""
        more = _who_else(lab, load_systems(lab.file.playbook), location, where)
        place, path = _reached(whereabouts.at(location)), _path(Level(level))
        if more:
            Gathered(place, {}, (), gone=(path,)).push()
            return f"its manifest is not among the metadata: {_not_theirs(more, dataset)}"
        Gathered(place, {path: crate}, ()).push()
    except SlideboxError as error:
        return f"{late}: {error}"
    except OSError as error:
        return f"{late}: the repository's working copy cannot be written: {error.strerror}"
    return ""


def _path(level: Level) -> str:
    return f"{level}/{CRATE_FILE}"


def _not_theirs(more: Sequence[str], dataset: str) -> str:
    return f"{', '.join(more)} may read the repository, and not {dataset}"


def _reached(repository: Copy) -> GitPlace:
    """The way into a repository.

    Raises
    ------
    UnreadableError
        If it cannot be read.
    """
    if not isinstance(repository.place, GitPlace):
        raise UnreadableError(repository.problem or f"{repository.location.name} is not reached.")
    return repository.place


def _repository(project: str, copies: Copies) -> Copy:
    for copy in copies(f"{project}/{Level.METADATA}"):
        if copy.location.kind == StoreKind.GITHUB:
            return copy
    raise InputError(
        f"The metadata of {project} are in no repository.",
        "Declare them as a dataset, and let the plan prefer GitHub for the level `metadata`.",
    )


def _who_else(lab: Lab, systems: Systems, repository: Location, data: Location) -> list[str]:
    """Who reads the repository, and not the data."""
    theirs, ours = (_people(lab, systems, where) for where in (repository, data))
    return [] if ANYONE in ours else sorted(theirs - ours)


def _people(lab: Lab, systems: Systems, where: Location) -> set[str]:
    """Everybody who may read a dataset in a location; a team as its members."""
    dataset, _, store = where.id.split("@")
    project, _, level = dataset.partition("/")
    term = lab.projects[project].activity_of(Level(level)).term
    found: set[str] = set()
    for reader in readers(lab, systems, Candidate(dataset, term, store)):
        kind, _, name = reader.principal.partition(":")
        found |= {f"person:{member}" for member in lab.members(name)} if kind == "team" else {reader.principal}
    return found
