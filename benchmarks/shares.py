"""Who used the processor while a command ran: the engine, the program, each plugin, the rules, the test server.

Figures come from /proc, so they are there on Linux only. A process is looked at five times a second; what it did after
the last look is not counted.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Self

ROLES = (
    ("rules", ("/opa",)),
    ("stand-in", ("tests.doubles.aws.plugin",)),
    ("double", ("moto_server",)),
    ("analyzer", ("slidebox.analyzer",)),
    ("provider", ("slidebox.provider",)),
    ("program", ("language", "pulumi-python-exec")),
    ("engine", ("pulumi",)),
)
"""What each process is, by what its command line has; the first that fits."""

_LOOK_SECONDS = 0.2
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Shares:
    """Watches the children of this process, and theirs, while it is used as a context.

    Attributes
    ----------
    seconds
        Of processor time by role, when the context has ended.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._first: dict[int, float] = {}
        self._last: dict[int, tuple[str, float]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if Path("/proc/self/stat").exists():
            self._first = {pid: seconds for pid, (_, seconds) in _look().items()}
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        found: dict[str, float] = defaultdict(float)
        for pid, (role, seconds) in self._last.items():
            found[role] += seconds - self._first.get(pid, 0.0)
        self.seconds = dict(found)

    def _watch(self) -> None:
        while True:
            for pid, (role, seconds) in _look().items():
                self._last[pid] = (role or self._last.get(pid, ("other", 0.0))[0], seconds)
            if self._ended.wait(_LOOK_SECONDS):
                return


def _look() -> dict[int, tuple[str, float]]:
    """The role and the seconds so far of every process below this one."""
    children: dict[int, list[int]] = defaultdict(list)
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            children[int(fields[1])].append(int(entry.name))
            used[int(entry.name)] = (int(fields[11]) + int(fields[12])) / _TICK
    found: dict[int, tuple[str, float]] = {}
    waiting = list(children[os.getpid()])
    while waiting:
        pid = waiting.pop()
        waiting += children[pid]
        found[pid] = (_role(pid), used[pid])
    return found


def _role(pid: int) -> str:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
    return next((role for role, words in ROLES if any(word in line for word in words)), "other" if line else "")
