"""Commands on a server, where it allows any: a shell that stays, so that a question costs no new process of sshd."""

# ruff: noqa: PLC0415 - paramiko is in an extra, and is imported once a server is asked for something

from __future__ import annotations

import re
import secrets
import shlex
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from slidebox.cluster.faults import BrokenError

if TYPE_CHECKING:
    from paramiko import Channel, Transport

_START_SECONDS = 20.0
_SECONDS = 120.0
_MOST = 4 * 2**20
"""A longer answer is none to anything that is asked here."""
_BEGIN = "exec /bin/sh"
# The shell has to work it out: a server that only repeats what it is sent does not pass for one. To an SFTP server,
# the letters "echo" are a length that no packet has, and it goes at once.
_HELLO = "echo slidebox-$((6*7))"
_HEARD = b"slidebox-42\n"
# Numbers, dates and sentences as the parsers here know them.
_PLAIN = "LC_ALL=C; export LC_ALL; unset CDPATH ENV; set -f"
# What is asked of many files, as one question each; BSD's systems have shasum, and another stat.
_FUNCTIONS = (
    "slidebox_sum() { sha256sum || shasum -a 256; }",
    """slidebox_look() { slidebox_sum < "$1" && stat -c '%s %.9Y %i' -- "$1"; }""",
    # Forced to the disk; a system whose sync takes no names forces everything.
    """slidebox_seen() { cd -- "$1" && shift && { sync -- "$@" || sync; }
    sha256sum -- "$@" || shasum -a 256 -- "$@"
    stat -c '%s %Y %n' -- "$@"; }""",
    """slidebox_part() { tail -c "+$2" -- "$1" | head -c "$3" | slidebox_sum; }""",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has said.

    Attributes
    ----------
    code
        Its exit code; 0 is well.
    text
        Its output, without what it complained of.
    """

    code: int
    text: str


class Shell:
    """A shell of a server, which is asked one thing after another.

    Parameters
    ----------
    channel
        A channel on which `/bin/sh` listens.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._heard = b""

    def looked(self, path: str, seconds: float) -> tuple[str, tuple[int, int, int] | None]:
        """SHA-256 of a file, and its size, time of change in ns and inode.

        Parameters
        ----------
        path
            The file.
        seconds
            How long that may take.

        Returns
        -------
        tuple
            Empty where the server has no program for it; None where it cannot say more than to the second.
        """
        lines = self.ask("slidebox_look", path, seconds=seconds).text.splitlines()
        return _digest(lines[:1]), state_of(lines[1] if len(lines) > 1 else "")

    def part(self, path: str, offset: int, length: int) -> str:
        """SHA-256 of some bytes of a file; empty where the server has no program for it."""
        return _digest(self.ask("slidebox_part", path, str(offset + 1), str(length)).text.splitlines()[:1])

    @classmethod
    def start(cls, transport: Transport) -> Shell | None:
        """A new shell; None where the server allows no commands.

        A server that is set up for SFTP alone, with ``ForceCommand internal-sftp`` or an account whose shell is
        ``nologin``, opens the channel all the same and says something else on it, or nothing.
        """
        from paramiko import SSHException

        try:
            channel = transport.open_session(timeout=_START_SECONDS)
            channel.exec_command(_BEGIN)
            found = cls(channel)
            found.send(f"{_HELLO}\n".encode())
            # A login may print something first.
            found.until(_HEARD, _START_SECONDS)
            found.send("\n".join((_PLAIN, *_FUNCTIONS, "")).encode())
        except (SSHException, OSError, BrokenError):
            if not transport.is_active():
                raise
            return None
        return found

    def ask(self, *words: str, reading: str | None = None, seconds: float = _SECONDS) -> Answer:
        """Run one command.

        Parameters
        ----------
        words
            The program and its arguments; each is quoted.
        reading
            A file that is its input.
        seconds
            How long it may take.

        Raises
        ------
        BrokenError
            If the shell has gone, or takes longer.
        """
        mark = f"slidebox-{secrets.token_hex(12)}"
        given = f" < {shlex.quote(reading)}" if reading is not None else " < /dev/null"
        # The command in parentheses: what fails to open its input must not end the shell.
        self.send(f"({shlex.join(words)}{given}) 2>/dev/null; printf '\\n%s %s\\n' {mark} $?\n".encode())
        text = self.until(f"\n{mark} ".encode(), seconds)
        code = self.until(b"\n", seconds)
        return Answer(int(code), text.decode("utf-8", "replace"))

    def close(self) -> None:
        """End it."""
        with suppress(Exception):
            self._channel.close()

    def send(self, data: bytes, seconds: float = _SECONDS) -> None:
        """Send something to whatever listens.

        Parameters
        ----------
        data
            What to send.
        seconds
            How long it may take until the next part of it is taken.

        Raises
        ------
        BrokenError
            If the shell has gone.
        """
        try:
            self._channel.settimeout(seconds)
            self._channel.sendall(cast("bytes", memoryview(data)))
        except OSError as error:
            raise BrokenError(f"The server ended its shell ({error}).") from error

    def until(self, mark: bytes, seconds: float) -> bytes:
        """What is heard before a mark.

        Raises
        ------
        BrokenError
            If it is not heard in time.
        """
        until = time.monotonic() + seconds
        while mark not in self._heard:
            left = until - time.monotonic()
            if left <= 0 or len(self._heard) > _MOST:
                raise BrokenError("The server's shell does not answer.")
            self._channel.settimeout(left)
            try:
                data = self._channel.recv(2**16)
            except TimeoutError:
                continue
            if not data:
                raise BrokenError("The server ended its shell.")
            self._heard += data
        said, _, self._heard = self._heard.partition(mark)
        return said


def _digest(lines: list[str]) -> str:
    """The checksum in what sha256sum(1) prints of its input."""
    words = lines[0].split() if lines else []
    return words[0] if len(words) == 2 and re.fullmatch("[0-9a-f]{64}", words[0]) else ""


def state_of(line: str) -> tuple[int, int, int] | None:
    """Size, time of change in ns and inode, as GNU's ``stat -c '%s %.9Y %i'`` prints them; None if it is not that."""
    match = re.fullmatch(r"(\d+) (\d+)\.(\d{9}) (\d+)", line)
    return (int(match[1]), int(match[2]) * 10**9 + int(match[3]), int(match[4])) if match else None
