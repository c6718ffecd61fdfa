"""What `slidebox init` writes for CI: a workflow and a hook that are right, pinned, and may do little."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from slidebox import __version__
from slidebox.cli import slidebox
from slidebox.model import System
from slidebox.provider.github_files import guards, limits_of
from slidebox.starter import CI, starter, write_ci, write_starter
from slidebox.systems import load_systems

WORKFLOW, HOOKS, SIZES, GUARD, LIMITS = CI


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    """The workflow as a value."""
    value: dict[str, Any] = yaml.load(starter("kim")[WORKFLOW], yaml.BaseLoader)  # noqa: S506 (text alone: safe)
    return value


@pytest.fixture(scope="module")
def actionlint(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The linter of workflows: on PATH, or built from its pinned module."""
    found = shutil.which("actionlint")
    if found:
        return Path(found)
    if shutil.which("go") is None:
        pytest.skip("neither actionlint nor go is installed")
    made = tmp_path_factory.mktemp("actionlint") / "actionlint"
    package = "github.com/rhysd/actionlint/cmd/actionlint"
    command = [
        "go",
        "build",
        "-C",
        str(repository / "tools" / "actionlint"),
        "-buildvcs=false",
        "-o",
        str(made),
        package,
    ]
    subprocess.run(command, check=True)
    return made


