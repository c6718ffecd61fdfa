"""How a resource names a place in a cloud: the fields of its input ``store``, read and written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from slidebox.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def said_of(value: Any, fields: Collection[str], needed: Collection[str]) -> Mapping[str, Any]:
    """What an input ``store`` says: everything it needs, and nothing that is unknown.

    Raises
    ------
    InputError
        If something is missing, empty or unknown.
    """
    said = value if isinstance(value, Mapping) else {}
    if missing := [name for name in needed if not isinstance(said.get(name), str) or not said[name]]:
        raise InputError(
            f"'store' does not say its {' and '.join(map(repr, missing))}.", "Take it from the lab's declaration."
        )
    if unknown := sorted(set(said) - set(fields)):
        raise InputError(f"'store' has no {unknown[0]!r}.", f"It has {', '.join(fields)}.")
    return said


def document_of(reference: DataclassInstance) -> dict[str, Any]:
    """A reference as an input; what is not set is left out."""
    return {name: value for name, value in asdict(reference).items() if value is not None}
