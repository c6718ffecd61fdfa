"""`slidebox plan`: where every dataset goes, who reads it, what it costs, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from slidebox.cli.checking import lab_of, own_rules
from slidebox.cli.console import Output
from slidebox.errors import InputError
from slidebox.model import Candidate, Finding, Lab, Level, Plan, StoreKind, System, Term, TermPlan
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules
from slidebox.systems import load_systems
from slidebox.table_one import STANDARD

_BY = ("dataset", "project", "store", "level", "grant", "what")
"""What a cost can be shown by, as `plan_cost.BY`, which would load the price book."""


@click.command(name="plan")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--explain", is_flag=True, help="Say of every store that was not chosen why.")
@click.option("--term", type=click.Choice([term.value for term in Term]), help="Show one term only.")
@click.option("--cost", is_flag=True, help="Show what it will cost, month by month added up, instead.")
@click.option("--years", type=click.IntRange(1, 10), help="With --cost: over so many years; 1, 5 and 10 if not given.")
@click.option(
    "--by", type=click.Choice(_BY), help="With --cost: show it by this alone; what is for what it is paid for."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    projects: tuple[str, ...],
    explain: bool,
    term: str | None,
    cost: bool,
    years: int | None,
    by: str | None,
    as_json: bool,
) -> int:
    """Where every dataset goes in every term, who reads it, what it costs, and why.

    Plans the projects named, or all. Exits with 1 if a rule refuses something. With --cost it follows the plan through
    its terms, at the prices that `slidebox prices` shows.
    """
    output = Output(as_json)
    if (years or by) and not cost:
        raise InputError("--years and --by say how a cost is shown.", "Add --cost.")
    if cost and (term or explain):
        raise InputError("--cost goes through all terms and explains no place.", "Leave out --term and --explain.")
    today = dt.datetime.now(tz=dt.UTC).date()
    root, lab = lab_of(lab_dir)
    lab = lab.present(today)
    systems = load_systems(lab.file.playbook)
    with Rules(own=own_rules(root, lab.file)) as rules:
        judge = PolicyJudge(rules, lab, systems, today)
        plan = make_plan(lab, systems, judge, now=today, projects=projects, explain=explain)
    if cost:
        from slidebox.cli import plan_cost  # noqa: PLC0415 (who asks for no forecast does not wait for the price book)
        from slidebox.cli.pricing import books_of  # noqa: PLC0415
        from slidebox.forecast.budget import over_budget  # noqa: PLC0415

        told, spans = plan_cost.forecast_of(plan, lab, systems, books_of(root), today, years)
        budgets = over_budget(told, lab)
        output.document(document(plan, lab) | {"forecast": plan_cost.document(told, spans, budgets)})
        plan_cost.show(output, told, spans, by, budgets)
        return int(any(finding.refuses for finding in plan.findings))
    if term:
        plan = replace(plan, terms=tuple(entry for entry in plan.terms if entry.term == term))
    show(output, plan, lab, reasons=explain or len(projects or lab.projects) == 1)
    if count := len(judge.aside):
        about = "finding about a project" if count == 1 else "findings about projects"
        output.say(f"{count} {about} as such, which no place is refused for: slidebox check shows them.")
    return int(any(finding.refuses for finding in plan.findings))


def show(output: Output, plan: Plan, lab: Lab, *, reasons: bool = True) -> None:
    """Print a plan: per project its places and the reasons for them, then the totals and what the rules say."""
    output.document(document(plan, lab))
    for project, entries in groupby(plan.terms, key=lambda entry: entry.dataset.partition("/")[0]):
        _show_project(output, plan, lab, project, list(entries), reasons)
    _show_totals(output, plan, lab)
    if not reasons:
        output.say("Why each place was chosen: slidebox plan PROJECT; and why no other: --explain.")
    output.findings(_short(plan.terms))


def document(plan: Plan, lab: Lab) -> dict[str, Any]:
    """The plan as a JSON document: lists in the plan's order, money in US dollars."""
    return {
        "lab": lab.file.lab,
        "currency": lab.file.currency,
        "terms": [_entry(entry, lab) for entry in plan.terms],
        "horizon": {
            dataset: {"one_year": year, "five_years": five} for dataset, (year, five) in plan.horizon_cost.items()
        },
        "totals": _totals(plan, lab),
    }


