"""The lifecycle of a bucket of Google Cloud: rules as slidebox writes them, and what is there.

Source: Google Cloud, "Object Lifecycle Management", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
"""Storage classes, each cheaper to keep and dearer to read than the one before."""

_ACTIONS: Mapping[str, tuple[str, str]] = {
    "abortDays": ("AbortIncompleteMultipartUpload", "age"),
    "noncurrentDays": ("Delete", "daysSinceNoncurrentTime"),
    "expireDays": ("Delete", "age"),
}
"""What each input is to Google: an action, and the condition that counts its days."""


def rules(lifecycle: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The rules of a lifecycle as slidebox declares it."""
    said = lifecycle or {}
    found = [
        {"action": {"type": action}, "condition": {condition: int(said[name])}}
        for name, (action, condition) in _ACTIONS.items()
        if said.get(name)
    ]
    return [*found, *(_move(move["days"], move["storageClass"]) for move in said.get("transitions") or ())]


def read(listed: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A bucket's rules in the form of the input; those that slidebox does not write are counted as ``others``."""
    found, foreign = _sorted(listed)
    return normal({**found, "others": len(foreign)})


def others(listed: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rules that slidebox does not write."""
    return _sorted(listed)[1]


def _sorted(listed: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """Rules as inputs, and those that are none."""
    found: dict[str, Any] = {}
    moves: list[Any] = []
    foreign: list[Mapping[str, Any]] = []
    for rule in listed:
        name, value = _named(rule) or ("", None)
        if name == "transitions":
            moves.append(value)
        elif name and name not in found:
            found[name] = value
        else:
            foreign.append(rule)
    return {**found, "transitions": moves}, foreign


def normal(lifecycle: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """One spelling of a lifecycle: what is not there is left out."""
    return {name: value for name, value in (lifecycle or {}).items() if value} or None


def _named(rule: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The input that a rule comes from; None where it is none of slidebox's."""
    action, condition = rule.get("action") or {}, rule.get("condition") or {}
    if action.get("type") == "SetStorageClass" and "age" in condition:
        move = {"days": condition["age"], "storageClass": action.get("storageClass")}
        same = move["storageClass"] in CLASSES[1:] and dict(rule) == _move(move["days"], move["storageClass"])
        return ("transitions", move) if same else None
    for name, (kind, counted) in _ACTIONS.items():
        if action == {"type": kind} and set(condition) == {counted}:
            return name, condition[counted]
    return None


def _move(days: int, storage_class: str) -> dict[str, Any]:
    # Only downwards: an object that somebody has moved to a cheaper class already stays there.
    dearer = list(CLASSES[: CLASSES.index(storage_class)])
    return {
        "action": {"type": "SetStorageClass", "storageClass": storage_class},
        "condition": {"age": int(days), "matchesStorageClass": dearer},
    }
