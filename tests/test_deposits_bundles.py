"""Bundles: the same files give the same ZIP files, which other programs read too, and no byte is lost."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox.deposits import bundles
from slidebox.deposits.bundles import Parcel, content, listing, parcels_of, read_listing
from slidebox.errors import InputError, IntegrityError
from slidebox.provenance.manifest import why_unsafe

LARGE = 50 * 10**9

_PART = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12)
PATHS = st.lists(_PART, min_size=1, max_size=4).map("/".join).filter(lambda path: why_unsafe(path) is None)
FILES = st.dictionaries(PATHS, st.binary(max_size=300), min_size=1, max_size=30).filter(
    lambda files: not any(other.startswith(f"{path}/") for path in files for other in files)
)


def sized(files: dict[str, bytes]) -> list[tuple[str, int]]:
    """Paths and sizes."""
    return [(path, len(data)) for path, data in files.items()]


def packed(parcel: Parcel, files: dict[str, bytes]) -> bytes:
    """All bytes of a parcel."""
    return b"".join(content(parcel, lambda path: nullcontext(iter([files[path][:7], files[path][7:]]))))


@settings(max_examples=40, deadline=None)
@given(FILES, st.integers(2, 12), st.integers(1, 1500))
def test_every_byte_comes_back_whatever_the_paths_and_sizes(files: dict[str, bytes], most: int, target: int) -> None:
    """By the listing, and by Python's own reader of ZIP files."""
    parcels = parcels_of(sized(files), most, LARGE, target)
    assert len(parcels) <= most
    whole = {parcel.name: packed(parcel, files) for parcel in parcels}
    assert {parcel.name: parcel.size for parcel in parcels} == {name: len(data) for name, data in whole.items()}
    found: dict[str, bytes] = {}
    for parcel in parcels:
        for member in parcel.members:
            found[member.path] = whole[parcel.name][member.start : member.start + member.size]
        if parcel.zipped:
            with zipfile.ZipFile(io.BytesIO(whole[parcel.name])) as archive:
                assert archive.testzip() is None
                assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == {
                    member.path: files[member.path] for member in parcel.members
                }
    assert found == files
    said = listing(parcels)
    if said is not None:
        assert read_listing(said, "there") == {m.path: (p.name, m) for p in parcels for m in p.members}


@settings(max_examples=40, deadline=None)
@given(FILES, st.randoms())
def test_the_order_in_which_files_come_changes_nothing(files: dict[str, bytes], random: Any) -> None:
    """The same dataset is the same bundles on every machine."""
    shuffled = sized(files)
    random.shuffle(shuffled)
    assert parcels_of(shuffled, 5, LARGE, 200) == parcels_of(sized(files), 5, LARGE, 200)


def test_few_files_without_folders_stay_as_they_are() -> None:
    """A folder, an empty file, a name of slidebox's own or too many files make bundles."""
    assert [p.zipped for p in parcels_of([("a.tif", 1), ("b.tif", 2)], 98, LARGE)] == [False, False]
    for files in ([("a/b.tif", 1)], [("empty", 0)], [("bundle-001.zip", 9)], [(f"{n}.tif", 1) for n in range(99)]):
        assert {p.zipped for p in parcels_of(files, 98, LARGE)} == {True}


def test_thirty_thousand_images_are_few_enough_bundles() -> None:
    """As many TIFF files as one screen has fit into a record, each bundle under two targets."""
    parcels = parcels_of(((f"plate/{n:06}.tif", 80_000) for n in range(30_000)), 98, LARGE)
    assert len(parcels) <= 98
    assert sum(len(p.members) for p in parcels) == 30_000
    assert max(p.size for p in parcels) < 2 * bundles.TARGET_BYTES


class Counted:
    """A file that swallows bytes and only keeps the last ones, so that a large bundle takes no room."""

    def __init__(self) -> None:
        self.size = 0

    def zeros(self, size: int) -> AbstractContextManager[Iterator[bytes]]:
        """So many zero bytes."""
        block = bytes(1 << 24)
        return nullcontext(block[: min(len(block), size - at)] for at in range(0, size, len(block)))


def test_files_over_four_gibibytes_are_written_as_zip64() -> None:
    """Python's reader finds the second file, which begins behind 4 GiB, in a sparse file."""
    large = 2**32 + 5
    (parcel,) = parcels_of([("d/a", large), ("d/b", 3)], 1, LARGE, 2 * large)
    with tempfile.TemporaryFile() as file:
        for piece in content(
            parcel, lambda path: Counted().zeros(large) if path == "d/a" else nullcontext(iter([b"xyz"]))
        ):
            if len(piece) == 1 << 24:
                file.seek(len(piece), 1)  # a hole
            else:
                file.write(piece)
        file.flush()
        assert file.tell() == parcel.size
        with zipfile.ZipFile(file) as archive:
            assert [entry.file_size for entry in archive.infolist()] == [large, 3]
            assert archive.read("d/b") == b"xyz"


def test_more_than_65535_files_in_one_bundle_are_written_as_zip64() -> None:
    """The number of files is one of the things that can be too large."""
    names = [f"d/{n}" for n in range(70_000)]
    (parcel,) = parcels_of([(name, 0) for name in names], 1, LARGE)
    data = packed(parcel, dict.fromkeys(names, b""))
    assert len(data) == parcel.size
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.infolist()) == 70_000


def test_a_file_that_the_service_does_not_take_is_said_before_anything_is_sent() -> None:
    """The largest file decides."""
    with pytest.raises(InputError, match=r"bundle-001.zip would have 120 B, and the service takes 50 B"):
        parcels_of([("a/b", 0)], 98, 50)


def test_a_file_of_another_size_than_was_said_is_refused() -> None:
    """It changed between the listing and the reading."""
    (parcel,) = parcels_of([("a/b", 3)], 98, LARGE)
    with pytest.raises(IntegrityError, match="a/b has 2 bytes, and 3 were expected"):
        packed(parcel, {"a/b": b"xy"})


@pytest.mark.parametrize("bad", [b"", b"\xff", b"nothing\n", b"bundle\tstart\tsize\tpath\nbundle-001.zip\tx\t1\ta\n"])
def test_a_damaged_listing_is_said(bad: bytes) -> None:
    """Nothing is guessed from it."""
    with pytest.raises(IntegrityError, match="is damaged"):
        read_listing(bad, "zenodo")
