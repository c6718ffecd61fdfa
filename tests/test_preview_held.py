"""What a stack carries is held against the lab's own files: a program written by hand is not simply believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slidebox.facts import FactBook, tags
from slidebox.model import Candidate, Lab, LabFile, Project, Term
from slidebox.policy import Rules
from slidebox.preview import FOLDER, Seen, facts_of, held_against
from slidebox.systems import load_systems

TODAY = dt.date(2026, 11, 24)
RAW = "retina/raw_images"
Change = Callable[[dict[str, Any]], Any]


def lab_of(**dataset: Any) -> Lab:
    """A lab with raw images of identifiable data under an agreement, for one of the lab and one of the clinic."""
    file = LabFile.model_validate(
        {
            "lab": "way-lab",
            "title": "Way Lab",
            "people": {
                "alice": {"name": "A"},
                "carol": {"name": "C", "organisation": "Clinic", "until": "2027-06-30"},
                "mallory": {"name": "M", "organisation": "Elsewhere"},
            },
            "teams": {"grading": {"members": ["alice", "carol"]}},
            "stores": {"bench": {"system": "internal_drive", "kind": "drive", "path": "/media/b", "encrypted": True}},
            "agreements": {
                "clinic": {"party": "Clinic", "kind": "data_use", "purpose": "grading", "ends": "2027-12-31"}
            },
        }
    )
    about = {"size": "2 GB", "files": 10, "sensitivity": "identifiable", "agreement": "clinic", **dataset}
    project = {
        "project": "retina",
        "title": "Retina",
        "owner": "alice",
        "audience": {"contributor": ["alice"], "reader": ["alice", "carol"]},
        "datasets": {"raw_images": about},
    }
    return Lab(file=file, projects={"retina": Project.model_validate(project)})


def stack_of(lab: Lab) -> dict[str, Any]:
    """The facts of a stack that holds the images in a folder, as a program of that lab carries them."""
    book = FactBook(lab, load_systems())
    properties = {
        "location": f"{RAW}@short@bench",
        "store": "bench",
        "root": "/media/b",
        "path": RAW,
        "mode": "2770",
        "tags": tags(lab, RAW),
        "facts": book.fragment(RAW, [Candidate(RAW, Term.SHORT, "bench")]),
    }
    return dict(facts_of([Seen("urn:pulumi:s::p::slidebox:drive:Folder::x", FOLDER, properties)], TODAY).facts)


def files_of(lab: Lab) -> dict[str, dict[str, dict[str, Any]]]:
    """What the files declare."""
    return FactBook(lab, load_systems()).declared()


def test_a_stack_of_the_files_is_believed_as_it_is() -> None:
    """Nothing is taken from a stack that says what the files say, and nothing from one that the files do not know."""
    lab = lab_of()
    facts = stack_of(lab)

    assert held_against(facts, files_of(lab)) == facts
    assert held_against(facts, {}) == facts
    assert held_against(facts, {"datasets": {}, "people": {}}) == facts


def test_how_data_may_be_shared_is_not_known_where_a_stack_says_otherwise() -> None:
    """A program written by hand may call a patient's data open; the files say what they are."""
    facts = stack_of(lab_of(sensitivity="open"))
    held = held_against(facts, files_of(lab_of()))["datasets"][RAW]

    assert facts["datasets"][RAW]["sensitivity"] == "open"
    assert held == {**facts["datasets"][RAW], "sensitivity": "unknown"}


LIES: list[tuple[str, Change, Change]] = [
    (
        "somebody is added to the audience",
        lambda facts: facts["datasets"][RAW]["audience"]["reader"].append("person:mallory"),
        lambda held: held["datasets"][RAW]["audience"]["reader"],
    ),
    (
        "the data are declared public",
        lambda facts: facts["datasets"][RAW]["public_terms"].append("short"),
        lambda held: held["datasets"][RAW]["public_terms"],
    ),
    (
        "an outside person is made one of the lab's own",
        lambda facts: facts["people"]["carol"].update(organisation="lab", until="none"),
        lambda held: held["people"]["carol"],
    ),
    (
        "an agreement goes on",
        lambda facts: facts["agreements"]["clinic"].update(ends="2099-12-31"),
        lambda held: held["agreements"]["clinic"],
    ),
]


@pytest.mark.parametrize(("lie", "tell", "look"), LIES, ids=[lie for lie, _, _ in LIES])
def test_who_may_have_data_is_as_the_files_have_it(lie: str, tell: Change, look: Change) -> None:
    """Whatever a stack makes of it."""
    honest, told = stack_of(lab_of()), stack_of(lab_of())
    tell(told)
    assert look(told) != look(honest), lie

    assert look(held_against(told, files_of(lab_of()))) == look(honest)


def test_a_waiver_and_a_person_that_only_a_stack_knows_count_for_nothing() -> None:
    """They are signed, and named, in the files."""
    facts = stack_of(lab_of())
    facts["people"]["eve"] = {"organisation": "lab", "left": "never", "until": "none"}
    waiver = {"project": "retina", "rule": "access/no_wildcards", "location": RAW, "reason": "because", "by": "alice"}
    facts["waivers"]["retina#1"] = {**waiver, "until": "2026-12-24"}
    held = held_against(facts, files_of(lab_of()))

    assert "eve" not in held["people"]
    assert held["waivers"] == {}


def test_an_added_reader_is_refused_by_the_rules(opa: Path) -> None:
    """The whole way: the resource lets nobody in but the folder's group, and the carried audience says more."""
    told = stack_of(lab_of())
    told["datasets"][RAW]["audience"]["reader"].append("person:mallory")
    place = told["locations"][f"{RAW}@short@bench"]
    place["readers"] = [{"principal": "person:mallory", "actions": ["read"], "path": ["a grant"]}]
    with Rules(opa=opa) as rules:
        believed = {f.rule for f in rules.ask(told) if f.refuses}
        held = {f.rule for f in rules.ask(held_against(told, files_of(lab_of()))) if f.refuses}

    assert "sharing/readers_within_audience" not in believed
    assert "sharing/readers_within_audience" in held
