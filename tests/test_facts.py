"""The facts document: complete, honest about what is not known, and no more than was asked about."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from slidebox import labfile
from slidebox.facts import CAPABILITIES, FactBook, fragment, has, plan_facts, principal, readers, tags
from slidebox.model import Candidate, Gate, Lab, LabFile, Project, Term
from slidebox.systems import load_systems

from .test_labfile_properties import labs

REPOSITORY = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 24)
SYSTEMS = load_systems()


def dataset(**changes: Any) -> dict[str, Any]:
    """A small declared dataset."""
    return {"size": "2 GB", "files": 10, "sensitivity": "open", **changes}


def make_lab(datasets: dict[str, Any] | None = None, **stores: Any) -> Lab:
    """A lab with one project ``nf1`` and stores of every kind."""
    file = LabFile.model_validate(
        {
            "lab": "way-lab",
            "title": "Way Lab",
            "people": {"alice": {"name": "A"}, "bob": {"name": "B", "left": "2025-01-01"}, "carol": {"name": "C"}},
            "teams": {"imaging": {"members": ["alice", "bob"]}},
            "services": {"uploader": {"owner": "alice", "until": "2027-03-31"}},
            "agreements": {
                "udm": {"party": "UdM", "kind": "collaboration", "purpose": "imaging", "ends": "2027-06-30"},
                "other": {"party": "X", "kind": "data_use", "purpose": "none", "ends": "2027-06-30"},
            },
            "stores": {
                "bench": {"system": "internal_drive", "kind": "drive", "path": "/media/bench", "capacity": "18 TB"},
                "bench-s3": {"system": "internal_drive", "kind": "s3", "over": "bench"},
                "remote": {"system": "cloud", "kind": "s3", "endpoint": "https://s3.example.org"},
                "aws": {"system": "cloud", "kind": "s3", "endpoint": "https://s3.us-east-1.amazonaws.com"},
                "zenodo": {"system": "zenodo"},
                "cluster": {"system": "local_cluster"},
                "deletion": {"system": "deletion"},
                **stores,
            },
        }
    )
    project = Project.model_validate(
        {
            "project": "nf1",
            "title": "NF1",
            "owner": "alice",
            "audience": {"contributor": ["imaging"], "reader": ["carol"]},
            "datasets": datasets
            or {
                "raw_images": dataset(sensitivity="coded", agreement="udm"),
                "segmentation_masks": dataset(parents=["raw_images"], step={"repository": "r"}),
                "metadata": dataset(),
            },
        }
    )
    return Lab(file=file, projects={"nf1": project})


LAB = make_lab()
RAW = "nf1/raw_images"
MASKS = "nf1/segmentation_masks"


def on(store: str, dataset_id: str = RAW, term: Term = Term.SHORT) -> Candidate:
    """A candidate."""
    return Candidate(dataset_id, term, store)


def test_a_document_has_the_datasets_concerned_and_their_ancestors() -> None:
    """Masks bring the raw images they come from, and not the metadata."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench", MASKS)], now=TODAY)

    assert set(facts["datasets"]) == {MASKS, RAW}
    assert list(facts["locations"]) == ["nf1/segmentation_masks@short@bench"]
    assert (facts["gate"], facts["now"]) == ("plan", "2026-11-24")


def test_a_document_has_the_datasets_that_are_replaced() -> None:
    """The rules compare a dataset with the one it is used instead of, which is a parent of neither."""
    lab = make_lab({"raw_images": dataset(), "metadata": dataset(replaces="old/metadata")})
    old = Project.model_validate(
        {**lab.projects["nf1"].model_dump(exclude_unset=True), "project": "old", "datasets": {"metadata": dataset()}}
    )
    both = Lab(file=lab.file, projects={**lab.projects, "old": old})
    facts = plan_facts(both, SYSTEMS, [on("bench", "nf1/metadata")], now=TODAY)

    assert facts["datasets"]["nf1/metadata"]["replaces"] == "old/metadata"
    assert set(facts["datasets"]) == {"nf1/metadata", "old/metadata"}
    assert set(facts["projects"]) == {"nf1", "old"}


