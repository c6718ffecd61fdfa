"""What `slidebox audit inventory` prints for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from slidebox.cli.console import Output
from slidebox.inventory import Duplicates, Inventory
from slidebox.inventory.judging import PUBLIC, UNDECLARED, Answers, Row
from slidebox.inventory.reports import GOOGLE, S3, Report
from slidebox.quantities import human_bytes
from slidebox.report.found import counted, visible

_KINDS = {PUBLIC: "public", UNDECLARED: "undeclared"}
_NOBODY = "no dataset"
_SHOWN = 10
"""Rows of a table of things that can be many; the rest is summed in one."""


def show(
    output: Output,
    reports: Sequence[Report],
    total: Inventory,
    answers: Answers,
    findings: Sequence[tuple[str, str]],
) -> None:
    """Print an inventory: what lies where with totals, what is beside it, and what has to be seen to."""
    output.say(_heading(reports))
    _sums(output, "\nBy project and level", ("project", "level"), answers.summary, _nested)
    _sums(output, "\nBy storage class", ("class",), answers.summary, lambda row: (row["storage_class"] or "not told",))
    _sums(
        output, "\nBy age", ("last changed",), answers.summary, lambda row: (row["age"],), key=lambda row: row["band"]
    )
    _leftovers(output, answers.leftovers)
    _duplicates(output, total.duplicates)
    _encryption(output, answers.encryption)
    _growth(output, answers.growth)
    # Neither files of a drive nor blobs of Azure have lists that let anyone in.
    listed = {one.place for one in reports if one.kind in (S3, GOOGLE)}
    if unknown := sum(row["unknown"] for row in answers.exposed if row["bucket"] in listed):
        output.say(
            f"\nOf {counted(unknown, 'object')} the reports do not say whom their own lists let in; "
            "`slidebox audit access` says who can read what."
        )
    if findings or total.excluded or total.notes:
        output.say()
    for kind, said in findings:
        output.kind(_KINDS.get(kind, "warning"), visible(said))
    for said in total.excluded:
        output.kind("unknown", visible(f"{said} It is not counted."))
    for said in total.notes:
        output.say(visible(said))
    output.say(f"\n{_verdict(findings, total)}")


def _heading(reports: Sequence[Report]) -> str:
    places = {(one.kind, one.place) for one in reports}
    if not reports:
        return "No report could be taken."
    newest = max(one.day for one in reports)
    return f"{counted(len(reports), 'report')} of {counted(len(places), 'place')}, the newest of {newest}."


def _verdict(findings: Sequence[tuple[str, str]], total: Inventory) -> str:
    objects = sum(one.objects for one in total.holdings)
    held = sum(one.bytes for one in total.holdings)
    more = sum(one.noncurrent_bytes + one.incomplete_bytes for one in total.holdings)
    besides = f", and {human_bytes(more)} of earlier versions and unfinished uploads" if more else ""
    said = f"{counted(len(findings), 'finding')}" if findings else "nothing has to be seen to"
    unread = f"; {counted(len(total.excluded), 'report')} could not be taken" if total.excluded else ""
    return f"{counted(objects, 'object')}, {human_bytes(held)}{besides}: {said}{unread}."


def _nested(row: Row) -> tuple[str, ...]:
    return (row["project"] or _NOBODY, row["level"])


def _sums(
    output: Output,
    title: str,
    columns: tuple[str, ...],
    rows: Iterable[Row],
    name: Callable[[Row], tuple[str, ...]],
    key: Callable[[Row], object] | None = None,
) -> None:
    """Print objects and bytes by something, with totals."""
    sums: dict[tuple[str, ...], tuple[int, int]] = {}
    for row in sorted(rows, key=key or name):  # type: ignore[arg-type]
        objects, held = sums.get(name(row), (0, 0))
        sums[name(row)] = objects + row["objects"], held + row["bytes"]
    if not sums:
        return
    whole = sum(objects for objects, _ in sums.values()), sum(held for _, held in sums.values())
    output.table(
        title,
        (*columns, "objects", "size"),
        [(*map(visible, named), f"{objects:,}", human_bytes(held)) for named, (objects, held) in sums.items()],
        totals=("total", *([""] * (len(columns) - 1)), f"{whole[0]:,}", human_bytes(whole[1])),
    )


def _leftovers(output: Output, rows: Sequence[Row]) -> None:
    """Print earlier versions and uploads that never ended, by dataset and age."""
    words = {"noncurrent": "earlier versions", "incomplete": "unfinished uploads"}
    found = sorted(rows, key=lambda row: (row["dataset"], row["what"], row["band"]))
    cells = []
    for (dataset, what, _, age), group in groupby(
        found, key=lambda row: (row["dataset"], row["what"], row["band"], row["age"])
    ):
        same = list(group)
        held = human_bytes(sum(row["bytes"] for row in same))
        cells.append((dataset or _NOBODY, words[what], age, f"{sum(row['objects'] for row in same):,}", held))
    if cells:
        whole = ("total", "", "", f"{sum(r['objects'] for r in rows):,}", human_bytes(sum(r["bytes"] for r in rows)))
        output.table("\nKept besides", ("dataset", "what", "last changed", "objects", "size"), cells, totals=whole)


def _duplicates(output: Output, found: Sequence[Duplicates]) -> None:
    """Print what lies more than once: how much could go, and how much is a copy that may be meant."""
    if not found:
        return
    cells = [
        (
            "\n".join(map(visible, one.places)) + ("\n(twice in it)" if len(one.places) == 1 else ""),
            "\n".join(one.datasets) or _NOBODY,
            f"{one.groups:,}",
            f"{one.objects:,}",
            human_bytes(one.bytes),
        )
        for one in found[:_SHOWN]
    ]
    columns = ("in", "of", "contents", "more", "size")
    whole = (
        "total",
        "",
        f"{sum(one.groups for one in found):,}",
        f"{sum(one.objects for one in found):,}",
        human_bytes(sum(one.bytes for one in found)),
    )
    output.table("\nThe same content more than once", columns, cells, totals=whole)
    if len(found) > _SHOWN:
        output.say(f"{len(found) - _SHOWN:,} more combinations of places are in the total; --json has them all.")
    if any(len(one.places) > 1 for one in found):
        output.say("Copies that the plan wants in two places are among them.")


def _encryption(output: Output, rows: Sequence[Row]) -> None:
    words = {
        "none": "not encrypted",
        "provider": "with the provider's keys",
        "kms": "with the lab's keys in the provider's service",
        "customer": "with keys that the client sends",
        "unknown": "not told",
    }
    order = list(words)
    _sums(
        output,
        "\nBy encryption, earlier versions too",
        ("encrypted",),
        rows,
        lambda row: (words[row["encryption"]],),
        key=lambda row: order.index(row["encryption"]),
    )


def _growth(output: Output, rows: Sequence[Row]) -> None:
    """Print how levels grew between reports; nothing where there is one day."""
    cells = [
        (
            row["level"] or _NOBODY,
            f"{row['since']} to {row['as_of']}",
            _more(row["more_bytes"]),
            human_bytes(row["bytes"]),
        )
        for row in rows
        if row["since"] is not None
    ]
    if cells:
        output.table("\nGrowth between reports", ("level", "between", "more", "size"), cells)


def _more(amount: int) -> str:
    return f"-{human_bytes(-amount)}" if amount < 0 else human_bytes(amount)
