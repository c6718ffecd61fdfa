"""Folders on clusters as facts: who gets in, what they have, and how long data stay."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from slidebox.components.cluster import access_list
from slidebox.components.elsewhere import Elsewhere
from slidebox.errors import InputError
from slidebox.facts import fragment, pack
from slidebox.model import (
    Audience,
    Candidate,
    Dataset,
    Lab,
    LabFile,
    Level,
    Person,
    Project,
    Sensitivity,
    Store,
    StoreKind,
    System,
    Team,
    Term,
)
from slidebox.preview import CLUSTER_FOLDER, UNREAD, Seen, facts_of, one
from slidebox.quantities import Duration, Size
from slidebox.systems import load_systems

TODAY = dt.date(2026, 11, 24)
RAW = "first/raw_images"
HERE = f"{RAW}@short@campus"


def lab(**more: Any) -> Lab:
    """A lab with a cluster."""
    store = {"system": System.LOCAL_CLUSTER, "kind": StoreKind.CLUSTER, "host": "login.example.edu", "path": "/lab"}
    people = {
        "ada": Person(name="Ada", identities={"campus": "ada42"}),
        "bob": Person(name="Bob"),
        "cy": Person(name="Cy", identities={"campus": "cy7"}),
    }
    file = LabFile(
        lab="test-lab",
        title="T",
        people=people,
        teams={"imaging": Team(members=("ada", "bob"))},
        stores={"campus": Store(**{**store, **more})},
    )
    audience = Audience(contributor=("imaging",), reader=("cy",), steward=("ada",))
    raw = Dataset(size=Size.parse("1 MB"), files=2, sensitivity=Sensitivity.OPEN)
    project = Project(project="first", title="F", owner="ada", audience=audience, datasets={Level.RAW_IMAGES: raw})
    return Lab(file=file, projects={"first": project})


def folder(declared: Lab, **more: Any) -> Seen:
    """A folder as a preview shows it."""
    candidate = Candidate(RAW, Term.SHORT, "campus")
    facts = fragment(declared, load_systems(declared.file.playbook), RAW, [candidate])
    said = {
        "location": HERE,
        "store": {"name": "campus", "host": "login.example.edu", "root": "/lab"},
        "mode": "3770",
        "group": "imaging",
        "tags": {"lab": "test-lab"},
        "facts": pack(facts),
    }
    return Seen(f"urn:pulumi:first::slidebox::{CLUSTER_FOLDER}::raw_images@campus", CLUSTER_FOLDER, {**said, **more})


def location(seen: Seen) -> dict[str, Any]:
    """Its facts, in a stack and by itself."""
    found: dict[str, Any] = facts_of([seen], TODAY).facts["locations"]
    assert list(one(seen, TODAY).facts["locations"]) == list(found)
    (about,) = found.values()
    return dict(about)


def who(about: dict[str, Any]) -> dict[str, list[str]]:
    """Readers by name."""
    return {reader["principal"]: reader["actions"] for reader in about["readers"]}


def test_the_group_and_nobody_else_gets_in() -> None:
    """The team of its name are its members; another group is somebody unknown."""
    about = location(folder(lab()))
    assert (about["store"], about["system"], about["dataset"]) == ("campus", "local_cluster", RAW)
    assert who(about) == {"team:imaging": ["read", "write"]}
    assert (about["has"]["encrypted_transport"], about["has"]["public_access_block"]) == (True, True)
    assert about["has"]["encryption"] == "unknown"
    assert who(location(folder(lab(), group="others"))) == {"unknown": ["read", "write"]}
    assert "any_account" in who(location(folder(lab(), mode="2775")))


def test_named_accounts_are_whom_the_lab_says() -> None:
    """Others are accounts of somebody else; what cannot be read is somebody unknown."""
    names = {"user:ada42": "person:ada", "user:eve": "person:eve"}
    entries = ["user:ada42:rwx", "user:eve:r-x", "group:staff:--x", "user:none:---"]
    seen = folder(lab(), mode="1700", group=None, acl=entries, identities=names)
    assert who(location(seen)) == {
        "person:ada": ["read", "write"],
        "account:user:eve": ["read"],
        "account:group:staff": ["read"],
    }
    deletes = folder(lab(), mode="0700", group=None, acl=["user:ada42:rwx"], identities=names)
    assert who(location(deletes)) == {"person:ada": ["read", "write", "delete"]}
    for said in ("unknown", ["user:x"], ["other::r-x"]):
        assert "unknown" in who(location(folder(lab(), mode="0700", acl=said)))


@pytest.mark.parametrize(("days", "expires"), [(None, "none"), (60, 60)])
def test_scratch_space_is_known_to_delete(days: int | None, expires: int | str) -> None:
    """By what the resource itself says."""
    about = location(folder(lab(), purgeDays=days))
    assert (about["lifecycle"]["expire_days"], about["lifecycle"]["offered"]) == (expires, days is not None)
    assert location(folder(lab(), purgeDays="unknown"))["lifecycle"] == "unknown"


def test_what_was_not_read_is_not_known() -> None:
    """But for what it should be."""
    about = location(folder(lab(), **{UNREAD: "the server is down"}))
    assert (about["store"], about["lifecycle"], who(about)) == (
        "campus",
        "unknown",
        {"unknown": ["read", "write", "delete"]},
    )


def test_a_folder_that_claims_another_store_is_in_none() -> None:
    """Its own input says where it is."""
    other = {"name": "other", "host": "h", "root": "/lab"}
    assert location(folder(lab(), store=other))["store"] == "unknown"


def elsewhere(declared: Lab) -> Elsewhere:
    """The place of the raw images, as far as its list needs it."""
    candidate = Candidate(RAW, Term.SHORT, "campus")
    return Elsewhere(lab=declared, root=None, candidate=candidate, args=None, readers=(), copy=1)  # type: ignore[arg-type]


def test_the_list_of_a_folder_is_its_audience() -> None:
    """Each by the name that it has there; who has none gets in by a group only."""
    entries, names = access_list(elsewhere(lab()))
    assert entries == ["user:ada42:rwx", "user:cy7:r-x"]
    assert names == {"user:ada42": "person:ada", "user:cy7": "person:cy"}
    declared = lab()
    team = Team(members=("ada", "bob"), identities={"campus": "lab-img"})
    file = declared.file.model_copy(update={"teams": {"imaging": team}})
    entries, names = access_list(elsewhere(Lab(file=file, projects=declared.projects)))
    assert entries == ["group:lab-img:rwx", "user:ada42:rwx", "user:cy7:r-x"]
    assert names["group:lab-img"] == "team:imaging"
    bad = {**declared.file.people, "cy": Person(name="Cy", identities={"campus": "a b"})}
    with pytest.raises(InputError, match="'a b' is no account's name on a cluster"):
        access_list(elsewhere(Lab(file=declared.file.model_copy(update={"people": bad}), projects=declared.projects)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"path": "lab"}, "has to be absolute"),
        ({"host": None}, "needs 'host'"),
        ({"path": None}, "needs 'path'"),
        ({"host": "a b"}, "should match pattern"),
        (
            {"kind": StoreKind.DRIVE, "path": "/lab", "purge_after": Duration.parse("60 days")},
            "cannot say 'purge_after'",
        ),
    ],
)
def test_what_a_cluster_needs_is_asked_for(change: dict[str, Any], why: str) -> None:
    """At once, when the lab is read."""
    with pytest.raises(ValueError, match=why):
        lab(**change)
