"""`slidebox submission submit` and `status`: on somebody's word, through the gate, once, and never what is secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slidebox.cli import slidebox
from slidebox.engine import Engine
from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.flow.book import Book
from slidebox.home import Home
from slidebox.provenance.record import Act
from slidebox.submission import files_from_tsv

from .doubles.biostudies import LOGIN, PASSWORD, BioStudiesDouble, running, tree

LAB = f"""\
lab: tiny-lab
title: A lab of two
organisation: Example University
people:
  ada: {{name: Ada Example, email: ada@example.org}}
  bob: {{name: Bob Example}}
stores:
  idr: {{system: idr, kind: archive, account: {LOGIN}, endpoint: URL}}
"""
PROJECT = """\
project: first
title: Cell health of perturbed cells
owner: ada
activity: finished
public_from: long
audience: {contributor: [ada], reader: [bob]}
datasets:
  raw_images: {size: 1 MB, files: 2, origin: public, source: idr0080, sensitivity: open, licence: CC-BY-4.0}
study:
  description: Perturbed cells
  keywords: [Cell Painting]
  release: 2027-07-01
  sample: {organism: Homo sapiens, taxon: 9606, entity: A549 cells, preparation: fixed}
  imaging: {method: fluorescence microscopy, term: FBbi_00000246, instrument: Opera, parameters: 20x}
"""
ROOT = "tiny-lab-first"
RAW = f"{ROOT}/raw_images"
LOCATION = "first/raw_images@long@idr"
OUTPUTS = {
    "locations": {LOCATION: {"dataset": "first/raw_images", "store": "idr", "kind": "archive", "copy": 1, "path": RAW}}
}


@dataclass
class Sent:
    """A lab whose raw images lie at the archive."""

    root: Path
    service: BioStudiesDouble
    said: list[str] = field(default_factory=list)

    def run(self, *words: str) -> Result:
        """Run a verb at 80 columns; what it says is kept."""
        runner = CliRunner(env={"COLUMNS": "80"})
        result = runner.invoke(slidebox, ["--lab", str(self.root), *words], standalone_mode=False)
        self.said.append(f"{result.output} {result.exception} {result.exc_info}")
        return result

    def submit(self, *words: str) -> Result:
        """Submit with the owner's word, where no other words are given."""
        return self.run("submission", "submit", "first", *(words or ("--approve", "ada", "--yes", "first")))

    def declare(self, old: str, new: str) -> None:
        """Change the project's file."""
        path = self.root / "projects/first.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: Mapping[str, Path]) -> Iterator[Sent]:
    """A lab whose raw images were put; afterwards nothing that was said has the password or a token in it."""
    assert engines

    def outputs(*_: Any, **__: Any) -> Any:
        return OUTPUTS

    monkeypatch.setattr(Engine, "outputs", outputs)
    monkeypatch.setenv("SLIDEBOX_TOKEN_IDR", PASSWORD)
    with running() as service:
        service.files[f"{RAW}/.slidebox-location.json"] = b"{}"
        (tmp_path / "projects").mkdir()
        (tmp_path / "images/p1").mkdir(parents=True)
        (tmp_path / "lab.yaml").write_text(LAB.replace("URL", service.url))
        (tmp_path / "projects/first.yaml").write_text(PROJECT)
        (tmp_path / "images/p1/A1.tiff").write_bytes(b"a" * 100)
        (tmp_path / "images/p1/A2.tiff").write_bytes(b"b" * 100)
        made = Sent(tmp_path, service)
        done = made.run("put", "first/raw_images", str(tmp_path / "images"))
        assert done.exception is None, done.exception
        yield made
        assert not [said for said in made.said if PASSWORD in said or "session-" in said]


def test_a_submission_is_sent_once_on_the_owners_word(sent: Sent) -> None:
    """Without approval it is only said; with it list, PageTab, record and evidence are there; a second is refused."""
    service = sent.service
    service.drafts["TMP_1"] = "{}"
    shown = sent.submit("--json")
    document = json.loads(shown.output)
    assert (document["submitted"], document["open_from"], document["files"]) == (False, "2027-07-01", 2)
    assert not service.kept

    done = sent.submit()
    assert done.return_value == 0, done.exception
    (kept,) = service.kept.values()
    assert sorted(kept.files) == ["raw_images/p1/A1.tiff", "raw_images/p1/A2.tiff"]
    listed = files_from_tsv(service.files[f"{ROOT}/raw_images.tsv"].decode(), "raw_images")
    assert [(one.path, one.size) for one in listed] == [("p1/A1.tiff", 100), ("p1/A2.tiff", 100)]
    entry = Book(Home(sent.root)).entries("first")[-1]
    assert (entry.act, entry.files) == (Act.PUBLISH, 2)
    assert entry.note.startswith(f"{kept.accession}, open from 2027-07-01, approved by Ada Example, evidence ")
    assert (sent.root / f"record/evidence/first-{kept.accession}.json").exists()
    assert max(map(len, done.output.split("\n"))) <= 80

    again = sent.submit()
    assert "submitted already" in str(again.exception)
    assert len(service.kept) == 1


