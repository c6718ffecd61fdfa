"""A manifest as an RO-Crate 1.2, and back.

The crate is made with the library `rocrate` and read back strictly: one with anything missing or doubtful
is corrupt, because a half-understood list of files cannot verify anything.

Source: RO-Crate Metadata Specification 1.2, https://w3id.org/ro/crate/1.2
"""

from __future__ import annotations

import datetime as dt
import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from rocrate.metadata import find_root_entity_id
from rocrate.model import ContextEntity, File
from rocrate.rocrate import ROCrate

from slidebox.errors import IntegrityError
from slidebox.model import Level, Origin, Sensitivity
from slidebox.provenance.manifest import CRATE_FILE, FileEntry, Manifest, Parent, Property, StepRun, media_type

_SPECIFICATION = "https://w3id.org/ro/crate/1.2"
_SPDX = "https://spdx.org/licenses/"
_NO_LICENCE = "#no-licence"
_FACT = "slidebox:"
_NO_PARTS = '\n   "hasPart": []'
"""An empty list of files as it stands in the text, where it can be once only: within a string a quote is escaped."""
_END = "\n ]\n}\n"
_DATASET = re.compile(r"^[a-z][a-z0-9-]*/[a-z_]+$")

# Writing


def encode(manifest: Manifest) -> bytes:
    """A manifest as the bytes of `ro-crate-metadata.json`; the same manifest always gives the same bytes."""
    text = _json(_document(manifest)) + "\n"
    if not manifest.files:
        return text.encode()
    head, _, tail = text.partition(_NO_PARTS)
    parts, entities = _listed(manifest.files)
    return b"".join((head.encode(), parts, tail.removesuffix(_END).encode(), entities, _END.encode()))


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)


def _listed(files: tuple[FileEntry, ...]) -> tuple[bytearray, bytearray]:
    """The list of files and their entities as they stand in the text.

    Each is written as it is made: the library's objects of a hundred thousand files would take half a gigabyte.
    """
    crate = ROCrate(version="1.2")
    parts, entities = bytearray(b'\n   "hasPart": ['), bytearray()
    for file in files:
        properties = {
            "name": file.path.rpartition("/")[2],
            "contentSize": str(file.size),
            "encodingFormat": media_type(file.path),
            "sha256": file.sha256,
        }
        # Without a source: the library only describes the file, and reads nothing.
        entity = File(crate, None, file.path, properties=properties)
        parts += f"\n{textwrap.indent(_json({'@id': entity.id}), '    ')},".encode()
        entities += f",\n{textwrap.indent(_json(entity.properties()), '  ')}".encode()
    parts[-1:] = b"\n   ]"
    return parts, entities


def _document(manifest: Manifest) -> dict[str, Any]:
    """The crate but for its files."""
    crate = ROCrate(version="1.2")
    root = crate.root_dataset
    root["name"] = manifest.title
    root["description"] = manifest.description
    root["datePublished"] = manifest.published
    root["identifier"] = manifest.dataset
    root["license"] = _licence(crate, manifest.licence)
    if manifest.owner:
        person = f"https://orcid.org/{manifest.owner_id}" if manifest.owner_id else "#owner"
        root["author"] = _add(crate, person, "Person", name=manifest.owner)
    facts = {"level": manifest.level, "origin": manifest.origin, "sensitivity": manifest.sensitivity}
    root["additionalProperty"] = [
        *(
            _add(crate, f"#{name}", "PropertyValue", name=name, propertyID=_FACT + name, value=str(value))
            for name, value in facts.items()
        ),
        *(
            _add(crate, f"#metadata-{n}", "PropertyValue", name=p.name, value=p.value)
            for n, p in enumerate(manifest.metadata, 1)
        ),
    ]
    parents = [_parent(crate, parent) for parent in manifest.parents]
    if parents:
        root["isBasedOn"] = parents
    if manifest.step:
        root["mentions"] = _step(crate, manifest.step, parents)
    if manifest.files:
        root["hasPart"] = []
    document: dict[str, Any] = crate.metadata.generate()
    return document


def _add(crate: ROCrate, entity_id: str, kind: str | list[str], **properties: Any) -> Any:
    kept = {name: value for name, value in properties.items() if value not in ("", None, [])}
    return crate.add(ContextEntity(crate, entity_id, properties={"@type": kind, **kept}))


def _licence(crate: ROCrate, licence: str | None) -> Any:
    if licence is None:
        nothing = "Nobody but the declared audience may use these data."
        return _add(crate, _NO_LICENCE, "CreativeWork", name="No licence", description=nothing)
    is_address = licence.startswith(("https://", "http://"))
    address = licence if is_address else _SPDX + quote(licence, safe="")
    return _add(crate, address, "CreativeWork", name=licence, description=f"The terms of {licence}.")


def _parent(crate: ROCrate, parent: Parent) -> Any:
    about = None
    if parent.crate_sha256:
        about = _add(
            crate,
            f"#crate/{parent.dataset}",
            "CreativeWork",
            name=f"{CRATE_FILE} of {parent.dataset}",
            encodingFormat="application/ld+json",
            sha256=parent.crate_sha256,
        )
    name = f"Dataset {parent.dataset}"
    return _add(crate, f"#dataset/{parent.dataset}", "Dataset", name=name, identifier=parent.dataset, subjectOf=about)


