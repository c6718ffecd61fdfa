"""`slidebox reprocess`: how a dataset can be made again, and what stands in the way."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from slidebox.cli.ancestry import sights
from slidebox.cli.console import Output
from slidebox.cli.flowing import desk
from slidebox.cli.lineage import as_document
from slidebox.provenance.lineage import Lineage, Node, Recipe, Standing, lineage, recipe, related
from slidebox.transfer.describe import declared


@click.command(name="reprocess")
@click.argument("dataset", metavar="PROJECT/LEVEL")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, dataset: str, as_json: bool) -> int:
    """Print the chain of steps that makes a dataset again, from what the lab has or can read at its source.

    Nothing is run. What ran is taken from the manifests, and where there are none from the project files.
    Exit code 1 where something is missing.
    """
    output = Output(as_json)
    found = desk(lab_dir)
    declared(found.lab, dataset)
    wanted = related(found.lab, [dataset], descendants=False)
    graph = lineage(found.lab, wanted, sights(found, wanted))
    how = recipe(graph, dataset)
    _say(output, how)
    chain = [node.dataset for node in how.steps]
    document = {"dataset": dataset, "begins": [node.dataset for node in how.begins], "steps": chain}
    output.document(
        document
        | {"missing": list(how.missing), "doubts": list(how.doubts)}
        | as_document(Lineage({name: graph.nodes[name] for name in wanted}))
    )
    return int(bool(how.missing))


def _say(output: Output, how: Recipe) -> None:
    made = [node for node in how.steps if node.parents]
    if not made:
        output.say(f"{how.dataset} was made from nothing else: there is no step that makes it again.")
    else:
        output.say(f"{how.dataset} is made again in {len(made)} step{'s' if len(made) > 1 else ''}.")
    for node in how.begins:
        output.say()
        output.say(f"Begin with {node.dataset}, {_where(node)}:")
        for command_line in _fetch(node):
            output.line(f"  {command_line}")
    for number, node in enumerate(made, 1):
        output.say()
        output.say(f"{number}. {node.dataset} from {', '.join(parent for parent, _ in node.parents)}:")
        for command_line in _run(node):
            output.line(f"  {command_line}")
    if how.missing or how.doubts:
        output.say()
    for sentence in how.missing:
        output.kind("error", sentence)
    for sentence in how.doubts:
        output.kind("warning", sentence)


def _where(node: Node) -> str:
    if node.sight.standing is Standing.AT_SOURCE:
        return f"at its source {node.source}"
    return f"kept in {', '.join(node.sight.stores)}"


def _folder(dataset: str) -> str:
    return shlex.quote(dataset.replace("/", "-"))


def _fetch(node: Node) -> Iterator[str]:
    if node.sight.standing is Standing.KEPT:
        yield f"slidebox get {node.dataset} {_folder(node.dataset)}"
    else:
        yield f"# read {node.source}"


def _run(node: Node) -> Iterator[str]:
    step = node.step
    if step is None:
        yield "# nobody wrote down how"
        return
    name = step.repository.rstrip("/").removesuffix(".git").rpartition("/")[2] or "pipeline"
    if step.repository:
        yield f"git clone {shlex.quote(step.repository)} {shlex.quote(name)}"
    if step.commit:
        yield f"git -C {shlex.quote(name)} checkout {step.commit}"
    if step.container:
        yield f"# it ran in {step.container}"
    if step.parameters:
        yield "# with " + ", ".join(f"{key}={value}" for key, value in step.parameters)
    if step.date:
        yield f"# on {step.date}"
    yield f"slidebox put {node.dataset} {_folder(node.dataset)} --pipeline {shlex.quote(name)} --replace"
