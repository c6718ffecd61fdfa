"""`slidebox publish`: nothing becomes public but through the gate and on the word of somebody who answers for it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from slidebox.cli import flowing, transferring
from slidebox.cli import slidebox as program
from slidebox.deposits.about import mark_of
from slidebox.flow.book import Book
from slidebox.home import Home
from slidebox.provenance import CRATE_FILE
from slidebox.provenance.record import Act

from .doubles.web_double import running
from .doubles.zenodo import Record, Zenodo

TOKEN = "zenodo-token-that-nobody-sees"
DATA = "screen/metadata"
LAB = """\
lab: tiny-lab
title: A lab of four
people:
  ada: {{name: "Example, Ada", orcid: 0000-0002-1825-0097}}
  bob: {{name: "Example, Bob"}}
  dee: {{name: Dee, left: 2026-01-31}}
  eve: {{name: Eve, organisation: Elsewhere, until: 2031-01-01}}
teams:
  imaging: {{members: [ada, bob]}}
stores:
  zenodo: {{system: zenodo, kind: zenodo, endpoint: "{url}"}}
playbook:
  preferences:
    metadata: {{short: [zenodo], mid: [zenodo], long: [zenodo]}}
"""
PROJECT = """\
project: screen
title: A screen
owner: ada
activity: {activity}
audience: {{contributor: [imaging], steward: [ada, dee, eve]}}
public_from: {public}
datasets:
  metadata: {{size: 1 MB, files: 200, sensitivity: {sensitivity}, {more}}}
"""


@dataclass
class Lab:
    """A lab in a folder with a draft deposit; a stack that says where it is stands in for the engine."""

    root: Path
    zenodo: Zenodo
    said: list[str] = field(default_factory=list)

    def declare(self, **changes: str) -> None:
        """Write the project's file."""
        said = {"activity": "finished", "public": "long", "sensitivity": "open", "more": "licence: CC0-1.0"}
        (self.root / "projects").mkdir(exist_ok=True)
        (self.root / "projects/screen.yaml").write_text(PROJECT.format(**{**said, **changes}))

    @property
    def record(self) -> Record:
        """The deposit."""
        return self.zenodo.owned()[0]

    def outputs(self, _stack: str, *, show_secrets: bool = True) -> Mapping[str, Any]:
        """What the stack says."""
        assert show_secrets
        where = {"dataset": DATA, "term": "long", "copy": 1, "store": "zenodo", "kind": "zenodo", "by_hand": False}
        return {"locations": {f"{DATA}@long@zenodo": {**where, "path": str(self.record.id)}}, "keys": {}}

    def run(self, *words: str, code: int = 0) -> str:
        """Run a verb."""
        result = CliRunner().invoke(program, ["--lab", str(self.root), *words], standalone_mode=False)
        got = getattr(result.exception, "exit_code", 1) if result.exception else result.return_value or 0
        said = result.output + (str(result.exception) if result.exception else "")
        self.said.append(said)
        assert got == code, said
        return " ".join(said.split()) if "--json" not in words else said


