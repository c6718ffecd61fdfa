"""`slidebox advise`: what to change, and what that would save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import click

from slidebox.advice import Advice, Given, Told, examine, total
from slidebox.cli.checking import lab_of, own_rules
from slidebox.cli.console import Output
from slidebox.cli.pricing import books_of
from slidebox.model import Lab, Plan
from slidebox.naming import bucket_of
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules
from slidebox.prices import Range
from slidebox.report.found import counted
from slidebox.systems import load_systems

_NO_READS = ("list", "head", "properties")
"""Calls that look at names and read no data, by what is in their names."""


@click.command(name="advise")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Logs of who read what, a file or a folder; may be repeated.",
)
@click.option("--explain", is_flag=True, help="Show the arithmetic, line by line.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document, with the arithmetic.")
@click.pass_obj
def command(
    lab_dir: Path | None, projects: tuple[str, ...], logs: tuple[Path, ...], explain: bool, as_json: bool
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
    with Rules(own=own_rules(root, lab.file)) as rules, output.working("asking the rules"):

        def judge(of: Lab) -> PolicyJudge:
            return PolicyJudge(rules, of, systems, today)

        plan = make_plan(lab, systems, judge(lab), now=today, projects=projects)
        given = Given(
            plan=plan,
            lab=lab,
            systems=systems,
            books=books_of(root),
            now=today,
            judges=judge,
            read=reads_of(logs, plan, lab),
        )
        told = examine(given)
    output.document(document(told))
    show(output, told, explain=explain)
    return 0


def reads_of(logs: tuple[Path, ...], plan: Plan, lab: Lab) -> dict[str, dt.datetime]:
    """When datasets were last read, by logs; of what is in a log and was not read, that is since the log begins.

    Raises
    ------
    InputError
        If there is no log, or DuckDB is not installed.
    UnreadableError
        If one cannot be read.
    """
    if not logs:
        return {}
    from slidebox.audit.logs import READ, calls  # noqa: PLC0415 (who has no log does not wait for what reads them)

    buckets = {
        bucket_of(lab, entry.dataset, place.candidate.store): entry.dataset
        for entry in plan.terms
        for place in entry.placements
    }
    last: dict[str, dt.datetime] = {}
    found = [call for call in calls(logs) if call.place in buckets]
    for call in found:
        name, read = buckets[call.place], call.does == READ and not _looks(call.operation)
        moment = dt.datetime.fromisoformat(call.last if read else min(one.first for one in found))
        last[name] = max(last.get(name, moment), moment)
    return last


def _looks(operation: str) -> bool:
    return any(word in operation.casefold() for word in _NO_READS)


def show(output: Output, told: Told, *, explain: bool) -> None:
    """Print advice as a table, the total, and what could not be told."""
    if told.advice:
        output.table(
            "\nWhat would save money, in US dollars", _COLUMNS, _rows(told.advice, explain), whole=_COLUMNS[:2]
        )
    output.say()
    output.say(_sum(told))
    if any(one.instead for one in told.advice):
        output.say("What stands in brackets is about the same bytes as larger advice, which counts in its place.")
    if told.advice and not explain:
        output.say("The arithmetic: slidebox advise --explain.")
    for said in told.untold:
        output.kind("unknown", said)


_COLUMNS = ("1 year", "5 years", "advice")


def _rows(advice: tuple[Advice, ...], explain: bool) -> Iterator[tuple[str, ...]]:
    for one in advice:
        words = [one.title, one.what]
        words += [f"Change {one.command}"] if one.command and not one.command.startswith("slidebox") else []
        words += [one.command] if one.command.startswith("slidebox") else []
        words += [f"Not in the total: {one.instead} counts."] if one.instead else []
        words += one.arithmetic.splitlines() if explain else []
        yield (_cell(one.saves, one.instead), _cell(one.later, one.instead), "\n".join(words) + "\n")


def _cell(usd: Range, instead: str) -> str:
    """An amount in a narrow column, with what it lies between below it."""
    ends = "" if _dollars(usd.low) == _dollars(usd.high) else f"\n{_dollars(usd.low)}\nto {_dollars(usd.high)}"
    return f"({_dollars(usd.usual)}){ends}" if instead else f"{_dollars(usd.usual)}{ends}"


def _sum(told: Told) -> str:
    year, years = total(told.advice)
    less = f" {counted(told.less, 'other change')} would save less than a dollar." if told.less else ""
    if not told.advice:
        return f"Nothing is known that would save money.{less}"
    return f"In all ${_between(year)} in the first year and ${_between(years)} over 5 years.{less}"


def _between(usd: Range) -> str:
    low, high = _dollars(usd.low), _dollars(usd.high)
    return f"{_dollars(usd.usual)} ({low} to {high})" if low != high else _dollars(usd.usual)


def _dollars(amount: Decimal) -> str:
    if 0 < amount < Decimal("0.5"):
        return "<1"
    return f"{amount.quantize(Decimal(1), ROUND_HALF_UP):,f}".replace("-0", "0").replace("-", "−")


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
