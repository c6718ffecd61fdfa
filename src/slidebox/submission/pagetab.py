"""PageTab, in which BioStudies takes a submission, as values (BioStudies, "Page Tab Specification")."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slidebox.errors import InputError

SUBMISSION, FILE, FILES, LINK, LINKS = "Submission", "File", "Files", "Link", "Links"
RESERVED = frozenset({SUBMISSION, FILE, FILES, LINK, LINKS})
"""Names that a section cannot have."""
MARKS = {"(": ")", "[": "]", "<": ">"}
"""What stands around names of details and references, and so begins no other name."""


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
    if name[0] in MARKS or name != name.strip():
        raise PageTabError(f"{name!r} is no name in PageTab.", "Begin and end it with a letter.")