def _entry(entry: TermPlan, lab: Lab) -> dict[str, Any]:
    return {
        "dataset": entry.dataset,
        "term": entry.term.value,
        "current": _current(lab, entry),
        "placements": [
            {
                "location": placement.candidate.id,
                "store": placement.candidate.store,
                "system": lab.file.stores[placement.candidate.store].system.value,
                "storage_class": placement.candidate.storage_class,
                "copy": placement.copy,
                "by_hand": _by_hand(lab, placement.candidate.store),
                "readers": list(placement.readers),
                "monthly": placement.cost.monthly,
                "once": placement.cost.once,
                "cost": placement.cost.why,
                "why": placement.why,
            }
            for placement in entry.placements
        ],
        "rejections": [{"store": r.candidate.store, "reason": r.reason, "rule": r.rule} for r in entry.rejections],
        "findings": [
            {
                "rule": f.rule,
                "severity": f.severity.value,
                "subject": f.subject,
                "message": f.message,
                "path": list(f.path),
                "cure": f.cure,
                "waived": f.waived,
            }
            for f in entry.findings
        ],
    }


def _totals(plan: Plan, lab: Lab) -> dict[str, float]:
    """What the shown plan costs: a month of the current terms, one year, five years."""
    now = sum(p.cost.monthly for entry in plan.terms if _current(lab, entry) for p in entry.placements)
    year, five = (sum(costs[n] for costs in plan.horizon_cost.values()) for n in (0, 1))
    return {"monthly_now": round(now, 6), "one_year": round(year, 6), "five_years": round(five, 6)}


def _show_project(output: Output, plan: Plan, lab: Lab, project: str, entries: list[TermPlan], reasons: bool) -> None:
    title = f"\n{project}: {lab.projects[project].title} (owner {lab.projects[project].owner})"
    columns = ("dataset", "term", "store", "copies", "readers", "$/month", "1 y", "5 y")
    whole = set(columns) - {"store", "readers"}
    output.table(title, columns, _place_rows(plan, lab, entries), whole, _project_totals(plan, lab, entries))
    if not reasons:
        return
    output.table("\nWhy", ("dataset", "term", "store", "why"), _why_rows(entries), whole=("dataset", "term"))
    not_chosen = list(_rejection_rows(entries))
    if not_chosen:
        output.table("\nNot chosen", ("dataset", "term", "store", "why not"), not_chosen, whole=("dataset", "term"))


def _place_rows(plan: Plan, lab: Lab, entries: Iterable[TermPlan]) -> Iterator[tuple[str, ...]]:
    for dataset, group in groupby(entries, key=lambda entry: entry.dataset):
        year, five = plan.horizon_cost[dataset]
        said = ""
        for number, entry in enumerate(group):
            places = entry.placements
            readers = _readers(entry)
            yield (
                _level(dataset) if number == 0 else "",
                f"{'▸' if _current(lab, entry) else ' '} {entry.term}",
                "\n".join(_store(lab, p.candidate) for p in places) or "nowhere",
                str(sum(lab.file.stores[p.candidate.store].system is not System.DELETION for p in places)),
                "same" if readers and readers == said else readers,
                _price(sum(p.cost.monthly for p in places), sum(p.cost.once for p in places)) if places else "",
                _dollars(year) if number == 0 else "",
                _dollars(five) if number == 0 else "",
            )
            said = readers


def _project_totals(plan: Plan, lab: Lab, entries: Sequence[TermPlan]) -> tuple[str, ...]:
    """What a project costs: a month of its current terms, one year, five years."""
    now = [p.cost for entry in entries if _current(lab, entry) for p in entry.placements]
    datasets = {entry.dataset for entry in entries}
    year, five = (sum(plan.horizon_cost[dataset][n] for dataset in datasets) for n in (0, 1))
    price = _price(sum(cost.monthly for cost in now), sum(cost.once for cost in now))
    return ("total", "▸ now", "", "", "", price, _dollars(year), _dollars(five))


