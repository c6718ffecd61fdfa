"""The installed command in an empty folder, as a lab's first day."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engines")]


def test_a_lab_is_written_checked_refused_and_mended(tmp_path: Path) -> None:
    """Exit codes 0, 1, 2 and 3, each with its own words, and documents only where there is an answer."""
    command = shutil.which("slidebox", path=str(Path(sys.executable).parent))
    assert command is not None

    def run(*words: str, folder: Path = tmp_path / "lab", **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "LC_ALL": "C", **environment}
        return subprocess.run([command, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)

    assert run("init", "lab", "--name", "kim", folder=tmp_path).returncode == 0
    good = run("check")
    assert good.returncode == 0, good.stdout + good.stderr
    assert good.stdout.splitlines()[-1].startswith("1 project checked at the plan gate: 0 refusals")

    project = tmp_path / "lab" / "projects" / "example.yaml"
    text = project.read_text(encoding="utf-8")
    opened = text.replace("reader: [analysis]", "reader: [public]").replace("sensitivity: open", "sensitivity: coded")
    project.write_text(opened, encoding="utf-8")
    for form in ("text", "json", "sarif", "junit", "markdown"):
        refused = run("check", "--format", form)
        assert refused.returncode == 1, refused.stderr
        assert "coded" in refused.stdout
    assert json.loads(run("check", "--json").stdout)["errors"] > 0
    assert run("explain", "example/metadata").returncode == 0

    project.write_text(text.replace("sensitivity: open", "sensitivity: opne"), encoding="utf-8")
    wrong = run("check", "--format", "sarif")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "projects/example.yaml:" in wrong.stderr

    project.write_text(text, encoding="utf-8")
    broken = run("check", "--format", "sarif", SLIDEBOX_OPA="/bin/false")
    assert (broken.returncode, broken.stdout) == (3, "")
    assert broken.stderr.startswith("error: ")
    assert run("check").returncode == 0
