"""On any lab, a plan keeps every rule of the real pack, or says which it cannot keep."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slidebox.facts import plan_facts
from slidebox.model import Candidate, Gate, Lab, Level, Severity
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)
CHAIN = [level.value for level in Level][:6]
STORES: dict[str, dict[str, object]] = {
    "bench": {"system": "internal_drive", "kind": "drive", "path": "/mnt/bench", "encrypted": True},
    "bench-s3": {"system": "internal_drive", "kind": "s3", "over": "bench"},
    "shelf": {"system": "external_drive", "kind": "drive", "path": "/mnt/shelf", "capacity": "3 TB"},
    "bandicoot": {"system": "local_cluster", "data_use_agreement": True},
    "bucket": {"system": "cloud", "data_use_agreement": True},
    "idr": {"system": "idr"},
    "zenodo": {"system": "zenodo"},
    "figshare-plus": {"system": "figshare_plus"},
    "github": {"system": "github"},
    "dropbox": {"system": "dropbox"},
    "deletion": {"system": "deletion"},
}


@pytest.fixture(scope="module")
def rules(opa: Path) -> Iterator[Rules]:
    """The real rules."""
    with Rules(opa=opa) as started:
        yield started


@st.composite
def datasets(draw: st.DrawFn, levels: list[str]) -> dict[str, dict[str, object]]:
    """Datasets of some levels, with parents and steps, or without."""
    made: dict[str, dict[str, object]] = {}
    for level in levels:
        dataset: dict[str, object] = {
            "size": draw(st.sampled_from(["200 MB", "30 GB", "900 GB", "40 TB"])),
            "files": draw(st.sampled_from([1, 80, 9000])),
            "sensitivity": draw(st.sampled_from(["identifiable", "coded", "confidential", "open"])),
            "origin": draw(st.sampled_from(["lab", "academic", "public"])),
            "keep": draw(st.sampled_from(["copy", "copy", "stream"])),
            "patient_derived": draw(st.booleans()),
        }
        if dataset["origin"] == "public":
            dataset["source"] = "idr0013"
        if made and level in CHAIN and draw(st.booleans()):
            dataset["parents"] = [list(made)[-1]]
            dataset["step"] = {"repository": "https://example.org/p", "commit": "0123abc", "date": "2026-01-01"}
        if draw(st.integers(0, 4)) == 0:
            dataset["deidentification"] = {
                "method": "safe_harbor",
                "by": "Ann",
                "date": "2026-01-01",
                "evidence": "IRB",
            }
        made[level] = dataset
    return made


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    """Labs of one to three projects and some of the stores."""
    names = draw(st.lists(st.sampled_from(sorted(STORES)), min_size=1, unique=True))
    projects = {}
    for number in range(draw(st.integers(1, 3))):
        name = f"p{number}"
        levels = draw(st.lists(st.sampled_from(list(Level)), min_size=1, unique=True))
        projects[name] = {
            "project": name,
            "title": name,
            "owner": "ann",
            "activity": draw(st.sampled_from(["active", "resting", "finished"])),
            "audience": {"reader": draw(st.sampled_from([["ann"], ["imaging"], ["public"], ["ann", "imaging"]]))},
            "public_from": draw(st.sampled_from([None, None, "mid", "long"])),
            "datasets": draw(datasets([level.value for level in Level if level in levels])),
        }
    stores = {name: STORES[name] for name in {*names, *(["bench"] if "bench-s3" in names else [])}}
    lab = {
        "lab": "random",
        "title": "Random",
        "people": {"ann": {"name": "Ann"}, "bob": {"name": "Bob"}},
        "teams": {"imaging": {"members": ["ann", "bob"]}},
        "stores": dict(sorted(stores.items())),
    }
    return Lab.model_validate({"file": lab, "projects": projects})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(lab=labs())
def test_a_plan_keeps_every_rule_or_says_which_it_cannot_keep(rules: Rules, lab: Lab) -> None:
    """All placements together, asked about once more: no place is refused, and no other finding is missing."""
    systems = load_systems()
    plan = make_plan(lab, systems, PolicyJudge(rules, lab, systems, NOW), now=NOW)
    placed: list[Candidate] = [p.candidate for entry in plan.terms for p in entry.placements]
    facts = plan_facts(lab, systems, placed, gate=Gate.PLAN, now=NOW)
    places = {candidate.id for candidate in placed}
    found = {f for f in rules.ask(facts) if f.severity is Severity.ERROR}
    assert {f for f in found if f.subject in places} == set()
    shown = {f for entry in plan.terms for f in entry.findings}
    unplaced = {entry.dataset for entry in plan.terms if not entry.placements}
    assert {f for f in found - shown if f.subject.partition("@")[0] not in unplaced} == set()
    for entry in plan.terms:
        assert entry.placements or any(f.severity is Severity.ERROR for f in entry.findings)
