"""The one form of configuration that access is worked out from: what stores answered, part by part.

Collectors fill it from what is there, and the readers of previews, stacks and plans of Terraform from what is to be
made, so whatever works out access has one input. It has a section for each kind of service. A part of a section is
what the service's own interface answers, as JSON; ``None`` where it was asked and has none; absent where nobody asked;
and `unread` where the answer could not be had or is not known before it is made. Secrets are never part of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

VERSION: Final = 1
"""The version of the form."""

SECTIONS: Final = ("aws", "google", "azure", "places")
"""The sections, by what is in them: ``places`` has drives, clusters, gateways, repositories, deposits and shares."""

SOURCES: Final = ("live", "preview", "state", "terraform")
"""Where a snapshot can come from."""

_UNREAD = "$unread"


def unread(why: str) -> dict[str, str]:
    """In place of an answer that could not be had: why."""
    return {_UNREAD: why}


def why_unread(part: object) -> str | None:
    """Why a part is not known; None where it is."""
    if isinstance(part, Mapping) and _UNREAD in part:
        return str(part[_UNREAD])
    return None


def unread_parts(part: object, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every part below one that is not known: the way to it, and why."""
    if (why := why_unread(part)) is not None:
        yield path, why
    elif isinstance(part, Mapping):
        for name, value in part.items():
            yield from unread_parts(value, *path, str(name))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from unread_parts(value, *path, str(number))


@dataclass(frozen=True, slots=True)
class Known:
    """What the lab says that no service does.

    Attributes
    ----------
    names
        Whom of the lab each identity stands for: ``person:…``, ``team:…`` or ``service:…`` by what a service calls
        them (an ARN, a user's name, an e-mail address in small letters, an object id).
    groups
        The principals in each group of a machine or a service, by its name.
    now
        The moment that grants with an end are held against, in UTC; none of them has ended where it is None.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    now: dt.datetime | None = None

    def called(self, identity: str) -> str:
        """The principal an identity stands for: ``account:IDENTITY`` where the lab does not name it."""
        return self.names.get(identity) or self.names.get(identity.casefold()) or f"account:{identity}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Configuration as it was answered.

    Attributes
    ----------
    source
        One of `SOURCES`.
    taken
        When, in ISO 8601 and UTC; empty where it is of something that is not made yet.
    lab
        Short name of the lab; empty where there is none.
    sections
        What was answered, by `SECTIONS`.
    notes
        What could not be read as a whole, each as a sentence with its cure.
    """

    source: str
    taken: str = ""
    lab: str = ""
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The snapshot as JSON has it."""
        return {
            "version": VERSION,
            "source": self.source,
            "taken": self.taken or None,
            "lab": self.lab or None,
            "notes": list(self.notes),
            "sections": {name: self.sections[name] for name in SECTIONS if name in self.sections},
        }

    @classmethod
    def of(cls, document: object) -> Snapshot:
        """A snapshot from its JSON.

        Raises
        ------
        ValueError
            If it is no snapshot, or one of a version or with sections that are not known.
        """
        if not isinstance(document, Mapping) or "sections" not in document:
            raise ValueError("it has no sections")
        if document.get("version") != VERSION:
            raise ValueError(f"it is of version {document.get('version')!r}, and {VERSION} is read")
        sections = document["sections"]
        if not isinstance(sections, Mapping) or not all(isinstance(one, Mapping) for one in sections.values()):
            raise ValueError("its sections are no objects")
        if strange := sorted(set(sections) - set(SECTIONS)):
            raise ValueError(f"it has sections that are not known: {', '.join(strange)}")
        if document.get("source") not in SOURCES:
            raise ValueError(f"its source is {document.get('source')!r}")
        return cls(
            source=str(document["source"]),
            taken=str(document.get("taken") or ""),
            lab=str(document.get("lab") or ""),
            sections=dict(sections),
            notes=tuple(map(str, document.get("notes") or ())),
        )
