"""The lab's tags and the owner's mark as labels of Google Cloud.

Labels hold lower-case letters, digits, hyphens and underscores, 63 of them at most, and there are 64 labels at most
(Google Cloud, "Bucket labels"). A tag that does not fit is spelled so that it does; the resource's whole name, which
never fits, is kept as its hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from slidebox.provider.ownership import PREFIX, Owner
from slidebox.provider.resource import Context, Failure

_PROJECT, _STACK, _NAME, _URN = (f"slidebox-{word}" for word in ("project", "stack", "name", "urn"))
_OWN = frozenset({_PROJECT, _STACK, _NAME, _URN})
_OTHER = re.compile(r"[^a-z0-9_-]")
_LONGEST = 63
_MOST = 64
_HASH_LENGTH = 8


def spelled(text: str) -> str:
    """A text as a label can hold it; one that is too long ends in a part of its hash."""
    plain = _OTHER.sub("-", text.lower())
    if len(plain) <= _LONGEST:
        return plain
    tail = hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{plain[: _LONGEST - _HASH_LENGTH - 1]}-{tail}"


def labels(tags: Mapping[str, str]) -> dict[str, str]:
    """The lab's tags as labels."""
    return {spelled(name): spelled(value) for name, value in tags.items()}


def marked(tags: Mapping[str, str], context: Context) -> dict[str, str]:
    """The lab's tags with the owner's mark."""
    mark = {
        _PROJECT: spelled(context.project),
        _STACK: spelled(context.stack),
        _NAME: spelled(context.name),
        _URN: _digest(Owner.of(context).urn),
    }
    return {**labels(tags), **mark}


def owner(found: Mapping[str, str], context: Context, known: str = "") -> Owner | None:
    """The owner that labels name; this resource itself where its hash is theirs.

    Parameters
    ----------
    found
        The labels.
    context
        The resource that asks.
    known
        The `Owner.urn` that its state remembers.
    """
    if _URN not in found:
        return None
    mine = Owner.of(context)
    same_stack = (found.get(_PROJECT), found.get(_STACK)) == (spelled(mine.project), spelled(mine.stack))
    for urn in filter(None, (mine.urn, known)):
        if same_stack and found[_URN] == _digest(urn):
            return Owner(mine.project, mine.stack, urn)
    return Owner(found.get(_PROJECT, ""), found.get(_STACK, ""), found.get(_NAME, ""))


def stack_of(found: Mapping[str, str]) -> str:
    """The stack that labels name, in words."""
    return f"stack {found.get(_STACK, '')!r} of project {found.get(_PROJECT, '')!r}"


def without_owner(found: Mapping[str, str]) -> dict[str, str]:
    """Labels without the owner's."""
    return {name: value for name, value in found.items() if name not in _OWN}


def faults(tags: Mapping[str, object]) -> list[Failure]:
    """What is wrong with tags as a person gave them."""
    failures = []
    if len(tags) + len(_OWN) > _MOST:
        failures.append(
            Failure("tags", f"{len(tags)} tags are too many: a bucket takes {_MOST}, and {len(_OWN)} are slidebox's")
        )
    spellings: dict[str, str] = {}
    for name in tags:
        if name.startswith(PREFIX) or spelled(name) in _OWN:
            failures.append(Failure("tags", f"tag {name!r} is reserved: choose a name without that beginning"))
        elif not spelled(name)[:1].isalpha():
            failures.append(Failure("tags", f"tag {name!r} has to begin with a letter"))
        elif (other := spellings.setdefault(spelled(name), name)) != name:
            failures.append(Failure("tags", f"tags {other!r} and {name!r} are one label, {spelled(name)!r}"))
    return failures


def _digest(urn: str) -> str:
    return hashlib.sha256(urn.encode()).hexdigest()[:_LONGEST]
