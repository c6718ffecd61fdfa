"""Pulumi's command line as functions: what is called, and what its failures become."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from slidebox.engine import Completed, Engine, OnLine, RefusedError, run_command
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.home import Home


class Recorded:
    """A runner that answers as told, writes a log of events as the engine does, and remembers its calls."""

    def __init__(self, done: Completed, events: Sequence[Mapping[str, Any]] = ()) -> None:
        self.done = done
        self.events = events
        self.command: list[str] = []
        self.env: Mapping[str, str] = {}

    def __call__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str], on_line: OnLine | None) -> Completed:
        """Answer."""
        self.command, self.env = list(command), env
        if "--event-log" in command:
            log = Path(command[list(command).index("--event-log") + 1])
            log.write_text("".join(json.dumps(event) + "\n" for event in self.events) + '{"half":')
        if on_line:
            for line in self.done.stdout.splitlines():
                on_line(line)
        return self.done


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A lab with an engine that is never run."""
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text("#!/bin/sh\n")
    pulumi.chmod(0o755)
    return Home(tmp_path, {"PATH": str(pulumi.parent), "HOME": str(tmp_path)})


def _policy(message: str, level: str = "mandatory") -> dict[str, Any]:
    return {"policyEvent": {"policyName": "r1", "enforcementLevel": level, "message": message, "resourceUrn": "urn:x"}}


def _error(message: str) -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": "error", "message": message}}


def test_up_previews_first_and_asks_the_rules(home: Home) -> None:
    """A mandatory rule about the whole stack only stops a preview, so the preview is never skipped."""
    run = Recorded(Completed(0, ""))
    Engine(home, run).up("one", policy_pack=Path("policies"))
    assert "--skip-preview" not in run.command
    assert run.command[1:6] == ["up", "--stack", "one", "--yes", "--policy-pack"]


def test_the_engine_gets_the_labs_state_and_no_passphrase(home: Home) -> None:
    """The passphrase itself is neither an argument nor in the environment."""
    run = Recorded(Completed(0, ""))
    Engine(home, run).up("one")
    assert run.env["PULUMI_BACKEND_URL"] == home.local_state_url
    assert home.passphrase().decode() not in " ".join([*run.command, *run.env.values()])


def test_what_was_done_is_counted(home: Home) -> None:
    """The last summary counts: the preview's comes before the update's."""
    summaries = [
        {"summaryEvent": {"resourceChanges": changes}} for changes in ({"create": 9}, {"create": 2, "same": 1})
    ]
    outcome = Engine(home, Recorded(Completed(0, ""), summaries)).up("one")
    assert (outcome.changes, outcome.changed) == ({"create": 2, "same": 1}, 2)


def test_a_refusal_keeps_the_rules_words_and_exits_with_findings(home: Home) -> None:
    """Each finding once, although the engine says it twice; advice is no refusal."""
    events = [
        _policy("x is public.\n  Cure: y."),
        _policy("x is public.\n  Cure: y."),
        _policy("hm", "advisory"),
        _error("failed"),
    ]
    with pytest.raises(RefusedError) as raised:
        Engine(home, Recorded(Completed(1, ""), events)).up("one")
    assert [v.message for v in raised.value.violations] == ["x is public. Cure: y."]
    assert (str(raised.value), raised.value.exit_code) == ("The rules refuse one:\n  x is public. Cure: y.", 1)


def test_advice_comes_with_the_outcome(home: Home) -> None:
    """Advisory rules do not stop the engine."""
    outcome = Engine(home, Recorded(Completed(0, ""), [_policy("hm", "advisory")])).preview("one")
    assert [v.message for v in outcome.advice] == ["hm"]


@pytest.mark.parametrize(
    ("stderr", "error", "cure"),
    [
        ("error: the stack is currently locked by 1 lock(s). Either wait", UnreadableError, "pulumi cancel --yes one"),
        ("error: getting stack configuration: incorrect passphrase", UnreadableError, "Restore .slidebox/passphrase"),
        ("error: no stack named 'one' found", InputError, "pulumi stack init one"),
        ("error: no Pulumi.yaml project file found", InputError, "slidebox init"),
        ("error: something new", UnreadableError, "something new"),
    ],
)
def test_known_failures_say_what_to_do(home: Home, stderr: str, error: type[SlideboxError], cure: str) -> None:
    """Both for commands that answer and for those that change something."""
    engine = Engine(home, Recorded(Completed(255, "", stderr)))
    for call in (engine.up, engine.outputs):
        with pytest.raises(error, match=cure):
            call("one")


def test_a_providers_error_is_shown_once_and_without_the_engines_summary(home: Home) -> None:
    """The engine repeats it and adds that the update failed."""
    events = [_error("The disk is not mounted."), _error("The disk is not mounted."), _error("update failed")]
    with pytest.raises(UnreadableError) as raised:
        Engine(home, Recorded(Completed(1, ""), events)).up("one")
    assert str(raised.value) == "Pulumi failed with stack 'one': The disk is not mounted."


def test_lines_are_handed_on_without_the_warning_about_our_own_host(home: Home) -> None:
    """That our language host is on PATH is meant."""
    lines: list[str] = []
    run = Recorded(Completed(0, "a\nwarning: using pulumi-language-python from $PATH at /x\nb\n"))
    Engine(home, run).up("one", on_line=lines.append)
    assert lines == ["a", "b"]


def test_outputs_are_read_with_their_secrets_only_when_asked(home: Home) -> None:
    """Keys are shown to code that needs them."""
    run = Recorded(Completed(0, '{"keys": 1}', "warning: x"))
    assert Engine(home, run).outputs("one", show_secrets=False) == {"keys": 1}
    assert "--show-secrets" not in run.command


def test_a_command_that_cannot_be_started_is_a_clear_error(tmp_path: Path) -> None:
    """No traceback for a missing or broken program."""
    with pytest.raises(UnreadableError, match="cannot be started"):
        run_command([str(tmp_path / "nothing")], tmp_path, {}, None)


def test_lines_of_a_real_command_come_one_by_one(tmp_path: Path) -> None:
    """Both streams, in order, and the exit code."""
    lines: list[str] = []
    done = run_command(["/bin/sh", "-c", "echo a; echo b >&2; exit 3"], tmp_path, {}, lines.append)
    assert (done.returncode, lines) == (3, ["a", "b"])
