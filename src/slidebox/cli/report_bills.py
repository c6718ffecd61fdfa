"""What `report` says of bills and inventories that it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from slidebox.cli.auditing import Scene
from slidebox.forecast import Row
from slidebox.inventory.found import Inventory
from slidebox.model import Plan
from slidebox.report.found import counted
from slidebox.report.page.data import Finding, Notice
from slidebox.report.page.from_money import Key


@dataclass(frozen=True, slots=True)
class Billed:
    """What bills say.

    Attributes
    ----------
    actual
        US dollars that were charged, by project, grant, level and month.
    months
        The months that the bills are of.
    rows
        What was forecast for these months, of the stores that the bills are of.
    notices
        What has to be read.
    said
        How much was read, in a sentence.
    unread
        Whether something of them could not be read.
    """

    actual: Mapping[Key, float] = field(default_factory=dict)
    months: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notices: tuple[Notice, ...] = ()
    said: str = ""
    unread: bool = False


def billed(paths: tuple[Path, ...], scene: Scene, plan: Plan) -> Billed:
    """What bills say was charged, against what was forecast.

    Raises
    ------
    InputError
        If there is no bill, or what reads them is not installed.
    """
    from slidebox.cli.audit_spend import forecast_as_billed, held_against_forecast, spent_of  # noqa: PLC0415
    from slidebox.spend.compare import budgeted  # noqa: PLC0415 - who gives no bills does not wait for these
    from slidebox.spend.focus import CHARGE, focus  # noqa: PLC0415
    from slidebox.spend.words import notices  # noqa: PLC0415

    assert scene.lab is not None
    found = spent_of(paths, scene.now, scene.lab, plan)
    actual: dict[Key, Decimal] = {}
    for one in found.actuals:
        if one.line == CHARGE:
            key = (one.project, one.grant, one.level, one.month)
            actual[key] = actual.get(key, Decimal(0)) + one.usd
    compared, notes = held_against_forecast(found, scene, plan)
    told = forecast_as_billed(found, scene, plan)
    stores = told[1] if told else frozenset[str]()
    said = notices(found, compared, budgeted(found, scene.lab), focus().thresholds.untagged)
    besides = found.total() - found.total(CHARGE)
    return Billed(
        actual={key: float(usd) for key, usd in actual.items()},
        months=found.months,
        rows=told[0].rows if told else (),
        notices=(
            *(Notice(one.kind, one.said, None if one.usd is None else float(one.usd)) for one in said),
            *(Notice("note", note) for note in (*notes, *_scope(found.months, stores, besides))),
        ),
        said=f"{counted(len(found.reports), 'report')}, charges of {found.first} to {found.last}",
        unread=found.unread,
    )


def _scope(months: tuple[str, ...], stores: frozenset[str], besides: Decimal) -> Iterator[str]:
    """What the months of the bills are of, and what is in none of them."""
    if months:
        of = ", ".join(sorted(stores)) or "no store of the lab"
        yield f"In months with bills the forecast is of what the bills are of ({of}), later of every store."
    if besides:
        yield f"Credits, taxes, refunds and the like, {besides:,.2f} USD in all, are in no month: charges are shown."


@dataclass(frozen=True, slots=True)
class Inventoried:
    """What inventories say.

    Attributes
    ----------
    inventory
        What lies where, summed.
    findings
        What has to be seen to.
    """

    inventory: Inventory
    findings: tuple[Finding, ...]


def inventoried(reports: tuple[str, ...], scene: Scene) -> Inventoried:
    """What inventories say, with no object's name.

    Raises
    ------
    InputError
        If there is no report, or what reads them is not installed.
    """
    from slidebox.cli.audit_inventory import given  # noqa: PLC0415 - who gives none does not wait for DuckDB
    from slidebox.inventory import gathered, summed  # noqa: PLC0415
    from slidebox.inventory.judging import Answers, findings_of  # noqa: PLC0415

    assert scene.root is not None
    paths, stores = given(reports, scene.lab, scene.root)
    with gathered(paths, scene.lab, root=scene.root, now=scene.now, stores=stores) as found:
        answers = Answers.of(found.table, scene.now)
        total = summed(found)
    # No dataset's files may be named here, not even those of an open one.
    said = findings_of(answers, scene.lab, frozenset())
    return Inventoried(total, tuple(_finding(kind, sentence) for kind, sentence in said))


def _finding(kind: str, sentence: str) -> Finding:
    return Finding(
        rule=f"inventory/{kind.replace(' ', '_')}",
        title=f"By inventories: {kind}",
        page="",
        severity="warning",
        subject="",
        message=sentence,
        cure="",
        where="slidebox audit inventory",
    )
