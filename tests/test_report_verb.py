"""`slidebox report`: what it gathers, where it writes, and how it ends when a source cannot be read."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slidebox import labfile
from slidebox.access.snapshot import Snapshot
from slidebox.cli import slidebox
from slidebox.cli.console import Output
from slidebox.cli.report import summary
from slidebox.cli.report_gather import Asked, Gathered, gather
from slidebox.errors import UnreadableError
from slidebox.model import Lab, Level, Step
from slidebox.policy import Rules
from slidebox.report.page import render
from slidebox.report.page.data import Page, Reader

from .check_lab import edit, lab, line_of
from .flow_lab import MASKS, RAW, SmallLab, small_lab

__all__ = ["lab"]

pytestmark = pytest.mark.usefixtures("engines")
NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def report(lab: Path, *words: Any) -> Result:
    """Run the verb, in 80 columns."""
    runner = CliRunner(env={"COLUMNS": "80"})
    return runner.invoke(slidebox, ["--lab", str(lab), "report", *map(str, words)], standalone_mode=False)


def values(lab: Path, *words: Any) -> dict[str, Any]:
    """The page's values, of a run that was answered."""
    done = report(lab, "--json", *words)
    assert done.exception is None, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def files_only(lab: Path) -> Gathered:
    """The page of the lab's files alone, at a fixed moment."""
    return gather(Asked(lab, NOW, files_only=True), Output())


def sources(found: dict[str, Any]) -> dict[str, bool]:
    """Which source was read."""
    return {source["what"]: source["read"] for source in found["sources"]}


# Writing


def test_the_page_is_written_and_said_in_eighty_columns(lab: Path, tmp_path: Path) -> None:
    """Where it is, how large, and what it says, in a few lines."""
    done = report(lab, tmp_path / "out" / "page", "--files-only")
    file = tmp_path / "out" / "page" / "index.html"
    assert (done.return_value, file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0, 0o600, 0o700)
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    lines = done.stdout.splitlines()
    assert lines[0] == str(file)
    assert re.search(r"^\d+ kB, for its owner alone", lines[1])
    assert re.search(r"^4 datasets with .* in \d+ places, \$[\d,.]+ a month\.", done.stdout, re.MULTILINE)
    assert [line for line in lines[1:] if len(line) > 80] == []
    assert len(lines) <= 8
    assert list(file.parent.iterdir()) == [file]


def test_the_same_lab_at_the_same_moment_is_the_same_page(lab: Path) -> None:
    """Byte by byte."""
    assert render(files_only(lab).page) == render(files_only(lab).page)


