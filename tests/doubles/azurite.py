"""Azurite, Microsoft's own emulator of blobs: got by npm into the user's cache, as `tools/azurite` pins it.

It stands beside the test server of Resource Manager (`tests/doubles/arm`), has the same certificate, and takes the
tokens that that one hands out: it looks at their audience, issuer and expiry.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .arm.certificate import certificate
from .npm import installed

ACCOUNT = "wayimages"
"""The storage account that it has."""

KEY = base64.b64encode(hashlib.sha512(b"nobody may use it: shared keys are off").digest()).decode()
"""Its shared key; whoever makes links of it is a test of links."""
_START_SECONDS = 60.0


def _node(folder: Path) -> Path:
    """The Node that Azurite needs, which is newer than many a system's."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), "arm64")
    for name in (f"node-{sys.platform}-{machine}", f"node-bin-{sys.platform}-{machine}"):
        found = folder / "node_modules" / name / "bin" / "node"
        if found.exists():
            return found
    pytest.skip(f"there is no Node for {sys.platform} on {machine} in tools/azurite")


@contextmanager
def azurite(repository: Path, data: Path) -> Iterator[str]:
    """Run it over a folder of data; answers the address of its account."""
    folder = installed(repository / "tools" / "azurite", "Azurite")
    public, private = certificate()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    main = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    options = ["--oauth", "basic", "--cert", str(public), "--key", str(private), "--location", str(data)]
    options += ["--disableTelemetry", "--skipApiVersionCheck", "--silent"]
    server = subprocess.Popen(
        [_node(folder), main, "--blobHost", "127.0.0.1", "--blobPort", str(port), *options],
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait(server, port)
        yield f"https://127.0.0.1:{port}/{ACCOUNT}"
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise AssertionError(f"Azurite has stopped: {server.stdout.read() if server.stdout else ''}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("Azurite does not answer")
