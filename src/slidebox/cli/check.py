"""`slidebox check`: ask the lab's rules of the plan, with no engine and no credentials."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from slidebox import labfile
from slidebox.cli.console import Output
from slidebox.facts import FactBook
from slidebox.model import Finding, Gate, Lab, Plan, Severity
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
    for rule, group in groupby(findings, key=lambda f: (f.severity, f.rule)):
        _show(output, rule, titles.get(rule[1], ""), list(group))
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
    for cure, group in groupby(sorted(findings, key=lambda f: (f.cure, f.message, f.subject)), key=lambda f: f.cure):
        for message, alike in groupby(group, key=lambda f: (f.message, f.path)):
            path = f" By: {' → '.join(message[1])}." if message[1] else ""
            output.say(f"  {message[0]}.{path}")
            for finding in alike:
                output.say(f"    {finding.subject}")
        output.say(f"  Cure: {cure}" if cure else "")
    output.say()


def _summary(findings: tuple[Finding, ...], refusals: list[Finding], projects: int) -> str:
    what = f"{projects} project{'s' if projects != 1 else ''} checked"
    if not findings:
        return f"{what}: the rules have nothing to say."
    warnings = len(findings) - len(refusals)
    return f"{what}: {len(refusals)} refusal{'s' if len(refusals) != 1 else ''}, {warnings} warnings."


def _document(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in ("rule", "severity", "subject", "message", "path", "cure")}
