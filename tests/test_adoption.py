"""From what is there to a declaration: sizes, audiences, waivers, the record and the way out of keys."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox import labfile
from slidebox.adoption import (
    About,
    Content,
    Existing,
    LongLivedKey,
    Member,
    Taken,
    Thing,
    keyless,
    project_of,
    record_of,
    strangers,
    waivers_for,
)
from slidebox.adoption.writing import size_of
from slidebox.errors import DeclarationError
from slidebox.model import (
    Finding,
    Lab,
    LabFile,
    Level,
    Person,
    Role,
    Sensitivity,
    Service,
    Severity,
    Store,
    StoreKind,
    System,
)

TODAY = dt.date(2026, 11, 24)
UPLOAD = "serviceAccount:upload@way.iam.gserviceaccount.com"
FILE = LabFile(
    lab="way",
    title="Way",
    people={
        "mira": Person(name="Mira", email="mira@example.org"),
        "jun": Person(name="Jun", identities={"cloud": "user:jun@example.org"}),
    },
    services={"upload": Service(owner="mira", identities={"cloud": UPLOAD})},
    stores={
        "cloud": Store(system=System.CLOUD, kind=StoreKind.GCS, account="way-images", region="europe-west4"),
        "amazon": Store(system=System.CLOUD, kind=StoreKind.AWS, account="123456789012", region="eu-west-1"),
    },
)
ABOUT = About(project="old", title="Old", owner="mira", sensitivity=Sensitivity.OPEN)
BUCKET = Thing("slidebox:gcs:Bucket", "cloud/old-bucket", {"bucket": "old-bucket", "versioning": False})


OTHER = """\
project: other
found: 2026-11-24
places:
- level: metadata
  store: cloud
  resources: [{type: slidebox:gcs:Bucket, name: n, id: i, inputs: {}}]
