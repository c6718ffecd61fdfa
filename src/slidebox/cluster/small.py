"""Small files over SFTP, each written, forced to the disk and read back in two turns, alone or several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from slidebox.cluster.faults import is_broken
from slidebox.cluster.wire import CLOSE, CREATE, EXTENDED, FSTAT, PIECE, READ, WRITE, OpenFile, is_unknown

if TYPE_CHECKING:
    from paramiko import SFTPClient

_T = TypeVar("_T")


def whole(sftp: SFTPClient, path: str, data: bytes, mode: int, *, back: bool = False) -> tuple[bytes, int]:
    """Write a small file, give it its mode and have it forced to the disk, in two turns.

    What a server is sent on one channel it does in that order (draft, section 3).

    Parameters
    ----------
    sftp
        The channel.
    path, data, mode
        The file, its bytes and what it is to be.
    back
        Whether to read it back in the same turn.

    Returns
    -------
    tuple
        What was read back, and the second of its last change; nothing and 0 where it was not.
    """
    one = _Whole(sftp, path, data, mode, back=back)
    one.send()
    return one.answered()


def each(sftp: SFTPClient, files: Sequence[tuple[str, bytes]], mode: int) -> list[tuple[bytes, int] | None]:
    """The same for several small files, all in two turns, each read back.

    Parameters
    ----------
    sftp
        The channel.
    files
        Path and bytes of each: together far less than what may be on the way at once, as all of it comes back before
        any of it is heard.
    mode
        The mode of each.

    Returns
    -------
    list
        What was read back of each, and the second of its last change; None of one that was refused.
    """
    asked = [_Whole(sftp, path, data, mode, back=True) for path, data in files]
    sent = [_unless_refused(one.send) is not None for one in asked]
    return [_unless_refused(one.answered) if done else None for one, done in zip(asked, sent, strict=True)]


def _unless_refused(work: Callable[[], _T]) -> _T | None:
    try:
        return work()
    except OSError as error:
        if is_broken(error):
            raise
        return None


class _Whole:
    """A small file that is being written, and read back in the same turn."""

    def __init__(self, sftp: SFTPClient, path: str, data: bytes, mode: int, *, back: bool) -> None:
        self._data, self._mode, self._back = data, mode, back
        self._file = OpenFile(sftp, path, READ | WRITE | CREATE, mode)
        self._waiting: list[int] = []
        self._pieces: list[int] = []
        self._forced = self._about = -1

    def send(self) -> bool:
        """Send all there is to it, once the server has opened it; a refusal is raised."""
        file, data = self._file, self._data
        _ = file.handle
        self._waiting = [*file.send(0, data), file.set_later(size=len(data), mode=self._mode)]
        self._forced = file.ask(EXTENDED, "fsync@openssh.com", file.handle)
        self._pieces = [file.piece(start, PIECE) for start in range(0, len(data), PIECE)] if self._back else []
        self._about = file.ask(FSTAT, file.handle)
        self._waiting += [self._forced, file.ask(CLOSE, file.handle)]
        return True

    def answered(self) -> tuple[bytes, int]:
        """What is there now; the first refusal is raised once everything was heard."""
        failures: list[OSError] = []
        for number in self._waiting:
            try:
                self._file.answer(number)
            except OSError as error:
                if is_broken(error):
                    raise
                if not is_unknown(error) and not (number == self._forced and isinstance(error, PermissionError)):
                    failures.append(error)
        if failures:
            raise failures[0]
        found = self._file.status(self._about)
        return (b"".join(map(self._file.data, self._pieces)), found.st_mtime or 0) if self._back else (b"", 0)
