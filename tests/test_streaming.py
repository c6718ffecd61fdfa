"""Public data are read piece by piece, worked on, and deleted; whatever stops a run, nothing is done twice or kept."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.flow.pieces import Piece, read_pieces
from slidebox.flow.sources import read_address, worker
from slidebox.flow.streaming import Streamed, Streaming, sweep
from slidebox.provenance.record import Act, Entry, Spot, kept, set_aside
from slidebox.transfer import Quiet
from slidebox.transfer.journal import Journal

DATA = {f"plate/{n}.tif": bytes([n]) * (n + 1) for n in range(6)}
PIECES = tuple(
    Piece(f"https://idr.example/{path}", path, len(data), hashlib.sha256(data).hexdigest())
    for path, data in DATA.items()
)


class Source:
    """A source that notes what is read, and fails where a test says."""

    def __init__(self, **wrong: bytes) -> None:
        self.read: list[str] = []
        self.away: set[str] = set()
        self.wrong = wrong

    def __call__(self, address: str) -> Iterator[bytes]:
        """The bytes of an address."""
        path = address.removeprefix("https://idr.example/")
        self.read.append(path)
        if path in self.away:
            raise UnreadableError(f"{address} cannot be read: it is away.")
        yield self.wrong.get(path, DATA[path])


class Worker:
    """Adds a piece up, and fails where a test says."""

    def __init__(self) -> None:
        self.sums: dict[str, int] = {}
        self.most = 0
        self.fails = ""

    def __call__(self, piece: Path) -> None:
        """Work on a piece."""
        self.most = max(self.most, sum(1 for file in piece.parent.parent.rglob("*") if file.is_file()))
        if self.fails and piece.name == self.fails:
            raise UnreadableError(f"{piece.name} cannot be worked on.")
        self.sums[piece.name] = sum(piece.read_bytes())


def run(scratch: Path, source: Source, work: Worker, *, keep_going: bool = False) -> Streamed:
    """Stream everything, as a new process does."""
    scratch.mkdir(exist_ok=True)
    with (journal := Journal(scratch.parent / "journal.jsonl")).open():
        return Streaming(scratch, source, work, journal, Quiet()).run(PIECES, keep_going=keep_going)


def test_each_piece_is_worked_on_and_nothing_stays(tmp_path: Path) -> None:
    """One piece is on the disk at a time; what comes of it is the same as of all."""
    source, work = Source(), Worker()
    done = run(tmp_path / "scratch", source, work)
    assert work.sums == {Path(path).name: sum(data) for path, data in DATA.items()}
    assert work.most == 1
    assert not list((tmp_path / "scratch").iterdir())
    assert {file.path: file.size for file in done.files} == {path: len(data) for path, data in DATA.items()}


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was done is not read again, and the last answer has all of it."""
    source, work = Source(), Worker()
    source.away.add("plate/3.tif")
    with pytest.raises(UnreadableError, match="it is away"):
        run(tmp_path / "scratch", source, work)
    assert not list((tmp_path / "scratch").iterdir())
    missing = [path for path in DATA if Path(path).name not in work.sums]
    source.away.clear()
    source.read.clear()
    done = run(tmp_path / "scratch", source, work)
    assert sorted(work.sums) == sorted(Path(path).name for path in DATA)
    assert "plate/3.tif" in missing
    assert source.read == missing
    assert (len(done.files), done.now) == (6, len(missing))
    again = run(tmp_path / "scratch", source, work)
    assert (again.files, again.now) == (done.files, 0)


def test_a_piece_that_fails_is_deleted_and_said(tmp_path: Path) -> None:
    """With --keep-going the others are done, and the failed one is read again next time."""
    source, work = Source(), Worker()
    work.fails = "2.tif"
    done = run(tmp_path / "scratch", source, work, keep_going=True)
    assert done.failed == {"plate/2.tif": "2.tif cannot be worked on."}
    assert len(done.files) == 5
    assert not list((tmp_path / "scratch").iterdir())
    work.fails = ""
    assert run(tmp_path / "scratch", source, work).now == 1


def test_other_bytes_than_the_list_says_are_not_worked_on(tmp_path: Path) -> None:
    """Neither where one byte is another, nor where some are missing."""
    for wrong in (b"\x02\x02\x03", b"\x02"):
        work = Worker()
        with pytest.raises(IntegrityError, match=r"plate/2\.tif is not what the list says: [13] bytes"):
            run(tmp_path / "scratch", Source(**{"plate/2.tif": wrong}), work)
        assert "2.tif" not in work.sums
        assert not list((tmp_path / "scratch").iterdir())