"""


def taken(*members: Member, level: Level = Level.RAW_IMAGES, keys: tuple[LongLivedKey, ...] = ()) -> Taken:
    """A bucket with some members."""
    there = Existing(store="cloud", name="old-bucket", things=(BUCKET,), members=members, keys=keys, notes=("A note.",))
    return Taken(there, level, Content(2_345_678_901, 40, 90_000_000))


def test_who_has_access_is_in_the_audience_in_the_role_that_it_comes_to() -> None:
    """Whoever may do more has no lesser role beside it; who is unknown, or may do what no role is, is in none."""
    project = project_of(
        FILE,
        [
            taken(
                Member(UPLOAD, Role.CONTRIBUTOR),
                Member("user:jun@example.org", Role.READER),
                Member("user:jun@example.org", Role.STEWARD),
                Member("user:nobody@example.org", Role.READER),
                Member("user:mira@example.org", None),
            )
        ],
        ABOUT,
    )
    assert (project.audience.steward, project.audience.contributor, project.audience.reader) == (
        ("jun",),
        ("upload",),
        (),
    )


def test_the_owner_answers_for_what_nobody_else_may_delete() -> None:
    """An audience without a steward would be one that nobody decides in."""
    assert project_of(FILE, [taken(Member(UPLOAD, Role.READER))], ABOUT).audience.steward == ("mira",)


def test_each_of_two_places_keeps_its_own_audience() -> None:
    """Who could read one of them does not read the other."""
    project = project_of(
        FILE,
        [taken(Member("user:jun@example.org", Role.READER)), taken(level=Level.METADATA)],
        ABOUT,
    )
    assert project.audience_of(Level.RAW_IMAGES).reader == ("jun",)
    assert project.audience_of(Level.METADATA).reader == ()


def test_a_place_with_nothing_in_it_can_be_declared() -> None:
    """A declaration needs a size and a file."""
    empty = Taken(taken().existing, Level.RAW_IMAGES, Content(0, 0, 0))
    dataset = project_of(FILE, [empty], ABOUT).datasets[Level.RAW_IMAGES]
    assert (dataset.size.bytes, dataset.files) == (1, 1)


def test_the_declaration_is_one_that_the_lab_can_have() -> None:
    """It is written, read again and found in order."""
    project = project_of(FILE, [taken(Member("user:jun@example.org", Role.READER))], ABOUT)
    assert labfile.check_lab(Lab(file=FILE, projects={"old": project})) == ()


def test_whoever_the_lab_file_does_not_know_is_named() -> None:
    """With the holders of keys."""
    one = taken(Member("user:x@example.org", None), Member(UPLOAD, None), keys=(LongLivedKey("serviceAccount:k"),))
    assert strangers(FILE, [one.existing]) == {"cloud": ("serviceAccount:k", "user:x@example.org")}
    assert strangers(FILE, [taken(Member(UPLOAD, None)).existing]) == {}


@given(st.integers(min_value=0, max_value=10**17))
def test_a_size_is_never_less_than_what_there_is_and_hardly_more(count: int) -> None:
    """It is rounded up to three digits, or exact."""
    size = size_of(count).bytes
    assert max(count, 1) <= size <= max(count, 1) * 1.011


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "1 B"),
        (999_999, "999999 B"),
        (2_345_678_901, "2.35 GB"),
        (40_000_000_000_000, "40 TB"),
        (999_999_999, "1000 MB"),
    ],
)
def test_a_size_is_written_as_people_write_it(count: int, said: str) -> None:
    """In the unit that suits it."""
    assert str(size_of(count)) == said


def finding(rule: str, subject: str, severity: Severity = Severity.ERROR) -> Finding:
    """A finding."""
    return Finding(rule, severity, subject, "something is wrong")


def test_what_refuses_is_set_aside_once_for_each_place_where_the_rules_allow_it() -> None:
    """Warnings need no waiver, a rule that cannot be waived gets none, and one of the project as such neither."""
    findings = [
        finding("cost/ownership_tags", "old/raw_images@short@cloud"),
        finding("cost/ownership_tags", "old/raw_images@mid@cloud"),
        finding("keeping/raw_copies", "old/raw_images"),
        finding("sharing/identifiable_never_public", "old/raw_images@short@cloud"),
        finding("cost/budget_with_alerts", "old"),
        finding("cost/uploads_aborted", "old/raw_images@short@cloud", Severity.WARNING),
    ]
    waivable = {"sharing/identifiable_never_public": False}
    waivers = waivers_for(findings, {f.rule: waivable.get(f.rule, True) for f in findings}, "mira", TODAY)
    assert [(w.rule, w.location) for w in waivers] == [
        ("cost/ownership_tags", "raw_images@cloud"),
        ("keeping/raw_copies", "raw_images"),
    ]
    assert {(w.by, w.until) for w in waivers} == {("mira", dt.date(2027, 2, 22))}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """With the ids that the engine imports by, and nothing of a key but whose it is."""
    key = LongLivedKey(UPLOAD, "service-account.json", "2023-02-01")
    record = record_of("old", [taken(keys=(key,))], TODAY)
    (tmp_path / "adopted").mkdir()
    (tmp_path / labfile.record_file("old")).write_text(labfile.dump_record(record), encoding="utf-8")
    assert labfile.load_record(tmp_path, "old") == record
    place = record.place(Level.RAW_IMAGES, "cloud")
    assert place is not None
    assert (place.resources[0].name, place.resources[0].id) == ("raw_images@cloud", "cloud/old-bucket")
    assert (place.keys, place.notes) == ((UPLOAD,), ("A note.",))
    assert record.place(Level.METADATA, "cloud") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file"),
        (
            OTHER,
            "is the record of the project 'other'",
        ),
        ("project: old\nfound: 2026-11-24\nplaces: []", "places"),
        ("project: [", "adopted/old.yaml:1:"),
        ("- a", "mapping"),
    ],
)
def test_a_record_that_is_not_whole_is_refused_with_its_file(tmp_path: Path, text: str | None, said: str) -> None:
    """What stays as it is is not guessed."""
    (tmp_path / "adopted").mkdir()
    if text is not None:
        (tmp_path / "adopted" / "old.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as error:
        labfile.load_record(tmp_path, "old")
    assert "adopted/old.yaml" in str(error.value)
    assert said in str(error.value)


def test_a_key_of_google_has_a_way_out_without_keys() -> None:
    """For people, for programs, and how it is deleted at last."""
    place = taken(keys=(LongLivedKey(UPLOAD, "terraform/utilities/service-account.json", "2023-02-01"),)).existing
    (way,) = keyless(place, FILE.stores["cloud"])
    assert "made on 2023-02-01, in terraform/utilities/service-account.json" in way.problem
    written = [line for step in way.steps for line in step.write]
    assert any('{cloud: "user:' in line for line in written)
    assert any("principalSet://iam.googleapis.com/" in line for line in written)
    assert any("keys delete KEY --iam-account=upload@way.iam.gserviceaccount.com" in line for line in written)


def test_a_key_of_amazon_has_a_way_out_without_keys() -> None:
    """By a role."""
    there = Existing(store="amazon", name="b", things=(BUCKET,), keys=(LongLivedKey("arn:aws:iam::1:user/up"),))
    (way,) = keyless(there, FILE.stores["amazon"])
    assert any("delete-access-key --user-name up" in line for step in way.steps for line in step.write)
    assert keyless(taken().existing, FILE.stores["cloud"]) == ()
