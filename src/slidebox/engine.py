"""Pulumi's command line, as functions: what it prints goes to a callback, what goes wrong becomes an error."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.home import Home

OnLine = Callable[[str], None]
"""Takes one line of the engine's output, without its end."""

# Said by the engine about our own language host, twice a run; its presence on PATH is meant.
_NOISE = "using pulumi-language-python from $PATH"


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended.

    Attributes
    ----------
    returncode
        Its exit code.
    stdout, stderr
        What it wrote; where lines were followed, all of it is in `stdout`.
    """

    returncode: int
    stdout: str
    stderr: str = ""


Runner = Callable[[Sequence[str], Path, Mapping[str, str], OnLine | None], Completed]
"""Runs a command in a folder with an environment, and hands its lines on as they come."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What a policy said of a resource, or of the stack.

    Attributes
    ----------
    policy
        Id of the rule.
    mandatory
        Whether it stops the engine.
    message
        What the rule says, with the reader's path and the cure.
    urn
        The resource; the stack itself for a rule about all of it.
    """

    policy: str
    mandatory: bool
    message: str
    urn: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation of the engine did, or would do.

    Attributes
    ----------
    changes
        Number of resources by operation: ``create``, ``update``, ``same``, ``delete``, ….
    advice
        What advisory rules said.
    """

    changes: Mapping[str, int]
    advice: tuple[Violation, ...] = ()

    @property
    def changed(self) -> int:
        """How many resources were, or would be, touched."""
        return sum(count for operation, count in self.changes.items() if operation not in {"same", "read", "refresh"})


class RefusedError(SlideboxError):
    """The rules refuse what the engine was asked to make.

    Parameters
    ----------
    stack
        The stack.
    violations
        What the mandatory rules said.
    """

    exit_code = 1

    def __init__(self, stack: str, violations: tuple[Violation, ...]) -> None:
        said = "\n".join(f"  {v.message}" for v in violations)
        super().__init__(f"The rules refuse {stack}:\n{said}")
        self.violations = violations


def run_command(command: Sequence[str], cwd: Path, env: Mapping[str, str], on_line: OnLine | None) -> Completed:
    """Run a command to its end; on Ctrl-C, which it gets too, wait until it has put things in order."""
    try:
        with subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if on_line is None else subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            if on_line is None:
                stdout, stderr = process.communicate()
                return Completed(process.returncode, stdout, stderr)
            assert process.stdout is not None  # noqa: S101 -- it was asked for above
            lines = []
            for line in process.stdout:
                lines.append(line)
                on_line(line.rstrip("\n"))
            return Completed(process.wait(), "".join(lines))
    except OSError as error:
        raise UnreadableError(f"{command[0]} cannot be started: {error.strerror}.") from error


class Engine:
    """Pulumi's command line for the stacks of one lab.

    Parameters
    ----------
    home
        The lab's `.slidebox/`: state, passphrase, engines.
    run
        Runs commands.
    """

    def __init__(self, home: Home, run: Runner = run_command) -> None:
        self._home = home
        self._run = run

    def stack_select(self, stack: str) -> None:
        """Make a stack if there is none of this name, and select it."""
        self._plain("stack", "select", "--create", stack, stack=stack)

    def stacks(self) -> tuple[str, ...]:
        """Names of the lab's stacks."""
        listed = json.loads(self._plain("stack", "ls", "--json", stack=""))
        return tuple(sorted(str(entry["name"]) for entry in listed))

    def up(self, stack: str, *, policy_pack: Path | None = None, on_line: OnLine | None = None) -> Outcome:
        """Make what a stack declares, after a preview that the rules have to pass.

        Raises
        ------
        RefusedError
            If a mandatory rule refuses; nothing was made.
        SlideboxError
            If anything else goes wrong.
        """
        return self._operation("up", stack, policy_pack, on_line, "--yes")

    def preview(
        self, stack: str, *, policy_pack: Path | None = None, on_line: OnLine | None = None, refresh: bool = False
    ) -> Outcome:
        """What `up` would do; with `refresh` against what is really there instead of what the state remembers."""
        return self._operation("preview", stack, policy_pack, on_line, *(("--refresh",) if refresh else ()))

    def steps(self, stack: str, *, on_line: OnLine | None = None) -> tuple[Mapping[str, Any], ...]:
        """What `up` would do with each resource, against what is really there; nothing is changed.

        Returns
        -------
        tuple of mapping
            The engine's own description of each step (``StepEventMetadata`` of its events), secrets withheld.
        """
        _, events = self._run_operation("preview", stack, None, on_line, "--refresh")
        found = {}
        for event in events:
            step = (event.get("resourcePreEvent") or {}).get("metadata")
            if step and step.get("op") != "refresh":
                found[str(step["urn"])] = step
        return tuple(found.values())

    def resources(self, stack: str) -> tuple[Mapping[str, Any], ...]:
        """The resources of a stack as its state has them; secrets stay encrypted."""
        deployment = json.loads(self._plain("stack", "export", "--stack", stack, stack=stack))["deployment"]
        return tuple((deployment or {}).get("resources") or ())

    def refresh(self, stack: str, *, on_line: OnLine | None = None) -> Outcome:
        """Bring the state up to what is really there; creates that a killed run left pending are forgotten."""
        return self._operation("refresh", stack, None, on_line, "--yes", "--clear-pending-creates")

    def destroy(self, stack: str, *, on_line: OnLine | None = None) -> Outcome:
        """Remove what a stack made; what is not empty stays, and is an error."""
        return self._operation("destroy", stack, None, on_line, "--yes")

    def cancel(self, stack: str) -> None:
        """Release the lock of a run that was killed."""
        self._plain("cancel", "--yes", stack, stack=stack)

    def outputs(self, stack: str, *, show_secrets: bool = True) -> dict[str, Any]:
        """A stack's outputs; with `show_secrets` they hold keys in clear, which must not be printed."""
        secrets = ("--show-secrets",) if show_secrets else ()
        found = json.loads(self._plain("stack", "output", "--json", *secrets, "--stack", stack, stack=stack))
        return dict(found)

    def _plain(self, *words: str, stack: str) -> str:
        done = self._call([*words], None, {})
        if done.returncode != 0:
            raise _failure(stack, _errors(f"{done.stdout}\n{done.stderr}".splitlines()))
        return done.stdout

    def _operation(
        self, verb: str, stack: str, policy_pack: Path | None, on_line: OnLine | None, *words: str
    ) -> Outcome:
        violations, events = self._run_operation(verb, stack, policy_pack, on_line, *words)
        return Outcome(_changes(events), tuple(v for v in violations if not v.mandatory))

    def _run_operation(
        self, verb: str, stack: str, policy_pack: Path | None, on_line: OnLine | None, *words: str
    ) -> tuple[tuple[Violation, ...], list[dict[str, Any]]]:
        """Run an operation to its good end: what policies said, and everything that happened."""
        policies = ("--policy-pack", str(policy_pack)) if policy_pack else ()
        with tempfile.TemporaryDirectory(prefix="slidebox-") as folder:
            log = Path(folder) / "events"
            command = [verb, "--stack", stack, *words, *policies, "--suppress-outputs", "--event-log", str(log)]
            # The log of events is the one place where all of it can be read without guessing at a display.
            done = self._call(command, _without_noise(on_line), {"PULUMI_DEBUG_COMMANDS": "true"})
            events = list(_events(log))
        violations = tuple(_violations(events))
        if done.returncode == 0:
            return violations, events
        refused = tuple(v for v in violations if v.mandatory)
        if refused:
            raise RefusedError(stack, refused)
        raise _failure(stack, _diagnostics(events) or _errors(f"{done.stdout}\n{done.stderr}".splitlines()))

    def _call(self, words: list[str], on_line: OnLine | None, more: Mapping[str, str]) -> Completed:
        pulumi = self._home.need_engine("pulumi")
        command = [str(pulumi), *words, "--non-interactive", "--color", "never"]
        return self._run(command, self._home.lab_root, {**self._home.environment(), **more}, on_line)


