"""`slidebox audit access`: of a snapshot, with and without a lab; what it writes and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from slidebox.access.snapshot import Snapshot, unread, unread_parts
from slidebox.cli import slidebox

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE.parent / "schemas" / "access.schema.json").read_text())
OPEN = {
    "Statement": [
        {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bkt/*"}
    ]
}
CLOSED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def bucket(policy: Any = None, **more: Any) -> dict[str, Any]:
    """A bucket of which everything that decides about access was read."""
    own = {"account": "111122223333", "policy": policy, "public_access_block": None, "acl": None, "ownership": OWNED}
    return {**own, **more}


def snapshot(tmp_path: Path, name: str = "snapshot.json", **buckets: Any) -> Path:
    """A file with a snapshot of some buckets of an account whose identities were read."""
    account: dict[str, Any] = {
        "public_access_block": None,
        "authorization": {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []},
    }
    section = {"accounts": {"111122223333": account}, "buckets": buckets}
    path = tmp_path / name
    path.write_text(json.dumps(Snapshot("live", "2026-11-29T12:00:00Z", sections={"aws": section}).document()))
    return path


def audit(*words: Any, lab: Path | None = None) -> Result:
    """Run the verb."""
    before = ["--lab", str(lab)] if lab else []
    return CliRunner().invoke(
        slidebox, [*before, "audit", "access", *map(str, words)], catch_exceptions=False, standalone_mode=False
    )


def answer(*words: Any, lab: Path | None = None) -> dict[str, Any]:
    """What it writes as JSON, held against its schema."""
    found: dict[str, Any] = json.loads(audit(*words, "--json", lab=lab).output)
    Draft202012Validator(SCHEMA).validate(found)
    return found


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which there is no lab."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("part", ["policy", "public_access_block", "acl", "ownership"])
def test_a_part_that_could_not_be_read_is_somebody_unknown_and_exit_code_3(nowhere: Path, part: str) -> None:
    """A part that could not be read is somebody unknown and exit code 3."""
    file = snapshot(nowhere, bkt=bucket(None) | {part: unread("AccessDenied")})
    done = audit("--snapshot", file)
    if part == "public_access_block":
        return  # nothing is public that a block would have to stop
    assert done.return_value == 3, done.output
    assert "unknown:" in done.output


def test_a_whole_section_that_could_not_be_read_is_unknown(nowhere: Path) -> None:
    """A whole section that could not be read is unknown."""
    file = nowhere / "s.json"
    file.write_text(json.dumps(Snapshot("live", sections={"google": unread("no answer")}).document()))
    assert [one["kind"] for one in answer("--snapshot", file)["differences"]] == ["unknown"]


def test_what_is_audited_can_be_saved_again(nowhere: Path) -> None:
    """What is audited can be saved again."""
    file = snapshot(nowhere, bkt=bucket(OPEN))
    audit("--snapshot", file, "--save", "again.json")
    assert json.loads(Path("again.json").read_text()) == json.loads(file.read_text())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "it has no sections"),
        ({"version": 2, "sections": {}}, "it is of version 2, and 1 is read"),
        ({"version": 1, "sections": {"ibm": {}}}, "sections that are not known: ibm"),
        ({"version": 1, "sections": {"aws": []}}, "its sections are no objects"),
        ({"version": 1, "sections": {}, "source": "hearsay"}, "its source is 'hearsay'"),
    ],
)
def test_what_is_no_snapshot_is_refused_with_the_reason(nowhere: Path, document: Any, said: str) -> None:
    """What is no snapshot is refused with the reason."""
    file = nowhere / "x.json"
    file.write_text(json.dumps(document))
    with pytest.raises(Exception, match=said):
        audit("--snapshot", file)


def test_a_snapshot_that_is_cut_off_is_said(nowhere: Path) -> None:
    """A snapshot that is cut off is said."""
    file = nowhere / "x.json"
    file.write_text('{"version": 1, ')
    with pytest.raises(Exception, match="no whole JSON document"):
        audit("--snapshot", file)


@pytest.mark.usefixtures("nowhere")
def test_two_sources_are_refused() -> None:
    """Two sources are refused."""
    with pytest.raises(Exception, match="go alone"):
        audit("--snapshot", "a", "--terraform", "b")


def test_a_name_that_is_neither_a_project_nor_a_store_is_refused(nowhere: Path) -> None:
    """A name that is neither a project nor a store is refused."""
    file = snapshot(nowhere, bkt=bucket())
    with pytest.raises(Exception, match="no lab here"):
        audit("cells", "--snapshot", file)
    with pytest.raises(Exception, match="neither a project nor a store"):
        audit("sells", "--snapshot", file, lab=HERE / "labs" / "good" / "small")


def test_every_unread_part_of_a_snapshot_is_found_with_the_way_to_it() -> None:
    """Every unread part of a snapshot is found with the way to it."""
    section = {"buckets": {"b": {"policy": unread("denied"), "acl": None}}, "accounts": [unread("late")]}
    assert list(unread_parts(section)) == [(("buckets", "b", "policy"), "denied"), (("accounts", "0"), "late")]


def test_a_snapshot_is_audited_without_a_lab_and_a_public_bucket_is_a_finding(nowhere: Path) -> None:
    """A snapshot is audited without a lab and a public bucket is a finding."""
    file = snapshot(nowhere, bkt=bucket(OPEN))
    said = answer("--snapshot", file)
    readers = said["locations"]["bkt"]["readers"]
    assert ("anyone", ["read"]) in [(one["kind"], one["actions"]) for one in readers]
    assert said["differences"][0]["kind"] == "public"
    done = audit("--snapshot", file)
    assert done.return_value == 1
    assert "public: anyone can read bkt, by" in done.output


def test_a_closed_bucket_is_fine(nowhere: Path) -> None:
    """A closed bucket is fine."""
    file = snapshot(nowhere, bkt=bucket(None, public_access_block=CLOSED))
    assert audit("--snapshot", file).return_value == 0


def test_what_changed_since_a_snapshot_is_told(nowhere: Path) -> None:
    """What changed since a snapshot is told."""
    before, after = snapshot(nowhere, "a.json", bkt=bucket()), snapshot(nowhere, "b.json", bkt=bucket(OPEN))
    said = answer("--snapshot", after, "--since", before)
    assert [(one["what"], one["principal"], one["location"]) for one in said["changes"]] == [
        ("gained", "anyone", "bkt")
    ]
    assert "Nothing has changed" in audit("--snapshot", before, "--since", before).output


def test_what_one_principal_can_do_is_turned_around(nowhere: Path) -> None:
    """What one principal can do is turned around."""
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::one/*",
            }
        ]
    }
    file = snapshot(nowhere, one=bucket(policy), two=bucket(None))
    assert list(answer("--snapshot", file, "--who", "anyone")["locations"]) == []
    (name,) = {
        one["principal"]
        for one in answer("--snapshot", file)["locations"]["one"]["readers"]
        if "9999" in one["principal"]
    }
    assert list(answer("--snapshot", file, "--who", name)["locations"]) == ["one"]


def test_what_could_not_be_read_may_be_open_to_whom_one_asks_about(nowhere: Path) -> None:
    """It is not taken for closed: the exit code is that of what could not be read, and it is said."""
    file = snapshot(nowhere, bkt=bucket(None) | {"policy": unread("AccessDenied")})
    done = audit("--snapshot", file, "--who", "petra")
    assert done.return_value == 3, done.output
    assert "all as it is declared" not in done.output
    assert "1 way in is unknown: each may be open to petra too." in " ".join(done.output.split())
    said = answer("--snapshot", file, "--who", "petra")
    assert said["notes"][0].startswith("1 way in is unknown")
    assert audit("--snapshot", snapshot(nowhere, bkt=bucket(None)), "--who", "petra").return_value == 0


def test_whoever_runs_the_stores_is_no_difference_where_the_lab_says_so(nowhere: Path) -> None:
    """The root user of the lab's own account, and a service that lab.yaml names among the operators."""
    root = nowhere / "lab"
    (root / "projects").mkdir(parents=True)
    admin = "arn:aws:iam::111122223333:role/admin"
    (root / "lab.yaml").write_text(
        "lab: tiny\ntitle: Tiny\npeople: {ada: {name: Ada}}\noperators: [admin]\n"
        f'services: {{admin: {{owner: ada, identities: {{cloud: "{admin}"}}}}}}\n'
        'stores: {cloud: {system: cloud, kind: aws, account: "111122223333", region: us-east-1}}\n'
    )
    (root / "projects" / "nf1.yaml").write_text(
        "project: nf1\ntitle: NF1\nowner: ada\naudience: {steward: [ada]}\n"
        "datasets:\n  raw_images: {size: 1 GB, files: 3, sensitivity: open}\n"
    )
    everything = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    trusted = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": admin}}]}
    policy = {"PolicyName": "all", "PolicyDocument": everything}
    role = {"RoleName": "admin", "Arn": admin, "AssumeRolePolicyDocument": trusted, "RolePolicyList": [policy]}
    whole = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []}
    account = {"public_access_block": None, "authorization": whole}
    section = {"accounts": {"111122223333": account}, "buckets": {"bkt": bucket(None)}}
    file = nowhere / "s.json"
    file.write_text(json.dumps(Snapshot("live", sections={"aws": section}).document()))
    said = answer("--snapshot", file, lab=root)
    readers = {one["principal"] for one in said["locations"]["bkt"]["readers"]}
    assert {"service:admin", "account:111122223333"} <= readers
    assert [one for one in said["differences"] if one["kind"] == "extra"] == []


def test_one_of_two_places_of_one_name_keeps_its_name_when_only_it_is_shown(nowhere: Path) -> None:
    """A container has the same name in the document and in what is said of it, whatever is asked about."""
    storage = {
        name: {"properties": {"allowBlobPublicAccess": True, "allowSharedKeyAccess": False}} for name in ("one", "two")
    }
    levels = {"one": "Container", "two": "None"}
    accounts = {
        name: {"account": said, "containers": {"data": {"properties": {"publicAccess": levels[name]}, "policies": []}}}
        for name, said in storage.items()
    }
    file = nowhere / "s.json"
    file.write_text(json.dumps(Snapshot("live", sections={"azure": {"accounts": accounts}}).document()))
    whole = set(answer("--snapshot", file)["locations"])
    said = answer("--snapshot", file, "--who", "nobody-of-the-lab")
    assert whole == {"one/data", "two/data"}
    assert set(said["locations"]) == {"one/data"}
    assert {one["location"] for one in said["differences"]} <= set(said["locations"])
