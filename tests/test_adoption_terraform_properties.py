"""Whatever a Terraform document leaves out or has in another form: nothing breaks, and no secret comes out."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slidebox.adoption.terraform import read_terraform
from slidebox.errors import InputError, SlideboxError

from .test_adoption_terraform import FOLDER, STORES

# Google's client says so of a rule without its action; what is said of it here is a sentence.
pytestmark = pytest.mark.filterwarnings("ignore:Unknown lifecycle rule type:UserWarning")
SECRETS = ("SECRET", "FAKE KEY", "AKIA", "AccountKey")
NAMES = sorted(path.name for path in FOLDER.iterdir())
DOCUMENTS = {name: json.loads((FOLDER / name).read_text(encoding="utf-8")) for name in NAMES}
OTHERS: list[Any] = ["", 0, False, True, [], {}, [None], [{}], "text", 7, {"a": "b"}]

Path = tuple[Any, ...]


def attributes_of(document: Any, path: Path = ()) -> Iterator[Path]:
    """The path to every attribute of every resource, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            if {"attributes", "values", "after_unknown"} & set(path):
                yield (*path, name)
            yield from attributes_of(value, (*path, name))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from attributes_of(value, (*path, number))


PATHS = [(name, path) for name, document in DOCUMENTS.items() for path in attributes_of(document)]


def at(document: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        document = document[step]
    return document


def changed(changes: list[tuple[Any, Any]]) -> tuple[str, Any]:
    """A fixture with some of its attributes changed, and its name; an ellipsis takes an attribute away."""
    name = changes[0][0][0]
    document = copy.deepcopy(DOCUMENTS[name])
    for (other, path), value in changes:
        if other != name:
            continue
        try:
            parent = at(document, path[:-1])
            if value is ...:
                del parent[path[-1]]
            else:
                parent[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took away where it was
    return name, document


def read(name: str, document: Any) -> str:
    """Everything that comes out of a document."""
    return repr(read_terraform(document, "cloud", STORES[name.partition("-")[0]](), "way-lab"))


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from([..., None])), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_attribute_that_is_not_there_breaks_nothing(changes: list[tuple[Any, Any]]) -> None:
    """Other releases of a provider have other attributes; only a bucket without its name is none."""
    name, document = changed(changes)
    try:
        out = read(name, document)
    except InputError as error:
        out = str(error)
    assert [secret for secret in SECRETS if secret in out] == []


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(OTHERS)), min_size=1, max_size=2))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_attribute_of_another_form_is_read_or_refused_in_one_sentence(changes: list[tuple[Any, Any]]) -> None:
    """No provider writes it so; whatever happens, a secret is in neither."""
    name, document = changed(changes)
    try:
        out = read(name, document)
    except SlideboxError as error:
        out = str(error)
    assert [secret for secret in SECRETS if secret in out] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_out_can_be_written_down(name: str) -> None:
    """The record is YAML, and what the engine takes is JSON."""
    for existing in read_terraform(DOCUMENTS[name], "cloud", STORES[name.partition("-")[0]](), "way-lab"):
        for thing in existing.things:
            assert json.loads(json.dumps(thing.inputs)) == thing.inputs