def _without_noise(on_line: OnLine | None) -> OnLine | None:
    if on_line is None:
        return None

    def kept(line: str) -> None:
        if _NOISE not in line:
            on_line(line)

    return kept


def _events(log: Path) -> Iterator[dict[str, Any]]:
    """The events of a run; a last line that a killed engine left half-written is passed over."""
    with contextlib.suppress(OSError), log.open(encoding="utf-8") as lines:
        for line in lines:
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def _violations(events: Iterable[Mapping[str, Any]]) -> Iterator[Violation]:
    """What policies said, each once: the engine says it at the preview and again at the end of it."""
    seen = set()
    for event in events:
        said = event.get("policyEvent")
        if not said:
            continue
        violation = Violation(
            policy=str(said.get("policyName", "")),
            mandatory=said.get("enforcementLevel") == "mandatory",
            message=" ".join(str(said.get("message", "")).split()),
            urn=str(said.get("resourceUrn", "")),
        )
        if violation not in seen:
            seen.add(violation)
            yield violation


def _changes(events: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    """The last summary's counts: of the update where there was one, else of the preview."""
    summaries = [event["summaryEvent"] for event in events if "summaryEvent" in event]
    return dict(summaries[-1].get("resourceChanges") or {}) if summaries else {}


def _diagnostics(events: Iterable[Mapping[str, Any]]) -> str:
    """The engine's and the providers' error messages, each once, in order."""
    said = [
        "\n".join(line for line in str(event["diagnosticEvent"].get("message", "")).splitlines() if line.strip())
        for event in events
        if event.get("diagnosticEvent", {}).get("severity") == "error"
    ]
    # These only say that something said above has failed.
    summaries = ("update failed", "preview failed", "resource registration failed")
    return "\n".join(dict.fromkeys(line for line in said if line and line not in summaries))


def _errors(lines: Iterable[str]) -> str:
    """The error lines of the engine's own output."""
    lines = [line.strip() for line in lines if line.strip() and _NOISE not in line]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return "\n".join(errors or lines[-5:])


def no_stack(stack: str) -> InputError:
    """The error for a stack that was never made."""
    return InputError(f"There is no stack {stack!r}.", f"Make it with: pulumi stack init {stack}")


def _failure(stack: str, said: str) -> SlideboxError:
    """The error for what the engine said."""
    if said.startswith("The lab's rules refuse"):  # the program's own words, which need no others
        return InputError(said)
    if "stack is currently locked" in said:
        return UnreadableError(
            f"Stack {stack!r} is locked by another run, or by one that was killed.",
            f"If none is running: pulumi cancel --yes {stack}, then pulumi refresh --clear-pending-creates -s {stack}.",
        )
    if "incorrect passphrase" in said or "passphrase must be set" in said:
        return UnreadableError(
            f"The passphrase does not open the secrets of stack {stack!r}.",
            "Restore .slidebox/passphrase, or set PULUMI_CONFIG_PASSPHRASE_FILE to the file of the team's passphrase.",
        )
    if "no stack named" in said:
        return no_stack(stack)
    if "no Pulumi.yaml project file" in said:
        return InputError("There is no Pulumi.yaml beside lab.yaml.", "Write one with `slidebox init`.")
    return UnreadableError(f"Pulumi failed with stack {stack!r}: {said or 'it did not say why.'}")
