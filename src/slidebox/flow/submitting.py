"""Submit a project to an archive: what would be sent, what the rules say of the day it opens, and that it is sent once.

A submission that was taken opens on its day of release by itself. So it is asked about as of that day, is sent only
on a named person's word, and is found again by its mark: a run that is killed after it was sent never sends it twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slidebox.biostudies import SERVICE, BioStudies, Submitted
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.facts import FactBook
from slidebox.flow import publishing
from slidebox.model import Candidate, Finding, Gate, Lab, Level, StoreKind
from slidebox.provenance import FileEntry, Manifest, decode, digest
from slidebox.provenance.record import Act, Entry, Spot
from slidebox.provider.archive import find_draft, find_submitted
from slidebox.submission import (
    file_list_of,
    files_from_tsv,
    files_to_tsv,
    mark_of,
    page,
    release_of,
    root_of,
    to_tsv,
)
from slidebox.systems import Systems
from slidebox.transfer.archive import ArchivePlace
from slidebox.transfer.places import Content, Held, Progress
from slidebox.transfer.ready import Location

Ask = Callable[[Mapping[str, Any]], Iterable[Finding]]
"""Asks the rules about a facts document."""


@dataclass(frozen=True, slots=True)
class Part:
    """A dataset of a submission.

    Attributes
    ----------
    level
        Which.
    location
        Its folder at the archive.
    manifest
        What it holds by its own manifest.
    crate
        SHA-256 of that manifest's bytes.
    place
        The way in.
    """

    level: Level
    location: Location
    manifest: Manifest = field(repr=False)
    crate: str
    place: ArchivePlace = field(repr=False)

    @property
    def spot(self) -> Spot:
        """The folder as the record has it."""
        where = self.location
        return Spot(where.id, where.store, where.kind, where.where)


@dataclass(frozen=True, slots=True)
class Submitting:
    """A submission that is about to happen.

    Attributes
    ----------
    project, store
        Of what, and where.
    parts
        Its datasets.
    title
        As the archive will show it.
    mark
        What it is found again by.
    release
        The day on which it opens.
    done
        What the archive has of it already, from a run before; None where it has nothing.
    """

    project: str
    store: str
    parts: tuple[Part, ...]
    title: str
    mark: str
    release: dt.date
    done: Submitted | None = None

    @property
    def levels(self) -> tuple[Level, ...]:
        """The datasets."""
        return tuple(part.level for part in self.parts)

    @property
    def files(self) -> int:
        """How many files it has."""
        return sum(len(part.manifest.files) for part in self.parts)

    @property
    def bytes(self) -> int:
        """How many bytes they have."""
        return sum(part.manifest.bytes for part in self.parts)


def folders_of(locations: Iterable[Location], project: str) -> tuple[Location, ...]:
    """The folders of a project's datasets at its archive.

    Raises
    ------
    InputError
        If there are none, or in several stores.
    """
    found = tuple(where for where in locations if where.kind == StoreKind.ARCHIVE)
    if not found:
        raise InputError(
            f"{project} has no dataset at an archive.",
            "Plan one into a store of kind archive, run `pulumi up`, and put it.",
        )
    stores = sorted({where.store for where in found})
    if len(stores) > 1:
        raise InputError(f"{project} has datasets at several archives: {', '.join(stores)}.", "Submit to one of them.")
    return found


def look(lab: Lab, project: str, places: Sequence[tuple[Location, ArchivePlace]]) -> Submitting:
    """What would be submitted; each dataset has to be there whole.

    Raises
    ------
    UnreadableError
        If one has no manifest: it was not put, or not to its end.
    """
    store, service = places[0][0].store, places[0][1].service
    mark, title = mark_of(lab, project, store), page(lab, project, ()).value("Title")
    done = find_submitted(service, mark, title)
    parts = []
    for where, place in places:
        dataset = where.id.partition("@")[0]
        data = place.manifest()
        if data is None:
            raise UnreadableError(f"{dataset} is not whole in {place.name}.", f"Run `slidebox put {dataset} FOLDER`.")
        manifest = decode(data, f"The manifest in {place.name}")
        parts.append(Part(manifest.level, where, manifest, digest(data), place))
    release = release_of(lab.projects[project], [part.level for part in parts])
    if release is None:
        raise InputError(f"{project} has no day of release.", "Write it as 'release' of the study.")
    return Submitting(project, store, tuple(parts), title, mark, release, done)


# The gate


@dataclass(frozen=True, slots=True)
class Question:
    """What the publish gate was asked about a submission.

    Attributes
    ----------
    candidates
        The datasets in their store.
    day
        The day on which anyone can read them.
    facts
        The document.
    findings
        What the rules say.
    """

    candidates: tuple[Candidate, ...]
    day: dt.date
    facts: Mapping[str, Any] = field(repr=False)
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether a rule refuses it."""
        return any(finding.refuses for finding in self.findings)


