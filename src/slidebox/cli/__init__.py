"""The command line: verbs, exit codes and printing. Nothing else in slidebox prints.

Exit codes: 0 fine, 1 findings, 2 bad input or usage, 3 something could not be read.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import click

from slidebox import __version__
from slidebox.cli.console import Output
from slidebox.errors import SlideboxError

# One module a verb, imported only when it is called: `slidebox --help` stays quick.
VERBS = {
    "init": "write a commented starter lab into a folder",
    "plan": "where every dataset goes, who reads it, what it costs, and why",
    "advise": "what to change and what that would save, with the arithmetic",
    "prices": "what clouds charge, since when, and by which source",
    "simulate": "how good the plan's storage classes are, on many courses of events",
    "check": "ask the lab's rules: no engine, no credentials",
    "explain": "what holds for a dataset, and where it comes from",
    "audit": "who can read what, by which path, against what is declared",
    "report": "write the page for whoever runs the storage: everything on one",
    "rules": "list the rules, or show one in full",
    "adopt": "declare what a store has already, just as it is",
    "mark": "mark a mounted disk as the one a drive store means",
    "gateway": "run the S3 gateway over the lab's own drives",
    "put": "upload a dataset into the places the plan gave it",
    "get": "bring a dataset back and verify it",
    "moves": "what the plan wants moved or retired now",
    "visit": "read back everything on a drive, and write down what came of it",
    "move": "bring a dataset into the places the plan has for it",
    "retire": "set copies aside that the rules let go, or bring them back",
    "submission": "check, write and send what a public archive of images asks for",
    "stream": "read public data piece by piece, work on each, and keep none of it",
    "publish": "make a deposit public, through the gate and on somebody's word",
    "record": "what was done to a project's data, and whether that is still what was written",
    "metadata": "the manifests of a project's data, in its repository of metadata",
    "lineage": "what data were made from, as text, Mermaid or SVG",
    "reprocess": "the steps that make a dataset again, and what is missing",
}


class Verbs(click.Group):
    """A group whose verbs live in modules of the same name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of a dataset's life."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one verb."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"slidebox.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="slidebox")
@click.option(
    "--lab",
    "lab_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of lab.yaml; the nearest one upwards if not given.",
)
@click.pass_context
def slidebox(ctx: click.Context, lab_dir: Path | None) -> None:
    """Storage as code for microscopy labs.

    Provisioning itself is not a verb: run `pulumi up -s PROJECT`.
    """
    ctx.obj = lab_dir


def main() -> None:
    """Run the command line and exit with its code."""
    # A verb is short and keeps nearly all that it reads: looking for circles in that so often is a tenth of its time.
    gc.set_threshold(100_000, 50, 50)
    try:
        code = slidebox.main(standalone_mode=False)
    except click.exceptions.Abort:
        Output().error("interrupted", "Run the same command again: finished parts are kept.")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except SlideboxError as error:
        Output().error(error.message, error.cure)
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)
