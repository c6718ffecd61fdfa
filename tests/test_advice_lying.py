"""What inventories add to advice, worked out by hand.

Prices of S3 in us-east-1 (Amazon S3 pricing, 2025-10-28), in US dollars: a GiB and month 0.023 in Standard (0.021 from
500 TiB), 0.0125 in Standard-IA, 0.004 in Glacier Instant Retrieval; 1,000 writes 0.005, reads 0.01 from the archive,
transitions 0.01 and 0.02; a GiB of retrieval 0.03 from the archive.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.advice_lab import GIB, LAB, NOW, TIB, Refusing, lab_of, told

from slidebox.advice import Advice
from slidebox.inventory.found import Duplicates, Holding, Inventory
from slidebox.model import Finding, Lab, Severity
from slidebox.prices import Range

MASKS = {"segmentation_masks": {"size": "1 TiB", "files": 1024, "activity": "resting"}}
NAME = "atlas/segmentation_masks"
STORES = {
    **LAB["stores"],
    "isilon": {"system": "local_cluster", "price": 16, "site": "campus"},
    "ireland": {"system": "cloud", "kind": "aws", "account": "123456789012", "region": "eu-west-1"},
}


def ago(days: int) -> dt.datetime:
    """A moment some days before today."""
    return dt.datetime.combine(NOW - dt.timedelta(days=days), dt.time(12), dt.UTC)


def holding(**of: Any) -> Holding:
    """What lies in the bucket of the masks: everything, in the class in which the plan has it."""
    there = {"objects": 1024, "bytes": TIB, "newest": ago(400), "storage_class": "infrequent"}
    return Holding(**{"store": "s3", "bucket": "masks", "dataset": NAME, "as_of": NOW, **there, **of})


def seen(lab: Lab, *holdings: Holding, **more: Any) -> tuple[Advice, ...]:
    """What is advised of what an inventory has seen."""
    return told(lab, Inventory(holdings=holdings, **more)).advice


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """1 TiB of masks at rest in S3."""
    return lab_of(tmp_path, MASKS, stores=STORES)


# What lies as the plan has it


def test_what_lies_as_the_plan_has_it_needs_no_advice(lab: Lab) -> None:
    """In its class, without anything left over."""
    assert seen(lab, holding()) == ()


# Dearer classes


def test_what_has_not_moved_to_its_class_is_to_move(lab: Lab) -> None:
    """1,024 GiB cost 23.552 a month where they are and 12.80 where they should be; moving them costs 0.01024."""
    (one,) = seen(lab, holding(storage_class="standard"))
    here, there, fee = 1024 * Decimal("0.023"), 1024 * Decimal("0.0125"), Decimal("0.01024")
    assert one.kind == "dearer class"
    assert one.saves.usual == (here - there) * 12 - fee == Decimal("129.01376")
    # Above 500 TiB a GiB is 0.021, and nobody knows which of the store's bytes these are.
    assert one.saves.low == (1024 * Decimal("0.021") - there) * 12 - fee
    assert one.command == "pulumi up -s atlas"
    assert "1 copy remains." in one.what


@pytest.mark.parametrize("words", [{"newest": ago(31)}, {"newest": None}, {"storage_class": "archive"}])
def test_what_will_move_or_is_cheap_enough_stays(lab: Lab, words: dict[str, Any]) -> None:
    """New objects move by themselves; a colder class than the plan's is not dearer."""
    assert seen(lab, holding(**{"storage_class": "standard", **words})) == ()


def test_small_objects_stay_in_the_standard_class(lab: Lab) -> None:
    """512 GiB of the 1,024 are in objects below 128 KiB, which Standard-IA would bill as larger ones."""
    small = {"objects": 2**24 + 512, "small": 2**24, "small_bytes": 512 * GIB}
    (one,) = seen(lab, holding(storage_class="standard", **small))
    assert one.saves.usual == 512 * (Decimal("0.023") - Decimal("0.0125")) * 12 - Decimal("0.00512")
    assert "16,777,216 objects below 128 KiB stay" in one.arithmetic


def test_small_objects_in_an_archive_are_to_come_back(lab: Lab) -> None:
    """2^23 objects of 10 KiB are 80 GiB, and billed as 1,024: 4.096 a month, and 1.84 in Standard.

    Reading and writing them costs 83.88608 + 41.94304 + 2.40, so that only five years pay.
    """
    small = {"objects": 2**23, "bytes": 80 * GIB, "small": 2**23, "small_bytes": 80 * GIB}
    (one,) = [a for a in seen(lab, holding(storage_class="archive", **small)) if a.kind == "archive minimum"]
    month = Decimal("4.096") - Decimal("1.84")
    fee = Decimal("83.88608") + Decimal("41.94304") + Decimal("2.4")
    assert (one.saves.usual, one.later.usual) == (month * 12 - fee, month * 60 - fee)
    assert one.saves.usual < 0 < one.later.usual


