"""Who can read a folder, from its mode bits (POSIX.1-2017, 4.5 "File Access Permissions")."""

from __future__ import annotations

import re

from slidebox.access.reader import ANY_ACCOUNT, UNKNOWN, Reader, merged

_STICKY = 0o1000

_MODE = re.compile(r"^(?:0o)?([0-7]{3,4})$")


def mode_readers(mode: object, group: str, group_principals: tuple[str, ...]) -> tuple[Reader, ...]:
    """Who has access to a folder through its group and through everybody's bits.

    The owner is the account that runs slidebox and is not listed; neither is the superuser.

    Parameters
    ----------
    mode
        Octal, such as ``"2750"``; anything else lets in somebody unknown.
    group
        Name of the group, for the path.
    group_principals
        The principals that the lab says are in the group; empty if nothing says who is.
    """
    match = _MODE.match(mode) if isinstance(mode, str) else None
    if match is None:
        return (Reader(UNKNOWN, ("read", "write", "delete"), (f"mode {mode!r} cannot be read",)),)
    text = match[1]
    bits = int(text, 8)
    sticky = bool(bits & _STICKY)
    readers = [
        Reader(principal, actions, (f"mode {text}", f"group {group or 'of the folder'}"))
        for principal in group_principals or (UNKNOWN,)
        if (actions := _actions(bits >> 3 & 7, sticky))
    ]
    if actions := _actions(bits & 7, sticky):
        readers.append(Reader(ANY_ACCOUNT, actions, (f"mode {text}", "every account of the machine")))
    return merged(readers)


def _actions(bits: int, sticky: bool) -> tuple[str, ...]:
    """What three bits allow in a folder; passing through (x) is enough to read a file whose name is known."""
    reads = ("read",) if bits & 0o5 else ()
    # Writing to a folder takes both bits; it is also what deleting from it takes, but where the sticky bit
    # leaves that to whoever owns the file or the folder.
    writes = (("write",) if sticky else ("write", "delete")) if bits & 0o3 == 0o3 else ()
    return reads + writes