def test_every_field_of_a_dataset_is_present() -> None:
    """What is not declared is spelled out."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench", MASKS)], now=TODAY)

    assert facts["datasets"][MASKS] == {
        "project": "nf1",
        "level": "segmentation_masks",
        "origin": "lab",
        "sensitivity": "open",
        "activity": "active",
        "term": "short",
        "bytes": 2_000_000_000,
        "files": 10,
        "largest_file_bytes": 200_000_000,
        "keep": "copy",
        "licence": "none",
        "duo": [],
        "parents": [RAW],
        "replaces": "none",
        "source": "none",
        "patient_derived": False,
        "agreement": "none",
        "regions": [],
        "created": "none",
        "embargo": "none",
        "expires": "none",
        "scratch_days": "none",
        "retention_days": "none",
        "hold": "none",
        "step": {"recorded": True, "missing": ["commit", "date"], "date": "none"},
        "deidentification": {
            "recorded": False,
            "missing": ["method", "by", "date", "evidence"],
            "method": "none",
            "identifiers": [],
            "date": "none",
        },
        "scan": {"recorded": False, "missing": ["tool", "date", "evidence"], "passed": False, "date": "none"},
        "audience": {"contributor": ["team:imaging"], "reader": ["person:carol"], "steward": []},
        "public_terms": [],
    }


def test_every_field_of_a_location_is_present() -> None:
    """A candidate is described as if it were made."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench")], now=TODAY)

    assert facts["locations"]["nf1/raw_images@short@bench"] == {
        "dataset": RAW,
        "term": "short",
        "starts": "2026-11-24",
        "store": "bench",
        "system": "internal_drive",
        "storage_class": "standard",
        "failure_domain": "bench",
        "readers": [
            {"principal": "person:carol", "actions": ["read"], "path": ["reader of nf1/raw_images"]},
            {"principal": "team:imaging", "actions": ["read", "write"], "path": ["contributor of nf1/raw_images"]},
        ],
        "keys": [],
        "wildcards": [],
        "tags": {
            "lab": "way-lab",
            "project": "nf1",
            "dataset": RAW,
            "level": "raw_images",
            "owner": "alice",
            "sensitivity": "coded",
        },
        "has": {
            "versioning": False,
            "object_lock": False,
            "encryption": "unknown",
            "own_key": "unknown",
            "encrypted_transport": True,
            "public_access_block": True,
            "account_public_access_block": True,
            "access_log": False,
            "lifecycle": False,
        },
        "lifecycle": {
            "offered": False,
            "abort_days": "none",
            "noncurrent_days": "none",
            "expire_days": "none",
            "transitions": [],
        },
    }


def test_what_is_declared_of_a_dataset_is_said() -> None:
    """Days as days, spans as numbers of days, records with what is empty in them."""
    declared = dataset(
        keep="scratch",
        expire_after="30 days",
        created="2026-01-02",
        embargo="2027-01-01",
        expires="2030-01-01",
        hold="audit of 2026",
        retention="2 years",
        regions=["eu-west-1"],
        agreement="udm",
        deidentification={
            "method": "safe_harbor",
            "by": "alice",
            "identifiers": ["names", "dates"],
            "date": "2026-01-03",
            "evidence": " \t",
        },
        scan={"passed": True, "tool": "ImageDePHI 1.0", "date": "2026-01-04"},
        step={"repository": "r", "commit": "0123abc", "date": "2026-01-02"},
    )
    facts = FactBook(make_lab({"segmentation_masks": declared}), SYSTEMS).dataset(MASKS)
    assert facts is not None

    expected = {
        "keep": "scratch",
        "scratch_days": 30,
        "created": "2026-01-02",
        "embargo": "2027-01-01",
        "expires": "2030-01-01",
        "hold": "audit of 2026",
        "retention_days": 730,
        "regions": ["eu-west-1"],
        "step": {"recorded": True, "missing": [], "date": "2026-01-02"},
        "deidentification": {
            "recorded": True,
            "missing": ["evidence"],
            "method": "safe_harbor",
            "identifiers": ["names", "dates"],
            "date": "2026-01-03",
        },
        "scan": {"recorded": True, "missing": ["evidence"], "passed": True, "date": "2026-01-04"},
    }
    assert {name: facts[name] for name in expected} == expected


