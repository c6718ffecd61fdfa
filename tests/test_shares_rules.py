"""What the rules make of a folder in a file service: planned, in a preview, and as it is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.facts import FactBook, pack, tags
from slidebox.labfile import check_lab
from slidebox.live import shares as live
from slidebox.live.found import Asked
from slidebox.model import Candidate, Gate, Lab, LabFile, Project, Store, Term
from slidebox.policy import PolicyJudge, Rules
from slidebox.preview import SHARE, Seen, facts_of
from slidebox.provider.resource import Context
from slidebox.provider.share import SharedFolder
from slidebox.systems import load_systems

from .rclone_remotes import NEEDED, remotes

TODAY = dt.date(2026, 11, 29)
HERE = "p/metadata@short@box"
OWNER = {"address": "ada@uni.example", "may": "edit"}


def lab_with(sensitivity: str, system: str = "onedrive", **store: Any) -> Lab:
    """A lab with one store at a file service and one dataset."""
    box = {"system": system, "kind": "rclone", "remote": "box", "path": "lab", "encrypted": True, **store}
    people = {"ada": {"name": "Ada", "email": "ada@uni.example"}, "cy": {"name": "Cy", "email": "cy@uni.example"}}
    file = LabFile.model_validate({"lab": "way", "title": "Way", "people": people, "stores": {"box": box}})
    dataset = {"size": "1 MB", "files": 2, "sensitivity": sensitivity}
    project = {
        "project": "p",
        "title": "P",
        "owner": "ada",
        "audience": {"steward": ["ada"], "reader": ["cy"]},
        "datasets": {"metadata": dataset},
    }
    return Lab(file=file, projects={"p": Project.model_validate(project)})


def folder(lab: Lab, **changes: Any) -> Seen:
    """The folder as `pulumi up` would make it."""
    book = FactBook(lab, load_systems(lab.file.playbook))
    store = lab.file.stores["box"]
    said = {
        "location": HERE,
        "store": "box",
        "system": store.system.value,
        "remote": "box",
        "root": "lab",
        "path": "p/metadata",
        "lab": "way",
        "shares": [{"principal": "person:cy", "address": "cy@uni.example", "may": "view"}],
        "identities": {"ada@uni.example": "person:ada", "cy@uni.example": "person:cy"},
        "backend": {"onedrive": "onedrive", "dropbox": "dropbox"}[store.system.value],
        "sharing": [OWNER],
        "tags": tags(lab, "p/metadata"),
        "facts": pack(book.fragment("p/metadata", [Candidate("p/metadata", Term.SHORT, "box")])),
    }
    return Seen("urn:pulumi:p::slidebox::slidebox:share:Folder::metadata@box", SHARE, said | changes)


@pytest.fixture(scope="module")
def rules(opa: Path) -> Iterator[Rules]:
    """The real rules."""
    with Rules(opa=opa) as started:
        yield started


def refused(rules: Rules, lab: Lab, **changes: Any) -> set[str]:
    """The rules that refuse the folder in a preview."""
    found = facts_of([folder(lab, **changes)], TODAY)
    assert [*found.facts["locations"]] == [HERE]  # and no copy made by hand beside it
    return {finding.rule for finding in rules.ask(found.facts, "location") if finding.refuses}


def test_data_about_people_need_an_agreement_with_whoever_runs_the_service(rules: Rules) -> None:
    """In the plan and in the preview; open data do not."""
    needs = "placement/data_use_agreement"
    for sensitivity, agreed, expected in (
        ("identifiable", False, True),
        ("coded", False, True),
        ("coded", True, False),
        ("open", False, False),
    ):
        lab = lab_with(sensitivity, data_use_agreement=agreed)
        assert (needs in refused(rules, lab)) is expected
        judge = PolicyJudge(rules, lab, load_systems(lab.file.playbook), TODAY)
        planned = judge.candidates([Candidate("p/metadata", Term.SHORT, "box")])
        assert any(f.rule == needs and f.refuses for said in planned.values() for f in said) is expected


def test_what_is_not_open_is_refused_where_nothing_tells_who_reads_it(rules: Rules) -> None:
    """Dropbox tells nothing: the plan says so too."""
    within = "sharing/readers_within_audience"
    lab = lab_with("confidential")
    assert refused(rules, lab) == set()
    assert within in refused(rules, lab, sharing="unknown")
    assert refused(rules, lab_with("open"), sharing="unknown") == set()
    dropbox = lab_with("confidential", "dropbox")
    judge = PolicyJudge(rules, dropbox, load_systems(dropbox.file.playbook), TODAY)
    planned = judge.candidates([Candidate("p/metadata", Term.SHORT, "box")])
    assert any(f.rule == within and f.refuses for said in planned.values() for f in said)


def test_a_folder_that_others_have_is_refused(rules: Rules) -> None:
    """A stranger, a whole organisation, and a link that anyone can follow."""
    lab = lab_with("confidential")
    for address in ("else@x.example", "@uni.example", "*"):
        assert refused(rules, lab, sharing=[OWNER, {"address": address, "may": "view"}]) != set()
    assert refused(rules, lab, sharing=[OWNER, {"address": "CY@uni.example", "may": "view"}]) == set()
    assert refused(rules, lab, sharing=[OWNER, {"address": "cy@uni.example", "may": "edit"}]) != set()


def test_what_is_known_of_a_service_counts_only_behind_a_remote_of_its_type() -> None:
    """Whatever a program says."""
    lab = lab_with("open")
    has = facts_of([folder(lab)], TODAY).facts["locations"][HERE]["has"]
    assert (has["encrypted_transport"], has["versioning"], has["access_log"]) == (True, True, "unknown")
    other = facts_of([folder(lab, backend="webdav")], TODAY).facts["locations"][HERE]["has"]
    assert set(other.values()) == {"unknown"}


def test_a_dataset_that_is_declared_public_is_opened_to_nobody_there(rules: Rules) -> None:
    """A link that anyone can follow is never made."""
    lab = lab_with("open")
    judge = PolicyJudge(rules, lab, load_systems(lab.file.playbook), TODAY)
    book = FactBook(lab, load_systems(lab.file.playbook))
    assert judge.candidates([Candidate("p/metadata", Term.SHORT, "box")])
    place = book.document([Candidate("p/metadata", Term.SHORT, "box")], gate=Gate.PLAN, now=TODAY)["locations"][HERE]
    assert {reader["principal"] for reader in place["readers"]} == {"person:ada", "person:cy"}


def test_two_stores_do_not_share_a_folder() -> None:
    """Neither would know what is the other's."""
    lab = lab_with("open")
    twin = Store.model_validate({"system": "dropbox", "kind": "rclone", "remote": "box", "path": "/lab/"})
    file = lab.file.model_copy(update={"stores": {**lab.file.stores, "twin": twin}})
    (problem,) = check_lab(Lab(file=file, projects=lab.projects))
    assert problem.message == "the store 'box' has this folder of the remote already."