def _step(crate: ROCrate, step: StepRun, parents: list[Any]) -> Any:
    pipeline = _add(
        crate,
        "#pipeline",
        ["SoftwareApplication", "SoftwareSourceCode"],
        name=step.repository.rstrip("/").rpartition("/")[2] or "pipeline",
        url=step.repository,
        codeRepository=step.repository,
        version=step.commit,
    )
    container = [_add(crate, "#container", "SoftwareApplication", name=step.container)] if step.container else []
    parameters = [
        crate.add(ContextEntity(crate, f"#parameter-{n}", {"@type": "PropertyValue", "name": name, "value": value}))
        for n, (name, value) in enumerate(step.parameters, 1)
    ]
    return _add(
        crate,
        "#step",
        "CreateAction",
        name="How this dataset was made",
        instrument=[pipeline, *container],
        object=[*parents, *parameters],
        result=crate.root_dataset,
        endTime=step.date.isoformat() if step.date else "",
    )


# Reading


def decode(data: bytes, where: str) -> Manifest:
    """Read a manifest back.

    Parameters
    ----------
    data
        The bytes of `ro-crate-metadata.json`.
    where
        What to call it in an error.

    Raises
    ------
    IntegrityError
        If anything is missing or cannot be.
    """
    try:
        document = json.loads(data, parse_constant=_no_constant)
        return _Crate(document).manifest()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) and error.args else str(error)
        raise IntegrityError(
            f"{where} is corrupt or was not written by slidebox: {reason}.",
            "Get the dataset from another copy, or put it again.",
        ) from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class _Crate:
    """The entities of a crate, by id."""

    def __init__(self, document: dict[str, Any]) -> None:
        graph: list[dict[str, Any]] = document["@graph"]
        self.entities = {entity["@id"]: entity for entity in graph}
        if len(self.entities) != len(graph):
            raise ValueError("two entities have one id")
        descriptor, root = find_root_entity_id(self.entities)
        if (descriptor, root) != (CRATE_FILE, "./"):
            raise ValueError("its root is not this folder")
        versions = [ref["@id"] for ref in _many(self.entities[descriptor], "conformsTo")]
        if _SPECIFICATION not in versions:
            raise ValueError(f"it does not conform to {_SPECIFICATION}")
        self.root = self.entities[root]

    def manifest(self) -> Manifest:
        dataset = _text(self.root, "identifier")
        if not _DATASET.match(dataset):
            raise ValueError(f"{dataset!r} is no dataset")
        properties = [self._one(ref) for ref in _many(self.root, "additionalProperty")]
        facts = {_text(p, "propertyID"): _text(p, "value") for p in properties if "propertyID" in p}
        if facts[_FACT + "level"] != str(Level(dataset.partition("/")[2])):
            raise ValueError("level and id disagree")
        author = self._one(self.root["author"]) if "author" in self.root else {"@id": "", "name": ""}
        identifier = author["@id"]
        published = _text(self.root, "datePublished")
        dt.datetime.fromisoformat(published)
        files = [self._file(ref) for ref in _many(self.root, "hasPart")]
        if len({f.path for f in files}) != len(files):
            raise ValueError("a file is listed twice")
        return Manifest(
            dataset=dataset,
            title=_text(self.root, "name"),
            description=_text(self.root, "description"),
            published=published,
            origin=Origin(facts[_FACT + "origin"]),
            sensitivity=Sensitivity(facts[_FACT + "sensitivity"]),
            licence=self._licence(),
            owner=_text(author, "name"),
            owner_id=identifier.removeprefix("https://orcid.org/") if identifier.startswith("https://") else "",
            metadata=tuple(
                sorted(Property(_text(p, "name"), _text(p, "value")) for p in properties if "propertyID" not in p)
            ),
            parents=tuple(sorted(self._parent(ref) for ref in _many(self.root, "isBasedOn"))),
            step=self._step(),
            files=tuple(sorted(files)),
        )

    def _one(self, ref: Any) -> dict[str, Any]:
        entity: dict[str, Any] = self.entities[ref["@id"]]
        return entity

    def _licence(self) -> str | None:
        identifier: str = self.root["license"]["@id"]
        if identifier == _NO_LICENCE:
            return None
        return unquote(identifier.removeprefix(_SPDX)) if identifier.startswith(_SPDX) else identifier

    def _file(self, ref: Any) -> FileEntry:
        entity = self._one(ref)
        if "File" not in _many(entity, "@type"):
            raise ValueError(f"{entity['@id']!r} is no file")
        size = _text(entity, "contentSize")
        if not size.isascii() or not size.isdigit():
            raise ValueError(f"{entity['@id']!r} has no size")
        return FileEntry(unquote(entity["@id"], errors="strict"), int(size), _text(entity, "sha256"))

    def _parent(self, ref: Any) -> Parent:
        entity = self._one(ref)
        about = self._one(entity["subjectOf"]) if "subjectOf" in entity else None
        return Parent(_text(entity, "identifier"), _text(about, "sha256") if about else None)

    def _step(self) -> StepRun | None:
        actions = [self._one(ref) for ref in _many(self.root, "mentions")]
        action = next((a for a in actions if a["@type"] == "CreateAction"), None)
        if action is None:
            return None
        instruments = [self._one(ref) for ref in _many(action, "instrument")]
        used = [self._one(ref) for ref in _many(action, "object")]
        container = next((i for i in instruments if i["@id"] == "#container"), None)
        return StepRun(
            repository=str(instruments[0].get("codeRepository", "")),
            commit=str(instruments[0].get("version", "")),
            container=_text(container, "name") if container else "",
            parameters=tuple(sorted((_text(e, "name"), e["value"]) for e in used if e["@type"] == "PropertyValue")),
            date=dt.date.fromisoformat(action["endTime"]) if "endTime" in action else None,
        )


def _many(entity: Mapping[str, Any], key: str) -> list[Any]:
    value = entity.get(key, [])
    return value if isinstance(value, list) else [value]


def _text(entity: Mapping[str, Any], key: str) -> str:
    value = entity[key]
    if not isinstance(value, str):
        raise TypeError(f"{key!r} is not text")
    return value
