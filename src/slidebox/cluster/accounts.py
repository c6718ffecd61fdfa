"""Names and numbers of a server's groups: SFTP has numbers only (draft-ietf-secsh-filexfer-02, section 5)."""

from __future__ import annotations

from slidebox.cluster.session import Cluster
from slidebox.errors import InputError, SlideboxError

_FILES = {"group": "/etc/group", "passwd": "/etc/passwd"}


def group_number(cluster: Cluster, name: str) -> int:
    """The number of a group.

    Parameters
    ----------
    cluster
        The server.
    name
        Its name, or its number in digits.

    Raises
    ------
    InputError
        If the server has no such group, or does not say.
    """
    if name.isdecimal():
        return int(name)
    for known, number in _entries(cluster, "group", name):
        if known == name:
            return number
    raise InputError(
        f"{cluster} has no group {name!r}, or does not say its number.",
        "Correct `group` in lab.yaml; where the server allows neither commands nor reading /etc/group, write the "
        "group's number.",
    )


def group_name(cluster: Cluster, number: int) -> str:
    """The name of a group; its number where the server does not say."""
    return _name(cluster, "group", number)


def user_name(cluster: Cluster, number: int) -> str:
    """The name of an account; its number where the server does not say."""
    return _name(cluster, "passwd", number)


def _name(cluster: Cluster, what: str, number: int) -> str:
    return next((name for name, known in _entries(cluster, what, str(number)) if known == number), str(number))


def _entries(cluster: Cluster, what: str, key: str) -> list[tuple[str, int]]:
    """The entries of one name or number, as the server's own directory has them, or those of its file."""
    answer = cluster.ask("getent", what, key)
    if answer is not None and answer.code == 0:
        return parsed(answer.text)
    try:
        return parsed((cluster.read(_FILES[what]) or b"").decode("utf-8", "replace"))
    except SlideboxError:
        return []  # an account that is shut in a folder of its own sees no such file


def parsed(text: str) -> list[tuple[str, int]]:
    """Names and numbers of lines as in group(5) and passwd(5)."""
    fields = [line.split(":") for line in text.splitlines()]
    return [(line[0], int(line[2])) for line in fields if len(line) > 2 and line[2].isdecimal()]
