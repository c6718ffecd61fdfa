"""Patterns of policies: what a text with wildcards and variables matches, and whether several leave anything.

A pattern is a list of tokens. ``*`` and ``?`` take any characters; in the parts of an ARN that are compared one by one
they take none that is a colon. ``${*}``, ``${?}`` and ``${$}`` are the characters themselves, and any other variable
may stand for anything, as what it stands for comes with the request.

Sources: AWS IAM User Guide, "IAM policy elements: Variables and tags", "IAM JSON policy elements: Condition operators"
(string and ARN conditions) and "IAM JSON policy elements: Resource", as of 2026-11.
"""

from __future__ import annotations

import re
import string
from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

STAR: Final = -1
ONE: Final = -2
STAR_IN_PART: Final = -3
ONE_IN_PART: Final = -4
DIGIT: Final = -5

_COLON: Final = ord(":")
_REGEX: Final = {STAR: ".*", ONE: ".", STAR_IN_PART: "[^:]*", ONE_IN_PART: "[^:]", DIGIT: "[0-9]"}
_MANY: Final = frozenset({STAR, STAR_IN_PART})
_PARTITION: Final = re.compile(r"^arn:aws[a-z-]*:")
_ARN_PARTS: Final = 6
_SAMPLES: Final = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_.=+@,"

Tokens: TypeAlias = tuple[int, ...]


class Glob(NamedTuple):
    """A pattern made ready.

    Attributes
    ----------
    tokens
        Characters by their code points, and wildcards.
    folded
        Whether it takes no notice of case.
    sure
        Whether it has no variable, so that it matches exactly what is said here.
    """

    tokens: Tokens
    folded: bool = False
    sure: bool = True


def plain_partition(arn: str) -> str:
    """An ARN in the partition ``aws``: a resource is in one partition, and its policy can only be about that."""
    return _PARTITION.sub("arn:aws:", arn) if arn.startswith("arn:aws") and not arn.startswith("arn:aws:") else arn


@lru_cache(maxsize=65536)
def glob(text: str, kind: str = "like", folded: bool = False) -> Glob:
    """A pattern from its text.

    Parameters
    ----------
    text
        The text as a policy has it.
    kind
        ``like``: with wildcards. ``string``: wildcards are plain characters. ``arn``: wildcards that stay in one of
        the six parts of an ARN; ``digits``: ``#`` stands for a digit and wildcards are wildcards.
    folded
        Whether case does not matter.
    """
    tokens: list[int] = []
    sure, part, at = True, 1, 0
    in_parts = kind == "arn" and text.count(":") >= _ARN_PARTS - 1
    while at < len(text):
        char = text[at]
        if text.startswith("${", at) and (end := text.find("}", at)) > 0:
            inner = text[at + 2 : end]
            at = end + 1
            if inner in ("*", "?", "$"):
                tokens.append(ord(inner))
            else:
                sure = False
                tokens.append(STAR)
            continue
        at += 1
        inside = in_parts and part < _ARN_PARTS
        if kind != "string" and char == "*":
            tokens.append(STAR_IN_PART if inside else STAR)
        elif kind != "string" and char == "?":
            tokens.append(ONE_IN_PART if inside else ONE)
        elif kind == "digits" and char == "#":
            tokens.append(DIGIT)
        else:
            part += char == ":"
            tokens.append(ord(char.lower() if folded else char))
    return Glob(tuple(tokens), folded, sure)


@lru_cache(maxsize=65536)
def _regex(one: Glob) -> re.Pattern[str]:
    return re.compile("".join(_REGEX.get(token) or re.escape(chr(token)) for token in one.tokens), re.DOTALL | re.ASCII)


def matches(one: Glob, text: str) -> bool:
    """Whether a pattern matches a text; a variable in it may stand for anything."""
    return _regex(one).fullmatch(text.lower() if one.folded else text) is not None


def literal(one: Glob) -> str | None:
    """The only text that a pattern matches; None where there are several."""
    if one.folded or any(token < 0 for token in one.tokens):
        return None
    return "".join(map(chr, one.tokens))


class Undecided(Exception):  # noqa: N818 - it is no fault: a question too long to follow to its end
    """The search for a text was given up; there may be one or not."""


