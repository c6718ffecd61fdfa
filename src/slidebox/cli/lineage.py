"""`slidebox lineage`: draw what data were made from."""

from __future__ import annotations

from pathlib import Path

import click

from slidebox.cli.ancestry import sights
from slidebox.cli.console import Output
from slidebox.cli.flowing import asked, desk
from slidebox.provenance.drawing import mermaid, svg
from slidebox.provenance.lineage import Lineage, lineage, related


@click.command(name="lineage")
@click.argument("names", nargs=-1, metavar="[PROJECT[/LEVEL]]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "svg", "json"]),
    default="text",
    show_default=True,
    help="How to write it.",
)
@click.option("--parents-only", is_flag=True, help="Leave out what was made from the named data.")
@click.option("--output", "target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Where to.")
@click.pass_obj
def command(lab_dir: Path | None, names: tuple[str, ...], form: str, parents_only: bool, target: Path | None) -> int:
    """Draw what data were made from and what was made from them, with the steps, and where each lies now.

    Mermaid is drawn by GitHub and GitLab in Markdown; SVG opens in a browser.
    """
    found = desk(lab_dir)
    wanted = related(found.lab, asked(found.lab, names), descendants=not parents_only)
    graph = lineage(found.lab, wanted, sights(found, wanted))
    if form in ("mermaid", "svg"):
        text = mermaid(graph) if form == "mermaid" else svg(graph)
        if target is not None:
            target.write_text(text, encoding="utf-8")
        else:
            Output().raw(text)
        return 0
    output = Output(form == "json")
    if target is not None:
        raise click.UsageError("--output is for Mermaid and SVG.")
    _say(output, graph)
    output.document(as_document(graph))
    return 0


def _say(output: Output, graph: Lineage) -> None:
    for node in graph.nodes.values():
        where = f" in {', '.join(node.sight.stores)}" if node.sight.stores else ""
        source = f" ({node.source})" if node.source else ""
        output.say(f"{node.dataset}: {node.sight.standing}{where}{source}")
        for parent, _ in node.parents:
            output.say(f"  from {parent}")
        if node.parents and node.step:
            commit = f" at {node.step.commit}" if node.step.commit else ""
            output.say(f"  by {node.step.repository or 'an unnamed pipeline'}{commit}")


def as_document(graph: Lineage) -> dict[str, object]:
    """The graph as JSON has it."""
    return {
        "datasets": {
            name: {
                "standing": node.sight.standing.value,
                "stores": list(node.sight.stores),
                "source": node.source,
                "crate_sha256": node.sight.crate or None,
                "parents": dict(node.parents),
                "step": None
                if node.step is None
                else {
                    "repository": node.step.repository,
                    "commit": node.step.commit,
                    "container": node.step.container,
                    "parameters": dict(node.step.parameters),
                    "date": node.step.date.isoformat() if node.step.date else None,
                },
            }
            for name, node in graph.nodes.items()
        }
    }
