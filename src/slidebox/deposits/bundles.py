"""A dataset with folders and many files as a few ZIP files, always the same ones for the same files.

A deposit has no folders and few files (Zenodo: 100 a record, `MAX_FILES_PER_RECORD` in its configuration). The ZIP
files are stored, not packed: images hardly shrink, and every byte of a file lies in its bundle as it is, at a place
that the listing says. They are written in one pass with data descriptors, as Python's `zipfile` writes to a pipe
(PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16), and have sizes over 4 GiB where they need to (4.5.3).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from slidebox.errors import InputError, IntegrityError
from slidebox.quantities import human_bytes

LISTING = "slidebox-bundles.tsv"
"""The file that says in which bundle, and at which byte, each file lies; without it each file lies by itself."""
TARGET_BYTES = 10**9
"""How large a bundle is where that leaves few enough of them: what a broken upload sends again at most."""

_BUNDLE = re.compile(r"bundle-\d{3,}\.zip")
_HEAD = "bundle\tstart\tsize\tpath\n"
_32, _16 = 0xFFFFFFFF, 0xFFFF
_DESCRIBED, _UTF8 = 0x08, 0x800
# 1 January 1980 at midnight, in MS-DOS's form: the time of a file is no part of the data.
_DATE, _TIME = 0x21, 0
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3 << 8

Opening = Callable[[str], AbstractContextManager[Iterator[bytes]]]
"""Opens a file of the dataset by its path."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a parcel.

    Attributes
    ----------
    path
        Its path inside the dataset.
    size
        Bytes.
    start
        The byte of the parcel at which its first byte lies.
    """

    path: str
    size: int
    start: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """One file of a deposit: a bundle, or a file of the dataset by itself.

    Attributes
    ----------
    name
        Its name there.
    size
        Bytes.
    members
        The files of the dataset in it.
    zipped
        Whether it is a bundle.
    """

    name: str
    size: int
    members: tuple[Member, ...] = field(repr=False)
    zipped: bool = True


def is_own(name: str) -> bool:
    """Whether a file of a deposit has a name that only slidebox gives."""
    return name == LISTING or bool(_BUNDLE.fullmatch(name))


def parcels_of(
    files: Iterable[tuple[str, int]], most: int, largest: int, target: int = TARGET_BYTES
) -> tuple[Parcel, ...]:
    """Share the files of a dataset out.

    Few files without folders stay by themselves, so that whoever looks at the deposit sees them. Else files go into
    bundles in the order of their paths, each as full as the target lets it be; a larger file has its own.

    Parameters
    ----------
    files
        Paths and sizes.
    most
        How many parcels there may be.
    largest
        Bytes that one may have.
    target
        Bytes that a bundle has at most, where that leaves few enough of them.

    Raises
    ------
    InputError
        If one is larger than the service takes.
    """
    ordered = sorted(files)
    alone = len(ordered) <= most and all(size and "/" not in path and not is_own(path) for path, size in ordered)
    if alone:
        found = [Parcel(path, size, (Member(path, size, 0),), zipped=False) for path, size in ordered]
    else:
        # Two bundles that follow each other are together larger than the limit, so this leaves few enough.
        whole = sum(_cost(path, size) for path, size in ordered)
        limit = max(target, -(-2 * whole // max(most - 1, 1)))
        found = [_bundle(number, group) for number, group in enumerate(_groups(ordered, limit), 1)]
    for parcel in found:
        if parcel.size > largest:
            raise InputError(
                f"{parcel.name} would have {human_bytes(parcel.size)}, and the service takes {human_bytes(largest)} "
                "in one file.",
                "Split its largest file, or choose a store that takes it.",
            )
    return tuple(found)


def _groups(files: Sequence[tuple[str, int]], limit: int) -> Iterator[list[tuple[str, int]]]:
    group: list[tuple[str, int]] = []
    filled = 0
    for path, size in files:
        if group and filled + _cost(path, size) > limit:
            yield group
            group, filled = [], 0
        group.append((path, size))
        filled += _cost(path, size)
    if group:
        yield group


def _cost(path: str, size: int) -> int:
    """What a file takes in a bundle at most: its bytes, its headers and its descriptor."""
    return size + 2 * len(path.encode()) + 30 + 20 + 24 + 46 + 28


def _bundle(number: int, group: Sequence[tuple[str, int]]) -> Parcel:
    members, at, directory = [], 0, 0
    for path, size in group:
        name = path.encode()
        start = at + len(_local(name, size))
        members.append(Member(path, size, start))
        directory += len(_central(name, size, at, 0))
        at = start + size + len(_descriptor(size, 0))
    end = len(_end(len(members), directory, at))
    return Parcel(f"bundle-{number:03}.zip", at + directory + end, tuple(members))


def content(parcel: Parcel, opened: Opening) -> Iterator[bytes]:
    """The bytes of a parcel, read as they are needed.

    Parameters
    ----------
    parcel
        Which.
    opened
        Opens a file of the dataset.

    Raises
    ------
    IntegrityError
        If a file has another size than was said.
    """
    central: list[bytes] = []
    at = 0
    for member in parcel.members:
        name = member.path.encode()
        if parcel.zipped:
            yield _local(name, member.size)
        check, size = 0, 0
        with opened(member.path) as chunks:
            for chunk in chunks:
                check, size = zlib.crc32(chunk, check), size + len(chunk)
                yield chunk
        if size != member.size:
            raise IntegrityError(f"{member.path} has {size} bytes, and {member.size} were expected.", "Run it again.")
        if parcel.zipped:
            yield _descriptor(size, check)
            central.append(_central(name, size, at, check))
            at = member.start + size + len(_descriptor(size, check))
    if parcel.zipped:
        directory = b"".join(central)
        yield directory
        yield _end(len(central), len(directory), at)


def _local(name: bytes, size: int) -> bytes:
    """The header before a file; its checksum and size come after it."""
    large = size >= _32
    extra = struct.pack("<HHQQ", 1, 16, 0, 0) if large else b""
    sizes = (_32, _32) if large else (0, 0)
    flags = _DESCRIBED | _UTF8
    fixed = (b"PK\3\4", 45 if large else 20, flags, 0, _TIME, _DATE, 0, *sizes, len(name), len(extra))
    return struct.pack("<4s5H3L2H", *fixed) + name + extra


def _descriptor(size: int, check: int) -> bytes:
    return struct.pack("<4sLQQ" if size >= _32 else "<4sLLL", b"PK\7\10", check, size, size)


def _central(name: bytes, size: int, at: int, check: int) -> bytes:
    """A file's entry in the directory at the end."""
    wide = [size, size] * (size >= _32) + [at] * (at >= _32)
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = 45 if wide else 20
    shown = min(size, _32)
    fixed = (b"PK\1\2", _UNIX | version, version, _DESCRIBED | _UTF8, 0, _TIME, _DATE, check, shown, shown)
    lengths = (len(name), len(extra), 0, 0, 0, _PLAIN_FILE, min(at, _32))
    return struct.pack("<4s6H3L5H2L", *fixed, *lengths) + name + extra


