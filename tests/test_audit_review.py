"""`slidebox audit review`: what stewards decide is recorded, and revocations become edits of the project files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from slidebox.access.review import Row, to_csv
from slidebox.access.snapshot import Snapshot, unread
from slidebox.audit.decisions import edited, may_decide
from slidebox.cli import slidebox
from slidebox.flow.book import Book
from slidebox.home import Home
from slidebox.labfile import load
from slidebox.report.review import page

SMALL = Path(__file__).parent / "labs" / "good" / "small"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A copy of a lab, one of whose people is in a team and by himself in an audience."""
    root = tmp_path / "lab"
    shutil.copytree(SMALL, root)
    file = root / "projects" / "nf1.yaml"
    file.write_text(
        file.read_text().replace("  steward: [alice]", "  reader: [bob] # until he is done\n  steward: [alice]")
    )
    return root


def row(principal: str = "person:bob", dataset: str = "nf1/raw_images", **more: str) -> Row:
    """A reader of a dataset's folder."""
    said = {"location": dataset or "old", "store": "bench", "kind": "person", "actions": "read, list", "until": ""}
    return Row(**{"path": "", "found": "as declared", **said, "dataset": dataset, "principal": principal, **more})


def review(root: Path, rows: list[Row], *words: str) -> Result:
    """Fill in a sheet and read it back."""
    sheet = root / "sheet.csv"
    sheet.write_text(to_csv(rows), newline="")
    verb = ["--lab", str(root), "audit", "review", str(sheet), *words]
    return CliRunner().invoke(slidebox, verb, catch_exceptions=False, standalone_mode=False)


def audience(root: Path) -> Any:
    """Audience."""
    return yaml.safe_load((root / "projects" / "nf1.yaml").read_text())["audience"]


def notes(root: Path, project: str = "nf1") -> list[tuple[str, str]]:
    """Notes."""
    return [(entry.act.value, entry.note) for entry in Book(Home(root)).entries(project)]


BOTH = ["nf1/raw_images", "nf1/corrected_images"]


def test_who_is_revoked_for_every_dataset_leaves_the_projects_audience_and_comments_stay(lab: Path) -> None:
    """Who is revoked for every dataset leaves the projects audience and comments stay."""
    done = review(lab, [row(dataset=one, decision="revoke") for one in BOTH], "--by", "alice")
    assert done.return_value == 0, done.output
    assert audience(lab) == {"contributor": ["imaging"], "reader": [], "steward": ["alice"]}
    assert "# until he is done" in (lab / "projects" / "nf1.yaml").read_text()
    assert [act for act, _ in notes(lab)] == ["revoke", "revoke"]
    assert "pulumi up -s nf1" in done.output


def test_who_is_revoked_for_one_dataset_keeps_the_others(lab: Path) -> None:
    """Who is revoked for one dataset keeps the others."""
    done = review(lab, [row(decision="revoke")], "--by", "alice")
    assert done.return_value == 0, done.output
    project = load(lab).projects["nf1"]
    assert "bob" not in project.audience_of(next(iter(project.datasets))).everyone
    assert audience(lab)["reader"] == ["bob"]


def test_a_member_of_a_team_has_to_leave_the_team_by_hand(lab: Path) -> None:
    """A member of a team has to leave the team by hand."""
    file = lab / "projects" / "nf1.yaml"
    file.write_text(file.read_text().replace("  reader: [bob] # until he is done\n", ""))
    before = file.read_text()
    done = review(lab, [row(decision="revoke")], "--by", "alice")
    assert done.return_value == 1
    assert "bob is a member of team imaging" in " ".join(done.output.split())
    assert file.read_text() == before


def test_somebody_whom_no_audience_names_has_to_go_where_the_access_stands(lab: Path) -> None:
    """Somebody whom no audience names has to go where the access stands."""
    done = review(lab, [row("account:arn:aws:iam::1:user/eve", decision="revoke")], "--by", "alice")
    assert done.return_value == 1
    assert "take the access away at nf1/raw_images" in " ".join(done.output.split())


def test_what_is_confirmed_is_recorded_with_who_and_why_and_only_once(lab: Path) -> None:
    """What is confirmed is recorded with who and why and only once."""
    sheet = [row(decision="confirm", by="alice", reason="still needs it")]
    for _ in range(2):
        assert review(lab, sheet).return_value == 0
    assert notes(lab) == [
        ("confirm", "person:bob (read, list) at nf1/raw_images, decided by alice: still needs it"),
    ]
    shown = CliRunner().invoke(slidebox, ["--lab", str(lab), "record"], standalone_mode=False)
    assert "confirm nf1/raw_images: person:bob" in " ".join(shown.output.split())


