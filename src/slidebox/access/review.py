"""A sheet on which data stewards confirm or revoke each reader. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from slidebox.access.compare import Difference
from slidebox.access.effective import ACTIONS, Access, Location, kind_of

CONFIRM: Final = "confirm"
REVOKE: Final = "revoke"
DECISIONS: Final = ("", CONFIRM, REVOKE)
"""What can be decided; nothing where nobody has decided yet."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), and the mark against it."""
_ARROW = " → "
_OR = " | "


@dataclass(frozen=True, slots=True)
class Row:
    """One reader of one location.

    Attributes
    ----------
    location, store, dataset
        Where.
    principal, kind
        Who.
    actions
        What they can do, with commas.
    until
        Until when.
    path
        By which paths.
    found
        ``as declared``, or what is not: one of `slidebox.access.compare.KINDS`.
    last_read
        When they really read last, where a log says it.
    decision
        One of `DECISIONS`.
    by
        Who has decided, by their name in lab.yaml.
    reason
        Why.
    """

    location: str
    store: str
    dataset: str
    principal: str
    kind: str
    actions: str
    until: str
    path: str
    found: str
    last_read: str = ""
    decision: str = ""
    by: str = ""
    reason: str = ""


COLUMNS: Final = tuple(field.name for field in fields(Row))


class SheetError(ValueError):
    """A sheet that cannot be read: the line, from 1, and why.

    Parameters
    ----------
    line
        From 1.
    why
        What is wrong with it.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


def rows_of(
    locations: Mapping[str, Location],
    differences: Iterable[Difference],
    last_reads: Mapping[tuple[str, str], str] | None = None,
) -> tuple[Row, ...]:
    """A row for every reader of every location, what is not as declared first.

    Parameters
    ----------
    locations
        Who can do what, by the location's name.
    differences
        What is not as it is declared.
    last_reads
        When somebody really read last, by location and principal.
    """
    wrong: dict[tuple[str, str], str] = {}
    for one in differences:
        wrong.setdefault((one.location, one.principal), one.kind)
    rows = [
        _row(name, location, principal, held, wrong, last_reads or {})
        for name, location in locations.items()
        for principal, held in _by_principal(location).items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.found == _AS_DECLARED, row.location, row.principal)))


_AS_DECLARED = "as declared"


def _by_principal(location: Location) -> dict[str, list[Access]]:
    found: dict[str, list[Access]] = {}
    for access in location.readers:
        found.setdefault(access.principal, []).append(access)
    return found


def _row(
    name: str,
    location: Location,
    principal: str,
    held: list[Access],
    wrong: Mapping[tuple[str, str], str],
    last_reads: Mapping[tuple[str, str], str],
) -> Row:
    done = {action for access in held for action in access.actions}
    ends = {access.until for access in held}
    return Row(
        location=name,
        store=location.store,
        dataset=location.dataset,
        principal=principal,
        kind=kind_of(principal),
        actions=", ".join(action for action in ACTIONS if action in done),
        until="" if "" in ends else max(ends),
        path=_OR.join(dict.fromkeys(_ARROW.join(access.path) for access in held)),
        found=wrong.get((name, principal), _AS_DECLARED),
        last_read=last_reads.get((name, principal), ""),
    )


def to_csv(rows: Iterable[Row]) -> str:
    """The sheet; no cell of it is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_guarded(getattr(row, column)) for column in COLUMNS])
    return out.getvalue()


def from_csv(text: str) -> tuple[Row, ...]:
    """A sheet that was filled in.

    Raises
    ------
    SheetError
        If a column is missing, a row is too short or too long, or a decision is none.
    """
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    header = [name.strip() for name in lines[0]] if lines else []
    if missing := [column for column in COLUMNS if column not in header]:
        raise SheetError(1, f"it has no column {missing[0]!r}")
    rows: list[Row] = []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            raise SheetError(number, f"it has {len(line)} cells, and the sheet has {len(header)} columns")
        said = {name: _bare(cell) for name, cell in zip(header, line, strict=True) if name in COLUMNS}
        said["decision"] = said["decision"].casefold()
        if said["decision"] not in DECISIONS:
            raise SheetError(number, f"{said['decision']!r} is no decision: write {CONFIRM} or {REVOKE}")
        rows.append(Row(**said))
    return tuple(rows)


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell


def _bare(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULAS) else cell
