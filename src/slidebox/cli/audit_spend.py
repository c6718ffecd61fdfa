"""`slidebox audit spend`: what was really spent, by bills in FOCUS, against forecast and budget."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slidebox.cli.auditing import Scene
from slidebox.cli.console import Output
from slidebox.errors import SlideboxError
from slidebox.model import Lab, Plan

if TYPE_CHECKING:
    from slidebox.forecast import Forecast
    from slidebox.spend import Spent
    from slidebox.spend.compare import Compared

BY = ("project", "dataset", "level", "grant", "store", "service", "usage", "meter", "month", "line")
"""By what charges can be summed."""


_NO_LAB = (
    "There is no lab here: tags alone tell whose a charge is, and it is held against no forecast and no budget. "
    "Say where it is: slidebox --lab DIR audit spend ..."
)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--by", "keys", multiple=True, type=click.Choice(BY), help="Sum by this; may be repeated.")
@click.option(
    "--amortized", is_flag=True, help="Count EffectiveCost: what was paid beforehand is spread over what it pays for."
)
@click.option(
    "--untagged",
    "share",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Nobody's share of what was charged that is a finding; 0.1 if not given.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m"]),
    metavar="YYYY-MM",
    help="Sum and judge only this month and later ones; what is usual is told by earlier ones too.",
)
@click.option("--forecast/--no-forecast", "told", default=True, help="Hold it against what the plan forecasts.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Write every sum as CSV.")
@click.pass_obj
def spend(
    lab_dir: Path | None,
    *,
    paths: tuple[Path, ...],
    keys: tuple[str, ...],
    amortized: bool,
    share: float | None,
    since: dt.datetime | None,
    told: bool,
    as_json: bool,
    as_csv: bool,
) -> int:
    """What was really spent, by project, dataset, level and grant, against forecast and budget.

    Reads bills in FOCUS 1.0 to 1.3, as AWS, Azure and Google Cloud export them: files (Parquet, CSV, CSV in
    gzip), manifests, or folders of them. Counts BilledCost, which is what invoices say. Exits with 1 if a project
    is over its budget, something rose that should not, or too much belongs to nobody; with 3 if something
    could not be read or counted, whatever else is so.
    """
    from slidebox.cli import spend_text  # noqa: PLC0415 - what other audits do not need
    from slidebox.spend.compare import budgeted  # noqa: PLC0415
    from slidebox.spend.focus import focus  # noqa: PLC0415

    if as_json and as_csv:
        raise click.UsageError("--json and --csv do not go together.")
    output = Output(as_json or as_csv)
    now = dt.datetime.now(tz=dt.UTC)
    scene = Scene.of(lab_dir, now, needed=False)
    limit = focus().thresholds.untagged if share is None else share
    plan, why_not = planned(scene) if told else (None, "")
    with output.working("reading bills"):
        found = spent_of(paths, now, scene.lab, plan, amortized=amortized, since=since.date() if since else None)
    held, notes = held_against_forecast(found, scene, plan)
    budgets = budgeted(found, scene.lab) if scene.lab else ()
    if as_csv:
        output.raw(spend_text.csv(found))
    else:
        spend_text.show(output, found, held, budgets, keys, limit)
        for note in (*([why_not] if why_not else []), *notes):
            output.kind("warning", note)
        if scene.lab is None:
            output.kind("note", _NO_LAB)
        output.say(spend_text.summary(found, held, budgets))
        output.document(spend_text.document(found, held, budgets, limit))
    if found.unread:
        return 3
    return int(any(one.over for one in budgets) or bool(found.anomalies) or _too_much(found, limit))


def _too_much(found: Spent, limit: float) -> bool:
    return bool(found.untagged) and found.untagged_share > limit


def spent_of(
    paths: Iterable[Path],
    now: dt.datetime,
    lab: Lab | None,
    plan: Plan | None = None,
    *,
    amortized: bool = False,
    since: dt.date | None = None,
) -> Spent:
    """What bills say was spent, told apart by the names of a lab.

    Raises
    ------
    InputError
        If there is no bill at the paths, or DuckDB is not installed.
    """
    from slidebox.spend import places_of, spent  # noqa: PLC0415

    return spent(list(paths), now, places_of(lab, plan) if lab else None, amortized=amortized, since=since)


def planned(scene: Scene) -> tuple[Plan | None, str]:
    """The lab's plan, or why there is none."""
    from slidebox.cli.checking import own_rules, plan_of  # noqa: PLC0415
    from slidebox.policy import Rules  # noqa: PLC0415

    if scene.lab is None or scene.root is None:
        return None, ""
    try:
        with Rules(own=own_rules(scene.root, scene.lab.file)) as rules:
            return plan_of(scene.lab, (), scene.today, rules), ""
    except SlideboxError as error:
        return None, f"There is no forecast: {error.message}"


def held_against_forecast(
    found: Spent, scene: Scene, plan: Plan | None
) -> tuple[tuple[Compared, ...], tuple[str, ...]]:
    """Each month of each project against what the plan forecasts for it, and what is to be said of the forecast.

    The walk starts in the first month that the bills have, with what is declared today.
    """
    from slidebox.spend.compare import compared  # noqa: PLC0415

    if (billed := forecast_as_billed(found, scene, plan)) is None:
        return (), ()
    told, stores = billed
    return compared(found, told, stores), tuple(note for note in told.notes if any(name in note for name in stores))


def forecast_as_billed(found: Spent, scene: Scene, plan: Plan | None) -> tuple[Forecast, frozenset[str]] | None:
    """What the plan forecasts of the stores and the months that bills are of, and these stores; None without a plan."""
    from slidebox.cli.pricing import books_of  # noqa: PLC0415
    from slidebox.forecast import forecast, holdings_of  # noqa: PLC0415
    from slidebox.spend.compare import billed_stores  # noqa: PLC0415
    from slidebox.systems import load_systems  # noqa: PLC0415

    if plan is None or scene.lab is None or not found.months:
        return None
    first, last = (dt.date.fromisoformat(f"{month}-01") for month in (found.months[0], found.months[-1]))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    systems = load_systems(scene.lab.file.playbook)
    stores = billed_stores(scene.lab, found)
    holdings, notes = holdings_of(plan, scene.lab, systems, books_of(scene.root), first)
    return forecast([one for one in holdings if one.store in stores], first, months, notes), stores
