"""What is really there becomes facts: folders, buckets and users, and what cannot be read is not known."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from slidebox import gateway
from slidebox.live import Live, facts_of, planned
from slidebox.model import Candidate, Lab, Person, Project, Store, StoreKind, System, Term
from slidebox.naming import bucket_name
from slidebox.systems import load_systems

from .conftest import GatewayFactory, RunningGateway

TODAY = dt.date(2026, 11, 24)
RAW = "retina/raw_images"
IN_BUCKET, IN_FOLDER = f"{RAW}@short@bench-s3", f"{RAW}@short@bench"
SCHEMA = json.loads((Path(__file__).resolve().parent.parent / "schemas" / "facts.schema.json").read_text())


class Place:
    """A lab with a gateway and one project, and what was looked at last."""

    def __init__(self, running: RunningGateway, sensitivity: str = "coded") -> None:
        self.running = running
        people = {"ada": Person(name="Ada"), "cy": Person(name="Cy")}
        file = running.lab.file.model_copy(update={"people": people})
        size = {"size": "1 GB", "files": 3, "sensitivity": sensitivity}
        project = Project.model_validate(
            {
                "project": "retina",
                "title": "Retina",
                "owner": "ada",
                "audience": {"steward": ["ada"], "reader": ["cy"]},
                "datasets": {
                    "raw_images": size,
                    "segmentation_masks": {
                        **size,
                        "parents": ["raw_images"],
                        "step": {"repository": "https://x.org/p", "commit": "abcdef1", "date": "2026-01-02"},
                    },
                },
            }
        )
        self.lab = Lab(file=file, projects={"retina": project})
        self.bucket = bucket_name("test-lab", "retina", "raw_images", "bench-s3")

    def look(self, *planned: str) -> Live:
        """What is there; planned are these stores for the raw images."""
        candidates = [Candidate(RAW, Term.SHORT, store) for store in planned]
        systems = load_systems(self.lab.file.playbook)
        live = facts_of(self.lab, systems, self.running.home, ["retina"], TODAY, candidates=candidates)
        jsonschema.Draft202012Validator(SCHEMA).validate(live.facts)
        return live

    def readers(self, location: str = IN_BUCKET) -> dict[str, list[str]]:
        """Who has access to a location, with what they can do."""
        found: dict[str, set[str]] = {}
        for reader in self.look().facts["locations"][location]["readers"]:
            found.setdefault(reader["principal"], set()).update(reader["actions"])
        return {who: sorted(actions) for who, actions in found.items()}

    def user(self, name: str, urn: str = "", *, keys: bool = True) -> None:
        """A user who may read the bucket, with slidebox's mark if a URN is given."""
        iam = self.running.client("iam")
        tags = {"slidebox:project": "p", "slidebox:stack": "s", "slidebox:urn": urn} if urn else {}
        iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="any", PolicyDocument=document)
        if keys:
            iam.create_access_key(UserName=name)


@pytest.fixture
def place(gateway_factory: GatewayFactory, tmp_path: Path) -> Iterator[Place]:
    """A lab of its own with a running gateway."""
    running = gateway_factory(tmp_path / "lab")
    yield Place(running)
    gateway.stop(running.home)


def only_reader(live: Live, location: str) -> dict[str, Any]:
    """The only reader of a location."""
    (reader,) = live.facts["locations"][location]["readers"]
    assert isinstance(reader, dict)
    return reader


def test_what_is_planned_and_not_there_is_not_known(place: Place) -> None:
    """Where the data are then, nobody here can say; what is neither planned nor there is no place."""
    live = place.look("bench-s3", "bench")

    assert sorted(live.facts["locations"]) == [IN_FOLDER, IN_BUCKET]
    assert live.facts["gate"] == "live"
    assert only_reader(live, IN_BUCKET)["principal"] == "unknown"
    assert only_reader(live, IN_BUCKET)["path"] == [f"there is no bucket {place.bucket}"]
    assert only_reader(live, IN_FOLDER)["path"] == [f"there is no folder {place.running.drive / RAW}"]
    assert live.facts["locations"][IN_FOLDER]["store"] == "bench"
    assert live.notes == ()
    assert place.look().facts["locations"] == {}


