"""`slidebox check`: ask the lab's rules, with no engine and no credentials, and write what they say."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from slidebox import __version__, labfile, report, revision
from slidebox.cli.checking import (
    check,
    check_live,
    check_public,
    check_stack,
    own_rules,
    plan_of,
    records_of,
    reported,
)
from slidebox.cli.console import Output
from slidebox.cli.evidence import write_evidence
from slidebox.errors import InputError, SlideboxError
from slidebox.facts import FactBook
from slidebox.labfile.positions import Position
from slidebox.model import Gate, Lab, Plan
from slidebox.policy import Rules
from slidebox.preview import Seen, facts_of, held_against, read
from slidebox.preview.adopted import completed
from slidebox.report import CostChange, Located, Report
from slidebox.report.found import counted, ordered
from slidebox.systems import load_systems

FORMATS = ("text", "json", "sarif", "junit", "markdown")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(name="check")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to write what the rules say.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--gate",
    type=click.Choice(["plan", "publish"]),
    help="plan (if not given) asks about everything planned; publish about what anyone could read now.",
)
@click.option("--evidence", type=_FILE, metavar="FILE", help="With --gate publish: write what was known into FILE.")
@click.option("--preview", type=_FILE, metavar="FILE", help="Ask about a saved `pulumi preview --json --show-sames`.")
@click.option("--state", type=_FILE, metavar="FILE", help="Ask about an exported stack: `pulumi stack export`.")
@click.option("--live", "is_live", is_flag=True, help="Ask about what the lab's running stores really hold.")
@click.option("--base", metavar="REV", help="Say what changes against this git revision, and what that will cost.")
@click.option("--all", "every", is_flag=True, help="Show each warning; without it many are counted by rule.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    *,
    projects: tuple[str, ...],
    form: str,
    as_json: bool,
    gate: str | None,
    evidence: Path | None,
    preview: Path | None,
    state: Path | None,
    is_live: bool,
    base: str | None,
    every: bool,
) -> int:
    """Ask the lab's rules: no engine, no credentials (but with --live), nothing is made.

    Checks the projects named, or all; with --preview or --state a stack; with --live what is there. Exits
    with 1 if a rule refuses something that is not waived, with 2 if what is declared is wrong, and with 3
    if the rules could not be asked: then nothing is said about findings.
    """
    form = "json" if as_json else form
    output = Output(form != "text")
    asked = _Asked(lab_dir, projects, form, dt.datetime.now(tz=dt.UTC).date(), output)
    stacks = [file for file in (preview, state) if file]
    if len(stacks) + is_live > 1 or ((stacks or is_live) and (gate or base is not None)):
        raise click.UsageError("--preview, --state and --live go alone: without --gate or --base.")
    if stacks and projects:
        raise click.UsageError("A stack is checked whole: name no projects with --preview or --state.")
    if evidence and gate != "publish":
        raise click.UsageError("--evidence goes with --gate publish.")
    if stacks:
        found = asked.stack(stacks[0])
    elif is_live:
        found = asked.live()
    elif gate == "publish":
        found = asked.public(base, evidence)
    else:
        found = asked.plan(base)
    write(output, found, form, every=every)
    return int(bool(found.refusals))


@dataclass(frozen=True)
class _Asked:
    """What the user has asked for.

    Attributes
    ----------
    lab_dir
        The lab's folder; the nearest one upwards if None.
    projects
        Names of projects; all where empty.
    form
        How the answer will be written.
    now
        Today.
    output
        Where long work is announced.
    """

    lab_dir: Path | None
    projects: tuple[str, ...]
    form: str
    now: dt.date
    output: Output

    def plan(self, base: str | None) -> Report:
        """Ask about the plan."""
        root, lab = self._lab()
        changed = _changed(root, base)
        own = own_rules(root, lab.file)
        with self.output.working("asking the rules of the plan"), Rules(own=own) as rules:
            records = records_of(root, lab, self.projects)
            answer = check(lab, self.projects, self.now, rules, records)
        what = counted(len(self.projects or lab.projects), "project")
        return self._compared(reported(root, lab, answer, Gate.PLAN, what, changed), root, lab, answer.plan, base)

    def public(self, base: str | None, evidence: Path | None) -> Report:
        """Ask about what anyone could read."""
        root, lab = self._lab()
        changed = _changed(root, base)
        own = own_rules(root, lab.file)
        with self.output.working("asking the rules of what is public"), Rules(own=own) as rules:
            answer = check_public(lab, self.projects, self.now, rules)
            if evidence:
                write_evidence(evidence, lab, answer, rules, own, self.now)
        what = counted(len(answer.public), "public dataset")
        return self._compared(reported(root, lab, answer, Gate.PUBLISH, what, changed), root, lab, answer.plan, base)

    def live(self) -> Report:
        """Ask about what is there."""
        root, lab = self._lab()
        with self.output.working("reading the stores"), Rules(own=own_rules(root, lab.file)) as rules:
            answer = check_live(root, lab, self.projects, self.now, rules)
        what = f"{counted(len(answer.facts[0]['locations']), 'location')} of the running stores"
        return reported(root, lab, answer, Gate.LIVE, what)

    def stack(self, file: Path) -> Report:
        """Ask about a saved preview or an exported stack; where there is a lab, with its own rules and its files."""
        lab = self._lab_if_any()
        resources: Iterable[Seen] = read(file)
        files = None
        if lab:
            whole = lab[1].present(self.now)
            book = FactBook(whole, load_systems(whole.file.playbook))
            files = book.declared()
            resources = completed(whole, book, records_of(lab[0], whole, ()), resources)
        stack = facts_of(resources, self.now, Gate.PREVIEW, files=files)
        if files:
            stack = replace(stack, facts=held_against(stack.facts, files))
        own = own_rules(lab[0], lab[1].file) if lab else None
        with self.output.working(f"asking the rules of {file.name}"), Rules(own=own) as rules:
            answer = check_stack(stack, rules)
        facts = answer.facts[0]
        what = f"{counted(len(facts['locations']), 'location')} of {file.name}"
        if lab:
            return reported(*lab, answer, Gate.PREVIEW, what)
        place = Position(file.as_posix(), 1, 1)
        found = ordered(Located(f, place, resource=answer.urns.get(f.subject, "")) for f in answer.findings)
        return Report(str(facts["lab"]["name"]), Gate.PREVIEW, what, found, answer.asked_at(Gate.PREVIEW))

    def _lab(self) -> tuple[Path, Lab]:
        root = labfile.find_root(self.lab_dir or Path.cwd())
        return root, labfile.load(root)

    def _lab_if_any(self) -> tuple[Path, Lab] | None:
        try:
            root = labfile.find_root(self.lab_dir or Path.cwd())
        except InputError:
            if self.lab_dir:
                raise
            return None
        return root, labfile.load(root)

    def _compared(self, checked: Report, root: Path, lab: Lab, plan: Plan | None, base: str | None) -> Report:
        """The report with what changes against the base, or with the reason why that cannot be said."""
        if base is None or plan is None:
            return checked
        before: tuple[Plan, Lab] | None = None
        costs: CostChange | None = None
        with revision.checked_out(root, base) as folder:
            try:
                if (folder / labfile.LAB_FILE).is_file():
                    before = self._planned(folder)
            except SlideboxError as error:
                return _unsaid(checked, f"what changes against {base}", error, folder, base)
            try:
                if self.form in ("text", "json", "markdown"):
                    costs = self._costs((folder, *before) if before else None, (root, plan, lab))
                    checked = replace(checked, notes=(*checked.notes, *costs.notes))
            except SlideboxError as error:
                checked = _unsaid(checked, "what the change will cost", error, folder, base)
        changes = report.changes_between(before, (plan, lab))
        return replace(checked, base=base, changes=changes, costs=costs)

    def _costs(self, before: tuple[Path, Plan, Lab] | None, after: tuple[Path, Plan, Lab]) -> CostChange:
        """What the change does to what everything will cost, each side at its own prices."""
        from slidebox.cli import plan_cost  # noqa: PLC0415 (who compares nothing does not wait for the price book)

        with self.output.working("adding up what it will cost"):
            told = [plan_cost.told_of(*side, self.now) for side in (before, after) if side]
        return report.costs_between(told[0] if before else None, told[-1], plan_cost.YEARS)

    def _planned(self, folder: Path) -> tuple[Plan, Lab]:
        lab = labfile.load(folder)
        names = tuple(name for name in self.projects if name in lab.projects)
        if self.projects and not names:
            return Plan(()), lab
        with self.output.working("planning the base"), Rules(own=own_rules(folder, lab.file)) as rules:
            return plan_of(lab, names, self.now, rules), lab


def _changed(root: Path, base: str | None) -> Mapping[str, frozenset[int]]:
    """The lines that a change has touched; a wrong revision is said before the rules are asked."""
    return revision.changed_lines(root, base) if base is not None else {}


def _unsaid(checked: Report, what: str, error: SlideboxError, folder: Path, base: str) -> Report:
    """The report with the reason why something cannot be said; the base's files are named by its revision."""
    note = f"{what} cannot be said: {error.message.replace(str(folder), base)}"
    return replace(checked, notes=(*checked.notes, note))


def write(output: Output, found: Report, form: str, *, every: bool) -> None:
    """Write a report to stdout."""
    if form == "text":
        for line in report.text(found, output.width, every=every):
            output.line(line.words, line.kind)
    elif form == "junit":
        output.raw(report.junit(found))
    elif form == "markdown":
        output.raw(report.markdown(found))
    else:
        document = report.document(found) if form == "json" else report.sarif(found, __version__)
        output.raw(json.dumps(document, indent=2) + "\n")
