"""Resources of AWS in a plan or a state of Terraform or OpenTofu, as a snapshot's section ``aws``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slidebox.adoption.terraform_resources import Resource
from slidebox.audit.amazon import Item
from slidebox.audit.amazon import section as of_items

_TYPES: Final = ("aws_", "data.aws_")
_KEPT: Final = frozenset({"arn", "id", "bucket", "bucket_prefix", "name", "tags", "tags_all"})
"""Attributes that stay unknown even so: something goes by them."""


def section(resources: Sequence[Resource]) -> Mapping[str, Any] | None:
    """The section of a document; None where it has nothing of AWS."""
    return of_items(_items(resources))


def _items(resources: Sequence[Resource]) -> Iterator[Item]:
    for one in resources:
        if one.type.startswith(_TYPES):
            yield Item(
                kind=one.type.replace("aws_", "", 1),
                key=one.address,
                address=one.address,
                values=_values(one),
                sources=one.sources,
                provider=one.provider,
                made=one.made,
            )


def _values(one: Resource) -> dict[str, Any]:
    """Its attributes, without what is unknown only because the provider will fill it in.

    Of what is made anew such an attribute is unknown as a whole, and the configuration does not set it.
    """
    said = one.whole()
    if one.asked is None or one.made or one.type.startswith("data."):
        return said
    chosen = {name for name, mark in one.later.items() if mark is True} - one.asked - _KEPT
    return {name: value for name, value in said.items() if name not in chosen}
