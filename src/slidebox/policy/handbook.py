"""The rules as pages: an index, and a page for each rule with an example that passes and one that is refused.

The examples are the documents `passes` and `refused` of the rule's own test. A page shows the parts of them that
differ from a good lab or from each other, and what the rule really answered.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from slidebox.errors import InputError
from slidebox.policy.catalogue import pack_dir
from slidebox.policy.examples import Example, Facts, read_examples
from slidebox.policy.info import RuleInfo
from slidebox.policy.program import find_opa
from slidebox.policy.rules import list_rules

INDEX = "README.md"

_WRITTEN = "Written by `slidebox rules --markdown` from the rules themselves; edit them, not this page."
ABSENT, PRESENT = "(not there)", "(there)"
"""What a page says of an entry that is missing, and of one that is as in the good lab and missing in the other."""


def write_handbook(
    folder: Path, pack: Path | None = None, opa: Path | None = None, own: Path | None = None
) -> tuple[RuleInfo, ...]:
    """Write the pages of all rules into a folder, and take away those of rules that are gone.

    Returns
    -------
    tuple
        The rules that have a page.

    Raises
    ------
    UnreadableError
        If the rules cannot be read or asked, or an example is missing or does not show what it should.
    """
    files = pages(folder, pack, opa, own)
    for page in folder.rglob("*.md"):
        stale = page.relative_to(folder).as_posix() not in files
        if stale and _WRITTEN in page.read_text(encoding="utf-8").splitlines()[:3]:
            page.unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return list_rules(pack, opa, own)


def pages(
    folder: Path, pack: Path | None = None, opa: Path | None = None, own: Path | None = None
) -> Mapping[str, str]:
    """The pages that belong in a folder, by their path in it.

    Raises
    ------
    UnreadableError
        If the rules cannot be read or asked, or an example is missing or does not show what it should.
    """
    home, binary = pack or pack_dir(), opa or find_opa()
    rules = list_rules(home, binary, own)
    sources = {rule.id: _source(rule, home, own) for rule in rules}
    examples = read_examples(rules, sources, home, binary, own)
    texts = {INDEX: _index(rules)}
    for rule in rules:
        name = page_name(rule.id)
        links = {kind: _link(folder / name, file, own if rule.own else home) for kind, file in sources[rule.id].items()}
        texts[name] = _page(rule, links, examples.get(rule.id))
    return texts


def in_full(
    name: str, pack: Path | None = None, opa: Path | None = None, own: Path | None = None
) -> tuple[RuleInfo, Example | None]:
    """One rule with its example, which one of the lab's own rules may do without.

    Raises
    ------
    InputError
        If there is no rule of that name.
    UnreadableError
        If the rules cannot be read or asked, or the example is missing or does not show what it should.
    """
    home, binary = pack or pack_dir(), opa or find_opa()
    known = {rule.id: rule for rule in list_rules(home, binary, own)}
    # The last word alone is enough where it is the only one.
    found = [known[name]] if name in known else [r for r in known.values() if r.id.rpartition("/")[2] == name]
    if len(found) != 1:
        near = [rule.id for rule in found] or difflib.get_close_matches(name, known, 3, 0.3) or sorted(known)[:3]
        raise InputError(f"There is no one rule {name!r}.", f"Is it {' or '.join(near)}? All: slidebox rules.")
    sources = {found[0].id: _source(found[0], home, own)}
    return found[0], read_examples(found, sources, home, binary, own).get(found[0].id)


def page_name(rule: str) -> str:
    """The page of a rule, in the folder of the pages."""
    return f"{rule}.md"


def _source(rule: RuleInfo, pack: Path, own: Path | None) -> Mapping[str, Path]:
    if rule.own and own is not None:
        file = next(iter(sorted(own.rglob(f"{rule.id.removeprefix('lab/')}.rego"))))
    else:
        file = pack / f"{rule.id}.rego"
    return {"rule": file, "test": file.with_name(f"{file.stem}_test.rego")}


def _link(page: Path, file: Path, home: Path | None) -> str:
    """A link to a file beside the pages' folder, or its bare name where the pages are somewhere else."""
    name = f"{home.name}/{file.relative_to(home).as_posix()}" if home else file.name
    if home is None or not file.is_file() or not page.resolve().is_relative_to(home.resolve().parent):
        return f"`{name}`"
    return f"[{name}]({Path(os.path.relpath(file.resolve(), page.resolve().parent)).as_posix()})"


