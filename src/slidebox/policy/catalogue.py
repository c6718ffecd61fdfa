"""The rules as a list: the built-in ones and the lab's own, each with what it says about itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.policy.info import RuleInfo, faults, is_rule, rule_info
from slidebox.policy.own import read_own
from slidebox.policy.program import RefusedError, call, find_opa

__all__ = ["RuleInfo", "list_rules", "pack_dir"]


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


def list_rules(pack: Path | None = None, opa: Path | None = None, own: Path | None = None) -> tuple[RuleInfo, ...]:
    """Every rule of a pack and of the lab's own folder, by id.

    Parameters
    ----------
    pack
        Folder of the rules; the built-in ones if not given.
    opa
        The OPA program; looked for if not given.
    own
        Folder of the lab's own rules.

    Raises
    ------
    UnreadableError
        If OPA is missing, the pack does not compile, or a rule does not say all it has to about itself.
    InputError
        If the lab's own rules are not what own rules have to be.
    """
    folder, binary = pack or pack_dir(), opa or find_opa()
    mine = [rule.info for rule in read_own(own, binary)] if own is not None else []
    rules = [_built_in(entry["annotations"]) for entry in _annotations(folder, binary) if is_rule(entry["annotations"])]
    if not rules:
        raise UnreadableError(f"there is no rule in {folder}.")
    return tuple(sorted([*rules, *mine], key=lambda rule: rule.id))


def _annotations(folder: Path, binary: Path) -> list[Any]:
    try:
        said = call(binary, "inspect", "--annotations", "--format", "json", str(folder), wants="namespaces")
    except RefusedError as error:
        raise UnreadableError(f"the rules in {folder} could not be read: {error}") from error
    return said.get("annotations") or []


def _built_in(annotation: Any) -> RuleInfo:
    wrong = faults(annotation)
    if wrong:
        raise UnreadableError(
            f"the rule {annotation['custom']['id']} does not say its {', '.join(wrong)} in its METADATA."
        )
    return rule_info(annotation)
