"""Repositories of GitHub in a plan or a state of Terraform or OpenTofu, as a snapshot's section ``places``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slidebox.adoption.terraform_resources import Resource
from slidebox.audit.amazon.item import Item
from slidebox.audit.github import repositories

_PREFIX = "github_"


def section(resources: Sequence[Resource]) -> Mapping[str, Any] | None:
    """The section of a document; None where it has nothing of GitHub."""
    items = list(_items(resources))
    if not items:
        return None
    found, unplaced = repositories(items)
    return {"repositories": found, "unplaced": unplaced}


def _items(resources: Sequence[Resource]) -> Iterator[Item]:
    for one in resources:
        if one.type.startswith(_PREFIX):
            yield Item(
                kind=one.type.removeprefix(_PREFIX),
                key=one.address,
                address=one.address,
                values=_values(one),
                sources=one.sources or {"": one.depends},
                provider=one.provider,
                made=one.made,
            )


def _values(one: Resource) -> dict[str, Any]:
    """Its attributes, without what is unknown only because the provider will fill in its default."""
    said = one.whole()
    if one.asked is None:
        return said
    return {name: value for name, value in said.items() if name not in one.unknown or name in one.asked}
