"""SFTP requests that paramiko has no public call for: many at once, and OpenSSH's extensions.

The protocol is draft-ietf-secsh-filexfer-02; the extensions are in OpenSSH's PROTOCOL, section 4. paramiko's own
pipelined writes lose what a server refuses, and its prefetch holds a list of all pieces of a file in memory.
"""

# ruff: noqa: PLC0415, SLF001 - paramiko is in an extra, and has requests and answers only under private names

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from slidebox.cluster.faults import is_broken

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

PIECE = 32 * 1024
"""Bytes in one request: every server takes so many (draft, section 3)."""

_MOST_PIECE = 255 * 1024
"""Of a server that takes larger requests no larger ones are asked: OpenSSH's own client goes as far."""

_ON_THE_WAY = 2 * 1024 * 1024
"""Bytes of requests on the way at once: paramiko's window, and OpenSSH's."""

READ, WRITE = 0x01, 0x02
CREATE, EXCLUSIVE = 0x08, 0x20
CLOSE, FSTAT, EXTENDED = 4, 8, 200
_OPEN, _READ, _WRITE, _FSETSTAT, _STATUS = 3, 5, 6, 10, 101


@dataclass(frozen=True, slots=True)
class FileSystem:
    """What a server says of the file system under a path (``statvfs@openssh.com``).

    Attributes
    ----------
    total, free
        Bytes in all, and bytes an ordinary user can still write.
    """

    total: int
    free: int


class _Answers:
    """Requests on the way on one channel, each answered under its number, in whatever order.

    Parameters
    ----------
    sftp
        The channel.
    """

    def __init__(self, sftp: SFTPClient) -> None:
        self._sftp = cast("Any", sftp)
        self._heard: dict[int, tuple[int, Any]] = {}

    def ask(self, *request: Any) -> int:
        """Send a request; answers its number, under which it is answered later."""
        number: int = self._sftp._async_request(self, *request)
        return number

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        """Keep an answer for whoever waits for it: paramiko calls this, in whatever order answers come."""
        self._heard[number] = kind, message

    def answer(self, number: int) -> Any:
        """Wait for an answer; a refusal is raised."""
        while number not in self._heard:
            self._sftp._read_response()
        kind, message = self._heard.pop(number)
        if kind == _STATUS:
            self._sftp._convert_status(message)
        return message