@pytest.fixture
def lab(engines: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab whose draft is made and filled."""
    assert engines
    monkeypatch.setenv("SLIDEBOX_TOKEN_ZENODO", TOKEN)
    with running(Zenodo({TOKEN: "lab"})) as double:
        made = Lab(tmp_path / "lab", double)
        made.root.mkdir()
        (made.root / "lab.yaml").write_text(LAB.format(url=double.url))
        made.declare()
        monkeypatch.setattr(flowing, "Engine", lambda _home: made)
        monkeypatch.setattr(transferring, "Engine", lambda _home: made)
        mark = {"identifier": mark_of("tiny-lab", DATA, "zenodo"), "relation": "isAlternateIdentifier"}
        about = {"title": "x", "creators": [{"name": "A"}], "description": "x", "upload_type": "dataset"}
        double._new("lab", double._next, {**about, "related_identifiers": [mark]})
        data = tmp_path / "data"
        for plate in ("p1", "p2"):
            (data / plate).mkdir(parents=True)
            (data / plate / "a.csv").write_bytes(plate.encode() * 100)
        yield made


@pytest.fixture
def filled(lab: Lab, tmp_path: Path) -> Lab:
    """The lab with its data in the draft."""
    lab.run("put", DATA, str(tmp_path / "data"))
    return lab


APPROVED = ("--approve", "ada", "--yes", DATA)


def test_what_is_not_complete_is_not_published(lab: Lab) -> None:
    """A draft without its manifest is half an upload."""
    assert "is not complete" in lab.run("publish", DATA, *APPROVED, code=3)
    assert not lab.record.published


def test_without_an_approval_it_is_only_said_what_would_become_public(filled: Lab) -> None:
    """DOI, licence, people, files, and from when."""
    said = filled.run("publish", DATA)
    for words in (
        f"DOI 10.5072/zenodo.{filled.record.id}, licence CC0-1.0",
        "Example, Ada (0000-0002-1825-0097); Example, Bob",
        "2 files, 400 B",
        "anyone can read its files at once",
        "Nothing was published: say --approve NAME to do it.",
    ):
        assert words in said
    assert not filled.record.published


def test_only_who_answers_for_the_data_approves(filled: Lab) -> None:
    """Neither a contributor, nor who has left or is of elsewhere, nor a team."""
    for who in ("bob", "dee", "eve", "imaging", "nobody"):
        said = filled.run("publish", DATA, "--approve", who, "--yes", DATA, code=2)
        assert f"'{who}' cannot approve that {DATA} is published." in said
    assert not filled.record.published


def test_the_name_of_the_dataset_has_to_be_given(filled: Lab) -> None:
    """And where nobody is there to type it, as an option."""
    assert "so nothing was done" in filled.run("publish", DATA, "--approve", "ada", "--yes", "screen", code=2)
    assert "Nobody is there to ask" in filled.run("publish", DATA, "--approve", "ada", code=2)
    assert not filled.record.published


def test_an_approved_publication_is_in_the_record_with_its_evidence(
    filled: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once; a new version after it is a draft again. The token is nowhere."""
    caplog.set_level(logging.DEBUG)
    done = json.loads(filled.run("publish", DATA, *APPROVED, "--reread", "--json"))
    assert (done["published"], done["approved_by"], filled.record.published) == (True, "Example, Ada", True)
    entry = Book(Home(filled.root)).entries("screen")[-1]
    assert (entry.act, entry.files) == (Act.PUBLISH, 2)
    assert entry.note == (
        f"10.5072/zenodo.{filled.record.id}, open from {done['open_from']}, approved by Example, Ada, "
        f"evidence {done['evidence']}"
    )
    (file,) = (filled.root / "record/evidence").iterdir()
    evidence = json.loads(file.read_text())
    assert (evidence["gate"], evidence["allowed"], list(evidence["datasets"])) == ("publish", True, [DATA])
    assert "is published already" in filled.run("publish", DATA, *APPROVED, code=2)

    (tmp_path / "data/new.csv").write_bytes(b"new")
    filled.run("put", DATA, str(tmp_path / "data"))
    assert [one.published for one in filled.zenodo.owned()] == [True, False]
    filled.run("publish", DATA, *APPROVED)
    assert [one.published for one in filled.zenodo.owned()] == [True, True]
    kept = "".join(p.read_text(errors="replace") for p in filled.root.rglob("*") if p.is_file())
    assert TOKEN not in kept + "".join(filled.said) + caplog.text


def test_a_publication_that_was_stopped_before_its_record_is_recorded_by_the_next_run(
    filled: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not published twice."""
    with monkeypatch.context() as patch:
        patch.setattr(Book, "append", _killed)
        filled.run("publish", DATA, *APPROVED, code=1)
    assert filled.record.published
    assert "only the record of it is missing" in filled.run("publish", DATA, *APPROVED)
    assert Book(Home(filled.root)).entries("screen")[-1].act is Act.PUBLISH
    assert filled.zenodo.count("POST", "/actions/publish") == 1


def _killed(*_: Any) -> None:
    raise RuntimeError("the process ends here")


REFUSED: tuple[tuple[dict[str, str], str], ...] = (
    ({"more": "created: 2026-01-05"}, "sharing/public_has_licence"),
    (
        {"more": "patient_derived: true, licence: CC0-1.0", "sensitivity": "coded"},
        "sharing/coded_public_when_determined",
    ),
    ({"activity": "active"}, "sharing/readers_within_audience"),
    ({"more": "licence: CC0-1.0, embargo: 2099-01-01", "public": "null"}, "sharing/readers_within_audience"),
)


def test_the_gate_refuses_what_may_not_be_public(filled: Lab) -> None:
    """No licence, patients behind a code, or nobody who has declared it public: an approval does not help."""
    for changes, rule in REFUSED:
        filled.declare(**changes)
        said = filled.run("publish", DATA, *APPROVED, code=1)
        assert rule in said
        assert "The rules refuse it, so nothing was published." in said
    assert not filled.record.published
    assert [entry.act for entry in Book(Home(filled.root)).entries("screen")] == [Act.PUT]


def test_an_embargo_is_kept_by_what_is_published(filled: Lab) -> None:
    """Its metadata are public at once, its files on the day, which is what the gate is asked about."""
    filled.declare(activity="resting", more="licence: CC-BY-4.0, embargo: 2099-01-01")
    said = filled.run("publish", DATA, *APPROVED)
    assert "anyone can read its files from 2099-01-01 on; what is said of them at once" in said
    metadata = filled.record.metadata
    assert (metadata["access_right"], metadata["embargo_date"]) == ("embargoed", "2099-01-01")
    assert filled.record.published


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda record: record.files.pop("bundle-001.zip"), "is missing or damaged"),
        (lambda record: record.files.update({CRATE_FILE: b"{}"}), "manifest"),
    ],
)
def test_a_damaged_draft_is_not_published(filled: Lab, spoil: Callable[[Record], object], said: str) -> None:
    """What its manifest lists has to be there."""
    spoil(filled.record)
    assert said in filled.run("publish", DATA, *APPROVED, code=3)
    assert not filled.record.published


def test_the_one_time_price_of_figshare_plus_is_in_the_plan(engines: dict[str, Path], tmp_path: Path) -> None:
    """Whole steps of 250 GB (data/systems.yaml); 20 GB of Figshare itself are free, and more do not fit."""
    assert engines
    (tmp_path / "projects").mkdir()
    stores = (
        "  figshare: {system: figshare, kind: figshare, categories: [24736]}\n"
        "  plus: {system: figshare_plus, kind: figshare, categories: [24736]}\n"
    )
    text = LAB.format(url="https://zenodo.org")
    text = text.replace("playbook:", f"{stores}playbook:").replace("[zenodo]", "[figshare, figshare_plus]")
    (tmp_path / "lab.yaml").write_text(text)
    for size, store, once in (("15 GB", "figshare", 0.0), ("300 GB", "plus", 2450.0)):
        said = PROJECT.format(activity="finished", public="long", sensitivity="open", more="licence: CC0-1.0")
        (tmp_path / "projects/screen.yaml").write_text(said.replace("1 MB", size).replace("files: 200", "files: 9000"))
        result = CliRunner().invoke(program, ["--lab", str(tmp_path), "plan", "--json"], standalone_mode=False)
        assert result.exception is None
        (entry,) = [one for one in json.loads(result.output)["terms"] if one["term"] == "long"]
        placed = entry["placements"][0]
        assert (placed["store"], placed["once"]) == (store, once)
        assert not once or "$1,225" in placed["cost"]
