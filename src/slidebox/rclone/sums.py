"""The checksums that file services keep, worked out from bytes as they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

_DROPBOX_BLOCK = 4 * 2**20
_RING = 160
"""QuickXorHash turns a ring of 160 bits by 11 bits for each byte; after 160 bytes the ring is where it was."""


class Sum(Protocol):
    """A checksum that grows."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """The checksum so far, in hexadecimal digits."""


class DropboxSum:
    """Dropbox's content hash: the SHA-256 of the SHA-256 of each 4 MiB (Dropbox, "Content hash")."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._block = hashlib.sha256()
        self._in_block = 0

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        view = memoryview(data)
        while view:
            taken = view[: _DROPBOX_BLOCK - self._in_block]
            self._block.update(taken)
            self._in_block += len(taken)
            view = view[len(taken) :]
            if self._in_block == _DROPBOX_BLOCK:
                self._whole.update(self._block.digest())
                self._block, self._in_block = hashlib.sha256(), 0

    def hexdigest(self) -> str:
        """The checksum so far."""
        whole = self._whole.copy()
        if self._in_block:
            whole.update(self._block.digest())
        return whole.hexdigest()


class QuickXorSum:
    """OneDrive's QuickXorHash (Microsoft Graph, "Code snippets: QuickXorHash algorithm").

    It finds damage, and is no cryptographic checksum. All bytes at the same place of the ring are joined first, many
    at a time as one long number; only 160 of them are turned by themselves, at the end.
    """

    def __init__(self) -> None:
        self._columns = 0
        self._rest = b""
        self._size = 0

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._size += len(data)
        data = self._rest + data
        whole = len(data) - len(data) % _RING
        self._rest = data[whole:]
        self._columns ^= _folded(data[:whole])

    def hexdigest(self) -> str:
        """The checksum so far."""
        columns = (self._columns ^ int.from_bytes(self._rest, "little")).to_bytes(_RING, "little")
        ring = 0
        for place, byte in enumerate(columns):
            turn = place * 11 % _RING
            ring ^= byte << turn
        ring = (ring & ((1 << _RING) - 1)) ^ (ring >> _RING)
        # The length goes into the last eight bytes.
        ring ^= self._size << (_RING - 64)
        return (ring & ((1 << _RING) - 1)).to_bytes(_RING // 8, "little").hex()


def _folded(data: bytes) -> int:
    """All rings of 160 bytes, joined."""
    number, rings = int.from_bytes(data, "little"), len(data) // _RING
    while rings > 1:
        half = rings // 2
        width = 8 * _RING * (rings - half)
        number = (number & ((1 << width) - 1)) ^ (number >> width)
        rings -= half
    return number


SUMS: Mapping[str, Callable[[], Sum]] = {
    "sha256": hashlib.sha256,
    "dropbox": DropboxSum,
    "quickxor": QuickXorSum,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}
"""By rclone's name, in the order in which they are preferred."""
