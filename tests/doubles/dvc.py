"""DVC itself, in an environment of its own: got by uv into the user's cache, as `tools/dvc` pins it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from slidebox.home import engine_cache

_SECONDS = 300
_START = '#!/bin/sh\nexec "$(dirname "$0")/bin/python" -m dvc "$@"\n'


def installed_dvc(repository: Path) -> Path:
    """The program, fetched when it is first asked for; whoever has no way to a registry skips what needs it."""
    lock = repository / "tools" / "dvc" / "requirements.txt"
    folder = engine_cache().parent / "peers" / f"dvc-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    program = folder / "dvc"
    if program.exists():
        return program
    uv = subprocess.run([repository / "tools" / "uv"], capture_output=True, text=True, check=True).stdout.strip()
    filling = folder.with_name(f"{folder.name}-{os.getpid()}")
    filling.parent.mkdir(parents=True, exist_ok=True)
    python = str(filling / "bin" / "python")
    for command in (
        [uv, "venv", "--quiet", str(filling)],
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--require-hashes",
            "--python",
            python,
            "-r",
            str(lock),
        ],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            done = None
        if done is None or done.returncode != 0:
            shutil.rmtree(filling, ignore_errors=True)
            words = "it took too long" if done is None else (done.stderr.strip().splitlines() or ["without a word"])[0]
            pytest.skip(f"uv could not get DVC, which needs a registry of packages ({words})")
    # By a script that looks beside itself: the environment's own know the folder that it was filled in.
    (filling / "dvc").write_text(_START, encoding="utf-8")
    (filling / "dvc").chmod(0o755)
    try:
        filling.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(filling, ignore_errors=True)
    return program
