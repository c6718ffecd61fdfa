"""The model resolves what a dataset inherits from its project."""

import dataclasses
import datetime as dt

import pytest
from pydantic import ValidationError

from slidebox.model import (
    Activity,
    Audience,
    Dataset,
    Finding,
    Identifier,
    Lab,
    LabFile,
    Level,
    Person,
    Project,
    Sensitivity,
    Service,
    Severity,
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


@pytest.mark.parametrize("who", ["person", "service"])
def test_access_ends_on_the_day_that_the_lab_file_says(who: str) -> None:
    """An outside person's and a service's, from the day on and not before."""
    day = dt.date(2026, 12, 1)
    people = {"ann": Person(name="Ann"), "person": Person(name="Eve", organisation="Acme", until=day)}
    lab = Lab(
        file=LabFile(
            lab="small",
            title="Small",
            people=people,
            services={"service": Service(owner="ann", until=day)},
            stores={"bench": Store(system=System.INTERNAL_DRIVE)},
        ),
        projects={"nf1": project(audience={"reader": [who], "steward": ["ann"]})},
    )
    assert lab.present(dt.date(2026, 11, 30)) == lab
    assert lab.present(day).projects["nf1"].audience == Audience(steward=("ann",))


@pytest.mark.parametrize(
    ("store", "site"),
    [
        ("bench", "lab"),
        ("bench-s3", "lab"),
        ("shelf", "office"),
        ("shelf-s3", "office"),
        ("cluster", "lab"),
        ("bucket", "cloud:eu-west-1"),
        ("zenodo", "zenodo"),
    ],
)
def test_a_site_is_the_lab_s_the_drive_s_or_the_service_s(store: str, site: str) -> None:
    """What is declared holds; a gateway is where its drive is; each region of a cloud is a site."""
    stores = {
        "bench": Store(system=System.INTERNAL_DRIVE, kind="drive", path="/mnt/bench"),
        "bench-s3": Store(system=System.INTERNAL_DRIVE, kind="s3", over="bench"),
        "shelf": Store(system=System.EXTERNAL_DRIVE, kind="drive", path="/mnt/shelf", site="office"),
        "shelf-s3": Store(system=System.EXTERNAL_DRIVE, kind="s3", over="shelf"),
        "cluster": Store(system=System.LOCAL_CLUSTER),
        "bucket": Store(system=System.CLOUD, region="eu-west-1"),
        "zenodo": Store(system=System.ZENODO),
    }
    file = LabFile(lab="way", title="Way", people={"ann": Person(name="Ann")}, stores=stores)
    assert site == Lab(file=file, projects={}).site(store)


def test_a_dataset_s_embargo_comes_before_its_project_s() -> None:
    """What a dataset does not say, its project says."""
    raw, masks = Level.RAW_IMAGES, Level.SEGMENTATION_MASKS
    sets = {"raw_images": dataset(embargo="2027-06-01"), "segmentation_masks": dataset()}
    it = project(embargo="2027-01-01", datasets=sets)
    assert it.embargo_of(raw) == dt.date(2027, 6, 1)
    assert it.embargo_of(masks) == dt.date(2027, 1, 1)
    assert project().embargo_of(raw) is None


def test_what_a_dataset_replaces_gets_its_full_name() -> None:
    """As its parents do."""
    it = project(datasets={"raw_images": dataset(replaces="old/raw_images"), "metadata": dataset(replaces="metadata")})
    assert it.replaces_of(Level.RAW_IMAGES) == "old/raw_images"
    assert it.replaces_of(Level.METADATA) == "nf1/metadata"
    assert project().replaces_of(Level.RAW_IMAGES) is None


def test_a_safe_harbor_has_eighteen_identifiers() -> None:
    """45 CFR 164.514(b)(2)(i), from (A) to (R)."""
    assert len(Identifier) == 18


def test_a_waived_error_refuses_nothing_and_says_why() -> None:
    """A warning does not refuse either."""
    error = Finding("cost/budget", Severity.ERROR, "nf1", "No budget", ("a", "b"), "Write one.")
    waived = dataclasses.replace(error, waived="until 2027-01-31 by ann: a pilot")
    assert error.refuses
    assert not waived.refuses
    assert waived.severity is Severity.ERROR
    assert not dataclasses.replace(error, severity=Severity.WARNING).refuses
    assert str(error) == "[cost/budget] nf1: No budget. By: a → b. Write one."
    assert str(waived) == f"{error} (waived until 2027-01-31 by ann: a pilot)"
