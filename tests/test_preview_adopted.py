"""What was there before slidebox, as the rules see it: from its record, and from a stack that has just imported it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from slidebox.errors import InputError
from slidebox.facts import FactBook
from slidebox.labfile import FoundPlace, FoundResource, Record
from slidebox.model import (
    Adopted,
    Audience,
    Candidate,
    Dataset,
    Gate,
    Lab,
    LabFile,
    Level,
    Person,
    Project,
    Sensitivity,
    Service,
    Store,
    StoreKind,
    System,
    Term,
)
from slidebox.preview import Seen, facts_of
from slidebox.preview.adopted import adopted_resources, completed
from slidebox.quantities import Size
from slidebox.systems import load_systems

TODAY = dt.date(2026, 11, 24)
UPLOAD = "serviceAccount:upload@way.iam.gserviceaccount.com"
USER = "arn:aws:iam::123456789012:user/upload"


def lab(store: str, **more: Any) -> Lab:
    """A lab with a dataset that stays as it is in a store."""
    file = LabFile(
        lab="way",
        title="Way",
        people={"mira": Person(name="Mira")},
        services={"upload": Service(owner="mira", identities={"cloud": UPLOAD, "amazon": USER})},
        stores={
            "cloud": Store(system=System.CLOUD, kind=StoreKind.GCS, account="way-images", region="europe-west4"),
            "amazon": Store(system=System.CLOUD, kind=StoreKind.AWS, account="123456789012", region="eu-west-1"),
        },
    )
    dataset = Dataset(
        size=Size.parse("1 GB"),
        files=9,
        sensitivity=Sensitivity.OPEN,
        adopted={store: Adopted(name="old-bucket")},
        **more,
    )
    project = Project(
        project="old",
        title="Old",
        owner="mira",
        audience=Audience(steward=("mira", "upload")),
        datasets={Level.RAW_IMAGES: dataset},
    )
    return Lab(file=file, projects={"old": project})


def record(store: str, *resources: FoundResource, keys: tuple[str, ...] = ()) -> Record:
    """A record of one place."""
    place = FoundPlace(level=Level.RAW_IMAGES, store=store, resources=resources, keys=keys)
    return Record(project="old", found=TODAY, places=(place,))


GOOGLE = FoundResource(
    type="slidebox:gcs:Bucket",
    name="raw_images@cloud",
    id="cloud/old-bucket",
    inputs={
        "store": {"name": "cloud", "project": "way-images", "region": "europe-west4"},
        "bucket": "old-bucket",
        "public": False,
        "versioning": False,
        "grants": [{"member": UPLOAD, "role": "roles/storage.objectAdmin"}],
        "tags": {},
    },
)
AMAZON = FoundResource(
    type="aws:s3/bucket:Bucket",
    name="raw_images@amazon",
    id="old-bucket",
    inputs={"bucket": "old-bucket", "region": "eu-west-1"},
)
BLOCK = FoundResource(
    type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    name="raw_images@amazon",
    id="old-bucket",
    inputs={
        "bucket": "old-bucket",
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    },
)


def facts(store: str, *resources: FoundResource, keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """The one location of the facts about a record."""
    declared = lab(store)
    book = FactBook(declared, load_systems())
    candidate = Candidate("old/raw_images", Term.SHORT, store)
    seen = adopted_resources(declared, book, record(store, *resources, keys=keys), [candidate])
    document = facts_of(seen, TODAY, Gate.PREVIEW, files=book.declared()).facts
    assert list(document["locations"]) == [f"old/raw_images@short@{store}"]
    location: dict[str, Any] = document["locations"][f"old/raw_images@short@{store}"]
    assert document["datasets"]["old/raw_images"]["level"] == "raw_images"
    return location


def test_a_recorded_bucket_of_google_is_judged_by_what_was_found() -> None:
    """Not by what slidebox would make of it."""
    location = facts("cloud", GOOGLE, keys=(UPLOAD,))
    assert (location["store"], location["has"]["versioning"]) == ("cloud", False)
    assert [reader["principal"] for reader in location["readers"]] == ["service:upload"]
    assert location["keys"] == ["service:upload"]


def test_a_recorded_bucket_of_amazon_is_known_by_its_name() -> None:
    """It has no tag that says which location it is, and its keys stand beside it."""
    location = facts("amazon", AMAZON, BLOCK, keys=(USER,))
    assert (location["store"], location["dataset"]) == ("amazon", "old/raw_images")
    assert location["has"]["public_access_block"] is True
    assert location["keys"] == ["service:upload"]


def test_the_key_of_somebody_unknown_is_said_too() -> None:
    """As the cloud names them."""
    assert facts("cloud", GOOGLE, keys=("serviceAccount:other@x.iam",))["keys"] == [
        "account:serviceAccount:other@x.iam"
    ]


@pytest.mark.parametrize(
    ("store", "resources", "said"),
    [
        ("cloud", (GOOGLE.model_copy(update={"id": "cloud/another"}),), "gcs:Bucket cloud/another"),
        ("cloud", (GOOGLE.model_copy(update={"inputs": {**GOOGLE.inputs, "bucket": "another"}}),), "as old-bucket"),
        ("cloud", (GOOGLE.model_copy(update={"type": "slidebox:drive:Folder"}),), "drive:Folder"),
        ("amazon", (BLOCK, AMAZON), "BucketPublicAccessBlock"),
        ("amazon", (AMAZON.model_copy(update={"id": "another"}),), "another"),
    ],
)
def test_a_record_of_another_place_is_refused(store: str, resources: tuple[FoundResource, ...], said: str) -> None:
    """The data go to the bucket of the project's file: that one has to be judged."""
    with pytest.raises(InputError, match=said):
        facts(store, *resources)


