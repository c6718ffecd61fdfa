"""`slidebox explain` and `slidebox rules RULE`: what holds, why, and where it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slidebox.cli import slidebox
from slidebox.errors import InputError
from slidebox.starter import write_starter

pytestmark = pytest.mark.usefixtures("engines")

EXAMPLE = "projects/example.yaml"
ATLAS = """\
project: atlas
title: Atlas
owner: owner
audience: {reader: [guest]}
datasets:
  metadata:
    size: 1 MB
    files: 1
    sensitivity: open
    parents: [example/segmentation_masks]
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab whose raw images are coded, and from which another project makes something."""
    write_starter(tmp_path, "kim")
    example = tmp_path / EXAMPLE
    text = example.read_text(encoding="utf-8").replace(
        "sensitivity: open #", "duo: [DUO:0000046]\n    sensitivity: coded #", 1
    )
    example.write_text(text, encoding="utf-8")
    (tmp_path / "projects" / "atlas.yaml").write_text(ATLAS, encoding="utf-8")
    file = tmp_path / "lab.yaml"
    guest = "people:\n  guest:\n    name: Gast\n    organisation: Elsewhere\n    until: 2027-06-30\n"
    file.write_text(file.read_text(encoding="utf-8").replace("people:\n", guest, 1), encoding="utf-8")
    return tmp_path


def run(lab: Path, *words: str, width: int = 80) -> Result:
    """Run the command line on a lab."""
    line = ["--lab", str(lab), *words]
    return CliRunner(env={"COLUMNS": str(width)}).invoke(slidebox, line, standalone_mode=False)


def test_taint_is_explained_step_by_step_with_its_lines(lab: Path) -> None:
    """Across projects, to the declaration that it comes from."""
    result = run(lab, "explain", "atlas/metadata", width=400)
    assert result.exception is None
    lines = (lab / EXAMPLE).read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.startswith("    sensitivity: coded"))
    assert "Sensitivity: coded, although it is declared open." in result.stdout
    assert f"which comes from example/raw_images: coded ({EXAMPLE}:{line}:5)" in result.stdout


def test_every_place_that_is_named_is_there(lab: Path) -> None:
    """Each file has the line."""
    result = run(lab, "explain", "atlas/metadata", width=400)
    places = re.findall(r"\(((?:lab|projects/\w+)\.yaml):(\d+):(\d+)\)", result.stdout)
    assert len(places) >= 6
    for file, line, _ in places:
        assert int(line) <= len((lab / file).read_text(encoding="utf-8").splitlines())


def test_audience_terms_and_needs_are_explained(lab: Path) -> None:
    """Until when a guest reads, what an ancestor's terms ask, and what a store must have."""
    text = run(lab, "explain", "atlas/metadata", width=400).stdout
    assert re.search(r"person:guest, reader, until 2027-06-30.* \(lab\.yaml:\d+:3\)", text)
    assert re.search(r"DUO:0000046 \(.*\), from example/raw_images", text)
    assert "own key: the data are coded" in text


def test_it_fits_a_terminal(lab: Path) -> None:
    """80 columns."""
    text = run(lab, "explain", "atlas/metadata").stdout
    assert max(len(line) for line in text.splitlines()) <= 80


def test_programs_get_all_of_it(lab: Path) -> None:
    """One document, with the lines."""
    document = json.loads(run(lab, "explain", "--json", "atlas/metadata").stdout)
    assert document["sensitivity"]["effective"] == "coded"
    assert document["sensitivity"]["declared"] == "open"
    assert [step[0] for step in document["sensitivity"]["path"]][-1] == "example/raw_images"
    assert document["where"]["sensitivity"][-1].startswith(EXAMPLE)
    assert document["audience"]["person:guest"]["until"] == "2027-06-30"


@pytest.mark.parametrize("name", ["atlas/raw_images", "nowhere/metadata", "atlas", "", "atlas/metadata@short"])
def test_a_dataset_that_is_not_there_is_an_input_error(lab: Path, name: str) -> None:
    """With the names that are."""
    result = run(lab, "explain", name)
    assert isinstance(result.exception, InputError)
    assert "atlas" in result.exception.cure


def test_a_rule_is_shown_in_full_with_examples(lab: Path) -> None:
    """By its id, or by its last word; what the examples show is what the rule says."""
    result = run(lab, "rules", "identifiable_never_public")
    assert result.exception is None
    text = result.stdout
    assert text.startswith("Identifiable data are never public [sharing/identifiable_never_public]")
    for part in ("Cure: ", "Because of: ", "Passes:\n", "Refused:\n", "What the rule says of it:"):
        assert part in text
    document = json.loads(run(lab, "rules", "--json", "sharing/identifiable_never_public").stdout)
    assert document["example"]["findings"]
    assert document["waivable"] is False


def test_a_rule_that_is_not_there_is_an_input_error(lab: Path) -> None:
    """With the nearest names."""
    result = run(lab, "rules", "sharing/identifiable_never_publik")
    assert isinstance(result.exception, InputError)
    assert "sharing/identifiable_never_public" in result.exception.cure


def test_the_rules_are_listed_where_there_is_no_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in ones."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(slidebox, ["rules", "--json"], standalone_mode=False)
    assert result.exception is None
    assert "sharing/identifiable_never_public" in {rule["id"] for rule in json.loads(result.stdout)}
