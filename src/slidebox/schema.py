"""JSON Schemas of the lab's two kinds of file, for editors: made from the models, never by hand.

``python -m slidebox.schema FOLDER`` writes them; without a folder, into ``schemas/``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from slidebox.model import Declared, LabFile, Project
from slidebox.model.meanings import meanings

FILES: dict[str, tuple[type[BaseModel], str]] = {
    "lab.schema.json": (LabFile, "lab.yaml of slidebox"),
    "project.schema.json": (Project, "projects/NAME.yaml of slidebox"),
}
FOLDER = "schemas"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """The schemas as text, by the name of their file."""
    return {name: json.dumps(_schema(*what), indent=2, ensure_ascii=False) + "\n" for name, what in FILES.items()}


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write the schemas into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in schemas().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return tuple(paths)


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(mode="validation")
    _describe(schema, model)
    for kind in _declared(Declared):
        _describe(schema["$defs"].get(kind.__name__, {}), kind)
    for part in _parts(schema):
        _close(part)
    return {"$schema": _DIALECT, **schema, "title": title}


def _declared(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Everything of the model that is declared in a file."""
    for inner in kind.__subclasses__():
        if inner.__module__.startswith(Declared.__module__.rpartition(".")[0]):
            yield inner
            yield from _declared(inner)


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Say of each property what it means."""
    properties = schema.get("properties", {})
    for name, meaning in meanings(model).items():
        if name in properties:
            properties[name] = dict(sorted({**properties[name], "description": meaning}.items()))


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a schema."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


def _close(part: dict[str, Any]) -> None:
    """Say what the models mean and their generated schema leaves open."""
    # A key that fits no pattern is not a free one: it is a name with a mistake.
    if "patternProperties" in part:
        part.setdefault("additionalProperties", False)
    # "By default nothing" is what leaving a key out means anyway; editors would write it into the file.
    if part.get("default", 0) is None:
        del part["default"]


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(FOLDER))
