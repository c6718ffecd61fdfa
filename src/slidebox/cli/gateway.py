"""`slidebox gateway`: run the S3 gateway over the lab's own drives."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from slidebox import gateway, labfile
from slidebox.cli.console import Output
from slidebox.home import Home

json_flag = click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")


@click.group()
def command() -> None:
    """Run the S3 gateway over the lab's own drives.

    One gateway serves each store of kind s3 that is declared `over` a drive. Objects are plain files
    on that drive; they stay there when the gateway stops.
    """


@command.command()
@json_flag
@click.pass_obj
def start(lab_dir: Path | None, as_json: bool) -> int:
    """Start every gateway that does not run yet, and wait until it answers."""
    root = labfile.find_root(lab_dir or Path.cwd())
    home = Home(root)
    states = gateway.start(labfile.load(root), home)
    home.write_env()
    _show(Output(as_json), states)
    return 0


@command.command()
@json_flag
@click.pass_obj
def stop(lab_dir: Path | None, as_json: bool) -> int:
    """Stop every gateway of this lab; the data stay."""
    states = gateway.stop(Home(labfile.find_root(lab_dir or Path.cwd())))
    out = Output(as_json)
    for state in states:
        out.say(f"{state.store}: stopped; its data stay in {state.data}")
    if not states:
        out.say("No gateway was ever started here.")
    out.document(_document(states))
    return 0


@command.command()
@json_flag
@click.pass_obj
def status(lab_dir: Path | None, as_json: bool) -> int:
    """Where each gateway listens, and whether it runs; exit code 3 if one does not."""
    states = gateway.status(Home(labfile.find_root(lab_dir or Path.cwd())))
    out = Output(as_json)
    if not states:
        out.say("No gateway was ever started here. Start it with `slidebox gateway start`.")
    _show(out, states)
    return 0 if states and all(state.running for state in states) else 3


def _show(out: Output, states: tuple[gateway.Status, ...]) -> None:
    """Print each gateway in a few lines, or all as JSON."""
    for state in states:
        out.say(f"{state.store}: {_in_words(state)}")
        out.say(f"  users (IAM)  {state.iam_url}")
        out.say(f"  data         {state.data}")
        if state.pids:
            out.say(f"  processes    {', '.join(f'{role} {pid}' for role, pid in sorted(state.pids.items()))}")
    out.document(_document(states))


def _in_words(state: gateway.Status) -> str:
    if state.running:
        return f"{'started' if state.started else 'runs'} at {state.s3_url}"
    if state.pids:
        return f"does not answer, only its {' and '.join(sorted(state.pids))} process runs; start it again"
    return "stopped"


def _document(states: tuple[gateway.Status, ...]) -> dict[str, object]:
    return {"gateways": [asdict(state) for state in states]}
