"""The guard of sizes, as it is written into repositories: run by a real hook of git, and over a whole history."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slidebox import sizes
from slidebox.provider.github_files import ATTRIBUTES, HOOK, LIMITS, PROGRAM, WORKFLOW, guards, is_ours
from slidebox.sizes import Blob, Limits, main, pointed, pointers_too_large, too_large

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 3000\n"


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A working copy with the guards, and the hook as pre-commit would call it."""
    git(tmp_path, "init", "--quiet", "-b", "main", "clone")
    folder = tmp_path / "clone"
    limits = {"max_file_bytes": 2000, "max_bytes": 400_000, "max_lfs_file_bytes": 2500}
    for path, text in guards(limits, ["data/**"]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        # Its own program is larger than this test's limit for a file.
        (folder / path).write_text(text if path != PROGRAM else "")
    (folder / ATTRIBUTES).unlink()
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "guards")
    (folder / PROGRAM).write_text(guards(limits, [])[PROGRAM])
    git(folder, "update-index", "--assume-unchanged", PROGRAM)
    hook = folder / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} {PROGRAM} staged\n")
    hook.chmod(0o755)
    return folder


def look(folder: Path) -> subprocess.CompletedProcess[str]:
    """What the workflow runs."""
    return subprocess.run([sys.executable, PROGRAM, "all"], cwd=folder, capture_output=True, text=True, check=False)


def test_a_commit_with_a_file_that_is_too_large_is_stopped(clone: Path) -> None:
    """By git's own hook; one that fits goes through, whatever its name."""
    (clone / "small ü\n.csv").write_bytes(b"x" * 2000)
    git(clone, "add", ".")
    assert git(clone, "commit", "--quiet", "-m", "small").returncode == 0
    (clone / "large.csv").write_bytes(b"x" * 2001)
    git(clone, "add", ".")
    done = git(clone, "commit", "--quiet", "-m", "large")
    assert done.returncode != 0
    assert "large.csv has 0.0 MiB; the limit for one file is 0.0 MiB." in done.stderr
    assert git(clone, "log", "--format=%s").stdout.split() == ["small", "guards"]


def test_a_file_that_was_deleted_again_is_found_in_the_history(clone: Path) -> None:
    """It is in every clone still."""
    assert look(clone).returncode == 0
    (clone / "large.csv").write_bytes(b"x" * 2001)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--no-verify", "-m", "large")
    git(clone, "rm", "--quiet", "large.csv")
    git(clone, "commit", "--quiet", "-m", "gone")
    done = look(clone)
    assert done.returncode == 1
    assert "large.csv has" in done.stderr


def test_a_repository_that_is_too_large_is_found(clone: Path) -> None:
    """Though each of its files fits."""
    for number in range(100):
        (clone / f"{number}.csv").write_bytes(number.to_bytes(2, "big") * 500)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "many")
    done = look(clone)
    assert done.returncode == 1
    assert "The repository has" in done.stderr


def test_a_file_in_lfs_is_judged_by_what_its_pointer_says(clone: Path) -> None:
    """The pointer itself is small."""
    (clone / "big.parquet").write_bytes(POINTER)
    git(clone, "add", ".")
    done = git(clone, "commit", "--quiet", "-m", "lfs")
    assert done.returncode != 0
    assert "big.parquet has 0.0 MiB; the limit for one file in Git LFS is 0.0 MiB." in done.stderr


def test_limits_of_github_are_those_of_table_1() -> None:
    """One byte more is too much, and none less."""
    limits = Limits(100 * 2**20)
    assert list(too_large([Blob("a", "a", 100 * 2**20)], limits)) == []
    assert list(too_large([Blob("a", "a", 100 * 2**20 + 2**17)], limits)) == [
        "a has 100.1 MiB; the limit for one file is 100.0 MiB."
    ]
    assert list(pointers_too_large([(Blob("a", "a", 130), POINTER)], limits)) == []
    assert (pointed(POINTER), pointed(b"text"), pointed(POINTER.replace(b"3000", b"many"))) == (3000, None, None)


@pytest.mark.parametrize(("words", "limits"), [([], "{}"), (["all"], "{}"), (["all"], "nothing")])
def test_what_cannot_be_said_is_no_pass(words: list[str], limits: str, tmp_path: Path) -> None:
    """Without a command, or without limits."""
    (tmp_path / "limits.json").write_text(limits)
    assert main(words, tmp_path / "limits.json") == 2


def test_each_file_says_that_it_is_slideboxs() -> None:
    """So that one of somebody else is never written over; the program is the tested one."""
    found = guards({"max_file_bytes": 7, "max_bytes": None}, ["*.parquet"])
    assert set(found) == {PROGRAM, LIMITS, WORKFLOW, HOOK, ATTRIBUTES}
    assert all(map(is_ours, found.values()))
    assert Path(sizes.__file__).read_text() in found[PROGRAM]
    assert json.loads(found[LIMITS])["max_file_bytes"] == 7
    assert "\n*.parquet filter=lfs diff=lfs merge=lfs -text\n" in found[ATTRIBUTES]
    assert not is_ours("repos: []\n")