def _why_rows(entries: Iterable[TermPlan]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        for place in entry.placements:
            why = f"{place.why}. Cost: {place.cost.why}"
            yield (_level(entry.dataset), entry.term, place.candidate.store, why)


def _rejection_rows(entries: Iterable[TermPlan]) -> Iterator[tuple[str, ...]]:
    """One row for all stores that were not chosen for the same reason."""
    for entry in entries:
        reasons: dict[str, list[str]] = {}
        for rejection in entry.rejections:
            rule = f" [{rejection.rule}]" if rejection.rule else ""
            reasons.setdefault(rejection.reason + rule, []).append(rejection.candidate.store)
        for reason, stores in reasons.items():
            yield (_level(entry.dataset), entry.term, ", ".join(stores), reason)


def _show_totals(output: Output, plan: Plan, lab: Lab) -> None:
    totals = _totals(plan, lab)
    datasets = len(plan.horizon_cost)
    output.say()
    output.say(
        f"{datasets} dataset{'s' * (datasets != 1)}: {_sum(totals['monthly_now'])} a month now, "
        f"{_sum(totals['one_year'])} over 1 year, {_sum(totals['five_years'])} over 5 years. "
        "Storage alone. ▸ marks the current term; the class is standard where none is said."
    )
    if any(_by_hand(lab, p.candidate.store) for entry in plan.terms for p in entry.placements):
        output.say("* slidebox does not provision this store: its locations are made by hand.")


def _short(entries: Iterable[TermPlan]) -> Iterator[Finding]:
    """Findings of one rule and message together, as one with a count of its places."""
    together: dict[tuple[str, ...], list[Finding]] = {}
    for entry in entries:
        for finding in entry.findings:
            # Where a dataset has no place, every store is refused in other words: one of each rule is enough.
            words = finding.message if entry.placements else entry.dataset
            together.setdefault((finding.severity, finding.rule, words, finding.waived), []).append(finding)
    for findings in together.values():
        places = len({finding.subject for finding in findings})
        more = f" (and {places - 1} more such places; --json lists them)" if places > 1 else ""
        yield replace(findings[0], message=findings[0].message.rstrip(".") + more)


def _current(lab: Lab, entry: TermPlan) -> bool:
    project, _, level = entry.dataset.partition("/")
    return lab.projects[project].activity_of(Level(level)).term is entry.term


def _by_hand(lab: Lab, store: str) -> bool:
    declared = lab.file.stores[store]
    return declared.kind is StoreKind.BY_HAND and declared.system is not System.DELETION


def _store(lab: Lab, place: Candidate) -> str:
    """A store with its class, where that is not the standard one, and a mark where it is made by hand."""
    mark = "*" if _by_hand(lab, place.store) else ""
    storage_class = place.storage_class.replace("_", " ")
    return f"{place.store}{mark}" if place.storage_class == STANDARD else f"{place.store}{mark} {storage_class}"


def _level(dataset: str) -> str:
    """A level in a narrow column: the last word on a line of its own."""
    first, _, last = dataset.partition("/")[2].replace("_", " ").rpartition(" ")
    return f"{first}\n{last}" if first else last


def _readers(entry: TermPlan) -> str:
    """Who reads, in few words: where anyone does, the others need no mention."""
    readers = {reader for place in entry.placements for reader in place.readers}
    return "anyone" if "anyone" in readers else ", ".join(sorted(reader.partition(":")[2] for reader in readers))


def _price(monthly: float, once: float) -> str:
    parts = [_dollars(monthly)] if monthly or not once else []
    return "\n".join([*parts, f"{_dollars(once)} once"] if once else parts)


def _sum(value: float) -> str:
    """An amount in a sentence, with its sign where it belongs."""
    return "<$0.01" if 0 < value < 0.01 else f"${_dollars(value)}"


def _dollars(value: float) -> str:
    """An amount in a narrow column, rounded as the arithmetic beside it is."""
    if 0 < value < 0.01:
        return "<0.01"
    exact = Decimal(str(value))
    step = Decimal("0.01") if value < 100 and exact != exact.to_integral_value() else Decimal(1)
    return f"{exact.quantize(step, ROUND_HALF_UP):,f}"