class OpenFile(_Answers):
    """A file that is open on a server.

    Parameters
    ----------
    sftp
        The channel.
    path
        Its path.
    flags
        `READ`, `WRITE`, `CREATE`, `EXCLUSIVE` together.
    mode
        What it may be if it is made now.
    """

    def __init__(self, sftp: SFTPClient, path: str, flags: int, mode: int = 0o600) -> None:
        super().__init__(sftp)
        self._piece = PIECE
        self._opening = self.ask(_OPEN, path.encode(), flags, _about(mode=mode if flags & CREATE else None))
        self._handle: bytes | None = None

    @property
    def handle(self) -> bytes:
        """What the server calls it; where it has not opened it, the refusal is raised."""
        if self._handle is None:
            self._handle = self.answer(self._opening).get_binary()
        return self._handle

    def __enter__(self) -> OpenFile:
        _ = self.handle
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and is_broken(error):
            return  # nobody hears it
        try:
            self.answer(self.ask(CLOSE, self.handle))
        except Exception:
            # A failed close after a failure says nothing new; by itself it says that bytes may not be there.
            if error is None:
                raise

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes and wait until the server has taken all of them."""
        waiting = deque[int]()
        self._widen(len(data))
        for number in self.send(offset, data):
            waiting.append(number)
            if len(waiting) >= _ON_THE_WAY // self._piece:
                self.answer(waiting.popleft())
        while waiting:
            self.answer(waiting.popleft())

    def send(self, offset: int, data: bytes) -> Iterator[int]:
        """Send bytes; answers the numbers of the requests, whose answers are still to come."""
        from paramiko.sftp import int64

        view = memoryview(data)
        for start in range(0, len(view), self._piece):
            piece = view[start : start + self._piece]
            yield self.ask(_WRITE, self.handle, int64(offset + start), piece)

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from an offset on, in order, up to a length or the end of the file."""
        waiting: deque[tuple[int, int, int]] = deque()
        end = None if length is None else offset + length
        self._widen(length or 0)
        # A small file is not asked for sixty times: twice as much is on the way after each piece that came whole.
        asked, at_end, at_once = offset, False, 2
        while not at_end or waiting:
            while not at_end and len(waiting) < at_once:
                size = self._piece if end is None else min(self._piece, end - asked)
                if size <= 0:
                    at_end = True
                    break
                waiting.append((self.piece(asked, size), asked, size))
                asked += size
            if not waiting:
                return
            number, start, size = waiting.popleft()
            data = self.data(number)
            # A server may give less than it was asked for (draft, section 6.4): the rest is asked for by itself.
            while data and len(data) < size and (more := self.data(self.piece(start + len(data), size - len(data)))):
                data += more
            if data:
                yield data
            if len(data) < size:
                at_end = True  # what was asked for beyond the end is answered with nothing
            at_once = min(2 * at_once, _ON_THE_WAY // self._piece)

    def _widen(self, length: int) -> None:
        """Make requests as large as the server takes them, where there is more than fits into a few."""
        if length > _MOST_PIECE:
            self._piece = _largest(self._sftp)

    def piece(self, offset: int, size: int) -> int:
        """Ask for some bytes; answers the number of the request."""
        from paramiko.sftp import int64

        return self.ask(_READ, self.handle, int64(offset), size)

    def data(self, number: int) -> bytes:
        """The bytes with which a request was answered; none beyond the end of the file."""
        while number not in self._heard:
            self._sftp._read_response()
        try:
            data: bytes = self.answer(number).get_binary()
        except EOFError:
            return b""  # the status with which a server says that a file ends there
        return data

    def status(self, number: int) -> SFTPAttributes:
        """What a file is, by the answer to a request."""
        from paramiko.sftp_attr import SFTPAttributes

        found: SFTPAttributes = SFTPAttributes._from_msg(self.answer(number))  # type: ignore[attr-defined]
        return found

    def cut(self, size: int) -> None:
        """Make it so long and no longer."""
        self.answer(self.set_later(size=size))

    def chmod(self, mode: int) -> None:
        """Set its mode."""
        self.answer(self.set_later(mode=mode))

    def set_later(self, *, size: int | None = None, mode: int | None = None) -> int:
        """Ask for a size and a mode; answers the number of the request."""
        return self.ask(_FSETSTAT, self.handle, _about(size=size, mode=mode))

    def sync(self) -> bool:
        """Have it forced to the disk; answers whether the server can do that (``fsync@openssh.com``)."""
        try:
            return _extension(self._sftp, "fsync@openssh.com", self.handle) is not None
        except PermissionError:
            return False  # some servers are told to refuse it to everybody (sftp-server(8), -P)


def _about(*, size: int | None = None, mode: int | None = None) -> Any:
    """A size and a mode as a request says them."""
    from paramiko.sftp_attr import SFTPAttributes

    about: Any = SFTPAttributes()
    if size is not None:
        about.st_size = size
        about._flags |= SFTPAttributes.FLAG_SIZE
    if mode is not None:
        about.st_mode = mode
        about._flags |= SFTPAttributes.FLAG_PERMISSIONS
    return about


_taken: WeakKeyDictionary[SFTPClient, int] = WeakKeyDictionary()


def _largest(sftp: SFTPClient) -> int:
    """Bytes of data in one request of a channel (``limits@openssh.com``); `PIECE` where the server does not say."""
    if sftp not in _taken:
        try:
            answer = _extension(sftp, "limits@openssh.com")
        except PermissionError:
            answer = None
        most = PIECE
        if answer is not None:
            _, reading, writing = (answer.get_int64() for _ in range(3))
            # Nothing means that there is no limit.
            most = min(reading or _MOST_PIECE, writing or _MOST_PIECE, _MOST_PIECE)
        _taken[sftp] = max(most, PIECE)
    return _taken[sftp]


def file_system(sftp: SFTPClient, path: str) -> FileSystem | None:
    """The file system under a path; None where the server does not say."""
    try:
        answer = _extension(sftp, "statvfs@openssh.com", path.encode())
    except PermissionError:
        return None
    if answer is None:
        return None
    _, block, total, _, free = (answer.get_int64() for _ in range(5))
    return FileSystem(block * total, block * free)


def replace(sftp: SFTPClient, old: str, new: str) -> None:
    """Give a file another's name, at once (``posix-rename@openssh.com``).

    Servers without the extension never overwrite: there the other is removed first, and for a moment the name stands
    for nothing. The new file is whole and verified by then.
    """
    if _extension(sftp, "posix-rename@openssh.com", old.encode(), new.encode()) is None:
        with suppress(FileNotFoundError):
            sftp.remove(new)
        sftp.rename(old, new)


def replace_each(sftp: SFTPClient, names: Sequence[tuple[str, str]]) -> list[bool]:
    """Give many files others' names, in one turn (``posix-rename@openssh.com``).

    Parameters
    ----------
    sftp
        The channel.
    names
        What each is called, and what it is to be called.

    Returns
    -------
    list
        Whether each has its new name; of one that has not, `replace` says why.
    """
    heard = _Answers(sftp)
    extension = "posix-rename@openssh.com"
    numbers = [heard.ask(EXTENDED, extension, old.encode(), new.encode()) for old, new in names]
    done = []
    for number in numbers:
        try:
            heard.answer(number)
        except OSError as error:
            if is_broken(error):
                raise
            done.append(False)
        else:
            done.append(True)
    return done


def _extension(sftp: SFTPClient, name: str, *arguments: bytes) -> Any | None:
    """The answer to a request of OpenSSH's; None where the server does not know it."""
    try:
        _, answer = cast("Any", sftp)._request(EXTENDED, name, *arguments)
    except OSError as error:
        if is_unknown(error):
            return None
        raise
    return answer


def is_unknown(error: OSError) -> bool:
    """Whether a server does not know a request: status 8 (draft, section 7), which OpenSSH calls so in words."""
    return error.errno is None and "unsupported" in str(error).lower()
