"""YAML 1.2 text ⇄ plain values, with the line and column of every key and value.

The text is composed into nodes (by libyaml where it is there: it is twenty times faster than the
parsers written in Python) and turned into values here, by the core schema of YAML 1.2: ``yes``,
``on`` and ``2026-01-01`` are text, duplicate keys are faults, and nothing is ever constructed but
mappings, lists, text, numbers, true, false and null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import BaseResolver, Resolver

from slidebox.errors import Problem

try:
    from yaml.cyaml import CParser as _Parser
except ImportError:  # PyYAML without libyaml: the same nodes, more slowly

    class _Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, yaml.composer.Composer):  # type: ignore[no-redef,misc]
        def __init__(self, stream: str) -> None:
            yaml.reader.Reader.__init__(self, stream)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)
            yaml.composer.Composer.__init__(self)


Key = str | int
"""A step on the way to a value: the key of a mapping, or the index of a list."""

# A lab's files are five levels deep. Far deeper ones are not a lab's, and exhaust the parser's stack.
_DEEPEST = 50

# Aliases of aliases can stand for more values than fit into memory. A large lab has some ten thousand.
_MOST_VALUES = 1_000_000

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$")
# YAML 1.2.2, chapter 10.3.2: the core schema. The first tag that matches holds.
_CORE: tuple[tuple[str, re.Pattern[str], list[str]], ...] = (
    ("null", re.compile(r"^(?:null|Null|NULL|~|)$"), ["n", "N", "~", ""]),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("merge", re.compile(r"^<<$"), ["<"]),
)


class _Core(BaseResolver):  # type: ignore[misc]
    """Tags of plain scalars by YAML 1.2, and a limit to nesting."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own attribute)
    _depth = 0

    def descend_resolver(self, current_node: Node | None, current_index: object) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            mark = current_node.start_mark if current_node else None
            raise yaml.composer.ComposerError(None, None, f"nested more than {_DEEPEST} levels deep", mark)

    def ascend_resolver(self) -> None:
        self._depth -= 1


for _tag, _pattern, _first in _CORE:
    _Core.add_implicit_resolver(_TAG + _tag, _pattern, _first)


class _Composer(_Parser, _Core):  # type: ignore[misc]
    """Text to nodes."""

    def __init__(self, text: str) -> None:
        _Parser.__init__(self, text)
        _Core.__init__(self)


def _count(node: Node, known: dict[int, int]) -> int:
    """How many values a node stands for, with its aliases written out; each node is counted once."""
    if id(node) not in known:
        known[id(node)] = 1  # an alias of what is still open is refused elsewhere
        if isinstance(node, MappingNode):
            known[id(node)] += sum(_count(key, known) + _count(value, known) for key, value in node.value)
        elif isinstance(node, SequenceNode):
            known[id(node)] += sum(_count(item, known) for item in node.value)
    return known[id(node)]


