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
_ESCAPED: Final = frozenset("*?$")
_WILD: Final = re.compile(r"[*?]")
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_SAMPLES: Final = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_.=+@,"

Tokens: TypeAlias = tuple[int, ...]


class Glob(NamedTuple):
    """A pattern.

    Attributes
    ----------
    text
        The text as a policy has it.
    kind
        ``like``: with wildcards. ``string``: wildcards are plain characters. ``arn``: wildcards that stay in one of
        the six parts of an ARN; ``digits``: ``#`` stands for a digit and wildcards are wildcards.
    folded
        Whether it takes no notice of case.
    """

    text: str
    kind: str = "like"
    folded: bool = False

    @property
    def sure(self) -> bool:
        """Whether it has no variable, so that it matches exactly what is said here."""
        return "${" not in self.text or not _variables(self.text)

    @property
    def literal(self) -> str | None:
        """The only text that it matches; None where there are several."""
        if self.folded or "${" in self.text or self.kind == "digits":
            return None
        return self.text if self.kind == "string" or not _WILD.search(self.text) else None


def plain_partition(arn: str) -> str:
    """An ARN in the partition ``aws``: a resource is in one partition, and its policy can only be about that."""
    return _PARTITION.sub("arn:aws:", arn) if arn.startswith("arn:aws") and not arn.startswith("arn:aws:") else arn


@lru_cache(maxsize=16384)
def tokens(one: Glob) -> Tokens:
    """A pattern's characters by their code points, and its wildcards."""
    text, kind = one.text, one.kind
    found: list[int] = []
    part, at = 1, 0
    in_parts = kind == "arn" and text.count(":") >= _ARN_PARTS - 1
    while at < len(text):
        char = text[at]
        if text.startswith("${", at) and (end := text.find("}", at)) > 0:
            inner = text[at + 2 : end]
            at = end + 1
            found.append(ord(inner) if inner in _ESCAPED else STAR)
            continue
        at += 1
        inside = in_parts and part < _ARN_PARTS
        if kind != "string" and char == "*":
            found.append(STAR_IN_PART if inside else STAR)
        elif kind != "string" and char == "?":
            found.append(ONE_IN_PART if inside else ONE)
        elif kind == "digits" and char == "#":
            found.append(DIGIT)
        else:
            part += char == ":"
            found.append(ord(char.lower() if one.folded else char))
    return tuple(found)


@lru_cache(maxsize=4096)
def _variables(text: str) -> bool:
    return any(inner not in _ESCAPED for inner in _VARIABLE.findall(text))


@lru_cache(maxsize=16384)
def _regex(one: Glob) -> re.Pattern[str]:
    return re.compile(
        "".join(_REGEX.get(token) or re.escape(chr(token)) for token in tokens(one)), re.DOTALL | re.ASCII
    )


def matches(one: Glob, text: str) -> bool:
    """Whether a pattern matches a text; a variable in it may stand for anything."""
    if (whole := one.literal) is not None:
        return whole == text
    return _regex(one).fullmatch(text.lower() if one.folded else text) is not None


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
    groups = [tuple(tokens(one) for one in group) for group in required]
    folds = [tuple(one.folded for one in group) for group in required]
    samples = _samples((*(one for group in required for one in group), *refused))
    barred = [tokens(one) for one in refused]
    start = tuple(tuple(_closed(each, {0}) for each in group) for group in groups)
    against = tuple(_closed(each, {0}) for each in barred)
    swapped = any(one.folded for one in refused)
    seen = {(start, against)}
    waiting = deque([(start, against, "")])
    while waiting:
        states, hindering, text = waiting.popleft()
        if _arrived(groups, states) and not any(
            len(each) in state for each, state in zip(barred, hindering, strict=True)
        ):
            return text
        for char in _next(groups, states, barred, hindering, samples, swapped):
            ahead = tuple(
                tuple(_step(each, state, char, fold) for each, state, fold in zip(group, at, fold_of, strict=True))
                for group, at, fold_of in zip(groups, states, folds, strict=True)
            )
            if not all(any(group) for group in ahead):
                continue
            behind = tuple(
                _step(each, state, char, one.folded)
                for each, state, one in zip(barred, hindering, refused, strict=True)
            )
            if (ahead, behind) not in seen:
                seen.add((ahead, behind))
                waiting.append((ahead, behind, text + chr(char)))
        if len(seen) > limit:
            raise Undecided
    return None


