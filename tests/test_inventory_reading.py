"""Reports of three clouds and lists of files become the one table; what is not whole is said and not summed."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inventories import (
    BUCKET,
    OWNER,
    S3_FIELDS,
    TAKEN,
    acl,
    azure_blob,
    azure_report,
    base64_md5,
    everyone,
    google_object,
    google_report,
    md5,
    s3_object,
    s3_report,
    seal,
)

from slidebox.errors import InputError
from slidebox.inventory import Inventory, gathered, read
from slidebox.inventory.columns import CLASSES
from slidebox.inventory.reports import S3
from slidebox.inventory.table import COLUMNS

pytest.importorskip("ibis")
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def rows_of(*paths: Path, stores: dict[str, Path] | None = None) -> list[dict[str, Any]]:
    """The rows of the one table, by key and version, of reports of which nothing is excluded."""
    with gathered(paths, None, root=Path("/lab"), now=NOW, stores=stores) as found:
        assert found.excluded == ()
        rows: list[dict[str, Any]] = found.table.to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: (row["bucket"], row["key"], row["version"] or ""))


def summed(*paths: Path) -> Inventory:
    """What reports say, with no lab."""
    return read(paths, None, root=Path("/lab"), now=NOW)


def totals(inventory: Inventory) -> tuple[int, int]:
    """Objects and bytes of all current versions."""
    return sum(one.objects for one in inventory.holdings), sum(one.bytes for one in inventory.holdings)


def only(texts: Sequence[str]) -> str:
    """The only one of some texts."""
    assert len(texts) == 1, texts
    return texts[0]


@pytest.mark.parametrize("form", ["Parquet", "CSV", "ORC"])
def test_an_s3_inventory_is_read_in_each_of_its_forms(tmp_path: Path, form: str) -> None:
    """Every column of the one table is filled as the fields of S3 have it, whatever the form and the key."""
    key = 'plate 1/a+b%2Fc,ü".tif'
    s3_report(tmp_path, [s3_object(key, 5000)], form=form)
    row = only([json.dumps(row, default=str) for row in rows_of(tmp_path)])
    assert json.loads(row) == {
        "store": "",
        "bucket": BUCKET,
        "key": key,
        "version": "v1",
        "is_latest": True,
        "is_delete_marker": False,
        "bytes": 5000,
        "modified": "2026-01-01 12:00:00+00:00",
        "storage_class": "standard",
        "tier": None,
        "etag": md5(key),
        "checksum_kind": "MD5",
        "checksum": md5(key),
        "encryption": "provider",
        "is_public": None,
        "last_read": None,
        "project": "",
        "level": "",
        "dataset": "",
        "incomplete": False,
        "as_of": "2026-11-22",
    }


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(KEYS, st.integers(1, 2**45), st.sampled_from(sorted(CLASSES[S3])), st.booleans()),
        max_size=4,
        unique_by=lambda one: one[0],
    )
)
def test_each_form_of_an_s3_inventory_says_the_same(rows: list[tuple[str, int, str, bool]]) -> None:
    """Whatever the keys are: CSV has them escaped, Parquet and ORC as they are."""
    objects = [s3_object(key, size, StorageClass=word, IsLatest=latest) for key, size, word, latest in rows]
    found = []
    for form in ("Parquet", "CSV", "ORC"):
        with TemporaryDirectory() as folder:
            s3_report(Path(folder), objects, form=form)
            found.append(rows_of(Path(folder)))
    assert found[0] == found[1] == found[2]
    assert sorted((row["key"], row["bytes"]) for row in found[0]) == sorted((key, size) for key, size, *_ in rows)


@pytest.mark.parametrize("form", ["Parquet", "CSV", "ORC"])
def test_versions_markers_and_folders_of_s3_are_told_apart(tmp_path: Path, form: str) -> None:
    """Earlier versions and delete markers keep their kind; a folder is not counted, and that is said."""
    s3_report(
        tmp_path,
        [s3_object("a"), s3_object("a", VersionId="v0", IsLatest=False)],
        [s3_object("b", None, IsDeleteMarker=True, ETag=None), s3_object("plate/", 0), s3_object("empty", 0)],
        form=form,
    )
    found = [(row["key"], row["is_latest"], row["is_delete_marker"], row["bytes"]) for row in rows_of(tmp_path)]
    assert found == [
        ("a", False, False, 1000),
        ("a", True, False, 1000),
        ("b", True, True, 0),
        ("empty", True, False, 0),
    ]
    note = f"{BUCKET}, 2026-11-22: rows that are folders and not objects: 1. They are not counted."
    assert summed(tmp_path).notes == (note,)


@pytest.mark.parametrize("form", ["Parquet", "CSV", "ORC"])
@pytest.mark.parametrize(
    ("grants", "public"),
    [
        ((OWNER,), False),
        ((OWNER, everyone()), True),
        ((everyone("FULL_CONTROL", "AuthenticatedUsers"),), True),
        ((everyone("READ_ACP"), OWNER), False),
        ((everyone("WRITE_ACP"),), True),
        (({"permission": "READ", "type": "Group", "uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"},), False),
    ],
)
def test_an_objects_list_says_whether_anyone_may_read_it(
    tmp_path: Path, form: str, grants: tuple[dict[str, str], ...], public: bool
) -> None:
    """Everybody and every account of AWS are anyone; a right to read the list alone is none to the object."""
    s3_report(tmp_path, [s3_object("a", ObjectAccessControlList=acl(*grants))], form=form)
    assert [row["is_public"] for row in rows_of(tmp_path)] == [public]


def test_a_list_that_is_not_available_says_nothing(tmp_path: Path) -> None:
    """Where S3 could not tell the list, whether it lets anyone in is not known."""
    s3_report(tmp_path, [s3_object("a", ObjectAccessControlList=acl(status="UNAVAILABLE")), s3_object("b")])
    assert [row["is_public"] for row in rows_of(tmp_path)] == [None, None]


@pytest.mark.parametrize(
    ("more", "checksum", "encryption"),
    [
        ({}, md5("a"), "provider"),
        ({"EncryptionStatus": "NOT-SSE"}, md5("a"), "none"),
        ({"EncryptionStatus": "SSE-KMS"}, None, "kms"),
        ({"EncryptionStatus": "DSSE-KMS"}, None, "kms"),
        ({"EncryptionStatus": "SSE-C"}, None, "customer"),
        ({"EncryptionStatus": "SSE-NEW"}, None, "unknown"),
        ({"ETag": f"{md5('a')}-3", "IsMultipartUploaded": True}, None, "provider"),
        ({"ETag": f'"{md5("a")}"'}, md5("a"), "provider"),
    ],
)
def test_an_etag_is_a_checksum_only_where_s3_says_so(
    tmp_path: Path, more: dict[str, Any], checksum: str | None, encryption: str
) -> None:
    """That of an upload in parts or with other keys than S3's own is no MD5 of the content."""
    s3_report(tmp_path, [s3_object("a", **more)])
    row = rows_of(tmp_path)[0]
    assert (row["checksum"], row["encryption"]) == (checksum, encryption)
    assert row["checksum_kind"] == ("MD5" if checksum else None)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("STANDARD_IA", "infrequent"),
        ("GLACIER_IR", "archive"),
        ("GLACIER", "glacier"),
        ("DEEP_ARCHIVE", "deep_archive"),
        ("INTELLIGENT_TIERING", "intelligent_tiering"),
        ("EXPRESS_ONEZONE", "EXPRESS_ONEZONE"),
    ],
)
def test_classes_have_the_price_books_names(tmp_path: Path, word: str, name: str) -> None:
    """A class that no price book has keeps the provider's own word."""
    s3_report(tmp_path, [s3_object("a", StorageClass=word)])
    assert [row["storage_class"] for row in rows_of(tmp_path)] == [name]


