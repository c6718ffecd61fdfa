"""`slidebox rules`: what the lab's rules demand."""

from __future__ import annotations

import click

from slidebox.cli.console import Output
from slidebox.policy import list_rules
from slidebox.policy.catalogue import handbook


@click.command(name="rules")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Write the page docs/rules.md.")
def command(as_json: bool, as_markdown: bool) -> int:
    """List the rules: what each demands, of what, and how grave it is."""
    rules = list_rules()
    if as_markdown:
        click.echo(handbook(rules), nl=False)
        return 0
    output = Output(as_json)
    output.document([rule.document() for rule in rules])
    output.table(
        "The lab's rules",
        ("rule", "demands", "judges", "severity", "waivable"),
        (
            (r.id.replace("/", "/\n"), r.title, " and\n".join(r.scope), r.severity, "yes" if r.waivable else "no")
            for r in rules
        ),
        whole=("rule", "judges", "severity", "waivable"),
    )
    output.say("Each in full, with its cure and why: slidebox rules --markdown.")
    return 0