def _index(rules: tuple[RuleInfo, ...]) -> str:
    rows = (
        f"| [{r.id}]({page_name(r.id)}) | {r.title} | {r.severity} | {', '.join(r.gates)} | {_yes(r.waivable)} |"
        for r in rules
    )
    return _INDEX.replace("WRITTEN", _WRITTEN).replace("ROWS", "\n".join(rows))


_INDEX = """\
# The rules

WRITTEN

A rule judges facts: what is declared, or what is really there. What is not known does not pass: where
a field that a rule needs is missing or unknown, the rule says so in a finding.

| rule | demands | severity | asked at | waivable |
| --- | --- | --- | --- | --- |
ROWS

## A lab's own rules

`rules:` in lab.yaml names a folder, relative to that file. Each `.rego` file in it, tests apart, is one
rule in the form of the built-in ones:

- `package lab.<rule>` in `<rule>.rego`, under a METADATA block with the id `lab/<rule>` and every key
  that is below;
- `info := judge.rule(rego.metadata.chain())`, so that it speaks in its own name;
- one or more of the sets `location_findings`, `declared_findings` and `together_findings`.

A rule there can say more than the built-in ones and change nothing of what they say: any other package,
data files, links, and built-ins that reach out of the facts (the network, the environment, the clock)
are refused.

```rego
# METADATA
# scope: package
# title: Nothing lies on the old shelf
# description: The old shelf stands under a water pipe.
# custom:
#   id: lab/not_on_the_old_shelf
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads: [location.store]
#   cure: Choose another store.
#   references: [The lab's meeting of 2026-03-02]
package lab.not_on_the_old_shelf

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.store == "old-shelf"
	finding := judge.finding(info, id, "it would lie on the old shelf")
}

location_findings contains finding if some finding in judge.unread_locations(info)
```
"""


def _page(rule: RuleInfo, links: Mapping[str, str], example: Example | None) -> str:
    lines = [
        f"# {rule.title}",
        "",
        _WRITTEN,
        "",
        rule.description,
        "",
        f"- Rule: `{rule.id}`{', the lab’s own' if rule.own else ''}",
        f"- Severity: {rule.severity}",
        f"- Judges: each {' and each '.join(rule.scope)}",
        f"- Asked at: {', '.join(rule.gates)}",
        f"- Waivable: {_yes(rule.waivable)}",
        f"- Needs to know: {', '.join(f'`{field}`' for field in rule.reads)}",
        f"- Source: {links['rule']}, tested by {links['test']}",
        "",
        "## Cure",
        "",
        rule.cure,
        "",
        "## Because of",
        "",
        *(f"- {reference}" for reference in rule.references),
    ]
    if example is not None:
        lines += [
            "",
            "## Passes",
            "",
            "Where the two examples differ from each other or from a lab that breaks no rule:",
            "",
            *_shown(example.good, example.passes, example.refused),
            "",
            "## Refused",
            "",
            *_shown(example.good, example.refused, example.passes),
            "",
            "```text",
            *(str(finding) for finding in example.findings),
            "```",
        ]
    return "\n".join(lines) + "\n"


def _shown(good: Facts, one: Facts, other: Facts) -> list[str]:
    part = differing(good, one, other)
    text = yaml.safe_dump(part, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    return ["```yaml", *text.rstrip("\n").splitlines(), "```"]


def differing(good: Any, one: Any, other: Any) -> Any:
    """What there is of one where the three are not alike; lists are shown whole."""
    if one == good and other == ABSENT:
        return PRESENT
    if not all(isinstance(value, Mapping) for value in (good, one, other)):
        return one
    keys = list(dict.fromkeys([*one, *other, *good]))
    threes = {key: [value.get(key, ABSENT) for value in (good, one, other)] for key in keys}
    return {key: differing(*three) for key, three in threes.items() if not three[0] == three[1] == three[2]}


def _yes(value: bool) -> str:
    return "yes" if value else "no"
