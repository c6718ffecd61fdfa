"""`slidebox check`: ask the lab's rules of the plan, with no engine and no credentials."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from slidebox import labfile
from slidebox.cli.console import Output
from slidebox.facts import FactBook
from slidebox.model import Finding, Gate, Lab, Plan, Severity, Term
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules, list_rules
from slidebox.systems import load_systems

BATCH = 600
"""How many placements go into one question."""


@click.command(name="check")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, projects: tuple[str, ...], as_json: bool) -> int:
    """Ask the lab's rules of the plan: no engine, no credentials, nothing is made.

    Checks the projects named, or all. Exits with 1 if a rule refuses something.
    """
    output = Output(as_json)
    lab = labfile.load(labfile.find_root(lab_dir or Path.cwd()))
    findings = check(lab, projects, dt.datetime.now(tz=dt.UTC).date())
    titles = {rule.id: rule.title for rule in list_rules()}
    refusals = [finding for finding in findings if finding.severity is Severity.ERROR]
    output.document({"findings": [_document(f) for f in findings], "errors": len(refusals)})
    by_rule = [(rule, list(group)) for rule, group in groupby(findings, key=lambda f: (f.severity, f.rule))]
    # Where a dataset has no place, every store is refused by something: what refuses most stands first.
    for rule, group in sorted(by_rule, key=lambda item: (item[0][0], -len(item[1]))):
        _show(output, rule, titles.get(rule[1], ""), group)
    output.say(_summary(findings, refusals, len(projects or lab.projects)))
    return int(bool(refusals))


def check(lab: Lab, projects: tuple[str, ...], now: dt.date) -> tuple[Finding, ...]:
    """Everything the rules say about the plan and what it would make; gravest first, then by rule.

    The plan says what stands in the way of a placement; asking again about all that was chosen adds what is
    only a warning there.
    """
    systems = load_systems(lab.file.playbook)
    with Rules() as rules:
        plan = make_plan(lab, systems, PolicyJudge(rules, lab, systems, now), now=now, projects=projects)
        found = set(plan.findings)
        asked = {term.dataset for term in plan.terms} | {"facts"}
        book = FactBook(lab, systems)
        for batch in _batches(plan):
            facts = book.document(batch, gate=Gate.PLAN, now=now)
            # What is said of an ancestor in another project is that project's.
            found.update(f for f in rules.ask(facts) if f.subject.partition("@")[0] in asked)
    return tuple(sorted(found, key=lambda f: (f.severity, f.rule, f.subject, f.message, f.path)))


def _batches(plan: Plan) -> Iterable[list[Any]]:
    """The placements, all of a dataset in one batch."""
    batch: list[Any] = []
    for _, terms in groupby(plan.terms, key=lambda term: term.dataset):
        batch += [placement.candidate for term in terms for placement in term.placements]
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _show(output: Output, rule: tuple[Severity, str], title: str, findings: list[Finding]) -> None:
    """Print the findings of one rule, with each cure once."""
    severity, name = rule
    output.say(f"{severity}: {title or name} [{name}]")
    ordered = sorted(findings, key=lambda f: (f.cure, f.message, f.path, f.subject))
    for cure, group in groupby(ordered, key=lambda f: f.cure):
        for message, alike in groupby(group, key=lambda f: f.message):
            output.say(f"  {message}.")
            for path, places in groupby(alike, key=lambda f: f.path):
                by = f", by: {' → '.join(path)}" if path else ""
                for place in _places(finding.subject for finding in places):
                    output.say(f"    {place}{by}")
        output.say(f"  Cure: {cure}" if cure else "")
    output.say()


def _places(subjects: Iterable[str]) -> Iterator[str]:
    """A line for each dataset and the terms in which it is about the same stores; another subject as it is."""
    terms: dict[tuple[str, str], list[str]] = {}
    for subject in sorted(set(subjects)):
        dataset, _, place = subject.partition("@")
        term, _, store = place.partition("@")
        terms.setdefault((dataset, store) if store else (subject, ""), []).append(term)
    stores: dict[tuple[str, tuple[Term, ...]], list[str]] = {}
    for (dataset, store), found in terms.items():
        span = tuple(term for term in Term if term in found)
        stores.setdefault((dataset, span), []).append(store)
    for (dataset, span), names in stores.items():
        yield f"{dataset} in {', '.join(names)} ({', '.join(span)})" if span else dataset


def _summary(findings: tuple[Finding, ...], refusals: list[Finding], projects: int) -> str:
    what = f"{projects} project{'s' if projects != 1 else ''} checked"
    if not findings:
        return f"{what}: the rules have nothing to say."
    warnings = len(findings) - len(refusals)
    return (
        f"{what}: {len(refusals)} refusal{'s' if len(refusals) != 1 else ''}, "
        f"{warnings} warning{'s' if warnings != 1 else ''}."
    )


def _document(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in ("rule", "severity", "subject", "message", "path", "cure")}
