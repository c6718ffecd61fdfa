"""How resources carry facts through the engine: as one text.

The engine takes a property apart at every step, and writes the whole state down twice for each resource. Facts have
hundreds of fields: as an object they took half of its time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def pack(facts: Mapping[str, Any]) -> str:
    """Facts as a resource carries them; the same facts are always the same text."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def unpack(carried: Any) -> Mapping[str, Any] | None:
    """The facts that a resource carries; None where it carries none that can be read.

    Stacks of before have them as an object, and so may programs that are written by hand.
    """
    if isinstance(carried, str):
        try:
            carried = json.loads(carried)
        except (ValueError, RecursionError):
            return None
    return carried if isinstance(carried, Mapping) else None