def test_a_project_says_what_it_is_for_and_what_it_may_spend() -> None:
    """A budget without alerts is recorded and not complete."""
    project = LAB.projects["nf1"].model_copy(update={"grant": "R01", "grant_ends": dt.date(2027, 1, 1)})
    spending = Project.model_validate({**project.model_dump(), "budget": {"monthly": 12.5, "notify": ["alice"]}})
    facts = plan_facts(Lab(file=LAB.file, projects={"nf1": spending}), SYSTEMS, [on("bench")], now=TODAY)

    assert facts["projects"] == {
        "nf1": {
            "owner": "alice",
            "uses": ["research"],
            "levels": ["raw_images", "segmentation_masks", "metadata"],
            "grant": "R01",
            "grant_ends": "2027-01-01",
            "budget": {"recorded": True, "missing": ["alerts"], "monthly_usd": 12.5},
        }
    }
    assert FactBook(LAB, SYSTEMS).document([on("bench")], gate=Gate.PLAN, now=TODAY)["projects"]["nf1"]["budget"] == {
        "recorded": False,
        "missing": ["monthly", "alerts", "notify"],
        "monthly_usd": 0,
    }


def waived() -> Lab:
    """A lab with one waiver, which names a store and a person that the data are not with."""
    waiver = {
        "rule": "keeping/raw_copies",
        "location": "raw_images@cluster",
        "reason": "the disk is on order",
        "by": "dora",
        "until": "2027-01-31",
    }
    lab = make_lab()
    project = Project.model_validate({**lab.projects["nf1"].model_dump(), "waivers": [waiver]})
    file = lab.file.model_copy(update={"people": {**lab.file.people, "dora": lab.file.people["carol"]}})
    return Lab(file=file, projects={"nf1": project})


def test_waivers_of_the_projects_concerned_come_along() -> None:
    """Each under the project's name and its place in the file."""
    facts = plan_facts(waived(), SYSTEMS, [on("bench")], now=TODAY)

    assert facts["waivers"] == {
        "nf1#1": {
            "project": "nf1",
            "rule": "keeping/raw_copies",
            "location": "raw_images@cluster",
            "reason": "the disk is on order",
            "by": "dora",
            "until": "2027-01-31",
        }
    }
    assert plan_facts(waived(), SYSTEMS, [], now=TODAY)["waivers"] == {}


@pytest.mark.parametrize(
    ("activity", "starts"),
    [
        ("active", ["2026-11-24", "2027-11-24", "2029-11-23"]),
        ("resting", ["2026-11-24", "2026-11-24", "2028-11-23"]),
        ("finished", ["2026-11-24", "2026-11-24", "2026-11-24"]),
    ],
)
def test_a_term_to_come_begins_after_those_before_it(activity: str, starts: list[str]) -> None:
    """The current term, and what is past, begin today."""
    lab = make_lab({"raw_images": dataset(activity=activity)})
    book = FactBook(lab, SYSTEMS)

    assert [book.location(on("bench", term=term), TODAY)["starts"] for term in Term] == starts


def test_terms_without_measure_begin_on_the_last_day_there_is() -> None:
    """A lab may write any length."""
    lab = make_lab()
    systems = load_systems(lab.file.playbook.model_validate({"terms": {"short": "90000 years"}}))

    assert FactBook(lab, systems).location(on("bench", term=Term.LONG), TODAY)["starts"] == "9999-12-31"