@pytest.mark.parametrize("remote", ["box:", ":webdav,pass=x", "a,b", "", " box"])
def test_a_remote_in_a_lab_file_is_a_name(remote: str) -> None:
    """Never a connection, which could hold a password."""
    with pytest.raises(ValueError, match="remote"):
        Store.model_validate({"system": "dropbox", "kind": "rclone", "remote": remote, "path": "lab"})


@NEEDED
def test_what_is_there_is_found_and_who_reads_it_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The running store of another type: a folder, one that is missing, and one that is somebody else's remote."""
    with remotes(tmp_path) as there:
        rclone = there.rclone()
        monkeypatch.setattr(live, "shared", lambda: rclone)
        monkeypatch.setattr(live, "SharedFolder", lambda: SharedFolder(lambda: rclone))
        lab = lab_with("open", remote="folder")
        asked = [Asked("p/metadata", Term.SHORT, frozenset({"box"}))]
        (missing,) = live.look(lab, None, "box", asked).resources  # type: ignore[arg-type]
        assert missing.properties["unread"] == "there is no folder folder:lab/p/metadata"
        inputs = {"store": "box", "system": "onedrive", "remote": "folder", "root": "lab", "path": "p/metadata"}
        SharedFolder(lambda: rclone).create(Context("urn:pulumi:p::s::t::n"), {**inputs, "lab": "way", "tags": {}})
        (found,) = live.look(lab, None, "box", asked).resources  # type: ignore[arg-type]
        assert (found.properties["location"], found.properties["backend"]) == (HERE, "alias")
        place = facts_of([found], TODAY, Gate.LIVE, declared=[folder(lab)]).facts["locations"]
        assert [reader["principal"] for reader in place[HERE]["readers"]] == ["unknown"]
        away = live.look(lab_with("open", remote="drop"), None, "box", asked)  # type: ignore[arg-type]
        assert "rclone has no remote 'drop'" in away.notes[0]