def test_an_inventory_with_fewer_fields_is_read(tmp_path: Path) -> None:
    """Fields are optional: without versions everything is current, and what is not told is not known."""
    s3_report(tmp_path, [s3_object("a")], form="CSV", fields=("Bucket", "Key", "Size"))
    row = rows_of(tmp_path)[0]
    assert (row["bytes"], row["is_latest"], row["version"], row["modified"]) == (1000, True, None, None)
    assert (row["encryption"], row["storage_class"]) == ("unknown", "")


def test_an_inventory_without_sizes_is_refused(tmp_path: Path) -> None:
    """Nothing can be summed without sizes."""
    s3_report(tmp_path, [s3_object("a")], form="CSV", fields=("Bucket", "Key", "StorageClass"))
    assert "lacks the column 'Size'" in only(summed(tmp_path).excluded)


def test_columns_that_are_not_known_are_said(tmp_path: Path) -> None:
    """A field that AWS adds later is left out, and named."""
    s3_report(tmp_path, [s3_object("a", Novelty="x")], form="CSV", fields=(*S3_FIELDS, "Novelty"))
    assert only(summed(tmp_path).notes).endswith("columns that are not known were not read: 'Novelty'.")


def test_an_empty_bucket_has_a_report_of_nothing(tmp_path: Path) -> None:
    """A report without files is whole."""
    s3_report(tmp_path)
    assert summed(tmp_path) == Inventory()


