"""`slidebox simulate`: cases from a lab, and the verb."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slidebox import labfile
from slidebox.cli import slidebox
from slidebox.errors import InputError
from slidebox.forecast import holdings_of
from slidebox.forecast.months import Holding, Span
from slidebox.model import Activity
from slidebox.prices import built_in
from slidebox.simulation.cases import AS_IF, as_if_in, cases_of, region_of
from slidebox.simulation.compare import added, outcomes
from slidebox.simulation.shapes import Use
from slidebox.simulation.use import assumed, uses_of, with_assumed
from slidebox.systems import load_systems

ROOT = Path(__file__).parents[1]
NOW = dt.date(2026, 11, 24)
LAB = """\
lab: small
title: Small lab
people: {ann: {name: Ann}}
playbook: {terms: {short: 12 months, mid: 24 months}}
stores:
  bench: {system: internal_drive, kind: drive, path: bench}
"""
PROJECT = """\
project: atlas
title: Atlas
owner: ann
audience: {reader: [ann]}
datasets:
  raw_images: {size: 2 TB, files: 1000, sensitivity: open, reads: {active: 2/month of 5 %, finished: 1/year}}
  metadata: {size: 1 MB, files: 3, sensitivity: open}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small lab without a cloud."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB, encoding="utf-8")
    (tmp_path / "projects" / "atlas.yaml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def call(folder: Path, *words: str) -> Result:
    """Call the verb in a lab."""
    return CliRunner().invoke(slidebox, ["--lab", str(folder), "simulate", *words], standalone_mode=False)


def held_in(folder: Path, region: str = "us-east-1") -> tuple[Holding, ...]:
    """What the lab would hold in a bucket, with what is assumed of use."""
    lab = labfile.load(folder)
    systems = load_systems(lab.file.playbook)
    there, plan = as_if_in(lab, systems, (), region_of(built_in(), region).book, region)
    assert {p.candidate.store for entry in plan.terms for p in entry.placements} == {AS_IF}
    held, notes = holdings_of(plan, with_assumed(there), systems, built_in(), NOW)
    assert not notes
    return held


def test_use_follows_what_is_declared_for_each_activity(folder: Path) -> None:
    """An activity that is not named in `reads` is one in which nobody reads."""
    raw, _ = held_in(folder)
    first, second = uses_of(raw, 3650)
    assert first == Use(0, 365, 2.0, 0.05)
    assert (second.begins, second.ends, second.share) == (1095, 3650, 1.0)
    assert second.monthly == pytest.approx(1 / 12)
    # What comes there after six months is six months older.
    assert uses_of(replace(raw, spans=(Span(6),)), 365)[0] == Use(0, 182, 2.0, 0.05)


def test_use_that_nobody_declares_is_assumed_by_activity(folder: Path) -> None:
    """As data/tiering.yaml has it."""
    _, metadata = held_in(folder)
    found = uses_of(metadata, 2000)
    assert [(use.begins, use.ends) for use in found] == [(0, 365), (365, 1095), (1095, 2000)]
    assert [use.monthly for use in found] == [float(assumed()[one].monthly) for one in Activity]
    assert set(assumed()) == set(Activity)


def test_every_dataset_can_be_looked_at_as_if_it_lay_in_a_cloud(folder: Path) -> None:
    """In all terms, in the classes and with the lifecycle that slidebox would set there."""
    held = held_in(folder)
    cases = cases_of(held, months=60, seed=1, traces=3)
    assert [case.dataset for case in cases] == ["atlas/raw_images", "atlas/metadata"]
    assert all(len(case.traces) == 3 for case in cases)
    assert cases_of(held, months=60, seed=1, traces=3) == cases != cases_of(held, months=60, seed=2, traces=3)
    found = [outcomes(case) for case in cases]
    both = added(found)
    assert [one.plan for one in both] == [a.plan + b.plan for a, b in zip(*found, strict=True)]


def test_a_region_that_the_book_does_not_have_is_refused() -> None:
    """With those that it has."""
    assert region_of(built_in(), "us-central1").book.provider == "google"
    with pytest.raises(InputError, match="no region 'moon-1'"):
        region_of(built_in(), "moon-1")


def test_the_document_has_every_course_of_events_and_the_same_seed_gives_the_same(folder: Path) -> None:
    """What each policy costs, with the medians and the worst of what the plan comes to."""
    words = ("--at", "us-east-1", "--traces", "4", "--json")
    told = json.loads(call(folder, *words).stdout)
    assert told == json.loads(call(folder, *words).stdout)
    assert told != json.loads(call(folder, *words, "--seed", "2").stdout) | {"seed": 1}
    raw, metadata = told["datasets"]
    assert (raw["dataset"], raw["store"], raw["provider"], raw["region"]) == (
        "atlas/raw_images", AS_IF, "aws", "us-east-1",
    )  # fmt: skip
    assert (raw["reads_declared"], metadata["reads_declared"]) == (True, False)
    for one in raw["traces"]:
        assert one["optimum"] <= min(one["all_hot"], one["managed"], one["plan"])
    ratios = sorted(one["plan"] / min(one["all_hot"], one["managed"]) for one in raw["traces"])
    assert raw["plan_by_best_of_two"]["worst"] == pytest.approx(ratios[-1])
    assert raw["plan_by_best_of_two"]["median"] == pytest.approx((ratios[1] + ratios[2]) / 2)


def test_the_table_has_each_dataset_and_fits_eighty_columns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is assumed said below it."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = call(folder, "--at", "us-central1", "--traces", "3").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "raw images" in shown
    assert "in all" in shown
    assert "Nobody says how often atlas/metadata is read: it is assumed" in " ".join(shown.split())


def test_azure_has_no_tiering_of_its_own_with_a_price(folder: Path) -> None:
    """Its smart tier needs zone redundancy, which the price book does not have."""
    told = json.loads(call(folder, "--at", "eastus", "--traces", "2", "--json").stdout)
    assert {one["managed"] for dataset in told["datasets"] for one in dataset["traces"]} == {None}
    assert " none " in call(folder, "--at", "eastus", "--traces", "2").stdout


@pytest.mark.usefixtures("engines")
def test_a_plan_without_a_cloud_says_how_one_is_looked_at() -> None:
    """The example lab keeps its data on its own systems."""
    shown = " ".join(call(ROOT, "first-light").stdout.split())
    assert "Nothing of this plan lies in a cloud that has storage classes. --at us-east-1 shows" in shown