def test_a_dry_run_changes_nothing(lab: Path) -> None:
    """A dry run changes nothing."""
    before = (lab / "projects" / "nf1.yaml").read_text()
    done = review(lab, [row(dataset=one, decision="revoke") for one in BOTH], "--by", "alice", "--dry-run")
    assert "bob is no longer in the audience of nf1" in " ".join(done.output.split())
    assert (lab / "projects" / "nf1.yaml").read_text() == before
    assert notes(lab) == []


def test_what_nobody_decided_is_counted_and_makes_exit_code_1(lab: Path) -> None:
    """What nobody decided is counted and makes exit code 1."""
    done = review(lab, [row(), row(decision="confirm")], "--by", "alice", "--json")
    assert done.return_value == 1
    assert json.loads(done.output)["undecided"] == 1


def test_a_revocation_that_would_leave_the_lab_broken_changes_no_file(lab: Path) -> None:
    """A revocation that would leave the lab broken changes no file."""
    file = lab / "projects" / "nf1.yaml"
    words = ["project: nf1", "title: Cells", "owner: alice", "audience: {steward: [alice], reader: [bob]}"]
    words += ["datasets:", "  raw_images: {size: 1 GB, files: 3, sensitivity: open}", ""]
    file.write_text("\n".join(words))
    before = file.read_text()
    sheet = [row("person:alice", decision="revoke"), row(decision="revoke")]
    try:
        done = review(lab, sheet, "--by", "alice")
    except Exception as error:
        assert "hold together" in str(error)
        assert file.read_text() == before
    else:
        assert done.return_value == 0
    load(lab)


@pytest.mark.parametrize(
    ("decided", "words", "said"),
    [
        ({"decision": "revoke"}, (), "nothing says who decided"),
        ({"decision": "revoke", "by": "mallory"}, (), "'mallory' is nobody of the lab"),
        ({"decision": "confirm"}, ("--by", "bob"), "bob does not answer for nf1/raw_images"),
        ({"decision": "perhaps"}, ("--by", "alice"), "'perhaps' is no decision"),
    ],
)
def test_only_who_answers_for_the_data_decides(
    lab: Path, decided: dict[str, str], words: tuple[str, ...], said: str
) -> None:
    """Only who answers for the data decides."""
    with pytest.raises(Exception, match=said):
        review(lab, [row(**decided)], *words)
    assert notes(lab) == []


def test_what_nothing_declares_is_for_the_auditors(lab: Path) -> None:
    """What nothing declares is for the auditors."""
    found = load(lab)
    assert may_decide(found, "alice", row(dataset=""))
    assert not may_decide(found, "bob", row(dataset=""))
    done = review(lab, [row("account:eve", dataset="", decision="revoke")], "--by", "alice")
    assert done.return_value == 1
    assert notes(lab, "_lab")[0][0] == "revoke"


def test_an_edit_that_is_not_sure_is_left_to_a_person(lab: Path) -> None:
    """An edit that is not sure is left to a person."""
    found = load(lab)
    text = (
        (lab / "projects" / "nf1.yaml")
        .read_text()
        .replace("reader: [bob]", "reader: &who [bob]")
        .replace("contributor: [imaging]", "contributor: [imaging]")
    )
    shared = text.replace("  steward: [alice]", "  steward: [alice]\n") + "x: 1\n"
    one = edited(
        shared.replace("reader: &who [bob]", "reader: *none"),
        found,
        found.projects["nf1"],
        [row(dataset=d, decision="revoke") for d in BOTH],
    )
    assert one.done == ()
    assert "by hand" in one.left[0]


def test_a_sheet_is_written_with_a_page_and_never_over_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sheet is written with a page and never over one that is there."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "s.json"
    file.write_text(json.dumps(Snapshot("live", sections={"google": unread("denied")}).document()))
    verb = ["audit", "access", "--snapshot", str(file), "--review", "sheet.csv"]
    CliRunner().invoke(slidebox, verb, catch_exceptions=False, standalone_mode=False)
    assert Path("sheet.csv").read_text().startswith("location,")
    assert "<title>Who has access: stores" in Path("sheet.html").read_text()
    with pytest.raises(Exception, match="is there already"):
        CliRunner().invoke(slidebox, verb, catch_exceptions=False, standalone_mode=False)


def test_nothing_in_a_sheet_can_run_in_its_page() -> None:
    """Nothing in a sheet can run in its page."""
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    written = page([row(principal=evil, reason='"><b>')], evil, "sheet.csv")
    assert "<script>alert" not in written
    assert "<img" not in written
    assert '"><b>' not in written