def lint(actionlint: Path, text: str) -> list[str]:
    """What the linter says about a workflow."""
    command = [str(actionlint), "-no-color", "-format", "{{range $err := .}}{{$err.Message}}\n{{end}}", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", [WORKFLOW, SIZES])
def test_the_workflow_passes_actionlint(actionlint: Path, path: str) -> None:
    """No fault of syntax, expressions, actions' inputs, or shell."""
    assert lint(actionlint, starter("kim")[path]) == []


def test_the_repository_s_own_workflow_passes_actionlint_and_keeps_the_pictures(
    actionlint: Path, repository: Path
) -> None:
    """It may write nothing, its actions are pinned, and every view of the page is kept as a picture."""
    text = (repository / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert lint(actionlint, text) == []
    own = yaml.load(text, yaml.BaseLoader)  # noqa: S506 (text alone: safe)
    assert (own["permissions"], own["jobs"]["test"]["permissions"]) == ({}, {"contents": "read"})
    uses = re.findall(r"uses: (\S+)", text)
    assert uses
    assert all(re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", one) for one in uses)
    (kept,) = [step for step in own["jobs"]["test"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert kept["with"]["path"] == "build/screenshots/"


def test_actionlint_is_awake(actionlint: Path) -> None:
    """It refuses what a pull request could inject."""
    bad = starter("kim")[WORKFLOW].replace('run: exit "$CODE"', "run: echo ${{ github.event.pull_request.title }}")
    assert any("potentially untrusted" in said for said in lint(actionlint, bad))


def test_every_action_is_pinned_to_a_commit(workflow: dict[str, Any]) -> None:
    """With its version beside it."""
    text = starter("kim")[WORKFLOW]
    steps = [step for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert steps
    for step in steps:
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", step["uses"])
        assert re.search(re.escape(step["uses"]) + r" # v\d+\.\d+\.\d+$", text, re.MULTILINE)


def test_the_job_that_reads_a_proposal_may_write_nothing(workflow: dict[str, Any]) -> None:
    """The one that writes runs nothing of a proposal; nothing runs with the base's rights for a fork."""
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["check"]["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["report"]["permissions"] == {
        "actions": "read",
        "contents": "read",
        "pull-requests": "write",
        "security-events": "write",
    }
    assert set(workflow["on"]) == {"push", "pull_request"}
    checkouts = [s for j in workflow["jobs"].values() for s in j["steps"] if "checkout" in s.get("uses", "")]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_no_expression_is_written_into_a_script(workflow: dict[str, Any]) -> None:
    """What GitHub puts in comes through the environment, where a shell does not read it as code."""
    scripts = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert [script for script in scripts if "${{" in script] == []


def test_the_workflow_installs_this_slidebox_and_its_engine(workflow: dict[str, Any], repository: Path) -> None:
    """The version that wrote the lab, and the version of OPA that it is tested with."""
    assert workflow["env"]["SLIDEBOX"].endswith(f"@v{__version__}")
    pinned = re.search(r"open-policy-agent/opa v(\S+)", (repository / "tools" / "opa" / "go.mod").read_text("utf-8"))
    (opa,) = (s["with"]["version"] for s in workflow["jobs"]["check"]["steps"] if "setup-opa" in s.get("uses", ""))
    assert pinned is not None
    assert opa == pinned[1]


def test_a_comment_is_made_once_and_then_changed(workflow: dict[str, Any], tmp_path: Path) -> None:
    """The script, run with a `gh` that writes down what it is asked."""
    (script,) = (s["run"] for s in workflow["jobs"]["report"]["steps"] if s.get("name", "").startswith("Comment"))
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\necho "$@" >> "$LOG"\ncase "$*" in *--paginate*) echo "$FOUND";; esac\n')
    gh.chmod(0o755)
    for found, expected in (("", "POST repos/o/r/issues/7/comments"), ("42", "PATCH repos/o/r/issues/comments/42")):
        log = tmp_path / f"log{found}"
        environment = {
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "LOG": str(log),
            "FOUND": found,
            "REPOSITORY": "o/r",
            "NUMBER": "7",
            "RUNNER_TEMP": "/t",
        }
        subprocess.run(["bash", "-e", "-c", script], env=environment, check=True)
        last = log.read_text().splitlines()[-1]
        assert last == f"api --silent --method {expected} -F body=@/t/slidebox/slidebox.markdown"


def test_the_hook_of_the_starter_is_one_that_the_repository_offers(repository: Path) -> None:
    """By its id, at the tag of the version that wrote it."""
    offered = {hook["id"]: hook for hook in yaml.safe_load((repository / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    used, _ = yaml.safe_load(starter("kim")[HOOKS])["repos"]
    assert used["rev"] == f"v{__version__}"
    assert [hook["id"] for hook in used["hooks"]] == ["slidebox-check"]
    pattern = offered["slidebox-check"]["files"]
    for file in ("lab.yaml", "projects/retina.yaml", "storage/lab.yaml", "rules/no_fridays.rego"):
        assert re.search(pattern, file), file
    for file in ("README.md", "projects/readme.md", "lab.yaml.orig"):
        assert not re.search(pattern, file), file


def test_a_workflow_that_is_there_stays(tmp_path: Path) -> None:
    """The lab is written, and the lab's own CI is left alone."""
    (tmp_path / HOOKS).write_text("mine")
    written = write_starter(tmp_path, "kim")
    assert WORKFLOW in written
    assert HOOKS not in written
    assert (tmp_path / HOOKS).read_text() == "mine"


def test_a_lab_that_is_there_gets_them_alone(tmp_path: Path) -> None:
    """`--ci` writes what is missing and says what was there."""
    write_starter(tmp_path, "kim")
    (tmp_path / WORKFLOW).unlink()
    (tmp_path / HOOKS).write_text("mine")
    result = CliRunner().invoke(slidebox, ["init", "--ci", "--json", str(tmp_path)], standalone_mode=False)
    assert result.exception is None
    assert json.loads(result.output) == {"files": [WORKFLOW], "kept": [HOOKS, SIZES, GUARD, LIMITS]}
    assert (tmp_path / WORKFLOW).read_text(encoding="utf-8") == starter("my-lab")[WORKFLOW]
    assert (tmp_path / HOOKS).read_text() == "mine"


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git as somebody."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=False)


def test_the_guards_are_those_that_slidebox_writes_into_its_repositories() -> None:
    """The same program, workflow and hook, with the limits of Table 1."""
    limits = limits_of(load_systems(), System.GITHUB)
    assert limits["max_file_bytes"] == 100 * 2**20
    files, expected = starter("kim"), guards(limits, ())
    for path in (SIZES, GUARD, LIMITS):
        assert files[path] == expected[path]
    assert yaml.safe_load(files[HOOKS])["repos"][1:] == yaml.safe_load(expected[HOOKS])["repos"]


def test_a_file_over_100_mib_is_stopped_in_the_lab_s_own_files(tmp_path: Path) -> None:
    """By the command that the hook names before a commit, and by the workflow's once it was committed."""
    write_starter(tmp_path, "kim")
    (hook,) = yaml.safe_load((tmp_path / HOOKS).read_text())["repos"][1]["hooks"]
    (step,) = [s for s in yaml.safe_load((tmp_path / SIZES).read_text())["jobs"]["sizes"]["steps"] if "run" in s]
    git(tmp_path, "init", "--quiet", "-b", "main")
    hooked = tmp_path / ".git/hooks/pre-commit"
    hooked.write_text(f"#!/bin/sh\nexec {hook['entry']}\n")
    hooked.chmod(0o755)
    git(tmp_path, "add", ".")
    assert git(tmp_path, "commit", "--quiet", "-m", "a new lab").returncode == 0
    with (tmp_path / "plate.tif").open("wb") as file:
        file.truncate(100 * 2**20 + 1)
    git(tmp_path, "add", ".")
    done = git(tmp_path, "commit", "--quiet", "-m", "images")
    assert done.returncode != 0
    assert "plate.tif has 100.0 MiB; the limit for one file is 100.0 MiB." in done.stderr
    assert subprocess.run(step["run"].split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert git(tmp_path, "commit", "--quiet", "--no-verify", "-m", "images").returncode == 0
    assert subprocess.run(step["run"].split(), cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_lab_that_says_its_own_limits_has_them_in_its_guards(tmp_path: Path) -> None:
    """As in the repositories that slidebox makes."""
    write_starter(tmp_path, "kim")
    (tmp_path / LIMITS).unlink()
    with (tmp_path / "lab.yaml").open("a") as file:
        file.write("  limits: {github: {max_file_bytes: 20 MiB}}\n")  # `playbook` stands last
    assert write_ci(tmp_path) == (LIMITS,)
    assert json.loads((tmp_path / LIMITS).read_text())["max_file_bytes"] == 20 * 2**20
