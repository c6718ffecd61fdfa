"""The tables beside a study file: library, annotation, processed data and the list of plates, checked all at once.

One row is one well of a screen (`Plate`, `Well`), or one image (`Dataset Name`, `Image Name`). The columns are those
of a study that IDR published (idr0080, `idr0080-screenA-annotation.csv`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slidebox.submission.faults import Fault, in_order
from slidebox.submission.identifiers import CONTROLS, GENES, example_of, is_gene, well, why_no_term

ORGANISM = "Characteristics [Organism]"
SAMPLES = (
    "Characteristics [Cell Line]",
    "Characteristics [Strain]",
    "Characteristics [Cell Type]",
    "Characteristics [Organism Part]",
)
"""What the organism's cells are: one of these columns has to be there."""
REAGENTS = ("Reagent Identifier", "Compound Name", "Gene Identifier", "siRNA Identifier", "Antibody Identifier")
"""What was done to a well: a screen has one of these columns."""
_SCREEN, _IMAGES = ("Plate", "Well"), ("Dataset Name", "Image Name")

_SHAPES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "Gene Identifier": (
        is_gene,
        f"Write an identifier of {', '.join(GENES)}, such as ENSG00000143384",
    ),
    "Sense Sequence": (lambda v: _is(r"[ACGTURYKMSWBDHVN]+", v.upper()), "Write bases only, such as CATTCCTGATG"),
    "Antisense Sequence": (lambda v: _is(r"[ACGTURYKMSWBDHVN]+", v.upper()), "Write bases only, such as CATTCCTGATG"),
    "Control Type": (lambda v: v.lower() in CONTROLS, f"Write one of {', '.join(CONTROLS)}; or nothing"),
    "Compound InChIKey": (
        lambda v: _is(r"[A-Z]{14}-[A-Z]{10}-[A-Z]", v),
        "Write 14, 10 and 1 capital letters between hyphens",
    ),
    "Compound PubChem CID": (lambda v: _is(r"[1-9]\d*", v), "Write the number alone, such as 2244"),
    "Compound Concentration (microMolar)": (lambda v: _is(r"\d+(\.\d+)?", v), "Write a number alone, such as 0.5"),
}
_REF = re.compile(r"Term Source (\d+) REF")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row, and the line in which it begins."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was read.

    Attributes
    ----------
    file
        Its name.
    columns
        The names in its first row.
    rows
        The others; a row of nothing is left out.
    broken
        Where it could not be read any further.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[_Row, ...]
    broken: Fault | None = None

    def place(self, column: str) -> int:
        """The number of a column, from 1; 1 where there is none."""
        return self.columns.index(column) + 1 if column in self.columns else 1

    def value(self, row: _Row, column: str) -> str:
        """What a row has in a column; nothing where it has none."""
        if column not in self.columns:
            return ""
        index = self.columns.index(column)
        return row.cells[index].strip() if index < len(row.cells) else ""

    def fault(self, row: _Row, column: str, cause: str, cure: str) -> Fault:
        """A fault of one cell."""
        return Fault(self.file, row.line, self.place(column), cause, cure)


def read_table(file: str, text: str) -> Table:
    """Read a table: with tabs where its name ends in `.tsv` or `.txt`, with commas elsewhere."""
    delimiter = "\t" if file.endswith((".tsv", ".txt")) else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, before, broken = [], 0, None
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_Row(before + 1, tuple(cells)))
            before = reader.line_num
    except csv.Error as error:
        broken = Fault(file, before + 1, 1, f"the row cannot be read: {error}", "Look for a quote that does not end")
    head = tuple(cell.strip() for cell in rows[0].cells) if rows else ()
    return Table(file, head, tuple(rows[1:]), broken)


def check_annotation(file: str, text: str) -> tuple[Fault, ...]:
    """Every fault of a library or annotation file, by line and column.

    Parameters
    ----------
    file
        Its name, which says what separates its cells.
    text
        What it says.
    """
    table = read_table(file, text)
    checks = (_shaped, _columns, _filled, _unique, _misshapen, _terms)
    return in_order(fault for check in checks for fault in check(table))