def test_bundling_what_lies_there_costs_reading_and_writing_it_again(tmp_path: Path) -> None:
    """16,777,216 files of 64 KiB in Standard: 6.7108864 to read at 0.0004, 0.65536 to write 131,072 of 8 MiB.

    What writing them has cost is not saved any more: the bundles save by the colder classes that they may move to.
    """
    images = {"single_cell_images": {"size": "1 TiB", "files": 2**24}}
    there = {"dataset": "atlas/single_cell_images", "objects": 2**24, "storage_class": "standard"}
    (one,) = seen(lab_of(tmp_path, images), holding(**there))
    again = Decimal("6.7108864") + Decimal("0.65536")
    assert one.kind == "small files"
    assert one.saves == Range.of(-again)
    # 804.29 as where nothing lies there yet, without the writes of 83.89 and 0.66, and less the work.
    assert one.later.usual == Decimal("804.29056") - Decimal("83.23072") - again
    assert "reading and writing again what lies there: $7.37, taken off" in one.arithmetic


# Leftovers


def test_earlier_versions_are_to_expire_where_none_has_to_be_kept(lab: Lab) -> None:
    """The oldest of 200 GiB is 180 days old, 90 more than they are wanted: half of them, if they came evenly."""
    (one,) = seen(lab, holding(noncurrent=7, noncurrent_bytes=200 * GIB, noncurrent_since=ago(180)))
    month = 200 * Decimal("0.0125")
    assert one.kind == "earlier versions"
    assert one.saves == Range(Decimal(0), month / 2 * 12, month * 12)
    assert one.later.usual == month / 2 * 60
    assert "The current versions remain" in one.what


def test_an_archive_bills_earlier_versions_until_its_minimum(tmp_path: Path) -> None:
    """Glacier Deep Archive bills 180 days, of which 90 have passed when they may go: 2.96 months are not saved."""
    lab = lab_of(tmp_path, MASKS)
    left = {"noncurrent_bytes": 10 * TIB, "noncurrent_since": ago(180), "storage_class": "deep_archive"}
    one = next(a for a in seen(lab, holding(**left)) if a.kind == "earlier versions")
    early = Decimal(90) / (Decimal(365) / 12)
    assert one.saves.usual == 10240 * Decimal("0.00099") / 2 * (12 - early)


@pytest.mark.parametrize("days", [90, 89, 1])
def test_earlier_versions_that_are_not_old_stay(lab: Lab, days: int) -> None:
    """The lifecycle takes them when they are."""
    assert seen(lab, holding(noncurrent_bytes=200 * GIB, noncurrent_since=ago(days))) == ()


def test_earlier_versions_of_raw_images_that_have_to_be_kept_stay(tmp_path: Path) -> None:
    """They stay on purpose: a retention holds."""
    raw = {"raw_images": {**MASKS["segmentation_masks"], "retention": "10 years"}}
    lab = lab_of(tmp_path, raw)
    there = holding(dataset="atlas/raw_images", noncurrent_bytes=200 * GIB, noncurrent_since=ago(180))
    assert seen(lab, there) == ()


def test_unfinished_uploads_are_to_be_aborted(lab: Lab) -> None:
    """70 GiB, the oldest 14 days old: those that are older than 7 days are half, if they came evenly."""
    (one,) = seen(lab, holding(incomplete=3, incomplete_bytes=70 * GIB, incomplete_since=ago(14)))
    month = 70 * Decimal("0.0125")
    assert one.kind == "unfinished uploads"
    assert one.saves == Range(Decimal(0), month / 2 * 12, month * 12)


def test_parts_of_uploads_into_deep_archives_are_billed_as_standard(lab: Lab) -> None:
    """Until an upload is whole, 70 GiB of it cost 1.61 a month, and not 0.07."""
    parts = {"incomplete_bytes": 70 * GIB, "incomplete_since": ago(14), "storage_class": "deep_archive"}
    (one,) = [a for a in seen(lab, holding(**parts)) if a.kind == "unfinished uploads"]
    assert one.saves.usual == 70 * Decimal("0.023") / 2 * 12


def test_a_bucket_that_stays_as_it_is_gets_its_rule_from_the_lab(tmp_path: Path) -> None:
    """Nothing of it is changed by slidebox."""
    adopted = {"adopted": {"s3": {"name": "old-masks"}}}
    lab = lab_of(tmp_path, {"segmentation_masks": {**MASKS["segmentation_masks"], **adopted}})
    (one,) = seen(lab, holding(bucket="old-masks", incomplete_bytes=TIB, incomplete_since=ago(14)))
    assert one.command == "the lifecycle of the bucket old-masks: incomplete uploads are aborted after 7 days"


