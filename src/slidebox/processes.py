"""Servers that outlive the command that started them, known by process id and command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slidebox.errors import UnreadableError
from slidebox.home import PRIVATE_FILE, replace_text

_LOG_TAIL = 600  # characters
_GRACE_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was started, perhaps by an earlier command.

    Attributes
    ----------
    pid
        Its process id.
    program
        Name of its executable; with it an id that the system has given to another program since is recognised.
    log
        Where it writes.
    """

    pid: int
    program: str
    log: Path

    @classmethod
    def read(cls, file: Path) -> Child | None:
        """The process that a file remembers, or None."""
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            return cls(int(found["pid"]), str(found["program"]), Path(found["log"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, file: Path) -> None:
        """Remember the process in a file."""
        content = {"pid": self.pid, "program": self.program, "log": str(self.log)}
        replace_text(file, json.dumps(content) + "\n", PRIVATE_FILE)

    def runs(self, word: str = "") -> bool:
        """Whether the process runs and is still the program that was started.

        Parameters
        ----------
        word
            A word of its command line that no other has, such as the address it listens on.
        """
        command = "" if self.ended() else _command_line(self.pid)
        return self.program in command and word in command

    def ended(self) -> bool:
        """Whether there is no process of this id any more, or nothing of it but an entry its parent has not read."""
        # Where it is our own child and has ended, let the system forget it.
        with contextlib.suppress(ChildProcessError):
            return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # somebody else's: the id was given away, or we are not its owner
            return False
        return _is_buried(self.pid)

    def end(self) -> None:
        """Ask it to end, and insist after a few seconds."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if not self.runs():
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sign)
            deadline = time.monotonic() + _GRACE_SECONDS
            # A process that is ending loses its command line first, and its sockets and files only then:
            # it is waited for until it is gone.
            while time.monotonic() < deadline:
                if self.ended():
                    return
                time.sleep(0.02)
        raise UnreadableError(f"Process {self.pid} ({self.program}) does not end.", "End it by hand.")

    def log_tail(self) -> str:
        """The last lines of its log."""
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:].strip()
        except OSError:
            return ""


def _is_buried(pid: int) -> bool:
    """Whether a process has ended and only waits for its parent to read how."""
    if Path("/proc/self/stat").exists():
        try:
            # The name before it stands in parentheses, and may have some itself.
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].strip()
        except OSError:
            return True
    else:
        shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        state = shown.stdout.strip()
    return state.startswith(("Z", "X"))


def _command_line(pid: int) -> str:
    """The command line of a process; empty where it is gone or has ended."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def spawn(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], name: str) -> Child:
    """Start a server in a session of its own, so that neither Ctrl-C nor a closed terminal ends it.

    Parameters
    ----------
    command
        The program and its words; secrets belong into `env`, which other users cannot read.
    cwd
        Where it runs, and where its log ``NAME.log`` lies, readable by its owner only.
    env
        The whole of its environment.
    name
        Name of its log.
    """
    log = cwd / f"{name}.log"
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    except OSError as error:
        raise UnreadableError(f"{command[0]} cannot be started: {error.strerror}.") from error
    finally:
        os.close(descriptor)
    process.returncode = 0  # it is meant to outlive us: no warning when this object goes
    return Child(process.pid, Path(command[0]).name, log)
