"""What to change and what that would save, worked out by hand.

Prices of S3 in us-east-1 (Amazon S3 pricing, 2025-10-28), in US dollars: a GiB and month 0.023 in Standard, 0.0125 in
Standard-IA, 0.004 in Glacier Instant Retrieval; 1,000 writes 0.005; 1,000 transitions 0.01 and 0.02.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from tests.advice_lab import GIB, LAB, NOW, TIB, Refusing, finding, given, lab_of, plan_of, told

from slidebox.advice import Advice, advise, examine, total
from slidebox.advice.asking import Memory, Remembering, concerned
from slidebox.advice.given import YEAR, YEARS
from slidebox.advice.piece import ordered
from slidebox.advice.trying import Change, changed
from slidebox.forecast import forecast, holdings_of
from slidebox.model import Candidate, Dataset, Finding, Keep, Lab, Level, Origin, Term
from slidebox.plan import Chosen, make_plan
from slidebox.prices import Range, built_in
from slidebox.systems import load_systems

SMALL = {"single_cell_images": {"size": "1 TiB", "files": 2**24}}
PUBLIC = {
    "raw_images": {"size": "1 TiB", "files": 1024, "origin": "public", "source": "idr0080", "activity": "resting"}
}


def usd(amount: str) -> Range:
    """An amount that is certain."""
    return Range.of(Decimal(amount))


def cost(lab: Lab, months: int) -> Range:
    """What a lab's plan costs."""
    held, notes = holdings_of(plan_of(lab), lab, load_systems(lab.file.playbook), built_in(), NOW)
    return forecast(held, NOW, months, notes).total()


# Public data


def test_public_data_that_rest_are_read_from_their_source(tmp_path: Path) -> None:
    """A month of Standard, 11 of Standard-IA, 1,024 writes and as many transitions."""
    (one,) = told(lab_of(tmp_path, PUBLIC)).advice
    storage = 1024 * (Decimal("0.023") + 11 * Decimal("0.0125"))
    assert storage == Decimal("164.352")
    arrival, transition = Decimal("0.00512"), Decimal("0.01024")
    assert one.kind == "public copy"
    # What arrival costs may have been paid already.
    assert one.saves == Range(storage + transition, storage + transition + arrival, storage + transition + arrival)
    assert "None of the lab's own remains; the one at idr0080 does." in one.what
    assert one.command == "datasets.raw_images in projects/atlas.yaml: keep: stream"
    assert "free of charge (Image Data Resource, frequently asked questions, 2026-11-30)" in one.arithmetic
    assert "1 year: storage in s3: $164.35 − $0.00 = $164.35" in one.arithmetic


def test_public_data_that_are_worked_on_are_held_until_they_rest(tmp_path: Path) -> None:
    """The first year saves nothing; after it 24 months of Standard-IA and 24 of the archive, with both moves.

    But what leaves a bucket is paid for as earlier versions for 90 days more, which is 3 months of Standard, unless the
    bucket goes too.
    """
    (one,) = told(lab_of(tmp_path, {"raw_images": {**PUBLIC["raw_images"], "activity": "active"}})).advice
    later = 1024 * (24 * Decimal("0.0125") + 24 * Decimal("0.004")) + Decimal("0.01024") + Decimal("0.02048")
    assert one.saves == usd("0")
    usual = later - 3 * 1024 * Decimal("0.023")
    assert one.later == Range(usual, usual, later)
    assert "Until then 1 copy remains." in one.what


def test_public_data_are_held_where_the_rules_refuse_to_stream_them(tmp_path: Path) -> None:
    """Nothing is advised that the rules refuse."""
    lab = lab_of(tmp_path, PUBLIC)
    assert told(lab, judges=partial(Refusing, keep="stream")).advice == ()


@pytest.mark.parametrize(
    "words", [{"origin": "academic"}, {"keep": "stream"}, {"hold": "an audit"}, {"size": "1 MB", "files": 1}]
)
def test_no_other_data_are_advised_to_go(tmp_path: Path, words: dict[str, object]) -> None:
    """Those of the lab and its partners, those that are streamed or held, and what costs less than a dollar."""
    lab = lab_of(tmp_path, {"raw_images": {**PUBLIC["raw_images"], **words}})
    assert [one.kind for one in told(lab).advice] == []


def test_without_the_rules_no_other_declaration_is_advised(tmp_path: Path) -> None:
    """And that is said."""
    lab = lab_of(tmp_path, PUBLIC)
    alone = replace(given(lab), judges=None)
    assert examine(alone).advice == ()
    assert "The rules were not asked, so that no other declaration is advised." in examine(alone).untold
    assert advise(alone.plan, lab, alone.systems, alone.books, NOW) == ()


# Small files


