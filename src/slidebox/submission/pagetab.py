"""PageTab, in which BioStudies takes a submission: as a table with tabs, and as JSON.

Blocks of lines stand between blank lines. The first cell of a block says what it is: ``Submission``, ``File``,
``Files`` (a table), ``Link``, ``Links`` (a table), a section of any other name, or ``Type[Parent]`` (a table of
sections). (BioStudies, "Page Tab Specification".) A table is read as what its rows are, and never written.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from slidebox.errors import InputError

_SUBMISSION, _FILE, _FILES, _LINK, _LINKS = "Submission", "File", "Files", "Link", "Links"
RESERVED = frozenset({_SUBMISSION, _FILE, _FILES, _LINK, _LINKS})
"""Names that a section cannot have."""
_MARKS = {"(": ")", "[": "]", "<": ">"}


class PageTabError(InputError):
    """A document that is no PageTab, or a value that it cannot hold.

    Parameters
    ----------
    message, cure
        As of every error.
    line
        Where, from 1.
    """

    def __init__(self, message: str, cure: str = "", line: int = 1) -> None:
        super().__init__(message, cure)
        self.line = line


@dataclass(frozen=True, slots=True)
class Detail:
    """More about the name or the value of an attribute, such as the ontology of a term."""

    name: str
    value: str

    def __post_init__(self) -> None:
        _require_name(self.name)
        _require_text(self.value)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name and its value.

    Attributes
    ----------
    name, value
        What is said.
    name_details, value_details
        More about either.
    reference
        Whether the value is the accession of another section.
    """

    name: str
    value: str
    name_details: tuple[Detail, ...] = ()
    value_details: tuple[Detail, ...] = ()
    reference: bool = False

    def __post_init__(self) -> None:
        _require_name(self.name)
        _require_text(self.value)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a section, by its path below the submission's root."""

    path: str
    attributes: tuple[Attribute, ...] = ()

    def __post_init__(self) -> None:
        _require_some(self.path, "path of a file")


