"""The record of a project: a chain in which whatever is changed, missing or put in shows."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.errors import IntegrityError
from slidebox.flow.book import Book
from slidebox.home import Home
from slidebox.provenance.record import Act, Entry, Record, Spot, hashed, kept, read_record, set_aside

RAW = "nf1/raw_images"
BENCH = Spot(f"{RAW}@short@bench", "bench", "drive", "/bench/nf1/raw_images")
SHELF = Spot(f"{RAW}@mid@shelf", "shelf", "drive", "/shelf/nf1/raw_images")

acts = st.sampled_from(list(Act))
entries = st.builds(
    Entry,
    act=acts,
    at=st.just("2026-11-24T10:00:00+00:00"),
    by=st.text(max_size=8),
    dataset=st.just(RAW),
    spots=st.lists(st.sampled_from([BENCH, SHELF]), min_size=1, max_size=2).map(tuple),
    files=st.integers(0, 10**9),
    bytes=st.integers(0, 10**15),
    manifest=st.text("0123456789abcdef", min_size=64, max_size=64),
    note=st.text(max_size=20),
    aside=st.sampled_from(["", "a", "b"]),
)


def chain(items: list[Entry]) -> list[str]:
    """The lines of a record with these entries."""
    lines: list[str] = []
    for item in items:
        lines.append(read_record(lines).next(item).line())
    return lines


@given(st.lists(entries, max_size=6))
def test_what_is_written_is_read_again(items: list[Entry]) -> None:
    """Every entry, in order, whatever a note says."""
    record = read_record(chain(items))
    assert record.broken is None
    assert [entry.act for entry in record.entries] == [item.act for item in items]
    assert [entry.note for entry in record.entries] == [item.note for item in items]


@given(st.lists(entries, min_size=2, max_size=6), st.data())
def test_a_line_that_is_changed_missing_doubled_or_moved_shows(items: list[Entry], data: st.DataObject) -> None:
    """But for what is cut off at the end, which only who remembers the end can know."""
    lines = chain(items)
    known = len(lines), hashed(lines[-1])
    at = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(0, len(lines) - 1).filter(lambda n: n != at))
    swapped = list(lines)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    changed = lines[at].replace('"version":""', '"version":"2"')
    for worse in (
        [*lines[:at], *lines[at + 1 :]],
        [*lines[: at + 1], *lines[at:]],
        swapped,
        [*lines[:at], changed, *lines[at + 1 :]],
    ):
        assert read_record(worse, known).broken is not None


def test_the_first_fault_is_named_by_its_line() -> None:
    """And what stands before it still counts."""
    entry = Entry(act=Act.PUT, dataset=RAW, spots=(BENCH,), files=1, bytes=1, manifest="0" * 64)
    lines = chain([entry] * 3)
    broken = read_record([lines[0], "{}", lines[2]])
    assert broken.broken is not None
    assert (broken.broken.line, len(broken.entries)) == (2, 1)


def test_where_a_dataset_lies_follows_from_what_was_done() -> None:
    """Put, moved, set aside, brought back, purged."""

    def said(act: Act, *spots: Spot, aside: str = "") -> Entry:
        return Entry(act=act, dataset=RAW, spots=spots, files=1, bytes=1, manifest="0" * 64, aside=aside)

    story = [said(Act.PUT, BENCH), said(Act.MOVE, SHELF)]
    assert [k.spot for k in kept(story, RAW)] == [BENCH, SHELF]
    assert kept(story, "nf1/metadata") == ()
    story.append(said(Act.RETIRE, BENCH, aside="x"))
    assert [k.spot for k in kept(story, RAW)] == [SHELF]
    assert [k.spot for k in set_aside(story)] == [BENCH]
    assert set_aside([*story, said(Act.PURGE, BENCH, aside="x")]) == ()
    story.append(said(Act.RESTORE, BENCH, aside="x"))
    assert {k.spot for k in kept(story, RAW)} == {BENCH, SHELF}
    assert set_aside(story) == ()


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """The records of a lab in an empty folder."""
    return Book(Home(tmp_path), lambda: "2026-11-24T10:00:00+00:00", lambda: "ada@scope")


def add(book: Book, note: str = "") -> Entry:
    """Write one entry."""
    return book.append(Entry(act=Act.PUT, dataset=RAW, spots=(BENCH,), files=1, bytes=5, manifest="0" * 64, note=note))


def test_entries_are_kept_beside_the_labs_files(book: Book) -> None:
    """With who, when and which version."""
    assert book.read("nf1") == Record()
    assert [add(book).number, add(book).number] == [1, 2]
    assert [entry.by for entry in book.entries("nf1")] == ["ada@scope"] * 2
    assert book.path("nf1").name == "nf1.jsonl"


def test_a_half_written_last_line_is_no_entry_and_is_gone_with_the_next(book: Book) -> None:
    """A process was killed while it wrote."""
    add(book)
    whole = book.path("nf1").read_bytes()
    book.path("nf1").write_bytes(whole + whole[: len(whole) // 2])
    assert len(book.entries("nf1")) == 1
    assert add(book).number == 2
    assert len(book.entries("nf1")) == 2


def test_a_record_that_was_changed_stops_everything_that_would_add_to_it(book: Book) -> None:
    """Also where its end was cut off: this machine remembers how far it was."""
    add(book, "first")
    add(book, "second")
    path = book.path("nf1")
    good = path.read_text()
    path.write_text(good.replace("first", "First"))
    with pytest.raises(IntegrityError, match=r"nf1\.jsonl:2: it does not follow.*Bring the file back"):
        add(book)
    path.write_text(good.splitlines(keepends=True)[0])
    with pytest.raises(IntegrityError, match=r"nf1\.jsonl:2: the record ends here.*2 entries"):
        book.entries("nf1")
    path.write_text(good)
    assert add(book).number == 3


def _many(root: str) -> None:
    book = Book(Home(Path(root)))
    for _ in range(10):
        add(book)


def test_processes_that_write_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """Three write ten entries each, and the chain holds."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_many, args=(str(tmp_path),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(Book(Home(tmp_path)).entries("nf1")) == 30