def check_processed(file: str, text: str) -> tuple[Fault, ...]:
    """Every fault of a file of processed data: it is a table, and says what its rows are about."""
    table = read_table(file, text)
    links = (*_SCREEN[:1], *_IMAGES[1:], *REAGENTS)
    faults = [*_shaped(table), *_misshapen(table)]
    if table.columns and not set(links) & set(table.columns):
        cure = f"Add one of {', '.join(links)}, by which its rows are found"
        faults.append(Fault(file, 1, 1, "no column says what the rows are about", cure))
    return in_order(faults)


def check_plates(file: str, text: str) -> tuple[Fault, ...]:
    """Every fault of a list of plates: a plate, a tab and the absolute path of its images, each once."""
    seen: dict[str, int] = {}
    faults = []
    for number, line in enumerate(text.split("\n"), 1):
        cells = [cell.strip() for cell in line.rstrip("\r").split("\t")]
        if not any(cells):
            continue
        if len(cells) != 2 or not all(cells):
            cause = f"{len(cells)} cells, not a plate and its path"
            faults.append(Fault(file, number, 1, cause, "Write the plate's name, a tab and its path"))
            continue
        if not cells[1].startswith("/"):
            faults.append(Fault(file, number, 2, f"the path {cells[1]!r} is not absolute", "Begin it with /"))
        for column, text_ in enumerate(cells, 1):
            if seen.setdefault(f"{column} {text_}", number) != number:
                cause = f"{text_!r} is also on line {seen[f'{column} {text_}']}"
                faults.append(Fault(file, number, column, cause, "Keep one of the two lines"))
    return in_order(faults)


def plates_of(text: str) -> frozenset[str]:
    """The plates in a list of plates."""
    return frozenset(line.split("\t")[0].strip() for line in text.split("\n") if line.strip())


def unlisted_plates(file: str, text: str, plates: frozenset[str]) -> tuple[Fault, ...]:
    """A fault for each plate of an annotation that no list of plates has, at its first row."""
    table = read_table(file, text)
    first: dict[str, _Row] = {}
    for row in table.rows:
        first.setdefault(table.value(row, "Plate"), row)
    return in_order(
        table.fault(row, "Plate", f"no list of plates has {plate!r}", "Add it to the list, or correct its name")
        for plate, row in first.items()
        if plate and plate not in plates
    )


def _is(shape: str, text: str) -> bool:
    return bool(re.fullmatch(shape, text, re.ASCII))


def _shaped(table: Table) -> Iterator[Fault]:
    """Names of columns are there and unique, and every row has as many cells as there are."""
    if table.broken:
        yield table.broken
    if not table.columns:
        yield Fault(table.file, 1, 1, "the file is empty", "Write the names of the columns into its first row")
        return
    seen: dict[str, int] = {}
    for number, column in enumerate(table.columns, 1):
        if not column:
            yield Fault(table.file, 1, number, "a column without a name", "Name it, or delete it")
        elif seen.setdefault(column, number) != number:
            cause = f"{column!r} is also the name of column {seen[column]}"
            yield Fault(table.file, 1, number, cause, "Number them, as in 'Term Source 1 REF'")
    if not table.rows:
        yield Fault(table.file, 1, 1, "no rows", "Write one row for each well or image")
    for row in table.rows:
        if len(row.cells) != len(table.columns):
            cause = f"{len(row.cells)} cells under {len(table.columns)} columns"
            yield Fault(table.file, row.line, min(len(row.cells), len(table.columns)), cause, "Fill or empty the row")


def _keys(table: Table) -> Sequence[str]:
    """The columns that say which well or image a row is about."""
    wells, images = (sum(name in table.columns for name in names) for names in (_SCREEN, _IMAGES))
    return _IMAGES if images > wells else _SCREEN


