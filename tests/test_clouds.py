"""What a dataset needs in a cloud: classes that pay, grants that end, buckets that follow from the declaration."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox import labfile
from slidebox.clouds import SETTLED_DAYS, CloudBucket, Transition, cloud_bucket, grants_of, monthly_usd, transitions
from slidebox.errors import InputError
from slidebox.facts import FactBook, tags
from slidebox.model import Candidate, Gate, Lab, Level, Role, StoreKind, System, Term
from slidebox.policy import Rules
from slidebox.systems import load_systems, tiering_usd

TODAY = dt.date(2026, 11, 24)
CLASSES = load_systems().classes(System.CLOUD)

LAB = """
lab: way
title: A lab with three clouds
region: us-central1
retention: 3 years
auditors: [mira]
people:
  mira: {name: Mira, email: mira@example.org, identities: {amazon: "arn:aws:iam::123456789012:role/mira"}}
  jun:
    name: Jun
    identities: {amazon: "arn:aws:iam::123456789012:role/jun", google: "user:jun@example.org"}
  sanne:
    name: Sanne
    organisation: Saguaro Biosciences
    until: 2027-06-30
    identities: {amazon: "arn:aws:iam::210987654321:role/sanne", google: "user:sanne@saguaro.example"}
teams:
  imaging: {members: [mira, jun]}
  analysis: {members: [jun], identities: {google: "group:analysis@example.org"}}
stores:
  amazon: {system: cloud, kind: aws, account: "123456789012", region: us-west-2, data_use_agreement: true}
  google: {system: cloud, kind: gcs, account: way-images, region: us-central1, data_use_agreement: true}
agreements:
  saguaro: {party: Saguaro Biosciences, kind: collaboration, purpose: joint analysis, ends: 2027-12-31}
"""
PROJECT = """
project: nf1
title: NF1
owner: mira
activity: {activity}
audience: {{contributor: [imaging], steward: [mira], reader: [analysis]}}
datasets:
  raw_images:
    size: {size}
    files: 40000
    sensitivity: {sensitivity}
    {more}
