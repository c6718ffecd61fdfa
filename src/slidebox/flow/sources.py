"""The edge of streaming: reads an address, and runs the command that works on a piece."""

from __future__ import annotations

import http.client
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from slidebox.errors import UnreadableError
from slidebox.transfer.places import MEBIBYTE

_TRIES = 3
_TIMEOUT_SECONDS = 60
_SAID = 400
"""So many letters of a command's last words are shown."""


def read_address(address: str) -> Iterator[bytes]:
    """The bytes of an address (https, http, ftp, file), in chunks.

    A connection that breaks before the first byte is tried again; later ones are for the next run, because what was
    read is compared as a whole.

    Raises
    ------
    UnreadableError
        If it cannot be read.
    """
    for number in range(_TRIES):
        try:
            # The schemes were checked when the list was read.
            answer = urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS)  # noqa: S310
            break
        except urllib.error.HTTPError as error:
            if number == _TRIES - 1 or error.code < 500:
                raise _failed(address, f"{error.code} {error.reason}") from error
        except OSError as error:
            if number == _TRIES - 1 or urlsplit(address).scheme == "file":
                raise _failed(address, str(getattr(error, "reason", error))) from error
    with answer:
        try:
            while chunk := answer.read(MEBIBYTE):
                yield chunk
        except (OSError, http.client.HTTPException) as error:
            raise _failed(address, f"it broke off ({type(error).__name__})") from error


def _failed(address: str, why: str) -> UnreadableError:
    return UnreadableError(
        f"{address} cannot be read: {why}.", "Run the same command again: finished pieces are not read a second time."
    )


def worker(command: Sequence[str], into: Path) -> Callable[[Path], None]:
    """What runs a command on a piece.

    In its words ``{piece}`` is the piece's file and ``{into}`` the folder for what comes of it; the command's
    environment has both as ``SLIDEBOX_PIECE`` and ``SLIDEBOX_INTO``.

    Parameters
    ----------
    command
        A program and its arguments; no shell reads them.
    into
        The folder for what comes of it.
    """

    def work(piece: Path) -> None:
        words = [word.replace("{piece}", str(piece)).replace("{into}", str(into)) for word in command]
        env = {**os.environ, "SLIDEBOX_PIECE": str(piece), "SLIDEBOX_INTO": str(into)}
        try:
            done = subprocess.run(
                words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
            )
        except OSError as error:
            raise UnreadableError(f"{command[0]} cannot be run: {error.strerror}.", "Give its whole path.") from error
        if done.returncode:
            last = done.stdout.decode("utf-8", "replace").strip()[-_SAID:]
            raise UnreadableError(
                f"{command[0]} ended with {done.returncode} on {piece.name}{f': {last}' if last else ''}",
                "The piece was deleted, and is read again by the next run.",
            )

    return work