class Document:
    """One YAML file as plain values that remember where they stood.

    Parameters
    ----------
    name
        The file's name in messages.
    data
        Its bytes.

    Attributes
    ----------
    value
        Mappings, lists, text, numbers, true, false and null; None if the text cannot be read at all.
    problems
        What is wrong with the text as YAML.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.value: Any = None
        self._known: dict[int, Any] = {}
        self._open: set[int] = set()
        self._pairs: dict[int, dict[str, tuple[Node, Node]]] = {}
        self._root = self._compose(data)
        if self._root is not None and _count(self._root, {}) > _MOST_VALUES:
            said = f"its aliases stand for more than {_MOST_VALUES:,} values."
            self.problems.append(Problem(name, 1, 1, "", said, "Write out what is meant."))
            self._root = None
        if self._root is not None:
            self.value = self._build(self._root, ())

    def place(self, path: Sequence[Key], *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of a value, or of the nearest thing around it that exists.

        Parameters
        ----------
        path
            Keys and indexes from the top.
        key
            The place of the value's key instead. It is also the place of a value that begins below its key.
        """
        if self._root is None:
            return 1, 1
        node, mark = self._root, self._root.start_mark
        for step in path:
            if isinstance(node, MappingNode) and (pair := self._pairs_of(node).get(str(step))):
                key_node, node = pair
                mark = key_node.start_mark if key or not isinstance(node, ScalarNode) else node.start_mark
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                mark = node.start_mark
            else:
                break
        return mark.line + 1, mark.column + 1

    def written(self, path: Sequence[Key]) -> str | None:
        """The spelling of a scalar in the file; None where there is none."""
        node = self._root
        for step in path:
            if isinstance(node, MappingNode) and str(step) in self._pairs_of(node):
                node = self._pairs_of(node)[str(step)][1]
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return cast("str", node.value) if isinstance(node, ScalarNode) else None

    def problem(self, path: Sequence[Key], message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A fault of the value at a path."""
        line, column = self.place(path, key=key)
        return Problem(self.name, line, column, dotted(path), message, hint)

    def _compose(self, data: bytes) -> Node | None:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8", "replace")
            message = f"this is not UTF-8 text (byte 0x{data[error.start]:02x})."
            self._fault(*_end_of(before), message, "Save the file as UTF-8.")
            return None
        try:
            root = _Composer(text).get_single_node()
        except yaml.reader.ReaderError as error:
            place = _end_of(text[: error.position])
            self._fault(*place, f"the character U+{_code(error.character):04X} is not allowed in YAML.", "Remove it.")
            return None
        except yaml.MarkedYAMLError as error:
            self._fault(*_explain(error, text))
            return None
        if root is None:
            self._fault(1, 1, "the file is empty.", "`slidebox init DIR` writes a commented starter to copy from.")
        return cast("Node | None", root)

    def _fault(self, line: int, column: int, message: str, hint: str = "", key: str = "") -> None:
        self.problems.append(Problem(self.name, line, column, key, message, hint))

    def _at(self, node: Node, path: Sequence[Key], message: str, hint: str = "") -> None:
        self._fault(node.start_mark.line + 1, node.start_mark.column + 1, message, hint, dotted(path))

    def _build(self, node: Node, path: tuple[Key, ...]) -> Any:
        if id(node) in self._known:
            return self._known[id(node)]
        if id(node) in self._open:
            self._at(node, path, "this anchor contains itself.", "Write the value out.")
            return None
        self._open.add(id(node))
        if isinstance(node, MappingNode):
            value: Any = {key: self._build(pair[1], (*path, key)) for key, pair in self._pairs_of(node, path).items()}
        elif isinstance(node, SequenceNode):
            value = [self._build(item, (*path, index)) for index, item in enumerate(node.value)]
        else:
            value = self._scalar(node, path)
        self._open.discard(id(node))
        self._known[id(node)] = value
        return value

    def _scalar(self, node: Node, path: Sequence[Key]) -> Any:
        kind, text = node.tag.removeprefix(_TAG), str(node.value)
        if kind in ("str", "merge"):
            return text
        try:
            value = _READERS[kind](text)
        except (KeyError, ValueError):
            self._at(node, path, f"the tag {node.tag!r} means nothing here.", "Write the plain value.")
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self._at(node, path, f"{text} is not a number one can count with.")
            return None
        return value

    def _pairs_of(self, node: MappingNode, path: Sequence[Key] = ()) -> dict[str, tuple[Node, Node]]:
        """Keys of a mapping with their nodes, merge keys (``<<``) spread out, faults reported once."""
        if id(node) in self._pairs:
            return self._pairs[id(node)]
        pairs: dict[str, tuple[Node, Node]] = {}
        self._pairs[id(node)] = pairs
        merged: list[Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged += value_node.value if isinstance(value_node, SequenceNode) else [value_node]
                continue
            if key_node.tag != _TAG + "str":
                shown = repr(key_node.value) if isinstance(key_node, ScalarNode) else "a collection"
                self._at(key_node, path, f"a key has to be text, got {shown}.", "Put it in quotes.")
                continue
            key = key_node.value
            if key in pairs:
                first = pairs[key][0].start_mark.line + 1
                self._at(key_node, (*path, key), f"the key {key!r} stands here already, in line {first}.", "Keep one.")
                continue
            pairs[key] = (key_node, value_node)
        for source in merged:
            if isinstance(source, MappingNode):
                for key, pair in self._pairs_of(source, path).items():
                    pairs.setdefault(key, pair)
            else:
                self._at(source, path, "'<<' takes a mapping or a list of mappings.")
        return pairs


_READERS: Mapping[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": lambda text: int(text, 0) if text[:2] in ("0o", "0x") else int(text),
    "float": lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
}


def dotted(path: Sequence[Key]) -> str:
    """A path of keys as a person writes it: ``datasets.raw_images.parents[0]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _code(character: str | int) -> int:
    return character if isinstance(character, int) else ord(character)


def _end_of(text: str) -> tuple[int, int]:
    """Line and column just after a text."""
    return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1


_REASONS = (
    ("mapping values are not allowed", "': ' stands where no key can be.", "Put text that contains ': ' in quotes."),
    ("another document", "a second document begins here.", "Remove the '---' or use one file for each."),
    ("undefined alias", "this alias has no anchor.", "Write '&name' at the value it repeats, before this line."),
    ("unexpected end of stream", "the quoted text that begins here has no end.", "Close the quotes."),
    ("did not find expected ',' or", "the bracket that opens here has no end.", "Close it."),
    (
        "did not find expected '-'",
        "this line fits neither the list nor the mapping above it.",
        "Check the indentation.",
    ),
    ("did not find expected key", "this line fits no key above it.", "Check the indentation."),
    ("could not find expected ':'", "this key has no ':'.", "Write 'key: value'."),
    ("expected node content", "a value is missing here.", "Write it, or remove what announces it."),
    ("nested more than", f"this is nested more than {_DEEPEST} levels deep.", "A lab's file is five deep at most."),
    ("duplicate anchor", "this anchor is defined twice.", "Rename one."),
)


def _explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str, str]:
    """What a parser complained about, in the words of somebody who writes lists and keys."""
    problem = error.problem or str(error)
    # For something left open the beginning is the place to mend; the parser notices at the end.
    opened = any(part in problem for part in ("unexpected end of stream", "',' or", "expected ':'"))
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines() or [""]
    if line > len(lines):
        line, column = len(lines), len(lines[-1]) + 1
    current = lines[line - 1]
    indentation = current[: len(current) - len(current.lstrip())]
    if "\t" in indentation:
        return (
            line,
            indentation.index("\t") + 1,
            "a tab indents this line.",
            "Use spaces: YAML does not allow tabs there.",
        )
    for fragment, message, hint in _REASONS:
        if fragment in problem:
            return line, column, message, hint
    if "cannot start any token" in problem and column <= len(current):
        return line, column, f"text cannot begin with {current[column - 1]!r}.", "Put it in quotes."
    return line, column, f"this is not YAML: {problem}.", ""


class _Writer(yaml.SafeDumper):  # type: ignore[misc]
    """Values to text that YAML 1.2 and 1.1 readers understand alike."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


# What either version would take for a number, a date or a truth value is quoted.
_Writer.yaml_implicit_resolvers = {first: list(entries) for first, entries in Resolver.yaml_implicit_resolvers.items()}
for _tag, _pattern, _first in _CORE:
    _Writer.add_implicit_resolver(_TAG + _tag, _pattern, _first)


def write(value: Any) -> str:
    """Plain values as YAML text, keys in their order."""
    return str(
        yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)
    )
