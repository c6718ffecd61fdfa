"""Publish a deposit: what would become public, what the rules say of it on that day, and who may say yes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slidebox.deposits.about import About
from slidebox.deposits.repository import Deposit, Repository
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.facts import FactBook
from slidebox.model import DEPOSITS, Candidate, Finding, Gate, Lab, Level, Role, Term
from slidebox.provenance import CRATE_FILE, Manifest, decode, digest
from slidebox.provenance.record import Act, Entry, Spot
from slidebox.systems import Systems
from slidebox.transfer.deposits import DepositPlace
from slidebox.transfer.ready import Location

Ask = Callable[[Mapping[str, Any]], Iterable[Finding]]
"""Asks the rules about a facts document."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the publish gate is asked about a deposit.

    Attributes
    ----------
    candidate
        The dataset in its store, in the term in which it is public.
    day
        The first day on which anyone can read its files: today, or the end of its embargo.
    facts
        The document.
    findings
        What the rules say.
    """

    candidate: Candidate
    day: dt.date
    facts: Mapping[str, Any] = field(repr=False)
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether a rule refuses it."""
        return any(finding.refuses for finding in self.findings)


def question(
    lab: Lab, systems: Systems, dataset_id: str, store: str, others: Sequence[Candidate], ask: Ask, today: dt.date
) -> Question:
    """Ask the publish gate about a deposit, as of the day on which anyone can read it.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    dataset_id, store
        The dataset, and the store of its deposit.
    others
        Its other places.
    ask
        Asks the rules.
    today
        The day.
    """
    project, level = lab.projects[dataset_id.partition("/")[0]], Level(dataset_id.partition("/")[2])
    embargo = project.embargo_of(level)
    day = max(today, embargo) if embargo else today
    candidate = candidate_on(lab, dataset_id, store, day, today)
    # Whose access has ended by then reads nothing on that day.
    facts = FactBook(lab.present(day), systems).document([candidate, *others], gate=Gate.PUBLISH, now=day)
    findings = tuple(finding for finding in ask(facts) if _concerns(finding.subject, dataset_id))
    return Question(candidate, day, facts, findings)


def candidate_on(lab: Lab, dataset_id: str, store: str, day: dt.date, today: dt.date) -> Candidate:
    """A dataset in its store, in the term in which it is public on a day."""
    project, level = lab.projects[dataset_id.partition("/")[0]], Level(dataset_id.partition("/")[2])
    term = project.activity_of(level).term
    if day > today:
        # It is public only later: in the first term in which it is declared to be, where there is one.
        term = next((later for later in Term if project.public_in(level, later)), term)
    return Candidate(dataset_id, term, store)


def _concerns(subject: str, dataset_id: str) -> bool:
    """Whether a finding is about a dataset, or about nothing that another dataset has."""
    named = subject.partition("@")[0]
    return named == dataset_id or "/" not in named


def deposit_of(locations: Iterable[Location], dataset_id: str, store: str | None) -> Location:
    """The deposit that is meant.

    Raises
    ------
    InputError
        If there is none, or several.
    """
    found = [one for one in locations if one.kind in DEPOSITS and store in (None, one.store)]
    if not found:
        raise InputError(
            f"{dataset_id} has no deposit{f' in {store}' if store else ''}.",
            "Plan it into a store of kind zenodo or figshare, and run `pulumi up`.",
        )
    if len(found) > 1:
        names = ", ".join(one.store for one in found)
        raise InputError(f"{dataset_id} has several deposits, in {names}.", "Say which with --store.")
    return found[0]


def require_approver(lab: Lab, dataset_id: str, name: str) -> str:
    """The full name of a person who may approve the publication of a dataset.

    Raises
    ------
    InputError
        If it is nobody who answers for it: neither the project's owner nor a steward of the dataset.
    """
    project, level = lab.projects[dataset_id.partition("/")[0]], Level(dataset_id.partition("/")[2])
    stewards = {person for who in project.audience_of(level).of(Role.STEWARD) for person in lab.members(who)}
    able = {project.owner} | stewards
    person = lab.file.people.get(name)
    # Who has left is in no audience any more, but may still be named as a project's owner.
    if person is None or name not in able or person.organisation or person.left:
        raise InputError(
            f"{name!r} cannot approve that {dataset_id} is published.",
            f"Its owner and its stewards can: {', '.join(sorted(able))}.",
        )
    return person.name


