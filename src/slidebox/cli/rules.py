"""`slidebox rules`: what the lab's rules demand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import yaml

from slidebox import labfile
from slidebox.cli.checking import own_rules
from slidebox.cli.console import Output
from slidebox.errors import InputError
from slidebox.policy import RuleInfo, list_rules
from slidebox.policy.examples import Example
from slidebox.policy.handbook import differing, in_full, write_handbook
from slidebox.report.found import counted
from slidebox.report.text import Writer


@click.command(name="rules")
@click.argument("rule", required=False, metavar="[RULE]")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.option(
    "--markdown",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a page for each rule into DIR.",
)
@click.pass_obj
def command(lab_dir: Path | None, rule: str | None, as_json: bool, folder: Path | None) -> int:
    """List the rules: what each demands, of what, and how grave it is.

    With RULE, show one in full: why it is there, what to do about its findings, an example that passes and
    one that is refused. In a lab its own rules are listed with the built-in ones.
    """
    output = Output(as_json)
    own = _own(lab_dir)
    if rule is not None:
        info, example = in_full(rule, own=own)
        output.document({**info.document(), "example": _example(example) if example else None})
        for line in _in_full(info, example, output.width):
            output.line(line)
        return 0
    if folder is not None:
        written = write_handbook(folder, own=own)
        output.document([info.id for info in written])
        output.say(f"{len(written)} rules have a page in {folder}.")
        return 0
    rules = list_rules(own=own)
    output.document([info.document() for info in rules])
    for package, group in groupby(rules, key=lambda rule: rule.id.partition("/")[0]):
        output.table(
            f"{package}/",
            ("rule", "demands", "severity", "waivable"),
            ((_name(r), r.title, r.severity, "yes" if r.waivable else "no") for r in group),
            whole=("rule", "severity", "waivable"),
        )
        output.say()
    output.say(
        f"{counted(len(rules), 'rule')}. One in full, with its cure, its reasons and examples: slidebox rules RULE."
    )
    return 0


def _name(rule: RuleInfo) -> str:
    """A rule's name within its package."""
    return rule.id.partition("/")[2] or rule.id


def _own(lab_dir: Path | None) -> Path | None:
    """The nearest lab's own rules; none where there is no lab: the built-in ones can be read anywhere."""
    try:
        root = labfile.find_root(lab_dir or Path.cwd())
    except InputError:
        if lab_dir:
            raise
        return None
    return own_rules(root, labfile.load_lab_file(root))


def _in_full(info: RuleInfo, example: Example | None, width: int) -> Iterator[str]:
    """Everything about a rule for a person."""
    writer = Writer(width)
    asked = f"asked at {', '.join(info.gates)}; {'waivable' if info.waivable else 'not waivable'}"
    parts = [
        f"{info.title} [{info.id}]",
        info.description,
        f"{info.severity}; judges each {' and each '.join(info.scope)}; {asked}",
        f"Needs to know: {', '.join(info.reads)}",
        f"Cure: {info.cure}",
        *(f"Because of: {reference}" for reference in info.references),
    ]
    for part in parts:
        yield from (line.words for line in writer.lines(part, 0, 2))
        yield ""
    if example is None:
        return
    for title, document in _example(example).items():
        if title == "findings":
            yield "What the rule says of it:"
            for finding in document:
                yield from (line.words for line in writer.lines(finding, 2, 4))
        else:
            yield f"{title.capitalize()}:"
            text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=max(width - 2, 20))
            yield from (f"  {line}" for line in text.splitlines())
            yield ""


def _example(example: Example) -> dict[str, Any]:
    """The example's parts that differ from a good lab or from each other, and what the rule says."""
    return {
        "passes": differing(example.good, example.passes, example.refused),
        "refused": differing(example.good, example.refused, example.passes),
        "findings": [str(finding) for finding in example.findings],
    }
