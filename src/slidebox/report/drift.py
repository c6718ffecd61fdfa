"""What is there against what is declared, from the steps by which the engine would mend it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slidebox.preview.seen import type_of

DIFFERENT: Final = "different"
"""It is there and declared, and one of its properties is another."""
MISSING: Final = "missing"
"""It is declared and not there."""
UNDECLARED: Final = "undeclared"
"""It is there and not declared."""
UNKNOWN: Final = "unknown"
"""It could not be looked at."""

KINDS: Final = (UNDECLARED, MISSING, DIFFERENT, UNKNOWN)
"""What a drift can be, in the order in which they are told."""

_MAKES = frozenset({"create", "create-replacement", "import"})
_TAKES = frozenset({"delete"})
_CHANGES = frozenset({"update", "replace"})
_LONGEST = 80
_FACTS = "facts"
"""What a resource carries of the declaration of its data; nothing of it is at the store."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the engine would do with one resource, after it has looked at what is there.

    Attributes
    ----------
    operation
        As the engine calls it: ``same``, ``update``, ``create``, ``delete``, ….
    urn
        The resource.
    properties
        The properties that differ, as the engine calls them.
    there, wanted
        Its properties as they are, and as they are declared; secrets withheld.
    """

    operation: str
    urn: str
    properties: tuple[str, ...] = ()
    there: Mapping[str, Any] | None = None
    wanted: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is not as it is declared.

    Attributes
    ----------
    kind
        One of `KINDS`.
    stack
        The project; empty for what no project declares.
    what
        The resource's or the place's name.
    type
        Its type, as the engine or the store calls it.
    property
        Which property; empty where it is about the whole.
    there, declared
        Its value as it is and as it is declared, shortened; empty where there is none.
    cure
        What to type.
    """

    kind: str
    stack: str
    what: str
    type: str = ""
    property: str = ""
    there: str = ""
    declared: str = ""
    cure: str = ""

    def document(self) -> dict[str, Any]:
        """The drift as JSON has it."""
        return {name: getattr(self, name) or None for name in self.__slots__}


def drifts(stack: str, steps: Iterable[Step]) -> tuple[Drift, ...]:
    """What of a stack is not as it is declared.

    Parameters
    ----------
    stack
        The project.
    steps
        What the engine would do.
    """
    return tuple(drift for step in steps for drift in _of(stack, step))


def _of(stack: str, step: Step) -> Iterator[Drift]:
    name, token = step.urn.rpartition("::")[2], type_of(step.urn)
    up = f"pulumi up -s {stack}"
    if token.startswith("pulumi:") or (step.wanted is None and step.there is None):
        return
    if step.operation in _MAKES:
        yield Drift(MISSING, stack, name, token, cure=up)
    elif step.operation in _TAKES:
        cure = f"{up} (takes it away, if nothing is in it), or declare it again in projects/{stack}.yaml"
        yield Drift(UNDECLARED, stack, name, token, cure=cure)
    elif step.operation in _CHANGES:
        for path in step.properties:
            there, wanted = _value(step.there, path), _value(step.wanted, path)
            cure = up if path == _FACTS else f"{up} (sets it back), or declare it so in projects/{stack}.yaml"
            yield Drift(DIFFERENT, stack, name, token, path, there, wanted, cure)


def _value(properties: Mapping[str, Any] | None, path: str) -> str:
    """A property as text, shortened; what is carried of the declaration is long and says nothing here."""
    if path == _FACTS:
        return ""
    value: Any = properties
    for step in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(value, Mapping):
            value = value.get(step.strip('"'))
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
