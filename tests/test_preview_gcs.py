"""Buckets of Google Cloud that slidebox makes: what the rules are told of them comes from what they really are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from slidebox.facts import FactBook, tags
from slidebox.model import Candidate, Lab, LabFile, Project, Term
from slidebox.policy import Rules
from slidebox.preview import Seen, facts_of, one
from slidebox.systems import load_systems

TODAY = dt.date(2026, 11, 24)
RAW = "nf1/raw_images"
HERE = f"{RAW}@short@cloud"
URN = "urn:pulumi:s::p::slidebox:gcs:Bucket::raw"
ADA, BOB, EVE = (f"user:{name}@example.org" for name in ("ada", "bob", "eve"))
STORE = {"name": "cloud", "project": "way-images", "region": "us-central1"}
VIEWER = "roles/storage.objectViewer"


def make_lab(sensitivity: str = "open") -> Lab:
    """A lab with one project in Google Cloud."""
    cloud = {"account": "way-images", "region": "us-central1", "data_use_agreement": True}
    file = LabFile.model_validate(
        {
            "lab": "way",
            "title": "Way",
            "people": {
                "ada": {"name": "A", "email": "ada@example.org"},
                "bob": {"name": "B", "identities": {"cloud": BOB}},
            },
            "stores": {
                "cloud": {"system": "cloud", "kind": "gcs", **cloud},
                "bench": {"system": "internal_drive", "kind": "drive", "path": "/bench"},
            },
        }
    )
    project = Project.model_validate(
        {
            "project": "nf1",
            "title": "NF1",
            "owner": "ada",
            "audience": {"reader": ["bob"], "steward": ["ada"]},
            "datasets": {"raw_images": {"size": "1 MB", "files": 2, "sensitivity": sensitivity}},
        }
    )
    return Lab(file=file, projects={"nf1": project})


def grant(member: str, role: str = VIEWER, until: str | None = None) -> dict[str, Any]:
    """One grant."""
    return {"member": member, "role": role, "until": until}


def bucket(lab: Lab | None = None, **changes: Any) -> Seen:
    """A bucket, with changes."""
    lab = lab or make_lab()
    candidate = Candidate(RAW, Term.SHORT, "cloud")
    said = {
        "location": HERE,
        "store": STORE,
        "bucket": "way-nf1-raw-images-cloud",
        "public": False,
        "versioning": True,
        "lifecycle": {"abortDays": 7},
        "grants": [grant(ADA, "roles/storage.objectUser"), grant(BOB)],
        "identities": {ADA: "person:ada", BOB: "person:bob"},
        "foreignMembers": [],
        "tags": tags(lab, RAW),
        "facts": FactBook(lab, load_systems()).fragment(RAW, [candidate]),
    }
    return Seen(URN, "slidebox:gcs:Bucket", said | changes)


def location(seen: Seen) -> dict[str, Any]:
    """The location of the bucket in a stack."""
    found = facts_of([seen], TODAY).facts["locations"]
    assert len(found) == 1
    about: dict[str, Any] = next(iter(found.values()))
    return about


def readers(seen: Seen) -> dict[str, list[str]]:
    """Who may do what."""
    return {reader["principal"]: reader["actions"] for reader in location(seen)["readers"]}


def test_a_bucket_is_what_it_says_in_the_store_that_it_is_in() -> None:
    """One location, with everything that the rules ask for."""
    about = location(bucket())

    assert (about["dataset"], about["term"], about["store"], about["system"]) == (RAW, "short", "cloud", "cloud")
    assert about["tags"] == tags(make_lab(), RAW)
    assert about["keys"] == about["wildcards"] == []
    assert about["has"] == {
        "versioning": True,
        "object_lock": False,
        "encryption": True,
        "own_key": False,
        "encrypted_transport": True,
        "public_access_block": True,
        "account_public_access_block": "unknown",
        "access_log": False,
        "lifecycle": True,
    }
    assert about["lifecycle"] == {
        "offered": True,
        "abort_days": 7,
        "noncurrent_days": "none",
        "expire_days": "none",
        "transitions": [],
    }


@pytest.mark.parametrize("store", [{**STORE, "name": "bench"}, {**STORE, "name": "nothing"}, "unknown"])
def test_a_bucket_of_google_is_in_no_other_store(store: Any) -> None:
    """What it claims counts only if it can be so."""
    assert location(bucket(store=store))["store"] == "unknown"


def test_readers_are_whom_the_lab_calls_so() -> None:
    """A member that nobody of the lab is, is an account; a role that is not known gives everything."""
    assert readers(bucket()) == {"person:ada": ["read", "write", "delete"], "person:bob": ["read"]}
    assert readers(bucket(grants=[grant(EVE, "roles/storage.objectCreator")])) == {f"account:{EVE}": ["write"]}
    assert readers(bucket(grants=[grant(BOB, "roles/viewer")])) == {"person:bob": ["read", "write", "delete"]}


def test_the_labs_files_say_who_somebody_is() -> None:
    """A program written by hand cannot call a stranger by a name of the lab; an address of the lab's is one."""
    claimed = bucket(grants=[grant(EVE), grant(ADA)], identities={EVE: "person:ada", ADA: "person:ada"})
    files = FactBook(make_lab(), load_systems()).declared()
    facts = facts_of([claimed], TODAY, files=files).facts
    assert {r["principal"] for r in facts["locations"][HERE]["readers"]} == {f"account:{EVE}", "person:ada"}


