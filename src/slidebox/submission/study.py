"""The study file of the Image Data Resource: keys and values between tabs, checked all at once.

The keys are those of a study that IDR published (idr0080, `idr0080-study.txt`); a key with several values has one in
each column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from slidebox.submission.faults import Fault, in_order
from slidebox.submission.identifiers import example_of, is_date, is_doi, is_email, is_orcid, why_no_term

REQUIRED = (
    "Study Title",
    "Study Type",
    "Study Description",
    "Study Organism",
    "Study Organism Term Accession",
    "Study Person Last Name",
    "Study Person First Name",
    "Study Person Email",
    "Study License",
)
"""Keys without a value of which IDR takes no study."""

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Screen Number": ("Screen Sample Type", "Screen Description", "Screen Imaging Method", "Screen Technology Type"),
    "Experiment Number": ("Experiment Sample Type", "Experiment Description", "Experiment Imaging Method"),
}
"""What each screen or experiment says of itself."""

_COUNTS: Mapping[str, str] = {
    "Study Screens Number": "Screen Number",
    "Study Experiments Number": "Experiment Number",
}
_SHAPES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "Comment[IDR Study Accession]": (lambda v: _is(r"idr\d{4}", v), "Write idr and four digits, such as idr0080"),
    "Study Organism Term Accession": (
        lambda v: _is(r"(NCBITaxon_)?[1-9]\d*", v),
        "Write a number of the NCBI taxonomy, such as 9606",
    ),
    "Study PubMed ID": (
        lambda v: _is(r"[1-9]\d{0,8}", v),
        "Write the number of the article in PubMed, such as 33534641",
    ),
    "Study PMC ID": (lambda v: _is(r"PMC\d+", v), "Write PMC and the number, such as PMC7851983"),
    "Study DOI": (is_doi, "Write a DOI such as 10.1091/mbc.E20-12-0784"),
    "Study Data DOI": (is_doi, "Write a DOI such as 10.17867/10000153"),
    "Study BioImage Archive Accession": (lambda v: _is(r"S-[A-Z]+\d+", v), "Write an accession such as S-BIAD634"),
    "Study Person Email": (is_email, "Write an address such as name@example.org"),
    "Study Person ORCID": (is_orcid, "Write the iD as orcid.org shows it, such as 0000-0002-1825-0097"),
    "Study Public Release Date": (is_date, "Write year, month and day, such as 2026-11-24"),
    "Study License": (
        lambda v: _is(r"CC0( 1\.0)?|CC[ -]BY( [1-4]\.0)?", v),
        "Write CC0 1.0 or CC BY 4.0: IDR takes no other",
    ),
    "Study Screens Number": (lambda v: _is(r"[1-9]\d*", v), "Write a whole number from 1"),
    "Study Experiments Number": (lambda v: _is(r"[1-9]\d*", v), "Write a whole number from 1"),
}
_REF, _ACCESSION = " Term Source REF", " Term Accession"
_ONE_EACH = ("Study Person First Name", "Study Person Email")


@dataclass(frozen=True, slots=True)
class _Cell:
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that says something: its key and its values, empty ones too."""

    number: int
    key: str
    cells: tuple[_Cell, ...]

    @property
    def values(self) -> tuple[_Cell, ...]:
        """The values that are there."""
        return tuple(cell for cell in self.cells if cell.text)


def check_study(file: str, text: str) -> tuple[Fault, ...]:
    """Every fault of a study file, in the order of its lines; what is absent is said of line 1.

    Parameters
    ----------
    file
        Its name in faults.
    text
        What it says.
    """
    lines = _lines(text)
    checks = (_absent, _repeated, _misshapen, _uneven, _counted, _sections, _terms)
    return in_order(fault for check in checks for fault in check(file, lines))


