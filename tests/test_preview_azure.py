"""Containers of Azure that slidebox makes: what the rules are told of them comes from what they really are."""

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
HERE = f"{RAW}@short@azure"
URN = "urn:pulumi:s::p::slidebox:azure:Container::raw"
ADA, BOB, EVE = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2, 3))
STORE = {
    "name": "azure",
    "account": "wayimages",
    "subscription": "s",
    "resource_group": "g",
    "region": "r",
    "lab": "way",
}
SETTINGS = {
    "minimumTlsVersion": "TLS1_2",
    "supportsHttpsTrafficOnly": True,
    "allowSharedKeyAccess": False,
    "allowBlobPublicAccess": False,
    "isVersioningEnabled": True,
    "accessLog": False,
}


def make_lab(sensitivity: str = "open") -> Lab:
    """A lab with one project in Azure."""
    cloud = {"account": "wayimages", "subscription": "s", "resource_group": "g", "region": "westeurope"}
    file = LabFile.model_validate(
        {
            "lab": "way",
            "title": "Way",
            "people": {
                "ada": {"name": "A", "identities": {"azure": ADA}},
                "bob": {"name": "B", "identities": {"azure": BOB}},
            },
            "stores": {
                "azure": {"system": "cloud", "kind": "azure", "data_use_agreement": True, **cloud},
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


def grant(identity: str, role: str = "reader", until: str | None = None) -> dict[str, Any]:
    """One grant."""
    return {"identity": identity, "role": role, "until": until, "principal": "person:ada"}


def container(lab: Lab | None = None, **changes: Any) -> Seen:
    """A container, with changes."""
    lab = lab or make_lab()
    candidate = Candidate(RAW, Term.SHORT, "azure")
    said = {
        "location": HERE,
        "store": STORE,
        "container": "way-nf1-raw-images-azure",
        "public": False,
        "lifecycle": {},
        "grants": [grant(ADA, "steward"), grant(BOB)],
        "identities": {ADA: "person:ada", BOB: "person:bob"},
        "tags": tags(lab, RAW),
        "facts": FactBook(lab, load_systems()).fragment(RAW, [candidate]),
    }
    return Seen(URN, "slidebox:azure:Container", said | changes)


def account(**changes: Any) -> Seen:
    """The account around it, with changes to its settings."""
    urn = "urn:pulumi:s::p::slidebox:azure:Account::account@azure"
    return Seen(urn, "slidebox:azure:Account", {"store": STORE, "settings": SETTINGS | changes})


def location(*resources: Seen) -> dict[str, Any]:
    """The location of the container in a stack."""
    found = facts_of(resources, TODAY).facts["locations"]
    assert len(found) == 1
    about: dict[str, Any] = next(iter(found.values()))
    return about


def readers(*resources: Seen) -> dict[str, list[str]]:
    """Who may do what."""
    return {reader["principal"]: reader["actions"] for reader in location(*resources)["readers"]}


def test_a_container_is_what_it_says_in_the_store_that_it_is_in() -> None:
    """One location, with everything that the rules ask for."""
    about = location(container(), account())
    assert (about["dataset"], about["term"], about["store"], about["system"]) == (RAW, "short", "azure", "cloud")
    assert about["tags"] == tags(make_lab(), RAW)
    assert about["keys"] == about["wildcards"] == []
    assert about["has"] == {
        "versioning": True,
        "object_lock": False,
        "encryption": True,
        "own_key": False,
        "encrypted_transport": True,
        "public_access_block": True,
        "account_public_access_block": True,
        "access_log": False,
        "lifecycle": True,
    }


@pytest.mark.parametrize("store", [{**STORE, "name": "bench"}, {**STORE, "name": "nothing"}, "unknown"])
def test_a_container_of_azure_is_in_no_other_store(store: Any) -> None:
    """What it claims counts only if it can be so."""
    assert location(container(store=store), account())["store"] == "unknown"


def test_readers_are_whom_the_lab_calls_so() -> None:
    """An identity that nobody of the lab has is an account, whatever the grant says of it."""
    assert readers(container(), account()) == {"person:ada": ["read", "write", "delete"], "person:bob": ["read"]}
    assert readers(container(grants=[grant(EVE, "contributor")]), account()) == {f"account:{EVE}": ["read", "write"]}


def test_the_labs_files_say_who_somebody_is() -> None:
    """A program written by hand cannot call a stranger by a name of the lab."""
    claimed = container(grants=[grant(EVE)], identities={EVE: "person:ada"})
    files = FactBook(make_lab(), load_systems()).declared()
    facts = facts_of([claimed, account()], TODAY, files=files).facts
    assert [reader["principal"] for reader in facts["locations"][HERE]["readers"]] == [f"account:{EVE}"]


def test_access_that_has_ended_is_none() -> None:
    """It ends by itself, in the condition of the assignment; an end that cannot be read is none."""
    ended = [grant(BOB, until="2026-11-24"), grant(ADA, until="2026-11-25"), grant(EVE, until="soon")]
    assert set(readers(container(grants=ended), account())) == {"person:ada", f"account:{EVE}"}


def test_everybody_reads_a_public_container() -> None:
    """And then the account blocks nothing, for all that are in it."""
    about = location(container(public=True), account())
    assert "anyone" in {reader["principal"] for reader in about["readers"]}
    assert (about["has"]["public_access_block"], about["has"]["account_public_access_block"]) == (False, False)


def test_a_container_beside_a_public_one_has_no_block() -> None:
    """Azure can forbid it for an account only."""
    other = Seen(f"{URN}2", "slidebox:azure:Container", {**container().properties, "public": True, "location": "x"})
    found = facts_of([container(), other, account()], TODAY).facts["locations"]
    assert found[HERE]["has"]["public_access_block"] is False
    assert "anyone" not in {reader["principal"] for reader in found[HERE]["readers"]}


def test_what_others_have_given_counts() -> None:
    """A refresh has found it, of people of the lab too; Azure's own reader role reads, any other may do anything."""
    foreign = [f"user {EVE}: role 2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", f"group {BOB}: role x"]
    found = readers(container(grants=[], foreign={"assignments": foreign}), account())
    assert found == {f"account:{EVE}": ["read"], "person:bob": ["read", "write", "delete"]}


@pytest.mark.parametrize("said", [f"user:{BOB}", BOB.upper(), f"group:{BOB}"])
def test_an_identity_is_one_however_it_is_written(said: str) -> None:
    """With what it is before it, as it is read from Azure, or without; but whom two are named for is nobody known."""
    assert readers(container(grants=[grant(said)]), account()) == {"person:bob": ["read"]}
    two = {BOB: "person:bob", f"user:{BOB}": "person:ada"}
    found = readers(container(grants=[grant(said)], identities=two), account())
    assert found == {f"account:{said}": ["read"]}


@pytest.mark.parametrize(
    ("setting", "value", "capability"),
    [
        ("isVersioningEnabled", False, "versioning"),
        ("supportsHttpsTrafficOnly", False, "encrypted_transport"),
        ("minimumTlsVersion", "TLS1_0", "encrypted_transport"),
        ("allowBlobPublicAccess", True, "account_public_access_block"),
    ],
)
def test_what_the_account_has_counts_for_its_containers(setting: str, value: Any, capability: str) -> None:
    """As a refresh has found it."""
    assert location(container(), account(**{setting: value}))["has"][capability] is False


def log(**changes: Any) -> Seen:
    """The log of its account, with changes."""
    return Seen("urn:log", "slidebox:azure:AccessLog", {"store": STORE, "on": True} | changes)


@pytest.mark.parametrize(
    ("resources", "logged"),
    [
        ((account(),), False),
        ((account(accessLog=None),), "unknown"),
        ((account(accessLog=True),), True),  # by somebody else's setting
        ((account(), log()), True),
        ((account(accessLog=True), log(on=False)), False),  # a refresh has found it turned off
        ((account(), log(on="unknown")), "unknown"),
        ((account(), log(store={**STORE, "account": "other"})), False),
        ((log(),), True),
        ((), "unknown"),
    ],
)
def test_it_is_logged_who_reads_what_where_the_account_says_so(resources: tuple[Seen, ...], logged: Any) -> None:
    """By slidebox's own setting, or by one that was there before."""
    assert location(container(), *resources)["has"]["access_log"] == logged


def test_shared_keys_are_keys_of_somebody() -> None:
    """Whoever has one reads everything, and it has no end."""
    assert location(container(), account(allowSharedKeyAccess=True))["keys"] == ["unknown"]


def test_without_its_account_nothing_is_known_of_what_it_gets_from_there() -> None:
    """Another account in the stack is not its own."""
    elsewhere = Seen("urn:x", "slidebox:azure:Account", {"store": {**STORE, "account": "other"}, "settings": SETTINGS})
    about = location(container(), elsewhere)
    assert {about["has"][name] for name in ("versioning", "encrypted_transport", "public_access_block")} == {"unknown"}
    assert about["keys"] == ["unknown"]


def test_what_is_not_known_yet_is_unknown() -> None:
    """Nobody is believed to be nobody."""
    about = location(container(public="unknown", grants="unknown", keyUri="unknown", lifecycle="unknown"), account())
    assert {reader["principal"] for reader in about["readers"]} == {"unknown"}
    assert (about["has"]["own_key"], about["has"]["public_access_block"]) == ("unknown", False)
    assert about["lifecycle"] == "unknown"


def test_what_happens_to_blobs_by_themselves() -> None:
    """In the neutral words of the rules; a rule of others may delete anything."""
    moves = [{"days": 30, "tier": "Cool"}, {"days": 90, "tier": "Archive"}]
    wishes = {"transitions": moves, "noncurrentDays": 90, "expireDays": 60}
    said = location(container(lifecycle=wishes), account())["lifecycle"]
    assert said == {
        "offered": True,
        "abort_days": 7,
        "noncurrent_days": 90,
        "expire_days": 60,
        "transitions": [{"days": 30, "storage_class": "infrequent"}, {"days": 90, "storage_class": "unknown"}],
    }
    theirs = location(container(lifecycle=wishes, foreign={"rules": ["all"]}), account())["lifecycle"]
    assert theirs["expire_days"] == "unknown"


def test_one_container_by_itself_is_not_blamed_for_its_account() -> None:
    """The account has not been seen yet; the whole stack is judged later. Strangers are left to it too."""
    alone = one(container(grants=[grant(EVE)]), TODAY).facts["locations"][HERE]
    assert alone["has"]["versioning"] is True
    assert (alone["keys"], alone["readers"]) == ([], [])


def audit(lab: Lab, **changes: Any) -> Seen:
    """The container for reports, with changes."""
    said = {
        "store": STORE,
        "container": "way-lab-audit-azure",
        "public": False,
        "grants": [grant(ADA)],
        "identities": {ADA: "person:ada"},
        "facts": FactBook(lab, load_systems()).lab_fragment(),
    }
    return Seen("urn:pulumi:s::p::slidebox:azure:Audit::audit", "slidebox:azure:Audit", said | changes)


def test_the_container_for_reports_is_no_place_for_data() -> None:
    """Its lab's auditors read it, and nobody else."""
    reports = audit(make_lab())
    assert facts_of([reports, account()], TODAY).facts["locations"] == {}
    assert one(reports, TODAY).facts["locations"] == {}


@pytest.mark.parametrize(
    "change",
    [
        {"container": "way-nf1-raw-images-azure"},
        {"public": True},
        {"grants": [grant(EVE)]},
        {"grants": [grant(ADA, "steward")]},
        {"foreign": {"assignments": [f"user {EVE}: role x"]}},
        {"store": {**STORE, "name": "bench"}},
    ],
)
def test_what_only_calls_itself_that_is_a_place_that_nothing_is_known_of(change: dict[str, Any]) -> None:
    """A type alone is no way round the rules."""
    about = location(audit(make_lab(), **change), account())
    assert (about["dataset"], [reader["principal"] for reader in about["readers"]]) == ("unknown", ["unknown"])


def test_the_real_rules_refuse_a_stranger_and_a_public_container_of_coded_data(opa: Path) -> None:
    """And nothing of what slidebox itself makes of open data."""
    with Rules(opa=opa) as rules:
        fine = facts_of([container(), account()], TODAY).facts
        assert [f for f in rules.ask(fine, "location") if f.refuses] == []
        coded = make_lab("coded")
        bad = container(coded, public=True, grants=[grant(EVE)])
        said = {f.rule for f in rules.ask(facts_of([bad, account()], TODAY).facts, "location") if f.refuses}
    assert {"sharing/readers_within_audience", "protection/encrypted_at_rest"} <= said


def test_the_real_rules_miss_the_log_of_closed_data(opa: Path) -> None:
    """And nothing of it once Azure writes one."""
    closed = container(make_lab("coded"))
    with Rules(opa=opa) as rules:
        said = [
            {finding.rule for finding in rules.ask(facts_of(resources, TODAY).facts, "location")}
            for resources in ([closed, account()], [closed, account(), log()])
        ]
    assert ["protection/access_logged" in found for found in said] == [True, False]
