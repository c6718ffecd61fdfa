"""Conditions of role assignments: whether one can hold for an action at a container, and until when.

Three-valued: what depends on the caller, the request or the blob may hold. A condition that is not understood holds
nobody back.

Source: Microsoft, "Azure role assignment condition format and syntax" and "Actions and attributes for Azure role
assignment conditions for Azure Blob Storage", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from slidebox.access.azure.parts import moment, time_of

_TOKEN = re.compile(
    r"\s+|(?P<text>'(?:[^'\\]|\\.)*')|(?P<attribute>@(?P<source>\w+)\[(?P<key>[^\]]*)\])"
    r"|(?P<symbol>&&|\|\||[!(){},])|(?P<word>[\w.:+\-*/]+)"
)
_DEEPEST = 60
_CASE_MARK = "<$key_case_sensitive$>"
_UTC_NOW = "environment:utcnow"
_CONTAINER = "resource:microsoft.storage/storageaccounts/blobservices/containers:name"
_ACCOUNT = "resource:microsoft.storage/storageaccounts:name"
ROLE = "request:microsoft.authorization/roleassignments:roledefinitionid"
"""The role that somebody gives, or takes away."""


class ConditionError(ValueError):
    """A condition that is not understood."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When somebody asks: between two of the times that a condition names.

    Attributes
    ----------
    after
        Every time that has passed, or has just come.
    """

    after: frozenset[dt.datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody asks for.

    Attributes
    ----------
    action
        The operation, as roles name it.
    part
        Which part of the operation, such as ``Blob.List``; empty where it is none of its own.
    known
        Attributes by their source and key in small letters, such as the container's name.
    moment
        When.
    """

    action: str
    part: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    moment: Moment = field(default_factory=Moment)

    @classmethod
    def at(cls, action: str, account: str, container: str, part: str = "") -> Asking:
        """What is asked at a container of an account."""
        return cls(action, part, {_ACCOUNT: account, _CONTAINER: container})


