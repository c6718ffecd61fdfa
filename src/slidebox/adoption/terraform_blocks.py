"""Blocks of Terraform's aws provider in the spelling of pulumi-aws. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.adoption.amazon_things import says

_LISTS: Mapping[str, str] = {
    "rule": "rules",
    "transition": "transitions",
    "noncurrent_version_transition": "noncurrentVersionTransitions",
    "target_grant": "targetGrants",
    "grant": "grants",
    "routing_rule": "routingRules",
}
"""Blocks of which there can be several, and what they are together."""
_NUMBERS = frozenset({"newer_noncurrent_versions", "object_size_greater_than", "object_size_less_than", "minutes"})
"""Numbers that some releases write as text."""
_DAYS = frozenset({"days", "noncurrent_days"})


def camel(name: str) -> str:
    """A name of Terraform's as Pulumi writes it."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def plain(values: Mapping[str, Any], *, single: bool = False) -> dict[str, Any]:
    """Some attributes and blocks in Pulumi's spelling, without what says nothing.

    Parameters
    ----------
    values
        The attributes.
    single
        Whether there is one ``rule`` at most.
    """
    return dict(_plain(values, single))


def _plain(values: Mapping[str, Any], single: bool) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if name == "tags" and isinstance(value, Mapping):
            yield from [(name, dict(value))] if value else []
        elif name in _LISTS and not (single and name == "rule") and isinstance(value, list):
            listed = [plain(one, single=single) for one in value if isinstance(one, Mapping)]
            yield from [(_LISTS[name], listed)] if listed else []
        elif isinstance(value, list) and all(isinstance(one, Mapping | None) for one in value):
            yield from _block(name, value, single)
        elif isinstance(value, Mapping):
            yield camel(name), plain(value, single=single)
        elif says(value) and not (value == 0 and not _is_at_once(name, values)):
            yield camel(name), int(value) if name in _NUMBERS else value


def _block(name: str, value: list[Any], single: bool) -> Iterator[tuple[str, Any]]:
    """A block of which there is one at most; only of a filter it counts that it is there with nothing in it."""
    if not value:
        return
    said = plain(value[0] or {}, single=single)
    if said or name == "filter":
        yield camel(name), said


def _is_at_once(name: str, values: Mapping[str, Any]) -> bool:
    """Whether zero days are meant: objects move at once, and not on a date."""
    return name in _DAYS and bool(values.get("storage_class")) and not values.get("date")
