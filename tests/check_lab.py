"""A small lab to check, and how the tests of `slidebox check` ask and change it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slidebox.cli import slidebox
from slidebox.starter import write_starter

__all__ = ["LEVELS", "NEVER", "PROJECT", "answer", "commit", "edit", "git", "lab", "line_of", "open_lab", "run"]

PROJECT = "projects/example.yaml"
NEVER = "sharing/identifiable_never_public"
LEVELS = ("raw_images", "segmentation_masks", "single_cell_embeddings", "metadata")


def run(lab: Path, *words: str, width: int = 80) -> Result:
    """Run `slidebox check` of a lab, in a terminal of some width."""
    runner = CliRunner(env={"COLUMNS": str(width)})
    return runner.invoke(slidebox, ["--lab", str(lab), "check", *words], standalone_mode=False)


def answer(lab: Path, *words: str) -> dict[str, Any]:
    """The JSON document of a check that was answered."""
    result = run(lab, "--json", *words)
    assert result.exception is None, result.exception
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def edit(lab: Path, old: str, new: str, file: str = PROJECT) -> None:
    """Change a file of a lab once."""
    text = (lab / file).read_text(encoding="utf-8")
    assert old in text
    (lab / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(lab: Path, start: str, file: str = PROJECT) -> int:
    """The line of a file that begins so."""
    lines = (lab / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(start))


def git(folder: Path, *words: str) -> str:
    """Run git as somebody, without anybody's settings."""
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false", *words]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **who, **quiet}, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(folder: Path) -> str:
    """Commit everything, and say as what."""
    git(folder, "add", "-A", "-f", ".")
    git(folder, "commit", "-q", "-m", "state")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A starter lab: nothing of it is refused."""
    write_starter(tmp_path / "lab", "kim")
    return tmp_path / "lab"


@pytest.fixture
def open_lab(lab: Path) -> Path:
    """A lab whose identifiable raw images are declared for anyone."""
    edit(lab, "  reader: [analysis]", "  reader: [public]")
    edit(lab, "    sensitivity: open #", "    sensitivity: identifiable #")
    return lab