@lru_cache(maxsize=16384)
def text_of(required: tuple[tuple[Glob, ...], ...], refused: tuple[Glob, ...] = (), limit: int = 3000) -> str | None:
    """A text that one pattern of each group matches, and none of those refused; None where there is none.

    Patterns with variables in them match more than is known, so they refuse nothing.

    Raises
    ------
    Undecided
        If the search takes more than so many steps.
    """
    refused = tuple(one for one in refused if one.sure)
    if (easy := _easy(required, refused)) is not None:
        return easy
    groups = [tuple(one.tokens for one in group) for group in required]
    folds = [tuple(one.folded for one in group) for group in required]
    samples = _samples((*(one for group in required for one in group), *refused))
    start = tuple(tuple(_closed(tokens, {0}) for tokens in group) for group in groups)
    against = tuple(_closed(one.tokens, {0}) for one in refused)
    seen = {(start, against)}
    waiting = deque([(start, against, "")])
    while waiting:
        states, hindering, text = waiting.popleft()
        if _arrived(groups, states) and not any(
            len(one.tokens) in state for one, state in zip(refused, hindering, strict=True)
        ):
            return text
        for char in _next(groups, states, refused, hindering, samples):
            ahead = tuple(
                tuple(_step(tokens, state, char, fold) for tokens, state, fold in zip(group, at, fold_of, strict=True))
                for group, at, fold_of in zip(groups, states, folds, strict=True)
            )
            if not all(any(group) for group in ahead):
                continue
            behind = tuple(
                _step(one.tokens, state, char, one.folded) for one, state in zip(refused, hindering, strict=True)
            )
            if (ahead, behind) not in seen:
                seen.add((ahead, behind))
                waiting.append((ahead, behind, text + chr(char)))
        if len(seen) > limit:
            raise Undecided
    return None


def _easy(required: tuple[tuple[Glob, ...], ...], refused: tuple[Glob, ...]) -> str | None:
    """A text found by trying: each pattern with its wildcards filled in one of a few ways."""
    for group in required or ((glob("*"),),):
        for one in group:
            for filling in ("", "x", "0", "q-7z"):
                text = "".join(
                    chr(t) if t >= 0 else filling if t in _MANY else "7" if t == DIGIT else filling[:1] or "x"
                    for t in one.tokens
                )
                if all(any(matches(other, text) for other in others) for others in required) and not any(
                    matches(other, text) for other in refused
                ):
                    return text
    return None


def _samples(patterns: Iterable[Glob]) -> tuple[int, ...]:
    """A few characters that no pattern names: they stand for all those."""
    named = {token for one in patterns for token in one.tokens if token >= 0}
    named |= {ord(chr(token).swapcase()) for token in named if chr(token).isalpha() and len(chr(token).swapcase()) == 1}
    free = [ord(char) for char in _SAMPLES if ord(char) not in named]
    letters = [code for code in free if chr(code).isalpha()][:1]
    digits = [code for code in free if chr(code).isdigit()][:1] or [ord("0")]
    return (*(letters or free[:1] or [0x2603]), *digits)


def _closed(tokens: Tokens, state: Iterable[int]) -> frozenset[int]:
    found: set[int] = set()
    for at in state:
        end = at
        while end < len(tokens) and tokens[end] in _MANY:
            end += 1
        found.update(range(at, end + 1))
    return frozenset(found)


def _step(tokens: Tokens, state: frozenset[int], char: int, folded: bool) -> frozenset[int]:
    if folded:
        char = ord(chr(char).lower()[:1])
    ahead: set[int] = set()
    for at in state:
        if at == len(tokens):
            continue
        token = tokens[at]
        if token >= 0:
            if token == char:
                ahead.add(at + 1)
        elif token == STAR or (token == STAR_IN_PART and char != _COLON):
            ahead.add(at)
        elif (
            token == ONE
            or (token == ONE_IN_PART and char != _COLON)
            or (token == DIGIT and ord("0") <= char <= ord("9"))
        ):
            ahead.add(at + 1)
    return _closed(tokens, ahead)


def _arrived(groups: list[tuple[Tokens, ...]], states: tuple[tuple[frozenset[int], ...], ...]) -> bool:
    return all(
        any(len(tokens) in state for tokens, state in zip(group, at, strict=True))
        for group, at in zip(groups, states, strict=True)
    )


def _next(
    groups: list[tuple[Tokens, ...]],
    states: tuple[tuple[frozenset[int], ...], ...],
    refused: Sequence[Glob],
    hindering: Sequence[frozenset[int]],
    samples: tuple[int, ...],
) -> list[int]:
    """The characters that can make a difference here."""
    found: set[int] = set(samples)
    for group, at in zip(groups, states, strict=True):
        for tokens, state in zip(group, at, strict=True):
            found.update(tokens[one] for one in state if one < len(tokens) and tokens[one] >= 0)
    for one, state in zip(refused, hindering, strict=True):
        found.update(one.tokens[at] for at in state if at < len(one.tokens) and one.tokens[at] >= 0)
    cased = {ord(chr(code).swapcase()) for code in found if len(chr(code).swapcase()) == 1}
    if any(one.folded for one in refused):
        found |= cased
    return sorted(found)