@pytest.mark.parametrize("words", [("--approve", "bob", "--yes", "first"), ("--approve", "ada", "--yes", "other")])
def test_nobody_else_approves_and_the_name_is_typed(sent: Sent, words: tuple[str, ...]) -> None:
    """A reader cannot approve, and the project's name has to be typed as it is."""
    assert isinstance(sent.submit(*words).exception, InputError)
    assert not sent.service.kept


@pytest.mark.parametrize(
    ("sensitivity", "rule"),
    [
        ("identifiable", "sharing/identifiable_never_public"),
        ("coded", "sharing/coded_public_when_determined"),
        ("confidential", "sharing/confidential_within_agreement"),
    ],
)
def test_what_tells_who_a_patient_is_is_never_sent(sent: Sent, sensitivity: str, rule: str) -> None:
    """Identifiable, coded and confidential data are refused by their rules, whoever approves."""
    sent.declare("sensitivity: open", f"sensitivity: {sensitivity}")
    done = sent.submit()
    assert (done.return_value, sent.service.kept) == (1, {})
    assert rule in done.output.replace("\n", "")


def test_an_embargo_that_is_over_on_the_day_of_release_stops_nothing(sent: Sent) -> None:
    """The rules are asked as of the day on which it opens."""
    sent.declare("owner: ada\n", "owner: ada\nembargo: 2027-06-30\n")
    done = sent.submit()
    assert done.return_value == 0, done.output
    assert json.loads(sent.run("submission", "status", "first", "--json").output)["released"] == "2027-07-01"


def test_what_nobody_declared_public_is_refused(sent: Sent) -> None:
    """Without `public_from` anyone is outside the audience, on whatever day."""
    sent.declare("public_from: long\n", "")
    done = sent.submit()
    assert (done.return_value, sent.service.kept) == (1, {})
    assert "sharing/readers_within_audience" in done.output.replace("\n", "")


def test_what_lacks_or_opens_too_early_is_said_and_nothing_sent(sent: Sent) -> None:
    """A declaration that lacks something, and a day before the embargo's end, are faults with their places."""
    sent.declare("  keywords: [Cell Painting]\n", "")
    sent.declare("owner: ada\n", "owner: ada\nembargo: 2028-01-01\n")
    done = sent.submit()
    assert (done.return_value, sent.service.kept) == (1, {})
    assert "no keywords" in done.output
    assert "before the end of the embargo" in " ".join(done.output.split())


def test_an_answer_that_is_lost_makes_no_second_submission(sent: Sent) -> None:
    """The line breaks after the archive has taken it: the next run finds it by its mark and writes the record."""
    sent.service.cut.append("async/direct")
    lost = sent.submit()
    assert isinstance(lost.exception, UnreadableError)
    assert len(sent.service.kept) == 1
    assert all(entry.act is not Act.PUBLISH for entry in Book(Home(sent.root)).entries("first"))
    done = sent.submit()
    assert done.return_value == 0, done.exception
    assert (len(sent.service.kept), sent.service.count("POST", "async/direct")) == (1, 1)
    assert Book(Home(sent.root)).entries("first")[-1].act is Act.PUBLISH


@pytest.mark.parametrize(
    ("change", "words"), [({"p1/A1.tiff": b"short"}, ()), ({"p1/A1.tiff": b"c" * 100}, ("--reread",)), ({}, ())]
)
def test_a_file_that_is_not_there_as_it_was_put_stops_it(
    sent: Sent, change: dict[str, bytes], words: tuple[str, ...]
) -> None:
    """A file of another size, of other bytes, or none at all: nothing is sent."""
    for path, data in change.items():
        sent.service.files[f"{RAW}/{path}"] = data
    if not change:
        del sent.service.files[f"{RAW}/p1/A1.tiff"]
    done = sent.submit("--approve", "ada", "--yes", "first", *words)
    assert isinstance(done.exception, IntegrityError), done.exception
    assert not sent.service.kept


def test_the_archives_own_refusal_is_said_with_all_its_reasons(sent: Sent) -> None:
    """Each leaf of the archive's tree of faults is shown, and nothing is recorded."""
    sent.service.faults.append(
        ("POST", "async/direct", 400, tree("Submission validation errors", "No organism", "No x"))
    )
    done = sent.submit()
    assert isinstance(done.exception, SlideboxError)
    assert "No organism; No x." in str(done.exception)
    assert all(entry.act is not Act.PUBLISH for entry in Book(Home(sent.root)).entries("first"))


def test_the_status_goes_from_nothing_to_taken_or_refused(sent: Sent) -> None:
    """A status is asked of the archive itself; exit code 1 where it has refused."""
    assert "neither a draft nor a submission" in sent.run("submission", "status", "first").output
    sent.submit()
    (kept,) = sent.service.kept.values()
    assert "being worked on (REQUESTED)" in sent.run("submission", "status", "first").output
    kept.status = "PROCESSED"
    assert "it opens on 2027-07-01" in " ".join(sent.run("submission", "status", "first").output.split())
    kept.status, kept.errors = "INVALID", ["File not found: A1.tiff"]
    refused = sent.run("submission", "status", "first", "--json")
    assert (refused.return_value, json.loads(refused.output)["errors"]) == (1, ["File not found: A1.tiff"])