def study_values(text: str) -> Mapping[str, tuple[str, ...]]:
    """The values of a study file by key; a key that each screen has, with those of all screens."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines(text):
        found[line.key] = (*found.get(line.key, ()), *(cell.text for cell in line.values))
    return found


def _lines(text: str) -> list[_Line]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        key, *values = line.rstrip("\r").split("\t")
        if key.strip() and not key.startswith("#"):
            cells = tuple(_Cell(number, column, value.strip()) for column, value in enumerate(values, 2))
            found.append(_Line(number, key.strip(), cells))
    return found


def _is(shape: str, text: str) -> bool:
    return bool(re.fullmatch(shape, text, re.ASCII))


def _cells(lines: list[_Line], key: str) -> Iterator[_Cell]:
    for line in lines:
        if line.key == key:
            yield from line.values


def _absent(file: str, lines: list[_Line]) -> Iterator[Fault]:
    for key in REQUIRED:
        if not any(_cells(lines, key)):
            at = next((line.number for line in lines if line.key == key), 1)
            yield Fault(file, at, 1, f"{key} has no value", f"Write a line {key!r}, a tab and its value")
    if not any(any(_cells(lines, key)) for key in _COUNTS):
        first, second = _COUNTS
        yield Fault(file, 1, 1, "no number of screens or experiments", f"Write a line {first!r} or {second!r}")


def _repeated(file: str, lines: list[_Line]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for line in lines:
        once = line.key.startswith("Study ") or line.key == "Comment[IDR Study Accession]"
        if once and seen.setdefault(line.key, line.number) != line.number:
            cause = f"{line.key} is also on line {seen[line.key]}"
            yield Fault(file, line.number, 1, cause, "Keep one of the two lines")


def _misshapen(file: str, lines: list[_Line]) -> Iterator[Fault]:
    for key, (fits, cure) in _SHAPES.items():
        for cell in _cells(lines, key):
            if not fits(cell.text):
                yield Fault(file, cell.line, cell.column, f"{key} is {cell.text!r}", cure)


def _uneven(file: str, lines: list[_Line]) -> Iterator[Fault]:
    """Each person has a last name, a first name and an address."""
    last = {cell.column for cell in _cells(lines, "Study Person Last Name")}
    for line in lines:
        if line.key not in _ONE_EACH or not line.values:
            continue
        here = {cell.column for cell in line.values}
        for column in sorted(last ^ here):
            lacks = line.key if column in last else "Study Person Last Name"
            cause = f"the person in column {column} has no {lacks.removeprefix('Study Person ')}"
            yield Fault(file, line.number, column, cause, f"Write it in column {column} of {lacks!r}")


def _counted(file: str, lines: list[_Line]) -> Iterator[Fault]:
    for key, each in _COUNTS.items():
        there = len(list(_cells(lines, each)))
        for cell in _cells(lines, key):
            if cell.text.isdecimal() and int(cell.text) != there:
                cause = f"{key} is {cell.text}, and the file has {there}"
                cure = f"Write one section with {each!r} for each, or {there}"
                yield Fault(file, cell.line, cell.column, cause, cure)


def _sections(file: str, lines: list[_Line]) -> Iterator[Fault]:
    """What each screen or experiment has to say of itself."""
    starts = [index for index, line in enumerate(lines) if line.key in SECTIONS and line.values]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        head = lines[start]
        said = {line.key for line in lines[start:end] if line.values}
        for key in SECTIONS[head.key]:
            if key not in said:
                name = f"{head.key.removesuffix(' Number').lower()} {head.values[0].text}"
                yield Fault(file, head.number, 1, f"{name} has no {key!r}", f"Write a line {key!r} below this one")


def _terms(file: str, lines: list[_Line]) -> Iterator[Fault]:
    """Accessions fit the ontology that the line above them names, and that is one the file lists."""
    listed = {cell.text.lower() for cell in _cells(lines, "Term Source Name")}
    refs: dict[str, _Line] = {}
    for line in lines:
        if line.key.endswith(_REF):
            refs[line.key.removesuffix(_REF)] = line
            for cell in line.values:
                if cell.text.lower() not in listed:
                    cause = f"the ontology {cell.text!r} is not among the file's 'Term Source Name'"
                    yield Fault(file, cell.line, cell.column, cause, "Write its name and 'Term Source File' there")
        elif line.key.endswith(_ACCESSION):
            yield from _accessions(file, line, refs.get(line.key.removesuffix(_ACCESSION)))


def _accessions(file: str, line: _Line, ref: _Line | None) -> Iterator[Fault]:
    named = {cell.column: cell.text for cell in ref.values} if ref else {}
    for cell in line.values:
        if cell.column not in named:
            if line.key not in _SHAPES:
                cause = f"{cell.text!r} has no ontology: {line.key.removesuffix(_ACCESSION)}{_REF} is empty"
                yield Fault(file, cell.line, cell.column, cause, "Write the ontology's name there, such as EFO")
        elif line.key not in _SHAPES and (why := why_no_term(named[cell.column], cell.text)):
            yield Fault(file, cell.line, cell.column, why, f"Write one such as {example_of(named[cell.column])}")
