"""The manifests of a project's data, in the repository that holds its metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from slidebox.access import ANYONE
from slidebox.access.declared import readers
from slidebox.errors import InputError, UnreadableError
from slidebox.flow.whereabouts import Copy, current
from slidebox.model import Candidate, Lab, Level, StoreKind
from slidebox.provenance import CRATE_FILE
from slidebox.provenance.record import Entry
from slidebox.systems import Systems
from slidebox.transfer.git import GitPlace

FOLDER = "manifests"
"""Where they are in the repository: one folder for each level, so that a crate is named as in its own place."""

Copies = Callable[[str], Sequence[Copy]]
"""Answers with the copies of a dataset."""


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
    """

    place: GitPlace
    files: dict[str, bytes]
    left_out: tuple[str, ...]

    def push(self) -> bool:
        """Write them; whether anything was new.

        Raises
        ------
        UnreadableError
            If git fails.
        IntegrityError
            If the repository has other bytes than were pushed.
        """
        return self.place.beside(FOLDER, self.files, f"slidebox: {len(self.files)} manifest(s)")


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
    place = repository.place
    if not isinstance(place, GitPlace):
        raise UnreadableError(repository.problem or f"{repository.location.name} is not reached.")
    files, left_out = {}, []
    for level in declared.datasets:
        dataset = declared.dataset_id(level)
        if level is Level.METADATA:
            continue  # its own manifest lies beside it
        now = current(copies(dataset), known, dataset)
        if now is None or now.place is None:
            left_out.append(f"{dataset} has no complete copy that can be read")
            continue
        if more := _who_else(lab, systems, repository, now):
            left_out.append(f"{', '.join(more)} may read the repository, and not {dataset}")
            continue
        files[f"{level}/{CRATE_FILE}"] = now.place.manifest() or b""
    return Gathered(place, files, tuple(left_out))


def _repository(project: str, copies: Copies) -> Copy:
    for copy in copies(f"{project}/{Level.METADATA}"):
        if copy.location.kind == StoreKind.GITHUB:
            return copy
    raise InputError(
        f"The metadata of {project} are in no repository.",
        "Declare them as a dataset, and let the plan prefer GitHub for the level `metadata`.",
    )


def _who_else(lab: Lab, systems: Systems, repository: Copy, data: Copy) -> list[str]:
    """Who reads the repository, and not the data."""
    theirs, ours = (_people(lab, systems, copy) for copy in (repository, data))
    return [] if ANYONE in ours else sorted(theirs - ours)


def _people(lab: Lab, systems: Systems, copy: Copy) -> set[str]:
    """Everybody who may read a copy; a team as its members."""
    dataset, _, store = copy.location.id.split("@")
    project, _, level = dataset.partition("/")
    term = lab.projects[project].activity_of(Level(level)).term
    found: set[str] = set()
    for reader in readers(lab, systems, Candidate(dataset, term, store)):
        kind, _, name = reader.principal.partition(":")
        found |= {f"person:{member}" for member in lab.members(name)} if kind == "team" else {reader.principal}
    return found