Test: TypeAlias = Callable[[Asking], bool | None]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that is understood.

    Attributes
    ----------
    test
        Whether it holds; None where that depends on what is not known.
    times
        The times that it names.
    """

    test: Test
    times: tuple[dt.datetime, ...] = ()

    def until(self, asking: Asking) -> str | None:
        """The moment at which it holds for the last time: empty where it has no end, None where it never holds."""
        passed: list[Moment] = [Moment(frozenset(self.times[:count])) for count in range(len(self.times) + 1)]
        holding = [self.test(replace(asking, moment=moment)) is not False for moment in passed]
        if not any(holding):
            return None
        last = max(at for at, holds in enumerate(holding) if holds)
        return "" if last == len(self.times) else moment(self.times[last].isoformat())


def matches(pattern: str, operation: str) -> bool:
    """Whether an operation is meant by a pattern of a role, in which ``*`` stands for anything."""
    return _pattern(pattern.casefold()).fullmatch(operation.casefold()) is not None


@functools.lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


@functools.lru_cache(maxsize=4096)
def parsed(text: str) -> Condition:
    """A condition from its text.

    Raises
    ------
    ConditionError
        If it is not understood.
    """
    reader = _Reader(list(_tokens(text)))
    test = reader.either(0)
    if reader.more:
        raise ConditionError("something follows its end")
    return Condition(test, tuple(sorted(reader.times)))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    said: str


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ConditionError(f"{text[at]!r} is no part of a condition")
        at = match.end()
        if match["text"] is not None:
            yield _Token("text", re.sub(r"\\(.)", r"\1", match["text"][1:-1]))
        elif match["attribute"] is not None:
            key = match["key"].replace(_CASE_MARK, "").strip()
            yield _Token("attribute", f"{match['source']}:{key}".casefold())
        elif match["symbol"] is not None:
            yield _Token({"&&": "and", "||": "or", "!": "not"}.get(match["symbol"], match["symbol"]), "")
        elif match["word"] is not None:
            small = match["word"].casefold()
            yield _Token(small, "") if small in ("and", "or", "not") else _Token("word", match["word"])


class _Reader:
    """Reads a condition: ``OR`` of ``AND`` of ``NOT`` of a part."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self.times: set[dt.datetime] = set()

    @property
    def more(self) -> bool:
        return self._at < len(self._tokens)

    def either(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise ConditionError("it is too deep")
        parts = [self._both(depth)]
        while self._takes("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else lambda asking: _any(part(asking) for part in parts)

    def _both(self, depth: int) -> Test:
        parts = [self._negated(depth)]
        while self._takes("and"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else lambda asking: _all(part(asking) for part in parts)

    def _negated(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise ConditionError("it is too deep")
        if self._takes("not"):
            inner = self._negated(depth + 1)
            return lambda asking: _not(inner(asking))
        if self._takes("("):
            inner = self.either(depth + 1)
            self._needs(")")
            return inner
        return self._part()

    def _part(self) -> Test:
        token = self._next()
        small = token.said.casefold()
        if token.kind == "word" and small in ("actionmatches", "suboperationmatches"):
            return _matching(small, self._set())
        if token.kind == "word" and small in ("exists", "notexists"):
            return self._exists(small)
        left = _Operand(token) if token.kind in ("attribute", "text", "word") else None
        if left is None:
            raise ConditionError(f"{token.kind!r} stands where an attribute should")
        if not self.more or self._tokens[self._at].kind != "word":
            if small in ("true", "false"):
                return lambda _: small == "true"
            raise ConditionError("an attribute is compared with nothing")
        operator = self._next().said
        return self._compared(left, operator, self._operands())

    def _exists(self, said: str) -> Test:
        attribute = self._next()
        if attribute.kind != "attribute":
            raise ConditionError("something that is no attribute is to exist")
        there = said == "exists"
        return lambda asking: there if attribute.said in asking.known else None

    def _compared(self, left: _Operand, operator: str, right: list[_Operand]) -> Test:
        if left.said == _UTC_NOW or any(one.said == _UTC_NOW for one in right):
            return self._timed(left, operator, right)
        compare = _comparison(operator)
        return lambda asking: compare(left.value(asking), [one.value(asking) for one in right])

    def _timed(self, left: _Operand, operator: str, right: list[_Operand]) -> Test:
        """A comparison of the present with one time."""
        word = operator.rpartition(":")[2].casefold()
        if left.said != _UTC_NOW or len(right) != 1 or word not in _TIMES:
            return lambda _: None
        time = time_of(right[0].text)
        if time is None:
            return lambda _: None
        self.times.add(time)
        before = _TIMES[word]
        return lambda asking: (time not in asking.moment.after) is before

    def _operands(self) -> list[_Operand]:
        if self.more and self._tokens[self._at].kind == "{":
            return [_Operand(_Token("text", said)) for said in self._set()]
        token = self._next()
        if token.kind not in ("attribute", "text", "word"):
            raise ConditionError(f"{token.kind!r} stands where a value should")
        return [_Operand(token)]

    def _set(self) -> list[str]:
        self._needs("{")
        found: list[str] = []
        while not self._takes("}"):
            token = self._next()
            if token.kind not in ("text", "word"):
                raise ConditionError("a set has something else than values")
            found.append(token.said)
            if not self._takes(","):
                self._needs("}")
                break
        return found

    def _next(self) -> _Token:
        if not self.more:
            raise ConditionError("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, kind: str) -> bool:
        if self.more and self._tokens[self._at].kind == kind:
            self._at += 1
            return True
        return False

    def _needs(self, kind: str) -> None:
        if not self._takes(kind):
            raise ConditionError(f"there is no {kind!r} where there should be one")


class _Operand:
    """One side of a comparison: an attribute, or a value."""

    def __init__(self, token: _Token) -> None:
        self.said = token.said if token.kind == "attribute" else ""
        self.text = "" if token.kind == "attribute" else token.said

    def value(self, asking: Asking) -> str | None:
        """What it is; None where that is not known."""
        return asking.known.get(self.said) if self.said else self.text


def _matching(kind: str, patterns: list[str]) -> Test:
    if kind == "actionmatches":
        return lambda asking: any(matches(one, asking.action) for one in patterns)
    return lambda asking: any(one.casefold() == asking.part.casefold() for one in patterns)


# Comparisons


def _like(left: str, right: str) -> bool:
    pattern = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in right)
    return re.fullmatch(pattern, left, re.DOTALL) is not None


_WORDS: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": lambda left, right: left == right,
    "stringequalsignorecase": lambda left, right: left.casefold() == right.casefold(),
    "stringlike": _like,
    "stringlikeignorecase": lambda left, right: _like(left.casefold(), right.casefold()),
    "stringstartswith": lambda left, right: left.startswith(right),
    "stringstartswithignorecase": lambda left, right: left.casefold().startswith(right.casefold()),
    "guidequals": lambda left, right: left.casefold().strip("{}") == right.casefold().strip("{}"),
}
_TIMES: Mapping[str, bool] = {
    "datetimelessthan": True,
    "datetimelessthanequals": True,
    "datetimegreaterthan": False,
    "datetimegreaterthanequals": False,
}
"""Whether a comparison with the present holds before the time, or after it."""

Comparison: TypeAlias = Callable[[str | None, list[str | None]], bool | None]


def _comparison(operator: str) -> Comparison:
    """How an operator compares one value with several; one that is not known may hold."""
    quantifier, _, word = operator.casefold().rpartition(":")
    positive = word.replace("not", "", 1)
    compare = _WORDS.get(word) or _WORDS.get(positive)
    if compare is None:
        return lambda _left, _right: None
    negated = word not in _WORDS
    every = quantifier in ("foranyofallvalues", "forallofallvalues")

    def compared(left: str | None, right: list[str | None]) -> bool | None:
        if left is None:
            return None
        each = [None if one is None else compare(left, one) is not negated for one in right]
        # An operator without a quantifier has one value; a negated one holds for none of several.
        return _all(each) if every or (negated and not quantifier) else _any(each)

    return compared


# Three values


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _any(values: Iterator[bool | None] | list[bool | None]) -> bool | None:
    found = list(values)
    if any(value is True for value in found):
        return True
    return None if any(value is None for value in found) else False


def _all(values: Iterator[bool | None] | list[bool | None]) -> bool | None:
    found = list(values)
    if any(value is False for value in found):
        return False
    return None if any(value is None for value in found) else True
