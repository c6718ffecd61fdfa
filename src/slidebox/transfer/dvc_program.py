"""The program ``dvc``: found on PATH, run in a repository, its failures as one sentence, its keys never shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slidebox.errors import UnreadableError

PROGRAM_VARIABLE = "SLIDEBOX_DVC"
"""Names the program where it is not on PATH."""

_CHOSEN_OTHERWISE = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
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
    """

    root: Path
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

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
                "Install it by itself, with what its remotes need: `uv tool install 'dvc[s3]'` or `pipx install`.",
            )
        return found

    def run(self, *words: str) -> None:
        """Run it to its end.

        Raises
        ------
        UnreadableError
            If it fails; with what it said, and without keys.
        """
        command = [self.require(), *words]
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise UnreadableError(f"dvc could not be run: {error.strerror}.", "Install it again.") from error
        if done.returncode:
            raise UnreadableError(
                f"`dvc {words[0]}` failed in {self.root}: {self._said(done.stderr or done.stdout)}.",
                "Correct it, then run the same command again: finished files are kept.",
            )

    def _environment(self) -> dict[str, str]:
        found = {**self.environment, "DVC_NO_ANALYTICS": "1", "NO_COLOR": "1"}
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
