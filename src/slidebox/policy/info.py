"""What a rule says about itself, in its METADATA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.model import Gate, Severity

FINDING_SETS = ("location_findings", "declared_findings", "together_findings")
"""What a rule may say: about a location, about a dataset as declared, and about all that holds one."""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a rule says about itself.

    Attributes
    ----------
    id
        ``topic/rule``, which is also its place below policies/; ``lab/rule`` of the lab's own.
    title, description
        What it demands, in a line and in full.
    severity
        How grave its findings usually are.
    scope
        What it judges: ``location``, ``dataset``, both, or ``waiver``.
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
    own
        Whether it is one of the lab's own rules.
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
    own: bool = False

    def document(self) -> dict[str, Any]:
        """The rule as a JSON document."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def faults(annotation: Mapping[str, Any]) -> tuple[str, ...]:
    """What is missing or wrong in the METADATA of a rule, by the names of its keys."""
    custom = _custom(annotation)
    return (
        *(key for key in ("title", "description") if not _text(annotation.get(key))),
        *(key for key in ("id", "cure") if not _text(custom.get(key))),
        *(key for key in ("scope", "gates", "reads", "references") if not _texts(custom.get(key))),
        *(["severity"] if custom.get("severity") not in list(Severity) else []),
        *(["gates"] if _texts(custom.get("gates")) and not set(custom["gates"]) <= set(Gate) else []),
        *(["waivable"] if not isinstance(custom.get("waivable"), bool) else []),
    )


def rule_info(annotation: Mapping[str, Any], *, own: bool = False) -> RuleInfo:
    """The METADATA of a rule in which there are no `faults`."""
    custom = annotation["custom"]
    return RuleInfo(
        id=custom["id"],
        title=annotation["title"],
        description=" ".join(annotation["description"].split()),
        severity=Severity(custom["severity"]),
        scope=tuple(custom["scope"]),
        gates=tuple(Gate(gate) for gate in custom["gates"]),
        waivable=custom["waivable"],
        reads=tuple(custom["reads"]),
        cure=" ".join(custom["cure"].split()),
        references=tuple(custom["references"]),
        own=own,
    )


def _custom(annotation: Mapping[str, Any]) -> Mapping[str, Any]:
    custom = annotation.get("custom")
    return custom if isinstance(custom, dict) else {}


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_text(item) for item in value)
