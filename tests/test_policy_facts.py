"""The facts schema watches every question that tests ask, and no field can be left out or added unseen."""

from __future__ import annotations

import copy
import datetime as dt
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox import labfile
from slidebox.facts import FactBook
from slidebox.model import Candidate, Gate, Term
from slidebox.policy import PolicyJudge, Rules, pack_dir
from slidebox.systems import load_systems

from .facts_schema import FactsSchema

REPOSITORY = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 24)
MAPS = {"tags", "classes", "has"}


@pytest.fixture(scope="module")
def good(opa: Path) -> dict[str, Any]:
    """The small lab that the rules' own tests begin with."""
    command = [str(opa), "eval", "--format", "json", "--data", str(pack_dir()), "data.slidebox.lib.fixture_test.facts"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return found


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all objects in a document that have fixed fields."""
    if isinstance(value, dict):
        top_map = len(path) == 1 and path[0] != "lab"
        if not top_map and (not path or path[-1] not in MAPS):
            yield path
        for key, part in value.items():
            yield from objects(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from objects(part, (*path, number))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """The part of a document at a path."""
    for step in path:
        document = document[step]
    return document


def test_the_lab_of_the_rules_own_tests_conforms(good: dict[str, Any], facts_schema: FactsSchema) -> None:
    """What `opa test` uses is what Python fills."""
    assert facts_schema.faults(good) == []


@pytest.mark.parametrize("gate", list(Gate))
def test_the_facts_of_the_example_lab_conform(gate: Gate, facts_schema: FactsSchema) -> None:
    """Every dataset in every store and term, at every gate."""
    lab = labfile.load(REPOSITORY)
    candidates = [
        Candidate(f"{name}/{level}", term, store)
        for name, project in lab.projects.items()
        for level in project.datasets
        for term in Term
        for store in lab.file.stores
    ]
    facts = FactBook(lab, load_systems(lab.file.playbook)).document(candidates, gate=gate, now=TODAY)

    assert (facts["gate"], len(facts["locations"])) == (gate, len(candidates))
    assert facts_schema.faults(facts) == []


def test_no_field_can_be_missing(good: dict[str, Any], facts_schema: FactsSchema) -> None:
    """Of any object, at any depth."""
    unseen = []
    for path in objects(good):
        for key in at(good, path):
            spoilt = copy.deepcopy(good)
            del at(spoilt, path)[key]
            if not facts_schema.faults(spoilt):
                unseen.append((*path, key))

    assert unseen == []


def test_no_field_can_be_added(good: dict[str, Any], facts_schema: FactsSchema) -> None:
    """To any object, at any depth."""
    unseen = []
    for path in objects(good):
        spoilt = copy.deepcopy(good)
        at(spoilt, path)["surplus"] = "x"
        if not facts_schema.faults(spoilt):
            unseen.append(path)

    assert unseen == []


def test_a_question_about_facts_that_do_not_conform_is_noticed(
    good: dict[str, Any], opa: Path, facts_schema: FactsSchema
) -> None:
    """Whoever asks, in whatever scope: the test fails at its end, unless it says that it does so on purpose."""
    spoilt = copy.deepcopy(good)
    del spoilt["datasets"]["nf1/raw_images"]["bytes"]
    with Rules(opa=opa) as rules:
        rules.ask(good)
        assert facts_schema.take() == []
        rules.ask(spoilt, "location")
        assert facts_schema.take() == ["datasets[nf1/raw_images]: 'bytes' is a required property"]
        rules.explain({**good, "surplus": 1})
        assert facts_schema.take() == [
            ": Additional properties are not allowed ('surplus' was unexpected)"
        ]  # fmt: skip


@pytest.mark.incomplete_facts
def test_a_test_may_say_that_its_facts_are_not_whole(opa: Path, facts_schema: FactsSchema) -> None:
    """Which is what it takes to test that the rules refuse them."""
    with Rules(opa=opa) as rules:
        assert rules.ask({})
        assert facts_schema.take() == []


@pytest.mark.parametrize("gate", list(Gate))
def test_the_judge_asks_at_every_gate(gate: Gate, opa: Path) -> None:
    """Images of patients on a public repository are refused before they are planned, made, found or published."""
    lab = labfile.load(REPOSITORY)
    raw = "retina-clinic/raw_images"
    public = Candidate(raw, Term.LONG, "zenodo")
    with Rules(opa=opa) as rules:
        judge = PolicyJudge(rules, lab, load_systems(lab.file.playbook), TODAY, gate)
        alone = judge.candidates([public])[public.id]
        chosen = judge.chosen([(raw, Term.LONG, (public,))])

    assert "sharing/identifiable_never_public" in {f.rule for f in alone if f.refuses}
    assert set(chosen) == {(raw, Term.LONG)}