@dataclass(frozen=True, slots=True)
class Link:
    """An address or accession that a section names."""

    url: str
    attributes: tuple[Attribute, ...] = ()

    def __post_init__(self) -> None:
        _require_some(self.url, "link")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a submission.

    Attributes
    ----------
    type
        What it is, such as ``Study``.
    accession
        Its name in the document, of which each is there once; empty where nothing names it.
    attributes, files, links, subsections
        What it has.
    """

    type: str
    accession: str
    attributes: tuple[Attribute, ...] = ()
    files: tuple[File, ...] = ()
    links: tuple[Link, ...] = ()
    subsections: tuple[Section, ...] = ()

    def __post_init__(self) -> None:
        _require_text(self.accession)
        _require_name(self.type)
        if self.type in RESERVED or set("[]") & set(self.type):
            raise PageTabError(f"{self.type!r} is no name for a section.", "Choose another one.")

    def everything(self) -> Iterator[Section]:
        """The section and all below it."""
        yield self
        for below in self.subsections:
            yield from below.everything()

    def value(self, name: str) -> str:
        """The first value of an attribute; nothing where there is none."""
        return _value(self.attributes, name)


@dataclass(frozen=True, slots=True)
class Submission:
    """A whole submission.

    Attributes
    ----------
    section
        Its root.
    accession
        What the archive calls it; empty before it does.
    attributes
        ``Title``, ``ReleaseDate``, ``RootPath``, ``AttachTo``.

    Raises
    ------
    PageTabError
        If two sections have one accession, or one that others are in has none.
    """

    section: Section
    accession: str = ""
    attributes: tuple[Attribute, ...] = ()

    def __post_init__(self) -> None:
        _require_text(self.accession)
        seen: set[str] = set()
        for section in self.section.everything():
            if section.accession in seen:
                raise PageTabError(f"Two sections are called {section.accession!r}.", "Give each its own accession.")
            if section.accession.strip():
                seen.add(section.accession)
            elif section.subsections and section is not self.section:
                raise PageTabError(f"A section {section.type!r} has others in it and no accession.", "Give it one.")

    def value(self, name: str) -> str:
        """The first value of an attribute; nothing where there is none."""
        return _value(self.attributes, name)


def _value(attributes: Sequence[Attribute], name: str) -> str:
    return next((one.value for one in attributes if one.name == name), "")


def _require_text(text: str) -> None:
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in text):
        raise PageTabError(f"{text[:40]!r} has a tab, a line's end or another control sign.", "Write it in one line.")


def _require_some(text: str, what: str) -> None:
    _require_text(text)
    if not text.strip():
        raise PageTabError(f"The {what} is empty.", "Name it.")


def _require_name(name: str) -> None:
    _require_some(name, "name of something")
    if name[0] in _MARKS or name != name.strip():
        raise PageTabError(f"{name!r} is no name in PageTab.", "Begin and end it with a letter.")


# Written as a table


def to_tsv(submission: Submission) -> str:
    """Write a submission as a table with tabs."""
    blocks = [_block((_SUBMISSION, submission.accession), submission.attributes)]
    blocks += _section_blocks(submission.section, None)
    return "\n\n".join(blocks) + "\n"


def _section_blocks(section: Section, parent: str | None) -> Iterator[str]:
    head = (section.type, section.accession) if parent is None else (section.type, section.accession, parent)
    yield _block(head, section.attributes)
    yield from (_block((_FILE, one.path), one.attributes) for one in section.files)
    yield from (_block((_LINK, one.url), one.attributes) for one in section.links)
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
    if not blocks or blocks[0][0].cell(0) != _SUBMISSION:
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
        if what == _SUBMISSION:
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
    if what == _FILE:
        section.files.append(File(block[0].cell(1), _attributes(block[1:])))
    elif what == _LINK:
        section.links.append(Link(block[0].cell(1), _attributes(block[1:])))
    elif what == _FILES:
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
        if name[:1] not in _MARKS or name[-1:] != _MARKS[name[:1]]:
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


# JSON


def to_json(submission: Submission) -> str:
    """Write a submission as JSON."""
    document = {
        "type": "submission",
        "accno": submission.accession,
        "attributes": [_attribute_document(one) for one in submission.attributes],
        "section": _section_document(submission.section),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _section_document(section: Section) -> dict[str, Any]:
    return {
        "type": section.type,
        "accno": section.accession,
        "attributes": [_attribute_document(one) for one in section.attributes],
        "files": [
            {"path": one.path, "attributes": [_attribute_document(about) for about in one.attributes]}
            for one in section.files
        ],
        "links": [
            {"url": one.url, "attributes": [_attribute_document(about) for about in one.attributes]}
            for one in section.links
        ],
        "subsections": [_section_document(below) for below in section.subsections],
    }


def _attribute_document(one: Attribute) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name, "value": one.value}
    if one.name_details:
        found["nmqual"] = [{"name": more.name, "value": more.value} for more in one.name_details]
    if one.value_details:
        found["valqual"] = [{"name": more.name, "value": more.value} for more in one.value_details]
    return found | ({"isReference": True} if one.reference else {})


def from_json(text: str) -> Submission:
    """Read a submission from JSON.

    Raises
    ------
    PageTabError
        If it is none.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise PageTabError("The document is no JSON.", "Write it with `slidebox submission write`.", line) from None
    try:
        section = _section_of(document["section"])
        return Submission(section, str(document.get("accno") or ""), _attributes_of(document.get("attributes")))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        cause = f"The document is no PageTab: it lacks {error}." if isinstance(error, KeyError) else ""
        raise PageTabError(cause or "The document is no PageTab.", "See the specification of PageTab.") from None


def _section_of(document: Mapping[str, Any]) -> Section:
    files = tuple(File(str(one["path"]), _attributes_of(one.get("attributes"))) for one in _flat(document.get("files")))
    links = tuple(Link(str(one["url"]), _attributes_of(one.get("attributes"))) for one in _flat(document.get("links")))
    below = tuple(_section_of(one) for one in _flat(document.get("subsections")))
    return Section(
        str(document["type"]),
        str(document.get("accno") or ""),
        _attributes_of(document.get("attributes")),
        files,
        links,
        below,
    )


def _flat(listed: Any) -> Iterator[Mapping[str, Any]]:
    """The things of a list; a list in it is a table of such things."""
    for one in listed or ():
        yield from (one if isinstance(one, list) else [one])


def _attributes_of(listed: Any) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            str(one["name"]),
            str(one.get("value") or ""),
            tuple(Detail(str(more["name"]), str(more.get("value") or "")) for more in one.get("nmqual") or ()),
            tuple(Detail(str(more["name"]), str(more.get("value") or "")) for more in one.get("valqual") or ()),
            # The specification's example says "true" in quotes, and documents of the archive call it `reference`.
            str(one.get("isReference", one.get("reference", False))).lower() == "true",
        )
        for one in listed or ()
    )
