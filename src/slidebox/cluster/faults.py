"""What a server refuses, in one sentence with its cure."""

# ruff: noqa: PLC0415 - paramiko is in an extra, and is imported once a server is asked for something

from __future__ import annotations

import errno

from slidebox.errors import SlideboxError, UnreadableError
from slidebox.quantities import human_bytes

_CLOSED = "Socket is closed"
"""What paramiko says of a channel whose connection has gone, in an `OSError` without a number."""

_AGAIN = "Run the same command again: what has arrived is kept."
_ENOUGH = 4 * 2**20
"""With less room than this, a write that failed has failed for want of room."""


class BrokenError(UnreadableError):
    """The connection is gone, or could not be made for now: trying again may help."""


class RefusedError(Exception):
    """A server's answer to one request: no.

    Parameters
    ----------
    number
        The system's number for the reason; 0 where the server gave none (SFTP's general failure).
    text
        Its own words.
    """

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number
        self.text = text


def is_broken(error: BaseException) -> bool:
    """Whether an error is of the connection and not an answer of the server."""
    # Only a server's answers are `OSError` with this very type, and they never have the numbers of sockets.
    if isinstance(error, ConnectionError | TimeoutError | EOFError):
        return True
    if type(error) is OSError:
        return error.errno is None and str(error) == _CLOSED
    from paramiko import SSHException

    return isinstance(error, SSHException)


def refused(error: OSError) -> RefusedError:
    """A server's refusal, from what paramiko raises for it."""
    return RefusedError(error.errno or 0, str(error.strerror or error) or "no reason given")


def broken(host: object, error: BaseException) -> BrokenError:
    """The sentence for a connection that went away and stayed away."""
    return BrokenError(f"The connection to {host} broke off ({str(error) or type(error).__name__}).", _AGAIN)


def sentence(error: RefusedError, host: object, doing: str, free: int | None = None) -> SlideboxError:
    """A refusal as a person should read it.

    Parameters
    ----------
    error
        The refusal.
    host
        The server.
    doing
        What was tried, such as ``making /data/lab``.
    free
        Bytes that are left there, if somebody has asked: SFTP itself has no word for a full disk
        (draft-ietf-secsh-filexfer-02, section 7).
    """
    if error.number in {errno.EACCES, errno.EPERM}:
        return UnreadableError(
            f"{host} does not allow this account to go on: {doing} failed (permission denied).",
            "Ask whoever runs the cluster for access to the folder, or for membership in its group.",
        )
    if error.number == errno.ENOENT:
        return UnreadableError(
            f"{host} has no such file or folder: {doing} failed.",
            "Check `path` of the store in lab.yaml, and that the file system is mounted there.",
        )
    if free is not None and free < _ENOUGH:
        return UnreadableError(
            f"{host} is full or the quota is used up ({human_bytes(free)} free): {doing} failed.",
            f"Make room there, or ask for more. {_AGAIN}",
        )
    return UnreadableError(
        f"{host} refuses: {doing} failed ({error.text}).",
        f"Look whether the disk or the quota there is used up. {_AGAIN}",
    )
