"""How much a cluster can still take: the file system, and the quota of whoever writes."""

from __future__ import annotations

from slidebox.cluster import wire
from slidebox.cluster.session import Cluster

_UNIT = 1024
"""quota(1) counts blocks of 1 KiB."""


def free(cluster: Cluster, path: str, group: str | None = None) -> int | None:
    """Bytes that can still be written; None where nobody says.

    Parameters
    ----------
    cluster
        The server.
    path
        A folder.
    group
        The group whose quota counts too.
    """
    found = cluster.again(f"asking how much room {path} has", lambda sftp: wire.file_system(sftp, path))
    said = [found.free] if found else []
    mount = _mount(cluster, path)
    for whose in (["-u"], ["-g", group] if group else []):
        # Of one file system: the quota of a home has nothing to do with the lab's folder.
        if mount and whose and (answer := cluster.ask("quota", "-w", "-p", "-f", mount, *whose)):
            said += left(answer.text)
    return min(said, default=None)


def _mount(cluster: Cluster, path: str) -> str | None:
    """Where the file system of a folder is mounted, by df(1) in POSIX's format."""
    answer = cluster.ask("df", "-P", "--", path)
    fields = answer.text.rstrip().splitlines()[-1:] if answer and answer.code == 0 else []
    words = fields[0].split(None, 5) if fields else []
    return words[5] if len(words) == 6 else None


def left(text: str) -> list[int]:
    """Bytes that are left by the lines of quota(1), of which each has blocks, quota and limit after the file system.

    A number with a star is over its quota; a quota and a limit of 0 are none.
    """
    found = []
    for line in text.splitlines():
        words = line.split()
        numbers = [word.rstrip("*") for word in words[1:4]]
        if len(numbers) == 3 and all(number.isdecimal() for number in numbers):
            used, soft, hard = map(int, numbers)
            if most := hard or soft:
                found.append(max(most - used, 0) * _UNIT)
    return found