def _columns(table: Table) -> Iterator[Fault]:
    if not table.columns:
        return
    for name in (*_keys(table), ORGANISM):
        if name not in table.columns:
            yield Fault(table.file, 1, 1, f"there is no column {name!r}", "Add it to the first row and fill it")
    wanted = [SAMPLES] + ([REAGENTS] if _keys(table) is _SCREEN else [])
    for names in wanted:
        if not set(names) & set(table.columns):
            listed = ", ".join(map(repr, names))
            yield Fault(table.file, 1, 1, f"there is no column {names[0]!r}", f"Add one of {listed}")
    if "Channels" not in table.columns:
        yield Fault(table.file, 1, 1, "there is no column 'Channels'", "Say in it what each channel shows")
    paired = {number for name in (ORGANISM, *SAMPLES) if (number := _source_after(table, name)) is not None}
    for name in (ORGANISM, *(name for name in SAMPLES if name in table.columns)):
        if name in table.columns and _source_after(table, name) is None:
            cause = f"no 'Term Source REF' follows {name!r}"
            cure = f"Add 'Term Source {len(paired) + 1} REF' and 'Term Source {len(paired) + 1} Accession' after it"
            yield Fault(table.file, 1, table.place(name), cause, cure)


def _source_after(table: Table, name: str) -> str | None:
    """The number of the term source that stands right after a column."""
    if name not in table.columns:
        return None
    place = table.place(name)
    found = _REF.fullmatch(table.columns[place]) if place < len(table.columns) else None
    return found[1] if found else None


def _filled(table: Table) -> Iterator[Fault]:
    """Cells that every row has to have; a well without a reagent says that it is a control."""
    for row in table.rows:
        for name in (*_keys(table), ORGANISM):
            if name in table.columns and not table.value(row, name):
                yield table.fault(row, name, f"{name!r} is empty", "Fill it in every row")
        there = [name for name in REAGENTS if name in table.columns]
        said = any(table.value(row, name) for name in (*there, "Control Type"))
        if there and _keys(table) is _SCREEN and not said:
            cause = "a well with neither a reagent nor a control type"
            yield table.fault(row, there[0], cause, "Name its reagent, or say 'no reagent' as its 'Control Type'")


def _unique(table: Table) -> Iterator[Fault]:
    names = _keys(table)
    if not set(names) <= set(table.columns):
        return
    seen: dict[tuple[object, object], int] = {}
    for row in table.rows:
        first, second = (table.value(row, name) for name in names)
        place: object = second
        if names is _SCREEN:
            place = well(second)
            if place is None:
                if second:
                    cause = f"{second!r} is no well"
                    yield table.fault(row, names[1], cause, "Write row and column, such as A1, up to AF48")
                continue
        if seen.setdefault((first, place), row.line) != row.line:
            cause = f"{second} of {first} is also on line {seen[first, place]}"
            yield table.fault(row, names[1], cause, "Keep one of the two rows, or correct its place")


def _misshapen(table: Table) -> Iterator[Fault]:
    for name, (fits, cure) in _SHAPES.items():
        for row in table.rows if name in table.columns else ():
            value = table.value(row, name)
            if value and not fits(value):
                yield table.fault(row, name, f"{name} is {value!r}", cure)


def _terms(table: Table) -> Iterator[Fault]:
    """Each value has its term and each term fits its ontology; an organism has one of the NCBI taxonomy."""
    for index, column in enumerate(table.columns):
        found = _REF.fullmatch(column)
        if not found:
            continue
        accession = f"Term Source {found[1]} Accession"
        if accession not in table.columns:
            yield Fault(table.file, 1, index + 1, f"there is no column {accession!r}", "Add it after this one")
            continue
        of = table.columns[index - 1] if index else ""
        for row in table.rows:
            yield from _term(table, row, of, column, accession)


def _term(table: Table, row: _Row, of: str, ref_column: str, accession_column: str) -> Iterator[Fault]:
    ref, accession = table.value(row, ref_column), table.value(row, accession_column)
    if of == ORGANISM and ref != "NCBITaxon" and table.value(row, of):
        yield table.fault(row, ref_column, f"the organism's ontology is {ref!r}", "Write NCBITaxon")
    elif bool(ref) != bool(accession):
        lacks = ref_column if accession else accession_column
        yield table.fault(row, lacks, f"{lacks!r} is empty beside its other half", "Fill both, or neither")
    elif why := why_no_term(ref, accession):
        yield table.fault(row, accession_column, why, f"Write one such as {example_of(ref)}")
