"""Requests that may be sent again after a connection broke off before the answer came: what is done is done."""

from __future__ import annotations

import stat as modes
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paramiko import SFTPClient


def mkdir(path: str, sftp: SFTPClient) -> None:
    """Make a folder that is the owner's alone, unless it is there."""
    try:
        sftp.mkdir(path, 0o700)
    except OSError:
        if not modes.S_ISDIR(sftp.lstat(path).st_mode or 0):
            raise


def rename(old: str, new: str, sftp: SFTPClient) -> None:
    """Give something another name, unless it has it."""
    try:
        sftp.rename(old, new)
    except FileNotFoundError:
        sftp.lstat(new)


def remove(path: str, sftp: SFTPClient) -> None:
    """Remove a file that may be gone."""
    with suppress(FileNotFoundError):
        sftp.remove(path)
