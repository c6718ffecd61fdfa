"""The rules as a list: what each says about itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.policy.info import RuleInfo, faults, rule_info


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


def catalogue_of(answer: Any, rules: Iterable[str]) -> tuple[RuleInfo, ...]:
    """The rules that `main/catalogue` answers with.

    Parameters
    ----------
    answer
        Of each rule the custom part of its METADATA, its title and its description.
    rules
        The ids of the rules that there are, by their files.

    Raises
    ------
    UnreadableError
        If a rule is missing, or does not say all that it has to about itself.
    """
    said = [entry for entry in answer if isinstance(entry, dict)] if isinstance(answer, list) else []
    found = []
    for entry in said:
        annotation = {"title": entry.get("title"), "description": entry.get("description"), "custom": entry}
        wrong = faults(annotation)
        if wrong:
            raise UnreadableError(f"the rule {entry.get('id')} does not say its {', '.join(wrong)} in its METADATA.")
        found.append(rule_info(annotation))
    silent = sorted({*rules} - {rule.id for rule in found})
    if silent:
        raise UnreadableError(f"the rule {silent[0]} says nothing about itself.", "Give it METADATA with an id.")
    return tuple(found)
