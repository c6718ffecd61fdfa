"""Whether a PageTab has what the BioImage Archive asks for: the fields of its template `BioImages.v5`, those of REMBI.

A fault of a table is said at the line of its section; JSON has no lines worth saying, so there it is the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from slidebox.submission.faults import Fault, in_order
from slidebox.submission.identifiers import LICENCES, is_date, is_email, is_orcid
from slidebox.submission.pagetab import RESERVED, PageTabError, Section, Submission
from slidebox.submission.pagetab_json import from_json
from slidebox.submission.pagetab_tsv import from_tsv

SHORTEST_TITLE = 25
"""Characters (template `BioImages.v5`)."""
COLLECTION = "BioImages"
"""The collection of BioStudies that is the BioImage Archive."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "study": ("Title", "Description", "Keywords", "License"),
    "author": ("Name", "E-mail", "affiliation"),
    "organization": ("Name",),
    "organisation": ("Name",),
    "biosample": ("Title", "Organism", "Biological entity"),
    "specimen": ("Title", "Sample preparation protocol"),
    "image acquisition": (
        "Title",
        "Imaging instrument",
        "Image acquisition parameters",
        "Imaging method",
    ),
    "image correlation": ("Title", "Spatial and temporal alignment"),
    "image analysis": ("Title", "Image analysis overview"),
    "study component": ("Name", "Description", "File List"),
    "annotation": ("Title", "Annotation overview", "Annotation type", "Annotation method", "File List"),
    "associations": ("Biosample", "Specimen", "Image acquisition"),
}
"""What each section has to say, by its type in small letters."""
NEEDED = ("author", "biosample", "specimen", "image acquisition", "study component")
"""Sections of which there has to be one."""
_TITLED = ("biosample", "specimen", "image acquisition", "image correlation", "image analysis")

_SHAPES: Mapping[tuple[str, str], tuple[Callable[[str], bool], str]] = {
    ("study", "Title"): (lambda v: len(v) >= SHORTEST_TITLE, f"Write at least {SHORTEST_TITLE} characters"),
    ("study", "License"): (lambda v: v in LICENCES.values(), f"Write {' or '.join(LICENCES.values())}"),
    ("author", "E-mail"): (is_email, "Write an address such as name@example.org"),
    ("author", "ORCID"): (is_orcid, "Write the iD as orcid.org shows it, such as 0000-0002-1825-0097"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A PageTab as it was read, and where its sections begin.

    Attributes
    ----------
    file
        Its name.
    submission
        What it says.
    heads
        Type, accession and line of each section, in the order in which they stand.
    """

    file: str
    submission: Submission
    heads: tuple[tuple[str, str, int], ...]

    def sections(self) -> Iterator[tuple[int, Section]]:
        """Each section with its line."""
        waiting: dict[tuple[str, str], list[int]] = {}
        for kind, accession, line in self.heads:
            waiting.setdefault((kind, accession), []).append(line)
        for section in self.submission.section.everything():
            lines = waiting.get((section.type, section.accession))
            yield lines.pop(0) if lines else 1, section

    def lists(self) -> Iterator[tuple[int, str]]:
        """Each list of files that it names, with the line of the section."""
        for line, section in self.sections():
            if named := section.value("File List"):
                yield line, named


def read_page(file: str, text: str) -> Page | Fault:
    """Read a PageTab, by the ending of its name; a fault where it is none."""
    try:
        if file.endswith(".json"):
            return Page(file, from_json(text), ())
        return Page(file, from_tsv(text), tuple(_heads(text)))
    except PageTabError as error:
        return Fault(file, error.line, 1, error.message.rstrip("."), error.cure.rstrip("."))


def _heads(text: str) -> Iterator[tuple[str, str, int]]:
    """Type, accession and line of each section, alone or in a table."""
    kind = ""
    for number, line in enumerate(text.split("\n"), 1):
        first, _, rest = line.rstrip("\r").partition("\t")
        if not line.strip():
            kind = ""
        elif not kind:
            kind = first
            if first != "Submission" and first not in RESERVED and not first.endswith("]"):
                yield first, rest.split("\t")[0], number
        elif kind.endswith("]"):
            yield kind.partition("[")[0], first, number


def check_page(page: Page) -> tuple[Fault, ...]:
    """Every fault of a PageTab for the BioImage Archive."""
    return in_order([*_head(page), *_fields(page), *_whole(page), *_references(page)])


def _head(page: Page) -> Iterator[Fault]:
    attributes = page.submission.attributes
    for name, fits, cure in (
        ("ReleaseDate", is_date, "Write year, month and day, such as 2027-06-30"),
        ("AttachTo", lambda value: value == COLLECTION, f"Write {COLLECTION}"),
        ("RootPath", bool, "Write the folder in which the files lie"),
    ):
        value = page.submission.value(name)
        if not fits(value):
            cause = f"{name} is {value!r}" if value else f"the submission has no {name}"
            column = 2 if any(one.name == name for one in attributes) else 1
            yield Fault(page.file, 1, column, cause, cure)


def _fields(page: Page) -> Iterator[Fault]:
    for line, section in page.sections():
        kind = section.type.lower()
        for name in REQUIRED.get(kind, ()):
            if not section.value(name).strip():
                cause = f"{section.type} {section.accession}".rstrip() + f" has no {name}"
                yield Fault(page.file, line, 1, cause, f"Write a line {name!r} below it")
        for one in section.attributes:
            shape = _SHAPES.get((kind, one.name))
            if shape and one.value and not shape[0](one.value):
                yield Fault(page.file, line, 1, f"{one.name} is {one.value!r}", shape[1])


def _whole(page: Page) -> Iterator[Fault]:
    there = {section.type.lower() for section in page.submission.section.everything()}
    for kind in NEEDED:
        if kind not in there:
            cure = f"Write a section {kind.capitalize()!r} with {', '.join(REQUIRED[kind])}"
            yield Fault(page.file, 1, 1, f"there is no {kind}", cure)


def _references(page: Page) -> Iterator[Fault]:
    """What a section names in another is there."""
    every = list(page.submission.section.everything())
    accessions = {section.accession for section in every if section.accession}
    titles = {kind: {s.value("Title") for s in every if s.type.lower() == kind} for kind in _TITLED}
    for line, section in page.sections():
        for one in section.attributes:
            if one.reference and one.value not in accessions:
                cause = f"{one.name} is {one.value!r}, which no section is called"
                yield Fault(page.file, line, 1, cause, "Write the section, or correct its name")
            known = titles.get(one.name.lower()) if section.type.lower() == "associations" else None
            if known is not None and one.value not in known:
                cause = f"no {one.name} has the title {one.value!r}"
                yield Fault(page.file, line, 1, cause, f"Write one of {', '.join(sorted(known)) or 'its titles'}")
