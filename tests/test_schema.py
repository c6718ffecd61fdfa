"""The published JSON Schemas: current, and of one mind with the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slidebox.labfile.source import Document
from slidebox.schema import FOLDER, schemas, write_schemas

REPOSITORY = Path(__file__).parent.parent
LABS = Path(__file__).parent / "labs"

# Faults of one value or key, which a schema can express. The rest are faults of text, files and references;
# and whether a text is a date, which a schema only annotates.
DATES = {f"value-date-{name}" for name in ("impossible", "day-first", "of-access", "in-words")}
EXPRESSIBLE = sorted(
    p.name for p in (LABS / "bad").iterdir() if p.name.startswith(("key-", "value-")) and p.name not in DATES
)


def faults(file: Path) -> list[str]:
    """What the schema says about a file, in a few words each."""
    name = "lab.schema.json" if file.name == "lab.yaml" else "project.schema.json"
    schema: dict[str, Any] = json.loads(schemas()[name])
    value = Document(file.name, file.read_bytes()).value
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def files_of(lab: Path) -> list[Path]:
    """The files of a lab that a schema is for."""
    return [lab / "lab.yaml", *sorted((lab / "projects").glob("*.yaml"))]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_published_schema_is_current(name: str) -> None:
    """`python -m slidebox.schema` has been run since the model changed."""
    assert schemas()[name] == (REPOSITORY / FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_schema_is_a_schema(name: str) -> None:
    """Each is valid by the dialect it names."""
    Draft202012Validator.check_schema(json.loads(schemas()[name]))


@pytest.mark.parametrize("file", files_of(REPOSITORY), ids=lambda p: p.name)
def test_the_schema_accepts_the_example_lab(file: Path) -> None:
    """An editor shows no fault in the example lab."""
    assert faults(file) == []


@pytest.mark.parametrize("lab", sorted(p.name for p in (LABS / "good").iterdir()))
def test_the_schema_accepts_good_labs(lab: str) -> None:
    """What the reader accepts is accepted by the schema."""
    assert [fault for file in files_of(LABS / "good" / lab) for fault in faults(file)] == []


@pytest.mark.parametrize("lab", EXPRESSIBLE)
def test_the_schema_refuses_what_the_reader_refuses(lab: str) -> None:
    """An unknown key, a missing key or a wrong value is shown in the editor already."""
    assert [fault for file in files_of(LABS / "bad" / lab) for fault in faults(file)]


@pytest.mark.parametrize("file", files_of(REPOSITORY), ids=lambda p: p.name)
def test_the_example_files_name_a_schema_that_is_there(file: Path) -> None:
    """The first line of each example file points an editor at its schema."""
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.partition("=")[2]).is_file()


def test_schemas_are_written_into_a_folder(tmp_path: Path) -> None:
    """`write_schemas` makes the folder and both files."""
    assert sorted(schemas()) == sorted(p.name for p in write_schemas(tmp_path / "new"))