@dataclass(frozen=True, slots=True)
class Publishing:
    """A publication that is about to happen.

    Attributes
    ----------
    dataset
        ``project/level``.
    location
        Where its deposit is.
    deposit
        The draft; what is published already where `done`.
    manifest, crate
        What it holds, and the SHA-256 of its manifest.
    done
        Whether it is published already.
    """

    dataset: str
    location: Location
    deposit: Deposit
    manifest: Manifest = field(repr=False)
    crate: str
    done: bool

    @property
    def spot(self) -> Spot:
        """The place as the record has it."""
        return Spot(self.location.id, self.location.store, self.location.kind, self.location.where)


def look(dataset_id: str, location: Location, service: Repository) -> Publishing:
    """The version of a deposit that would be published, which has to be complete.

    Raises
    ------
    UnreadableError
        If it is gone or not complete.
    IntegrityError
        If a file that its manifest lists is missing or has another size.
    """
    first = service.get(location.where)
    if first is None:
        raise UnreadableError(f"{location.name} is gone.", "Run `pulumi refresh`, then `pulumi up`.")
    newest = service.latest(first)[0]
    place = DepositPlace(location.name, lambda: service, location.where)
    stored = newest.files.get(CRATE_FILE)
    if stored is None:
        raise UnreadableError(
            f"{location.name} is not complete: it has no manifest.", f"Run `slidebox put {dataset_id} FOLDER` again."
        )
    with service.read(newest, stored) as pieces:
        data = b"".join(pieces)
    manifest = decode(data, f"The manifest in {location.name}")
    if manifest.dataset != dataset_id:
        raise InputError(f"{location.name} holds {manifest.dataset}, not {dataset_id}.", "Check the lab's files.")
    for entry in manifest.files:
        if place.size(entry.path) != entry.size:
            raise IntegrityError(
                f"{entry.path} is missing or damaged in {location.name}.",
                f"Put {dataset_id} again before it is published.",
            )
    return Publishing(dataset_id, location, newest, manifest, digest(data), newest.published)


def publish(found: Publishing, service: Repository, about: About, mark: str, today: dt.date) -> Deposit:
    """Write what is declared into the draft, make sure that it is there, and publish it.

    Raises
    ------
    IntegrityError
        If the draft does not say the embargo or the licence that was approved.
    """
    draft = service.change(found.deposit, about, mark)
    wanted = about.embargo if about.embargoed(today) else ""
    if draft.embargo != wanted or (about.licence and not draft.licence):
        raise IntegrityError(
            f"{draft.url} does not say what was approved: embargo {draft.embargo or 'none'}, "
            f"licence {draft.licence or 'none'}.",
            "Nothing was published. Look at its page, and run it again.",
        )
    return service.publish(draft, about, today)


def publish_entry(found: Publishing, published: Deposit, approved_by: str, day: dt.date, evidence: str) -> Entry:
    """The entry of the record for a publication.

    Parameters
    ----------
    found, published
        What was to be published, and what is.
    approved_by
        The full name of who approved.
    day
        From when anyone can read the files.
    evidence
        SHA-256 of the evidence of the gate.
    """
    return Entry(
        act=Act.PUBLISH,
        dataset=found.dataset,
        spots=(found.spot,),
        files=len(found.manifest.files),
        bytes=found.manifest.bytes,
        manifest=found.crate,
        note=f"{published.doi}, open from {day}, approved by {approved_by}, evidence {evidence}",
    )


def is_recorded(entries: Iterable[Entry], deposit: Deposit) -> bool:
    """Whether the record knows that a deposit was published."""
    return any(entry.act is Act.PUBLISH and entry.note.startswith(f"{deposit.doi},") for entry in entries)