def test_sizes_and_times_that_are_none_are_said(tmp_path: Path) -> None:
    """A row without a size is left out; one without a zone counts as UTC; one without a time has no age."""
    rows = [
        s3_object("a", LastModifiedDate="2026-01-01T12:00:00"),
        s3_object("b", LastModifiedDate="yesterday"),
        s3_object("c", Size="many"),
        s3_object("d", -5),
    ]
    s3_report(tmp_path, rows, form="CSV")
    found = summed(tmp_path)
    of = f"{BUCKET}, 2026-11-22: rows"
    assert found.notes == (
        f"{of} without a size that is a number: 2. They are left out.",
        f"{of} without a time that can be read: 1. Their age is not known.",
        f"{of} whose time names no zone: 2. It is taken for UTC.",
    )
    assert totals(found) == (2, 2000)
    assert [row["modified"] for row in rows_of(tmp_path)] == [dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), None]


def test_objects_that_were_changed_after_their_report_are_said(tmp_path: Path) -> None:
    """A clock that ran ahead is named; two days are what reports themselves may be late."""
    rows = [s3_object("a", LastModifiedDate=dt.datetime(2026, 11, 24, tzinfo=dt.UTC))]
    s3_report(tmp_path, rows)
    assert summed(tmp_path).notes == ()
    rows = [s3_object("a", LastModifiedDate=dt.datetime(2031, 1, 1, tzinfo=dt.UTC))]
    s3_report(tmp_path, rows, taken=TAKEN + dt.timedelta(hours=1))
    assert (
        f"{BUCKET} has objects that were changed on 2031-01-01, after its report of 2026-11-22"
        in (summed(tmp_path).notes[-1])
    )


