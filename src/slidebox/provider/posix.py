"""Accounts, groups and the system's errors, as a person knows them."""

from __future__ import annotations

import errno
import grp
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

from slidebox.errors import InputError, SlideboxError, UnreadableError


def user_name(number: int) -> str:
    """The name of an account; its number where the system knows none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number: int) -> str:
    """The name of a group; its number where the system knows none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def group_id(name: str | None) -> int | None:
    """The number of a group; None where none is named.

    Raises
    ------
    InputError
        If the machine has no such group.
    """
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise InputError(f"This machine has no group {name!r}.", "Make it, or correct `group` in lab.yaml.") from None


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn what the system raises inside into a sentence."""
    try:
        yield
    except OSError as error:
        raise _sentence(error, doing) from error


def _sentence(error: OSError, doing: str) -> SlideboxError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return UnreadableError(f"The disk is full: {doing} failed.", "Make room on it, then run again.")
    if error.errno == errno.EROFS:
        return UnreadableError(f"The disk is mounted read-only: {doing} failed.", "Mount it writable, then run again.")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return UnreadableError(
            f"This account is not allowed to go on: {doing} failed ({error.strerror}).",
            "Run as the account that owns the drive, and be a member of the group that shares it.",
        )
    return UnreadableError(
        f"The disk failed while {doing}: {error.strerror or error}.", "Check the disk and its mount."
    )
