"""Every facts document that any test asks the rules about is held against schemas/facts.schema.json."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from slidebox.policy import Rules

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "facts.schema.json"


class FactsSchema:
    """The schema, and what did not conform to it since it was last asked.

    Entries of the document's maps are looked at by themselves and remembered: tests ask about the same lab over
    and over, and a document of a thousand locations takes seconds otherwise.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._whole = jsonschema.Draft202012Validator(schema)
        self._entries = {
            name: self._whole.evolve(schema=part["additionalProperties"])
            for name, part in schema["properties"].items()
            if isinstance(part.get("additionalProperties"), dict)
        }
        self._faults_of_entry = functools.cache(self._read_entry)
        self._found: list[str] = []
        self.watching = True

    def look_at(self, facts: Mapping[str, Any]) -> None:
        """Remember what is wrong with a document."""
        if self.watching:
            self._found += self.faults(facts)

    def take(self) -> list[str]:
        """What was found, which is then forgotten."""
        found, self._found = self._found, []
        return found

    def faults(self, facts: Mapping[str, Any]) -> list[str]:
        """Where a document differs from the schema, and how."""
        maps = {name: facts[name] for name in self._entries if isinstance(facts.get(name), Mapping)}
        found = _words(self._whole, {**facts, **{name: {} for name in maps}})
        for name, entries in maps.items():
            for key, entry in entries.items():
                faults = self._faults_of_entry(name, json.dumps(entry, sort_keys=True))
                found += [f"{name}[{key}]{fault}" for fault in faults]
        return found

    def _read_entry(self, name: str, text: str) -> tuple[str, ...]:
        return tuple(_words(self._entries[name], json.loads(text)))


def _words(validator: Any, value: Any) -> list[str]:
    # As JSON, because that is what the rules are given: an enumeration's word is a text there.
    plain = json.loads(json.dumps(value))
    return [f"{error.json_path.removeprefix('$')}: {error.message}" for error in validator.iter_errors(plain)]


@pytest.fixture(scope="session")
def facts_schema() -> FactsSchema:
    """The schema of the facts."""
    return FactsSchema(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.fixture(scope="session", autouse=True)
def _facts_are_looked_at(facts_schema: FactsSchema) -> Iterator[None]:
    ask, explain = Rules.ask, Rules.explain

    def asked(rules: Rules, facts: Mapping[str, Any], *rest: Any, **named: Any) -> Any:
        facts_schema.look_at(facts)
        return ask(rules, facts, *rest, **named)

    def explained(rules: Rules, facts: Mapping[str, Any]) -> Any:
        facts_schema.look_at(facts)
        return explain(rules, facts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rules, "ask", asked)
        patch.setattr(Rules, "explain", explained)
        yield


@pytest.fixture(autouse=True)
def _facts_conform(request: pytest.FixtureRequest, facts_schema: FactsSchema) -> Iterator[None]:
    facts_schema.watching = request.node.get_closest_marker("incomplete_facts") is None
    yield
    facts_schema.watching = True
    found = facts_schema.take()
    assert not found, "the rules were asked about facts that are not what facts are:\n" + "\n".join(found[:20])