def test_days_are_those_of_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the zone of this machine nor that of a time shifts a day."""
    monkeypatch.setenv("TZ", "America/Denver")
    naive = "2026-01-01T00:30:00"
    s3_report(tmp_path, [s3_object("a", LastModifiedDate=naive)], form="CSV", taken=TAKEN.replace(hour=0, minute=5))
    row = rows_of(tmp_path)[0]
    assert row["as_of"] == dt.date(2026, 11, 22)
    assert row["modified"] == dt.datetime(2026, 1, 1, 0, 30, tzinfo=dt.UTC)


def test_a_manifest_that_is_not_what_its_checksum_says_is_refused(tmp_path: Path) -> None:
    """A manifest that was changed, or whose checksum is missing, is not taken."""
    manifest = s3_report(tmp_path, [s3_object("a")])
    manifest.write_text(manifest.read_text().replace("lab-audit", "lab-other"))
    found = summed(tmp_path)
    assert found.holdings == ()
    assert only(found.excluded) == f"{manifest} is not what manifest.checksum says it is: their MD5 differ."
    manifest.with_name("manifest.checksum").unlink()
    assert "has no checksum beside it (manifest.checksum)" in only(summed(tmp_path).excluded)


def test_a_file_that_is_not_what_the_manifest_says_is_refused(tmp_path: Path) -> None:
    """One byte that differs, one that is missing, and a file that is not there: each is said."""
    s3_report(tmp_path, [s3_object("a")], [s3_object("b")], form="CSV")
    part = sorted(tmp_path.rglob("*.gz"))[1]
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "has another MD5 for" in only(summed(tmp_path).excluded)
    part.write_bytes(whole[:-1])
    assert f"says that {part} has {len(whole):,} bytes, and it has {len(whole) - 1:,}." in only(
        summed(tmp_path).excluded
    )
    part.unlink()
    found = summed(tmp_path)
    assert "which is not there" in only(found.excluded)
    assert found.holdings == ()


def test_what_is_excluded_never_names_an_object(tmp_path: Path) -> None:
    """A key can name a patient: what is wrong is said by file and line."""
    google_report(tmp_path, [google_object("patient-4711.tif"), google_object("b")], form="csv")
    part = next(tmp_path.rglob("*.csv"))
    part.write_text(part.read_text().replace("patient-4711.tif", '"patient-4711.tif'))
    said = only(summed(tmp_path).excluded)
    assert "4711" not in said
    assert str(part) in said


@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_files_that_are_cut_off_are_refused_without_checksums_too(tmp_path: Path, keep: float) -> None:
    """Google and Azure write no checksum of files: a file that is cut off is found all the same."""
    google_report(tmp_path / "g", [google_object(f"o{number}") for number in range(200)])
    azure_report(tmp_path / "a", [azure_blob(f"c/o{number}") for number in range(200)], form="csv")
    for part in (*(tmp_path / "g").glob("*.parquet"), *(tmp_path / "a").rglob("*.csv")):
        part.write_bytes(part.read_bytes()[: int(part.stat().st_size * keep)])
    found = summed(tmp_path)
    assert len(found.excluded) == 2
    assert found.holdings == ()


def test_rows_that_are_missing_are_found_by_their_number(tmp_path: Path) -> None:
    """A file that ends with a whole row is held against the number of rows, or bytes, that the manifest says."""
    google_report(tmp_path / "g", [google_object("a"), google_object("b")], form="csv")
    part = next((tmp_path / "g").glob("*.csv"))
    part.write_text("".join(part.read_text().splitlines(keepends=True)[:-1]))
    azure_report(tmp_path / "a", [azure_blob("c/a")], summary={"objectCount": 1, "totalObjectSize": 3001})
    said = summed(tmp_path).excluded
    assert any("says that there are 2 rows, and its files have 1." in one for one in said)
    assert any("says that there are 3,001 bytes, and its files have 3,000." in one for one in said)


def test_damage_inside_of_parquet_is_found(tmp_path: Path) -> None:
    """Where no checksum proves a file, everything in it is read once."""
    google_report(tmp_path, [google_object(f"object-{number}" * 50) for number in range(5000)])
    part = next(tmp_path.glob("*.parquet"))
    damaged = bytearray(part.read_bytes())
    middle = len(damaged) // 4
    damaged[middle : middle + 2000] = os.urandom(2000)
    part.write_bytes(damaged)
    found = summed(tmp_path)
    assert str(part) in only(found.excluded) or str(tmp_path) in only(found.excluded)
    assert found.holdings == ()


def test_of_two_reports_of_one_day_the_later_whole_one_counts(tmp_path: Path) -> None:
    """They are never summed; one that is not whole does not stand in for one that is."""
    early = s3_report(tmp_path, [s3_object("a", 10)])
    late = s3_report(tmp_path, [s3_object("a", 10), s3_object("b", 5)], taken=TAKEN + dt.timedelta(hours=5))
    found = summed(tmp_path)
    assert totals(found) == (2, 15)
    assert only(found.notes) == (
        f"The report of {BUCKET} of 2026-11-22 01:00 UTC ({early}) is not counted: the report of {BUCKET} of "
        f"2026-11-22 06:00 UTC ({late}) is of the same day, and later."
    )
    late.write_text(late.read_text() + " ")
    found = summed(tmp_path)
    assert totals(found) == (1, 10)
    assert str(late) in only(found.excluded)
    assert found.notes == ()


def test_reports_of_several_days_are_not_added_up(tmp_path: Path) -> None:
    """What lies somewhere is what the newest report says."""
    s3_report(tmp_path, [s3_object("a", 10)])
    s3_report(tmp_path, [s3_object("a", 10), s3_object("b", 5)], taken=TAKEN + dt.timedelta(days=7))
    assert totals(summed(tmp_path)) == (2, 15)


@pytest.mark.parametrize(
    ("folder", "form", "many"),
    [("week [1]", "CSV", False), ("week *", "Parquet", False), ("week ?", "CSV", True), ("week [1]", "Parquet", True)],
)
def test_a_path_stands_for_no_other(tmp_path: Path, folder: str, form: str, *, many: bool) -> None:
    """What a shell takes for a pattern is a name here: the files that the manifest names are read, and no others."""
    s3_report(tmp_path / folder, [s3_object("own", 10)], form=form)
    s3_report(tmp_path / "week 1", [s3_object("other", 10_000)], form=form)
    more = [s3_report(tmp_path / folder, [s3_object("a", 1)], bucket=f"b{n}", form=form) for n in range(40 * many)]
    found = summed(tmp_path / folder)
    assert found.excluded == ()
    assert totals(found) == (1 + len(more), 10 + len(more))


def test_a_report_that_is_given_twice_counts_once(tmp_path: Path) -> None:
    """A folder and a manifest in it are one report."""
    manifest = s3_report(tmp_path, [s3_object("a", 10)])
    found = summed(tmp_path, manifest)
    assert totals(found) == (1, 10)
    assert found.notes == ()


def test_several_configurations_of_one_bucket_are_said(tmp_path: Path) -> None:
    """One of them may list only a part of the bucket, which no report says."""
    s3_report(tmp_path, [s3_object("a", 10)])
    s3_report(tmp_path, [s3_object("a", 10)], name="masks-only", taken=TAKEN + dt.timedelta(days=1))
    assert f"{BUCKET} has reports of 2 configurations (masks-only, slidebox)" in only(summed(tmp_path).notes)


def test_many_reports_are_read_together(tmp_path: Path) -> None:
    """What holds of few holds of many: each has its own place and day, and one that is not whole is found."""
    for number in range(20):
        bucket = f"bucket-{number}"
        s3_report(tmp_path, [s3_object("a", number)], [s3_object("d/", 0)] * (number == 7), bucket=bucket)
        more = [s3_object("a", number), s3_object("b", 100)]
        s3_report(
            tmp_path, more, bucket=bucket, taken=TAKEN + dt.timedelta(days=7), form="CSV" if number % 2 else "ORC"
        )
    google_report(tmp_path / "g", [google_object("x", 1)])
    google_report(tmp_path / "h", [google_object("x", 1)], bucket="cut-off", taken=TAKEN + dt.timedelta(days=1))
    cut = next((tmp_path / "h").glob("*.parquet"))
    cut.write_bytes(cut.read_bytes()[:-9])
    found = summed(tmp_path)
    assert only(found.excluded) == f"{cut} is no whole Parquet file."
    assert only(found.notes) == "bucket-7, 2026-11-22: rows that are folders and not objects: 1. They are not counted."
    held = {one.bucket: (one.objects, one.bytes, one.as_of) for one in found.holdings}
    newest = dt.date(2026, 11, 29)
    assert held == {
        "lab-alpha-bulk-embeddings-gcs": (1, 1, dt.date(2026, 11, 22)),
        **{f"bucket-{number}": (2, 100 + number, newest) for number in range(20)},
    }


def test_a_list_for_hive_is_read_where_there_is_no_manifest(tmp_path: Path) -> None:
    """It has no checksums, which is said; of CSV it does not say the columns."""
    manifest = s3_report(tmp_path, [s3_object("a", 10)])
    data = next(tmp_path.rglob("*.parquet"))
    hive = manifest.parents[1] / "hive" / "dt=2026-11-22-01-00" / "symlink.txt"
    hive.parent.mkdir(parents=True)
    hive.write_text(f"s3://lab-audit/{data.relative_to(tmp_path).as_posix()}\n")
    assert totals(summed(tmp_path)) == (1, 10)
    assert summed(tmp_path).notes == ()
    manifest.unlink()
    found = summed(tmp_path)
    assert totals(found) == (1, 10)
    assert [one.bucket for one in found.holdings] == [BUCKET]
    assert only(found.notes) == f"{hive} has no checksums: whether its files are whole was not proved."
    hive.write_text("s3://lab-audit/inventory/x.csv.gz\n")
    assert "names no files of Parquet or ORC" in only(summed(tmp_path).excluded)


def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    """A key with `..` is no file of a report."""
    manifest = s3_report(tmp_path / "reports", [s3_object("a")])
    document = json.loads(manifest.read_text())
    (tmp_path / "other.parquet").write_bytes(next(tmp_path.rglob("*.parquet")).read_bytes())
    document["files"][0]["key"] = "../../../../../other.parquet"
    seal(manifest, document)
    assert "which is not there" in only(summed(tmp_path).excluded)


@pytest.mark.parametrize("text", ["{", "[1, 2", '{"sourceBucket": "b", "fileSchema": "", "files": []}'])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """A document that is cut off, or lacks what a manifest has, is said."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text(text)
    assert str(manifest) in only(summed(tmp_path).excluded)