def _easy(required: tuple[tuple[Glob, ...], ...], refused: tuple[Glob, ...]) -> str | None:
    """A text found by trying: each pattern with its wildcards filled in one of a few ways."""
    for at, group in enumerate(required or ((Glob("*"),),)):
        rest = (*required[:at], *required[at + 1 :])
        for one in group:
            for filling in ("q-7z", "", "0"):
                text = _filled(one, filling)
                if not any(matches(other, text) for other in refused) and all(
                    any(matches(other, text) for other in others) for others in rest
                ):
                    return text
    return None


def _filled(one: Glob, filling: str) -> str:
    """A text that a pattern matches: with something in place of its wildcards."""
    if (whole := one.literal) is not None:
        return whole
    if one.kind == "like" and not one.folded and "${" not in one.text:
        return one.text.replace("*", filling).replace("?", filling[:1] or "x")
    return "".join(
        chr(t) if t >= 0 else filling if t in _MANY else "7" if t == DIGIT else filling[:1] or "x" for t in tokens(one)
    )


def _samples(patterns: Iterable[Glob]) -> tuple[int, ...]:
    """A few characters that no pattern names: they stand for all those."""
    named = {token for one in patterns for token in tokens(one) if token >= 0}
    named |= {ord(chr(token).swapcase()) for token in named if chr(token).isalpha() and len(chr(token).swapcase()) == 1}
    free = [ord(char) for char in _SAMPLES if ord(char) not in named]
    letters = [code for code in free if chr(code).isalpha()][:1]
    digits = [code for code in free if chr(code).isdigit()][:1] or [ord("0")]
    return (*(letters or free[:1] or [0x2603]), *digits)


def _closed(of: Tokens, state: Iterable[int]) -> frozenset[int]:
    found: set[int] = set()
    for at in state:
        end = at
        while end < len(of) and of[end] in _MANY:
            end += 1
        found.update(range(at, end + 1))
    return frozenset(found)


def _step(of: Tokens, state: frozenset[int], char: int, folded: bool) -> frozenset[int]:
    if folded:
        char = ord(chr(char).lower()[:1])
    ahead: set[int] = set()
    for at in state:
        if at == len(of):
            continue
        token = of[at]
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
    return _closed(of, ahead)


def _arrived(groups: list[tuple[Tokens, ...]], states: tuple[tuple[frozenset[int], ...], ...]) -> bool:
    return all(
        any(len(each) in state for each, state in zip(group, at, strict=True))
        for group, at in zip(groups, states, strict=True)
    )


def _next(
    groups: list[tuple[Tokens, ...]],
    states: tuple[tuple[frozenset[int], ...], ...],
    barred: Sequence[Tokens],
    hindering: Sequence[frozenset[int]],
    samples: tuple[int, ...],
    swapped: bool,
) -> list[int]:
    """The characters that can make a difference here."""
    found: set[int] = set(samples)
    for group, at in zip(groups, states, strict=True):
        for each, state in zip(group, at, strict=True):
            found.update(each[one] for one in state if one < len(each) and each[one] >= 0)
    for each, state in zip(barred, hindering, strict=True):
        found.update(each[one] for one in state if one < len(each) and each[one] >= 0)
    if swapped:
        found |= {ord(chr(code).swapcase()) for code in found if len(chr(code).swapcase()) == 1}
    return sorted(found)
