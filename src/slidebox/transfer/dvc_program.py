"""The program ``dvc``: found on PATH, run in a repository, its failures as one sentence, its keys never shown."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slidebox.errors import UnreadableError

PROGRAM_VARIABLE = "SLIDEBOX_DVC"
"""Names the program where it is not on PATH."""

_CHOSEN_OTHERWISE = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_OF_FSSPEC = ("FSSPEC_ABSTRACT", "FSSPEC_SSH")
"""Beginnings of variables that say how sshfs connects: it has no protocol of its own, which fsspec calls ``abstract``
(fsspec, "Configuration"; sshfs 2026.8)."""

_UNTRUSTED = "host key is not trusted"
"""What asyncssh says of a server that no file of known hosts names."""

_LACKING = re.compile(r"requires '?dvc-(\w+)'?")
_ERROR = re.compile(r"^(ERROR|fatal): *", re.MULTILINE)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Dvc:
    """DVC in one repository.

    Attributes
    ----------
    root
        The working copy.
    keys
        Access key and secret key of its remotes, ``accessKeyId`` and ``secretAccessKey``; where empty, DVC finds some
        by itself. They go to the program in its environment, and nowhere else.
    environment
        The environment of this process.
    known_hosts
        The files by which the server of a remote has to be known; None where no remote is reached by SSH. Left to
        itself, DVC would believe any server (sshfs, ``known_hosts=None``).
    """

    root: Path
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    known_hosts: Sequence[Path] | None = None

    def require(self) -> str:
        """The program.

        Raises
        ------
        UnreadableError
            If it is not installed.
        """
        found = self.environment.get(PROGRAM_VARIABLE) or shutil.which("dvc", path=self.environment.get("PATH"))
        if not found:
            raise UnreadableError(
                "DVC is not installed: there is no program `dvc`.",
                "Install it by itself, with what its remotes need: `uv tool install 'dvc[s3,ssh]'` or `pipx install`.",
            )
        return found

    def run(self, *words: str) -> None:
        """Run it to its end.

        Raises
        ------
        UnreadableError
            If it fails; with what it said, and without keys.
        """
        done = self._done(words, self.known_hosts)
        if done.returncode:
            raise self._failure(words, done)

    def insist_on_known_host(self, remote: str) -> None:
        """Insist that this DVC turns away a server that is not known; of a remote that is not reached by SSH, nothing.

        It is asked what lies in a remote while no host is known at all, and has to refuse.

        Parameters
        ----------
        remote
            Name of the remote.

        Raises
        ------
        UnreadableError
            If it does not refuse, or fails otherwise.
        """
        if self.known_hosts is None:
            return
        words = ("list-url", f"remote://{remote}")
        done = self._done(words, ())
        if done.returncode == 0:
            raise UnreadableError(
                "This DVC comes to any server, whether it is known or not; nothing was pushed.",
                "Install the version that slidebox is tested with; docs/repositories.md names it.",
            )
        if _UNTRUSTED not in f"{done.stdout}{done.stderr}".lower():
            raise self._failure(words, done)

    def _done(self, words: Sequence[str], known_hosts: Sequence[Path] | None) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self.require(), *words],
                cwd=self.root,
                env=self._environment(known_hosts),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                # Away from the terminal, where it would ask for passwords.
                start_new_session=known_hosts is not None,
            )
        except OSError as error:
            raise UnreadableError(f"dvc could not be run: {error.strerror}.", "Install it again.") from error

    def _failure(self, words: Sequence[str], done: subprocess.CompletedProcess[str]) -> UnreadableError:
        said = self._said(done.stderr or done.stdout)
        cure = "Correct it, then run the same command again: finished files are kept."
        if lacking := _LACKING.search(said):
            part = lacking.group(1)
            cure = f"Install DVC with that part: `pip install 'dvc[{part}]'`, or `uv tool install 'dvc[{part}]'`."
        return UnreadableError(f"`dvc {words[0]}` failed in {self.root}: {said}.", cure)

    def _environment(self, known_hosts: Sequence[Path] | None) -> dict[str, str]:
        found = {**self.environment, "DVC_NO_ANALYTICS": "1", "NO_COLOR": "1"}
        if known_hosts is not None:
            found = {name: value for name, value in found.items() if not name.upper().startswith(_OF_FSSPEC)}
            # Where there is no such file, no host is known.
            files = [str(file) for file in known_hosts if file.is_file()] or [os.devnull]
            found |= {f"{name}_KNOWN_HOSTS": json.dumps(files) for name in _OF_FSSPEC}
        if self.keys:
            found = {name: value for name, value in found.items() if name not in _CHOSEN_OTHERWISE}
            found |= {"AWS_ACCESS_KEY_ID": self.keys["accessKeyId"]}
            found |= {"AWS_SECRET_ACCESS_KEY": self.keys["secretAccessKey"]}
        return found

    def _said(self, text: str) -> str:
        """The first error that it names, without keys."""
        for value in self.keys.values():
            text = text.replace(value, "***")
        found = _ERROR.split(text, maxsplit=1)
        first = (found[-1].strip().splitlines() or ["it said nothing"])[0]
        return first.strip().rstrip(".")[:_LONGEST]
