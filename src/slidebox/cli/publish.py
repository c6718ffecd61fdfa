"""`slidebox publish`: make a deposit public, through the gate and on somebody's word."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

import click

from slidebox.cli.checking import Answer, own_rules
from slidebox.cli.console import Output
from slidebox.cli.evidence import write_evidence
from slidebox.cli.flowing import Desk, asked, confirm, desk
from slidebox.cli.transferring import files, listening
from slidebox.deposits.about import About, about_of, mark_of
from slidebox.deposits.opening import DepositRef
from slidebox.errors import InputError
from slidebox.facts import tags
from slidebox.flow.book import FOLDER
from slidebox.flow.moving import read_back
from slidebox.flow.publishing import (
    Publishing,
    Question,
    deposit_of,
    is_recorded,
    look,
    publish,
    publish_entry,
    question,
    require_approver,
)
from slidebox.model import Candidate, Cost, Level, Placement, Term, TermPlan
from slidebox.policy import Rules
from slidebox.quantities import human_bytes
from slidebox.systems import load_systems
from slidebox.transfer.deposits import DepositPlace


@click.command(name="publish")
@click.argument("dataset", metavar="PROJECT/LEVEL")
@click.option("--approve", metavar="NAME", help="Who approves: the project's owner or a steward of the dataset.")
@click.option("--yes", metavar="PROJECT/LEVEL", help="The dataset's name, where nobody is there to type it.")
@click.option("--store", metavar="STORE", help="Which deposit, where it has several.")
@click.option("--reread", is_flag=True, help="Read every byte of the draft back before it is published.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    *,
    dataset: str,
    approve: str | None,
    yes: str | None,
    store: str | None,
    reread: bool,
    as_json: bool,
) -> int:
    """Publish the deposit of a dataset: its DOI is registered, and it can never be taken back.

    Says what would become public and what the rules say of it; nothing is published without --approve. The
    approval, the DOI and the evidence of the gate go into the project's record. Exit code 1 where the rules refuse.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    asked(found.lab, [dataset])
    where = deposit_of(found.whereabouts.provisioned(dataset), dataset, store)
    declared = found.lab.file.stores[where.store]
    service = DepositRef.of(where.store, declared).open(found.today)
    publishing = look(dataset, where, service)
    about = about_of(found.lab, dataset, where.store, tags(found.lab, dataset))
    if publishing.done and is_recorded(found.entries(dataset), publishing.deposit):
        raise InputError(
            f"{publishing.deposit.doi} is published already, and nothing was put into it since.",
            f"Put another version first: `slidebox put {dataset} FOLDER`.",
        )
    with output.working("asking the rules of what becomes public"), Rules(own=_own(found)) as rules:
        others = [
            Candidate(dataset, _term(found, dataset), one.store)
            for one in found.whereabouts.provisioned(dataset)
            if one.store != where.store
        ]
        systems = load_systems(found.lab.file.playbook)
        gate = question(found.lab, systems, dataset, where.store, others, rules.ask, found.today)
        _announce(output, publishing, gate, about, service.service)
        output.findings(gate.findings)
        if gate.refused:
            output.say("The rules refuse it, so nothing was published.")
            output.document(_document(publishing, gate, published=False))
            return 1
        if approve is None:
            output.say("Nothing was published: say --approve NAME to do it.")
            output.document(_document(publishing, gate, published=False))
            return 0
        who = require_approver(found.lab, dataset, approve)
        confirm(dataset, f"{dataset} becomes public for ever as {publishing.deposit.doi}.", yes, "--yes")
        if reread:
            with listening(as_json) as progress:
                read_back(DepositPlace(where.name, lambda: service, where.where), publishing.manifest, progress)
        evidence = _evidence(found, rules, publishing, gate)
    done = publishing.deposit
    if not publishing.done:
        mark = mark_of(found.lab.file.lab, dataset, where.store)
        done = publish(publishing, service, about, mark, found.today)
    found.book.append(publish_entry(publishing, done, who, gate.day, evidence))
    output.say(f"{dataset} is published: https://doi.org/{done.doi}, approved by {who}")
    output.document(_document(publishing, gate, published=True) | {"approved_by": who, "evidence": evidence})
    return 0


def _own(found: Desk) -> Path | None:
    return own_rules(found.home.lab_root, found.lab.file)


def _term(found: Desk, dataset: str) -> Term:
    project, _, level = dataset.partition("/")
    return found.lab.projects[project].activity_of(Level(level)).term


def _announce(output: Output, publishing: Publishing, gate: Question, about: About, service: str) -> None:
    deposit, manifest = publishing.deposit, publishing.manifest
    people = "; ".join(f"{one.name}{f' ({one.orcid})' if one.orcid else ''}" for one in about.creators)
    output.say(f"{publishing.dataset} would become public at {service}: {deposit.url}")
    output.say(f"  DOI {deposit.doi}, licence {about.licence or 'none'}")
    output.say(f"  {about.title}, by {people}")
    output.say(f"  {files(len(manifest.files))}, {human_bytes(manifest.bytes)}, in {files(len(deposit.files))} there")
    when = "at once" if gate.day.isoformat() != about.embargo else f"from {gate.day} on; what is said of them at once"
    if about.confidential:
        output.say(f"  its files stay closed ({about.confidential}); what is said of them is public at once")
    else:
        output.say(f"  anyone can read its files {when}")
    if publishing.done:
        output.say("It is published already, by a run that was stopped: only the record of it is missing.")


def _evidence(found: Desk, rules: Rules, publishing: Publishing, gate: Question) -> str:
    """Keep what was known beside the record; answers the SHA-256 of it."""
    placement = Placement(gate.candidate, 1, ("anyone",), Cost(0.0, 0.0, ""), "it is published")
    public = TermPlan(publishing.dataset, gate.candidate.term, (placement,))
    answer = Answer(gate.findings, rules.catalogue(), public=(public,), facts=(gate.facts,))
    name = f"{publishing.dataset.replace('/', '-')}-{publishing.deposit.doi.replace('/', '-')}.json"
    file = found.home.lab_root / FOLDER / "evidence" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    write_evidence(file, found.lab, answer, rules, _own(found), gate.day)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _document(publishing: Publishing, gate: Question, *, published: bool) -> dict[str, object]:
    return {
        "dataset": publishing.dataset,
        "doi": publishing.deposit.doi,
        "url": publishing.deposit.url,
        "files": len(publishing.manifest.files),
        "bytes": publishing.manifest.bytes,
        "open_from": gate.day.isoformat(),
        "findings": [asdict(finding) for finding in gate.findings],
        "refused": gate.refused,
        "published": published,
    }