def question(
    lab: Lab, systems: Systems, submitting: Submitting, others: Iterable[Candidate], ask: Ask, today: dt.date
) -> Question:
    """Ask the publish gate about a submission, as of the day on which it opens.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    submitting
        What would be submitted.
    others
        Other places of its datasets.
    ask
        Asks the rules.
    today
        The day.
    """
    project = lab.projects[submitting.project]
    day = max(today, submitting.release)
    candidates = tuple(
        publishing.candidate_on(lab, project.dataset_id(level), submitting.store, day, today)
        for level in submitting.levels
    )
    # Whose access has ended by then reads nothing on that day.
    facts = FactBook(lab.present(day), systems).document([*candidates, *others], gate=Gate.PUBLISH, now=day)
    asked = {candidate.dataset for candidate in candidates}
    findings = tuple(f for f in ask(facts) if f.subject.partition("@")[0] in asked or "/" not in f.subject)
    return Question(candidates, day, facts, findings)


def require_approver(lab: Lab, submitting: Submitting, name: str) -> str:
    """The full name of a person who may approve a submission: the project's owner, or a steward of all its datasets.

    Raises
    ------
    InputError
        If it is nobody who answers for all of it.
    """
    names = [publishing.require_approver(lab, part.manifest.dataset, name) for part in submitting.parts]
    return names[0]


# Sending


def compare(submitting: Submitting, progress: Progress) -> tuple[str, ...]:
    """Compare what is at the archive with the manifests, by number, size and SHA-256 of the files.

    What was verified when it was sent is believed while its size stays; everything else is read back.

    Returns
    -------
    tuple of str
        What a person should know: files that lie there and are not submitted.

    Raises
    ------
    IntegrityError
        If a file lacks, or has other bytes.
    """
    notes = []
    progress.start(submitting.project, submitting.bytes)
    for part in submitting.parts:
        sizes, wanted = part.place.sizes(), part.manifest.by_path
        lacking = sorted(path for path, entry in wanted.items() if sizes.get(path) != entry.size)
        if not lacking:
            lacking = list(_other(part, progress))
        if lacking:
            raise IntegrityError(
                f"{len(lacking)} of {len(wanted)} files of {part.manifest.dataset} are not in {part.place.name} as "
                f"they were put there, such as {lacking[0]}.",
                f"Run `slidebox put {part.manifest.dataset} FOLDER` again: it sends what lacks.",
            )
        if others := sorted(set(sizes) - set(wanted)):
            notes.append(f"{len(others)} other files lie in {part.place.name} and are not submitted: {others[0]} …")
    return tuple(notes)


def _other(part: Part, progress: Progress) -> Iterator[str]:
    for entry in part.manifest.files:
        if part.place.holds(Content(entry)) is not Held.SAME:
            yield entry.path
        progress.advance(entry.size)


def submit(lab: Lab, submitting: Submitting, service: BioStudies) -> tuple[str, int]:
    """Send the lists of files and the PageTab; answers accession and version.

    Raises
    ------
    IntegrityError
        If the archive has another list of files than was sent.
    UnreadableError
        If it refuses.
    """
    root = root_of(lab, submitting.project)
    for part in submitting.parts:
        _send_list(service, f"{root}/{file_list_of(part.level)}", part.manifest.files, part.level.value)
    whole = page(lab, submitting.project, submitting.levels, mark=submitting.mark)
    return service.submit("submission.tsv", to_tsv(whole).encode("utf-8"))


def _send_list(service: BioStudies, path: str, files: Sequence[FileEntry], below: str) -> None:
    """Send a list of files, and insist that the archive has it."""
    data = files_to_tsv(files, below).encode("utf-8")
    service.send(path, len(data), lambda: iter([data]))
    with service.read(path) as pieces:
        there = b"".join(pieces)
    if there != data or files_from_tsv(there.decode("utf-8"), below) != tuple(sorted(files)):
        raise IntegrityError(f"{path} was sent to {SERVICE}, which has another one.", "Run the same command again.")


def finish(service: BioStudies, mark: str) -> None:
    """Delete the draft of what was submitted."""
    draft = find_draft(service, mark)
    if draft is not None:
        service.remove_draft(draft.key)


def entries_of(submitting: Submitting, accession: str, approved_by: str, day: dt.date, evidence: str) -> list[Entry]:
    """The entries of the record for a submission: one for each dataset.

    Parameters
    ----------
    submitting, accession
        What was submitted, and what the archive calls it.
    approved_by
        The full name of who approved.
    day
        From when anyone can read it.
    evidence
        SHA-256 of the evidence of the gate.
    """
    return [
        Entry(
            act=Act.PUBLISH,
            dataset=part.manifest.dataset,
            spots=(part.spot,),
            files=len(part.manifest.files),
            bytes=part.manifest.bytes,
            manifest=part.crate,
            note=f"{accession}, open from {day}, approved by {approved_by}, evidence {evidence}",
        )
        for part in submitting.parts
    ]


def is_recorded(entries: Iterable[Entry], dataset: str, accession: str) -> bool:
    """Whether the record knows that a dataset was submitted."""
    return any(
        entry.act is Act.PUBLISH and entry.dataset == dataset and entry.note.startswith(f"{accession},")
        for entry in entries
    )