def test_a_folder_without_reports_is_an_error(tmp_path: Path) -> None:
    """Nothing was read, which must not look like nothing is there; other manifests are none of a report."""
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}')
    with pytest.raises(InputError, match="There is no report of what a store holds"):
        summed(tmp_path)


@pytest.mark.parametrize(
    ("form", "headed", "delimiter"),
    [("parquet", True, ","), ("csv", True, ","), ("csv", False, ","), ("csv", True, ";"), ("csv", False, "\t")],
)
def test_a_report_of_storage_insights_is_read(tmp_path: Path, form: str, headed: bool, delimiter: str) -> None:
    """In Parquet and in CSV with or without a first line, in several files."""
    rows = [google_object("a,b/c.tif"), google_object("old", timeDeleted=dt.datetime(2026, 5, 1, tzinfo=dt.UTC))]
    composed = google_object("composed", 7, md5Hash=None, storageClass="ARCHIVE")
    google_report(tmp_path, rows, [composed], form=form, headed=headed, delimiter=delimiter)
    found = rows_of(tmp_path)
    first = {
        "store": "",
        "bucket": "lab-alpha-bulk-embeddings-gcs",
        "key": "a,b/c.tif",
        "version": "1668449310541111",
        "is_latest": True,
        "is_delete_marker": False,
        "bytes": 2000,
        "modified": dt.datetime(2026, 2, 2, 9, 30, tzinfo=dt.UTC),
        "storage_class": "infrequent",
        "tier": None,
        "etag": "CJ+/lo7Y8PoCEAE=",
        "checksum_kind": "MD5",
        "checksum": md5("a,b/c.tif"),
        "encryption": "provider",
        "is_public": None,
        "last_read": None,
        **dict.fromkeys(("project", "level", "dataset"), ""),
        "incomplete": False,
        "as_of": dt.date(2026, 11, 22),
    }
    assert found[0] == first
    assert [(row["key"], row["is_latest"]) for row in found[1:]] == [("composed", True), ("old", False)]
    assert (found[1]["checksum"], found[1]["checksum_kind"], found[1]["storage_class"]) == (None, None, "deep_archive")


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_blob_inventory_is_read(tmp_path: Path, form: str) -> None:
    """Containers, versions, snapshots, deleted blobs and folders of Azure are told apart."""
    rows = [
        azure_blob("raw/a/b.tif"),
        azure_blob("raw/v", IsCurrentVersion=False, VersionId="2026-01-01T00:00:00.0000000Z"),
        azure_blob("raw/s", VersionId=None, IsCurrentVersion=None, Snapshot="2026-02-01T00:00:00.0000000Z"),
        azure_blob("raw/d", Deleted=True),
        azure_blob("raw/dir", None, hdi_isfolder=True),
        azure_blob("masks/k", 1, AccessTier="Archive", CustomerProvidedKeySha256="abc="),
        azure_blob("favicon.ico"),
    ]
    azure_report(tmp_path, rows, form=form)
    root, *found = rows_of(tmp_path)
    assert (root["bucket"], root["key"]) == ("$root", "favicon.ico")
    assert found[1] == {
        "store": "",
        "bucket": "raw",
        "key": "a/b.tif",
        "version": "2026-03-01T10:00:00.1234567Z",
        "is_latest": True,
        "is_delete_marker": False,
        "bytes": 3000,
        "modified": dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC),
        "storage_class": "infrequent",
        "tier": None,
        "etag": "0x8D9F",
        "checksum_kind": "MD5",
        "checksum": md5("raw/a/b.tif"),
        "encryption": "provider",
        "is_public": None,
        "last_read": dt.datetime(2026, 10, 1, 10, tzinfo=dt.UTC),
        **dict.fromkeys(("project", "level", "dataset"), ""),
        "incomplete": False,
        "as_of": dt.date(2026, 11, 22),
    }
    assert [(row["bucket"], row["key"], row["is_latest"]) for row in found] == [
        ("masks", "k", True),
        ("raw", "a/b.tif", True),
        ("raw", "d", False),
        ("raw", "s", False),
        ("raw", "v", False),
    ]
    assert (found[0]["storage_class"], found[0]["encryption"]) == ("deep_archive", "customer")
    assert found[3]["version"] == "2026-02-01T00:00:00.0000000Z"
    assert "rows that are folders and not objects: 1" in only(summed(tmp_path).notes)


