"""Whose a charge is: tags, names, stores, and guesses that are said to be guesses."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spend_lab import ACCOUNT, project, write

from slidebox import labfile
from slidebox.model import Candidate, Cost, Placement, Plan, Term, TermPlan
from slidebox.naming import bucket_name
from slidebox.spend.owners import Owner, Places, names_in, owner_of, places_of, read_tags, shown, store_of

S3 = "Amazon Simple Storage Service"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A lab with two projects, of which one has a bucket from before slidebox."""
    adopted = project("cells", grant="R02")
    adopted["datasets"]["raw_images"]["adopted"] = {"google": {"name": "old-screens"}}  # type: ignore[index]
    folder = write(tmp_path_factory.mktemp("lab") / "lab", project("atlas", grant="R01"), adopted)
    return places_of(labfile.load(folder))


@pytest.mark.parametrize(
    "text",
    [
        '{"project": "atlas", "level": "raw_images"}',
        '{"user:project": "atlas", "user:level": "raw_images"}',
        '{"resourceTags/user:Project": "atlas", "resourceTags/user:Level": "raw_images"}',
        '{"user_project": "atlas", "user_level": "raw_images"}',
        '[{"Key": "project", "Value": "atlas"}, {"Key": "level", "Value": "raw_images"}]',
        '[{"key": "level", "value": "raw_images", "x_type": "label"}, {"key": "project", "value": "atlas"}]',
        '"project": "atlas","level": "raw_images"',
    ],
)
def test_tags_are_read_in_every_form_that_exports_have(text: str) -> None:
    """Maps, lists of pairs, JSON without braces; whatever the provider sets before a name."""
    assert read_tags(text) == {"project": "atlas", "level": "raw_images"}


@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(
        json.dumps
    )
)
def test_no_text_of_tags_is_an_error(text: str) -> None:
    """What is no tags has none."""
    assert isinstance(read_tags(text), dict)


def test_tags_without_an_end_are_none() -> None:
    """Whoever writes a bill's tags may write anything."""
    assert read_tags("[" * 100_000) == {}


def test_tags_go_before_names(places: Places) -> None:
    """Somebody may have put data of one project into another's bucket and said so."""
    bucket = bucket_name("lab", "cells", "raw_images", "amazon")
    tags = '{"lab": "lab", "project": "atlas", "level": "raw_images"}'
    assert owner_of(bucket, tags, ACCOUNT, S3, places) == Owner(
        "atlas", "atlas/raw_images", "raw_images", "R01", "amazon", "tag"
    )


@pytest.mark.parametrize(
    ("resource", "store"),
    [
        ("lab-cells-raw-images-amazon", "amazon"),
        ("arn:aws:s3:::lab-cells-raw-images-amazon", "amazon"),
        ("arn:aws:s3:::lab-cells-raw-images-amazon/plates/a.tif", "amazon"),
        ("LAB-CELLS-RAW-IMAGES-AMAZON", "amazon"),
        ("//storage.googleapis.com/projects/_/buckets/old-screens", "google"),
        ("https://storage.googleapis.com/old-screens?X-Goog-Signature=abc", "google"),
    ],
)
def test_names_of_buckets_tell_whose_they_are(places: Places, resource: str, store: str) -> None:
    """Those that slidebox gives, and those of adopted buckets, in any form of address."""
    assert owner_of(resource, "", "", S3, places) == Owner(
        "cells", "cells/raw_images", "raw_images", "R02", store, "name"
    )


@pytest.mark.parametrize(
    ("resource", "tags", "likely", "why"),
    [
        ("backup-of-cells", "", "cells", "by name"),
        ("excellent-bucket", "", "", ""),
        ("lab-lab-audit-amazon", "", "lab", "the lab's own bucket for logs and reports"),
        ("lab-something", "", "lab", "by name"),
        ("x", '{"project": "other"}', "other", "by a tag that names no project of the lab"),
        ("x", '{"project": "atlas", "lab": "another-lab"}', "atlas", "by a tag that names no project of the lab"),
    ],
)
def test_what_is_nobody_s_is_guessed_and_never_counted(
    places: Places, resource: str, tags: str, likely: str, why: str
) -> None:
    """A word within another word is no name."""
    owner = owner_of(resource, tags, "", S3, places)
    assert (owner.project, owner.by, owner.likely, owner.why) == ("", "", likely, why)


def planned(places: Places, **stores: tuple[str, ...]) -> Places:
    """The same lab, with a plan that has datasets in stores."""
    terms = []
    for store, names in stores.items():
        for name in names:
            of = Candidate(dataset=name, term=Term.SHORT, store=store)
            terms.append(TermPlan(name, Term.SHORT, (Placement(of, 1, (), Cost(0.0, 0.0, ""), ""),), (), ()))
    return places_of(places.lab, Plan(tuple(terms)))


def test_a_storage_account_that_one_project_has_alone_is_its_own(places: Places) -> None:
    """Azure does not tell containers apart."""
    account = "/subscriptions/1/resourceGroups/lab/providers/Microsoft.Storage/storageAccounts/labblobs"
    alone = planned(places, blobs=("atlas/raw_images",))
    assert owner_of(account, "", "1", "Storage Accounts", alone) == Owner(
        "atlas", "atlas/raw_images", "raw_images", "R01", "blobs", "store"
    )
    both = planned(places, blobs=("atlas/raw_images", "cells/raw_images"))
    owner = owner_of(account, "", "1", "Storage Accounts", both)
    assert (owner.project, owner.store, owner.likely) == ("", "blobs", "atlas or cells")


def test_other_things_in_an_account_are_not_the_one_project_s(places: Places) -> None:
    """A machine, or a bucket of another name, in the account in which one project has its bucket."""
    alone = planned(places, amazon=("atlas/raw_images",))
    assert owner_of("", "", ACCOUNT, S3, alone).project == "atlas"
    assert owner_of("somebody-else-s", "", ACCOUNT, S3, alone).project == ""
    assert owner_of("", "", ACCOUNT, "Amazon Elastic Compute Cloud", alone).project == ""
    assert store_of("somebody-else-s", ACCOUNT, alone) == "amazon"


def test_without_a_lab_tags_alone_count() -> None:
    """And a dataset's tag says its project and level."""
    assert owner_of("x", '{"dataset": "atlas/raw_images"}', "", S3, None).dataset == "atlas/raw_images"
    assert owner_of("atlas", "", "", S3, None) == Owner()


@pytest.mark.parametrize(
    ("resource", "plain"),
    [
        ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket"),
        ("https://a.blob.core.windows.net/c?sv=1&sig=abc%3D", "https://a.blob.core.windows.net/c"),
        ("AccountName=x;AccountKey=abc==;y", "AccountName=x;AccountKey=…;y"),
        ("bucket/a&sig=abc", "bucket/a&sig=…"),
    ],
)
def test_secrets_in_names_are_not_shown(resource: str, plain: str) -> None:
    """Queries, signatures and keys."""
    assert shown(resource) == plain


def test_names_are_the_parts_of_an_address() -> None:
    """The last first, without what follows a question mark."""
    assert names_in("arn:aws:s3:::Bucket/a?x=y") == ("a", "bucket", "s3", "aws", "arn")