def test_small_files_are_bundled_at_the_size_from_which_larger_bundles_save_too_little(tmp_path: Path) -> None:
    """16,777,216 files of 64 KiB: 83.89 to write, and too small for any other class.

    In n bundles: 12 months of Standard, 24 of Standard-IA, 24 of the archive; 0.005, 0.01 and 0.02 per 1,000. With
    131,072 of 8 MiB that is 692.72, of which larger ones could save less than a hundredth; with 262,144 it is 697.30,
    of which they could save more.
    """
    lab = lab_of(tmp_path, SMALL)
    (one,) = told(lab).advice
    files = 2**17
    asis = Decimal("83.88608") + 60 * 1024 * Decimal("0.023")
    bundled = 1024 * (12 * Decimal("0.023") + 24 * Decimal("0.0125") + 24 * Decimal("0.004"))
    fees = Decimal("0.035") * files / 1000
    assert (asis, bundled, fees) == (Decimal("1497.00608"), Decimal("688.128"), Decimal("4.58752"))
    assert one.kind == "small files"
    assert one.saves == Range(Decimal(0), Decimal("83.23072"), Decimal("83.23072"))
    assert one.later.usual == asis - bundled - fees == Decimal("804.29056")
    assert one.command == "datasets.single_cell_images in projects/atlas.yaml: files: 131072, largest_file: 8 MiB"
    assert "a file cannot be read, replaced or deleted by its name alone. 1 copy remains." in one.what


def test_reading_a_piece_of_a_bundle_has_its_price(tmp_path: Path) -> None:
    """From Glacier Instant Retrieval: 0.01 per 1,000 requests and 0.03 a GiB.

    One file of 64 KiB is 0.00001 + 0.0000018; a bundle of 8 MiB is 0.00001 + 0.0002344.
    """
    (one,) = told(lab_of(tmp_path, SMALL)).advice
    assert "from archive in s3: $0.0000118, by itself or by its place in a bundle; $0.0002444 where" in one.arithmetic


def test_large_files_are_left_as_they_are(tmp_path: Path) -> None:
    """1,024 files of a GiB are few enough."""
    assert told(lab_of(tmp_path, {"single_cell_images": {"size": "1 TiB", "files": 1024}})).advice == ()


# Laws

SIZES, FILES = st.integers(1, 2**44), st.integers(1, 10**8)
USES = st.fixed_dictionaries(
    {},
    optional={
        "growth": st.sampled_from(["2 TB/year", "10 %/year"]),
        "reads": st.sampled_from(["4/month", "1/year of 5 % from inside", "20/month from inside", "0/month"]),
        "rewritten": st.just("5 %/month"),
    },
)
PLACES = st.sampled_from(["aws", "gcs", "by_hand"])


@settings(max_examples=25, deadline=None)
@drawn(SIZES, FILES, st.sampled_from(["active", "resting", "finished"]), st.booleans(), USES, PLACES)
def test_a_change_that_is_made_saves_what_was_said_and_is_not_advised_again(
    size: int, files: int, activity: str, public: bool, uses: dict[str, str], place: str
) -> None:
    """The forecast is lower by that amount, in one year and in five, and by its ends within the range."""
    words = {"origin": "public", "source": "idr0080", **uses} if public else uses
    store = {"aws": {"account": "123456789012"}, "gcs": {"account": "small"}, "by_hand": {}}[place]
    where = {"system": "cloud", "kind": place, "region": "us-central1" if place == "gcs" else "us-east-1", **store}
    with tempfile.TemporaryDirectory() as folder:
        masks = {"size": f"{size} B", "files": files, "activity": activity, **words}
        stores = {"cloud": where, "gone": LAB["stores"]["gone"]}
        lab = lab_of(Path(folder), {"segmentation_masks": masks}, stores=stores)
    for one in told(lab).advice:
        if "once" in one.command:
            continue  # it holds for later terms only, and no declaration says that today
        after = changed(lab, [written(one)])
        for said, months in ((one.saves, YEAR), (one.later, YEARS)):
            was, will = cost(lab, months), cost(after, months)
            assert was.usual - will.usual == pytest.approx(said.usual, abs=Decimal("1e-6"))
            for end in ("low", "high"):
                saving = getattr(was, end) - getattr(will, end)
                assert said.low - Decimal("1e-6") <= saving <= said.high + Decimal("1e-6")
        assert one.kind not in [other.kind for other in told(after).advice]


def written(one: Advice) -> Change:
    """What a piece of advice says to write, word for word."""
    where, _, words = one.command.partition(": ")
    assert where == "datasets.segmentation_masks in projects/atlas.yaml"
    declared = {"size": "1 B", "files": 1, "sensitivity": "open", **yaml.safe_load(f"{{{words}}}")}
    dataset = Dataset.model_validate(declared)
    return Change(one.dataset, {key: getattr(dataset, key) for key in yaml.safe_load(f"{{{words}}}")})


