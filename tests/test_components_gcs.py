"""What a dataset in Google Cloud registers with the engine: a bucket as the data need it."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox import facts
from slidebox.clouds import CloudBucket, Grant, Transition, grants_of
from slidebox.components.clouds import cloud_lab, cloud_location
from slidebox.components.gcs import CLASSES, ROLES, location
from slidebox.errors import InputError
from slidebox.model import Lab, LabFile, Project, Role, Store, StoreKind, System
from slidebox.provider.gcs import Bucket
from slidebox.provider.gcs_budget import Budget
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_inventory import Inventory
from slidebox.provider.gcs_key import Key
from slidebox.provider.resource import Context
from slidebox.provider.values import UNKNOWN
from slidebox.systems import load_systems

KEY = "projects/way-images/locations/us-central1/keyRings/slidebox/cryptoKeys/people"
STORE = Store(system=System.CLOUD, kind=StoreKind.GCS, account="way-images", region="us-central1", key=KEY)
BUCKET = CloudBucket(
    location="nf1/raw_images@mid@cloud",
    store="cloud",
    region="us-central1",
    account="way-images",
    name="way-nf1-raw-images-cloud",
    audit="way-lab-audit-cloud",
    sensitivity="open",
    public=False,
    versioning=True,
    soft_delete_days=30,
    lock_days=None,
    hold=None,
    own_key=False,
    access_log=False,
    abort_days=7,
    noncurrent_days=90,
    expire_days=None,
    transitions=(Transition(30, "infrequent"),),
    grants=(
        Grant("user:ada@example.org", Role.STEWARD, None, "person:ada"),
        Grant("group:imaging@example.org", Role.CONTRIBUTOR, None, "team:imaging"),
        Grant("group:imaging@example.org", Role.READER, None, "team:imaging"),
        Grant("user:sanne@saguaro.example", Role.READER, dt.date(2027, 6, 30), "person:sanne"),
    ),
    tags={"lab": "way", "project": "nf1", "dataset": "nf1/raw_images", "level": "raw_images", "owner": "ada"},
)


class Recorder(pulumi.runtime.Mocks):
    """Stands in for the engine: writes down what is registered."""

    def __init__(self) -> None:
        self.registered: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Write a resource down."""
        self.registered[args.typ] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Answer a function; none is called here."""
        raise AssertionError(args.token)


def run(program: Callable[[], object]) -> Recorder:
    """What a program registers."""
    recorder = Recorder()
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(recorder, project="slidebox", stack="nf1", preview=False)
    run_test: Any = pulumi.runtime.test
    run_test(lambda: program() and None)()
    return recorder


def registered(bucket: CloudBucket, store: Store = STORE) -> dict[str, Any]:
    """The inputs of a dataset's bucket."""
    recorder = run(lambda: location("raw_images@cloud", bucket, store, {"datasets": {}}))
    return recorder.registered["slidebox:gcs:Bucket"]


def test_a_bucket_has_what_its_data_need() -> None:
    """Everything that the dataset asks for, in Google's words."""
    assert registered(BUCKET) == {
        "location": "nf1/raw_images@mid@cloud",
        "store": {"name": "cloud", "project": "way-images", "region": "us-central1"},
        "bucket": "way-nf1-raw-images-cloud",
        "public": False,
        "versioning": True,
        "softDeleteDays": 30,
        "lifecycle": {
            "abortDays": 7,
            "noncurrentDays": 90,
            "transitions": [{"days": 30, "storageClass": "NEARLINE"}],
        },
        "ownKey": False,
        "grants": [
            {
                "member": "group:imaging@example.org",
                "role": "roles/storage.objectCreator",
                "principal": "team:imaging",
            },
            {"member": "group:imaging@example.org", "role": "roles/storage.objectViewer", "principal": "team:imaging"},
            {"member": "user:ada@example.org", "role": "roles/storage.objectUser", "principal": "person:ada"},
            {
                "member": "user:sanne@saguaro.example",
                "role": "roles/storage.objectViewer",
                "until": "2027-06-30",
                "principal": "person:sanne",
            },
        ],
        "identities": {
            "user:ada@example.org": "person:ada",
            "group:imaging@example.org": "team:imaging",
            "user:sanne@saguaro.example": "person:sanne",
        },
        "tags": dict(BUCKET.tags),
        "facts": '{"datasets":{}}',
    }


def test_what_a_bucket_holds_is_written_down_every_week() -> None:
    """Into the bucket for logs, and only after the bucket has its members; the provider takes the order."""
    found = run(lambda: location("raw_images@cloud", BUCKET, STORE, {})).registered["slidebox:gcs:Inventory"]
    context = Context("urn:pulumi:nf1::slidebox::slidebox:gcs:Inventory::raw")
    _, failures = Inventory(GcsConnections()).check(context, found, {})

    assert failures == []
    assert found == {
        "store": {"name": "cloud", "project": "way-images", "region": "us-central1"},
        "bucket": "way-nf1-raw-images-cloud",
        "destination": "way-lab-audit-cloud",
        "prefix": "inventory/way-nf1-raw-images-cloud",
        "frequency": "weekly",
        "tags": dict(BUCKET.tags),
    }


