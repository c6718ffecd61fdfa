"""PageTab as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.submission.pagetab import Attribute, Detail, File, Link, PageTabError, Section, Submission


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
