"""Expressions of the Common Expression Language, as far as conditions of Google Cloud are written in it.

Source: Common Expression Language, "Language definition: syntax", as of 2026-11.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final, TypeAlias

Node: TypeAlias = tuple[Any, ...]
"""A part of an expression: its kind, and what it is made of."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?![\w.]))|(?P<name>[A-Za-z_]\w*)|(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<mark>&&|\|\||[<>=!]=|[<>!()\[\],.?:]))"""
)
_WORDS: Final = {"true": True, "false": False, "null": None}
_COMPARING: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_LONGEST = 12_000
"""How many characters of an expression are read (IAM's own limit)."""
_DEEPEST = 60


@functools.lru_cache(maxsize=4096)
def parsed(text: str) -> Node | None:
    """An expression in its parts; None where it is none, or of a form that is not read here."""
    if len(text) > _LONGEST:
        return None
    try:
        reading = _Reading(_tokens(text))
        node = reading.whole(0)
        return node if reading.done else None
    except (ValueError, IndexError):
        return None


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    text = re.sub(r"//[^\n]*$", "", text) if text.lstrip().startswith("//") else text
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(place)
        found.append((str(match.lastgroup), str(match[str(match.lastgroup)])))
        place = match.end()
    return found


class _Reading:
    """A way through the tokens of an expression, from the first to the last."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def done(self) -> bool:
        return self._place == len(self._tokens)

    def _next(self, *wanted: str) -> bool:
        if (
            not self.done
            and self._tokens[self._place][0] in ("mark", "name")
            and self._tokens[self._place][1] in wanted
        ):
            self._place += 1
            return True
        return False

    def _need(self, wanted: str) -> None:
        if not self._next(wanted):
            raise ValueError(wanted)

    def whole(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ValueError(depth)
        node = self._or(depth)
        if self._next("?"):
            one = self.whole(depth + 1)
            self._need(":")
            return ("choice", node, one, self.whole(depth + 1))
        return node

    def _or(self, depth: int) -> Node:
        node = self._and(depth)
        while self._next("||"):
            node = ("or", node, self._and(depth))
        return node

    def _and(self, depth: int) -> Node:
        node = self._comparison(depth)
        while self._next("&&"):
            node = ("and", node, self._comparison(depth))
        return node

    def _comparison(self, depth: int) -> Node:
        node = self._turned(depth)
        if not self.done and self._tokens[self._place][1] in _COMPARING and self._tokens[self._place][0] != "text":
            operator = self._tokens[self._place][1]
            self._place += 1
            return ("compare", operator, node, self._turned(depth))
        return node

    def _turned(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ValueError(depth)
        if self._next("!"):
            return ("not", self._turned(depth + 1))
        node = self._plain(depth)
        while True:
            if self._next("."):
                kind, name = self._tokens[self._place]
                if kind != "name":
                    raise ValueError(name)
                self._place += 1
                node = ("call", node, name, self._listed(")", depth)) if self._next("(") else ("member", node, name)
            elif self._next("["):
                node = ("at", node, self.whole(depth + 1))
                self._need("]")
            else:
                return node

    def _plain(self, depth: int) -> Node:
        if self._next("("):
            node = self.whole(depth + 1)
            self._need(")")
            return node
        if self._next("["):
            return ("list", self._listed("]", depth))
        kind, said = self._tokens[self._place]
        self._place += 1
        if kind == "text":
            return ("value", _text(said))
        if kind == "number":
            return ("value", int(said))
        if kind != "name" or said == "in":
            raise ValueError(said)
        if said in _WORDS:
            return ("value", _WORDS[said])
        return ("call", None, said, self._listed(")", depth)) if self._next("(") else ("name", said)

    def _listed(self, end: str, depth: int) -> tuple[Node, ...]:
        found: list[Node] = []
        if self._next(end):
            return ()
        while True:
            found.append(self.whole(depth + 1))
            if self._next(end):
                return tuple(found)
            self._need(",")


def _text(said: str) -> str:
    """A text without its quotes; what is written with other escapes than quotes and backslashes is not read."""
    inner = said[1:-1]
    if re.search(r"\\(?![\\'\"])", inner):
        raise ValueError(said)
    return re.sub(r"\\(.)", r"\1", inner)