def test_a_store_over_a_drive_shares_its_failure_domain_and_capacity() -> None:
    """The gateway in front of a disk is that disk."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench-s3")], now=TODAY)

    assert facts["stores"]["bench-s3"]["failure_domain"] == "bench"
    assert facts["stores"]["bench-s3"]["capacity"] == 18_000_000_000_000
    assert facts["stores"]["cluster"]["capacity"] == "none"


def test_people_who_left_and_their_organisations_are_said() -> None:
    """The rules see who has left."""
    facts = plan_facts(LAB, SYSTEMS, [], now=TODAY)

    assert facts["people"]["bob"] == {"organisation": "lab", "left": "2025-01-01", "until": "none"}
    assert facts["people"]["alice"] == {"organisation": "lab", "left": "never", "until": "none"}
    assert facts["services"]["uploader"] == {"owner": "alice", "until": "2027-03-31"}
    assert facts["agreements"]["udm"] == {
        "party": "UdM",
        "kind": "collaboration",
        "allows": ["research"],
        "ends": "2027-06-30",
        "retention_days": "none",
        "regions": [],
    }


def test_a_dataset_that_is_not_declared_is_left_out_and_read_by_somebody_unknown() -> None:
    """The rules then miss it; nothing is made up."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench", "ghost/raw_images")], now=TODAY)

    assert facts["datasets"] == {}
    (location,) = facts["locations"].values()
    assert (location["readers"][0]["principal"], location["tags"], location["starts"]) == ("unknown", {}, "2026-11-24")


def test_a_name_nobody_knows_is_an_unknown_principal() -> None:
    """Audiences of projects declared in Python may name somebody the lab file does not."""
    assert [principal(LAB, n) for n in ("alice", "imaging", "uploader", "public", "dave")] == [
        "person:alice",
        "team:imaging",
        "service:uploader",
        "anyone",
        "unknown",
    ]


def test_a_store_that_publishes_is_read_by_anyone() -> None:
    """A deposit is public whatever was declared."""
    found = readers(LAB, SYSTEMS, on("zenodo"))

    assert ("anyone", ("zenodo publishes what it holds",)) in [(r.principal, r.path) for r in found]


def test_declared_public_data_are_read_by_anyone_only_from_that_term_on() -> None:
    """A cloud bucket of data public in the long term is private before."""
    lab = make_lab({"raw_images": dataset(public_from="long")})

    assert "anyone" not in [r.principal for r in readers(lab, SYSTEMS, on("aws", term=Term.MID))]
    assert "anyone" in [r.principal for r in readers(lab, SYSTEMS, on("aws", term=Term.LONG))]
    assert "anyone" not in [r.principal for r in readers(lab, SYSTEMS, on("cluster", term=Term.LONG))]


def test_deleted_data_have_no_readers_and_nothing_is_missing_there() -> None:
    """Where nothing is kept nobody reads, and everything is gone at once."""
    facts = plan_facts(LAB, SYSTEMS, [on("deletion")], now=TODAY)

    (location,) = facts["locations"].values()
    assert (location["readers"], set(location["has"].values())) == ([], {True})
    assert location["lifecycle"]["expire_days"] == 0


def test_the_readers_of_a_document_are_those_of_a_candidate() -> None:
    """However the book shares what it has worked out."""
    lab = make_lab({"raw_images": dataset(public_from="long"), "metadata": dataset(origin="public")})
    book = FactBook(lab, SYSTEMS)
    for store in lab.file.stores:
        for dataset_id in (RAW, "nf1/metadata", "ghost/raw_images"):
            for term in Term:
                candidate = on(store, dataset_id, term)
                said = [reader.document() for reader in readers(lab, SYSTEMS, candidate)]
                assert book.location(candidate, TODAY)["readers"] == said


# What a place has


def what(store: str, lab: Lab = LAB) -> dict[str, set[str]]:
    """The capabilities of a store by what is said of them, without those that are there."""
    found = has(lab, SYSTEMS, store)
    assert tuple(found) == CAPABILITIES
    return {word: {c for c in CAPABILITIES if str(found[c]) == word} for word in ("False", "unknown")}


