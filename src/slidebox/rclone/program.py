"""Which rclone is started: the newer of the one on PATH and the one that `make rclone` has built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from slidebox.errors import UnreadableError
from slidebox.home import engine_cache
from slidebox.rclone.daemon import Rclone

Version: TypeAlias = tuple[int, int, int]

OLDEST: Version = (1, 60, 0)
"""Has every command that is used here; Debian 12 has 1.60.1."""

TELLS_SHARING: Version = (1, 67, 0)
"""Reads permissions of Google Drive (1.66) and OneDrive (1.67) as metadata (rclone's changelog)."""

LETS_IN: Version = (1, 76, 0)
"""Adds permissions to a folder and takes none away; what earlier ones do was not tried."""

_ASK_SECONDS = 20.0


def _version(path: Path) -> Version | None:
    """What a program says of its version; None where it is no rclone."""
    try:
        done = subprocess.run([str(path), "version"], capture_output=True, text=True, timeout=_ASK_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(done.stdout)


def parse_version(text: str) -> Version | None:
    """The version in what `rclone version` prints."""
    found = re.match(r"rclone v(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _candidates(environment: Mapping[str, str]) -> Iterable[Path]:
    on_path = shutil.which("rclone", path=environment.get("PATH"))
    if on_path:
        yield Path(on_path)
    yield from (p for p in engine_cache(environment).glob("rclone-*/rclone") if os.access(p, os.X_OK))


def find(
    environment: Mapping[str, str] = os.environ, ask: Callable[[Path], Version | None] = _version
) -> tuple[Path, Version]:
    """The newest rclone of this machine, and its version.

    Parameters
    ----------
    environment
        Where to look.
    ask
        Asks a program for its version.

    Raises
    ------
    UnreadableError
        If there is none that is new enough.
    """
    asked = {path: ask(path) for path in dict.fromkeys(_candidates(environment))}
    found = {path: version for path, version in asked.items() if version is not None and version >= OLDEST}
    if not found:
        oldest = ".".join(map(str, OLDEST))
        raise UnreadableError(
            f"There is no rclone {oldest} or newer on this machine, which stores of kind 'rclone' are reached with.",
            "Install rclone (https://rclone.org/install), or run `make rclone` in a clone of slidebox: it builds it "
            "in about three minutes.",
        )
    return max(found.items(), key=lambda one: one[1])


@cache
def shared() -> Rclone:
    """The one rclone of this process, which starts when it is first needed and ends with the process."""
    return Rclone(find, os.environ)
