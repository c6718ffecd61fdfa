"""Find or make the programs that slidebox is measured beside, and print where they are.

    python benchmarks/peers/get.py conftest checkov prowler custodian

conftest is built from the Go module in ``conftest/``; the others are installed from the ``requirements.txt`` in the
folder of each into a virtual environment of its own. All stay in the user's cache, and touch nothing of slidebox.
"""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent.parent / "tools"
sys.path.insert(0, str(TOOLS))

import engines  # noqa: E402 (the tools are no package)

from slidebox.home import engine_cache  # noqa: E402

PYTHON = "3.11"


def conftest(cache: Path) -> Path:
    """The program conftest, built if need be.

    Raises
    ------
    engines.EnginesError
        If it cannot be built.
    """
    finder = engines.Finder(
        cache=cache,
        environment=os.environ,
        say=_say,
        ask=engines.capture,
        install=lambda _pin, _folder: False,
        build=functools.partial(engines.go_build, environment=os.environ, say=_say, tools=HERE),
    )
    return finder.find(engines.read_pin(HERE / "conftest"))


PACKAGES = {
    "checkov": ("Checkov", "about 100 MB"),
    "prowler": ("Prowler", "about 400 MB"),
    "custodian": ("Cloud Custodian", "about 30 MB"),
}
"""Programs of PyPI, each with what it is called and how much is fetched for it."""


def installed(name: str, cache: Path) -> Path:
    """A program of PyPI in a virtual environment of its own, installed if need be.

    Raises
    ------
    subprocess.CalledProcessError
        If it cannot be installed.
    """
    wanted = HERE / name / "requirements.txt"
    place = cache / f"{name}-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    done = place / "complete"
    if not done.is_file():
        called, size = PACKAGES[name]
        _say(f"Installing {called} into {place}: a download of {size}.")
        uv = subprocess.run([str(TOOLS / "uv")], check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", PYTHON, str(place)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), "--requirements"]
        subprocess.run([*install, str(wanted)], check=True)
        done.touch()
    return place / "bin" / name


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Print where each named program is; 3 where one cannot be had."""
    cache = engine_cache().parent / "peers"
    cache.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:]:
        try:
            print(conftest(cache) if name == "conftest" else installed(name, cache))
        except (engines.EnginesError, subprocess.CalledProcessError, OSError) as error:
            _say(f"{name} cannot be had: {error}")
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
