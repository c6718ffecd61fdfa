"""`slidebox submission submit` and `status`: send a project to its archive on somebody's word; ask how far it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import click

from slidebox.biostudies import DONE, REFUSED, SERVICE, ArchiveRef, BioStudies, Submitted
from slidebox.cli.checking import Answer, own_rules
from slidebox.cli.console import Output
from slidebox.cli.evidence import write_evidence
from slidebox.cli.flowing import Desk, asked, confirm, desk
from slidebox.cli.submitting import faults_of, show
from slidebox.cli.transferring import files, listening
from slidebox.errors import InputError, UnreadableError
from slidebox.flow.book import FOLDER
from slidebox.flow.submitting import (
    Question,
    Submitting,
    compare,
    entries_of,
    finish,
    folders_of,
    is_recorded,
    look,
    question,
    require_approver,
)
from slidebox.flow.submitting import submit as send
from slidebox.model import Candidate, Cost, Placement, TermPlan
from slidebox.policy import Rules
from slidebox.provider.archive import find_draft, find_submitted
from slidebox.quantities import human_bytes
from slidebox.submission import mark_of, page
from slidebox.systems import load_systems
from slidebox.transfer.archive import ArchivePlace
from slidebox.transfer.journal import Journal
from slidebox.transfer.ready import Location


@click.command()
@click.argument("project", metavar="PROJECT")
@click.option("--approve", metavar="NAME", help="Who approves: the project's owner or a steward of all its datasets.")
@click.option("--yes", metavar="PROJECT", help="The project's name, where nobody is there to type it.")
@click.option("--reread", is_flag=True, help="Read every byte back, instead of believing what was verified.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def submit(
    lab_dir: Path | None, project: str, approve: str | None, yes: str | None, reread: bool, as_json: bool
) -> int:
    """Send a project to its archive, which opens it on its day of release for ever.

    Says what would be sent and what the rules say of that day; nothing is sent without --approve. Every file
    is compared first. The approval, the accession and the evidence of the gate go into the project's record.
    Exit code 1 where the declaration lacks something or the rules refuse.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    everywhere = _provisioned(found, project)
    folders = folders_of(everywhere, project)
    service = _service(found, folders[0].store)
    with ExitStack() as held:
        held.callback(service.close)
        submitting = look(found.lab, project, _places(found, service, folders, held, reread=reread))
        _require_unsaid(found, submitting)
        faults = faults_of(found.home.lab_root, found.lab, project, submitting.levels)
        if faults:
            show(output, faults)
            output.say("Nothing was sent.")
            output.document({"project": project, "faults": [asdict(fault) for fault in faults], "submitted": False})
            return 1
        rules = held.enter_context(Rules(own=own_rules(found.home.lab_root, found.lab.file)))
        gate = _gate(output, found, rules, submitting, everywhere)
        _announce(output, submitting, gate)
        output.findings(gate.findings)
        document = _document(submitting, gate)
        if gate.refused or approve is None:
            output.say(
                "The rules refuse it, so nothing was sent." if gate.refused else "Say --approve NAME to send it."
            )
            output.document(document | {"submitted": False})
            return int(gate.refused)
        who = require_approver(found.lab, submitting, approve)
        confirm(project, f"{project} becomes public for ever on {gate.day}.", yes, "--yes")
        with listening(as_json) as progress:
            notes = compare(submitting, progress)
        for note in notes:
            output.kind("warning", note)
        accession = submitting.done.accession if submitting.done else send(found.lab, submitting, service)[0]
        evidence = _evidence(found, rules, submitting, gate, accession)
        _record(found, submitting, accession, who, gate, evidence)
        finish(service, submitting.mark)
    output.say(f"{project} is submitted as {accession}, approved by {who}; it opens on {gate.day}.")
    output.say(f"`slidebox submission status {project}` says how far the archive is with it.")
    said = {"submitted": True, "accession": accession, "approved_by": who, "evidence": evidence, "notes": list(notes)}
    output.document(document | said)
    return 0


@click.command()
@click.argument("project", metavar="PROJECT")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def status(lab_dir: Path | None, project: str, as_json: bool) -> int:
    """Ask the archive how far a project's submission is.

    Exit code 1 where the archive has refused it, with its reasons.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    folders = folders_of(_provisioned(found, project), project)
    service = _service(found, folders[0].store)
    mark = mark_of(found.lab, project, folders[0].store)
    try:
        submitted = find_submitted(service, mark, page(found.lab, project, ()).value("Title"))
        draft = None if submitted else find_draft(service, mark)
    finally:
        service.close()
    if submitted is None:
        said = f"a draft, {draft.key}: nothing was submitted" if draft else "neither a draft nor a submission"
        output.say(f"{project} at {SERVICE}: {said}")
        output.document({"project": project, "draft": draft.key if draft else None, "accession": None})
        return 0
    output.say(f"{project} at {SERVICE}: {submitted.accession}, {_in_words(submitted)}")
    for error in submitted.errors:
        output.kind("error", error)
    output.document({"project": project, "draft": None, **asdict(submitted)})
    return int(submitted.status == REFUSED)


def _in_words(submitted: Submitted) -> str:
    day = f"; it opens on {submitted.released}" if submitted.released else ""
    if submitted.status in DONE:
        return f"taken ({submitted.status}){day}"
    if submitted.status == REFUSED:
        return "refused; correct it there, or ask the archive"
    return f"being worked on ({submitted.status}){day}"


def _provisioned(found: Desk, project: str) -> list[Location]:
    """Where the stack has the project's datasets."""
    return [where for dataset in asked(found.lab, [project]) for where in found.whereabouts.provisioned(dataset)]


