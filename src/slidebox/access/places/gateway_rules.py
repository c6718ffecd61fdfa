"""The statements of policies as versitygw reads them, and what they decide for one request.

Where it differs from Amazon S3 (versitygw 1.8.0, ``auth/`` and ``iamapi/policy/``; each line is tried in the tests):

| | Amazon S3 | versitygw with its own users' database |
| --- | --- | --- |
| bucket policy and list | both count | beside a policy the list counts for anonymous requests only |
| ``Principal``: the account | everybody in it | nobody in an Allow, everybody in it in a Deny |
| ``Principal`` without ``AWS`` | refused | a text or a list means the same as with it |
| ``Not…`` in a bucket policy | all but those | the word is not read: the statement says nothing |
| actions in a bucket policy | in any letters | as they are written |
| variables in its resources | are replaced | are plain text |
| ownership controls | turn a list off | hold off only the next change of the list |
| ``WRITE`` in the list | write and delete | change the bucket policy as well |
| anonymous requests | whatever is allowed | never policy, list, ownership, nor many deletes at once |
| old versions, anonymously | actions of their own | asked for as the objects themselves |
| public access block | blocks | is not there |
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from slidebox.access.conditions import narrowed_by_allow, narrowed_by_deny
from slidebox.access.s3_statements import statement_name, statements, texts

_ARN = "arn:aws:s3:::"
_FRESH = "\uf8ff" * 40
"""In place of a wildcard: what no pattern spells out."""

_MOST_WILDCARDS = 6

_WILD = re.compile(r"[*?]")
_ROOT = re.compile(r"^(?:arn:aws:iam::(\d{12}):root|(\d{12}))$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement.

    Attributes
    ----------
    name
        What it is called in a path.
    allows
        Whether it allows; else it denies.
    principals
        Whom it is about; None in a user's own policy.
    actions, resources
        The patterns, and whether all but those are meant.
    condition
        As it is written.
    """

    name: str
    allows: bool
    principals: tuple[str, ...] | None
    actions: tuple[tuple[str, ...], bool]
    resources: tuple[tuple[str, ...], bool]
    condition: Any = None

    def does(self, action: str) -> bool:
        """Whether it is about an action."""
        return _does(*self.actions, action, self.principals is None)

    def covers(self, resource: str) -> bool:
        """Whether it is about a bucket or an object."""
        patterns, but = self.resources
        return any(matches(pattern, resource) for pattern in patterns) != but

    def buckets(self) -> frozenset[str] | None:
        """The buckets that it can be about at all; None where that may be any."""
        patterns, but = self.resources
        named = {pattern.removeprefix(_ARN).partition("/")[0] for pattern in patterns if pattern.startswith(_ARN)}
        if but or len([p for p in patterns if p.startswith(_ARN)]) < len(patterns) or _WILD.search("".join(named)):
            return None
        return frozenset(named)


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever sends a request: a user by its ARN, or somebody anonymous where that is empty."""

    arn: str = ""

    def named_by(self, rule: Rule) -> bool:
        """Whether a statement is about it."""
        if rule.principals is None or "*" in rule.principals:
            return True
        if not self.arn:
            return False
        if self.arn in rule.principals:
            return True
        number = self.arn.split(":")[4] if self.arn.count(":") >= 5 else ""
        return not rule.allows and any(number in match.groups() for match in map(_ROOT.match, rule.principals) if match)


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL)


@lru_cache(maxsize=4096)
def _does(patterns: tuple[str, ...], but: bool, action: str, folded: bool) -> bool:
    """Whether patterns are about an action, in a user's own policy in any letters."""
    if folded:
        patterns, action = tuple(pattern.lower() for pattern in patterns), action.lower()
    return any(matches(pattern, action) for pattern in patterns) != but


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` is about a text."""
    return _pattern(pattern).fullmatch(text) is not None


def bucket_rules(policy: object) -> list[Rule] | None:
    """The statements of a bucket policy; None where one of them is not understood."""
    found = []
    for number, said in enumerate(statements(policy) or (), 1):
        if not isinstance(said, Mapping) or said.get("Effect") not in ("Allow", "Deny"):
            return None
        principals, actions, resources = (
            _principals(said.get("Principal")),
            *map(texts, (said.get("Action"), said.get("Resource"))),
        )
        if principals is None or (actions is None and "Action" in said) or (resources is None and "Resource" in said):
            return None
        if not (principals and actions and resources):
            continue  # a word that the gateway does not read stands in its place
        name, allows = statement_name(number, said), said["Effect"] == "Allow"
        found.append(Rule(name, allows, principals, (actions, False), (resources, False), said.get("Condition")))
    return None if statements(policy) is None else found


def _principals(said: Any) -> tuple[str, ...] | None:
    """Whom a statement names; nobody where it has no such word, None where it is not understood."""
    if said is None:
        return ()
    return texts(said.get("AWS") if isinstance(said, Mapping) else said)


def user_rules(policy: object, name: str, variables: Mapping[str, str]) -> list[Rule] | None:
    """The statements of a user's own policy; None where one of them is not understood.

    Parameters
    ----------
    policy
        The document.
    name
        What the policy is called.
    variables
        What policy variables stand for, by their names in small letters.
    """
    listed = statements(policy)
    if listed is None:
        return None
    version = policy.get("Version") if isinstance(policy, Mapping) else None
    found = []
    for number, said in enumerate(listed, 1):
        if not isinstance(said, Mapping) or said.get("Effect") not in ("Allow", "Deny"):
            return None
        parts = []
        for word in ("Action", "Resource"):
            listed_texts = texts(said.get(word, said.get(f"Not{word}")))
            if listed_texts is None or (word in said) == (f"Not{word}" in said):
                return None
            parts.append((listed_texts, word not in said))
        if version == "2012-10-17":
            parts[1] = (tuple(_filled(text, variables) for text in parts[1][0]), parts[1][1])
        rule = f"policy {name}, {statement_name(number, said)}"
        found.append(Rule(rule, said["Effect"] == "Allow", None, parts[0], parts[1], said.get("Condition")))
    return found


def _filled(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([A-Za-z0-9_:.\-]+)\}", lambda m: variables.get(m[1].lower(), m[0]), text)


# Decisions


@dataclass(frozen=True, slots=True)
class Granted:
    """That an action is allowed on something in a bucket: by which statement, and to whom it is narrowed."""

    rule: str
    to: tuple[str, ...] | None = None


def granted(
    rules: Sequence[Rule], asker: Asker, action: str, bucket: str, *, on_objects: bool, otherwise: str = ""
) -> Iterator[Granted]:
    """How somebody may do an action on a bucket, or on at least one object that could be in it.

    Parameters
    ----------
    rules
        The statements of the bucket's policy and of the user's own.
    asker
        Who asks.
    action
        Such as ``s3:GetObject``.
    bucket
        The bucket's name.
    on_objects
        Whether the action is about objects.
    otherwise
        What allows it where no statement denies it: an access control list.
    """
    about = [rule for rule in rules if asker.named_by(rule) and rule.does(action)]
    if not otherwise and not any(rule.allows for rule in about):
        return
    seen: set[Granted] = set()
    for resource in _resources(about, bucket) if on_objects else (f"{_ARN}{bucket}",):
        matching = [rule for rule in about if rule.covers(resource)]
        denials = [rule for rule in matching if not rule.allows]
        if any(not rule.condition for rule in denials):
            continue
        spared = _spared(denials)
        ways = [Granted(rule.name, narrowed_by_allow(rule.condition)) for rule in matching if rule.allows]
        ways += [Granted(otherwise)] if otherwise else []
        for way in ways:
            found = Granted(way.rule, way.to if way.to is not None else spared)
            if found not in seen:
                seen.add(found)
                yield found


def _spared(denials: Iterable[Rule]) -> tuple[str, ...] | None:
    """Whom denials under a condition leave, where one of them says so; None where they may leave anybody."""
    return next((left for rule in denials if (left := narrowed_by_deny(rule.condition)) is not None), None)


def _resources(rules: Iterable[Rule], bucket: str) -> list[str]:
    """Objects that decide: each wildcard of each statement stands once for nothing, and once for anything."""
    beginning = f"{_ARN}{bucket}/"
    found = {beginning + _FRESH: None}
    for rule in rules:
        for pattern in rule.resources[0]:
            for rest in _rests(pattern, beginning):
                found |= dict.fromkeys(beginning + key for key in _filled_in(rest) if key)
    return list(found)


def _rests(pattern: str, beginning: str) -> set[str]:
    """What is left of a pattern once it has matched the beginning of a text, in every way."""

    def skipped(places: set[int]) -> set[int]:
        found = set(places)
        for place in places:
            stars = len(pattern) - place - len(pattern[place:].lstrip("*"))
            found.update(range(place, place + stars + 1))
        return found

    places = skipped({0})
    for letter in beginning:
        stay = {place for place in places if pattern[place : place + 1] == "*"}
        step = {place + 1 for place in places if pattern[place : place + 1] in ("?", letter)}
        places = skipped(stay | step)
    return {pattern[place:] for place in places}


def _filled_in(pattern: str) -> Iterator[str]:
    parts = pattern.replace("?", "\uf8fe").split("*")
    choices = ["", _FRESH] if len(parts) <= _MOST_WILDCARDS else [_FRESH]
    for fillers in itertools.product(choices, repeat=len(parts) - 1):
        yield "".join(itertools.chain.from_iterable(zip(parts, (*fillers, ""), strict=True)))