def test_a_record_without_the_place_is_refused() -> None:
    """By a check too: what is not recorded is not judged."""
    declared = lab("cloud")
    seen = adopted_resources(
        declared,
        FactBook(declared, load_systems()),
        record("amazon", AMAZON),
        [Candidate("old/raw_images", Term.SHORT, "cloud")],
    )
    with pytest.raises(InputError, match="does not say what was found there"):
        list(seen)


def imported(**properties: Any) -> Seen:
    """The bucket as a stack has it straight after its import: what its provider has read, and nothing declared."""
    urn = "urn:pulumi:old::slidebox::slidebox:index:GcsLocation$slidebox:gcs:Bucket::raw_images@cloud"
    return Seen(urn, "slidebox:gcs:Bucket", {**GOOGLE.inputs, **properties})


def test_what_has_just_been_imported_is_completed_from_the_labs_files() -> None:
    """What the stack says of the thing itself stays: it is newer than the record."""
    declared = lab("cloud")
    book = FactBook(declared, load_systems())
    records = {"old": record("cloud", GOOGLE, keys=(UPLOAD,))}
    (seen,) = completed(declared, book, records, [imported(versioning=True)])
    document = facts_of([seen], TODAY, Gate.PREVIEW, files=book.declared()).facts
    (location,) = document["locations"].values()
    assert (location["dataset"], location["has"]["versioning"]) == ("old/raw_images", True)
    assert location["keys"] == ["service:upload"]


@pytest.mark.parametrize(
    "seen",
    [
        imported(facts="{}"),
        imported(bucket="another"),
        Seen("urn:pulumi:other::slidebox::slidebox:gcs:Bucket::raw_images@cloud", "slidebox:gcs:Bucket", GOOGLE.inputs),
        Seen("urn:pulumi:old::slidebox::slidebox:gcs:Bucket::metadata@cloud", "slidebox:gcs:Bucket", GOOGLE.inputs),
        Seen("urn:pulumi:old::slidebox::slidebox:gcs:Bucket::something", "slidebox:gcs:Bucket", GOOGLE.inputs),
        Seen("urn:pulumi:old::slidebox::aws:s3/bucket:Bucket::raw_images@cloud", "aws:s3/bucket:Bucket", {}),
    ],
)
def test_nothing_else_is_completed(seen: Seen) -> None:
    """What carries facts, what another stack has, and what no record is about."""
    declared = lab("cloud")
    book = FactBook(declared, load_systems())
    assert list(completed(declared, book, {"old": record("cloud", GOOGLE)}, [seen])) == [seen]
