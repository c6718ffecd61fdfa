"""Remotes of DVC, written into a repository by the provider's own type."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.dvc import installed_dvc

from slidebox.errors import InputError
from slidebox.provider.dvc import Remote
from slidebox.provider.resource import Context
from slidebox.provider.values import UNKNOWN

CONTEXT = Context("urn:pulumi:first::slidebox::slidebox:dvc:Remote::raw_images@remotes")


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    """A remote in a repository of git."""
    repository = tmp_path / "analysis"
    repository.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    place = {"location": "first/raw_images@mid@remotes", "store": "remotes", "repository": str(repository)}
    return {**place, "remote": "remotes-first", "url": "s3://bucket", "endpointurl": "http://127.0.0.1:1"}


def config(inputs: dict[str, Any]) -> Path:
    """The file."""
    return Path(inputs["repository"]) / ".dvc/config"


def test_a_remote_is_written_into_a_repository_that_dvc_takes_for_its_own(
    inputs: dict[str, Any], repository: Path
) -> None:
    """Where `dvc init` was never run, too; what holds secrets is ignored by git."""
    id_, state = Remote().create(CONTEXT, inputs)
    root = Path(inputs["repository"])
    listed = subprocess.run(
        [installed_dvc(repository), "remote", "list"], cwd=root, capture_output=True, text=True, check=True
    )
    assert listed.stdout.split() == ["remotes-first", "s3://bucket"]
    (root / ".dvc/config.local").write_text("x")
    seen = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=root, capture_output=True, text=True, check=True
    )
    assert sorted(line[3:] for line in seen.stdout.splitlines()) == [".dvc/.gitignore", ".dvc/config", ".dvcignore"]
    found = Remote().read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert found.inputs == inputs


def test_it_is_written_once_changed_in_place_and_taken_out(inputs: dict[str, Any]) -> None:
    """And what others have in the file stays."""
    Remote().create(CONTEXT, {**inputs, "remote": "theirs", "url": "/b"})
    theirs = config(inputs).read_text()
    id_, state = Remote().create(CONTEXT, inputs)
    once = config(inputs).read_text()
    Remote().create(CONTEXT, inputs)
    assert config(inputs).read_text() == once
    moved = {**inputs, "url": "s3://moved", "endpointurl": None}
    assert Remote().check(CONTEXT, moved, inputs) == (moved, [])
    state = Remote().update(CONTEXT, id_, state, moved)
    assert config(inputs).read_text().endswith("    url = s3://moved\n")
    Remote().delete(CONTEXT, id_, state)
    assert config(inputs).read_text() == theirs
    assert Remote().read(CONTEXT, id_, state, inputs) is None
    Remote().delete(CONTEXT, id_, state)


def test_remotes_that_are_written_at_once_are_all_there(inputs: dict[str, Any]) -> None:
    """The engine makes resources side by side."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Remote().create(CONTEXT, {**inputs, "remote": f"r{n}"}), range(8)))
    assert config(inputs).read_text().count("s3://bucket") == 8


def test_somebody_elses_remote_of_that_name_is_neither_taken_nor_removed(inputs: dict[str, Any]) -> None:
    """Its address says that it is another one."""
    Remote().create(CONTEXT, {**inputs, "url": "s3://theirs"})
    before = config(inputs).read_text()
    said = "lies in 's3://theirs', not in 's3://bucket'; it is left as it is"
    _, failures = Remote().check(CONTEXT, inputs, {})
    assert said in failures[0].reason
    with pytest.raises(InputError, match=said):
        Remote().create(CONTEXT, inputs)
    Remote().delete(CONTEXT, "", inputs)
    assert config(inputs).read_text() == before


def test_a_secret_in_the_committed_file_is_refused(inputs: dict[str, Any]) -> None:
    """And is not said again."""
    Remote().create(CONTEXT, inputs)
    with config(inputs).open("a") as file:
        file.write("    secret_access_key = hunter2\n")
    _, failures = Remote().check(CONTEXT, inputs, inputs)
    assert "has secret_access_key of remote 'remotes-first', and that file is committed" in failures[0].reason
    assert "hunter2" not in failures[0].reason


def test_a_password_in_an_address_is_not_said_again(inputs: dict[str, Any]) -> None:
    """Somebody else's remote of that name, with a password that belongs nowhere."""
    Remote().create(CONTEXT, {**inputs, "url": "ssh://ada:hunter2@host:22/lab"})
    _, failures = Remote().check(CONTEXT, inputs, {})
    assert "lies in 'ssh://ada:***@host:22/lab'" in failures[0].reason
    assert "hunter2" not in failures[0].reason


def test_a_folder_that_is_no_working_copy_is_refused_before_anything_is_made(inputs: dict[str, Any]) -> None:
    """A wrong path does not become a repository."""
    elsewhere = {**inputs, "repository": str(Path(inputs["repository"]).parent)}
    _, failures = Remote().check(CONTEXT, elsewhere, {})
    assert "is not the top of a git working copy" in failures[0].reason
    assert Remote().check(CONTEXT, {**inputs, "url": UNKNOWN}, {})[1] == []
    assert [f.property for f in Remote().check(CONTEXT, {"store": "x"}, {})[1]] == ["repository", "remote", "url"]
