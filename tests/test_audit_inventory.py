"""`slidebox audit inventory`: what lies where, whose it is, and what has to be seen to."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slidebox import labfile
from slidebox.cli import slidebox
from slidebox.errors import InputError, UnreadableError
from slidebox.inventory import gathered
from slidebox.inventory.judging import open_datasets
from slidebox.inventory.places import Claim, Place, claims_on, places_of
from slidebox.inventory.reports import AZURE, FOLDER, PARQUET, S3, Report

from .inventories import (
    OWNER,
    TAKEN,
    acl,
    azure_blob,
    azure_report,
    everyone,
    google_object,
    google_report,
    s3_object,
    s3_report,
)

pytest.importorskip("ibis")
LAB = """\
lab: small
title: Small lab
people: {ann: {name: Ann}}
stores:
  bench: {system: internal_drive, kind: drive, path: bench}
  bench-s3: {system: internal_drive, kind: s3, over: bench}
  bench-dvc: {system: dvc, kind: dvc, over: bench}
  campus: {system: local_cluster, kind: cluster, host: login.example.edu, path: /scratch/lab}
  box: {system: dropbox, kind: rclone, remote: lab-dropbox, path: imaging}
  s3: {system: cloud, kind: aws, account: "123456789012", region: us-east-1}
  gcs: {system: cloud, kind: gcs, account: small, region: us-central1}
  blob:
    system: cloud
    kind: azure
    account: labaccount
    region: eastus
    subscription: 00000000-0000-0000-0000-000000000000
    resource_group: lab
"""
ATLAS = """\
project: atlas
title: Atlas
owner: ann
audience: {reader: [ann]}
datasets:
  raw_images: {size: 2 TB, files: 1000, sensitivity: open}
  segmentation_masks: {size: 100 GB, files: 2000, sensitivity: open, parents: [raw_images]}
  single_cell_images: {size: 100 GB, files: 2000, sensitivity: open, parents: [clinic/raw_images]}
"""
CLINIC = """\
project: clinic
title: Clinic
owner: ann
audience: {reader: [ann]}
datasets:
  raw_images:
    size: 2 TB
    files: 1000
    sensitivity: identifiable
    patient_derived: true
    adopted: {s3: {name: old-clinic-bucket}, bench: {name: scans/clinic}}
"""
RAW, MASKS = "small-atlas-raw-images-s3", "small-atlas-segmentation-masks-s3"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab with a store of each kind that has inventories."""
    folder = tmp_path / "lab"
    (folder / "projects").mkdir(parents=True)
    (folder / "lab.yaml").write_text(LAB, encoding="utf-8")
    (folder / "projects" / "atlas.yaml").write_text(ATLAS, encoding="utf-8")
    (folder / "projects" / "clinic.yaml").write_text(CLINIC, encoding="utf-8")
    return folder


def run(lab: Path, *words: str | Path) -> Result:
    """Run the verb, in a terminal of 80 columns."""
    runner = CliRunner(env={"COLUMNS": "80"})
    told = [str(word) for word in words]
    return runner.invoke(slidebox, ["--lab", str(lab), "audit", "inventory", *told], standalone_mode=False)