@pytest.mark.parametrize("status", ["Pending", "Failed", "PartiallySucceeded"])
def test_a_run_of_azure_that_did_not_succeed_is_refused(tmp_path: Path, status: str) -> None:
    """Its report may lack blobs."""
    azure_report(tmp_path, [azure_blob("c/a")], status=status)
    assert f"is of a run that did not succeed: it says {status!r}." in only(summed(tmp_path).excluded)


def test_a_report_of_containers_is_passed_over(tmp_path: Path) -> None:
    """It is whole and lists no blobs: that is said, and is no fault."""
    rule = {"objectType": "Container", "format": "csv", "schemaFields": ["Name", "PublicAccess"]}
    azure_report(tmp_path / "c", [azure_blob("c")], rule="containers", ruleDefinition=rule)
    azure_report(tmp_path / "b", [azure_blob("c/a")])
    found = summed(tmp_path)
    assert (totals(found), found.excluded) == ((1, 3000), ())
    assert "lists every container and not blobs" in only(found.notes)


def test_rules_of_azure_for_other_prefixes_are_both_counted(tmp_path: Path) -> None:
    """Rules overlap only where one prefix begins with the other: then the later one counts."""
    later = TAKEN + dt.timedelta(hours=1)
    azure_report(tmp_path, [azure_blob("raw/a")], rule="one", prefixes=["raw"])
    azure_report(tmp_path, [azure_blob("masks/a")], rule="two", prefixes=["masks"], taken=later)
    assert totals(summed(tmp_path)) == (2, 6000)
    azure_report(tmp_path, [azure_blob("raw/a/b")], rule="three", prefixes=["raw/a"], taken=later)
    assert totals(summed(tmp_path)) == (2, 6000)
    notes = summed(tmp_path).notes
    assert "is of the same day, and later" in notes[0]
    assert notes[1].startswith("labaccount has reports of 2 configurations (three, two): of each container the newest")


