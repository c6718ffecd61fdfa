"""The rules as documents: what each says about itself in its METADATA."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.model import Gate, Severity
from slidebox.policy.opa import find_opa


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a rule says about itself.

    Attributes
    ----------
    id
        ``topic/rule``, which is also its place below policies/.
    title, description
        What it demands, in a line and in full.
    severity
        How grave its findings usually are.
    scope
        ``location``, ``dataset``, or both.
    gates
        Where it is asked.
    waivable
        Whether a waiver may set it aside.
    reads
        The fields of the facts it needs; without one of them it does not hold.
    cure
        What to do about its findings.
    references
        Law, policy, or sentence of the playbook behind it.
    """

    id: str
    title: str
    description: str
    severity: Severity
    scope: tuple[str, ...]
    gates: tuple[Gate, ...]
    waivable: bool
    reads: tuple[str, ...]
    cure: str
    references: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The rule as a JSON document."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def pack_dir() -> Path:
    """The folder of the built-in rules: in the wheel, or at the top of the repository.

    Raises
    ------
    UnreadableError
        If neither is there.
    """
    package = Path(__file__).parent.parent
    for folder in (package / "policies", package.parent.parent / "policies"):
        if (folder / "PulumiPolicy.yaml").is_file():
            return folder
    raise UnreadableError(f"the rules are neither in {package} nor in a clone around it.", "Install slidebox again.")


def list_rules(pack: Path | None = None, opa: Path | None = None) -> tuple[RuleInfo, ...]:
    """Every rule of a pack, by id.

    Raises
    ------
    UnreadableError
        If OPA is missing, the pack does not compile, or a rule does not say all it has to about itself.
    """
    folder = pack or pack_dir()
    command = [str(opa or find_opa()), "inspect", "--annotations", "--format", "json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnreadableError(
            f"the rules in {folder} could not be read: {' '.join((done.stderr or done.stdout).split())}"
        )
    rules = [_rule(entry["annotations"]) for entry in json.loads(done.stdout).get("annotations", ()) if _is_rule(entry)]
    if not rules:
        raise UnreadableError(f"there is no rule in {folder}.")
    return tuple(sorted(rules, key=lambda rule: rule.id))


def _is_rule(entry: Any) -> bool:
    annotations = entry["annotations"]
    return bool(annotations.get("scope") == "package" and annotations.get("custom", {}).get("id"))


def _rule(said: Any) -> RuleInfo:
    custom = said["custom"]
    try:
        return RuleInfo(
            id=custom["id"],
            title=said["title"],
            description=" ".join(said["description"].split()),
            severity=Severity(custom["severity"]),
            scope=tuple(custom["scope"]),
            gates=tuple(Gate(gate) for gate in custom["gates"]),
            waivable=custom["waivable"],
            reads=tuple(custom["reads"]),
            cure=" ".join(custom["cure"].split()),
            references=tuple(custom["references"]),
        )
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"the rule {custom.get('id')} does not say its {error} in its METADATA.") from error


def handbook(rules: Iterable[RuleInfo]) -> str:
    """The rules as a Markdown page; docs/rules.md is this text."""
    listed = tuple(rules)
    lines = [
        "# The rules",
        "",
        "Written by `slidebox rules --markdown` from the METADATA of each rule; edit policies/, not this page.",
        "What each says of data or places that are not known is the same: it is a finding.",
        "",
        "| rule | demands | severity | waivable |",
        "| --- | --- | --- | --- |",
        *(
            f"| [{r.id}](#{r.id.replace('/', '')}) | {r.title} | {r.severity} | {'yes' if r.waivable else 'no'} |"
            for r in listed
        ),
    ]
    for rule in listed:
        lines += [
            "",
            f"## {rule.id}",
            "",
            f"**{rule.title}.** {rule.description}",
            "",
            f"- Severity: {rule.severity}; judges each {' and each '.join(rule.scope)}",
            f"- Asked at: {', '.join(rule.gates)}",
            f"- Waivable: {'yes' if rule.waivable else 'no'}",
            f"- Needs to know: {', '.join(f'`{field}`' for field in rule.reads)}",
            f"- Cure: {rule.cure}",
            f"- Because of: {'; '.join(rule.references)}",
            f"- Source: [policies/{rule.id}.rego](../policies/{rule.id}.rego)",
        ]
    return "\n".join(lines) + "\n"
