"""`slidebox init`: write a commented starter lab into a folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import click

from slidebox import labfile
from slidebox.cli.console import Output
from slidebox.errors import InputError
from slidebox.home import Home
from slidebox.starter import CI, lab_name, write_ci, write_starter

_NEXT = (
    ("source .slidebox/env", "puts the engines and the lab's state into this shell"),
    ("slidebox plan", "where everything goes, who reads it, what it costs, and why"),
    ("$EDITOR lab.yaml projects/example.yaml", "say who you are, where data can be kept, and what they are"),
    ("slidebox check", "asks the lab's rules"),
    ("slidebox mark bench && slidebox mark shelf", "once for each disk"),
    ("slidebox gateway start", "the S3 gateway over the drive"),
    ("pulumi up -s example --policy-pack policies", "makes the places; Enter when it asks to create the stack"),
    ("slidebox put example/raw_images FOLDER", "brings data into their places, verified"),
)


@click.command(name="init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="Short name of the lab, the first part of every bucket's name; DIR's own if not given.")
@click.option("--env", "only_env", is_flag=True, help="Only write .slidebox/env again, for a lab that is there.")
@click.option("--ci", "only_ci", is_flag=True, help="Only write workflows and hooks, for a lab that is there.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
def command(folder: Path, name: str | None, only_env: bool, only_ci: bool, as_json: bool) -> int:
    """Write a commented starter lab into DIR.

    With it come workflows for GitHub Actions and hooks for pre-commit, which ask the lab's rules and
    stop files that GitHub would refuse. Nothing is overwritten: if a file of the lab is there already,
    nothing is written at all; a workflow or hook that is there stays as it is.
    """
    output = Output(as_json)
    root = folder.resolve()
    if only_ci:
        written = write_ci(labfile.find_root(root))
        output.document({"files": written, "kept": _kept(written)})
        _say_ci(output, written)
        return 0
    if only_env:
        env = Home(labfile.find_root(root)).write_env()
        output.document({"env": str(env)})
        output.say(f"Wrote {env}.")
        return 0
    chosen = name or lab_name(root)
    if not name_allowed(chosen):
        raise InputError(
            f"{chosen!r} cannot be a lab's name.",
            "Use lower-case letters, digits and single hyphens, beginning with a letter, 24 at most.",
        )
    written = write_starter(root, chosen)
    home = Home(root)
    home.write_env()
    output.document(
        {
            "lab": chosen,
            "root": str(root),
            "files": written,
            "kept": _kept(written),
            "next": [{"run": run, "why": why} for run, why in _NEXT],
        }
    )
    output.say(f"Wrote a starter lab {chosen!r} into {folder}: {len(written)} files.")
    _say_ci(output, written)
    if home.engine("opa") is None:
        output.say(
            "The rules' engine, opa, is not installed: install it, or run `make engines` in a clone of slidebox."
        )
    output.table("Next", ("run", "what for"), ((f"cd {folder}", ""), *_NEXT), whole=("run",))
    return 0


def _kept(written: Collection[str]) -> list[str]:
    return [path for path in CI if path not in written]


def _say_ci(output: Output, written: Collection[str]) -> None:
    """Say what was written for CI, and what was there already."""
    for path in CI:
        output.say(f"Wrote {path}." if path in written else f"{path} is there already and stays as it is.")


def name_allowed(name: str) -> bool:
    """Whether a name can be a lab's: what `lab_name` makes of it is itself."""
    return bool(name) and lab_name(Path(name)) == name
