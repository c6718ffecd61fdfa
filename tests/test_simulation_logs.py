"""What really happened: traces from server access logs of S3, and from inventories that know the last read."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from slidebox import labfile
from slidebox.cli import slidebox
from slidebox.cli.replaying import replayed
from slidebox.errors import InputError, UnreadableError
from slidebox.forecast.holding import Holding, Span, Tariff
from slidebox.prices import built_in
from slidebox.simulation.logs import Counted, Event, History, Listed, events
from slidebox.simulation.traces import Group, Read

from .inventories import azure_blob, azure_report

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
MIB = 2**20
LAB = """\
lab: small
title: Small lab
people: {ann: {name: Ann}}
stores:
  bench: {system: internal_drive, kind: drive, path: bench}
"""
PROJECT = """\
project: atlas
title: Atlas
owner: ann
audience: {reader: [ann]}
datasets:
  raw_images: {size: 10 GiB, files: 100, sensitivity: open}
"""


def line(
    day: str,
    key: str,
    operation: str = "REST.GET.OBJECT",
    status: str = "200",
    sent: str = str(MIB),
    size: str = str(MIB),
    bucket: str = "small-atlas-raw-images-as-if",
) -> str:
    """A line as S3 writes it."""
    request = f'"GET /{bucket}/{key}?versionId=x HTTP/1.1"'
    return (
        f"{OWNER} {bucket} [{day}/2026:00:00:38 +0000] 192.0.2.3 {OWNER} 3E57427F3EXAMPLE {operation} {key} {request} "
        f'{status} - {sent} {size} 70 10 "-" "S3Console/0.4 \\"x\\"" - s9lzHYrFp76ZVxRcpX9 SigV4 TLS_AES AuthHeader '
        f"{bucket}.s3.us-east-1.amazonaws.com TLSv1.2 - -"
    )


def history(*lines: str) -> History:
    """What some lines say."""
    found = History()
    for event in events(lines, Counted()):
        found.take(event)
    return found


def test_a_line_says_which_object_was_read_on_which_day() -> None:
    """With bytes that were sent and bytes that it has."""
    assert list(events([line("06/Feb", "a/b.tif", sent="1024")], Counted())) == [
        Event("small-atlas-raw-images-as-if", "a/b.tif", dt.date(2026, 2, 6), "read", 1024, MIB)
    ]


@pytest.mark.parametrize(
    ("operation", "status", "does"),
    [
        ("REST.GET.OBJECT", "206", "read"),
        ("REST.COPY.OBJECT_GET", "200", "read"),
        ("REST.PUT.OBJECT", "200", "write"),
        ("REST.POST.UPLOAD", "200", "write"),
        ("REST.DELETE.OBJECT", "204", "delete"),
        ("S3.EXPIRE.OBJECT", "-", "delete"),
        ("REST.GET.OBJECT", "403", ""),
        ("REST.GET.OBJECT", "304", ""),
        ("REST.HEAD.OBJECT", "200", ""),
        ("REST.GET.BUCKET", "200", ""),
    ],
)
def test_only_what_was_really_read_written_or_deleted_counts(operation: str, status: str, does: str) -> None:
    """A refused call, one that found nothing new and one that asks for properties count for nothing."""
    found = [event.does for event in events([line("06/Feb", "a", operation, status)], Counted())]
    assert found == ([does] if does else [])


def test_lines_that_are_none_are_counted() -> None:
    """An empty line is no line; a day that there is not makes a line that cannot be read."""
    counted = Counted()
    assert (
        len(list(events([line("06/Feb", "a"), "", "nonsense", line("31/Feb", "a"), line("06/Xyz", "a")], counted))) == 1
    )
    assert (counted.lines, counted.wrong) == (4, 3)


@given(st.text(max_size=300))
def test_no_line_brings_it_down(text: str) -> None:
    """Whatever is in a file."""
    assert list(events([text], Counted())) == []


def test_objects_that_are_treated_alike_are_one_group() -> None:
    """By days of writing, reading and deleting, and by about their size; the rest of the dataset is read by nobody."""
    found = history(
        line("01/Mar", "a", "REST.PUT.OBJECT", sent="-"),
        line("01/Mar", "b", "REST.PUT.OBJECT", sent="-"),
        line("03/Mar", "a"),
        line("03/Mar", "b", sent="100"),
        line("03/Mar", "b", sent="200"),
        line("04/Mar", "c", "REST.PUT.OBJECT", sent="-", size=str(5 * MIB)),
        line("06/Mar", "c", "REST.DELETE.OBJECT", "204", sent="-", size=str(5 * MIB)),
        line("10/Mar", "old"),
    )
    assert found.days == 10
    trace = found.trace("small-atlas-raw-images-as-if", files=6, size=20 * MIB)
    assert trace.groups == (
        Group(2, 2 * MIB, 10, (Read(2, 3, MIB + 300),)),
        Group(1, 5 * MIB, 3, (), deleted=True),
        Group(1, MIB, 10, (Read(9, 1, MIB),)),
        Group(2, 12 * MIB, 10),
    )


def test_inventories_that_know_the_last_read_make_a_history() -> None:
    """Each last read is a read of the whole object; what the last inventory of a bucket lacks has gone."""
    days = [dt.date(2026, 3, day) for day in (1, 8, 15)]
    written, found = dt.date(2026, 2, 20), History()
    for row in (
        Listed(days[2], "b", "x", 10, written, dt.date(2026, 3, 12)),
        Listed(days[0], "b", "x", 10, written, None),
        Listed(days[0], "b", "y", 20, written, written),
        Listed(days[1], "b", "x", 10, written, dt.date(2026, 3, 5)),
        Listed(days[1], "b", "y", 20, written, written),
        Listed(days[1], "other", "z", 10, written, None),
    ):
        found.add(row)
    found.settle()
    assert (found.first, found.last, found.days) == (written, days[2], 24)
    assert found.trace("b").groups == (
        Group(1, 10, 24, (Read(13, 1, 10), Read(20, 1, 10))),
        Group(1, 20, 17, (Read(0, 1, 20),), deleted=True),
    )
    assert found.trace("other").groups == (Group(1, 10, 24),)


# The verb


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small lab, and a year of a log."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB, encoding="utf-8")
    (tmp_path / "projects" / "atlas.yaml").write_text(PROJECT, encoding="utf-8")
    lines = [line("01/Jan", "a", size=str(100 * MIB)), line("30/Dec", "a", size=str(100 * MIB), sent=str(100 * MIB))]
    (tmp_path / "logs").mkdir()
    with gzip.open(tmp_path / "logs" / "1.gz", "wt") as stream:
        stream.write("\n".join(lines))
    (tmp_path / "logs" / "2").write_text(
        line("02/Feb", "b", size=str(MIB), bucket="elsewhere") + "\n", encoding="utf-8"
    )
    return tmp_path


def call(folder: Path, *words: str) -> Result:
    """Call the verb in a lab."""
    return CliRunner().invoke(slidebox, ["--lab", str(folder), "simulate", *words], standalone_mode=False)


def test_a_log_is_replayed_in_the_plans_classes(folder: Path) -> None:
    """A year of Standard for ten gibibytes; what the log never names is read by nobody."""
    words = ("--at", "us-east-1", "--log", str(folder / "logs"))
    told = json.loads(call(folder, *words, "--json").stdout)
    assert (told["days"], told["seed"], len(told["datasets"])) == (364, None, 1)
    (one,) = told["datasets"][0]["traces"]
    assert one["all_hot"] == pytest.approx(10 * 0.023 * 12 * 364 / 365 + 0.0005 + 0.0000008)
    assert one["bytes_read"] == 101 * MIB
    assert one["optimum"] < one["managed"] < one["all_hot"]
    shown = " ".join(call(folder, *words).stdout.split())
    assert "What 364 days cost" in shown
    assert "the bucket elsewhere: nothing says whose, so it is left out." in shown


def test_a_bucket_with_a_name_of_its_own_is_said(folder: Path) -> None:
    """Whose it is; a dataset or a bucket that there is not is refused."""
    words = ("--at", "us-east-1", "--log", str(folder / "logs" / "2"), "--json", "--bucket")
    told = json.loads(call(folder, *words, "elsewhere=atlas/raw_images").stdout)
    assert told["datasets"][0]["traces"][0]["bytes_read"] == MIB
    for wrong in ("elsewhere=atlas/metadata", "nowhere=atlas/raw_images", "elsewhere"):
        assert isinstance(call(folder, *words, wrong).exception, InputError)
    assert isinstance(call(folder, "--bucket", "elsewhere=atlas/raw_images").exception, InputError)


def test_a_bucket_is_replayed_once_though_its_dataset_has_two_copies_in_clouds(folder: Path) -> None:
    """The copy that is reckoned first has it, and whom it was named for; what happened there happened once."""
    tariff = Tariff(built_in()["aws"], "us-east-1")
    first, second, other = (
        Holding(
            dataset=dataset,
            project="atlas",
            level="raw_images",
            grant="",
            store=store,
            paid=store,
            size=10 * 2**30,
            files=100,
            spans=(Span(0),),
            tariff=tariff,
        )
        for dataset, store in (
            ("atlas/raw_images", "near"),
            ("atlas/raw_images", "far"),
            ("atlas/single_cell_embeddings", "near"),
        )
    )
    lab, own = labfile.load(folder), "small-atlas-raw-images-near"
    seen = history(line("01/Jan", "a", bucket=own), line("02/Feb", "b", bucket="elsewhere"))
    cases, notes = replayed(seen, (first, second), lab, {"elsewhere": "atlas/raw_images"})
    assert [(case.dataset, case.store, len(case.traces)) for case in cases] == [("atlas/raw_images", "near", 1)]
    assert notes == (f"the bucket {own}: nothing says whose, so it is left out. --bucket BUCKET=PROJECT/LEVEL does.",)
    named = {own: "atlas/single_cell_embeddings"}
    cases, _ = replayed(seen, (first, other), lab, named)
    assert [case.dataset for case in cases] == ["atlas/single_cell_embeddings"]


def test_a_log_of_nothing_that_is_planned_is_refused(folder: Path) -> None:
    """With the buckets that it has."""
    failure = call(folder, "--at", "us-east-1", "--log", str(folder / "logs" / "2")).exception
    assert isinstance(failure, InputError)
    assert "the bucket elsewhere, and the plan has none of them" in str(failure)


def test_a_file_that_is_no_log_is_refused_and_one_that_is_cut_off_cannot_be_read(folder: Path) -> None:
    """Never taken for a log in which nothing happened; single wrong lines are said."""
    (folder / "logs" / "3").write_text('{"Records": []}\n', encoding="utf-8")
    assert isinstance(call(folder, "--at", "us-east-1", "--log", str(folder / "logs")).exception, InputError)
    (folder / "logs" / "3").write_text(line("01/Jan", "z") + "\nnonsense\n", encoding="utf-8")
    shown = call(folder, "--at", "us-east-1", "--log", str(folder / "logs")).stdout
    assert "1 of 2 lines cannot be read, and count for nothing" in " ".join(shown.split())
    packed = (folder / "logs" / "1.gz").read_bytes()
    (folder / "logs" / "1.gz").write_bytes(packed[:-20])
    assert isinstance(call(folder, "--at", "us-east-1", "--log", str(folder / "logs")).exception, UnreadableError)


def test_inventories_are_a_history_as_well(folder: Path) -> None:
    """Of Azure, which says when a blob was read last; one that says it of nothing is refused."""
    pytest.importorskip("ibis")
    name = "small-atlas-raw-images-as-if"
    days = [dt.datetime(2026, month, 1, 1, tzinfo=dt.UTC) for month in (4, 6)]
    for day in days:
        read = day - dt.timedelta(days=7)
        azure_report(folder / "reports", [azure_blob(f"{name}/a", 100 * MIB, LastAccessTime=read)], taken=day)
    words = ("--at", "us-east-1", "--bucket", f"{name}=atlas/raw_images", "--json", "--inventory")
    told = json.loads(call(folder, *words, str(folder / "reports")).stdout)
    assert told["days"] == (days[1].date() - dt.date(2026, 3, 1)).days + 1
    assert told["datasets"][0]["traces"][0]["bytes_read"] == 200 * MIB
    azure_report(folder / "never", [azure_blob(f"{name}/a", 100 * MIB, LastAccessTime=None)])
    assert "No inventory says when an object was read" in str(call(folder, *words, str(folder / "never")).exception)