def test_the_same_content_is_found_across_clouds(tmp_path: Path) -> None:
    """An MD5 is the same in hexadecimal and in base64."""
    s3_report(tmp_path / "s", [s3_object("x", 50)])
    google_report(tmp_path / "g", [google_object("other", 50, md5Hash=base64_md5("x"))])
    azure_report(tmp_path / "a", [azure_blob("raw/y", 50, **{"Content-MD5": base64_md5("x")})])
    found = summed(tmp_path).duplicates
    assert [(one.places, one.groups, one.objects, one.bytes, one.checksum) for one in found] == [
        (("lab-alpha-bulk-embeddings-gcs", BUCKET, "raw"), 1, 2, 100, "MD5")
    ]


def files(folder: Path) -> Path:
    """A folder with files."""
    (folder / "plate 1" / "well").mkdir(parents=True)
    (folder / "plate 1" / "a\tb.tif").write_bytes(b"x" * 10)
    (folder / "plate 1" / "well" / "ü.tif").write_bytes(b"y" * 20)
    (folder / "link").symlink_to(folder)
    return folder


def find(folder: Path, into: Path) -> Path:
    """The list that the documented command writes."""
    with into.open("wb") as out:
        command = ["find", str(folder), "-type", "f", "-printf", "%s\\t%T@\\t%H\\t%P\\n"]
        subprocess.run(command, stdout=out, check=True)
    return into