def test_a_place_in_a_cloud_that_does_not_answer_is_not_known_and_that_is_said(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would look like a store that is fine."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    nobody = "http://127.0.0.1:9"
    amazon = Store(system=System.CLOUD, kind=StoreKind.AWS, account="123456789012", region="us-west-2", endpoint=nobody)
    file = place.lab.file
    place.lab = place.lab.model_copy(
        update={"file": file.model_copy(update={"stores": {**file.stores, "amazon": amazon}})}
    )
    live = place.look("amazon")

    assert only_reader(live, f"{RAW}@short@amazon")["principal"] == "unknown"
    assert live.notes[0].startswith("Store 'amazon' was not read: ")


def test_a_folder_is_read_as_it_is(place: Place) -> None:
    """By its mode now; one that an earlier plan left behind is found too."""
    folder = place.running.drive / RAW
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    live = place.look()
    location = live.facts["locations"][IN_FOLDER]

    assert location["readers"] == []
    assert location["has"]["encrypted_transport"] is True
    assert live.urn_of(IN_FOLDER) == f"folder {folder}"
    folder.chmod(0o755)
    assert place.readers(IN_FOLDER) == {"any_account": ["read"], "unknown": ["read"]}  # its group is no team


def test_a_folder_with_an_access_control_list_is_not_known(place: Place) -> None:
    """The mode does not say who is on the list."""
    folder = place.running.drive / RAW
    folder.mkdir(parents=True)
    folder.chmod(0o750)
    entries = [(1, 7, 0xFFFFFFFF), (2, 5, 12345), (4, 0, 0xFFFFFFFF), (16, 5, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    value = (2).to_bytes(4, "little") + b"".join(
        tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little") for tag, bits, who in entries
    )
    try:
        os.setxattr(folder, "system.posix_acl_access", value)
    except OSError:
        pytest.skip("this file system has no access control lists")

    assert list(place.readers(IN_FOLDER)) == ["unknown"]


def test_a_bucket_is_read_as_it_is(place: Place) -> None:
    """Its policy now, its versions now, and its tags without slidebox's own."""
    client = place.running.client("s3")
    client.create_bucket(Bucket=place.bucket)
    tags = [{"Key": "lab", "Value": "test-lab"}, {"Key": "slidebox:stack", "Value": "s"}]
    client.put_bucket_tagging(Bucket=place.bucket, Tagging={"TagSet": tags})
    location = place.look().facts["locations"][IN_BUCKET]

    assert location["readers"] == []
    assert location["has"]["versioning"] is False
    assert location["tags"] == {"lab": "test-lab"}
    client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{place.bucket}/*",
    }
    client.put_bucket_policy(
        Bucket=place.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    location = place.look().facts["locations"][IN_BUCKET]

    assert place.readers() == {"anyone": ["read"]}
    assert location["has"]["versioning"] is True
    assert [entry["value"] for entry in location["wildcards"]] == ["*"]


def test_a_bucket_that_an_access_control_list_opens_is_open(place: Place) -> None:
    """Somebody may have done that by hand."""
    client = place.running.client("s3")
    client.create_bucket(Bucket=place.bucket, ObjectOwnership="BucketOwnerPreferred")
    client.put_bucket_acl(Bucket=place.bucket, ACL="public-read")

    assert "anyone" in place.readers()


def test_users_are_whom_their_mark_says_and_strangers_are_accounts(place: Place) -> None:
    """A key counts only if there is one."""
    place.running.client("s3").create_bucket(Bucket=place.bucket)
    place.user("slidebox-retina-cy", "urn:pulumi:s::p::slidebox:index:StoreUsers=slidebox:s3:User::cy@bench-s3")
    place.user("stranger", keys=False)

    assert place.readers() == {"account:user stranger": ["read"], "person:cy": ["read"]}
    location = place.look().facts["locations"][IN_BUCKET]
    assert location["keys"] == ["person:cy"]
    assert {entry["value"] for entry in location["wildcards"]} == {"s3:Get*"}


def test_a_disk_that_is_not_mounted_is_said(place: Place) -> None:
    """Nothing is known of what is planned there, or of the buckets over it."""
    shutil.move(place.running.drive / ".slidebox-drive.json", place.running.drive / "away")
    live = place.look("bench", "bench-s3")

    assert sorted(live.facts["locations"]) == [IN_FOLDER, IN_BUCKET]
    assert "not mounted" in only_reader(live, IN_FOLDER)["path"][0]
    assert {note.split("'")[1] for note in live.notes} == {"bench", "bench-s3"}
    assert all("slidebox mark bench" in note for note in live.notes)


def test_a_gateway_that_does_not_run_is_said(place: Place) -> None:
    """With how to start it; the folders are read all the same."""
    (place.running.drive / RAW).mkdir(parents=True)
    gateway.stop(place.running.home)
    live = place.look("bench-s3")

    assert only_reader(live, IN_BUCKET)["principal"] == "unknown"
    assert IN_FOLDER in live.facts["locations"]
    (note,) = live.notes
    assert "bench-s3" in note
    assert "slidebox gateway start" in note


def test_what_is_planned_is_asked_of_the_rules(place: Place, opa: Path) -> None:
    """Where nobody has planned yet, the plan of the current terms is made."""
    assert opa.exists()
    lab = Place(place.running, "open").lab
    systems = load_systems(lab.file.playbook)
    places = planned(lab, systems, place.running.home, ["retina"], TODAY)
    live = facts_of(lab, systems, place.running.home, ["retina"], TODAY)

    assert {candidate.term for candidate in places} == {Term.SHORT}
    assert set(live.facts["locations"]) == {candidate.id for candidate in places}
