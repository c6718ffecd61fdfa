"""Where a finding is shown: at the declaration that causes it, and of several at the one that was changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from slidebox import labfile
from slidebox.model import Finding, Gate, Severity
from slidebox.policy import RuleInfo
from slidebox.report import Places

LAB = """\
lab: small
title: Small lab
people:
  ann: {name: Ann}
services:
  robot: {title: Robot, owner: ann}
agreements:
  acme: {party: Acme, kind: data_use, purpose: all, ends: 2027-01-01}
stores:
  bench:
    system: internal_drive
    kind: drive
    path: /mnt/bench
"""
PROJECT = """\
project: retina
title: Retina
owner: ann
agreement: acme
audience:
  reader: [ann]
datasets:
  raw_images:
    size: 3 GB
    files: 40
    sensitivity: open
  metadata:
    size: 1 MB
    files: 1
    sensitivity: open
    audience: {reader: [public]}
    public_from: mid
waivers:
  - {rule: a/b, location: raw_images, reason: why, by: ann, until: 2027-01-01}
"""


def rule(name: str, *reads: str) -> RuleInfo:
    """A rule that reads some facts."""
    gates = (Gate.PLAN,)
    return RuleInfo(name, "t", "d", Severity.ERROR, ("dataset",), gates, True, reads, "c", ("r",))


RULES = (
    rule("sharing/readers", "location.dataset", "location.readers", "dataset.sensitivity"),
    rule("sharing/sensitive", "dataset.level", "dataset.origin", "dataset.sensitivity", "dataset.parents"),
    rule("placement/large", "location.store", "dataset.bytes", "store.capacity"),
    rule("provenance/step", "dataset.level", "dataset.step", "dataset.agreement", "agreement.ends"),
    rule("cost/budget", "project.budget"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small lab."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB)
    (tmp_path / "projects" / "retina.yaml").write_text(PROJECT)
    return tmp_path


def line(name: str, text: str = PROJECT, after: str = "") -> int:
    """The line of a text that begins so, after another one."""
    start = text.index(after)
    return text[: text.index(f"\n{name}", start)].count("\n") + 2


@pytest.mark.parametrize(
    ("about", "subject", "place"),
    [
        ("sharing/readers", "retina/raw_images@short@bench", f"projects/retina.yaml:{line('audience:')}:1"),
        (
            "sharing/readers",
            "retina/metadata@mid@bench",
            f"projects/retina.yaml:{line('    public_from')}:5",
        ),
        ("sharing/sensitive", "retina/raw_images", f"projects/retina.yaml:{line('    sensitivity')}:5"),
        ("placement/large", "retina/metadata@mid@bench", f"projects/retina.yaml:{line('    size: 1')}:5"),
        # What is missing is not written anywhere: the dataset's own line.
        ("provenance/step", "retina/raw_images", f"projects/retina.yaml:{line('  raw_images')}:3"),
        ("cost/budget", "retina", "projects/retina.yaml:1:1"),
        ("not/listed", "retina/metadata", f"projects/retina.yaml:{line('  metadata')}:3"),
        ("waivers/waiver_holds", "retina#1", f"projects/retina.yaml:{line('  - {rule')}:5"),
        ("access/owner", "service:robot", f"lab.yaml:{line('  robot', LAB)}:3"),
        ("access/owner", "ann", f"lab.yaml:{line('  ann', LAB)}:3"),
        ("placement/store", "bench", f"lab.yaml:{line('  bench', LAB)}:3"),
        ("any/rule", "facts", "lab.yaml:1:1"),
        ("any/rule", "urn:pulumi:s::p::aws:s3/bucket:Bucket::x", "lab.yaml:1:1"),
        ("sharing/readers", "other/raw_images@mid@bench", "lab.yaml:1:1"),
        ("sharing/readers", "retina/nothing@mid@bench", f"projects/retina.yaml:{line('audience:')}:1"),
    ],
)
def test_a_finding_is_at_the_declaration_that_causes_it(root: Path, about: str, subject: str, place: str) -> None:
    """What the rule reads says which."""
    places = Places(root, labfile.load(root), RULES)
    assert str(places.locate(Finding(about, Severity.ERROR, subject, "no")).position) == place


def test_what_a_change_has_touched_comes_first(root: Path) -> None:
    """The others are related, each with what it is."""
    changed = {"projects/retina.yaml": frozenset({line("    sensitivity")})}
    places = Places(root, labfile.load(root), RULES, changed)
    found = places.locate(Finding("sharing/readers", Severity.ERROR, "retina/raw_images@short@bench", "no"))
    assert found.position.line == line("    sensitivity")
    assert [(place.line, what) for place, what in found.related] == [(line("audience:"), "audience of retina")]


def test_stores_and_agreements_are_related(root: Path) -> None:
    """They may be what has to change, too."""
    places = Places(root, labfile.load(root), RULES)
    large = places.locate(Finding("placement/large", Severity.ERROR, "retina/metadata@mid@bench", "no"))
    assert {what for _, what in large.related} == {"store bench"}
    step = places.locate(Finding("provenance/step", Severity.ERROR, "retina/raw_images", "no"))
    assert {what for _, what in step.related} == {"agreement of retina", "agreement acme"}