def test_a_list_of_find_is_read(tmp_path: Path) -> None:
    """Names with tabs and letters of any language are kept; the day is that on which the list was written."""
    folder = files(tmp_path / "drive")
    listed = find(folder, tmp_path / "drive.tsv")
    os.utime(listed, (TAKEN.timestamp(), TAKEN.timestamp()))
    found = rows_of(listed)
    assert [(row["bucket"], row["key"], row["bytes"]) for row in found] == [
        (str(folder), "plate 1/a\tb.tif", 10),
        (str(folder), "plate 1/well/ü.tif", 20),
    ]
    assert {row["as_of"] for row in found} == {dt.date(2026, 11, 22)}
    assert {column.name for column in COLUMNS} == set(found[0])


def test_names_that_are_not_text_are_read(tmp_path: Path) -> None:
    """A name of a file is bytes: what is no UTF-8 is spelled."""
    listed = tmp_path / "list"
    listed.write_bytes(b"5\t1700000000.5\t/mnt/d\tM\xfcller.tif\n")
    row = rows_of(listed)[0]
    assert row["key"] == "M\\xfcller.tif"
    assert row["modified"] == dt.datetime(2023, 11, 14, 22, 13, 20, 500000, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"5\t1.5\t/mnt/d\ta\n5\t1.5\t/mnt/d\tb", ":2 is cut off"),
        (b"5\t1.5\t/mnt/d\ta\nrest of a name\n", ":2 is no line of"),
        (b"5\t1.5\t/mnt/d\ta\n5\t1.5\t/mnt/e\tb\n", "lists 2 folders"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(tmp_path: Path, text: bytes, said: str) -> None:
    """Where it is cut off, has other lines, or is of several folders."""
    listed = tmp_path / "list"
    listed.write_bytes(text)
    assert said in only(summed(listed).excluded)