# Duplicates


def double(*places: str, size: int = TIB, datasets: tuple[str, ...] = (NAME,)) -> Duplicates:
    """The same bytes in some places."""
    return Duplicates(places=places, datasets=datasets, groups=1024, objects=1024, bytes=size, checksum="SHA-256")


def test_a_copy_that_the_plan_does_not_have_is_to_be_retired_if_all_of_it_is_elsewhere(lab: Lab) -> None:
    """1.0995 TB at 16 a TB are 17.5922 a month: the lab's own price of its cluster."""
    spare = holding(store="isilon", bucket="masks-old", storage_class="standard")
    (one,) = seen(lab, holding(), spare, duplicates=(double("masks", "masks-old"),))
    assert one.kind == "spare copy"
    assert one.saves.usual == pytest.approx(Decimal(16) * TIB / 10**12 * 12, abs=Decimal("0.0001"))
    assert "1 copy remains." in one.what
    assert one.command == f"slidebox retire {NAME} --from isilon"


def test_the_last_good_copy_is_never_advised_to_go(lab: Lab) -> None:
    """Not if the plan's copy was not seen, not if some bytes are nowhere else, not without a checksum."""
    spare = holding(store="isilon", bucket="masks-old", storage_class="standard")
    half = double("masks", "masks-old", size=TIB // 2)
    assert seen(lab, spare, duplicates=(double("masks-old", "third"),)) == ()
    assert seen(lab, holding(), spare, duplicates=(half,)) == ()
    assert seen(lab, holding(), spare) == ()


def test_data_that_are_held_are_never_advised_to_go(tmp_path: Path) -> None:
    """Whatever a checksum says."""
    lab = lab_of(tmp_path, {"segmentation_masks": {**MASKS["segmentation_masks"], "hold": "audit"}}, stores=STORES)
    spare = holding(store="isilon", bucket="masks-old", storage_class="standard")
    assert seen(lab, holding(), spare, duplicates=(double("masks", "masks-old"),)) == ()


def test_what_lies_twice_in_a_bucket_is_kept_once(lab: Lab) -> None:
    """512 GiB at 0.0125, for the months of a year that are left after 90 days as earlier versions."""
    (one,) = seen(lab, holding(), duplicates=(double("masks", size=512 * GIB),))
    assert one.kind == "duplicates"
    assert one.saves.usual == 512 * Decimal("0.0125") * (12 - Decimal(90) / (Decimal(365) / 12))


def test_what_lies_in_two_datasets_is_said_and_not_advised(lab: Lab) -> None:
    """A checksum does not say who has to keep what."""
    twice = double("masks", "others", datasets=(NAME, "other/raw_images"))
    found = told(lab, Inventory(holdings=(holding(),), duplicates=(twice,)))
    assert found.advice == ()
    assert any("The same 1.1 TB lie in atlas/segmentation_masks and other/raw_images" in said for said in found.untold)


def test_an_adopted_copy_that_no_rule_wants_can_go(tmp_path: Path) -> None:
    """Two buckets were there, in Virginia and in Ireland, where a year in Standard is 282.624; one is enough."""
    adopted = {"s3": {"name": "one"}, "ireland": {"name": "two"}}
    masks = {"segmentation_masks": {**MASKS["segmentation_masks"], "activity": "active", "adopted": adopted}}
    (one,) = [a for a in told(lab_of(tmp_path, masks, stores=STORES)).advice if a.kind == "spare copy"]
    assert "1 copy remains." in one.what
    assert "take" in one.command
    assert one.saves == Range.of(12 * 1024 * Decimal("0.023"))


# What could not be told


def test_buckets_whose_leftovers_stay_for_good_are_named(lab: Lab) -> None:
    """By what the rules say of them; what an inventory leaves out is said too."""
    said = "incomplete uploads are never aborted, and are paid for"
    findings = tuple(
        Finding("cost/uploads_aborted", Severity.WARNING, f"{NAME}@mid@{store}", said) for store in ("s3", "ireland")
    )
    other = Finding("cost/ownership_tags", Severity.WARNING, NAME, "it has no owner")
    excluded = Inventory(holdings=(holding(dataset="", bucket="old"),), excluded=("r.csv: it is cut off.",))
    found = told(lab, excluded, findings=(*findings, other)).untold
    assert f"{NAME}@mid@ireland and 1 more: {said}." in found
    assert "1.1 TB in old are of no dataset: nothing is advised about them." in found
    assert "r.csv: it is cut off." in found
    assert not any("owner" in one for one in found)


# Unread data


def read_on(days: int) -> dict[str, dt.datetime]:
    """The masks were last read some days ago."""
    return {NAME: ago(days)}


def resting_elsewhere(tmp_path: Path, **more: Any) -> Lab:
    """Masks that are worked on in S3, and rest on the cluster at 1 dollar a TB."""
    preferences = {"segmentation_masks": {"short": ["cloud"], "mid": ["local_cluster"], "long": ["local_cluster"]}}
    stores = {**LAB["stores"], "isilon": {"system": "local_cluster", "price": 1}}
    playbook = {**LAB["playbook"], "preferences": preferences}
    masks = {"segmentation_masks": {**MASKS["segmentation_masks"], "activity": "active", **more}}
    return lab_of(tmp_path, masks, stores=stores, playbook=playbook)


def test_what_nobody_has_read_for_long_is_said_to_rest(tmp_path: Path) -> None:
    """A year in Standard is 282.624 and 0.00512 to write; on the cluster it is 13.1941."""
    (one,) = told(resting_elsewhere(tmp_path), read=read_on(200)).advice
    cluster = Decimal(TIB) / 10**12 * 12
    assert one.kind == "unread"
    assert one.saves.usual == pytest.approx(Decimal("282.624") + Decimal("0.00512") - cluster, abs=Decimal("0.0001"))
    assert "last read on 2026-05-08, 6 months ago" in one.what
    assert "They then go to isilon. 1 copy remains." in one.what
    assert (
        one.command
        == f"datasets.segmentation_masks in projects/atlas.yaml: activity: resting; then slidebox moves {NAME}"
    )


def test_an_inventory_says_when_data_were_last_read(tmp_path: Path) -> None:
    """If it says so of everything that it has seen of them."""
    lab = resting_elsewhere(tmp_path)
    standard = holding(storage_class="standard", last_read=ago(200))
    assert [one.kind for one in seen(lab, standard)] == ["unread"]
    assert seen(lab, standard, holding(storage_class="standard", bucket="other")) == ()


@pytest.mark.parametrize("days", [0, 150])
def test_what_was_read_lately_is_worked_on(tmp_path: Path, days: int) -> None:
    """Less than six months ago."""
    assert told(resting_elsewhere(tmp_path), read=read_on(days)).advice == ()


def test_new_data_are_not_unread(tmp_path: Path) -> None:
    """They were written last month: who reads them comes later."""
    lab = resting_elsewhere(tmp_path)
    inventory = Inventory(holdings=(holding(storage_class="standard", newest=ago(20)),))
    assert told(lab, inventory, read=read_on(200)).advice == ()


def test_what_nobody_reads_is_cheap_already_where_objects_move_by_themselves(tmp_path: Path) -> None:
    """On the cluster it is 13.19 a year, and unread in Intelligent-Tiering 85.8: it saves the difference."""
    lab = resting_elsewhere(tmp_path, storage_classes={"mid": "infrequent", "long": "archive"})
    (one,) = told(lab, read=read_on(200)).advice
    assert one.saves.usual == one.saves.low < Decimal(90)
    judges = partial(Refusing, stores=frozenset({"isilon"}))
    assert [found for found in told(lab, read=read_on(200), judges=judges).advice if found.saves.usual > 0] == []


def test_nothing_is_said_of_what_lies_where_objects_move_by_themselves(lab: Lab) -> None:
    """Though the plan has another class by now: what it costs depends on when each was read."""
    assert seen(lab, holding(storage_class="intelligent_tiering")) == ()


def test_unread_data_go_where_the_rules_let_them(tmp_path: Path) -> None:
    """Where the cluster is refused, data at rest stay in S3: 11 months of Standard-IA, and 0.01024 for the move."""
    judges = partial(Refusing, stores=frozenset({"isilon"}))
    (one,) = told(resting_elsewhere(tmp_path), read=read_on(200), judges=judges).advice
    assert "They then go to s3." in one.what
    assert one.saves == Range.of(11 * 1024 * (Decimal("0.023") - Decimal("0.0125")) - Decimal("0.01024"))


def test_unread_data_that_would_become_public_are_left_alone(tmp_path: Path) -> None:
    """That is no saving: somebody has to want it."""
    public = {"segmentation_masks": {**MASKS["segmentation_masks"], "public_from": "long"}}
    lab = lab_of(tmp_path, public)
    closed = lab_of(tmp_path / "closed", MASKS)
    assert [one.kind for one in told(closed, read=read_on(500)).advice] == ["unread"]
    assert told(lab, read=read_on(500)).advice == ()