@pytest.mark.parametrize(
    ("store", "absent", "unknown"),
    [
        ("bench", {"versioning", "object_lock", "access_log", "lifecycle"}, {"encryption", "own_key"}),
        (
            "bench-s3",
            {
                "encryption",
                "own_key",
                "public_access_block",
                "account_public_access_block",
                "access_log",
                "lifecycle",
            },
            set(),
        ),
        ("aws", set(), {"own_key", "account_public_access_block", "access_log"}),
        ("deletion", set(), set()),
        ("remote", set(), set(CAPABILITIES) - {"encrypted_transport"}),
        (
            "zenodo",
            set(),
            set(CAPABILITIES) - {"versioning", "encrypted_transport"},
        ),
        ("cluster", {"versioning"}, set(CAPABILITIES) - {"versioning", "public_access_block"}),
    ],
)
def test_what_a_store_has_is_said_or_said_to_be_unknown(store: str, absent: set[str], unknown: set[str]) -> None:
    """Without asking an endpoint, only what is certain is said."""
    assert what(store) == {"False": absent, "unknown": unknown}


def test_an_encrypted_disk_encrypts_the_gateway_over_it_with_the_labs_own_key() -> None:
    """Saying it of the drive is enough."""
    disk = {"system": "internal_drive", "kind": "drive", "path": "/m", "encrypted": True}
    lab = make_lab(
        disk=disk,
        front={"system": "internal_drive", "kind": "s3", "over": "disk"},
        shelf={"system": "external_drive", "encrypted": True},
        box={"system": "dropbox", "encrypted": True},
        other={"system": "cloud", "kind": "s3", "endpoint": "http://s3.example.org", "encrypted": True},
    )
    asked = ("disk", "front", "shelf", "box", "other")
    own = ("encryption", "own_key", "encrypted_transport")

    assert {name: [has(lab, SYSTEMS, name)[c] for c in own] for name in asked} == {
        "disk": [True, True, True],
        "front": [True, True, True],
        "shelf": [True, True, True],
        "box": [True, "unknown", True],
        "other": [True, "unknown", False],
    }


def test_only_amazons_own_address_is_amazon() -> None:
    """A name that only looks like it has nothing for certain, and no roles."""
    addresses = {"a": "https://s3.us-east-1.amazonaws.com", "b": "https://amazonaws.com.example.org"}
    lab = make_lab(**{n: {"system": "cloud", "kind": "s3", "endpoint": url} for n, url in addresses.items()})
    stores = plan_facts(lab, SYSTEMS, [], now=TODAY)["stores"]

    assert [(stores[n]["roles"], stores[n]["has"]["versioning"]) for n in "ab"] == [(True, True), (False, "unknown")]


def test_a_store_is_where_it_is_declared_or_where_the_lab_is() -> None:
    """The region that a gateway's signatures name is no place, and nothing says where a service keeps its data."""
    lab = make_lab(koala={"system": "local_cluster", "region": "us-west-2"})
    at_home = Lab(file=lab.file.model_copy(update={"region": "us-central"}), projects=lab.projects)
    regions = {name: store["region"] for name, store in plan_facts(at_home, SYSTEMS, [], now=TODAY)["stores"].items()}

    assert regions == {
        "bench": "us-central",
        "bench-s3": "us-central",
        "cluster": "us-central",
        "koala": "us-west-2",
        "remote": "us-east-1",
        "aws": "us-east-1",
        "zenodo": "none",
        "deletion": "none",
    }
    assert plan_facts(LAB, SYSTEMS, [], now=TODAY)["stores"]["bench"]["region"] == "none"


