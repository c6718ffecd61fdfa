"""Another revision of a lab's files, read from git without touching the repository."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slidebox.errors import InputError, UnreadableError
from slidebox.revision import changed_lines, checked_out, folder_in_repository

SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *words: str) -> str:
    """Run git without anybody's settings."""
    done = subprocess.run(["git", *words], cwd=folder, env={**os.environ, **SETTINGS}, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(folder: Path) -> str:
    """Commit everything, and say as what."""
    git(folder, "add", "-A", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "state")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository with a lab in a folder."""
    git(tmp_path, "init", "-q")
    lab = tmp_path / "storage"
    (lab / "projects").mkdir(parents=True)
    (lab / "rules").mkdir()
    (lab / "lab.yaml").write_text("lab: kim\ntitle: Kim\n")
    (lab / "projects" / "a b.yaml").write_text("one\ntwo\nthree\n")
    (lab / "projects" / "größe.yaml").write_bytes(b"\xff\x00\n\nno newline at the end")
    (lab / "rules" / "own.rego").write_text("package lab.own\n")
    (lab / "image.tiff").write_bytes(b"0" * 1000)
    (lab / "projects" / "link.yaml").symlink_to("/etc/hostname")
    (tmp_path / "other.yaml").write_text("not the lab's\n")
    commit(tmp_path)
    return tmp_path


def test_a_revision_is_read_byte_for_byte(top: Path) -> None:
    """What a check reads, of the lab's folder alone; a link is not followed, and the working tree stays."""
    lab = top / "storage"
    (lab / "lab.yaml").write_text("changed\n")
    with checked_out(lab, "HEAD") as folder:
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert files == {
        "lab.yaml": b"lab: kim\ntitle: Kim\n",
        "projects/a b.yaml": b"one\ntwo\nthree\n",
        "projects/größe.yaml": b"\xff\x00\n\nno newline at the end",
        "rules/own.rego": b"package lab.own\n",
    }
    assert not folder.exists()
    assert (lab / "lab.yaml").read_text() == "changed\n"
    assert git(top, "status", "--porcelain") == "M storage/lab.yaml"


def test_a_revision_before_the_lab_is_empty(top: Path) -> None:
    """Nothing was there."""
    git(top, "rm", "-rq", "storage")
    commit(top)
    (top / "storage").mkdir(exist_ok=True)
    with checked_out(top / "storage", "HEAD") as folder:
        assert list(folder.iterdir()) == []


def test_lines_that_changed_are_named_by_file(top: Path) -> None:
    """New and changed ones, as they are numbered now; whatever somebody has set for looking at differences."""
    git(top, "config", "diff.noprefix", "true")
    git(top, "config", "diff.mnemonicPrefix", "true")
    git(top, "config", "color.ui", "always")
    git(top, "config", "diff.external", "false")
    lab = top / "storage"
    (lab / "projects" / "a b.yaml").write_text("++ b/lab.yaml\none\n2\nthree\n@@ -0,0 +1,9 @@")
    (lab / "projects" / "größe.yaml").write_text("1\n")
    changed = changed_lines(lab, "HEAD")
    assert changed["projects/a b.yaml"] == {1, 3, 5}
    assert "lab.yaml" not in changed


def test_the_folder_is_told_from_the_top(top: Path) -> None:
    """With a slash; empty at the top, and where there is no repository."""
    assert folder_in_repository(top / "storage") == "storage/"
    assert folder_in_repository(top) == ""
    assert folder_in_repository(Path("/")) == ""


@pytest.mark.parametrize("revision", ["nowhere", "", "-h", "--all", "HEAD:storage", "HEAD^{tree}", "a\nb", "@{u}"])
def test_what_is_no_commit_is_an_input_error(top: Path, revision: str) -> None:
    """Never an option, never a tree."""
    with pytest.raises(InputError, match="no revision"):
        changed_lines(top, revision)
    with pytest.raises(InputError, match="no revision"), checked_out(top, revision):
        pass


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(revision=st.text(min_size=1, max_size=12).filter(lambda text: "\0" not in text))
def test_no_text_makes_git_do_something_else(top: Path, revision: str) -> None:
    """A revision is there, or it is an input error."""
    with contextlib.suppress(InputError):
        changed_lines(top, revision)


def test_without_git_nothing_is_said(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnreadableError, match="git could not be run"):
        changed_lines(top, "HEAD")
    assert folder_in_repository(top / "storage") == ""
