"""What npm gets into the user's cache for tests, just as a folder of `tools/` pins it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from slidebox.home import engine_cache

_INSTALL_SECONDS = 300.0


def installed(tools: Path, title: str) -> Path:
    """The folder with its packages, filled when it is first asked for.

    Whoever has no npm, or no way to a registry, skips what needs it.

    Parameters
    ----------
    tools
        The folder with package.json and package-lock.json, which has every package's version and checksum.
    title
        What it is called.
    """
    lock = tools / "package-lock.json"
    folder = engine_cache().parent / "peers" / f"{tools.name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if (folder / "done").exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"{title} comes by npm, and there is no npm on PATH")
    filling = folder.with_name(f"{folder.name}-{os.getpid()}")
    filling.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(tools / name, filling)
    # No package's own scripts run: none of them is needed.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(filling)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0:
        shutil.rmtree(filling, ignore_errors=True)
        words = "it took too long" if done is None else (done.stderr.strip().splitlines() or ["without a word"])[0]
        pytest.skip(f"npm could not get {title}, which needs a registry of packages ({words})")
    (filling / "done").touch()
    try:
        filling.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(filling, ignore_errors=True)
    return folder
