"""The examples of the rules: the documents `passes` and `refused` of each rule's own test, judged by the rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.model import Finding
from slidebox.policy.info import RuleInfo
from slidebox.policy.program import RefusedError, call
from slidebox.policy.rules import Rules, package_of

_GOOD = "data.slidebox.lib.fixture_test.facts"

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """What a rule's own test shows of it.

    Attributes
    ----------
    good
        A lab that breaks no rule.
    passes, refused
        Two whole facts documents.
    findings
        What the rule says of the one that is refused.
    """

    good: Facts
    passes: Facts
    refused: Facts
    findings: tuple[Finding, ...]


def read_examples(
    rules: Iterable[RuleInfo], sources: Mapping[str, Mapping[str, Path]], pack: Path, opa: Path, own: Path | None = None
) -> Mapping[str, Example]:
    """The examples of each rule, judged; one of the lab's own rules may do without.

    Raises
    ------
    UnreadableError
        If a rule has no examples, says something of the one that passes, or nothing of the one that is refused.
    """
    packages = {rule.id: package_of(sources[rule.id]["rule"]) for rule in rules}
    documents = _documents(packages, [pack, *([own] if own else [])], opa)
    examples = {}
    with Rules(pack, opa, own) as asked:
        for rule in rules:
            good, passes, refused = documents[rule.id]
            if not passes or not refused:
                if rule.own:
                    continue
                raise UnreadableError(f"the test of {rule.id} names no documents `passes` and `refused`.")
            said = [f for f in asked.ask(passes[0]) if f.rule == rule.id]
            if said:
                raise UnreadableError(f"the example that should pass {rule.id} is refused: {said[0]}")
            findings = tuple(f for f in asked.ask(refused[0]) if f.rule == rule.id)
            if not findings:
                raise UnreadableError(f"the example that {rule.id} should refuse passes.")
            examples[rule.id] = Example((good or passes)[0], passes[0], refused[0], findings)
    return examples


def _documents(packages: Mapping[str, str], folders: list[Path], opa: Path) -> Mapping[str, list[list[Facts]]]:
    """The good lab and the two examples of each rule, each in a list that is empty where there is none."""
    wanted = {
        rule: [_GOOD, f"data.{package}_test.passes", f"data.{package}_test.refused"]
        for rule, package in packages.items()
    }
    entries = (
        f"{json.dumps(rule)}: [{', '.join(f'[it | it := {name}]' for name in names)}]" for rule, names in wanted.items()
    )
    data = [word for folder in folders for word in ("--data", str(folder))]
    query = f"{{{', '.join(entries)}}}"
    try:
        said = call(opa, "eval", "--format", "json", "--ignore", "*.yaml", *data, query, wants="result")
    except RefusedError as error:
        raise UnreadableError(f"the examples of the rules could not be read: {error}") from error
    answer: Mapping[str, list[list[Facts]]] = said["result"][0]["expressions"][0]["value"]
    return answer