@drawn(st.lists(st.tuples(st.integers(-5, 100), st.sets(st.sampled_from("abc"))), max_size=6))
def test_bytes_are_counted_once_in_the_total(drawn_advice: list[tuple[int, set[str]]]) -> None:
    """By the largest advice about them; the rest says which."""
    made = ordered(
        Advice(
            f"p/{n}", "s", "unread", "", usd(str(amount)), "", parts=frozenset((part, "s", "current") for part in parts)
        )
        for n, (amount, parts) in enumerate(drawn_advice)
    )
    assert [one.saves.usual for one in made] == sorted((one.saves.usual for one in made), reverse=True)
    counted = [part for one in made if not one.instead for part in one.parts]
    assert len(counted) == len(set(counted))
    assert total(made)[0].usual == sum(one.saves.usual for one in made if not one.instead)
    assert {one.instead for one in made} - {""} <= {one.title for one in made if not one.instead}


def test_the_sizes_of_the_test_are_those_of_the_prices() -> None:
    """Amazon bills binary gigabytes."""
    assert built_in()["aws"].unit.bytes == GIB == TIB // 1024


# Storage classes


def by_hand(tmp_path: Path, **masks: object) -> Lab:
    """Finished masks in a bucket that somebody set up by hand: they arrive in the class of the term."""
    stores = {"bucket": {"system": "cloud", "region": "us-east-1"}, "gone": LAB["stores"]["gone"]}
    declared = {"size": "200 GiB", "files": 2**20, "activity": "finished", **masks}
    return lab_of(tmp_path, {"segmentation_masks": declared}, stores=stores)


def test_data_that_leave_an_archive_before_its_minimum_stay_in_the_standard_class(tmp_path: Path) -> None:
    """1,048,576 files of 200 KiB that may be kept for 20 days, and so are paid for a month.

    In the archive 20.97 to write, 0.80 a month, and 59.58 of the 90 days that are billed; in Standard 5.24 and 4.60.
    """
    lab = by_hand(tmp_path, expires="2026-12-14")
    (one, *_) = [a for a in told(lab).advice if a.kind == "archive minimum"]
    month = Decimal(365) / 12
    archive = Decimal("20.97152") + Decimal("0.8") + Decimal("0.8") * (90 - month) / month
    standard = Decimal("5.24288") + Decimal("4.6")
    assert one.saves.usual == pytest.approx(archive - standard, abs=Decimal("1e-6"))
    where = "datasets.segmentation_masks in projects/atlas.yaml"
    assert one.command == f"{where}: storage_classes: {{short: standard, mid: infrequent, long: standard}}"
    assert "1 copy remains." in one.what


def test_no_colder_class_is_advised_where_nobody_says_how_often_data_are_read(tmp_path: Path) -> None:
    """However cheap it is to keep: 20 years in the archive."""
    lab = lab_of(tmp_path, {"segmentation_masks": {"size": "1 TiB", "files": 1024, "activity": "resting"}})
    assert told(lab).advice == ()


def test_a_class_that_the_rules_refuse_is_not_advised(tmp_path: Path) -> None:
    """The next best one is: Standard-IA, at 10.49 to write and 2.50 for the month."""
    lab = by_hand(tmp_path, expires="2026-12-14")
    judges = partial(Refusing, classes=frozenset({"standard"}))
    (one, *_) = [a for a in told(lab, judges=judges).advice if a.kind == "archive minimum"]
    assert one.command.endswith("storage_classes: {short: standard, mid: infrequent, long: infrequent}")


READ = {"size": "1 TiB", "files": 1024, "activity": "resting"}


def test_data_that_are_read_often_stay_in_the_standard_class(tmp_path: Path) -> None:
    """Read four times a month from inside, 1,024 GiB cost 40.96 in Standard-IA and nothing in Standard.

    4,096 requests are 0.004096 and 0.0016384; keeping them is 12.80 and 23.552; the move is 0.01024.
    """
    (one,) = told(lab_of(tmp_path, {"segmentation_masks": {**READ, "reads": "4/month from inside"}})).advice
    infrequent = Decimal("12.8") + Decimal("40.96") + Decimal("0.004096")
    standard = Decimal("23.552") + Decimal("0.0016384")
    assert one.kind == "storage class"
    assert one.saves == Range.of(11 * (infrequent - standard) + Decimal("0.01024")) == usd("332.3252736")
    assert one.command.endswith("storage_classes: {short: standard, mid: standard, long: standard}")
    assert "1 year: retrieval in s3:" in one.arithmetic