def test_the_files_alone_are_read_where_that_is_asked_for(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine, no store, no network."""

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("slidebox.engine.Engine.outputs", never)
    monkeypatch.setattr("slidebox.audit.live.take", never)
    found = values(lab, "--files-only")
    assert [what for what, read in sources(found).items() if not read] == [
        "inventories",
        "logs of reads",
        "bills",
        "where data lie, and the records of moves",
    ]
    assert found["unknown"] == ["Where data really lie was not looked at."]
    assert {one["there"] for one in found["placements"]} == {"unknown"}


def test_a_page_of_somebody_else_is_not_replaced(lab: Path, tmp_path: Path) -> None:
    """Unless that is said; a page of ours is, and keeps the mode that somebody gave it."""
    file = tmp_path / "index.html"
    file.write_text("<p>mine</p>", encoding="utf-8")
    refused = report(lab, tmp_path, "--files-only")
    assert isinstance(refused.exception, Exception)
    assert str(refused.exception) == (
        f"{file} was not written by `slidebox report`, and stays as it is. Name another folder, or say --force."
    )
    assert file.read_text(encoding="utf-8") == "<p>mine</p>"
    assert report(lab, tmp_path, "--files-only", "--force").return_value == 0
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    assert report(lab, tmp_path, "--files-only").return_value == 0
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_a_file_is_said(lab: Path, tmp_path: Path) -> None:
    """Nothing of it is changed."""
    file = tmp_path / "page"
    file.write_text("text", encoding="utf-8")
    done = report(lab, file, "--files-only")
    assert str(done.exception) == f"{file} is a file, and the page is written into a folder. Name a folder."
    assert file.read_text(encoding="utf-8") == "text"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name the folder to write into"),
        (("out", "--serve"), "--serve writes nothing"),
        (("--serve", "--json"), "--serve writes nothing"),
        (("out", "--port", "80"), "--port goes with --serve"),
        (("out", "--live", "--access", "x"), "name one of them"),
        (("out", "--live", "--files-only"), "name one of them"),
    ],
)
def test_words_that_do_not_go_together_are_refused(lab: Path, words: tuple[str, ...], said: str) -> None:
    """Before anything is read."""
    assert said in str(report(lab, *words).exception)


# What it gathers


def test_findings_have_their_line_their_cure_and_their_page(lab: Path) -> None:
    """As `slidebox check` has them."""
    edit(lab, "    sensitivity: open #", "    sensitivity: identifiable #")
    edit(lab, "  reader: [analysis]", "  reader: [public]")
    found = [one for one in values(lab, "--files-only")["findings"] if one["severity"] == "refusal"]
    never = [one for one in found if one["rule"] == "sharing/identifiable_never_public"]
    checked = CliRunner().invoke(slidebox, ["--lab", str(lab), "check", "--json"], standalone_mode=False)
    refused = [one for one in json.loads(checked.stdout)["findings"] if one["refuses"]]
    assert len(found) == len(refused)
    assert {(one["subject"], one["where"]) for one in found} == {
        (one["subject"], f"{one['file']}:{one['line']}") for one in refused
    }
    assert never[0]["page"].endswith("/docs/rules/sharing/identifiable_never_public.md")
    assert never[0]["cure"].startswith("Name the people in the audience")
    assert never[0]["title"] == "Identifiable data are never public"
    assert f"projects/example.yaml:{line_of(lab, 'audience:')}" in {one["where"] for one in never}


def test_who_reads_as_planned_has_the_public_and_outsiders_first(lab: Path) -> None:
    """Each with the way in, and from the plan where nobody has looked."""
    edit(lab, "  reader: [analysis]", "  reader: [public]")
    edit(lab, "people:", "people:\n  vera: {name: Vera, organisation: Clinic, until: 2999-01-01}", "lab.yaml")
    edit(lab, "  contributor: [imaging]", "  contributor: [imaging, vera]")
    readers = values(lab, "--files-only")["readers"]
    assert readers[0]["principal"] == "anyone"
    assert readers[0]["path"][0] == "as planned"
    kinds = [(one["who"] == "anyone", one["outside"]) for one in readers]
    assert kinds == sorted(kinds, reverse=True)
    vera = [one for one in readers if one["principal"] == "person:vera"]
    assert {(one["outside"], one["until"], one["verdict"]) for one in vera} == {(True, "2998-12-31", "declared")}


def test_waivers_stand_with_their_end(lab: Path) -> None:
    """And what they set aside is still a finding."""
    text = (lab / "projects" / "example.yaml").read_text(encoding="utf-8")
    waiver = {"rule": "protection/access_logged", "location": "raw_images", "reason": "soon", "by": "owner"}
    said = ", ".join(f"{key}: {value}" for key, value in waiver.items())
    until = NOW.date() + dt.timedelta(days=30)
    (lab / "projects" / "example.yaml").write_text(f"{text}\nwaivers:\n  - {{{said}, until: {until}}}\n")
    (one,) = files_only(lab).page.waivers
    assert (one.rule, one.dataset, one.by, one.reason, one.until) == (
        "protection/access_logged",
        "example/raw_images",
        "owner",
        "soon",
        until,
    )


def test_what_a_month_costs_adds_up_and_a_year_is_forecast(lab: Path) -> None:
    """A dataset's month is that of its places of now, and the spend is that of `plan --cost`."""
    edit(lab, "\nstores:", "\nstores:\n  cloud: {system: cloud, title: A bucket, region: us-east-1}", "lab.yaml")
    edit(lab, "    largest_file: 9 MB", "    largest_file: 9 GB")
    edit(lab, "    size: 4 GB", "    size: 4 TB")
    found = values(lab, "--files-only")
    for one in found["datasets"]:
        places = [p["monthly"]["usual"] for p in found["placements"] if p["dataset"] == one["name"] and p["now"]]
        assert one["monthly"]["usual"] == pytest.approx(sum(places))
    command = ["--lab", str(lab), "plan", "--cost", "--years", "1", "--json"]
    costs = json.loads(CliRunner().invoke(slidebox, command, standalone_mode=False).stdout)["forecast"]
    assert sum(one["forecast"]["usual"] for one in found["spend"]) == pytest.approx(costs["totals"][0]["usd"])
    assert {one["actual"] for one in found["spend"]} == {None}
    assert len({one["month"] for one in found["spend"]}) <= 12


# A lab whose data lie somewhere


@pytest.fixture
def placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallLab:
    """Raw images on two drives, of which the second has an older version; masks on one, and the files that say so."""
    found = small_lab(tmp_path)
    project = found.lab.projects["demo"]
    step = Step(repository="https://github.com/your-lab/example", commit="0a1b2c3d4e5f")
    masks = project.datasets[Level.SEGMENTATION_MASKS].model_copy(update={"step": step})
    project = project.model_copy(update={"datasets": {**project.datasets, Level.SEGMENTATION_MASKS: masks}})
    found.lab = found.lab.model_copy(update={"projects": {"demo": project}})
    found.plan("bench", "shelf")
    found.plan("bench", dataset=MASKS)
    found.put({"a.tif": b"first"})
    found.put({"m.tif": b"mask"}, MASKS)
    write_files(found.root, found.lab)
    monkeypatch.setattr("slidebox.engine.Engine.outputs", lambda *_, **__: found.outputs)
    return found


def write_files(root: Path, lab: Lab) -> None:
    """The files that declare a lab."""
    for name, text in labfile.dump(lab).items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def test_what_really_lies_where_is_seen(placed: SmallLab) -> None:
    """Whole, gone, or of another version; and what is to be moved is what `moves` lists."""
    (placed.folder("shelf") / "ro-crate-metadata.json").unlink()
    found = values(placed.root)
    now = {(one["dataset"], one["store"]): one["there"] for one in found["placements"] if one["now"]}
    assert now[RAW, "bench"] == "yes"
    assert now[MASKS, "bench"] == "yes"
    assert [one["standing"] for one in found["lineage"]] == ["kept", "kept"]
    assert found["lineage"][1]["parents"][0][0] == RAW
    assert sources(found)["where data lie, and the records of moves"] is True
    assert [(one["dataset"], one["target"], one["why"]) for one in found["moves"]] == [(RAW, "shelf", "missing copy")]


def test_a_place_that_cannot_be_read_is_unknown_and_the_others_stand(placed: SmallLab) -> None:
    """Its words are not on the page: they may hold the name of a file."""
    (placed.folder("bench") / "ro-crate-metadata.json").write_text("{ Jane Roe", encoding="utf-8")
    done = report(placed.root, "--json")
    found = json.loads(done.stdout)
    assert f"What bench has of {RAW} could not be read: slidebox moves {RAW} says why." in found["unknown"]
    there = {(one["dataset"], one["store"]): one["there"] for one in found["placements"] if one["now"]}
    assert there[RAW, "bench"] == "unknown"
    assert there[MASKS, "bench"] == "yes"
    assert "Jane Roe" not in done.stdout


def test_a_record_that_was_changed_is_said_and_the_page_is_written(placed: SmallLab, tmp_path: Path) -> None:
    """Where data lie is then not known; exit code 3."""
    book = placed.root / "record" / "demo.jsonl"
    book.write_text(book.read_text(encoding="utf-8").replace('"files":1', '"files":2'), encoding="utf-8")
    done = report(placed.root, tmp_path / "out")
    assert done.return_value == 3
    assert "could not be read: where data lie, and the records of moves" in done.stderr
    found = values(placed.root)
    assert sources(found)["where data lie, and the records of moves"] is False
    assert any(said.startswith("Where data lie, and the records of moves could not") for said in found["unknown"])
    assert len(found["datasets"]) == 2
    assert (tmp_path / "out" / "index.html").is_file()


def test_who_can_read_a_drive_of_this_machine_is_read_there(placed: SmallLab) -> None:
    """As it is, and not as planned."""
    placed.folder("bench").chmod(0o755)
    readers = [one for one in values(placed.root)["readers"] if one["dataset"] == RAW and one["store"] == "bench"]
    assert not any("as planned" in one["path"] for one in readers)
    assert any(one["verdict"] == "public" or one["who"] in ("account", "any_account") for one in readers)


# Sources that fail


def snapshot(path: Path, **buckets: Any) -> Path:
    """A saved audit of buckets."""
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    account: dict[str, Any] = {
        "public_access_block": None,
        "authorization": {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []},
    }
    every = {
        name: {"account": "111122223333", "public_access_block": None, "acl": None, "ownership": owned, **said}
        for name, said in buckets.items()
    }
    section = {"accounts": {"111122223333": account}, "buckets": every}
    path.write_text(json.dumps(Snapshot("live", "2026-11-29T12:00:00Z", sections={"aws": section}).document()))
    return path


OPEN = {
    "Statement": [
        {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bkt/*"}
    ]
}


def test_a_saved_audit_is_shown_with_its_verdicts(lab: Path, tmp_path: Path) -> None:
    """What is public though nobody declares it comes first, with the path, and what was not seen is not known."""
    found = values(lab, "--files-only", "--access", snapshot(tmp_path / "saved.json", bkt={"policy": OPEN}))
    first = found["readers"][0]
    assert (first["principal"], first["verdict"], first["outside"], first["place"]) == ("anyone", "public", True, "bkt")
    assert any("all" in step for step in first["path"])
    assert sources(found)["an audit of access"] is True
    assert any(said.startswith("No place was seen of example/") for said in found["unknown"])


@pytest.mark.parametrize("text", [None, "", "{", "{}", '{"version": 1, "sections": {}, "source": "dream"}'])
def test_an_audit_that_cannot_be_read_leaves_a_page_that_says_so(lab: Path, tmp_path: Path, text: str | None) -> None:
    """Exit code 3, the reason on standard error, no reader on the page, and everything else as before."""
    file = tmp_path / "saved.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    done = report(lab, tmp_path / "out", "--files-only", "--access", file)
    assert done.return_value == 3
    assert "could not be read: an audit of access" in done.stderr
    asked = Asked(lab, NOW, files_only=True, access=file)
    page = gather(asked, Output()).page
    before = files_only(lab).page
    assert page.readers == ()
    assert page.placements == before.placements
    assert page.findings == before.findings
    assert [one.read for one in page.sources if one.what == "an audit of access"] == [False]
    assert any(said.startswith("An audit of access could not be read") for said in page.unknown)


def test_rules_that_cannot_be_asked_leave_the_declarations(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no plan and no finding, and that is said: nothing looks as if it were right."""

    def broken(_: Rules) -> None:
        raise UnreadableError("OPA does not start.")

    monkeypatch.setattr(Rules, "__enter__", broken)
    found = gather(Asked(lab, NOW, files_only=True), Output())
    assert len(found.page.datasets) == 4
    assert (found.page.placements, found.page.findings, found.page.spend) == ((), (), ())
    assert found.failures == ("the plan and the rules: OPA does not start.",)
    assert "The plan and the rules could not be read: OPA does not start." in found.page.unknown


def test_a_faulty_price_file_of_the_lab_leaves_the_plan(lab: Path) -> None:
    """What places cost in the forecast is then not there; the plan's own figure stands."""
    (lab / "prices").mkdir()
    (lab / "prices" / "aws.yaml").write_text("provider: aws\nregions: 5\n", encoding="utf-8")
    found = gather(Asked(lab, NOW, files_only=True), Output())
    assert found.page.placements
    assert found.page.findings
    assert found.page.spend == ()
    assert [failure.partition(":")[0] for failure in found.failures] == ["the price books"]


def test_a_lab_with_a_fault_has_no_page(lab: Path, tmp_path: Path) -> None:
    """The fault is said with its line, and nothing is written."""
    edit(lab, "activity:", "activty:")
    done = report(lab, tmp_path / "out")
    assert "projects/example.yaml" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_a_dataset_that_only_the_files_know_has_every_level(lab: Path) -> None:
    """Each declared level is a dataset of the page, in order."""
    declared = labfile.load(lab).projects["example"]
    names = [one.name for one in files_only(lab).page.datasets]
    assert names == sorted(declared.dataset_id(level) for level in Level if level in declared.datasets)


def test_who_is_only_missing_from_what_a_store_says_is_no_reader_from_outside() -> None:
    """They have no way in: the terminal counts as the page does."""

    def reader(principal: str, verdict: str) -> Reader:
        return Reader("bkt", "cloud", "bucket", RAW, principal, "account", ("read",), (principal,), "", verdict, True)

    readers = (reader("account:1", "missing"), reader("account:2", "extra"))
    page = Page(lab="lab", made=NOW, version="1", readers=readers)
    assert any("1 reader from outside" in sentence for sentence in summary(page))