"""


def lab_of(folder: Path, **given: str) -> Lab:
    """The lab with one project."""
    words = {"activity": "active", "size": "2 TB", "sensitivity": "open", "more": ""} | given
    (folder / "projects").mkdir(parents=True)
    (folder / "lab.yaml").write_text(LAB, encoding="utf-8")
    (folder / "projects" / "nf1.yaml").write_text(PROJECT.format(**words), encoding="utf-8")
    return labfile.load(folder)


def bucket_in(opa: Path, lab: Lab, store: str, term: Term = Term.SHORT) -> CloudBucket:
    """What the raw images need at a store, by the real rules."""
    candidate = Candidate("nf1/raw_images", term, store)
    book = FactBook(lab, load_systems())
    with Rules(opa=opa) as rules:
        explained = rules.explain(book.document([candidate], gate=Gate.PLAN, now=TODAY))
    return cloud_bucket(
        lab, candidate, explained["nf1/raw_images"], book.lifecycle(candidate), tags(lab, "nf1/raw_images")
    )


def test_large_files_at_rest_move_to_a_cheaper_class_once_they_have_settled() -> None:
    """Two terabytes in files of 50 MB go to the infrequent class after a month."""
    assert transitions(40_000, 2 * 10**12, "infrequent", CLASSES) == (Transition(SETTLED_DAYS, "infrequent"),)


@pytest.mark.parametrize(
    ("files", "total", "wanted", "stay", "why"),
    [
        (40_000, 2 * 10**12, "standard", None, "they are there already"),
        (40_000, 40_000 * 100_000, "infrequent", None, "128 KiB are billed for each"),
        (40_000, 2 * 10**12, "infrequent", 45, "30 days are billed, and they stay for 15"),
        (1_000_000, 1_000_000 * 1_000, "deep_archive", None, "40 KiB are billed beside each"),
        (0, 0, "archive", None, "there are none"),
        (10, 10**9, "frozen", None, "there is no such class"),
    ],
)
def test_nothing_moves_where_moving_loses_money(
    files: int, total: int, wanted: str, stay: int | None, why: str
) -> None:
    """Each for its reason."""
    assert transitions(files, total, wanted, CLASSES, stay_days=stay) == (), why


@given(
    files=st.integers(1, 10**7),
    mean=st.integers(1, 10**9),
    wanted=st.sampled_from(sorted(CLASSES)),
    stay=st.none() | st.integers(0, 4000),
)
def test_whatever_moves_costs_less_in_the_year_that_follows(
    files: int, mean: int, wanted: str, stay: int | None
) -> None:
    """With the price of moving, the least size, the overhead and the least time of the class counted."""
    total = files * mean
    for move in transitions(files, total, wanted, CLASSES, stay_days=stay):
        target = CLASSES[move.storage_class]
        if target.tiered:
            fee, unread = tiering_usd(files, total, target, min(365, 365 if stay is None else stay))
            assert (move.days, fee < unread) == (0, True)
            continue
        days = min(365, 365 if stay is None else stay - move.days)
        saved = (monthly_usd(files, total, CLASSES["standard"]) - monthly_usd(files, total, target)) * days * 12 / 365
        assert days >= target.min_days
        assert saved > files / 1000 * target.transition_usd_per_1000


def test_the_page_about_aws_has_the_figures_that_the_prices_give(repository: Path) -> None:
    """What Intelligent-Tiering saves: a year of 2 TB in 40,000 files, moved at once, and after a month elsewhere."""
    page = (repository / "docs" / "aws.md").read_text(encoding="utf-8")
    month = {name: monthly_usd(40_000, 2 * 10**12, CLASSES[name]) for name in CLASSES}
    fees = {name: 40 * CLASSES[name].transition_usd_per_1000 for name in CLASSES}
    standard, watched = month["standard"], 40 * 0.0025 * 12
    infrequent, archive = (standard + 11 * month[name] for name in ("infrequent", "archive"))
    # It falls to the price of the one after 30 days without a reading, and of the other after 90.
    unread = (30 * standard + 60 * month["infrequent"] + 275 * month["archive"]) * 12 / 365
    kept = f"{12 * standard:.0f} | {infrequent:.0f} | {archive:.0f}"

    assert f"| keeping, where nobody reads | {kept} | {unread:.0f} |" in page
    assert f"| keeping, where all is read every month | {kept} | {12 * standard:.0f} |" in page
    moved = f"{fees['infrequent']:.2f} | {fees['archive']:.2f} | {fees['intelligent_tiering'] + watched:.2f}"
    assert f"| moving, and watching for a year | 0 | {moved} |" in page


@pytest.mark.parametrize("size", ["2 TB", "3 GB"])
def test_the_rules_agree_with_every_move(tmp_path: Path, opa: Path, size: str) -> None:
    """What the planner of classes chooses is not refused by the rule about transitions."""
    lab = lab_of(tmp_path, activity="resting", size=size)
    book = FactBook(lab, load_systems())
    asked = [Candidate("nf1/raw_images", term, "amazon", "infrequent") for term in Term]
    with Rules(opa=opa) as rules:
        found = rules.ask(book.document(asked, gate=Gate.PLAN, now=TODAY), "location")

    assert [f for f in found if f.rule in ("cost/transitions_pay", "cost/class_fits_use")] == []
    assert bool(book.lifecycle(asked[1])["transitions"]) == (size == "2 TB")


@pytest.mark.parametrize(
    ("files", "total", "stay", "moves"),
    [
        (10_000, 10_000 * 1_500_000, None, True),
        (10_000, 10_000 * 1_450_000, None, False),
        (10_000, 10_000 * 1_500_000, 300, False),
        (10_000, 10_000 * 5_000_000, 300, True),
        (10_000, 10**12, 30, False),
        (10_000, 10**12, 0, False),
    ],
)
def test_what_is_worked_on_is_watched_where_that_pays_if_little_of_it_is_unread(
    files: int, total: int, stay: int | None, moves: bool
) -> None:
    """From 1.42 MiB for a year: 0.04 for each thousand, against 15 % of 0.193 for a GiB that nobody reads."""
    found = transitions(files, total, "intelligent_tiering", CLASSES, stay_days=stay)
    assert found == ((Transition(0, "intelligent_tiering"),) if moves else ())


@pytest.mark.parametrize(("size", "wanted"), [("2 TB", "intelligent_tiering"), ("20 GB", "standard")])
def test_the_rules_agree_that_what_is_worked_on_is_watched(tmp_path: Path, opa: Path, size: str, wanted: str) -> None:
    """At Amazon only, in the term in which it is worked on, and where the objects are large."""
    lab, systems = lab_of(tmp_path, size=size), load_systems()
    dataset = lab.projects["nf1"].datasets[Level.RAW_IMAGES]
    found = {
        (store, term): systems.class_of(System.CLOUD, dataset, term, lab.file.stores[store].kind)
        for store in ("amazon", "google")
        for term in Term
    }
    assert found.pop(("amazon", Term.SHORT)) == wanted
    assert {name for (_, term), name in found.items() if term is Term.SHORT} == {"standard"}
    assert {name for (_, term), name in found.items() if term is not Term.SHORT} == {"archive"}

    book = FactBook(lab, systems)
    asked = [Candidate("nf1/raw_images", Term.SHORT, "amazon", wanted)]
    assert bool(book.lifecycle(asked[0])["transitions"]) == (size == "2 TB")
    with Rules(opa=opa) as rules:
        found_by_rules = rules.ask(book.document(asked, gate=Gate.PLAN, now=TODAY), "location")
    assert [f for f in found_by_rules if f.rule in ("cost/transitions_pay", "cost/class_fits_use", "facts/shape")] == []


def test_a_class_of_its_own_keeps_what_is_worked_on_in_standard(tmp_path: Path) -> None:
    """Who knows that all is read every month says so."""
    lab = lab_of(tmp_path, more="storage_classes: {short: standard}")
    dataset = lab.projects["nf1"].datasets[Level.RAW_IMAGES]
    assert load_systems().class_of(System.CLOUD, dataset, Term.SHORT, StoreKind.AWS) == "standard"


def test_grants_carry_the_first_day_without_access(tmp_path: Path) -> None:
    """Each person by the name of the cloud; a team as a group where it is one, else member by member."""
    lab = lab_of(tmp_path)
    audience: dict[str, Any] = {
        "team:imaging": {"roles": ["contributor"], "until": "none"},
        "person:sanne": {"roles": ["reader"], "until": "2027-06-30"},
    }
    amazon, nameless = grants_of(lab.file, "amazon", audience)
    google, _ = grants_of(lab.file, "google", {**audience, "team:analysis": {"roles": ["reader"], "until": "none"}})

    assert nameless == ()
    assert [(g.principal, g.role, g.until) for g in amazon] == [
        ("person:jun", Role.CONTRIBUTOR, None),
        ("person:mira", Role.CONTRIBUTOR, None),
        ("person:sanne", Role.READER, dt.date(2027, 6, 30)),
    ]
    assert [g.identity for g in google] == [
        "group:analysis@example.org",
        "user:jun@example.org",
        "user:mira@example.org",
        "user:sanne@saguaro.example",
    ]


def test_access_by_an_agreement_ends_on_the_day_after_its_last(tmp_path: Path) -> None:
    """The agreement holds on its last day, and so does the access."""
    lab = lab_of(tmp_path)
    audience = {"person:jun": {"roles": ["reader"], "until": "2027-12-31"}}
    (grant,), _ = grants_of(lab.file, "amazon", audience, dt.date(2027, 12, 31))

    assert grant.until == dt.date(2028, 1, 1)


def test_somebody_without_an_identity_is_named(tmp_path: Path, opa: Path) -> None:
    """Nobody is left out in silence: the sentence says who, where, and what to write."""
    lab = lab_of(tmp_path)
    people = {**lab.file.people, "jun": lab.file.people["jun"].model_copy(update={"identities": {}})}
    changed = lab.model_copy(update={"file": lab.file.model_copy(update={"people": people})})
    with pytest.raises(InputError) as refused:
        bucket_in(opa, changed, "amazon")

    assert str(refused.value) == (
        "person:jun may use nf1/raw_images, but nothing says who that is at amazon. "
        "Write `identities: {amazon: …}` for each in lab.yaml."
    )


def test_open_raw_images_at_work(tmp_path: Path, opa: Path) -> None:
    """Versions are kept, nothing is locked, Amazon watches what is read, and nobody but the audience comes in."""
    bucket = bucket_in(opa, lab_of(tmp_path), "amazon")

    assert bucket.name == "way-nf1-raw-images-amazon"
    assert bucket.audit == "way-lab-audit-amazon"
    assert (bucket.region, bucket.account) == ("us-west-2", "123456789012")
    assert (bucket.versioning, bucket.public, bucket.own_key, bucket.lock_days) == (True, False, False, None)
    assert (bucket.abort_days, bucket.noncurrent_days, bucket.expire_days) == (7, None, None)
    assert bucket.transitions == (Transition(0, "intelligent_tiering"),)
    assert {(g.principal, g.role) for g in bucket.grants} == {
        ("person:mira", Role.CONTRIBUTOR),
        ("person:mira", Role.STEWARD),
        ("person:jun", Role.CONTRIBUTOR),
        ("person:jun", Role.READER),
    }


def test_coded_raw_images_at_rest(tmp_path: Path, opa: Path) -> None:
    """A key of the lab's own, a log, a lock for as long as the institution asks, and a cheaper class."""
    bucket = bucket_in(opa, lab_of(tmp_path, sensitivity="coded", activity="resting"), "amazon", Term.MID)

    assert (bucket.sensitivity, bucket.own_key, bucket.access_log, bucket.public) == ("coded", True, True, False)
    assert bucket.lock_days == lab_retention_days()
    assert bucket.transitions == (Transition(SETTLED_DAYS, "archive"),)


def lab_retention_days() -> int:
    """Three years."""
    return 3 * 365


def test_open_data_declared_public_have_no_block(tmp_path: Path, opa: Path) -> None:
    """From the term on in which it is declared, and not before."""
    lab = lab_of(tmp_path, activity="finished", more="licence: CC0-1.0\n    public_from: long")

    assert bucket_in(opa, lab, "google", Term.LONG).public
    assert not bucket_in(opa, lab, "google", Term.MID).public