def test_a_lock_is_a_retention_that_is_never_locked_and_takes_the_place_of_versions() -> None:
    """Google keeps either, and what cannot be replaced has no earlier versions."""
    found = registered(dataclasses.replace(BUCKET, lock_days=1095, hold="an inquiry"))

    assert (found["versioning"], found["retention"], found["hold"]) == (
        False,
        {"days": 1095, "locked": False},
        "an inquiry",
    )


def test_data_of_people_have_the_labs_key_and_a_log() -> None:
    """Both only where the data need them."""
    found = registered(dataclasses.replace(BUCKET, sensitivity="coded", own_key=True, access_log=True))

    assert (found["ownKey"], found["kmsKey"]) == (True, KEY)
    keyless = STORE.model_copy(update={"key": None})
    made = registered(dataclasses.replace(BUCKET, sensitivity="coded", own_key=True), keyless)
    assert made["kmsKey"] == "projects/way-images/locations/us-central1/keyRings/way/cryptoKeys/cloud"
    assert found["log"] == {"bucket": "way-lab-audit-cloud", "prefix": "way-nf1-raw-images-cloud"}
    assert "kmsKey" not in registered(BUCKET)


def test_everybody_is_let_in_only_where_the_data_are_public() -> None:
    """To read and list, and nothing else."""
    found = registered(dataclasses.replace(BUCKET, public=True))

    assert found["public"] is True
    assert found["grants"][-1] == {"member": "allUsers", "role": "roles/storage.objectViewer"}
    assert "allUsers" not in {grant["member"] for grant in registered(BUCKET)["grants"]}


def test_what_google_has_no_class_for_is_said() -> None:
    """Archive is no class that is read at once everywhere, and deep archive is none at all."""
    with pytest.raises(InputError, match="Google Cloud has no class"):
        registered(dataclasses.replace(BUCKET, transitions=(Transition(30, "deep_archive"),)))


@pytest.mark.parametrize("identity", ["allUsers", "allAuthenticatedUsers", "domain:example.org", "ada@example.org"])
def test_nobody_but_a_named_member_is_let_in(identity: str) -> None:
    """No domain as a whole, no world, and no address without its kind."""
    with pytest.raises(InputError, match="is no identity of Google Cloud"):
        registered(dataclasses.replace(BUCKET, grants=(Grant(identity, Role.READER, None, "person:ada"),)))


def test_two_people_cannot_be_one_member() -> None:
    """They could not be told apart."""
    grants = (*BUCKET.grants, Grant("user:ada@example.org", Role.READER, None, "person:bob"))
    with pytest.raises(InputError, match="person:ada and person:bob are both user:ada@"):
        registered(dataclasses.replace(BUCKET, grants=grants))


def test_the_extra_is_asked_for_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="pip install 'slidebox"):
        cloud_location("raw_images@cloud", BUCKET, STORE, {})


def test_no_role_can_do_more_than_it_is_for() -> None:
    """Neither change who may use a bucket, nor its settings; only a steward deletes."""
    granted = {role for roles in ROLES.values() for role in roles}

    assert not {role for role in granted if role.endswith(("Admin", ".admin")) or "legacy" in role}
    assert ROLES[Role.STEWARD] == ("roles/storage.objectUser",)
    assert "roles/storage.objectUser" not in ROLES[Role.CONTRIBUTOR] + ROLES[Role.READER]


def lab_with(**more: Any) -> Lab:
    """A lab with auditors and a store at Google."""
    about = {"system": "cloud", "kind": "gcs", "account": "way-images", "region": "us-central1"}
    people = {"ada": {"name": "A", "email": "ada@example.org"}, "bob": {"name": "B"}}
    said = {"lab": "way", "title": "Way", "people": people, "stores": {"cloud": about}, "auditors": ["ada"]}
    return Lab(file=LabFile.model_validate(said | more), projects={})


def test_the_labs_own_stack_has_a_bucket_for_logs_which_only_auditors_read() -> None:
    """And into which only Google's own service writes them; a key of the lab's own that is named is not made."""
    recorder = run(lambda: cloud_lab(lab_with(), "cloud", STORE, {"stores": {}}))
    assert set(recorder.registered) == {"slidebox:gcs:Bucket"}
    found = recorder.registered["slidebox:gcs:Bucket"]

    assert (found["bucket"], found["location"], found["public"]) == ("way-lab-audit-cloud", "audit@cloud", False)
    assert found["grants"] == [
        {"member": "user:ada@example.org", "role": "roles/storage.objectViewer", "principal": "person:ada"},
        {"member": "group:cloud-storage-analytics@google.com", "role": "roles/storage.objectCreator"},
        {"member": "agent:storageinsights", "role": "roles/storage.objectCreator"},
    ]
    assert found["tags"] == {"lab": "way"}


