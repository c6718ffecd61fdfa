"""Small changes of Rego files, made by their syntax trees: what `rego_mutants.py` breaks."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLIPPED = {
    "==": ("!=",),
    "!=": ("==",),
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "+": ("-",),
    "-": ("+", "|"),
    "*": ("/",),
    "/": ("*",),
    "|": ("&",),
    "&": ("|",),
}
COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
SWAPPED = {"true": "false", "false": "true", '"error"': '"warning"', '"warning"': '"error"'}
EMPTY = {"set": "set()", "array": "[]", "object": "{}"}


@dataclass(frozen=True)
class Mutant:
    """A file with one change.

    Attributes
    ----------
    file
        The file, relative to where the tool runs.
    row
        Line of the change.
    line
        That line's text.
    what
        The kind of change.
    start, end
        The bytes that are taken out.
    old, new
        What is taken out, and what is put there.
    """

    file: Path
    row: int
    line: str
    what: str
    start: int
    end: int
    old: str
    new: str

    @property
    def change(self) -> str:
        """The change in words, each side shortened."""
        return f"{short(self.old)} → {short(self.new) or '(nothing)'}"

    def applied(self, text: bytes) -> bytes:
        """The file with the change."""
        return text[: self.start] + self.new.encode() + text[self.end :]

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.what}: {self.change}   in: {short(self.line)}"


def short(text: str) -> str:
    """A text in one line of at most 100 letters."""
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"


class Source:
    """One Rego file, its syntax tree, and the mutants that can be made of it."""

    def __init__(self, file: Path, opa: str) -> None:
        self.file = file
        self.text = file.read_bytes()
        command = [opa, "parse", "--format", "json", "--json-include", "locations", str(file)]
        self.tree: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        self.lines = self.text.split(b"\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.made: dict[tuple[int, int, str], Mutant] = {}

    @property
    def package(self) -> str:
        """The package's name, with ``data.`` before it."""
        return _dotted(self.tree["package"]["path"])

    @property
    def is_test(self) -> bool:
        """Whether it holds tests or what they share."""
        return self.file.stem.endswith("_test")

    def refers_to(self) -> set[str]:
        """Every package or rule it names, as far as the name is fixed."""
        return {_dotted(value) for value in _references(self.tree) if value[0].get("value") == "data"}

    def mutants(self) -> list[Mutant]:
        """Every mutant of the file, in the order of its lines."""
        for rule in self.tree.get("rules", ()):
            self._rule(rule)
        self._metadata()
        return sorted(self.made.values(), key=lambda mutant: (mutant.start, mutant.end, mutant.new))

    def _span(self, node: Any) -> tuple[int, int] | None:
        """Where a node's text is, or None where OPA does not say it exactly (a term in brackets)."""
        place = node.get("location") if isinstance(node, dict) else None
        if not place:
            return None
        text = base64.b64decode(place["text"])
        begin = self.starts[place["row"] - 1]
        line = self.lines[place["row"] - 1]
        # A column counts letters, and letters may have several bytes.
        start = begin + len(line.decode()[: place["col"] - 1].encode())
        return (start, start + len(text)) if self.text[start : start + len(text)] == text else None

    def _add(self, what: str, start: int, end: int, new: str) -> None:
        row = self.text.count(b"\n", 0, start) + 1
        old = self.text[start:end].decode()
        line = self.lines[row - 1].decode().strip()
        self.made.setdefault((start, end, new), Mutant(self.file, row, line, what, start, end, old, new))

    def _replace(self, what: str, node: Any, *news: str) -> None:
        span = self._span(node)
        if span:
            for new in news:
                self._add(what, *span, new)

    def _rule(self, rule: dict[str, Any]) -> None:
        span = self._span(rule)
        if span and rule.get("default"):
            head = self._span(rule["head"])
            span = head and (span[0], head[1])
        if span:
            self._add("definition dropped", *span, "")
        other = rule.get("else")
        if other:
            self._replace("else dropped", other, "")
        self._walk(rule)

    def _walk(self, node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                self._walk(item)
        elif isinstance(node, dict):
            if "index" in node and "terms" in node:
                self._expression(node)
            elif "type" in node:
                self._term(node)
            for key, value in node.items():
                if key not in {"location", "annotations", "ref"}:
                    self._walk(value)

    def _expression(self, node: dict[str, Any]) -> None:
        """A condition: dropped, negated, or looking into nothing."""
        span = self._span(node)
        terms = node["terms"]
        if not span or node.get("generated"):
            return
        if isinstance(terms, dict) and "symbols" in terms:
            for symbol in terms["symbols"]:
                members = symbol["value"] if symbol.get("type") == "call" else ()
                if members:
                    self._replace("nothing to look into", members[-1], "{}" if len(members) == 4 else "[]")
            return
        operator = self._operator(terms[0]) if isinstance(terms, list) else ""
        if isinstance(terms, list):
            self._operation(terms)
        if operator in {":=", "="}:
            return
        self._replace("condition dropped", node, "true")
        text = self.text[slice(*span)].decode()
        if node.get("negated"):
            self._add("not dropped", *span, re.sub(r"^not\s+", "", text))
        elif operator not in COMPARISONS and not text.startswith("every"):
            self._add("negated", *span, f"not {text}")

    def _operator(self, node: Any) -> str:
        span = self._span(node)
        return self.text[slice(*span)].decode() if span else ""

    def _operation(self, terms: Sequence[Any]) -> None:
        operator = self._operator(terms[0])
        self._replace("operator", terms[0], *FLIPPED.get(operator, ()))

    def _term(self, node: dict[str, Any]) -> None:
        """A value: emptied, one member taken out, or another constant."""
        kind, value = node["type"], node.get("value")
        if kind == "call":
            self._operation(value or ())
        elif kind in EMPTY and value:
            self._replace(f"{kind} emptied", node, EMPTY[kind])
            if kind in {"set", "object"} and len(value) > 1:
                self._members([item if kind == "object" else [item] for item in value])
        elif kind == "number" and isinstance(value, int):
            span = self._span(node)
            if span and self.text[slice(*span)].isdigit():
                self._replace("number", node, str(value + 1), str(value - 1))
        elif kind in {"boolean", "string"}:
            span = self._span(node)
            swapped = SWAPPED.get(self.text[slice(*span)].decode()) if span else None
            if swapped:
                self._replace("constant", node, swapped)

    def _members(self, members: list[list[Any]]) -> None:
        """One member of a set, or one entry of an object, taken out at a time."""
        spans = [(self._span(member[0]), self._span(member[-1])) for member in members]
        spans.sort(key=lambda pair: pair[0] or (0, 0))
        for number, (first, last) in enumerate(spans):
            following = spans[number + 1][0] if number + 1 < len(spans) else None
            before = spans[number - 1][1] if number else None
            if first and following:
                self._add("member dropped", first[0], following[0], "")
            elif last and before:
                self._add("member dropped", before[1], last[1], "")

    def _metadata(self) -> None:
        """What a rule says of itself, which decides where it is asked and whether it can be set aside."""
        if not re.search(rb"^#   id: ", self.text, re.MULTILINE):
            return
        for name, words in {"severity": ("error", "warning"), "waivable": ("true", "false")}.items():
            for found in re.finditer(rf"^#   {name}: (\w+)$".encode(), self.text, re.MULTILINE):
                other = words[1 - words.index(found[1].decode())]
                self._add(name, found.start(1), found.end(1), other)
        for found in re.finditer(rb"^#   gates: \[(.*)\]$", self.text, re.MULTILINE):
            gates = found[1].decode().split(", ")
            for gate in gates:
                self._add("gate dropped", *found.span(1), ", ".join(other for other in gates if other != gate))


def _dotted(path: Sequence[Any]) -> str:
    """A reference as ``data.slidebox.lib.judge``, up to its first variable part."""
    parts = [path[0]["value"]]
    for part in path[1:]:
        if part["type"] != "string":
            break
        parts.append(part["value"])
    return ".".join(parts)


def _references(node: Any) -> Iterator[Sequence[Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        if node.get("type") == "ref" and node["value"][0].get("type") == "var":
            yield node["value"]
        for key, value in node.items():
            if key != "location":
                yield from _references(value)
