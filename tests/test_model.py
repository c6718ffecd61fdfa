"""The model resolves what a dataset inherits from its project."""

import datetime as dt

import pytest
from pydantic import ValidationError

from slidebox.model import (
    Activity,
    Audience,
    Dataset,
    Lab,
    LabFile,
    Level,
    Person,
    Project,
    Sensitivity,
    Store,
    System,
    Team,
    Term,
)
from slidebox.quantities import Size


def dataset(**changes: object) -> Dataset:
    """A small open dataset."""
    return Dataset.model_validate({"size": "1 GB", "files": 3, "sensitivity": "open", **changes})


def project(**changes: object) -> Project:
    """A project with raw images and masks."""
    return Project.model_validate(
        {
            "project": "nf1",
            "title": "NF1",
            "owner": "ann",
            "audience": {"reader": ["imaging"]},
            "datasets": {
                "raw_images": dataset(),
                "segmentation_masks": dataset(parents=["raw_images", "other/raw_images"]),
            },
            **changes,
        }
    )


def test_activity_selects_the_term() -> None:
    """Active is short, resting is mid, finished is long."""
    assert [a.term for a in Activity] == [Term.SHORT, Term.MID, Term.LONG]


def test_a_dataset_inherits_activity_and_audience() -> None:
    """What a dataset does not say, its project says."""
    raw = Level.RAW_IMAGES
    assert project(activity="resting").activity_of(raw) is Activity.RESTING
    assert project(datasets={"raw_images": dataset(activity="finished")}).activity_of(raw) is Activity.FINISHED
    assert project().audience_of(raw) == Audience(reader=("imaging",))


def test_parents_of_the_same_project_get_their_full_name() -> None:
    """A level alone is a dataset of the same project."""
    assert project().parents_of(Level.SEGMENTATION_MASKS) == ("nf1/raw_images", "other/raw_images")


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({}, []),
        ({"public_from": "mid"}, [Term.MID, Term.LONG]),
        ({"audience": {"reader": ["public"]}}, [Term.SHORT, Term.MID, Term.LONG]),
    ],
)
def test_data_are_public_from_the_declared_term_on(changes: dict[str, object], terms: list[Term]) -> None:
    """Never by default, from a term on, or at once."""
    it = project(**changes)
    assert [t for t in Term if it.public_in(Level.RAW_IMAGES, t)] == terms


def test_the_mean_file_size_stands_in_for_the_largest() -> None:
    """One gigabyte in three files: the mean, rounded up."""
    assert dataset().largest_file_bytes == 333_333_334
    assert dataset(largest_file="2 MB").largest_file_bytes == 2_000_000


@pytest.mark.parametrize(
    ("store", "word"),
    [
        ({"system": "internal_drive", "kind": "drive"}, "needs a path"),
        ({"system": "cloud", "kind": "s3"}, "needs either"),
        ({"system": "cloud", "kind": "s3", "over": "bench", "endpoint": "https://s3.example.org"}, "needs either"),
    ],
)
def test_a_store_has_what_its_kind_needs(store: dict[str, object], word: str) -> None:
    """A drive has a path; an S3 store has one address."""
    with pytest.raises(ValidationError, match=word):
        Store.model_validate(store)


def test_an_embedded_gateway_fails_with_its_drive() -> None:
    """Two stores on one disk are one failure domain."""
    stores = {
        "bench": Store(system=System.INTERNAL_DRIVE, kind="drive", path="/mnt/bench"),
        "bench-s3": Store(system=System.INTERNAL_DRIVE, kind="s3", over="bench"),
    }
    people = {"ann": Person(name="Ann"), "bob": Person(name="Bob")}
    file = LabFile(
        lab="way", title="Way", people=people, teams={"imaging": Team(members=("ann", "bob"))}, stores=stores
    )
    lab = Lab(file=file, projects={"nf1": project()})
    assert lab.failure_domain("bench-s3") == "bench"
    assert lab.members("imaging") == {"ann", "bob"}
    assert lab.members("public") == frozenset()
    assert lab.project_of("nf1/raw_images") == project()
    assert lab.project_of("gone/raw_images") is None


def test_declared_values_are_frozen_and_know_their_keys() -> None:
    """A value cannot be changed, and a misspelt key is refused."""
    with pytest.raises(ValidationError, match="frozen"):
        dataset().size = Size.parse("2 GB")  # type: ignore[misc]
    with pytest.raises(ValidationError, match="sizee"):
        dataset(sizee="2 GB")
    assert dataset().sensitivity is Sensitivity.OPEN


def test_who_has_left_is_in_no_team_and_no_audience() -> None:
    """From the day on that the lab file says, and not before."""
    people = {"ann": Person(name="Ann"), "bob": Person(name="Bob", left=dt.date(2026, 3, 1))}
    lab = Lab(
        file=LabFile(
            lab="small",
            title="Small",
            people=people,
            teams={"imaging": Team(members=("ann", "bob"))},
            stores={"bench": Store(system=System.INTERNAL_DRIVE)},
        ),
        projects={"nf1": project(audience={"reader": ["bob", "imaging"], "steward": ["ann"]})},
    )
    assert lab.present(dt.date(2026, 2, 28)) == lab
    present = lab.present(dt.date(2026, 3, 1))
    assert present.file.teams["imaging"].members == ("ann",)
    assert present.projects["nf1"].audience == Audience(reader=("imaging",), steward=("ann",))
