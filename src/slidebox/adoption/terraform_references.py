"""Where the values of a planned resource come from, by the configuration that a plan of Terraform carries. Pure.

A plan shows an attribute that is known only after it is applied as nothing but unknown; its configuration still names
what the attribute refers to. References are followed through variables and outputs of modules, and through
``for_each`` and ``count``; those through ``local`` values are not in the document.

Source: HashiCorp, "JSON Output Format", expression representation (format 1), as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

_STEP = re.compile(r'\.?(?P<name>[^.\[\]"]+)|\[(?P<key>"(?:\\.|[^"\\])*"|\d+|\*)\]')
_DATA: Final = "data"
_MODULE: Final = "module"
_DEEPEST: Final = 20
"""How many modules a reference is followed through."""
_SAME: Final = frozenset({"each.key", "each.value", "count.index"})
"""What says that one of several refers to the one of its own key or number."""

Scope = tuple[tuple[str, str | None], ...]
"""The modules around something: the name of each call, and its key or number."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address, in its parts.

    Attributes
    ----------
    scope
        The modules around it, outermost first.
    name
        Type and name, with ``data.`` before what is only looked up.
    key
        Its key in quotes, or its number; None where it has none.
    rest
        What follows it, such as an attribute.
    """

    scope: Scope
    name: str
    key: str | None = None
    rest: tuple[str, ...] = ()


def parsed(text: str) -> Address:
    """The parts of an address or of a reference."""
    steps: list[tuple[str, str | None]] = []
    for match in _STEP.finditer(text):
        if match["name"] is not None:
            steps.append((match["name"], None))
        elif steps:
            steps[-1] = (steps[-1][0], match["key"])
    scope: list[tuple[str, str | None]] = []
    while len(steps) > 1 and steps[0][0] == _MODULE:
        scope.append(steps[1])
        steps = steps[2:]
    length = 3 if steps and steps[0][0] == _DATA else 2
    named, rest = steps[:length], steps[length:]
    key = named[-1][1] if named else None
    return Address(tuple(scope), ".".join(name for name, _ in named), key, tuple(name for name, _ in rest))


class References:
    """The references of a plan's configuration.

    Parameters
    ----------
    document
        The plan.
    addresses
        Every resource that the plan knows, by its address.
    """

    def __init__(self, document: Mapping[str, Any], addresses: Iterable[str]) -> None:
        configuration = document.get("configuration")
        root = configuration.get("root_module") if isinstance(configuration, Mapping) else None
        self._root: Mapping[str, Any] | None = root if isinstance(root, Mapping) else None
        self._addresses = addresses

    @cached_property
    def _there(self) -> dict[tuple[tuple[str, ...], str], list[tuple[Address, str]]]:
        found: dict[tuple[tuple[str, ...], str], list[tuple[Address, str]]] = {}
        for text in self._addresses:
            one = parsed(text)
            found.setdefault((tuple(name for name, _ in one.scope), one.name), []).append((one, text))
        return found

    @cached_property
    def _blocks(self) -> dict[tuple[tuple[str, ...], str], Mapping[str, Any]]:
        return dict(_blocks(self._root or {}, ()))

    def asked(self, address: str) -> frozenset[str] | None:
        """The attributes that the configuration sets of a resource; None where the plan carries none."""
        block = self._block(parsed(address))
        return None if block is None else frozenset(block.get("expressions") or ())

    def provider(self, address: str) -> str:
        """The configuration of a provider that a resource is made by; empty where the plan carries none."""
        block = self._block(parsed(address))
        return "" if block is None else str(block.get("provider_config_key") or "")

    def sources(self, address: str, attribute: str) -> tuple[str, ...]:
        """The addresses of the resources that an attribute comes from; several where nothing tells them apart.

        A ``local`` value that it comes from is among them by its name: nothing says what that comes from.
        """
        one = parsed(address)
        block = self._block(one)
        expression = (block or {}).get("expressions", {}).get(attribute)
        each = _listed(_each(block or {}))
        return tuple(dict.fromkeys(self._resolved(_listed(expression), one.scope, one.key, each, 0)))

    def _block(self, one: Address) -> Mapping[str, Any] | None:
        return self._blocks.get((tuple(name for name, _ in one.scope), one.name))

    def _module(self, scope: Scope) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._root or {}
        for name, _ in scope:
            found = found.get("module_calls", {}).get(name, {}).get("module") or {}
        return found

    def _resolved(
        self, references: Iterable[str], scope: Scope, key: str | None, each: list[str], depth: int
    ) -> Iterator[str]:
        listed = list(references)
        same = key if key is not None and not _SAME.isdisjoint(listed) else None
        if depth > _DEEPEST:
            return
        for text in _longest(listed):
            head, _, name = text.partition(".")
            if head == "each" and name.startswith("value"):
                # Whatever it goes through, the one of the same key is meant.
                yield from self._resolved([*each, "each.key"], scope, key, [], depth + 1)
            elif head == "var":
                yield from self._of_variable(re.split(r"[.\[]", name)[0], scope, depth)
            elif head == _MODULE:
                yield from self._of_output(parsed(text), scope, same, depth)
            elif head == "local":
                yield text
            elif head not in ("each", "count", "self", "path", "terraform"):
                yield from self._here(parsed(text), scope, same)

    def _of_variable(self, name: str, scope: Scope, depth: int) -> Iterator[str]:
        if not scope:
            return
        *outer, (called, key) = scope
        call = self._module(tuple(outer)).get("module_calls", {}).get(called, {})
        references = _listed(call.get("expressions", {}).get(name))
        yield from self._resolved(references, tuple(outer), key, _listed(_each(call)), depth + 1)

    def _of_output(self, said: Address, scope: Scope, same: str | None, depth: int) -> Iterator[str]:
        if not said.scope:
            return
        (called, key), *_ = said.scope
        inside = (*scope, (called, key or same))
        outputs = self._module(inside).get("outputs", {})
        name = said.name.partition(".")[0]
        # Where it is one of several calls, the configuration does not say which output is meant.
        chosen = [outputs[name]] if name in outputs else list(outputs.values()) if not name else []
        for output in chosen:
            yield from self._resolved(_listed(output.get("expression")), inside, same, [], depth + 1)

    def _here(self, said: Address, scope: Scope, same: str | None) -> Iterator[str]:
        there = self._there.get((tuple(name for name, _ in scope), said.name), ())
        near = [(one, text) for one, text in there if _within(one.scope, scope)]
        for wanted in (said.key, same):
            if chosen := [text for one, text in near if wanted is not None and one.key == wanted]:
                yield from chosen
                return
        yield from (text for _, text in near)


def _blocks(module: Mapping[str, Any], scope: tuple[str, ...]) -> Iterator[tuple[tuple[tuple[str, ...], str], Any]]:
    for entry in module.get("resources") or ():
        yield (scope, str(entry.get("address"))), entry
    for name, call in (module.get("module_calls") or {}).items():
        yield from _blocks(call.get("module") or {}, (*scope, str(name)))


def _each(block: Mapping[str, Any]) -> Any:
    return block.get("for_each_expression") or block.get("count_expression")


def _within(scope: Scope, wanted: Scope) -> bool:
    """Whether modules are those that are wanted, by key where one is named."""
    return all(key is None or key == own for (_, own), (_, key) in zip(scope, wanted, strict=True))


def _longest(references: list[str]) -> list[str]:
    """References without those that are only the beginning of another."""
    return [
        text
        for text in dict.fromkeys(references)
        if not any(other != text and other.startswith((f"{text}.", f"{text}[")) for other in references)
    ]


def _listed(expression: Any) -> list[str]:
    """Every reference in an expression, at any depth of its blocks."""
    if isinstance(expression, list):
        return [text for one in expression for text in _listed(one)]
    if not isinstance(expression, Mapping):
        return []
    references = expression.get("references")
    if isinstance(references, list) and all(isinstance(text, str) for text in references):
        return list(references)
    return [text for name, one in expression.items() if name != "constant_value" for text in _listed(one)]