def test_a_piece_that_does_not_fit_is_not_begun(tmp_path: Path) -> None:
    """It is said before a byte is read."""
    piece = Piece("https://idr.example/x", "x", 2**62)
    source = Source()
    streaming = Streaming(tmp_path, source, Worker(), Journal(), Quiet())
    with pytest.raises(UnreadableError, match=r"x has \d+ bytes, and .* free"):
        streaming.run([piece])
    assert source.read == []


def test_what_a_killed_run_has_left_goes_after_its_days(tmp_path: Path) -> None:
    """The mark of the folder stays, and so does what is young."""
    (tmp_path / "plate").mkdir()
    for name, days in (("plate/old.tif.part", 8), ("plate/young.tif", 6), (".slidebox-location.json", 90)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (0, 1e9 - days * 86_400))
    assert sweep(tmp_path, 1e9) == ("plate/old.tif.part",)
    assert sorted(str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*") if f.is_file()) == [
        ".slidebox-location.json",
        "plate/young.tif",
    ]


def test_a_list_is_addresses_or_a_table() -> None:
    """With comments and empty lines, commas or tabs, columns in any order."""
    plain = read_pieces("# idr0013\nhttps://idr.example/a%20b/1.ch5\n\nftp://idr.example/2.ch5\n", "l")
    assert [(p.address, p.path) for p in plain] == [
        ("https://idr.example/a%20b/1.ch5", "a b/1.ch5"),
        ("ftp://idr.example/2.ch5", "2.ch5"),
    ]
    sha = "A" * 64
    table = read_pieces(f"size\taddress\tsha256\tpath\n12\thttps://idr.example/x\t{sha}\tplate 1/x\n", "l")
    assert table == (Piece("https://idr.example/x", "plate 1/x", 12, "a" * 64),)
    assert read_pieces("address,path\nhttps://idr.example/x,\n", "l") == (Piece("https://idr.example/x", "x"),)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("s3://bucket/x", "'s3://bucket/x' is no address of https, http, ftp, file"),
        ("https://me:hunter2@idr.example/x", "an address with a password in it"),
        ("https://idr.example/../x", "is not safe"),
        ("https://idr.example/", "is not safe"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_with_its_line(line: str, says: str) -> None:
    """Every fault at once, and no password in a message."""
    with pytest.raises(InputError) as caught:
        read_pieces(f"https://idr.example/a\n{line}\nhttps://idr.example/a\n", "list.txt")
    assert f"list.txt:2: {says}" in " ".join(str(caught.value).split()).replace("the path '../x' ", "").replace(
        "the path '' ", ""
    )
    assert "list.txt:3: 'a' is there twice" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=80))
def test_no_list_breaks_its_reader(text: str) -> None:
    """Whatever a file has, it is pieces or one error."""
    try:
        found = read_pieces(text, "list")
    except InputError as error:
        assert str(error).strip()
    else:
        assert found


def test_a_command_gets_the_piece_and_the_folder(tmp_path: Path) -> None:
    """By its words and by its environment, without a shell."""
    piece, into = tmp_path / "a b;rm.tif", tmp_path / "out"
    piece.write_bytes(b"pixels")
    into.mkdir()
    program = (
        "import os,sys,pathlib;p=pathlib.Path(sys.argv[1]);assert sys.argv[1]==os.environ['SLIDEBOX_PIECE'];"
        "(pathlib.Path(sys.argv[2])/(p.name+'.len')).write_text(str(len(p.read_bytes())))"
    )
    worker([sys.executable, "-c", program, "{piece}", "{into}"], into)(piece)
    assert (into / "a b;rm.tif.len").read_text() == "6"
    with pytest.raises(UnreadableError, match=r"ended with 3 on a b;rm\.tif: no such channel"):
        worker([sys.executable, "-c", "import sys;print('no such channel');sys.exit(3)"], into)(piece)
    with pytest.raises(UnreadableError, match="cannot be run"):
        worker(["./no-such-program"], into)(piece)


def test_an_address_is_read_and_a_missing_one_said(tmp_path: Path) -> None:
    """A file here; elsewhere the same code reads the web."""
    (tmp_path / "a.tif").write_bytes(b"pixels")
    assert b"".join(read_address((tmp_path / "a.tif").as_uri())) == b"pixels"
    with pytest.raises(UnreadableError, match="cannot be read: "):
        list(read_address((tmp_path / "b.tif").as_uri()))


def test_what_was_streamed_is_kept_nowhere_by_the_record() -> None:
    """No move and no undo counts on it."""
    spot = Spot("demo/raw_images@short@deletion", "deletion", "drive", "/scratch")
    entry = Entry(act=Act.STREAM, dataset="demo/raw_images", spots=(spot,), files=1, bytes=1, manifest="0" * 64)
    assert kept([entry], "demo/raw_images") == ()
    assert set_aside([entry]) == ()