def document(lab: Path, *words: str | Path) -> dict[str, Any]:
    """The JSON document of the verb."""
    result = run(lab, *words, "--json")
    assert result.exception is None, result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def held(document: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """Store, bucket, dataset and objects of everything that lies somewhere."""
    return [(one["store"], one["bucket"], one["dataset"], one["objects"]) for one in document["holdings"]]


def test_buckets_are_known_by_the_names_that_slidebox_makes_and_by_adoption(lab: Path, tmp_path: Path) -> None:
    """Of each cloud the store, the project and the level; what no file declares is nobody's."""
    reports = tmp_path / "reports"
    s3_report(reports, [s3_object("a")], bucket=RAW)
    s3_report(reports, [s3_object("b")], bucket="old-clinic-bucket")
    s3_report(reports, [s3_object("c")], bucket="somebodys-bucket")
    google_report(reports / "g", [google_object("d")], bucket="small-atlas-raw-images-gcs")
    azure_report(reports / "z", [azure_blob("small-atlas-raw-images-blob/e"), azure_blob("other/f")])
    found = document(lab, reports)
    assert held(found) == [
        ("", "other", "", 1),
        ("", "somebodys-bucket", "", 1),
        ("blob", "small-atlas-raw-images-blob", "atlas/raw_images", 1),
        ("gcs", "small-atlas-raw-images-gcs", "atlas/raw_images", 1),
        ("s3", "old-clinic-bucket", "clinic/raw_images", 1),
        ("s3", RAW, "atlas/raw_images", 1),
    ]
    assert [one["message"] for one in found["findings"]] == [
        "other: 1 object (3 kB) of no dataset that is declared. Declare what it is with `slidebox adopt`, "
        "or let it go.",
        "somebodys-bucket: 1 object (1 kB) of no dataset that is declared. Declare what it is with `slidebox adopt`, "
        "or let it go.",
    ]


def test_another_account_of_azure_is_not_the_labs(lab: Path, tmp_path: Path) -> None:
    """Names of containers are of their account alone."""
    azure_report(tmp_path / "z", [azure_blob("small-atlas-raw-images-blob/e")], account="elsewhere")
    assert held(document(lab, tmp_path / "z")) == [("", "small-atlas-raw-images-blob", "", 1)]


def listing(path: Path, root: str, names: Iterable[str]) -> Path:
    """A list of files as `find` writes it."""
    path.write_text("".join(f"10\t1700000000.0\t{root}\t{name}\n" for name in names), encoding="utf-8")
    return path


def test_folders_of_a_drive_are_known_and_the_deepest_counts(lab: Path, tmp_path: Path) -> None:
    """Folders that slidebox makes, adopted ones, buckets of the gateway, and remotes of DVC."""
    names = [
        "atlas/raw_images/p1/a.tif",
        "atlas/raw_images_old/a.tif",
        "scans/clinic/b.tif",
        "scans/c.tif",
        "bench-s3/small-atlas-raw-images-bench-s3/d.tif",
        "dvc_remotes/bench-dvc/atlas/raw_images/files/md5/00/ff",
        "loose.tif",
    ]
    found = document(lab, listing(tmp_path / "bench.tsv", str(lab / "bench"), names))
    assert held(found) == [
        ("", str(lab / "bench"), "", 3),
        ("bench", str(lab / "bench"), "atlas/raw_images", 3),
        ("bench", str(lab / "bench"), "clinic/raw_images", 1),
    ]


def test_a_list_of_a_part_or_of_the_whole_disk_is_understood(lab: Path, tmp_path: Path) -> None:
    """Whichever folder was listed, files are where they are."""
    part = listing(tmp_path / "part", str(lab / "bench" / "atlas" / "raw_images"), ["p1/a.tif", "b.tif"])
    above = listing(tmp_path / "above", str(lab), ["bench/atlas/raw_images/a.tif", "bench/x", "lab.yaml"])
    cluster = listing(tmp_path / "cluster", "/scratch", ["lab/atlas/raw_images/a.tif", "other/b"])
    assert [one[2:] for one in held(document(lab, part))] == [("atlas/raw_images", 2)]
    assert [one[2:] for one in held(document(lab, above))] == [("", 2), ("atlas/raw_images", 1)]
    assert [(one[0], *one[2:]) for one in held(document(lab, cluster))] == [
        ("", "", 1),
        ("campus", "atlas/raw_images", 1),
    ]


def test_a_store_is_listed_by_name(lab: Path, tmp_path: Path) -> None:
    """A list of a drive that is mounted elsewhere, what rclone writes, and a folder as it is now."""
    listed = listing(tmp_path / "shelf.tsv", "/Volumes/shelf", ["atlas/raw_images/a.tif", "b"])
    assert held(document(lab, f"campus={listed}")) == [
        ("campus", "campus", "", 1),
        ("campus", "campus", "atlas/raw_images", 1),
    ]
    rclone = tmp_path / "box.json"
    entry = {"Path": "atlas/raw_images/a.tif", "Name": "a.tif", "Size": 7, "ModTime": "2026-01-01T00:00:00Z"}
    rows = [
        {**entry, "IsDir": False, "Hashes": {"md5": "0cc175b9c0f1b6a831c399e269772661"}, "Tier": "hot"},
        {**entry, "Path": "atlas", "Size": -1, "IsDir": True},
        {**entry, "Path": "notes.gdoc", "Size": -1, "IsDir": False},
    ]
    rclone.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    found = document(lab, f"box={rclone}")
    assert held(found) == [("box", "box", "atlas/raw_images", 1)]
    day = dt.datetime.fromtimestamp(rclone.stat().st_mtime, tz=dt.UTC).date()
    assert found["notes"] == [
        f"box, {day}: rows without a size that is a number: 1. They are left out.",
        f"box, {day}: rows that are folders and not objects: 1. They are not counted.",
    ]
    (lab / "bench" / "atlas" / "raw_images").mkdir(parents=True)
    (lab / "bench" / "atlas" / "raw_images" / "x.tif").write_bytes(b"123")
    assert held(document(lab, f"bench={lab / 'bench'}")) == [("bench", "bench", "atlas/raw_images", 1)]


def test_a_list_of_rclone_is_the_one_that_was_named(lab: Path, tmp_path: Path) -> None:
    """A bracket in its name stands for itself, though another list is called what it would stand for."""
    for name, size in (("box[1].json", 10), ("box1.json", 10_000)):
        row = {"Path": "a", "Name": "a", "Size": size, "ModTime": "2026-01-01T00:00:00Z", "IsDir": False}
        (tmp_path / name).write_text(f"[\n{json.dumps(row)}\n]\n")
    found = document(lab, f"box={tmp_path / 'box[1].json'}")
    assert [(one["objects"], one["bytes"]) for one in found["holdings"]] == [(1, 10)]


def test_a_list_of_rclone_that_is_cut_off_is_refused(lab: Path, tmp_path: Path) -> None:
    """It ends before its bracket does."""
    rclone = tmp_path / "box.json"
    rclone.write_text('[\n{"Path":"a","Name":"a","Size":1,"ModTime":"2026-01-01T00:00:00Z","IsDir":false},\n{"Pa')
    result = run(lab, f"box={rclone}", "--json")
    assert result.return_value == 3
    assert str(rclone) in json.loads(result.stdout)["excluded"][0]
    assert json.loads(result.stdout)["holdings"] == []


def test_a_folder_that_cannot_be_read_is_said(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it would be missing from the sums; it is not named, as its name can be that of a patient."""
    closed = lab / "bench" / "scans" / "clinic" / "4711-miller"
    closed.mkdir(parents=True)
    (lab / "bench" / "a").touch()
    opened = os.scandir

    def scandir(path: str) -> Any:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return opened(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = run(lab, f"bench={lab / 'bench'}", "--json")
    assert result.return_value == 3
    said = f"{lab / 'bench'} cannot be read as a whole: Permission denied. Which part it is says find(1)."
    assert json.loads(result.stdout)["excluded"] == [said]
    assert json.loads(result.stdout)["holdings"] == []


def test_a_drive_is_listed_by_its_name(lab: Path) -> None:
    """Where it is the one that the lab marked; another disk in its place is not taken for it."""
    (lab / "bench" / "atlas" / "raw_images").mkdir(parents=True)
    (lab / "bench" / "atlas" / "raw_images" / "x.tif").write_bytes(b"123")
    assert isinstance(run(lab, "bench").exception, UnreadableError)
    marking = ["--lab", str(lab), "mark", "bench", "--yes"]
    assert CliRunner().invoke(slidebox, marking, standalone_mode=False).exception is None
    found = document(lab, "bench")
    assert held(found) == [("bench", "bench", "atlas/raw_images", 1)]
    assert found["findings"] == []


def test_a_store_that_is_none_is_an_error(lab: Path, tmp_path: Path) -> None:
    """A slip of the pen is not a path."""
    listed = listing(tmp_path / "list", "/mnt", ["a"])
    result = run(lab, f"bnch={listed}")
    assert "'bnch' is no store of the lab" in str(result.exception)
    assert "There is no file or folder" in str(run(lab, tmp_path / "nothing").exception)


def test_claims_of_two_datasets_on_one_place_name_neither(lab: Path) -> None:
    """A bucket that two datasets are said to be in is nobody's until somebody says which folder is whose."""
    loaded = labfile.load(lab)
    report = Report(kind=S3, source=Path("m"), place="both", taken=TAKEN, form=PARQUET, parts=())
    places = [Place("s3", "both", "", "atlas/raw_images"), Place("s3", "both", "", "clinic/raw_images")]
    assert claims_on(report, loaded, places, {}) == (Claim("both", "", "s3", ""),)
    deeper = Place("s3", "both", "p", "atlas/raw_images")
    assert claims_on(report, loaded, [*places, deeper], {})[1] == Claim("both", "p", "s3", "atlas/raw_images")


@pytest.mark.parametrize("kind", [S3, AZURE, FOLDER])
def test_a_place_that_the_lab_does_not_have_has_no_claims(lab: Path, kind: str) -> None:
    """Nothing is guessed from a name that is like another."""
    loaded = labfile.load(lab)
    report = Report(kind=kind, source=Path("m"), place="small-atlas", taken=TAKEN, form=PARQUET, parts=())
    found = claims_on(report, loaded, places_of(loaded), {"bench": "/mnt/bench"})
    assert {claim.bucket for claim in found} & {"small-atlas"} == set()


def test_only_open_data_with_open_parents_may_be_named(lab: Path) -> None:
    """A level that says it is open and comes from a clinic is not."""
    assert open_datasets(labfile.load(lab)) == {"atlas/raw_images", "atlas/segmentation_masks"}


PATIENT = "4711-miller-mri.tif"


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("bucket", ["old-clinic-bucket", "small-atlas-single-cell-images-s3", "nobodys-bucket"])
def test_a_key_of_data_that_are_not_open_is_never_written(
    lab: Path, tmp_path: Path, bucket: str, as_json: bool
) -> None:
    """Not as an example, nor in what is wrong with it, nor where the file with it is damaged."""
    rows = [
        s3_object(PATIENT, ObjectAccessControlList=acl(everyone()), EncryptionStatus="NOT-SSE"),
        s3_object(f"{PATIENT}2", Size="x", ETag=s3_object(PATIENT)["ETag"], LastModifiedDate="x"),
        s3_object(f"{PATIENT}3", ETag=s3_object(PATIENT)["ETag"]),
    ]
    s3_report(tmp_path / "r", rows, bucket=bucket, form="CSV")
    azure_report(tmp_path / "r" / "z", [azure_blob(f"c/{PATIENT}")], form="csv", summary={})
    damaged = next((tmp_path / "r" / "z").rglob("*.csv"))
    damaged.write_text(
        damaged.read_text().replace("c/4711", '"c/4711').ljust(damaged.stat().st_size)[: damaged.stat().st_size]
    )
    result = run(lab, tmp_path / "r", *(["--json"] if as_json else []))
    assert result.exception is None, result.exception
    assert "open to anyone" in " ".join(result.output.split())
    assert "4711" not in result.output
    assert "miller" not in result.output


def test_an_object_of_open_data_is_named(lab: Path, tmp_path: Path) -> None:
    """So that somebody can look at it."""
    rows = [s3_object("p/a.tif", ObjectAccessControlList=acl(everyone())), s3_object("p/b.tif")]
    rows.append(s3_object("p/c.tif", ObjectAccessControlList=acl(OWNER)))
    s3_report(tmp_path / "r", rows, bucket=RAW)
    found = document(lab, tmp_path / "r")
    assert [one["message"] for one in found["findings"]] == [
        f"atlas/raw_images in {RAW}: 1 of 3 objects (1 kB) open to anyone by their own lists, such as p/a.tif. Take "
        "the grants away, or have the bucket ignore lists of objects."
    ]
    assert [(one["public"], one["unknown"]) for one in found["exposed"]] == [(1, 1)]


def test_data_that_are_declared_public_are_no_finding(lab: Path, tmp_path: Path) -> None:
    """Their lists say what is declared."""
    project = lab / "projects" / "atlas.yaml"
    project.write_text(project.read_text().replace("{reader: [ann]}", "{reader: [public]}"))
    s3_report(tmp_path / "r", [s3_object("a", ObjectAccessControlList=acl(everyone()))], bucket=RAW)
    result = run(lab, tmp_path / "r", "--json")
    assert (result.return_value, json.loads(result.stdout)["findings"]) == (0, [])


def test_what_is_not_encrypted_is_a_finding(lab: Path, tmp_path: Path) -> None:
    """Objects from before S3 encrypted everything."""
    s3_report(tmp_path / "r", [s3_object("a", EncryptionStatus="NOT-SSE"), s3_object("b")], bucket=RAW)
    result = run(lab, tmp_path / "r", "--json")
    assert result.return_value == 1
    assert json.loads(result.stdout)["findings"] == [
        {
            "kind": "unencrypted",
            "message": f"atlas/raw_images in {RAW}: 1 object (1 kB) not encrypted. Copied over itself, an object is as "
            "the bucket encrypts by default.",
        }
    ]


def whole(tmp_path: Path) -> Path:
    """Reports of two weeks with something of everything, and one that is damaged."""
    folder = tmp_path / "reports"
    first = [s3_object(f"p1/{number}.tif", 40_000_000) for number in range(5)]
    second = [s3_object(f"p2/{number}.tif", 60_000_000, StorageClass="GLACIER_IR") for number in range(3)]
    later = TAKEN + dt.timedelta(days=7)
    s3_report(folder, first, bucket=RAW)
    s3_report(
        folder,
        [*first, s3_object("p1/0.tif", 39_000_000, VersionId="v0", IsLatest=False), s3_object("p1/", 0)],
        second,
        bucket=RAW,
        taken=later,
    )
    same = {"ETag": first[0]["ETag"], "ObjectAccessControlList": acl(OWNER, everyone())}
    s3_report(folder, [s3_object("copy.tif", 40_000_000, **same)], bucket="old-clinic-bucket", taken=later)
    s3_report(folder, [s3_object("x", 5, EncryptionStatus="NOT-SSE")], bucket="somebodys-bucket", taken=later)
    damaged = google_report(folder / "g", [google_object("y")])
    document = json.loads(damaged.read_text())
    damaged.write_text(json.dumps({**document, "records_processed": 2}))
    return folder


def test_everything_is_printed_at_eighty_columns(lab: Path, tmp_path: Path) -> None:
    """What lies where with totals, what is kept besides, what is twice there, how it grew, and what is missing."""
    result = run(lab, whole(tmp_path))
    assert result.exception is None, result.exception
    assert result.return_value == 3
    lines = result.output.splitlines()
    assert [line for line in lines if len(line) > 80 and str(tmp_path) not in line] == []
    for row in (
        "4 reports of 3 places, the newest of 2026-11-29.",
        "atlas       raw_images        8  380 MB",
        "total                        10  420 MB",
        "archive         3  180 MB",
        "180 days to 1 year       10  420 MB",
        "atlas/raw_images  earlier versions  180 days to 1 year        1  39 MB",
        "old-clinic-bucket          atlas/raw_images          1     1  40 MB",
        "with the provider's keys       10  459 MB",
        "raw_images  2026-11-22 to 2026-11-29  180 MB  420 MB",
        "10 objects, 420 MB, and 39 MB of earlier versions and unfinished uploads: 3",
    ):
        assert row in [line.rstrip() for line in lines]


def test_only_what_was_asked_for_is_shown(lab: Path, tmp_path: Path) -> None:
    """By project, dataset, store or bucket."""
    folder = whole(tmp_path)
    assert {one[2] for one in held(document(lab, folder, "--only", "clinic"))} == {"clinic/raw_images"}
    assert {one[2] for one in held(document(lab, folder, "--only", "atlas/raw_images"))} == {"atlas/raw_images"}
    assert {one[1] for one in held(document(lab, folder, "--only", "somebodys-bucket"))} == {"somebodys-bucket"}
    assert len(held(document(lab, folder, "--only", "s3", "--only", "clinic"))) == 3


def test_without_a_lab_nothing_is_anybodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then that is no finding either."""
    monkeypatch.chdir(tmp_path)
    s3_report(tmp_path, [s3_object("a")], bucket=RAW)
    told = ["audit", "inventory", str(tmp_path), "--json"]
    result = CliRunner().invoke(slidebox, told, standalone_mode=False)
    assert (result.return_value, held(json.loads(result.stdout))) == (0, [("", RAW, "", 1)])


def test_a_lab_with_many_datasets_is_placed_at_once(lab: Path, tmp_path: Path) -> None:
    """The store, the project, the level and the dataset agree in every row."""
    s3_report(tmp_path / "r", [s3_object("a")], bucket=MASKS)
    loaded = labfile.load(lab)
    with gathered([tmp_path / "r"], loaded, root=lab, now=TAKEN) as found:
        row = found.table.to_pyarrow().to_pylist()[0]
    assert (row["store"], row["project"], row["level"], row["dataset"]) == (
        "s3",
        "atlas",
        "segmentation_masks",
        "atlas/segmentation_masks",
    )


def test_a_name_that_nothing_has_is_an_error(lab: Path, tmp_path: Path) -> None:
    """A name that was mistyped would look like a place where nothing lies."""
    s3_report(tmp_path / "reports", [s3_object("a")], bucket=RAW)
    for name in ("atlas", "atlas/raw_images", "s3", RAW, "clinic"):
        assert run(lab, tmp_path / "reports", "--only", name).exception is None
    wrong = run(lab, tmp_path / "reports", "--only", "atlsa")
    assert isinstance(wrong.exception, InputError)
    assert wrong.exception.message == "Neither the lab nor a report has a project, dataset, store or bucket 'atlsa'."


def test_a_table_without_its_manifest_is_told_to_come_with_it(lab: Path, tmp_path: Path) -> None:
    """Only a manifest says whose inventory it is and whether it is whole."""
    table = tmp_path / "part.parquet"
    table.write_bytes(b"PAR1 and no more")
    result = run(lab, table, "--json")
    assert result.return_value == 3
    assert json.loads(result.stdout)["excluded"] == [f"{table} is a table of a report: name the report's manifest."]


def test_without_a_lab_it_is_said_that_nobody_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is of no dataset then, which is no finding."""
    monkeypatch.chdir(tmp_path)
    s3_report(tmp_path / "reports", [s3_object("a")], bucket=RAW)
    result = CliRunner().invoke(slidebox, ["audit", "inventory", "reports", "--json"], standalone_mode=False)
    assert json.loads(result.stdout)["notes"][-1].startswith("There is no lab here: whose anything is, is not known")


def test_what_the_gateway_writes_for_itself_is_no_data(lab: Path, tmp_path: Path) -> None:
    """Its locks lie beside the buckets, and slidebox's marks in every folder."""
    names = [
        "bench-s3/.vgwlocks/388a/8c",
        ".slidebox-drive.json",
        "bench-s3/small-atlas-raw-images-bench-s3/a.tif",
    ]
    found = document(lab, listing(tmp_path / "bench.tsv", str(lab / "bench"), names))
    assert [one[2:] for one in held(found)] == [("atlas/raw_images", 1)]
    assert found["findings"] == []
