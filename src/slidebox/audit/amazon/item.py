"""A resource of AWS as Terraform or Pulumi declares it, in one spelling for both. Pure.

pulumi-aws is made from Terraform's provider: attributes are the same but for their case, and for blocks, which Pulumi
writes as an object where there is one at most and in the plural where there can be several. What is not known before
it is made is ``"unknown"`` in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread

LATER: Final = "known after apply"
"""Why a part of something that is only planned cannot be read."""
WHICH: Final = "which of several it is about is known only after apply"
_WITHHELD: Final = "[secret]"


@dataclass(frozen=True, slots=True)
class Item:
    """A resource.

    Attributes
    ----------
    kind
        Its type as Terraform calls it, without ``aws_``, such as ``s3_bucket_policy``.
    key
        What it is named by in `sources`: a Terraform address, or a URN.
    address
        What a person knows it by.
    values
        Its attributes, in Terraform's spelling.
    sources
        The keys of the items that each attribute comes from; those under ``""`` may be any attribute's.
    provider
        What makes it: two buckets of one provider are in one account.
    made
        Whether it is there already, and not only planned.
    """

    kind: str
    key: str
    address: str
    values: Mapping[str, Any] = field(repr=False)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    provider: str = ""
    made: bool = True

    def get(self, name: str) -> Any:
        """An attribute; None where it is not there or says nothing."""
        return said(self.values, name)

    def text(self, name: str) -> str:
        """An attribute as text: empty where there is none, ``unknown`` where it is not known."""
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def known(self, name: str) -> str:
        """An attribute as text; empty where there is none, or it is not known."""
        value = self.text(name)
        return "" if value == UNKNOWN else value

    def comes_from(self, name: str) -> tuple[str, ...]:
        """The keys of the items that an attribute comes from."""
        return self.sources.get(name) or self.sources.get(f"{name}s") or self.sources.get("", ())


def said(values: object, name: str) -> Any:
    """An attribute or block by Terraform's name, in either spelling; None where it is not there or says nothing."""
    if not isinstance(values, Mapping):
        return None
    plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
    value = values[name] if name in values else values.get(plural)
    if value == _WITHHELD:
        return UNKNOWN
    return None if value in ("", [], {}) else value


def blocks(values: object, name: str) -> list[Any]:
    """The blocks of a name: objects, and ``unknown`` in place of what is not known."""
    value = said(values, name)
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, Mapping) or one == UNKNOWN]


def block(values: object, name: str) -> Any:
    """A block of which there is one at most: an object, ``unknown``, or None."""
    found = blocks(values, name)
    return found[0] if found else None


def texts(values: object, name: str) -> list[str]:
    """The texts of a list, with ``unknown`` for what is not known."""
    value = said(values, name)
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return [one if isinstance(one, str) else UNKNOWN for one in listed]


def settled(value: Any) -> Any:
    """A value with the mark of a snapshot in place of everything that is not known."""
    if value in (UNKNOWN, _WITHHELD):
        return unread(LATER)
    if isinstance(value, Mapping):
        return {name: settled(inner) for name, inner in value.items()}
    return [settled(inner) for inner in value] if isinstance(value, list) else value


def document(value: Any) -> Any:
    """A policy as a snapshot has it, JSON text or an object; None where there is none."""
    if isinstance(value, str) and value not in (UNKNOWN, _WITHHELD):
        return value if value.strip() not in ("", "{}", "null") else None
    return None if value in (None, {}) else settled(value)


def named(item: Item, attribute: str = "name") -> str:
    """The id or name of something, or its address where that is not known."""
    return item.known(attribute if attribute in item.values else "id") or item.address


def distribution_arn(item: Item, account: str) -> str:
    """The ARN of a distribution of CloudFront, or the one that stands for it."""
    return item.known("arn") or f"arn:aws:cloudfront::{account}:distribution/{named(item)}"


def identity_arn(item: Item, account: str) -> str:
    """The ARN of a user, a group, a role or a policy, or the one that stands for it."""
    kind, path = item.kind.removeprefix("iam_"), item.known("path") or "/"
    return item.known("arn") or f"arn:aws:iam::{account}:{kind}{path}{item.known('name') or item.address}"


def key_arn(item: Item, account: str) -> str:
    """The ARN of a key of KMS, or the one that stands for it."""
    return item.known("arn") or f"arn:aws:kms::{account}:key/{item.address}"


class Stack:
    """The items of a plan or a stack, found by kind, by key and by name.

    Parameters
    ----------
    items
        All of them.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._by_kind: dict[str, list[Item]] = {}
        self.by_key: dict[str, Item] = {}
        for item in items:
            self._by_kind.setdefault(item.kind, []).append(item)
            self.by_key[item.key] = item
        self._named: dict[tuple[str, str], dict[str, list[Item]]] = {}

    def of(self, *kinds: str) -> Iterator[Item]:
        """The items of some kinds."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def named(self, kind: str, attribute: str, name: str) -> list[Item]:
        """The items of a kind that have a name."""
        if (kind, attribute) not in self._named:
            found = self._named[kind, attribute] = {}
            for item in self.of(kind):
                found.setdefault(item.text(attribute), []).append(item)
        return self._named[kind, attribute].get(name, [])

    def sources(self, item: Item, attribute: str, *kinds: str) -> list[Item]:
        """The items of some kinds that an attribute comes from."""
        found = (self.by_key.get(key) for key in dict.fromkeys(item.comes_from(attribute)))
        return [one for one in found if one is not None and one.kind in kinds]

    def all_known(self, item: Item, attribute: str) -> bool:
        """Whether everything that an attribute comes from is in the stack."""
        keys = item.comes_from(attribute)
        return bool(keys) and all(key in self.by_key for key in keys)

    def kinds(self) -> Iterator[str]:
        """Every kind there is."""
        yield from self._by_kind