def test_data_that_are_hardly_read_go_to_the_archive_earlier(tmp_path: Path) -> None:
    """11 months at 4.096 in place of 12.80, for which a hundredth is read once a year at 0.03 in place of 0.01."""
    (one,) = told(lab_of(tmp_path, {"segmentation_masks": {**READ, "reads": "1/year of 1 % from inside"}})).advice
    storage, move = 11 * (Decimal("12.8") - Decimal("4.096")), Decimal("0.01024") - Decimal("0.02048")
    reading = 11 * Decimal("10.24") / 12 * (Decimal("0.01") - Decimal("0.03") + Decimal("0.001") * Decimal("-0.009"))
    assert one.saves.usual == pytest.approx(storage + move + reading, abs=Decimal("1e-5"))
    assert one.command.endswith("storage_classes: {short: standard, mid: archive, long: archive}")


# Beside other data


def test_what_a_change_saves_beside_other_data_is_what_the_whole_lab_saves(tmp_path: Path) -> None:
    """Prices fall with the volume of all: 100 TiB in Standard, and downloads from the first free 100 GiB on."""
    both = {"size": "50 TiB", "files": 50000, "activity": "active", "reads": "1/month of 1 %"}
    public = {**both, "activity": "resting", "origin": "public", "source": "idr0080"}
    lab = lab_of(tmp_path, {"raw_images": public, "segmentation_masks": both})
    (one,) = [a for a in told(lab).advice if a.kind == "public copy"]
    after = changed(lab, [Change(one.dataset, {"keep": Keep.STREAM})])
    for said, months in ((one.saves, YEAR), (one.later, YEARS)):
        assert said.usual == pytest.approx(cost(lab, months).usual - cost(after, months).usual, abs=Decimal("1e-6"))


def test_the_rules_are_asked_again_only_about_what_a_change_concerns(tmp_path: Path) -> None:
    """Its project, and those whose data come from it; what they said of the others is remembered."""
    lab = lab_of(tmp_path, PUBLIC)
    atlas = lab.projects["atlas"]
    level = Level.RAW_IMAGES
    alone = atlas.datasets[level].model_copy(update={"origin": Origin.LAB, "source": None})
    child = alone.model_copy(update={"parents": ("atlas/raw_images",)})
    projects = {"atlas": atlas}
    for name, dataset in (("alone", alone), ("child", child), ("grandchild", child)):
        parents = ("child/raw_images",) if name == "grandchild" else dataset.parents
        masks = dataset.model_copy(update={"parents": parents})
        projects[name] = atlas.model_copy(update={"project": name, "datasets": {level: masks}})
    lab = lab.model_copy(update={"projects": projects})
    assert concerned(lab, ["atlas/raw_images"]) == {"atlas", "child", "grandchild"}
    memory, asked = Memory(), Counting(lab)
    for _ in range(2):
        judge = Remembering.of(asked, lab, ["atlas/raw_images"], memory)
        make_plan(lab, load_systems(lab.file.playbook), judge, now=NOW)
    assert {name: asked.asked.count(f"{name}/raw_images") for name in projects} == {
        "atlas": 6, "alone": 3, "child": 6, "grandchild": 6,
    }  # fmt: skip


def test_of_several_changes_those_that_the_rules_refuse_are_left_out(tmp_path: Path) -> None:
    """The others are advised all the same."""
    public = {**PUBLIC["raw_images"]}
    lab = lab_of(tmp_path, {"raw_images": public, "corrected_images": public, "segmentation_masks": public})
    names = [one.dataset for one in told(lab, judges=KeepingMasks).advice]
    assert sorted(names) == ["atlas/corrected_images", "atlas/raw_images"]
    # A refusal of other data than those that change is found by taking the changes apart.
    names = [one.dataset for one in told(lab, judges=NeedingRaw).advice]
    assert names == ["atlas/segmentation_masks"]


class Counting(Refusing):
    """Remembers what it was asked about."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        object.__setattr__(self, "asked", [])

    asked: list[str]

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        """What is asked about."""
        self.asked.extend(candidate.dataset for candidate in candidates)
        return super().candidates(candidates)


class KeepingMasks(Refusing):
    """Refuses to stream masks."""

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """What is refused."""
        return {(d, t): (finding(d),) if _streams(self.lab, d, "segmentation_masks") else () for d, t, _ in chosen}


class NeedingRaw(Refusing):
    """Refuses masks whose images are streamed."""

    def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """What is refused."""
        kept = all(
            self.lab.projects["atlas"].datasets[level].keep is Keep.COPY
            for level in (Level.RAW_IMAGES, Level.CORRECTED_IMAGES)
        )
        return {(d, t): (finding(d),) if d == "atlas/segmentation_masks" and not kept else () for d, t, _ in chosen}


def _streams(lab: Lab, dataset: str, level: str) -> bool:
    return dataset.endswith(level) and lab.projects["atlas"].datasets[Level(level)].keep is Keep.STREAM