def _end(count: int, size: int, at: int) -> bytes:
    """The end of the directory; with Zip64's own before it where a number is too large for it."""
    wide = b""
    if count >= _16 or size >= _32 or at >= _32:
        wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, _UNIX | 45, 45, 0, 0, count, count, size, at)
        wide += struct.pack("<4sLQL", b"PK\6\7", 0, at + size, 1)
    shown = min(count, _16)
    return wide + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, shown, shown, min(size, _32), min(at, _32), 0)


def listing(parcels: Iterable[Parcel]) -> bytes | None:
    """The listing of bundles; None where every file lies by itself."""
    zipped = [parcel for parcel in parcels if parcel.zipped]
    if not zipped:
        return None
    lines = (f"{p.name}\t{m.start}\t{m.size}\t{m.path}\n" for p in zipped for m in p.members)
    return (_HEAD + "".join(lines)).encode()


def read_listing(data: bytes, where: str) -> dict[str, tuple[str, Member]]:
    """In which parcel each file lies, by its path.

    Raises
    ------
    IntegrityError
        If it is no listing.
    """
    damaged = IntegrityError(f"The listing of bundles in {where} is damaged.", "Put the dataset again.")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise damaged from None
    if not text.startswith(_HEAD):
        raise damaged
    found: dict[str, tuple[str, Member]] = {}
    for line in text.removeprefix(_HEAD).split("\n")[:-1]:
        parts = line.split("\t", 3)
        if len(parts) != 4 or not (parts[1].isdecimal() and parts[2].isdecimal()) or not _BUNDLE.fullmatch(parts[0]):
            raise damaged
        found[parts[3]] = (parts[0], Member(parts[3], int(parts[2]), int(parts[1])))
    return found