@pytest.mark.parametrize(
    ("level", "changes", "noncurrent", "expire"),
    [
        ("raw_images", {}, 90, "none"),
        ("raw_images", {"hold": "audit"}, "none", "none"),
        ("raw_images", {"retention": "7 years"}, "none", "none"),
        ("raw_images", {"agreement": "kept"}, "none", "none"),
        ("metadata", {"retention": "7 years"}, 90, "none"),
        ("segmentation_masks", {"keep": "scratch", "expire_after": "30 days"}, 90, 30),
    ],
)
def test_versions_expire_but_of_raw_images_that_have_to_be_kept(
    level: str, changes: dict[str, Any], noncurrent: int | str, expire: int | str
) -> None:
    """And what is only scratch expires itself."""
    lab = make_lab({level: dataset(**changes)})
    kept = lab.file.agreements["udm"].model_copy(update={"retention": lab.file.playbook.terms.short or "3 years"})
    kept = type(kept).model_validate({**kept.model_dump(exclude={"retention"}), "retention": "3 years"})
    lab = Lab(file=lab.file.model_copy(update={"agreements": {"kept": kept}}), projects=lab.projects)
    book = FactBook(lab, SYSTEMS)

    assert book.lifecycle(on("aws", f"nf1/{level}")) == {
        "offered": True,
        "abort_days": 7,
        "noncurrent_days": noncurrent,
        "expire_days": expire,
        "transitions": [],
    }


@pytest.mark.parametrize(("origin", "noncurrent"), [("lab", "none"), ("public", 90)])
@pytest.mark.parametrize("who", ["funder", "institution"])
def test_a_funder_and_an_institution_ask_only_for_what_is_not_public(
    who: str, origin: str, noncurrent: int | str
) -> None:
    """What others have published they keep."""
    lab = make_lab({"raw_images": dataset(origin=origin)})
    project, file = lab.projects["nf1"], lab.file
    if who == "funder":
        project = project.model_copy(update={"grant": "R01"})
    else:
        file = LabFile.model_validate({**file.model_dump(exclude_defaults=True), "retention": "7 years"})
    book = FactBook(Lab(file=file, projects={"nf1": project}), SYSTEMS)

    assert book.lifecycle(on("remote"))["noncurrent_days"] == noncurrent


def test_whoever_uses_an_embedded_gateway_has_a_key_to_it() -> None:
    """A folder needs none, and at a service slidebox makes none."""
    book = FactBook(LAB, SYSTEMS)
    keys = {store: book.location(on(store), TODAY)["keys"] for store in ("bench", "bench-s3", "aws")}

    assert keys == {"bench": [], "bench-s3": ["person:carol", "team:imaging"], "aws": []}


def test_a_public_bucket_has_a_wildcard_in_its_policy() -> None:
    """It is opened by naming everybody; a folder is opened by its mode."""
    book = FactBook(make_lab({"raw_images": dataset(public_from="short")}), SYSTEMS)

    assert [w["value"] for w in book.location(on("aws"), TODAY)["wildcards"]] == ["*"]
    assert book.location(on("bench"), TODAY)["wildcards"] == []


def test_a_fragment_carries_only_what_it_names() -> None:
    """People, teams, agreements and stores of one dataset, and copies made by hand."""
    carried = fragment(LAB, SYSTEMS, RAW, [on("bench"), on("cluster")])

    assert set(carried["datasets"]) == {RAW}
    assert set(carried["stores"]) == {"bench", "cluster"}
    assert set(carried["systems"]) == {"internal_drive", "local_cluster"}
    assert set(carried["people"]) == {"alice", "bob", "carol"}
    assert (set(carried["teams"]), set(carried["agreements"])) == ({"imaging"}, {"udm"})
    assert (set(carried["projects"]), carried["services"], carried["waivers"]) == ({"nf1"}, {}, {})
    assert list(carried["locations"]) == ["nf1/raw_images@short@cluster"]


def test_a_fragment_does_not_change_from_day_to_day() -> None:
    """It is an input of a resource: with a date in it, every day would bring a change."""
    assert "starts" not in fragment(LAB, SYSTEMS, RAW, [on("cluster")])["locations"]["nf1/raw_images@short@cluster"]


def test_a_fragment_carries_whom_and_what_its_waivers_and_services_name() -> None:
    """A waiver can then be judged beside the resource; a service has somebody who answers for it."""
    carried = fragment(waived(), SYSTEMS, RAW, [on("bench")])
    assert (set(carried["waivers"]), set(carried["stores"])) == ({"nf1#1"}, {"bench", "cluster"})
    assert "dora" in carried["people"]

    lab = make_lab({"metadata": dataset(audience={"contributor": ["uploader"]})})
    alone = fragment(lab, SYSTEMS, "nf1/metadata", [on("bench", "nf1/metadata")])
    assert (set(alone["services"]), set(alone["people"])) == ({"uploader"}, {"alice"})


