"""PageTab as a table with tabs.

Blocks of lines stand between blank lines. The first cell of a block says what it is: ``Submission``, ``File``,
``Files`` (a table), ``Link``, ``Links`` (a table), a section of any other name, or ``Type[Parent]`` (a table of
sections). (BioStudies, "Page Tab Specification".) A table is read as what its rows are, and never written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from slidebox.submission.pagetab import (
    FILE,
    FILES,
    LINK,
    MARKS,
    RESERVED,
    SUBMISSION,
    Attribute,
    Detail,
    File,
    Link,
    PageTabError,
    Section,
    Submission,
)

# Written as a table


def to_tsv(submission: Submission) -> str:
    """Write a submission as a table with tabs."""
    blocks = [_block((SUBMISSION, submission.accession), submission.attributes)]
    blocks += _section_blocks(submission.section, None)
    return "\n\n".join(blocks) + "\n"


def _section_blocks(section: Section, parent: str | None) -> Iterator[str]:
    head = (section.type, section.accession) if parent is None else (section.type, section.accession, parent)
    yield _block(head, section.attributes)
    yield from (_block((FILE, one.path), one.attributes) for one in section.files)
    yield from (_block((LINK, one.url), one.attributes) for one in section.links)
    for below in section.subsections:
        yield from _section_blocks(below, section.accession)


def _block(head: tuple[str, ...], attributes: Sequence[Attribute]) -> str:
    lines = ["\t".join(head)]
    for one in attributes:
        lines.append(f"<{one.name}>\t{one.value}" if one.reference else f"{one.name}\t{one.value}")
        lines += [f"({more.name})\t{more.value}" for more in one.name_details]
        lines += [f"[{more.name}]\t{more.value}" for more in one.value_details]
    return "\n".join(lines)


# Read from a table


@dataclass(slots=True)
class _Line:
    number: int
    cells: list[str]

    def cell(self, index: int) -> str:
        return self.cells[index] if index < len(self.cells) else ""


@dataclass(slots=True)
class _Growing:
    """A section that is being read."""

    type: str
    accession: str
    attributes: tuple[Attribute, ...] = ()
    files: list[File] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    below: list[_Growing] = field(default_factory=list)

    def grown(self) -> Section:
        below = tuple(one.grown() for one in self.below)
        return Section(self.type, self.accession, self.attributes, tuple(self.files), tuple(self.links), below)


def from_tsv(text: str) -> Submission:
    """Read a submission from a table with tabs.

    Raises
    ------
    PageTabError
        If it is none, with the line.
    """
    blocks = list(_blocks(text))
    if not blocks or blocks[0][0].cell(0) != SUBMISSION:
        raise PageTabError("A PageTab begins with a line 'Submission'.", "Write it first.")
    head, *rest = blocks
    reading = _Reading()
    for block in rest:
        with _at(block[0].number):
            reading.take(block)
    if reading.root is None:
        raise PageTabError("There is no section after the submission.", "Write one, such as 'Study'.", head[-1].number)
    with _at(head[0].number):
        return Submission(reading.root.grown(), head[0].cell(1), _attributes(head[1:]))


@contextmanager
def _at(line: int) -> Iterator[None]:
    """What is wrong with what is read here is wrong in this line, unless it says another one."""
    try:
        yield
    except PageTabError as error:
        raise PageTabError(error.message, error.cure, line if error.line == 1 else error.line) from None


def _blocks(text: str) -> Iterator[list[_Line]]:
    block: list[_Line] = []
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.rstrip("\r").split("\t")
        if any(cell.strip() for cell in cells):
            block.append(_Line(number, cells))
        elif block:
            yield block
            block = []
    if block:
        yield block


class _Reading:
    """A document of which the blocks come one after another."""

    def __init__(self) -> None:
        self.root: _Growing | None = None
        self._last: _Growing | None = None
        self._known: dict[str, _Growing] = {}

    def take(self, block: list[_Line]) -> None:
        """Read a block into what was there before it."""
        head = block[0]
        what = head.cell(0)
        if what == SUBMISSION:
            raise PageTabError("There is a second submission.", "Write each into its own file.", head.number)
        if what in RESERVED:
            if self._last is None:
                raise PageTabError(f"{what!r} stands before any section.", "Write a section first.", head.number)
            _hang(self._last, what, block)
        elif what.endswith("]") and "[" in what:
            self._table(what, block)
        else:
            self._add(_Growing(what, head.cell(1), _attributes(block[1:])), head.cell(2), head.number)

    def _table(self, what: str, block: list[_Line]) -> None:
        kind, _, parent = what[:-1].partition("[")
        last = self._last
        for line, (accession, about) in zip(block[1:], _rows(block), strict=True):
            self._add(_Growing(kind, accession, about), parent, line.number)
        # What follows a table belongs to the section before it.
        self._last = last

    def _add(self, section: _Growing, parent: str, line: int) -> None:
        if section.accession.strip() and section.accession in self._known:
            cause = f"Two sections are called {section.accession!r}."
            raise PageTabError(cause, "Give each its own accession.", line)
        if self.root is None:
            if parent:
                raise PageTabError("The first section has a parent.", "Write the parent before it.", line)
            self.root = section
        else:
            above = self._known.get(parent) if parent else self.root
            if above is None:
                raise PageTabError(f"There is no section {parent!r}.", "Write the parent before it.", line)
            above.below.append(section)
        self._last = section
        if section.accession.strip():
            self._known[section.accession] = section


def _hang(section: _Growing, what: str, block: list[_Line]) -> None:
    """Read files and links into the section before them."""
    if what == FILE:
        section.files.append(File(block[0].cell(1), _attributes(block[1:])))
    elif what == LINK:
        section.links.append(Link(block[0].cell(1), _attributes(block[1:])))
    elif what == FILES:
        section.files += [File(path, about) for path, about in _rows(block)]
    else:
        section.links += [Link(url, about) for url, about in _rows(block)]


def _rows(block: list[_Line]) -> Iterator[tuple[str, tuple[Attribute, ...]]]:
    names = block[0].cells[1:]
    for line in block[1:]:
        cells = ((name, line.cell(index)) for index, name in enumerate(names, 1) if name)
        yield line.cell(0), tuple(Attribute(name, value) for name, value in cells if value)


def _attributes(lines: Sequence[_Line]) -> tuple[Attribute, ...]:
    found: list[Attribute] = []
    for line in lines:
        name, value = line.cell(0), line.cell(1)
        if any(cell.strip() for cell in line.cells[2:]):
            raise PageTabError(f"{name!r} has more than one value.", "Write a line for each value.", line.number)
        if name[:1] not in MARKS or name[-1:] != MARKS[name[:1]]:
            found.append(Attribute(name, value))
        elif name[0] == "<":
            found.append(Attribute(name[1:-1], value, reference=True))
        elif not found:
            raise PageTabError(f"{name!r} stands before any attribute.", "Write the attribute first.", line.number)
        else:
            found[-1] = _detailed(found[-1], name, value)
    return tuple(found)


def _detailed(one: Attribute, name: str, value: str) -> Attribute:
    more = (Detail(name[1:-1], value),)
    names = one.name_details + (more if name[0] == "(" else ())
    values = one.value_details + (more if name[0] == "[" else ())
    return Attribute(one.name, one.value, names, values, one.reference)
