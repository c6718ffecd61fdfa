"""What to change and what that would save, worked out by hand.

Prices of S3 in us-east-1 (Amazon S3 pricing, 2025-10-28), in US dollars: a GiB and month 0.023 in Standard, 0.0125 in
Standard-IA, 0.004 in Glacier Instant Retrieval; 1,000 writes 0.005; 1,000 transitions 0.01 and 0.02.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from tests.advice_lab import GIB, NOW, TIB, Refusing, given, lab_of, plan_of, told

from slidebox.advice import Advice, advise, examine, total
from slidebox.advice.bundles import best_of, curve
from slidebox.advice.piece import ordered
from slidebox.advice.trying import YEAR, YEARS, Change, changed
from slidebox.forecast import forecast, holdings_of
from slidebox.model import Keep, Lab
from slidebox.prices import Range, built_in
from slidebox.quantities import Size
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
    assert "free of charge (Image Data Resource, download, 2026-11-24)" in one.arithmetic
    assert "1 year: atlas/raw_images, storage in s3: $164.35 − $0.00 = $164.35" in one.arithmetic


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


@settings(max_examples=25, deadline=None)
@drawn(SIZES, FILES, st.sampled_from(["active", "resting", "finished"]), st.booleans())
def test_a_change_that_is_made_saves_what_was_said_and_is_not_advised_again(
    size: int, files: int, activity: str, public: bool
) -> None:
    """The forecast is lower by that amount, in one year and in five, and by its ends within the range."""
    words = {"origin": "public", "source": "idr0080"} if public else {}
    with tempfile.TemporaryDirectory() as folder:
        lab = lab_of(Path(folder), {"raw_images": {"size": f"{size} B", "files": files, "activity": activity, **words}})
    for one in told(lab).advice:
        change = change_of(lab, one)
        if change is None:
            continue
        after = changed(lab, [change])
        for said, months in ((one.saves, YEAR), (one.later, YEARS)):
            was, will = cost(lab, months), cost(after, months)
            assert was.usual - will.usual == pytest.approx(said.usual, abs=Decimal("1e-6"))
            for end in ("low", "high"):
                saving = getattr(was, end) - getattr(will, end)
                assert said.low - Decimal("1e-6") <= saving <= said.high + Decimal("1e-6")
        assert one.kind not in [other.kind for other in told(after).advice]


def change_of(lab: Lab, one: Advice) -> Change | None:
    """What a piece of advice says to write, where it holds from today."""
    if one.kind == "public copy" and "once" not in one.command:
        return Change(one.dataset, {"keep": Keep.STREAM})
    if one.kind == "small files":
        best = best_of(curve(given(lab), one.dataset))
        assert best is not None
        return Change(one.dataset, {"files": best.files, "largest_file": Size(Decimal(best.size), "B")})
    return None


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