def test_a_fragment_without_placements_knows_every_store() -> None:
    """Nothing is left out when nothing is said."""
    assert set(fragment(LAB, SYSTEMS, RAW)["stores"]) == set(LAB.file.stores)


def test_tags_answer_the_labs_required_tags() -> None:
    """The default required tags are all there."""
    assert set(LAB.file.required_tags) <= set(tags(LAB, RAW))


def test_the_same_dataset_is_worked_out_once() -> None:
    """A book of facts gives the same object again."""
    book = FactBook(LAB, SYSTEMS)

    assert book.dataset(RAW) is book.dataset(RAW)
    assert book.dataset("nf1/bulk_embeddings") is None


def test_the_example_lab_has_no_unknown_fields() -> None:
    """What the repository's own lab declares is known."""
    lab = labfile.load(REPOSITORY)
    everything = [
        Candidate(project.dataset_id(level), Term.SHORT, next(iter(lab.file.stores)))
        for project in lab.projects.values()
        for level in project.datasets
    ]
    facts = plan_facts(lab, load_systems(lab.file.playbook), everything, now=TODAY)

    assert [d for d in facts["datasets"].values() if "unknown" in str(d)] == []


# The document and its schema


@cache
def validator() -> jsonschema.Draft202012Validator:
    """The published schema, checked itself."""
    schema = json.loads((REPOSITORY / "schemas/facts.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def documents(lab: Lab) -> Iterator[dict[str, Any]]:
    """The facts about everything a lab has in every store and term, and what travels on its resources."""
    book = FactBook(lab, SYSTEMS)
    places: dict[str, list[Candidate]] = {}
    for project in lab.projects.values():
        for level in project.datasets:
            id_ = project.dataset_id(level)
            places[id_] = [Candidate(id_, term, store) for term in Term for store in lab.file.stores]
    yield book.document([c for found in places.values() for c in found], gate=Gate.PUBLISH, now=TODAY)
    for dataset_id, candidates in places.items():
        carried = book.fragment(dataset_id, candidates[:1])
        locations = {key: {**about, "starts": "2026-11-24"} for key, about in carried["locations"].items()}
        yield {"gate": "preview", "now": "2026-11-24", **carried, "locations": locations}


def test_every_document_about_the_example_lab_fits_the_schema() -> None:
    """Every dataset in every store and term."""
    for document in documents(labfile.load(REPOSITORY)):
        validator().validate(document)


@settings(max_examples=20, deadline=None)
@given(labs())
def test_every_document_about_any_lab_fits_the_schema(lab: Lab) -> None:
    """Whatever a lab declares."""
    for document in documents(lab):
        validator().validate(document)


def test_the_schema_refuses_a_field_that_is_missing_or_too_much() -> None:
    """At every depth: whatever is taken away or added."""
    document = json.loads(json.dumps(plan_facts(waived(), SYSTEMS, [on("aws")], now=TODAY)))
    seen = 0
    for thing in _objects(document, validator().schema, validator().schema):
        name = next(iter(thing))
        value = thing.pop(name)
        assert not validator().is_valid(document), name
        thing[name] = value
        thing["more"] = "none"
        assert not validator().is_valid(document), name
        del thing["more"]
        seen += 1
    validator().validate(document)
    assert seen > 40


def _objects(value: Any, schema: Any, root: Any) -> Iterator[dict[str, Any]]:
    """The objects of a document that have fields, and are no maps."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from _objects(value, choice, root)
    if isinstance(value, list) and "items" in schema:
        for item in value:
            yield from _objects(item, schema["items"], root)
    if not isinstance(value, dict) or schema.get("type") != "object":
        return
    for name, item in list(value.items()):
        yield from _objects(item, schema.get("properties", {}).get(name) or schema["additionalProperties"], root)
    if "properties" in schema:
        yield value