def test_access_that_has_ended_is_none() -> None:
    """It ends by itself, in the condition of the binding; an end that cannot be read is none."""
    ends = [grant(ADA, until="2026-11-24"), grant(BOB, until="2026-11-25"), grant(EVE, until="unknown")]

    assert set(readers(bucket(grants=ends))) == {"person:bob", f"account:{EVE}"}


def test_everybody_reads_what_is_public_and_nobody_what_is_prevented() -> None:
    """The prevention counts before the policy."""
    everybody = [grant("allUsers"), grant("allAuthenticatedUsers")]

    assert readers(bucket(public=True, grants=everybody)) == {"anyone": ["read"], "any_account": ["read"]}
    assert readers(bucket(grants=everybody, foreignMembers=[f"allUsers as {VIEWER}"])) == {}
    assert readers(bucket(public="unknown", grants=everybody)) == {"anyone": ["read"], "any_account": ["read"]}
    assert location(bucket(public=True))["has"]["public_access_block"] is False


def test_whom_others_have_let_in_are_readers_too() -> None:
    """As a refresh has found them."""
    found = readers(bucket(grants=[], foreignMembers=[f"{EVE} as roles/storage.objectAdmin (temporary)"]))

    assert found == {f"account:{EVE}": ["read", "write", "delete"]}


@pytest.mark.parametrize("changes", [{"grants": "unknown"}, {"foreignMembers": "unknown"}, {"grants": ["unknown"]}])
def test_what_is_not_known_is_somebody_unknown(changes: dict[str, Any]) -> None:
    """Fail closed."""
    assert readers(bucket(**changes))["unknown"] == ["read", "write", "delete"]


def test_what_protects_data_is_read_from_the_inputs() -> None:
    """And not known where they are not."""
    kept = location(bucket(versioning=False, retention={"days": 30}, kmsKey="projects/p/…", log={"bucket": "audit"}))
    assert [kept["has"][name] for name in ("versioning", "object_lock", "own_key", "access_log")] == [
        False,
        True,
        True,
        True,
    ]
    open_way = location(bucket(store={**STORE, "endpoint": "http://storage.example.org"}))
    assert open_way["has"]["encrypted_transport"] is False
    later = location(bucket(versioning="unknown", kmsKey="unknown", public="unknown"))["has"]
    assert {later[name] for name in ("versioning", "own_key", "public_access_block")} == {"unknown"}


def test_what_happens_to_objects_is_read_from_the_inputs() -> None:
    """Rules that somebody else wrote may delete anything."""
    moves = {"transitions": [{"days": 30, "storageClass": "NEARLINE"}], "noncurrentDays": 90, "expireDays": 14}
    found = location(bucket(lifecycle=moves))["lifecycle"]

    assert found["transitions"] == [{"days": 30, "storage_class": "infrequent"}]
    assert (found["abort_days"], found["noncurrent_days"], found["expire_days"]) == ("none", 90, 14)
    assert location(bucket(lifecycle={"others": 1}))["lifecycle"]["expire_days"] == "unknown"
    assert location(bucket(lifecycle="unknown"))["lifecycle"] == "unknown"


def test_the_rules_take_a_bucket_as_slidebox_makes_it_and_no_other(opa: Path) -> None:
    """Open data pass; a stranger, everybody, and no versions do not."""
    with Rules(opa=opa) as rules:

        def refused(seen: Seen) -> set[str]:
            return {f.rule for f in rules.ask(facts_of([seen], TODAY).facts, "location") if f.refuses}

        assert refused(bucket()) == set()
        assert refused(bucket(grants=[grant(EVE)])) != set()
        assert refused(bucket(public=True, grants=[grant("allUsers")])) != set()
        assert "protection/raw_versions_kept" in refused(bucket(versioning=False))
        assert refused(bucket(versioning=False, retention={"days": 30})) == set()


def test_a_bucket_by_itself_is_judged_before_it_is_made() -> None:
    """Accounts that it does not name are left to the whole stack."""
    found = one(bucket(grants=[grant(ADA), grant(EVE)]), TODAY).facts["locations"][HERE]["readers"]

    assert [reader["principal"] for reader in found] == ["person:ada"]


def audit(**changes: Any) -> Seen:
    """The bucket for logs, with changes."""
    writer = "group:cloud-storage-analytics@google.com"
    grants = [grant(ADA), grant(writer, "roles/storage.objectCreator")]
    said = {"location": "audit@cloud", "bucket": "way-lab-audit-cloud", "grants": grants}
    return bucket(**said | changes)


def test_the_bucket_for_logs_is_no_place_for_data() -> None:
    """Where only people of the lab read it, and only Google's own service writes."""
    assert facts_of([audit()], TODAY).facts["locations"] == {}
    assert one(audit(), TODAY).facts["locations"] == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"bucket": "way-nf1-raw-images-cloud"},
        {"location": "audit@bench"},
        {"public": True},
        {"public": "unknown"},
        {"grants": [grant(EVE)]},
        {"grants": [grant(ADA, "roles/storage.objectUser")]},
        {"grants": "unknown"},
        {"foreignMembers": [f"{EVE} as {VIEWER}"]},
        {"store": {**STORE, "name": "bench"}},
    ],
)
def test_any_other_that_says_it_is_the_one_is_a_place_of_which_nothing_is_known(changes: dict[str, Any]) -> None:
    """Saying so is no way round the rules."""
    about = location(audit(**changes))

    assert (about["dataset"], about["store"]) == ("unknown", "unknown")