def test_the_labs_own_stack_has_a_key_where_the_store_names_none() -> None:
    """It rotates, and the provider takes it."""
    keyless = STORE.model_copy(update={"key": None})
    found = run(lambda: cloud_lab(lab_with(), "cloud", keyless, {"stores": {}})).registered["slidebox:gcs:Key"]
    _, failures = Key(GcsConnections()).check(Context("urn:pulumi:lab::slidebox::slidebox:gcs:Key::key"), found, {})

    assert failures == []
    assert found == {
        "store": {"name": "cloud", "project": "way-images", "region": "us-central1"},
        "key": "projects/way-images/locations/us-central1/keyRings/way/cryptoKeys/cloud",
        "rotationDays": 90,
        "tags": {"lab": "way"},
    }
    assert facts.has(lab_with(), load_systems(), "cloud")["own_key"] is True


def test_the_labs_own_stack_has_a_budget_for_each_project_that_declares_one() -> None:
    """For the people of it who have an address; nobody is told where there is no percent to tell them at."""
    budget = {"monthly": 120, "alerts": [100, 80], "notify": ["ada", "bob"]}
    about: dict[str, Any] = {"project": "nf1", "title": "NF1", "owner": "ada", "activity": "active", "audience": {}}
    about["datasets"] = {"raw_images": {"size": "1 MB", "files": 1, "sensitivity": "open"}}

    def lab(**more: Any) -> Lab:
        return Lab(file=lab_with().file, projects={"nf1": Project.model_validate(about | more)})

    found = run(lambda: cloud_lab(lab(budget=budget), "cloud", STORE, {"stores": {}})).registered["slidebox:gcs:Budget"]
    _, failures = Budget(GcsConnections()).check(Context("urn:pulumi:lab::slidebox::slidebox:gcs:Budget::x"), found, {})

    assert failures == []
    assert found == {
        "store": {"name": "cloud", "project": "way-images", "region": "us-central1"},
        "project": "nf1",
        "monthly": 120,
        "currency": "USD",
        "alerts": [80, 100],
        "notify": ["ada@example.org"],
    }
    mute = run(lambda: cloud_lab(lab(budget={"monthly": 120, "notify": ["ada"]}), "cloud", STORE, {}))
    assert mute.registered["slidebox:gcs:Budget"]["notify"] == []
    assert "slidebox:gcs:Budget" not in run(lambda: cloud_lab(lab(), "cloud", STORE, {})).registered


def test_an_auditor_whom_google_does_not_know_is_named() -> None:
    """Nobody is left out in silence."""
    with pytest.raises(InputError, match="person:bob audits the lab, but nothing says who that is at cloud"):
        run(lambda: cloud_lab(lab_with(auditors=["bob"]), "cloud", STORE, {}))


buckets = st.builds(
    lambda **changes: dataclasses.replace(BUCKET, **changes),
    public=st.booleans(),
    versioning=st.booleans(),
    soft_delete_days=st.sampled_from([0, 30]),
    lock_days=st.none() | st.integers(1, 4000),
    hold=st.none() | st.just("a reason"),
    own_key=st.booleans(),
    access_log=st.booleans(),
    abort_days=st.none() | st.integers(1, 30),
    noncurrent_days=st.none() | st.integers(1, 400),
    expire_days=st.none() | st.integers(1, 400),
    transitions=st.lists(st.builds(Transition, st.integers(1, 400), st.sampled_from(sorted(CLASSES))), max_size=1).map(
        tuple
    ),
)


@settings(max_examples=40, deadline=None)
@given(bucket=buckets)
def test_whatever_data_need_the_provider_takes(bucket: CloudBucket) -> None:
    """No declaration leads to a bucket that the provider, and so Google, would refuse; none is locked for good."""
    found = registered(bucket)
    # The bucket's name is not known yet: nobody is asked.
    _, failures = Bucket(GcsConnections()).check(
        Context("urn:pulumi:nf1::slidebox::slidebox:gcs:Bucket::raw"), {**found, "bucket": UNKNOWN}, {}
    )

    assert failures == []
    assert not (found.get("retention") or {}).get("locked")
    assert ("allUsers" in {grant["member"] for grant in found["grants"]}) == bucket.public


def test_the_lab_file_of_the_page_is_one(repository: Path) -> None:
    """And everybody in it has a member that can be let in."""
    page = (repository / "docs" / "google.md").read_text(encoding="utf-8")
    file = LabFile.model_validate(yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0]))
    audience = {f"team:{name}": {"roles": ["reader"], "until": "none"} for name in file.teams}
    audience |= {f"person:{name}": {"roles": ["steward"], "until": "none"} for name in file.people}
    audience |= {f"service:{name}": {"roles": ["contributor"], "until": "none"} for name in file.services}
    grants, nameless = grants_of(file, "cloud", audience)
    found = registered(dataclasses.replace(BUCKET, grants=grants, own_key=True), file.stores["cloud"])

    assert nameless == ()
    assert {grant["member"] for grant in found["grants"]} == {
        "user:ada@example.org",
        "user:cy@elsewhere.example",
        "group:imaging@example.org",
        "serviceAccount:uploader@way-lab-images.iam.gserviceaccount.com",
    }
