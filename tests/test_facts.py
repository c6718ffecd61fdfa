"""The facts document: complete, honest about what is not known, and no more than was asked about."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from slidebox import labfile
from slidebox.facts import FactBook, fragment, lacks, needs, plan_facts, principal, readers, tags
from slidebox.model import Candidate, Lab, LabFile, Project, Term
from slidebox.systems import load_systems

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
        "licence": "none",
        "duo": [],
        "parents": [RAW],
        "keep": "copy",
        "source": "none",
        "patient_derived": False,
        "agreement": "none",
        "retention_days": "none",
        "step": {"recorded": True, "missing": ["commit", "date"]},
        "deidentification": {"recorded": False, "missing": ["method", "by", "date", "evidence"]},
        "audience": {"contributor": ["team:imaging"], "reader": ["person:carol"], "steward": []},
        "public_terms": [],
    }


def test_every_field_of_a_location_is_present() -> None:
    """A candidate is described as if it were made."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench")], now=TODAY)

    assert facts["locations"]["nf1/raw_images@short@bench"] == {
        "dataset": RAW,
        "term": "short",
        "store": "bench",
        "system": "internal_drive",
        "storage_class": "standard",
        "failure_domain": "bench",
        "readers": [
            {"principal": "person:carol", "actions": ["read"], "path": ["reader of nf1/raw_images"]},
            {"principal": "team:imaging", "actions": ["read", "write"], "path": ["contributor of nf1/raw_images"]},
        ],
        "tags": {
            "lab": "way-lab",
            "project": "nf1",
            "dataset": RAW,
            "level": "raw_images",
            "owner": "alice",
            "sensitivity": "coded",
        },
        "needs": ["versioning", "encryption", "public_access_block"],
        "lacks": ["versioning", "unknown:encryption", "object_lock", "lifecycle"],
    }


def test_a_store_over_a_drive_shares_its_failure_domain_and_capacity() -> None:
    """The gateway in front of a disk is that disk."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench-s3")], now=TODAY)

    assert facts["stores"]["bench-s3"]["failure_domain"] == "bench"
    assert facts["stores"]["bench-s3"]["capacity"] == 18_000_000_000_000
    assert facts["stores"]["cluster"]["capacity"] == "none"


def test_people_who_left_and_their_organisations_are_said() -> None:
    """The rules see who has left."""
    facts = plan_facts(LAB, SYSTEMS, [], now=TODAY)

    assert facts["people"]["bob"] == {"organisation": "lab", "left": "2025-01-01"}
    assert facts["people"]["alice"] == {"organisation": "lab", "left": "never"}
    assert facts["agreements"]["udm"] == {"party": "UdM", "kind": "collaboration", "ends": "2027-06-30"}


def test_a_dataset_that_is_not_declared_is_left_out_and_read_by_somebody_unknown() -> None:
    """The rules then miss it; nothing is made up."""
    facts = plan_facts(LAB, SYSTEMS, [on("bench", "ghost/raw_images")], now=TODAY)

    assert facts["datasets"] == {}
    (location,) = facts["locations"].values()
    assert (location["readers"][0]["principal"], location["tags"], location["needs"]) == ("unknown", {}, [])


def test_a_name_nobody_knows_is_an_unknown_principal() -> None:
    """Audiences of projects declared in Python may name somebody the lab file does not."""
    assert [principal(LAB, n) for n in ("alice", "imaging", "public", "dave")] == [
        "person:alice",
        "team:imaging",
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


def test_deleted_data_have_no_readers_and_lack_nothing() -> None:
    """Where nothing is kept nobody reads."""
    facts = plan_facts(LAB, SYSTEMS, [on("deletion")], now=TODAY)

    (location,) = facts["locations"].values()
    assert (location["readers"], location["lacks"]) == ([], [])


def test_needs_follow_level_and_sensitivity() -> None:
    """Raw images need versions, people's data encryption, private data a block."""
    lab = make_lab(
        {
            "raw_images": dataset(),
            "metadata": dataset(sensitivity="identifiable"),
            "pipelines": dataset(sensitivity="confidential"),
        }
    )

    assert {d: needs(lab, f"nf1/{d}") for d in ("raw_images", "metadata", "pipelines")} == {
        "raw_images": ("versioning",),
        "metadata": ("encryption", "public_access_block"),
        "pipelines": ("public_access_block",),
    }


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("bench", {"versioning", "unknown:encryption", "object_lock", "lifecycle"}),
        ("bench-s3", {"encryption", "public_access_block", "lifecycle"}),
        ("aws", set()),
        ("deletion", set()),
        (
            "remote",
            {
                "unknown:versioning",
                "unknown:encryption",
                "unknown:public_access_block",
                "unknown:object_lock",
                "unknown:lifecycle",
            },
        ),
    ],
)
def test_what_a_store_lacks_is_said_or_said_to_be_unknown(store: str, expected: set[str]) -> None:
    """Without asking an endpoint, only what is certain is said."""
    assert set(lacks(LAB, SYSTEMS, store)) == expected


def test_an_encrypted_disk_encrypts_the_gateway_over_it() -> None:
    """Saying it of the drive is enough."""
    disk = {"system": "internal_drive", "kind": "drive", "path": "/m", "encrypted": True}
    lab = make_lab(disk=disk, front={"system": "internal_drive", "kind": "s3", "over": "disk"})

    assert "encryption" not in lacks(lab, SYSTEMS, "front")
    assert "encryption" not in lacks(lab, SYSTEMS, "disk")


def test_a_fragment_carries_only_what_it_names() -> None:
    """People, teams, agreements and stores of one dataset, and copies made by hand."""
    carried = fragment(LAB, SYSTEMS, RAW, [on("bench"), on("cluster")])

    assert set(carried["datasets"]) == {RAW}
    assert set(carried["stores"]) == {"bench", "cluster"}
    assert set(carried["systems"]) == {"internal_drive", "local_cluster"}
    assert set(carried["people"]) == {"alice", "bob", "carol"}
    assert (set(carried["teams"]), set(carried["agreements"])) == ({"imaging"}, {"udm"})
    assert list(carried["locations"]) == ["nf1/raw_images@short@cluster"]
    assert carried["needs"] == ["versioning", "encryption", "public_access_block"]


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
    lab = labfile.load(Path(__file__).resolve().parent.parent)
    everything = [
        Candidate(project.dataset_id(level), Term.SHORT, next(iter(lab.file.stores)))
        for project in lab.projects.values()
        for level in project.datasets
    ]
    facts = plan_facts(lab, load_systems(lab.file.playbook), everything, now=TODAY)

    assert [d for d in facts["datasets"].values() if "unknown" in str(d)] == []
