"""Our small Python language host, against the real engine, in a shell that sourced `.slidebox/env`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import language_pb2

from slidebox.engine import Engine
from slidebox.errors import UnreadableError
from slidebox.home import Home
from slidebox.language import host

PROGRAM = """\
import pulumi, helper
config = pulumi.Config()
print("said by the program")
if config.get("fail") == "plainly":
    raise pulumi.RunError("The disk is not mounted.")
if config.get("fail") == "badly":
    helper.fail()
if config.get("sleep"):
    import time
    open(config.require("sleep"), "w").write(str(__import__("os").getpid()))
    time.sleep(120)
pulumi.export("answer", helper.ANSWER)
pulumi.export("key", pulumi.Output.secret("hidden-value"))
"""


@pytest.fixture
def project(tmp_path: Path, engines: dict[str, Path]) -> Path:
    """A small Pulumi project with a stack ``one`` and its own virtual environment, and a written env."""
    root = tmp_path / "lab"
    (root / "infra").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text(
        "name: tiny\nruntime: {name: python, options: {virtualenv: .venv}}\nmain: infra\n"
    )
    (root / ".venv").symlink_to(Path(sys.prefix))
    (root / "infra" / "__main__.py").write_text(PROGRAM)
    (root / "infra" / "helper.py").write_text("ANSWER = 42\n\n\ndef fail():\n    raise ValueError('boom')\n")
    home = Home(root)
    home.choose_engines(engines)
    home.write_env()
    _shell(root, "pulumi stack init one")
    return root


def _shell(root: Path, script: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run commands in a shell that knows nothing but what the lab's env says."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(root.parent)}
    words = ["bash", "-c", f"source .slidebox/env && {script}"]
    return subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=check, timeout=120)


@pytest.mark.e2e
def test_plain_pulumi_works_in_a_shell_that_sourced_the_env(project: Path) -> None:
    """`pulumi up -s NAME` as documented, and again with nothing to do; secrets stay hidden."""
    shown = _shell(
        project, "pulumi preview -s one && pulumi up --yes -s one && pulumi preview -s one --expect-no-changes"
    ).stdout
    outputs = json.loads(_shell(project, "pulumi stack output -s one --json --show-secrets").stdout)
    assert outputs == {"answer": 42, "key": "hidden-value"}
    assert "said by the program" in shown
    state = "".join(p.read_text(errors="replace") for p in (project / ".slidebox" / "state").rglob("*") if p.is_file())
    assert "hidden-value" not in shown + state


@pytest.mark.e2e
def test_the_engine_as_functions_runs_the_same_stack(project: Path) -> None:
    """What the walk-through calls is what a person types."""
    engine = Engine(Home(project))
    engine.stack_select("two")
    lines: list[str] = []
    assert engine.up("two", on_line=lines.append).changes == {"create": 1}
    assert (engine.up("two").changed, engine.stacks()) == (0, ("one", "two"))
    assert engine.outputs("two")["key"] == "hidden-value"
    assert [line for line in lines if "pulumi-language-python" in line] == []


@pytest.mark.e2e
def test_a_programs_plain_error_is_one_sentence(project: Path) -> None:
    """RunError is for people: no traceback."""
    _shell(project, "pulumi config set fail plainly -s one")
    with pytest.raises(UnreadableError) as raised:
        Engine(Home(project)).preview("one")
    assert str(raised.value) == "Pulumi failed with stack 'one': The disk is not mounted."


@pytest.mark.e2e
def test_a_programs_bug_shows_its_own_lines_only(project: Path) -> None:
    """The traceback begins in the program, not in the SDK."""
    _shell(project, "pulumi config set fail badly -s one")
    shown = _shell(project, "pulumi preview -s one", check=False)
    text = shown.stdout + shown.stderr
    assert shown.returncode != 0
    assert "ValueError: boom" in text
    assert "infra/helper.py" in text
    assert "site-packages" not in text


@pytest.mark.e2e
def test_a_killed_engine_leaves_no_program_behind(project: Path, tmp_path: Path) -> None:
    """A kill -9 of the command line ends the host and the program within seconds."""
    note = tmp_path / "pid"
    _shell(project, f"pulumi config set sleep {note} -s one")
    home = Home(project)
    command = [str(home.need_engine("pulumi")), "preview", "-s", "one", "--non-interactive"]
    cli = subprocess.Popen(
        command, cwd=project, env=home.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    pid = int(note.read_text())
    cli.kill()
    cli.wait()
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _info(root: Path, **options: str) -> language_pb2.ProgramInfo:
    values = struct_pb2.Struct()
    values.update(options)
    return language_pb2.ProgramInfo(root_directory=str(root), options=values)


def test_a_program_runs_in_the_projects_own_environment(tmp_path: Path) -> None:
    """The option of Pulumi.yaml counts from the project's root."""
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert host.interpreter(_info(tmp_path, virtualenv="env")) == str(python)


def test_a_missing_environment_says_what_to_run(tmp_path: Path) -> None:
    """It is the usual fault of a fresh clone."""
    with pytest.raises(host.HostError, match=r"'\.venv'.*is not there.*make up"):
        host.interpreter(_info(tmp_path, virtualenv=".venv"))


def test_without_an_environment_python_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PULUMI_PYTHON_CMD can name another."""
    monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)
    first = host.interpreter(_info(tmp_path))
    monkeypatch.setenv("PULUMI_PYTHON_CMD", "python3.13")
    assert (first, host.interpreter(_info(tmp_path))) == ("python3", "python3.13")
