"""`slidebox simulate`: how good the plan's storage classes are, measured on many courses of events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from slidebox.cli.checking import lab_of, own_rules, plan_of
from slidebox.cli.console import Output
from slidebox.cli.pricing import books_of
from slidebox.cli.replaying import history_of, replayed
from slidebox.errors import InputError
from slidebox.forecast import holdings_of
from slidebox.model import Lab, Level, Plan
from slidebox.policy import Rules
from slidebox.prices import Book
from slidebox.simulation.cases import as_if_in, cases_of, region_of
from slidebox.simulation.compare import Case, Outcome, added, middle, outcomes, worst
from slidebox.simulation.use import with_assumed
from slidebox.systems import load_systems

Results = Sequence[tuple[Case, Sequence[Outcome]]]

_POLICIES: Mapping[str, Callable[[Outcome], float | None]] = {
    "all_hot": lambda one: one.hot,
    "managed": lambda one: one.managed,
    "plan": lambda one: one.plan,
    "optimum": lambda one: one.optimum,
}
_LIMITS = (
    "All hot: everything in the standard class. Managed: the provider's own tiering from the first day "
    "(Intelligent-Tiering, or the cheaper setting of Autoclass). Optimum: the cheapest classes, knowing every read "
    "beforehand. Plan by best of two: what the plan costs as a multiple of the cheaper of all hot and managed."
)


@click.command(name="simulate")
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--at", "region", metavar="REGION", help="As if every dataset lay in a bucket of this region.")
@click.option("--years", type=click.IntRange(1, 10), default=5, show_default=True, help="How far to look.")
@click.option(
    "--traces", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many courses of events."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same reads.")
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="What really happened, from server access logs of S3 (files or folders); may be repeated.",
)
@click.option(
    "--inventory",
    "inventories",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="The same from inventories that say when objects were read last; may be repeated.",
)
@click.option("--bucket", "buckets", multiple=True, metavar="BUCKET=PROJECT/LEVEL", help="Whose a bucket there is.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document, with every course of events.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    *,
    projects: tuple[str, ...],
    region: str | None,
    years: int,
    traces: int,
    seed: int,
    logs: tuple[Path, ...],
    inventories: tuple[Path, ...],
    buckets: tuple[str, ...],
    as_json: bool,
) -> int:
    """How good the plan's storage classes are, measured on many courses of events.

    Makes up when data are read, as often as their `reads` say or as is assumed for their activity, and adds up what
    that costs in the plan's classes, in the standard class, in the provider's own tiering, and at best. Shows the
    median of the courses of events, and the worst in brackets. With --log or --inventory it is what really
    happened, from the first to the last day of that.
    """
    output = Output(as_json)
    real = bool(logs or inventories)
    if buckets and not real:
        raise InputError("--bucket says whose a bucket of a log is.", "Add --log FILE or --inventory FILE.")
    now = dt.datetime.now(tz=dt.UTC)
    today = now.date()
    root, lab = lab_of(lab_dir)
    lab = lab.present(today)
    books = books_of(root)
    with output.working("simulating"):
        lab, plan = _planned(root, lab, projects, books, region, today)
        holdings, notes = holdings_of(plan, with_assumed(lab), load_systems(lab.file.playbook), books, today)
        if real:
            history, said = history_of(logs, inventories, lab, root, now)
            cases, apart = replayed(history, holdings, lab, _named(buckets))
            notes, days = (*notes, *said, *apart), history.days
        else:
            cases, days = cases_of(holdings, months=years * 12, seed=seed, traces=traces), years * 365
        results = [(case, outcomes(case)) for case in cases]
    output.document(document(results, lab, days=days, seed=None if real else seed, notes=notes))
    show(output, results, lab, f"{days} days" if real else f"{years} year{'s' * (years != 1)}", real=real)
    for note in dict.fromkeys(notes):
        output.kind("warning", note)
    return 0


def _planned(
    root: Path, lab: Lab, projects: tuple[str, ...], books: Mapping[str, Book], region: str | None, today: dt.date
) -> tuple[Lab, Plan]:
    """The lab with its plan, or with one in which everything lies in a region."""
    if region:
        return as_if_in(lab, load_systems(lab.file.playbook), projects, region_of(books, region).book, region)
    with Rules(own=own_rules(root, lab.file)) as rules:
        return lab, plan_of(lab, projects, today, rules)


def _named(buckets: Sequence[str]) -> dict[str, str]:
    """Datasets by bucket.

    Raises
    ------
    InputError
        If one says no dataset.
    """
    found = {}
    for said in buckets:
        bucket, equals, dataset = said.partition("=")
        if not equals or "/" not in dataset:
            raise InputError(f"--bucket {said}: this says no dataset.", "Write BUCKET=PROJECT/LEVEL.")
        found[bucket] = dataset
    return found


def show(output: Output, results: Results, lab: Lab, span: str, *, real: bool) -> None:
    """Print what each dataset costs under each policy, and all of them together."""
    if not results:
        output.say("Nothing of this plan lies in a cloud that has storage classes.")
        output.say(
            "--at us-east-1 shows what would be if all of it lay in a bucket there; slidebox prices has regions."
        )
        return
    columns = ("", "all hot", "managed", "plan", "optimum", "plan by\nbest of two", "plan by\noptimum")
    title = f"What {span} cost, in US dollars, of storage, requests and retrieval"
    whole = added([found for _, found in results])
    output.table(title, columns, _rows(results), whole=set(columns) - {""}, totals=("in all", *_cells(whole)))
    output.say()
    spread = "" if real else " Medians of the courses of events, the worst in brackets."
    output.say(_LIMITS + spread + " Downloading costs the same under all of them and is left out.")
    if not real and (said := assumed_of(results, lab)):
        output.say(f"Nobody says how often {said} read: it is assumed, by activity (docs/simulation.md).")


def assumed_of(results: Results, lab: Lab) -> str:
    """The datasets of which nobody says how often they are read, in few words."""
    names = dict.fromkeys(case.dataset for case, _ in results)
    silent = [name for name in names if not _reads(lab, name)]
    if not silent:
        return ""
    if len(silent) == 1:
        return f"{silent[0]} is"
    return f"{len(silent)} of {len(names)} datasets are"


def _reads(lab: Lab, name: str) -> bool:
    project, _, level = name.partition("/")
    return bool(lab.projects[project].datasets[Level(level)].reads)


def _rows(results: Results) -> Iterator[tuple[str, ...]]:
    """A row for each project, and below it one for each of its datasets and stores."""
    for project, group in groupby(results, key=lambda result: result[0].dataset.partition("/")[0]):
        inside = list(group)
        yield project, *_cells(added([found for _, found in inside]))
        stores: dict[str, set[str]] = {}
        for case, _ in inside:
            stores.setdefault(case.dataset, set()).add(case.store)
        for case, found in inside:
            where = f" ({case.store})" if len(stores[case.dataset]) > 1 else ""
            yield f"  {case.dataset.partition('/')[2].replace('_', ' ')}{where}", *_cells(found)


def _cells(found: Sequence[Outcome]) -> tuple[str, ...]:
    """Medians of the costs, and of the ratios with the worst."""
    managed = [one.managed for one in found]
    return (
        _dollars(middle(found, lambda one: one.hot)),
        "none" if None in managed else _dollars(middle(found, lambda one: one.managed or 0.0)),
        _dollars(middle(found, lambda one: one.plan)),
        _dollars(middle(found, lambda one: one.optimum)),
        _ratio(found, lambda one: one.to_best_simple),
        _ratio(found, lambda one: one.to_optimum),
    )


def _ratio(found: Sequence[Outcome], of: Callable[[Outcome], float]) -> str:
    usual, most = f"{middle(found, of):.2f}", f"{worst(found, of):.2f}"
    return usual if usual == most else f"{usual} ({most})"


def _dollars(usd: float) -> str:
    if 0 < usd < 0.005:
        return "<0.01"
    amount = Decimal(str(usd))
    step = Decimal("0.01") if amount < 100 else Decimal(1)
    return f"{amount.quantize(step, ROUND_HALF_UP):,f}"


def document(results: Results, lab: Lab, *, days: int, seed: int | None, notes: Sequence[str]) -> dict[str, Any]:
    """The comparison for programs: every course of events, in US dollars."""
    return {
        "days": days,
        "seed": seed,
        "datasets": [
            {
                "dataset": case.dataset,
                "store": case.store,
                "provider": case.tariff.book.provider,
                "region": case.tariff.region,
                "reads_declared": _reads(lab, case.dataset),
                "classes": [{"day": stay.day, "storage_class": stay.storage_class} for stay in case.plan],
                "traces": [
                    {name: of(one) for name, of in _POLICIES.items()} | {"bytes_read": trace.read_size}
                    for one, trace in zip(found, case.traces, strict=True)
                ],
                **_summary(found),
            }
            for case, found in results
        ],
        "total": _summary(added([found for _, found in results])),
        "notes": list(dict.fromkeys(notes)),
    }


def _summary(found: Sequence[Outcome]) -> dict[str, Any]:
    if not found:
        return {}
    ratios: Mapping[str, Callable[[Outcome], float]] = {
        "plan_by_best_of_two": lambda one: one.to_best_simple,
        "plan_by_optimum": lambda one: one.to_optimum,
    }
    return {name: {"median": middle(found, of), "worst": worst(found, of)} for name, of in ratios.items()}
