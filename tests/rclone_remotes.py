"""Remotes of a real rclone: a folder of this machine, and a WebDAV server with a password."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from slidebox.rclone import Rclone
from slidebox.rclone.program import find

NEEDED = pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not on PATH")


@dataclass
class Remotes:
    """An rclone configuration with two remotes, ``folder`` and ``dav``.

    Attributes
    ----------
    root
        The folder behind ``folder``.
    served
        The folder behind ``dav``.
    config
        The configuration's file.
    secret
        A password that stands in it in a form that rclone alone reads.
    """

    root: Path
    served: Path
    config: Path
    secret: str
    obscured: str
    made: list[Rclone] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What rclone is started with."""
        return {**os.environ, "RCLONE_CONFIG": str(self.config)}

    def rclone(self) -> Rclone:
        """An rclone that knows them."""
        self.made.append(Rclone(find, self.environment))
        return self.made[-1]

    def behind(self, remote: str) -> Path:
        """The folder that a remote shows."""
        return {"folder": self.root, "dav": self.served}[remote]


@contextmanager
def remotes(tmp: Path) -> Iterator[Remotes]:
    """Write the configuration and serve a folder as long as this is open."""
    root, served, config = tmp / "root", tmp / "served", tmp / "rclone.conf"
    root.mkdir()
    served.mkdir()
    secret = secrets.token_urlsafe(24)
    program = shutil.which("rclone") or "rclone"
    quiet = {**os.environ, "RCLONE_CONFIG": os.devnull}
    obscured = subprocess.run(
        [program, "obscure", "-"], input=secret, env=quiet, capture_output=True, text=True, check=True
    ).stdout.strip()
    server = subprocess.Popen(
        [program, "serve", "webdav", str(served), "--addr", "127.0.0.1:0", "--dir-cache-time", "0s"],
        env={**quiet, "RCLONE_USER": "lab", "RCLONE_PASS": secret},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr
    port = next(int(said[1]) for line in server.stderr if (said := re.search(r"127\.0\.0\.1:(\d+)", line)))
    config.write_text(
        f"[folder]\ntype = alias\nremote = {root}\n\n"
        f"[dav]\ntype = webdav\nurl = http://127.0.0.1:{port}\nvendor = other\nuser = lab\npass = {obscured}\n"
    )
    config.chmod(0o600)
    found = Remotes(root, served, config, secret, obscured)
    try:
        yield found
    finally:
        for rclone in found.made:
            rclone.close()
        server.kill()
        server.wait()
        server.stderr.close()
