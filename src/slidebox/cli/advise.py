"""`slidebox advise`: what to change, and what that would save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import click

from slidebox.advice import Advice, Given, Told, examine, total
from slidebox.cli.checking import adopted_facts, lab_of, own_rules, records_of
from slidebox.cli.console import Output
from slidebox.cli.last_reads import reads_of
from slidebox.cli.pricing import books_of
from slidebox.errors import DeclarationError
from slidebox.facts import FactBook
from slidebox.inventory.found import Inventory
from slidebox.model import Finding, Lab, Plan
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules
from slidebox.prices import Range
from slidebox.report.found import counted
from slidebox.systems import load_systems


@click.command(name="advise")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option(
    "--inventory",
    "reports",
    multiple=True,
    metavar="REPORT",
    help="What lies where, as `slidebox audit inventory` takes it; may be repeated.",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="When data were read: logs of S3, CloudTrail, Google Cloud or Azure (files or folders); may be repeated.",
)
@click.option("--explain", is_flag=True, help="Show the arithmetic, line by line.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document, with the arithmetic.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    projects: tuple[str, ...],
    reports: tuple[str, ...],
    logs: tuple[Path, ...],
    explain: bool,
    as_json: bool,
) -> int:
    """What to change, and what that would save: the largest saving of the first year first.

    Advises on the projects named, or all, and changes nothing. What the rules refuse is not advised. Exits with 0 also
    where there is advice: what costs more than it has to is no fault.
    """
    output = Output(as_json)
    today = dt.datetime.now(tz=dt.UTC).date()
    root, lab = lab_of(lab_dir)
    lab = lab.present(today)
    systems = load_systems(lab.file.playbook)
    with output.working("reading inventories"):
        inventory = seen_in(reports, root, lab)
    with Rules(own=own_rules(root, lab.file)) as rules, output.working("looking for what would save money"):

        def judge(of: Lab) -> PolicyJudge:
            return PolicyJudge(rules, of, systems, today)

        plan = make_plan(lab, systems, judge(lab), now=today, projects=projects)
        findings, notes = of_adopted(root, plan, lab, projects, rules, today)
        given = Given(
            plan=plan,
            lab=lab,
            systems=systems,
            books=books_of(root),
            now=today,
            judges=judge,
            findings=findings,
            inventory=inventory,
            read=reads_of(logs, plan, lab) if logs else {},
        )
        told = examine(given)
    told = replace(told, untold=(*told.untold, *notes))
    output.document(document(told))
    show(output, told, explain=explain)
    return 0


def of_adopted(
    root: Path, plan: Plan, lab: Lab, projects: tuple[str, ...], rules: Rules, today: dt.date
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What the rules say of places that were there before slidebox and stay as they are; or why they were not asked."""
    book = FactBook(lab, load_systems(lab.file.playbook))
    try:
        records = records_of(root, lab, projects).values()
    except DeclarationError as error:
        return (), (f"What was found of places that stay as they are: {' '.join(error.message.split())}",)
    return tuple(f for one in records for f in rules.ask(adopted_facts(lab, book, plan, one, today))), ()


def seen_in(reports: tuple[str, ...], root: Path, lab: Lab) -> Inventory | None:
    """What inventories say; None where there is none.

    Raises
    ------
    InputError
        If a report is none, or what reads them is not installed.
    UnreadableError
        If a drive is not there, or another one is in its place.
    """
    if not reports:
        return None
    from slidebox.cli.audit_inventory import given  # noqa: PLC0415 (who has none does not wait for what reads them)
    from slidebox.inventory import read  # noqa: PLC0415

    paths, stores = given(reports, lab, root)
    return read(paths, lab, root=root, now=dt.datetime.now(tz=dt.UTC), stores=stores)


def show(output: Output, told: Told, *, explain: bool) -> None:
    """Print advice as a table with its total, and what could not be told."""
    counts = [one for one in told.advice if not one.instead]
    others = [one for one in told.advice if one.instead]
    if counts:
        title = "\nWhat would save money, in US dollars"
        output.table(title, _COLUMNS, _rows(counts, explain), whole=_COLUMNS[:2], totals=_totals(counts))
    else:
        output.say("Nothing is known that would save money.")
    if others:
        title = "\nIn place of one of these: about the same bytes, and not in the total"
        output.table(title, _COLUMNS, _rows(others, explain), whole=_COLUMNS[:2])
    output.say()
    if told.less:
        output.say(f"{counted(told.less, 'other change')} would save less than a dollar.")
    if counts and not explain:
        output.say("How each is reckoned: slidebox advise --explain.")
    for said in told.untold:
        output.kind("unknown", said)


_COLUMNS = ("1 year", "5 years", "advice")


def _rows(advice: Sequence[Advice], explain: bool) -> Iterator[tuple[str, ...]]:
    for one in advice:
        words = [one.title, one.what, *_between(one.saves, one.later)]
        words += [one.command if one.command.startswith(_TYPED) else f"Write in {one.command}"] if one.command else []
        words += [f"In place of: {one.instead}."] if one.instead else []
        words += [f"  {line}" for line in one.arithmetic.splitlines()] if explain else []
        yield (_dollars(one.saves.usual), _dollars(one.later.usual), "\n".join(words) + "\n")


_TYPED = ("slidebox ", "pulumi ", "copy ", "the lifecycle ")
"""How commands begin that are typed or done elsewhere, and are no words of a declaration."""


def _totals(advice: Sequence[Advice]) -> tuple[str, ...]:
    year, years = total(advice)
    return (_dollars(year.usual), _dollars(years.usual), "\n".join(["in all", *_between(year, years)]))


def _between(year: Range, years: Range) -> Iterator[str]:
    """What amounts lie between, where they are uncertain."""
    spans = (("the first year", year), ("5 years", years))
    said = [
        f"{_dollars(usd.low)} and {_dollars(usd.high)} in {span}"
        for span, usd in spans
        if _dollars(usd.low) != _dollars(usd.high)
    ]
    if said:
        yield f"Between {', and between '.join(said)}."


def _dollars(amount: Decimal) -> str:
    if 0 < amount < Decimal("0.5"):
        return "<1"
    whole = amount.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{abs(whole):,f}" if whole >= 0 else f"−{abs(whole):,f}"


def document(told: Told) -> dict[str, Any]:
    """Advice for programs: money in US dollars, the arithmetic as lines."""
    year, years = total(told.advice)
    return {
        "advice": [
            {
                "dataset": one.dataset,
                "store": one.store,
                "kind": one.kind,
                "what": one.what,
                "one_year": _usd(one.saves),
                "five_years": _usd(one.later),
                "arithmetic": one.arithmetic.splitlines(),
                "command": one.command,
                "instead": one.instead,
            }
            for one in told.advice
        ],
        "total": {"one_year": _usd(year), "five_years": _usd(years)},
        "less": told.less,
        "untold": list(told.untold),
    }


def _usd(usd: Range) -> Mapping[str, float]:
    return {"usd_low": float(usd.low), "usd": float(usd.usual), "usd_high": float(usd.high)}
