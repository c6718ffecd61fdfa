"""What the rules say of drives: two are two copies, one is one, none holds more than fits, and none serves for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.facts import plan_facts
from slidebox.home import Home
from slidebox.labfile import check_lab
from slidebox.live import facts_of
from slidebox.model import Candidate, Gate, Lab, Term
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules
from slidebox.systems import load_systems

from .flow_lab import small_lab

NOW = dt.date(2026, 11, 24)
RAW = "retina/raw_images"
SHELF: dict[str, Any] = {"system": "external_drive", "kind": "drive", "encrypted": True}
TWO = {"a": {**SHELF, "uuid": "1a2b-3c4d"}, "b": {**SHELF, "uuid": "5e6f-7a8b", "site": "basement"}}


@pytest.fixture(scope="module")
def rules(opa: Path) -> Iterator[Rules]:
    """The real rules."""
    with Rules(opa=opa) as started:
        yield started


def lab_of(stores: dict[str, Any], size: str = "1 GB") -> Lab:
    """A lab with raw images at rest."""
    project = {
        "project": "retina",
        "title": "Retina",
        "owner": "ada",
        "activity": "resting",
        "audience": {"steward": ["ada"]},
        "datasets": {"raw_images": {"size": size, "files": 3, "sensitivity": "open", "licence": "CC0-1.0"}},
    }
    file = {"lab": "lab", "title": "Lab", "people": {"ada": {"name": "Ada"}}, "stores": stores}
    return Lab.model_validate({"file": file, "projects": {"retina": project}})


def said(rules: Rules, lab: Lab, gate: Gate = Gate.PREVIEW, now: dt.date = NOW) -> dict[str, str]:
    """What the rules say of the images in all stores of a lab: severity by rule."""
    places = [Candidate(RAW, Term.MID, store) for store in lab.file.stores]
    facts = plan_facts(lab, load_systems(), places, gate=gate, now=now)
    return {finding.rule: finding.severity.value for finding in rules.ask(facts)}


COPIES = {"keeping/raw_copies", "keeping/never_one_external_drive_alone"}


def test_two_external_drives_hold_the_two_copies(rules: Rules) -> None:
    """The plan chooses both, and no rule of copies says anything."""
    lab = lab_of(TWO)
    systems = load_systems()
    plan = make_plan(lab, systems, PolicyJudge(rules, lab, systems, NOW), now=NOW)
    resting = next(entry for entry in plan.terms if entry.term is Term.MID)
    assert {placement.candidate.store for placement in resting.placements} == {"a", "b"}
    assert not COPIES & set(said(rules, lab))


@pytest.mark.parametrize(
    "stores",
    [
        {"a": TWO["a"]},
        {"a": TWO["a"], "b": {**TWO["b"], "failure_domain": "a"}},
        {name: {**store, "failure_domain": "one-case"} for name, store in TWO.items()},
    ],
    ids=["one", "the same under another name", "two in one case"],
)
def test_one_drive_is_one_copy_however_often_it_is_named(rules: Rules, stores: dict[str, Any]) -> None:
    """Both rules of copies refuse it."""
    found = said(rules, lab_of(stores))
    assert {rule: found.get(rule) for rule in COPIES} == dict.fromkeys(COPIES, "error")


def test_one_drive_cannot_be_declared_as_two_stores() -> None:
    """In whatever letters its UUID is written, also in a lab that is written in Python."""
    lab = lab_of({"a": TWO["a"], "b": {**TWO["b"], "uuid": "1A2B-3C4D"}})
    assert ["one drive is no second copy" in problem.message for problem in check_lab(lab)] == [True]
    assert check_lab(lab_of(TWO)) == ()


def test_what_does_not_fit_onto_a_drive_is_refused(rules: Rules) -> None:
    """Warned of in a plan, whose terms need not overlap; refused in what is to be made."""
    full = lab_of({name: {**store, "capacity": "900 MB"} for name, store in TWO.items()})
    fits = lab_of({name: {**store, "capacity": "1 GB"} for name, store in TWO.items()})
    rule = "placement/capacity_of_store"
    assert (said(rules, full, Gate.PLAN)[rule], said(rules, full)[rule]) == ("warning", "error")
    assert rule not in said(rules, fits)


def test_a_drive_past_its_life_is_warned_of(rules: Rules) -> None:
    """From the day after its last, and nothing is refused by that."""
    lab = lab_of({**TWO, "a": {**TWO["a"], "bought": "2022-11-24", "life": "4 years"}})
    rule = "keeping/drives_within_life"
    assert rule not in said(rules, lab)
    assert said(rules, lab, now=NOW + dt.timedelta(days=1))[rule] == "warning"


def test_a_drive_in_the_cupboard_is_no_finding_of_a_live_check(rules: Rules, tmp_path: Path) -> None:
    """Nobody reads what lies in it, it still is a copy, and a sentence says that it was not read."""
    small = small_lab(tmp_path)
    raw = "demo/raw_images"
    for store in ("bench", "shelf"):
        small.folder(store).mkdir(parents=True)
        small.folder(store).chmod(0o700)
    candidates = [Candidate(raw, Term.SHORT, store) for store in ("bench", "shelf")]
    (tmp_path / "shelf").rename(tmp_path / "cupboard")

    live = facts_of(small.lab, load_systems(), Home(tmp_path), ["demo"], NOW, candidates=candidates)

    shelf = f"{raw}@short@shelf"
    assert live.notes == ()
    assert len(live.offline) == 1
    assert "The disk of store 'shelf' is not mounted" in live.offline[0]
    assert (live.facts["locations"][shelf]["readers"], live.facts["locations"][shelf]["failure_domain"]) == (
        [],
        "shelf",
    )
    assert [f for f in rules.ask(live.facts) if f.subject == shelf and f.refuses] == []
    (tmp_path / "bench").rename(tmp_path / "gone")
    inside = facts_of(small.lab, load_systems(), Home(tmp_path), ["demo"], NOW, candidates=candidates)
    assert len(inside.notes) == 1  # the lab's own disk has to be there