def _service(found: Desk, store: str) -> BioStudies:
    return BioStudies(ArchiveRef.of(store, found.lab.file.stores[store]))


def _places(
    found: Desk, service: BioStudies, folders: Iterable[Location], held: ExitStack, *, reread: bool
) -> list[tuple[Location, ArchivePlace]]:
    """The folders with what `put` has verified in them, held for this process alone."""
    places = []
    for where in folders:
        name = where.id.partition("@")[0].replace("/", "-")
        journal = Journal(found.home.root / "uploads" / f"{name}.jsonl")
        held.enter_context(journal.open())
        place = ArchivePlace(where.name, service, where.where, key=where.id, journal=journal, reread=reread)
        places.append((where, place))
    return places


def _gate(
    output: Output, found: Desk, rules: Rules, submitting: Submitting, everywhere: Iterable[Location]
) -> Question:
    project = found.lab.projects[submitting.project]
    submitted = {part.location.id for part in submitting.parts}
    others = [
        Candidate(project.dataset_id(level), project.activity_of(level).term, where.store)
        for where in everywhere
        for level in submitting.levels
        if where.id not in submitted and where.id.partition("@")[0] == project.dataset_id(level)
    ]
    with output.working("asking the rules of what becomes public"):
        return question(found.lab, load_systems(found.lab.file.playbook), submitting, others, rules.ask, found.today)


def _announce(output: Output, submitting: Submitting, gate: Question) -> None:
    output.say(f"{submitting.project} would be sent to {SERVICE} as {submitting.title!r}")
    for part in submitting.parts:
        manifest = part.manifest
        output.say(f"  {part.level}: {files(len(manifest.files))}, {human_bytes(manifest.bytes)}, {part.place.name}")
    output.say(f"  anyone can read it from {gate.day} on, for ever")
    if submitting.done:
        output.say(f"It was sent by an earlier run, as {submitting.done.accession}: only the record of it is missing.")


def _evidence(found: Desk, rules: Rules, submitting: Submitting, gate: Question, accession: str) -> str:
    """Keep what was known beside the record; answers the SHA-256 of it."""
    public = tuple(
        TermPlan(
            candidate.dataset,
            candidate.term,
            (Placement(candidate, 1, ("anyone",), Cost(0.0, 0.0, ""), "it is submitted"),),
        )
        for candidate in gate.candidates
    )
    answer = Answer(gate.findings, rules.catalogue(), public=public, facts=(gate.facts,))
    file = found.home.lab_root / FOLDER / "evidence" / f"{submitting.project}-{accession}.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableError(f"{file.parent} cannot be made: {error.strerror}.") from error
    write_evidence(file, found.lab, answer, rules, own_rules(found.home.lab_root, found.lab.file), gate.day)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _require_unsaid(found: Desk, submitting: Submitting) -> None:
    """Insist that the project is not submitted yet, or that the record does not know it.

    Raises
    ------
    InputError
        If both know it.
    """
    done, known = submitting.done, found.book.entries(submitting.project)
    if done and all(is_recorded(known, part.manifest.dataset, done.accession) for part in submitting.parts):
        raise InputError(
            f"{submitting.project} is submitted already, as {done.accession}.",
            "A change of it goes through the archive's curators.",
        )


def _record(found: Desk, submitting: Submitting, accession: str, who: str, gate: Question, evidence: str) -> None:
    """Write what was done into the project's record, but for what an earlier run has written."""
    known = found.book.entries(submitting.project)
    for entry in entries_of(submitting, accession, who, gate.day, evidence):
        if not is_recorded(known, entry.dataset, accession):
            found.book.append(entry)


def _document(submitting: Submitting, gate: Question) -> dict[str, object]:
    return {
        "project": submitting.project,
        "datasets": [part.manifest.dataset for part in submitting.parts],
        "title": submitting.title,
        "files": submitting.files,
        "bytes": submitting.bytes,
        "open_from": gate.day.isoformat(),
        "findings": [asdict(finding) for finding in gate.findings],
        "refused": gate.refused,
    }
