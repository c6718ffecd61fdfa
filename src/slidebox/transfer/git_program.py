"""The program ``git``: run with a token that is in its environment alone, its failures as one sentence."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from slidebox.errors import UnreadableError
from slidebox.tokens import Secret

_LONGEST = 300
_PIECE = 1 << 20
_WHO = {"NAME": "slidebox", "EMAIL": "slidebox@localhost"}
"""Whose commits they are where git does not know the person."""


@dataclass(frozen=True, slots=True)
class Git:
    """git in one folder, for one remote address.

    Attributes
    ----------
    root
        The working copy.
    url
        Where the token is sent, and nowhere else.
    token
        The token; None where the address takes none.
    environment
        The environment of this process.
    """

    root: Path
    url: str
    token: Secret | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def run(self, *words: str, given: bytes = b"") -> bytes:
        """Run it to its end, and answer what it said.

        Raises
        ------
        UnreadableError
            If it fails; with what it said, and without the token.
        """
        try:
            done = subprocess.run(
                ["git", *words], cwd=self.root, env=self._environment(), input=given, capture_output=True, check=False
            )
        except OSError as error:
            raise UnreadableError(f"git could not be run: {error.strerror}.", "Install git.") from error
        if done.returncode:
            raise self._failure(words[0], done.stderr)
        return done.stdout

    @contextmanager
    def pieces(self, *words: str, given: bytes = b"") -> Iterator[Iterator[bytes]]:
        """What it says, piece by piece; what it is given has to be small.

        Raises
        ------
        UnreadableError
            If it fails, once all that it has said was read.
        """
        with subprocess.Popen(
            ["git", *words],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as child:
            assert child.stdin is not None  # noqa: S101 - a pipe was asked for
            with suppress(BrokenPipeError):
                child.stdin.write(given)
                child.stdin.close()

            def read() -> Iterator[bytes]:
                assert child.stdout is not None  # noqa: S101 - a pipe was asked for
                while piece := child.stdout.read(_PIECE):
                    yield piece
                if child.wait():
                    raise self._failure(words[0], b"")

            try:
                yield read()
            finally:
                if child.poll() is None:
                    child.kill()

    def _environment(self) -> dict[str, str]:
        """Nobody is asked anything, and the token goes to its own address only."""
        found = {**self.environment, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        # Whatever folder or index of git this process runs in is not the one that is meant.
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            found.pop(name, None)
        found |= {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in _WHO.items()}
        parts = urlsplit(self.url)
        settings = {
            # Nobody's helper answers in the token's place, or keeps it.
            "credential.helper": "",
            "http.followRedirects": "false",
            "remote.there.url": self.url,
            "lfs.url": f"{self.url}/info/lfs",
            "lfs.locksverify": "false",
        }
        if self.token is not None:
            basic = base64.b64encode(f"x-access-token:{self.token.reveal()}".encode()).decode()
            settings[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = f"Authorization: Basic {basic}"
        found["GIT_CONFIG_COUNT"] = str(len(settings))
        for number, (key, value) in enumerate(settings.items()):
            found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return found

    def _failure(self, word: str, said: bytes) -> UnreadableError:
        text = said.decode("utf-8", "replace")
        if self.token is not None:
            text = self.token.hidden_in(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        fatal = [line for line in lines if line.startswith(("fatal:", "error:", "remote: error:", "! "))]
        first = (fatal or lines or ["it said nothing"])[0]
        return UnreadableError(
            f"`git {word}` failed for {self.url}: {first.rstrip('.')[:_LONGEST]}.",
            "Look whether the repository is there and the token may do this, then run the same command again.",
        )
